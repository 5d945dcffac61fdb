"""Titles: they overlap with none, lapse once, and move the firm down in the open."""

from __future__ import annotations

from datetime import date

import pytest

from crm.kernel.errors import DomainError
from crm.ladder import queries, service
from crm.ladder.models import CredentialEvent, CredentialEventKind, Rung
from crm.ladder.queries import rung_of
from crm.ladder.showing import title_item
from tests.factories import Park
from tests.integration.ladder.makers import TODAY


def grant(park: Park, rung: Rung = Rung.HTE, first: date = date(2023, 6, 1), last: date | None = date(2026, 5, 31)):
    return service.grant_credential(
        park.firm, rung, number="GR202343000001", valid_from=first, valid_to=last, actor=park.officer
    )


def test_the_last_day_counts_and_the_next_does_not(session, park: Park) -> None:
    grant(park)
    assert rung_of(park.firm, date(2023, 5, 31)) is None
    assert rung_of(park.firm, date(2023, 6, 1)) is Rung.HTE
    assert rung_of(park.firm, date(2026, 5, 31)) is Rung.HTE
    assert rung_of(park.firm, date(2026, 6, 1)) is None


def test_expiries_are_recorded_once_and_past_dates_stay_as_they_were(session, park: Park) -> None:
    title = grant(park)
    assert service.record_expiries(date(2026, 5, 31), actor=park.administrator) == []
    assert service.record_expiries(TODAY, actor=park.administrator) == [title]
    assert service.record_expiries(TODAY, actor=park.administrator) == []
    kinds = [event.kind for event in session.query(CredentialEvent).order_by(CredentialEvent.id)]
    assert kinds == [CredentialEventKind.GRANTED, CredentialEventKind.EXPIRED]
    assert title.ended_on == date(2026, 6, 1)
    assert rung_of(park.firm, date(2026, 5, 31)) is Rung.HTE


def test_a_fall_says_from_where_to_where(session, park: Park) -> None:
    grant(park, Rung.TECH_SME, date(2026, 1, 10), date(2026, 12, 31))
    grant(park)
    service.record_expiries(TODAY, actor=park.administrator)
    credentials = queries.credentials_of(park.firm)
    fallen = next(event for c in credentials for event in c.events if event.kind is CredentialEventKind.EXPIRED)
    text = title_item(fallen, credentials)["text"]
    assert "阶梯由“高新技术企业”降为“科技型中小企业”" in text
    assert rung_of(park.firm, TODAY) is Rung.TECH_SME


def test_revocation_needs_a_reason_and_ends_the_title_that_day(session, park: Park) -> None:
    title = grant(park, last=date(2026, 12, 31))
    with pytest.raises(DomainError, match="请写明原因"):
        service.revoke_credential(title, "", actor=park.officer)
    service.revoke_credential(title, "提供虚假材料，湘科函〔2026〕9号", actor=park.officer, on=date(2026, 4, 1))
    assert rung_of(park.firm, date(2026, 3, 31)) is Rung.HTE
    assert rung_of(park.firm, date(2026, 4, 1)) is None
    assert title.events[-1].reason == "提供虚假材料，湘科函〔2026〕9号"
    with pytest.raises(DomainError, match="已经失效"):
        service.revoke_credential(title, "再撤一次", actor=park.officer)
    assert service.record_expiries(TODAY, actor=park.administrator) == []


def test_renewal_follows_on_without_a_gap_and_without_holding_twice(session, park: Park) -> None:
    title = grant(park, last=date(2026, 8, 31))
    new = service.renew_credential(
        title, number="GR202643000002", valid_from=date(2026, 6, 1), valid_to=date(2029, 5, 31), actor=park.officer
    )
    assert [queries.held_on(c, date(2026, 5, 31)) for c in (title, new)] == [True, False]
    assert [queries.held_on(c, date(2026, 6, 1)) for c in (title, new)] == [False, True]
    assert [event.kind for event in title.events] == [CredentialEventKind.GRANTED, CredentialEventKind.RENEWED]


def test_a_gap_is_no_renewal(session, park: Park) -> None:
    title = grant(park, last=date(2025, 5, 31))
    with pytest.raises(DomainError, match="空档"):
        service.renew_credential(
            title, number="GR2", valid_from=date(2025, 7, 1), valid_to=date(2028, 6, 30), actor=park.officer
        )


def test_a_revoked_title_is_not_renewed_by_its_address(session, park: Park, sign_in) -> None:
    title = grant(park, last=date(2026, 8, 31))
    service.revoke_credential(title, "提供虚假材料", actor=park.officer, on=TODAY)
    session.commit()
    fields = {"number": "GR202643000002", "valid_from": TODAY.isoformat(), "valid_to": "2029-06-14"}
    client = sign_in(park.officer)
    for ask in (client.get, client.post):
        answer = ask(f"/credentials/{title.id}/renew", data=fields, follow_redirects=True)
        assert answer.request.path == f"/firms/{park.firm.id}/ladder"
        assert "已被撤销，不能续期" in answer.text
    assert rung_of(park.firm, TODAY) is None


def test_two_titles_of_one_rung_never_overlap(session, park: Park) -> None:
    grant(park)
    for first, last in ((date(2026, 5, 31), date(2029, 5, 30)), (date(2022, 1, 1), date(2023, 6, 1))):
        with pytest.raises(DomainError, match="重叠"):
            grant(park, Rung.HTE, first, last)
    grant(park, Rung.HTE, date(2026, 6, 1), date(2029, 5, 31))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "  "}, "number"),
        ({"valid_to": None}, "valid_to"),
        ({"valid_to": date(2020, 1, 1)}, "valid_to"),
        ({"valid_from": date(2027, 1, 1), "valid_to": date(2029, 1, 1)}, "valid_from"),
    ],
)
def test_what_cannot_be_a_certificate_is_refused_on_its_field(session, park: Park, values, field) -> None:
    given = {"number": "GR1", "valid_from": date(2025, 1, 1), "valid_to": date(2027, 12, 31), **values}
    with pytest.raises(DomainError) as refused:
        service.grant_credential(park.firm, Rung.HTE, actor=park.officer, **given)
    assert refused.value.field == field


def test_a_listing_has_no_end(session, park: Park) -> None:
    grant(park, Rung.LISTED_STAR, date(2024, 1, 1), None)
    assert rung_of(park.firm, date(2099, 1, 1)) is Rung.LISTED_STAR
