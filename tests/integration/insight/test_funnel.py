"""The funnel: past days recomputed from the log by hand, and every number as long as the list it opens."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.firms.models import Chain, Division, Firm, Industry
from crm.insight.filters import conditions
from crm.insight.funnel import funnel, trend
from crm.ladder import service
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Rung, Stage
from tests.factories import Park, make_firm
from tests.integration.insight.opening import assert_each_opens_its_firms, counts, part
from tests.integration.ladder.makers import TODAY, advance, qualify, tech_sme_case
from tests.pages import check_page, text_of
from tests.queries import count_queries


def day(month: int, of_month: int = 1) -> date:
    return date(2026, month, of_month)


@pytest.fixture
def history(session, park: Park) -> Park:
    """Five months of three firms in the park and one outside: certified, dropped and reopened, moved back, revoked."""
    officer, manager = park.officer, park.manager
    certified, wavering, stepping = park.firm, make_firm(session, park.park), make_firm(session, park.park)
    for firm in (certified, wavering, stepping):
        qualify(session, firm, officer)
    first = tech_sme_case(certified, officer, day(1))
    for month, stage in enumerate((Stage.CULTIVATING, Stage.READY, Stage.APPLIED, Stage.CERTIFIED), start=2):
        advance(first, stage, officer, manager, day(month))
    second = tech_sme_case(wavering, officer, day(2, 10))
    service.drop_case(second, "企业放弃", actor=officer, on=day(3, 10))
    service.reopen_case(second, "又想申报", actor=officer, on=day(5, 10))
    third = tech_sme_case(stepping, officer, day(1, 15))
    advance(third, Stage.READY, officer, manager, day(3))
    service.move_case(third, Stage.CULTIVATING, actor=officer, reason="数据有误", on=day(4, 20))
    service.open_case(stepping, Rung.HTE, actor=officer, on=day(4, 20))
    title = service.grant_credential(
        stepping, Rung.HTE, number="GR1", valid_from=date(2024, 1, 1), valid_to=date(2026, 12, 31), actor=officer
    )
    service.revoke_credential(title, "虚假材料", actor=officer, on=day(4, 1))
    lapsed = service.grant_credential(
        wavering, Rung.HTE, number="GR2", valid_from=date(2023, 3, 1), valid_to=day(2, 28), actor=officer
    )
    service.record_expiries(TODAY, actor=park.administrator)
    assert lapsed.ended_on == day(3)
    tech_sme_case(park.other_firm, park.other_officer, day(3))
    session.commit()
    return park


def by_hand(session, on: date, firms: set[int] | None = None) -> tuple[Counter, Counter]:
    """Walk each case's log up to the day, and each title's term, in plain Python; of some firms or all."""
    stages: Counter = Counter()
    for case in session.scalars(select(Case)):
        if firms is not None and case.firm_id not in firms:
            continue
        steps = [e for e in sorted(case.events, key=lambda e: (e.on, e.id)) if e.on <= on]
        if steps and steps[-1].to_status in (CaseStatus.OPEN, CaseStatus.CERTIFIED):
            stages[case.rung, steps[-1].to_stage] += 1
    held = Counter(
        title.rung
        for title in session.scalars(select(Credential))
        if (firms is None or title.firm_id in firms)
        and title.valid_from <= on <= (title.valid_to or on)
        and (title.ended_on is None or on < title.ended_on)
    )
    return stages, held


def test_every_day_of_half_a_year_is_as_the_log_says(session, history: Park) -> None:
    on = date(2025, 12, 25)
    while on <= TODAY:
        stages, held = by_hand(session, on)
        found = funnel(on)
        assert {
            key: n for rung in Rung for stage in Stage if (n := found.stages[(key := (rung, stage))[0]][stage])
        } == stages, on
        assert {rung: n for rung, n in found.held.items() if n} == held, on
        on += timedelta(days=1)


def test_days_that_a_person_can_check(session, history: Park) -> None:
    def tech_sme(on: date) -> dict[str, int]:
        return {stage.value: n for stage, n in funnel(on).stages[Rung.TECH_SME].items() if n}

    assert tech_sme(day(2, 28)) == {"cultivating": 1, "pool": 2}
    assert tech_sme(day(3)) == {"ready": 2, "pool": 2}
    assert tech_sme(day(4, 19)) == {"applied": 1, "ready": 1, "pool": 1}
    assert tech_sme(TODAY) == {"certified": 1, "cultivating": 1, "pool": 2}
    assert [funnel(on).held[Rung.HTE] for on in (day(2, 28), day(3), day(3, 31), day(4))] == [2, 1, 1, 0]


def test_today_from_the_cases_is_today_from_the_log(session, history: Park) -> None:
    """Two ways to read the same day agree: the log's last steps and the cases as they stand."""
    latest = session.scalar(select(CaseEvent.on).order_by(CaseEvent.on.desc()).limit(1))
    assert latest < TODAY
    assert funnel(TODAY).stages == funnel(TODAY - timedelta(days=1)).stages


