"""Pages of the parks' evaluation: the ranking, one park with its reasons, its values, the weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.performance import service
from crm.insight.performance.forms import item_form, values_form
from crm.insight.performance.models import PerformanceItem
from crm.insight.performance.queries import Evaluation, all_items, evaluation, load_park, visible_parks
from crm.insight.performance.scoring import UNKNOWN, Judged, Points
from crm.insight.performance.words import DIMENSIONS
from crm.insight.targets.board import all_indicators
from crm.insight.targets.plans import Scope
from crm.insight.targets.routes import load_indicator
from crm.insight.targets.service import fingerprint
from crm.insight.targets.showing import firms_href, shown
from crm.insight.targets.units import from_base
from crm.insight.targets.words import unit_word
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.formatting import day, number
from crm.web.language import title_in
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

YEARS = 5  # that the pages offer


@blueprint.get("/parks/performance")
@requires(Permission.VIEW_FUNNEL)
def parks() -> str:
    """The parks in one's scope, each at its place among all of the city."""
    found = evaluation(_year())
    return render_template(
        "insight/performance/index.html",
        found=found,
        ranking=_ranking(found, visible_parks(current_user)),
        weights=_weights(found),
        **_common(found),
    )


@blueprint.get("/parks/performance.xlsx")
@requires(Permission.VIEW_FUNNEL)
def parks_sheet() -> Response:
    found = evaluation(_year())
    tables = [_ranking(found, visible_parks(current_user)), _weights(found)]
    return send_tables(tables, _("园区评价 %(year)s", year=found.year))


@blueprint.get("/parks/performance/<int:organisation_id>")
@requires(Permission.VIEW_FUNNEL)
def park(organisation_id: int) -> str:
    """One park: its points by indicator, and which lift or lower it against the average, by how many points."""
    place, found = load_park(current_user, organisation_id), evaluation(_year())
    if place.id not in found.values:
        raise NotFoundError(_("这个园区已停用，不参加评价。"))
    judged = found.of(place.id)
    # What rounds to nothing lifts and lowers nobody.
    told = [each for each in judged.reasons if each.difference is not None and abs(each.difference) >= Fraction(1, 20)]
    lifting = sorted(told, key=lambda each: -(each.difference or 0))
    return render_template(
        "insight/performance/park.html",
        found=found,
        park=place,
        judged=judged,
        lines=_lines(found, judged),
        lifting=[
            (_title(found, each.key), each.difference) for each in lifting if each.difference and each.difference > 0
        ][:3],
        lowering=[
            (_title(found, each.key), each.difference)
            for each in reversed(lifting)
            if each.difference and each.difference < 0
        ][:3],
        unknown=[_title(found, each.key) for each in judged.reasons if not each.points.known],
        points=points_text,
        **_common(found),
    )


