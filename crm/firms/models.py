"""What a firm is: profile, names, contacts, facts. Figures, IP rights and proposals stand in files beside this one."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, Money, choice

# Compared by code point on both databases, so that both give one order and the index serves ranges.
SortKey = String(120).with_variant(String(120, collation="C"), "postgresql")


class State(StrEnum):
    """How far a value is trusted: said by the firm, or checked by an officer."""

    DECLARED = "declared"
    VERIFIED = "verified"


class SourceChannel(StrEnum):
    """How a firm came into the reserve pool."""

    INCUBATION = "incubation"  # 孵化
    INTRODUCTION = "introduction"  # 引进
    TRANSFORMATION = "transformation"  # 改造
    DERIVATION = "derivation"  # 派生


class FirmStatus(StrEnum):
    """Registration status, as the registry words it."""

    ACTIVE = "active"  # 在业
    DEREGISTERED = "deregistered"  # 注销
    REVOKED = "revoked"  # 吊销
    MOVED_OUT = "moved_out"  # 迁出


class Division(Base):
    """An administrative division, GB/T 2260."""

    __tablename__ = "division"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))


class Industry(Base, Audited):
    """A trade of GB/T 4754 (as shipped: 2017): section, division, group or class. Disabled, never deleted."""

    __tablename__ = "industry"

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    level: Mapped[str] = mapped_column(String(4))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("industry.code"))
    disabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}

    @property
    def id(self) -> int:
        """The code as a number, by which the history knows it."""
        return int(self.code, 36)


class Chain(Base, Audited):
    """A local industrial chain. Disabled, never deleted."""

    __tablename__ = "chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}


class Firm(Base, Audited):
    """A firm. Its identity is the credit code, or this row's id where there is none; never the name."""

    __tablename__ = "firm"
    __table_args__ = (
        Index(None, "sort_key", "id"),
        Index(None, "organisation_id", "sort_key", "id"),
        Index(None, "officer_id", "sort_key", "id"),
        Index(None, "organisation_id", "officer_id"),
        Index(None, "industry_code", "sort_key", "id"),
        # All that a look for doubles reads of firms whose names say the same.
        Index(None, "name_core", "credit_code", "organisation_id"),
        # Few firms are out of business: who leaves them out looks them up here.
        Index(
            "ix_firm_out_of_business",
            "id",
            sqlite_where=text("status != 'active'"),
            postgresql_where=text("status != 'active'"),
        ),
    )
    unaudited = frozenset({"sort_key", "search_text", "name_core"})

    id: Mapped[int] = mapped_column(primary_key=True)
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    # The 15-digit number from before credit codes; kept as that, never as a credit code.
    registration_number: Mapped[str | None] = mapped_column(String(15), index=True)
    stock_code: Mapped[str | None] = mapped_column(String(10), index=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    short_name: Mapped[str | None] = mapped_column(String(60), index=True)
    english_name: Mapped[str | None] = mapped_column(String(200))
    # Pinyin of the name: the order of every list. This and the next are written by crm.firms.search.
    sort_key: Mapped[str] = mapped_column(SortKey)
    # Names now and before and their initials, in normal form: what a search compares.
    search_text: Mapped[str] = mapped_column(Text, default="")
    # The distinctive words of the name, without place, trade and form: firms that share them may be one and the same.
    name_core: Mapped[str | None] = mapped_column(String(200))

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    division_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"), index=True)
    industry_code: Mapped[str | None] = mapped_column(ForeignKey("industry.code"))
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain.id"), index=True)
    # 1 to 8: the fields of 国科发火〔2016〕32号, annex.
    tech_field: Mapped[int | None]
    source_channel: Mapped[SourceChannel | None] = mapped_column(choice(SourceChannel))
    status: Mapped[FirmStatus] = mapped_column(choice(FirmStatus), default=FirmStatus.ACTIVE)
    registered_on: Mapped[date | None]
    registered_capital: Mapped[Decimal | None] = mapped_column(Money)
    capital_currency: Mapped[str | None] = mapped_column(String(3))
    address: Mapped[str | None] = mapped_column(String(300))
    business_scope: Mapped[str | None] = mapped_column(Text)
    telephone: Mapped[str | None] = mapped_column(String(60))
    website: Mapped[str | None] = mapped_column(String(200))

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    organisation: Mapped[Organisation] = relationship()
    officer: Mapped[User | None] = relationship(foreign_keys=[officer_id])
    division: Mapped[Division | None] = relationship()
    industry: Mapped[Industry | None] = relationship()
    chain: Mapped[Chain | None] = relationship()
    former_names: Mapped[list[FirmName]] = relationship(
        order_by="FirmName.id", cascade="all, delete-orphan", back_populates="firm"
    )

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return self.id


class FirmName(Base, Audited):
    """A name the firm had before."""

    __tablename__ = "firm_name"
    __table_args__ = (UniqueConstraint("firm_id", "name"), Index(None, "until"))

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), index=True)
    until: Mapped[date | None]

    firm: Mapped[Firm] = relationship(back_populates="former_names")


class FirmGram(Base):
    """The search index: pairs of characters of a firm's names and initials, kept by crm.firms.search.

    The sort key is part of the key, so that one range of the index is already the list in its order. Rows are many and
    derived, so there is no foreign key; a search checks each firm it finds, and a stale row does no harm.
    """

    __tablename__ = "firm_gram"
    __table_args__ = ({"sqlite_with_rowid": False},)

    gram: Mapped[str] = mapped_column(String(2).with_variant(String(2, collation="C"), "postgresql"), primary_key=True)
    sort_key: Mapped[str] = mapped_column(SortKey, primary_key=True)
    firm_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Contact(Base, Audited):
    """A person at the firm."""

    __tablename__ = "contact"
    # By these a firm is found (crm.firms.finding).
    __table_args__ = (
        Index(None, "name", "firm_id", postgresql_ops={"name": "varchar_pattern_ops"}),
        Index(None, "telephone", "firm_id", postgresql_ops={"telephone": "varchar_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[str | None] = mapped_column(String(60))
    telephone: Mapped[str | None] = mapped_column(String(60))
    email: Mapped[str | None] = mapped_column(String(200))
    main: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()

    __mapper_args__ = {"version_id_col": version}


class Document(Base, Audited):
    """An uploaded file of a firm: a photo, an audit report, a certificate."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    # The staff's own paper (from a visit): the firm's users do not see it.
    internal: Mapped[bool] = mapped_column(default=False)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    firm: Mapped[Firm] = relationship()
    uploaded_by: Mapped[User] = relationship()


class FirmFact(Base, Audited):
    """A fact of the firm as a whole that a criterion reads (市场占有率, 经营异常 …), with its source.

    `key` and the shape of `value` are those of `crm.policy`'s vocabulary. No row: unknown.
    """

    __tablename__ = "firm_fact"
    __table_args__ = (UniqueConstraint("firm_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[Any] = mapped_column(Json)
    state: Mapped[State] = mapped_column(choice(State), default=State.DECLARED)
    as_of: Mapped[date]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()
    entered_by: Mapped[User] = relationship()

    @property
    def version(self) -> str:
        """A digest of what a person who verifies the fact has seen: a fact counts no versions."""
        seen = json.dumps([self.value, self.as_of.isoformat(), self.document_id], sort_keys=True)
        return hashlib.sha256(seen.encode()).hexdigest()[:16]


class FewFirms(Base):
    """Which firms a filter of the list found where they were few, every hour anew (see `few`)."""

    __tablename__ = "few_firms"

    filter: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    firms: Mapped[list[int]] = mapped_column(Json)
