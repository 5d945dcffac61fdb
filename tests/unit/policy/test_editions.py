"""Edition files: what the strict reader refuses, which edition is chosen, and what the hash is taken of."""

from datetime import date
from pathlib import Path

import pytest

from crm.policy import EditionError, NoEdition, edition_for, edition_named, editions, evaluate, load

PLAIN = """
id: srdi.test
rung: srdi
title: {zh: 试行, en: Trial}
document: {number: 试〔2030〕1号, title: {zh: 试行, en: Trial}, certainty: general}
in_force:
  new: {from: 2030-01-01, to: 2030-12-31}
criteria:
  - id: A
    title: {zh: 营收, en: Revenue}
    article: 第一条
    certainty: general
    measure: {figure: revenue, year: -1}
    operator: ">="
    value: 1500
    unit: 万元
  - id: B
    title: {zh: 负债率, en: Leverage}
    article: 第二条
    certainty: uncertain
    max: 10
    scoring:
      measure: {ratio: [{figure: liabilities, year: -1}, {figure: total_assets, year: -1}]}
      unit: 比例
      bands:
        - {up_to: 0.5, points: 10}
        - {above: 0.5, up_to: 0.7, points: 5}
        - {above: 0.7, points: 0}
  - id: C
    title: {zh: 得分, en: Score}
    article: 第三条
    certainty: general
    points: [B]
    operator: ">="
    value: 5
    unit: 分
score: C
decision:
  requires: [A, C]
"""


def write(directory: Path, text: str, name: str = "srdi.test.yaml", rung: str = "srdi") -> Path:
    (directory / rung).mkdir(exist_ok=True)
    (directory / rung / name).write_text(text, encoding="utf-8")
    return directory


def faults(directory: Path) -> list[str]:
    with pytest.raises(EditionError) as error:
        load(directory)
    return [str(fault) for fault in error.value.faults]


def test_a_plain_edition(tmp_path: Path) -> None:
    (edition,) = load(write(tmp_path, PLAIN))
    assert (edition.id, edition.purpose, edition.region) == ("srdi.test", "new", None)
    assert edition.certainty == {"general": 2, "uncertain": 1}
    assert [edition.role(name) for name in "ABC"] == ["required", "part", "required"]
    years = {"2029": {"revenue": 1500, "liabilities": 5, "total_assets": 10}}
    assert evaluate(edition, {"years": years}, date(2030, 6, 1)).verdict == "met"


