"""Tasks and needs: planned, settled, taken back, listed."""

from __future__ import annotations

from datetime import timedelta

from crm.kernel import audit, clock
from crm.visits import service
from crm.visits.models import Need, NeedState, TaskState
from crm.visits.service import Promised
from tests.integration.visits.test_visits import make_task
from tests.queries import count_queries


def test_a_planned_task_stands_on_the_assignees_list(park, sign_in) -> None:
    due = (clock.today() + timedelta(days=5)).isoformat()
    fields = {"title": "协助申报入库", "due_on": due, "assignee_id": str(park.officer.id)}
    assert sign_in(park.manager).post(f"/firms/{park.firm.id}/tasks/new", data=fields).status_code == 302
    assert "协助申报入库" in sign_in(park.officer).get("/tasks").text
    assert "协助申报入库" not in sign_in(park.manager).get("/tasks").text
    assert "协助申报入库" in sign_in(park.manager).get("/tasks?whose=all").text
    assert "协助申报入库" not in sign_in(park.other_officer).get("/tasks?whose=all").text


def test_overdue_and_ended_and_one_firms_tasks(session, park, sign_in) -> None:
    make_task(session, park, title="过期的事", due_on=clock.today() - timedelta(days=1))
    make_task(session, park, title="将来的事", due_on=clock.today() + timedelta(days=1))
    client = sign_in(park.officer)
    overdue = client.get("/tasks?which=overdue").text
    assert "过期的事" in overdue
    assert "将来的事" not in overdue
    assert "已过期" in overdue
    assert "没有待办的任务" not in client.get("/tasks").text
    assert "还没有了结的任务" in client.get("/tasks?which=ended").text
    assert "过期的事" in client.get(f"/tasks?firm={park.firm.id}").text
    assert client.get(f"/tasks?firm={park.other_firm.id}").status_code == 404


def test_the_tick_settles_a_task_and_undo_opens_it_again(session, park, sign_in) -> None:
    task = make_task(session, park)
    client = sign_in(park.officer)
    answer = client.post(f"/tasks/{task.id}/end?next=/tasks", data={}, follow_redirects=True)
    assert "已办结：送政策汇编" in answer.text
    assert f'href="/tasks/{task.id}/end">撤销' in answer.text
    session.refresh(task)
    assert (task.state, task.ended_by_id) == (TaskState.DONE, park.officer.id)
    assert f"/tasks/{task.id}/reopen" in client.get(f"/tasks/{task.id}/end").text
    client.post(f"/tasks/{task.id}/reopen", data={})
    session.refresh(task)
    assert (task.state, task.ended_at, task.outcome) == (TaskState.OPEN, None, None)


def test_a_task_is_not_ended_twice(session, park, sign_in) -> None:
    task = make_task(session, park)
    client = sign_in(park.officer)
    client.post(f"/tasks/{task.id}/end", data={"state": "done", "outcome": "已送到"})
    assert "已经了结" in client.post(f"/tasks/{task.id}/end", data={"state": "dropped", "outcome": "不要了"}).text
    session.refresh(task)
    assert task.outcome == "已送到"


def test_dropping_needs_a_reason(session, park, sign_in) -> None:
    task = make_task(session, park)
    client = sign_in(park.officer)
    assert "不再办理要写明原因" in client.post(f"/tasks/{task.id}/end", data={"state": "dropped"}).text
    client.post(f"/tasks/{task.id}/end", data={"state": "dropped", "outcome": "企业已迁出"})
    session.refresh(task)
    assert (task.state, task.outcome) == (TaskState.DROPPED, "企业已迁出")


def test_a_task_outside_the_scope_does_not_exist(session, park, sign_in) -> None:
    task = make_task(session, park)
    outside = sign_in(park.other_officer)
    assert outside.get(f"/tasks/{task.id}/end").status_code == 404
    assert outside.post(f"/tasks/{task.id}/end", data={}).status_code == 404
    assert outside.post(f"/tasks/{task.id}/reopen", data={}).status_code == 404
    assert outside.get(f"/tasks/{task.id}/edit").status_code == 404
    assert sign_in(park.firm_user).post(f"/tasks/{task.id}/end", data={}).status_code == 403
    session.refresh(task)
    assert task.state is TaskState.OPEN


def test_a_task_is_put_off_and_handed_over_and_the_second_editor_is_told(session, park, sign_in) -> None:
    task = make_task(session, park)
    later = (clock.today() + timedelta(days=30)).isoformat()
    fields = {"version": "1", "title": "送政策汇编", "due_on": later, "assignee_id": str(park.manager.id)}
    sign_in(park.officer).post(f"/tasks/{task.id}/edit", data=fields)
    session.refresh(task)
    assert (task.due_on.isoformat(), task.assignee_id) == (later, park.manager.id)
    answer = sign_in(park.officer).post(f"/tasks/{task.id}/edit", data={**fields, "assignee_id": str(park.officer.id)})
    assert "别人已改过" in answer.text
    assert "经理甲" in answer.text


def test_going_back_leads_only_into_this_house(session, park, sign_in) -> None:
    task = make_task(session, park)
    answer = sign_in(park.officer).post(f"/tasks/{task.id}/end?next=https://example.org/", data={})
    assert answer.location == f"/firms/{park.firm.id}"


def test_a_need_is_answered_and_taken_back(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    need = Need(firm=park.firm, raised_on=clock.today(), kind="finance", text="缺流动资金")
    session.add(need)
    session.commit()
    client = sign_in(park.officer)
    assert "缺流动资金" in client.get(f"/firms/{park.firm.id}").text
    assert "请写明答复的内容" in client.post(f"/needs/{need.id}/answer", data={"state": "answered"}).text
    client.post(f"/needs/{need.id}/answer", data={"state": "answered", "answer": "已对接农商行"})
    session.refresh(need)
    assert (need.state, need.answer, need.answered_by_id) == (NeedState.ANSWERED, "已对接农商行", park.officer.id)
    assert "缺流动资金" not in client.get(f"/firms/{park.firm.id}").text
    assert sign_in(park.other_officer).get(f"/needs/{need.id}/answer").status_code == 404
    client.post(f"/needs/{need.id}/reopen", data={})
    session.refresh(need)
    assert (need.state, need.answer) == (NeedState.OPEN, None)


def test_more_tasks_are_not_more_queries(session, park, sign_in) -> None:
    make_task(session, park)
    client = sign_in(park.manager)
    with count_queries(session) as few:
        client.get("/tasks?whose=all")
    for number in range(30):
        make_task(session, park, title=f"第{number}件")
    with count_queries(session) as many:
        client.get("/tasks?whose=all")
    assert len(many) <= len(few) <= 10


def test_who_may_not_log_visits_may_not_plan(session, park) -> None:
    from pytest import raises

    from crm.kernel.errors import NotAllowedError

    with raises(NotAllowedError):
        service.plan_task(
            park.firm_user, park.firm, Promised(title="x", due_on=clock.today(), assignee_id=park.officer.id)
        )
