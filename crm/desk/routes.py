"""The officer's pages: the day, its lists, and a firm at a glance."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.desk import glance, watches
from crm.desk.day import day_of, watch_lines
from crm.desk.forms import UnseenForm
from crm.desk.queries import Desk
from crm.desk.timeline import timeline_of
from crm.desk.watches import Watch, watched
from crm.desk.words import watch_words
from crm.firms.loaders import load_firm_for
from crm.kernel import clock
from crm.ladder import next_rung as reading
from crm.ladder.standing import ladder_steps
from crm.visits.calendar import day_title
from crm.visits.planning_queries import plans_of
from crm.visits.queries import contacts_of, open_needs, open_tasks
from crm.web.addresses import own_address
from crm.web.fields import read_date
from crm.web.paging import PAGE_SIZE, page_number, page_of

blueprint = Blueprint("desk", __name__)


@blueprint.get("/day")
@requires(Permission.LOG_VISITS)
def day() -> str:
    desk = Desk.of(current_user)
    return render_template(
        "desk/day.html", own=desk.own, today=clock.today(), day=day_of(desk), day_title=day_title, unseen=_unseen_form()
    )


@blueprint.get("/day/<any(stuck, unvisited):watch>")
@requires(Permission.LOG_VISITS)
def watch(watch: str) -> str:
    """One of the day's lists in full."""
    number, kind, desk = page_number(), Watch(watch), Desk.of(current_user)
    rows = watched(desk, kind, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    page = page_of(rows, number)
    return render_template(
        "desk/watch.html",
        watch=kind,
        words=watch_words(kind, current_user.unseen_after),
        lines=watch_lines(desk, kind, page.rows),
        page=page,
        unseen=_unseen_form(),
    )


@blueprint.post("/day/unseen-after")
@requires(Permission.LOG_VISITS)
def set_unseen_after() -> Response:
    """After how many days without a visit a firm stands on one's day."""
    form = UnseenForm()
    if form.validate_on_submit() and form.days.data is not None:
        watches.set_unseen_after(current_user, form.days.data)
        flash(_("已改为 %(n)s 天。", n=form.days.data), "success")
    else:
        flash(_("没有改：%(why)s", why=" ".join(map(str, form.days.errors))), "danger")
    return redirect(own_address(request.args.get("next")) or url_for("desk.day"))


def _unseen_form() -> UnseenForm:
    return UnseenForm(formdata=None, data={"days": current_user.unseen_after})


@blueprint.get("/firms/<int:firm_id>")
@requires(Permission.VIEW_FIRMS)
def firm(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    before = request.args.get("before", type=_day_past)
    return render_template(
        "desk/firm.html",
        firm=firm,
        steps=ladder_steps(firm, clock.today()),
        figures=glance.latest_figures(firm),
        ip=glance.ip_counts(firm),
        tasks=open_tasks(firm),
        needs=open_needs(firm),
        plans=plans_of(firm),
        contacts=contacts_of(firm),
        before=before,
        timeline=timeline_of(firm.id, before),
    )


def _day_past(text: str) -> date:
    """A day for `before`; there is nothing to tell of days to come. Raises ValueError for what is no day."""
    return min(read_date(text), clock.today())


@blueprint.get("/firms/<int:firm_id>/next")
@requires(Permission.VIEW_FIRMS)
def next_rung(firm_id: int) -> str:
    """The next rung and what it lacks: a part of the firm's page, computed after the page is there."""
    firm = load_firm_for(current_user, firm_id)
    return render_template("ladder/_next_rung.html", firm=firm, following=reading.next_rung(firm, clock.today()))
