"""What is counted every hour, counted anew because a person asks for it."""

from __future__ import annotations

from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.early_warning.refresh import refresh as refresh_warnings
from crm.insight.kept.refresh import refresh as refresh_counts
from crm.insight.targets.refresh import refresh as refresh_years
from crm.kernel import jobs

JOB = "count-anew"


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(_run, _failed))


def _run() -> None:
    refresh_warnings()
    refresh_counts()
    refresh_years(recent=True)


def _failed(_error: Exception | None) -> None:
    """The pages go on to show the last counting, with its moment."""


@blueprint.post("/funnel/count")
@requires(Permission.VIEW_FUNNEL)
def count_anew() -> Response:
    """Warnings, kept counts and the counts of targets, in the background; one waiting job is enough."""
    if not jobs.is_enqueued(JOB):
        jobs.enqueue(JOB)
    flash(_("已安排重算，一般一两分钟内完成；稍后刷新页面查看。"), "success")
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/funnel") else url_for("insight.funnel"))
