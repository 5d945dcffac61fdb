"""How well each number is known today: what the file says of it, or that a person saw it in the original."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from flask import has_request_context, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.editions.models import Confirmation
from crm.editions.statements import Statement
from crm.kernel import clock
from crm.kernel.audit import Action, Change
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.policy import CERTAINTIES, Criterion, Edition, least_certain

KEPT = "tidu.confirmed"  # in the request's environment
CONFIRMED = "confirmed"
SHORTEST_SOURCE = 4  # characters: a document, a page, an address
LONGEST_SOURCE = 1000


def confirmed(fingerprints: Iterable[str]) -> dict[str, Confirmation]:
    """What a person confirmed of these, by fingerprint."""
    statement = (
        select(Confirmation)
        .where(Confirmation.fingerprint.in_(list(fingerprints)))
        .options(joinedload(Confirmation.actor))
        .order_by(Confirmation.id)
    )
    return {row.fingerprint: row for row in db.session.scalars(statement)}


def all_confirmed() -> frozenset[str]:
    """The fingerprints of all that is confirmed; asked of the database once a request."""
    kept: frozenset[str] | None = request.environ.get(KEPT) if has_request_context() else None
    if kept is None:
        kept = frozenset(db.session.scalars(select(Confirmation.fingerprint)))
        if has_request_context():
            request.environ[KEPT] = kept
    return kept


class Known(Protocol):
    """Whatever a document says: how well that is known by itself, and the key by which a person confirms it."""

    @property
    def certainty(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...


def certainty_of(said: Known, known: frozenset[str] | None = None) -> str:
    """How well it is known today. A clause is known no better than the choices of the text it rests on.

    `known` is `all_confirmed()`, for those who ask of many outside a request.
    """
    known = all_confirmed() if known is None else known
    if isinstance(said, Criterion):
        parts = [_one(each.fingerprint, each.certainty, known) for each in said.rests_on]
        return least_certain([_one(said.fingerprint, said.stated, known), *parts])
    return _one(said.fingerprint, said.certainty, known)


def certainty_today(statement: Statement) -> str:
    """How well one statement itself is known today, whatever it rests on."""
    return _one(statement.fingerprint, statement.certainty, all_confirmed())


def certainty_counts(edition: Edition) -> dict[str, int]:
    """How many of an edition's criteria are known how well today."""
    known = all_confirmed()
    counts = Counter(certainty_of(criterion, known) for criterion in edition.criteria)
    return {name: counts[name] for name in CERTAINTIES if counts[name]}


def _one(fingerprint: str, stated: str, known: frozenset[str]) -> str:
    return CONFIRMED if fingerprint in known else stated


def confirm(statement: Statement, *, on: date, source: str, actor: User) -> Confirmation:
    """Record that a person saw it in the original. Raises DomainError on the field that is wrong."""
    _require(actor)
    source = source.strip()
    if on > clock.today():
        raise DomainError(_("核实日期不能晚于今天。"), field="on")
    if len(source) < SHORTEST_SOURCE:
        raise DomainError(_("请写明在哪里看到原文：文件、页码或网址。"), field="source")
    if len(source) > LONGEST_SOURCE:
        raise DomainError(_("出处最多 %(most)s 字。", most=LONGEST_SOURCE), field="source")
    known = confirmed([statement.fingerprint]).get(statement.fingerprint)
    if known is not None:
        raise DomainError(_("%(who)s 已核实过这一条，请刷新页面。", who=known.actor.name))
    found = Confirmation(
        fingerprint=statement.fingerprint,
        edition=statement.editions[0],
        clause=statement.clause,
        confirmed_on=on,
        source=source,
        actor=actor,
        actor_id=actor.id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(found)
    except IntegrityError as error:
        raise DomainError(_("别人刚刚核实了这一条，请刷新页面。")) from error
    _forget()
    return found


def take_back(statement: Statement, *, actor: User) -> None:
    """Take a confirmation back; the history keeps it. Raises DomainError where there is none."""
    _require(actor)
    known = confirmed([statement.fingerprint]).get(statement.fingerprint)
    if known is None:
        raise DomainError(_("这一条没有核实记录，请刷新页面。"))
    db.session.delete(known)
    db.session.flush()
    _forget()


@dataclass(frozen=True)
class Happening:
    """A confirmation that was made, or taken back."""

    at: datetime
    who: str
    action: Action
    confirmed_on: date
    source: str


def history(fingerprint: str) -> Sequence[Happening]:
    """Who confirmed it and who took that back, the newest first."""
    rows = db.session.execute(
        select(Change, User.name)
        .join(User, User.id == Change.actor_id)
        .where(Change.entity == Confirmation.__tablename__, Change.action.in_((Action.CREATED, Action.DELETED)))
        .order_by(Change.id.desc())
    ).all()
    found = []
    for change, who in rows:
        values: Any = change.new if change.action is Action.CREATED else change.old
        if values["fingerprint"] == fingerprint:
            on = date.fromisoformat(values["confirmed_on"])
            found.append(Happening(change.at, who, change.action, on, values["source"]))
    return found


def _require(actor: User) -> None:
    if not actor.can(Permission.ADMINISTER_REFERENCE):
        raise NotAllowedError(_("您没有这项权限。"))


def _forget() -> None:
    if has_request_context():
        request.environ.pop(KEPT, None)
