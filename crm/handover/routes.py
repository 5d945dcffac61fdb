"""Pages of hand-overs: the list, a new one with its preview, the sheet."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.queries import officer_words
from crm.firms.tabs import firm_urls
from crm.handover import queries, service, showing
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.addresses import known_number, record_number
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("handover", __name__)
NOBODY = "none"


class HandoverForm(FlaskForm):
    """What is said of a hand-over; who, to whom and which firms stand in the address and in the list."""

    note = TextAreaField(_l("说明（给接手的人）"))


@blueprint.get("/handovers")
@requires(Permission.EDIT_FIRMS)
def index() -> str:
    return render_template(
        "handover/index.html", page=queries.handovers_page(current_user, page_number()), giver_name=showing.giver_name
    )


@blueprint.route("/handovers/new", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def create() -> Any:
    """Who gives (`from`), who takes (`to`), what goes; then it is done. Without either it asks."""
    givers = queries.givers(current_user)
    whose = request.args.get("from") or (next(iter(givers)) if len(givers) == 1 else "")
    giver, known = _giver(whose, givers)
    taker = _taker(request.args.get("to", ""))
    firms = queries.firms_of(current_user, giver, limit=service.MOST) if known else []
    staying = {firm.id for firm in firms if taker and not service.can_take(taker, firm)}
    form, wrong = HandoverForm(), False
    if form.validate_on_submit() and known:
        try:
            if taker is None:
                raise DomainError(_("请选择由谁接手。"))
            handover = service.hand_over(
                actor=current_user, giver=giver, taker=taker, firms=_chosen(giver), note=form.note.data
            )
        except DomainError as error:
            wrong = True
            land(form, error)
        else:
            flash(
                ngettext("已移交 %(num)s 家企业。", "已移交 %(num)s 家企业。", len(handover.sheet))
                + _("阶段、历史、走访和承诺都保持原样。"),
                "success",
            )
            return redirect(url_for("handover.show", handover_id=handover.id))
    going = queries.going([firm.id for firm in firms], giver.id if giver else None)
    page = render_template(
        "handover/new.html",
        form=form,
        givers=givers,
        takers={key: name for key, name in officer_words(current_user).items() if str(key) != whose},
        whose=whose,
        known=known,
        taker=taker,
        firms=firms,
        urls=firm_urls(firm.id for firm in firms),
        staying=staying,
        chosen={firm.id for firm in _chosen(giver)} if wrong else {firm.id for firm in firms} - staying,
        going=going,
        most=service.MOST,
        total=givers[whose][1] if known else 0,
    )
    return (page, 422) if wrong else page


def _giver(whose: str, givers: dict[str, Any]) -> tuple[User | None, bool]:
    """Who gives, and whether their firms may be handed over by the reader."""
    if whose not in givers:
        return None, False
    return (None if whose == NOBODY else db.session.get(User, known_number(whose))), True


def _taker(asked: str) -> User | None:
    number = known_number(asked)
    return db.session.get(User, number) if number in officer_words(current_user) else None


def _chosen(giver: User | None) -> list[Firm]:
    ids = request.form.getlist("firm", type=record_number)
    return queries.firms_of(current_user, giver, Firm.id.in_(ids), limit=service.MOST + 1)


@blueprint.get("/handovers/<int:handover_id>")
@requires(Permission.EDIT_FIRMS)
def show(handover_id: int) -> str:
    """The sheet as it stood."""
    handover = queries.load_handover_for(current_user, handover_id)
    return render_template(
        "handover/show.html",
        handover=handover,
        giver_name=showing.giver_name(handover),
        numbers=showing.numbers(handover),
        entries=list(map(showing.shown, handover.sheet)),
    )


@blueprint.get("/handovers/<int:handover_id>/report")
@requires(Permission.EDIT_FIRMS)
def report(handover_id: int) -> Response:
    handover = queries.load_handover_for(current_user, handover_id)
    name = _("企业移交单-%(number)s.pdf", number=handover.id)
    content = io.BytesIO(showing.handover_pdf(handover))
    answer = send_file(content, mimetype="application/pdf", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
