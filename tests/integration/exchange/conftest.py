"""Files to import, and a way to walk one through from upload to result."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange import service
from crm.exchange.models import ImportRow, ImportRun, Kind, Outcome
from crm.kernel import jobs
from tests.factories import Park


class Importing:
    """Imports by the room's verbs, the jobs done for real by the queue."""

    def __init__(self, app: Flask, session: Session, park: Park) -> None:
        self.app = app
        self.session = session
        self.park = park

    def check(
        self,
        kind: Kind,
        content: str | bytes,
        *,
        actor: User | None = None,
        organisation: Organisation | None = None,
        create_firms: bool = True,
        unit: str | None = "元",
    ) -> ImportRun:
        """Upload and preview; `unit` is said of amounts that say none."""
        run = service.upload(
            actor=actor or self.park.officer,
            kind=kind,
            file_name="名单.csv",
            content=content.encode() if isinstance(content, str) else content,
            organisation=organisation or self.park.park,
        )
        service.settle(run=run, columns={}, sheet_name=None, unit=unit, create_firms=create_firms)
        return self._work(run)

    def save(self, kind: Kind, content: str | bytes, **options: Any) -> ImportRun:
        """Upload, preview, confirm."""
        return self.confirm(self.check(kind, content, **options), options.get("actor"))

    def confirm(self, run: ImportRun, actor: User | None = None) -> ImportRun:
        """Have a preview saved."""
        service.confirm(actor=actor or self.park.officer, run=run)
        return self._work(run)

    def undo(self, run: ImportRun, actor: User | None = None) -> ImportRun:
        service.undo(actor=actor or self.park.officer, run=run)
        return self._work(run)

    def rows(self, run: ImportRun) -> list[ImportRow]:
        return list(
            self.session.scalars(select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.row_number))
        )

    def outcomes(self, run: ImportRun) -> dict[int, Outcome]:
        return {row.row_number: row.outcome for row in self.rows(run)}

    def messages(self, run: ImportRun) -> dict[int, str]:
        """Row number → everything said about it."""
        return {
            row.row_number: "；".join(message["text"] for message in row.messages)
            for row in self.rows(run)
            if row.messages
        }

    def _work(self, run: ImportRun) -> ImportRun:
        run_id = run.id
        self.session.commit()
        jobs.work_until_empty(self.app)
        self.session.expire_all()
        return self.session.get_one(ImportRun, run_id)


@pytest.fixture
def importing(app: Flask, session: Session, park: Park) -> Importing:
    return Importing(app, session, park)


def send(
    client: FlaskClient, kind: str, content: str | bytes, organisation: Organisation, name: str = "名单.csv"
) -> Any:
    """Upload a file through the page."""
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        "/imports/new",
        data={"kind": kind, "organisation_id": organisation.id, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )
