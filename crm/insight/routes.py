"""Pages of the insight room."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.filters import asked_filters, choices_for, conditions
from crm.insight.funnel import Funnel
from crm.insight.funnel import funnel as count
from crm.kernel import clock
from crm.ladder.models import Rung, Stage
from crm.web.fields import read_date

blueprint = Blueprint("insight", __name__)


@blueprint.get("/funnel")
@requires(Permission.VIEW_FUNNEL)
def funnel() -> str:
    """Counts by rung and by stage; each number opens exactly its firms."""
    try:
        asked_day = request.args.get("on")
        on, wrong_date = read_date(asked_day, not_future=True) if asked_day else clock.today(), None
    except ValueError as error:
        on, wrong_date = clock.today(), str(error)
    asked = asked_filters(request.args)
    found = count(on, conditions(current_user, asked))
    kept = {**asked, **({"on": on.isoformat()} if on != clock.today() else {})}
    return render_template(
        "insight/funnel.html",
        on=on,
        today=clock.today(),
        wrong_date=wrong_date,
        rows=[_row(found, rung, kept) for rung in Rung],
        most=max(1, *found.held.values()),
        asked=asked,
        choices=choices_for(current_user),
        stages=list(Stage),
    )


def _row(found: Funnel, rung: Rung, kept: dict[str, str]) -> dict[str, Any]:
    firms = url_for("firms.index")
    return {
        "rung": rung,
        "held": found.held[rung],
        "held_url": f"{firms}?{urlencode({'held': rung.value, **kept})}",
        "stages": [
            {
                "stage": stage,
                "number": found.stages[rung][stage],
                "url": f"{firms}?{urlencode({'rung': rung.value, 'stage': stage.value, **kept})}",
            }
            for stage in Stage
        ],
    }
