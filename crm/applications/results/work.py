"""The jobs behind a result list: match its rows, record its titles, take them back.

Matching is one transaction. Titles are recorded and taken back a part at a time: what was done before a stop stays done, each
row says so, and who asks again has the rest done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select

from crm.accounts.models import User
from crm.applications.follow import standing, unsettle, what_followed
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results import service
from crm.applications.results.deciding import settle
from crm.applications.results.doubts import Meant, doubts_of
from crm.applications.results.queries import of_its_unit, term_of
from crm.applications.results.reading import read_list
from crm.applications.results.reconcile import held_of, judge_all_again, reconcile
from crm.applications.telling import take_back_titles, tell_titles
from crm.firms.documents.service import media_type_of
from crm.firms.models import Document, Firm
from crm.kernel import audit, jobs
from crm.kernel.bulk import chunks, insert_rows, rows_where_in
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import service as ladder
from crm.ladder.models import Case, CaseStatus, Credential, Stage
from crm.ladder.service.cases import why_certified_stays
from crm.ladder.service.credentials import checked_certificate

# Rows in one transaction, which keeps others from saving on SQLite: titles alone, and those with a case.
AT_ONCE, CASES_AT_ONCE = 500, 10
# What a row's note keeps of a case that was ended for its title, or certified by it.
TAKEN_UP = ("ended", "certified", "evidence", "event", "applications", "case", "kept")
EVIDENCE = "certificate"  # what a case needs to be certified: the certificate, or the list as published


def init_app(app: Flask) -> None:
    jobs.offer(app, service.READ, jobs.Work(read, failed))
    jobs.offer(app, service.AGAIN, jobs.Work(match_again, failed_to_match))
    jobs.offer(app, service.GRANT, jobs.Work(grant, broken_off))
    jobs.offer(app, service.UNDO, jobs.Work(undo, broken_off))


def read(list_id: int, actor_id: int) -> None:
    """Match the rows of the file with the firms; holds no lock meanwhile."""
    content = service.content_of(db.session.get_one(ResultList, list_id))
    db.session.rollback()
    jobs.note_progress(service.progress_key(list_id), 0, None)
    rows = read_list(content)
    jobs.note_progress(service.progress_key(list_id), 30, 100)
    with db.reading() as session:
        judged = reconcile(session, session.get_one(ResultList, list_id), rows)
    jobs.note_progress(service.progress_key(list_id), 80, 100)
    audit.sign(db.session, actor_id, audit.Via.IMPORT)
    keep_rows(db.session.get_one(ResultList, list_id), judged)


def match_again(list_id: int, actor_id: int) -> None:
    """Match the rows once more that no firm was found for; what a person decided, and days that cannot be read, stay."""
    audit.sign(db.session, actor_id, audit.Via.IMPORT)
    results, actor = db.session.get_one(ResultList, list_id), db.session.get_one(User, actor_id)
    _held_no_more(list_id, actor)
    doubtful = (ResultRowState.UNKNOWN, ResultRowState.PROPOSED, ResultRowState.FAULTY)
    rows = db.session.scalars(
        select(ResultRow)
        .where(ResultRow.result_list_id == list_id, ResultRow.state.in_(doubtful), ResultRow.firm_id.is_(None))
        .order_by(ResultRow.row)
    ).all()
    rows = [row for row in rows if not row.note.get("wrong")]
    jobs.note_progress(service.progress_key(list_id), 0, len(rows))
    for done, (row, judged) in enumerate(zip(rows, judge_all_again(db.session, results, rows), strict=True)):
        if done % AT_ONCE == 0:
            jobs.note_progress(service.progress_key(list_id), done, len(rows))
        row.note = {key: value for key, value in row.note.items() if key not in ("fault", "why", "candidates")}
        settle(results, row, judged)
    results.state = ResultState.GRANTED if _has_granted(list_id) else ResultState.READ
    db.session.flush()


def keep_rows(results: ResultList, judged: Sequence[dict[str, Any]]) -> None:
    """Keep what the rows of a list mean, in place of what was kept before."""
    db.session.execute(delete(ResultRow).where(ResultRow.result_list_id == results.id))
    insert_rows(db.session, ResultRow.__table__, [{**row, "result_list_id": results.id} for row in judged])
    results.state = ResultState.READ
    db.session.flush()


def grant(list_id: int, actor_id: int) -> None:
    """Record the title of every matched row: a case that is applied for is certified, a running title renewed, the rest granted.

    What was looked at together is granted a part at a time: with thousands of cases nobody else could save for minutes.
    """
    results, actor = _begin(list_id, actor_id)
    _held_no_more(list_id, actor)
    rows = _that_stand(results, _rows(list_id, ResultRowState.MATCHED))
    applied = _with_a_case(results, rows)
    cases, rest = _numbers(rows, applied), _numbers(rows, {row.firm_id for row in rows} - applied)
    jobs.keep_so_far()
    _by_parts(_grant_part, list_id, actor_id, rest, cases)
    db.session.get_one(ResultList, list_id).state = ResultState.GRANTED
    db.session.flush()


def _grant_part(list_id: int, actor_id: int, row_ids: Sequence[int]) -> None:
    """Firms and cases may have changed since the rows were looked at: they are again."""
    results, actor = _begin(list_id, actor_id)
    rows = _that_stand(results, _rows(list_id, ResultRowState.MATCHED, row_ids))
    applied = _with_a_case(results, rows)
    _many(results, [row for row in rows if row.firm_id not in applied], actor)
    for row in rows:
        if row.firm_id in applied:
            _certify(results, row, actor)


def undo(list_id: int, actor_id: int) -> None:
    """Take back the titles the list brought, and take up again the cases that were ended for it. What cannot be, is said on its row.

    Rows of other lists that found the title held are to be granted by these.
    """
    granted = _rows(list_id, ResultRowState.APPLIED)
    cases = [row.id for row in granted if "certified" in row.note or "ended" in row.note]
    rest = sorted({row.id for row in granted} - set(cases))
    db.session.rollback()
    _by_parts(_undo_part, list_id, actor_id, rest, cases)
    results, _actor = _begin(list_id, actor_id)
    kept = len(_rows(list_id, ResultRowState.APPLIED))
    results.state = ResultState.GRANTED if kept else ResultState.READ
    results.error = _("有 %(n)s 项资质没有撤回，原因写在各行。", n=kept) if kept else None
    db.session.flush()


def _undo_part(list_id: int, actor_id: int, row_ids: Sequence[int]) -> None:
    results, actor = _begin(list_id, actor_id)
    granted = _rows(list_id, ResultRowState.APPLIED, row_ids)
    here = _of_its_unit(results, [row.firm_id for row in granted])
    titles = [row.credential_id for row in granted if row.credential_id is not None and row.firm_id in here]
    found_held = select(ResultRow).where(ResultRow.state == ResultRowState.HELD)
    held = [row for (row,) in rows_where_in(db.session, found_held, ResultRow.credential_id, titles)]
    back = ladder.take_back_many(titles, actor=actor, with_case=_whose_case_goes_on(granted))
    gone = set(back.gone)
    take_back_titles(gone)
    for row in held:
        if row.credential_id in gone:
            _to_be_granted(row, actor)
    for row in granted:
        if row.firm_id not in here:
            _keep(row, _("企业已删除或已转到别的单位"))
        elif row.credential_id is None or row.credential_id in gone:
            _to_be_granted(row, actor)
        else:
            _keep(row, back.kept[row.credential_id])


def _by_parts(
    do: Callable[[int, int, Sequence[int]], None], list_id: int, actor_id: int, rest: list[int], cases: list[int]
) -> None:
    """Do it for rows without a case and with one, and keep each part."""
    done, total = 0, len(rest) + len(cases)
    for part in [*chunks(rest, AT_ONCE), *chunks(cases, CASES_AT_ONCE)]:
        jobs.note_progress(service.progress_key(list_id), done, total)
        do(list_id, actor_id, part)
        jobs.keep_so_far()
        done += len(part)


def _begin(list_id: int, actor_id: int) -> tuple[ResultList, User]:
    audit.sign(db.session, actor_id, audit.Via.IMPORT)
    return db.session.get_one(ResultList, list_id), db.session.get_one(User, actor_id)


def _rows(list_id: int, state: ResultRowState, row_ids: Sequence[int] | None = None) -> list[ResultRow]:
    """The rows of the list in a state, or those of them that are named, in its order."""
    found = select(ResultRow).where(ResultRow.result_list_id == list_id, ResultRow.state == state)
    if row_ids is not None:
        found = found.where(ResultRow.id.in_(row_ids))
    return list(db.session.scalars(found.order_by(ResultRow.row)))


def _numbers(rows: Sequence[ResultRow], firm_ids: set[int | None]) -> list[int]:
    return [row.id for row in rows if row.firm_id in firm_ids]


def _whose_case_goes_on(granted: Sequence[ResultRow]) -> set[int]:
    """The titles by which the list certified a case that stands as it left it."""
    found = set()
    for row in granted:
        case = db.session.get(Case, row.note["certified"]) if "certified" in row.note else None
        if case is not None and row.credential_id and why_certified_stays(case, row.note["event"]) is None:
            found.add(row.credential_id)
    return found


def _keep(row: ResultRow, reason: str) -> None:
    row.note = {**row.note, "kept": reason}


def _take_up_again(row: ResultRow, actor: User) -> None:
    """The case that was ended because the list had brought its title, or certified by it, goes on, if nobody moved it since; its
    applications too.
    """
    note = row.note
    row.note = {key: value for key, value in note.items() if key not in TAKEN_UP}
    if "ended" not in note and "certified" not in note:
        return
    case, told = db.session.get(Case, note.get("ended") or note["certified"]), []
    why = _("名单登记的资质已撤回，项目继续")
    try:
        if case is not None and "certified" in note:
            ladder.uncertify_case(case, note["event"], why, actor=actor)
            if note["evidence"]:
                ladder.withdraw(case, EVIDENCE, actor=actor)
        # Of those ended before the list's own step was kept, the step is not known.
        elif case is not None and case.status is CaseStatus.DROPPED and note.get("event") in (None, case.events[-1].id):
            ladder.reopen_case(case, why, actor=actor)
    except DomainError as error:
        told.append(_("培育项目没有重新开始：%(reason)s", reason=error.message))
    left = unsettle(case, note.get("applications", ()), _("名单登记的资质已撤回"), actor=actor)
    if left:
        told.append(_("有 %(n)s 份申报没有恢复：之后又办过，或已重新申报。", n=left))
    if told:
        row.note = {**row.note, "case": "；".join(told)}


def _held_no_more(list_id: int, actor: User) -> None:
    """Rows of the list whose title was on record and is so no longer are to be granted as any other."""
    lost = (ResultRow.state == ResultRowState.HELD, ResultRow.credential_id.is_(None))
    for row in db.session.scalars(select(ResultRow).where(ResultRow.result_list_id == list_id, *lost)).all():
        _to_be_granted(row, actor)
    db.session.flush()


def _to_be_granted(row: ResultRow, actor: User) -> None:
    row.state, row.credential_id = ResultRowState.MATCHED, None
    _take_up_again(row, actor)


def failed(error: Exception | None, list_id: int, actor_id: int) -> None:
    _note(list_id, ResultState.FAILED, error, _("处理中断，没有保存任何内容，请重试。"))


def failed_to_match(error: Exception | None, list_id: int, actor_id: int) -> None:
    """Nothing was changed: the list stands as it stood, granted where titles of it are on record."""
    state = ResultState.GRANTED if _has_granted(list_id) else ResultState.READ
    _note(list_id, state, error, _("处理中断，没有保存任何内容，请重试。"))


def broken_off(error: Exception | None, list_id: int, actor_id: int) -> None:
    """What was done stays done: the list is granted where titles of it are on record."""
    state = ResultState.GRANTED if _has_granted(list_id) else ResultState.READ
    _note(list_id, state, error, _("处理中断：已办的各行都已保存，其余没有动，请再办一次。"))


def _has_granted(list_id: int) -> bool:
    granted = select(ResultRow.id).where(ResultRow.result_list_id == list_id, ResultRow.state == ResultRowState.APPLIED)
    return db.session.scalar(granted.limit(1)) is not None


def _note(list_id: int, state: ResultState, error: Exception | None, told: str) -> None:
    results = db.session.get(ResultList, list_id)
    if results is not None:
        results.state = state
        results.error = str(error) if isinstance(error, DomainError) else told


def _that_stand(results: ResultList, matched: Sequence[ResultRow]) -> list[ResultRow]:
    """The rows that may be granted, one a firm; what became of the firm since, or a term that cannot be, is a row's fault."""
    here = _of_its_unit(results, [row.firm_id for row in matched])
    standing: dict[int, ResultRow] = {}
    for row in matched:
        if row.firm_id is None or row.firm_id not in here:
            _refuse(row, _("企业已删除或不再属于这个单位，请核对"))
        elif row.firm_id in standing:
            row.state, row.note = ResultRowState.DUPLICATE, {**row.note, "first": standing[row.firm_id].row}
            row.firm_id = None
        else:
            try:
                checked_certificate(results.rung, *term_of(results, row))
            except DomainError as error:
                _refuse(row, str(error.message))
            else:
                standing[row.firm_id] = row
    held = held_of(db.session, results, {firm_id: (row.number, row.valid_from) for firm_id, row in standing.items()})
    for firm_id, title_id in held.items():  # recorded, or said whose it is, since the list was read
        row = standing.pop(firm_id)
        row.state, row.credential_id = ResultRowState.HELD, title_id
    meant = [Meant(row.row, firm_id, row.number, *term_of(results, row)[1:]) for firm_id, row in standing.items()]
    doubts = doubts_of(db.session, results.rung, meant)
    for row in standing.values():
        if row.row in doubts:
            _refuse(row, doubts[row.row])
    return [row for row in standing.values() if row.row not in doubts]


