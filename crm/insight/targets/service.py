"""What may be done with targets: take a shipped plan over, make one, set its numbers, hand them down, enter what was reached."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.insight.targets.plans import Scope, is_under, sets_plan, splits
from crm.insight.targets.units import UNITS, Dimension
from crm.insight.targets.words import PLAN_FIELDS, VALUE_FIELDS, unit_word
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.web.conflict import check_version, plain_words, told
from crm.web.formatting import number
from crm.web.language import title_in

LONGEST_PLAN = 20  # years
FAR_APART = 100  # times: no indicator moves so far within a plan
OWN = (IndicatorValue.organisation_id.is_(None), IndicatorValue.officer_id.is_(None))  # the plan's own place's


# --- plans ---------------------------------------------------------------------------------------------------------


def take_over(*, actor: User, plan: TargetPlan) -> TargetPlan:
    """Copy a shipped plan with its values for the person's own place. Raises DomainError where that was done already."""
    place = actor.organisation
    assert place is not None  # staff
    if plan.organisation_id is not None:
        raise DomainError(_("只能采用随系统附带的规划。"))
    if db.session.scalar(
        select(TargetPlan.id).where(TargetPlan.key == plan.key, TargetPlan.organisation_id == place.id)
    ):
        raise DomainError(_("%(place)s已经采用了这个规划。", place=place.name))
    names = ("key", "title", "title_en", "document_number", "from_year", "to_year")
    copy = TargetPlan(organisation=place, **{name: getattr(plan, name) for name in names})
    db.session.add(copy)
    values = db.session.scalars(
        select(IndicatorValue).where(IndicatorValue.plan_id == plan.id).order_by(IndicatorValue.id)
    )
    kept = ("indicator_id", "kind", "year", "value", "article", "source")
    db.session.add_all(IndicatorValue(plan=copy, **{name: getattr(each, name) for name in kept}) for each in values)
    db.session.flush()
    return copy


def make_plan(*, actor: User, title: str, document_number: str | None, from_year: int, to_year: int) -> TargetPlan:
    """A plan of the person's own place, without numbers yet. Raises DomainError on the field that is wrong."""
    place = actor.organisation
    assert place is not None  # staff
    _check_years(from_year, to_year)
    known = set(db.session.scalars(select(TargetPlan.key).where(TargetPlan.organisation_id == place.id)))
    key = next(name for serial in range(1, 1000) if (name := f"own.{from_year}.{serial}") not in known)
    plan = TargetPlan(
        key=key,
        organisation=place,
        title=title,
        title_en=title,
        document_number=document_number,
        from_year=from_year,
        to_year=to_year,
    )
    db.session.add(plan)
    db.session.flush()
    return plan


def edit_plan(*, actor: User, plan: TargetPlan, expected_version: int | str | None, **values: Any) -> None:
    """Set title, document and years. Raises DomainError on its field, EditConflictError where someone saved it since."""
    _must_set(actor, plan)
    _check_years(values["from_year"], values["to_year"])
    if expected_version is not None:
        check_version(plan, expected_version, values, PLAN_FIELDS)
    for name, value in values.items():
        setattr(plan, name, value)
    if "title" in values:
        plan.title_en = values["title"]
    db.session.flush()


def remove_plan(*, actor: User, plan: TargetPlan) -> None:
    """Take a plan of one's own out, with its numbers; the history keeps them."""
    _must_set(actor, plan)
    for value in db.session.scalars(select(IndicatorValue).where(IndicatorValue.plan_id == plan.id)):
        db.session.delete(value)
    db.session.flush()
    db.session.delete(plan)
    db.session.flush()


def _check_years(from_year: int, to_year: int) -> None:
    if to_year < from_year:
        raise DomainError(_("最后一年不能早于第一年。"), field="to_year")
    if to_year - from_year >= LONGEST_PLAN:
        raise DomainError(_("规划期最长 %(years)s 年。", years=LONGEST_PLAN), field="to_year")


def _must_set(actor: User, plan: TargetPlan) -> None:
    if not sets_plan(actor, plan):
        raise NotAllowedError(
            _("目标由 %(place)s 设定。", place=plan.organisation.name if plan.organisation else _("文件"))
        )


# --- numbers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """One number a person wants: of a kind and year; None takes it out."""

    kind: ValueKind
    year: int
    value: Decimal | None


def fingerprint(values: Iterable[Any]) -> Any:
    """What a person saw of several numbers: changes with any of them."""
    seen = "|".join(f"{each.id}:{each.version}" for each in sorted(values, key=lambda each: each.id))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def numbers_in(plan: TargetPlan, indicator: Indicator, *where: Any) -> list[IndicatorValue]:
    """The numbers of an indicator in a plan that a condition means."""
    statement = select(IndicatorValue).where(
        IndicatorValue.plan_id == plan.id, IndicatorValue.indicator_id == indicator.id, *where
    )
    return list(db.session.scalars(statement.order_by(IndicatorValue.year, IndicatorValue.id)))


