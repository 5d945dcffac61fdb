"""Indicators with base, yearly target and actual, planned for a place and handed down from city to county, park and officer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Exact, Json, Moment, choice


class Indicator(Base, Audited):
    """What is counted. `measure` names the count that the data gives (see `targets.measures`); None: entered with its source.

    `quality_of` names the indicator of number that this one of quality stands beside.
    """

    __tablename__ = "indicator"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(160))
    unit: Mapped[str] = mapped_column(String(20))
    measure: Mapped[str | None] = mapped_column(String(60))
    quality_of: Mapped[str | None] = mapped_column(String(60))
    # Less is better (a zero-patent list), so that a target is met from above.
    downward: Mapped[bool] = mapped_column(default=False)
    place: Mapped[int] = mapped_column(default=0)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class TargetPlan(Base, Audited):
    """A plan's targets for a span of years. Shipped ones belong to nobody until a place takes them over."""

    __tablename__ = "target_plan"
    __table_args__ = (UniqueConstraint("key", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(200))
    document_number: Mapped[str | None] = mapped_column(String(120))
    from_year: Mapped[int]
    to_year: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation | None] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class ValueKind(StrEnum):
    BASE = "base"
    TARGET = "target"
    ACTUAL = "actual"


def _one_a_year(name: str, share: str, which: str) -> Index:
    """At most one value of a kind and year for the plan's own place, or for one share."""
    columns = ["plan_id", "indicator_id", "kind", "year", *([share] if share else [])]
    return Index(
        f"uq_indicator_value_{name}", *columns, unique=True, sqlite_where=text(which), postgresql_where=text(which)
    )


class IndicatorValue(Base, Audited):
    """One number: a base, a year's target, or an actual that the data cannot give, with its source.

    Of the plan's own place where `organisation_id` and `officer_id` are None; else the share handed down to them.
    """

    __tablename__ = "indicator_value"
    # A constraint over all columns would let two rows of one kind and year stand: to it no two missing shares are alike.
    __table_args__ = (
        _one_a_year("own", "", "organisation_id IS NULL AND officer_id IS NULL"),
        _one_a_year("organisation", "organisation_id", "organisation_id IS NOT NULL"),
        _one_a_year("officer", "officer_id", "officer_id IS NOT NULL"),
        Index(None, "organisation_id", "year"),
        Index(None, "officer_id", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("target_plan.id", ondelete="CASCADE"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), index=True)
    kind: Mapped[ValueKind] = mapped_column(choice(ValueKind))
    year: Mapped[int]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    value: Mapped[Decimal] = mapped_column(Exact)
    unit_in_charge: Mapped[str | None] = mapped_column(String(80))
    article: Mapped[str | None] = mapped_column(String(80))
    source: Mapped[str | None] = mapped_column(Text)
    on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    plan: Mapped[TargetPlan] = relationship()
    indicator: Mapped[Indicator] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    officer: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class YearCount(Base):
    """What was counted of one scope in one year (at its end, or today): by the keys of `targets.counts`, whole numbers.

    A scope is an organisation with everything below it, or an officer's own firms.
    """

    __tablename__ = "year_count"

    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    scope_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    numbers: Mapped[dict[str, Any]] = mapped_column(Json)


class YearCountRun(Base):
    """One counting: the day it tells of, and what a forecast reads of the whole park's past (see `targets.pipeline`)."""

    __tablename__ = "year_count_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    on: Mapped[date]
    past: Mapped[dict[str, Any]] = mapped_column(Json)
