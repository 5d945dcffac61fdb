"""What is told by the rooms above: who hears of it, in which words, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.duties.telling import remind_of_duties
from crm.firms.people import in_charge
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, Target
from crm.firms.proposals.service import Verdict, Wanted
from crm.kernel import audit, clock
from crm.ladder import service as ladder
from crm.ladder.models import Credential, Rung, Stage
from crm.notices.models import Channel, ChannelKind, Delivery, Notice, NoticeKind
from crm.notices.words import sentence
from crm.visits import service as visits
from crm.visits.models import NeedState
from crm.visits.needs import raise_need
from crm.visits.planning import Intent, call_off, plan_visit
from crm.visits.tasks import Promised, change_task, plan_task
from crm.visits.telling import remind_of_tasks
from tests.factories import Park, make_firm, make_user

SignIn = Callable[[User | None], FlaskClient]


@dataclass(frozen=True)
class Told:
    who: str
    sentence: str
    path: str


def told(session: Session) -> list[Told]:
    rows = session.scalars(select(Notice).order_by(Notice.id))
    return [Told(row.user.name, sentence(row.kind, row.values), row.path) for row in rows]


def sign(session: Session, user: User) -> None:
    audit.sign(session, user.id, audit.Via.PAGE)


def test_a_proposal_reaches_the_officer_and_its_decision_the_firm(
    session: Session, park: Park, sign_in: SignIn
) -> None:
    sign(session, park.firm_user)
    wanted = [
        Wanted(target=Target.FIGURES, target_key="2025", field="employees", new=12),
        Wanted(target=Target.FIGURES, target_key="2025", field="rd_staff", new=3),
    ]
    proposal = proposals.propose(actor=park.firm_user, firm=park.firm, wanted=wanted, note=None, document=None)
    submitted, name = f"/proposals/{proposal.id}", park.firm.name
    assert told(session) == [Told("专员甲", f"{name}的企业甲提交了修改，请核对", submitted)]
    sign(session, park.officer)
    first, second = (field.id for field in proposal.fields)
    verdicts = {first: Verdict(Decision.ACCEPTED), second: Verdict(Decision.REFUSED, "请附名册")}
    proposals.decide(actor=park.officer, proposal=proposal, verdicts=verdicts)
    decided = told(session)[1]
    assert decided.who == "企业甲"
    assert decided.sentence == f"{name}提交的修改已处理：接受 1 项，不接受 1 项"
    assert sign_in(park.firm_user).get(decided.path).status_code == 200
    assert sign_in(park.officer).get(submitted).status_code == 200


def test_a_firm_without_an_officer_is_the_nearest_managers(session: Session, park: Park) -> None:
    make_user(session, Role.MANAGER, "市经理", organisation_id=park.city.id)
    park.firm.officer_id = None
    session.commit()
    assert [user.name for user in in_charge(park.firm)] == ["经理甲"]
    park.manager.disabled = True
    session.commit()
    assert [user.name for user in in_charge(park.firm)] == ["市经理"]
    park.firm.officer_id = park.officer.id
    park.officer.disabled = True
    session.commit()
    assert [user.name for user in in_charge(park.firm)] == ["市经理"]


def test_a_need_reaches_the_officer_and_its_answer_the_firm(
    session: Session, park: Park, app: Flask, sign_in: SignIn
) -> None:
    sign(session, park.firm_user)
    with app.test_request_context():
        need = raise_need(park.firm_user, park.firm, kind="finance", text="缺流动资金")
    sign(session, park.officer)
    visits.answer_need(park.officer, need, state=NeedState.ANSWERED, answer="已约银行")
    raised, answered = told(session)
    assert (raised.who, raised.sentence) == ("专员甲", f"{park.firm.name}提出诉求：缺流动资金")
    assert (answered.who, answered.sentence) == ("企业甲", f"{park.firm.name}的诉求已有答复：缺流动资金")
    assert sign_in(park.officer).get(raised.path).status_code == 200
    assert sign_in(park.firm_user).get(answered.path).status_code == 200


def test_what_another_did_is_told_to_who_is_in_charge_and_a_chat_leads_where_staff_go(
    session: Session, park: Park, app: Flask, sign_in: SignIn
) -> None:
    kinds = [NoticeKind.NEED_ANSWERED, NoticeKind.PROPOSAL_DECIDED]
    session.add(Channel(organisation_id=park.park.id, kind=ChannelKind.WECOM, name="群", address="-", kinds=kinds))
    sign(session, park.firm_user)
    with app.test_request_context():
        need = raise_need(park.firm_user, park.firm, kind="finance", text="缺流动资金")
    wanted = Wanted(target=Target.FIGURES, target_key="2025", field="employees", new=12)
    proposal = proposals.propose(actor=park.firm_user, firm=park.firm, wanted=[wanted], note=None, document=None)
    sign(session, park.manager)
    visits.answer_need(park.manager, need, state=NeedState.ANSWERED, answer="已约银行")
    proposals.decide(
        actor=park.manager, proposal=proposal, verdicts={proposal.fields[0].id: Verdict(Decision.ACCEPTED)}
    )
    pages = [f"/needs/{need.id}/answer", f"/proposals/{proposal.id}"]
    assert [each.path for each in told(session) if each.who == "专员甲"][2:] == pages
    assert [(row.content or {})["path"] for row in session.scalars(select(Delivery).order_by(Delivery.id))] == pages
    for page in pages:
        assert sign_in(park.officer).get(page).status_code == 200


def test_an_officer_who_was_moved_is_in_charge_no_more(session: Session, park: Park) -> None:
    park.officer.organisation_id = park.other_park.id
    session.commit()
    assert [user.name for user in in_charge(park.firm)] == ["经理甲"]


def test_who_works_on_a_case_hears_that_another_moved_it(session: Session, park: Park) -> None:
    sign(session, park.manager)
    helper = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    case = ladder.open_case(park.firm, Rung.TECH_SME, actor=park.manager)
    case.officer = helper
    session.commit()
    ladder.declare(case, "willing", actor=park.manager)
    ladder.move_case(case, Stage.CULTIVATING, actor=park.manager)
    assert {each.who for each in told(session)} == {"专员甲", "专员丙", "企业甲"}


def test_who_works_on_a_case_and_the_firm_hear_that_another_ended_it(
    session: Session, park: Park, sign_in: SignIn
) -> None:
    sign(session, park.manager)
    case = ladder.open_case(park.firm, Rung.TECH_SME, actor=park.manager)
    case.officer = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    session.commit()
    ladder.drop_case(case, "企业放弃，不宜外传", actor=park.manager)
    ended = f"{park.firm.name}的科小培育已结束：已终止"
    assert {(each.who, each.path) for each in told(session) if each.sentence == ended} == {
        ("专员甲", f"/cases/{case.id}"),
        ("专员丙", f"/cases/{case.id}"),
        ("企业甲", f"/firms/{park.firm.id}/ladder"),
    }
    assert all("不宜外传" not in each.sentence for each in told(session))


def test_who_was_to_go_hears_that_another_called_the_visit_off(session: Session, park: Park) -> None:
    sign(session, park.officer)
    helper = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    on = clock.today() + timedelta(days=3)
    plan = plan_visit(park.officer, park.firm, Intent(on=on, officer_id=helper.id))
    own = plan_visit(park.officer, park.firm, Intent(on=on, officer_id=park.officer.id))
    call_off(park.officer, own, "改期")
    sign(session, park.manager)
    call_off(park.manager, plan, "企业停产")
    said = [(each.who, each.path) for each in told(session) if each.sentence.endswith("的计划：企业停产")]
    assert sorted(said) == [("专员丙", f"/visits/planned/{plan.id}"), ("专员甲", f"/visits/planned/{plan.id}")]
    assert not [each for each in told(session) if "改期" in each.sentence]


def test_a_chat_hears_to_whom_firms_went(session: Session, park: Park, sign_in: SignIn) -> None:
    taker = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    kinds = [NoticeKind.FIRMS_HANDED_OVER]
    session.add(Channel(organisation_id=park.park.id, kind=ChannelKind.WECOM, name="群", address="-", kinds=kinds))
    way = f"/handovers/new?from={park.officer.id}&to={taker.id}"
    sign_in(park.manager).post(way, data={"firm": [park.firm.id], "note": ""})
    content = session.scalars(select(Delivery)).one().content
    assert content is not None
    said = sentence(NoticeKind.FIRMS_HANDED_OVER, content["values"], in_chat=True)
    assert said == "经理甲把 1 家企业移交给专员丙，请看移交单"


def test_a_need_written_down_on_a_visit_reaches_who_is_in_charge(session: Session, park: Park) -> None:
    account = visits.Account(on=clock.today(), said="谈了融资")
    for actor in (park.officer, park.manager):
        sign(session, actor)
        visits.log_visit(actor, park.firm, account, needs=[visits.Asked(kind="finance", text=f"{actor.name}记的")])
    assert [(each.who, each.sentence[-5:]) for each in told(session)] == [("专员甲", "经理甲记的")]


def test_a_task_is_told_to_who_gets_it_from_another(session: Session, park: Park, sign_in: SignIn) -> None:
    due = clock.today() + timedelta(days=5)
    sign(session, park.manager)
    mine = Promised(title="自己的事", due_on=due, assignee_id=park.manager.id)
    task = plan_task(park.manager, park.firm, mine)
    assert told(session) == []
    given = Promised(title="协助申报", due_on=due, assignee_id=park.officer.id)
    change_task(park.manager, task, given, version=task.version)
    change_task(park.manager, task, given, version=task.version)
    assert told(session) == [Told("专员甲", "经理甲交给您一项任务：协助申报", "/tasks")]


def test_a_chat_names_who_got_the_task(session: Session, park: Park) -> None:
    channel = Channel(
        organisation_id=park.park.id, kind=ChannelKind.WECOM, name="群", address="-", kinds=[NoticeKind.TASK_GIVEN]
    )
    session.add(channel)
    sign(session, park.manager)
    promised = Promised(title="协助申报", due_on=clock.today(), assignee_id=park.officer.id)
    plan_task(park.manager, park.firm, promised)
    content = session.scalars(select(Delivery)).one().content
    assert content is not None
    assert sentence(NoticeKind.TASK_GIVEN, content["values"], in_chat=True) == "经理甲交给专员甲一项任务：协助申报"


def test_a_case_that_moves_is_told_to_the_firm(session: Session, park: Park, sign_in: SignIn) -> None:
    sign(session, park.manager)
    case = ladder.open_case(park.firm, Rung.TECH_SME, actor=park.manager)
    session.commit()
    ladder.declare(case, "willing", actor=park.manager)
    ladder.move_case(case, Stage.CULTIVATING, actor=park.manager)
    words = f"{park.firm.name}的科小培育进入“培育”"
    own = f"/firms/{park.firm.id}/ladder"
    assert told(session) == [Told("专员甲", words, f"/cases/{case.id}"), Told("企业甲", words, own)]
    assert sign_in(park.firm_user).get(own).status_code == 200


# --- what a day brings -------------------------------------------------------------------------------------------------


@pytest.fixture
def morning(app: Flask) -> Callable[[date], datetime]:
    app.extensions["reminded"] = {}
    return lambda day: datetime.combine(day, datetime.min.time(), clock.LOCAL).replace(hour=7)


def test_a_task_is_told_of_when_its_day_comes_and_once(
    app: Flask, session: Session, park: Park, morning: Callable[[date], datetime]
) -> None:
    sign(session, park.officer)
    promised = Promised(title="送政策汇编", due_on=date(2026, 5, 8), assignee_id=park.officer.id)
    plan_task(park.officer, park.firm, promised)
    session.commit()
    session.info.pop("signature")  # the worker acts for nobody
    with time_machine.travel(morning(date(2026, 5, 7)), tick=False) as now:
        remind_of_tasks()
        assert told(session) == []
        now.move_to(morning(date(2026, 5, 8)) - timedelta(minutes=1))
        remind_of_tasks()
        assert told(session) == [], "nobody is told in the night"
        now.move_to(morning(date(2026, 5, 8)))
        remind_of_tasks()
        remind_of_tasks()
        app.extensions["reminded"] = {}  # a worker that starts anew
        remind_of_tasks()
        now.move_to(morning(date(2026, 5, 9)))
        remind_of_tasks()
    assert told(session) == [Told("专员甲", "任务“送政策汇编”的期限是2026年5月8日", "/tasks")]


def test_yearly_duties_of_many_firms_are_one_notice_of_an_officer(
    app: Flask, session: Session, park: Park, morning: Callable[[date], datetime], sign_in: SignIn
) -> None:
    names = [park.firm.name]
    for number in range(2):
        sign(session, park.administrator)
        names.append(make_firm(session, park.park, f"云岭{number}号有限公司", officer_id=park.officer.id).name)
    firms = select(Credential.firm_id)
    for firm in session.scalars(select(type(park.firm)).where(type(park.firm).name.in_(names))):
        title = Credential(firm=firm, rung=Rung.HTE, number="GR202400000001", valid_from=date(2024, 10, 16))
        title.valid_to = date(2027, 10, 15)
        session.add(title)
    for where in (park.park, park.other_park):
        kinds = [NoticeKind.DUTY_NEAR]
        session.add(Channel(organisation=where, kind=ChannelKind.WECOM, name=where.name, address="-", kinds=kinds))
    last = session.scalars(firms.order_by(Credential.id.desc())).first()
    session.get_one(type(park.firm), last).organisation_id = park.other_park.id
    park.officer.organisation_id = park.city.id
    session.commit()
    assert len(session.scalars(firms).all()) == 3
    with time_machine.travel(morning(date(2027, 4, 30)), tick=False):
        remind_of_duties()
        app.extensions["reminded"] = {}
        remind_of_duties()
    chats = session.scalars(select(Delivery).order_by(Delivery.channel_id)).all()
    assert [(row.content or {})["values"]["firms"][1] for row in chats] == [2, 1], "each park's chat hears of its own"
    heard = {each.who: each for each in told(session)}
    assert len(told(session)) == 2
    assert "等 3 家企业：" in heard["专员甲"].sentence and "2027年5月31日" in heard["专员甲"].sentence
    assert heard["专员甲"].path == "/duties"
    assert heard["企业甲"].sentence.startswith(f"{park.firm.name}：")
    assert sign_in(park.firm_user).get(heard["企业甲"].path).status_code == 200
