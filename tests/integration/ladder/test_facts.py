"""The facts document is the contract of the engine: names, units, and what is unknown stays away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import FirmFact, State
from crm.ladder import service
from crm.ladder.facts import facts_of, place_of
from crm.ladder.gate import examine
from crm.ladder.models import Rung
from crm.policy import Facts
from crm.policy.vocabulary import FIGURES
from crm.registers.models import Level, Register, RegisterEntry
from tests.factories import Park
from tests.integration.ladder.makers import TODAY


def test_an_empty_firm_has_no_facts_at_all(session, park: Park) -> None:
    assert facts_of(park.firm, TODAY).document == {}


def test_amounts_are_exact_ten_thousands_and_unknown_values_stay_away(session, park: Park) -> None:
    row = YearlyFigures(firm=park.firm, year=2025, revenue=Decimal("12345678.91"), rd=Decimal(0), employees=0)
    row.sources.append(FigureSource(key="revenue", state=State.VERIFIED, entered_by=park.officer))
    session.add(row)
    session.flush()
    facts = facts_of(park.firm, TODAY)
    assert facts.document["years"] == {"2025": {"revenue": "1234.567891", "rd": "0", "employees": 0}}
    source = facts.source("years.2025.revenue")
    assert source is not None
    assert (source.year, source.state) == (2025, State.VERIFIED)
    assert facts.source("years.2025.net_profit") is None


def test_every_yearly_figure_of_the_engine_can_be_entered_and_is_read(session, park: Park) -> None:
    assert set(FIGURES) <= set(KEYS)
    years = {
        year: {"net_profit": Decimal(20_000_000), "roe": Decimal("0.085"), "college_staff": 30, "employees": 100}
        for year in (2012, 2013, 2014, 2024, 2025)
    }
    session.add_all(YearlyFigures(firm=park.firm, year=year, **values) for year, values in years.items())
    session.add(FirmFact(firm=park.firm, key="market_value", value=20000, as_of=TODAY, entered_by=park.officer))
    session.flush()
    facts = facts_of(park.firm, TODAY)
    assert Facts.from_document(facts.document).years[2025]["roe"] == Fraction("0.085")
    board = examine(park.firm, Rung.LISTED_BSE, TODAY, facts=facts).assessment
    assert board is not None and board.criterion("BJ-1").verdict == "met"
    old = examine(park.firm, Rung.HTE, date(2015, 6, 1), facts=facts).assessment
    assert old is not None and old.criterion("H8-04a").verdict == "met"


def test_every_list_and_fact_is_read_by_the_engine(session, park: Park) -> None:
    firm, officer = park.firm, park.officer
    firm.registered_on, firm.tech_field = date(2015, 3, 1), 8
    session.add(IpRight(firm=firm, kind=IpKind.SOFTWARE, number="2020SR0000001", title="软件", in_use=True))
    session.add(IpRight(firm=firm, kind=IpKind.TRADEMARK, number="T1", title="商标"))
    entries = {
        Register.INSTITUTION: {"level": Level.CITY},
        Register.AWARD: {"level": Level.NATIONAL, "rank": 2, "on": date(2024, 1, 1)},
        Register.EQUITY: {"amount": Decimal(20_000_000), "qualified": True, "on": date(2025, 2, 1)},
        Register.STANDARD: {"level": Level.INDUSTRY, "rank": 1, "on": date(2024, 5, 1)},
        Register.HONOUR: {"kind": "ip_advantage", "on": date(2023, 1, 1), "valid_to": date(2026, 12, 31)},
        Register.INCIDENT: {"kind": "safety", "on": date(2026, 1, 1)},
    }
    for register, values in entries.items():
        session.add(RegisterEntry(firm=firm, register=register, name="条目", **values))
    for key, value in {"market_share": "0.12", "expert.ip_advancement": 7, "choices.tech_sme_rd_route": "cost"}.items():
        session.add(FirmFact(firm=firm, key=key, value=value, as_of=TODAY, entered_by=officer))
    session.flush()
    document = facts_of(firm, TODAY).document
    Facts.from_document(document)
    assert document["registered_on"] == "2015-03-01"
    assert document["ip"] == [{"kind": "software", "number": "2020SR0000001", "in_use": True}]
    assert document["equity"] == [{"on": "2025-02-01", "amount": "2000", "qualified": True}]
    assert document["honours"] == [{"name": "ip_advantage", "on": "2023-01-01", "valid_to": "2026-12-31"}]
    assert document["incidents"] == [{"kind": "safety", "on": "2026-01-01"}]
    assert (document["expert"], document["choices"]) == ({"ip_advancement": 7}, {"tech_sme_rd_route": "cost"})


def test_titles_are_those_held_up_to_the_date(session, park: Park) -> None:
    officer = park.officer
    hte = service.grant_credential(
        park.firm, Rung.HTE, number="GR1", valid_from=date(2024, 1, 1), valid_to=date(2026, 12, 31), actor=officer
    )
    service.revoke_credential(hte, "弄虚作假", actor=officer, on=date(2026, 3, 1))
    assert "credentials" not in facts_of(park.firm, date(2023, 12, 31)).document
    assert facts_of(park.firm, TODAY).document["credentials"] == [
        {"rung": "hte", "from": "2024-01-01", "to": "2026-02-28", "revoked_on": "2026-03-01"}
    ]


def test_none_recorded_is_not_the_same_as_unknown(session, park: Park) -> None:
    assert "awards" not in facts_of(park.firm, TODAY).document
    service.confirm_none(park.firm, "awards", actor=park.officer)
    assert facts_of(park.firm, TODAY).document["awards"] == []
    session.add(RegisterEntry(firm=park.firm, register=Register.AWARD, name="奖", level=Level.NATIONAL))
    session.flush()
    assert facts_of(park.firm, TODAY).document["awards"] == [{"level": "national", "name": "奖"}]


def test_every_kind_of_fact_has_a_page_where_it_is_mended(app, park: Park) -> None:
    with app.test_request_context():
        from flask import url_for

        for path in (
            "years.2025.rd",
            "ip",
            "ip[2].status",
            "market_share",
            "tech_field",
            "expert.transfer",
            "credentials",
            "equity",
        ):
            endpoint, arguments = place_of(park.firm.id, path)
            assert url_for(endpoint, **arguments).startswith(f"/firms/{park.firm.id}/"), path


def test_an_institution_of_a_level_of_the_place_is_an_institution(session, park: Park) -> None:
    """An administrator adds levels (区级): no criterion names them, and none may overlook what bears them."""
    for level, name in ((Level.CITY, "市级中心"), ("district", "区级中心")):
        session.add(RegisterEntry(firm=park.firm, register=Register.INSTITUTION, level=level, name=name))
    session.add(RegisterEntry(firm=park.firm, register=Register.AWARD, level="district", name="区级科技奖"))
    session.flush()
    document = facts_of(park.firm, TODAY).document
    assert sorted(each["level"] for each in document["rd_institutions"]) == ["another", "city"]
    assert document["awards"] == []  # criteria that count awards mean those of the state and the province
    assert len(Facts.from_document(document).lists["rd_institutions"]) == 2