@blueprint.route("/parks/performance/<int:organisation_id>/values", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def park_values(organisation_id: int) -> str | BaseResponse:
    """A park's values that the data cannot give, or that are better known elsewhere."""
    place, found = load_park(current_user, organisation_id), evaluation(_year())
    indicators = {item.indicator_id: item.indicator for item in found.items}
    rows = [row for key, row in found.entered.items() if key[0] == place.id]
    form = values_form(indicators.values(), {row.indicator_id: row.value for row in rows}, fingerprint(rows))
    if form.validate_on_submit():
        try:
            changed = service.enter_values(
                park=place,
                year=found.year,
                values=form.values,
                indicators=indicators,
                source=form.source.data,
                seen=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存 %(n)s 项。", n=changed) if changed else _("没有改动。"), "success")
            return redirect(url_for("insight.park", organisation_id=place.id, year=found.year))
    return render_template("insight/performance/values.html", form=form, park=place, found=found, indicators=indicators)


@blueprint.route("/parks/performance/weights/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def add_park_indicator() -> str | BaseResponse:
    """Let one more indicator count."""
    taken = {item.indicator_id for item in all_items(disabled=True)}
    offered = {
        each.id: f"{title_in(each)}（{unit_word(each.unit)}）"
        for each in all_indicators()
        if each.id not in taken and not each.disabled
    }
    form: Any = item_form(offered, None)
    if form.validate_on_submit():
        try:
            service.add_item(
                indicator=load_indicator(form.indicator_id.data), dimension=form.dimension.data, **_item_values(form)
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已加入评价。"), "success")
            return redirect(url_for("insight.parks"))
    return render_template("insight/performance/item.html", form=form, item=None)


@blueprint.route("/parks/performance/weights/<int:weight_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def park_weight(weight_id: int) -> str | BaseResponse:
    item = db.session.get(PerformanceItem, weight_id)
    if item is None:
        raise NotFoundError(_("没有这项评价指标。"))
    form = item_form(None, item)
    if form.validate_on_submit():
        try:
            service.set_item(item=item, expected_version=form.version.data, **_item_values(form))
        except DomainError as error:
            land(form, error)
        else:
            flash(_("权重已保存。"), "success")
            return redirect(url_for("insight.parks"))
    return render_template("insight/performance/item.html", form=form, item=item)


def _item_values(form: Any) -> dict[str, Any]:
    return {name: form[name].data for name in ("weight", "full_at", "document_number", "disabled")}


# --- what the views share ------------------------------------------------------------------------------------------


def _year() -> int:
    this = clock.today().year
    asked = known_number(request.args.get("year", ""))
    return asked if asked is not None and this - YEARS < asked <= this else this


def _common(found: Evaluation) -> dict[str, Any]:
    this = clock.today().year
    return {"years": list(range(this, this - YEARS, -1)), "dimensions": DIMENSIONS, "last_run": found.run}


def points_text(earned: Points) -> str:
    """Points as a person reads them: one number, or from which to which."""
    if earned.known:
        return number(earned.low, 1)
    return f"{number(earned.low, 1)} – {number(earned.high, 1)}"


def _title(found: Evaluation, key: str) -> str:
    return next(title_in(item.indicator) for item in found.items if item.indicator.key == key)


def _ranking(found: Evaluation, seen: list[int]) -> Table:
    dimensions = [key for key in DIMENSIONS if any(item.dimension == key for item in found.items)]
    columns = [
        Column(_("园区")),
        Column(_("名次")),
        Column(_("得分"), "number"),
        *(Column(DIMENSIONS[key], "number") for key in dimensions),
    ]
    rows = []
    for judged in found.judged:
        if judged.park in seen:
            place = found.parks[judged.park]
            rows.append(
                [
                    Cell(place.name, href=url_for("insight.park", organisation_id=place.id, year=found.year)),
                    Cell(_rank(judged, len(found.judged))),
                    Cell(points_text(judged.total)),
                    *(Cell(points_text(judged.dimensions[key])) for key in dimensions),
                ]
            )
    about = [
        (_("年度"), str(found.year)),
        (_("满分"), number(found.weight, 2)),
        (_("参评园区"), str(len(found.judged))),
    ]
    if found.run is not None:
        about.append((_("统计截至"), day(found.run.on)))
    return Table(_("园区评价"), columns, rows, about)


def _rank(judged: Judged, of: int) -> str:
    if judged.first == judged.last:
        return _("第 %(n)s 名（共 %(of)s 个）", n=judged.first, of=of)
    return _("第 %(first)s–%(last)s 名（共 %(of)s 个）", first=judged.first, last=judged.last, of=of)


def _weights(found: Evaluation) -> Table:
    may = current_user.can(Permission.ADMINISTER_REFERENCE)
    columns = [
        Column(_("指标")),
        Column(_("维度")),
        Column(_("权重"), "number"),
        Column(_("满分值")),
        Column(_("权重依据")),
    ]
    rows = [
        [
            Cell(title_in(item.indicator), href=url_for("insight.park_weight", weight_id=item.id) if may else None),
            Cell(str(DIMENSIONS.get(item.dimension, item.dimension))),
            Cell(number(item.weight, 2)),
            Cell(
                f"{number(item.full_at, 6)} {unit_word(item.indicator.unit)}"
                if item.full_at is not None
                else _("最好的园区")
            ),
            Cell(item.document_number or _("自拟，待主管部门确定")),
        ]
        for item in found.items
    ]
    return Table(_("指标和权重"), columns, rows)


def _lines(found: Evaluation, judged: Judged) -> list[dict[str, Any]]:
    """A park's indicators: its value, where it comes from, its points, and how far above the average that is."""
    lines = []
    for item, reason in zip(found.items, judged.reasons, strict=True):
        indicator = item.indicator
        value = found.values[judged.park].get(indicator.key, UNKNOWN)
        row = found.entered.get((judged.park, indicator.id))
        text = (
            None
            if value.value is None
            else f"{shown(from_base(value.value, indicator.unit))} {unit_word(indicator.unit)}"
        )
        lines.append(
            {
                "name": title_in(indicator),
                "dimension": DIMENSIONS.get(item.dimension, item.dimension),
                "value": f"≥ {text}" if text and value.at_least else text,
                "source": _("录入：%(source)s", source=row.source)
                if row
                else (_("系统统计") if indicator.measure else _("待录入")),
                "href": None
                if row or value.value is None
                else firms_href(indicator, Scope(found.parks[judged.park]), found.year),
                "points": points_text(reason.points),
                "weight": number(item.weight, 2),
                "difference": _signed(reason.difference),
            }
        )
    return lines


def _signed(value: Fraction | None) -> str | None:
    if value is None:
        return None
    text = number(abs(value), 1)
    return "0" if text == "0" else f"{'+' if value > 0 else '−'}{text}"