def test_two_queries_for_all_of_it(session, history: Park) -> None:
    for on in (TODAY, day(3)):
        with count_queries(session) as asked:
            funnel(on)
        assert len(asked) == 2


def test_the_command_prints_the_contract(app, session, history: Park) -> None:
    printed = json.loads(app.test_cli_runner().invoke(args=["funnel", "--on", "2026-03-01"]).output)
    assert list(printed) == ["on", "rungs"]
    assert printed["on"] == "2026-03-01"
    assert list(printed["rungs"]) == [rung.value for rung in Rung]
    assert printed["rungs"]["tech_sme"] == {
        "held": 0,
        "stages": {"pool": 2, "cultivating": 0, "ready": 2, "applied": 0, "certified": 0},
    }
    today = json.loads(app.test_cli_runner().invoke(args=["funnel"]).output)
    assert (today["on"], today["rungs"]["tech_sme"]["held"]) == (TODAY.isoformat(), 1)


def numbers(tree) -> dict[str, int]:
    """Every number of the funnel's table, by the address it opens."""
    [table] = list(tree.iter("table"))
    return {a.get("href"): int(text_of(a)) for a in table.iter("a")}


def listed(client, address: str) -> int:
    tree = check_page(client.get(address))
    return len([row for body in tree.iter("tbody") for row in body.iter("tr")])


@pytest.mark.parametrize("on", [None, "2026-03-01", "2026-04-19"])
@pytest.mark.parametrize("narrowed", ["", "organisation", "officer", "industry", "chain"])
def test_every_number_opens_exactly_its_firms(session, history: Park, sign_in, on: str | None, narrowed: str) -> None:
    park = history
    session.add_all([Industry(code="Z", name="测试门类", level="门类"), Chain(name="测试链", name_en="Test chain")])
    session.flush()
    session.add(Industry(code="Z99", name="测试大类", level="大类", parent_code="Z"))
    session.flush()
    park.firm.industry_code = "Z99"
    park.firm.chain_id = session.scalar(select(Chain.id).where(Chain.name == "测试链"))
    value = {
        "organisation": park.county.id,
        "officer": park.officer.id,
        "industry": "Z",
        "chain": park.firm.chain_id,
    }.get(narrowed)
    query = "&".join(part for part in (f"{narrowed}={value}" if narrowed else "", f"on={on}" if on else "") if part)
    client = sign_in(park.administrator)
    found = numbers(check_page(client.get(f"/funnel?{query}")))
    assert len(found) == len(Rung) * 6
    assert sum(found.values()) > 0
    for address, number in found.items():
        if number or address.endswith(("tech_sme", "stage=pool")):
            assert listed(client, address) == number, address


def test_a_manager_counts_only_what_lies_below_them(session, history: Park, sign_in) -> None:
    def pool(user) -> int:
        found = numbers(check_page(sign_in(user).get("/funnel")))
        return next(n for address, n in found.items() if "rung=tech_sme" in address and "stage=pool" in address)

    assert (pool(history.administrator), pool(history.manager), pool(history.other_officer)) == (2, 1, 1)


def test_a_wrong_date_and_a_day_to_come_are_told_and_today_is_shown(session, history: Park, sign_in) -> None:
    client = sign_in(history.manager)
    assert "日期没有采用" in text_of(check_page(client.get("/funnel?on=2026-02-30")))
    assert "日期没有采用" in text_of(check_page(client.get("/funnel?on=abc")))
    later = check_page(client.get("/funnel?on=2030-01-01"))
    assert "日期没有采用，下面是今天的数" in text_of(later) and "日期不能晚于今天" in text_of(later)
    assert numbers(later) == numbers(check_page(client.get("/funnel")))