def own_numbers(plan: TargetPlan, indicator: Indicator) -> list[IndicatorValue]:
    """Bases and targets of the plan's own place."""
    return numbers_in(plan, indicator, *OWN, IndicatorValue.kind != ValueKind.ACTUAL)


def set_numbers(
    *,
    actor: User,
    plan: TargetPlan,
    indicator: Indicator,
    wanted: Iterable[Wanted],
    unit_in_charge: str | None,
    seen: str | None,
) -> None:
    """Set bases and targets of the plan's own place, and who is in charge. A number that is changed is no longer the document's.

    Raises DomainError on the field of a number that cannot be, EditConflictError where someone saved them since.
    """
    _must_set(actor, plan)
    present = {(each.kind, each.year): each for each in own_numbers(plan, indicator)}
    asked = list(wanted)
    _check_seen(seen, list(present.values()), {(each.kind, each.year): each.value for each in asked}, unit_in_charge)
    for each in asked:
        _check_value(indicator, each.value, field=f"{each.kind.value}_{each.year}")
        row = present.get((each.kind, each.year))
        if each.value is None:
            if row is not None:
                db.session.delete(present.pop((each.kind, each.year)))
        elif row is None:
            row = IndicatorValue(plan=plan, indicator=indicator, kind=each.kind, year=each.year, value=each.value)
            db.session.add(row)
            present[each.kind, each.year] = row
        elif row.value != each.value:
            row.value, row.article, row.source = each.value, None, None
    targets = [row for (kind, _year), row in present.items() if kind is ValueKind.TARGET]
    if unit_in_charge and not targets:
        raise DomainError(_("责任单位随年度目标保存，请先填目标。"), field="unit_in_charge")
    for row in targets:
        row.unit_in_charge = unit_in_charge
    db.session.flush()


def in_charge(present: Iterable[IndicatorValue]) -> str | None:
    """The unit that answers for an indicator, as its targets name it."""
    return next((each.unit_in_charge for each in reversed(list(present)) if each.unit_in_charge), None)


def _check_seen(
    seen: str | None, present: list[IndicatorValue], asked: Mapping[Any, Decimal | None], unit_in_charge: str | None
) -> None:
    if seen is None or not present or seen == fingerprint(present):
        return
    now = {(each.kind, each.year): each.value for each in present}
    differences = [
        (f"{year}", number(now.get((kind, year)), 6), number(value, 6))
        for (kind, year), value in asked.items()
        if now.get((kind, year)) != value
    ]
    if (unit_in_charge or None) != (theirs := in_charge(present)):
        differences.append((VALUE_FIELDS["unit_in_charge"], plain_words(theirs), plain_words(unit_in_charge)))
    if differences:
        raise EditConflictError(told(), differences, version=fingerprint(present))


def far_apart(plan: TargetPlan, indicators: Iterable[Indicator]) -> list[str]:
    """Of the plan's own place: indicators whose numbers are so far apart that one is likely of another unit, a sentence each."""
    known: dict[int, list[Decimal]] = defaultdict(list)
    for each in db.session.scalars(
        select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, IndicatorValue.value > 0, *OWN)
    ):
        known[each.indicator_id].append(each.value)
    return [
        _(
            "“%(title)s”的数相差 %(times)s 倍以上（%(low)s 和 %(high)s），请核对单位是不是“%(unit)s”。",
            title=title_in(each), times=FAR_APART, low=number(min(values), 6), high=number(max(values), 6),
            unit=unit_word(each.unit),
        )
        for each in indicators
        if (values := known[each.id]) and max(values) >= FAR_APART * min(values)
    ]  # fmt: skip


def _check_value(indicator: Indicator, value: Decimal | None, *, field: str) -> None:
    if value is None:
        return
    unit = UNITS[indicator.unit]
    if unit.dimension is not Dimension.OTHER and value < 0:
        raise DomainError(_("不能是负数。"), field=field)
    if unit.places == 0 and value != value.to_integral_value():
        raise DomainError(_("“%(unit)s”要填整数。", unit=unit_word(indicator.unit)), field=field)


