"""Every number of an edition can be found, named, changed and written back, whichever edition it is."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.policy import Edition, edition_named, load
from crm.policy.drafting.drafts import change_numbers, overlay, successor
from crm.policy.drafting.numbers import FIXED, numbers_of, with_numbers
from crm.policy.language.edition import content_hash
from crm.policy.language.library import DIRECTORY
from crm.policy.language.source import EditionError, decimal, parse_yaml, read_yaml, write_yaml

FILES = sorted(DIRECTORY.glob("*/*.yaml"))
ONE_EACH = {edition.name: edition for edition in load()}  # one purpose of each file: the content is the whole file's
NASTY = [
    "0.1",
    "-3",
    "2026-01-01",
    "true",
    "~",
    "",
    "null",
    "- a",
    "{x}",
    "a: b",
    "#x",
    "\x85",
    " a ",
    "on",
    "=",
    "&a",
    "\ufeff",
]

leaves = (
    st.text()
    | st.sampled_from(NASTY)
    | st.booleans()
    | st.none()
    | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12).map(Fraction)
)
contents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_edition_written_out_reads_the_same(path: Any) -> None:
    content = read_yaml(path)
    assert parse_yaml(write_yaml(content), path.name) == content


@given(st.dictionaries(st.text(), contents, min_size=1, max_size=4))
def test_whatever_is_written_reads_the_same(content: dict[str, Any]) -> None:
    assert parse_yaml(write_yaml(content), "x") == content


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**9), max_value=10**9))
def test_numbers_are_written_exactly(number: Any) -> None:
    assert Fraction(decimal(Fraction(number))) == Fraction(number)


def test_a_number_that_decimals_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="1/3"):
        decimal(Fraction(1, 3))


def test_a_clause_is_written_line_by_line_and_small_pieces_in_one_line() -> None:
    text = write_yaml(read_yaml(DIRECTORY / "srdi" / "srdi.2026.yaml"))
    assert "  new: {from: 2026-04-01}" in text or "in_force: {new: {from: 2026-04-01}" in text
    assert "\n  - id: Z26-2b\n    title: {zh: 主营业务收入占比, en: Share of main business}\n" in text
    assert "\n    value: 0.8\n" in text


def _leaves(value: Any) -> list[Fraction]:
    if isinstance(value, Fraction):
        return [value]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [leaf for key, item in items if key not in FIXED for leaf in _leaves(item)]


@pytest.mark.parametrize("edition", ONE_EACH.values(), ids=lambda edition: edition.id)
def test_every_number_is_found_once_with_its_clause_its_words_and_its_unit(edition: Edition) -> None:
    numbers = numbers_of(edition.content)
    assert Counter(number.value for number in numbers) == Counter(_leaves(edition.content))
    written = {str(criterion["id"]) for criterion in edition.content["criteria"]}
    for number in numbers:
        assert number.clauses and set(number.clauses) <= written, number.path
        assert number.label.zh and number.label.en and number.unit, number.path


@pytest.mark.parametrize("edition", ONE_EACH.values(), ids=lambda edition: edition.id)
def test_each_number_can_be_changed_alone(edition: Edition) -> None:
    before = numbers_of(edition.content)
    for number in before:
        after = {n.path: n.value for n in numbers_of(with_numbers(edition.content, {number.path: number.value + 1}))}
        assert {n.path: n.value for n in before} | {number.path: number.value + 1} == after
    assert content_hash(edition.content) == content_hash(with_numbers(edition.content, {}))


def test_what_is_shared_belongs_to_every_clause_that_reads_it() -> None:
    numbers = {number.path: number for number in numbers_of(edition_named("hte.2016").content)}
    assert numbers["definitions.growth_bands[0].from"].clauses == ("HT-G1", "HT-G2")
    assert numbers["definitions.rd_intensity.ratio[0].years"].clauses == ("HT-05a", "HT-05b", "HT-05c")
    assert numbers["parameters.transfers_below_one.options.lowest_band[0]"].clause == "HT-T1"
    assert numbers["criteria[HT-05a].value"].label.zh == "近三年研发费用合计占近三年营业收入合计的比例 ≥"
    assert numbers["criteria[HT-05a].value"].unit == "比例"


def test_a_path_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        with_numbers(edition_named("hte.2016").content, {"criteria[HT-99].value": Fraction(1)})


def test_a_successor_replaces_its_predecessor_and_reads_as_an_edition() -> None:
    base = edition_named("srdi.2026")
    content = with_numbers(
        successor(base.content, "srdi.2027", _day("2027-01-01")), {"criteria[Z26-2a].any[0].value": Fraction(2000)}
    )
    found = {edition.id: edition for edition in load(extra={"draft": write_yaml(content)})}
    assert found["srdi.2027"].replaces == "srdi.2026"
    assert found["srdi.2026"].until == _day("2026-12-31")
    assert found["srdi.2027"].since == _day("2027-01-01")
    assert found["srdi.2026"].hash == base.hash


def test_an_overlay_holds_only_what_differs() -> None:
    base = edition_named("srdi.2026").content
    own = overlay(base, "srdi.430900", "430900", _day("2026-12-01"))
    whole = _whole(own)
    path = "criteria[Z26-2a].any[0].value"
    changed = change_numbers(
        own, base, whole, {path: Fraction(2000), "definitions.class_one_rights.where.owner_rank.at_most": Fraction(2)}
    )
    assert set(changed["change"]) == {"Z26-2a"} and set(changed["change"]["Z26-2a"]) == {"any"}
    assert set(changed["definitions"]) == {"class_one_rights"}
    numbers = {number.path: number.value for number in numbers_of(_whole(changed))}
    assert numbers[path] == 2000
    assert "criteria" not in changed
    back = change_numbers(
        changed,
        base,
        _whole(changed),
        {path: Fraction(1500), "definitions.class_one_rights.where.owner_rank.at_most": Fraction(3)},
    )
    assert back == own


def test_a_hole_between_bands_is_named() -> None:
    content = successor(edition_named("hte.2016").content, "hte.2027", _day("2027-01-01"))
    broken = with_numbers(content, {"definitions.growth_bands[0].from": Fraction(4, 10)})
    with pytest.raises(EditionError, match="没有档"):
        load(extra={"draft": write_yaml(broken)})


def _whole(own: dict[str, Any]) -> dict[str, Any]:
    return next(edition.content for edition in load(extra={"draft": write_yaml(own)}) if edition.name == own["id"])


def _day(text: str) -> Any:
    return parse_yaml(f"on: {text}", "x")["on"]


JUNK = [
    None,
    Fraction(7),
    "x",
    [],
    {},
    [Fraction(1)],
    {"a": "b"},
    True,
    {"use": "nope"},
    {"use": {}},
    {"parameter": []},
]


@pytest.mark.parametrize("seed", range(30))
def test_a_draft_that_is_wrong_anywhere_still_opens(seed: int) -> None:
    """Whatever stands in the wrong place, its numbers can be listed, and its faults are told."""
    random = Random(seed)  # noqa: S311  data, not secrets
    content = {**deepcopy(random.choice(list(ONE_EACH.values())).content), "id": "draft.1"}
    holder, key = random.choice(list(_places(content)))
    holder[key] = deepcopy(random.choice(JUNK))
    assert isinstance(numbers_of(content), list)
    with_numbers(content, {})
    with suppress(EditionError):
        load(extra={"draft": write_yaml(content)})


def test_a_definition_or_an_end_of_a_band_may_be_no_such_thing() -> None:
    content = deepcopy(ONE_EACH["hte.2016"].content)
    content["definitions"]["class_one_rights"]["where"]["kind"] = {"use": {}}
    content["definitions"]["growth_bands"][0]["from"] = {"a": "b"}
    assert "definitions.growth_bands[0].from" not in {number.path for number in numbers_of(content)}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _places(value[key])
