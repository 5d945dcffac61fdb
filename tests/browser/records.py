"""For each argument of an address, a record of the demonstration to open; and the few records it does not have."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import xlsxwriter
from flask import Flask, url_for
from sqlalchemy import func, select
from werkzeug.routing import Rule

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.accounts.service import link_token
from crm.applications import together
from crm.applications.models import Application, ApplicationState, Programme, ResultList, ResultRow, Window
from crm.demo.city import load
from crm.demo.doubles import DOUBLE
from crm.duties.models import DutyRecord
from crm.duties.queries import duties_of
from crm.duties.rules import Kind
from crm.editions.models import EditionRecord
from crm.exchange import service as imports
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.firms.facts.groups import FACT_GROUPS
from crm.firms.ip.models import IpRight
from crm.firms.models import Chain, Contact, Document, Firm
from crm.firms.proposals.models import Proposal
from crm.handover.models import Handover
from crm.incentives.models import Claim, Provision
from crm.insight.diagnosis.models import Benchmark
from crm.insight.performance.models import PerformanceItem
from crm.insight.targets.models import Indicator, TargetPlan
from crm.kernel import clock, jobs
from crm.kernel.db import db
from crm.ladder.bulk_runs import Result, keep
from crm.ladder.models import Assessment, Case, Credential
from crm.library.models import PolicyDocument
from crm.lists.models import ChainLink, CultivationChain, FirmList, ListMember
from crm.notices.models import Channel
from crm.park.models import Comparison
from crm.policy import edition_named
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.services.models import ServiceItem
from crm.visits.models import Need, PlannedVisit, Task, Visit

# Records of a firm, by the argument that names one.
OF_A_FIRM: dict[str, Any] = {
    "assessment_id": Assessment,
    "case_id": Case,
    "claim_id": Claim,
    "contact_id": Contact,
    "credential_id": Credential,
    "document_id": Document,
    "entry_id": RegisterEntry,
    "need_id": Need,
    "proposal_id": Proposal,
    "record_id": DutyRecord,
    "right_id": IpRight,
    "task_id": Task,
    "tie_id": ResourceFirm,
    "planned_id": PlannedVisit,
    "visit_id": Visit,
}
HEADER = ("企业名称", "统一社会信用代码", "成立日期")


# Nobody else opens what one person did to many: its tests stand in the person's own list.
OWN_ALONE = ("ladder.bulk_run", "applications.together_run", "applications.together_progress")


def workbook(rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> bytes:
    """A small XLSX."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("企业")
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def add_missing(app: Flask) -> None:
    """Imports in every state that a page shows, begun by the officer; one broken row among good ones."""
    rows = [("云岭试导入机械有限公司", "91430900MA0000001W", "2016-05-18"), ("云岭坏行有限公司", "1234", "2099-01-01")]
    for state in (RunState.UPLOADED, RunState.CHECKED, RunState.DONE, RunState.UNDONE):
        with app.test_request_context():
            _import_until(app, state, workbook(rows))
    with app.test_request_context():
        _upload_of_the_firm()
        _bulk_run()


def _bulk_run() -> None:
    """What became of two firms, and before that what would become of them; one is blocked."""
    actor = db.session.scalars(select(User).where(User.email == officer())).one()
    one, other = db.session.scalars(select(Firm).where(Firm.officer_id == actor.id).order_by(Firm.id).limit(2))
    missing = {
        "title": {"zh": "研发费用", "en": "R&D expenses"},
        "text": "还差 1%",
        "href": f"/firms/{other.id}/figures",
    }
    for done in (False, True):
        results = [
            Result(firm_id=one.id, done=True, text="入库"),
            Result(firm_id=other.id, done=False, text="还有 1 项没有完成", items=[missing]),
        ]
        keep(actor, results, asked={"act": "open", "rung": "hte", "on": "2026-06-01", "officer": None}, done=done)
    db.session.commit()
    waiting = db.session.scalars(select(Application.id).where(Application.state == ApplicationState.SUBMITTED)).all()
    run = together.ask(actor=actor, ids=waiting, act="review", done=False)
    db.session.commit()
    together.work(run.id)
    db.session.commit()


