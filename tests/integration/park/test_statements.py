"""What was stated of a list (no incident, no award) grows old: it vouches up to its day and for a year after, in both readings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.firms.facts.statements import VOUCHES
from crm.firms.models import Firm, FirmFact
from crm.ladder import service
from crm.ladder.facts import facts_of
from crm.ladder.gate import examine, open_items
from crm.ladder.models import Purpose, Rung, Stage
from crm.outlook.years import years_of
from crm.park.columns import park_columns
from crm.park.models import Readiness, Verdict
from crm.park.refresh import refresh
from crm.policy import edition_for, evaluate_columns
from crm.registers.models import REGISTER_LISTS, Register, RegisterEntry
from crm.web.formatting import day
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, advance, qualify, tech_sme_case
from tests.pages import check_page, text_of

LAST = TODAY + VOUCHES
TECH_SME = Rung.TECH_SME


def midday(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


def stated(session: Session, firm: Firm, said_on: date, *names: str) -> None:
    for fact in session.scalars(select(FirmFact).where(FirmFact.firm_id == firm.id, FirmFact.key.in_(names))):
        fact.as_of = said_on
    session.flush()


@pytest.mark.parametrize(
    ("on", "verdict"),
    [
        (date(2023, 6, 15), "met"),  # before the statement: it speaks of all that was
        (TODAY, "met"),
        (LAST - timedelta(days=1), "met"),
        (LAST, "met"),
        (LAST + timedelta(days=1), "unknown"),
        (date(2029, 6, 15), "unknown"),
    ],
)
def test_a_statement_of_none_vouches_for_a_year(session: Session, park: Park, on: date, verdict: str) -> None:
    """HT-08: no incident in the 365 days before the application."""
    service_says(session, park)
    edition = edition_for("hte", on)
    assessment = examine(park.firm, Rung.HTE, on).assessment
    assert assessment is not None and assessment.criterion("HT-08").verdict == verdict
    assert assessment.criterion("HT-08").missing == (() if verdict == "met" else ("incidents",))
    columns, _ids = park_columns(Firm.id == park.firm.id, on)
    assert evaluate_columns(edition, columns, on).clauses["HT-08"].tolist() == [{"met": 2, "unknown": 1}[verdict]]
    facts = facts_of(park.firm, on)
    assert facts.stale == ({} if verdict == "met" else {"incidents": TODAY})
    assert facts.document.get("incidents") == ([] if verdict == "met" else None)


def service_says(session: Session, park: Park) -> None:
    with time_machine.travel(midday(TODAY), tick=False):
        service.confirm_none(park.firm, "incidents", actor=park.officer)
    session.flush()


def test_columns_read_on_one_day_say_of_every_day_what_was_known_of_it(session: Session, park: Park) -> None:
    """The chains look back at the ends of months with the columns of today."""
    service_says(session, park)
    columns, _ids = park_columns(Firm.id == park.firm.id, LAST + timedelta(days=200))
    for on, code in ((LAST, 2), (LAST + timedelta(days=1), 1)):
        assert evaluate_columns(edition_for("hte", on), columns, on).clauses["HT-08"].tolist() == [code]


def test_said_again_it_vouches_again(session: Session, park: Park) -> None:
    service_says(session, park)
    late = LAST + timedelta(days=30)
    assert "incidents" not in facts_of(park.firm, late).document
    with time_machine.travel(midday(late), tick=False):
        service.confirm_none(park.firm, "incidents", actor=park.officer)
    assert facts_of(park.firm, late).document["incidents"] == []
    assert facts_of(park.firm, TODAY).document["incidents"] == []


def test_other_facts_do_not_grow_old_by_this_rule(session: Session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    document = facts_of(park.firm, LAST + timedelta(days=1)).document
    assert document["resident_cn"] is True and "incidents" not in document


def test_the_readiness_kept_of_a_firm_changes_on_the_day_after(session: Session, park: Park) -> None:
    """No one touches the firm: the new day alone has it judged again."""
    last = date(2026, 8, 31)
    qualify(session, park.firm, park.officer)
    stated(session, park.firm, last - VOUCHES, "incidents")
    session.commit()
    found: list[Any] = []
    for on in (last, last + timedelta(days=1)):
        with time_machine.travel(midday(on), tick=False):
            refresh()
        session.expire_all()
        kept = session.get_one(Readiness, (park.firm.id, TECH_SME))
        found.append((kept.verdict, kept.undecided))
    assert found == [(Verdict.MET, None), (Verdict.UNKNOWN, "TS-04")]


def test_years_past_are_judged_by_what_was_stated_then(session: Session, park: Park) -> None:
    """Today the statement is too old; of the years it was made for it still speaks."""
    qualify(session, park.firm, park.officer)
    on = date(2028, 6, 15)
    facts = facts_of(park.firm, on)
    examination = examine(park.firm, TECH_SME, on, Purpose.NEW, facts)
    assert examination.assessment is not None and set(facts.stale) == {"incidents", "credentials"}
    moments = years_of(park.firm, TECH_SME, Purpose.NEW, on, facts, examination.assessment).recomputed
    assert [(each.on, each.verdict) for each in moments] == [(TODAY, "met"), (on, "unknown")]


# --- what people see ---------------------------------------------------------------------------------------------


def said_long_ago(session: Session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    stated(session, park.firm, date(2024, 5, 1), "incidents")


@pytest.fixture
def today() -> Any:
    with time_machine.travel(midday(TODAY), tick=True):
        yield TODAY


def test_the_page_says_why_a_clause_is_unknown_and_one_click_says_it_again(
    session: Session, park: Park, sign_in: Any, today: date
) -> None:
    said_long_ago(session, park)
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/ladder?rung=tech_sme&purpose=new&on={today}"
    tree = check_page(client.get(address))
    [clause] = [each for each in tree.iter("li") if each.get("id") == "clause-TS-04"]
    assert "事故与违法" in text_of(clause) and "2024年5月1日 确认过没有，已过一年，请重新确认" in text_of(clause)
    forms = [each for each in tree.iter("form") if str(each.get("action")).endswith("/none")]
    sent = [{each.get("name"): each.get("value") for each in form.iter("input")} for form in forms]
    [fields] = [each for each in sent if each["list"] == "incidents"]
    answer = client.post(f"/firms/{park.firm.id}/none", data=fields)
    assert answer.headers["Location"] == f"{address}#opened"
    tree = check_page(client.get(address))
    [clause] = [each for each in tree.iter("li") if each.get("id") == "clause-TS-04"]
    assert "已过一年" not in text_of(clause) and f"截至 {day(today)}" in text_of(clause)
    assert f"/firms/{park.firm.id}/registers#incident" in [link.get("href") for link in clause.iter("a")]
    assert examine(park.firm, TECH_SME, today).assessment.verdict == "met"  # type: ignore[union-attr]


def test_it_does_not_lead_out_of_the_house(session: Session, park: Park, sign_in: Any) -> None:
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/none", data={"list": "awards", "next": "https://elsewhere.invalid/"}
    )
    assert answer.headers["Location"] == f"/firms/{park.firm.id}/ladder"


def test_the_registers_page_has_the_day_of_each_statement(
    session: Session, park: Park, sign_in: Any, today: date
) -> None:
    said_long_ago(session, park)
    service.confirm_none(park.firm, "awards", actor=park.officer)
    registers = f"/firms/{park.firm.id}/registers"
    page = check_page(sign_in(park.officer).get(registers))
    [block] = [each for each in page.iter("section") if each.get("id") == "none"]
    lines = [text_of(line) for line in block.iter("li")]
    assert "2024年5月1日 确认过没有，已过一年，请重新确认" in lines[0], "what has to be said again stands first"
    assert any(f"科技奖励：{day(today)} 确认没有" in line for line in lines)
    assert any("没有登记，还没有人确认过" in line and "标准" in line for line in lines)
    assert len(lines) == len(list(block.iter("button"))) == len(REGISTER_LISTS), "one block, a line and a click each"
    assert "重新确认" not in text_of(page).replace(text_of(block), ""), "and nowhere else"
    text = text_of(check_page(sign_in(park.manager).get(registers)))
    assert "确认过没有" in text


def test_the_page_of_rights_has_it_too(session: Session, park: Park, sign_in: Any, today: date) -> None:
    client, address = sign_in(park.officer), f"/firms/{park.firm.id}/ip"
    assert "确认没有知识产权" in text_of(check_page(client.get(address)))
    answer = client.post(f"/firms/{park.firm.id}/none", data={"list": "ip", "next": address})
    assert answer.headers["Location"] == address
    assert f"知识产权：{day(today)} 确认没有" in text_of(check_page(client.get(address)))


def test_a_move_that_waits_for_it_says_so(session: Session, park: Park, today: date) -> None:
    said_long_ago(session, park)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    [item] = [item for item in open_items(case, Stage.READY, today) if item.key == "TS-04"]
    assert item.state == "unknown" and "2024年5月1日 确认过没有，已过一年" in str(item.text)


def test_the_brief_asks_it_at_the_door(session: Session, park: Park, sign_in: Any, today: date) -> None:
    said_long_ago(session, park)
    page = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief"))
    [asked] = [item for item in page.findall(".//ol[@class='brief__asked']/li") if "事故" in text_of(item)]
    assert "还是没有事故与违法吗？" in text_of(asked)
    assert "2024年5月1日 确认过没有，已过一年，请重新确认" in text_of(asked)
    assert "走访表里可填" in text_of(asked), "the visit form has a tick for it"


# --- what counts against the firm ---------------------------------------------------------------------------------


def happened(session: Session, park: Park, on: date | None) -> None:
    session.add(
        RegisterEntry(firm=park.firm, register=Register.INCIDENT, name="事故", kind="safety", severity="major", on=on)
    )
    session.flush()


@pytest.mark.parametrize(
    ("entry", "stated_on", "on", "expected"),
    [
        (date(2019, 5, 1), None, TODAY, "unknown"),  # it does not say that nothing happened in seven years
        (date(2019, 5, 1), TODAY - VOUCHES, TODAY, "met"),
        (date(2019, 5, 1), TODAY - VOUCHES - timedelta(days=1), TODAY, "unknown"),
        (date(2019, 5, 1), None, date(2020, 4, 30), "not_met"),
        (TODAY - VOUCHES, None, TODAY, "not_met"),  # within the 365 days
        (date(2026, 6, 1), date(2023, 5, 1), TODAY, "not_met"),  # what happened is known, whatever else did
        (None, None, TODAY, "unknown"),
        (None, TODAY, TODAY, "unknown"),  # whether it was within the year
    ],
)
def test_an_old_incident_does_not_say_that_there_was_none_since(
    session: Session, park: Park, entry: date | None, stated_on: date | None, on: date, expected: str
) -> None:
    if stated_on is not None:
        service_says(session, park)
        stated(session, park.firm, stated_on, "incidents")
    happened(session, park, entry)
    edition = edition_for("hte", on)
    assessment = examine(park.firm, Rung.HTE, on).assessment
    assert assessment is not None and assessment.criterion("HT-08").verdict == expected
    columns, _ids = park_columns(Firm.id == park.firm.id, on)
    code = {"not_met": 0, "unknown": 1, "met": 2}[expected]
    assert evaluate_columns(edition, columns, on).clauses["HT-08"].tolist() == [code]


def test_that_there_was_no_other_is_stated_in_one_click(
    session: Session, park: Park, sign_in: Any, today: date
) -> None:
    qualify(session, park.firm, park.officer)
    stated(session, park.firm, date(2023, 5, 1), "incidents")
    happened(session, park, date(2024, 2, 2))
    client = sign_in(park.officer)
    tree = check_page(client.get(f"/firms/{park.firm.id}/ladder?rung=tech_sme"))
    assert "确认没有其他事故与违法" in text_of(tree)
    [clause] = [each for each in tree.iter("li") if each.get("id") == "clause-TS-04"]
    assert "2024年2月2日 以后没有人确认过没有新的" in text_of(clause)
    registers = f"/firms/{park.firm.id}/registers"
    assert "其他事故与失信：2023年5月1日 确认过没有，已过一年" in text_of(check_page(client.get(registers)))
    assert "除已登记的以外，还有没有事故与违法？" in text_of(check_page(client.get(f"/firms/{park.firm.id}/brief")))
    page = text_of(check_page(client.get(f"/firms/{park.firm.id}/what-if?rung=tech_sme&list.incidents=none")))
    assert "没有其他" in page
    client.post(f"/firms/{park.firm.id}/none", data={"list": "incidents"})
    assert examine(park.firm, TECH_SME, today).assessment.verdict == "met"  # type: ignore[union-attr]
    assert facts_of(park.firm, today).document["incidents"] == [
        {"kind": "safety", "severity": "major", "on": "2024-02-02"}
    ]
