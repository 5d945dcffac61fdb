"""Who could answer a need: experts, results, institutes and instruments with its words or its trade, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, Industry
from crm.firms.naming import normal
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.service.common import require
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import visible_resources
from crm.registers.resources.service import tie_many
from crm.services.models import MatchState, NeedMatch
from crm.visits.models import Need

REGISTERS = (
    ResourceRegister.EXPERT,
    ResourceRegister.SERVANT,
    ResourceRegister.ACHIEVEMENT,
    ResourceRegister.INSTITUTE,
    ResourceRegister.INSTRUMENT,
    ResourceRegister.SPECIAL,
)
MOST = 12
SHORTEST = 2  # characters of a word that says something
A_WORD, SAME_TRADE = 3, 2  # what a word in common weighs beside a level of the trade in common
_BETWEEN = re.compile(r"[\s,，、;；/|]+")


@dataclass(frozen=True)
class Found:
    """A resource that could answer: the words it shares with the need, and the trade with the firm (GB/T 4754; None: none)."""

    resource: Resource
    words: tuple[str, ...]
    trade: str | None

    @property
    def reason(self) -> dict[str, Any]:
        return {"words": list(self.words), "trade": self.trade}


def matches_for(user: User, need: Need, *, limit: int = MOST) -> list[Found]:
    """The best resources of the city that run today, not yet put to the need: by words in common, then by trade."""
    text = normal(need.text)
    trade = need.firm.industry_code
    today = clock.today()
    rows = db.session.execute(
        select(Resource.id, Resource.words, Resource.name, Resource.industry_code).where(
            visible_resources(user),
            Resource.register.in_(REGISTERS),
            or_(Resource.valid_to.is_(None), Resource.valid_to >= today),
            or_(Resource.words.is_not(None), Resource.industry_code.is_not(None)),
            Resource.id.not_in(select(NeedMatch.resource_id).where(NeedMatch.need_id == need.id)),
        )
    )
    scored = []
    for resource_id, words, name, code in rows:
        shared = _shared(text, words)
        common = _common_trade(trade, code)
        if shared or (common and normal(name)[:SHORTEST] in text):
            scored.append((-A_WORD * len(shared) - (SAME_TRADE if common else 0), resource_id, shared, common))
        elif common:
            scored.append((-1, resource_id, (), common))
    best = sorted(scored, key=lambda each: each[:2])[:limit]
    found = {
        resource.id: resource
        for resource in db.session.scalars(select(Resource).where(Resource.id.in_([each[1] for each in best])))
    }
    return [Found(found[resource_id], shared, common) for _score, resource_id, shared, common in best]


def _shared(text: str, words: str | None) -> tuple[str, ...]:
    """The specialities that stand in the need's text."""
    if not words:
        return ()
    return tuple(word for word in _BETWEEN.split(words) if len(plain := normal(word)) >= SHORTEST and plain in text)


def _common_trade(one: str | None, other: str | None) -> str | None:
    """The trade both lie in, at least a division (two digits) of GB/T 4754-2017."""
    if not one or not other:
        return None
    common = ""
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        common += a
    digits = sum(character.isdigit() for character in common)
    return common if digits >= 2 else None


def trade_names(codes: Collection[str | None]) -> dict[str, str]:
    """Code → name of trades; a code between two levels has the name of the level above it."""
    wanted = {code[:length] for code in codes if code for length in range(1, len(code) + 1)}
    rows = db.session.execute(select(Industry.code, Industry.name).where(Industry.code.in_(wanted)))
    known = {code: name for code, name in rows}  # noqa: C416  rows are no pairs to the type checker
    return {
        code: next(known[code[:length]] for length in range(len(code), 0, -1) if code[:length] in known)
        for code in codes
        if code and code[:1] in known
    }


def load_match(user: User, match_id: int) -> NeedMatch:
    """A recommendation for a need of a firm in the user's scope, to decide on. Raises NotFoundError (404) otherwise."""
    found = db.session.scalar(
        select(NeedMatch)
        .join(Need, Need.id == NeedMatch.need_id)
        .join(Firm, Firm.id == Need.firm_id)
        .where(NeedMatch.id == match_id, visible_firms(user))
        .with_for_update(of=NeedMatch)
    )
    if found is None:
        raise NotFoundError(_("没有这条推荐，或它不在您的管辖范围内。"))
    return found


def matches_of(need: Need) -> Sequence[NeedMatch]:
    """What was put to the need, the newest first."""
    return db.session.scalars(
        select(NeedMatch)
        .where(NeedMatch.need_id == need.id)
        .options(joinedload(NeedMatch.resource), joinedload(NeedMatch.by))
        .order_by(NeedMatch.id.desc())
    ).all()


def put_to(*, actor: User, need: Need, resource: Resource, note: str | None = None) -> NeedMatch:
    """Recommend a resource for a need: the firm reads it beside its need. The reason is kept as it was found."""
    require(actor, Permission.LOG_VISITS)
    reason = Found(
        resource,
        _shared(normal(need.text), resource.words),
        _common_trade(need.firm.industry_code, resource.industry_code),
    ).reason
    match = NeedMatch(need=need, resource=resource, reason=reason, note=(note or "").strip() or None, by=actor)
    try:
        with db.session.begin_nested():
            db.session.add(match)
    except IntegrityError:
        raise DomainError(_("“%(name)s”已经推荐过。", name=resource.name)) from None
    return match


def decide(*, actor: User, match: NeedMatch, state: MatchState) -> None:
    """It was used (the firm is then tied to it from today, unless it is already) or does not suit."""
    require(actor, Permission.LOG_VISITS)
    if match.state is not MatchState.PROPOSED:
        raise DomainError(_("这条推荐已经处理过，请刷新页面。"))
    match.state = state
    db.session.flush()
    if state is MatchState.USED:
        tie_many(
            actor=actor,
            resource=match.resource,
            firms=[match.need.firm],
            since=clock.today(),
            note=_("由诉求对接：%(text)s", text=match.need.text[:80]),
        )
