"""The firm's home names what it has to do by when, in words."""

from __future__ import annotations

from datetime import timedelta

from crm.kernel import audit, clock
from crm.ladder.models import Credential, Rung
from tests.pages import check_page

DAY = timedelta(days=1)


def test_the_firms_home_says_what_is_to_be_done_by_when(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    today = clock.today()
    ends = today + 50 * DAY
    session.add(Credential(firm=park.firm, rung=Rung.HTE, valid_from=today - 731 * DAY, valid_to=ends))
    session.add(Credential(firm=park.other_firm, rung=Rung.SRDI, valid_from=today - 731 * DAY, valid_to=ends))
    session.commit()
    answer = sign_in(park.firm_user).get("/own")
    check_page(answer)
    assert "要按时办的事" in answer.text
    assert "重新认定" in answer.text
    assert "还有 50 天" in answer.text
    assert "累计两年未填报的，取消高新技术企业资格" in answer.text
    assert "到期复核" not in answer.text
    assert "/duties/hte" not in answer.text  # nothing to record here
