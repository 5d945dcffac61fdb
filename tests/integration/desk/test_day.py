"""The officer's first page: what matters, in their charge or their scope."""

from __future__ import annotations

from datetime import timedelta

from crm.duties.rules import months_later
from crm.firms.models import FirmStatus
from crm.firms.proposals.models import Proposal, ProposalField
from crm.kernel import audit, clock
from crm.ladder.models import Case, Credential, Rung, Stage
from crm.visits.models import Task, Visit
from tests.factories import make_firm, make_user
from tests.pages import check_page
from tests.queries import count_queries

DAY = timedelta(days=1)


def sign(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)


def test_an_empty_day_says_so_and_what_to_do(session, park, sign_in) -> None:
    sign(session, park)
    session.add(Visit(firm=park.firm, officer=park.manager, on=clock.today(), said="谈"))
    session.commit()
    answer = sign_in(park.officer).get("/day")
    check_page(answer)
    for shown in (
        "两周内没有到期的事",
        "没有等待审核的申请",
        "一个月内没有到期的事",
        "没有过了期限的事",
        "没有停住的",
        "90 天内都去过了",
        "还没有走访记录",
    ):
        assert shown in answer.text
    assert 'href="/visits/new"' in answer.text


def test_a_promise_of_a_visit_stands_on_the_assignees_day_with_its_tick(session, park, sign_in) -> None:
    fields = {
        "on": clock.today().isoformat(),
        "said": "谈了申报。",
        "tasks-0-title": "报送申报书",
        "tasks-0-due_on": (clock.today() + 3 * DAY).isoformat(),
        "tasks-0-assignee_id": str(park.officer.id),
    }
    sign_in(park.manager).post(f"/firms/{park.firm.id}/visits/new", data=fields)
    officer = sign_in(park.officer)
    page = officer.get("/day").text
    task = session.query(Task).one()
    assert "报送申报书" in page
    assert f'action="/tasks/{task.id}/end?next=/day"' in page
    answer = officer.post(f"/tasks/{task.id}/end?next=/day", data={})
    assert answer.location == "/day"
    assert "报送申报书</a>" not in officer.get("/day").text


def test_tasks_are_ordered_by_date_and_late_ones_marked(session, park, sign_in) -> None:
    sign(session, park)
    for title, due in (("后天的", 2 * DAY), ("过期的", -DAY), ("下个月的", 30 * DAY)):
        session.add(Task(firm=park.firm, title=title, due_on=clock.today() + due, assignee=park.officer))
    session.commit()
    page = sign_in(park.officer).get("/day").text
    assert page.index("过期的") < page.index("后天的")
    assert "task--overdue" in page
    assert "下个月的" not in page


def test_proposals_wait_on_the_day_of_whoever_may_decide(session, park, sign_in) -> None:
    sign(session, park)
    for firm, user in ((park.firm, park.firm_user), (park.other_firm, park.other_firm_user)):
        proposal = Proposal(firm=firm, submitted_by_id=user.id)
        proposal.fields = [ProposalField(target="firm", field="address"), ProposalField(target="firm", field="website")]
        session.add(proposal)
    session.commit()
    page = sign_in(park.officer).get("/day").text
    assert "2 项待审" in page
    assert park.firm.name in page
    assert park.other_firm.name not in page


