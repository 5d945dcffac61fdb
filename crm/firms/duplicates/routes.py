"""Pages of firms that may be one: the pairs proposed, two side by side, the merge and its undoing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms import queries as firms
from crm.firms.duplicates import queries, service
from crm.firms.duplicates.models import FirmMerge
from crm.firms.duplicates.preview import FIELDS, Preview, preview
from crm.firms.duplicates.words import REASONS, row_title, table_title
from crm.firms.history import words as history
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.firms.routes import blueprint
from crm.firms.tabs import firm_url
from crm.firms.words import FIRM_FIELDS
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.conflict import VersionField
from crm.web.errors import land
from crm.web.paging import page_number, page_of


class MergeForm(FlaskForm):
    """The firms as they were shown; which fields are taken is in `take`, once for each."""

    kept_version = VersionField()
    gone_version = VersionField()


@blueprint.get("/firms/duplicates")
@requires(Permission.EDIT_FIRMS)
def duplicates() -> str:
    return render_template(
        "firms/duplicates/index.html", pairs=queries.pairs_for(current_user), most=queries.MOST, words=REASONS
    )


@blueprint.get("/firms/<int:firm_id>/merge")
@requires(Permission.EDIT_FIRMS)
def merge_with(firm_id: int) -> str:
    """Look for the firm that is the same as this one."""
    firm = load_firm_for(current_user, firm_id)
    typed = request.args.get("q", "").strip()
    found = firms.list_firms(current_user, typed, [Firm.id != firm.id], 1).rows if typed else ()
    return render_template(
        "firms/duplicates/pick.html",
        firm=firm,
        typed=typed,
        rows=found,
        alike=queries.resembling(current_user, firm) if not typed else (),
    )


@blueprint.route("/firms/<int:firm_id>/merge/<int:gone_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def merge(firm_id: int, gone_id: int) -> str | Response:
    """The two side by side and what would come of it; done exactly so."""
    kept, gone = load_firm_for(current_user, firm_id), load_firm_for(current_user, gone_id)
    if kept is gone:
        raise NotFoundError(_("一家企业不能与自己合并。"))
    wanted = [name for name in request.values.getlist("take") if name in FIELDS]
    form = MergeForm(kept_version=str(kept.version), gone_version=str(gone.version))
    if form.validate_on_submit() and request.form.get("step") != "preview":
        try:
            told = service.merge(
                actor=current_user,
                kept=kept,
                gone=gone,
                wanted=wanted,
                kept_version=form.kept_version.data,
                gone_version=form.gone_version.data,
            )
        except DomainError as error:
            land(form, error)
            kept, gone = load_firm_for(current_user, firm_id), load_firm_for(current_user, gone_id)
            form.kept_version.data, form.gone_version.data = str(kept.version), str(gone.version)
        else:
            flash(_("已把“%(name)s”并入这家企业。可在“合并记录”里撤销。", name=told.gone_name), "success")
            return redirect(firm_url(kept.id))
    plan = preview(kept, gone, wanted)
    return render_template(
        "firms/duplicates/merge.html",
        kept=kept,
        gone=gone,
        form=form,
        plan=plan,
        lines=[_line(plan, name) for name in FIELDS],
        relations=[
            {
                "title": table_title(relation.table.name),
                "moving": len(relation.moving),
                "left": [row_title(relation.table.name, row) for row in relation.left],
                "theirs": len(relation.theirs),
            }
            for relation in plan.relations
        ],
    )


def _line(plan: Preview, name: str) -> dict[str, Any]:
    kept, gone = getattr(plan.kept, name), getattr(plan.gone, name)
    return {
        "name": name,
        "title": FIRM_FIELDS[name],
        "kept": history.shown(Firm, name, kept),
        "gone": history.shown(Firm, name, gone),
        "result": history.shown(Firm, name, plan.result(name)),
        "differs": kept != gone,
        "choice": kept is not None and gone is not None and kept != gone,
        "taken": name in plan.taken,
    }


@blueprint.post("/firms/<int:firm_id>/apart/<int:second_id>")
@requires(Permission.EDIT_FIRMS)
def tell_apart(firm_id: int, second_id: int) -> Response:
    first, second = load_firm_for(current_user, firm_id), load_firm_for(current_user, second_id)
    service.tell_apart(actor=current_user, first=first, second=second)
    flash(_("已记下：这是两家企业，不再提示。"), "success")
    return redirect(url_for("firms.duplicates"))


@blueprint.get("/firms/merges")
@requires(Permission.EDIT_FIRMS)
def merges() -> str:
    number = page_number()
    return render_template(
        "firms/duplicates/merges.html", page=page_of(queries.merges_for(current_user, number), number)
    )


@blueprint.post("/firms/merges/<int:merge_id>/undo")
@requires(Permission.EDIT_FIRMS)
def undo_merge(merge_id: int) -> Response:
    told = db.session.get(FirmMerge, merge_id)
    if told is None:
        raise NotFoundError(_("没有这条合并记录。"))
    load_firm_for(current_user, told.kept_id)
    try:
        gone = service.undo(actor=current_user, merge=told)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
        return redirect(url_for("firms.merges"))
    flash(_("已撤销合并，“%(name)s”恢复为单独的企业。", name=gone.name), "success")
    return redirect(firm_url(gone.id))
