"""Column types that keep what the law counts exact on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class _Scaled(TypeDecorator[Decimal]):
    """A Decimal kept as a whole number of its smallest unit: SQLite has no exact decimal."""

    impl = BigInteger
    cache_ok = True
    places = 0

    def process_bind_param(self, value: Decimal | int | None, dialect: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("a float is not exact: give a Decimal")
        return int((Decimal(value) * 10**self.places).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


class Money(_Scaled):
    """Decimal yuan, kept as whole fen."""

    cache_ok = True
    places = 2


class Exact(_Scaled):
    """A Decimal with six places (shares, scores, years)."""

    cache_ok = True
    places = 6


class Rate(Exact):
    """An exact fraction of either sign, shown as a percentage: Decimal("0.085") is 8.5 %."""

    cache_ok = True


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC (SQLite forgets time zones)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a moment needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def choice(words: type[StrEnum]) -> Enum:
    """A column that holds one of the words, by value."""
    return Enum(words, native_enum=False, length=40, values_callable=lambda enum: [word.value for word in enum])
