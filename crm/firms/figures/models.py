"""Yearly figures of a firm: one wide row a year, and for each value where it comes from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm, State
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Exact, Json, Moment, Money, Rate, choice


class YearlyFigures(Base, Audited):
    """One firm's figures of one year. Money in yuan; a missing value is unknown, not zero."""

    __tablename__ = "yearly_figures"
    __table_args__ = (UniqueConstraint("firm_id", "year"),)
    unaudited = frozenset({"warnings"})

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    year: Mapped[int]

    revenue: Mapped[Decimal | None] = mapped_column(Money)  # 营业收入＝销售收入
    main_revenue: Mapped[Decimal | None] = mapped_column(Money)  # 主营业务收入
    ht_revenue: Mapped[Decimal | None] = mapped_column(Money)  # 高新技术产品（服务）收入
    total_income: Mapped[Decimal | None] = mapped_column(Money)  # 收入总额−不征税收入
    cost_expense: Mapped[Decimal | None] = mapped_column(Money)  # 成本费用支出总额
    rd: Mapped[Decimal | None] = mapped_column(Money)  # 研发费用
    rd_domestic: Mapped[Decimal | None] = mapped_column(Money)  # 境内研发费用
    employees: Mapped[int | None]  # 职工总数
    st_staff: Mapped[int | None]  # 科技人员
    college_staff: Mapped[int | None]  # 大专以上科技人员
    rd_staff: Mapped[int | None]  # 研发人员
    masters_staff: Mapped[int | None]  # 硕士以上
    doctors_staff: Mapped[int | None]  # 博士以上
    total_assets: Mapped[Decimal | None] = mapped_column(Money)
    net_assets: Mapped[Decimal | None] = mapped_column(Money)
    liabilities: Mapped[Decimal | None] = mapped_column(Money)
    net_profit: Mapped[Decimal | None] = mapped_column(Money)
    operating_cash_flow: Mapped[Decimal | None] = mapped_column(Money)
    roe: Mapped[Decimal | None] = mapped_column(Rate)  # 加权平均净资产收益率，扣非前后孰低
    transfers: Mapped[int | None]  # 科技成果转化项数
    quality_score: Mapped[Decimal | None] = mapped_column(Exact)  # 平台质量评价分

    # Keys of the plausibility rules this row breaks; kept so that lists can mark it.
    warnings: Mapped[list[Any]] = mapped_column(Json, default=list)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    sources: Mapped[list[FigureSource]] = relationship(cascade="all, delete-orphan", back_populates="figures")

    __mapper_args__ = {"version_id_col": version}


class FigureSource(Base):
    """Where one value of one year comes from: declared or verified, by whom, from which document."""

    __tablename__ = "figure_source"

    figures_id: Mapped[int] = mapped_column(ForeignKey("yearly_figures.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(30), primary_key=True)
    state: Mapped[State] = mapped_column(choice(State), default=State.DECLARED)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))

    figures: Mapped[YearlyFigures] = relationship(back_populates="sources")
    entered_by: Mapped[User] = relationship()
    document: Mapped[Document | None] = relationship()