def _upload_of_the_firm() -> None:
    """A list of the firm's own, not sent yet: a right that is new, and one of another firm."""
    actor = db.session.scalars(select(User).where(User.email == "firm@demo.tidu.invalid")).one()
    firm = db.session.get_one(Firm, actor.firm_id)
    rows = [("一种新夹具", "202020000001.7", firm.name), ("别家的", "201810000001.6", "别家科技有限公司")]
    content = workbook(rows, ("专利名称", "专利号", "权利人"))
    imports.begin(
        actor=actor, kind=ImportKind.IP, file_name="清单.xlsx", content=content, organisation=firm.organisation, total=2
    )
    db.session.commit()


def _import_until(app: Flask, state: RunState, content: bytes) -> None:
    actor = db.session.scalars(select(User).where(User.email == officer())).one()
    assert actor.organisation is not None
    run = imports.upload(
        actor=actor,
        kind=ImportKind.FIRMS,
        file_name=f"{state.value}.xlsx",
        content=content,
        organisation=actor.organisation,
    )
    db.session.commit()
    steps = {
        RunState.CHECKED: lambda: imports.settle(run=run, columns={}, sheet_name=None, unit=None, create_firms=True),
        RunState.DONE: lambda: imports.confirm(actor=actor, run=run),
        RunState.UNDONE: lambda: imports.undo(actor=actor, run=run),
    }
    for reached, step in steps.items():
        if run.state is state:
            break
        step()
        db.session.commit()
        jobs.work_until_empty(app)
        db.session.expire_all()
        assert run.state is reached, run.error


def officer() -> str:
    return next(person.email for person in load().accounts if person.role == "officer")


# --- addresses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    endpoint: str
    access: Any  # a permission, or "public"
    path: str


def addresses(app: Flask) -> list[Address]:
    """Every page the app has, at records of the firm whose user signs in. Fails for an argument it knows no value of."""
    with app.test_request_context():
        known = values()
        rules = [
            rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in ("static", *OWN_ALONE)
        ]
        return [
            Address(rule.endpoint, vars(app.view_functions[rule.endpoint])["access"], path)
            for rule in sorted(rules, key=lambda rule: rule.endpoint)
            for path in _paths(rule, known)
        ]


def _paths(rule: Rule, known: dict[str, list[Any]]) -> Iterator[str]:
    names = sorted(rule.arguments)
    unknown = [name for name in names if not known.get(name)]
    assert not unknown, f"{rule.rule}: tests/browser/records.py has no value for {unknown}"
    for chosen in product(*(known[name] for name in names)):
        yield url_for(rule.endpoint, **dict(zip(names, chosen, strict=True)))


