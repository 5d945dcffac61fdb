"""Editions that replace, overlay or repeat one another: what is in force, what keeps its hash, what says the same."""

from datetime import date
from pathlib import Path

import pytest

from crm.policy import Edition, edition_for, load
from tests.unit.policy.test_editions import PLAIN, faults, write

OLDER = PLAIN.replace(", to: 2030-12-31", "").replace("  new:", "  review: {from: 2030-01-01}\n  new:")
LATER = (
    PLAIN.replace("id: srdi.test", "id: srdi.later\nreplaces: srdi.test")
    .replace("2030-01-01, to: 2030-12-31", "2032-07-01")
    .replace("value: 1500", "value: 2000")
)
REGIONAL = """
id: srdi.hunan
based_on: srdi.test
region: "430000"
document: {number: 湘〔2030〕9号, title: {zh: 湖南, en: Hunan}, certainty: uncertain}
change:
  A: {value: 2000, article: 湘一条}
papers:
  - {key: credit_report, title: {zh: 信用报告, en: Credit report}, certainty: secondary, purposes: [new]}
"""


def named(known: tuple[Edition, ...], name: str) -> Edition:
    return next(edition for edition in known if edition.id == name)


def test_a_later_edition_ends_the_one_it_replaces_and_leaves_its_hash(tmp_path: Path) -> None:
    alone = load(write(tmp_path, OLDER))
    known = load(write(tmp_path, LATER, "srdi.later.yaml"))
    assert [e.hash for e in known if e.name == "srdi.test"] == [e.hash for e in alone]
    assert named(known, "srdi.test").until == date(2032, 6, 30)
    assert named(known, "srdi.test.review").until is None  # the later one says nothing about reviews
    assert edition_for("srdi", date(2032, 6, 30), among=known).id == "srdi.test"
    assert edition_for("srdi", date(2032, 7, 1), among=known).id == "srdi.later"
    assert edition_for("srdi", date(2032, 7, 1), "review", among=known).id == "srdi.test.review"


