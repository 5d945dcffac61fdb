"""An edition: one dated version of one rung's criteria for one purpose and region, read from its file."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

from crm.policy.clauses import (
    All,
    Choice,
    CriterionMet,
    Not,
    PointsReach,
    Sum,
    Test,
    Total,
    parse_test,
)
from crm.policy.clauses import Any as AnyOf
from crm.policy.points import Points, judged, parse_points
from crm.policy.source import Spec
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

PURPOSES = ("new", "review", "annual")
CERTAINTIES = {
    "confirmed": Text("已核实", "Confirmed"),
    "reposted": Text("转载原文", "Reposted text"),
    "secondary": Text("二手资料", "Secondary data"),
    "general": Text("一般知识", "General knowledge"),
    "uncertain": Text("存疑", "Uncertain"),
}


@dataclass(frozen=True)
class Document:
    """The official document an edition rests on."""

    number: str
    title: Text
    certainty: str


@dataclass(frozen=True)
class Criterion:
    """One clause. It is either a test or a scored part (`points`, at most `maximum`); `when` says for whom it holds."""

    id: str
    title: Text
    article: str
    reference: str
    certainty: str
    note: Text | None
    when: Test | None
    test: Test | None
    points: Points | None
    maximum: Fraction


@dataclass(frozen=True)
class Option:
    """One way through an alternative: the criteria it needs, and the name of the route it stands for."""

    route: str | None
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """One dated version of one rung's criteria. `purpose` is new, review or annual; `region` a division code or None (national)."""

    id: str
    rung: str
    title: Text
    document: Document
    purpose: str
    region: str | None
    since: date
    until: date | None
    criteria: tuple[Criterion, ...]
    requires: tuple[str, ...]
    alternatives: tuple[tuple[Option, ...], ...]
    score: str | None
    parameters: dict[str, str]
    hash: str

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)

    def criterion(self, name: str) -> Criterion:
        """The criterion with this id. Raises KeyError."""
        return next(c for c in self.criteria if c.id == name) if name in {c.id for c in self.criteria} else _no(name)

    @property
    def certainty(self) -> dict[str, int]:
        """How many criteria are known how well."""
        counts = Counter(criterion.certainty for criterion in self.criteria)
        return {name: counts[name] for name in CERTAINTIES if counts[name]}

    def role(self, name: str) -> str:
        """`required`, `alternative` (one of several ways), `part` (scored) or `basis` (read by another criterion)."""
        if name in self.requires:
            return "required"
        if self.criterion(name).points is not None:
            return "part"
        return (
            "alternative" if any(name in option.needs for group in self.alternatives for option in group) else "basis"
        )


def _no(name: str) -> Criterion:
    raise KeyError(name)


def canonical(content: Any) -> Any:
    """The content with numbers and dates as text: what the hash is taken of, whatever the file's layout."""
    if isinstance(content, dict):
        return {str(key): canonical(value) for key, value in content.items()}
    if isinstance(content, list):
        return [canonical(value) for value in content]
    return str(content) if isinstance(content, (Fraction, date)) else content


