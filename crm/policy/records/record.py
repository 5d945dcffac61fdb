"""Why was it decided so: one assessment as one JSON document, and the check that it still comes out the same.

The document holds all that the verdict needs (facts, the whole edition, the day), so that anybody with this program can
judge it again, on another machine and years later; and for each of its sections a digest, so that an edit is noticed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from crm.policy.facts import HALF, Facts, FactsError, Problem, parse_json
from crm.policy.language.edition import PURPOSES, Edition, content_hash
from crm.policy.language.library import parse_file
from crm.policy.language.source import EditionError, Fault, parse_yaml, write_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

FORMAT, VERSION = "tidu-assessment", 1
FILE, PAGE = "file", "page"  # where the edition was published: shipped as a file, or on a page of this house
VERDICTS = {"met": Text("符合", "met"), "not_met": Text("不符合", "not met"), "unknown": Text("待补数据", "unknown")}
DEEPEST, LARGEST = 60, 40  # levels of nesting; powers of ten of a number


class RecordError(FactsError):
    """The document is no record of an assessment; `problems` names every bad key."""


def record(
    *,
    firm: str,
    credit_code: str | None,
    rung: str,
    purpose: str,
    region: str | None,
    on: date,
    kept_at: str,
    kept_by: str,
    facts: Mapping[str, Any],
    sources: Mapping[str, Any],
    edition: str,
    edition_hash: str,
    edition_source: str,
    origin: str,
    result: Mapping[str, Any],
) -> dict[str, Any]:
    """One kept assessment as one JSON document. `edition_source` is what `source_of` gave, `result` what the assessment's
    `as_json` gave, `origin` FILE or PAGE. Amounts are in 万元, as in the facts document. Raises RecordError for a source
    that cannot be read."""
    parsed = edition_of(edition_source, purpose)
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "firm": {"name": firm, "credit_code": credit_code},
        "rung": rung,
        "purpose": purpose,
        "region": region,
        "on": on.isoformat(),
        "kept": {"at": kept_at, "by": kept_by},
        "result": dict(result),
        "certainty": {criterion["id"]: criterion["certainty"] for criterion in result["criteria"]},
        "facts": dict(facts),
        "sources": dict(sources),
        "edition": {
            "id": edition,
            "hash": edition_hash,
            "title": {"zh": parsed.title.zh, "en": parsed.title.en},
            "document": {"number": parsed.document.number, "title": parsed.document.title.zh},
            "origin": origin,
            "source": edition_source,
        },
    }
    return {**document, "digests": digests(document)}


@lru_cache(maxsize=64)
def source_of(edition: Edition) -> str:
    """The whole edition as an edition file has it; `edition_of` gives the same edition back, with the same hash."""
    return write_yaml(edition.content)


def digests(document: Mapping[str, Any]) -> dict[str, str]:
    """sha256 of each section, whatever the layout of the file. The edition's source has its own hash."""
    sections = {key: value for key, value in document.items() if key != "digests"}
    edition = sections.get("edition")
    if isinstance(edition, dict):
        sections["edition"] = {key: value for key, value in edition.items() if key not in ("hash", "source")}
    return {key: content_hash(exact(value)) for key, value in sections.items()}


def read_record(text: str) -> dict[str, Any]:
    """A record from JSON text. Raises RecordError naming every bad key."""
    try:
        document = parse_json(text)
        return checked(document)
    except RecursionError as error:
        raise RecordError([Problem("$", Text("嵌套太深", "nested too deeply"))]) from error
    except RecordError:
        raise
    except FactsError as error:
        raise RecordError(error.problems) from error


# --- reading it strictly --------------------------------------------------------------------------------------------


def edition_of(source: str, purpose: str) -> Edition:
    """The edition of a source for a purpose. Raises RecordError where the source is none, or not for this purpose."""
    faults: list[Fault] = []
    try:
        found = parse_file("edition.source", parse_yaml(source, "edition.source"), {}, faults)
    except EditionError as error:
        faults += error.faults
        found = []
    if faults:
        raise RecordError([Problem(f"edition.source: {fault.key}", fault.text) for fault in dict.fromkeys(faults)])
    edition = next((edition for edition in found if edition.purpose == purpose), None)
    if edition is None:
        words = Text(f"所附版本没有用途 {purpose}", f"the edition in the file is not for purpose {purpose}")
        raise RecordError([Problem("purpose", words)])
    return edition


TEXT, OBJECT, LIST, NUMBER = "text", "object", "list", "number"
SHAPES: dict[str, tuple[str, ...]] = {  # what has to be there, and in which shapes (`null`: may be null)
    "format": (TEXT,),
    "version": (NUMBER,),
    "firm": (OBJECT,),
    "firm.name": (TEXT,),
    "firm.credit_code": (TEXT, "null"),
    "rung": (TEXT,),
    "purpose": (TEXT,),
    "region": (TEXT, "null"),
    "on": (TEXT,),
    "kept": (OBJECT,),
    "kept.at": (TEXT,),
    "kept.by": (TEXT,),
    "result": (OBJECT,),
    **{f"result.{key}": (TEXT,) for key in ("rung", "edition", "edition_hash", "on", "purpose", "verdict")},
    "result.score": (OBJECT, "null"),
    "result.route": (TEXT, "null"),
    "result.criteria": (LIST,),
    "certainty": (OBJECT,),
    "facts": (OBJECT,),
    "sources": (OBJECT,),
    "edition": (OBJECT,),
    **{f"edition.{key}": (TEXT,) for key in ("id", "hash", "origin", "source")},
    **{f"edition.{key}": (OBJECT,) for key in ("title", "document")},
    "digests": (OBJECT,),
}
WORDS: dict[str, Sequence[str]] = {  # the values that a text may have
    "format": (FORMAT,),
    "rung": tuple(RUNGS),
    "purpose": PURPOSES,
    "result.verdict": tuple(VERDICTS),
    "edition.origin": (FILE, PAGE),
}
NAMES = {
    TEXT: Text("文字", "text"),
    OBJECT: Text("对象 {…}", "an object"),
    LIST: Text("列表 […]", "a list"),
    NUMBER: Text("数字", "a number"),
    "null": Text("null", "null"),
}


