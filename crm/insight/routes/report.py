"""The monthly report: seen, written in, and taken along as a Word file or a PDF."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField, TextAreaField

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.firms.ip.rules import later
from crm.insight.blueprint import blueprint
from crm.insight.report.content import Content, content
from crm.insight.report.documents import WORD, pdf_file, word_file
from crm.insight.report.service import write_words
from crm.kernel import clock
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.errors import land
from crm.web.fields import read_date

MONTHS = 24  # that the page offers


@blueprint.get("/funnel/report")
@requires(Permission.VIEW_FUNNEL)
def report() -> str:
    asked = _asked()
    today = clock.today().replace(day=1)
    return render_template(
        "insight/report/show.html",
        report=asked,
        organisations={each.id: each.name for each in organisations_of(current_user)},
        months=[later(today, months=-back) for back in range(MONTHS)],
        address=_address(asked),
    )


@blueprint.route("/funnel/report/edit", methods=["GET", "POST"])
@requires(Permission.SIGN_OFF)
def edit_report() -> str | BaseResponse:
    """Each section in the park's own words, or as the data say it."""
    asked = _asked()
    kept = asked.written
    form = _form(asked)(
        data={**{each.key: each.text for each in asked.sections}, "version": str(kept.version) if kept else ""}
    )
    if form.validate_on_submit():
        # What still says what the data say is not kept: it follows the data.
        words = {
            each.key: form[each.key].data or "" for each in asked.sections if (form[each.key].data or "") != each.made
        }
        try:
            write_words(
                actor=current_user,
                organisation=asked.organisation,
                month=asked.month,
                words=words,
                titles={each.key: each.title for each in asked.sections},
                version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。数字仍由数据生成。"), "success")
            return redirect(url_for("insight.report", **_address(asked)))
    return render_template("insight/report/edit.html", report=asked, form=form, address=_address(asked))


@blueprint.get("/funnel/report.docx")
@requires(Permission.VIEW_FUNNEL)
def report_word() -> Response:
    asked = _asked()
    return _sent(word_file(asked), WORD, asked, "docx")


@blueprint.get("/funnel/report.pdf")
@requires(Permission.VIEW_FUNNEL)
def report_pdf() -> Response:
    asked = _asked()
    return _sent(pdf_file(asked), "application/pdf", asked, "pdf")


def _sent(data: bytes, media_type: str, asked: Content, ending: str) -> Response:
    name = f"{asked.title} {asked.month:%Y-%m}.{ending}"
    return send_file(io.BytesIO(data), mimetype=media_type, as_attachment=True, download_name=name)


def _asked() -> Content:
    """The report of the organisation and month in the address; otherwise one's own, and this month."""
    organisations: dict[str, Organisation] = {str(each.id): each for each in organisations_of(current_user)}
    wanted = request.args.get("organisation", "")
    organisation = organisations.get(wanted) if wanted else current_user.organisation
    if organisation is None:
        raise NotFoundError(_("没有这个单位，或它不在您的管辖范围内。"))
    this_month = clock.today().replace(day=1)
    try:
        month = read_date(request.args.get("month", "") + "-01")
    except ValueError:
        month = this_month
    return content(current_user, organisation, min(month, this_month))


def _address(asked: Content) -> dict[str, Any]:
    return {"organisation": str(asked.organisation.id), "month": f"{asked.month:%Y-%m}"}


def _form(asked: Content) -> type[FlaskForm]:
    """A form with a text for each section of the report."""
    fields = {each.key: TextAreaField(each.title) for each in asked.sections}
    return type("ReportForm", (FlaskForm,), {"version": HiddenField(), **fields})
