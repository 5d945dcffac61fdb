"""The next rung of a firm and what is in the way: what its page, its own home and the brief before the door all show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.firms.models import Firm
from crm.ladder.facts import FirmFacts, place_of
from crm.ladder.gate import NO_CRITERIA, blocking_criteria, examine
from crm.ladder.models import Purpose, Rung
from crm.ladder.queries import open_cases
from crm.ladder.standing import address, ladder_steps, score_text
from crm.ladder.words import PURPOSES, RUNGS
from crm.policy import title_of
from crm.policy.answers.assess import CriterionResult
from crm.policy.answers.verdict import MET
from crm.policy.vocabulary import ATTRIBUTE_TITLES
from crm.web.language import language

SHOWN = 4


@dataclass(frozen=True)
class Lack:
    """Something in the way of the next rung. `href` is where it is looked at; `asked` what nobody entered yet: how it is
    called, and the page where it is entered."""

    title: str
    text: str | None
    verdict: str
    href: str
    asked: dict[str, str]


@dataclass(frozen=True)
class NextRung:
    rung: Rung
    purpose: Purpose
    verdict: str  # met, not_met, unknown, none (no criteria)
    score: str
    lacks: Sequence[Lack]  # the first few
    total: int  # how many criteria stand in the way
    href: str
    reason: str | None = None  # why it cannot be assessed
    blocking: Sequence[CriterionResult] = ()  # all of them: what is short first, then what nobody knows
    facts: FirmFacts | None = None  # what it was judged by
    criteria: Sequence[CriterionResult] = ()  # all, also those that are met

    @property
    def title(self) -> Any:
        return RUNGS[self.rung]

    @property
    def missing(self) -> list[str]:
        """The facts nobody entered that stand in the way, each once, as the engine names them (`years.2025.rd`)."""
        return list(dict.fromkeys(path for result in self.blocking for path in result.missing))

    @property
    def purpose_title(self) -> Any:
        """What it is assessed for, where that is not a new title."""
        return None if self.purpose is Purpose.NEW else PURPOSES[self.purpose]


def next_rung(firm: Firm, on: date, steps: Sequence[dict[str, Any]] | None = None) -> NextRung | None:
    """The rung the firm works towards, or the one above what it holds, and what is missing; None at the top."""
    aim = _aim(firm, steps if steps is not None else ladder_steps(firm, on))
    if aim is None:
        return None
    rung, purpose = aim
    href = url_for(
        "ladder.standing", firm_id=firm.id, rung=rung.value, purpose=None if purpose is Purpose.NEW else purpose.value
    )
    examination = examine(firm, rung, on, purpose)
    assessment = examination.assessment
    if assessment is None:
        reason = examination.lack[language()] if examination.lack else None
        return NextRung(rung, purpose, NO_CRITERIA, "", [], 0, href, reason, facts=examination.facts)
    blocking = [] if assessment.verdict == MET else [result for result, _way in blocking_criteria(assessment)]
    # What is known to be short comes before what nobody knows yet.
    blocking.sort(key=lambda result: result.verdict != "not_met")
    here = language()
    lacks = [
        Lack(
            title=result.title[here],
            text=result.gap.text[here] if result.gap else None,
            verdict=result.verdict,
            href=f"{href}#clause-{result.id}",
            asked=_asked(firm, result.missing),
        )
        for result in blocking[:SHOWN]
    ]
    return NextRung(
        rung,
        purpose,
        assessment.verdict,
        score_text(assessment),
        lacks,
        len(blocking),
        href,
        blocking=blocking,
        facts=examination.facts,
        criteria=assessment.criteria,
    )


def _aim(firm: Firm, steps: Sequence[dict[str, Any]]) -> tuple[Rung, Purpose] | None:
    """What an open case works for, a new title before the review of one that is held; else the rung above.

    A case for a new title that the firm holds by now (an official list brought it) works for nothing any more.
    """
    states = {Rung(step["rung"]): step["state"] for step in steps}
    open_ = [case for case in open_cases(firm) if states[case.rung] != "held" or case.purpose is not Purpose.NEW]
    working = sorted(open_, key=lambda case: (states[case.rung] == "held", list(Rung).index(case.rung)))
    if working:
        return working[0].rung, working[0].purpose
    following = next((Rung(step["rung"]) for step in steps if step["following"]), None)
    return None if following is None else (following, Purpose.NEW)


def _asked(firm: Firm, paths: Sequence[str]) -> dict[str, str]:
    """Missing facts by name; the same gap in several entries of a list is one question."""
    here = language()
    asked: dict[str, str] = {}
    for path in paths:
        name, entry, attribute = path.partition("[")[0], "[" in path, path.partition(".")[2]
        title = title_of(name if entry else path)[here]
        if entry and attribute in ATTRIBUTE_TITLES:
            title = _("%(list)s的%(attribute)s", list=title, attribute=ATTRIBUTE_TITLES[attribute][here])
        asked.setdefault(title, address(place_of(firm.id, path)))
    return asked