@pytest.mark.parametrize(
    ("old", "new", "key", "cure"),
    [
        ("above: 0.5, up_to: 0.7", "above: 0.6, up_to: 0.7", "criteria[B].scoring.bands", "a hole between 0.5 and 0.6"),
        ("above: 0.5, up_to: 0.7", "above: 0.4, up_to: 0.7", "criteria[B].scoring.bands", "overlap"),
        ("above: 0.5, up_to: 0.7", "from: 0.5, up_to: 0.7", "criteria[B].scoring.bands", "is in two bands"),
        ("{up_to: 0.5, points: 10}", "{below: 0.5, points: 10}", "criteria[B].scoring.bands", "a hole"),
        (
            "- {above: 0.7, points: 0}",
            "- {above: 0.7, up_to: 0.9, points: 0}",
            "criteria[B].scoring.bands",
            "without an upper end",
        ),
        ("    unit: 万元\n", "", "criteria[A].unit", "is missing; add it"),
        ("unit: 万元", "unit: 亿元", "criteria[A].unit", "unknown unit"),
        (
            'operator: ">="\n    value: 1500',
            'operator: "=>"\n    value: 1500',
            "criteria[A].operator",
            "unknown operator '=>'",
        ),
        ("figure: revenue", "figure: revenu", "criteria[A].measure.figure", "did you mean revenue?"),
        (
            "{figure: revenue, year: -1}",
            "{formula: revenue / 2}",
            "criteria[A].measure",
            "no operator this engine knows",
        ),
        ("value: 1500", "value: 一千五", "criteria[A].value", "must be a number"),
        ("value: 1500", "value: 1500\n    valeu: 3", "criteria[A].valeu", "did you mean value?"),
        ("value: 1500", "value: 1500\n    value: 1600", "line 16", "duplicate key 'value'"),
        ("  - id: B", "  - id: A", "criteria[A].id", "used twice"),
        ("requires: [A, C]", "requires: [C]", "criteria[A]", "decides nothing"),
        ("requires: [A, C]", "requires: [A, C, D]", "decision.requires[2]", "unknown criterion 'D'"),
        ("points: [B]", "points: [B, Z]", "criteria[C]", "Z has to stand before C"),
        ("certainty: uncertain", "certainty: sure", "criteria[B].certainty", "unknown certainty"),
        ("article: 第二条\n", "article:\n", "criteria[B].article", "is missing"),
        ("unit: 万元", "unit: 人", "criteria[A].unit", "counted in 万元; change the unit"),
        ("unit: 比例", "unit: 件", "criteria[B].scoring.unit", "counted in 比例; change the unit"),
        ("figure: revenue, year: -1", "figure: revenue, year: 5", "criteria[A].measure.year", "must be 0 or less"),
        ("{figure: revenue, year: -1}", "{sum: revenue, years: -3}", "criteria[A].measure.years", "must be 1 or more"),
        ("max: 10", "max: 8", "criteria[B].max", "gives up to 10 points, above max"),
        ("score: C", "score: A", "score", "unknown sum of points 'A'"),
        ("  new: {from: 2030-01-01, to: 2030-12-31}", "  {}", "file", "needs in_force"),
        ("requires: [A, C]", "requires: [[A], C]", "decision.requires[0]", "must be criterion"),
        ("from: 2030-01-01", "from: 2030-02-30", "line 7", "no such day 2030-02-30"),
        ("title: {zh: 试行, en: Trial}\n", "title: &a {zh: 试行, en: Trial}\nnote: *a\n", "line 5", "an *alias"),
        ("from: 2030-01-01", "from: 2031-01-01", "in_force.new.to", "ends before it begins"),
        ("rung: srdi\n", "rung: hte\n", "rung", "belongs in the directory hte/"),
        ("  new: {from", "  nwe: {from", "in_force.nwe", "a purpose is new, review, annual"),
        ("decision:\n  requires: [A, C]", "", "file", "needs in_force, criteria and decision"),
        (
            "measure: {figure: revenue, year: -1}",
            "measure: {use: income}",
            "criteria[0].measure.use",
            "unknown definition 'income'",
        ),
        ("criteria:", "definitions: {spare: 1}\ncriteria:", "definitions.spare", "is used nowhere"),
    ],
)
def test_what_is_refused_names_file_key_and_cure(tmp_path: Path, old: str, new: str, key: str, cure: str) -> None:
    assert old in PLAIN
    found = faults(write(tmp_path, PLAIN.replace(old, new, 1)))
    assert any(fault.startswith(f"srdi/srdi.test.yaml: {key}: ") and cure in fault for fault in found), found


def test_all_faults_of_all_files_are_found_in_one_run(tmp_path: Path) -> None:
    write(tmp_path, PLAIN.replace("    unit: 万元\n", "").replace("figure: revenue", "figure: revenu"))
    write(
        tmp_path, PLAIN.replace("id: srdi.test", "id: srdi.other").replace("value: 5", "value: five"), "srdi.other.yaml"
    )
    found = faults(tmp_path)
    assert len(found) == 3
    assert {fault.split(":")[0] for fault in found} == {"srdi/srdi.test.yaml", "srdi/srdi.other.yaml"}


