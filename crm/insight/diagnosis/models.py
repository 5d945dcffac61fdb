"""The diagnosis of a place in a year, kept as it was worked out; and the averages of others that it is held against."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Exact, Json, Moment


class Diagnosis(Base):
    """What the record said of the firms of a place and a year at a moment; worked out by a job, replaced by the next."""

    __tablename__ = "diagnosis"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    # {table: [{"group": …, "firms": 12, …}]}, see diagnosis.counting
    tables: Mapped[dict[str, Any]] = mapped_column(Json)

    organisation: Mapped[Organisation] = relationship()


class Benchmark(Base, Audited):
    """An average of a province or of the country that a number of ours stands beside, entered with its source. A ratio: 0.0245."""

    __tablename__ = "benchmark"
    __table_args__ = (UniqueConstraint("key", "year", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]
    place: Mapped[str] = mapped_column(String(60))
    value: Mapped[Decimal] = mapped_column(Exact)
    source: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None