def test_an_edition_that_has_ended_by_then_is_not_prolonged(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    known = load(write(tmp_path, LATER, "srdi.later.yaml"))
    assert named(known, "srdi.test").until == date(2030, 12, 31)


@pytest.mark.parametrize(
    ("old", "new", "key", "cure"),
    [
        ("replaces: srdi.test\n", "", "in_force", "say which one it replaces"),
        ("replaces: srdi.test", "replaces: srdi.tset", "replaces", "there are: srdi.test"),
        ("from: 2032-07-01", "from: 2030-01-01", "replaces", "does not begin earlier (new)"),
        ("  new: {from", "  annual: {from", "replaces", "shares no purpose"),
        ("replaces: srdi.test", 'replaces: srdi.test\nregion: "430000"', "replaces", "another region"),
        ("replaces: srdi.test", 'replaces: srdi.test\nregion: "43"', "region", "quoted division code"),
        ("replaces: srdi.test", "replaces: srdi.later", "replaces", "does not begin earlier"),
    ],
)
def test_what_cannot_replace_is_refused(tmp_path: Path, old: str, new: str, key: str, cure: str) -> None:
    assert old in LATER
    write(tmp_path, OLDER)
    found = faults(write(tmp_path, LATER.replace(old, new, 1), "srdi.later.yaml"))
    assert any(fault.startswith(f"srdi/srdi.later.yaml: {key}: ") and cure in fault for fault in found), found


def test_another_rung_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    other = LATER.replace("rung: srdi", "rung: hte")
    (fault,) = faults(write(tmp_path, other, "hte.later.yaml", "hte"))
    assert fault.startswith("hte/hte.later.yaml: replaces: ") and "belongs to srdi" in fault


def test_editions_made_on_a_page_are_checked_with_the_files(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    known = load(tmp_path, {"草案 3": LATER})
    assert edition_for("srdi", date(2033, 1, 1), among=known).id == "srdi.later"
    with pytest.raises(ValueError, match=r"草案 3: criteria\[A\].unit: .*is missing"):
        load(tmp_path, {"草案 3": LATER.replace("    unit: 万元\n", "")})
    with pytest.raises(ValueError, match=r"草案 3: line 2: .*duplicate key"):
        load(tmp_path, {"草案 3": "id: x\nid: y\n"})


def test_an_overlay_follows_its_base(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    before = named(load(write(tmp_path, REGIONAL, "srdi.hunan.yaml")), "srdi.hunan")
    after = named(load(write(tmp_path, OLDER.replace("value: 5", "value: 6"))), "srdi.hunan")
    assert before.hash != after.hash and after.based_on == "srdi.test"
    assert [paper.key for paper in before.papers] == ["credit_report"]
    write(tmp_path, OLDER)
    known = load(write(tmp_path, LATER, "srdi.later.yaml"))
    assert named(known, "srdi.hunan").until == date(2032, 6, 30)
    assert edition_for("srdi", date(2032, 7, 1), region="430100", among=known).id == "srdi.later"


def test_a_paper_for_one_purpose_is_asked_for_that_purpose_only(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    known = load(write(tmp_path, REGIONAL, "srdi.hunan.yaml"))
    assert [len(named(known, name).papers) for name in ("srdi.hunan", "srdi.hunan.review")] == [1, 0]
    twice = REGIONAL + REGIONAL[REGIONAL.index("  - {key") :]
    assert any("papers[1].key" in fault for fault in faults(write(tmp_path, twice, "srdi.hunan.yaml")))


def test_overlays_that_lean_on_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, REGIONAL.replace("based_on: srdi.test", "based_on: srdi.xiang"), "srdi.hunan.yaml")
    write(tmp_path, "id: srdi.xiang\nbased_on: srdi.hunan\n", "srdi.xiang.yaml")
    assert any("is based on itself" in fault for fault in faults(tmp_path))


def test_a_change_reaches_the_clause_of_every_purpose(tmp_path: Path) -> None:
    two = OLDER.replace("  - id: B\n", "    purposes: [new]\n  - id: B\n").replace(
        "criteria:\n",
        "criteria:\n  - {id: A, purposes: [review], title: {zh: 营收, en: Revenue}, article: 第一条, certainty: general,"
        ' measure: {figure: revenue, year: -1}, operator: ">=", value: 1000, unit: 万元}\n',
    )
    write(tmp_path, two)
    known = load(write(tmp_path, REGIONAL, "srdi.hunan.yaml"))
    for name in ("srdi.hunan", "srdi.hunan.review"):
        assert named(known, name).content is not None
        assert named(known, name).criterion("A").article == "湘一条"


def test_the_fingerprint_is_of_what_the_clause_says(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    write(tmp_path, REGIONAL, "srdi.hunan.yaml")
    known = load(write(tmp_path, LATER.replace("certainty: general", "certainty: reposted"), "srdi.later.yaml"))
    base, region, later = (named(known, name) for name in ("srdi.test", "srdi.hunan", "srdi.later"))

    def same(one: Edition, other: Edition, name: str) -> bool:
        return one.criterion(name).fingerprint == other.criterion(name).fingerprint

    assert same(base, later, "B") and not same(base, later, "A")  # better known, but the same; another threshold
    assert same(base, region, "B") and not same(base, region, "A")
    assert (region.criterion("B").reference, region.criterion("A").reference) == ("试〔2030〕1号", "湘〔2030〕9号")
    assert base.document.fingerprint != later.document.fingerprint  # other dates


def test_the_content_read_again_gives_the_same_hash(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    region = named(load(write(tmp_path, REGIONAL, "srdi.hunan.yaml")), "srdi.hunan")
    assert {criterion["id"]: criterion.get("value") for criterion in region.content["criteria"]}["A"] == 2000
    assert "based_on" not in region.content


def test_a_clause_is_no_better_known_than_the_choice_it_rests_on() -> None:
    edition = edition_for("hte", date(2026, 6, 1))
    known = {criterion.id: criterion for criterion in edition.criteria}
    assert (known["HT-T1"].stated, known["HT-T1"].certainty) == ("reposted", "uncertain")
    assert [parameter.name for parameter in known["HT-I3"].rests_on] == ["class_two_used_once"]
    assert (known["HT-04"].rests_on, known["HT-04"].certainty) == ((), "reposted")
    assert edition.parameters["transfers_below_one"] == "either"


def test_a_number_changed_by_a_file_is_uncertain_unless_it_says_how_well_it_is_known(tmp_path: Path) -> None:
    write(tmp_path, OLDER)
    silent = named(load(write(tmp_path, REGIONAL, "srdi.hunan.yaml")), "srdi.hunan")
    base = named(load(tmp_path), "srdi.test")
    assert base.criterion("A").stated != "uncertain" and silent.criterion("A").stated == "uncertain"
    stated = REGIONAL.replace("article: 湘一条}", "article: 湘一条, certainty: reposted}")
    assert named(load(write(tmp_path, stated, "srdi.hunan.yaml")), "srdi.hunan").criterion("A").stated == "reposted"
    renamed = REGIONAL.replace("value: 2000, article: 湘一条", "article: 湘一条")
    same = named(load(write(tmp_path, renamed, "srdi.hunan.yaml")), "srdi.hunan")
    assert same.criterion("A").stated == base.criterion("A").stated
