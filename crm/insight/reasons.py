"""Why a firm moved and by whose doing: the steps and events of the log behind movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.insight.movement import TITLES_IN, Move
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.models import CaseEvent, Credential, CredentialEvent, CredentialEventKind
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
        reason, actor = titles[move.record] if move.is_title else steps.get(move.record, (None, None))
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


def _steps(case_ids: Sequence[int], until: date) -> dict[int, tuple[str | None, str | None]]:
    """By case: the reason and the actor of its last step."""
    statement = (
        select(CaseEvent.case_id, CaseEvent.reason, User.name)
        .join(User, User.id == CaseEvent.actor_id)
        .where(CaseEvent.on <= until)
        .order_by(CaseEvent.on, CaseEvent.id)
    )
    return {case_id: (reason, actor) for case_id, reason, actor in _rows(statement, CaseEvent.case_id, set(case_ids))}


def _rows(statement: Any, column: Any, values: set[int]) -> Any:
    return (tuple(row) for row in rows_where_in(db.session, statement, column, values))
