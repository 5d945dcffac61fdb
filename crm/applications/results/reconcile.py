"""Whom the rows of a list mean: by credit code; a name alone is only a proposal that a person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm.applications.models import ResultList, ResultRow, ResultRowState
from crm.applications.results.doubts import Meant, doubts_of
from crm.applications.results.queries import of_its_unit, title_of
from crm.applications.results.reading import Row
from crm.firms import search
from crm.firms.models import Firm, FirmName
from crm.firms.naming import normal
from crm.kernel.bulk import rows_where_in
from crm.kernel.identifiers import check_credit_code
from crm.ladder.models import Credential

MOST_CANDIDATES = 5


@dataclass
class Known:
    """The firms that a list may mean, by code and by the names they have and had."""

    by_code: dict[str, tuple[int, str]]
    codes: dict[int, str | None]
    by_name: dict[str, list[int]]

    @classmethod
    def of(cls, session: Session, results: ResultList, *among: ColumnElement[bool]) -> Known:
        """Three plain columns of every firm of the unit: a list of a province names thousands of them."""
        by_code: dict[str, tuple[int, str]] = {}
        codes: dict[int, str | None] = {}
        by_name: dict[str, list[int]] = defaultdict(list)
        for firm_id, code, name in session.execute(
            select(Firm.id, Firm.credit_code, Firm.name).where(of_its_unit(results), *among).order_by(Firm.id)
        ):
            codes[firm_id] = code
            by_name[normal(name)].append(firm_id)
            if code is not None:
                by_code[code] = (firm_id, name)
        former = select(FirmName.firm_id, FirmName.name).join(Firm, Firm.id == FirmName.firm_id)
        for firm_id, name in session.execute(former.where(of_its_unit(results), *among).order_by(FirmName.id)):
            if firm_id not in by_name[normal(name)]:
                by_name[normal(name)].append(firm_id)
        return cls(by_code, codes, by_name)


def reconcile(session: Session, results: ResultList, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows of `result_row` for a list, by column name, without its id."""
    known = Known.of(session, results)
    seen: dict[str, int] = {}
    found = [_judged(row, known, seen) for row in rows]
    _mark_held(session, results, found)
    _mark_doubtful(session, results, found)
    return found


def _judged(row: Row, known: Known, seen: dict[str, int]) -> dict[str, Any]:
    """One row: its state, the firm it means, and what a person is told. `seen`: who stood in the list before, and where."""
    code = check_credit_code(row.code) if row.code else None
    judged: dict[str, Any] = {
        "row": row.row,
        "name": row.name,
        "credit_code": code.normal[:40] if code else None,
        "number": row.number or None,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "firm_id": None,
        "note": {},
    }
    identity = code.normal if code is not None and code.is_valid else normal(row.name) or f"row {row.row}"
    faulty = {} if row.fault is None else {"fault": row.fault, "wrong": row.wrong}
    named = known.by_name.get(normal(row.name), []) if row.name else []
    coded = known.by_code.get(code.normal) if code is not None and code.is_valid else None
    if coded is not None and named and coded[0] not in named and not faulty:
        note = {"why": "another", "candidates": [coded[0], *named][:MOST_CANDIDATES]}
        return {**judged, "state": ResultRowState.PROPOSED, "note": note}
    if identity in seen:
        return {**judged, "state": ResultRowState.DUPLICATE, "note": {"first": seen[identity], **faulty}}
    if faulty:
        return {**judged, "state": ResultRowState.FAULTY, "note": faulty}
    seen[identity] = row.row
    if coded is not None:
        firm_id, name = coded
        renamed = bool(row.name) and not named
        return {
            **judged,
            "state": ResultRowState.MATCHED,
            "firm_id": firm_id,
            "note": {"here": name} if renamed else {},
        }
    why = "no_code" if code is None else "other_code" if code.is_valid else "wrong_code"
    if named:
        note = {"why": why, "candidates": named[:MOST_CANDIDATES]}
        return {**judged, "state": ResultRowState.PROPOSED, "note": note}
    if why == "wrong_code":
        assert code is not None
        return {**judged, "state": ResultRowState.FAULTY, "note": {"fault": str(code.reason)}}
    return {**judged, "state": ResultRowState.UNKNOWN}


def judge_again(session: Session, results: ResultList, row: ResultRow) -> dict[str, Any]:
    """What one row means today, after it was corrected or a firm was registered: its columns as `reconcile` has them."""
    near = search.find(session, row.name, [of_its_unit(results)], limit=20) if row.name else []
    among: ColumnElement[bool] = Firm.id.in_(near)
    if row.credit_code:  # none is no code that a firm could have
        among = or_(among, Firm.credit_code == row.credit_code)
    return _judged(as_read(row), Known.of(session, results, among), {})


def judge_all_again(session: Session, results: ResultList, rows: Iterable[ResultRow]) -> list[dict[str, Any]]:
    """The same of many rows."""
    known = Known.of(session, results)
    return [_judged(as_read(row), known, {}) for row in rows]


def as_read(row: ResultRow) -> Row:
    """A row that was kept, as if it had just been read."""
    return Row(row.row, row.name, row.credit_code or "", row.number or "", row.valid_from, row.valid_to)


def _mark_held(session: Session, results: ResultList, rows: list[dict[str, Any]]) -> None:
    """Rows whose very certificate is recorded already need nothing more."""
    matched = {row["firm_id"]: row for row in rows if row["state"] is ResultRowState.MATCHED}
    titles = {firm_id: (row["number"], row["valid_from"]) for firm_id, row in matched.items()}
    for firm_id, title_id in held_of(session, results, titles).items():
        matched[firm_id].update(state=ResultRowState.HELD, credential_id=title_id)


def _mark_doubtful(session: Session, results: ResultList, rows: list[dict[str, Any]]) -> None:
    """Rows whose title the record contradicts are for a person to mend."""
    if not results.decided:
        return
    meant = [
        Meant(row["row"], row["firm_id"], row["number"], since, row["valid_to"] or results.valid_to)
        for row in rows
        if row["state"] is ResultRowState.MATCHED and (since := row["valid_from"] or results.valid_from) is not None
    ]
    doubts = doubts_of(session, results.rung, meant)
    for row in rows:
        if row["row"] in doubts:
            row.update(state=ResultRowState.FAULTY, note={**row["note"], "fault": doubts[row["row"]]})


def held_of(
    session: Session, results: ResultList, given: Mapping[int, tuple[str | None, date | None]]
) -> dict[int, int]:
    """Firm → its title of the list's rung that is on record already; `given`: number and first day, as its row has them.

    A number of the row's own is the certificate's; where the document's stands for it, the term has to begin on the same day.
    """
    titles = select(Credential.id, Credential.firm_id, Credential.number, Credential.valid_from).where(
        Credential.rung == results.rung, Credential.number.is_not(None)
    )
    found = {}
    for title in rows_where_in(session, titles, Credential.firm_id, given):
        number, since = given[title.firm_id]
        term = title_of(results, number, since)
        if (title.number, title.valid_from) == (term[0], title.valid_from if number else term[1]):
            found[title.firm_id] = title.id
    return found
