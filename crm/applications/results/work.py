"""The jobs behind a result list: match its rows, record its titles, take them back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select, update

from crm.accounts.models import User
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results import service
from crm.applications.results.queries import of_its_unit
from crm.applications.results.reading import read_list
from crm.applications.results.reconcile import held_of, reconcile
from crm.firms.documents.service import media_type_of
from crm.firms.models import Document, Firm
from crm.kernel import audit, jobs
from crm.kernel.bulk import insert_rows, rows_where_in
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import service as ladder
from crm.ladder.models import Case, CaseStatus, Credential, Stage
from crm.ladder.service.credentials import checked_certificate

AT_ONCE = 500
EVIDENCE = "certificate"  # what a case needs to be certified: the certificate, or the list as published


def init_app(app: Flask) -> None:
    jobs.offer(app, service.READ, jobs.Work(read, failed))
    jobs.offer(app, service.GRANT, jobs.Work(grant, failed_to_change))
    jobs.offer(app, service.UNDO, jobs.Work(undo, failed_to_change))


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


def keep_rows(results: ResultList, judged: Sequence[dict[str, Any]]) -> None:
    """Keep what the rows of a list mean, in place of what was kept before."""
    db.session.execute(delete(ResultRow).where(ResultRow.result_list_id == results.id))
    insert_rows(db.session, ResultRow.__table__, [{**row, "result_list_id": results.id} for row in judged])
    results.state = ResultState.READ
    db.session.flush()


def grant(list_id: int, actor_id: int) -> None:
    """Record the title of every matched row: a case that is applied for is certified, a running title renewed, the rest granted."""
    audit.sign(db.session, actor_id, audit.Via.IMPORT)
    results, actor = db.session.get_one(ResultList, list_id), db.session.get_one(User, actor_id)
    matched = db.session.scalars(
        select(ResultRow)
        .where(ResultRow.result_list_id == list_id, ResultRow.state == ResultRowState.MATCHED)
        .order_by(ResultRow.row)
    ).all()
    rows = _that_stand(results, matched)
    applied = _with_a_case(results, rows)
    cases = [row for row in rows if row.firm_id in applied]
    rest = [row for row in rows if row.firm_id not in applied]
    for start in range(0, len(rest), AT_ONCE):
        jobs.note_progress(service.progress_key(list_id), start, len(matched))
        _many(results, rest[start : start + AT_ONCE], actor)
    for done, row in enumerate(cases):
        jobs.note_progress(service.progress_key(list_id), len(rest) + done, len(matched))
        _certify(results, row, actor)
    results.state = ResultState.GRANTED
    db.session.flush()


def undo(list_id: int, actor_id: int) -> None:
    """Take the titles back that were granted in bulk; those of cases and renewals are corrected where they stand."""
    audit.sign(db.session, actor_id, audit.Via.IMPORT)
    results, actor = db.session.get_one(ResultList, list_id), db.session.get_one(User, actor_id)
    granted = db.session.execute(
        select(ResultRow.id, ResultRow.firm_id, ResultRow.credential_id, ResultRow.note).where(
            ResultRow.result_list_id == list_id, ResultRow.state == ResultRowState.APPLIED
        )
    ).all()
    here = _of_its_unit(results, [row.firm_id for row in granted])
    in_bulk = [
        row.credential_id for row in granted if row.credential_id and row.firm_id in here and not row.note.get("alone")
    ]
    gone = set(ladder.take_back_many(in_bulk, actor=actor))
    back = [row.id for row in granted if row.credential_id in gone]
    for start in range(0, len(back), AT_ONCE):
        db.session.execute(
            update(ResultRow)
            .where(ResultRow.id.in_(back[start : start + AT_ONCE]))
            .values(state=ResultRowState.MATCHED, credential_id=None)
        )
    results.state = ResultState.READ if len(back) == len(granted) else ResultState.GRANTED
    results.error = None if len(back) == len(granted) else _("有 %(n)s 项资质在登记后已被续期、撤销、随项目结案，或企业已转出，没有撤回，请在企业页更正。", n=len(granted) - len(back))  # fmt: skip
    db.session.flush()


def failed(error: Exception | None, list_id: int, actor_id: int) -> None:
    _note(list_id, ResultState.FAILED, error)


def failed_to_change(error: Exception | None, list_id: int, actor_id: int) -> None:
    """Nothing was changed: the list stands as it stood, granted where titles of it are on record."""
    granted = select(ResultRow.id).where(ResultRow.result_list_id == list_id, ResultRow.state == ResultRowState.APPLIED)
    there = db.session.scalar(granted.limit(1)) is not None
    _note(list_id, ResultState.GRANTED if there else ResultState.READ, error)


def _note(list_id: int, state: ResultState, error: Exception | None) -> None:
    results = db.session.get(ResultList, list_id)
    if results is not None:
        results.state = state
        results.error = str(error) if isinstance(error, DomainError) else _("处理中断，没有保存任何内容，请重试。")


def _that_stand(results: ResultList, matched: Sequence[ResultRow]) -> list[ResultRow]:
    """The rows that may be granted, one a firm; what became of the firm since, or a term that cannot be, is a row's fault."""
    here = _of_its_unit(results, [row.firm_id for row in matched])
    standing: dict[int, ResultRow] = {}
    for row in matched:
        if row.firm_id is None or row.firm_id not in here:
            _refuse(row, _("企业已删除或不再属于这个单位，请核对"))
        elif row.firm_id in standing:
            _refuse(row, _("这家企业在这份名单的第 %(row)s 行已有", row=standing[row.firm_id].row))
        else:
            try:
                checked_certificate(results.rung, *_term(results, row))
            except DomainError as error:
                _refuse(row, str(error.message))
            else:
                standing[row.firm_id] = row
    held = held_of(db.session, results, {firm_id: row.number for firm_id, row in standing.items()})
    for firm_id, title_id in held.items():  # recorded, or said whose it is, since the list was read
        row = standing.pop(firm_id)
        row.state, row.credential_id = ResultRowState.HELD, title_id
    return list(standing.values())


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


