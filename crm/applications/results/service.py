"""What may be done with a result list: take it in, decide its doubtful rows, grant its titles, take them back, discard it."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of, within_scope
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results.reading import read_list
from crm.firms.models import Firm
from crm.kernel import clock, files, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.models import Rung
from crm.ladder.service.common import require
from crm.ladder.words import LISTED

READ, GRANT, UNDO = "results.read", "results.grant", "results.undo"
WORKING = (ResultState.READING, ResultState.GRANTING, ResultState.UNDOING)


def load_list_for(user: User, list_id: int, *, for_update: bool = False) -> ResultList:
    """The list, if it belongs to an organisation within the user's scope. Raises NotFoundError (404) otherwise."""
    statement = select(ResultList).where(ResultList.id == list_id, within_scope(user, ResultList.organisation_id))
    if for_update:
        statement = statement.with_for_update(of=ResultList)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFoundError(_("没有这份名单，或它不在您的管辖范围内。"))
    return found


def take_in(
    *,
    actor: User,
    organisation: Organisation,
    rung: Rung,
    title: str,
    decided: bool,
    published_on: date,
    file_name: str,
    content: bytes,
    document_number: str | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> ResultList:
    """Keep a list as published, and have its rows matched. Raises DomainError where it cannot be read or its term is no term."""
    require(actor, Permission.CULTIVATE)
    if organisation.id not in {each.id for each in organisations_of(actor)}:
        raise DomainError(_("只能导入到您管辖的单位。"), field="organisation_id")
    if published_on > clock.today():
        raise DomainError(_("公布日期不能晚于今天。"), field="published_on")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise DomainError(_("有效期截止日早于起始日，请核对。"), field="valid_to")
    if valid_from is not None and valid_from > clock.today():
        raise DomainError(_("有效期起始日不能晚于今天。"), field="valid_from")
    rows = read_list(content)
    if not rows:
        raise DomainError(_("名单里没有企业：请检查文件后重新上传。"), field="file")
    if decided and any(row.valid_from is None for row in rows) and valid_from is None:
        raise DomainError(_("名单里没有发证日期一列，请在这里填写有效期。"), field="valid_from")
    if decided and rung not in LISTED and any(row.valid_to is None for row in rows) and valid_to is None:
        raise DomainError(_("名单里没有有效期截止一列，请在这里填写有效期。"), field="valid_to")
    results = ResultList(
        organisation=organisation, rung=rung, title=title, document_number=document_number, decided=decided,
        published_on=published_on, valid_from=valid_from, valid_to=valid_to, actor=actor,
        file_name=PurePath(file_name.replace("\\", "/")).name[-200:], sha256=files.store(content),
    )  # fmt: skip
    db.session.add(results)
    db.session.flush()
    jobs.enqueue(READ, list_id=results.id, actor_id=actor.id)
    return results


def accept(*, actor: User, results: ResultList, row: ResultRow, firm: Firm) -> None:
    """Say which firm a doubtful row means. Raises DomainError where the firm stands in the list already."""
    require(actor, Permission.CULTIVATE)
    _expect(results, ResultState.READ, ResultState.GRANTED)
    if row.state not in (ResultRowState.PROPOSED, ResultRowState.UNKNOWN, ResultRowState.FAULTY, ResultRowState.LEFT):
        raise DomainError(_("这一行已经办过，请刷新页面。"))
    if not firm.organisation.path.startswith(results.organisation.path):
        raise DomainError(
            _("%(name)s 不属于“%(unit)s”，不能对到这份名单。", name=firm.name, unit=results.organisation.name)
        )
    same = select(ResultRow.row).where(
        ResultRow.result_list_id == results.id, ResultRow.firm_id == firm.id, ResultRow.id != row.id
    )
    if (there := db.session.scalar(same.limit(1))) is not None:
        raise DomainError(_("%(name)s 在这份名单的第 %(row)s 行已有。", name=firm.name, row=there))
    row.state, row.firm_id = ResultRowState.MATCHED, firm.id
    row.note = {**row.note, "by": actor.name, "here": firm.name}
    db.session.flush()


def leave(*, actor: User, results: ResultList, row: ResultRow) -> None:
    """Decide that a doubtful row is none of our firms."""
    require(actor, Permission.CULTIVATE)
    _expect(results, ResultState.READ, ResultState.GRANTED)
    if row.state not in (
        ResultRowState.PROPOSED,
        ResultRowState.UNKNOWN,
        ResultRowState.FAULTY,
        ResultRowState.MATCHED,
    ):
        raise DomainError(_("这一行已经办过，请刷新页面。"))
    row.state, row.firm_id = ResultRowState.LEFT, None
    row.note = {**row.note, "by": actor.name}
    db.session.flush()


def grant(*, actor: User, results: ResultList) -> None:
    """Have the titles of all matched rows recorded."""
    require(actor, Permission.CULTIVATE)
    _expect(results, ResultState.READ, ResultState.GRANTED)
    if not results.decided:
        raise DomainError(_("公示名单还不是认定结果，不能据此登记资质；请在正式公布后导入正式名单。"))
    _start(results, ResultState.GRANTING, GRANT, actor)


def undo(*, actor: User, results: ResultList) -> None:
    """Have the titles taken back that this list recorded and nobody touched since."""
    require(actor, Permission.CULTIVATE)
    _expect(results, ResultState.GRANTED)
    _start(results, ResultState.UNDOING, UNDO, actor)


def discard(*, actor: User, results: ResultList) -> None:
    """Forget a list that granted nothing."""
    require(actor, Permission.CULTIVATE)
    _expect(results, ResultState.READ, ResultState.FAILED)
    db.session.execute(delete(ResultRow).where(ResultRow.result_list_id == results.id))
    db.session.delete(results)
    db.session.flush()


def progress_key(list_id: int) -> str:
    return f"results-{list_id}"


def _expect(results: ResultList, *states: ResultState) -> None:
    if results.state not in states:
        raise DomainError(_("这份名单正在处理或已处理完，请刷新页面。"))


def _start(results: ResultList, state: ResultState, job: str, actor: User) -> None:
    results.state, results.error = state, None
    jobs.enqueue(job, list_id=results.id, actor_id=actor.id)
    db.session.flush()


def content_of(results: ResultList) -> bytes:
    return files.path_of(results.sha256).read_bytes()


def row_of(results: ResultList, row_id: int) -> Any:
    """A row of this list. Raises NotFoundError."""
    row = db.session.scalar(select(ResultRow).where(ResultRow.id == row_id, ResultRow.result_list_id == results.id))
    if row is None:
        raise NotFoundError(_("名单里没有这一行。"))
    return row
