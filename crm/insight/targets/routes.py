"""Pages of targets: the plans there are, a plan's 目标完成表, one indicator with what is below it and the forecast."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.targets import service
from crm.insight.targets.below import below
from crm.insight.targets.board import Board, board, default_year, is_additive
from crm.insight.targets.closing import closers, closing_urls
from crm.insight.targets.forms import PlanForm
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan
from crm.insight.targets.origin import foreign_values, warnings
from crm.insight.targets.pace import pace, why_none
from crm.insight.targets.pipeline import FEWEST, forecast
from crm.insight.targets.plans import (
    load_own_plan,
    load_plan,
    scope_of,
    scopes_below,
    sets_plan,
    splits,
    visible_plans,
)
from crm.insight.targets.refresh import ask
from crm.insight.targets.showing import (
    firms_href,
    measure_title,
    missing_href,
    pairs_table,
    reached_note,
    share_text,
    shown,
    target_table,
    trend_chart,
)
from crm.insight.targets.words import STANDING_KINDS, STANDINGS
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.words import STAGES
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.language import language, title_in
from crm.web.workbooks import send_tables


@blueprint.get("/targets")
@requires(Permission.VIEW_FUNNEL)
def targets() -> str:
    """The plans of one's own place, of those above and below, and the shipped ones."""
    plans = visible_plans(current_user)
    taken = {plan.key for plan in plans if plan.organisation_id == current_user.organisation_id}
    return render_template(
        "insight/targets/index.html",
        own=[plan for plan in plans if plan.organisation_id is not None],
        shipped=[plan for plan in plans if plan.organisation_id is None],
        taken=taken,
        warnings={plan.id: warnings(plan, current_user.organisation) for plan in plans if plan.organisation_id is None},
        language=language(),
    )


