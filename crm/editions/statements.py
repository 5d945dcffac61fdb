"""What editions, notices and rules say that a person can confirm: every clause, choice, document, window, check, paper once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.editions.library import library
from crm.editions.words import PURPOSES
from crm.policy import Criterion, Document, Edition, Notice, Paper, Parameter, Window
from crm.policy.drafting.wording import say, say_test, titles_of
from crm.policy.notices.notice import Note, Trigger
from crm.policy.notices.shelf import notices
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS
from crm.web.formatting import day
from crm.web.language import language


@dataclass(frozen=True)
class Provision:
    """What a rule of a room above says; `text` in the reader's language."""

    title: Text
    text: str
    certainty: str
    fingerprint: str


NO_RUNG = ""
Said = Criterion | Document | Note | Paper | Parameter | Provision | Trigger | Window

KINDS: dict[str, Any] = {
    "criterion": _l("条款"),
    "parameter": _l("原文未定的读法"),
    "document": _l("文号与日期"),
    "window": _l("申报时间"),
    "site_check": _l("实地核查"),
    "paper": _l("材料"),
    "note": _l("说明"),
    "provision": _l("持证义务"),
    "incentive": _l("惠企政策"),
}


@dataclass(frozen=True)
class Statement:
    """One thing a document says. `editions` are the editions and notices it stands in, `rungs` theirs."""

    fingerprint: str
    kind: str
    clause: str  # the criterion's id, the parameter's name, `document` …
    article: str
    document: str
    certainty: str
    said: Said
    source: Edition | Notice | None  # the first it stands in; None for a provision
    editions: tuple[str, ...]
    rungs: tuple[str, ...]

    @property
    def rung(self) -> str:
        """The first rung it is about; `NO_RUNG` for what is about none (an incentive)."""
        return self.rungs[0] if self.rungs else NO_RUNG

    @property
    def title(self) -> str:
        """What it is called, in the reader's language."""
        if isinstance(self.said, Note):
            return f"{KINDS['note']} {self.clause}"
        return self.said.title[language()]

    @property
    def text(self) -> str:
        """What it says, with its numbers."""
        here = language()
        match self.said:
            case Criterion():
                return say(self.said, titles_of(self.source) if isinstance(self.source, Edition) else None)[here]
            case Parameter(chosen=chosen, reading=reading):
                return reading[here] if reading else chosen
            case Trigger(test=test):
                return say_test(test, {})[here]
            case Note(text=text):
                return text[here]
            case Provision(text=told):
                return told
            case Paper(note=note):
                return note[here] if note else _("须提交这份材料")
            case Window(since=since, until=until):
                return between(since, until)
        return self._dates()

    @property
    def note(self) -> str | None:
        """What the edition remarks on it."""
        remark = getattr(self.said, "note", None)
        return remark[language()] if remark and not isinstance(self.said, Paper) else None

    def _dates(self) -> str:
        if isinstance(self.source, Notice):
            return f"{self.document}{_('：')}{between(self.source.since, self.source.until)}"
        assert self.source is not None
        parts = [
            f"{PURPOSES[purpose]}{_('：')}{between(force['from'], force.get('to'))}"
            for purpose, force in self.source.content["in_force"].items()
        ]
        return f"{self.document}{_('：')}{_('；').join(parts)}"


def between(since: Any, until: Any) -> str:
    """A span of days; one end may be open."""
    if since is None:
        return _("%(until)s 止（起日未公布）", until=day(until))
    if until is None:
        return _("%(since)s 起", since=day(since))
    return _("%(since)s 至 %(until)s", since=day(since), until=day(until))


def add_statements(app: Flask, source: Callable[[], Iterable[Statement]]) -> None:
    """A room above offers what its own rules say, so that it is confirmed like everything else."""
    app.extensions.setdefault("statements", []).append(source)


def statements() -> list[Statement]:
    """Everything that can be confirmed, once each, by rung, then document, in the order of the text."""
    found: dict[str, Statement] = {}
    offered = [each for source in current_app.extensions.get("statements", ()) for each in source()]
    for each in (*_of_editions(), *_of_notices(), *offered):
        known = found.setdefault(each.fingerprint, each)
        if known is not each:
            found[each.fingerprint] = replace(
                known,
                editions=tuple(dict.fromkeys(known.editions + each.editions)),
                rungs=tuple(dict.fromkeys(known.rungs + each.rungs)),
            )
    order = [*RUNGS, NO_RUNG]
    documents = {(each.rung, each.document): place for place, each in reversed(list(enumerate(found.values())))}
    return sorted(found.values(), key=lambda each: (order.index(each.rung), documents[each.rung, each.document]))


def _of_editions() -> Iterator[Statement]:
    for edition in library():
        number = edition.document.number
        yield _statement(edition, edition.name, "document", "document", "", number, edition.document)
        for parameter in edition.choices:
            yield _statement(edition, edition.name, "parameter", parameter.name, "", number, parameter)
        for criterion in edition.criteria:
            yield _statement(
                edition,
                edition.name,
                "criterion",
                criterion.id,
                criterion.article,
                criterion.reference,
                criterion,
            )
        for paper in edition.papers:
            yield _statement(edition, edition.name, "paper", paper.key, "", number, paper)


def _of_notices() -> Iterator[Statement]:
    for notice in notices():
        number = notice.document.number
        yield _statement(notice, notice.id, "document", "document", "", number, notice.document)
        for place, window in enumerate(notice.windows, 1):
            yield _statement(notice, notice.id, "window", f"window-{place}", "", number, window)
        for check in notice.site_checks:
            yield _statement(notice, notice.id, "site_check", check.id, "", number, check)
        for paper in notice.papers:
            yield _statement(notice, notice.id, "paper", paper.key, "", number, paper)
        for note in notice.notes:
            yield _statement(notice, notice.id, "note", note.id, "", number, note)


def _statement(
    source: Edition | Notice, name: str, kind: str, clause: str, article: str, document: str, said: Said
) -> Statement:
    return Statement(
        fingerprint=said.fingerprint,
        kind=kind,
        clause=clause,
        article=article,
        document=document,
        certainty=said.stated if isinstance(said, Criterion) else said.certainty,
        said=said,
        source=source,
        editions=(name,),
        rungs=(source.rung,),
    )
