"""The officer's first page: what matters, in their charge or their scope."""

from __future__ import annotations

from datetime import time, timedelta

import time_machine

from crm.applications.models import Application, ApplicationState, Programme, Window
from crm.duties.rules import months_later
from crm.firms.models import Contact, FirmStatus
from crm.firms.proposals.models import Proposal, ProposalField
from crm.kernel import audit, clock
from crm.ladder.models import Case, Credential, Rung, Stage
from crm.policy import notice_for
from crm.visits.models import Need, PlannedState, PlannedVisit, Task, Visit
from tests.factories import make_firm, make_user
from tests.integration.visits.test_planning import make_plan, make_visit
from tests.pages import check_page, text_of
from tests.queries import count_queries

DAY = timedelta(days=1)


def sign(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)


def part(page: str, key: str) -> str:
    """One group of the day; empty where there is nothing in it."""
    start = page.find(f'id="day-{key}"')
    return "" if start < 0 else page[start : page.index("</section>", start)]


def test_an_empty_day_says_so_and_what_to_do(session, park, sign_in) -> None:
    make_visit(session, park, park.manager, ago=0)
    answer = sign_in(park.officer).get("/day")
    check_page(answer)
    assert "今天没有要办的事" in answer.text
    assert 'href="/visits/plan"' in answer.text
    assert 'href="/visits/new"' in answer.text


