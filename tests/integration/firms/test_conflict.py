"""Two people edit one record: the second is told, sees the difference, and nothing is silently lost."""

from __future__ import annotations

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from crm.firms.models import Contact, Firm
from tests.factories import Park
from tests.pages import check_page


def form_values(tree) -> dict[str, str]:
    """What a browser would send of the page's form."""
    form = next(form for form in tree.iter("form") if form.get("class") == "form")
    values = {}
    for field in form.iter("input"):
        if field.get("name") and field.get("type") not in ("checkbox", "file"):
            values[field.get("name")] = field.get("value") or ""
    for area in form.iter("textarea"):
        values[area.get("name")] = (area.text or "").lstrip("\n")
    for choice in form.iter("select"):
        chosen = [option for option in choice.iter("option") if option.get("selected") is not None]
        values[choice.get("name")] = chosen[0].get("value") if chosen else ""
    return values


@pytest.fixture
def two(sign_in, park: Park):
    return sign_in(park.officer), sign_in(park.manager)


def test_the_second_sees_both_versions_and_may_save_knowingly(session, two, park) -> None:
    first, second = two
    address = f"/firms/{park.firm.id}/edit"
    mine, theirs = (form_values(check_page(client.get(address))) for client in (second, first))
    assert first.post(address, data={**theirs, "address": "长春东路 1 号", "tech_field": "4"}).status_code == 302

    answer = second.post(address, data={**mine, "address": "长春东路 9 号", "telephone": "13800000000"})
    tree = check_page(answer)
    rows = [
        [" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in ("td", "th")]
        for row in tree.find(".//section[@id='conflict']").iter("tr")
    ]
    assert ["地址", "长春东路 1 号", "长春东路 9 号"] in rows
    # What the second never touched is not theirs to wipe, and what the first never touched is no conflict.
    assert ["高新技术领域", "新材料", "（您没有改过，已换成别人保存的）"] in rows
    assert not [row for row in rows if row[0] == "电话"], rows
    session.expire_all()
    assert park.firm.address == "长春东路 1 号"  # nothing of the second is saved yet

    again = form_values(tree)
    assert again["address"] == "长春东路 9 号"  # what was typed is kept
    assert second.post(address, data=again).status_code == 302
    session.expire_all()
    assert (park.firm.address, park.firm.tech_field, park.firm.telephone) == ("长春东路 9 号", 4, "13800000000")


def test_no_conflict_where_both_want_the_same(session, two, park) -> None:
    first, second = two
    address = f"/firms/{park.firm.id}/edit"
    mine, theirs = (form_values(check_page(client.get(address))) for client in (second, first))
    first.post(address, data={**theirs, "short_name": "云梯"})
    assert second.post(address, data={**mine, "short_name": "云梯"}).status_code == 302


def test_a_form_without_a_version_does_not_overwrite(session, two, park) -> None:
    first, _second = two
    values = form_values(check_page(first.get(f"/firms/{park.firm.id}/edit")))
    del values["version"]
    answer = first.post(f"/firms/{park.firm.id}/edit", data={**values, "short_name": "云梯"})
    assert "别人刚刚保存过" in answer.text
    session.expire_all()
    assert park.firm.short_name is None


def test_conflicts_of_contacts_facts_and_the_officer_in_charge(session, two, park) -> None:
    first, second = two
    contact = Contact(firm=park.firm, name="李厂长", main=False)
    session.add(contact)
    session.commit()
    for address, theirs, mine in (
        (f"/contacts/{contact.id}/edit", {"telephone": "13800000001"}, {"telephone": "13800000002"}),
        (f"/firms/{park.firm.id}/facts/market", {"fact-niche_years": "5"}, {"fact-niche_years": "6"}),
        (f"/firms/{park.firm.id}/assign", {"officer_id": ""}, {"officer_id": str(park.manager.id)}),
    ):
        forms = [form_values(check_page(client.get(address))) for client in two]
        assert first.post(address, data={**forms[0], **theirs}).status_code == 302
        answer = second.post(address, data={**forms[1], **mine})
        assert "别人刚刚保存过" in answer.text, address
        again = form_values(check_page(answer))
        assert second.post(address, data={**again, **mine}).status_code == 302, address


def test_a_record_saved_between_load_and_commit_is_a_conflict_page(session, two, park) -> None:
    first, _second = two
    address = f"/firms/{park.firm.id}/edit"
    values = form_values(check_page(first.get(address)))

    def someone_else(flushing: Session, *_rest: object) -> None:
        if any(isinstance(record, Firm) for record in flushing.dirty):
            table = Firm.__table__
            flushing.connection().execute(update(table).where(table.c.id == park_id).values(version=99))

    park_id = park.firm.id
    event.listen(Session, "before_flush", someone_else)
    try:
        answer = first.post(address, data={**values, "short_name": "云梯"})
    finally:
        event.remove(Session, "before_flush", someone_else)
    assert answer.status_code == 409
    assert "别人刚刚改过这条记录" in answer.text
    session.expire_all()
    assert park.firm.short_name is None
