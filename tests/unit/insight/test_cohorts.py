"""Conversion by year of entry against cases worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from crm.insight.cohorts import Entry, cohorts, kaplan_meier, median_days, members, risen_share

ON = date(2026, 6, 30)


def entry(firm_id: int, entered: date, rose: date | None = None, held: bool = True) -> Entry:
    return Entry(firm_id, entered, rose, held)


def test_everyone_rose_and_the_median_is_the_middle_one() -> None:
    curve = kaplan_meier([(10, True), (20, True), (30, True)])
    assert curve == [(0, Fraction(1)), (10, Fraction(2, 3)), (20, Fraction(1, 3)), (30, Fraction(0))]
    assert median_days(curve) == 20


def test_those_under_way_count_until_they_were_last_seen() -> None:
    # At risk: 5 at day 6, 4 at day 6+, …; by hand: 1 − 1/5 = 4/5, then of the 3 left at day 10: 4/5 · 2/3 = 8/15.
    curve = kaplan_meier([(6, True), (8, False), (10, True), (12, False), (15, False)])
    assert [share for _day, share in curve] == [
        Fraction(1), Fraction(4, 5), Fraction(4, 5), Fraction(8, 15), Fraction(8, 15), Fraction(8, 15)
    ]  # fmt: skip
    assert median_days(curve) is None


def test_rises_come_before_those_last_seen_on_the_same_day() -> None:
    # Two rise and one is last seen on day 5, all three of four at risk: 1 − 2/4, and the last one remains.
    curve = kaplan_meier([(5, True), (5, False), (5, True), (9, False)])
    assert curve == [(0, Fraction(1)), (5, Fraction(1, 2)), (9, Fraction(1, 2))]
    assert median_days(curve) == 5


def test_dropping_those_under_way_would_give_another_median() -> None:
    observed = [(100, True), (200, True), (500, False), (500, False), (500, False)]
    assert median_days(kaplan_meier(observed)) is None
    assert median_days(kaplan_meier([each for each in observed if each[1]])) == 100


def test_nobody_rose_yet() -> None:
    curve = kaplan_meier([(100, False), (100, False), (300, False)])
    assert median_days(curve) is None
    assert risen_share(curve, 100) == 0
    assert risen_share(curve, 301) is None


def test_nobody_at_all() -> None:
    assert median_days(kaplan_meier([])) is None


@pytest.mark.parametrize(("days", "share"), [(9, 0), (10, Fraction(1, 3)), (29, Fraction(2, 3)), (30, 1), (31, None)])
def test_the_share_that_has_risen_by_a_day(days: int, share: Fraction | None) -> None:
    assert risen_share(kaplan_meier([(10, True), (20, True), (30, True)]), days) == share


def test_years_and_numbers() -> None:
    found = cohorts(
        [
            entry(1, date(2023, 3, 1), date(2024, 3, 1)),  # on the anniversary: within a year
            entry(2, date(2023, 5, 1), date(2024, 5, 2)),  # a day later: within two
            entry(3, date(2023, 9, 1)),  # under way
            entry(4, date(2023, 9, 1), held=False),  # its title lapsed
            entry(5, date(2025, 12, 1)),  # watched for seven months
            entry(6, date(2024, 2, 1), date(2024, 2, 1)),  # had both on one day: it did not rise
            entry(7, date(2024, 2, 1), date(2020, 1, 1)),  # was there before
        ],
        ON,
    )
    assert [cohort.year for cohort in found] == [None, 2025, 2023]
    everyone, late, early = (cohort.counts for cohort in found)
    assert (everyone["entered"], everyone["risen"], everyone["underway"], everyone["lapsed"]) == (5, 2, 2, 1)
    assert [early[f"within{years}"] for years in (1, 2, 3)] == [1, 2, 2]
    assert [early[f"short{years}"] for years in (1, 2, 3)] == [0, 0, 2]
    assert [late[f"short{years}"] for years in (1, 2)] == [1, 1]
    for cohort in found:
        counts = cohort.counts
        assert counts["entered"] == counts["risen"] + counts["underway"] + counts["lapsed"]
    # Of four, one rose after 366 days (2024 is a leap year) and one after 367: half have risen on that day.
    assert found[2].median == 367
    assert found[1].median is None


def test_the_firms_behind_a_number() -> None:
    entries = [
        entry(1, date(2023, 3, 1), date(2023, 9, 1)),
        entry(2, date(2023, 3, 1)),
        entry(3, date(2024, 3, 1), date(2022, 1, 1)),
    ]
    assert members(entries, None, "entered", ON) == [1, 2]
    assert members(entries, 2023, "within1", ON) == [1]
    assert members(entries, 2023, "underway", ON) == [2]
    assert members(entries, None, "had", ON) == [3]
    assert members(entries, 2024, "entered", ON) == []


def test_an_entry_on_the_day_of_observation() -> None:
    [everyone, _year] = cohorts([entry(1, ON)], ON)
    assert everyone.counts["underway"] == 1
    assert everyone.curve[-1] == (0, Fraction(1))
    assert risen_share(everyone.curve, 0) == 0
