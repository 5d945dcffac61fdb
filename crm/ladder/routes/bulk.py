"""One thing done for many firms: each by the same verb as on its own page, each with its own result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.queries import active_filters, list_firms, organisation_words
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import queries, service
from crm.ladder.forms import BulkForm
from crm.ladder.gate import Item
from crm.ladder.models import Case, Rung, Stage
from crm.ladder.routes import blueprint
from crm.ladder.standing import address
from crm.ladder.words import STAGES
from crm.web.addresses import known_number, record_number
from crm.web.errors import land
from crm.web.paging import page_number

FIELDS = (
    "q",
    "organisation",
    "page",
)  # of the form that picks; the other filters of the list of firms stay in the address


@dataclass(frozen=True)
class Result:
    """What became of one firm. `items` are what blocked it."""

    firm: Firm
    done: bool
    text: str
    case_id: int | None = None
    items: Sequence[Item] = ()


@blueprint.route("/cases/bulk", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def bulk() -> Any:
    # The list it is opened from may be one of a rung's: `ready=hte`.
    form = BulkForm(rung=next((value for value in request.args.values() if value in list(Rung)), None))
    results: list[Result] = []
    chosen = _chosen(request.form.getlist("firm") or request.args.getlist("firm"))
    if form.validate_on_submit():
        if chosen:
            results = [_do(firm, form.rung.data, form.act.data, form.on.data) for firm in chosen]
        else:
            land(form, DomainError(_("请至少勾选一家企业。")))
    conditions, _chips = active_filters(current_user, request.args)
    if request.args.getlist("firm"):
        conditions.append(Firm.id.in_(request.args.getlist("firm", type=record_number)))
    return render_template(
        "ladder/bulk.html",
        form=form,
        results=results,
        address=address,
        chosen={firm.id for firm in chosen},
        page=list_firms(current_user, request.args.get("q", "").strip(), conditions, page_number()),
        organisations=organisation_words(current_user),
        kept=[(name, value) for name, value in request.args.items(multi=True) if name not in FIELDS],
    )


def _chosen(ids: Sequence[str]) -> list[Firm]:
    """The ticked firms that lie in the person's scope, in the list's order."""
    wanted = [number for text in ids if (number := known_number(text)) is not None]
    return queries.firms_by_id(current_user, wanted)


def _do(firm: Firm, rung: Rung, act: str, on: date) -> Result:
    """Try it for one firm; what fails leaves nothing behind and does not hold up the others."""
    try:
        with db.session.begin_nested():
            if act == "open":
                case = service.open_case(firm, rung, actor=current_user, on=on)
                return Result(firm, True, _("已入库"), case.id)
            case = _open_case(firm, rung)
            service.move_case(case, Stage(act), actor=current_user, on=on)
            return Result(firm, True, _("已移到“%(stage)s”", stage=STAGES[Stage(act)]), case.id)
    except service.OpenItemsError as error:
        return Result(firm, False, str(error), queries.open_case_id(firm.id, rung), error.items)
    except DomainError as error:
        return Result(firm, False, str(error), queries.open_case_id(firm.id, rung))


def _open_case(firm: Firm, rung: Rung) -> Case:
    case_id = queries.open_case_id(firm.id, rung)
    if case_id is None:
        raise DomainError(_("没有这个方向的进行中项目，请先入库。"))
    return db.session.get_one(Case, case_id)
