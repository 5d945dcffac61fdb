"""What is worked out for policy pages: the same as each firm's own page says, counted by organisation, and what became of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.rules import later
from crm.firms.models import Firm, Industry
from crm.incentives import effect
from crm.incentives.effect import refresh, refresh_if_due
from crm.incentives.models import EntitlementRow, IncentiveCount, IncentiveRun, PolicyEffect
from crm.incentives.queries import counts
from crm.incentives.rules import incentives
from crm.incentives.subjects import entitlements_of
from crm.kernel import audit, clock
from crm.ladder.models import Credential, Rung
from crm.registers.models import Register, RegisterEntry
from tests.factories import make_firm
from tests.integration.incentives.makers import (
    YEAR,
    adopt,
    claim_contract,
    contract,
    figures,
    institution,
    paid,
)

TODAY = clock.today()


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)


def title(session, firm: Firm, rung: Rung, since: date, until: date | None = None) -> None:
    session.add(Credential(firm=firm, rung=rung, valid_from=since, valid_to=until or later(since, years=3)))
    session.flush()


def test_the_columns_say_of_every_firm_what_its_own_page_says(session, park) -> None:
    for name in incentives():
        adopt(park, name, **({"rate": "0.07", "cap": "9"} if name in ("rd_intensity", "rd_growth") else {}))
    cases = [
        {"industry_code": "3973"},
        {"industry_code": "5131"},
        {"industry_code": None},
        {"industry_code": "3599"},
    ]
    amounts = [
        ("4000", "200"),
        ("4000", "199.99"),
        ("16666.67", "666.6668"),
        ("30000", "901.37"),
        ("4000", "0"),
        (None, "80"),
    ]
    session.add_all(Industry(code=code, name=code, level="4") for code in ("3973", "5131", "3599"))
    session.flush()
    firms = []
    for number, (revenue, rd) in enumerate(amounts):
        firm = make_firm(session, park.park if number % 2 else park.other_park, **cases[number % len(cases)])
        for year in (YEAR - 2, YEAR - 1, YEAR):
            given = {"rd": rd} if revenue is None else {"revenue": revenue, "rd": rd}
            if (number, year) != (3, YEAR - 1):
                figures(firm, park.officer, year, **given)
        if number in (0, 3):
            title(session, firm, Rung.HTE, date(YEAR - 1, 3, 1), date(YEAR, 12, 30))
        firms.append(firm)
    figures(firms[1], park.officer, YEAR - 3, rd="100.01", revenue="4000")
    contract(firms[0], "1000.01")
    contract(firms[0], None, party="演示矿冶研究院有限公司")
    contract(firms[1], role=None)
    institution(firms[2], "national")
    institution(firms[2], "below")
    institution(firms[3], None)
    refresh()
    rows = session.execute(select(EntitlementRow)).scalars()
    kept = {(row.firm_id, row.incentive, row.year, row.cause): (row.verdict, row.amount) for row in rows}
    said = {}
    for firm in firms:
        document = _rd(session, firm)
        for line in entitlements_of(firm, range(YEAR - 2, YEAR + 2)):
            told = line.rule.of_entries or line.rule.register or line.year in document
            if line.verdict != "not_met" and line.year is not None and told:
                needs_both = line.rule.base is not None and line.rule.base.increase
                if needs_both and line.year - 1 not in document:
                    continue
                said[firm.id, line.rule.incentive, line.year, line.cause] = (line.verdict, line.amount)
    assert kept == said
    assert len({key[1] for key in said}) >= 6


def _rd(session, firm: Firm) -> dict[int, Decimal]:
    rows = session.execute(
        select(YearlyFigures.year, YearlyFigures.rd).where(
            YearlyFigures.firm_id == firm.id, YearlyFigures.rd.is_not(None)
        )
    )
    return dict(rows.all())


def test_counts_are_of_the_readers_organisations_and_sums_are_exact(session, park) -> None:
    adopt(park, "contract_receiver")
    contract(park.firm, "850.0001")
    contract(park.firm, "100")
    contract(park.other_firm, "1000.01")
    contract(park.other_firm, None)
    refresh()
    everyone = counts(park.administrator, "contract_receiver")["contract_receiver", YEAR]
    assert everyone["entitled"] == 2
    assert Decimal(everyone["amount"]).scaleb(-2) == Decimal("170000.02") + 20_000 + 200_000
    assert everyone["unnamed"] == 1
    own = counts(park.officer, "contract_receiver")["contract_receiver", YEAR]
    assert (own["entitled"], own["amount"]) == (1, 19_000_002)


def test_who_was_paid_stands_beside_who_was_not(session, park, monkeypatch) -> None:
    adopt(park, "contract_receiver")
    given, left_out, climbed_before = park.firm, make_firm(session, park.park), make_firm(session, park.park)
    for firm in (given, left_out, climbed_before):
        contract(firm, on=date(YEAR - 2, 5, 1))
    entry = contract(given)
    claim = paid(claim_contract(given, park.officer, entry), park.manager)
    claim.paid_on = later(TODAY, years=-2)
    title(session, given, Rung.HTE, claim.paid_on + timedelta(days=366))
    title(session, given, Rung.SRDI, claim.paid_on)  # on the day itself: not after it
    end = date(YEAR - 2, 12, 31)
    title(session, left_out, Rung.TECH_SME, later(end, years=1))
    title(session, climbed_before, Rung.TECH_SME, end)
    title(session, climbed_before, Rung.TECH_SME, end + timedelta(days=50))  # renewed: no rung gained
    refresh()
    rows = {row.firm_id: row for row in session.execute(select(PolicyEffect)).scalars()}
    seen = {firm.id: (rows[firm.id].paid, rows[firm.id].gained_1, rows[firm.id].gained_2) for firm in (given, left_out)}
    assert seen == {given.id: (True, 0, 1), left_out.id: (False, 1, None if later(end, years=2) > TODAY else 1)}
    assert rows[given.id].gained_3 is None, "three years are not over"
    assert (rows[climbed_before.id].gained_1, rows[climbed_before.id].since) == (0, end)
    numbers = counts(park.administrator, "contract_receiver")["contract_receiver", 0]
    assert (numbers["paid.watched.1"], numbers.get("paid.risen.1", 0), numbers["paid.risen.2"]) == (1, 0, 1)
    assert (numbers["unpaid.watched.1"], numbers["unpaid.risen.1"], numbers["unpaid.rungs.1"]) == (2, 1, 1)


def test_worked_out_again_only_where_something_changed(session, park, monkeypatch) -> None:
    adopt(park, "contract_receiver")
    first = contract(park.firm)
    refresh_if_due()
    run_id = session.scalars(select(IncentiveRun.id)).one()
    monkeypatch.setattr(effect, "WORK_EVERY", timedelta(0))
    refresh_if_due()
    assert session.scalars(select(IncentiveRun.id)).all() == [run_id], "nothing was saved since"
    first.amount = Decimal(1_000_000)
    session.commit()
    refresh_if_due()
    assert session.scalars(select(IncentiveRun.id)).one() != run_id
    assert session.scalars(select(EntitlementRow.amount)).all() == [Decimal(20_000)]
    session.delete(first)
    session.commit()
    refresh_if_due()
    assert session.scalars(select(EntitlementRow)).all() == []
    assert session.scalars(select(IncentiveCount)).all() == []


def test_who_filed_this_year_is_counted_this_year(session, park) -> None:
    adopt(park, "rd_reserve")
    session.add(
        RegisterEntry(
            register=Register.RESERVE, firm=park.firm, name="研发准备金", on=date(TODAY.year, 1, 1), number="1"
        )
    )
    session.flush()
    refresh()
    (line,) = [line for line in entitlements_of(park.firm, [TODAY.year]) if line.rule.incentive == "rd_reserve"]
    assert line.verdict == "met"
    assert counts(park.administrator)["rd_reserve", TODAY.year]["entitled"] == 1
