"""The list of cases, and one case: its checklist, moves, end, and what was kept of it."""

from __future__ import annotations

from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission, Role
from crm.accounts.scope import organisations_of
from crm.firms.loaders import load_for
from crm.firms.words import CHANNELS
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import gate, queries, service
from crm.ladder.checklists import steps_of
from crm.ladder.forms import BackForm, EndForm, EntryForm, ItemForm, MoveForm, ReopenForm
from crm.ladder.models import Case, CaseStatus, Rung, Stage
from crm.ladder.queries import CaseFilter
from crm.ladder.routes import blueprint
from crm.ladder.service.common import companions_of
from crm.ladder.service.moves import next_stage
from crm.ladder.showing import step_item
from crm.ladder.standing import address
from crm.ladder.words import CASE_FIELDS, PURPOSES, RUNGS, STAGES, STATUSES
from crm.policy.answers.verdict import MET
from crm.web.addresses import record_number
from crm.web.conflict import check_version
from crm.web.errors import land
from crm.web.formatting import day
from crm.web.paging import page_number


@blueprint.get("/cases")
@requires(Permission.VIEW_FIRMS)
def cases() -> str:
    wanted = asked_filter()
    return render_template(
        "ladder/cases.html",
        page=queries.cases_page(current_user, wanted, page_number()),
        wanted=wanted,
        filters=filter_choices(),
        may_move=current_user.can(Permission.CULTIVATE),
    )


def asked_filter() -> CaseFilter:
    """The filter in the address. Without a status, open cases are shown; `status=all` shows every one."""
    asked = request.args.get("status", CaseStatus.OPEN.value)
    organisation_id = request.args.get("organisation", type=record_number)
    return CaseFilter(
        rung=next((rung for rung in Rung if rung.value == request.args.get("rung")), None),
        stage=next((stage for stage in Stage if stage.value == request.args.get("stage")), None),
        status=next((status for status in CaseStatus if status.value == asked), None),
        officer=request.args.get("officer", type=record_number),
        organisation=next((o for o in organisations_of(current_user) if o.id == organisation_id), None),
    )


def filter_choices() -> dict[str, Any]:
    officers = db.session.scalars(
        select(User)
        .where(
            User.role != Role.FIRM,
            User.disabled.is_(False),
            User.organisation_id.in_([o.id for o in organisations_of(current_user)]),
        )
        .order_by(User.name, User.id)
    )
    return {
        "rungs": RUNGS,
        "stages": STAGES,
        "statuses": STATUSES,
        "officers": {officer.id: officer.name for officer in officers},
        "organisations": {o.id: o.name for o in organisations_of(current_user)},
    }


@blueprint.get("/cases/<int:case_id>")
@requires(Permission.VIEW_FIRMS)
def case(case_id: int) -> str:
    return case_page(load_for(current_user, Case, case_id))


