"""Kept assessments: kept by hand, listed, one with its re-run, as JSON and PDF, and two side by side."""

from __future__ import annotations

import io
import json
import re

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder import service
from crm.ladder.assessments.comparison import compare
from crm.ladder.assessments.reading import Kept, kept_page, others_of, rungs_kept
from crm.ladder.assessments.report import assessment_pdf
from crm.ladder.assessments.showing import clauses, facts, score_text
from crm.ladder.forms import KeepForm
from crm.ladder.models import Assessment, Rung
from crm.ladder.routes import blueprint
from crm.ladder.words import PURPOSES, RUNGS
from crm.policy.facts import FactsError
from crm.web.paging import page_number


@blueprint.get("/firms/<int:firm_id>/assessments")
@requires(Permission.VIEW_RECORD)
def assessments(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    rung = next((rung for rung in Rung if rung.value == request.args.get("rung")), None)
    return render_template(
        "ladder/assessments.html",
        firm=firm,
        page=kept_page(firm, rung, page_number()),
        rung=rung,
        rungs={rung: RUNGS[rung] for rung in rungs_kept(firm)},
        purposes=PURPOSES,
    )


@blueprint.post("/firms/<int:firm_id>/assessments")
@requires(Permission.CULTIVATE)
def keep(firm_id: int) -> Response:
    """Keep the assessment that the standing page shows."""
    firm = load_firm_for(current_user, firm_id)
    form = KeepForm()
    asked = {name: value for name, value in request.form.items() if name in ("on", "rung", "purpose")}
    back = redirect(url_for("ladder.standing", firm_id=firm.id, _external=False, **asked))
    if not form.validate_on_submit():
        flash(_("没有存档：%(why)s", why=next((e for es in form.errors.values() for e in es), "")), "danger")
        return back
    try:
        row, is_new = service.keep_assessment(
            firm, form.rung.data, actor=current_user, on=form.on.data, purpose=form.purpose.data
        )
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
        return back
    flash(_("已存档。") if is_new else _("同样的测算已经存过，这就是那一份。"), "success" if is_new else "info")
    return redirect(url_for("ladder.assessment", assessment_id=row.id))


@blueprint.get("/assessments/<int:assessment_id>")
@requires(Permission.VIEW_RECORD)
def assessment(assessment_id: int) -> str:
    """What was decided from which facts by which edition; and the same run again."""
    kept = _load(assessment_id)
    return render_template(
        "ladder/assessment.html",
        firm=kept.row.firm,
        kept=kept.row,
        reader=kept,
        edition=kept.edition,
        again=kept.again,
        score=score_text(kept.result["score"]),
        purpose=PURPOSES[kept.row.purpose],
        clauses=clauses(kept),
        facts=facts(kept),
        others=others_of(kept.row),
    )


@blueprint.get("/assessments/<int:assessment_id>/record")
@requires(Permission.VIEW_FIRMS)
def assessment_record(assessment_id: int) -> Response:
    """The one JSON file that `policy rerun` judges again."""
    kept = _load(assessment_id)
    try:
        text = json.dumps(kept.document(), ensure_ascii=False, indent=2)
    except FactsError as error:
        raise NotFoundError(_("这份存档所用的版本已无法读取，不能导出。")) from error
    return _file(text.encode(), "application/json", kept, "json")


@blueprint.get("/assessments/<int:assessment_id>/report")
@requires(Permission.VIEW_RECORD)
def assessment_report(assessment_id: int) -> Response:
    kept = _load(assessment_id)
    return _file(assessment_pdf(kept), "application/pdf", kept, "pdf")


@blueprint.get("/assessments/<int:assessment_id>/beside/<int:other_id>")
@requires(Permission.VIEW_RECORD)
def compared(assessment_id: int, other_id: int) -> str:
    """Two of one firm and rung."""
    one = _load(assessment_id)
    same = (Assessment.firm_id == one.row.firm_id, Assessment.rung == one.row.rung, Assessment.id != one.row.id)
    other = Kept(load_for(current_user, Assessment, other_id, *same), current_user)
    return render_template(
        "ladder/compared.html", firm=one.row.firm, found=compare(one, other), purposes=PURPOSES, score_text=score_text
    )


def _load(assessment_id: int) -> Kept:
    return Kept(load_for(current_user, Assessment, assessment_id), current_user)


def _file(content: bytes, media_type: str, kept: Kept, ending: str) -> Response:
    row = kept.row
    name = _(
        "测算存档-%(firm)s-%(rung)s-%(on)s-%(number)s",
        firm=row.firm.name,
        rung=RUNGS[row.rung],
        on=row.on,
        number=row.id,
    )
    safe = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name)
    answer = send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=f"{safe}.{ending}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
