"""Pages of the readiness: the overview by rung, and how far a new refresh is."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.queries import active_filters, list_firms
from crm.kernel import jobs
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.park import readiness as service
from crm.park.blueprint import blueprint
from crm.park.counts import NEAR
from crm.web.paging import page_number


@blueprint.get("/park/readiness")
@requires(Permission.VIEW_FUNNEL)
def readiness() -> str:
    """How many firms stand where for each rung; each number opens its firms."""
    run = service.last_run()
    return render_template(
        "park/readiness.html",
        run=run,
        rows=service.overview(current_user, run) if run else [],
        changed=service.changed_since(run, current_user) if run else 0,
        near=NEAR,
        asked=service.is_asked(),
        failed=service.has_failed(),
        **_progress(),
    )


@blueprint.post("/park/readiness/refresh")
@requires(Permission.VIEW_FUNNEL)
def refresh_readiness() -> BaseResponse:
    service.ask()
    return redirect(url_for("park.readiness"))


@blueprint.get("/park/readiness/progress")
@requires(Permission.VIEW_FUNNEL)
def readiness_progress() -> Response:
    """The bar alone, asked for again and again; when the work is over the page is loaded anew."""
    asked = service.is_asked()
    answer = make_response(render_template("park/_readiness_progress.html", asked=asked, **_progress()))
    if not asked:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.get("/park/gaps")
@requires(Permission.VIEW_FUNNEL)
def gaps() -> str:
    """What each firm of a page of the list `?near=rung` lacks: loaded after the list, whose own address it has."""
    rung = next((rung for rung in Rung if rung.value == request.args.get("near")), None)
    if rung is None:
        return ""
    conditions, _chips = active_filters(current_user, request.args)
    page = list_firms(current_user, request.args.get("q", "").strip(), conditions, page_number())
    firms = db.session.scalars(select(Firm).where(Firm.id.in_([row.firm.id for row in page.rows]))).all()
    return render_template("park/_gaps.html", gaps=service.gaps_of(firms, rung), rung=rung)


def _progress() -> dict[str, Any]:
    return {"progress": jobs.progress_of(service.JOB), "abandoned": not jobs.has_worker()}
