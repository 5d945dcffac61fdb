"""Notices: what the strict reader refuses, which one speaks, its windows, and whom it has visited."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm.policy import EditionError, Notice, load_notices, notice_for, site_checks
from crm.policy.language.source import read_yaml
from crm.policy.notices.notice import notice_among

FIRM = read_yaml(Path(__file__).parents[2] / "policies" / "firm.yaml")
PLAIN = """
id: srdi.notice.2030
rung: srdi
title: {zh: 2030 年通知, en: Notice 2030}
document: {number: 试〔2030〕2号, title: {zh: 通知, en: Notice}, certainty: general}
purposes: [new, review]
in_force: {from: 2030-01-01, to: 2030-12-31}
windows:
  - {title: {zh: 第一批, en: First batch}, from: 2030-03-01, to: 2030-03-31, certainty: general}
  - {title: {zh: 第二批, en: Second batch}, from: 2030-08-01, to: 2030-08-31, certainty: general}
  - {title: {zh: 公示, en: Publication}, who: authority, to: 2030-08-31, certainty: general}
site_checks:
  - {id: S1, title: {zh: 人少, en: Few people}, certainty: general, measure: {figure: employees, year: -1}, operator: "<=", value: 5, unit: 人}
papers:
  - {key: credit_report, title: {zh: 信用报告, en: Credit report}, certainty: general}
notes:
  - {id: N1, text: {zh: 抽查, en: Random checks}, certainty: general}
"""
REGIONAL = """
id: srdi.notice.hunan.2030
based_on: srdi.notice.2030
region: "430000"
document: {number: 湘〔2030〕3号, title: {zh: 湖南通知, en: Hunan notice}, certainty: uncertain}
windows:
  - {title: {zh: 湖南截止, en: Hunan deadline}, to: 2030-04-15, certainty: general}
site_checks:
  - {id: HN, title: {zh: 无专利, en: No rights}, certainty: general, measure: {count: ip}, operator: "=", value: 0, unit: 件}
