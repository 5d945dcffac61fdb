"""Class, term and annual fees of rights, with the worked example of the patent office."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from crm.firms.ip.models import IpKind, IpStatus
from crm.firms.ip.rules import CLASSES, IpClass, annual_fee, fee_year, late_fee, later, next_fee, surcharge, term_end

D = date


def test_every_kind_has_its_class() -> None:
    assert set(CLASSES) == set(IpKind)
    assert CLASSES[IpKind.IC_LAYOUT] is IpClass.ONE
    assert CLASSES[IpKind.SOFTWARE] is IpClass.TWO
    assert CLASSES[IpKind.TRADEMARK] is IpClass.NONE


@pytest.mark.parametrize(
    ("kind", "filed_on", "end"),
    [
        (IpKind.INVENTION, D(2004, 2, 29), D(2024, 2, 29)),
        (IpKind.UTILITY_MODEL, D(2020, 2, 29), D(2030, 2, 28)),
        (IpKind.DESIGN, D(2021, 5, 31), D(2031, 5, 31)),
        (IpKind.DESIGN, D(2021, 6, 1), D(2036, 6, 1)),
        (IpKind.IC_LAYOUT, D(2020, 1, 1), D(2030, 1, 1)),
        (IpKind.SOFTWARE, D(2020, 5, 1), D(2070, 12, 31)),
        (IpKind.TRADEMARK, D(2020, 5, 1), None),
        (IpKind.INVENTION, None, None),
    ],
)
def test_terms(kind: IpKind, filed_on: date | None, end: date | None) -> None:
    assert term_end(kind, filed_on) == end


def test_software_known_only_by_its_registration() -> None:
    assert term_end(IpKind.SOFTWARE, None, D(2021, 3, 3)) == D(2071, 12, 31)


def test_the_worked_example() -> None:
    """Filed 1997-06-03, granted 2001-08-01 with the fifth year's fee: the sixth year's is due by 2002-06-03."""
    filed_on, granted_on = D(1997, 6, 3), D(2001, 8, 1)
    assert fee_year(filed_on, granted_on) == 5
    fee = next_fee(IpKind.INVENTION, IpStatus.VALID, filed_on, granted_on, on=granted_on)
    assert fee is not None
    assert (fee.year, fee.due_on, fee.grace_until, fee.yuan) == (6, D(2002, 6, 3), D(2002, 12, 3), 1200)


@pytest.mark.parametrize(
    ("on", "year"),
    [(D(1997, 6, 3), 1), (D(1998, 6, 2), 1), (D(1998, 6, 3), 2), (D(2001, 6, 2), 4), (D(2001, 6, 3), 5)],
)
def test_fee_years_run_from_the_filing_date(on: date, year: int) -> None:
    assert fee_year(D(1997, 6, 3), on) == year


@pytest.mark.parametrize(
    ("paid_on", "rate"),
    [
        (D(2002, 6, 3), 0),
        (D(2002, 7, 3), 0),
        (D(2002, 7, 4), Fraction(5, 100)),
        (D(2002, 8, 3), Fraction(5, 100)),
        (D(2002, 9, 3), Fraction(10, 100)),
        (D(2002, 10, 3), Fraction(15, 100)),
        (D(2002, 11, 3), Fraction(20, 100)),
        (D(2002, 12, 3), Fraction(25, 100)),
        (D(2002, 12, 4), None),
    ],
)
def test_paying_late_costs_five_per_cent_a_month_after_the_first(paid_on: date, rate: Fraction | None) -> None:
    assert surcharge(D(2002, 6, 3), paid_on) == rate


@pytest.mark.parametrize(
    ("kind", "year", "yuan"),
    [
        (IpKind.INVENTION, 3, 900),
        (IpKind.INVENTION, 4, 1200),
        (IpKind.INVENTION, 10, 4000),
        (IpKind.INVENTION, 20, 8000),
        (IpKind.UTILITY_MODEL, 9, 2000),
        (IpKind.DESIGN, 11, 3000),
    ],
)
def test_fees(kind: IpKind, year: int, yuan: int) -> None:
    assert annual_fee(kind, D(2020, 1, 1), year).yuan == yuan


def test_no_fee_is_due_for_what_is_pending_lapsed_over_or_not_a_patent() -> None:
    filed_on, granted_on, on = D(2015, 1, 1), D(2016, 1, 1), D(2020, 5, 1)
    due = next_fee(IpKind.UTILITY_MODEL, IpStatus.VALID, filed_on, granted_on, on)
    assert due is not None
    assert due.due_on == D(2021, 1, 1)
    assert next_fee(IpKind.UTILITY_MODEL, IpStatus.PENDING, filed_on, None, on) is None
    assert next_fee(IpKind.UTILITY_MODEL, IpStatus.LAPSED, filed_on, granted_on, on) is None
    assert next_fee(IpKind.UTILITY_MODEL, None, filed_on, None, on) is None
    assert next_fee(IpKind.UTILITY_MODEL, IpStatus.VALID, filed_on, granted_on, D(2024, 1, 2)) is None
    assert next_fee(IpKind.SOFTWARE, IpStatus.VALID, filed_on, granted_on, on) is None
    assert next_fee(IpKind.INVENTION, IpStatus.VALID, None, granted_on, on) is None


def test_a_fee_within_its_grace_is_named_and_a_paid_grant_year_is_not() -> None:
    filed_on = D(2019, 3, 10)
    late = late_fee(IpKind.INVENTION, IpStatus.VALID, filed_on, D(2021, 1, 5), on=D(2024, 5, 1))
    assert late is not None
    assert (late.due_on, late.year) == (D(2024, 3, 10), 6)
    assert late_fee(IpKind.INVENTION, IpStatus.VALID, filed_on, D(2021, 1, 5), on=D(2024, 9, 11)) is None
    assert late_fee(IpKind.INVENTION, IpStatus.VALID, filed_on, D(2024, 4, 1), on=D(2024, 5, 1)) is None


def test_months_end_with_the_month() -> None:
    assert later(D(2024, 8, 31), months=6) == D(2025, 2, 28)
    assert later(D(2024, 3, 31), months=-6) == D(2023, 9, 30)
