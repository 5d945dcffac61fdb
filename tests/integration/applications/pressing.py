"""What tests send from the pages of an application, and the one they then look at."""

from __future__ import annotations

import io

from sqlalchemy import select

from crm.applications.models import Application

PDF = b"%PDF-1.7 test"


def upload(name: str = "附件.pdf"):
    return (io.BytesIO(PDF), name)


def only(session) -> Application:
    session.expire_all()
    return session.scalars(select(Application)).one()


def version(application: Application) -> str:
    return str(application.version)
