"""Browsers of made-up people: cookies of sessions that really stand in the database."""

from __future__ import annotations

import re
import secrets

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import select

from crm.accounts.models import User, UserSession
from crm.accounts.signing import token_hash
from crm.kernel.db import db

SECRET = "a key to measure with, which is long enough"


def cookie_of(app: Flask, name: str) -> str:
    """The session cookie of a new session of `name`@bench.tidu.invalid."""
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == f"{name}@bench.tidu.invalid")).one()
        token = secrets.token_urlsafe(32)
        db.session.add(UserSession(user_id=user.id, token_hash=token_hash(token)))
        db.session.commit()
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps({"_user_id": token}))


def sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("session", cookie_of(app, name))
    return client


def csrf_token(html: str) -> str:
    """The token of the page's forms."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', html)
    assert found, "no form on the page"
    return found[1]
