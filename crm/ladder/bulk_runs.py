"""What became of firms that something was done for together. It is kept, so that its page can be read and come back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.db import Base, db
from crm.kernel.errors import NotFoundError
from crm.kernel.types import Json, Moment

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became, or would become, of one firm. `was` is the officer before (0: nobody), to undo.

    `items` are what blocked it, each {title, text, href}: the title in both languages.
    """

    firm_id: int
    done: bool
    text: str
    case_id: int | None = None
    items: Sequence[dict[str, Any]] = ()
    was: int | None = None


class BulkRun(Base):
    """One answer: the preview of something (`done` false), or what became of it. `asked` is the form that was sent.

    A room above keeps answers of its own `kind` in it, of what it did for many.
    """

    __tablename__ = "bulk_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    done: Mapped[bool]
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    results: Mapped[list[Any]] = mapped_column(Json)  # of `Result`


def keep(actor: User, results: Sequence[Result], *, asked: dict[str, Any], done: bool) -> BulkRun:
    """Keep the answer, and throw away the actor's old ones."""
    db.session.execute(delete(BulkRun).where(BulkRun.actor_id == actor.id, BulkRun.at < clock.now() - KEPT_FOR))
    run = BulkRun(actor_id=actor.id, done=done, asked=asked, results=[asdict(result) for result in results])
    db.session.add(run)
    db.session.flush()
    return run


def load(user: User, run_id: int, kind: str = "firms") -> BulkRun:
    """One's own, of its kind. Raises NotFoundError for another's, and for one that was thrown away."""
    run = db.session.scalar(select(BulkRun).where(BulkRun.id == run_id, BulkRun.actor_id == user.id))
    if run is None or run.asked.get("kind", "firms") != kind:
        raise NotFoundError(_("没有这次批量办理的结果，或它不是您办的；结果保留 30 天。"))
    return run