@blueprint.post("/cases/<int:case_id>/move")
@requires(Permission.CULTIVATE)
def move(case_id: int) -> Any:
    """Forward. Where something is missing, the missing items open in place."""
    case = load_for(current_user, Case, case_id)
    form = MoveForm(case, next_stage(case.stage))
    if form.validate_on_submit():
        try:
            if form.to_stage is None:
                raise DomainError(_("没有可移入的下一阶段，请刷新页面。"))
            service.move_case(
                case,
                form.to_stage,
                actor=current_user,
                on=form.on.data,
                version=form.version.data,
                override_reason=form.override_reason.data or None,
                certificate=form.certificate,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已移到“%(stage)s”。", stage=STAGES[case.stage]), "success")
            return go_to(case.id)
    if request.headers.get("HX-Request"):
        return render_template("ladder/_move.html", **move_panel(case, form)), 422
    return case_page(case, move=form), 422


@blueprint.post("/cases/<int:case_id>/back")
@requires(Permission.CULTIVATE)
def back(case_id: int) -> Any:
    case = load_for(current_user, Case, case_id)
    form = BackForm(case)
    if form.validate_on_submit():
        try:
            service.move_case(
                case,
                form.stage.data,
                actor=current_user,
                version=form.version.data,
                reason=form.reason.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已退回到“%(stage)s”，此前的签批已作废。", stage=STAGES[case.stage]), "success")
            return go_to(case.id)
    return case_page(case, back=form), 422


@blueprint.post("/cases/<int:case_id>/end")
@requires(Permission.CULTIVATE)
def end(case_id: int) -> Any:
    case = load_for(current_user, Case, case_id)
    form = EndForm(case, companions_of(case))
    if form.validate_on_submit():
        verb = service.reject_case if form.ending.data == "reject" else service.drop_case
        try:
            verb(case, form.reason.data, actor=current_user, version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记录：%(status)s。", status=STATUSES[case.status]), "success")
            return go_to(case.id)
    return case_page(case, end=form), 422


@blueprint.post("/cases/<int:case_id>/reopen")
@requires(Permission.CULTIVATE)
def reopen(case_id: int) -> Any:
    case = load_for(current_user, Case, case_id)
    form = ReopenForm(case)
    if form.validate_on_submit():
        try:
            service.reopen_case(case, form.reason.data, actor=current_user, version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已重新开始。"), "success")
            return go_to(case.id)
    return case_page(case, reopen=form), 422


@blueprint.post("/cases/<int:case_id>/entry")
@requires(Permission.CULTIVATE)
def entry(case_id: int) -> Any:
    """Why the firm was taken into the pool: said later, or better."""
    case = load_for(current_user, Case, case_id)
    form = EntryForm(case)
    if form.validate_on_submit():
        try:
            check_version(case, form.version.data, {"entry_reason": form.reason.data}, CASE_FIELDS)
            service.tell_entry_reason(case, form.reason.data, actor=current_user)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return go_to(case.id)
    return case_page(case, entry=form), 422


@blueprint.post("/cases/<int:case_id>/checklist")
@requires(Permission.CULTIVATE)
def checklist(case_id: int) -> Any:
    """A document added, a declaration ticked, a step reached, a sign-off given, or one of them taken back."""
    case = load_for(current_user, Case, case_id)
    form = ItemForm()
    if form.validate_on_submit():
        try:
            _do(form, case)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("清单已更新。"), "success")
            anchor = "steps" if form.act.data == "reach" else "move"
            return redirect(url_for("ladder.case", case_id=case.id, _anchor=anchor))
    return case_page(case, item=form), 422


def _do(form: ItemForm, case: Case) -> None:
    key = form.key.data or ""
    match form.act.data:
        case "attach" if form.file.data:
            service.attach_document(case, key, form.file.data, actor=current_user)
        case "attach":
            raise DomainError(_("请先选择要上传的文件。"), field="file")
        case "declare":
            service.declare(case, key, actor=current_user)
        case "reach":
            service.reach_step(case, key, form.on.data, actor=current_user)
        case "sign_off":
            service.sign_off(case, key, actor=current_user)
        case "withdraw":
            service.withdraw(case, key, actor=current_user)
        case _:
            raise DomainError(_("没有这一操作，请刷新页面。"))


def go_to(case_id: int) -> Any:
    """The case's page: by redirect, or by htmx's own way of leaving a page."""
    url = url_for("ladder.case", case_id=case_id)
    if request.headers.get("HX-Request"):
        return FlaskResponse(headers={"HX-Redirect": url})
    return redirect(url)


def move_panel(case: Case, form: MoveForm) -> dict[str, Any]:
    """What `_move.html` shows: the checklist of the next stage and the form of the move."""
    to_stage = next_stage(case.stage) if case.status is CaseStatus.OPEN else None
    items = gate.items(case, to_stage, _on(form)) if to_stage else []
    return {
        "case": case,
        "firm": case.firm,
        "to_stage": to_stage,
        "items": items,
        "open_count": sum(1 for item in items if item.state != MET),
        "move_form": form,
        "item_form": ItemForm(),
        "address": address,
        "may_move": current_user.can(Permission.CULTIVATE),
        "may_sign": current_user.can(Permission.SIGN_OFF),
        "may_override": current_user.can(Permission.OVERRIDE_CHECKLIST),
    }


def _on(form: MoveForm) -> Any:
    """The day the checklist is computed for: the one in the form where it is one."""
    on = form.on.data
    return on if on is not None and on <= clock.today() else clock.today()


def case_page(
    case: Case,
    *,
    move: MoveForm | None = None,
    back: BackForm | None = None,
    end: EndForm | None = None,
    reopen: ReopenForm | None = None,
    item: ItemForm | None = None,
    entry: EntryForm | None = None,
) -> str:
    """The page of a case; a form that failed is given and shown with its errors, the others are fresh."""
    panel = move_panel(case, move or MoveForm(case, next_stage(case.stage), formdata=None))
    if item is not None:
        panel["item_form"] = item
    events = queries.case_events(case)
    reached = {event.to_stage: event.on for event in reversed(events)}
    return render_template(
        "ladder/case.html",
        **panel,
        stages=[
            {"key": stage.value, "title": STAGES[stage], "on": day(reached[stage]) if stage in reached else None}
            for stage in Stage
        ],
        ended=_ended(case),
        purpose=PURPOSES[case.purpose],
        rung_title=RUNGS[case.rung],
        status_title=STATUSES[case.status],
        back_form=back or BackForm(case, formdata=None),
        end_form=end or EndForm(case, companions_of(case), formdata=None),
        reopen_form=reopen or ReopenForm(case, formdata=None),
        entry_form=entry or EntryForm(case, formdata=None),
        failed=next(
            (name for name, form in (("back", back), ("end", end), ("reopen", reopen), ("entry", entry)) if form), None
        ),
        channel=CHANNELS[case.firm.source_channel] if case.firm.source_channel is not None else None,
        happened=[{**step_item(event), "href": None} for event in events],
        assessments=queries.assessments_of(case),
        today=clock.today().isoformat(),
        steps=[
            (step, next((item for item in case.items if item.key == step.key), None)) for step in steps_of(case.rung)
        ],
    )


def _ended(case: Case) -> dict[str, Any] | None:
    if case.status in (CaseStatus.OPEN, CaseStatus.CERTIFIED):
        return None
    return {"title": STATUSES[case.status], "on": day(case.ended_on), "reason": case.reason}
