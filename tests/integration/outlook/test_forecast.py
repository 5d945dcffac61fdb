"""A firm whose trend makes clauses fail next year: the page names them, with the sums, what would prevent it, as a projection."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.editions.library import edition_in_force
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm
from crm.kernel.audit import Change
from crm.ladder import service as ladder
from crm.ladder.facts import facts_of
from crm.ladder.models import Rung
from crm.policy import evaluate
from tests.factories import Park
from tests.integration.outlook.makers import ON, TODAY, WAN
from tests.integration.outlook.test_outlook import part
from tests.pages import check_page


@pytest.fixture
def falling(session, firm: Firm) -> Firm:
    """R&D 300, 220, 150 万元 and S&T staff 12 of 80, then 9 of 85: both enough today."""
    for figures in session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == firm.id)):
        figures.rd = {2023: Decimal(300), 2024: Decimal(220), 2025: Decimal(150)}[figures.year] * WAN
        if figures.year == 2024:
            figures.employees, figures.st_staff = 80, 12
        if figures.year == 2025:
            figures.st_staff, figures.rd_domestic = 9, Decimal(140 * WAN)
    session.commit()
    return firm


def test_clauses_that_will_fail_stand_with_their_sums_and_what_would_prevent_it(
    session, park: Park, falling: Firm, sign_in
) -> None:
    today = evaluate(edition_in_force("hte", TODAY), facts_of(falling, TODAY).document, TODAY)
    assert (today.criterion("HT-04").verdict, today.criterion("HT-05a").verdict) == ("met", "met")
    changes = len(session.scalars(select(Change.id)).all())
    page = sign_in(park.firm_user).get(f"/firms/{falling.id}/outlook?rung=hte&on={ON}")
    check_page(page)
    told = part(page.text, "明年会怎样")
    assert "推算会由符合变为不符合 2 条" in told
    # 90 people by trend, 6 of them S&T staff: 6.67 %; 10 % of 90 are 9.
    # 220 + 150 + 73.33 of R&D over 3,600 + 4,400 + 5,066.67 of revenue: 3.39 %; the band it grows into asks for 4 %, which are 522.67.
    for text in ("10.5882% → 6.6667%", "还差 3 人", "3.3928%", "还差 79.34 万元", "2026 年推算 73.33 万元"):
        assert text in told, text
    assert told.count("推算") > 3
    assert len(session.scalars(select(Change.id)).all()) == changes


def test_a_title_that_only_has_to_be_renewed_is_told_apart(park: Park, firm: Firm, sign_in) -> None:
    """The title of specialised SMEs runs out on 30 June 2026; the little giants' criteria ask for it on 1 June 2027 too."""
    ladder.grant_credential(
        firm, Rung.SRDI, number="1", valid_from=date(2023, 7, 1), valid_to=date(2026, 6, 30), actor=park.officer
    )
    page = sign_in(park.officer).get(f"/firms/{firm.id}/outlook?rung=little_giant&on={ON}")
    check_page(page)
    told = part(page.text, "明年会怎样")
    apart = "资质到期未续时会变为不符合（需在到期前续评） 1 条"
    assert apart in told and "其间到期的资质都已续评时" in told
    assert "专精特新中小企业有效期至 2026-06-30" in told.partition(apart)[2]
    assert "专精特新中小企业有效期至" not in told.partition(apart)[0]
