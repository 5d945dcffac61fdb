"""Registers: things with a kind, a level and dates, tied to a firm. One table serves them all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.firms.models import Document, Firm, State
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Money, Rate, choice


class Register(StrEnum):
    INSTITUTION = "institution"  # 研发机构
    AWARD = "award"  # 科技奖励
    EQUITY = "equity"  # 股权融资
    STANDARD = "standard"  # 标准制修订
    HONOUR = "honour"  # 荣誉称号
    INCIDENT = "incident"  # 事故与失信
    CONTRACT = "contract"  # 技术合同
    LOAN = "loan"  # 贷款
    PLEDGE = "pledge"  # 知识产权质押
    VOUCHER = "voucher"  # 科技创新券
    INSURANCE = "insurance"  # 科技保险
    PRODUCT = "product"  # 主要产品
    PROJECT = "project"  # 科技项目
    TECHNOLOGY = "technology"  # 技术清单
    RESERVE = "reserve"  # 研发准备金备案


class Level(StrEnum):
    """The levels that ship, which criteria read; an administrator may add others (terms, vocabulary `level`)."""

    INTERNATIONAL = "international"
    NATIONAL = "national"
    INDUSTRY = "industry"
    PROVINCIAL = "provincial"
    CITY = "city"
    BELOW = "below"


class Severity(StrEnum):
    MAJOR = "major"
    LARGER = "larger"
    ORDINARY = "ordinary"


# What the criteria call the registers they read: the lists of a facts document.
REGISTER_LISTS: dict[Register, str] = {
    Register.INSTITUTION: "rd_institutions",
    Register.AWARD: "awards",
    Register.EQUITY: "equity",
    Register.STANDARD: "standards",
    Register.HONOUR: "honours",
    Register.INCIDENT: "incidents",
}


class RegisterEntry(Base, Audited):
    """One entry: an institution, an award, an equity round, a contract, a loan, a product, a project, an incident …

    Which columns an entry uses is said by `registers.kinds`; kind, level, role and progress are keys of terms.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        Index(None, "firm_id", "register", "on"),
        # All that the overview of a register reads to narrow it and to put it in order.
        Index(
            "ix_register_entry_overview",
            "register",
            "on",
            "id",
            "firm_id",
            "kind",
            "level",
            "role",
            "progress",
            "state",
            "amount",
            "valid_to",
        ),
        # The same in the order in which it is added up.
        Index(
            "ix_register_entry_sums",
            "register",
            "kind",
            "level",
            "role",
            "severity",
            "firm_id",
            "amount",
            "on",
            "state",
            "progress",
        ),
        # The number of a deleted entry is not given again: claims and papers say it. (PostgreSQL never does.)
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[Register] = mapped_column(choice(Register))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    kind: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[str | None] = mapped_column(String(40))
    severity: Mapped[Severity | None] = mapped_column(choice(Severity))
    name: Mapped[str] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(60))
    on: Mapped[date | None]
    valid_to: Mapped[date | None]
    rank: Mapped[int | None]
    amount: Mapped[Decimal | None] = mapped_column(Money)
    # An equity round paid in by a qualified institution (合格机构投资者实缴).
    qualified: Mapped[bool | None]
    # The firm's part: provider or receiver of a technology, lead or partner of a project; and who the other side is.
    role: Mapped[str | None] = mapped_column(String(40))
    party: Mapped[str | None] = mapped_column(String(200))
    # The market that a product serves, the field of a technology; and the share of it, from 0 to 1.
    niche: Mapped[str | None] = mapped_column(String(200))
    share: Mapped[Decimal | None] = mapped_column(Rate)
    progress: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[State] = mapped_column(choice(State), default=State.DECLARED)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()

    __mapper_args__ = {"version_id_col": version}