def _term(results: ResultList, row: ResultRow) -> tuple[str, date, date | None]:
    """Number and term of a row's title; what the row does not say is said by the list."""
    since = row.valid_from or results.valid_from or results.published_on
    return row.number or results.document_number or results.title[:60], since, row.valid_to or results.valid_to


def _many(results: ResultList, rows: Sequence[ResultRow], actor: User) -> None:
    """Titles of firms without a case; one that clashes with another title is left on its row as a fault."""
    grants = [ladder.Grant(row.firm_id or 0, *_term(results, row)) for row in rows]
    for row, granted in zip(rows, ladder.grant_many(results.rung, grants, actor=actor), strict=True):
        if granted is None:
            _refuse(row, _("这段有效期与已登记的同类资质重叠，请核对"))
        else:
            row.state, row.credential_id = ResultRowState.APPLIED, granted.credential_id
            row.note = {**row.note, "alone": True} if granted.renewed else row.note


def _certify(results: ResultList, row: ResultRow, actor: User) -> None:
    """The title that ends a case, with the list as its evidence; a refusal stays on the row as its fault."""
    firm = db.session.get_one(Firm, row.firm_id)
    case = db.session.scalars(select(Case).where(Case.firm_id == firm.id, *_applied(results))).one()
    try:
        with db.session.begin_nested():
            if not any(item.key == EVIDENCE and item.document_id for item in case.items):
                ladder.accept_document(case, EVIDENCE, _evidence(results, firm, actor), actor=actor)
            certificate = ladder.Certificate(*_term(results, row))
            ladder.move_case(case, Stage.CERTIFIED, actor=actor, certificate=certificate)
    except DomainError as error:
        _refuse(row, str(error.message))
    else:
        row.state, row.note = ResultRowState.APPLIED, {**row.note, "alone": True}
        row.credential_id = db.session.scalar(select(Credential.id).where(Credential.case_id == case.id).limit(1))


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
