"""Merges and what comes after them: others into the same firm, deletions, people of other parks, two people at once."""

# ruff: noqa: F811  the fixture of another file
from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.firms import service as firms
from crm.firms.duplicates import service
from crm.firms.duplicates.models import DistinctFirms, FirmMerge, ids_of_new_firms
from crm.firms.duplicates.preview import preview
from crm.firms.duplicates.queries import pairs_for
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.models import Document, Firm, State
from crm.kernel import audit, clock, migrate
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.visits import service as visits
from crm.visits.models import Visit
from tests.factories import Park, build_park, make_firm
from tests.integration.firms.test_duplicates import double, merged, record_of  # noqa: F401  a fixture

WAN = Decimal(10_000)


def into(park: Park, kept: Firm, gone: Firm, *wanted: str, actor: Any = None) -> FirmMerge:
    return service.merge(
        actor=actor or park.officer, kept=kept, gone=gone, wanted=wanted, kept_version=None, gone_version=None
    )


def everything(session: Session, *firm_ids: int) -> list[dict[str, Any]]:
    session.commit()
    session.expire_all()
    return [record_of(session, firm_id) for firm_id in firm_ids]


def test_of_two_merges_into_one_firm_the_later_is_undone_first(session: Session, park: Park) -> None:
    """The second fills a year that came with the first: taken back alone, the first would take the second's value along."""
    one, other = (make_firm(session, park.park, name, credit_code=None) for name in ("甲一厂", "乙二厂"))
    record_figures(actor=park.officer, firm=one, year=2024, values={"revenue": 800 * WAN})
    record_figures(actor=park.officer, firm=other, year=2024, values={"revenue": 700 * WAN, "rd": 40 * WAN})
    ids = park.firm.id, one.id, other.id
    before = everything(session, *ids)
    first = into(park, park.firm, one)
    second = into(park, park.firm, other)
    session.commit()
    with pytest.raises(DomainError, match="后来又并入了“乙二厂”"):
        service.undo(actor=park.officer, merge=first)
    session.rollback()
    for told in (second, first):
        service.undo(actor=park.officer, merge=told)
    assert everything(session, *ids) == before


def test_a_firm_that_was_merged_into_another_comes_back_with_what_had_come_to_it(
    session: Session,
    park: Park,
    double: Firm,
) -> None:
    third = make_firm(session, park.park, "丙三厂", credit_code=None)
    ids = third.id, park.firm.id, double.id
    before = everything(session, *ids)
    first = into(park, park.firm, double, "name")
    second = into(park, third, park.firm)
    session.commit()
    assert first.kept_id == third.id
    with pytest.raises(DomainError, match="后来又并入了"):
        service.undo(actor=park.officer, merge=first)
    session.rollback()
    # Its number was given to another meanwhile: what the first merge wrote is still taken back from the right firm.
    newcomer = make_firm(
        session, park.park, third.name, id=ids[1], credit_code=None, telephone=double_telephone(second)
    )
    back = service.undo(actor=park.officer, merge=second)
    session.commit()
    service.undo(actor=park.officer, merge=first)
    session.commit()
    session.expire_all()
    assert (back.name, back.telephone, newcomer.telephone) == (
        "益阳云梯精密机械有限公司",
        None,
        double_telephone(second),
    )
    assert everything(session, ids[0], ids[2])[1]["visit.firm_id"] == before[2]["visit.firm_id"]


def double_telephone(told: FirmMerge) -> Any:
    return told.gone["telephone"]


def test_a_document_deleted_since_does_not_keep_the_firms_together(session: Session, park: Park, double: Firm) -> None:
    record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": 900 * WAN})
    proof = Document(
        firm=double,
        name="审计报告.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        uploaded_by=park.officer,
    )
    session.add(proof)
    session.flush()
    source = session.scalars(select(FigureSource).where(FigureSource.key == "rd")).one()
    source.document_id = proof.id
    session.flush()
    gone_id = double.id
    told = merged(park, double)
    session.delete(proof)
    session.flush()
    service.undo(actor=park.officer, merge=told)
    session.expire_all()
    figures = session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == gone_id, YearlyFigures.year == 2024))
    assert {(each.key, each.document_id) for each in figures.one().sources} == {("revenue", None), ("rd", None)}


def test_a_value_verified_since_the_merge_keeps_its_source(session: Session, park: Park, double: Firm) -> None:
    figures = record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": 900 * WAN})
    told = merged(park, double)
    session.refresh(figures)
    verify_figures(actor=park.officer, figures=figures, keys=["rd"])
    service.undo(actor=park.officer, merge=told)
    session.expire_all()
    assert figures.rd == 40 * WAN
    assert {(source.key, source.state) for source in figures.sources} >= {("rd", State.VERIFIED)}


def test_pairs_that_were_told_apart_stay_so_after_an_undone_merge(session: Session, park: Park, double: Firm) -> None:
    third = make_firm(session, park.park, "云梯机械厂", credit_code=None)
    service.tell_apart(actor=park.officer, first=double, second=third)
    told = merged(park, double)
    session.commit()
    restored = service.undo(actor=park.officer, merge=told)
    session.commit()
    pair = session.scalars(select(DistinctFirms)).one()
    assert {pair.first_id, pair.second_id} == {restored.id, third.id}
    assert {restored.id, third.id} not in [{each.first.id, each.second.id} for each in pairs_for(park.officer)]


