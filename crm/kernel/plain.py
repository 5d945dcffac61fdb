"""Values as JSON can hold them, and back: history and proposals keep decimals and dates as text."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, DateTime, Enum, Time, inspect
from sqlalchemy.types import TypeDecorator

from crm.kernel.types import Exact, Moment, Money


def plain(value: Any) -> Any:
    """A value as JSON can hold it: decimals, dates and times of day as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")  # 1.50 and 1.5 are one value
    if isinstance(value, StrEnum):
        return value.value
    return value


def revive(model: type, field: str, value: Any) -> Any:
    """The value a column of `model` had before `plain`."""
    if value is None:
        return None
    kind: Any = inspect(model).columns[field].type
    if isinstance(kind, Money | Exact):
        return Decimal(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Time):
        return time.fromisoformat(value)
    if isinstance(kind, Moment | DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Enum) and not isinstance(kind, TypeDecorator) and kind.enum_class is not None:
        return kind.enum_class(value)
    return value
