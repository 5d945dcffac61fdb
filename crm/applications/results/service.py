"""What may be done with a result list: take it in, grant its titles, take them back, discard it. Its rows: `deciding`."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of, within_scope
from crm.applications.models import ResultList, ResultRow, ResultState
from crm.applications.results.reading import FROM, TO, Row, read_list
from crm.kernel import clock, files, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.models import Rung
from crm.ladder.service.common import require
from crm.ladder.words import LISTED

READ, AGAIN, GRANT, UNDO = "results.read", "results.again", "results.grant", "results.undo"
ROWS_TOLD = 8  # numbers of rows in one message
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
    if decided and valid_from is None:
        _require_days(rows, FROM, _("发证日期"))
    if decided and valid_to is None and rung not in LISTED:
        _require_days(rows, TO, _("有效期截止"))
    results = ResultList(
        organisation=organisation, rung=rung, title=title, document_number=document_number, decided=decided,
        published_on=published_on, valid_from=valid_from, valid_to=valid_to, actor=actor,
        file_name=PurePath(file_name.replace("\\", "/")).name[-200:], sha256=files.store(content),
    )  # fmt: skip
    db.session.add(results)
    db.session.flush()
    jobs.enqueue(READ, list_id=results.id, actor_id=actor.id)
    return results


def match_again(*, actor: User, results: ResultList) -> None:
    """Have the rows matched once more that no firm was found for: some were registered since."""
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.READ, ResultState.GRANTED)
    _start(results, ResultState.READING, AGAIN, actor)


def grant(*, actor: User, results: ResultList) -> None:
    """Have the titles of all matched rows recorded."""
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.READ, ResultState.GRANTED)
    if not results.decided:
        raise DomainError(_("公示名单还不是认定结果，不能据此登记资质；请在正式公布后导入正式名单。"))
    _start(results, ResultState.GRANTING, GRANT, actor)


def undo(*, actor: User, results: ResultList) -> None:
    """Have the titles taken back that this list recorded, and on which nothing was built since."""
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.GRANTED)
    _start(results, ResultState.UNDOING, UNDO, actor)


def discard(*, actor: User, results: ResultList) -> None:
    """Forget a list that granted nothing."""
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.READ, ResultState.FAILED)
    db.session.execute(delete(ResultRow).where(ResultRow.result_list_id == results.id))
    db.session.delete(results)
    db.session.flush()


def progress_key(list_id: int) -> str:
    return f"results-{list_id}"


def _require_days(rows: list[Row], key: str, title: str) -> None:
    """Each row says the day, or says one that cannot be read (which is corrected on its row); none is left to the list."""
    empty = [row.row for row in rows if getattr(row, key) is None and key not in row.wrong]
    if not empty:
        return
    if len(empty) == len(rows):
        said = _("名单里没有%(title)s一列，请在这里填写有效期。", title=title)
    else:
        said = _(
            "名单第 %(rows)s 行没有写%(title)s（共 %(n)s 行）：请在这里填这些行用的日期，或在文件里补上再上传。",
            rows="、".join(map(str, empty[:ROWS_TOLD])),
            title=title,
            n=len(empty),
        )
    raise DomainError(said, field=key)


def expect(results: ResultList, *states: ResultState) -> None:
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
