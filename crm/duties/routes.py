"""The calendar of titles and duties: of a scope, of a firm; recording what became of a duty."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.duties import service
from crm.duties.calendar import Asked, asked, chart_of, months_offered, write_workbook
from crm.duties.forms import BulkForm, RecordForm
from crm.duties.models import DutyRecord, DutyState
from crm.duties.queries import counts, due, duties_of
from crm.duties.showing import WITHIN, Line, line, lines, part_of, rung_words
from crm.duties.words import DUE_STATES, KINDS
from crm.firms.documents.service import visible_document
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.addresses import known_number, own_address
from crm.web.conflict import version_sent
from crm.web.errors import land
from crm.web.formatting import day as day_text
from crm.web.paging import PAGE_SIZE, page_number, page_of
from crm.web.workbooks import XLSX

blueprint = Blueprint("duties", __name__)


@blueprint.get("/duties")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    """What is overdue and what comes, in order, by parts: overdue, within 1, 3, 6 and 12 months."""
    return _calendar(BulkForm())


@blueprint.get("/duties/months")
@requires(Permission.VIEW_FIRMS)
def months() -> str:
    """How many are due by part and by month: a part of the calendar, counted after the page is there, or a page of its own."""
    kept = {name: value for name, value in request.args.items() if name not in ("page", "within", "month")}
    wanted = asked(current_user, kept)
    found = counts(wanted.condition, wanted.year)
    parts: dict[str, int] = defaultdict(int)
    for due_on, number in found.items():
        parts[part_of(due_on, wanted.on)] += number
    return render_template(
        "duties/_months.html" if request.headers.get("HX-Request") else "duties/months.html",
        parts=[(key, title, parts[key]) for key, title in WITHIN.items()],
        chart=chart_of(found, wanted.on),
        kept=kept,
    )


@blueprint.get("/duties.xlsx")
@requires(Permission.EXCHANGE)
def export() -> Response:
    """The calendar with its filters, as a workbook."""
    wanted = asked(current_user, request.args)
    buffer = io.BytesIO()
    write_workbook(buffer, wanted)
    buffer.seek(0)
    name = _("到期日历 %(day)s.xlsx", day=wanted.on.isoformat())
    return send_file(buffer, mimetype=XLSX, as_attachment=True, download_name=name)


@blueprint.post("/duties")
@requires(Permission.CULTIVATE)
def done() -> Any:
    """The ticked duties are done, on one day; each by the same verb as on its own page."""
    form = BulkForm()
    chosen = request.form.getlist("due")
    if form.validate_on_submit():
        try:
            if not chosen:
                raise DomainError(_("请至少勾选一项。"))
            for value in chosen:
                _done(value, form)
        except DomainError as error:
            land(form, error)
        else:
            flash(ngettext("已记录 %(num)s 项已办。", "已记录 %(num)s 项已办。", len(chosen)), "success")
            return redirect(request.full_path.rstrip("?"))
    return _calendar(form, set(chosen)), 422


def _done(value: str, form: BulkForm) -> None:
    firm_id, duty, day = [*value.split("/"), "", ""][:3]
    firm = load_firm_for(current_user, known_number(firm_id) or 0)
    try:
        service.record_duty(
            firm, duty, _day(day), DutyState.DONE, actor=current_user, on=form.on.data, note=form.note.data, version=""
        )
    except DomainError as error:
        raise DomainError(_("%(firm)s：%(reason)s", firm=firm.name, reason=error.message)) from error


def _calendar(form: BulkForm, chosen: set[str] | None = None) -> str:
    wanted, number = asked(current_user, request.args), page_number()
    found = due(wanted.condition, wanted.year, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    page = page_of(found, number)
    return render_template(
        "duties/index.html",
        page=page,
        parts=_parts(lines(page.rows, current_user, wanted.on), wanted),
        asked=wanted,
        form=form,
        chosen=chosen or set(),
        rungs=rung_words(),
        kinds=KINDS,
        states=DUE_STATES,
        withins=WITHIN,
        months=[(month, month) for month in months_offered(wanted.on)],
    )


def _parts(shown: list[Line], wanted: Asked) -> list[tuple[Any, list[Line]]]:
    found: dict[str, list[Line]] = {key: [] for key in WITHIN}
    for each in shown:
        found[part_of(each.due.due_on, wanted.on)].append(each)
    return [(title, found[key]) for key, title in WITHIN.items() if found[key]]


@blueprint.get("/firms/<int:firm_id>/duties")
@requires(Permission.VIEW_RECORD)
def firm(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    today = clock.today()
    found = lines(duties_of(firm, today), current_user, today)
    return render_template(
        "duties/firm.html",
        firm=firm,
        overdue=[each for each in found if each.due.overdue],
        ahead=[each for each in found if each.due.state == "ahead"],
        done=[each for each in reversed(found) if each.due.state == "done"],
        undated=[former for former in firm.former_names if former.until is None],
    )


@blueprint.route("/firms/<int:firm_id>/duties/<duty>/<due_on>", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def record(firm_id: int, duty: str, due_on: str) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    found = service.duty_of(firm, duty, _day(due_on))
    form = RecordForm(firm, obj=found.record)
    if form.validate_on_submit():
        try:
            service.record_duty(
                firm,
                duty,
                found.due_on,
                form.state.data,
                actor=current_user,
                on=form.on.data,
                note=form.note.data,
                document=form.document(current_user, firm),
                version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记录：%(what)s。", what=line(found, current_user, clock.today()).what), "success")
            if form.state.data is DutyState.DONE and form.on.data is None:
                flash(
                    _("没有填办理日期，已记为今天（%(day)s）；如不对，请更正。", day=day_text(clock.today())), "warning"
                )
            return redirect(own_address(request.args.get("next")) or url_for("duties.firm", firm_id=firm.id))
    return render_template(
        "duties/record.html",
        firm=firm,
        form=form,
        line=line(found, current_user, clock.today()),
        document=visible_document(current_user, found.record.document if found.record else None),
    )


@blueprint.post("/duty-records/<int:record_id>/withdraw")
@requires(Permission.CULTIVATE)
def withdraw(record_id: int) -> Response:
    kept = load_for(current_user, DutyRecord, record_id)
    firm_id = kept.firm_id
    try:
        service.withdraw_record(kept, actor=current_user, version=version_sent())
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("已撤回，这一项重新记为没有记录。"), "success")
    return redirect(url_for("duties.firm", firm_id=firm_id))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFoundError(_("没有这项到期义务。")) from None