def _of_its_unit(results: ResultList, firm_ids: Sequence[int | None]) -> set[int]:
    """Those of the firms that belong to the list's unit today."""
    firms = select(Firm.id).where(of_its_unit(results))
    return {
        row.id for row in rows_where_in(db.session, firms, Firm.id, [each for each in firm_ids if each is not None])
    }


def _with_a_case(results: ResultList, rows: Sequence[ResultRow]) -> set[int | None]:
    """Firms whose title ends a case that was applied for: that is done by the ladder's own move, one by one."""
    firms = [row.firm_id for row in rows]
    return {
        row.firm_id
        for row in rows_where_in(db.session, select(Case.firm_id).where(*_applied(results)), Case.firm_id, firms)
    }


def _applied(results: ResultList) -> tuple[ColumnElement[bool], ...]:
    return Case.rung == results.rung, Case.status == CaseStatus.OPEN, Case.stage == Stage.APPLIED


def _many(results: ResultList, rows: Sequence[ResultRow], actor: User) -> None:
    """Titles of firms without a case; one that clashes with another title is left on its row as a fault."""
    grants = [ladder.Grant(row.firm_id or 0, *term_of(results, row)) for row in rows]
    brought: dict[int, ladder.Grant] = {}
    done = ladder.grant_many(results.rung, grants, actor=actor)
    for row, grant, granted in zip(rows, grants, done, strict=True):
        if granted is None:
            _refuse(row, _("这段有效期与已登记的同类资质重叠，请核对"))
        else:
            row.state, row.credential_id = ResultRowState.APPLIED, granted.credential_id
            brought[granted.credential_id] = grant
    tell_titles(results, brought)


