"""What is handed in with an application, and what the firm declares: the rung's checklist and notice, and the programme's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.applications.models import Application
from crm.firms.models import Document
from crm.ladder.checklists import Requirement, checklist_for, papers_asked
from crm.ladder.models import Case, Stage
from crm.ladder.service.moves import ORDER
from crm.policy.text import Text
from crm.web.language import language, title_in

TRUTHFUL = Requirement(
    "truthful",
    "declaration",
    Text("企业承诺申报内容真实、准确、完整", "The firm declares that the application is true and complete"),
)


@dataclass(frozen=True)
class Paper:
    """One paper of an application. `from_case`: it lies in the case's checklist already."""

    key: str
    title: str
    required: bool
    source: str | None
    document: Document | None
    from_case: bool


def moves_ahead(case: Case | None, up_to: Stage = Stage.APPLIED) -> Sequence[Stage]:
    """The stages a case has still to reach, up to one; all of them where there is no case yet."""
    at = ORDER.index(case.stage) if case is not None else 0
    return ORDER[at + 1 : ORDER.index(up_to) + 1]


def requirements_of(application: Application, on: date) -> list[Requirement]:
    """What people do on the rung's way to 申报, each once: documents, declarations, the signature."""
    programme, case = application.window.programme, application.case
    if programme.rung is None:
        return [TRUTHFUL]
    found: dict[str, Requirement] = {}
    for stage in moves_ahead(case):
        for each in checklist_for(programme.rung, stage).requirements:
            found.setdefault(each.key, each)
        if stage is Stage.APPLIED:
            for each in papers_asked(programme.rung, on, programme.purpose, application.firm.division_code):
                found.setdefault(each.key, each)
    return list(found.values())


def papers_of(application: Application, on: date) -> list[Paper]:
    """Every paper of the application with the document it has: its own, else the one in the case's checklist."""
    own = {paper.key: paper.document for paper in application.papers}
    there = {item.key: item.document for item in application.case.items if item.document} if application.case else {}
    found: dict[str, Paper] = {}
    for each in requirements_of(application, on):
        if each.kind == "document":
            found[each.key] = Paper(
                each.key,
                each.title[language()],
                True,
                each.source,
                own.get(each.key) or there.get(each.key),
                each.key in there and each.key not in own,
            )
    for paper in application.window.programme.papers:
        key = paper["key"]
        found.setdefault(
            key,
            Paper(key, title_in(paper), bool(paper["required"]), None, own.get(key) or there.get(key), key not in own),
        )
    return list(found.values())


def declarations_of(application: Application, on: date) -> list[tuple[Requirement, bool]]:
    """What the firm declares, and whether it did: here, or on the case's checklist."""
    there = {item.key for item in application.case.items} if application.case else set()
    ticked = set(application.answers.get("declared", ()))
    return [
        (each, each.key in ticked or each.key in there)
        for each in requirements_of(application, on)
        if each.kind == "declaration"
    ]
