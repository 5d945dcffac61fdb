"""Firms obliged to have an institution for R&D, and those without: 郴政发〔2013〕4号, 三（七）.

Obliged are firms above scale (规模以上: here industrial firms with 20 million yuan of revenue), high-tech enterprises and
state-controlled firms. Each of the three may be unknown; so may be whether the firm has an institution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, not_, or_, select

from crm.firms.facts.statements import none_stated
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmFact, FirmStatus
from crm.firms.queries import Filter
from crm.insight.days import Period
from crm.insight.targets.counts import ABOVE_SCALE, is_industrial
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.ladder.queries import holds
from crm.registers.models import Register, RegisterEntry

DOCUMENT, ARTICLE = "郴政发〔2013〕4号", "三（七）"
YES, NO, UNKNOWN = "yes", "no", "unknown"
CONTROLLED = "state_controlled"

# Why a firm is obliged, or what nobody knows: the values of the filter `obliged`.
WHO: dict[str, Any] = {
    YES: _l("有义务"),
    "above_scale": _l("规模以上工业企业"),
    "hte": _l("高新技术企业"),
    "controlled": _l("国有控股企业"),
    "figures_unknown": _l("不详：缺营业收入或行业"),
    "control_unknown": _l("不详：只缺是否国有控股"),
    NO: _l("没有义务"),
}
# Whether it has one: the values of the filter `institution`.
HAVING: dict[str, Any] = {
    "has": _l("已有研发机构"),
    "none": _l("已确认没有"),
    "unsaid": _l("没有登记"),
    "without": _l("没有（含没有登记）"),
}


# --- what is known of a firm, as expressions on `Firm` --------------------------------------------------------------


def scale() -> ColumnElement[str]:
    """Whether it is an industrial firm above scale by its last known revenue: yes, no or unknown."""
    last: Any = (
        select(YearlyFigures.revenue)
        .where(YearlyFigures.firm_id == Firm.id, YearlyFigures.revenue.is_not(None))
        .order_by(YearlyFigures.year.desc())
        .limit(1)
        .correlate(Firm)
        .scalar_subquery()
    )
    return case(
        (and_(Firm.industry_code.is_not(None), not_(is_industrial())), NO),
        (last.is_(None), UNKNOWN),
        (last < Decimal(ABOVE_SCALE), NO),
        (Firm.industry_code.is_(None), UNKNOWN),
        else_=YES,
    )


def controlled() -> ColumnElement[str]:
    """Whether the record says that the state controls it: yes, no or unknown."""
    said = (
        select(cast(FirmFact.value, String))
        .where(FirmFact.firm_id == Firm.id, FirmFact.key == CONTROLLED)
        .correlate(Firm)
        .scalar_subquery()
    )
    return case((said == "true", YES), (said == "false", NO), else_=UNKNOWN)


def title(on: date) -> ColumnElement[str]:
    """Whether it holds the title of a high-tech enterprise: titles are kept in full."""
    return case((holds(on, Rung.HTE), YES), else_=NO)


def _has(on: date) -> ColumnElement[bool]:
    """That it has an institution in force on the day."""
    return exists().where(
        RegisterEntry.firm_id == Firm.id,
        RegisterEntry.register == Register.INSTITUTION,
        or_(RegisterEntry.on.is_(None), RegisterEntry.on <= on),
        or_(RegisterEntry.valid_to.is_(None), RegisterEntry.valid_to >= on),
    )


def _has_none(on: date) -> ColumnElement[bool]:
    """That it was confirmed to have none."""
    return exists().where(FirmFact.firm_id == Firm.id, none_stated("rd_institutions", on))


def having(on: date) -> ColumnElement[str]:
    """Whether it has an institution in force on the day, was confirmed to have none, or nobody said."""
    return case((_has(on), "has"), (_has_none(on), "none"), else_="unsaid")


@dataclass(frozen=True)
class Known:
    """What is known of some firms, alike in everything that counts here."""

    scale: str
    title: str
    controlled: str
    having: str

    def is_of(self, who: str) -> bool:
        """Whether they are among those that a value of the filter `obliged` means."""
        obliged = YES in (self.scale, self.title, self.controlled)
        match who:
            case "above_scale":
                return self.scale == YES
            case "hte":
                return self.title == YES
            case "controlled":
                return self.controlled == YES
            case "figures_unknown":
                return not obliged and self.scale == UNKNOWN
            case "control_unknown":
                return not obliged and self.scale == NO and self.controlled == UNKNOWN
            case "no":
                return not obliged and self.scale == NO and self.controlled == NO
        return obliged


def _who(value: str) -> ColumnElement[bool] | None:
    on = clock.today()
    obliged = or_(holds(on, Rung.HTE), scale() == YES, controlled() == YES)
    conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
        YES: lambda: obliged,
        "above_scale": lambda: scale() == YES,
        "hte": lambda: holds(on, Rung.HTE),
        "controlled": lambda: controlled() == YES,
        "figures_unknown": lambda: and_(not_(obliged), scale() == UNKNOWN),
        "control_unknown": lambda: and_(not_(obliged), scale() == NO, controlled() == UNKNOWN),
        NO: lambda: and_(not_(obliged), scale() == NO, controlled() == NO),
    }
    return and_(_in_business(), conditions[value]()) if value in conditions else None


def _having(value: str) -> ColumnElement[bool] | None:
    has, has_none = _has(clock.today()), _has_none(clock.today())
    conditions = {"has": has, "none": ~has & has_none, "unsaid": ~has & ~has_none, "without": ~has}
    return conditions.get(value)


def _in_business() -> ColumnElement[bool]:
    return Firm.status == FirmStatus.ACTIVE


def filters() -> dict[str, Filter]:
    """`obliged` and `institution` of the list of firms."""
    return {
        "obliged": Filter(_l("应建研发机构"), _who, WHO.__getitem__, few=lambda: WHO),
        "institution": Filter(_l("研发机构"), _having, HAVING.__getitem__, few=lambda: HAVING),
    }


# --- counted -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Firms of one kind: all of them, and by whether they have an institution."""

    who: str
    firms: int
    has: int
    none: int
    unsaid: int

    @property
    def without(self) -> int:
        return self.none + self.unsaid


@dataclass(frozen=True)
class Obliged:
    """The rows in the order of `WHO`; the reasons overlap, the others add up to all firms in business."""

    rows: list[Row]

    def row(self, who: str) -> Row:
        return next(row for row in self.rows if row.who == who)


def obliged(_since: date, on: date, narrow: Sequence[ColumnElement[bool]]) -> Obliged:
    """Counted over the firms in business among those that `narrow` leaves, in one look at each."""
    columns = (scale(), title(on), controlled(), having(on))
    of_firms = select(*(each.label(f"known_{place}") for place, each in enumerate(columns)))
    each = of_firms.select_from(Firm).where(_in_business(), *narrow).subquery()
    groups = [each.c[f"known_{place}"] for place in range(len(columns))]
    found = {
        Known(*row[:4]): row[4] for row in db.session.execute(select(*groups, func.count(literal(1))).group_by(*groups))
    }
    return Obliged([_row(who, found) for who in WHO])


def _row(who: str, found: dict[Known, int]) -> Row:
    numbers = {"has": 0, "none": 0, "unsaid": 0}
    for known, number in found.items():
        if known.is_of(who):
            numbers[known.having] += number
    return Row(who, sum(numbers.values()), **numbers)


def kept_of(today: date) -> list[Period]:
    return [(today, today)]
