"""The next rung is assessed as its open case is: for the same purpose, so by the same edition."""

from __future__ import annotations

import html
import re
from datetime import date

from flask_login import login_user

from crm.ladder import gate, service
from crm.ladder.models import Purpose, Rung, Stage
from crm.ladder.next_rung import next_rung
from crm.ladder.standing import ladder_steps
from tests.factories import Park
from tests.integration.ladder.makers import TODAY


def grant(park: Park, rung: Rung) -> None:
    service.grant_credential(
        park.firm, rung, number="X1", valid_from=date(2023, 7, 14), valid_to=date(2026, 7, 13), actor=park.officer
    )


def test_the_review_of_2026_is_still_read_by_the_old_document(session, park: Park, sign_in) -> None:
    grant(park, Rung.LITTLE_GIANT)
    service.open_case(park.firm, Rung.LITTLE_GIANT, actor=park.officer, on=TODAY, purpose=Purpose.REVIEW)
    session.commit()
    for page in (
        sign_in(park.officer).get(f"/firms/{park.firm.id}/next").text,
        sign_in(park.firm_user).get("/own").text,
    ):
        assert "复核" in page
        assert f"/firms/{park.firm.id}/ladder?rung=little_giant&amp;purpose=review#clause-L22-" in page
        assert "#clause-L26-" not in page
    standing = sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=little_giant&purpose=review").text
    assert "工信部企业〔2022〕63号" in standing


def test_what_is_asked_at_a_visit_is_what_the_review_asks(app, session, park: Park) -> None:
    grant(park, Rung.LITTLE_GIANT)
    service.open_case(park.firm, Rung.LITTLE_GIANT, actor=park.officer, on=TODAY, purpose=Purpose.REVIEW)
    session.commit()
    with app.test_request_context():
        login_user(park.officer)
        following = next_rung(park.firm, TODAY, ladder_steps(park.firm, TODAY))
    assert following is not None
    # 63号 asks for two years of growth of the main business, 2号 no longer does.
    assert "years.2024.main_revenue" in following.missing


def test_a_new_title_comes_before_the_update_of_one_that_is_held(session, park: Park, sign_in) -> None:
    grant(park, Rung.TECH_SME)
    service.open_case(park.firm, Rung.TECH_SME, actor=park.officer, on=TODAY, purpose=Purpose.ANNUAL)
    page = f"/firms/{park.firm.id}/next"
    session.commit()
    assert "rung=tech_sme&amp;purpose=annual" in sign_in(park.officer).get(page).text
    service.open_case(park.firm, Rung.HTE, actor=park.officer, on=TODAY)
    session.commit()
    assert "rung=hte#" in sign_in(park.officer).get(page).text


def test_a_title_that_lapsed_is_the_next_again_and_nobody_is_said_to_be_at_the_top(
    session, park: Park, sign_in
) -> None:
    lapsed = date(2020, 3, 31)
    service.grant_credential(
        park.firm, Rung.TECH_SME, number="X1", valid_from=date(2019, 4, 1), valid_to=lapsed, actor=park.officer
    )
    session.commit()
    for page in (f"/firms/{park.firm.id}/next", f"/firms/{park.firm.id}/brief"):
        shown = sign_in(park.officer).get(page).text
        assert "最高一级" not in shown
        assert "rung=tech_sme" in shown
    own = sign_in(park.firm_user).get("/own").text
    assert "rung=tech_sme" in own


def test_a_rung_without_criteria_for_the_purpose_says_so_in_words(session, park: Park, sign_in) -> None:
    grant(park, Rung.HTE)
    service.open_case(park.firm, Rung.HTE, actor=park.officer, on=TODAY, purpose=Purpose.REVIEW)
    session.commit()
    client = sign_in(park.officer)
    card = client.get(f"/firms/{park.firm.id}/next").text
    page = client.get(f"/firms/{park.firm.id}/ladder?rung=hte&purpose=review&on=2026-06-15").text
    assert "2026年6月15日已没有“复核”的认定条件；现有：新申报 2016年1月1日起" in html.unescape(page)
    for text in (card, page):
        assert "没有条件</span>" in text
        assert "hte.2008" not in text
    offered = re.findall(
        r'<option value="(new|review|annual)"', page.partition('id="purpose"')[2].partition("</select>")[0]
    )
    assert offered == ["new"]


def test_the_purposes_offered_are_those_of_the_day(session, park: Park, sign_in) -> None:
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=hte&on=2014-06-15").text
    select = page.partition('id="purpose"')[2].partition("</select>")[0]
    assert re.findall(r'<option value="(\w+)"', select) == ["new", "review"]
    early = sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=srdi&on=2020-06-15").text
    assert "2020年6月15日还没有“新申报”的认定条件；现有：新申报 2022年8月1日至2026年3月31日" in html.unescape(early)


def test_a_move_without_criteria_is_not_called_missing_data(session, park: Park, sign_in) -> None:
    grant(park, Rung.HTE)
    case = service.open_case(park.firm, Rung.HTE, actor=park.officer, on=TODAY, purpose=Purpose.REVIEW)
    [item] = [item for item in gate.items(case, Stage.READY, TODAY) if item.key == "edition"]
    assert (item.state, item in gate.open_items(case, Stage.READY, TODAY)) == ("none", True)
    assert item.text == "2026年6月15日已没有“复核”的认定条件；现有：新申报 2016年1月1日起"
