"""What is due: computed from titles, rules and records, alike on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from crm.duties import queries
from crm.duties.models import DutyState
from crm.duties.queries import counts, due, duties_of, find, notices_between
from crm.duties.rules import months_later, rule_for
from crm.duties.selects import EVERY, DueState, Wanted
from crm.duties.showing import sentences
from crm.firms.models import Firm, FirmName, FirmStatus
from crm.kernel import audit
from crm.ladder.models import Case, Rung
from tests.factories import make_firm
from tests.integration.duties.conftest import ON
from tests.queries import count_queries

DAY = timedelta(days=1)
DONE, MISSED = DutyState.DONE, DutyState.MISSED


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)


def told(dues) -> list[tuple[str, str, str]]:
    return [(each.due_on.isoformat(), each.duty, each.state.value) for each in dues]


def test_a_title_granted_in_autumn_first_reports_in_may(park, title) -> None:
    title(Rung.HTE, "2024-10-16", "2027-10-15")
    assert told(duties_of(park.firm, ON)) == [
        ("2025-05-31", "hte.annual_report", "unrecorded"),
        ("2026-05-31", "hte.annual_report", "unrecorded"),
        ("2027-05-31", "hte.annual_report", "ahead"),
        ("2027-10-15", "hte.renewal", "ahead"),
    ]


def test_done_missed_and_not_recorded_are_three_things(park, title, record) -> None:
    title(Rung.HTE, "2023-10-16", "2026-12-15")
    record("hte.annual_report", "2024-05-31", DONE)
    record("hte.annual_report", "2025-05-31", MISSED)
    states = [each.state for each in duties_of(park.firm, ON) if each.duty == "hte.annual_report"]
    assert states == [DueState.DONE, DueState.MISSED, DueState.UNRECORDED]


@pytest.mark.parametrize(
    ("first", "second", "lost", "one_left"),
    [
        (None, None, None, True),
        (DONE, DONE, False, False),
        (DONE, None, False, True),
        (MISSED, DONE, False, True),
        (MISSED, None, None, True),
        (MISSED, MISSED, True, False),
    ],
)
def test_how_often_it_was_missed_in_the_term(park, title, record, first, second, lost, one_left) -> None:
    title(Rung.HTE, "2024-10-16", "2027-10-15")
    record("hte.annual_report", "2024-05-31", MISSED)  # before the term: counts no more
    for due_on, state in (("2025-05-31", first), ("2026-05-31", second)):
        if state is not None:
            record("hte.annual_report", due_on, state)
    last = duties_of(park.firm, ON)[2]
    assert last.due_on == date(2027, 5, 31)
    assert (last.lost, last.one_left) == (lost, one_left)


def test_whether_a_miss_under_2022_counts_under_2026_no_text_says(park, title, record) -> None:
    title(Rung.SRDI, "2025-01-01", "2027-12-31")
    record("srdi.annual_update", "2026-05-31", MISSED)
    record("srdi.annual_update", "2025-04-30", MISSED)
    last = [each for each in duties_of(park.firm, ON) if each.duty == "srdi.annual_update"][-1]
    assert (last.tally.missed, last.tally.earlier, last.lost, last.one_left) == (1, 1, None, True)
    said = dict(reversed(sentences(last, ON)))
    assert "是否计入累计原文没有写" in said["unknown"]


def test_two_misses_under_2026_lose_the_title(park, title, record) -> None:
    title(Rung.SRDI, "2025-06-01", "2028-05-31")
    for due_on in ("2026-05-31", "2027-05-31"):
        record("srdi.annual_update", due_on, MISSED)
    last = [each for each in duties_of(park.firm, date(2027, 11, 22)) if each.duty == "srdi.annual_update"][-1]
    assert (last.tally.missed, last.tally.earlier, last.lost) == (2, 0, True)


def test_a_title_that_lapsed_is_overdue_for_a_year_unless_another_followed(park, title) -> None:
    title(Rung.HTE, "2023-03-01", "2026-02-28", "2026-03-01")
    assert told(duties_of(park.firm, ON)) == [("2026-02-28", "hte.renewal", "lapsed")]
    assert duties_of(park.firm, date(2027, 3, 1)) == []
    title(Rung.HTE, "2026-03-01", "2029-02-28")
    assert [each.due_on.isoformat() for each in duties_of(park.firm, ON)] == ["2026-05-31", "2027-05-31"]


def test_a_title_ended_early_and_a_firm_out_of_business_have_no_duties(session, park, title) -> None:
    title(Rung.HTE, "2024-10-16", "2027-10-15", "2026-06-30")
    assert duties_of(park.firm, ON) == []
    gone = make_firm(session, park.park, status=FirmStatus.DEREGISTERED)
    title(Rung.HTE, "2024-10-16", "2027-10-15", firm=gone)
    assert duties_of(gone, ON) == []
    assert due(None, Wanted(on=ON, until=date(2027, 11, 22))) == []


def test_a_title_without_an_end_is_presumed_to_have_its_lawful_term(park, title) -> None:
    title(Rung.LITTLE_GIANT, "2024-02-29")
    title(Rung.TECH_SME, "2025-12-31")
    title(Rung.LISTED_NEEQ, "2020-01-01")
    renewals = [each for each in duties_of(park.firm, ON) if each.duty.endswith("renewal")]
    assert [(each.duty, each.due_on.isoformat(), each.presumed) for each in renewals] == [
        ("tech_sme.renewal", "2026-12-30", True),
        ("little_giant.renewal", "2027-02-27", True),
    ]
    assert {each.rung for each in duties_of(park.firm, ON)} == {Rung.TECH_SME, Rung.LITTLE_GIANT}


def test_a_new_name_is_reported_within_three_months_by_who_held_a_title_then(session, park, title) -> None:
    title(Rung.HTE, "2024-10-16", "2027-10-15")
    title(Rung.SRDI, "2026-01-01", "2028-12-31")
    session.add_all(
        [
            FirmName(firm=park.firm, name="益阳云梯机械厂", until=date(2025, 11, 30)),
            FirmName(firm=park.firm, name="益阳云梯机械公司", until=date(2026, 9, 30)),
            FirmName(firm=park.firm, name="不知哪年的名称", until=None),
        ]
    )
    session.flush()
    changes = [each for each in duties_of(park.firm, ON) if each.duty.endswith("change_report")]
    assert told(changes) == [
        ("2026-02-28", "hte.change_report", "unrecorded"),
        ("2026-12-30", "hte.change_report", "ahead"),
        ("2026-12-30", "srdi.change_report", "ahead"),
    ]
    assert [each.rule.certainty for each in changes] == ["general", "general", "uncertain"]


def test_one_duty_is_found_by_name_and_date(park, title) -> None:
    title(Rung.HTE, "2024-10-16", "2027-10-15")
    assert find(park.firm, "hte.annual_report", date(2026, 5, 31), ON) is not None
    assert find(park.firm, "hte.annual_report", date(2026, 5, 30), ON) is None
    assert find(park.other_firm, "hte.annual_report", date(2026, 5, 31), ON) is None


def test_the_open_case_stands_beside(session, park, title) -> None:
    title(Rung.HTE, "2024-01-16", "2027-01-15")
    case = Case(firm=park.firm, rung=Rung.HTE, opened_on=ON, stage_since=ON)
    session.add(case)
    session.flush()
    assert {each.case_id for each in duties_of(park.firm, ON)} == {case.id}


# --- many ----------------------------------------------------------------------------------------------------------

RUNGS = (Rung.TECH_SME, Rung.HTE, Rung.INNOVATIVE_SME, Rung.SRDI, Rung.LITTLE_GIANT)
YEARLY = {
    Rung.TECH_SME: [("tech_sme.annual_update", date(year, 3, 31)) for year in range(2023, 2029)],
    Rung.HTE: [("hte.annual_report", date(year, 5, 31)) for year in range(2023, 2029)],
} | {
    rung: [
        (f"{rung.value}.annual_update", date(year, 4, 30) if year < 2026 else date(year, 5, 31))
        for year in range(2023, 2029)
    ]
    for rung in RUNGS[2:]
}


@pytest.fixture
def many(session, park, title, record):
    """Firms with a title each, at random: their titles and what is recorded, by firm."""
    random = Random(7)  # noqa: S311
    found = {}
    for number in range(60):
        firm = make_firm(session, park.park if number % 3 else park.other_park)
        rung = random.choice(RUNGS)
        since = date(2023, 10, 1) + random.randint(0, 1200) * DAY
        until = months_later(since, 12 if rung is Rung.TECH_SME else 36) - DAY
        ended = since + random.randint(1, 300) * DAY if number % 7 == 0 else None
        held = title(rung, since.isoformat(), until.isoformat(), ended.isoformat() if ended else None, firm)
        states = {}
        for duty, due_on in YEARLY[rung]:
            if since < due_on < ON and due_on <= until and random.random() < 0.5:
                states[duty, due_on] = random.choice((DONE, MISSED))
                record(duty, due_on.isoformat(), states[duty, due_on], firm)
        found[firm.id] = (held, states)
    return found


def by_hand(many, until: date) -> Counter:
    """The same, reckoned one title after the other."""
    found: Counter = Counter()
    for firm_id, (held, states) in many.items():
        last = min(held.valid_to, held.ended_on - DAY) if held.ended_on else held.valid_to
        term = 12 if held.rung is Rung.TECH_SME else 36
        for duty, due_on in YEARLY[held.rung]:
            if not (months_later(ON, -term) < due_on <= until and held.valid_from < due_on and max(due_on, ON) <= last):
                continue
            state = states.get((duty, due_on))
            default = "ahead" if due_on >= ON else "unrecorded"
            found[firm_id, due_on.isoformat(), duty, state.value if state else default] += 1
        if last == held.valid_to and months_later(ON, -12) < last <= until:
            state = "ahead" if last >= ON else "lapsed"
            found[firm_id, last.isoformat(), f"{held.rung.value}.renewal", state] += 1
    return found


def test_a_whole_scope_is_reckoned_as_by_hand(many) -> None:
    until = months_later(ON, 12)
    found = due(None, Wanted(on=ON, until=until, states=EVERY))
    assert Counter((e.firm_id, e.due_on.isoformat(), e.duty, e.state.value) for e in found) == by_hand(many, until)
    assert len(found) > 80
    assert [(e.due_on, e.firm_id, e.duty) for e in found] == sorted((e.due_on, e.firm_id, e.duty) for e in found)


def test_pages_follow_one_another_in_a_scope_and_in_the_whole_city(park, many) -> None:
    for condition in (None, Firm.organisation_id == park.park.id):
        for states in (EVERY, frozenset(DueState) - {DueState.DONE}, frozenset({DueState.UNRECORDED})):
            wanted = Wanted(on=ON, until=months_later(ON, 12), states=states)
            whole = due(condition, wanted)
            pages = [due(condition, wanted, limit=9, offset=9 * number) for number in range(len(whole) // 9 + 2)]
            assert [each for page in pages for each in page] == whole
            assert counts(condition, wanted) == Counter(each.due_on for each in whole)
            assert {each.state for each in whole} <= states
            assert len(whole) > 9


def test_counts_are_those_of_the_lines_in_each_state(park, many) -> None:
    for condition, state in product((None, Firm.organisation_id == park.park.id), DueState):
        wanted = Wanted(on=ON, until=months_later(ON, 12), states=frozenset({state}))
        lines = due(condition, wanted)
        assert lines, state
        assert counts(condition, wanted) == Counter(each.due_on for each in lines)


def test_filters_narrow_what_is_due(many) -> None:
    wanted = Wanted(on=ON, until=months_later(ON, 12), states=EVERY)
    whole = due(None, wanted)
    for rung, duty in product(RUNGS, ("annual_report", "annual_update", "renewal")):
        name = f"{rung.value}.{duty}"
        some = due(None, Wanted(on=ON, until=wanted.until, duty=name, states=EVERY))
        assert some == [each for each in whole if each.duty == name]


def test_a_page_asks_two_questions_however_many_lines(session, park, many) -> None:
    with count_queries(session) as asked:
        found = due(Firm.organisation_id == park.park.id, Wanted(on=ON, until=months_later(ON, 12)), limit=81)
    assert len(found) > 40
    assert len(asked) == 2


def test_scopes_that_ask_for_the_same_days_share_one_statement_and_see_their_own(session, park, many) -> None:
    wanted = Wanted(on=ON, until=months_later(ON, 12), states=EVERY)
    whole = due(None, wanted)
    halves = (Firm.id % 2 == 0, Firm.id % 2 == 1)
    due(halves[0], wanted)
    put_together = queries._put_together.cache_info().misses
    for half, condition in enumerate(halves):
        assert due(condition, wanted) == [each for each in whole if each.firm_id % 2 == half]
        assert counts(condition, wanted) == Counter(each.due_on for each in whole if each.firm_id % 2 == half)
    assert queries._put_together.cache_info().misses == put_together
    assert len(whole) > 80


# --- notices -------------------------------------------------------------------------------------------------------


def test_over_a_year_each_duty_is_announced_once_a_level_on_its_day(many) -> None:
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    told = []
    day = first
    while day <= last:
        for notice in notices_between(day, day):
            assert months_later(notice.due.due_on, -notice.months) == day
            told.append((notice.due.firm_id, notice.due.duty, notice.due.due_on, notice.months))
        day += DAY
    expected = set()
    for firm_id, (held, states) in many.items():
        if held.ended_on is not None:
            continue
        days = [(duty, on) for duty, on in YEARLY[held.rung] if held.valid_from < on <= held.valid_to]
        for duty, due_on in [*days, (f"{held.rung.value}.renewal", held.valid_to)]:
            rule = rule_for(duty, due_on)
            assert rule is not None
            for months in rule.notice_months:
                on = months_later(due_on, -months)
                if first <= on <= last and held.valid_from <= on and (duty, due_on) not in states:
                    expected.add((firm_id, duty, due_on, months))
    assert len(told) == len(set(told)) > 60
    assert set(told) == expected
    assert {months for *_rest, months in told} == {12, 6, 3, 1}


def test_a_week_of_notices_is_its_days_together(park, title, record) -> None:
    title(Rung.HTE, "2024-05-25", "2027-05-24")
    week = date(2026, 11, 22), date(2026, 11, 28)
    [notice] = notices_between(*week)
    assert (notice.due.duty, notice.months) == ("hte.renewal", 6)
    assert notices_between(*week, Firm.id == park.other_firm.id) == []
    assert [each.months for each in notices_between(date(2026, 11, 24), date(2026, 11, 24))] == [6]
    assert notices_between(date(2026, 11, 25), date(2026, 11, 25)) == []


def test_what_is_done_is_not_announced(park, title, record) -> None:
    title(Rung.HTE, "2025-05-25", "2028-05-24")
    assert [each.due.duty for each in notices_between(date(2027, 4, 30), date(2027, 4, 30))] == ["hte.annual_report"]
    record("hte.annual_report", "2027-05-31", DONE)
    assert notices_between(date(2027, 4, 30), date(2027, 4, 30)) == []
