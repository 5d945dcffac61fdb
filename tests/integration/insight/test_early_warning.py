"""What is going to be lost: each kind just inside and outside its line, in the order of what it costs and how near it is, kept by what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import Firm, FirmStatus
from crm.insight.early_warning import falling, lines
from crm.insight.early_warning.refresh import last_run, refresh, refresh_if_due
from crm.insight.models import EarlyWarning, EarlyWarningRun, WarningKind
from crm.ladder import service
from crm.ladder.models import Rung, Stage
from crm.park.refresh import refresh as refresh_readiness
from crm.visits.models import PlannedVisit, Visit
from tests.factories import Park, make_firm
from tests.integration.ladder.makers import TODAY, WAN, advance, qualify, tech_sme_case
from tests.queries import count_queries

YEAR = 365


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def grant(firm: Firm, rung: Rung, park: Park, valid_to: date | None, since: date | None = None) -> Any:
    since = since or day(-700)
    return service.grant_credential(
        firm, rung, number=f"{rung.value}-{firm.id}", valid_from=since, valid_to=valid_to, actor=park.officer
    )


def visit(session: Session, firm: Firm, park: Park, on: date) -> None:
    session.add(Visit(firm=firm, officer=park.officer, on=on, topics=[], said="谈过"))
    session.commit()


def add_right(session: Session, firm: Firm, filed_on: date | None, **values: Any) -> IpRight:
    named = {"kind": IpKind.UTILITY_MODEL, "status": IpStatus.VALID, "core_product": True, **values}
    right = IpRight(firm=firm, number=f"{firm.id}-{filed_on}", title="一种夹具", filed_on=filed_on, **named)
    session.add(right)
    session.commit()
    return right


def figures(session: Session, firm: Firm, rd: dict[int, int], revenue: int = 10_000) -> None:
    """R&D and revenue by year in 万元."""
    for year, amount in rd.items():
        session.add(YearlyFigures(firm=firm, year=year, rd=Decimal(amount * WAN), revenue=Decimal(revenue * WAN)))
    session.commit()


@pytest.fixture
def found(session: Session) -> Callable[..., list[EarlyWarning]]:
    """Work the warnings out; those of a kind in the order of the list."""

    def of(kind: WarningKind | None = None) -> list[EarlyWarning]:
        session.commit()
        refresh()
        session.expire_all()
        return [line.warning for line in lines.lines((), kind)]

    return of


# --- titles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rung", "days", "told"),
    [
        (Rung.HTE, 180, True),
        (Rung.HTE, 181, False),
        (Rung.HTE, 0, True),
        (Rung.HTE, -1, False),
        (Rung.TECH_SME, 90, True),  # a yearly title would be told of half its time
        (Rung.TECH_SME, 91, False),
    ],
)
def test_a_title_that_ends_soon(session, park: Park, found, rung: Rung, days: int, told: bool) -> None:
    grant(park.firm, rung, park, day(days), day(-300))
    warnings = found(WarningKind.TITLE_LAPSES)
    assert [(each.firm_id, each.rung, each.on) for each in warnings] == (
        [(park.firm.id, rung, day(days))] if told else []
    )


def test_no_warning_of_a_title_that_another_follows(session, park: Park, found) -> None:
    title = grant(park.firm, Rung.HTE, park, day(100))
    assert len(found(WarningKind.TITLE_LAPSES)) == 1
    service.renew_credential(title, number="2", valid_from=day(0), valid_to=day(3 * YEAR), actor=park.officer)
    assert found(WarningKind.TITLE_LAPSES) == []


def test_a_title_says_how_far_its_renewal_is_and_comes_after_those_of_its_day_nobody_works_on(
    session, park: Park, found
) -> None:
    worked_on, idle = park.firm, park.other_firm
    qualify(session, worked_on, park.officer)
    grant(worked_on, Rung.TECH_SME, park, day(60), day(-200))
    grant(idle, Rung.TECH_SME, park, day(60), day(-200))
    case = advance(tech_sme_case(worked_on, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    assert [each.firm_id for each in found(WarningKind.TITLE_LAPSES)] == [idle.id, worked_on.id]
    first, second = lines.lines((), WarningKind.TITLE_LAPSES)
    assert "没有进行中的培育项目" in first.why and "在“培育”阶段" in second.why
    assert second.warning.values == {"case": case.id, "stage": "cultivating"}


# --- windows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("today", "told"), [("2026-07-17", True), ("2026-07-16", False), ("2026-09-01", False)])
def test_a_ready_firm_whose_window_closes(session, park: Park, found, at_noon, today: str, told: bool) -> None:
    """The window of the technology-based SMEs closes on 31 August 2026."""
    qualify(session, park.firm, park.officer)
    make_firm(session, park.park)  # of which nothing is known
    session.commit()
    at_noon(date.fromisoformat(today))
    refresh_readiness()
    warnings = found(WarningKind.WINDOW_CLOSES)
    assert [(each.firm_id, each.rung, each.on) for each in warnings] == (
        [(park.firm.id, Rung.TECH_SME, date(2026, 8, 31))] if told else []
    )


def test_who_holds_the_title_or_has_applied_misses_no_window(session, park: Park, found, at_noon) -> None:
    at_noon(date(2026, 8, 1))
    firms = [park.firm, *(make_firm(session, park.park) for _each in range(3))]
    for firm in firms:
        qualify(session, firm, park.officer)
    holder, applied, ready, idle = firms
    for firm, to in ((applied, Stage.APPLIED), (ready, Stage.READY)):
        advance(tech_sme_case(firm, park.officer, day(-5)), to, park.officer, park.manager, day(-4))
    grant(holder, Rung.TECH_SME, park, date(2026, 12, 31), date(2026, 1, 1))
    session.commit()
    refresh_readiness()
    warnings = found(WarningKind.WINDOW_CLOSES)
    assert [each.firm_id for each in warnings] == [idle.id, ready.id], "nobody prepares anything for the first"
    idle_line, ready_line = lines.lines((), WarningKind.WINDOW_CLOSES)
    assert "没有进行中的培育项目" in idle_line.why and "在“达标”阶段" in ready_line.why


# --- figures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def giant(session: Session, park: Park) -> Firm:
    """Holds the title of a specialised SME, whose review asks for R&D of 3 % in each of two years."""
    grant(park.firm, Rung.SRDI, park, day(700))
    visit(session, park.firm, park, day(-1))
    return park.firm


@pytest.mark.parametrize(
    ("rd", "told"),
    [
        ({2023: 500, 2024: 410, 2025: 330}, True),  # 2026: 243.33 of 10,000
        ({2023: 360, 2024: 340, 2025: 320}, False),  # 2026: 300 of 10,000, which is the line
        ({2023: 360, 2024: 340, 2025: 319}, True),
        ({2023: 500, 2024: 410, 2025: 299}, False),  # fails today already
        ({2023: 300, 2024: 310, 2025: 330}, False),  # rises
        ({2025: 310}, False),  # no trend
    ],
)
def test_figures_that_fall_below_the_line(session, giant: Firm, found, rd: dict[int, int], told: bool) -> None:
    figures(session, giant, rd)
    warnings = found(WarningKind.FIGURES_FALL)
    assert [(each.firm_id, each.rung, each.on) for each in warnings] == (
        [(giant.id, Rung.SRDI, date(2026, 12, 31))] if told else []
    )


def test_falling_figures_are_told_with_the_numbers(session, giant: Firm, found) -> None:
    figures(session, giant, {2023: 500, 2024: 410, 2025: 330})
    found()
    [line] = lines.lines((), WarningKind.FIGURES_FALL)
    assert "研发占比 2023 年 5%，2024 年 4.1%，2025 年 3.3%；按趋势推算 2026 年 2.43%" in line.why
    assert "近两年每年研发费用总额与占比" in line.why
    assert line.warning.values["purpose"] == "review"


def test_only_holders_in_business_are_watched(session, park: Park, giant: Firm, found) -> None:
    figures(session, giant, {2023: 500, 2024: 410, 2025: 330})
    figures(session, park.other_firm, {2023: 500, 2024: 410, 2025: 330})
    assert [each.firm_id for each in found(WarningKind.FIGURES_FALL)] == [giant.id]
    giant.status = FirmStatus.DEREGISTERED
    assert found() == []


def test_a_run_judges_so_many_and_says_how_many_more_there_are(
    session, park: Park, giant: Firm, found, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures(session, giant, {2023: 500, 2024: 410, 2025: 330})
    lowest = make_firm(session, park.park)
    grant(lowest, Rung.SRDI, park, day(700))
    figures(session, lowest, {2023: 500, 2024: 410, 2025: 320})
    monkeypatch.setattr(falling, "AT_MOST", 1)
    assert [each.firm_id for each in found(WarningKind.FIGURES_FALL)] == [lowest.id]
    run = last_run()
    assert run is not None and run.unjudged == 1


# --- rights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_on", "values", "ends_on"),
    [
        (date(2016, 6, 15), {}, date(2026, 6, 15)),
        (date(2016, 6, 14), {}, None),
        (date(2017, 6, 15), {}, date(2027, 6, 15)),
        (date(2017, 6, 16), {}, None),
        (date(2007, 1, 1), {"kind": IpKind.INVENTION}, date(2027, 1, 1)),
        (date(2017, 1, 1), {"kind": IpKind.DESIGN}, date(2027, 1, 1)),  # before 1 June 2021: ten years
        (date(2012, 1, 1), {"kind": IpKind.DESIGN}, None),
        (date(2017, 1, 1), {"core_product": None, "high_value": True}, date(2027, 1, 1)),
        (date(2017, 1, 1), {"core_product": None}, None),
        (date(2017, 1, 1), {"status": IpStatus.LAPSED}, None),
        (date(2017, 1, 1), {"status": None}, None),
        (None, {}, None),
    ],
)
def test_a_key_right_whose_term_ends_within_a_year(
    session, park: Park, found, filed_on: date | None, values: dict[str, Any], ends_on: date | None
) -> None:
    add_right(session, park.firm, filed_on, **values)
    assert [each.on for each in found(WarningKind.PATENT_ENDS)] == ([ends_on] if ends_on else [])


# --- contact -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "told"), [(180, True), (179, False), (None, True)])
def test_a_firm_nobody_saw_for_half_a_year(session, park: Park, found, days: int | None, told: bool) -> None:
    grant(park.firm, Rung.HTE, park, day(700), day(-100))
    grant(park.other_firm, Rung.TECH_SME, park, day(200), day(-100))  # the first rung alone is not watched
    if days is not None:
        visit(session, park.firm, park, day(-days - 40))
        visit(session, park.firm, park, day(-days))
    warnings = found(WarningKind.UNSEEN)
    assert [each.firm_id for each in warnings] == ([park.firm.id] if told else [])
    if told:
        [line] = lines.lines((), WarningKind.UNSEEN)
        assert (line.what, line.warning.on) == (("久未走访", day(0)) if days else ("从未走访", day(-100)))


def test_a_case_under_way_is_seen_to_and_a_visit_that_is_planned_settles_it(session, park: Park, found) -> None:
    tech_sme_case(park.firm, park.officer)
    assert [each.firm_id for each in found(WarningKind.UNSEEN)] == [park.firm.id]
    session.add(PlannedVisit(firm=park.firm, officer=park.officer, on=day(3)))
    assert found(WarningKind.UNSEEN) == []


# --- the list and what is kept -------------------------------------------------------------------------------------


def test_the_order_is_what_is_lost_then_the_nearest_day_then_the_rung(session, park: Park, found, at_noon) -> None:
    at_noon(date(2026, 8, 1))
    ready = make_firm(session, park.park)
    qualify(session, ready, park.officer)
    giant, small, other = (make_firm(session, park.park) for _each in range(3))
    grant(giant, Rung.LITTLE_GIANT, park, day(200))
    grant(giant, Rung.SRDI, park, day(700))
    figures(session, giant, {2023: 500, 2024: 410, 2025: 330})
    grant(small, Rung.HTE, park, day(60))
    grant(small, Rung.SRDI, park, day(60))
    grant(other, Rung.HTE, park, day(50))
    add_right(session, park.firm, date(2017, 1, 1))
    session.commit()
    refresh_readiness()
    kinds = WarningKind
    assert [(each.kind, each.firm_id, each.rung) for each in found()] == [
        (kinds.TITLE_LAPSES, other.id, Rung.HTE),
        (kinds.TITLE_LAPSES, small.id, Rung.SRDI),
        (kinds.TITLE_LAPSES, small.id, Rung.HTE),
        (kinds.TITLE_LAPSES, giant.id, Rung.LITTLE_GIANT),
        (kinds.WINDOW_CLOSES, ready.id, Rung.TECH_SME),
        (kinds.FIGURES_FALL, giant.id, Rung.SRDI),
        (kinds.PATENT_ENDS, park.firm.id, None),
        (kinds.UNSEEN, giant.id, Rung.LITTLE_GIANT),
        (kinds.UNSEEN, small.id, Rung.SRDI),
        (kinds.UNSEEN, other.id, Rung.HTE),
    ]
    gravest = lines.top([Firm.id.in_([other.id, ready.id])], 2)
    assert [line.warning.firm_id for line in gravest] == [other.id, ready.id]


def test_what_is_settled_goes_and_what_stays_is_not_written_again(session, park: Park, found, at_noon) -> None:
    grant(park.firm, Rung.HTE, park, day(100))
    grant(park.other_firm, Rung.HTE, park, day(100))
    assert len(found()) == 4
    at_noon(day(1))
    assert refresh() == 0, "the day alone changes nothing"
    visit(session, park.firm, park, day(1))
    assert refresh() == 1
    assert [(each.firm_id, each.kind) for each in session.scalars(select(EarlyWarning))].count(
        (park.firm.id, WarningKind.UNSEEN)
    ) == 0
    assert len(session.scalars(select(EarlyWarning)).all()) == 3
    assert len(session.scalars(select(EarlyWarningRun)).all()) == 1


def test_worked_out_once_an_hour_and_on_a_new_day(session, park: Park, at_noon) -> None:
    def runs() -> int:
        run = last_run()
        return run.id if run else 0

    refresh_if_due()
    first = runs()
    refresh_if_due()
    assert first and runs() == first
    at_noon(TODAY, minutes=61)
    refresh_if_due()
    assert runs() > first
    second = runs()
    at_noon(day(1))
    refresh_if_due()
    assert runs() > second


def test_as_many_queries_for_many_firms_as_for_few(session, park: Park, found) -> None:
    def asked() -> int:
        session.commit()
        with count_queries(session) as statements:
            refresh()
        return len(statements)

    def add(number: int) -> None:
        for _each in range(number):
            firm = make_firm(session, park.park)
            grant(firm, Rung.HTE, park, day(100))
            grant(firm, Rung.SRDI, park, day(100))
            figures(session, firm, {2023: 500, 2024: 410, 2025: 330})
            add_right(session, firm, date(2017, 1, 1))

    add(2)
    refresh()
    few = asked()
    add(10)
    refresh()
    assert asked() == few
