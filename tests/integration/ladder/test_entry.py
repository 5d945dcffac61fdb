"""How a firm comes into the pool: by which channel and why, asked where a case is opened, and mended later."""

from __future__ import annotations

from sqlalchemy import select

from crm.firms.models import SourceChannel
from crm.kernel.audit import Change
from crm.ladder import service
from crm.ladder.models import Case, Rung
from tests.factories import Park, make_firm
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of

OPENED = {"open-rung": "hte", "open-purpose": "new", "open-on": TODAY.isoformat()}


def test_channel_and_reason_are_asked_where_a_case_is_opened_and_shown_with_it(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    data = {**OPENED, "open-channel": "derivation", "open-reason": "由龙头企业的研发部门分立"}
    answer = client.post(f"/firms/{park.firm.id}/cases", data=data)
    assert answer.status_code == 302
    text = text_of(check_page(client.get(answer.location)))
    assert "派生" in text and text.count("由龙头企业的研发部门分立") >= 2, "in the facts and in what happened"
    case = session.scalar(select(Case))
    assert (case.entry_reason, park.firm.source_channel) == ("由龙头企业的研发部门分立", SourceChannel.DERIVATION)
    tree = check_page(client.get(f"/firms/{park.firm.id}/ladder"))
    chosen = [o.get("value") for o in tree.findall(".//*[@id='open-channel']/option") if o.get("selected") is not None]
    assert chosen == ["derivation"], "the next rung's form knows what the firm's record says"
    assert "由龙头企业的研发部门分立" in text_of(check_page(client.get(f"/firms/{park.firm.id}")))


def test_a_form_without_them_takes_nothing_away(session, park: Park, sign_in) -> None:
    park.firm.source_channel = SourceChannel.INCUBATION
    session.commit()
    client = sign_in(park.officer)
    answer = client.post(f"/firms/{park.firm.id}/cases", data={**OPENED, "open-channel": "", "open-reason": " "})
    assert answer.status_code == 302
    session.expire_all()
    assert park.firm.source_channel is SourceChannel.INCUBATION
    assert session.scalar(select(Case)).entry_reason is None
    assert "未登记" in text_of(check_page(client.get(answer.location)))


def test_the_reason_is_said_later_and_the_second_of_two_is_told(session, park: Park, sign_in) -> None:
    case = service.open_case(park.firm, Rung.HTE, actor=park.officer, on=TODAY)
    session.commit()
    client, seen = sign_in(park.officer), case.version
    data = {"entry-reason": "研发费用占比已达标", "entry-version": str(seen)}
    assert client.post(f"/cases/{case.id}/entry", data=data).status_code == 302
    session.expire_all()
    assert case.entry_reason == "研发费用占比已达标"
    changed = session.scalar(select(Change).where(Change.field == "entry_reason", Change.firm_id == park.firm.id))
    assert changed is not None and changed.actor_id == park.officer.id
    late = client.post(f"/cases/{case.id}/entry", data={**data, "entry-reason": "另一个原因"})
    assert late.status_code == 422 and "研发费用占比已达标" in late.text
    session.expire_all()
    assert case.entry_reason == "研发费用占比已达标"
    none = client.post(f"/cases/{case.id}/entry", data={"entry-reason": "", "entry-version": str(case.version)})
    assert none.status_code == 422


def test_many_at_once_have_the_reason_and_the_channel_only_where_nobody_knows_it(session, park: Park, sign_in) -> None:
    known, unknown = park.firm, make_firm(session, park.park)
    known.source_channel = SourceChannel.INTRODUCTION
    session.commit()
    data = {
        "act": "open",
        "rung": "hte",
        "on": TODAY.isoformat(),
        "channel": "transformation",
        "reason": "传统企业技术改造一批",
        "firm": [known.id, unknown.id],
    }
    client = sign_in(park.officer)
    preview = client.post("/cases/bulk", data={**data, "step": "preview"})
    assert session.scalars(select(Case)).all() == []
    tree = check_page(client.get(preview.location))
    sent = {each.get("name"): each.get("value") for each in tree.iter("input")}
    assert (sent["channel"], sent["reason"]) == ("transformation", "传统企业技术改造一批"), (
        "the confirmation sends both"
    )
    client.post("/cases/bulk", data=data)
    session.expire_all()
    assert {case.entry_reason for case in session.scalars(select(Case))} == {"传统企业技术改造一批"}
    assert (known.source_channel, unknown.source_channel) == (
        SourceChannel.INTRODUCTION,
        SourceChannel.TRANSFORMATION,
    )