def test_titles_about_to_lapse_and_overdue_duties_unless_renewed(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    held = {"firm": park.firm, "valid_from": today - 20 * DAY}
    session.add(Credential(**held, rung=Rung.HTE, valid_to=today + 25 * DAY))
    session.add(Credential(**held, rung=Rung.SRDI, valid_to=today + 200 * DAY))
    lapsed = make_firm(session, park.park, "益阳失效有限公司", officer_id=park.officer.id)
    session.add(Credential(firm=lapsed, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=today - 5 * DAY))
    others = make_firm(session, park.park, "别人负责有限公司")
    session.add(Credential(firm=others, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=today - 5 * DAY))
    session.commit()
    client = sign_in(park.officer)
    page = client.get("/day").text
    assert page.index("高企 重新认定") < page.index(lapsed.name)
    assert "到期未重新认定的，资格失效" in page
    assert "到期复核" not in page
    assert others.name not in page
    session.add(Credential(firm=park.firm, rung=Rung.HTE, valid_from=today, valid_to=today + 1000 * DAY))
    session.add(Credential(firm=lapsed, rung=Rung.HTE, valid_from=today - 4 * DAY, valid_to=today + 1000 * DAY))
    session.commit()
    page = client.get("/day").text
    assert "高企 重新认定" not in page


def test_a_title_that_enters_a_notice_level_is_named_with_it_once(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    for months in (12, 6, 3, 1):
        firm = make_firm(session, park.park, f"还有{months}个月有限公司", officer_id=park.officer.id)
        ends = months_later(today - 2 * DAY, months)
        session.add(Credential(firm=firm, rung=Rung.SRDI, valid_from=today - 1000 * DAY, valid_to=ends))
    session.commit()
    page = sign_in(park.officer).get("/day").text
    notices = page[page.index("到期提醒") : page.index("一个月内到期")]
    for months in (12, 6, 3, 1):
        assert notices.count(f"还有{months}个月有限公司") == 1
        assert f"还有 {months} 个月" in notices


def test_cases_that_stand_still(session, park, sign_in) -> None:
    sign(session, park)
    long_ago = clock.today() - 100 * DAY
    session.add(Case(firm=park.firm, rung=Rung.HTE, stage=Stage.CULTIVATING, opened_on=long_ago, stage_since=long_ago))
    session.add(
        Case(firm=park.firm, rung=Rung.SRDI, stage=Stage.APPLIED, opened_on=long_ago, stage_since=long_ago)
    )  # waits for the authority
    session.commit()
    page = sign_in(park.officer).get("/day/stuck").text
    assert "“培育”阶段" in page
    assert "“申报”阶段" not in page


def test_firms_nobody_visited_the_longest_first(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    never = make_firm(session, park.park, "从未走访有限公司", officer_id=park.officer.id)
    fresh = make_firm(session, park.park, "刚刚走访有限公司", officer_id=park.officer.id)
    make_firm(session, park.park, "已经注销有限公司", officer_id=park.officer.id, status=FirmStatus.DEREGISTERED)
    make_firm(session, park.park, "别人负责有限公司")
    session.add(Visit(firm=park.firm, officer=park.manager, on=today - 120 * DAY, said="谈"))
    session.add(Visit(firm=fresh, officer=park.officer, on=today - 3 * DAY, said="谈"))
    session.commit()
    answer = sign_in(park.officer).get("/day/unvisited")
    check_page(answer)
    assert answer.text.index(never.name) < answer.text.index(park.firm.name)
    for absent in (fresh.name, "已经注销有限公司", "别人负责有限公司", park.other_firm.name):
        assert absent not in answer.text
    assert "别人负责有限公司" in sign_in(park.manager).get("/day/unvisited").text


def test_a_managers_day_is_about_the_whole_scope(session, park, sign_in) -> None:
    sign(session, park)
    session.add(Task(firm=park.firm, title="专员的事", due_on=clock.today(), assignee=park.officer))
    session.add(Task(firm=park.other_firm, title="外面的事", due_on=clock.today(), assignee=park.other_officer))
    session.commit()
    page = sign_in(park.manager).get("/day").text
    assert "专员的事" in page
    assert "外面的事" not in page


def test_who_has_a_day(park, sign_in) -> None:
    assert sign_in(park.firm_user).get("/day").status_code == 403
    assert sign_in(None).get("/day").status_code == 302
    assert sign_in(park.officer).get("/day/nothing").status_code == 404


def test_a_full_day_asks_no_more_than_an_empty_one(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    with count_queries(session) as few:
        client.get("/day")
    sign(session, park)
    today = clock.today()
    for number in range(15):
        colleague = make_user(session, park.officer.role, f"专员{number}", organisation_id=park.park.id)
        firm = make_firm(session, park.park, officer_id=park.officer.id)
        session.add(Task(firm=firm, title="事", due_on=today, assignee=park.officer))
        session.add(Visit(firm=firm, officer=colleague, on=today - 100 * DAY, said="谈"))
        session.add(Visit(firm=firm, officer=park.officer, on=today - 100 * DAY, said="谈"))
        session.add(Credential(firm=firm, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=today + 30 * DAY))
        session.add(Case(firm=firm, rung=Rung.HTE, opened_on=today - 100 * DAY, stage_since=today - 100 * DAY))
        session.add(Proposal(firm=firm, submitted_by_id=park.firm_user.id))
    session.commit()
    with count_queries(session) as many:
        page = client.get("/day")
    check_page(page)
    assert len(many) <= 18, "\n\n".join(many)
    assert len(many) - len(few) <= 3  # a list that is empty asks for nothing beside its lines