def values() -> dict[str, list[Any]]:
    """Values of each argument: mostly one, and one of each kind where pages differ by it."""
    plan = next(person for person in load().accounts if person.role == "firm")
    firm = db.session.scalars(select(Firm).where(Firm.name == plan.firm)).one()
    staff = db.session.scalars(select(User).where(User.role == Role.OFFICER).order_by(User.id)).first()
    assessment = _first(Assessment, firm)
    assert staff is not None and assessment is not None
    other = _first(
        Assessment,
        firm,
        Assessment.firm_id == assessment.firm_id,
        Assessment.rung == assessment.rung,
        Assessment.id != assessment.id,
    )
    assert other is not None
    duty = next(each for each in duties_of(firm, clock.today()) if each.rule.kind is Kind.YEARLY)
    return {
        **{name: [_first(model, firm).id] for name, model in OF_A_FIRM.items()},
        "assessment_id": [assessment.id],
        "application_id": list(
            db.session.scalars(
                select(Application.id).where(Application.firm_id == firm.id, Application.filed.is_not(None))
            )
        ),
        "programme_id": [db.session.scalars(select(Programme.id).order_by(Programme.id)).first()],
        "window_id": [
            db.session.scalars(select(Window.id).where(Window.notice_key.is_(None)).order_by(Window.id)).first()
        ],
        "channel_id": [db.session.scalars(select(Channel.id).order_by(Channel.id)).first()],
        "chain_id": [db.session.scalars(select(Chain.id).order_by(Chain.id)).first()],
        "industry_code": ["C34"],
        "day": ["2026-10-10"],
        "term_key": ["order"],
        "vocabulary": ["loan.kind"],
        "calendar_key": [staff.calendar_key],
        "comparison_id": [
            db.session.scalars(select(Comparison.id).where(Comparison.created_by_id == staff.id)).first()
        ],
        "draft_name": [db.session.scalars(select(EditionRecord.name).order_by(EditionRecord.id)).first()],
        "edition_name": ["srdi.2026", "hte.2016"],
        "due_on": [duty.due_on.isoformat()],
        "duty": [duty.duty],
        "fingerprint": [edition_named("hte.2016").criterion("HT-T1").fingerprint],
        "firm_id": [firm.id],
        "benchmark_id": [db.session.scalars(select(Benchmark.id).order_by(Benchmark.id)).first()],
        "ending": ["xlsx", "docx", "pdf"],
        "return_key": ["pool", "visits", "hte_annual"],
        "firm_list_id": [db.session.scalars(select(FirmList.id).where(FirmList.key == "key_innovative")).first()],
        "list_member_id": [_first(ListMember, firm).id],
        "cultivation_chain_id": [db.session.scalars(select(CultivationChain.id).order_by(CultivationChain.id)).first()],
        "chain_link_id": [db.session.scalars(select(ChainLink.id).order_by(ChainLink.id)).first()],
        "gone_id": [db.session.scalars(select(Firm.id).where(Firm.name == DOUBLE)).one()],
        "group_name": list(FACT_GROUPS),
        "handover_id": [db.session.scalars(select(Handover.id).order_by(Handover.id)).first()],
        "incentive": ["super_deduction"],
        "provision_id": [db.session.scalars(select(Provision.id).order_by(Provision.id)).first()],
        "item_id": [db.session.scalars(select(ServiceItem.id).order_by(ServiceItem.id)).first()],
        "kind": ["firms"],
        "list_id": [db.session.scalars(select(ResultList.id).order_by(ResultList.id)).first()],
        "row_id": _rows_of_the_first_list(),
        "policy_document_id": list(
            db.session.scalars(
                select(PolicyDocument.id).where(PolicyDocument.number.in_(["国科发火〔2016〕32号", "郴发〔2010〕12号"]))
            )
        ),
        "organisation_id": [firm.organisation_id],
        "plan_id": [db.session.scalars(select(TargetPlan.id).where(TargetPlan.organisation_id.is_not(None))).first()],
        "indicator_id": [db.session.scalars(select(Indicator.id).where(Indicator.key == "hte_count")).first()],
        "weight_id": [db.session.scalars(select(PerformanceItem.id).order_by(PerformanceItem.id)).first()],
        "other_id": [other.id],
        "register": [register.value for register in Register],
        "proposable": ["product", "contract"],
        # One that the firm's own park keeps: those of the city are read by all and changed by the city.
        "resource_id": [
            db.session.scalars(
                select(Resource.id).where(Resource.organisation_id == firm.organisation_id).order_by(Resource.id)
            ).first()
        ],
        "resource_register": [register.value for register in ResourceRegister],
        "history_entity": ["firm_list"],
        "history_id": [db.session.scalars(select(FirmList.id).order_by(FirmList.id)).first()],
        "table": ["ip", "figures"],
        "upload_id": list(
            db.session.scalars(select(ImportRun.id).join(ImportRun.actor).where(User.firm_id == firm.id))
        ),
        "run_id": list(db.session.scalars(select(ImportRun.id).where(ImportRun.actor == staff).order_by(ImportRun.id))),
        "token": [link_token(staff)],
        "user_id": [staff.id],
        "watch": ["stuck", "unvisited"],
        "year": [2025],
    }


def _rows_of_the_first_list() -> list[int]:
    """A row in each state of the official list: what is asked of a person differs."""
    first = select(func.min(ResultList.id)).scalar_subquery()
    rows = select(func.min(ResultRow.id)).where(ResultRow.result_list_id == first).group_by(ResultRow.state)
    return list(db.session.scalars(rows))


def _first(model: Any, firm: Firm, *conditions: Any) -> Any:
    """The firm's own record of this kind, or one of another firm of its park."""
    statement = select(model).join(Firm, Firm.id == model.firm_id)
    statement = statement.where(Firm.organisation_id == firm.organisation_id, *conditions)
    return db.session.scalars(statement.order_by((model.firm_id == firm.id).desc(), model.id)).first()
