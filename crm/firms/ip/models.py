"""The IP register of a firm: numbers checked, kind read from the number."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.firms.models import Document, Firm, State
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import choice


class IpKind(StrEnum):
    INVENTION = "invention"
    DEFENCE_INVENTION = "defence_invention"
    PLANT_VARIETY = "plant_variety"
    CROP_VARIETY = "crop_variety"
    NEW_DRUG = "new_drug"
    TCM_PROTECTED = "tcm_protected"
    IC_LAYOUT = "ic_layout"
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"
    SOFTWARE = "software"
    TRADEMARK = "trademark"  # kept in the register; no rule counts it


# A 国防专利 is an invention (国防专利条例 art. 2), whoever counts.
INVENTIONS = (IpKind.INVENTION, IpKind.DEFENCE_INVENTION)
PATENTS = (*INVENTIONS, IpKind.UTILITY_MODEL, IpKind.DESIGN)


class IpStatus(StrEnum):
    VALID = "valid"
    PENDING = "pending"
    LAPSED = "lapsed"


class Acquired(StrEnum):
    SELF = "self"
    TRANSFER = "transfer"
    GIFT = "gift"
    MERGER = "merger"
    LICENCE = "licence"


class IpRight(Base, Audited):
    """One right of one firm. A firm's right is known by its normalised number."""

    __tablename__ = "ip_right"
    __table_args__ = (
        UniqueConstraint("firm_id", "number"),
        Index(None, "number", postgresql_ops={"number": "varchar_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    kind: Mapped[IpKind] = mapped_column(choice(IpKind))
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    main_class: Mapped[str | None] = mapped_column(String(30))  # IPC or Locarno
    filed_on: Mapped[date | None]
    granted_on: Mapped[date | None]
    status: Mapped[IpStatus | None] = mapped_column(choice(IpStatus))
    acquired: Mapped[Acquired | None] = mapped_column(choice(Acquired))
    acquired_on: Mapped[date | None]
    owner_rank: Mapped[int | None]
    core_product: Mapped[bool | None]
    in_use: Mapped[bool | None]
    high_value: Mapped[bool | None]
    # Class II rights count once for an HTE application (195号).
    spent_on_hte: Mapped[bool | None]
    state: Mapped[State] = mapped_column(choice(State), default=State.DECLARED)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()

    __mapper_args__ = {"version_id_col": version}
