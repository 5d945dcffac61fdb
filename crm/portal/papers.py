"""The papers that the moves of a case want."""

from __future__ import annotations

from datetime import date

from crm.ladder.checklists import Requirement
from crm.ladder.gate import requirements
from crm.ladder.models import Case, CaseStatus, Stage


def papers_ahead(case: Case, on: date) -> list[tuple[Stage, bool, list[Requirement]]]:
    """The documents that each move ahead of a case wants, and whether they can be handed in now: those of the next move."""
    if case.status is not CaseStatus.OPEN:
        return []
    found = []
    for stage in (Stage.READY, Stage.APPLIED):
        papers = [each for each in requirements(case, stage, on) if each.kind == "document"]
        if papers and list(Stage).index(stage) > list(Stage).index(case.stage):
            found.append((stage, before(stage) is case.stage, papers))
    return found


def before(stage: Stage) -> Stage:
    """The stage that comes before this one."""
    stages = list(Stage)
    return stages[stages.index(stage) - 1]
