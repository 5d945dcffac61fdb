"""Straight lines, completion, standing, shares and points: exact, and three-valued."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction as F

import pytest

from crm.insight.performance.scoring import Points, Rule, Value, judge
from crm.insight.targets.derived import Known, derived, work_out
from crm.insight.targets.progress import Actual, Standing, completion, standing, straight, yearly_growth
from crm.insight.targets.split import equally, shared
from crm.insight.targets.units import UNITS, from_base, kept, to_base
from crm.insight.targets.words import UNIT_WORDS

TODAY = date(2024, 7, 1)  # the 183rd day of 366


def test_a_straight_line_lies_between_known_years_only() -> None:
    points = {2015: F(81), 2020: F(312), 2025: F(600)}
    assert straight(points, 2018) == 81 + F(231 * 3, 5)
    assert straight(points, 2023) == F("484.8")
    assert straight(points, 2014) is None
    assert straight(points, 2026) is None
    assert straight({2025: F(12)}, 2023) is None


def test_completion_of_what_is_to_grow_and_of_what_is_to_shrink() -> None:
    assert completion(F(312), F(600)) == F(13, 25)
    assert completion(F(4), F(2), downward=True) == F(1, 2)
    assert completion(F(0), F(2), downward=True) == 1
    assert completion(None, F(600)) is None
    assert completion(F(3), None) is None
    assert completion(F(3), F(0)) is None


def stands(value: F | None, target: F | None, *, at_least: bool = False, **more: object) -> Standing:
    given: dict[str, object] = {"year": 2024, "today": TODAY, "before": F(100), **more}
    return standing(Actual(value, at_least), target, **given)  # type: ignore[arg-type]


def test_what_is_not_known_is_neither_reached_nor_missed() -> None:
    assert stands(None, F(200)) is Standing.UNKNOWN
    assert stands(F(150), None) is Standing.NO_TARGET
    # A sum with figures missing that is already enough is enough; one that is not yet says nothing.
    assert stands(F(200), F(200), at_least=True, year=2023) is Standing.MET
    assert stands(F(199), F(200), at_least=True, year=2023) is Standing.UNKNOWN
    assert stands(F(199), F(200), year=2023) is Standing.MISSED
    # Of what is to shrink, missing figures hide more.
    assert stands(F(1), F(2), at_least=True, downward=True) is Standing.UNKNOWN


def test_within_the_year_it_is_measured_against_the_day() -> None:
    # Half of the way from 100 to 200: the 183rd day of 366.
    assert stands(F(150), F(200)) is Standing.ON_TRACK
    assert stands(F(149), F(200)) is Standing.BEHIND
    assert stands(F(149), F(200), before=None) is Standing.PENDING
    assert stands(F(149), F(200), year=2025) is Standing.PENDING
    assert stands(F(5), F(0), downward=True, before=F(10)) is Standing.ON_TRACK
    assert stands(F(6), F(0), downward=True, before=F(10)) is Standing.BEHIND


def test_average_growth() -> None:
    assert yearly_growth(F(121), F(100), 2) == F(1, 10)
    assert yearly_growth(F(0), F(100), 1) == -1
    assert yearly_growth(F(5), F(0), 2) is None


@pytest.mark.parametrize(("whole", "weights", "places", "parts"), [
    (F(288), [1, 1, 1], 0, [96, 96, 96]),
    (F(20), [1, 1, 1], 0, [7, 7, 6]),
    (F(20), [4, 5, 7], 0, [5, 6, 9]),
    (F("34.94"), [1, 1, 1], 2, [F("11.65"), F("11.65"), F("11.64")]),
    (F("484.8"), [1, 1], 0, [F("242.8"), F(242)]),
    (F(5), [0, 3], 0, [0, 5]),
])  # fmt: skip
def test_parts_add_up_to_the_whole(whole: F, weights: list[int], places: int, parts: list[F]) -> None:
    found = shared(whole, [F(weight) for weight in weights], places)
    assert sum(found) == whole
    assert found == parts


def test_nothing_to_share_by_is_said() -> None:
    with pytest.raises(ValueError, match="nothing"):
        shared(F(5), [F(0), F(0)], 0)
    assert equally(F(2), 3, 0) == [1, 1, 0]


def test_units_turn_exactly() -> None:
    assert to_base(Decimal("34.94"), "亿元") == 3_494_000_000
    assert from_base(F(3_494_000_000), "亿元") == F("34.94")
    assert from_base(F(1308, 3_800_000), "件/万人") == F(1308, 380)
    assert from_base(F(1, 40), "%") == F("2.5")
    assert kept(F(1, 3)) == Decimal("0.333333")
    assert not UNITS["%"].additive
    assert UNITS["亿元"].additive


def test_a_share_of_a_lower_bound_is_one_and_by_a_lower_bound_is_unknown() -> None:
    share = derived("share:rd/gdp")
    assert share is not None

    def of(rd: Known, gdp: Known) -> Known:
        known = {"rd": rd, "gdp": gdp}
        return work_out(share, 2025, lambda key, _year: known[key], 2021)[0]

    assert of(Known(F(2)), Known(F(100))) == Known(F(1, 50))
    assert of(Known(F(2), True), Known(F(100))) == Known(F(1, 50), True)
    assert of(Known(F(2)), Known(F(100), True)).value is None
    assert of(Known(F(2)), Known(None)).value is None


def test_sums_over_the_years_of_a_plan_tell_of_missing_years() -> None:
    cumulated = derived("cumulated:contract_amount")
    assert cumulated is not None
    years = {2021: Known(F(5)), 2022: Known(F(6)), 2023: Known(None)}
    assert work_out(cumulated, 2022, lambda _key, year: years[year], 2021)[0] == Known(F(11), False)
    assert work_out(cumulated, 2023, lambda _key, year: years[year], 2021)[0] == Known(F(11), True)


def test_keys_that_mean_nothing() -> None:
    for key in ("share:a", "growth:", "growth:a/b", "nothing:a", "held.hte"):
        assert derived(key) is None


# --- parks -----------------------------------------------------------------------------------------------------------


RULES = [Rule("platforms", "platform", F(60)), Rule("incidents", "image", F(40), downward=True)]


def test_the_best_value_earns_all_points_and_reasons_are_against_the_average() -> None:
    first, second = judge(
        RULES,
        {
            1: {"platforms": Value(F(10)), "incidents": Value(F(2))},
            2: {"platforms": Value(F(4)), "incidents": Value(F(1))},
        },
    )
    # 60 + 20 and 24 + 40.
    assert (first.park, first.total) == (1, Points(F(80), F(80)))
    assert (second.park, second.total) == (2, Points(F(64), F(64)))
    assert [each.difference for each in first.reasons] == [F(18), F(-10)]
    assert (first.first, first.last, second.first) == (1, 1, 2)


def test_what_nobody_knows_is_a_range_and_so_is_the_rank() -> None:
    found = judge(
        RULES,
        {
            1: {"platforms": Value(F(10)), "incidents": Value(None)},
            2: {"platforms": Value(F(9)), "incidents": Value(F(0))},
            3: {"platforms": Value(F(1)), "incidents": Value(F(0))},
        },
    )
    by_park = {each.park: each for each in found}
    assert by_park[1].total == Points(F(60), F(100))
    assert by_park[2].total == Points(F(94), F(94))
    assert (by_park[1].first, by_park[1].last) == (1, 2)
    assert (by_park[2].first, by_park[2].last) == (1, 2)
    assert (by_park[3].first, by_park[3].last) == (3, 3)
    assert by_park[1].reasons[1].difference is None


def test_a_value_set_as_full_caps_the_points() -> None:
    rule = Rule("share", "platform", F(10), full_at=F(3, 10))
    found = {
        each.park: each.total.low
        for each in judge([rule], {1: {"share": Value(F(1, 2))}, 2: {"share": Value(F(3, 20))}})
    }
    assert found == {1: F(10), 2: F(5)}


def test_every_unit_has_a_word_for_the_reader() -> None:
    assert UNIT_WORDS.keys() == UNITS.keys()
