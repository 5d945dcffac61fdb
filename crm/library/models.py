"""The policy library: documents by number, in force from and to, and what they replace."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json


class PolicyDocument(Base, Audited):
    """One document, known by its number (发文字号), or by a title where it bears none. What cites it is asked of the rooms that cite."""

    __tablename__ = "policy_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str | None] = mapped_column(String(300))
    issuer: Mapped[str] = mapped_column(String(120))
    division_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))
    issued_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    in_force_to: Mapped[date | None]
    summary: Mapped[str | None] = mapped_column(Text)
    # [{"article": "三（六）", "text": "…"}]: the articles that the house reads numbers from.
    articles: Mapped[list[Any]] = mapped_column(Json, default=list)
    address: Mapped[str | None] = mapped_column(String(500))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("policy_document.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    replaces: Mapped[PolicyDocument | None] = relationship(remote_side=[id])

    __mapper_args__ = {"version_id_col": version}