@time_machine.travel("2026-05-20 08:00 +0800", tick=False)
def test_the_next_visit_stands_on_top_with_all_it_needs(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    session.add(Contact(firm=park.firm, name="办公室", telephone="0737 123 4567", main=True))
    park.firm.address = "长春路 8 号"
    later = make_plan(session, park, days=0, starts_at=time(15), firm=make_firm(session, park.park, "下午去有限公司"))
    first = make_plan(session, park, days=0, starts_at=time(9, 30), purpose="谈申报")
    make_plan(session, park, days=0, officer=park.manager)
    tomorrow = make_plan(session, park, days=1, firm=make_firm(session, park.park, "明天去有限公司"))
    answer = sign_in(park.officer).get("/day")
    check_page(answer)
    top = answer.text[: answer.text.index('id="day-visits"')]
    for shown in (
        "今天 09:30",
        park.firm.name,
        "谈申报",
        "长春路 8 号",
        f"/firms/{park.firm.id}/visits/new?plan={first.id}",
        f"/firms/{park.firm.id}/brief",
        "tel:07371234567",
        'href="https://uri.amap.com/search?keyword=%E9%95%BF%E6%98%A5%E8%B7%AF',
    ):
        assert shown in top
    rest = part(answer.text, "visits")
    assert rest.index("下午去有限公司") < rest.index("明天去有限公司")
    assert f"plan={later.id}" in rest
    assert f"/visits/planned/{tomorrow.id}" in rest
    assert "经理甲" not in answer.text
    # The manager's is about the scope, with names; what comes first is their own.
    page = sign_in(park.manager).get("/day").text
    assert "专员甲" in part(page, "visits")


def test_a_visit_that_nobody_told_of_is_asked_after(session, park, sign_in) -> None:
    planned = make_plan(session, park, days=-2)
    make_plan(session, park, days=-3, state=PlannedState.CALLED_OFF, reason="雨")
    make_plan(session, park, days=-40)
    late = part(sign_in(park.officer).get("/day").text, "late")
    assert late.count("还没有记下") == 1
    assert f"/firms/{park.firm.id}/visits/new?plan={planned.id}" in late


def test_a_promise_of_a_visit_stands_on_the_assignees_day_with_its_button(session, park, sign_in) -> None:
    sign(session, park)
    task = Task(firm=park.firm, title="报送申报书", due_on=clock.today() + 3 * DAY, assignee=park.officer)
    session.add(task)
    session.commit()
    officer = sign_in(park.officer)
    soon = part(officer.get("/day").text, "soon")
    assert "报送申报书" in soon
    assert f'action="/tasks/{task.id}/end?next=/day"' in soon
    answer = officer.post(f"/tasks/{task.id}/end?next=/day", data={})
    assert answer.location == "/day"
    assert "报送申报书</a>" not in officer.get("/day").text


def test_what_is_late_comes_before_what_is_due_and_the_oldest_first(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    for title, due in (("后天的", 2 * DAY), ("过期的", -DAY), ("今天的", 0 * DAY), ("下个月的", 30 * DAY)):
        session.add(Task(firm=park.firm, title=title, due_on=today + due, assignee=park.officer))
    lapsed = make_firm(session, park.park, "益阳失效有限公司", officer_id=park.officer.id)
    session.add(Credential(firm=lapsed, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=today - 5 * DAY))
    session.commit()
    page = sign_in(park.officer).get("/day").text
    late, soon = part(page, "late"), part(page, "soon")
    assert late.index("今天的") < late.index(lapsed.name) < late.index("过期的</a>")
    assert "过期 1 天" in late
    assert page.index("今天的") < page.index("后天的")
    assert "后天的" in soon
    assert "下个月的" not in page


def test_who_waits_the_longest_comes_first(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    for firm, user in ((park.firm, park.firm_user), (park.other_firm, park.other_firm_user)):
        proposal = Proposal(firm=firm, submitted_by_id=user.id)
        proposal.fields = [ProposalField(target="firm", field="address"), ProposalField(target="firm", field="website")]
        session.add(proposal)
    # Not for ten working days on whatever day of the week this runs: then it would be due.
    need = Need(firm=park.firm, raised_on=today - 9 * DAY, kind="finance", text="缺流动资金")
    others = make_firm(session, park.park, "别人负责有限公司")
    session.add_all([need, Need(firm=others, raised_on=today, kind="talent", text="招不到人")])
    session.commit()
    page = sign_in(park.officer).get("/day").text
    waiting = part(page, "waiting")
    assert waiting.index("缺流动资金") < waiting.index("2 项待审")
    assert "已等 9 天" in waiting
    assert f"/needs/{need.id}/answer?next=/day" in waiting
    assert park.other_firm.name not in page
    assert "招不到人" not in page
    assert "招不到人" in sign_in(park.manager).get("/day").text


def test_a_need_past_the_day_of_its_answer_is_late_whoever_wrote_it_down(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    late, due, again = (
        Need(firm=park.firm, kind="finance", text=text, raised_on=today - days * DAY, due_on=today + due * DAY)
        for text, days, due in (("超期的事", 20, -5), ("今天的事", 15, 0), ("又提的事", 40, 12))
    )
    again.reopened_on = today - 2 * DAY  # its term began anew
    session.add_all([late, due, again])
    session.add(Task(firm=park.firm, title="昨天的任务", due_on=today - DAY, assignee=park.officer))
    session.commit()
    page = sign_in(park.officer).get("/day").text
    group, waiting = part(page, "late"), part(page, "waiting")
    assert group.index("今天的事") < group.index("超期的事") < group.index("昨天的任务")
    assert "已超期：应于" in group
    for text in ("超期的事", "今天的事"):
        assert text not in waiting
    assert "又提的事" in waiting
    assert "已等 2 天" in waiting
    for number in range(3):
        session.add(
            Need(
                firm=park.firm, kind="finance", text=f"第{number}件", raised_on=today - 30 * DAY, due_on=today - 9 * DAY
            )
        )
    session.commit()
    page = sign_in(park.officer).get("/day").text
    assert f"/needs?which=late&amp;officer={park.officer.id}" in part(page, "late")


def test_what_is_due_today_is_never_hidden_behind_what_is_late(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    for number in range(6):
        session.add(
            Task(firm=park.firm, title=f"过期{number}", due_on=today - (9 - number) * DAY, assignee=park.officer)
        )
    for number in range(4):
        session.add(Task(firm=park.firm, title=f"今天{number}", due_on=today, assignee=park.officer))
    session.commit()
    page = check_page(sign_in(park.officer).get("/day"))
    late = next(part for part in page.iter("section") if part.get("aria-labelledby") == "day-late")
    assert [text_of(line.find(".//a")) for line in late.findall("ul/li")] == [f"今天{number}" for number in range(4)]
    assert [text_of(line.find(".//a")) for line in late.findall("details//li")] == ["过期0", "过期1", "过期2"]
    assert "全部任务（还有 3 件）" in [text_of(link) for link in late.findall("p/a")]  # in sight, not in the fold


@time_machine.travel("2026-05-20 18:00 +0800", tick=False)
def test_a_visit_whose_hour_is_past_is_asked_after_and_the_one_to_come_stands_first(session, park, sign_in) -> None:
    past = make_plan(session, park, days=0, starts_at=time(9, 30))
    evening = make_plan(session, park, days=0, starts_at=time(19), firm=make_firm(session, park.park, "晚上去有限公司"))
    page = sign_in(park.officer).get("/day").text
    top, rest = page[: page.index('id="day-visits"')], part(page, "visits")
    assert "今天 19:00" in top
    assert f"visits/new?plan={evening.id}" in top
    assert "今天 · 09:30 · 已过时，还没有记下" in rest
    assert f"visits/new?plan={past.id}" in rest
    assert f'href="/visits/planned/{past.id}"' in rest
    assert "改期" in rest
    sign(session, park)
    session.delete(evening)
    session.commit()
    page = sign_in(park.officer).get("/day").text
    assert "下一次走访" not in page
    assert "已过时" in part(page, "visits")


def test_where_much_stands_above_the_later_groups_are_folded_to_their_numbers(session, park, sign_in) -> None:
    sign(session, park)
    today, client = clock.today(), sign_in(park.officer)
    session.add(Task(firm=park.firm, title="后天的", due_on=today + 2 * DAY, assignee=park.officer))
    session.commit()
    assert not any(box.findall(".//h2") for box in check_page(client.get("/day")).iter("details"))
    for number in range(3):
        session.add(Task(firm=park.firm, title=f"昨天的{number}", due_on=today - DAY, assignee=park.officer))
        session.add(Need(firm=park.firm, kind="finance", text=f"超期{number}", raised_on=today - 20 * DAY))
        session.add(Need(firm=park.firm, kind="finance", text=f"等着{number}", raised_on=today))
        firm = make_firm(session, park.park, f"今天去{number}号有限公司")
        make_plan(session, park, days=0, firm=firm)
    page = check_page(client.get("/day"))
    folded = {text_of(title) for box in page.iter("details") for title in box.findall("summary/h2")}
    assert folded == {"快到期的 1", "该去看看的 1"}
    late = next(part for part in page.iter("section") if part.get("aria-labelledby") == "day-late")
    assert "6" in text_of(late.find("h2"))
    assert len(late.findall("ul/li")) == 3
    assert len(late.findall("details//li")) == 3
    assert "再看 3 件" in text_of(late)


def test_a_manager_sees_a_few_of_todays_visits_and_the_way_to_all(session, park, sign_in) -> None:
    for number in range(9):
        make_plan(session, park, days=0, firm=make_firm(session, park.park, f"今天去{number}号有限公司"))
    visits = part(sign_in(park.manager).get("/day").text, "visits")
    assert visits.count("号有限公司</a>") == 5
    assert ">9<" in visits
    assert f"/visits/calendar?day={clock.today()}" in visits


@time_machine.travel("2026-05-20 10:00 +0800", tick=False)
def test_a_window_that_closes_is_named_where_somebody_prepares_for_it(session, park, sign_in) -> None:
    sign(session, park)
    notice = notice_for("little_giant", clock.today())
    assert notice is not None
    window = notice.window(clock.today())
    assert window is not None
    client = sign_in(park.officer)
    assert window.title["zh"] not in client.get("/day").text
    for stage, firm in ((Stage.CULTIVATING, park.firm), (Stage.APPLIED, make_firm(session, park.park))):
        firm.officer_id = park.officer.id
        session.add(
            Case(firm=firm, rung=Rung.LITTLE_GIANT, stage=stage, opened_on=clock.today(), stage_since=clock.today())
        )
    session.commit()
    soon = part(client.get("/day").text, "soon")
    assert window.title["zh"] in soon
    assert f"还有 {(window.until - clock.today()).days} 天" in soon
    assert "1 家在培育、还没有申报" in soon


def test_titles_about_to_lapse_unless_renewed(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    held = {"firm": park.firm, "valid_from": today - 20 * DAY}
    session.add(Credential(**held, rung=Rung.HTE, valid_to=today + 25 * DAY))
    session.add(Credential(**held, rung=Rung.SRDI, valid_to=today + 200 * DAY))
    others = make_firm(session, park.park, "别人负责有限公司")
    session.add(Credential(firm=others, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=today - 5 * DAY))
    session.commit()
    client = sign_in(park.officer)
    page = client.get("/day").text
    assert "高企 重新认定" in part(page, "soon")
    assert "到期复核" not in page
    assert others.name not in page
    session.add(Credential(firm=park.firm, rung=Rung.HTE, valid_from=today, valid_to=today + 1000 * DAY))
    session.commit()
    assert "高企 重新认定" not in client.get("/day").text


def test_a_title_that_enters_a_notice_level_is_named_with_it_once(session, park, sign_in) -> None:
    sign(session, park)
    today = clock.today()
    for months in (12, 6, 3):
        firm = make_firm(session, park.park, f"还有{months}个月有限公司", officer_id=park.officer.id)
        ends = months_later(today - 2 * DAY, months)
        session.add(Credential(firm=firm, rung=Rung.SRDI, valid_from=today - 1000 * DAY, valid_to=ends))
    session.commit()
    soon = part(sign_in(park.officer).get("/day").text, "soon")
    for months in (12, 6, 3):
        assert soon.count(f"还有{months}个月有限公司") == 1
        assert f"还有 {months} 个月" in soon


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


def test_a_firm_that_somebody_plans_to_visit_is_not_named(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    assert park.firm.name in part(client.get("/day").text, "last")
    make_plan(session, park, days=6, officer=park.manager)
    assert park.firm.name not in client.get("/day").text


def test_everyone_says_for_themselves_after_how_many_days(session, park, sign_in) -> None:
    make_visit(session, park, park.officer, ago=20)
    officer, manager = sign_in(park.officer), sign_in(park.manager)
    assert "上次走访" not in officer.get("/day").text
    answer = officer.post("/day/unseen-after?next=/day/unvisited", data={"days": "15"}, follow_redirects=True)
    assert answer.request.path == "/day/unvisited"
    check_page(answer)
    assert "已改为 15 天" in answer.text
    assert "20 天前" in part(officer.get("/day").text, "last")
    assert "20 天前" not in manager.get("/day").text
    for wrong in ("3", "", "很多", "9999"):
        assert "没有改" in officer.post("/day/unseen-after", data={"days": wrong}, follow_redirects=True).text
    session.refresh(park.officer)
    assert park.officer.unseen_after == 15


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
        session.add(Need(firm=firm, raised_on=today, kind="finance", text="缺资金"))
        for days in (-1, 0, 1):
            session.add(PlannedVisit(firm=firm, officer=park.officer, on=today + days * DAY))
        unseen = make_firm(session, park.park, officer_id=park.officer.id)
        session.add(Visit(firm=unseen, officer=colleague, on=today - 100 * DAY, said="谈"))
    session.commit()
    with count_queries(session) as many:
        page = client.get("/day")
    check_page(page)
    assert len(many) <= 21, "\n\n".join(many)
    assert len(many) - len(few) <= 4  # a list that is empty asks for nothing beside its lines


def test_applications_that_wait_for_the_park_stand_with_what_waits_and_on_the_firms_own_page(
    session, park, sign_in
) -> None:
    sign(session, park)
    programme = Programme(key="demo", title="市级科技计划", title_en="City projects")
    window = Window(programme=programme, year=2026, closes_on=clock.today() + 30 * DAY)
    since = clock.today() - 3 * DAY
    for firm, state in ((park.firm, ApplicationState.SUBMITTED), (park.other_firm, ApplicationState.SUBMITTED)):
        session.add(Application(firm=firm, window=window, state=state, state_since=since))
    session.commit()
    page = sign_in(park.officer).get("/day").text
    waiting = part(page, "waiting")
    assert "市级科技计划" in waiting and "已等 3 天" in waiting
    assert park.firm.name in waiting and park.other_firm.name not in page
    own = sign_in(park.firm_user).get("/own").text
    assert "市级科技计划" in own and "待审核" in own