def content_hash(content: Any) -> str:
    """sha256 of the canonical content."""
    text = json.dumps(canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def parse_edition(spec: Spec, content: dict[str, Any], purpose: str, parameters: dict[str, str]) -> Edition:
    """The edition for one purpose. `spec` is the file with definitions and parameters filled in, `content` as written."""
    file_id = spec.need("id").text()
    document = spec.need("document")
    force = spec.need("in_force").below(purpose, spec.value["in_force"][purpose])
    since, until, region = force.need("from").day(), force.get("to"), spec.get("region")
    last = until.day() if until else None
    force.close()
    if since and last and last < since:
        force.refuse("止日早于起日", "ends before it begins", "to")
    for name in ("parameters", "definitions", "note"):
        spec.get(name)
    number = document.need("number").text()
    criteria = _criteria(spec, purpose, number)
    requires, alternatives = _decision(spec.need("decision"), spec, purpose)
    score = spec.get("score")
    edition = Edition(
        id=file_id if purpose == "new" else f"{file_id}.{purpose}",
        rung=spec.need("rung").text(RUNGS, "rung"),
        title=spec.need("title").bilingual(),
        document=Document(
            number, document.need("title").bilingual(), document.need("certainty").text(CERTAINTIES, "certainty")
        ),
        purpose=purpose,
        region=region.text() if region else None,
        since=since or date.min,
        until=last,
        criteria=criteria,
        requires=requires,
        alternatives=alternatives,
        score=score.text([c.id for c in criteria], "criterion") if score else None,
        parameters=parameters,
        hash=content_hash({**_for_purpose(content, purpose), "purpose": purpose}),
    )
    document.close()
    spec.close()
    _check_references(spec, edition)
    return edition


def _for_purpose(content: dict[str, Any], purpose: str) -> dict[str, Any]:
    kept = [c for c in content["criteria"] if not isinstance(c, dict) or purpose in c.get("purposes", PURPOSES)]
    return {**content, "in_force": content["in_force"][purpose], "criteria": kept}


def _criteria(spec: Spec, purpose: str, number: str) -> tuple[Criterion, ...]:
    criteria: dict[str, Criterion] = {}
    for item in spec.need("criteria").items():
        purposes = item.get("purposes")
        name = item.need("id").text()
        if purposes and purpose not in purposes.texts(PURPOSES, "purpose"):
            continue
        item.path = f"criteria[{name or item.path}]"
        if name in criteria:
            item.refuse("编号重复，请改其中一个", "this id is used twice; change one", "id")
        criteria[name] = _criterion(item, name, number)
    return tuple(criteria.values())


def _criterion(spec: Spec, name: str, number: str) -> Criterion:
    reference, note, when = spec.get("reference"), spec.get("note"), spec.get("when")
    scoring, test, maximum = spec.get("scoring"), None, Fraction(0)
    if scoring:
        maximum = spec.need("max").number()
    expert = spec.get("expert") if scoring else None
    points = judged(parse_points(scoring), expert) if scoring else None
    if not scoring:
        test = parse_test(spec, close=False)
    criterion = Criterion(
        id=name,
        title=spec.need("title").bilingual(),
        article=spec.need("article").text(),
        reference=reference.text() if reference else number,
        certainty=spec.need("certainty").text(CERTAINTIES, "certainty"),
        note=note.bilingual() if note else None,
        when=parse_test(when) if when else None,
        test=test,
        points=points,
        maximum=maximum,
    )
    spec.close()
    return criterion


def _decision(decision: Spec, spec: Spec, purpose: str) -> tuple[tuple[str, ...], tuple[tuple[Option, ...], ...]]:
    """What has to be met together, and the groups of which one option has to be met."""
    written = {str(c.value.get("id")) for c in spec.need("criteria").items() if isinstance(c.value, dict)}
    kept = {
        str(c.value.get("id"))
        for c in spec.need("criteria").items()
        if isinstance(c.value, dict) and purpose in c.value.get("purposes", PURPOSES)
    }

    def ids(item: Spec) -> tuple[str, ...]:
        return tuple(name for name in item.texts(written, "criterion") if name in kept)

    requires = ids(decision.need("requires"))
    groups = []
    for group in found.items() if (found := decision.get("alternatives")) else ():
        options = []
        for item in group.items():
            route, needs = item.get("route"), ids(item.need("needs"))
            item.close()
            if needs:  # an option all of whose criteria are for another purpose is none for this one
                options.append(Option(route.text() if route else None, needs))
        if options:
            groups.append(tuple(options))
    decision.close()
    return requires, tuple(groups)


def _check_references(spec: Spec, edition: Edition) -> None:
    """Every criterion is read in order, decides something, and every part counts in a score."""
    seen: set[str] = set()
    used = set(edition.requires) | {name for group in edition.alternatives for option in group for name in option.needs}
    for criterion in edition.criteria:
        for name in (*tests_of(criterion.test), *tests_of(criterion.when)):
            used.add(name)
            if name not in seen:
                spec.refuse(
                    f"{name} 要写在 {criterion.id} 之前",
                    f"{name} has to stand before {criterion.id}",
                    f"criteria[{criterion.id}]",
                )
        seen.add(criterion.id)
    for criterion in edition.criteria:
        if criterion.id not in used:
            spec.refuse(
                "没有被判定引用，请写入 decision 或评分",
                "decides nothing; name it in the decision or in a score",
                f"criteria[{criterion.id}]",
            )


def tests_of(test: Test | None) -> Iterable[str]:
    """The ids of the criteria a test reads."""
    match test:
        case CriterionMet(name):
            yield name
        case PointsReach(total):
            yield from total.ids()
        case All(of) | AnyOf(of):
            for each in of:
                yield from tests_of(each)
        case Not(of):
            yield from tests_of(of)


def choice_of(total: Total) -> Choice | None:
    """The choice inside a sum of parts, if there is one."""
    if isinstance(total, Choice):
        return total
    if isinstance(total, Sum):
        return next((found for part in total.of if (found := choice_of(part))), None)
    return None
