"""History: every change of an audited record, with who, when, old and new.

A flush listener writes it, so that no way in can forget it. Bulk statements bypass the listener: whoever issues one
adds its rows with `record_changes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, event, inspect
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from crm.kernel import clock
from crm.kernel.bulk import insert_rows
from crm.kernel.db import Base
from crm.kernel.plain import plain
from crm.kernel.types import Json, Moment, choice


class Via(StrEnum):
    """By which door a change came in."""

    PAGE = "page"
    PROPOSAL = "proposal"
    IMPORT = "import"
    COMMAND = "command"


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Change(Base):
    """One field of one record (or, for created and deleted, the record as a whole) changed."""

    __tablename__ = "change"
    __table_args__ = (
        Index(None, "firm_id", "id"),
        Index(None, "entity", "entity_id", "id"),
        Index(None, "import_run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    via: Mapped[Via] = mapped_column(choice(Via))
    action: Mapped[Action] = mapped_column(choice(Action))
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[int]
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    import_run_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id", ondelete="SET NULL"))
    field: Mapped[str | None] = mapped_column(String(60))
    old: Mapped[Any | None] = mapped_column(Json)
    new: Mapped[Any | None] = mapped_column(Json)


class Audited:
    """Mixin of records whose changes are history. `unaudited` names the columns that are mere bookkeeping."""

    unaudited: ClassVar[frozenset[str]] = frozenset()
    if TYPE_CHECKING:  # every table has them
        __tablename__: str
        id: Any

    def history_firm_id(self) -> int | None:
        """The firm on whose timeline the change belongs."""
        return getattr(self, "firm_id", None)


BOOKKEEPING = frozenset({"id", "version", "created_at", "updated_at"})


def sign(session: Session, actor_id: int, via: Via, import_run_id: int | None = None) -> None:
    """Say once who acts in this session; without it an audited change is refused."""
    session.info["signature"] = {"actor_id": actor_id, "via": via, "import_run_id": import_run_id}


def signed_by(session: Session) -> int | None:
    """The id of the person who acts in this session; None where nobody signed it."""
    signature = session.info.get("signature")
    return None if signature is None else signature["actor_id"]


@contextmanager
def signed_via(session: Session, via: Via) -> Any:
    """Let changes inside the block say that they came by another door (an accepted proposal, say)."""
    before = session.info["signature"]
    session.info["signature"] = {**before, "via": via}
    try:
        yield
        session.flush()
    finally:
        session.info["signature"] = before


def record_changes(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Append history rows: `action, entity, entity_id, firm_id`, and for an update `field, old, new`."""
    # One moment for all: what changed together is known by it.
    alike = {"field": None, "old": None, "new": None, "at": clock.now()}
    insert_rows(session, Change.__table__, [{**alike, **_signature(session), **row} for row in rows])


def _signature(session: Session) -> dict[str, Any]:
    signature = session.info.get("signature")
    if signature is None:
        raise RuntimeError("an audited record changed, but nobody signed the session: call audit.sign first")
    return signature


def _columns(record: Audited) -> Iterable[tuple[str, Any]]:
    state = inspect(record)
    for attribute in state.mapper.column_attrs:
        if attribute.key not in BOOKKEEPING and attribute.key not in record.unaudited:
            yield attribute.key, state.attrs[attribute.key].history


def _deleted(context: UOWTransaction) -> list[Any]:
    """All that the flush takes out: `session.deleted` does not know what a collection let go of (delete-orphan)."""
    return [
        record
        for state, (is_deleted, only_listed) in context.states.items()
        if is_deleted and not only_listed and (record := state.obj()) is not None
    ]


Pending = tuple[Audited, Action, list[tuple[str | None, Any, Any]]]


def _pending(session: Session, context: UOWTransaction) -> list[Pending]:
    pending: list[Pending] = []
    for record in session.new:
        if isinstance(record, Audited):
            pending.append((record, Action.CREATED, []))
    for record in session.dirty:
        if isinstance(record, Audited):
            fields = [
                (key, plain(past.deleted[0]) if past.deleted else None, plain(past.added[0]))
                for key, past in _columns(record)
                if past.added and past.has_changes()
            ]
            if fields:
                pending.append((record, Action.UPDATED, list(fields)))
    for record in _deleted(context):
        if isinstance(record, Audited):
            pending.append((record, Action.DELETED, [(None, _snapshot(record), None)]))
    return pending


def _snapshot(record: Audited) -> dict[str, Any]:
    return {
        attribute.key: plain(getattr(record, attribute.key))
        for attribute in inspect(record).mapper.column_attrs
        if attribute.key not in BOOKKEEPING and attribute.key not in record.unaudited
    }


def _write(session: Session, context: UOWTransaction) -> None:
    # After the flush a key set through its relationship is known, and what was there before still is.
    rows = []
    for record, action, fields in _pending(session, context):
        about = {
            "action": action,
            "entity": record.__tablename__,
            "entity_id": record.id,
            # A deleted firm cannot be pointed at any more.
            "firm_id": None
            if action is Action.DELETED and record.__tablename__ == "firm"
            else record.history_firm_id(),
        }
        if action is Action.CREATED:
            values = {key: value for key, value in _snapshot(record).items() if value is not None}
            rows.append({**about, "new": values})
        else:
            rows.extend({**about, "field": field, "old": old, "new": new} for field, old, new in fields)
    record_changes(session, rows)


def _remember_old_value(_class: type, _key: str, attribute: Any) -> None:
    """Have the old value loaded before a new one is set, also where a commit had expired it."""
    event.listen(attribute, "set", lambda target, value, old, initiator: None, active_history=True)


event.listen(Audited, "attribute_instrument", _remember_old_value, propagate=True)
event.listen(Session, "after_flush", _write)
