"""Where firms are stuck: how long cases wait by rung and stage, and what the criteria say of those waiting longest."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from crm.insight.stuck import LONG, held_back, waited_long, waiting
from crm.ladder import service
from crm.ladder.models import Case, CaseStatus, Rung, Stage
from tests.factories import Park, make_firm
from tests.integration.insight.histories import live, past
from tests.integration.insight.opening import assert_each_opens_its_firms, counts, page, part
from tests.integration.ladder.makers import TODAY, advance, qualify, tech_sme_case
from tests.pages import text_of
from tests.queries import count_queries

TABS = ["/funnel", *(f"/funnel/{name}" for name in ("cohorts", "movement", "pool", "stuck", "warnings", "coverage"))]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def waiters(session, park: Park) -> dict[str, int]:
    """Three in the pool for 400, 90 and 10 days, one cultivated for 120; one of them has all the criteria ask for."""
    found = {"long": park.firm, "limit": make_firm(session, park.park), "new": make_firm(session, park.other_park)}
    for name, days in (("long", 400), ("limit", 90), ("new", 10)):
        tech_sme_case(found[name], park.officer, ago(days))
    found["ready"] = make_firm(session, park.park)
    qualify(session, found["ready"], park.officer)
    advance(
        tech_sme_case(found["ready"], park.officer, ago(300)), Stage.CULTIVATING, park.officer, park.manager, ago(120)
    )
    dropped = tech_sme_case(make_firm(session, park.park), park.officer, ago(500))
    service.drop_case(dropped, "企业放弃", actor=park.officer, on=ago(450))
    session.commit()
    return {name: firm.id for name, firm in found.items()}


def test_by_hand(session, waiters, park: Park) -> None:
    found = {(each.rung, each.stage): each for each in waiting(TODAY)}
    pool, cultivating = (found[Rung.TECH_SME, stage] for stage in (Stage.POOL, Stage.CULTIVATING))
    assert len(found) == 2
    assert (pool.cases, pool.median, pool.longest, pool.over) == (3, 90, 400, {90: 1, 180: 1})
    assert (cultivating.cases, cultivating.median, cultivating.longest, cultivating.over) == (
        1,
        120,
        120,
        {90: 1, 180: 0},
    )
    tech_sme_case(make_firm(session, park.park), park.officer, ago(21))
    assert waiting(TODAY)[0].median == Fraction(90 + 21, 2)


def test_what_holds_those_that_wait_longest(session, waiters) -> None:
    held = held_back(Rung.TECH_SME, TODAY)
    assert held.firms == sorted([waiters["long"], waiters["ready"]])
    assert held.free == [waiters["ready"]]
    assert held.criteria, "nothing is known of the firm: every criterion is unknown"
    assert all(each.unknown == [waiters["long"]] and each.not_met == [] for each in held.criteria)


@pytest.mark.parametrize("narrowed", [False, True])
def test_every_number_opens_exactly_its_firms(session, waiters, park: Park, sign_in, narrowed: bool) -> None:
    client = sign_in(park.administrator)
    query = f"?organisation={park.county.id}" if narrowed else ""
    tree = page(client, f"/funnel/stuck{query}")
    found = counts(tree)
    longest = {address: days for address, days in found.items() if days > 50}
    assert sorted(longest.values()) == [120, 400]
    assert_each_opens_its_firms(client, {address: n for address, n in found.items() if address not in longest})
    for address in longest:
        assert_each_opens_its_firms(client, {address: 1})
    [held] = [each.get("hx-get") for each in tree.iter("div") if "stuck/blocking" in (each.get("hx-get") or "")]
    blocking = part(client, held)
    assert "测算了 2 家" in text_of(blocking) and "其中 1 家条件已全部符合" in text_of(blocking)
    assert_each_opens_its_firms(client, counts(blocking))
    for link in blocking.iter("a"):
        if "free" in link.get("href", ""):
            assert_each_opens_its_firms(client, {link.get("href"): 1})


def test_the_filters_go_from_tab_to_tab(session, waiters, park: Park, sign_in) -> None:
    client = sign_in(park.administrator)
    chosen = f"organisation={park.county.id}&officer={park.officer.id}"
    for address in TABS:
        tree = page(client, f"{address}?{chosen}")
        [tabs] = [nav for nav in tree.iter("nav") if nav.get("aria-label") == "管理视图"]
        assert [link.get("href") for link in tabs.iter("a")] == [f"{each}?{chosen}" for each in TABS]


def test_no_cases_and_no_matches_are_said(session, park: Park, sign_in) -> None:
    client = sign_in(park.administrator)
    assert "还没有进行中的培育项目" in text_of(page(client, "/funnel/stuck"))
    assert "没有符合条件的培育项目" in text_of(page(client, "/funnel/stuck?officer=none"))


def test_as_many_queries_for_many_cases_as_for_few(session, waiters, park: Park, sign_in) -> None:
    client = sign_in(park.administrator)

    def asked(address: str) -> int:
        with count_queries(session) as statements:
            client.get(address)
        return len(statements)

    pages = ("/funnel/stuck", "/funnel/stuck/blocking?rung=tech_sme")
    few = [asked(address) for address in pages]
    for days in range(LONG + 1, LONG + 31):
        tech_sme_case(make_firm(session, park.park), park.officer, ago(days))
    assert [asked(address) for address in pages] == few


@pytest.mark.parametrize("seed", range(3))
def test_who_had_waited_long_on_a_past_day_is_read_from_the_log(session, park: Park, seed: int) -> None:
    live(session, [park.firm, *(make_firm(session, park.park) for _ in range(15))], park.officer, past(seed), TODAY)
    for on in (date(2024, 6, 30), date(2025, 3, 31), TODAY):
        expected = 0
        for case in session.scalars(select(Case)):
            steps = [each for each in sorted(case.events, key=lambda each: (each.on, each.id)) if each.on <= on]
            if steps and steps[-1].to_status is CaseStatus.OPEN:
                since = [each.on for each in steps if each.from_stage is not each.to_stage][-1]
                expected += (on - since).days > 90
        assert waited_long(on) == expected, on
    assert expected == sum(each.over[90] for each in waiting(TODAY)) > 0
