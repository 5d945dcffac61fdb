"""The jobs behind an import: make the preview, save the rows, take them back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange import engine, service
from crm.exchange.models import ImportRow, ImportRun, RunState
from crm.exchange.plan import PlannedRow, counts
from crm.exchange.rows import ConvertedRow
from crm.exchange.undo import undo_run
from crm.kernel import audit, clock, jobs
from crm.kernel.bulk import ChangedMeanwhileError, insert_rows
from crm.kernel.db import db
from crm.kernel.errors import DomainError

ATTEMPTS = 3
Result = TypeVar("Result")
# What a plan reads and people may save meanwhile, as the history calls it.
PLANNED_BY = (
    "firm", "firm_name", "contact", "yearly_figures", "ip_right", "organisation", "user_account", "chain",
    "register_entry", "resource", "resource_firm", "term", "industry",
)  # fmt: skip


@dataclass(frozen=True)
class Beforehand:
    """A plan made while nobody waited, and the last change of the history that it had seen."""

    rows: list[PlannedRow]
    last_seen: int


def init_app(app: Flask) -> None:
    jobs.offer(app, service.CHECK, jobs.Work(check, failed))
    jobs.offer(app, service.RUN, jobs.Work(save, failed))
    jobs.offer(app, service.UNDO, jobs.Work(take_back, failed_to_undo))


def check(run_id: int, actor_id: int) -> None:
    """Make the preview: what each row would do. Saves nothing but that."""
    with _language_of(run_id):
        converted = _read(run_id)
        with db.reading():
            planned = plan_run(db.session.get_one(ImportRun, run_id), converted)
        run = db.session.get_one(ImportRun, run_id)
        _keep(db.session, run, planned)
        run.state = RunState.CHECKED


def save(run_id: int, actor_id: int) -> None:
    """Plan again, as the database stands now, and save. What changed under our hands is planned once more."""
    with _language_of(run_id):
        converted = _read(run_id)
        again_if_changed(lambda: _save(run_id, converted, actor_id))


def _save(run_id: int, converted: list[ConvertedRow], actor_id: int) -> None:
    plan = _beforehand(run_id, converted)
    save_rows(db.session.get_one(ImportRun, run_id), converted, db.session.get_one(User, actor_id), plan)


def _beforehand(run_id: int, converted: list[ConvertedRow]) -> Beforehand | None:
    """Plan before SQLite's write lock is taken, so that others wait only for the writing.

    None on PostgreSQL: there nobody waits, and a transaction that commits late does not show by the history's last id.
    """
    if db.bind.dialect.name == "postgresql":
        return None
    with db.reading() as session:
        last_seen = session.scalar(select(func.max(audit.Change.id))) or 0
        return Beforehand(plan_run(session.get_one(ImportRun, run_id), converted), last_seen)


def _stands(session: Session, plan: Beforehand) -> bool:
    """Whether the plan is what would be planned now: nobody saved since what it read."""
    newer = exists().where(audit.Change.id > plan.last_seen, audit.Change.entity.in_(PLANNED_BY))
    return not session.scalar(select(newer))


def take_back(run_id: int, actor_id: int) -> None:
    with _language_of(run_id):
        again_if_changed(lambda: _take_back(db.session.get_one(ImportRun, run_id), db.session.get_one(User, actor_id)))


def _take_back(run: ImportRun, actor: User) -> None:
    audit.sign(db.session, actor.id, audit.Via.IMPORT, run.id)
    engine.wait_for_turn(db.session)
    undo_run(db.session, run, actor)
    run.state = RunState.UNDONE
    db.session.flush()


def save_rows(
    run: ImportRun, converted: list[ConvertedRow], actor: User, plan: Beforehand | None = None
) -> list[PlannedRow]:
    """Plan and write the rows of a run in the present transaction; the run is done when it is committed.

    A plan made beforehand is written as it is, unless somebody saved meanwhile what it read.
    """
    audit.sign(db.session, actor.id, audit.Via.IMPORT, run.id)
    engine.wait_for_turn(db.session)
    planned = plan.rows if plan and _stands(db.session, plan) else plan_run(run, converted)
    engine.write(db.session, run.kind, planned, actor, _progress(run.id, 40, 95))
    _keep(db.session, run, planned)
    run.state, run.finished_at = RunState.DONE, clock.now()
    db.session.flush()
    return planned


def again_if_changed(save: Callable[[], Result]) -> Result:
    """Try again, from the start, where someone else saved the same records between their reading and their writing."""
    # Rows inserted in bulk (`insert_rows`) fail with the driver's own error.
    taken = (IntegrityError, db.bind.dialect.loaded_dbapi.IntegrityError)
    for _attempt in range(ATTEMPTS - 1):
        try:
            return save()
        except (*taken, ChangedMeanwhileError):
            db.session.rollback()
    return save()


def plan_run(run: ImportRun, converted: list[ConvertedRow]) -> list[PlannedRow]:
    return engine.plan(
        db.session,
        run.kind,
        converted,
        actor=run.actor,
        organisation=db.session.get_one(Organisation, run.options["organisation_id"]),
        create_firms=service.settled_of(run).create_firms,
    )


def failed(error: Exception | None, run_id: int, actor_id: int) -> None:
    """Note on the run why nothing was saved."""
    _note_failure(run_id, RunState.FAILED, error)


def failed_to_undo(error: Exception | None, run_id: int, actor_id: int) -> None:
    """Note why nothing was taken back; the run stays done."""
    _note_failure(run_id, RunState.DONE, error)


def _note_failure(run_id: int, state: RunState, error: Exception | None) -> None:
    run = db.session.get(ImportRun, run_id)
    if run is not None:
        with _language_of(run_id):
            run.state, run.error = state, _sentence(error)


def _sentence(error: Exception | None) -> str:
    if isinstance(error, DomainError):
        return str(error.message)
    if error is None:
        return _("后台任务中途被停止，没有保存任何内容：请重新开始。")
    if isinstance(error, ChangedMeanwhileError):
        return changed_meanwhile()
    return _("系统出错，没有保存任何内容。我们已记录此错误，请稍后重试。")


def changed_meanwhile() -> str:
    """What to say where others saved the same records at every attempt."""
    return _("导入时一直有人在修改同样的记录，没有保存任何内容：请稍后再试。")


def _read(run_id: int) -> list[ConvertedRow]:
    """Read and convert the file, holding no lock meanwhile."""
    run = db.session.get_one(ImportRun, run_id)
    content, kind, settled = service.content_of(run), run.kind, service.settled_of(run)
    db.session.rollback()
    jobs.note_progress(service.progress_key(run_id), 0, None)
    opened = engine.open_file(content, kind, settled)
    return engine.convert(opened, _progress(run_id, 0, 35))


def _progress(run_id: int, begin: int, end: int) -> engine.Progress:
    """Note progress in hundredths of the whole job, of which this part goes from `begin` to `end`."""

    def note(done: int, total: int) -> None:
        share = done / total if total else 1
        jobs.note_progress(service.progress_key(run_id), begin + int(share * (end - begin)), 100)

    return note


def _keep(session: Session, run: ImportRun, planned: Sequence[PlannedRow]) -> None:
    """Keep what each row did, or would do, and the counts."""
    session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    insert_rows(
        session,
        ImportRow.__table__,
        [
            {
                "run_id": run.id,
                "row_number": row.number,
                "outcome": row.outcome,
                "title": row.title,
                "messages": row.messages,
                "entity_id": row.entity_id,
                "before": row.before,
                "after": row.after,
            }
            for row in planned
        ],
    )
    for key, count in counts(planned).items():
        setattr(run, key, count)
    run.total = len(planned)
    session.flush()


@contextmanager
def _language_of(run_id: int) -> Iterator[None]:
    """Speak the language of whoever uploaded the file."""
    run = db.session.get(ImportRun, run_id)
    with force_locale(run.options.get("language", "zh") if run else "zh"):
        yield
