"""Why a firm moved and by whose doing: the steps and events of the log behind movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, func, select

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.insight.movement import TITLES_IN, Move, What
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.models import Case, CaseEvent, Credential, CredentialEvent, CredentialEventKind
from crm.web.formatting import day


@dataclass(frozen=True)
class Explained:
    """A movement with the firm's name, the reason as the log has it, and who recorded it (None: nobody yet)."""

    move: Move
    firm: str
    reason: str | None
    actor: str | None


def explained(moves: Sequence[Move], until: date) -> list[Explained]:
    """Each of the movements explained. Three queries for all of them."""
    names = {row[0]: row[1] for row in _rows(select(Firm.id, Firm.name), Firm.id, {move.firm_id for move in moves})}
    titles = _titles([move for move in moves if move.is_title], until)
    steps = _steps([move.record for move in moves if not move.is_title], until)
    found = []
    for move in moves:
        reason, actor = titles[move.record] if move.is_title else _of_step(move, steps.get(move.record, []))
        found.append(Explained(move, names[move.firm_id], reason, actor))
    return found


def _titles(moves: Sequence[Move], until: date) -> dict[int, tuple[str | None, str | None]]:
    """By title: the reason its first or last event has, or its number and term in words."""
    events: dict[int, list[Any]] = {}
    columns = (Credential.id, Credential.number, Credential.valid_to)
    statement = (
        select(*columns, CredentialEvent.kind, CredentialEvent.reason, User.name)
        .join(CredentialEvent, CredentialEvent.credential_id == Credential.id)
        .join(User, User.id == CredentialEvent.actor_id)
        .where(CredentialEvent.on <= until)
        .order_by(CredentialEvent.on, CredentialEvent.id)
    )
    for row in _rows(statement, Credential.id, {move.record for move in moves}):
        events.setdefault(row[0], []).append(row)
    found: dict[int, tuple[str | None, str | None]] = {}
    for move in moves:
        mine = events.get(move.record, [])
        if move.what in TITLES_IN:
            event = next((row for row in mine if row[3] is CredentialEventKind.GRANTED), None)
            number = event[1] if event else None
            found[move.record] = (_("证书 %(number)s", number=number) if number else None, event[5] if event else None)
            continue
        ends = (CredentialEventKind.EXPIRED, CredentialEventKind.REVOKED)
        event = next((row for row in reversed(mine) if row[3] in ends), None)
        term = next((row[2] for row in mine), None)
        lapsed = _("有效期至 %(day)s，没有续期", day=day(term)) if term else None
        found[move.record] = (event[4] or lapsed, event[5]) if event else (lapsed, None)
    return found


def _steps(case_ids: Sequence[int], until: date) -> dict[int, list[Any]]:
    """By case: (day, reason, actor) of its steps, in their order."""
    entry = func.coalesce(Case.entry_reason, CaseEvent.reason)
    reason = case((CaseEvent.from_stage.is_(None), entry), else_=CaseEvent.reason)
    statement = (
        select(CaseEvent.case_id, CaseEvent.on, reason, User.name)
        .join(Case, Case.id == CaseEvent.case_id)
        .join(User, User.id == CaseEvent.actor_id)
        .where(CaseEvent.on <= until)
        .order_by(CaseEvent.on, CaseEvent.id)
    )
    found: dict[int, list[Any]] = {}
    for case_id, *step in _rows(statement, CaseEvent.case_id, set(case_ids)):
        found.setdefault(case_id, []).append(step)
    return found


def _of_step(move: Move, steps: Sequence[Any]) -> tuple[str | None, str | None]:
    """Reason and actor of the step that the movement names: the one that brought the case in, else its last."""
    named = [step for step in steps if step[0] == move.on] if move.what is What.ENTERED else steps[-1:]
    return (named[0][1], named[0][2]) if named else (None, None)


def _rows(statement: Any, column: Any, values: set[int]) -> Any:
    return (tuple(row) for row in rows_where_in(db.session, statement, column, values))
