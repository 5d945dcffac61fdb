"""What was changed since an application was sent back: the officer reads only that, and the firm does not hand the same in again.

What was filed before is compared with what would be filed now: who applies, the answers, the facts and the papers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.applications.filing import profile_of
from crm.applications.models import Application, ApplicationEvent, ApplicationState
from crm.applications.papers import papers_of
from crm.applications.prefill import Prefill, value_at
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import FirmFact
from crm.firms.words import FIRM_FIELDS
from crm.kernel.audit import Action, Change
from crm.kernel.db import db
from crm.ladder.assessments.showing import fact_words, value_text
from crm.ladder.facts import FIRM_COLUMNS
from crm.registers.models import REGISTER_LISTS, Register, RegisterEntry
from crm.web.formatting import UNKNOWN
from crm.web.language import title_in

PROFILE = ("name", "credit_code", "address", "telephone")


@dataclass(frozen=True)
class Mended:
    """One thing that differs from what was filed before. `key` is `answer`, `fact`, `paper` or `firm` with what of it."""

    key: tuple[str, str]
    title: str
    before: str
    after: str
    who: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "before": self.before, "after": self.after, "who": self.who}


def sent_back(application: Application) -> ApplicationEvent | None:
    """The step that sent it back last."""
    steps = (event for event in reversed(application.events) if event.to_state is ApplicationState.RETURNED)
    return next(steps, None)


def mended(application: Application, prefill: Prefill) -> list[Mended]:
    """What differs from what was filed before it was sent back; nothing for one that never was."""
    if application.filed is None or sent_back(application) is None:
        return []
    filed: dict[str, Any] = application.filed
    return [
        *_answers(application, filed),
        *_facts(prefill, filed),
        *_papers(application, prefill, filed),
        *_profile(application, filed),
    ]


def _answers(application: Application, filed: dict[str, Any]) -> Iterator[Mended]:
    before = {each["key"]: each["text"] or "" for each in filed["answers"]}
    words = application.answers.get("words", {})
    for ask in application.window.programme.asks:
        old, new = before.get(ask["key"], ""), words.get(ask["key"], "")
        if not ask.get("fact") and old != new:
            yield Mended(("answer", ask["key"]), title_in(ask), old or UNKNOWN, new or UNKNOWN)


def _facts(prefill: Prefill, filed: dict[str, Any]) -> Iterator[Mended]:
    for path in dict.fromkeys([*prefill.paths, *(line["path"] for line in filed["lines"])]):
        old, new = value_at(filed["facts"], path), value_at(prefill.facts.document, path)
        if _same(old, new):
            continue
        before, after = (UNKNOWN if value is None else value_text(path, value) for value in (old, new))
        words = _("%(value)s（其中内容有改动）", value=after) if before == after else after
        yield Mended(("fact", path), fact_words(path), before, words)


def _same(one: Any, other: Any) -> bool:
    """As JSON holds them: what is filed went through it."""
    return one == other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _papers(application: Application, prefill: Prefill, filed: dict[str, Any]) -> Iterator[Mended]:
    before = {each["key"]: each for each in filed["papers"] if "key" in each}
    asked = {paper.key: paper for paper in papers_of(application, prefill.on)}
    # What the case has no need of any more is still with the application.
    now = {paper.key: paper.document for paper in application.papers} | {
        key: paper.document for key, paper in asked.items() if paper.document is not None
    }
    for key in dict.fromkeys([*now, *before]):
        old, new = before.get(key), now.get(key)
        if (old["document_id"] if old else None) != (new.id if new else None):
            title = asked[key].title if key in asked else old["title"] if old else key
            yield Mended(("paper", key), title, old["name"] if old else UNKNOWN, new.name if new else UNKNOWN)


def _profile(application: Application, filed: dict[str, Any]) -> Iterator[Mended]:
    before, now = filed["firm"], profile_of(application.firm)
    for name in PROFILE:
        if before[name] != now[name]:
            yield Mended(("firm", name), str(FIRM_FIELDS[name]), before[name] or UNKNOWN, now[name] or UNKNOWN)
    if before["contacts"] != now["contacts"]:
        yield Mended(("firm", "contacts"), _("联系人"), _people(before["contacts"]), _people(now["contacts"]))


def _people(contacts: list[dict[str, Any]]) -> str:
    people = (" ".join(part for part in each.values() if part) for each in contacts)
    return _("；").join(people) or UNKNOWN


# --- by whom ------------------------------------------------------------------------------------------------------


def with_names(application: Application, prefill: Prefill, found: list[Mended]) -> list[Mended]:
    """The same, each with who changed it last, as the history has it."""
    since = sent_back(application)
    if since is None or not found:
        return found
    changes = db.session.execute(
        select(Change, User.name)
        .join(User, User.id == Change.actor_id)
        .where(Change.firm_id == application.firm_id, Change.at >= since.at)
        .order_by(Change.id.desc())
    ).all()
    touching = _Touching(application)
    asked = prefill.pending
    return [
        replace(
            each,
            who=asked[each.key[1]].proposal.submitted_by.name
            if each.key[0] == "fact" and each.key[1] in asked
            else next((who for change, who in changes if touching(each.key, change)), None),
        )
        for each in found
    ]


class _Touching:
    """Whether a change of the history is one of a thing that differs; what rows mean is read once for all."""

    def __init__(self, application: Application) -> None:
        firm_id = application.firm_id
        self.application = application
        self.years = _by_id(YearlyFigures, YearlyFigures.year, firm_id)
        self.facts = _by_id(FirmFact, FirmFact.key, firm_id)
        self.registers = _by_id(RegisterEntry, RegisterEntry.register, firm_id)
        self.papers = {paper.id: paper.key for paper in application.papers}

    def __call__(self, key: tuple[str, str], change: Change) -> bool:
        kind, what = key
        match kind:
            case "answer":
                return self._is_answer(what, change)
            case "paper":
                old: Any = change.old
                gone = change.action is Action.DELETED and isinstance(old, dict) and old.get("key") == what
                return change.entity == "application_document" and (self.papers.get(change.entity_id) == what or gone)
            case "firm":
                return change.entity == ("contact" if what == "contacts" else "firm") and (
                    what == "contacts" or change.field == what
                )
        return self._is_fact(what, change)

    def _is_answer(self, key: str, change: Change) -> bool:
        mine = change.entity == "application" and change.entity_id == self.application.id and change.field == "answers"
        old, new = (
            (((value or {}).get("words") or {}).get(key) for value in (change.old, change.new)) if mine else ("", "")
        )
        return mine and old != new

    def _is_fact(self, path: str, change: Change) -> bool:
        head, _dot, rest = path.partition(".")
        if head == "years":
            year, _dot, column = rest.partition(".")
            whole = change.action is Action.CREATED
            return (
                change.entity == "yearly_figures"
                and self.years.get(change.entity_id) == int(year)
                and (whole or change.field == column)
            )
        if path in FIRM_COLUMNS:
            return change.entity == "firm" and change.field == FIRM_COLUMNS[path]
        if path == "ip":
            return change.entity == "ip_right"
        if path == "credentials":
            return change.entity == "credential"
        register: Register | None = next((each for each, name in REGISTER_LISTS.items() if name == path), None)
        if register is not None:
            return change.entity == "register_entry" and self.registers.get(change.entity_id) is register
        return change.entity == "firm_fact" and self.facts.get(change.entity_id) == path


def _by_id(model: Any, column: Any, firm_id: int) -> dict[int, Any]:
    rows = db.session.execute(select(model.id, column).where(model.firm_id == firm_id))
    return {row[0]: row[1] for row in rows}
