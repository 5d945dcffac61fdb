"""Yiyang's plan against a park of the size of its document: what is counted, how far it is, what nobody knows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.firms.ip.models import IpKind
from crm.firms.models import Industry
from crm.insight.targets.board import Board, board
from crm.insight.targets.models import IndicatorValue, TargetPlan, ValueKind, YearCount, YearCountRun
from crm.insight.targets.plans import Scope
from crm.insight.targets.progress import Standing
from crm.insight.targets.refresh import refresh, years
from crm.kernel import clock
from crm.ladder.models import Rung
from crm.registers.models import Register
from tests.factories import Park, make_firm
from tests.integration.insight.opening import listed
from tests.integration.insight.plans import (
    entries,
    figures,
    indicator,
    like_yiyang,
    many_firms,
    patents,
    shipped,
    taken,
    titles,
)
from tests.queries import count_queries

# What the document says of 2020, and what a park of its size comes to.
OF_2020 = {
    "hte_count": "312",
    "tech_sme_count": "322",
    "little_giant_count": "2",
    "srdi_count": "73",
    "listed_count": "7",
    "ip_advantage_count": "22",
    "rd_expense": "34.94",
    "contract_count": "249",
    "contract_amount": "11.41",
    "engineering_centres": "27",
    "platforms": "60",
    "makerspaces_national": "2",
    "projects_yearly": "706",
    "projects_national_yearly": "1",
    "projects_provincial_yearly": "329",
    "projects_city_yearly": "376",
    "invention_patents": "1308",
}


@pytest.fixture
def plan(session: Session, park: Park) -> TargetPlan:
    return taken(session, park.administrator)


@pytest.fixture
def yiyang(session: Session, park: Park, plan: TargetPlan) -> list[int]:
    ids = like_yiyang(session, park.other_park)
    refresh()
    return ids


def of_city(plan: TargetPlan, park: Park, year: int) -> Board:
    return board(plan, Scope(park.city), year)


def test_what_ships_says_what_the_documents_say(session: Session, park: Park) -> None:
    plan = shipped(session)
    stated = {
        (each.indicator.key, each.kind, each.year): each
        for each in session.scalars(select(IndicatorValue).where(IndicatorValue.plan_id == plan.id))
    }
    assert (plan.document_number, plan.from_year, plan.to_year) == ("益阳市“十四五”科技发展规划", 2021, 2025)
    assert stated["hte_count", ValueKind.BASE, 2015].value == 81
    assert stated["hte_count", ValueKind.TARGET, 2025].value == 600
    assert stated["hte_count", ValueKind.TARGET, 2025].article == "一（四）"
    assert stated["rd_to_gdp", ValueKind.BASE, 2020].value == Decimal("1.89")
    assert stated["school_cooperation", ValueKind.TARGET, 2023].value == 2
    # What lies between is not the document's.
    assert ("hte_count", ValueKind.TARGET, 2023) not in stated
    assert all(each.article and each.source for each in stated.values())


def test_loading_again_changes_nothing_that_was_edited(session: Session, park: Park) -> None:
    shipped(session)
    named = indicator(session, "hte_count")
    named.title = "高企数"
    session.commit()
    again = shipped(session)
    assert indicator(session, "hte_count").title == "高企数"
    assert again.organisation_id is None
    assert session.scalars(select(TargetPlan).where(TargetPlan.key == "yiyang.2021")).all() == [again]


def test_a_park_of_the_size_of_the_document_is_counted_as_the_document_counts(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int]
) -> None:
    figures_of = of_city(plan, park, 2021).figures
    for key, value in OF_2020.items():
        assert figures_of.reached(indicator(session, key), 2020).counted == Fraction(Decimal(value)), key


def test_completion_is_exact_and_hand_computed(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int]
) -> None:
    line = of_city(plan, park, 2025).by_key["hte_count"]
    assert (line.base, line.stated, line.reached.value) == ((2020, 312), 600, 312)
    assert line.completion == Fraction(312, 600)  # 52 %
    assert line.gap == 288
    assert line.standing is Standing.MISSED  # 2025 is over


def test_a_year_that_the_document_does_not_name_stands_on_the_straight_line(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int]
) -> None:
    line = of_city(plan, park, 2023).by_key["hte_count"]
    assert line.stated is None
    # 312 + (600 − 312) × 3 / 5 is 484.8: to be on the line takes 485 firms.
    assert line.line == 485
    assert line.completion == Fraction(312, 485)
    stored = select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, IndicatorValue.year == 2023)
    assert {each.indicator.key for each in session.scalars(stored)} == {"talent_exchanges", "school_cooperation"}


def test_a_sum_with_firms_missing_is_a_lower_bound_and_never_missed(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int]
) -> None:
    found = of_city(plan, park, 2025)
    reached = found.figures.reached(indicator(session, "rd_expense"), 2020)
    # 400 firms and the two of the fixture are in business, 349 gave their R&D.
    assert (reached.known, reached.of, reached.without, reached.at_least) == (349, 402, 53, True)
    # Of 2025 nobody gave any figure: unknown, not zero.
    assert found.figures.reached(indicator(session, "rd_expense"), 2025).value is None
    assert found.by_key["rd_to_gdp"].standing is Standing.UNKNOWN


def test_shares_of_what_is_entered_and_growth_are_worked_out(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int]
) -> None:
    def enter(key: str, year: int, value: str) -> None:
        session.add(
            IndicatorValue(
                plan=plan,
                indicator=indicator(session, key),
                kind=ValueKind.ACTUAL,
                year=year,
                value=Decimal(value),
                source="统计公报",
            )
        )

    enter("gdp", 2025, "2500")
    enter("rd_expense", 2025, "62.5")
    enter("population", 2025, "380")
    enter("high_tech_value_added", 2025, "691.09")
    session.commit()
    lines = of_city(plan, park, 2025).by_key
    assert lines["rd_to_gdp"].reached.value == Fraction("2.5")
    assert lines["rd_to_gdp"].standing is Standing.MET
    # 34.94 × 1.12⁵ = 61.5763…: with 62.5 the growth is above 12 %.
    assert Fraction("12.3") < lines["rd_growth"].reached.value < Fraction("12.4")
    assert lines["rd_growth"].standing is Standing.MET
    # 1308 inventions among 3.8 million people.
    assert lines["invention_per_10k"].reached.value == Fraction(1308, 380)
    assert lines["invention_per_10k"].completion == Fraction(1308, 380) / 5
    # 429.11 × 1.1⁵ = 691.086…
    assert lines["high_tech_growth"].standing is Standing.MET
    # Revenue of 2025 nobody gave.
    assert lines["above_scale_rd_ratio"].standing is Standing.UNKNOWN


def test_above_scale_counts_industry_from_twenty_million_and_says_who_is_missing(
    session: Session, park: Park, plan: TargetPlan
) -> None:
    for code in ("C3911", "I6510"):
        session.merge(Industry(code=code, name=code, level="小类"))
    session.flush()
    large, small, shop, silent, no_rd = (
        many_firms(session, park.park, count, industry_code=code)
        for count, code in ((3, "C3911"), (2, "C3911"), (2, "I6510"), (4, "C3911"), (1, "C3911"))
    )
    figures(session, large, 2024, rd=Decimal(500_000), revenue=Decimal(20_000_000))
    figures(session, small, 2024, rd=Decimal(5_000_000), revenue=Decimal("19999999.99"))
    figures(session, shop, 2024, rd=Decimal(5_000_000), revenue=Decimal(90_000_000))
    figures(session, no_rd, 2024, revenue=Decimal(80_000_000))
    session.commit()
    assert silent
    refresh()
    reached = of_city(plan, park, 2024).by_key["above_scale_rd_ratio"].reached
    assert reached.value == Fraction("2.5")
    # Three have both; one large firm has no R&D, and of four industrial firms nobody knows the revenue.
    assert (reached.known, reached.of) == (3, 8)


def test_every_counted_number_opens_its_firms(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int], sign_in: Any
) -> None:
    client = sign_in(park.administrator)
    ids = many_firms(session, park.park, 7, officer_id=park.officer.id)
    titles(session, ids[:3], Rung.HTE, since=date(2024, 1, 1))
    titles(session, ids[3:5], Rung.LISTED_STAR, since=date(2024, 1, 1))
    entries(session, ids[:2], Register.INSTITUTION, date(2024, 1, 1), kind="key_laboratory", level="national")
    session.commit()
    refresh()
    for key, number in (
        ("2025.held.hte", 3),
        ("2023.held.hte", 0),
        ("2025.listed", 2),
        ("2025.institution@provincial", 2),
        ("2025.institution:engineering_centre@provincial", 0),
        ("2025.zero_patent", 8),  # with the firm of the fixture
    ):
        query = f"/firms?counted={key}&organisation={park.park.id}"
        assert listed(client, query) == number, key
    scoped = board(plan, Scope(park.park), 2025)
    assert scoped.by_key["hte_count"].reached.value == 3
    assert scoped.by_key["listed_count"].reached.value == 2
    assert scoped.by_key["platforms"].reached.value == 2
    own = board(plan, Scope(park.park, park.officer), 2025)
    assert own.by_key["hte_count"].reached.value == 3


def test_the_page_of_a_plan_asks_a_fixed_number_of_questions(
    session: Session, park: Park, plan: TargetPlan, yiyang: list[int], sign_in: Any
) -> None:
    client = sign_in(park.administrator)
    address = f"/targets/{plan.id}?year=2025"
    client.get(address)
    with count_queries(session) as few:
        answer = client.get(address)
    assert answer.status_code == 200
    make_firm(session, park.park)
    patents(session, yiyang[:5], IpKind.DESIGN, date(2024, 1, 1))
    session.commit()
    refresh()
    with count_queries(session) as many:
        client.get(address)
    assert len(many) == len(few) <= 50


def test_counting_anew_by_hand_does_not_spare_the_first_count_of_the_day(
    session: Session, park: Park, plan: TargetPlan
) -> None:
    """Pages show no year as counted that was not: neither one of a new plan, nor one that was counted yesterday."""
    refresh()
    plan.from_year -= 2
    session.commit()
    refresh(recent=True)
    run = session.scalars(select(YearCountRun)).one()
    assert run.past["first"] in set(session.scalars(select(YearCount.year)))
    session.execute(delete(YearCount).where(YearCount.year < clock.today().year - 1))
    run.on -= timedelta(days=1)
    session.commit()
    refresh(recent=True)
    assert set(session.scalars(select(YearCount.year))) == set(years())
