"""The officer's pages: the day, its lists, and a firm at a glance."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.desk import glance, queries
from crm.desk.queries import Desk, Watch
from crm.desk.timeline import timeline_of
from crm.desk.words import WATCHES
from crm.firms.loaders import load_firm_for
from crm.kernel import clock
from crm.ladder import next_rung as reading
from crm.ladder.models import Rung
from crm.ladder.standing import ladder_steps
from crm.visits import queries as visit_queries
from crm.visits.planning_queries import plans_of
from crm.visits.queries import contacts_of, open_needs, open_tasks
from crm.web.fields import read_date
from crm.web.paging import PAGE_SIZE, page_number, page_of

blueprint = Blueprint("desk", __name__)
FEW = 6  # of each list on the day; the list itself has the rest


@blueprint.get("/day")
@requires(Permission.LOG_VISITS)
def day() -> str:
    desk = Desk.of(current_user)
    return render_template(
        "desk/day.html",
        own=desk.own,
        few=FEW,
        today=clock.today(),
        tasks=queries.due_tasks(desk, 2 * FEW),
        proposals=queries.waiting_proposals(desk, FEW),
        calendar=queries.calendar(desk, FEW),
        lists={watch: queries.watched(desk, watch, limit=FEW + 1) for watch in Watch},
        words=WATCHES,
        visits=visit_queries.recent_visits(desk.scope, by=current_user if desk.own else None, limit=FEW),
    )


@blueprint.get("/day/<any(stuck, unvisited):watch>")
@requires(Permission.LOG_VISITS)
def watch(watch: str) -> str:
    """One of the day's lists in full."""
    number, kind = page_number(), Watch(watch)
    rows = queries.watched(Desk.of(current_user), kind, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    return render_template("desk/watch.html", watch=kind, words=WATCHES[kind], page=page_of(rows, number))


@blueprint.get("/firms/<int:firm_id>")
@requires(Permission.VIEW_FIRMS)
def firm(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    before = request.args.get("before", type=_day_past)
    return render_template(
        "desk/firm.html",
        firm=firm,
        steps=ladder_steps(firm, clock.today(), Rung.TECH_SME),
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
