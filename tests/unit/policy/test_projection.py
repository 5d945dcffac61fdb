"""Next year's figures from the firm's own trend, and which clauses they would turn."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.policy import Facts, edition_for, edition_named, editions
from crm.policy.foresight.projection import PARTS, Forecast, Projection, forecast, next_year, project
from crm.policy.language.source import read_yaml
from crm.policy.vocabulary import FIGURES, Shape
from tests.unit.policy.parks import FirmMaker

ON = date(2026, 6, 1)
FIRM = read_yaml(Path(__file__).parents[2] / "policies" / "firm.yaml")


def years(name: str, values: dict[int, Any]) -> dict[str, Any]:
    return {"years": {str(year): {name: value} for year, value in values.items()}}


def value(name: str, values: dict[int, Any]) -> Fraction | None:
    return project(years(name, values), ON).facts.years[2026].get(name)


def test_the_line_through_three_years_goes_on() -> None:
    """Mean 3,666.67 in 2024, 700 more a year: 3,666.67 + 2 × 700."""
    found = project(years("revenue", {2023: 3000, 2024: 3600, 2025: 4400}), ON)
    (revenue,) = found.figures
    assert (revenue.path, revenue.value, revenue.unit) == ("years.2026.revenue", Fraction("5066.67"), "万元")
    assert revenue.basis == ((2023, 3000), (2024, 3600), (2025, 4400))
    assert revenue.arithmetic.zh == (
        "营业收入 2023 / 2024 / 2025 年为 3,000 / 3,600 / 4,400 万元，均值 3,666.67 万元，趋势每年 700 万元，"
        "2026 年推算 5,066.67 万元，取 5,066.67 万元"
    )
    assert (found.then, found.missing) == (date(2027, 6, 1), ())


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("rd", {2024: 100, 2025: 80}, 60),
        ("rd", {2022: 10, 2024: 20, 2025: 24}, 29),  # a gap: 18 + 22 ÷ (42 ÷ 9) × 7 ÷ 3
        ("rd", {2020: 999, 2021: 999, 2022: 10, 2023: 20, 2024: 30, 2025: 40}, 50),  # four years, no more
        ("rd", {2024: 30, 2025: 10}, 0),  # −10 cannot be
        ("net_profit", {2024: 100, 2025: -50}, -200),  # a loss can
        ("employees", {2023: 10, 2024: 11, 2025: 13}, 14),  # 14.33
        ("employees", {2024: 10, 2025: "10.5"}, 11),  # 11 exactly
        ("roe", {2024: "0.08", 2025: "0.1001"}, Fraction("0.1202")),
        ("rd", {2025: 40}, None),
        ("rd", {2021: 30, 2025: 40}, None),  # 2021 is too long ago
        ("quality_score", {2024: 60, 2025: 62}, None),  # nobody may compute it
    ],
)
def test_a_figure_a_year_on(name: str, values: dict[int, Any], expected: Any) -> None:
    values = {year: float(known) if name == "employees" else known for year, known in values.items()}
    assert value(name, values) == expected


def test_what_cannot_be_projected_is_named_and_stays_unknown() -> None:
    found = project({"registered_on": "2025-02-01", **years("rd", {2025: 40})}, ON)
    assert (found.missing, found.figures) == (("years.2026.rd",), ())


def test_a_part_is_not_larger_than_its_whole() -> None:
    document = {
        "years": {"2024": {"revenue": 1000, "main_revenue": 900}, "2025": {"revenue": 1000, "main_revenue": 990}}
    }
    found = project(document, ON)
    assert found.facts.years[2026] == {"revenue": 1000, "main_revenue": 1000}
    assert found.figures[1].arithmetic.zh.endswith("2026 年推算 1,080 万元，取 1,000 万元，不超过营业收入")


def test_a_figure_of_the_year_itself_is_kept() -> None:
    document = years("rd", {2024: 100, 2025: 80, 2026: 75})
    assert project(document, ON).facts.years[2026]["rd"] == 75


def test_the_facts_given_are_not_touched() -> None:
    facts = Facts.from_document({**FIRM, "years": {str(year): known for year, known in FIRM["years"].items()}})
    before = repr(facts)
    forecast(edition_for("hte", ON), edition_for("hte", ON), facts, ON)
    assert repr(facts) == before


@given(first=st.integers(0, 10**6), slope=st.integers(-1000, 1000))
def test_a_straight_line_is_continued_exactly(first: int, slope: int) -> None:
    values = {2022 + n: Fraction(first + n * slope) for n in range(4)}
    expected = first + 4 * slope
    assert value("net_assets", values) == expected
    if min(values.values()) >= 0:
        assert value("rd", values) == max(expected, 0)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_projected_year_could_be_a_real_one(seed: int) -> None:
    """Nothing below zero that cannot be, no part above its whole, whole people; what was known is still known."""
    facts = Facts.from_document(FirmMaker(seed, ON, 0.2).firm())
    later = project(facts, ON).facts
    figures = later.years[2026]
    assert facts.years.get(2026, {}).items() <= figures.items()
    for found in project(facts, ON).figures:
        name = found.path.rpartition(".")[2]
        assert found.value >= 0 or FIGURES[name].shape in (Shape.SIGNED, Shape.RATE)
        assert found.unit != "人" or found.value.denominator == 1
        assert 2 <= len(found.basis) <= 4 and found.value <= figures.get(PARTS.get(name, name), found.value)


# dates


def lapses(found: Projection) -> list[tuple[str, str]]:
    return [(lapse.path, lapse.on.isoformat()) for lapse in found.lapses]


def test_titles_and_rights_end_by_their_dates() -> None:
    document = {
        "niche_years": 2,
        "credentials": [
            {"rung": "hte", "from": "2023-12-08", "to": "2026-12-07"},
            {"rung": "srdi", "from": "2024-07-01", "to": "2027-06-30"},
        ],
        "ip": [
            {"kind": "invention", "filed_on": "2007-03-01", "status": "valid", "name": "泵"},
            {"kind": "utility_model", "filed_on": "2017-07-01", "status": "valid"},
            {"kind": "design", "filed_on": "2017-01-10", "status": "valid"},
            {"kind": "design", "filed_on": "2022-01-10", "status": "valid"},
            {"kind": "invention", "status": "valid"},
        ],
    }
    found = project(document, ON)
    assert lapses(found) == [("credentials[0]", "2026-12-08"), ("ip[0]", "2027-03-02"), ("ip[2]", "2027-01-11")]
    assert found.lapses[0].text.zh == "高新技术企业有效期至 2026-12-07"
    assert found.lapses[1].text.zh == "知识产权 泵保护期于 2027-03-01 届满"
    assert [entry["status"] for entry in found.facts.lists["ip"]] == ["lapsed", "valid", "lapsed", "valid", "valid"]
    assert found.facts.profile["niche_years"] == 3


def test_the_year_after_a_leap_day() -> None:
    assert next_year(date(2028, 2, 29)) == date(2029, 2, 28)


# what an edition says


def of(rung: str, document: dict[str, Any]) -> Forecast:
    edition = edition_for(rung, ON)
    return forecast(edition, edition, document, ON)


def ids(shifts: Any) -> set[str]:
    return {shift.now.id for shift in shifts}


def test_a_share_of_staff_that_falls_below_its_line_next_year() -> None:
    """10 of 100 is the line; 120 people of whom 10 are S&T staff are 8.33 %."""
    document = {
        "years": {"2024": {"employees": 80, "st_staff": 10}, "2025": {"employees": 100, "st_staff": 10}},
        "registered_on": "2015-01-01",
    }
    found = of("hte", document)
    (failing,) = found.failing
    assert (failing.now.id, failing.now.verdict, failing.then.verdict) == ("HT-04", "met", "not_met")
    assert [figure.path for figure in failing.figures] == ["years.2026.employees", "years.2026.st_staff"]
    assert failing.text.zh == (
        "今天：满足；2027-06-01（推算）：不满足。2026 年科技人员 10 人 ÷ 2026 年职工总数 120 人 = 8.3333%，须不低于 10%"
    )
    assert failing.text.en.startswith("Today: met; 2027-06-01 (projected): not met")
    assert found.today_then is found.today and found.next_year.on == date(2027, 6, 1)


def test_the_next_revenue_band_applies_where_the_trend_crosses_it() -> None:
    """Revenue 5,066.67 next year: 4 % is asked then, and 565.53 ÷ 13,066.67 = 4.33 % meets it."""
    document = {
        "years": {
            "2023": {"revenue": 3000, "rd": 150},
            "2024": {"revenue": 3600, "rd": 160},
            "2025": {"revenue": 4400, "rd": "193.8"},
        }
    }
    (gained,) = of("hte", document).gained
    assert gained.now.id == "HT-05a" and gained.then.applies is False and "不适用" in gained.text.zh


def test_a_title_that_lapses_and_a_figure_nobody_can_project() -> None:
    document = {
        **FIRM,
        "years": {str(year): known for year, known in FIRM["years"].items()},
        "credentials": [{"rung": "srdi", "from": "2023-07-01", "to": "2026-06-30"}],
    }
    found = of("little_giant", document)
    assert found.failing == () and ids(found.lapsing) == {"L26-1a"}
    assert [lapse.path for lapse in found.lapsing[0].lapses] == ["credentials[0]"]
    assert found.next_year.criterion("L26-1a").verdict == "met"
    assert found.unrenewed.criterion("L26-1a").verdict == "not_met"
    assert ids(found.doubtful) == {"L26-7"}  # the score of 2025 is not the latest any more
    assert found.doubtful[0].then.missing == ("years.2026.quality_score",)


def test_a_title_that_goes_on_changes_nothing_by_its_term() -> None:
    found = of("little_giant", {"credentials": [{"rung": "srdi", "from": "2025-07-01", "to": "2028-06-30"}]})
    assert found.lapsing == () and found.unrenewed is found.next_year


def test_what_falls_out_of_the_last_years() -> None:
    """近两年: from 1 January 2024 today, from 1 January 2025 next year. 近三年 of incidents: 2023 is out then."""
    document = {
        "registered_on": "2015-01-01",
        "equity": [{"on": "2024-05-01", "amount": 2500, "qualified": True}],
        "incidents": [{"kind": "safety", "severity": "major", "on": "2023-09-01"}],
        "years": {"2024": {"revenue": 900}, "2025": {"revenue": 900}},
    }
    found = of("srdi", document)
    assert ids(found.failing) == {"Z26-2a"} and ids(found.gained) == {"Z26-incidents"}


def test_points_that_change_are_listed_apart() -> None:
    """60 and 54 make 48 next year: 5.4 % and 40 points today, 4.8 % and 30 points then."""
    document = {"years": {"2024": {"revenue": 1000, "rd": 60}, "2025": {"revenue": 1000, "rd": 54}}}
    (points,) = of("tech_sme", document).points
    assert (points.now.id, points.now.points, points.then.points) == ("TS-a", (40, 40), (30, 30))
    assert points.text.zh.startswith("今天：40 分；2027-06-01（推算）：30 分。2026 年研发费用 48 万元 ÷")


def test_under_another_edition_next_year_only_the_firm_makes_the_difference() -> None:
    """On 1 June 2025 63号 is in force, a year on 2号: the clauses compared are those of 2号, today and then."""
    on = date(2025, 6, 1)
    document = {**FIRM, "years": {str(year): known for year, known in FIRM["years"].items()}}
    found = forecast(edition_named("srdi.2022"), edition_named("srdi.2026"), document, on)
    assert found.today.edition.id == "srdi.2022"
    assert (found.today_then.edition.id, found.next_year.edition.id) == ("srdi.2026", "srdi.2026")
    assert (found.today_then.on, found.next_year.on) == (on, date(2026, 6, 1))
    assert ids(found.failing) <= {criterion.id for criterion in edition_named("srdi.2026").criteria}


def test_every_edition_can_be_forecast_with_gaps() -> None:
    for edition in editions():
        assert forecast(edition, edition, {"registered_on": "2020-01-01"}, ON).failing == ()
