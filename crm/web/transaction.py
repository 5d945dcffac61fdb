"""One commit per request, here and nowhere else."""

from __future__ import annotations

from flask import Flask, Response, request

from crm.kernel.db import READING_METHODS, db


def init_app(app: Flask) -> None:
    app.after_request(_commit)


def _commit(response: Response) -> Response:
    """Keep what a successful writing request did. A reading request never commits; an error page never does."""
    if request.method not in READING_METHODS and response.status_code < 400:
        db.session.commit()
    return response
