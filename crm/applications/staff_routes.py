"""The staff's list of applications, its workbook, and the same step for many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.applications import queries, service
from crm.applications.forms import BulkForm
from crm.applications.machine import Item, OpenItemsError, State
from crm.applications.models import Application
from crm.applications.queries import WAITING, ApplicationFilter
from crm.applications.routes import blueprint
from crm.applications.words import STATES, state_title
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.standing import address
from crm.web.addresses import known_number, record_number
from crm.web.errors import land
from crm.web.language import title_in
from crm.web.paging import page_number
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

MOST = 200  # applications at once
VERBS = {"review": service.review, "recommend": service.recommend}


@blueprint.get("/applications")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    wanted = asked_filter()
    return _list(wanted, BulkForm(formdata=None))


def _list(wanted: ApplicationFilter, form: BulkForm, **more: Any) -> str:
    page = queries.applications_page(current_user, wanted, page_number())
    return render_template(
        "applications/index.html",
        page=page,
        wanted=wanted,
        asked=request.args.get("state", ""),
        states=STATES,
        programmes=queries.programme_words(),
        years={year: year for year in queries.years_offered()},
        organisations={each.id: each.name for each in organisations_of(current_user)},
        form=form,
        may_act=current_user.can(Permission.CULTIVATE),
        today=clock.today(),
        waiting=WAITING,
        kept=[(name, value) for name, value in request.args.items(multi=True) if name != "page"],
        **{"results": [], "preview": False, "chosen": set(), "address": address, **more},
    )


def asked_filter() -> ApplicationFilter:
    """The filter in the address. Without a state, what waits for the park is shown; `all` shows every one."""
    asked = request.args.get("state", "")
    organisation_id = request.args.get("organisation", type=record_number)
    state = next((state for state in State if state.value == asked), None)
    return ApplicationFilter(
        states=frozenset({state}) if state else frozenset() if asked == "all" else WAITING,
        programme=request.args.get("programme", type=record_number),
        year=request.args.get("year", type=record_number),
        organisation=next((o for o in organisations_of(current_user) if o.id == organisation_id), None),
        officer=current_user.id if request.args.get("mine") else None,
    )


@blueprint.get("/applications.xlsx")
@requires(Permission.EXCHANGE)
def export() -> Response:
    """The list with its filters, as a workbook."""
    columns = [
        Column(_("企业")), Column(_("统一社会信用代码")), Column(_("园区")), Column(_("专员")), Column(_("项目")), Column(_("年度"), "number"),
        Column(_("批次")), Column(_("状态")), Column(_("本状态起"), "date"), Column(_("提交"), "date"),
        Column(_("公示起"), "date"), Column(_("公示止"), "date"),
    ]  # fmt: skip
    rows = [_cells(each) for each in queries.applications_found(current_user, asked_filter())]
    table = Table(_("项目申报"), columns, rows, [(_("导出日期"), clock.today().isoformat())])
    return send_tables([table], _("项目申报 %(day)s", day=clock.today().isoformat()))


def _cells(application: Application) -> list[Cell]:
    firm, window = application.firm, application.window
    return [
        Cell(value)
        for value in (
            firm.name,
            firm.credit_code,
            firm.organisation.name,
            firm.officer.name if firm.officer else None,
            title_in(window.programme),
            window.year,
            window.title,
            str(state_title(application)),
            application.state_since,
            application.submitted_on,
            application.notice_from,
            application.notice_to,
        )
    ]


# --- many at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What became, or would become, of one application; `items` are what blocked it."""

    application_id: int
    name: str
    done: bool
    text: str
    items: Sequence[Item] = ()


@blueprint.post("/applications/bulk")
@requires(Permission.CULTIVATE)
def bulk() -> Any:
    """The same step for those that are ticked, each by the verb of its own page: first what would become of each, then it is done."""
    form = BulkForm()
    ids = [number for text in request.form.getlist("application") if (number := known_number(text)) is not None]
    preview = request.form.get("step") == "preview"
    results: list[Result] = []
    if form.validate_on_submit():
        if not ids or len(ids) > MOST:
            words = _("一次最多办理 %(most)s 份，请分几次。", most=MOST) if ids else _("请至少勾选一份申报。")
            land(form, DomainError(words))
        else:
            results = _run(ids, form.act.data, keep=not preview)
    page = _list(asked_filter(), form, results=results, preview=preview, chosen=set(ids))
    return page if results else (page, 422)


def _run(ids: Sequence[int], act: str, *, keep: bool) -> list[Result]:
    """Do it for each; without `keep` all of it is taken back, so that a preview is the very thing that would be done."""
    with db.session.begin_nested() as attempt:
        results = [_do(each, act) for each in queries.applications_by_id(current_user, ids)]
        if not keep:
            attempt.rollback()
    return results


def _do(application: Application, act: str) -> Result:
    """Try it for one; what fails leaves nothing behind and does not hold up the others."""
    about = (application.id, application.firm.name)
    try:
        with db.session.begin_nested():
            VERBS[act](application, actor=current_user)
            return Result(*about, True, str(state_title(application)))
    except OpenItemsError as error:
        return Result(*about, False, str(error), error.items)
    except DomainError as error:
        return Result(*about, False, str(error))
