"""What a place has to offer its firms, and which firms it is tied to: one shape for all registers that are not of one firm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Money, choice


class ResourceRegister(StrEnum):
    """The registers of the place."""

    EXPERT = "expert"  # 专家
    SERVANT = "servant"  # 首席科技官、科技镇长团、科技特派员、专家服务团
    ACHIEVEMENT = "achievement"  # 科技成果
    SPECIAL = "special"  # 特色资源
    INSTITUTE = "institute"  # 高校院所、服务机构
    INSTRUMENT = "instrument"  # 仪器设备
    CARRIER = "carrier"  # 双创载体：众创空间、孵化器、加速器、产业园
    ALLIANCE = "alliance"  # 联盟、创新联合体
    EVENT = "event"  # 对接、培训、大赛等活动


class Resource(Base, Audited):
    """One expert, achievement, instrument, carrier, alliance or event. Which columns it uses is said by `resources.kinds`.

    All staff of the city read it; who keeps it is said by `organisation_id`. Ended (`valid_to`), never deleted while firms are tied to it.
    """

    __tablename__ = "resource"
    __table_args__ = (
        Index(None, "register", "sort_key", "id"),
        Index(None, "register", "on", "id"),
        Index(None, "organisation_id", "register"),
    )
    unaudited = frozenset({"sort_key", "search_text"})

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[ResourceRegister] = mapped_column(choice(ResourceRegister))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(60))
    # Whom it belongs to: an expert's university, an instrument's laboratory, a carrier's operator.
    holder: Mapped[str | None] = mapped_column(String(200))
    industry_code: Mapped[str | None] = mapped_column(ForeignKey("industry.code"), index=True)
    # What it is good at, in words that a need may use too; separated by spaces or commas.
    words: Mapped[str | None] = mapped_column(Text)
    on: Mapped[date | None]
    valid_to: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Money)
    capacity: Mapped[int | None]
    contact: Mapped[str | None] = mapped_column(String(100))
    telephone: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    # The person's own account, where a servant of firms signs in.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    sort_key: Mapped[str] = mapped_column(String(120), default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User | None] = relationship()
    firms: Mapped[list[ResourceFirm]] = relationship(
        order_by="ResourceFirm.since, ResourceFirm.id", cascade="all, delete-orphan", back_populates="resource"
    )

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class ResourceFirm(Base, Audited):
    """A firm tied to a resource from a day, perhaps until another: inside a carrier, served by a person, member of an alliance, guest of an event."""

    __tablename__ = "resource_firm"
    __table_args__ = (Index(None, "resource_id", "firm_id", "since"), Index(None, "firm_id", "resource_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    role: Mapped[str | None] = mapped_column(String(40))
    since: Mapped[date | None]
    until: Mapped[date | None]
    # How it ended or what came of it: graduated, solved, contract signed.
    outcome: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    resource: Mapped[Resource] = relationship(back_populates="firms")
    firm: Mapped[Firm] = relationship()

    __mapper_args__ = {"version_id_col": version}
