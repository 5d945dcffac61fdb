"""Organisations, the people who sign in, and their sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Moment, choice


class OrganisationKind(StrEnum):
    CITY = "city"
    COUNTY = "county"
    PARK = "park"


class Organisation(Base, Audited):
    """A city, one of its counties, or a park. Scope goes down this tree."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[OrganisationKind] = mapped_column(choice(OrganisationKind))
    name: Mapped[str] = mapped_column(String(100), unique=True)
    division_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))
    # "/1/3/7/": the ids from the root to this one, so that a subtree is one prefix.
    path: Mapped[str] = mapped_column(String(200), index=True, default="")
    disabled: Mapped[bool] = mapped_column(default=False)

    parent: Mapped[Organisation | None] = relationship(remote_side=[id])


# The account that commands act as when nobody is named. Nobody signs in with it or changes it.
SYSTEM_EMAIL = "system@tidu.invalid"


class User(Base, Audited, UserMixin):
    """A person who signs in. Staff belong to an organisation; a firm's user to one firm."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("(role = 'firm') = (firm_id IS NOT NULL)", name="firm_user_has_firm"),
        CheckConstraint("role = 'firm' OR organisation_id IS NOT NULL", name="staff_have_organisation"),
    )
    unaudited = frozenset({"password_hash", "calendar_key"})

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(choice(Role))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id", use_alter=True))
    # None: cannot sign in (the system's own account, a closed account).
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(5))
    disabled: Mapped[bool] = mapped_column(default=False)
    # In the address of the person's calendar feed: who knows it reads the calendar without signing in.
    calendar_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # After so many days without a visit a firm stands on the person's day.
    unseen_after: Mapped[int] = mapped_column(default=90, server_default="90")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    organisation: Mapped[Organisation | None] = relationship()

    def can(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]

    @property
    def first_page(self) -> str:
        """The endpoint each role starts its day at."""
        return FIRST_PAGES[self.role]

    def history_firm_id(self) -> int | None:
        return None


FIRST_PAGES = {
    Role.ADMINISTRATOR: "insight.funnel",
    Role.MANAGER: "insight.funnel",
    Role.OFFICER: "desk.day",
    Role.FIRM: "portal.home",
}


class UserSession(Base):
    """One signed-in browser. The cookie holds the token; the table its hash, so that a leak signs nobody in."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str | None] = mapped_column(String(300))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    user: Mapped[User] = relationship(lazy="joined")


class SignInFailure(Base):
    """A failed sign-in, kept in the database so that the lock-out holds across workers."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "email", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
