"""Deciding the rows of a result list one by one: whom one means, what it should say, which of two counts; and the cases it ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.follow import by_list, settle_by_list
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results import queries
from crm.applications.results.reconcile import judge_again
from crm.applications.results.service import expect
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.identifiers import check_credit_code
from crm.ladder import service as ladder
from crm.ladder.service.common import require
from crm.ladder.service.credentials import checked_certificate
from crm.ladder.words import LISTED, RUNGS

STATES = ResultRowState
OPEN = (STATES.PROPOSED, STATES.UNKNOWN, STATES.FAULTY, STATES.LEFT)  # whose firm may be said
CORRECTED = (*OPEN, STATES.MATCHED, STATES.DUPLICATE)  # what the row says may be corrected
REFUSED = ("fault", "wrong")  # what a note tells of a row that cannot be granted


def accept(*, actor: User, results: ResultList, row: ResultRow, firm: Firm) -> None:
    """Say which firm a doubtful row means. Where the firm stands in the list already, the row becomes that one's duplicate."""
    _begin(actor, results, row, OPEN)
    if not firm.organisation.path.startswith(results.organisation.path):
        raise DomainError(
            _("%(name)s 不属于“%(unit)s”，不能对到这份名单。", name=firm.name, unit=results.organisation.name)
        )
    row.note = {**row.note, "by": actor.name, "here": firm.name}
    _give(results, row, firm.id)
    db.session.flush()


def leave(*, actor: User, results: ResultList, row: ResultRow) -> None:
    """Decide that a row is none of our firms, or is not to be used."""
    _begin(actor, results, row, (STATES.PROPOSED, STATES.UNKNOWN, STATES.FAULTY, STATES.MATCHED))
    row.state, row.firm_id = STATES.LEFT, None
    row.note = {**row.note, "by": actor.name}
    db.session.flush()


def correct(
    *,
    actor: User,
    results: ResultList,
    row: ResultRow,
    credit_code: str | None,
    number: str | None,
    valid_from: date | None,
    valid_to: date | None,
) -> None:
    """Correct what a row says, and match it once more. What was published stays in its note.

    Raises DomainError on the field that is wrong, as granting the title would.
    """
    _begin(actor, results, row, CORRECTED)
    code = check_credit_code(credit_code) if credit_code else None
    if code is not None and not code.is_valid:
        raise DomainError(str(code.reason), field="credit_code")
    _require_term(results, number, valid_from, valid_to)
    before = {
        "credit_code": row.credit_code, "number": row.number,
        "valid_from": row.note.get("wrong", {}).get("valid_from") or (row.valid_from and row.valid_from.isoformat()),
        "valid_to": row.note.get("wrong", {}).get("valid_to") or (row.valid_to and row.valid_to.isoformat()),
    }  # fmt: skip
    row.credit_code, row.number = code.normal if code is not None else None, number
    row.valid_from, row.valid_to = valid_from, valid_to
    kept = {key: value for key, value in row.note.items() if key not in REFUSED}
    row.note = {**kept, "by": actor.name, "published": row.note.get("published", before)}
    if row.state is STATES.DUPLICATE:
        pass  # which of the two counts is decided apart
    elif row.firm_id is not None and row.credit_code == before["credit_code"]:
        _give(results, row, row.firm_id)
    else:
        _match(results, row)
    db.session.flush()


