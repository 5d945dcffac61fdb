"""The brief before the door: one page that is read in ten seconds, also without network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import render_template
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.desk import glance
from crm.desk.brief_questions import questions
from crm.desk.lines import map_address
from crm.desk.routes import blueprint
from crm.duties.queries import duties_of
from crm.duties.selects import DueState
from crm.duties.showing import Line, lines
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.facts import facts_of
from crm.ladder.next_rung import NextRung, next_rung
from crm.ladder.noticing import noticed
from crm.ladder.standing import ladder_steps
from crm.visits.asking import Aim, Stale
from crm.visits.models import Visit
from crm.visits.outlines import outline_for
from crm.visits.queries import contacts_of, open_needs, open_tasks

VISITS = 3
NEAR = timedelta(days=90)  # duties within so many days are told of


@dataclass(frozen=True)
class Near:
    """What is near for the firm: the window of its next rung, and the duties of its titles."""

    window: str | None
    duties: Sequence[Line]


def aim(firm: Firm) -> Aim:
    """What the firm works towards, as the visit form takes it."""
    today = clock.today()
    return _aim(firm, today, next_rung(firm, today))


def _aim(firm: Firm, today: date, following: NextRung | None) -> Aim:
    facts = following.facts if following is not None and following.facts is not None else facts_of(firm, today)
    stale = [Stale(name, name in facts.document, facts.why_unknown(name) or "") for name in sorted(facts.stale)]
    if following is None:
        return Aim(stale=stale)
    return Aim(following.rung.value, following.title, following.missing, stale)


@blueprint.get("/firms/<int:firm_id>/brief")
@requires(Permission.VIEW_FIRMS)
def brief(firm_id: int) -> str:
    """Who they are, what was said and promised, what the next rung lacks, what to ask."""
    firm, today = load_firm_for(current_user, firm_id), clock.today()
    steps = ladder_steps(firm, today)
    following = next_rung(firm, today, steps)
    return render_template(
        "desk/brief.html",
        firm=firm,
        today=today,
        steps=steps,
        steps_near=_near_steps(steps),
        following=following,
        questions=questions(following, outline_for(following.rung.value if following is not None else None)),
        figures=[figure for figure in glance.latest_figures(firm) if figure.value is not None],
        contacts=contacts_of(firm),
        visits=_last_visits(firm),
        tasks=open_tasks(firm),
        needs=open_needs(firm),
        near=_near(firm, following, today),
        map_url=map_address(firm),
    )


def _near_steps(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where the firm stands and what comes next, of the whole ladder."""
    held = [step for step in steps if step.get("state") == "held"]
    ahead = [step for step in steps if step["state"] == "current" or step["following"]]
    return [*held[-1:], *ahead[:1]]


def _last_visits(firm: Firm) -> Sequence[Visit]:
    return db.session.scalars(
        select(Visit)
        .where(Visit.firm_id == firm.id)
        .options(joinedload(Visit.officer).joinedload(User.organisation))
        .order_by(Visit.on.desc(), Visit.id.desc())
        .limit(VISITS)
    ).all()


def _near(firm: Firm, following: NextRung | None, today: date) -> Near:
    due = [each for each in duties_of(firm, today) if each.state is not DueState.DONE and each.due_on <= today + NEAR]
    notice: dict[str, Any] | None = None
    if following is not None and following.facts is not None:
        notice = noticed(firm, following.rung, today, following.purpose, following.facts)
    return Near(notice["window"] if notice else None, lines(due, current_user, today))
