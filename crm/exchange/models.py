"""Runs of an import: what each row did, and what undoing it needs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.registers.models import Register
from crm.registers.resources.models import ResourceRegister


class ImportKind(StrEnum):
    """What is imported beside the registers."""

    FIRMS = "firms"
    FIGURES = "figures"
    IP = "ip"
    TIES = "ties"  # firms and the resources of the place they are tied to


# What the rows of a file are: a list of firms, figures, rights, ties to resources, or entries of one register. No two share a word.
Kind = ImportKind | Register | ResourceRegister
_KINDS: dict[str, Kind] = {each.value: each for words in (ImportKind, Register, ResourceRegister) for each in words}


def kind_named(word: str) -> Kind | None:
    """The kind that the word stands for; None: it stands for none."""
    return _KINDS.get(word)


class KindColumn(TypeDecorator[Kind]):
    """A column that holds a kind, by value."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Kind | None, dialect: Any) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Any) -> Kind | None:
        return None if value is None else _KINDS[value]


class RunState(StrEnum):
    UPLOADED = "uploaded"
    CHECKING = "checking"  # the preview is being made
    CHECKED = "checked"  # the preview stands; nothing is saved yet
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class ImportRun(Base):
    """One uploaded file on its way in."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(KindColumn)
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.UPLOADED)
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # sheet, columns, unit, organisation
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    actor: Mapped[User] = relationship()


class ImportRow(Base):
    """What one row of the file did, or would do. `before` and `after` hold the values of what it updated."""

    __tablename__ = "import_row"
    __table_args__ = (Index(None, "run_id", "outcome", "row_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    row_number: Mapped[int]  # as the spreadsheet counts, from 1
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    title: Mapped[str] = mapped_column(String(200), default="")  # what the row is about, for people
    # [{"text", "key", "level"}]: key of the column or None, level "bad", "warning" or "kept" (see plan.Level).
    messages: Mapped[list[Any]] = mapped_column(Json, default=list)
    entity_id: Mapped[int | None]
    kept: Mapped[bool] = mapped_column(default=False)  # undoing the run left something of it standing
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
