"""A form that a device kept until it had network is saved once, however often it is sent.

The device gives each form a key (`Tidu-Key`). What was saved under a key is noted in the same commit; the answer may then
get lost on its way without harm. Where the same key comes with other content, a person changed what had already been
saved: that is theirs to decide (409), nothing is thrown away and nothing saved twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

from flask import Flask, Response, g, request
from flask_login import current_user
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from crm.desk.offline.models import ReceivedForm
from crm.kernel import clock
from crm.kernel.db import db

HEADER = "Tidu-Key"
LOCATION = "Tidu-Location"
REMEMBERED = timedelta(days=90)
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def init_app(app: Flask) -> None:
    app.before_request(_known)
    app.after_request(_note)


def _key() -> str | None:
    """The key of the form that is being sent; None for every other request."""
    key = request.headers.get(HEADER, "")
    return key if request.method == "POST" and _KEY.fullmatch(key) else None


def _known() -> Response | None:
    """Answer a form that was saved before."""
    key = _key()
    if key is None:
        return None
    if not current_user.is_authenticated:
        return Response(status=401)  # the device keeps the form until its author signs in
    found = db.session.get(ReceivedForm, (current_user.id, key))
    if found is None:
        return None
    return Response(status=204 if found.digest == _digest() else 409, headers={LOCATION: found.location})


def _note(response: Response) -> Response:
    """Remember a form that was saved, and say where it led: a script cannot read a redirect."""
    key = _key()
    if key is None:
        return response
    location = response.location
    if 300 <= response.status_code < 400 and location is not None and not g.get("received"):
        g.received = True
        now = clock.now()
        db.session.execute(
            delete(ReceivedForm).where(ReceivedForm.user_id == current_user.id, ReceivedForm.at < now - REMEMBERED)
        )
        db.session.add(ReceivedForm(user_id=current_user.id, key=key, digest=_digest(), location=location, at=now))
        try:
            db.session.flush()
        except IntegrityError:  # saved by the same form a moment ago: asked again, it is known
            db.session.rollback()
            response = Response(status=503)
        else:
            response = Response(status=204, headers={LOCATION: location})
    response.headers[HEADER] = key  # the answer is this house's own, and not that of a portal on the way
    return response


def _digest() -> str:
    """Of everything in the form but its CSRF token, which is a new one each time."""
    made = hashlib.sha256()
    for name, value in request.form.items(multi=True):
        if name != "csrf_token":
            made.update(json.dumps([name, value]).encode())
    for name, file in request.files.items(multi=True):
        file.stream.seek(0)
        content = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        file.stream.seek(0)
        made.update(json.dumps([name, file.filename, content]).encode())
    return made.hexdigest()
