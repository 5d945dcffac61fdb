"""In which revenue band a firm is, and what the step into the next one would mean."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.policy import Edition, Facts, edition_for, edition_named, editions, evaluate
from crm.policy.foresight.bands import Bands, Crossing, bands
from tests.unit.policy.parks import FirmMaker

ON = date(2026, 6, 1)


def facts(*years: tuple[int, Any, Any], **other: Any) -> dict[str, Any]:
    return {
        "registered_on": "2015-01-01",
        "years": {str(year): {"revenue": revenue, "rd": rd} for year, revenue, rd in years},
        **other,
    }


def of(name: str, document: dict[str, Any]) -> Bands:
    found = bands(edition_named(name), document, ON)
    assert found is not None
    return found


WORKED = facts((2023, 3000, 150), (2024, 3600, 160), (2025, 4400, "193.8"))


def test_the_worked_firm_would_meet_the_next_band_with_todays_rd() -> None:
    """(150 + 160 + 193.8) ÷ (3,000 + 3,600 + 5,000.01) = 4.34 %, and 4 % is asked above 5,000 万元."""
    found = of("hte.2016", WORKED)
    assert [(band.low, band.high, band.here) for band in found.bands] == [
        (None, 5000, True),
        (5000, 20000, False),
        (20000, None, False),
    ]
    assert [[each.id for each in band.criteria] for band in found.bands] == [["HT-05a"], ["HT-05b"], ["HT-05c"]]
    assert (found.path, found.value, found.unit) == ("years.2025.revenue", 4400, "万元")
    assert found.text.zh == "2025 年营业收入 4,400 万元，适用不超过 5,000 万元的一档"
    (up,) = found.crossings
    assert (up.up, up.at, up.distance) == (True, Fraction("5000.01"), Fraction("600.01"))
    assert (up.verdict, up.rd_more) == ("met", 0)
    assert up.text.zh == (
        "2025 年营业收入再增加 600.01 万元（到 5,000.01 万元）就进入高于 5,000 万元、不超过 20,000 万元的一档。按今天的其他数字，"
        "HT-05b：2023–2025 年研发费用合计 503.8 万元 ÷ 2023–2025 年营业收入合计 11,600.01 万元 = 4.3431%，须不低于 4%：满足"
    )


def test_a_firm_in_the_middle_can_cross_both_ways() -> None:
    """At 5,000 the sum of revenue is 15,000 and 5 % of it 750; at 20,000.01 it is 30,000.01, 3 % of it 900.0003."""
    found = of("hte.2016", facts((2023, 5000, 200), (2024, 5000, 200), (2025, 8000, 320)))
    up, down = found.crossings
    assert (up.at, up.distance, up.verdict, up.rd_more) == (
        Fraction("20000.01"),
        Fraction("12000.01"),
        "not_met",
        Fraction("180.01"),
    )
    assert up.criteria[0].gap is not None and up.criteria[0].gap.amount == Fraction("180.0003")
    assert (down.up, down.at, down.distance, down.verdict, down.rd_more) == (False, 5000, 3000, "not_met", 30)
    assert "减少 3,000 万元" in down.text.zh and "再增加 30 万元即满足" in down.text.zh


def test_an_end_that_belongs_to_the_upper_band_is_the_crossing_itself() -> None:
    """63号: below 5,000 equity and staff are asked, from 5,000 on 6 % in each of two years: 6 % of 5,000 is 300."""
    enough_before = of("little_giant.2022", facts((2024, 4000, 240), (2025, 4500, 200)))
    assert [band.range.zh for band in enough_before.bands] == [
        "低于 5,000 万元", "不低于 5,000 万元、低于 10,000 万元", "不低于 10,000 万元",
    ]  # fmt: skip
    (up,) = enough_before.crossings
    assert (up.at, up.distance, up.verdict, up.rd_more) == (5000, 500, "not_met", 100)


def test_a_year_that_is_past_cannot_be_made_up_for() -> None:
    """3.9 % in 2024: whatever is spent in 2025, the lower of the two ratios stays below 6 %."""
    (up,) = of("little_giant.2022", facts((2024, 4100, 160), (2025, 4500, 200))).crossings
    assert up.rd_more is None and "达不到" in up.text.zh


@pytest.mark.parametrize("revenue", [5000, Fraction("5000.01"), 20000, Fraction("20000.01")])
def test_the_band_at_its_ends(revenue: Fraction) -> None:
    found = of("hte.2016", facts((2025, revenue, 100)))
    assert [band.here for band in found.bands] == [revenue <= 5000, 5000 < revenue <= 20000, revenue > 20000]


def test_with_the_revenue_unknown_so_is_the_band() -> None:
    found = of("hte.2016", {"registered_on": "2015-01-01"})
    assert {band.here for band in found.bands} == {None} and found.crossings == ()
    assert found.text.en == "Revenue 2025 is unknown, so is the band"


def test_editions_without_bands_have_none() -> None:
    assert bands(edition_for("tech_sme", ON), {}, ON) is None
    with_bands = {each.id.split(".")[0] for each in editions() if bands(each, {}, ON)}
    assert with_bands == {"hte", "little_giant"}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["hte.2016", "hte.2008", "little_giant.2022"]))
def test_the_rd_named_at_a_crossing_is_enough_and_a_cent_less_is_not(seed: int, name: str) -> None:
    edition = edition_named(name)
    firm = Facts.from_document(FirmMaker(seed, ON, 0.02).firm())
    found = bands(edition, firm, ON)
    for crossing in found.crossings if found else ():
        assert crosses(edition, firm, crossing, Fraction(0)) == (crossing.verdict == "met") == (crossing.rd_more == 0)
        if crossing.rd_more:
            assert crosses(edition, firm, crossing, crossing.rd_more)
            assert not crosses(edition, firm, crossing, crossing.rd_more - Fraction(1, 100))
        assert crossing.rd_more is not None or not crosses(edition, firm, crossing, Fraction(10**6))


def crosses(edition: Edition, firm: Facts, crossing: Crossing, more: Fraction) -> bool:
    """Whether the band's clauses, all of which apply there, are met with so much more R&D."""
    figures = {**firm.years[2025], "revenue": crossing.at}
    figures |= {key: figures[key] + more for key in ("rd", "rd_domestic") if key in figures}
    there = evaluate(edition, Facts(firm.profile, {**firm.years, 2025: figures}, firm.lists), ON)
    results = [there.criterion(each.id) for each in crossing.criteria]
    assert {result.applies for result in results} == {True}
    return all(result.verdict == "met" for result in results)
