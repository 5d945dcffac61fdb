"""One thing done for many firms: each by the same verb as on its own page, each with its own result, after a preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.firms.models import Firm
from crm.firms.queries import active_filters, firms_found, list_firms, officer_words
from crm.firms.service import assign
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.plain import plain
from crm.ladder import bulk_runs as runs
from crm.ladder import queries, service
from crm.ladder.bulk_runs import Result
from crm.ladder.forms import BulkForm
from crm.ladder.gate import Item
from crm.ladder.models import Case, Rung, Stage
from crm.ladder.routes import blueprint
from crm.ladder.standing import address
from crm.ladder.words import STAGES
from crm.web.addresses import known_number, record_number
from crm.web.errors import land
from crm.web.paging import page_number

MOST = 500  # firms at once
# Of the form that picks; the other filters of the list of firms stay in the address.
FIELDS = ("q", "organisation", "page", "all")
ASKED = ("act", "rung", "on", "officer", "channel", "reason")


@blueprint.route("/cases/bulk", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def bulk() -> Any:
    """Choose firms and what to do; the answer, a preview or what became of each, has a page of its own.

    `all` means all that the filters find.
    """
    # The list it is opened from may be one of a rung's: `ready=hte`.
    rung = next((value for value in request.args.values() if value in list(Rung)), None)
    form = BulkForm(officer_words(current_user), rung=rung)
    typed = request.args.get("q", "").strip()
    conditions, _chips = active_filters(current_user, request.args)
    ticked = request.form.getlist("firm") or request.args.getlist("firm")
    every = request.args.get("all") == "1"
    ids = firms_found(current_user, typed, conditions, limit=MOST + 1) if every else _numbers(ticked)
    too_many = len(ids) > MOST
    if form.validate_on_submit():
        if too_many:
            land(form, DomainError(_("一次最多办理 %(most)s 家，请先缩小范围。", most=MOST)))
        elif not ids:
            land(form, DomainError(_("请至少勾选一家企业。")))
        else:
            done = request.form.get("step") != "preview"
            results = _run(queries.firms_by_id(current_user, ids), form, keep=done)
            asked = {name: plain(form[name].data) for name in ASKED}
            run = runs.keep(current_user, results, asked=asked, done=done)
            filters: dict[str, Any] = request.args.to_dict(flat=False)
            return redirect(url_for("ladder.bulk_run", bulk_id=run.id, **filters))
    if request.args.getlist("firm") and not every:
        conditions.append(Firm.id.in_(request.args.getlist("firm", type=record_number)))
    return render_template(
        "ladder/bulk.html",
        form=form,
        every=every,
        count=_("超过 %(most)s", most=MOST) if too_many else len(ids),
        too_many=too_many,
        chosen=set(ids),
        page=list_firms(current_user, typed, conditions, page_number()),
        organisations=organisation_words(current_user),
        kept=[(name, value) for name, value in request.args.items(multi=True) if name not in FIELDS],
        filters=[
            (name, value) for name, value in request.args.items(multi=True) if name not in ("page", "all", "firm")
        ],
    )


@blueprint.get("/cases/bulk/<int:bulk_id>")
@requires(Permission.CULTIVATE)
def bulk_run(bulk_id: int) -> str:
    """What became, or would become, of each firm. It can be read again: looking at it does nothing."""
    run = runs.load(current_user, bulk_id)
    firms = {firm.id: firm for firm in queries.firms_by_id(current_user, [each["firm_id"] for each in run.results])}
    return render_template(
        "ladder/bulk_run.html",
        run=run,
        results=[(firms[each["firm_id"]], each) for each in run.results if each["firm_id"] in firms],
        filters=request.args.to_dict(flat=False),
    )


@blueprint.post("/cases/bulk/undo")
@requires(Permission.CULTIVATE)
def undo_assignment() -> Response:
    """Give firms back to whom they had, where nobody changed that since: `was` holds firm:before:after."""
    undone = 0
    for entry in request.form.getlist("was")[:MOST]:
        firm_id, before, after = [*map(known_number, entry.split(":")), None, None, None][:3]
        for firm in queries.firms_by_id(current_user, [firm_id] if firm_id else []):
            if firm.officer_id is not None and firm.officer_id == after:
                undone += _assign(firm, before or None).done
    flash(ngettext("已撤销 %(num)s 家的指派。", "已撤销 %(num)s 家的指派。", undone), "success")
    return redirect(url_for("firms.index"))


def _numbers(texts: Sequence[str]) -> list[int]:
    return [number for text in texts if (number := known_number(text)) is not None]


def _run(firms: Sequence[Firm], form: BulkForm, *, keep: bool) -> list[Result]:
    """Do it for each; without `keep` all of it is taken back, so that a preview is the very thing that would be done."""
    with db.session.begin_nested() as attempt:
        results = [_do(firm, form) for firm in firms]
        if not keep:
            attempt.rollback()
    return results if keep else [replace(result, case_id=None if result.done else result.case_id) for result in results]


def _do(firm: Firm, form: BulkForm) -> Result:
    """Try it for one firm; what fails leaves nothing behind and does not hold up the others."""
    act, rung, on, firm_id = form.act.data, form.rung.data, form.on.data, firm.id
    if act == "assign":
        return _assign(firm, form.officer.data)
    try:
        with db.session.begin_nested():
            if act == "open":
                channel = form.channel.data if firm.source_channel is None else None
                case = service.open_case(
                    firm, rung, actor=current_user, on=on, channel=channel, reason=form.reason.data
                )
                return Result(firm_id=firm_id, done=True, text=_("入库"), case_id=case.id)
            case = _open_case(firm, rung)
            service.move_case(case, Stage(act), actor=current_user, on=on)
            text = _("移到“%(stage)s”", stage=STAGES[Stage(act)])
            return Result(firm_id=firm_id, done=True, text=text, case_id=case.id)
    except DomainError as error:
        items = [_shown(item) for item in error.items] if isinstance(error, service.OpenItemsError) else []
        case_id = queries.open_case_id(firm_id, rung)
        return Result(firm_id=firm_id, done=False, text=str(error), case_id=case_id, items=items)


def _shown(item: Item) -> dict[str, Any]:
    return {"title": {"zh": item.title.zh, "en": item.title.en}, "text": item.text, "href": address(item.place)}


def _assign(firm: Firm, officer_id: int | None) -> Result:
    firm_id, before, was = firm.id, firm.officer.name if firm.officer else _("无专员"), firm.officer_id
    if was == officer_id:
        return Result(firm_id=firm_id, done=False, text=_("已由此人负责，不需要改动"))
    try:
        with db.session.begin_nested():
            assign(actor=current_user, firm=firm, officer_id=officer_id)
            after = firm.officer.name if firm.officer else _("无专员")
            text = _("%(before)s → %(after)s", before=before, after=after)
            return Result(firm_id=firm_id, done=True, text=text, was=was or 0)
    except DomainError as error:
        return Result(firm_id=firm_id, done=False, text=str(error))


def _open_case(firm: Firm, rung: Rung) -> Case:
    case_id = queries.open_case_id(firm.id, rung)
    if case_id is None:
        raise DomainError(_("没有这个方向的进行中项目，请先入库。"))
    return db.session.get_one(Case, case_id)
