"""Who must have an institution for R&D and has none: each reason may be unknown, and so may the answer."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import select

from crm.firms.facts.statements import VOUCHES
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmFact, FirmStatus, Industry
from crm.insight.obliged import HAVING, WHO, filters, obliged
from crm.kernel import clock
from crm.ladder.models import Credential, Rung
from crm.registers.models import Register, RegisterEntry
from tests.factories import Park, make_firm
from tests.pages import check_page
from tests.queries import count_queries

LARGE, SMALL = Decimal(20_000_000), Decimal("19999999.99")


@pytest.fixture
def firms(session, park: Park) -> dict[str, Firm]:
    """The firms of the park by what is known of them; those of the other park stay out of its numbers."""
    session.add_all(
        [Industry(code="C34", name="通用设备制造业", level="大类"), Industry(code="I65", name="软件业", level="大类")]
    )
    park.firm.status = FirmStatus.DEREGISTERED
    made: dict[str, Firm] = {}

    def make(
        name: str,
        *,
        trade: str | None = "C34",
        revenue: dict[int, Decimal | None] | None = None,
        hte: bool = False,
        state: bool | None = None,
        institution: dict[str, date] | None = None,
        confirmed: timedelta | None = None,
    ) -> None:
        firm = made[name] = make_firm(session, park.park, f"益阳{name}有限公司", industry_code=trade)
        for year, amount in (revenue or {}).items():
            session.add(YearlyFigures(firm=firm, year=year, revenue=amount))
        if hte:
            title = {
                "number": f"GR{len(made)}",
                "valid_from": clock.today() - timedelta(days=9),
                "valid_to": clock.today(),
            }
            session.add(Credential(firm=firm, rung=Rung.HTE, **title))
        about = {"as_of": clock.today(), "entered_by_id": park.officer.id}
        if state is not None:
            session.add(FirmFact(firm=firm, key="state_controlled", value=state, **about))
        if confirmed is not None:
            said = {**about, "as_of": clock.today() - confirmed}
            session.add(FirmFact(firm=firm, key="rd_institutions", value=[], **said))
        if institution is not None:
            session.add(RegisterEntry(firm=firm, register=Register.INSTITUTION, name="中心", **institution))

    make("大厂", revenue={2024: SMALL, 2025: LARGE}, institution={})
    make("末年未知", revenue={2024: LARGE, 2025: None}, confirmed=VOUCHES)
    make("小了", revenue={2024: LARGE, 2025: SMALL}, confirmed=VOUCHES + timedelta(days=1))  # too long ago
    make("高企", revenue={2025: SMALL}, hte=True, institution={"valid_to": clock.today() - timedelta(days=1)})
    make("国有", trade="I65", state=True, institution={"on": clock.today(), "valid_to": clock.today()})
    make("软件", trade="I65", revenue={2025: LARGE}, state=False)
    make("没数据")
    make("行业不详", trade=None, revenue={2025: LARGE})
    make("都不是", revenue={2025: SMALL}, state=False)
    session.commit()
    return made


MEANT = {
    "yes": {"大厂", "末年未知", "高企", "国有"},
    "above_scale": {"大厂", "末年未知"},
    "hte": {"高企"},
    "controlled": {"国有"},
    "figures_unknown": {"没数据", "行业不详"},
    "control_unknown": {"小了"},
    "no": {"软件", "都不是"},
}
HAVE = {"has": {"大厂", "国有"}, "none": {"末年未知"}}


def of(who: str, having: str) -> set[str]:
    others = {name for names in MEANT.values() for name in names} - HAVE["has"] - HAVE["none"]
    without = HAVE["none"] | others
    return MEANT[who] & {**HAVE, "unsaid": others, "without": without}[having]


@pytest.mark.parametrize("who", WHO)
def test_each_group_is_counted_and_found_by_hand(session, park: Park, firms: dict[str, Firm], who: str) -> None:
    counted = obliged(clock.today(), clock.today(), [Firm.organisation_id == park.park.id]).row(who)
    assert counted.firms == len(MEANT[who])
    for having in ("has", "none", "unsaid"):
        assert getattr(counted, having) == len(of(who, having)), having
    for having in HAVING:
        conditions = [filters()["obliged"].condition(who), filters()["institution"].condition(having)]
        found = session.scalars(select(Firm.id).where(*conditions, Firm.organisation_id == park.park.id))
        assert set(found) == {firms[name].id for name in of(who, having)}, having


def test_the_parts_add_up_to_all_firms_in_business(session, park: Park, firms: dict[str, Firm]) -> None:
    found = obliged(clock.today(), clock.today(), [Firm.organisation_id == park.park.id])
    parts = ("yes", "figures_unknown", "control_unknown", "no")
    assert sum(found.row(who).firms for who in parts) == len(firms)


def test_every_number_opens_its_firms(park: Park, firms: dict[str, Firm], sign_in) -> None:
    client = sign_in(park.officer)
    page = client.get("/registers/obliged")
    check_page(page)
    assert "郴政发〔2013〕4号 三（七）" in page.text
    numbers = re.findall(r'<a href="(/firms\?[^"]+)">(\d+)</a>', page.text)
    assert len(numbers) >= 12
    for href, number in numbers:
        listed = client.get(unescape(href)).text.partition("<tbody")[2]
        assert listed.count("<tr>") == int(number), href


def test_a_page_of_another_park_does_not_count_these(park: Park, firms: dict[str, Firm], sign_in) -> None:
    page = sign_in(park.other_officer).get("/registers/obliged")
    check_page(page)
    assert [number for number in re.findall(r'<a href="/firms\?[^"]+">(\d+)</a>', page.text) if number != "1"] == []


def test_values_that_mean_nothing_are_left_out(park: Park, sign_in) -> None:
    page = sign_in(park.officer).get("/firms?obliged=nonsense&institution=nonsense")
    check_page(page)
    assert park.firm.name in page.text


def test_the_workbook_has_the_rows_of_the_page(park: Park, firms: dict[str, Firm], sign_in) -> None:
    assert sign_in(park.officer).get("/registers/obliged.xlsx").data[:2] == b"PK"


def test_the_page_asks_few_questions(session, park: Park, firms: dict[str, Firm], sign_in) -> None:
    client = sign_in(park.officer)
    with count_queries(session) as seen:
        client.get("/registers/obliged")
    assert len(seen) <= 12, seen