def checked(document: object) -> dict[str, Any]:
    """The document, once all of it has the right shape. Raises RecordError naming every bad key."""
    problems: list[Problem] = []
    if not isinstance(document, dict):
        raise RecordError([Problem("$", Text("应为对象 {…}", "must be an object"))])
    problems += _unusable("", document)
    missing: set[str] = set()
    for path, shapes in SHAPES.items():
        if path.rpartition(".")[0] in missing:
            continue
        value, there = _at(document, path)
        if not there or _shape(value) not in shapes:
            missing.add(path)
            cure = Text("缺少这一键", "is missing") if not there else _must_be(shapes)
            problems.append(Problem(path, cure))
        elif value is not None and path in WORDS and value not in WORDS[path]:
            allowed = ", ".join(WORDS[path])
            problems.append(Problem(path, Text(f"应为 {allowed} 之一", f"must be one of {allowed}")))
    known = {path.partition(".")[0] for path in SHAPES}
    problems += [
        Problem(str(key), Text("未知的键，请删去", "unknown key; remove it")) for key in document if key not in known
    ]
    if not problems:
        problems += _contents(document)
    if problems:
        raise RecordError(list(dict.fromkeys(problems)))
    return document


def _contents(document: dict[str, Any]) -> Iterator[Problem]:
    if document["version"] != VERSION:
        yield Problem("version", Text(f"只认识版本 {VERSION}", f"only version {VERSION} is known"))
    try:
        day = date.fromisoformat(document["on"])
        if not 1990 <= day.year <= 2200 or day.isoformat() != document["on"]:
            raise ValueError
    except ValueError:
        yield Problem("on", Text("应为日期，例如 2026-06-30", "must be a date such as 2026-06-30"))
    try:
        Facts.from_document(document["facts"])
    except FactsError as error:
        yield from (Problem(f"facts.{problem.path}".removesuffix(".$"), problem.text) for problem in error.problems)
    seen: set[str] = set()
    for index, criterion in enumerate(document["result"]["criteria"]):
        where = f"result.criteria[{index}]"
        if not isinstance(criterion, dict):
            yield Problem(where, _must_be((OBJECT,)))
            continue
        name = criterion.get("id")
        if not isinstance(name, str) or name in seen:
            yield Problem(f"{where}.id", Text("应为文字，且不重复", "must be text, and not twice the same"))
        else:
            seen.add(name)
        if criterion.get("verdict") not in tuple(VERDICTS):
            allowed = ", ".join(VERDICTS)
            yield Problem(f"{where}.verdict", Text(f"应为 {allowed} 之一", f"must be one of {allowed}"))
        figures = criterion.get("figures")
        if figures is not None and not (isinstance(figures, list) and all(isinstance(f, dict) for f in figures)):
            yield Problem(f"{where}.figures", Text("应为对象的列表", "must be a list of objects"))


def _unusable(path: str, value: object, depth: int = 0) -> Iterator[Problem]:
    """Keys given twice, numbers that are none of ours, and halves of characters."""
    if depth > DEEPEST:
        yield Problem(path, Text("嵌套太深", "nested too deeply"))
    elif isinstance(value, dict):
        for key in getattr(value, "twice", ()):
            yield Problem(
                f"{path}.{key}".lstrip("."), Text("同一个键写了两次，请只留一个", "key given twice; keep one")
            )
        for key, item in value.items():
            yield from _unusable(f"{path}.{key}".lstrip("."), key, depth + 1)
            yield from _unusable(f"{path}.{key}".lstrip("."), item, depth + 1)
    elif isinstance(value, str) and HALF.search(value):
        yield Problem(path, Text("含有不成字的编码", "holds half of a character"))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unusable(f"{path}[{index}]", item, depth + 1)
    elif isinstance(value, Decimal) and (not value.is_finite() or _unbounded(value)):
        yield Problem(path, Text("不是可用的数字", "is not a number that can be used"))


def _unbounded(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return value.adjusted() > LARGEST or not isinstance(exponent, int) or exponent < -LARGEST


def _at(document: dict[str, Any], path: str) -> tuple[Any, bool]:
    value: Any = document
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return None, False
        value = value[key]
    return value, True


def _shape(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return TEXT
        case dict():
            return OBJECT
        case list():
            return LIST
    return NUMBER


def _must_be(shapes: Sequence[str]) -> Text:
    names = [NAMES[shape] for shape in shapes]
    return Text(f"应为{' 或 '.join(n.zh for n in names)}", f"must be {' or '.join(n.en for n in names)}")


def exact(value: Any) -> Any:
    """Numbers as exact fractions, so that 1.0 and 1 are the same; true and false stay what they are."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, float):
        return Fraction(repr(value))
    return Fraction(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value
