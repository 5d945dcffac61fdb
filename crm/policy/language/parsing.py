"""From the content of an edition file to its editions: one for each purpose."""

from datetime import date
from fractions import Fraction
from typing import Any

from crm.policy.language.clauses import PointsReach, parse_test
from crm.policy.language.edition import (
    CERTAINTIES,
    PURPOSES,
    Criterion,
    Document,
    Edition,
    Option,
    Paper,
    Parameter,
    content_hash,
    fingerprint,
    tests_of,
)
from crm.policy.language.overlays import used_parameters
from crm.policy.language.points import judged, most_of, parse_points
from crm.policy.language.regions import is_region
from crm.policy.language.source import Spec
from crm.policy.text import plain
from crm.policy.vocabulary import RUNGS

UNSAID = frozenset({"id", "certainty", "note", "purposes", "reference"})  # what a clause says does not hang on these


def parse_edition(spec: Spec, content: dict[str, Any], purpose: str, parameters: tuple[Parameter, ...]) -> Edition:
    """The edition for one purpose. `spec` is the file with definitions and parameters filled in, `content` as written."""
    file_id = spec.need("id").text()
    document = parse_document(spec.need("document"), content["in_force"])
    force = spec.need("in_force").below(purpose, spec.value["in_force"][purpose])
    since, until, region = force.need("from").day(), force.get("to"), spec.get("region")
    last = until.day() if until else None
    force.close()
    if since and last and last < since:
        force.refuse("止日早于起日", "ends before it begins", "to")
    for name in ("parameters", "definitions", "note"):
        spec.get(name)
    criteria = _criteria(spec, content, purpose, parameters, document.number)
    requires, alternatives = _decision(spec.need("decision"), spec, purpose)
    score, replaces = spec.get("score"), spec.get("replaces")
    edition = Edition(
        id=file_id if purpose == "new" else f"{file_id}.{purpose}",
        rung=spec.need("rung").text(RUNGS, "rung"),
        title=spec.need("title").bilingual(),
        document=document,
        purpose=purpose,
        region=parse_region(region) if region else None,
        since=since or date.min,
        until=last,
        criteria=criteria,
        requires=requires,
        alternatives=alternatives,
        score=score.text([c.id for c in criteria if isinstance(c.test, PointsReach)], "sum of points")
        if score
        else None,
        choices=parameters,
        papers=tuple(p for p in parse_papers(spec.get("papers"), document.number) if purpose in p.purposes),
        replaces=replaces.text() if replaces else None,
        based_on=None,
        hash=content_hash({**_for_purpose(content, purpose), "purpose": purpose}),
        content=content,
    )
    spec.close()
    _check_references(spec, edition)
    return edition


def parse_document(spec: Spec, dates: Any) -> Document:
    """The document something rests on; `dates` is what its fingerprint covers beside the number."""
    number = spec.need("number").text()
    title, certainty = spec.need("title").bilingual(), spec.need("certainty").text(CERTAINTIES, "certainty")
    spec.close()
    return Document(number, title, certainty, fingerprint(number, "document", dates))


def parse_region(spec: Spec) -> str:
    """A division code of six digits."""
    code = spec.text()
    if spec.value is not None and not (len(code) == 6 and is_region(code)):
        spec.refuse('应为加引号的 6 位行政区划代码，例如 "330000"', 'must be a quoted division code such as "330000"')
    return code


def parse_papers(spec: Spec | None, number: str) -> tuple[Paper, ...]:
    """What has to be handed in; `number` is the document that asks for it."""
    papers: dict[str, Paper] = {}
    for item in spec.items() if spec else ():
        key = item.need("key").text()
        purposes, note, reference = item.get("purposes"), item.get("note"), item.get("reference")
        title = item.need("title").bilingual()
        if key in papers:
            item.refuse("材料编号重复，请改其中一个", "this key is used twice; change one", "key")
        papers[key] = Paper(
            key=key,
            title=title,
            certainty=item.need("certainty").text(CERTAINTIES, "certainty"),
            note=note.bilingual() if note else None,
            purposes=purposes.texts(PURPOSES, "purpose") if purposes else PURPOSES,
            fingerprint=fingerprint(reference.text() if reference else number, "paper", key, title.zh),
        )
        item.close()
    return tuple(papers.values())


def _for_purpose(content: dict[str, Any], purpose: str) -> dict[str, Any]:
    """What of the file the hash is taken of: all but what is for other purposes."""

    def kept(key: str) -> list[Any]:
        return [c for c in content[key] if not isinstance(c, dict) or purpose in c.get("purposes", PURPOSES)]

    lists = {key: kept(key) for key in ("criteria", "papers") if isinstance(content.get(key), list)}
    return {**content, "in_force": content["in_force"][purpose], **lists}


def _criteria(
    spec: Spec, content: dict[str, Any], purpose: str, parameters: tuple[Parameter, ...], number: str
) -> tuple[Criterion, ...]:
    criteria: dict[str, Criterion] = {}
    definitions = content.get("definitions") or {}
    for item, written in zip(spec.need("criteria").items(), content["criteria"], strict=True):
        purposes = item.get("purposes")
        name = item.need("id").text()
        if purposes and purpose not in purposes.texts(PURPOSES, "purpose"):
            continue
        item.path = f"criteria[{name or item.path}]"
        if name in criteria:
            item.refuse("编号重复，请改其中一个", "this id is used twice; change one", "id")
        needed = set(used_parameters(written, definitions))
        criteria[name] = _criterion(item, name, number, tuple(p for p in parameters if p.name in needed))
    return tuple(criteria.values())


def _criterion(spec: Spec, name: str, number: str, rests_on: tuple[Parameter, ...]) -> Criterion:
    reference, note, when = spec.get("reference"), spec.get("note"), spec.get("when")
    source = reference.text() if reference else number
    scoring, test, maximum = spec.get("scoring"), None, Fraction(0)
    if scoring:
        maximum = spec.need("max").number()
    expert = spec.get("expert") if scoring else None
    points = judged(parse_points(scoring), expert) if scoring else None
    if points and most_of(points) > maximum:
        most = plain(most_of(points))
        spec.refuse(
            f"最多可得 {most} 分，高于 max，请改其一", f"gives up to {most} points, above max; change one", "max"
        )
    if not scoring:
        test = parse_test(spec, close=False)
    criterion = Criterion(
        id=name,
        title=spec.need("title").bilingual(),
        article=spec.need("article").text(),
        reference=source,
        stated=spec.need("certainty").text(CERTAINTIES, "certainty"),
        note=note.bilingual() if note else None,
        when=parse_test(when) if when else None,
        test=test,
        points=points,
        maximum=maximum,
        rests_on=rests_on,
        fingerprint=fingerprint(source, {key: value for key, value in spec.value.items() if key not in UNSAID}),
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
