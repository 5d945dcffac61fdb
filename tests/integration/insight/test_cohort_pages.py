"""Conversion by year of entry as managers see it: read from titles and cases, as of a day, each number opening its firms."""

from __future__ import annotations

from datetime import date

import pytest

from crm.insight.cohorts import Entry
from crm.insight.steps import entries
from crm.ladder import service
from crm.ladder.models import Rung
from tests.factories import Park, make_firm
from tests.integration.insight.histories import live, past
from tests.integration.insight.opening import assert_each_opens_its_firms, counts, page, part
from tests.integration.ladder.makers import TODAY
from tests.pages import text_of
from tests.queries import count_queries


@pytest.fixture
def climbers(session, park: Park) -> dict[str, int]:
    """One rose after a year and a half, one is under way, one lapsed, one had the higher title first, one lies outside."""
    officer = park.officer
    found = {}

    def title(name: str, rung: Rung, since: date, until: date) -> None:
        if name not in found:
            found[name] = make_firm(session, park.other_park if name == "outside" else park.park)
        service.grant_credential(
            found[name], rung, number=f"X{found[name].id}", valid_from=since, valid_to=until, actor=officer
        )

    title("risen", Rung.TECH_SME, date(2023, 4, 1), date(2024, 3, 31))
    title("risen", Rung.TECH_SME, date(2024, 4, 1), date(2025, 3, 31))
    title("risen", Rung.HTE, date(2024, 10, 1), date(2027, 9, 30))
    title("under way", Rung.TECH_SME, date(2023, 4, 1), date(2026, 12, 31))
    title("lapsed", Rung.TECH_SME, date(2023, 4, 1), date(2024, 3, 31))
    title("had", Rung.HTE, date(2020, 1, 1), date(2022, 12, 31))
    title("had", Rung.TECH_SME, date(2023, 4, 1), date(2024, 3, 31))
    title("outside", Rung.TECH_SME, date(2025, 4, 1), date(2026, 12, 31))
    service.open_case(found["lapsed"], Rung.HTE, actor=officer, on=date(2024, 5, 1))
    session.commit()
    return {name: firm.id for name, firm in found.items()}


def test_what_is_known_of_each_firm(session, climbers) -> None:
    entered = date(2023, 4, 1)
    found = {entry.firm_id: entry for entry in entries("tech_sme", "hte", TODAY)}
    assert found == {
        climbers["risen"]: Entry(climbers["risen"], entered, date(2024, 10, 1), False),
        climbers["under way"]: Entry(climbers["under way"], entered, None, True),
        climbers["lapsed"]: Entry(climbers["lapsed"], entered, None, False),
        climbers["had"]: Entry(climbers["had"], entered, date(2020, 1, 1), False),
        climbers["outside"]: Entry(climbers["outside"], date(2025, 4, 1), None, True),
    }
    # On an earlier day nobody knew of the rise, and the title had not lapsed.
    then = {entry.firm_id: entry for entry in entries("tech_sme", "hte", date(2024, 3, 31))}
    assert then[climbers["risen"]] == Entry(climbers["risen"], entered, None, True)
    assert then[climbers["lapsed"]].held
    assert climbers["outside"] not in then
    assert [entry.firm_id for entry in entries("pool", "hte", TODAY)] == [climbers["lapsed"]]


def test_the_page_says_who_is_under_way_and_drops_nobody(session, climbers, park: Park, sign_in) -> None:
    client = sign_in(park.administrator)
    text = text_of(page(client, "/funnel/cohorts"))
    assert "不足一半已升，尚无中位数" in text
    assert "另有 1 家进入时已在“高新技术企业”，不计入" in text
    within = counts(page(client, "/funnel/cohorts"))
    everyone = {
        kind: number for address, number in within.items() for kind in address.split(".")[3:4] if ".any." in address
    }
    assert [everyone[kind] for kind in ("entered", "risen", "underway", "lapsed")] == [4, 1, 2, 1]
    assert [number for address, number in within.items() if ".2023.within2." in address] == [1]
    assert [number for address, number in within.items() if ".2023.within1." in address] == [0]


@pytest.mark.parametrize(
    "query", ["", "on=2024-03-31", "lower=pool&upper=hte", "lower=hte&upper=listed", "organisation"]
)
def test_every_number_opens_exactly_its_firms(session, climbers, park: Park, sign_in, query: str) -> None:
    query = f"organisation={park.county.id}" if query == "organisation" else query
    client = sign_in(park.administrator)
    found = counts(page(client, f"/funnel/cohorts?{query}"))
    assert_each_opens_its_firms(client, found)
    steps = counts(part(client, f"/funnel/cohorts/steps?{query}"))
    assert len(steps) == 20
    assert_each_opens_its_firms(client, steps)


def test_a_pair_that_cannot_be_counted_is_the_first_one(session, climbers, park: Park, sign_in) -> None:
    client = sign_in(park.administrator)
    usual = counts(page(client, "/funnel/cohorts"))
    for query in ("lower=hte&upper=hte", "lower=hte&upper=pool", "lower=x&upper=hte"):
        assert counts(page(client, f"/funnel/cohorts?{query}")) == usual


def test_one_query_for_all_firms(session, park: Park) -> None:
    live(session, [park.firm, make_firm(session, park.park)], park.officer, past(3), TODAY)
    with count_queries(session) as asked:
        entries("tech_sme", "listed", TODAY)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "value", ["x", "tech_sme.hte.any.risen", "tech_sme.hte.20x.risen.2026-01-01", "tech_sme.pool.any.risen.2026-01-01"]
)
def test_an_address_that_means_nothing_narrows_nothing(session, park: Park, sign_in, value: str) -> None:
    client = sign_in(park.administrator)
    for name in ("cohort", "moved", "stuck", "blocked"):
        assert "正在使用的条件" not in text_of(page(client, f"/firms?{name}={value}"))
