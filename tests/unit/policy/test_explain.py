"""The arithmetic and the gap, in words and in real units."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from crm.policy import CriterionResult, Edition, edition_for, edition_named, editions, evaluate
from tests.unit.policy.parks import FirmMaker

ON = date(2026, 6, 1)


def result(rung: str, criterion: str, facts: dict[str, Any]) -> CriterionResult:
    return evaluate(edition_for(rung, ON), facts, ON).criterion(criterion)


RD = {
    "2025": {"revenue": 4400, "rd": "253.8"},
    "2024": {"revenue": 5600, "rd": 200},
    "2023": {"revenue": 5000, "rd": 250},
}


def test_a_ratio_shows_its_figures_its_sum_and_its_gap() -> None:
    found = result("hte", "HT-05a", {"registered_on": "2015-01-01", "years": RD})
    assert found.gap is not None and found.arithmetic is not None
    assert (found.gap.amount, found.gap.unit) == (Fraction("46.2"), "万元")
    assert found.gap.text.en == "R&D expense 2023–2025: ¥462,000 short (0.31 percentage points)"
    assert found.arithmetic.zh == (
        "2023–2025 年研发费用合计 703.8 万元 ÷ 2023–2025 年营业收入合计 15,000 万元 = 4.692%，须不低于 5%"
    )
    assert ("years.2023.rd", 2023, 250) in [(f.path, f.year, f.value) for f in found.figures]
    assert found.value == Fraction("0.04692") and found.threshold == Fraction("0.05")


def test_a_gap_in_people_and_in_rights_is_whole() -> None:
    staff = result("hte", "HT-04", {"years": {"2025": {"employees": 105, "st_staff": 10}}})
    assert staff.gap is not None and (staff.gap.amount, staff.gap.unit) == (1, "人")
    rights = result("little_giant", "L26-4", {"ip": [], "awards": []})
    assert rights.gap is not None and (rights.gap.amount, rights.gap.unit) == (4, "件")
    assert rights.gap.text.zh.startswith("Ⅰ类知识产权还差 4 件")


def test_a_gap_that_cannot_be_counted_is_said_in_words() -> None:
    found = result("tech_sme", "TS-03", {"banned_products": True})
    assert found.gap is not None and found.gap.amount is None and "不得" in found.gap.text.zh


def test_nothing_is_missing_where_the_answer_is_known_anyway() -> None:
    found = result("srdi", "Z26-2a", {"years": {"2025": {"revenue": 1500}}})
    assert (found.verdict, found.missing) == ("met", ())
    assert result("srdi", "Z26-2a", {}).missing == ("years.2025.revenue", "equity")


def test_a_division_by_nothing_is_unknown_not_an_error() -> None:
    found = result("srdi", "Z26-2b", {"years": {"2025": {"revenue": 0, "main_revenue": 0}}})
    assert (found.verdict, found.value, found.gap) == ("unknown", None, None)


@pytest.mark.parametrize(("language", "title"), [("zh", "从事特定细分市场年限"), ("en", "Years in the niche market")])
def test_both_languages(language: str, title: str) -> None:
    assessment = evaluate(edition_for("srdi", ON), {}, ON)
    assert {c["id"]: c["title"] for c in assessment.as_json(language)["criteria"]}["Z26-1b"] == title


def test_every_clause_of_an_empty_firm_is_unknown_and_says_what_it_needs() -> None:
    for rung in ("tech_sme", "hte", "srdi", "little_giant", "listed_star"):
        for found in evaluate(edition_for(rung, ON), {}, ON).criteria:
            assert found.verdict == "unknown", found.id
            assert found.missing, found.id


def test_the_firm_worked_through_in_the_documentation() -> None:
    right = {"status": "valid", "acquired": "self", "core_product": True}
    facts = {
        "registered_on": "2019-04-12",
        "tech_field": 8,
        "incidents": [],
        "standards": [],
        "years": {
            "2023": {"revenue": 3000, "rd": 150, "rd_domestic": 150, "net_assets": 1200, "transfers": 4},
            "2024": {"revenue": 3600, "rd": 160, "rd_domestic": 160, "net_assets": 1400, "transfers": 4},
            "2025": {
                "revenue": 4400, "rd": "193.8", "rd_domestic": 190, "net_assets": 1700, "transfers": 5,
                "employees": 85, "st_staff": 14, "ht_revenue": 3200, "total_income": 4500,
            },
        },
        "ip": [{"kind": "invention", **right}, {"kind": "utility_model", **right}],
        "expert": {"ip_advancement": 6, "ip_core_support": 6, "ip_acquisition": 5},
    }  # fmt: skip
    assessment = evaluate(edition_for("hte", ON), facts, ON)
    assert assessment.score is not None
    assert (assessment.verdict, assessment.score.low, assessment.score.high) == ("not_met", 53, 81)
    short = assessment.criterion("HT-05a").gap
    assert short is not None and short.amount == Fraction("46.2")
    assert [r.id for r in assessment.criteria if r.verdict == "not_met" and r.role == "required"] == ["HT-05a"]
    assert [r.id for r in assessment.criteria if r.applies is False] == ["HT-05b", "HT-05c"]


@pytest.mark.parametrize("edition", [e for e in editions() if e.score and e.purpose == "new"], ids=lambda e: e.id)
def test_a_part_that_can_gain_nothing_has_no_gap(edition: Edition) -> None:
    on = edition.until or max(edition.since, ON)
    maker = FirmMaker(7, on, 0.05)
    full = 0
    for _ in range(60):
        for found in evaluate(edition, maker.firm(), on).criteria:
            if found.points is not None and found.points[0] == found.maximum:
                full += 1
                assert found.gap is None, found.id
    assert full


def test_the_lower_of_two_ratios_names_every_year_that_falls_short() -> None:
    """6 % of 5,000 are 300, of 4,000 are 240: the year that is furthest away first; a year that is unknown hides nothing."""
    edition = edition_named("little_giant.2022")
    years = {"2025": {"revenue": 5000, "rd": 200}, "2024": {"revenue": 4000, "rd": 120}}
    gap = evaluate(edition, {"years": years}, date(2026, 3, 1)).criterion("L22-4b").gap
    assert gap is not None and (gap.amount, gap.unit) == (120, "万元")
    assert gap.text.zh == (
        "2024 年研发费用还差 120 万元（比例差 3 个百分点）；2025 年研发费用还差 100 万元（比例差 2 个百分点）"
    )
    alone = evaluate(edition, {"years": {"2025": years["2025"]}}, date(2026, 3, 1)).criterion("L22-4b").gap
    assert alone is not None and (alone.amount, alone.unit) == (100, "万元")


def test_what_there_must_be_none_of_is_too_much_not_short() -> None:
    accident = {"kind": "safety", "severity": "major", "on": "2026-01-01"}
    found = result("hte", "HT-08", {"incidents": [accident]})
    assert found.gap is not None and (found.gap.amount, found.gap.unit) == (1, "项")
    assert found.gap.text.zh == "近 365 天重大安全、质量事故或严重环境违法超出 1 项"


@pytest.mark.parametrize(
    ("rung", "purpose", "criterion", "facts", "said"),
    [
        (
            "srdi",
            "review",
            "Z26-6",
            {"years": {"2024": {"quality_score": 62}, "2025": {"quality_score": 58}}},
            "= 62 分",
        ),
        (
            "listed_neeq",
            "new",
            "NQ-0c",
            {"share_capital": 500, "years": {"2025": {"net_assets": 600}}},
            "= 1.2 元/股，须不低于 1 元/股",
        ),
        (
            "listed_main",
            "new",
            "MB-1",
            {"years": {str(year): {"net_profit": 9000} for year in (2023, 2024, 2025)}},
            "最低值 = 9,000 万元，须高于 0 万元",
        ),
    ],
)
def test_the_arithmetic_counts_in_the_unit_that_is_asked(
    rung: str, purpose: str, criterion: str, facts: dict[str, Any], said: str
) -> None:
    found = evaluate(edition_for(rung, ON, purpose), facts, ON).criterion(criterion)
    assert found.arithmetic is not None and said in found.arithmetic.zh


def test_what_lies_on_a_way_that_is_closed_is_not_missing() -> None:
    """With a class I right nobody has to look at class II; with one route full, the other need not be known."""
    rights = [
        {"kind": "invention", "status": "valid", "acquired": "self", "core_product": True},
        {"kind": "software", "acquired": "self", "core_product": True},
    ]
    assert result("hte", "HT-I3", {"ip": rights}).missing == ("expert.ip_quantity",)
    total = result("tech_sme", "TS-05", {"ip": [], "years": {"2025": {"revenue": 100, "rd": 50}}})
    assert (total.verdict, total.missing) == ("unknown", ("years.2025.st_staff", "years.2025.employees"))


def test_constant_growth_needs_the_first_and_the_last_year_only() -> None:
    found = result("little_giant", "L26-2c", {"years": {"2023": {"revenue": 6000}, "2025": {"revenue": 6000}}})
    assert found.gap is not None and found.gap.amount == Fraction("615")
    assert found.arithmetic is not None and "未知" not in found.arithmetic.zh
