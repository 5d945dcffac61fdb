"""A visit made on a device is kept once: sent again, it is known by its key; sent with other words, the person decides."""

from __future__ import annotations

import io
import threading
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from crm.firms.models import Document
from crm.kernel import audit, clock, migrate
from crm.kernel.db import db
from crm.visits import service
from crm.visits.models import Need, PlannedState, PlannedVisit, Reluctance, Task, Visit
from crm.visits.service import Account
from tests.factories import build_park, make_user
from tests.integration.visits.test_visits import PNG, counted, make_visit, visit_fields
from tests.pages import check_page, text_of


def new(park: Any) -> str:
    return f"/firms/{park.firm.id}/visits/new"


def photo() -> dict[str, Any]:
    return {"photos": [(io.BytesIO(PNG), "车间.png")]}


def test_a_visit_sent_twice_is_kept_once(session, park, sign_in) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    first = client.post(new(park), data=visit_fields(park, key=key, **photo()))
    again = client.post(new(park), data=visit_fields(park, key=key, **photo()))
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.location == again.location
    assert [counted(session, model) for model in (Visit, Need, Task, Document)] == [1, 1, 1, 1]


def test_a_visit_mended_meanwhile_is_not_undone_by_sending_it_again(session, park, sign_in) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    client.post(new(park), data=visit_fields(park, key=key))
    visit = session.scalars(select(Visit)).one()
    mended = {"version": str(visit.version), "on": visit.on.isoformat(), "said": "后来改过的。", "topics": ["rd"]}
    assert sign_in(park.manager).post(f"/visits/{visit.id}/edit", data=mended).status_code == 302
    assert client.post(new(park), data=visit_fields(park, key=key)).location == f"/visits/{visit.id}"
    session.refresh(visit)
    assert visit.said == "后来改过的。"


def test_other_words_under_a_kept_key_are_shown_beside_it_and_the_person_decides(session, park, sign_in) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    client.post(new(park), data=visit_fields(park, key=key))
    visit = session.scalars(select(Visit)).one()
    other = visit_fields(
        park, key=key, said="另一台手机上写的。", **{"needs-1-kind": "talent", "needs-1-text": "缺焊工"}
    )
    answer = client.post(new(park), data=other)
    page = check_page(answer)
    assert answer.status_code == 409
    for shown in ("今年研发投入预计增加两成。", "另一台手机上写的。", "缺焊工"):
        assert shown in answer.text
    form = page.find(".//form[@data-queue='visit']")
    assert form.get("action") == f"/visits/{visit.id}/edit"
    version = form.find(".//input[@name='version']").get("value")
    assert client.post(form.get("action"), data={**other, "version": version}).status_code == 302
    session.refresh(visit)
    assert visit.said == "另一台手机上写的。"
    assert [need.text for need in visit.needs] == ["希望对接科技贷", "缺焊工"]  # the first is not there twice
    assert len(visit.tasks) == 1


