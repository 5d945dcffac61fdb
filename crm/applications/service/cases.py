"""What an application does to the case it belongs to."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.machine import RECOMMENDED, State
from crm.applications.models import Application
from crm.applications.papers import moves_ahead
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder import service as ladder
from crm.ladder.gate import open_items as gate_items
from crm.ladder.models import Case, CaseStatus, Credential, Stage
from crm.ladder.queries import open_case_id


def join_case(application: Application) -> None:
    """The application belongs to the firm's open case towards the rung, where there is one."""
    rung = application.window.programme.rung
    if rung is None or (application.case is not None and application.case.status is CaseStatus.OPEN):
        return
    case_id = open_case_id(application.firm.id, rung)
    application.case = db.session.get(Case, case_id) if case_id is not None else None


def open_case(application: Application, actor: User) -> None:
    programme = application.window.programme
    if programme.rung is None or application.case is not None:
        return
    application.case = ladder.open_case(
        application.firm,
        programme.rung,
        actor=actor,
        purpose=programme.purpose,
        reason=_("申报“%(programme)s”", programme=programme.title),
    )
    db.session.flush()


def bring_case(application: Application, up_to: Stage, actor: User) -> None:
    """Move the case, stage by stage, each by the gate, with what the application brings and, into 申报, the signature."""
    case = application.case
    for stage in moves_ahead(case, up_to) if case is not None else ():
        assert case is not None
        accept_papers(application, case, stage, actor)
        for item in gate_items(case, stage, clock.today()):
            if item.kind == "declaration" and item.key in application.answers.get("declared", ()):
                ladder.declare(case, item.key, actor=actor)
            elif item.kind == "sign_off" and application.state is State.RECOMMENDED:
                ladder.sign_off(case, item.key, actor=actor)
        ladder.move_case(case, stage, actor=actor)


def accept_papers(application: Application, case: Case, stage: Stage, actor: User) -> None:
    papers = {paper.key: paper.document for paper in application.papers}
    for item in gate_items(case, stage, clock.today()):
        if item.kind == "document" and item.key in papers:
            ladder.accept_document(case, item.key, papers[item.key], actor=actor)


def return_case(application: Application, reason: str, actor: User) -> None:
    """A case at 申报 for an application that is so no longer goes back to 达标."""
    if application.case is not None and actor.can(Permission.CULTIVATE):
        ladder.move_case(application.case, Stage.READY, actor=actor, reason=reason)


def holds_case(application: Application) -> bool:
    """Whether the case is at 申报 for this application, and for no other one that was recommended."""
    case = application.case
    if application.state not in RECOMMENDED or case is None:
        return False
    others = select(Application.id).where(
        Application.case_id == case.id, Application.id != application.id, Application.state.in_(RECOMMENDED)
    )
    return case.status is CaseStatus.OPEN and case.stage is Stage.APPLIED and db.session.scalar(others.limit(1)) is None


def title_of_case(case: Case) -> Credential | None:
    """The title that the case brought."""
    return db.session.scalar(
        select(Credential).where(Credential.case_id == case.id).order_by(Credential.id.desc()).limit(1)
    )