def _certify(results: ResultList, row: ResultRow, actor: User) -> None:
    """The title that ends a case, with the list as its evidence; a refusal stays on the row as its fault."""
    firm = db.session.get_one(Firm, row.firm_id)
    case = db.session.scalars(select(Case).where(Case.firm_id == firm.id, *_applied(results))).one()
    evident = any(item.key == EVIDENCE and item.document_id for item in case.items)
    before = standing(case)
    try:
        with db.session.begin_nested():
            if not evident:
                ladder.accept_document(case, EVIDENCE, _evidence(results, firm, actor), actor=actor)
            certificate = ladder.Certificate(*term_of(results, row))
            event = ladder.move_case(case, Stage.CERTIFIED, actor=actor, certificate=certificate)
    except DomainError as error:
        _refuse(row, str(error.message))
    else:
        row.state = ResultRowState.APPLIED
        row.credential_id = db.session.scalar(select(Credential.id).where(Credential.case_id == case.id).limit(1))
        row.note = {
            **row.note,
            "certified": case.id,
            "event": event.id,
            "evidence": not evident,
            "applications": what_followed(before),
        }


def _refuse(row: ResultRow, fault: str) -> None:
    row.state, row.note = ResultRowState.FAULTY, {**row.note, "fault": fault}


def _evidence(results: ResultList, firm: Firm, actor: User) -> Document:
    """The list as published, as a paper of the firm: its bytes are kept once."""
    content = service.content_of(results)
    document = Document(
        firm=firm, name=results.file_name, media_type=media_type_of(content) or "text/csv", size=len(content),
        sha256=results.sha256, uploaded_by=actor,
    )  # fmt: skip
    db.session.add(document)
    return document