def test_a_firm_has_no_funnel(park: Park, sign_in) -> None:
    assert sign_in(park.firm_user).get("/funnel").status_code == 403


@pytest.mark.parametrize("on", [TODAY, day(4, 19), day(3), day(2, 28)])
@pytest.mark.parametrize("narrowed", ["organisation", "division", "industry", "officer", "chain"])
def test_each_filter_counts_what_the_log_says_of_its_firms(session, history: Park, on: date, narrowed: str) -> None:
    """The narrowed counts of four days, by hand: only the firms that the filter means."""
    park = history
    session.add_all([Industry(code="Z", name="测试门类", level="门类"), Chain(name="测试链", name_en="Test chain")])
    session.flush()
    session.add(Industry(code="Z99", name="测试大类", level="大类", parent_code="Z"))
    session.add(Division(code="430902", name="资阳区"))
    session.flush()
    chain = session.scalar(select(Chain.id).where(Chain.name == "测试链"))
    firms = list(session.scalars(select(Firm)))
    for firm in firms[:2]:
        firm.industry_code, firm.chain_id, firm.division_code = "Z99", chain, "430902"
    session.commit()
    value = {
        "organisation": park.county.id,
        "division": "430900",
        "industry": "Z",
        "officer": park.officer.id,
        "chain": chain,
    }[narrowed]
    meant = {
        "organisation": lambda firm: firm.organisation_id == park.park.id,
        "officer": lambda firm: firm.officer_id == park.officer.id,
    }.get(narrowed, lambda firm: firm in firms[:2])
    ids = {firm.id for firm in firms if meant(firm)}
    assert 0 < len(ids) < len(firms)
    stages, held = by_hand(session, on, ids)
    found = funnel(on, conditions(park.administrator, {narrowed: str(value)}))
    assert {(rung, stage): n for rung in Rung for stage in Stage if (n := found.stages[rung][stage])} == stages
    assert {rung: n for rung, n in found.held.items() if n} == held


def test_the_trend_is_the_funnel_of_each_quarter(session, history: Park, sign_in) -> None:
    days = [date(2025, 12, 31), day(3, 31), TODAY]
    narrowed = conditions(history.administrator, {"officer": str(history.officer.id)})
    for some in ((), narrowed):
        with count_queries(session) as asked:
            found = trend(days, some)
        assert len(asked) == 1
        assert found == {on: funnel(on, some).held for on in days}
    client = sign_in(history.administrator)
    tree = part(client, "/funnel/trend?on=2026-04-10")
    rows = [text_of(row) for body in tree.iter("tbody") for row in body.iter("tr")]
    assert len(rows) == 9
    assert (rows[0].split()[0], rows[-2].split()[0], rows[-1].split()[0]) == (
        "2024年6月30日",
        "2026年3月31日",
        "2026年4月10日",
    )
    assert_each_opens_its_firms(client, counts(tree))


def test_nothing_counted_steps_back(session, history: Park, sign_in) -> None:
    tree = check_page(sign_in(history.administrator).get("/funnel?on=2026-03-01"))
    counted = {True: set(), False: set()}
    for cell in tree.iterfind(".//main//table//td"):
        counted["cell--zero" in cell.get("class")].add(text_of(cell).strip())
    assert counted[True] == {"0"}
    assert counted[False] and "0" not in counted[False]


def test_the_picture_opens_the_same_firms_as_the_table(session, history: Park, sign_in) -> None:
    client = sign_in(history.administrator)
    tree = check_page(client.get("/funnel?on=2026-03-01"))
    table = numbers(tree)
    pictures = [each for each in tree.iter() if "funnel" in (each.get("class") or "").split()]
    assert len(pictures) == 2, "one for a desk, one for a phone"
    for picture in pictures:
        links = [each for each in picture.iter() if each.get("href")]
        assert len(links) >= 10
        for link in links:
            address, number = link.get("href"), int(re.findall(r"(\d+) 家", link.get("aria-label"))[0])
            assert number == (table[address] if address in table else listed(client, address)), address
