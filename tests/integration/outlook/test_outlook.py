"""The way to a rung: what is missing, the cheapest sets with their proof, the band, the years, the year to come."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.editions.library import edition_in_force
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm
from crm.ladder import service as ladder
from crm.ladder.facts import facts_of
from crm.ladder.models import Assessment, Purpose, Rung
from crm.outlook.ways import changes_of
from crm.outlook.what_if import what_if
from crm.policy.foresight.ways import ways
from tests.factories import Park
from tests.integration.outlook.makers import ON, TODAY, WAN
from tests.pages import check_page, parse, text_of
from tests.queries import count_queries

HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(park: Park, firm: Firm, sign_in) -> FlaskClient:
    return sign_in(park.officer)


def part(text: str, title: str) -> str:
    """What stands in the section with this title."""
    tree = parse(text)
    for section in tree.iter("section"):
        heading = next(section.iter("h2"), None)
        if heading is not None and text_of(heading) == title:
            return text_of(section)
    raise AssertionError(f"no section {title}")


def test_what_is_missing_stands_with_its_arithmetic(client: FlaskClient, firm: Firm) -> None:
    page = client.get(f"/firms/{firm.id}/outlook?rung=hte&on={ON}")
    check_page(page)
    told = part(page.text, "高新技术企业")
    assert "还差 46.2 万元" in told
    assert "503.8" in told
    points = part(page.text, "各部分得分")
    assert "技术的先进程度由专家评分6 / 8" in points.replace(" ", "").replace("6/8", "6 / 8")


def test_the_band_says_what_the_next_asks(client: FlaskClient, firm: Firm) -> None:
    page = client.get(f"/firms/{firm.id}/outlook?rung=hte&on={ON}")
    told = text_of(parse(page.text))
    assert "现在在这一档" in told
    assert "升入上一档时" in told
    assert "升入上一档时" not in client.get(f"/firms/{firm.id}/outlook?rung=srdi&on={ON}").text


def test_the_cheapest_way_is_proved_and_opens_filled_in(client: FlaskClient, firm: Firm) -> None:
    whole = client.get(f"/firms/{firm.id}/outlook/ways?rung=hte&on={ON}")
    check_page(whole)
    assert "是假设，不是政策数字" in whole.text
    fragment = client.get(f"/firms/{firm.id}/outlook/ways?rung=hte&on={ON}", headers=HTMX)
    assert "<html" not in fragment.text
    told = part(whole.text, "最省的办法")
    assert "46.2 万元" in told
    assert "照此重算" in told
    link = next(a for a in parse(whole.text).iter("a") if "在假设测算中打开" in text_of(a))
    address = link.get("href") or ""
    assert "years.2025.rd=240" in address
    page = client.get(address)
    check_page(page)
    assert "档案：193.8 万元" in page.text


@pytest.mark.parametrize("rung", [Rung.HTE, Rung.SRDI, Rung.TECH_SME, Rung.LITTLE_GIANT])
def test_the_what_if_that_a_way_opens_comes_to_its_proof(app, park: Park, firm: Firm, rung: Rung) -> None:
    facts = facts_of(firm, TODAY)
    edition = edition_in_force(rung.value, TODAY)
    found = ways(edition, facts.document, TODAY)
    for way in (*found.sure, *found.possible):
        made = what_if(firm, rung, TODAY, Purpose.NEW, MultiDict(changes_of(way)), facts)
        assert made.after is not None and not made.ignored
        proof, opened = way.assessment.as_json(), made.after.as_json()
        assert {each["id"]: (each["verdict"], each["value"]) for each in opened["criteria"]} == {
            each["id"]: (each["verdict"], each["value"]) for each in proof["criteria"]
        }
        assert (opened["verdict"], opened["score"]) == (proof["verdict"], proof["score"])


def test_a_year_that_is_over_is_said_to_be_and_this_year_is_reckoned_for_the_next(
    session, park: Park, firm: Firm, sign_in
) -> None:
    """R&D 150, 160, 100: 410 of 11,000; 5 % are 550, so 2025 would have had to be 240.

    By trend 2026 is 136.67 − 2 × 25 = 86.67 of R&D and 5,066.67 of revenue. 4 % of 3,600 + 4,400 + 5,066.67 are 522.6668;
    160 + 100 are there, so 2026 has to come to 262.67.
    """
    for figures in session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == firm.id)):
        if figures.year == 2025:
            figures.rd, figures.rd_domestic = Decimal(100 * WAN), Decimal(90 * WAN)
    session.commit()
    told = {}
    for year in (2026, 2027):
        with time_machine.travel(datetime(year, 6, 1, 12, tzinfo=UTC), tick=False):
            page = sign_in(park.officer).get(f"/firms/{firm.id}/outlook/ways?rung=hte&on={ON}")
            check_page(page)
            told[year] = part(page.text, "最省的办法")
    past, _ahead, ahead = told[2026].partition("看明年：到 2027年6月1日，2026 年度的数据要达到多少")
    assert "2025 年研发费用由 100 增至 240 万元" in past
    assert "2025 年度已结束：只有补充归集、更正漏报才能改变。 要靠今年改变，看明年" in past
    assert "推算" in ahead and "已结束" not in ahead
    assert "2026 年研发费用由 86.67 增至 262.67 万元" in ahead
    assert "2025 年度已结束" in told[2027] and "看明年" not in told[2027], "2026 is over too"


def test_other_prices_change_what_it_costs(client: FlaskClient, firm: Firm) -> None:
    address = f"/firms/{firm.id}/outlook/ways?rung=hte&on={ON}"
    assert "约 46.2 万元" in client.get(address).text
    assert "约 92.4 万元" in client.get(f"{address}&price.rd=2").text
    assert "未定价" in client.get(f"{address}&price.rd=").text
    wrong = client.get(f"{address}&price.rd=贵")
    check_page(wrong)
    assert "“贵”不是数字" in wrong.text


def test_the_years_tell_kept_from_recomputed(session, park: Park, client: FlaskClient, firm: Firm) -> None:
    session.add(
        Assessment(
            firm_id=firm.id,
            rung=Rung.HTE,
            purpose=Purpose.NEW,
            edition="hte.2016",
            edition_hash="0" * 64,
            on=date(2025, 3, 1),
            verdict="unknown",
            score_low=40,
            score_high=77,
            facts={},
            result={"criteria": []},
            actor_id=park.officer.id,
        )
    )
    page = client.get(f"/firms/{firm.id}/outlook?rung=hte&on={ON}")
    check_page(page)
    told = part(page.text, "历年走势")
    assert "40–77" in told
    assert "当时留存" in told
    rows = [text_of(row) for row in parse(page.text).iter("tr")]
    found = [re.match(r"(20\d\d)年6月1日 重算", row) for row in rows]
    assert [row[1] for row in found if row] == ["2024", "2025", "2026"]


def test_a_rung_without_points_shows_shares(client: FlaskClient, firm: Firm) -> None:
    page = client.get(f"/firms/{firm.id}/outlook?rung=little_giant&on={ON}")
    check_page(page)
    assert "决定性条件符合的比例" in page.text


def test_the_year_to_come_is_labelled_and_reckoned(session, park: Park, client: FlaskClient, firm: Firm) -> None:
    ladder.grant_credential(
        firm, Rung.TECH_SME, number="1", valid_from=date(2026, 4, 1), valid_to=date(2026, 12, 31), actor=park.officer
    )
    page = client.get(f"/firms/{firm.id}/outlook?rung=hte&on={ON}")
    told = part(page.text, "明年会怎样")
    assert "推算" in told
    assert "2026" in told
    assert "2027年6月1日" in told


def test_no_edition_is_said(client: FlaskClient, firm: Firm) -> None:
    for path in ("outlook", "outlook/ways"):
        page = client.get(f"/firms/{firm.id}/{path}?rung=hte&on=1999-01-01")
        check_page(page)
        assert "没有可用的认定条件版本" in page.text


def test_a_firm_without_any_figures_has_pages(session, park: Park, sign_in) -> None:
    client = sign_in(park.other_officer)
    for path in ("outlook", "outlook/ways", "what-if", "scenarios"):
        for rung in ("hte", "tech_sme", "listed_star"):
            page = client.get(f"/firms/{park.other_firm.id}/{path}?rung={rung}")
            assert page.status_code == 200
            check_page(page)


def test_the_firm_itself_sees_it_and_is_led_there(park: Park, firm: Firm, sign_in) -> None:
    own = sign_in(park.firm_user)
    home = own.get("/own")
    assert f"/firms/{firm.id}/what-if" in home.text
    standing = own.get(f"/firms/{firm.id}/ladder?rung=hte").text
    for page in ("what-if", "outlook"):
        assert f"/firms/{firm.id}/{page}?" in standing
    page = own.get(f"/firms/{firm.id}/outlook?rung=hte&on={ON}")
    check_page(page)
    assert '/edit"' not in page.text
    assert sign_in(park.other_firm_user).get(f"/firms/{firm.id}/outlook").status_code == 404


def test_the_pages_ask_few_questions(session, client: FlaskClient, firm: Firm) -> None:
    for path, most in (("outlook?rung=hte", 24), ("outlook/ways?rung=hte", 22), ("what-if?rung=hte", 22)):
        client.get(f"/firms/{firm.id}/{path}")
        with count_queries(session) as asked:
            client.get(f"/firms/{firm.id}/{path}")
        assert len(asked) <= most, f"{path}: {len(asked)}"