def hand_down(
    *,
    actor: User,
    plan: TargetPlan,
    indicator: Indicator,
    scope: Scope,
    year: int,
    shares: Mapping[str, Decimal | None],
    parts: Mapping[str, Scope],
    seen: str | None,
) -> None:
    """Set what each part of a scope is to reach in a year; `shares` and `parts` by the part's key, None takes a share out.

    The sum need not be the whole: the page says by how much it is not. Raises DomainError, NotAllowedError, EditConflictError.
    """
    if plan.organisation is None or not splits(actor, scope) or not is_under(scope.organisation, plan.organisation):
        raise NotAllowedError(_("只能分解本单位和下级单位的目标。"))
    present = shares_below(plan, indicator, year, parts)
    if seen is not None and seen != fingerprint(present.values()):
        differences = [
            (parts[key].name, number(present[key].value if key in present else None, 6), number(value, 6))
            for key, value in shares.items()
            if (present[key].value if key in present else None) != value
        ]
        if differences:
            raise EditConflictError(told(), differences, version=fingerprint(present.values()))
    for key, value in shares.items():
        _check_value(indicator, value, field=f"part_{key}")
        row, part = present.get(key), parts[key]
        if value is None:
            if row is not None:
                db.session.delete(row)
        elif row is not None:
            row.value = value
        else:
            whose = (
                {"officer_id": part.officer.id}
                if part.officer is not None
                else {"organisation_id": part.organisation.id}
            )
            db.session.add(
                IndicatorValue(plan=plan, indicator=indicator, kind=ValueKind.TARGET, year=year, value=value, **whose)
            )
    db.session.flush()


def shares_below(
    plan: TargetPlan, indicator: Indicator, year: int, parts: Mapping[str, Scope]
) -> dict[str, IndicatorValue]:
    """The shares of a year that some scopes have, by their keys."""
    wanted = (IndicatorValue.kind == ValueKind.TARGET, IndicatorValue.year == year)
    of_place = {part.organisation.id: key for key, part in parts.items() if part.officer is None}
    of_officer = {part.officer.id: key for key, part in parts.items() if part.officer is not None}
    found = {}
    for each in numbers_in(plan, indicator, *wanted):
        if each.officer_id in of_officer:
            found[of_officer[each.officer_id]] = each
        elif each.organisation_id in of_place and each.officer_id is None:
            found[of_place[each.organisation_id]] = each
    return found


def enter_actuals(
    *,
    actor: User,
    plan: TargetPlan,
    scope: Scope,
    year: int,
    values: Mapping[int, tuple[Decimal | None, str | None]],
    indicators: Mapping[int, Indicator],
    on: date,
    seen: str | None = None,
) -> int:
    """Enter what was reached in a year, by indicator: the value and its source; None takes what was entered out again.

    Returns how many changed. Raises DomainError on `actual_<indicator>` for a value that cannot be or one without a source,
    EditConflictError where someone entered other values since they were `seen`.
    """
    if plan.organisation is None or not splits(actor, scope) or not is_under(scope.organisation, plan.organisation):
        raise NotAllowedError(_("只能录入本单位和下级单位的完成值。"))
    if year > clock.today().year:
        raise DomainError(_("%(year)s 年还没有到。", year=year))
    place_id = None if plan.organisation_id == scope.organisation.id else scope.organisation.id
    present = actuals_of(plan, scope, year)
    refuse_unseen(present, {key: value for key, (value, _source) in values.items()}, indicators, seen)
    changed = 0
    for indicator_id, (value, source) in values.items():
        indicator, row = indicators[indicator_id], present.get(indicator_id)
        _check_value(indicator, value, field=f"actual_{indicator_id}")
        if value is None:
            if row is not None:
                db.session.delete(row)
                changed += 1
            continue
        if row is not None and row.value == value and source in (None, row.source):
            continue
        if not source:
            raise DomainError(_("“%(title)s”：请写明数据来源。", title=indicator.title), field="source")
        if row is None:
            row = IndicatorValue(
                plan=plan, indicator=indicator, kind=ValueKind.ACTUAL, year=year, organisation_id=place_id, value=value
            )
            db.session.add(row)
        row.value, row.source, row.on = value, source, on
        changed += 1
    db.session.flush()
    return changed


def actuals_of(plan: TargetPlan, scope: Scope, year: int) -> dict[int, IndicatorValue]:
    """What was entered for a scope and year, by indicator."""
    own = plan.organisation_id == scope.organisation.id
    statement = select(IndicatorValue).where(
        IndicatorValue.plan_id == plan.id,
        IndicatorValue.kind == ValueKind.ACTUAL,
        IndicatorValue.year == year,
        IndicatorValue.officer_id.is_(None),
        IndicatorValue.organisation_id.is_(None) if own else IndicatorValue.organisation_id == scope.organisation.id,
    )
    return {each.indicator_id: each for each in db.session.scalars(statement)}


def refuse_unseen(
    present: Mapping[int, Any],
    values: Mapping[int, Decimal | None],
    indicators: Mapping[int, Indicator],
    seen: str | None,
) -> None:
    """Raise EditConflictError with what differs, where someone entered other values since they were `seen`."""
    version = fingerprint(present.values())
    if seen is None or seen == version or not (seen or present):
        return
    now = {key: row.value for key, row in present.items()}
    differences = [
        (indicators[key].title, number(now.get(key), 6), number(value, 6))
        for key, value in values.items()
        if now.get(key) != value
    ]
    if differences:
        raise EditConflictError(told(), differences, version=version)
