"""Tasks and needs: planned, settled, taken back, listed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.kernel import audit, clock
from crm.visits.models import Need, NeedState, TaskState
from tests.integration.visits.test_visits import make_task
from tests.pages import check_page
from tests.queries import count_queries


def make_need(session, park) -> Need:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    need = Need(firm=park.firm, raised_on=clock.today(), kind="finance", text="缺流动资金")
    session.add(need)
    session.commit()
    return need


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
    need = make_need(session, park)
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


def test_the_second_answer_does_not_replace_the_first(session, park, sign_in) -> None:
    need = make_need(session, park)
    first, second = sign_in(park.officer), sign_in(park.manager)
    first.post(f"/needs/{need.id}/answer", data={"state": "answered", "answer": "已对接农商行"})
    page = second.post(f"/needs/{need.id}/answer", data={"state": "closed", "answer": "不需要了"})
    check_page(page)
    assert "这件诉求已经答复（专员甲）" in page.text
    session.refresh(need)
    assert (need.state, need.answer, need.answered_by_id) == (NeedState.ANSWERED, "已对接农商行", park.officer.id)
    opened = second.get(f"/needs/{need.id}/answer")
    check_page(opened)
    assert "已对接农商行" in opened.text
    assert f"/needs/{need.id}/reopen" in opened.text


def test_what_is_open_is_not_opened_again(session, park, sign_in) -> None:
    task, need = make_task(session, park), make_need(session, park)
    client = sign_in(park.officer)
    assert "已经是待办" in client.post(f"/tasks/{task.id}/reopen", follow_redirects=True).text
    assert "已经是待答复" in client.post(f"/needs/{need.id}/reopen", follow_redirects=True).text


def test_the_second_to_end_a_task_is_told_who_did(session, park, sign_in) -> None:
    task = make_task(session, park)
    sign_in(park.manager).post(f"/tasks/{task.id}/end", data={})
    assert "已经了结（经理甲）" in sign_in(park.officer).post(f"/tasks/{task.id}/end", data={}).text


@pytest.mark.parametrize("left", ["disabled", "moved"])
def test_a_task_stays_with_who_has_it_though_they_left(session, park, sign_in, left) -> None:
    task = make_task(session, park)
    values = {"disabled": True} if left == "disabled" else {"organisation_id": park.other_park.id}
    for name, value in values.items():
        setattr(park.officer, name, value)
    session.commit()
    client = sign_in(park.manager)
    address = f"/tasks/{task.id}/edit"
    page = check_page(client.get(address))
    chosen = page.find(".//select[@name='assignee_id']/option[@selected]")
    label = {"disabled": "专员甲（已停用）", "moved": "专员甲（龙岭园区）"}[left]
    assert (chosen.get("value"), chosen.text) == (str(park.officer.id), label)
    fields = {"version": str(task.version), "title": "改了说法", "due_on": task.due_on.isoformat()}
    assert client.post(address, data={**fields, "assignee_id": chosen.get("value")}).status_code == 302
    session.refresh(task)
    assert (task.title, task.assignee_id) == ("改了说法", park.officer.id)


def test_a_task_form_without_a_version_does_not_overwrite(session, park, sign_in) -> None:
    task = make_task(session, park)
    fields = {"title": "改了说法", "due_on": task.due_on.isoformat(), "assignee_id": str(task.assignee_id)}
    answer = sign_in(park.officer).post(f"/tasks/{task.id}/edit", data=fields)
    assert "别人已改过" in answer.text
    session.refresh(task)
    assert task.title == "送政策汇编"


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
