"""What the funnel is narrowed by: the filters of the list of firms that its numbers open, by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from crm.accounts.models import User
from crm.accounts.queries import organisation_words
from crm.accounts.scope import organisations_of, sees_all
from crm.firms.loaders import visible_firms
from crm.firms.models import Division
from crm.firms.queries import active_filters, chain_words, officer_words, section_words
from crm.firms.words import NO_OFFICER
from crm.kernel.db import db
from crm.ladder.firm_list import CHANNEL_WORDS

NAMES = ("organisation", "division", "industry", "officer", "chain", "channel")


def asked_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters in the address that are filled in."""
    return {name: arguments[name] for name in NAMES if arguments.get(name)}


def conditions(user: User, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The filters and the user's scope as conditions on `Firm`; none where the user sees every firm unfiltered.

    No condition spares the database joining every firm there is.
    """
    found, _chips = active_filters(user, asked)
    return found if sees_all(user) else [*found, visible_firms(user)]


@dataclass(frozen=True)
class Choices:
    """What each filter offers: value in the address → what a person reads."""

    organisation: dict[Any, Any]
    division: dict[Any, Any]
    industry: dict[Any, Any]
    officer: dict[Any, Any]
    chain: dict[Any, Any]
    channel: dict[Any, Any]


def choices_for(user: User, asked: Mapping[str, str]) -> Choices:
    """What the filters that are `asked` may be changed to: the user's organisations, the counties of their divisions, sections of trade, officers, chains, ways into the pool."""
    own = {o.division_code for o in organisations_of(user)} - {None}
    counties = select(Division).where(or_(Division.code.in_(own), Division.parent_code.in_(own)))
    return Choices(
        organisation=organisation_words(user),
        division={d.code: d.name for d in db.session.scalars(counties.order_by(Division.code))} if own else {},
        industry=section_words(asked.get("industry")),
        officer={"none": NO_OFFICER} | officer_words(user),
        chain=chain_words(),
        channel=CHANNEL_WORDS,
    )
