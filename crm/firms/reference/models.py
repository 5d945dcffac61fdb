"""What an administrator edits so that the house speaks its city's words: terms, and the calendar of working days."""

from __future__ import annotations

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.kernel.audit import Audited
from crm.kernel.db import Base


class Term(Base, Audited):
    """A word that people choose: a kind or level of a register, a kind of need, a role. Disabled, never deleted.

    `vocabulary` says where it is chosen ("institution.kind", "level", "need.kind"); `key` is what records keep, and what
    criteria, incentives and indicators read, so it never changes; `built_in` ones cannot be disabled.
    """

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("vocabulary", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vocabulary: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(80))
    place: Mapped[int] = mapped_column(default=0)
    built_in: Mapped[bool] = mapped_column(default=False)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class CalendarDay(Base, Audited):
    """A day that is not what its weekday says: a holiday, or a weekend day worked in exchange (国务院办公厅's yearly notice)."""

    __tablename__ = "calendar_day"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(unique=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