def test_another_photo_or_tick_under_a_kept_key_is_not_dropped(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    task = Task(firm=park.firm, title="送样表", due_on=clock.today(), assignee=park.officer)
    session.add(task)
    session.commit()
    client, key = sign_in(park.officer), str(uuid4())
    client.post(new(park), data=visit_fields(park, key=key, **photo()))
    other = {"photos": [(io.BytesIO(PNG + b"2"), "展厅.png")]}
    answer = client.post(new(park), data=visit_fields(park, key=key, **other))
    assert answer.status_code == 409
    assert "展厅.png" in answer.text
    ticked = client.post(new(park), data=visit_fields(park, key=key, finished=str(task.id), **photo()))
    assert ticked.status_code == 409
    assert "送样表" in ticked.text


def test_a_key_of_somebody_elses_or_of_another_firms_is_refused(session, park, sign_in) -> None:
    key = str(uuid4())
    sign_in(park.officer).post(new(park), data=visit_fields(park, key=key))
    colleague = make_user(session, park.officer.role, "专员丙", organisation_id=park.park.id)
    answer = sign_in(colleague).post(new(park), data=visit_fields(park, key=key, said="丙写的。"))
    assert answer.status_code == 200
    assert "编号已用于另一次走访" in answer.text
    assert "丙写的。" in answer.text
    park.other_firm.organisation_id = park.park.id
    session.commit()
    elsewhere = f"/firms/{park.other_firm.id}/visits/new"
    assert "编号已用于另一次走访" in sign_in(park.officer).post(elsewhere, data=visit_fields(park, key=key)).text
    assert counted(session, Visit) == 1


def test_what_is_no_key_is_refused(session, park, sign_in) -> None:
    answer = sign_in(park.officer).post(new(park), data=visit_fields(park, key="1"))
    assert "编号读不出" in answer.text
    assert counted(session, Visit) == 0


def test_the_form_has_a_key_of_its_own_and_keeps_it_when_it_comes_back(park, sign_in) -> None:
    client = sign_in(park.officer)
    keys = {check_page(client.get(new(park))).find(".//input[@name='key']").get("value") for _time in range(2)}
    assert len(keys) == 2
    key = keys.pop()
    back = check_page(client.post(new(park), data=visit_fields(park, key=key, on="")))
    assert back.find(".//input[@name='key']").get("value") == key
    assert back.find(".//form[@data-queue='visit']") is not None


def test_a_stale_edit_answers_409_with_both_texts_and_what_was_added(session, park, sign_in) -> None:
    visit = make_visit(session, park)
    sent = {"version": "1", "on": "2026-03-05", "topics": ["site"], "reluctance": "afraid"}
    assert sign_in(park.officer).post(f"/visits/{visit.id}/edit", data={**sent, "said": "第一位。"}).status_code == 302
    second = {**sent, "said": "第二位。", "reluctance": "unable", "needs-0-kind": "talent", "needs-0-text": "缺焊工"}
    answer = sign_in(park.manager).post(f"/visits/{visit.id}/edit", data=second)
    assert answer.status_code == 409
    for shown in ("第一位。", "第二位。", "不敢", "不能", "缺焊工"):
        assert shown in answer.text


def test_two_at_the_same_moment_are_one_visit(fresh_app) -> None:
    """Both have looked for the key before either kept it."""
    migrating = fresh_app()
    with migrating.app_context():
        migrate.upgrade()
        park = build_park(db.session)
        db.session.commit()
        officer_id, firm_id = park.officer.id, park.firm.id
    app, key, meet, found = fresh_app(), str(uuid4()), threading.Barrier(2), []

    def log() -> None:
        with app.app_context():
            from crm.accounts.models import User
            from crm.firms.models import Firm

            audit.sign(db.session, officer_id, audit.Via.PAGE)
            actor, firm = db.session.get_one(User, officer_id), db.session.get_one(Firm, firm_id)
            assert service.kept_visit(actor, firm, key) is None
            db.session.commit()  # on SQLite the look holds the write lock
            meet.wait()
            found.append(service.log_visit(actor, firm, Account(on=clock.today(), said="谈了研发"), key=key).id)
            db.session.commit()

    threads = [threading.Thread(target=log) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(found) == 2
        assert set(found) == {db.session.scalar(select(Visit.id))}
        assert db.session.scalar(select(func.count()).select_from(Visit)) == 1


def test_reluctance_is_one_choice_and_can_be_taken_back(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    client.post(new(park), data={"on": clock.today().isoformat(), "reluctance": "afraid"})  # it is enough of a visit
    visit = session.scalars(select(Visit)).one()
    assert visit.reluctance is Reluctance.AFRAID
    assert "不敢" in client.get(f"/visits/{visit.id}").text
    sent = {"version": "1", "on": visit.on.isoformat(), "said": "其实谈得不错。", "reluctance": ""}
    client.post(f"/visits/{visit.id}/edit", data=sent)
    session.refresh(visit)
    assert visit.reluctance is None


def test_a_promise_is_due_so_many_days_after_the_visit(session, park, sign_in) -> None:
    sent = {
        "on": "2026-03-02", "said": "谈了。", "tasks-0-title": "送样表", "tasks-0-term": "14",
        "tasks-1-title": "约专家", "tasks-1-term": "3", "tasks-1-due_on": "2026-03-20",
    }  # fmt: skip
    for number in (0, 1):
        sent[f"tasks-{number}-assignee_id"] = str(park.officer.id)
    assert sign_in(park.officer).post(new(park), data=sent).status_code == 302
    due = {task.title: task.due_on.isoformat() for task in session.scalars(select(Task))}
    assert due == {"送样表": "2026-03-16", "约专家": "2026-03-20"}  # a date typed comes before a term


def test_the_place_of_the_phone_is_kept_with_its_accuracy(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    position = {"latitude": "28.570012", "longitude": "112.360021", "accuracy": "18.4"}
    page = client.post(new(park), data=visit_fields(park, **position), follow_redirects=True).text
    assert "28.57001, 112.36002" in page
    assert "误差约 18 米" in page
    visit = session.scalars(select(Visit)).one()
    assert (visit.latitude, visit.longitude, visit.accuracy) == (28.570012, 112.360021, 18)


def test_half_a_position_or_none_on_earth_is_refused(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    for position in (
        {"latitude": "28.5"},
        {"latitude": "91", "longitude": "0", "accuracy": "5"},
        {"latitude": "here"},
        {"latitude": "nan", "longitude": "nan", "accuracy": "nan"},
        {"latitude": "1", "longitude": "1", "accuracy": "1e30"},
    ):
        assert "记下位置" in client.post(new(park), data=visit_fields(park, **position)).text
    assert counted(session, Visit) == 0


def test_a_planned_visit_fills_the_form_and_is_held_by_saving(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    plan = PlannedVisit(firm=park.firm, officer=park.officer, on=clock.today(), purpose="问研发辅助账")
    session.add(plan)
    session.commit()
    client, address = sign_in(park.officer), f"{new(park)}?plan={plan.id}"
    page = check_page(client.get(address))
    # What was to be asked was not said yet: it stands above the box, never in it.
    assert not (page.find(".//textarea[@name='said']").text or "").strip()
    assert text_of(page.find(".//p[@id='purpose']")) == "原计划要谈：问研发辅助账"
    untold = {"on": clock.today().isoformat(), "said": page.find(".//textarea[@name='said']").text or ""}
    assert client.post(address, data=untold).status_code == 200
    assert counted(session, Visit) == 0
    answer = client.post(address, data=visit_fields(park))
    session.refresh(plan)
    assert plan.state is PlannedState.HELD
    assert answer.location == f"/visits/{plan.visit_id}"
    assert "计划的走访" not in client.get(address).text
    outside = f"/firms/{park.other_firm.id}/visits/new?plan={plan.id}"
    assert "问研发辅助账" not in sign_in(park.other_officer).get(outside).text


def plan_today(session, park, **values) -> PlannedVisit:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    plan = PlannedVisit(firm=park.firm, on=clock.today(), **{"officer": park.officer, **values})
    session.add(plan)
    session.commit()
    return plan


def test_a_visit_written_without_its_plan_holds_what_one_had_planned(session, park, sign_in) -> None:
    """From the button of the frame: else the plan would ask for a second record of the same visit."""
    plan_today(session, park, officer=park.manager)
    client = sign_in(park.officer)
    assert "计划的走访" not in client.get(new(park)).text  # of another: that is theirs
    plan = plan_today(session, park)
    page = check_page(client.get(new(park)))
    address = page.find(".//form[@data-queue='visit']").get("action")
    assert address == f"{new(park)}?plan={plan.id}"
    assert client.post(address, data=visit_fields(park)).status_code == 302
    session.refresh(plan)
    assert plan.state is PlannedState.HELD
    assert "还没有记下" not in client.get("/day").text


def test_a_plan_called_off_while_the_visit_waited_to_be_sent_is_held_and_that_is_said(session, park, sign_in) -> None:
    plan = plan_today(session, park, state=PlannedState.CALLED_OFF, reason="企业停电")
    answer = sign_in(park.officer).post(f"{new(park)}?plan={plan.id}", data=visit_fields(park), follow_redirects=True)
    assert "走访已记下" in answer.text
    assert "计划先前已取消（企业停电），现在改为已走访" in answer.text
    session.refresh(plan)
    assert plan.state is PlannedState.HELD


def test_a_plan_that_was_held_meanwhile_or_is_not_there_loses_no_visit(session, park, sign_in) -> None:
    client, plan = sign_in(park.officer), plan_today(session, park)
    first = client.post(f"{new(park)}?plan={plan.id}", data=visit_fields(park))
    second = client.post(
        f"{new(park)}?plan={plan.id}", data=visit_fields(park, said="又写一次。"), follow_redirects=True
    )
    assert "请核对是否重复" in second.text
    session.refresh(plan)
    assert first.location == f"/visits/{plan.visit_id}"
    assert client.post(f"{new(park)}?plan=999999", data=visit_fields(park, said="三。")).status_code == 302
    assert counted(session, Visit) == 3
