"""What may be done with an import: upload, settle its columns, confirm, undo, discard. The work itself is a job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select

from crm.accounts.models import Organisation, User
from crm.accounts.scope import organisations_of, within_scope
from crm.exchange.engine import Settled, check_unit, open_file, peek
from crm.exchange.models import ImportKind, ImportRow, ImportRun, Kind, RunState
from crm.kernel import files, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError

CHECK, RUN, UNDO = "exchange.check", "exchange.run", "exchange.undo"


def begun_by_staff() -> ColumnElement[bool]:
    """The condition that no firm began it: what a firm uploads is a proposal, and no import of the staff's."""
    return User.organisation_id.is_not(None)


def load_run_for(user: User, run_id: int, *, for_update: bool = False) -> ImportRun:
    """The run, if a person under the user's organisation began it. Raises NotFoundError (404) otherwise."""
    statement = select(ImportRun).join(ImportRun.actor).where(ImportRun.id == run_id)
    statement = statement.where(begun_by_staff(), within_scope(user, User.organisation_id))
    if for_update:
        statement = statement.with_for_update(of=ImportRun)
    run = db.session.scalar(statement)
    if run is None:
        raise NotFoundError(_("没有这次导入，或它不在您的管辖范围内。"))
    return run


def upload(
    *, actor: User, kind: Kind, file_name: str, content: bytes, organisation: Organisation, language: str = "zh"
) -> ImportRun:
    """Keep a file that can be read as a table. Raises UnreadableFile with what is wrong with it."""
    if organisation.id not in {each.id for each in organisations_of(actor)}:
        raise DomainError(_("只能导入到您管辖的单位。"), field="organisation_id")
    sheet = peek(content, kind, Settled()).sheet
    return begin(
        actor=actor,
        kind=kind,
        file_name=PurePath(file_name.replace("\\", "/")).name[-200:],
        content=content,
        organisation=organisation,
        total=len(sheet.rows),
        sheet_name=sheet.name or None,
        language=language,
    )


def begin(
    *,
    actor: User,
    kind: Kind,
    file_name: str,
    content: bytes,
    organisation: Organisation,
    total: int,
    **options: Any,
) -> ImportRun:
    """A run on a file that was read."""
    run = ImportRun(
        kind=kind,
        file_name=file_name,
        sha256=files.store(content),
        total=total,
        actor=actor,
        options={"organisation_id": organisation.id, **options},
    )
    db.session.add(run)
    db.session.flush()
    return run


def settle(
    *, run: ImportRun, columns: Mapping[int, str], sheet_name: str | None, unit: str | None, create_firms: bool
) -> None:
    """Settle which column is what, and have the preview made. Raises DomainError where a needed column is missing, or
    the unit of figures is not known.
    """
    _expect(run, RunState.UPLOADED, RunState.CHECKED, RunState.FAILED)
    settled = Settled(sheet_name, dict(columns), unit, create_firms)
    opened = open_file(content_of(run), run.kind, settled)
    if run.kind is ImportKind.FIGURES:
        check_unit(opened)
    run.options = {
        **run.options,
        "sheet_name": sheet_name,
        "columns": {str(place): key for place, key in columns.items()},
        "unit": unit,
        "create_firms": create_firms,
    }
    _start(run, RunState.CHECKING, CHECK, run.actor)


def confirm(*, actor: User, run: ImportRun) -> None:
    """Have the previewed rows saved."""
    _expect(run, RunState.CHECKED)
    _start(run, RunState.RUNNING, RUN, actor)


def undo(*, actor: User, run: ImportRun) -> None:
    """Have a finished run taken back, as far as nobody touched its records since."""
    _expect(run, RunState.DONE)
    _start(run, RunState.UNDOING, UNDO, actor)


def discard(*, run: ImportRun) -> None:
    """Forget a run that saved nothing."""
    _expect(run, RunState.UPLOADED, RunState.CHECKED, RunState.FAILED)
    db.session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    db.session.delete(run)
    db.session.flush()


def settled_of(run: ImportRun) -> Settled:
    """What was settled about the run's file, or the proposal where nothing was yet."""
    options = run.options
    return Settled(
        options.get("sheet_name"),
        {int(place): key for place, key in (options.get("columns") or {}).items()},
        options.get("unit"),
        options.get("create_firms", True),
    )


def content_of(run: ImportRun) -> bytes:
    """The uploaded bytes. Raises DomainError where they are no longer there."""
    try:
        return files.path_of(run.sha256).read_bytes()
    except OSError as error:
        raise DomainError(_("上传的文件已不在服务器上，没有保存任何内容：请重新上传。"), field="file") from error


def progress_key(run_id: int) -> str:
    return f"import-{run_id}"


def _start(run: ImportRun, state: RunState, job: str, actor: User) -> None:
    run.state, run.error = state, None
    jobs.forget_progress(progress_key(run.id))
    jobs.enqueue(job, run_id=run.id, actor_id=actor.id)
    db.session.flush()


def _expect(run: ImportRun, *states: RunState) -> None:
    if run.state not in states:
        raise DomainError(_("这次导入已到下一步，或正在处理：请刷新页面查看。"))
