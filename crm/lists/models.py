"""Lists of firms with screening rules, and cultivation chains whose links are rules: both are data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.park.models import Verdict


class FirmList(Base, Audited):
    """A list that firms are chosen for (百家领军, 单项冠军, 国家级小巨人). `rule` says whom it screens for; None: chosen by hand.

    A rule is YAML in the language of the criteria (see docs/policy.md), over the same facts.
    """

    __tablename__ = "firm_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(120))
    document_number: Mapped[str | None] = mapped_column(String(120))
    quota: Mapped[int | None]
    rule: Mapped[str | None] = mapped_column(Text)
    place: Mapped[int] = mapped_column(default=0)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class ListMember(Base, Audited):
    """A firm on a list from a day until another, the first on which it is on it no longer. At most one membership is open."""

    __tablename__ = "list_member"
    __table_args__ = (
        Index(
            "uq_list_member_open",
            "list_id",
            "firm_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(None, "firm_id", "list_id"),
        Index(None, "list_id", "until", "since", "firm_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("firm_list.id"))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    since: Mapped[date]
    until: Mapped[date | None]
    why: Mapped[str | None] = mapped_column(Text)
    why_off: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(String(60))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column(default=1)

    firm_list: Mapped[FirmList] = relationship()
    firm: Mapped[Firm] = relationship()
    by: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}


class CultivationChain(Base, Audited):
    """A way that firms are led along, link by link (专利扫零 → 研发中心 → 高企)."""

    __tablename__ = "cultivation_chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(120))
    document_number: Mapped[str | None] = mapped_column(String(120))
    # Whom it is for, as a rule; None: every firm.
    rule: Mapped[str | None] = mapped_column(Text)
    place: Mapped[int] = mapped_column(default=0)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    links: Mapped[list[ChainLink]] = relationship(
        order_by="ChainLink.place, ChainLink.id", cascade="all, delete-orphan", back_populates="chain"
    )

    __mapper_args__ = {"version_id_col": version}


class ChainLink(Base, Audited):
    """One link: a firm has passed it when its rule is met."""

    __tablename__ = "chain_link"
    __table_args__ = (UniqueConstraint("chain_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("cultivation_chain.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(120))
    rule: Mapped[str] = mapped_column(Text)
    place: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    chain: Mapped[CultivationChain] = relationship(back_populates="links")

    __mapper_args__ = {"version_id_col": version}


class Screened(Base):
    """What a list's rule says of a firm, kept by the screening. No row: not met. Of members it is kept too when it is not met."""

    __tablename__ = "screened_firm"
    __table_args__ = (Index(None, "list_id", "verdict", "firm_id"), {"info": {"worked_out": True}})

    list_id: Mapped[int] = mapped_column(ForeignKey("firm_list.id", ondelete="CASCADE"), primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))


class ChainStanding(Base):
    """Where a firm that the chain is for stands, kept by the screening.

    `links` has a letter for each link in order: 2 passed, 1 unknown, 0 not passed; "?" alone where nobody knows whether
    the chain is for it. Of a chain for everyone no row is kept of firms of which nothing at all is known.
    """

    __tablename__ = "chain_standing"
    __table_args__ = (Index(None, "chain_id", "links", "firm_id"), {"info": {"worked_out": True}})

    chain_id: Mapped[int] = mapped_column(ForeignKey("cultivation_chain.id", ondelete="CASCADE"), primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    links: Mapped[str] = mapped_column(String(20))


class Screening(Base):
    """One screening of the park by all rules of lists and chains: by which rules, what of the history it saw (see park.changes)."""

    __tablename__ = "screening"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    on: Mapped[date]
    rules: Mapped[str] = mapped_column(String(64))  # one hash of all of them
    change_id: Mapped[int]
    since_id: Mapped[int]
    changes: Mapped[int]
    firms: Mapped[int]
    # {"lists": {organisation: {list: {"met": 3, …}}}, "chains": {organisation: {chain: {links: firms}}}, "months": …}
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