@blueprint.route("/targets/new", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def create_plan() -> str | BaseResponse:
    """A plan of one's own, without numbers yet."""
    this = clock.today().year
    form = PlanForm(data={"from_year": this, "to_year": this + 4})
    if form.validate_on_submit():
        try:
            plan = service.make_plan(
                actor=current_user,
                title=form.title.data or "",
                document_number=form.document_number.data,
                from_year=form.from_year.data or 0,
                to_year=form.to_year.data or 0,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("规划已建立，请添加指标。"), "success")
            return redirect(url_for("insight.target_plan", plan_id=plan.id))
    return render_template("insight/targets/plan_form.html", form=form, plan=None)


@blueprint.route("/targets/<int:plan_id>/edit", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def edit_plan(plan_id: int) -> str | BaseResponse:
    plan = load_own_plan(current_user, plan_id)
    form = PlanForm(obj=plan)
    if form.validate_on_submit():
        try:
            service.edit_plan(
                actor=current_user,
                plan=plan,
                expected_version=form.version.data,
                title=form.title.data,
                document_number=form.document_number.data,
                from_year=form.from_year.data,
                to_year=form.to_year.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("规划已保存。"), "success")
            return redirect(url_for("insight.target_plan", plan_id=plan.id))
    return render_template("insight/targets/plan_form.html", form=form, plan=plan)


@blueprint.post("/targets/<int:plan_id>/take-over")
@requires(Permission.SET_TARGETS)
def take_over_plan(plan_id: int) -> BaseResponse:
    """A shipped plan becomes one's own place's."""
    try:
        plan = service.take_over(actor=current_user, plan=load_plan(current_user, plan_id))
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(url_for("insight.targets"))
    ask()
    flash(_("已采用为本地规划，数值可以修改。"), "success")
    return redirect(url_for("insight.target_plan", plan_id=plan.id))


@blueprint.post("/targets/<int:plan_id>/remove")
@requires(Permission.SET_TARGETS)
def remove_plan(plan_id: int) -> BaseResponse:
    plan = load_own_plan(current_user, plan_id)
    service.remove_plan(actor=current_user, plan=plan)
    flash(_("规划已删除，变更记录里仍可查到。"), "success")
    return redirect(url_for("insight.targets"))


@blueprint.post("/targets/count")
@requires(Permission.VIEW_FUNNEL)
def count_targets() -> BaseResponse:
    """Have everything counted anew in the background."""
    ask()
    plan_id = known_number(request.form.get("plan", ""))
    flash(_("已安排重新统计，稍后刷新页面查看。"), "success")
    return redirect(url_for("insight.target_plan", plan_id=plan_id) if plan_id else url_for("insight.targets"))


@blueprint.get("/targets/<int:plan_id>")
@requires(Permission.VIEW_FUNNEL)
def target_plan(plan_id: int) -> str:
    """目标完成表; of a shipped plan, what its document says."""
    plan = load_plan(current_user, plan_id)
    if plan.organisation is None:
        told = warnings(plan, current_user.organisation)
        return render_template("insight/targets/shipped.html", plan=plan, values=_stated(plan), warnings=told)
    found = _board(plan)
    return render_template(
        "insight/targets/plan.html",
        board=found,
        years=_years(plan),
        scopes=_scopes(plan, found),
        pairs=pairs_table(found),
        can_set=sets_plan(current_user, plan),
        can_split=splits(current_user, found.scope),
        others=[
            each for each in found.figures.indicators.values() if each.key not in found.by_key and not each.disabled
        ],
        foreign=foreign_values(plan),
        **_words(found),
    )


@blueprint.get("/targets/<int:plan_id>/sheet.xlsx")
@requires(Permission.VIEW_FUNNEL)
def target_sheet(plan_id: int) -> Response:
    plan = load_plan(current_user, plan_id)
    if plan.organisation is None:
        raise NotFoundError(_("请先采用这个规划。"))
    found = _board(plan)
    pairs = pairs_table(found)
    name = _("目标完成表 %(scope)s %(year)s", scope=found.scope.name, year=found.year)
    return send_tables([target_table(found), *([pairs] if pairs else [])], name)


@blueprint.get("/targets/<int:plan_id>/indicators/<int:indicator_id>")
@requires(Permission.VIEW_FUNNEL)
def target_indicator(plan_id: int, indicator_id: int) -> str:
    """One indicator over the years, its shares, and where it will be at the end of the year."""
    plan = load_plan(current_user, plan_id)
    if plan.organisation is None:
        raise NotFoundError(_("请先采用这个规划。"))
    found = _board(plan)
    indicator = load_indicator(indicator_id)
    line = found.line(indicator)
    measured = found.figures.measure_of(indicator)
    rung = measured.rung if measured is not None else None
    this_year = found.year == clock.today().year
    expected = None
    if rung is not None and this_year and found.run is not None:
        expected = forecast(rung, found.figures.counted.get(found.year, {}), found.run.past)
    gone = pace(found, line) if rung is None and this_year else None
    return render_template(
        "insight/targets/indicator.html",
        board=found,
        line=line,
        years=_years(plan),
        scopes=_scopes(plan, found),
        chart=trend_chart(found, line),
        below=below(current_user, plan, found.scope, indicator, found.year),
        additive=is_additive(indicator),
        forecast=expected,
        pace=gone,
        no_forecast=None if expected or gone or not this_year else why_none(found, line, _titles(found)),
        fewest=FEWEST,
        stages=STAGES,
        closers=closers(current_user, found.scope, rung) if rung is not None and this_year else [],
        closing=closing_urls(found.scope, rung) if rung is not None else {},
        how=measure_title(indicator, _titles(found)),
        can_set=sets_plan(current_user, plan),
        can_split=splits(current_user, found.scope),
        **_words(found),
    )


# --- what the views share ------------------------------------------------------------------------------------------


def load_indicator(indicator_id: int) -> Indicator:
    """Indicators are the whole city's. Raises NotFoundError."""
    indicator = db.session.get(Indicator, indicator_id)
    if indicator is None:
        raise NotFoundError(_("没有这个指标。"))
    return indicator


def year_of(plan: TargetPlan) -> int:
    """The year in the address, within the plan; this year, or the nearest."""
    asked = known_number(request.args.get("year", ""))
    return asked if asked is not None and plan.from_year <= asked <= plan.to_year else default_year(plan)


def _board(plan: TargetPlan) -> Board:
    return board(plan, scope_of(current_user, plan, request.args.get("node")), year_of(plan))


def _years(plan: TargetPlan) -> list[int]:
    return list(range(plan.from_year, plan.to_year + 1))


def _scopes(plan: TargetPlan, found: Board) -> dict[str, str]:
    """The scopes that the person may look at within the plan."""
    own = scope_of(current_user, plan, None)
    offered = {str(each.id): each.name for each in scopes_below(own)}
    return {own.key: own.name, found.scope.key: found.scope.name} | offered


def _titles(found: Board) -> dict[str, str]:
    return {key: title_in(each) for key, each in found.figures.indicators.items()}


def _words(found: Board) -> dict[str, Any]:
    """What the templates of a plan call to show a line."""
    titles = _titles(found)
    return {
        "shown": shown,
        "share_text": share_text,
        "standings": STANDINGS,
        "standing_kinds": STANDING_KINDS,
        "note_of": lambda line: reached_note(line, titles),
        "firms_of": lambda line: firms_href(line.indicator, found.scope, found.year),
        "missing_of": lambda line: missing_href(line.indicator, found.scope, found.year),
        "here": {"node": found.scope.key, "year": found.year},
        "today": clock.today(),
    }


def _stated(plan: TargetPlan) -> list[Any]:
    statement = (
        select(IndicatorValue, Indicator)
        .join(Indicator, Indicator.id == IndicatorValue.indicator_id)
        .where(IndicatorValue.plan_id == plan.id)
        .order_by(Indicator.place, IndicatorValue.kind, IndicatorValue.year)
    )
    return list(db.session.execute(statement))