def test_two_editions_in_force_at_once(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    later = PLAIN.replace("id: srdi.test", "id: srdi.later").replace("2030-01-01, to: 2030-12-31", "2030-12-31")
    write(tmp_path, later, "srdi.later.yaml")
    (fault,) = faults(tmp_path)
    assert fault.startswith("srdi/srdi.later.yaml: in_force: ") and "in force at the same time" in fault
    write(tmp_path, later.replace("from: 2030-12-31", "from: 2031-01-01"), "srdi.later.yaml")
    assert len(load(tmp_path)) == 2


def test_the_hash_is_of_the_content_not_of_the_layout(tmp_path: Path) -> None:
    (plain,) = load(write(tmp_path, PLAIN))
    (laid_out,) = load(
        write(tmp_path, PLAIN.replace("value: 1500", "value: 1500.00   # 万元").replace("[A, C]", "\n    - A\n    - C"))
    )
    (changed,) = load(write(tmp_path, PLAIN.replace("value: 1500", "value: 1501")))
    assert plain.hash == laid_out.hash != changed.hash
    assert len(plain.hash) == 64


def test_a_region_overlays_an_edition_without_copying_it(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    overlay = """
id: srdi.test.hunan
based_on: srdi.test
region: "430000"
title: {zh: 湖南试行, en: Hunan trial}
change:
  A: {value: 2000}
add:
  - id: HN-1
    title: {zh: 自主品牌, en: Own brand}
    article: 湘一条
    certainty: general
    flag: own_brand
require: [HN-1]
"""
    write(tmp_path, overlay, "srdi.test.hunan.yaml")
    known = load(tmp_path)
    on = date(2030, 6, 1)
    assert edition_for("srdi", on, among=known).id == "srdi.test"
    assert edition_for("srdi", on, region="330100", among=known).id == "srdi.test"
    hunan = edition_for("srdi", on, region="430900", among=known)
    assert (hunan.id, hunan.region, [c.id for c in hunan.criteria]) == (
        "srdi.test.hunan",
        "430000",
        ["A", "B", "C", "HN-1"],
    )
    facts = {"own_brand": True, "years": {"2029": {"revenue": 1500, "liabilities": 5, "total_assets": 10}}}
    assert evaluate(hunan, facts, on).criterion("A").verdict == "not_met"
    write(tmp_path, overlay.replace("  A: {value: 2000}", "  Q: {value: 2000}"), "srdi.test.hunan.yaml")
    assert any("srdi.test has no Q" in fault for fault in faults(tmp_path))


@pytest.mark.parametrize(
    ("rung", "on", "purpose", "expected"),
    [
        ("srdi", date(2026, 3, 31), "new", "srdi.2022"),
        ("srdi", date(2026, 4, 1), "new", "srdi.2026"),
        ("little_giant", date(2026, 3, 31), "new", "little_giant.2022"),
        ("little_giant", date(2026, 4, 1), "new", "little_giant.2026"),
        ("little_giant", date(2026, 11, 1), "review", "little_giant.2022.review"),
        ("little_giant", date(2027, 1, 1), "review", "little_giant.2026.review"),
        ("hte", date(2016, 1, 1), "new", "hte.2016"),
        ("tech_sme", date(2017, 5, 3), "new", "tech_sme.2017"),
        ("listed_star", date(2024, 4, 29), "new", "listed_star.2021"),
        ("listed_star", date(2024, 4, 30), "new", "listed_star.2024"),
    ],
)
def test_the_edition_in_force(rung: str, on: date, purpose: str, expected: str) -> None:
    assert edition_for(rung, on, purpose).id == expected


def test_no_edition_says_what_there_is() -> None:
    with pytest.raises(NoEdition) as error:
        edition_for("hte", date(2026, 6, 1), "annual")
    assert error.value.text.zh == "2026年6月1日没有“年度更新”的认定条件；现有：新申报 2016年1月1日起"
    assert "a new title since 2016-01-01" in error.value.text.en
    assert "hte.2016" in str(error.value)  # what a command may be told
    with pytest.raises(NoEdition):
        edition_named("hte.1999")


def test_an_edition_by_name_and_purpose() -> None:
    assert edition_named("little_giant.2022", "review").id == "little_giant.2022.review"
    assert edition_named("little_giant.2022.review").purpose == "review"


def test_no_number_of_the_house_is_called_confirmed_before_a_person_confirmed_it() -> None:
    assert all("confirmed" not in edition.certainty for edition in editions())


def test_a_document_is_no_surer_than_the_day_it_takes_effect() -> None:
    """criteria.md 0.4: the text of document 63 is reposted, its first day is not; days that are still to be checked say so."""
    assert edition_named("srdi.2022").document.certainty == "general"
    assert edition_named("listed_chinext.2026").document.certainty == "uncertain"


def test_an_overlay_of_a_misshapen_edition_is_refused_not_a_crash(tmp_path: Path) -> None:
    write(tmp_path, PLAIN.replace("requires: [A, C]", "requires: [[A], C]"))
    found = faults(write(tmp_path, 'id: srdi.over\nbased_on: srdi.test\nregion: "430000"\n', "over.yaml"))
    assert any(fault.startswith("srdi/over.yaml: ") and "wrong shape" in fault for fault in found)
    assert any(fault.startswith("srdi/srdi.test.yaml: decision.requires[0]") for fault in found)


def test_a_region_that_no_province_has_is_refused(tmp_path: Path) -> None:
    assert any("division code" in fault for fault in faults(write(tmp_path, PLAIN + 'region: "990000"\n')))