"""


def write(directory: Path, text: str, name: str = "srdi.notice.2030.yaml", rung: str = "srdi") -> Path:
    (directory / rung / "notices").mkdir(parents=True, exist_ok=True)
    (directory / rung / "notices" / name).write_text(text, encoding="utf-8")
    return directory


def faults(directory: Path) -> list[str]:
    with pytest.raises(EditionError) as error:
        load_notices(directory)
    return [str(fault) for fault in error.value.faults]


def tsme(region: str | None = None) -> Notice:
    found = notice_for("tech_sme", date(2026, 6, 15), region=region)
    assert found is not None
    return found


def verdicts(**changes: Any) -> dict[str, str]:
    """The site checks of the 2026 notice for the firm of the policy cases, with some of its facts changed."""
    facts = {**deepcopy(FIRM), **changes}
    facts["years"] = {str(year): figures for year, figures in facts["years"].items()}
    return {check.id: check.verdict for check in site_checks(tsme(), facts, date(2026, 6, 15))}


@pytest.mark.parametrize(
    ("old", "new", "key", "cure"),
    [
        ("to: 2030-03-31", "to: 2030-02-28", "windows[0].to", "ends before it begins"),
        ("from: 2030-08-01", "from: 2030-03-31", "windows[1].from", "overlaps “First batch”"),
        ("to: 2030-08-31, c", "to: 2031-01-01, c", "windows[1].to", "lies outside 2030-01-01 to 2030-12-31"),
        ("who: authority", "who: province", "windows[2].who", "unknown actor 'province'"),
        ("from: 2030-03-01", "form: 2030-03-01", "windows[0].form", "did you mean from?"),
        ("to: 2030-12-31", "to: 2029-12-31", "in_force.to", "ends before it begins"),
        (", unit: 人", "", "site_checks[S1].unit", "is missing; add it"),
        ("figure: employees", "figure: employes", "site_checks[S1].measure.figure", "did you mean employees?"),
        (
            'measure: {figure: employees, year: -1}, operator: "<=", value: 5, unit: 人',
            "criterion: Z26-1b",
            "site_checks[S1]",
            "cannot read an edition's criteria",
        ),
        ("notes:\n", "notes:\n  - {id: N1, text: {zh: 甲, en: A}, certainty: general}\n", "notes[N1].id", "used twice"),
        ("key: credit_report", "kye: credit_report", "papers[0].key", "is missing; add it"),
        ("purposes: [new, review]", "purposes: [new, renewal]", "purposes[1]", "unknown purpose"),
        ("purposes: [new, review]", 'purposes: [new]\nregion: "43"', "region", "quoted division code"),
        ("certainty: general}\npurposes", "certainty: sure}\npurposes", "document.certainty", "unknown certainty"),
        ("rung: srdi", "rung: hte", "rung", "belongs in the directory hte/notices/"),
        ("title: {zh: 2030 年通知, en: Notice 2030}\n", "", "title", "is missing; add it"),
        ("windows:\n", "windos:\n", "windos", "did you mean windows?"),
    ],
)
def test_what_is_refused_names_file_key_and_cure(tmp_path: Path, old: str, new: str, key: str, cure: str) -> None:
    assert old in PLAIN
    found = faults(write(tmp_path, PLAIN.replace(old, new, 1)))
    assert any(fault.startswith(f"srdi/notices/srdi.notice.2030.yaml: {key}: ") and cure in fault for fault in found), (
        found
    )


def test_all_faults_of_all_files_in_one_run(tmp_path: Path) -> None:
    write(tmp_path, PLAIN.replace(", unit: 人", "").replace("who: authority", "who: nobody"))
    found = faults(
        write(tmp_path, PLAIN.replace("id: srdi", "id: other").replace("certainty: general}\n", "}\n"), "b.yaml")
    )
    assert len([fault for fault in found if "2030.yaml: " in fault]) == 2
    assert any(fault.startswith("srdi/notices/b.yaml: ") for fault in found)


def test_two_notices_at_once(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    later = PLAIN.replace("id: srdi.notice.2030", "id: srdi.again").replace(
        "purposes: [new, review]", "purposes: [new]"
    )
    (fault,) = faults(write(tmp_path, later, "srdi.again.yaml"))
    assert "speaks at the same time as srdi." in fault
    write(tmp_path, later.replace("purposes: [new]", "purposes: [annual]"), "srdi.again.yaml")
    assert len(load_notices(tmp_path)) == 2


def test_a_region_takes_over_what_it_does_not_change(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    known = load_notices(write(tmp_path, REGIONAL, "srdi.notice.hunan.2030.yaml"))
    on = date(2030, 4, 1)
    assert [
        n and n.id for n in (notice_among(known, "srdi", on), notice_among(known, "srdi", on, region="320500"))
    ] == [
        "srdi.notice.2030",
        "srdi.notice.2030",
    ]
    hunan = notice_among(known, "srdi", on, "review", "430100")
    assert hunan is not None and hunan.id == "srdi.notice.hunan.2030"
    assert [window.title.zh for window in hunan.windows] == ["湖南截止"]
    assert [check.id for check in hunan.site_checks] == ["S1", "HN"]
    assert [paper.key for paper in hunan.papers] == ["credit_report"] and [note.id for note in hunan.notes] == ["N1"]
    base = notice_among(known, "srdi", on)
    assert base is not None
    assert hunan.site_checks[0].fingerprint == base.site_checks[0].fingerprint  # said by the same document
    assert notice_among(known, "srdi", date(2031, 1, 1), region="430100") is None
    assert notice_among(known, "srdi", on, "annual") is None
    broken = REGIONAL.replace("based_on: srdi.notice.2030", "based_on: srdi.notice.2029")
    assert any("based_on: " in fault for fault in faults(write(tmp_path, broken, "srdi.notice.hunan.2030.yaml")))


@pytest.mark.parametrize(
    ("on", "title", "state", "days"),
    [
        (date(2030, 2, 28), "第一批", "ahead", 1),
        (date(2030, 3, 1), "第一批", "open", 30),
        (date(2030, 3, 31), "第一批", "open", 0),
        (date(2030, 4, 1), "第二批", "ahead", 122),
        (date(2030, 8, 31), "第二批", "open", 0),
        (date(2030, 9, 1), "第二批", "closed", -1),
    ],
)
def test_the_window_on_a_date(tmp_path: Path, on: date, title: str, state: str, days: int) -> None:
    (notice,) = load_notices(write(tmp_path, PLAIN))
    window = notice.window(on)
    assert window is not None
    assert (window.title.zh, window.state(on), window.days(on)) == (title, state, days)


def test_a_window_whose_first_day_was_not_announced_is_neither_open_nor_ahead() -> None:
    beijing = notice_for("hte", date(2026, 5, 16), region="110108")
    assert beijing is not None
    window = beijing.window(date(2026, 5, 16))
    assert window is not None
    assert (window.title.zh, window.state(date(2026, 5, 16)), window.days(date(2026, 5, 16))) == ("第二批", "due", 62)
    assert window.state(date(2026, 7, 18)) == "closed"


def test_the_notices_of_2026() -> None:
    windows = [(w.since, w.until, w.who) for w in tsme().windows]
    assert windows == [(date(2026, 6, 1), date(2026, 8, 31), "firm")]
    guangdong = [(w.until, w.who) for w in tsme("440300").windows]
    assert guangdong[-1] == (date(2026, 10, 15), "authority")
    assert [until for until, who in guangdong if who == "firm"] == [
        date(2026, m, d) for m, d in ((6, 30), (7, 31), (8, 31))
    ]
    giants = notice_for("little_giant", date(2026, 5, 1), "review")
    assert giants is not None
    assert [(w.since, w.until) for w in giants.windows] == [
        (date(2026, 4, 25), date(2026, 5, 25)),
        (None, date(2026, 6, 30)),
    ]
    zhejiang = notice_for("hte", date(2026, 6, 26), region="330108")
    assert zhejiang is not None and zhejiang.windows[-1].until == date(2026, 8, 31)
    assert notice_for("hte", date(2026, 6, 25), region="330108") is None
    assert notice_for("hte", date(2026, 6, 26)) is None
    assert notice_for("tech_sme", date(2027, 1, 1)) is None


def test_no_trigger_for_an_ordinary_firm() -> None:
    held = [{"rung": "tech_sme", "from": "2025-07-01", "to": "2025-12-31"}]
    assert set(verdicts(credentials=held).values()) == {"not_met"}


@pytest.mark.parametrize(("employees", "expected"), [(5, "met"), (6, "not_met"), (None, "unknown")])
def test_five_employees_or_fewer(employees: int | None, expected: str) -> None:
    assert verdicts(years={"2025": {"employees": employees, "rd": 60}})["TS-V6a"] == expected


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([], "met"),
        ([{"kind": "software", "status": "lapsed"}], "met"),
        ([{"kind": "software", "status": "valid"}], "not_met"),
        ([{"kind": "software"}], "unknown"),
        (None, "unknown"),
    ],
)
def test_no_intellectual_property(rights: list[dict[str, Any]] | None, expected: str) -> None:
    assert verdicts(ip=rights)["TS-V6b"] == expected


@pytest.mark.parametrize(("rd", "expected"), [("9.99", "met"), (10, "not_met"), (None, "unknown")])
def test_little_research(rd: object, expected: str) -> None:
    assert verdicts(years={"2025": {"employees": 20, "rd": rd}})["TS-V6c"] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dishonest_list": True, "incidents": None, "credentials": None}, "met"),
        ({"incidents": [{"kind": "integrity", "on": "2023-01-01"}]}, "met"),
        ({"incidents": [{"kind": "integrity", "on": "2022-12-31"}]}, "not_met"),
        ({"incidents": None}, "unknown"),
        ({"credentials": [{"rung": "tech_sme", "from": "2023-06-01", "revoked_on": "2023-11-01"}]}, "met"),
        ({"credentials": [{"rung": "tech_sme", "from": "2022-06-01", "revoked_on": "2022-11-01"}]}, "not_met"),
        ({"credentials": [{"rung": "hte", "from": "2023-06-01", "revoked_on": "2023-11-01"}]}, "not_met"),
        ({"dishonest_list": None}, "unknown"),
    ],
)
def test_dishonesty_or_a_withdrawn_number(changes: dict[str, Any], expected: str) -> None:
    assert verdicts(**changes)["TS-V6d"] == expected


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ([], "met"),
        ([{"rung": "hte", "from": "2024-01-01"}], "met"),
        ([{"rung": "tech_sme", "from": "2026-06-10"}], "met"),  # this year's own
        ([{"rung": "tech_sme", "from": "2025-12-31"}], "not_met"),
        (None, "unknown"),
    ],
)
def test_the_first_evaluation(titles: list[dict[str, Any]] | None, expected: str) -> None:
    assert verdicts(credentials=titles)["TS-V6e"] == expected


def test_what_a_check_rests_on() -> None:
    facts = {"years": {"2025": {"rd": 8}}}
    checks = {check.id: check for check in site_checks(tsme(), facts, date(2026, 6, 15))}
    assert str(checks["TS-V6c"].arithmetic) == "2025 年研发费用 8 万元，须低于 10 万元"
    assert checks["TS-V6a"].missing == ("years.2025.employees",)
    assert checks["TS-V6c"].certainty == "secondary"


def test_nothing_of_the_notices_is_called_confirmed_before_a_person_confirmed_it() -> None:
    for notice in load_notices():
        parts: list[Any] = [notice.document, *notice.windows, *notice.site_checks, *notice.papers, *notice.notes]
        assert "confirmed" not in {part.certainty for part in parts}
