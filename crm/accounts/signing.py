"""Signing in and out: Argon2 passwords, lock-out, sessions that can be ended everywhere."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import Flask, current_app, request, session
from flask_babel import gettext as _
from flask_login import LoginManager
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from crm.accounts.models import SignInFailure, User, UserSession
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError

LOCK_AFTER_FAILURES = 5
LOCK_ADDRESS_AFTER_FAILURES = 50  # an office shares one address; a guesser over all accounts needs far more
LOCK_FOR = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=14)
# Accounts of the demonstration, whose passwords everybody knows: open in demo mode only.
DEMO_DOMAIN = "@demo.tidu.invalid"

login_manager = LoginManager()
hasher = PasswordHasher()
# Verified when the account is unknown, so that the answer takes as long as for a known one.
DECOY = hasher.hash(secrets.token_hex(16))


class LockedError(DomainError):
    """Too many failures; the answer is the same for known and unknown addresses."""


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.user_loader(load_session)


def normal_email(email: str) -> str:
    return email.strip().lower()


def hash_password(password: str) -> str:
    return hasher.hash(password)


def sign_in(email: str, password: str, address: str) -> User | None:
    """The user whose email and password these are, or None. Failures are counted in the database.

    Raises LockedError after too many failures within fifteen minutes, whether or not the password is now right.
    """
    email = normal_email(email)
    _refuse_locked(email, address)
    user = db.session.scalar(select(User).where(User.email == email))
    known = user is not None and user.password_hash is not None and is_open(user)
    right = password_matches(user.password_hash if user is not None else None, password)
    if user is None or not known or not right:
        _count_failure(email, address)
        return None
    db.session.execute(delete(SignInFailure).where(SignInFailure.email == email))
    return user


def confirm_password(user: User, password: str, address: str) -> bool:
    """Whether this is the signed-in user's own password. Wrong guesses count towards the lock-out."""
    _refuse_locked(user.email, address)
    right = password_matches(user.password_hash, password)
    if not right:
        _count_failure(user.email, address)
    return right


def _refuse_locked(email: str, address: str) -> None:
    """Raise LockedError after too many failures for this account, or from this address over all accounts."""
    if db.session.get_bind().dialect.name == "postgresql":
        # Guesses sent at once wait for each other; on SQLite a writing request holds the lock already.
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(email))))
    since = clock.now() - LOCK_FOR
    for column, value, most in (
        (SignInFailure.email, email, LOCK_AFTER_FAILURES),
        (SignInFailure.address, address, LOCK_ADDRESS_AFTER_FAILURES),
    ):
        failures = db.session.scalar(
            select(func.count()).select_from(SignInFailure).where(column == value, SignInFailure.at > since)
        )
        if failures is not None and failures >= most:
            raise LockedError(_("尝试次数过多。请 15 分钟后再试，或请管理员重设密码。"))


def _count_failure(email: str, address: str) -> None:
    db.session.execute(delete(SignInFailure).where(SignInFailure.at <= clock.now() - LOCK_FOR))
    db.session.add(SignInFailure(email=email, address=address))


def password_matches(password_hash: str | None, password: str) -> bool:
    try:
        return hasher.verify(password_hash or DECOY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(user: User) -> None:
    """Remember this browser: the cookie gets a fresh token, the table its hash."""
    token = secrets.token_urlsafe(32)
    browser = (request.user_agent.string or "")[:300]
    db.session.add(
        UserSession(user_id=user.id, token_hash=token_hash(token), address=request.remote_addr, browser=browser)
    )
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["_user_id"] = token
    if language:
        session["language"] = language


def load_session(token: str) -> User | None:
    """The user of a session that is neither ended nor too old."""
    found = db.session.scalar(
        select(UserSession)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.ended_at.is_(None),
            UserSession.created_at > clock.now() - SESSION_LASTS,
        )
        # Nearly every page asks for the scope next.
        .options(joinedload(UserSession.user).joinedload(User.organisation))
    )
    return found.user if found is not None and is_open(found.user) else None


def is_open(user: User) -> bool:
    """Whether this person may be signed in: not disabled, and no account of the demonstration outside demo mode."""
    return not user.disabled and (current_app.config["DEMO"] or not user.email.endswith(DEMO_DOMAIN))


def end_session() -> None:
    """Sign this browser out."""
    token = session.get("_user_id", "")
    db.session.execute(
        update(UserSession).where(UserSession.token_hash == token_hash(token)).values(ended_at=clock.now())
    )
    session.clear()


def end_every_session(user: User) -> None:
    """Sign the user out everywhere."""
    db.session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
