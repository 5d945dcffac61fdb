"""What a park is judged by: weighted indicators, and the values that a person entered for a park."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation
from crm.insight.targets.models import Indicator
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Exact


class PerformanceItem(Base, Audited):
    """An indicator that counts for a park's evaluation, with its weight in points. `dimension` is one of the five (see `words`)."""

    __tablename__ = "performance_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), unique=True)
    dimension: Mapped[str] = mapped_column(String(40))
    weight: Mapped[Decimal] = mapped_column(Exact)
    # The value that earns all points; None: the best park's value does.
    full_at: Mapped[Decimal | None] = mapped_column(Exact)
    # The document that set the weight; None: the weight is ours.
    document_number: Mapped[str | None] = mapped_column(String(120))
    place: Mapped[int] = mapped_column(default=0)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    indicator: Mapped[Indicator] = relationship()

    __mapper_args__ = {"version_id_col": version}


class ParkValue(Base, Audited):
    """A value of a park's year that the data cannot give, with its source."""

    __tablename__ = "park_value"
    __table_args__ = (UniqueConstraint("organisation_id", "indicator_id", "year"), Index(None, "year", "indicator_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), index=True)
    year: Mapped[int]
    value: Mapped[Decimal] = mapped_column(Exact)
    source: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    indicator: Mapped[Indicator] = relationship()

    __mapper_args__ = {"version_id_col": version}
