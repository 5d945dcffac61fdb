"""One record of every kind that an address can name, all of the firm inside the park."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from crm.accounts import service as accounts
from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.applications import service as applications
from crm.applications import together
from crm.applications.filing import filed
from crm.applications.loading import load_programmes
from crm.applications.models import (
    Application,
    Programme,
    ResultList,
    ResultRow,
    ResultRowState,
    ResultState,
    Window,
)
from crm.applications.openings import opening_of
from crm.applications.prefill import Prefill
from crm.desk import feed
from crm.duties.models import DutyState
from crm.duties.queries import duties_of
from crm.duties.service import record_duty
from crm.editions import service as editions
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.firms import service as firms
from crm.firms.duplicates.service import merge as merge_firms
from crm.firms.figures.service import record_figures
from crm.firms.ip import service as ip_service
from crm.firms.models import Chain, Document, Industry
from crm.firms.proposals.models import Target
from crm.firms.proposals.service import Wanted, propose
from crm.firms.saved_views.service import save_view
from crm.handover.models import Handover
from crm.incentives.claims import claim_entitlement
from crm.incentives.provisions import save_provision
from crm.insight.diagnosis.service import set_benchmark
from crm.insight.diagnosis.work import make as make_diagnosis
from crm.insight.performance.models import PerformanceItem
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.kernel import clock
from crm.kernel.files import store
from crm.ladder import service as ladder
from crm.ladder.bulk_runs import keep as keep_bulk
from crm.ladder.models import Purpose, Rung
from crm.library.models import PolicyDocument
from crm.lists import service as lists
from crm.lists.loading import load_lists
from crm.lists.models import CultivationChain, FirmList
from crm.notices.models import Channel, ChannelKind, Delivery, DeliveryState, Notice, NoticeKind
from crm.outlook.models import Scenario
from crm.park.models import Comparison, ComparisonState, Verdict
from crm.policy import edition_named
from crm.registers.models import Level, Register, RegisterEntry
from crm.registers.resources import service as resources
from crm.registers.resources.models import ResourceRegister
from crm.services.models import NeedMatch, Phase, ServiceItem
from crm.visits import service as visits
from crm.visits.models import NeedStep
from crm.visits.planning import Intent, plan_visit
from crm.visits.tasks import Promised
from tests.factories import Park, make_firm, make_user

YEAR = clock.today().year - 1


@dataclass
class Records:
    """Values of address arguments by name; some routes want another of the kind."""

    by_name: dict[str, Any]
    by_endpoint: dict[tuple[str, str], Any]

    def argument(self, endpoint: str, name: str) -> Any:
        return self.by_endpoint.get((endpoint, name), self.by_name[name])


def make_records(session: Session, park: Park) -> Records:
    firm, officer = park.firm, park.officer
    document = Document(
        firm=firm,
        name="审计报告.pdf",
        media_type="application/pdf",
        size=8,
        sha256=store(b"%PDF-1.7"),
        uploaded_by=officer,
    )
    session.add(document)
    record_figures(actor=officer, firm=firm, year=YEAR, values={"revenue": Decimal(9_000_000), "rd": Decimal(500_000)})
    chain = Chain(name="测试产业链", name_en="A chain")
    session.add(Industry(code="X", name="测试门类", level="门类"))
    session.add(chain)
    right = ip_service.add_right(actor=officer, firm=firm, number="201710601862.3", title="一种装置")
    contact = firms.add_contact(actor=officer, firm=firm, name="办公室")
    entry = RegisterEntry(
        register=Register.AWARD, firm=firm, name="科技进步奖", level=Level.PROVINCIAL, on=clock.today(), rank=1
    )
    session.add(entry)
    visit = visits.log_visit(
        officer,
        firm,
        visits.Account(on=clock.today(), said="谈了研发投入。"),
        needs=[visits.Asked(kind="finance", text="流动资金")],
        tasks=[Promised(title="送模板", due_on=clock.today() + timedelta(days=7), assignee_id=officer.id)],
    )
    planned = plan_visit(officer, firm, Intent(on=clock.today() + timedelta(days=3), officer_id=officer.id))
    case = ladder.open_case(firm, Rung.HTE, actor=officer)
    credential = ladder.grant_credential(
        firm,
        Rung.TECH_SME,
        number="2026430900A8000001",
        valid_from=clock.today() - timedelta(days=30),
        valid_to=clock.today() + timedelta(days=300),
        actor=officer,
    )
    assessment, _new = ladder.keep_assessment(firm, Rung.HTE, actor=officer)
    earlier, _new = ladder.keep_assessment(firm, Rung.HTE, actor=officer, on=clock.today() - timedelta(days=1))
    ladder.grant_credential(
        firm,
        Rung.INNOVATIVE_SME,
        number="CX2025430900001",
        valid_from=clock.today() - timedelta(days=420),
        valid_to=clock.today() + timedelta(days=660),
        actor=officer,
    )
    update = next(each for each in duties_of(firm, clock.today()) if each.duty == "innovative_sme.annual_update")
    kept = record_duty(firm, update.duty, update.due_on, DutyState.DONE, actor=officer)
    run = ImportRun(
        kind=ImportKind.FIRMS,
        state=RunState.DONE,
        file_name="名单.csv",
        sha256=store("企业名称\n".encode()),
        options={"organisation_id": park.park.id},
        actor=officer,
    )
    upload = ImportRun(
        kind=ImportKind.IP,
        file_name="专利清单.csv",
        sha256=store("专利名称,申请号\n一种夹具,201810203040.4\n".encode()),
        options={"organisation_id": park.park.id},
        actor=park.firm_user,
    )
    session.add(upload)
    comparison = Comparison(
        organisation=park.park,
        rung=Rung.SRDI,
        purpose=Purpose.NEW,
        on=clock.today(),
        before="srdi.2022",
        after="srdi.2026",
        numbers={},
        state=ComparisonState.DONE,
        counts={before: dict.fromkeys(Verdict, 0) for before in Verdict},
        created_by=officer,
    )
    draft = editions.copy_edition(
        edition_named("srdi.2026"), name="srdi.2099", since=date(2099, 1, 1), region=None, actor=park.administrator
    )
    policy = PolicyDocument(number="云科发〔2025〕9号", title="认定名单的公告", issuer="云岭市科学技术局")
    results = ResultList(
        organisation=park.park, rung=Rung.HTE, title="2025 年认定名单", decided=True, published_on=clock.today(),
        file_name="名单.csv", sha256=store("企业名称\n".encode()), state=ResultState.READ, actor=officer,
    )  # fmt: skip
    session.add_all([comparison, policy, results, run])
    session.flush()
    result_row = ResultRow(result_list_id=results.id, row=2, name=firm.name, state=ResultRowState.UNKNOWN)
    session.add(result_row)
    scenario = Scenario(
        firm_id=firm.id,
        name="多投研发",
        rung=Rung.HTE,
        on=clock.today(),
        changes={f"years.{YEAR}.rd": ["60"]},
        record={},
        internal=True,
        created_by_id=officer.id,
    )
    session.add(scenario)
    proposal = propose(
        actor=park.firm_user,
        firm=firm,
        wanted=[Wanted(target=Target.FIGURES, target_key=str(YEAR), field="employees", new=12)],
        note=None,
        document=None,
    )
    entry_of_sheet = {
        "firm_id": firm.id,
        "name": firm.name,
        "code": firm.credit_code,
        "organisation": park.park.name,
        "last_visit": None,
        "next": None,
        **{kind: [] for kind in ("held", "cases", "tasks", "needs", "plans")},
    }
    handover = Handover(organisation=park.park, taker=officer, sheet=[entry_of_sheet], actor=officer)
    session.add(handover)
    view = save_view(actor=officer, endpoint="firms.index", query="status=active", name="在业企业", shared=True)
    colleague = make_user(session, Role.OFFICER, "专员丁", organisation_id=park.park.id)
    channel = Channel(
        organisation_id=park.park.id,
        kind=ChannelKind.WECOM,
        name="园区企服群",
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0000",
        kinds=["need_raised"],
    )
    session.add(channel)
    session.flush()
    delivery = Delivery(channel_id=channel.id, key="test 1", content={}, state=DeliveryState.FAILED, problem="93000")
    told = Notice(
        user_id=officer.id,
        kind=NoticeKind.TASK_GIVEN,
        key="task 1 given",
        values={"by": "经理甲", "task": "送政策汇编"},
        path="/tasks",
    )
    session.add_all([delivery, told])
    resource = resources.add_resource(
        actor=officer, register=ResourceRegister.EXPERT, organisation=park.park, name="演示专家甲"
    )
    item = ServiceItem(rung=None, phase=Phase.DISCOVER, title="首次走访", title_en="First visit")
    step = NeedStep(need=visit.needs[0], on=clock.today(), office="住建局", text="材料已受理", by=officer)
    match = NeedMatch(need=visit.needs[0], resource=resource, reason={"words": [], "trade": None}, by=officer)
    session.add_all([item, match, step])
    tied = resources.tie(actor=officer, resource=resource, firm=firm, since=clock.today())
    claim = claim_entitlement(firm, "super_deduction", YEAR, actor=park.firm_user, document=document)
    provision = save_provision(
        None,
        actor=park.administrator,
        incentive="rd_intensity",
        organisation=park.park,
        since=date(2026, 1, 1),
        until=None,
        document="园区〔2025〕1号",
        document_on=date(2025, 12, 1),
        values={"amount": Decimal(5)},
    )
    double, merged = (
        make_firm(session, park.park, name, credit_code=None) for name in ("云梯精密有限公司", "云梯机械")
    )
    merge = merge_firms(actor=officer, kept=firm, gone=merged, wanted=(), kept_version=None, gone_version=None)
    application = _application(session, park)
    for year in (YEAR, YEAR + 1):
        for organisation in (park.city, park.park, park.other_park):
            make_diagnosis(organisation, year)
    benchmark = set_benchmark(
        actor=park.manager, key="rd_share", year=YEAR, place="全省平均", value=Decimal("0.3"), source="统计公报"
    )
    load_lists()
    firm_list = session.query(FirmList).filter_by(key="high_growth").one()
    cultivation_chain = session.query(CultivationChain).filter_by(key="zero_patent").one()
    member = lists.put_on(actor=officer, firm_list=firm_list, firm=firm, since=clock.today(), why="增长快")
    indicator = Indicator(key="hte_count", title="高新技术企业数", title_en="HTE", unit="家", measure="held.hte")
    years: dict[str, Any] = {"from_year": YEAR, "to_year": YEAR + 4}
    plan = TargetPlan(key="own", organisation=park.county, title="资阳区规划", title_en="Ziyang", **years)
    document_plan = TargetPlan(
        key="shipped", title="文件里的规划", title_en="Shipped", document_number="益政〔2021〕1号", **years
    )
    value: dict[str, Any] = {"kind": ValueKind.TARGET, "year": YEAR + 1, "value": Decimal(9)}
    session.add_all(IndicatorValue(plan=each, indicator=indicator, **value) for each in (plan, document_plan))
    weighed = PerformanceItem(indicator=indicator, dimension="platform", weight=Decimal(10))
    session.add(weighed)
    session.commit()
    with current_app.test_request_context():
        token = accounts.password_token(colleague)
    by_name = {
        "application_id": application.id,
        "programme_id": application.window.programme_id,
        "window_id": application.window_id,
        "assessment_id": assessment.id,
        "together_id": together.ask(actor=officer, ids=[application.id], act="review", done=False).id,
        "bulk_id": keep_bulk(officer, [], asked={"act": "open"}, done=True).id,
        "calendar_key": feed.renew_key(officer),
        "case_id": case.id,
        "claim_id": claim.id,
        "incentive": "super_deduction",
        "provision_id": provision.id,
        "channel_id": channel.id,
        "comparison_id": comparison.id,
        "contact_id": contact.id,
        "credential_id": credential.id,
        "delivery_id": delivery.id,
        "document_id": document.id,
        "due_on": update.due_on.isoformat(),
        "duty": update.duty,
        "draft_name": draft.name,
        "edition_name": "srdi.2026",
        "entry_id": entry.id,
        "fingerprint": edition_named("hte.2016").criterion("HT-04").fingerprint,
        "firm_id": firm.id,
        "indicator_id": indicator.id,
        "gone_id": double.id,
        "group_name": "market",
        "handover_id": handover.id,
        "benchmark_id": benchmark.id,
        "ending": "xlsx",
        "return_key": "pool",
        "firm_list_id": firm_list.id,
        "cultivation_chain_id": cultivation_chain.id,
        "chain_link_id": cultivation_chain.links[0].id,
        "list_member_id": member.id,
        "key": "market_share",
        "list_id": results.id,
        "policy_document_id": policy.id,
        "kind": "firms",
        "item_id": item.id,
        "match_id": match.id,
        "merge_id": merge.id,
        "need_id": visit.needs[0].id,
        "step_id": step.id,
        "notice_id": told.id,
        "organisation_id": park.park.id,
        "other_id": earlier.id,
        "plan_id": plan.id,
        "planned_id": planned.id,
        "proposal_id": proposal.id,
        "record_id": kept.id,
        "register": "award",
        "proposable": "product",
        "resource_id": resource.id,
        "history_entity": "resource",
        "history_id": resource.id,
        "resource_register": "expert",
        "right_id": right.id,
        "row_id": result_row.id,
        "run_id": run.id,
        "scenario_id": scenario.id,
        "second_id": double.id,
        "table": "ip",
        "task_id": visit.tasks[0].id,
        "tie_id": tied.id,
        "token": token,
        "upload_id": upload.id,
        "user_id": colleague.id,
        "view_id": view.id,
        "chain_id": chain.id,
        "industry_code": "X",
        "day": "2026-10-10",
        "term_key": "order",
        "vocabulary": "loan.kind",
        "visit_id": visit.id,
        "watch": "stuck",
        "weight_id": weighed.id,
        "year": YEAR,
    }
    own_user = {("portal.disable_account", "user_id"): _closable(session, park).id}
    for endpoint in ("portal.enable_account", "portal.account_link"):
        own_user[endpoint, "user_id"] = own_user["portal.disable_account", "user_id"]
    own_user["insight.take_over_plan", "plan_id"] = document_plan.id
    session.commit()
    return Records(by_name, own_user)


def _closable(session: Session, park: Park) -> User:
    return make_user(session, Role.FIRM, "企业丙", firm_id=park.firm.id)


def _application(session: Session, park: Park) -> Application:
    """One to a window that an administrator entered, with what it would file."""
    load_programmes()
    programme = session.query(Programme).filter_by(key="science_project").one()
    window = Window(programme=programme, year=YEAR, closes_on=clock.today() + timedelta(days=9))
    session.add(window)
    session.flush()
    application = applications.start(actor=park.firm_user, firm=park.firm, opening=opening_of(window))
    application.filed = filed(application, Prefill.of(application, clock.today()))
    session.flush()
    return application
