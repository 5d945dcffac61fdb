"""The one guard of a move. `open_items` blocks it and lists what is missing: the page shows what the verb refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.editions.library import edition_in_force
from crm.firms.models import Firm
from crm.ladder.checklists import Requirement, checklist_for, papers_asked
from crm.ladder.facts import FirmFacts, Place, facts_of, place_of
from crm.ladder.models import Case, ChecklistItem, Purpose, Rung, Stage
from crm.policy import Assessment, NoEdition, evaluate
from crm.policy.answers.assess import CriterionResult
from crm.policy.answers.verdict import MET, NOT_MET
from crm.policy.text import Text
from crm.web.language import language

CERTIFICATE = "certificate"  # the paper of a title: its number, typed in with the move, stands for it
NO_CRITERIA = "none"  # no edition is in force: nothing that anybody could enter would decide it


@dataclass(frozen=True)
class Item:
    """One thing a move needs. `state` is met, not_met, unknown or none (no criteria); `place` is the page where it is mended.

    `clause` is where a criterion is explained, if it is mended elsewhere.
    """

    kind: str  # criterion, document, declaration, step, sign_off
    key: str
    title: Text
    state: str
    place: Place
    text: str | None = None
    done: ChecklistItem | None = None
    clause: Place | None = None

    def as_json(self) -> dict[str, Any]:
        """The item as commands print it."""
        return {
            "kind": self.kind,
            "key": self.key,
            "title": self.title[language()],
            "state": self.state,
            "text": self.text,
        }


@dataclass(frozen=True)
class Examination:
    """The edition in force applied to a firm's facts on a date; `assessment` is None where no edition is in force."""

    facts: FirmFacts
    assessment: Assessment | None
    lack: Text | None = None  # why there is no assessment


def examine(
    firm: Firm, rung: Rung, on: date, purpose: Purpose = Purpose.NEW, facts: FirmFacts | None = None
) -> Examination:
    """Apply the edition that is in force for the rung, date, purpose and the firm's division."""
    facts = facts or facts_of(firm, on)
    try:
        edition = edition_in_force(rung.value, on, purpose.value, firm.division_code)
    except NoEdition as error:
        return Examination(facts, None, error.text)
    return Examination(facts, evaluate(edition, facts.document, on))


def open_items(case: Case, to_stage: Stage, on: date) -> list[Item]:
    """What still stands in the way of the move; empty when the way is free."""
    return [item for item in items(case, to_stage, on) if item.state != MET]


def items(case: Case, to_stage: Stage, on: date) -> list[Item]:
    """All that the move needs, whether there or not: computed criteria, documents, declarations, steps, sign-off."""
    done = {item.key: item for item in case.items}
    found = _criteria(case, on) if checklist_for(case.rung, to_stage).criteria else []
    asked = (each for each in requirements(case, to_stage, on) if not each.optional)
    found += [_required(case, each, done.get(each.key)) for each in asked]
    return found


def requirements(case: Case, to_stage: Stage, on: date) -> list[Requirement]:
    """What people do for the move: the checklist's own, and into 申报 the papers that the edition and the notice ask for."""
    required = {requirement.key: requirement for requirement in checklist_for(case.rung, to_stage).requirements}
    if to_stage is Stage.APPLIED:
        for paper in papers_asked(case.rung, on, case.purpose, case.firm.division_code):
            required.setdefault(paper.key, paper)
    return list(required.values())


def _required(case: Case, requirement: Requirement, done: ChecklistItem | None) -> Item:
    # A document whose file was removed is missing again.
    there = done is not None and (requirement.kind != "document" or done.document_id is not None)
    return Item(
        kind=requirement.kind,
        key=requirement.key,
        title=requirement.title,
        state=MET if there else NOT_MET,
        place=(
            "ladder.case",
            {"case_id": case.id, "_anchor": f"{'step' if requirement.kind == 'step' else 'item'}-{requirement.key}"},
        ),
        text=requirement.source
        or (_("填了编号就不必另交文件") if requirement.key == CERTIFICATE and not there else None),
        done=done if there else None,
    )


def _criteria(case: Case, on: date) -> list[Item]:
    """One item that is met when the verdict is; else the criteria that keep it from being met."""
    examination = examine(case.firm, case.rung, on, case.purpose)
    page: Place = (
        "ladder.standing",
        {"firm_id": case.firm_id, "rung": case.rung.value, "on": on.isoformat(), "purpose": case.purpose.value},
    )
    assessment = examination.assessment
    if assessment is None:
        lack = examination.lack[language()] if examination.lack else None
        title = Text(
            "该日期没有可用的认定条件版本，不能自动核对", "No edition of the criteria is in force on this date"
        )
        return [Item("criterion", "edition", title, NO_CRITERIA, page, lack)]
    if assessment.verdict == MET:
        title = Text("认定条件全部符合", "All criteria are met")
        return [Item("criterion", "criteria", title, MET, page, assessment.edition.document.number)]
    blocking = [
        _criterion(result, examination.facts, page, alternative)
        for result, alternative in blocking_criteria(assessment)
    ]
    # Whatever the edition's shape, a verdict that is not met never passes in silence.
    title = Text("认定条件尚未全部符合", "The criteria are not all met")
    return blocking or [Item("criterion", "criteria", title, assessment.verdict, page)]


def _criterion(result: CriterionResult, facts: FirmFacts, page: Place, alternative: bool) -> Item:
    """An open criterion, mended where its first missing fact is entered, else where the first fact that decided it is."""
    endpoint, arguments = page
    clause: Place = (endpoint, {**arguments, "_anchor": f"clause-{result.id}"})
    read = [*result.missing, *(figure.path for figure in result.figures)]
    parts = [
        result.article,
        result.gap.text[language()] if result.gap else "",
        *(facts.why_unknown(path) for path in result.missing),
        _("几条途径任一即可") if alternative else "",
    ]
    return Item(
        kind="criterion",
        key=result.id,
        title=result.title,
        state=result.verdict,
        place=place_of(facts.firm_id, read[0]) if read else clause,
        text=" · ".join(part for part in parts if part) or None,
        clause=clause if read else None,
    )


def blocking_criteria(assessment: Assessment) -> Sequence[tuple[CriterionResult, bool]]:
    """The criteria that keep the verdict from being met, in the edition's order; True marks one of several ways."""
    edition = assessment.edition
    verdicts = {result.id: result.verdict for result in assessment.criteria}
    required = set(edition.requires)
    several: set[str] = set()
    for group in edition.alternatives:
        if not any(all(verdicts[name] == MET for name in option.needs) for option in group):
            several |= {name for option in group for name in option.needs}
    return [
        (result, result.id not in required)
        for result in assessment.criteria
        if result.verdict != MET and (result.id in required or result.id in several)
    ]
