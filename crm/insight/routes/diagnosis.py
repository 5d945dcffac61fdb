"""The diagnosis of a place in a year: shown, printed, taken along; what firms said; averages of others."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as BaseResponse
from wtforms.validators import InputRequired, Length

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.insight.blueprint import blueprint
from crm.insight.diagnosis import service, work
from crm.insight.diagnosis.counting import ALL, TRADE
from crm.insight.diagnosis.groups import BYS
from crm.insight.diagnosis.models import Benchmark, Diagnosis
from crm.insight.diagnosis.notes import notes, notes_section
from crm.insight.diagnosis.tables import BENCHMARKS, POPULATIONS, Report, report
from crm.insight.report.documents import WORD, pdf_file, word_file
from crm.kernel import clock, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.visits.models import Reluctance, Visit
from crm.visits.words import RELUCTANCES
from crm.web.errors import land
from crm.web.fields import ChoiceField, PercentField, TextField, WholeNumberField
from crm.web.formatting import moment
from crm.web.paging import PAGE_SIZE, page_number, page_of
from crm.web.workbooks import send_tables

YEARS = 6  # offered
NAMED = 12  # groups that the page names


@blueprint.get("/diagnosis")
@requires(Permission.VIEW_FUNNEL)
def diagnosis() -> str:
    """The tables as they were worked out last, broken down one way."""
    organisation, year = _organisation(), _year()
    kept = work.kept(organisation.id, year)
    told = report(kept, _population(), _by(), NAMED) if kept else None
    return render_template(
        "insight/diagnosis/show.html",
        organisation=organisation,
        organisations={each.id: each.name for each in organisations_of(current_user)},
        year=year,
        years=range(clock.today().year, clock.today().year - YEARS, -1),
        kept=kept,
        report=told,
        notes=notes(told) if told else None,
        unsure=kept.tables[_population()]["unsure"] if kept else 0,
        population=_population(),
        populations=POPULATIONS,
        by=_by(),
        by_tabs=[
            {"key": key, "title": title, "href": _here("insight.diagnosis", by=key)} for key, title in BYS.items()
        ],
        asked=work.is_asked(organisation.id, year),
        implausible=_named(kept.tables[_population()].get("implausible", [])) if kept else {},
        failed=work.has_failed(organisation.id, year),
        abandoned=not jobs.has_worker(),
        here=_here,
    )


def _named(ids: list[int]) -> dict[int, str]:
    """The firms that the reader may open, by name."""
    firms = select(Firm.id, Firm.name).where(Firm.id.in_(ids), visible_firms(current_user)).order_by(Firm.sort_key)
    return {row.id: row.name for row in db.session.execute(firms)} if ids else {}


@blueprint.post("/diagnosis/make")
@requires(Permission.VIEW_FUNNEL)
def make_diagnosis() -> BaseResponse:
    """Have it worked out anew in the background."""
    organisation, year = _organisation(), _year()
    work.ask(organisation, year)
    return redirect(_here("insight.diagnosis"))


@blueprint.get("/diagnosis/progress")
@requires(Permission.VIEW_FUNNEL)
def diagnosis_progress() -> Response:
    """Asked for again and again; when the work is over the page is loaded anew."""
    asked = work.is_asked(_organisation().id, _year())
    answer = Response(
        render_template("insight/diagnosis/_progress.html", asked=asked, abandoned=not jobs.has_worker(), here=_here)
    )
    if not asked:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.get("/diagnosis.<any(xlsx,docx,pdf):ending>")
@requires(Permission.VIEW_FUNNEL)
def diagnosis_file(ending: str) -> Response:
    """All tables in all three ways, as a workbook, a Word file or a PDF."""
    organisation, year = _organisation(), _year()
    kept = work.kept(organisation.id, year)
    if kept is None:
        raise DomainError(_("还没有测算过，不能导出。请先在诊断页点“测算”。"))
    reports = [report(kept, _population(), by) for by in BYS]
    name = f"{reports[0].title} {year}"
    if ending == "xlsx":
        return send_tables([_sheet(each, section, kept) for each in reports for section in each.sections], name)
    whole = _together(reports)
    data = word_file(whole) if ending == "docx" else pdf_file(whole)
    return send_file(
        io.BytesIO(data),
        mimetype=WORD if ending == "docx" else "application/pdf",
        as_attachment=True,
        download_name=f"{name}.{ending}",
    )


def _sheet(each: Report, section: Any, kept: Diagnosis) -> Any:
    about = [(each.organisation.name, each.period), (_("测算于"), moment(kept.at)), (_("口径"), notes(each))]
    title = f"{section.title} {BYS[each.by]}" if section.key != "kinds" else section.title
    return replace(section.table, title=title, about=about)


def _together(reports: list[Report]) -> Report:
    """One paper: each table by trade, by size and by place; the words stand once."""
    sections = []
    for place, section in enumerate(reports[0].sections):
        if section.key == "kinds":
            sections.append(section)
            continue
        for number, each in enumerate(reports):
            mine = each.sections[place]
            sections.append(
                replace(mine, title=f"{mine.title}（{BYS[each.by]}）", text=mine.text if number == 0 else "")
            )
    return replace(reports[0], by="", sections=[*sections, notes_section(reports[0])])


@blueprint.get("/diagnosis/reluctance")
@requires(Permission.VIEW_FUNNEL)
def reluctance() -> str:
    """What firms said of why they do not innovate, the latest first."""
    organisation, year = _organisation(), _year()
    asked = next((each for each in Reluctance if each.value == request.args.get("why")), None)
    under = [each.id for each in organisations_of(current_user) if each.path.startswith(organisation.path)]
    statement = (
        select(Visit)
        .join(Firm, Firm.id == Visit.firm_id)
        .where(
            visible_firms(current_user),
            *([] if organisation.parent_id is None else [Firm.organisation_id.in_(under)]),
            Visit.on >= date(year, 1, 1),
            Visit.reluctance == asked if asked else Visit.reluctance.is_not(None),
        )
        .options(
            joinedload(Visit.firm).joinedload(Firm.industry),
            joinedload(Visit.firm).joinedload(Firm.organisation),
            joinedload(Visit.officer),
        )
        .order_by(Visit.on.desc(), Visit.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page_number() - 1) * PAGE_SIZE)
    )
    tabs = [{"key": "", "title": _("全部"), "href": _here("insight.reluctance", why=None, page=None)}]
    tabs += [
        {"key": key.value, "title": title, "href": _here("insight.reluctance", why=key.value, page=None)}
        for key, title in RELUCTANCES.items()
    ]
    return render_template(
        "insight/diagnosis/reluctance.html",
        page=page_of(list(db.session.scalars(statement)), page_number()),
        organisation=organisation,
        year=year,
        why=asked.value if asked else "",
        tab_items=tabs,
        words=RELUCTANCES,
        here=_here,
    )


# --- averages of others ------------------------------------------------------------------------------------------------


class BenchmarkForm(FlaskForm):
    key = ChoiceField(_l("指标"), words=BENCHMARKS, empty=None)
    year = WholeNumberField(_l("年份"), [InputRequired(_l("请填写年份。"))], minimum=2000, maximum=2100)
    place = TextField(_l("地区"), [InputRequired(_l("请填写地区。")), Length(max=60)])
    value = PercentField(_l("数值"), [InputRequired(_l("请填写数值。"))], maximum=100)
    source = TextField(_l("出处"), [InputRequired(_l("请写明出处（公报、年鉴的名称和页码）。")), Length(max=500)])


@blueprint.route("/diagnosis/benchmarks", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def benchmarks() -> str | BaseResponse:
    form = BenchmarkForm(data={"year": clock.today().year - 1, "key": next(iter(BENCHMARKS))})
    if form.validate_on_submit():
        assert form.value.data is not None
        try:
            service.set_benchmark(
                actor=current_user,
                key=form.key.data or "",
                year=int(form.year.data or 0),
                place=form.place.data or "",
                value=form.value.data,
                source=form.source.data or "",
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("insight.benchmarks"))
    return render_template("insight/diagnosis/benchmarks.html", form=form, rows=service.benchmarks(), words=BENCHMARKS)


@blueprint.post("/diagnosis/benchmarks/<int:benchmark_id>/remove")
@requires(Permission.SET_TARGETS)
def remove_benchmark(benchmark_id: int) -> BaseResponse:
    found = db.session.get(Benchmark, benchmark_id)
    if found is None:
        raise NotFoundError(_("没有这一条。"))
    service.remove_benchmark(actor=current_user, benchmark=found)
    flash(_("已删除，变更记录里仍可查到。"), "success")
    return redirect(url_for("insight.benchmarks"))


# --- what the address says ------------------------------------------------------------------------------------------------


def _organisation() -> Organisation:
    """The organisation in the address; otherwise one's own."""
    known = {str(each.id): each for each in organisations_of(current_user)}
    wanted = request.values.get("organisation", "")
    found = known.get(wanted) if wanted else current_user.organisation
    if found is None:
        raise NotFoundError(_("没有这个单位，或它不在您的管辖范围内。"))
    return found


def _year() -> int:
    last = clock.today().year
    asked = request.values.get("year", type=int)
    return asked if asked is not None and last - YEARS < asked <= last else last - 1


def _population() -> str:
    asked = request.args.get("population", ALL)
    return asked if asked in POPULATIONS else ALL


def _by() -> str:
    asked = request.args.get("by", TRADE)
    return asked if asked in BYS else TRADE


def _here(endpoint: str, **changes: Any) -> str:
    """A page of the diagnosis for the same place, year and firms."""
    said: dict[str, Any] = {
        "organisation": _organisation().id,
        "year": _year(),
        "population": _population() if _population() != ALL else None,
        "by": _by() if _by() != TRADE else None,
        **changes,
    }
    return url_for(endpoint, **said)
