"""Forms that devices sent, by the key that the device gave each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.kernel import clock
from crm.kernel.db import Base
from crm.kernel.types import Moment


class ReceivedForm(Base):
    """A form that was saved: sent once more under its key, it is answered and not saved again."""

    __tablename__ = "received_form"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  # of its fields and files, in hex
    location: Mapped[str] = mapped_column(Text)  # the page it led to
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now, index=True)
