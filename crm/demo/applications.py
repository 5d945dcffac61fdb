"""Windows that the administrator entered, and applications in every state: some by the firms themselves, most by their officers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.system import root_organisation
from crm.applications import agency, service
from crm.applications.machine import OpenItemsError, State
from crm.applications.models import Application, Programme, Window
from crm.applications.openings import opening_of
from crm.applications.papers import declarations_of, papers_of
from crm.applications.prefill import Prefill
from crm.applications.programmes import create_window
from crm.demo.diary import sign
from crm.demo.papers import paper
from crm.demo.story import Story
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.agency import note_step

# By programme: what people call the batch, and its first and last day from today.
WINDOWS = (
    ("science_project", "第一批", -210, -150),
    ("science_project", "第二批", -45, 25),
    ("rd_growth_subsidy", None, -20, 9),
    ("tech_sme", "补报", -30, 20),
    ("hte", "第三批", -60, 16),
    ("innovative_sme", "第二批", -15, 40),
    ("srdi", "第二批", 30, 60),
)
WORDS = {
    "topic": "云岭榜单 2026-07：{product}关键部件国产化",
    "solution": "与云岭学院合作，分三期攻关，样机通过第三方检测，良率达到 95% 以上。",
    "partner": "云岭学院",
    "budget": "总经费 260，企业自筹 180",
    "main_projects": "{product}升级项目，新增研发设备与人员投入。",
    "bank": "云岭农商行科技支行",
    "main_products": "{product}",
    "core_technology": "{product}的结构设计与控制算法，已取得专利。",
    "conversion": "近三年转化成果 6 项，均用于{product}。",
}
STEPS = (State.SUBMITTED, State.REVIEWED, State.RECOMMENDED, State.ON_NOTICE, State.GRANTED)


@dataclass(frozen=True)
class Plan:
    """A firm's application to a batch: begun so many days ago, and how far it came. The firm's own where it has an account."""

    firm: str
    programme: str
    batch: str | None
    days: int
    state: State


PLANS = (
    Plan("石湾巧匠工具有限公司", "science_project", "第一批", 180, State.GRANTED),
    Plan("石湾聆风声学有限公司", "science_project", "第一批", 175, State.REFUSED),
    Plan("松江明烛照明有限公司", "science_project", "第一批", 172, State.WITHDRAWN),
    Plan("云岭拾光光电有限公司", "science_project", "第二批", 40, State.ON_NOTICE),
    Plan("松江汇流泵业股份有限公司", "science_project", "第二批", 34, State.RECOMMENDED),
    Plan("云岭衡准仪器仪表有限公司", "science_project", "第二批", 28, State.REVIEWED),
    Plan("松江博锐模具有限公司", "science_project", "第二批", 21, State.SUBMITTED),
    Plan("云岭星河智能装备有限公司", "science_project", "第二批", 12, State.RETURNED),
    Plan("云岭远岫新材料有限公司", "rd_growth_subsidy", None, 8, State.SUBMITTED),
    Plan("云岭星河智能装备有限公司", "hte", "第三批", 6, State.DRAFT),
    Plan("云岭知行软件有限公司", "tech_sme", "补报", 10, State.RECOMMENDED),
    Plan("松江雁行无人机有限公司", "science_project", "第二批", 3, State.DRAFT),
)


def write_applications(stories: Mapping[str, Story], administrator: User) -> None:
    """Write down the windows first, then each application on its day."""
    diary = next(iter(stories.values())).diary
    for programme, batch, opens, closes in WINDOWS:
        since, until = diary.today + timedelta(days=opens), diary.today + timedelta(days=closes)
        deed = partial(_window, administrator, programme, batch, since, until)
        diary.write(min(since, diary.today) - timedelta(days=5), administrator, deed)
    for plan in PLANS:
        story = stories[plan.firm]
        made: list[Application] = []
        story.on(diary.ago(plan.days), partial(_begin, story, plan, made), hour=14)
        story.on(diary.ago(max(plan.days - 2, 0)), partial(_live, story, plan, made), hour=15)


def _window(administrator: User, programme: str, batch: str | None, since: date, until: date) -> None:
    create_window(
        db.session.scalars(select(Programme).where(Programme.key == programme)).one(),
        actor=administrator,
        values={
            "year": since.year,
            "title": batch,
            "division_code": root_organisation().division_code,
            "opens_on": since,
            "closes_on": until,
            "source": "云岭市科学技术局通知（演示）",
            "disabled": False,
        },
    )


def _begin(story: Story, plan: Plan, made: list[Application]) -> None:
    window = db.session.scalars(
        select(Window).join(Programme).where(Programme.key == plan.programme, Window.title == plan.batch)
    ).one()
    actor = _applicant(story)
    sign(actor)
    made.append(service.start(actor=actor, firm=story.here, opening=opening_of(window)))
    if plan.state is State.DRAFT:
        agency.begin(made[0], actor=actor)


def _live(story: Story, plan: Plan, made: list[Application]) -> None:
    """Fill it in and take its steps; where something is missing it stays where it is, as it would."""
    application = made[0]
    if plan.state is State.DRAFT:
        _take_through(story, application)
        return
    _fill(story, application)
    try:
        service.submit(application, actor=_applicant(story))
        _decide(story, application, plan.state)
    except OpenItemsError:
        if plan.state is State.WITHDRAWN:
            service.withdraw(application, "数据还没有齐，下一批再报", actor=story.officer)


def _take_through(story: Story, application: Application) -> None:
    """Somebody takes it through the offices for the firm."""
    need, officer = application.agency, story.officer
    assert need is not None  # it was asked for when the application was begun
    sign(officer)
    if need.agency_since is None:
        agency.begin(application, actor=officer)
    note_step(
        officer, need, on=clock.today(), office="云岭市科学技术局", text="问清了材料清单，专项审计报告由代办人去取"
    )


def _fill(story: Story, application: Application) -> None:
    product = story.plan.product or "主导产品"
    words = {key: text.format(product=product) for key, text in WORDS.items()}
    today = clock.today()
    staff = {
        question.path: 8
        for question in Prefill.of(application, today).questions
        if question.path is not None and question.path.endswith(".rd_staff")
    }
    service.answer(
        application,
        actor=story.officer,
        words=words,
        facts=staff,
        declared=[each.key for each, _made in declarations_of(application, today)],
    )
    for each in papers_of(application, today):
        if each.document is None and each.required:
            service.attach(application, each.key, actor=story.officer, file=paper(f"{each.title}.pdf", story.plan.name))


def _decide(story: Story, application: Application, state: State) -> None:
    officer, manager, today = story.officer, story.cast.manager, clock.today()
    sign(officer)
    if state is State.WITHDRAWN:
        service.withdraw(application, "合作院校有变，下一批再报", actor=officer)
    elif state is State.RETURNED:
        service.send_back(application, ["补充与云岭学院的合作协议", "预期指标写成可检测的数字"], actor=officer)
    elif state is State.REFUSED:
        sign(manager)
        service.refuse(application, "与榜单需求不符，技术指标低于现有水平", actor=manager)
    wanted = STEPS[: STEPS.index(state) + 1] if state in STEPS else ()
    if State.REVIEWED in wanted:
        service.review(application, actor=officer)
    if State.RECOMMENDED in wanted:
        sign(manager)
        service.recommend(application, actor=manager)
    if State.ON_NOTICE in wanted:
        ends = today - timedelta(days=1) if state is State.GRANTED else today + timedelta(days=60)
        service.announce(application, actor=officer, since=today - timedelta(days=7), until=ends)
    if state is State.GRANTED:
        service.grant(application, actor=manager, number="云科计演示〔2026〕3号-7")


def _applicant(story: Story) -> User:
    """The firm's own user where it has one, else its officer."""
    own = select(User).where(User.firm_id == story.here.id).order_by(User.id).limit(1)
    return db.session.scalars(own).first() or story.officer
