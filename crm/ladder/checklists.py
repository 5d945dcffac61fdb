"""What each move needs beyond computed criteria, read strictly from seeds/reference/checklists.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crm.ladder.models import Rung, Stage
from crm.policy.source import EditionError, Spec, parse_yaml
from crm.policy.text import Text

FILE = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "checklists.yaml"
# How a requirement's section in the file is called, and the kind of item it makes.
KINDS = {"documents": "document", "declarations": "declaration", "sign_off": "sign_off"}


RUNGS = {rung.value for rung in Rung}
MOVES_INTO = {stage.value for stage in Stage if stage is not Stage.POOL}


@dataclass(frozen=True)
class Requirement:
    """Something a person does for a case: a document, a declaration or a sign-off."""

    key: str
    kind: str
    title: Text


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


def requirement(rung: Rung, key: str) -> Requirement | None:
    """The requirement with this key on any of the rung's checklists."""
    return next((r for stage in Stage for r in checklist_for(rung, stage).requirements if r.key == key), None)


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
                requirements.append(Requirement(key, kind, entry.bilingual()))
        item.close()
        found[Stage(stage)] = Checklist(criteria is not None, tuple(requirements))
    return found
