"""Every sentence in the YAML files beside this one, through both readings.

A sentence starts from the firm of its file (`firm.yaml` with the file's `given`), changes some facts, and says what must come out:
    say:     what is being tried, for people
    set:     paths and values (`years.2025.rd: 100`, `ip.0.status: lapsed`, whole lists)
    unset:   paths that become unknown
    repeat:  lists that hold their first entry so many times
    on, purpose, region, edition: as for `policy evaluate`; `edition` is what has to be chosen
    expect:  criterion ids, `verdict` and `route` → what they must be
    points:  part ids → points, or [low, high];  `score` → the total
    gap:     criterion ids → the sentence of the gap
    missing: criterion ids → the paths named as missing
"""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm.policy import Assessment, Facts, columns_of, edition_for, editions, evaluate, evaluate_many
from crm.policy.answers.verdict import judge, word
from crm.policy.language.source import read_yaml
from crm.policy.readings.columns import ParkReading

HERE = Path(__file__).parent
FIRM = read_yaml(HERE / "firm.yaml")
FILES = [path for path in sorted(HERE.glob("*.yaml")) if path.name != "firm.yaml"]
SENTENCES = [
    pytest.param(content, sentence, id=f"{path.stem}: {sentence['say']}")
    for path in FILES
    for content in [read_yaml(path)]
    for sentence in content["sentences"]
]


def put(document: Any, path: str, value: Any) -> None:
    """Set the value at a dotted path; a number is an index of a list."""
    *steps, last = path.split(".")
    for step in steps:
        document = document[int(step)] if isinstance(document, list) else document.setdefault(step, {})
    document[int(last) if isinstance(document, list) else last] = value


def firm_of(content: dict[str, Any], sentence: dict[str, Any]) -> Facts:
    document = deepcopy(FIRM)
    changes = {**content.get("given", {}), **sentence.get("set", {}), **dict.fromkeys(sentence.get("unset", []))}
    for path, value in changes.items():
        put(document, path, deepcopy(value))
    for name, times in sentence.get("repeat", {}).items():
        document[name] = document[name][:1] * int(times)
    return Facts.from_document(document)


def assessed(content: dict[str, Any], sentence: dict[str, Any]) -> tuple[Assessment, Facts, date]:
    on = sentence.get("on", content["on"])
    purpose, region = (sentence.get(key, content.get(key)) for key in ("purpose", "region"))
    facts = firm_of(content, sentence)
    return evaluate(edition_for(content["rung"], on, purpose or "new", region), facts, on), facts, on


@pytest.mark.parametrize(("content", "sentence"), SENTENCES)
def test_sentence(content: dict[str, Any], sentence: dict[str, Any]) -> None:
    assessment, facts, on = assessed(content, sentence)
    assert assessment.edition.id == sentence.get("edition", content["edition"])
    for name, expected in sentence.get("expect", {}).items():
        found = getattr(assessment, name) if name in ("verdict", "route") else assessment.criterion(name).verdict
        assert found == expected, f"{name}: {found}, not {expected}"
    for name, expected in sentence.get("points", {}).items():
        low_high = tuple(expected) if isinstance(expected, list) else (expected, expected)
        found = (
            assessment.criterion(name).points
            if name != "score"
            else assessment.score and (assessment.score.low, assessment.score.high)
        )
        assert found == low_high, f"{name}: {found}"
    for name, expected in sentence.get("gap", {}).items():
        gap = assessment.criterion(name).gap
        assert str(gap.text if gap else None) == expected
    for name, expected in sentence.get("missing", {}).items():
        assert list(assessment.criterion(name).missing) == expected
    columns_agree(assessment, facts, on)


def columns_agree(assessment: Assessment, facts: Facts, on: date) -> None:
    """The column reading gives the same verdict, score and clauses."""
    edition = assessment.edition
    line = {"verdict": assessment.verdict, "score": assessment.score.as_json() if assessment.score else None}
    assert evaluate_many(edition, [Facts(), facts], on)[1] == line
    reading = ParkReading(columns_of([facts]), on)
    judge(edition, reading)
    for result in assessment.criteria:
        truth = reading.outcomes[result.id]
        low, high = (bool(side.all()) if hasattr(side, "all") else bool(side) for side in (truth.low, truth.high))
        assert word(low, high) == result.verdict, result.id


def test_every_criterion_is_shown_met_not_met_and_unknown() -> None:
    """The sentences leave no clause untried: each has all three answers somewhere."""
    seen: dict[tuple[str, str], set[str]] = {}
    for param in SENTENCES:
        content, sentence = param.values
        assessment, _, _ = assessed(content, sentence)
        for result in assessment.criteria:
            seen.setdefault((content["rung"], result.id), set()).add(result.verdict)
    for name in ("HT-03", "H8-03"):
        seen[("hte", name)] |= {"not_met"}  # a field is 1 to 8 or unknown
    seen[("innovative_sme", "IN-field")] |= {"not_met", "unknown"}  # every field has points
    wanted = {(edition.rung, criterion.id) for edition in editions() for criterion in edition.criteria}
    lacking = {key: {"met", "not_met", "unknown"} - seen.get(key, set()) for key in wanted}
    assert not {key: answers for key, answers in sorted(lacking.items()) if answers}
