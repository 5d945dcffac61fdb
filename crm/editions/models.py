"""Editions made on a page, and what a person confirmed of any edition. Those that are shipped stand in `seeds/policies`."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Select, String, Text, event, inspect, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, joinedload, mapped_column, relationship

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Moment, choice


class EditionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class EditionRecord(Base, Audited):
    """An edition written here: a draft that may change, or a published one that never does.

    `source` is the edition as an edition file has it (YAML), so that page and file are one form. Both hashes are set when it
    is published; whoever reads a published source compares them.
    """

    __tablename__ = "edition"
    unaudited = frozenset({"source", "whole_hash"})  # a whole file; what differs is shown clause by clause

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)  # the edition's id, `srdi.2027`
    rung: Mapped[str] = mapped_column(String(40))
    state: Mapped[EditionState] = mapped_column(choice(EditionState), default=EditionState.DRAFT)
    source: Mapped[str] = mapped_column(Text)
    hash: Mapped[str | None] = mapped_column(String(64))
    whole_hash: Mapped[str | None] = mapped_column(String(64))  # with what an overlay takes from its base
    copied_from: Mapped[str | None] = mapped_column(String(60))  # the edition it is compared with
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    created_by: Mapped[User] = relationship(foreign_keys=[created_by_id])
    published_by: Mapped[User | None] = relationship(foreign_keys=[published_by_id])

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def named(cls, name: str) -> Select[EditionRecord]:
        """The one with this id, draft or published."""
        return select(cls).where(cls.name == name)

    @classmethod
    def drafts(cls) -> Select[EditionRecord]:
        """All drafts, the newest first."""
        newest = (cls.created_at.desc(), cls.id.desc())
        return select(cls).where(cls.state == EditionState.DRAFT).options(joinedload(cls.created_by)).order_by(*newest)


class Confirmation(Base, Audited):
    """A person saw a number in the original. It holds wherever the same clause says the same (`fingerprint`)."""

    __tablename__ = "confirmation"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    edition: Mapped[str] = mapped_column(String(60))
    clause: Mapped[str] = mapped_column(String(60))  # a criterion's id, a parameter's name, `document`
    confirmed_on: Mapped[date]
    source: Mapped[str] = mapped_column(Text)  # where it was seen: document, page, address
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    actor: Mapped[User] = relationship()


def _refuse(_mapper: Any, _connection: Connection, record: EditionRecord) -> None:
    """Whoever forgets to ask meets this: what was published is never written again, nor deleted."""
    past = inspect(record).attrs.state.history
    if EditionState.PUBLISHED in (past.deleted or past.unchanged or ()):
        raise RuntimeError(f"edition {record.name} is published and never changes")


def _refuse_many(asked: ORMExecuteState) -> None:
    """Many at once pass by the record's own events."""
    mapper = asked.bind_mapper
    if (asked.is_update or asked.is_delete) and mapper is not None and mapper.class_ is EditionRecord:
        raise RuntimeError("editions are changed and deleted one by one: a published one never changes")


event.listen(EditionRecord, "before_update", _refuse)
event.listen(EditionRecord, "before_delete", _refuse)
event.listen(Session, "do_orm_execute", _refuse_many)
