"""The next rung is assessed as its open case is: for the same purpose, so by the same edition."""

from __future__ import annotations

import html
from datetime import date

from crm.ladder import service
from crm.ladder.models import Purpose, Rung
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


def test_the_brief_before_a_visit_asks_what_the_review_asks(session, park: Park, sign_in) -> None:
    grant(park, Rung.LITTLE_GIANT)
    service.open_case(park.firm, Rung.LITTLE_GIANT, actor=park.officer, on=TODAY, purpose=Purpose.REVIEW)
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/visits/new").text
    # 63号 asks for two years of growth of the main business, 2号 no longer does.
    assert "2024 年主营业务收入（专精特新“小巨人”企业要看）" in html.unescape(page)


def test_a_new_title_comes_before_the_update_of_one_that_is_held(session, park: Park, sign_in) -> None:
    grant(park, Rung.TECH_SME)
    service.open_case(park.firm, Rung.TECH_SME, actor=park.officer, on=TODAY, purpose=Purpose.ANNUAL)
    page = f"/firms/{park.firm.id}/next"
    session.commit()
    assert "rung=tech_sme&amp;purpose=annual" in sign_in(park.officer).get(page).text
    service.open_case(park.firm, Rung.HTE, actor=park.officer, on=TODAY)
    session.commit()
    assert "rung=hte#" in sign_in(park.officer).get(page).text