def test_an_officer_does_not_come_to_a_park_they_do_not_work_in(session: Session, park: Park) -> None:
    kept = make_firm(session, park.other_park, "他园一厂", officer_id=None)
    gone = make_firm(session, park.park, "本园一厂", credit_code=None, officer_id=park.officer.id)
    assert "officer_id" not in preview(kept, gone).taken
    into(park, kept, gone, actor=park.administrator)
    assert kept.officer_id is None
    mine = make_firm(session, park.park, "本园二厂", credit_code=None, officer_id=park.officer.id)
    with pytest.raises(DomainError, match="请选择管辖"):
        into(park, mine, kept, "organisation_id", actor=park.administrator)


def test_who_cannot_see_the_firm_that_comes_back_does_not_undo(session: Session, park: Park, sign_in: Any) -> None:
    told = into(park, park.firm, park.other_firm, actor=park.administrator)
    session.commit()
    page = sign_in(park.officer).post(f"/firms/merges/{told.id}/undo", follow_redirects=True)
    assert "不在您的管辖范围内" in page.text
    assert session.get_one(FirmMerge, told.id).undone_at is None
    page = sign_in(park.administrator).post(f"/firms/merges/{told.id}/undo", follow_redirects=True)
    assert "恢复为单独的企业" in page.text


def test_the_addresses_of_a_merged_firm_lead_to_the_one_that_has_its_records(
    session: Session, park: Park, double: Firm, sign_in: Any
) -> None:
    gone_id = double.id
    told = merged(park, double)
    client = sign_in(park.officer)
    answer = client.get(f"/firms/{gone_id}/visits?page=1")
    assert (answer.status_code, answer.location) == (302, f"/firms/{park.firm.id}/visits?page=1")
    assert client.post(f"/firms/{gone_id}/tasks/new", data={"title": "晚了。"}).status_code == 404
    assert sign_in(park.other_officer).get(f"/firms/{gone_id}").status_code == 404
    restored = service.undo(actor=park.officer, merge=told)
    assert client.get(f"/firms/{restored.id}").status_code == 200


def test_a_visit_that_comes_late_is_kept_once_with_the_firm_that_has_the_records(
    session: Session, park: Park, double: Firm, sign_in: Any
) -> None:
    gone_id, key = double.id, "7f0e2c5a-0000-4000-8000-000000000001"
    merged(park, double)
    session.commit()
    sent = {"on": clock.today().isoformat(), "said": "合并前写的。", "key": key}
    client = sign_in(park.officer)
    for _again in range(2):
        answer = client.post(f"/firms/{gone_id}/visits/new", data=sent)
        assert answer.status_code == 302
    [visit] = session.scalars(select(Visit).where(Visit.key == key))
    assert (visit.firm_id, visit.said) == (park.firm.id, "合并前写的。")
    assert f"已并入“{park.firm.name}”" in client.get(answer.location).text
    assert sign_in(park.other_officer).post(f"/firms/{gone_id}/visits/new", data=sent).status_code == 404


def test_no_new_firm_gets_the_number_of_a_merged_one(session: Session, park: Park, double: Firm) -> None:
    """A form that lies on a device, or a notice, would else speak of the new one."""
    gone_id = double.id
    merged(park, double)
    new = firms.create_firm(actor=park.officer, organisation_id=park.park.id, name="后来登记的一家")
    assert new.id > gone_id
    assert min(ids_of_new_firms(session, 2)) > new.id


def test_firms_that_were_not_seen_are_not_merged(session: Session, park: Park, double: Firm, sign_in: Any) -> None:
    page = sign_in(park.officer).post(f"/firms/{park.firm.id}/merge/{double.id}", data={"take": "name"})
    assert "再合并" in page.text
    assert session.get(Firm, double.id) is not None


def test_looking_again_with_other_fields_merges_nothing(
    session: Session, park: Park, double: Firm, sign_in: Any
) -> None:
    sent = {"kept_version": park.firm.version, "gone_version": double.version, "take": "name", "step": "preview"}
    page = sign_in(park.officer).post(f"/firms/{park.firm.id}/merge/{double.id}", data=sent)
    assert "来自并入方" in page.text
    assert session.get(Firm, double.id) is not None


def test_what_somebody_adds_while_two_firms_are_merged_follows_too(fresh_app: Any) -> None:
    app = fresh_app()
    with app.app_context():
        migrate.upgrade()
        park = build_park(db.session)
        gone = make_firm(db.session, park.park, "云梯机械厂", credit_code=None)
        db.session.commit()
        officer_id, kept_id, gone_id = park.officer.id, park.firm.id, gone.id
    app, at_the_door = fresh_app(), threading.Event()

    def knock(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.current_thread() is merging and any(
            mark in statement for mark in ("BEGIN IMMEDIATE", "FOR UPDATE", "DELETE FROM firm ")
        ):
            at_the_door.set()

    def merge() -> None:
        with app.app_context():
            from crm.accounts.models import User

            audit.sign(db.session, officer_id, audit.Via.PAGE)
            service.merge(
                actor=db.session.get_one(User, officer_id),
                kept=db.session.get_one(Firm, kept_id),
                gone=db.session.get_one(Firm, gone_id),
                wanted=(),
                kept_version=None,
                gone_version=None,
            )
            db.session.commit()

    merging = threading.Thread(target=merge)
    event.listen(app.extensions["database"], "before_cursor_execute", knock)
    with app.app_context():
        from crm.accounts.models import User

        audit.sign(db.session, officer_id, audit.Via.PAGE)
        actor, firm = db.session.get_one(User, officer_id), db.session.get_one(Firm, gone_id)
        visits.log_visit(actor, firm, visits.Account(on=clock.today(), said="正好同时。"))
        merging.start()
        assert at_the_door.wait(60)
        db.session.commit()
        merging.join(60)
        assert [(visit.firm_id, visit.said) for visit in db.session.scalars(select(Visit))] == [(kept_id, "正好同时。")]
