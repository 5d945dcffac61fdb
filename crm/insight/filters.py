"""What the funnel is narrowed by: the same names, in the address, as the list of firms that its numbers open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, or_, select

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.accounts.scope import organisations_of
from crm.firms.models import Chain, Division, Firm, Industry
from crm.kernel.db import db
from crm.ladder.queries import subtree
from crm.web.language import language

NAMES = ("organisation", "division", "industry", "officer", "chain")


def asked_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters in the address that are filled in."""
    return {name: arguments[name] for name in NAMES if arguments.get(name)}


def conditions(user: User, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The filters as conditions on `Firm`: an organisation with all below it, a division or trade by its code's beginning.

    What lies outside the user's scope or is no such thing matches nothing.
    """
    found: list[ColumnElement[bool]] = []
    for name, value in asked.items():
        match name:
            case "organisation":
                chosen = next((o for o in organisations_of(user) if str(o.id) == value), None)
                found.append(Firm.organisation_id.in_(subtree(chosen)) if chosen is not None else false())
            case "division":
                found.append(Firm.division_code.startswith(value.rstrip("0") or value, autoescape=True))
            case "industry":
                found.append(Firm.industry_code.startswith(value, autoescape=True))
            case "officer":
                found.append(Firm.officer_id == _number(value))
            case "chain":
                found.append(Firm.chain_id == _number(value))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


@dataclass(frozen=True)
class Choices:
    """What each filter offers: (value in the address, what a person reads)."""

    organisation: list[tuple[str, str]]
    division: list[tuple[str, str]]
    industry: list[tuple[str, str]]
    officer: list[tuple[str, str]]
    chain: list[tuple[str, str]]


def choices_for(user: User) -> Choices:
    """The filters' choices: the user's organisations, the counties of their city, trades by division, officers, chains."""
    organisations = organisations_of(user)
    depth = min((o.path.count("/") for o in organisations), default=0)
    own = [o.division_code for o in organisations if o.division_code is not None]
    divisions = (
        select(Division).where(or_(Division.code.in_(own), Division.parent_code.in_(own))).order_by(Division.code)
    )
    trades = select(Industry).where(func.length(Industry.code) == 2).order_by(Industry.code)
    officers = (
        select(User)
        .where(
            User.role != Role.FIRM, User.disabled.is_(False), User.organisation_id.in_([o.id for o in organisations])
        )
        .order_by(User.name, User.id)
    )
    chains = select(Chain).where(Chain.disabled.is_(False)).order_by(Chain.name)
    english = language() == "en"
    return Choices(
        organisation=[(str(o.id), "　" * (o.path.count("/") - depth) + o.name) for o in organisations],
        division=[(d.code, d.name) for d in db.session.scalars(divisions)],
        industry=[(i.code, f"{i.code} {i.name}") for i in db.session.scalars(trades)],
        officer=[(str(o.id), o.name) for o in db.session.scalars(officers)],
        chain=[(str(c.id), c.name_en if english else c.name) for c in db.session.scalars(chains)],
    )
