"""Pages where numbers of a plan are set: an indicator's bases and targets, shares handed down, what was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.targets import service
from crm.insight.targets.below import Below, below
from crm.insight.targets.board import Board, board, day_of_year, is_additive
from crm.insight.targets.derived import derived
from crm.insight.targets.forms import SharesForm, actuals_form, numbers_form, shares_form
from crm.insight.targets.models import Indicator, TargetPlan, ValueKind
from crm.insight.targets.pasted import read_pasted
from crm.insight.targets.plans import Scope, load_own_plan, load_plan, scope_of, splits
from crm.insight.targets.routes import load_indicator, year_of
from crm.insight.targets.showing import shown
from crm.insight.targets.split import equally, shared
from crm.insight.targets.units import UNITS, kept
from crm.insight.targets.words import unit_word
from crm.kernel.errors import DomainError, NotAllowedError
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.language import title_in


@blueprint.get("/targets/<int:plan_id>/add")
@requires(Permission.SET_TARGETS)
def add_indicator(plan_id: int) -> Response:
    """The numbers of the indicator that was chosen: with the first one it is the plan's."""
    plan = load_own_plan(current_user, plan_id)
    chosen = known_number(request.args.get("indicator", ""))
    if chosen is None:
        return redirect(url_for("insight.target_plan", plan_id=plan.id))
    indicator = load_indicator(chosen)
    return redirect(url_for("insight.target_numbers", plan_id=plan.id, indicator_id=indicator.id))


