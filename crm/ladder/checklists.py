"""What each move needs beyond computed criteria, read strictly from seeds/reference/checklists.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from crm.editions.library import edition_in_force, library
from crm.ladder.models import Purpose, Rung, Stage
from crm.policy import Edition, NoEdition, Notice, notice_for
from crm.policy.language.source import EditionError, Spec, parse_yaml
from crm.policy.notices.shelf import notices
from crm.policy.text import Text
from crm.web.language import language

FILE = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "checklists.yaml"
# How a requirement's section in the file is called, and the kind of item it makes.
KINDS = {
    "documents": "document",
    "declarations": "declaration",
    "optional_steps": "step",
    "steps": "step",
    "sign_off": "sign_off",
}


RUNGS = {rung.value for rung in Rung}
MOVES_INTO = {stage.value for stage in Stage if stage is not Stage.POOL}


@dataclass(frozen=True)
class Requirement:
    """Something a person does for a case: a document, a declaration, a step reached or a sign-off.

    `source` is the notice that asks for it. An `optional` step is recorded where a firm takes it and keeps nobody waiting.
    """

    key: str
    kind: str
    title: Text
    source: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Checklist:
    """What a move into a stage needs. `criteria`: the rung's criteria must be met."""

    criteria: bool = False
    requirements: tuple[Requirement, ...] = ()


Checklists = dict[tuple[Rung, Stage], Checklist]


@cache
def checklists() -> Checklists:
    """Every checklist of the house. Raises EditionError, naming each fault of the file with its key and cure."""
    return parse(FILE.read_text(encoding="utf-8"), FILE.name)


def checklist_for(rung: Rung, to_stage: Stage) -> Checklist:
    return checklists().get((rung, to_stage), Checklist())


def steps_of(rung: Rung) -> tuple[Requirement, ...]:
    """The steps to a listing on the rung's board, in their order; none where the rung is no listing."""
    listed = (each for stage in Stage for each in checklist_for(rung, stage).requirements)
    return tuple(each for each in listed if each.kind == "step")


def requirement(rung: Rung, key: str) -> Requirement | None:
    """The requirement with this key on any of the rung's checklists, or among the papers that an edition or notice asks for."""
    listed = (r for stage in Stage for r in checklist_for(rung, stage).requirements)
    return next((r for r in listed if r.key == key), None) or _paper(rung, key)


def requirement_title(key: str) -> str:
    """What a requirement is called, on whichever rung's checklist it stands; the key itself where none has it any more."""
    found = next((each for rung in Rung if (each := requirement(rung, key)) is not None), None)
    return key if found is None else found.title[language()]


def _paper(rung: Rung, key: str) -> Requirement | None:
    sources: list[Edition | Notice] = [*library(), *notices()]
    papers = (paper for source in sources if source.rung == rung.value for paper in papers_of(source))
    return next((paper for paper in papers if paper.key == key), None)


def papers_of(source: Edition | Notice, purpose: Purpose | None = None) -> tuple[Requirement, ...]:
    """What an edition or a notice wants handed in (for one purpose), as documents of a checklist."""
    number = source.document.number
    papers = [paper for paper in source.papers if purpose is None or purpose.value in paper.purposes]
    return tuple(Requirement(paper.key, "document", paper.title, number) for paper in papers)


def papers_asked(rung: Rung, on: date, purpose: Purpose, region: str | None) -> tuple[Requirement, ...]:
    """What the edition in force and the notice of the year want handed in with an application on that day."""
    try:
        edition = edition_in_force(rung.value, on, purpose.value, region)
    except NoEdition:
        edition = None
    notice = notice_for(rung.value, on, purpose.value, region)
    asked = [paper for source in (edition, notice) if source for paper in papers_of(source, purpose)]
    return tuple({paper.key: paper for paper in asked}.values())


def parse(text: str, name: str) -> Checklists:
    """Checklists by rung and stage: what holds for every rung first, then the rung's own."""
    faults: list = []
    whole = Spec(name, "", parse_yaml(text, name), faults)
    common = _stages(whole.need("every_rung"))
    own: dict[Rung, dict[Stage, Checklist]] = {}
    for rung, spec in whole.need("rungs").entries():
        if rung not in RUNGS:
            whole.refuse(f"{rung} 不是阶梯上的一级", f"{rung} is no rung", f"rungs.{rung}")
            continue
        own[Rung(rung)] = _stages(spec)
    whole.close()
    if faults:
        raise EditionError(faults)
    return {
        (rung, stage): _joined(common.get(stage, Checklist()), own.get(rung, {}).get(stage, Checklist()))
        for rung in Rung
        for stage in Stage
    }


def _joined(common: Checklist, own: Checklist) -> Checklist:
    return Checklist(common.criteria or own.criteria, common.requirements + own.requirements)


def _stages(spec: Spec) -> dict[Stage, Checklist]:
    found: dict[Stage, Checklist] = {}
    for stage, item in spec.entries():
        if stage not in MOVES_INTO:
            spec.refuse(f"{stage} 不是可以移入的阶段", f"{stage} is no stage to move into", stage)
            continue
        criteria = item.get("criteria")
        if criteria:
            criteria.text(("all",), "choice")
        requirements = []
        for section, kind in KINDS.items():
            for key, entry in found_section.entries() if (found_section := item.get(section)) else ():
                optional = section == "optional_steps"
                requirements.append(Requirement(key, kind, entry.bilingual(), optional=optional))
        item.close()
        found[Stage(stage)] = Checklist(criteria is not None, tuple(requirements))
    return found
