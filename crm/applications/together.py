"""The same step for many applications, in the background: first what would become of each, then it is done.

Each goes by the verb of its own page, in a transaction of its own: what fails leaves nothing behind and holds up nobody, and what
was done before a stop stays done. The answer is kept as a bulk run (`crm.ladder.bulk_runs`) of its own kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.accounts.models import User
from crm.applications import queries, service
from crm.applications.machine import Item, OpenItemsError
from crm.applications.models import Application
from crm.applications.words import asked_for, state_title
from crm.kernel import audit, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import bulk_runs as runs
from crm.ladder.bulk_runs import BulkRun
from crm.web.language import language

JOB = "applications_together"
KIND = "applications"
MOST = 200  # applications at once
VERBS = {"review": service.review, "recommend": service.recommend}


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(work, failed))


def ask(*, actor: User, ids: Sequence[int], act: str, done: bool) -> BulkRun:
    """Have it done, or with `done` False only tried. Raises DomainError for none, and for too many."""
    if not ids:
        raise DomainError(_("请至少勾选一份申报。"))
    if len(ids) > MOST:
        raise DomainError(_("一次最多办理 %(most)s 份，请分几次。", most=MOST))
    asked = {"kind": KIND, "act": act, "applications": list(ids), "language": language(), "waits": True}
    run = runs.keep(actor, [], asked=asked, done=done)
    jobs.forget_progress(progress_key(run.id))
    jobs.enqueue(JOB, run_id=run.id)
    return run


def load(user: User, run_id: int) -> BulkRun:
    """One's own. Raises NotFoundError for another's, and for one that was thrown away."""
    return runs.load(user, run_id, KIND)


def progress_key(run_id: int) -> str:
    return f"{JOB}-{run_id}"


def work(run_id: int) -> None:
    """The job: one after the other. What is shown of each is kept with it."""
    run = db.session.get_one(BulkRun, run_id)
    asked, actor_id, done = dict(run.asked), run.actor_id, run.done
    results: list[dict[str, Any]] = []
    with force_locale(asked["language"]):
        for place, application_id in enumerate(asked["applications"]):
            jobs.note_progress(progress_key(run_id), place, len(asked["applications"]))
            audit.sign(db.session, actor_id, audit.Via.PAGE)
            actor = db.session.get_one(User, actor_id)
            for application in queries.applications_by_id(actor, [application_id]):
                results.append(_do(application, asked["act"], actor))
            if done:
                db.session.get_one(BulkRun, run_id).results = list(results)
                jobs.keep_so_far()
            else:
                db.session.rollback()
    run = db.session.get_one(BulkRun, run_id)
    run.results, run.asked = results, {**asked, "waits": False}


def _do(application: Application, act: str, actor: User) -> dict[str, Any]:
    """Try it for one."""
    about = {"application_id": application.id, "name": application.firm.name, "what": asked_for(application)}
    try:
        with db.session.begin_nested():
            VERBS[act](application, actor=actor)
            return {**about, "done": True, "text": str(state_title(application)), "items": []}
    except OpenItemsError as error:
        return {**about, "done": False, "text": str(error), "items": [_shown(item) for item in error.items]}
    except DomainError as error:
        return {**about, "done": False, "text": str(error), "items": []}


def _shown(item: Item) -> dict[str, Any]:
    return {"title": item.title, "text": item.text, "place": list(item.place) if item.place else None}


def failed(error: Exception | None, run_id: int) -> None:
    """What was done before it broke off is kept, and shown."""
    run = db.session.get(BulkRun, run_id)
    if run is not None:
        words = _("办理中断：列出的已经办完，其余的没有动，请再办一次。")
        run.asked = {**run.asked, "waits": False, "error": words}
