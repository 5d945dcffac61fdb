"""The whole park at once: every firm's readiness for every rung, and comparisons of two rules over the park."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import Base
from crm.kernel.types import Exact, Json, Moment, choice
from crm.ladder.models import Purpose, Rung


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Readiness(Base):
    """The answer of the edition in force for a firm and a rung (a new application), kept by the refresh (see ReadinessRun for the day)."""

    __tablename__ = "readiness"
    # The order of its lists: who is nearest first.
    __table_args__ = (Index(None, "rung", "verdict", "not_met", "unknown", "firm_id"), {"info": {"worked_out": True}})

    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    rung: Mapped[Rung] = mapped_column(choice(Rung), primary_key=True)
    edition: Mapped[str] = mapped_column(String(60))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    # How many criteria are in the way, where there are several ways by the nearest one:
    not_met: Mapped[int]  # surely
    unknown: Mapped[int]  # nobody can judge yet
    score_low: Mapped[Decimal | None] = mapped_column(Exact)
    score_high: Mapped[Decimal | None] = mapped_column(Exact)
    # Where the verdict is unknown: the ids of the criteria that nobody can judge yet, with spaces between.
    undecided: Mapped[str | None] = mapped_column(Text)

    firm: Mapped[Firm] = relationship()


class ReadinessRun(Base):
    """One refresh: by which editions, what of the history it saw, and what it came to.

    A transaction that commits late brings entries below `change_id` into the history: of the last hour's, those above
    `since_id`, it is noted how many there were (`changes`, those that name a firm counted twice).
    """

    __tablename__ = "readiness_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    on: Mapped[date]
    editions: Mapped[str] = mapped_column(String(64))  # one hash of all editions in force
    change_id: Mapped[int]
    since_id: Mapped[int]
    changes: Mapped[int]
    firms: Mapped[int]  # how many it judged
    # {organisation: {rung: {"met": 12, …, "undecided": {criterion: 3}}}}: what the overview shows (see `counts`)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)


class ComparisonState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Comparison(Base):
    """Two rules over the firms of an organisation on a day: who would newly qualify, who would drop out.

    `before` and `after` are edition ids, a draft's among them; `numbers` are thresholds changed in `after` for this question only.
    """

    __tablename__ = "comparison"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    on: Mapped[date]
    before: Mapped[str] = mapped_column(String(60))
    after: Mapped[str] = mapped_column(String(60))
    numbers: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[ComparisonState] = mapped_column(choice(ComparisonState), default=ComparisonState.WAITING)
    error: Mapped[str | None] = mapped_column(Text)
    counts: Mapped[dict[str, Any] | None] = mapped_column(Json)  # {"met": {"not_met": 3, …}, …}: before, then after
    outside: Mapped[int] = mapped_column(default=0)  # firms left out: one of the editions is another region's
    # Of firms that become unknown, what is missing: {"firms": 40, "looked_at": 40, "facts": {path: firms, …}}.
    missing: Mapped[dict[str, Any] | None] = mapped_column(Json)
    # What was compared: a draft may have changed since.
    before_hash: Mapped[str | None] = mapped_column(String(64))
    after_hash: Mapped[str | None] = mapped_column(String(64))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    organisation: Mapped[Organisation] = relationship()
    created_by: Mapped[User] = relationship()


class ComparedFirm(Base):
    """A firm whose verdict differs between the two."""

    __tablename__ = "compared_firm"
    __table_args__ = (Index(None, "comparison_id", "before", "after", "firm_id"), {"info": {"worked_out": True}})

    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id", ondelete="CASCADE"), primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    before: Mapped[Verdict] = mapped_column(choice(Verdict))
    after: Mapped[Verdict] = mapped_column(choice(Verdict))

    firm: Mapped[Firm] = relationship()
