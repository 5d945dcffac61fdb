"""Who could answer a need: experts, results, institutes and instruments with its words or its trade, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, Industry
from crm.firms.naming import normal
from crm.firms.reference.terms import term_titles
from crm.firms.text_index import TextGram
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.service.common import require
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import visible_resources
from crm.registers.resources.service import tie_many
from crm.services.likeness import VAGUE, Spoken
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
# What a reason weighs: a speciality that stands in the need; a piece of one, by its length; the trade beside words, and alone.
A_WORD, A_VAGUE_WORD, A_PIECE_AT_MOST, PIECES_AT_MOST, SAME_TRADE, TRADE_ALONE = 6, 1, 4, 5, 4, 1
# A pair of characters that more than a quarter of many resources have tells none from the others.
MANY, SHARE = 40, 4
LOOKED_AT = 200  # resources held against a need word by word
# Their name is a person's, which says nothing of what they know.
PERSONS = (ResourceRegister.EXPERT, ResourceRegister.SERVANT)
_BETWEEN = re.compile(r"[\s,，、;；/|]+")


@dataclass(frozen=True)
class Found:
    """A resource that could answer, and why: specialities that the need names; pieces in common, each with the speciality or title
    it stands in; the trade in common with the firm (GB/T 4754; None: none)."""

    resource: Resource
    words: tuple[str, ...]
    near: tuple[tuple[str, str], ...]
    trade: str | None

    @property
    def reason(self) -> dict[str, Any]:
        return {"words": list(self.words), "near": [list(each) for each in self.near], "trade": self.trade}


def matches_for(user: User, need: Need, *, limit: int = MOST) -> list[Found]:
    """The best resources of the city that run today, not yet put to the need: by words in common, whole or in part, then by trade."""
    spoken, trade, today = Spoken(need.text), need.firm.industry_code, clock.today()
    told = (Resource.id, Resource.register, Resource.kind, Resource.words, Resource.name, Resource.industry_code)
    columns = select(*told).where(
        visible_resources(user),
        Resource.register.in_(REGISTERS),
        or_(Resource.valid_to.is_(None), Resource.valid_to >= today),
        Resource.id.not_in(select(NeedMatch.resource_id).where(NeedMatch.need_id == need.id)),
    )
    kinds = _kinds_named(spoken)
    asked = []
    if pairs := _telling_pairs(spoken):
        # Those with the most pairs of characters in common: only these are held against the need word by word.
        nearest = columns.join(TextGram, TextGram.record_id == Resource.id).where(
            TextGram.entity == Resource.__tablename__, TextGram.gram.in_(pairs)
        )
        asked.append(nearest.group_by(Resource.id).order_by(func.count().desc(), Resource.id).limit(LOOKED_AT))
    if kinds:
        called = columns.where(Resource.register == ResourceRegister.INSTITUTE, Resource.kind.in_(kinds))
        asked.append(called.order_by(Resource.id).limit(LOOKED_AT))
    if division := _division(trade):
        # Every code below a division, in the order of the index.
        alike = columns.where(Resource.industry_code.between(division, f"{division}99"))
        asked.append(alike.order_by(Resource.id).limit(limit))
    rows = {row.id: row for statement in asked for row in db.session.execute(statement)}
    scored = []
    for row in rows.values():
        words, near = _shared(spoken, row, kinds)
        common = _common_trade(trade, row.industry_code)
        if words or near or common:
            scored.append((-_weight(words, near, common), row.id, words, near, common))
    best = sorted(scored, key=lambda each: each[:2])[:limit]
    found = {
        resource.id: resource
        for resource in db.session.scalars(select(Resource).where(Resource.id.in_([each[1] for each in best])))
    }
    return [Found(found[resource_id], words, near, common) for _weight, resource_id, words, near, common in best]


def _telling_pairs(spoken: Spoken) -> list[str]:
    """The pairs of characters of the need that tell some resources from the others."""
    of_all = db.session.scalar(select(func.count()).select_from(Resource)) or 0
    counted = (
        select(TextGram.gram, func.count().label("resources"))
        .where(TextGram.entity == Resource.__tablename__, TextGram.gram.in_(spoken.pairs))
        .group_by(TextGram.gram)
    )
    return [row.gram for row in db.session.execute(counted) if of_all < MANY or SHARE * row.resources <= of_all]


def _kinds_named(spoken: Spoken) -> dict[str, tuple[str, str]]:
    """Kinds of institutes that the need asks for → the title, and what of it the need says."""
    titles = term_titles(f"{ResourceRegister.INSTITUTE}.kind")
    return {key: (title, piece) for key, title in titles.items() if (piece := spoken.names(title)) is not None}


def _shared(
    spoken: Spoken, row: Any, kinds: Mapping[str, tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The specialities that the need names, and the pieces of others, of a title or of an institute's kind that it holds."""
    specialities = [word for word in _BETWEEN.split(row.words or "") if word]
    whole = tuple(word for word in specialities if spoken.holds(word))
    phrases = [word for word in specialities if word not in whole]
    if row.register not in PERSONS:
        phrases.append(row.name)
    near: dict[str, str] = {}
    if row.register is ResourceRegister.INSTITUTE and row.kind in kinds:
        title, piece = kinds[row.kind]
        near[piece] = title
    for phrase in phrases:
        for piece in spoken.shares(phrase):
            if not any(piece in normal(word) for word in whole):
                near.setdefault(piece, phrase)
    return whole, tuple((phrase, piece) for piece, phrase in near.items())


def _weight(words: tuple[str, ...], near: tuple[tuple[str, str], ...], trade: str | None) -> int:
    if not words and not near:
        return TRADE_ALONE
    pieces = min(sum(min(len(piece), A_PIECE_AT_MOST) for _phrase, piece in near), PIECES_AT_MOST)
    named = sum(A_VAGUE_WORD if word in VAGUE else A_WORD for word in words)
    return named + pieces + (SAME_TRADE if trade else 0)


def _division(code: str | None) -> str | None:
    """A trade's division (its section and two digits), beneath which another is a trade in common."""
    return code[:3] if code and code[:1].isalpha() and len(code) >= 3 else None


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
    spoken = Spoken(need.text)
    reason = Found(
        resource,
        *_shared(spoken, resource, _kinds_named(spoken)),
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
    if state is MatchState.USED:
        tie_many(
            actor=actor,
            resource=match.resource,
            firms=[match.need.firm],
            since=clock.today(),
            note=_("由诉求对接：%(text)s", text=match.need.text[:80]),
        )
    match.state = state
    db.session.flush()
