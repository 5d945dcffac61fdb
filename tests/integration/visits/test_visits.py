"""Logging a visit: all of it or nothing, by whom, seen by whom."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.firms.models import Contact, Document
from crm.kernel import audit, clock
from crm.visits import service
from crm.visits.models import Need, Task, TaskState, Visit
from crm.visits.service import Account
from crm.visits.tasks import Promised, plan_task
from tests.pages import parse, text_of
from tests.queries import count_queries

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def visit_fields(park, **values):
    return {
        "on": clock.today().isoformat(),
        "place": "研发楼三层",
        "topics": ["rd", "talent"],
        "said": "今年研发投入预计增加两成。",
        "needs-0-kind": "finance",
        "needs-0-text": "希望对接科技贷",
        "tasks-0-title": "约银行上门",
        "tasks-0-due_on": (clock.today() + timedelta(days=3)).isoformat(),
        "tasks-0-assignee_id": str(park.officer.id),
        **values,
    }


def counted(session, model) -> int:
    return session.scalar(select(func.count()).select_from(model))


def test_one_form_keeps_the_visit_its_need_its_promise_and_its_photos(session, park, sign_in) -> None:
    session.add(Contact(firm=park.firm, name="王总工", position="总工程师"))
    session.commit()
    contact = session.scalars(select(Contact)).one()
    fields = visit_fields(
        park,
        contacts=[str(contact.id)],
        met="财务小李",
        photos=[(io.BytesIO(PNG), "车间.png"), (io.BytesIO(PNG + b"2"), "展厅.png")],
    )
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=fields, follow_redirects=True)
    assert answer.status_code == 200
    for shown in (
        "走访已记下",
        "研发楼三层",
        "王总工（总工程师）、财务小李",
        "研发投入、人才",
        "希望对接科技贷",
        "约银行上门",
    ):
        assert shown in answer.text
    assert answer.text.count("<img") == 2
    visit = session.scalars(select(Visit)).one()
    assert (visit.officer_id, visit.on, visit.firm_id) == (park.officer.id, clock.today(), park.firm.id)


@pytest.mark.parametrize(
    ("on", "registered", "sentence"),
    [
        (date(1900, 1, 1), None, "在五年以前"),
        (clock.today() - timedelta(days=31), clock.today() - timedelta(days=30), "才成立"),
    ],
)
def test_a_day_on_which_nobody_was_there_is_refused_with_its_reason(
    session, park, sign_in, on, registered, sentence
) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    park.firm.registered_on = registered
    session.commit()
    fields = visit_fields(park, on=on.isoformat())
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=fields)
    error = parse(answer.text).find(".//*[@id='on-error']")
    assert error is not None
    assert sentence in text_of(error)
    assert counted(session, Visit) == 0


def test_an_old_visit_is_mended_under_its_day(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    visit = service.log_visit(park.officer, park.firm, Account(on=date(2012, 3, 5), said="首谈"))
    session.commit()
    form = {"version": "1", "on": "2012-03-05", "said": "首谈，已核对。"}
    assert sign_in(park.officer).post(f"/visits/{visit.id}/edit", data=form).status_code == 302


def test_a_file_that_is_not_taken_keeps_nothing_of_the_visit(session, park, sign_in) -> None:
    fields = visit_fields(
        park, photos=[(io.BytesIO(PNG), "好.png")], files=[(io.BytesIO(b"MZ\x90\x00" * 20), "工具.exe")]
    )
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=fields)
    assert "工具.exe" in answer.text
    assert "不是可收的文件" in answer.text
    assert "今年研发投入预计增加两成。" in answer.text  # what was typed is still there
    assert "刚才选的 2 个文件还没有保存" in answer.text  # what was chosen is not, and that is said
    assert [counted(session, model) for model in (Visit, Need, Task, Document)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("on", "2999-01-01", "日期不能晚于今天"),
        ("on", "", "请填写走访日期"),
        ("on", "2025-02-30", "没有“2025-02-30”这一天"),
        ("tasks-0-due_on", "", "请填写期限"),
        ("tasks-0-due_on", "2001-01-01", "期限早于走访日期"),
        ("tasks-0-due_on", "下周", "不是日期"),
        ("needs-0-kind", "", "请选择类别"),
        ("needs-0-text", "", "请写明企业的诉求"),
        ("said", "长" * 20_001, "最多 20000 字"),
        ("met", "长" * 151, "最多 150 字"),
        ("topics", ["weather"], "weather"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_saved(session, park, sign_in, field, value, sentence) -> None:
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=visit_fields(park, **{field: value}))
    assert sentence in answer.text
    assert [counted(session, model) for model in (Visit, Need, Task)] == [0, 0, 0]


def test_a_visit_says_something(session, park, sign_in) -> None:
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/visits/new", data={"on": clock.today().isoformat(), "said": " "}
    )
    assert "请写一句谈了什么" in answer.text
    assert counted(session, Visit) == 0


def test_whoever_told_of_a_visit_today_is_told_so_before_the_second(session, park, sign_in) -> None:
    said = "今天已经记过一次走访"
    address = f"/firms/{park.firm.id}/visits/new"
    client = sign_in(park.officer)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    yesterday = clock.today() - timedelta(days=1)
    service.log_visit(park.officer, park.firm, Account(on=yesterday, said="昨天谈了用电"))
    service.log_visit(park.manager, park.firm, Account(on=clock.today(), said="负责人顺路来过"))
    session.commit()
    assert said not in client.get(address).text
    visit = service.log_visit(park.officer, park.firm, Account(on=clock.today(), said="看了三号线"))
    session.commit()
    page = client.get(address).text
    assert said in page
    assert f'href="/visits/{visit.id}"' in page
    assert "看了三号线" in page
    assert said not in client.get(f"/visits/{visit.id}/edit").text


def test_a_promise_cannot_be_laid_on_someone_who_cannot_see_the_firm(session, park, sign_in) -> None:
    for stranger in (park.other_officer, park.firm_user):
        fields = visit_fields(park, **{"tasks-0-assignee_id": str(stranger.id)})
        assert sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=fields).status_code == 200
        assert counted(session, Visit) == 0


def test_an_open_promise_can_be_settled_with_the_visit(session, park, sign_in) -> None:
    task = make_task(session, park)
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/visits/new").text
    assert "送政策汇编" in page
    sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=visit_fields(park, finished=[str(task.id)]))
    session.refresh(task)
    assert task.state is TaskState.DONE
    assert task.ended_by_id == park.officer.id


def make_task(session, park, **values) -> Task:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    promised = {"title": "送政策汇编", "due_on": clock.today(), "assignee_id": park.officer.id, **values}
    task = plan_task(park.officer, park.firm, Promised(**promised))
    session.commit()
    return task


def make_visit(session, park, **values) -> Visit:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    account = {"on": date(2026, 3, 5), "said": "谈了扩产。", "topics": ["site"], **values}
    visit = service.log_visit(park.officer, park.firm, Account(**account))
    session.commit()
    return visit


def test_who_reads_and_who_mends_a_visit(session, park, sign_in) -> None:
    visit = make_visit(session, park)
    colleague = park.manager
    assert "谈了扩产。" in sign_in(colleague).get(f"/visits/{visit.id}").text
    outside = sign_in(park.other_officer)
    assert outside.get(f"/visits/{visit.id}").status_code == 404
    assert outside.get(f"/firms/{park.firm.id}/visits").status_code == 404
    assert outside.post(f"/firms/{park.firm.id}/visits/new", data=visit_fields(park)).status_code == 404
    for address in (
        f"/visits/{visit.id}",
        f"/firms/{park.firm.id}/visits",
        f"/firms/{park.firm.id}/visits/new",
        "/tasks",
    ):
        assert sign_in(park.firm_user).get(address).status_code == 403
    assert sign_in(None).get(f"/visits/{visit.id}").status_code == 302


def test_a_colleague_reads_but_only_the_author_and_a_manager_mend(session, park, sign_in) -> None:
    from tests.factories import make_user

    colleague = make_user(session, park.officer.role, "专员丙", organisation_id=park.park.id)
    visit = make_visit(session, park)
    client = sign_in(colleague)
    assert "谈了扩产。" in client.get(f"/visits/{visit.id}").text
    assert f"/visits/{visit.id}/edit" not in client.get(f"/visits/{visit.id}").text
    assert client.get(f"/visits/{visit.id}/edit").status_code == 403
    assert sign_in(park.manager).get(f"/visits/{visit.id}/edit").status_code == 200
    form = {"version": "1", "on": "2026-03-06", "said": "谈了扩产和用地。", "topics": ["site"]}
    sign_in(park.officer).post(f"/visits/{visit.id}/edit", data=form)
    session.refresh(visit)
    assert (visit.on, visit.said) == (date(2026, 3, 6), "谈了扩产和用地。")


def test_the_second_to_save_is_shown_what_the_first_saved(session, park, sign_in) -> None:
    visit = make_visit(session, park)
    first = {"version": "1", "on": "2026-03-05", "said": "第一位改的。", "topics": ["site"]}
    assert sign_in(park.officer).post(f"/visits/{visit.id}/edit", data=first).status_code == 302
    second = {**first, "said": "第二位改的。", "topics": ["rd"]}
    answer = sign_in(park.manager).post(f"/visits/{visit.id}/edit", data=second)
    for shown in ("第一位改的。", "第二位改的。", "用地用房", "研发投入"):
        assert shown in answer.text
    session.refresh(visit)
    assert visit.said == "第一位改的。"


def test_the_form_of_a_visit_ticks_the_contacts_it_names(session, park, sign_in) -> None:
    session.add_all([Contact(firm=park.firm, name="王总工"), Contact(firm=park.firm, name="赵经理")])
    visit = make_visit(session, park, met="王总工、门卫")
    page = sign_in(park.officer).get(f"/visits/{visit.id}/edit").text
    form = parse(page)
    ticked = [
        box.get("name") for box in form.iter("input") if box.get("type") == "checkbox" and "checked" in box.attrib
    ]
    assert sorted(ticked) == ["contacts", "topics"]  # 王总工, and the topic
    assert 'value="门卫"' in page


def test_the_list_is_newest_first_and_reads_no_more_for_more_visits(session, park, sign_in) -> None:
    for day in range(1, 4):
        make_visit(session, park, on=date(2026, 3, day), said=f"第{day}次")
    client = sign_in(park.officer)
    with count_queries(session) as few:
        page = client.get(f"/firms/{park.firm.id}/visits").text
    assert page.index("第3次") < page.index("第2次") < page.index("第1次")
    for day in range(4, 30):
        make_visit(session, park, on=date(2026, 3, day))
    with count_queries(session) as many:
        client.get(f"/firms/{park.firm.id}/visits")
    assert len(many) <= len(few) <= 15


def test_eighty_visits_a_page(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for number in range(81):
        session.add(
            Visit(
                firm=park.firm,
                officer=park.officer,
                on=date(2026, 1, 1) + timedelta(days=number),
                said=f"谈话{number}号",
            )
        )
    session.commit()
    client = sign_in(park.officer)
    assert "谈话0号" not in client.get(f"/firms/{park.firm.id}/visits").text
    assert "谈话0号" in client.get(f"/firms/{park.firm.id}/visits?page=2").text


def test_the_firm_is_found_before_the_visit_is_written(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    link = f"/firms/{park.firm.id}/visits/new"
    assert link in client.get("/visits/new").text  # in my charge
    assert link in client.get("/visits/new?q=云梯").text
    assert link not in client.get("/visits/new?q=不存在的企业").text
    assert str(park.other_firm.name) not in client.get("/visits/new?q=远山").text


def test_who_was_met_is_not_lost_with_a_contact_removed_meanwhile(session, park, sign_in) -> None:
    """The form may have waited on a phone for days."""
    client, address = sign_in(park.officer), f"/firms/{park.firm.id}/visits/new"
    sent = visit_fields(park, contacts="999999")
    answer = client.post(address, data=sent)
    assert "勾选的联系人有的已不在名单上" in answer.text
    assert counted(session, Visit) == 0
    assert client.post(address, data=visit_fields(park, met="王总")).status_code == 302
