"""What to talk about at a visit, by the rung the firm works towards: read strictly from seeds/reference/visit_templates.yaml."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crm.policy.language.source import EditionError, Fault, Spec, parse_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import FIGURES, PROFILE, RUNGS
from crm.visits.words import TOPICS

FILE = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "visit_templates.yaml"
ANY = "any_rung"
FEWEST_PROMPTS, MOST_PROMPTS = 3, 5


@dataclass(frozen=True)
class Outline:
    """Topics offered first, prompts, and the facts to ask for first, by the keys of the engine's vocabulary."""

    topics: tuple[str, ...]
    prompts: tuple[Text, ...]
    facts: tuple[str, ...]


@cache
def outlines() -> dict[str, Outline]:
    """The outlines of the house, by rung; under `any_rung` the one for the rest."""
    return parse(FILE.read_text(encoding="utf-8"), FILE.name)


def outline_for(rung: str | None) -> Outline:
    return outlines().get(rung or ANY) or outlines()[ANY]


def parse(text: str, name: str) -> dict[str, Outline]:
    """Raises EditionError, naming each fault of the file with its key and cure."""
    faults: list[Fault] = []
    whole = Spec(name, "", parse_yaml(text, name), faults)
    found = {ANY: _outline(whole.need(ANY))}
    for rung, spec in whole.need("rungs").entries():
        if rung not in RUNGS:
            whole.refuse(f"{rung} 不是阶梯上的一级", f"{rung} is no rung", f"rungs.{rung}")
        found[rung] = _outline(spec)
    whole.close()
    if faults:
        raise EditionError(faults)
    return found


def _outline(spec: Spec) -> Outline:
    prompts = spec.need("prompts")
    texts = tuple(item.bilingual() for item in prompts.items())
    if not FEWEST_PROMPTS <= len(texts) <= MOST_PROMPTS:
        prompts.refuse(
            f"应有 {FEWEST_PROMPTS} 至 {MOST_PROMPTS} 条，现有 {len(texts)} 条",
            f"must be {FEWEST_PROMPTS} to {MOST_PROMPTS} prompts, not {len(texts)}",
        )
    outline = Outline(_keys(spec.need("topics"), TOPICS), texts, _keys(spec.need("facts"), {*FIGURES, *PROFILE}))
    spec.close()
    return outline


def _keys(spec: Spec, among: Collection[str]) -> tuple[str, ...]:
    """Keys of a list, each once."""
    keys = tuple(item.text(among, "key") for item in spec.items())
    for key in {key for key in keys if keys.count(key) > 1}:
        spec.refuse(f"{key} 写了两次，请删去一个", f"{key} stands twice; remove one")
    return keys
