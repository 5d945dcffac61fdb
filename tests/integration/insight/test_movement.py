"""Movement between two days: on any history the counts add up for every rung, and each number opens its firms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.insight.funnel import funnel
from crm.insight.movement import CASES_IN, CASES_OUT, TITLES_IN, TITLES_OUT, What, counted, movement
from crm.insight.picture import WAY
from crm.ladder import service
from crm.ladder.models import Case, CaseStatus, Credential, Rung, Stage
from tests.factories import Park, make_firm
from tests.integration.insight.histories import live, past
from tests.integration.insight.opening import assert_each_opens_its_firms, counts, page
from tests.integration.ladder.makers import TODAY, advance, qualify, tech_sme_case
from tests.pages import text_of
from tests.queries import count_queries

PAIRS = ((date(2023, 6, 1), date(2024, 2, 29)), (date(2024, 1, 1), TODAY), (TODAY - timedelta(days=1), TODAY))


def standing(session, on: date) -> set:
    """Who held what: walked through in plain Python."""
    return {
        (title.firm_id, title.rung)
        for title in session.scalars(select(Credential))
        if title.valid_from <= on <= (title.valid_to or on) and (title.ended_on is None or on < title.ended_on)
    }


def walk(session, since: date, until: date):
    """Of each case with a step between the days: its stage on both; None: not under way."""
    for case in session.scalars(select(Case)):
        steps = sorted(case.events, key=lambda each: (each.on, each.id))
        if any(since < each.on <= until for each in steps):
            ends = [next((each for each in reversed(steps) if each.on <= on), None) for on in (since, until)]
            yield (
                case.id,
                tuple(each.to_stage if each and each.to_status is CaseStatus.OPEN else None for each in ends),
            )


@pytest.mark.parametrize("seed", range(6))
def test_on_any_history_the_counts_add_up_for_every_rung(session, park: Park, seed: int) -> None:
    random = past(seed)
    firms = [park.firm, *(make_firm(session, park.park) for _ in range(25))]
    live(session, firms, park.officer, random, TODAY)
    order = list(Stage)
    for since, until in PAIRS:
        moves = movement(since, until)
        counts_ = counted(moves)
        before, after = funnel(since), funnel(until)
        titles_before, titles_after = standing(session, since), standing(session, until)
        for rung in Rung:
            came = sum(counts_[what, rung] for what in TITLES_IN)
            left = sum(counts_[what, rung] for what in TITLES_OUT)
            assert before.held[rung] + came - left == after.held[rung], (since, until, rung)
            under_way = [sum(each.stages[rung][stage] for stage in WAY) for each in (before, after)]
            entered = sum(counts_[what, rung] for what in CASES_IN)
            ended = sum(counts_[what, rung] for what in CASES_OUT)
            assert under_way[0] + entered - ended == under_way[1], (since, until, rung)
        # And each of them is the right firm.
        assert {(m.firm_id, m.rung) for m in moves if m.what in TITLES_IN} == titles_after - titles_before
        assert {(m.firm_id, m.rung) for m in moves if m.what in TITLES_OUT} == titles_before - titles_after
        walked = dict(walk(session, since, until))
        both = {case: stood for case, stood in walked.items() if None not in stood}
        for whats, expected in (
            (CASES_IN, {case for case, (before_, _after) in walked.items() if before_ is None}),
            (CASES_OUT, {case for case, (_before, after_) in walked.items() if after_ is None}),
            ([What.ADVANCED], {case for case, (was, now) in both.items() if order.index(now) > order.index(was)}),
            ([What.BACK], {case for case, (was, now) in both.items() if order.index(now) < order.index(was)}),
        ):
            assert {m.record for m in moves if m.what in whats} == expected, whats
        on_ladder = {firm_id for firm_id, _rung in titles_before}
        assert all((m.firm_id in on_ladder) is (m.what is What.GAINED) for m in moves if m.what in TITLES_IN)


@pytest.fixture
def year(session, park: Park) -> Park:
    """In a year: a first title, a second one, one revoked, one lapsed; a case certified, one dropped, one further on."""
    officer, manager = park.officer, park.manager
    risen, fallen, lapsed, dropped = park.firm, *(make_firm(session, park.park) for _ in range(3))
    for firm in (risen, fallen):
        qualify(session, firm, officer)
    case = tech_sme_case(risen, officer, date(2026, 1, 5))
    advance(case, Stage.CERTIFIED, officer, manager, date(2026, 3, 1))
    grant = service.grant_credential
    grant(risen, Rung.HTE, number="GR7", valid_from=date(2026, 5, 1), valid_to=date(2029, 4, 30), actor=officer)
    taken = grant(
        fallen, Rung.HTE, number="GR8", valid_from=date(2024, 1, 1), valid_to=date(2026, 12, 31), actor=officer
    )
    service.revoke_credential(taken, "虚假材料", actor=officer, on=date(2026, 4, 1))
    grant(lapsed, Rung.HTE, number="GR9", valid_from=date(2023, 2, 1), valid_to=date(2026, 1, 31), actor=officer)
    open_ = service.open_case(dropped, Rung.HTE, actor=officer, on=date(2025, 6, 1))
    service.drop_case(open_, "企业放弃", actor=officer, on=date(2026, 2, 2))
    further = tech_sme_case(fallen, officer, date(2025, 6, 10))
    advance(further, Stage.READY, officer, manager, date(2026, 5, 5))
    session.commit()
    return park


def test_who_came_who_rose_who_fell_and_why(session, year: Park, sign_in) -> None:
    text = text_of(page(sign_in(year.manager), "/funnel/movement?from=2025-06-15&to=2026-06-15"))
    for sentence in (
        "虚假材料",
        "企业放弃",
        "有效期至 2026年1月31日，没有续期",
        "尚未登记",
        "入库 → 达标",
        "证书 GR7",
        "专员甲",
    ):
        assert sentence in text, sentence
    fell = text_of(page(sign_in(year.manager), "/funnel/movement?from=2025-06-15&to=2026-06-15&what=fell"))
    assert "虚假材料" in fell and "证书 GR7" not in fell
    moves = {(m.what, m.rung) for m in movement(date(2025, 6, 15), TODAY)}
    assert moves == {
        (What.NEW, Rung.TECH_SME),
        (What.NEW, Rung.HTE),
        (What.REVOKED, Rung.HTE),
        (What.EXPIRED, Rung.HTE),
        (What.DROPPED, Rung.HTE),
        (What.ADVANCED, Rung.TECH_SME),
        (What.ENTERED, Rung.TECH_SME),
        (What.CERTIFIED, Rung.TECH_SME),
    }


def test_a_movement_is_told_with_the_day_of_what_it_names(session, year: Park, sign_in) -> None:
    """Entry has the day of entry, also where the case has moved on since; one that ended since came and went."""
    newcomer = make_firm(session, year.park)
    qualify(session, newcomer, year.officer)
    case = tech_sme_case(newcomer, year.officer, date(2026, 2, 3))
    advance(case, Stage.READY, year.officer, year.manager, date(2026, 5, 20))
    session.commit()
    days = {(m.firm_id, m.what): m.on for m in movement(date(2025, 12, 31), TODAY) if not m.is_title}
    assert days[newcomer.id, What.ENTERED] == date(2026, 2, 3)
    assert days[year.firm.id, What.ENTERED] == date(2026, 1, 5)
    assert days[year.firm.id, What.CERTIFIED] == date(2026, 3, 1)
    text = text_of(page(sign_in(year.manager), "/funnel/movement?from=2025-12-31&what=came"))
    assert "2026年2月3日" in text and "2026年5月20日" not in text
    assert "变动日期" in text and "新入库为入库当天" in text


@pytest.mark.parametrize("narrowed", ["", "organisation", "officer"])
def test_every_number_opens_exactly_its_firms(session, year: Park, sign_in, narrowed: str) -> None:
    value = {"organisation": year.park.id, "officer": "none"}.get(narrowed)
    client = sign_in(year.administrator)
    query = "from=2025-12-31&to=2026-04-15" + (f"&{narrowed}={value}" if narrowed else "")
    found = counts(page(client, f"/funnel/movement?{query}"))
    assert len(found) > 60
    assert_each_opens_its_firms(client, found)


def test_the_first_day_has_to_come_first(session, year: Park, sign_in) -> None:
    text = text_of(page(sign_in(year.manager), "/funnel/movement?from=2026-06-01&to=2026-01-01"))
    assert "开始的一天要早于结束的一天" in text
    assert "日期没有采用" in text_of(page(sign_in(year.manager), "/funnel/movement?from=x"))


def test_as_many_queries_for_many_firms_as_for_few(session, park: Park, sign_in) -> None:
    client = sign_in(park.manager)

    def asked() -> int:
        with count_queries(session) as statements:
            client.get("/funnel/movement?from=2024-01-01")
        return len(statements)

    firms = [park.firm, *(make_firm(session, park.park) for _ in range(3))]
    live(session, firms, park.officer, past(1), TODAY)
    few = asked()
    live(session, [make_firm(session, park.park) for _ in range(30)], park.officer, past(2), TODAY)
    assert asked() == few