@blueprint.route("/targets/<int:plan_id>/indicators/<int:indicator_id>/numbers", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def target_numbers(plan_id: int, indicator_id: int) -> str | Response:
    """Bases and yearly targets of the plan's own place, and who is in charge."""
    plan = load_own_plan(current_user, plan_id)
    indicator = load_indicator(indicator_id)
    present = service.own_numbers(plan, indicator)
    based = {each.year for each in present if each.kind is ValueKind.BASE} | {plan.from_year - 1}
    aimed = {each.year for each in present if each.kind is ValueKind.TARGET} | set(
        range(plan.from_year, plan.to_year + 1)
    )
    form = numbers_form(indicator, sorted(aimed), sorted(based), present, service.fingerprint(present))
    if form.validate_on_submit():
        try:
            service.set_numbers(
                actor=current_user,
                plan=plan,
                indicator=indicator,
                wanted=form.wanted,
                unit_in_charge=form.unit_in_charge.data,
                seen=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(name)s”的目标已保存。", name=title_in(indicator)), "success")
            _tell_far_apart(plan, [indicator])
            return redirect(url_for("insight.target_indicator", plan_id=plan.id, indicator_id=indicator.id))
    return render_template(
        "insight/targets/numbers.html",
        plan=plan,
        indicator=indicator,
        name=title_in(indicator),
        form=form,
        stated={f"{each.kind.value}_{each.year}": each for each in present},
    )


def _tell_far_apart(plan: TargetPlan, indicators: Sequence[Indicator]) -> None:
    for each in service.far_apart(plan, indicators):
        flash(each, "warning")


# --- handing down --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suggested:
    """What a way of splitting gives, by the part's key; `problem` says why it gives nothing."""

    shares: dict[str, Decimal]
    problem: str | None = None


@blueprint.route("/targets/<int:plan_id>/indicators/<int:indicator_id>/split", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def split_target(plan_id: int, indicator_id: int) -> str | Response:
    """A scope's target of a year in parts: by hand, in equal parts, by what each has. Nothing is kept before it is sent."""
    plan, scope = _mine(plan_id)
    indicator, year = load_indicator(indicator_id), year_of(plan)
    found = below(current_user, plan, scope, indicator, year)
    parts = {part.scope.key: part for part in found.parts}
    shares = service.shares_below(plan, indicator, year, {key: part.scope for key, part in parts.items()})
    way = request.args.get("by", "")
    suggested = _suggested(found, indicator, way)
    values = {key: each.value for key, each in shares.items()} | suggested.shares
    names = {key: part.scope.name for key, part in parts.items()}
    form: SharesForm = shares_form(indicator, names, values, service.fingerprint(shares.values()))
    if form.validate_on_submit():
        try:
            service.hand_down(
                actor=current_user,
                plan=plan,
                indicator=indicator,
                scope=scope,
                year=year,
                shares=form.shares,
                parts={key: part.scope for key, part in parts.items()},
                seen=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            _tell_difference(below(current_user, plan, scope, indicator, year), indicator)
            address: dict[str, Any] = {"node": scope.key, "year": year}
            return redirect(url_for("insight.target_indicator", plan_id=plan.id, indicator_id=indicator.id, **address))
    return render_template(
        "insight/targets/split.html",
        plan=plan,
        scope=scope,
        year=year,
        indicator=indicator,
        name=title_in(indicator),
        form=form,
        below=found,
        parts=parts,
        way=way if not suggested.problem else "",
        problem=suggested.problem,
        additive=is_additive(indicator),
        shown=shown,
    )


def _suggested(found: Below, indicator: Indicator, way: str) -> Suggested:
    if way not in ("equal", "base", "same") or found.whole is None:
        return Suggested({})
    keys = [part.scope.key for part in found.parts]
    if not is_additive(indicator):
        return Suggested(dict.fromkeys(keys, kept(found.whole)))
    places = UNITS[indicator.unit].places
    if way == "equal":
        return Suggested(_by_key(keys, equally(found.whole, len(keys), places)))
    weights = [part.base for part in found.parts]
    if any(weight is None for weight in weights):
        names = _("、").join(part.scope.name for part in found.parts if part.base is None)
        return Suggested({}, _("不能按基数分：%(names)s没有基数。", names=names))
    try:
        return Suggested(_by_key(keys, shared(found.whole, [weight or Fraction(0) for weight in weights], places)))
    except ValueError:
        return Suggested({}, _("不能按基数分：各单位的基数都是零。"))


def _by_key(keys: Sequence[str], parts: Sequence[Fraction]) -> dict[str, Decimal]:
    return {key: kept(part) for key, part in zip(keys, parts, strict=True)}


def _tell_difference(found: Below, indicator: Indicator) -> None:
    """Whether the parts add up, and by how much not."""
    difference = found.difference
    if not is_additive(indicator) or difference is None or difference == 0:
        flash(_("分解已保存。"), "success")
    elif difference > 0:
        flash(
            _("分解已保存。各单位合计比总目标多 %(n)s %(unit)s。", n=shown(difference), unit=unit_word(indicator.unit)),
            "warning",
        )
    else:
        flash(
            _(
                "分解已保存。各单位合计比总目标少 %(n)s %(unit)s。",
                n=shown(-difference),
                unit=unit_word(indicator.unit),
            ),
            "warning",
        )


# --- what was reached ----------------------------------------------------------------------------------------------


@blueprint.route("/targets/<int:plan_id>/actuals", methods=["GET", "POST"])
@requires(Permission.SET_TARGETS)
def target_actuals(plan_id: int) -> str | Response:
    """What was reached in a year, entered with its source: field by field, or pasted from a spreadsheet."""
    plan, scope = _mine(plan_id)
    found = board(plan, scope, year_of(plan))
    indicators = {each.id: each for each in _to_enter(found)}
    entered = {
        each.id: row.value for each in indicators.values() if (row := found.figures.entered.get((each.id, found.year)))
    }
    seen = service.fingerprint(service.actuals_of(plan, scope, found.year).values())
    form = actuals_form(indicators.values(), entered, day_of_year(found.year), seen)
    problems: list[str] = []
    if form.validate_on_submit():
        pasted, problems = read_pasted(form.pasted.data or "", indicators.values())
        values = {number: (value, _source_of(form, entered, number, value)) for number, value in form.values.items()}
        values |= {number: (value, source or form.source.data) for number, (value, source) in pasted.items()}
        if not problems:
            try:
                changed = service.enter_actuals(
                    actor=current_user,
                    plan=plan,
                    scope=scope,
                    year=found.year,
                    values=values,
                    indicators=indicators,
                    on=form.on.data or day_of_year(found.year),
                    seen=form.version.data,
                )
            except DomainError as error:
                land(form, error)
            else:
                flash(_("已保存 %(n)s 项完成值。", n=changed) if changed else _("没有改动。"), "success")
                if changed:
                    _tell_far_apart(
                        plan, [indicators[number] for number, (value, _source) in values.items() if value is not None]
                    )
                return redirect(url_for("insight.target_plan", plan_id=plan.id, node=scope.key, year=found.year))
    return render_template(
        "insight/targets/actuals.html",
        board=found,
        form=form,
        problems=problems,
        rows=[(each, found.line(each)) for each in indicators.values()],
        shown=shown,
    )


def _source_of(form: Any, entered: dict[int, Decimal], number: int, value: Decimal | None) -> str | None:
    """The source typed on the page belongs to the values that were changed on it."""
    return None if entered.get(number) == value else form.source.data


def _to_enter(found: Board) -> list[Indicator]:
    """The plan's indicators, and those that its shares and growths are made of."""
    wanted = set(found.by_key)
    waiting = list(wanted)
    while waiting:
        indicator = found.figures.indicators.get(waiting.pop())
        made = derived(indicator.measure) if indicator is not None and indicator.measure else None
        for key in made.of if made is not None else ():
            if key not in wanted:
                wanted.add(key)
                waiting.append(key)
    return [each for each in found.figures.indicators.values() if each.key in wanted]


def _mine(plan_id: int) -> tuple[TargetPlan, Scope]:
    """The plan and the scope in the address; the person has to be able to hand down what the scope has."""
    plan = load_plan(current_user, plan_id)
    scope = scope_of(current_user, plan, request.args.get("node"))
    if plan.organisation is None or not splits(current_user, scope):
        raise NotAllowedError(_("只能处理本单位和下级单位的目标。"))
    return plan, scope