def prefer(*, actor: User, results: ResultList, row: ResultRow) -> None:
    """Of rows that mean one firm, let this one count. Raises DomainError where another was granted already."""
    _begin(actor, results, row, (STATES.DUPLICATE,))
    first = queries.row_number(results, row.note.get("first", 0))
    if first is None:
        raise DomainError(_("这一行已经办过，请刷新页面。"))
    if first.state is STATES.APPLIED:
        raise DomainError(_("第 %(row)s 行的资质已经登记。要改以这一行为准，请先撤回这份名单的登记。", row=first.row))
    firm_id = first.firm_id
    doubles = db.session.scalars(
        select(ResultRow).where(ResultRow.result_list_id == results.id, ResultRow.state == STATES.DUPLICATE)
    )
    for other in [first, *(each for each in doubles if each.note.get("first") == first.row and each is not row)]:
        other.state, other.firm_id, other.credential_id = STATES.DUPLICATE, None, None
        other.note = {**other.note, "first": row.row}
    row.note = {key: value for key, value in row.note.items() if key != "first"} | {"by": actor.name}
    if firm_id is None:
        _match(results, row)
    else:
        _give(results, row, firm_id)
    db.session.flush()


def end_cases(*, actor: User, results: ResultList, case_ids: Collection[int]) -> int:
    """End open cases whose title the firm holds by this list, with the list as the reason; how many.

    What was handed in for the title is granted with it. Undoing the list takes the cases up again, and their applications.
    """
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.GRANTED)
    found = [each for each in queries.cases_to_end(results, limit=None) if each[1].id in case_ids]
    outcomes = by_list({case.id: title.valid_from for _row, case, title in found})
    why = _("“%(list)s”已公布认定结果", list=results.title)
    for row, case, title in found:
        number, _since, _until = queries.term_of(results, row)
        reason = _(
            "已由“%(list)s”取得“%(rung)s”（%(number)s）", list=results.title, rung=RUNGS[results.rung], number=number
        )
        applications = settle_by_list(outcomes.get(case.id, ()), title, why, actor=actor)
        event = ladder.drop_case(case, reason, actor=actor)
        row.note = {**row.note, "ended": case.id, "event": event.id, "applications": applications}
    db.session.flush()
    return len(found)


def settle(results: ResultList, row: ResultRow, judged: dict[str, Any]) -> None:
    """Keep what a row was found to mean; a firm that stands in the list already makes it a duplicate."""
    row.state, row.note = judged["state"], {**row.note, **judged["note"]}
    if row.state is STATES.MATCHED:
        _give(results, row, judged["firm_id"])


def _match(results: ResultList, row: ResultRow) -> None:
    if any(key in row.note for key in REFUSED):
        row.state, row.firm_id = STATES.FAULTY, None
        return
    row.firm_id = None
    settle(results, row, judge_again(db.session, results, row))


def _give(results: ResultList, row: ResultRow, firm_id: int) -> None:
    """The row means this firm: it counts, unless another row does or it says something that cannot be read."""
    same = select(ResultRow.row).where(
        ResultRow.result_list_id == results.id, ResultRow.firm_id == firm_id, ResultRow.id != row.id
    )
    there = db.session.scalar(same.order_by(ResultRow.row).limit(1))
    if there is not None:
        row.state, row.firm_id, row.note = STATES.DUPLICATE, None, {**row.note, "first": there}
        return
    row.firm_id = firm_id
    row.state = STATES.FAULTY if row.note.get("wrong") else STATES.MATCHED
    if row.state is STATES.MATCHED:
        row.note = {key: value for key, value in row.note.items() if key not in REFUSED}


def _require_term(results: ResultList, number: str | None, valid_from: date | None, valid_to: date | None) -> None:
    if not results.decided:
        return
    since, until = valid_from or results.valid_from, valid_to or results.valid_to
    if since is None:
        raise DomainError(_("请填写有效期自：名单没有写各行共用的日期。"), field="valid_from")
    if until is None and results.rung not in LISTED:
        raise DomainError(_("请填写有效期至：名单没有写各行共用的日期。"), field="valid_to")
    checked_certificate(results.rung, number or results.document_number or results.title[:60], since, until)


def _begin(actor: User, results: ResultList, row: ResultRow, states: Collection[ResultRowState]) -> None:
    require(actor, Permission.CULTIVATE)
    expect(results, ResultState.READ, ResultState.GRANTED)
    if row.state not in states:
        raise DomainError(_("这一行已经办过，请刷新页面。"))
