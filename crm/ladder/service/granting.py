"""Many titles at once, from an official list: the same rules as one by one, written in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, delete, select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.kernel import audit, clock
from crm.kernel.bulk import chunks, insert_rows, next_ids, rows_where_in, update_seen
from crm.kernel.db import db
from crm.kernel.plain import plain
from crm.ladder.models import Case, CaseEvent, Credential, CredentialEvent, CredentialEventKind, Purpose, Rung
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


@dataclass(frozen=True)
class TakenBack:
    """What became of titles to be taken back: the ids of those that are gone, and why each of the others is not."""

    gone: list[int]
    kept: dict[int, str]


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


def take_back_many(
    credential_ids: Sequence[int], *, actor: User, with_case: Collection[int] = frozenset()
) -> TakenBack:
    """Take back titles that a list granted, as if it had not: what a renewal ended runs again. The history keeps both.

    A title on which something was built since stays, with the reason; so does one that ended a case, unless it is of those
    whose case the caller takes up again (`with_case`). The session must be signed.
    """
    require(actor, Permission.CULTIVATE)
    columns = (
        Credential.id,
        Credential.firm_id,
        Credential.rung,
        Credential.number,
        Credential.valid_from,
        Credential.ended_on,
    )
    titles = select(*columns, Credential.case_id, Credential.version)
    rows = list(rows_where_in(db.session, titles, Credential.id, credential_ids))
    firm_ids = {row.firm_id for row in rows}
    followed = _followed(firm_ids)
    begun = _begun_since(firm_ids, [row.id for row in rows])
    kept: dict[int, str] = {}
    older: list[Any] = []
    for row in rows:
        before = followed.get((row.firm_id, row.rung, row.valid_from))
        reason = _built_on(row, before, begun, with_case)
        if reason is not None:
            kept[row.id] = reason
        elif before is not None:
            older.append(before)
    gone = [row for row in rows if row.id not in kept]
    _run_again(older)
    audit.record_changes(db.session, [*map(_was_taken_back, gone), *map(_runs_again, older)])
    for ids in chunks(row.id for row in gone):
        db.session.execute(CREDENTIALS.delete().where(CREDENTIALS.c.id.in_(ids)))
    return TakenBack([row.id for row in gone], kept)


def _followed(firm_ids: Collection[int]) -> dict[tuple[int, Rung, date], Any]:
    """The titles that a renewal ended, by firm, rung and the day the next began, each with that event."""
    titles = (
        select(
            Credential.id, Credential.firm_id, Credential.rung, Credential.ended_on, Credential.version,
            CredentialEvent.id.label("event_id"), CredentialEvent.reason.label("next_number"),
        )
        .join(CredentialEvent, CredentialEvent.credential_id == Credential.id)
        .where(CredentialEvent.kind == CredentialEventKind.RENEWED, CredentialEvent.on == Credential.ended_on)
    )  # fmt: skip
    rows = rows_where_in(db.session, titles, Credential.firm_id, firm_ids)
    return {(row.firm_id, row.rung, row.ended_on): row for row in rows}


def _begun_since(firm_ids: Collection[int], credential_ids: Sequence[int]) -> set[int]:
    """Of the titles, those for which a review or a yearly update was begun after they were recorded."""
    recorded = {
        row.credential_id: row.at
        for row in rows_where_in(
            db.session,
            select(CredentialEvent.credential_id, CredentialEvent.at).where(
                CredentialEvent.kind == CredentialEventKind.GRANTED
            ),
            CredentialEvent.credential_id,
            credential_ids,
        )
    }
    cases = (
        select(Case.firm_id, Case.rung, CaseEvent.at)
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(Case.purpose != Purpose.NEW, CaseEvent.from_stage.is_(None))
    )
    begun: dict[tuple[int, Rung], list[Any]] = defaultdict(list)
    for row in rows_where_in(db.session, cases, Case.firm_id, firm_ids):
        begun[row.firm_id, row.rung].append(row.at)
    titles = select(Credential.id, Credential.firm_id, Credential.rung)
    return {
        row.id
        for row in rows_where_in(db.session, titles, Credential.id, credential_ids)
        if any(at > recorded[row.id] for at in begun[row.firm_id, row.rung] if row.id in recorded)
    }


def _built_on(row: Any, before: Any | None, begun: Collection[int], with_case: Collection[int]) -> str | None:
    """Why the title cannot be taken back as if it had not been; None where it can."""
    if row.case_id is not None and row.id not in with_case:
        return _("资质是随培育项目结案登记的：登记有误的，请在企业页撤销这项资质并写明原因")
    if row.ended_on is not None:
        return _("登记之后又续期、到期或被撤销，请在企业页核对")
    if row.version != 1:
        return _("登记之后有人改过，请在企业页核对")
    if row.id in begun:
        return _("登记之后已据此开始复核或年度更新，请先在培育项目里处理")
    if before is not None and before.next_number != row.number:
        return _("旧证的续期记录与这项资质不符，请在企业页核对")
    return None


def _run_again(older: Sequence[Any]) -> None:
    """The titles run on as before they were followed; that they were renewed is no longer true and leaves their log."""
    if not older:
        return
    update_seen(
        db.session,
        CREDENTIALS.update().values(ended_on=None),
        [{"row_id": row.id, "row_version": row.version} for row in older],
    )
    for events in chunks(row.event_id for row in older):
        db.session.execute(delete(CredentialEvent).where(CredentialEvent.id.in_(events)))


def _was_taken_back(row: Any) -> dict[str, Any]:
    return {
        "action": audit.Action.DELETED, "entity": "credential", "entity_id": row.id, "firm_id": row.firm_id,
        "old": {"rung": plain(row.rung), "number": row.number, "valid_from": plain(row.valid_from)},
    }  # fmt: skip


def _runs_again(row: Any) -> dict[str, Any]:
    return {
        "action": audit.Action.UPDATED, "entity": "credential", "entity_id": row.id, "firm_id": row.firm_id,
        "field": "ended_on", "old": plain(row.ended_on), "new": None,
    }  # fmt: skip
