"""Many titles at once, from an official list: the same rules as one by one, written in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, bindparam, select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.kernel import audit, clock
from crm.kernel.bulk import insert_rows, next_ids, rows_where_in, update_seen
from crm.kernel.db import db
from crm.kernel.plain import plain
from crm.ladder.models import Credential, CredentialEvent, CredentialEventKind, Rung
from crm.ladder.service.common import require
from crm.ladder.service.credentials import checked_certificate, overlaps

CREDENTIALS, EVENTS = cast(Table, Credential.__table__), cast(Table, CredentialEvent.__table__)


@dataclass(frozen=True)
class Grant:
    """A title given to a firm."""

    firm_id: int
    number: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Granted:
    """What became of one grant: the id of the title, and whether it follows an older one that ran."""

    credential_id: int
    renewed: bool


def grant_many(rung: Rung, grants: Sequence[Grant], *, actor: User) -> list[Granted | None]:
    """Record titles, at most one a firm; one that begins while an older one runs is its renewal, as `renew_credential` has it.

    None where it clashes with a title otherwise. Raises DomainError, as `grant_credential` does, for what cannot be a
    certificate. The session must be signed.
    """
    require(actor, Permission.CULTIVATE)
    numbers = [checked_certificate(rung, each.number, each.valid_from, each.valid_to) for each in grants]
    in_the_way = _overlapping(rung, grants)
    free = [
        place
        for place, older in enumerate(in_the_way)
        if all(_runs(each, grants[place]) for each in older) and len(older) <= 1
    ]
    ids = dict(zip(free, next_ids(db.session, CREDENTIALS, len(free)) if free else (), strict=True))
    rows: list[dict[str, Any]] = [
        {"id": ids[place], "firm_id": grants[place].firm_id, "rung": rung, "number": numbers[place],
         "valid_from": grants[place].valid_from, "valid_to": grants[place].valid_to}
        for place in free
    ]  # fmt: skip
    ended = [(in_the_way[place][0], grants[place].valid_from, numbers[place]) for place in free if in_the_way[place]]
    _end(ended, actor)
    insert_rows(db.session, CREDENTIALS, rows)
    _add_events([(row["id"], CredentialEventKind.GRANTED, row["valid_from"], None) for row in rows], actor)
    audit.record_changes(db.session, [*map(_made, rows), *(_was_ended(older, on) for older, on, _number in ended)])
    return [Granted(ids[place], bool(in_the_way[place])) if place in ids else None for place in range(len(grants))]


def _overlapping(rung: Rung, grants: Sequence[Grant]) -> list[list[Any]]:
    """For each grant, the firm's titles of the rung that are held on a day of its term."""
    held: dict[int, list[Any]] = defaultdict(list)
    titles = select(
        Credential.id,
        Credential.firm_id,
        Credential.valid_from,
        Credential.valid_to,
        Credential.ended_on,
        Credential.version,
    ).where(Credential.rung == rung)
    for row in rows_where_in(db.session, titles, Credential.firm_id, [each.firm_id for each in grants]):
        held[row.firm_id].append(row)
    return [
        [row for row in held.get(each.firm_id, ()) if overlaps(row, each.valid_from, each.valid_to)] for each in grants
    ]


def _runs(older: Any, grant: Grant) -> bool:
    """Whether the older title runs when the new one begins, so that this follows it."""
    return bool(older.ended_on is None and older.valid_from < grant.valid_from)


def _end(ended: Sequence[tuple[Any, date, str]], actor: User) -> None:
    """The older titles end on the day that what follows them begins."""
    if not ended:
        return
    update_seen(
        db.session,
        CREDENTIALS.update().values(ended_on=bindparam("ends")),
        [{"row_id": older.id, "row_version": older.version, "ends": on} for older, on, _number in ended],
    )
    _add_events([(older.id, CredentialEventKind.RENEWED, on, number) for older, on, number in ended], actor)


def _add_events(events: Sequence[tuple[int, CredentialEventKind, date, str | None]], actor: User) -> None:
    now = clock.now()
    rows = [
        {"credential_id": credential_id, "kind": kind, "on": on, "at": now, "actor_id": actor.id, "reason": reason}
        for credential_id, kind, on, reason in events
    ]
    insert_rows(db.session, EVENTS, rows)


def _made(row: dict[str, Any]) -> dict[str, Any]:
    new = {key: plain(value) for key, value in row.items() if key not in ("id", "firm_id") and value is not None}
    return {"action": audit.Action.CREATED, "entity": "credential", "entity_id": row["id"], "firm_id": row["firm_id"], "new": new}  # fmt: skip


def _was_ended(older: Any, on: date) -> dict[str, Any]:
    return {
        "action": audit.Action.UPDATED, "entity": "credential", "entity_id": older.id, "firm_id": older.firm_id,
        "field": "ended_on", "old": None, "new": plain(on),
    }  # fmt: skip


def take_back_many(credential_ids: Sequence[int], *, actor: User) -> list[int]:
    """Take back titles that a list granted and nobody has touched since; the ids of those that are gone."""
    require(actor, Permission.CULTIVATE)
    untouched = select(Credential.id, Credential.firm_id, Credential.number).where(
        Credential.version == 1, Credential.ended_on.is_(None), Credential.case_id.is_(None)
    )
    rows = list(rows_where_in(db.session, untouched, Credential.id, credential_ids))
    gone = [row.id for row in rows]
    audit.record_changes(
        db.session,
        (
            {"action": audit.Action.DELETED, "entity": "credential", "entity_id": row.id, "firm_id": row.firm_id,
             "old": {"number": row.number}}
            for row in rows
        ),
    )  # fmt: skip
    for start in range(0, len(gone), 500):
        db.session.execute(CREDENTIALS.delete().where(CREDENTIALS.c.id.in_(gone[start : start + 500])))
    return gone
