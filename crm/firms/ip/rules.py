"""What the law says of a right by its kind: class, term, annual fees. Pure; dates and whole yuan.

Class: 国科发政〔2017〕115号, 国科发火〔2016〕195号. Term: crm.policy.language.terms.
Annual fees: 专利法实施细则: a fee year runs from the filing date, whatever the day of the grant.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from crm.firms.ip.models import IpKind, IpStatus
from crm.policy.language.terms import term_end as term_end
from crm.policy.language.terms import term_years


class IpClass(StrEnum):
    ONE = "one"
    TWO = "two"
    NONE = "none"


CLASSES: dict[IpKind, IpClass] = {
    IpKind.INVENTION: IpClass.ONE,
    IpKind.DEFENCE_INVENTION: IpClass.ONE,
    IpKind.PLANT_VARIETY: IpClass.ONE,
    IpKind.CROP_VARIETY: IpClass.ONE,
    IpKind.NEW_DRUG: IpClass.ONE,
    IpKind.TCM_PROTECTED: IpClass.ONE,
    IpKind.IC_LAYOUT: IpClass.ONE,
    IpKind.UTILITY_MODEL: IpClass.TWO,
    IpKind.DESIGN: IpClass.TWO,
    IpKind.SOFTWARE: IpClass.TWO,
    IpKind.TRADEMARK: IpClass.NONE,
}

# (up to this fee year, yuan a year), before any reduction.
FEES: dict[IpKind, tuple[tuple[int, int], ...]] = {
    IpKind.INVENTION: ((3, 900), (6, 1200), (9, 2000), (12, 4000), (15, 6000), (20, 8000)),
    IpKind.UTILITY_MODEL: ((3, 600), (5, 900), (8, 1200), (10, 2000)),
    IpKind.DESIGN: ((3, 600), (5, 900), (8, 1200), (10, 2000), (15, 3000)),
}
GRACE_MONTHS = 6
SURCHARGE_A_MONTH = Fraction(5, 100)


@dataclass(frozen=True)
class AnnualFee:
    """The fee of one year of a patent: due by `due_on`, with a surcharge until `grace_until`."""

    year: int
    due_on: date
    grace_until: date
    yuan: int


def later(day: date, years: int = 0, months: int = 0) -> date:
    """The same day years or months later; the last of the month where there is no such day (实施细则第五条)."""
    total = day.year * 12 + day.month - 1 + years * 12 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def fee_year(filed_on: date, on: date) -> int:
    """The fee year (年度) a day lies in, counted from the filing date: the first is 1."""
    return on.year - filed_on.year + (1 if on >= later(filed_on, years=on.year - filed_on.year) else 0)


def next_fee(
    kind: IpKind, status: IpStatus | None, filed_on: date | None, granted_on: date | None, on: date
) -> AnnualFee | None:
    """The next annual fee to be paid on or after `on`; None where none is due or the dates are not known.

    The fee of the year of the grant is paid with the registration; each later one before the year before it ends, that
    is by the anniversary of the filing. Whether earlier ones were paid is not asked.
    """
    table = FEES.get(kind)
    if table is None or filed_on is None or status in (IpStatus.PENDING, IpStatus.LAPSED):
        return None
    if status is None and granted_on is None:
        return None
    first = fee_year(filed_on, granted_on) + 1 if granted_on is not None else 2
    years = term_years(kind, filed_on) or 0
    for year in range(max(first, 2), years + 1):
        fee = annual_fee(kind, filed_on, year)
        if fee.due_on >= on:
            return fee
    return None


def late_fee(
    kind: IpKind, status: IpStatus | None, filed_on: date | None, granted_on: date | None, on: date
) -> AnnualFee | None:
    """The fee that fell due within the last six months, so that it can still be paid if it was not."""
    since = later(on, months=-GRACE_MONTHS)
    fee = next_fee(kind, status, filed_on, granted_on, since)
    if fee is None or fee.due_on >= on or fee.grace_until < on:
        return None
    return fee


def annual_fee(kind: IpKind, filed_on: date, year: int) -> AnnualFee:
    """The fee of one fee year of a patent."""
    due_on = later(filed_on, years=year - 1)
    yuan = next(yuan for last, yuan in FEES[kind] if year <= last)
    return AnnualFee(year, due_on, later(due_on, months=GRACE_MONTHS), yuan)


def surcharge(due_on: date, paid_on: date) -> Fraction | None:
    """What is added for paying late: nothing in the first month, then 5 % a month; None once the grace is over."""
    if paid_on > later(due_on, months=GRACE_MONTHS):
        return None
    months = next(month for month in range(1, GRACE_MONTHS + 1) if paid_on <= later(due_on, months=month))
    return SURCHARGE_A_MONTH * (months - 1)
