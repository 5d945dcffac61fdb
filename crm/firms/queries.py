"""Reads of the firms room: the list with its filters, what the selects offer, the parts of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User
from crm.accounts.permissions import ROLE_PERMISSIONS, Permission
from crm.accounts.scope import organisations_of, within_scope
from crm.firms import search
from crm.firms.documents.service import visible_documents
from crm.firms.few import where_few
from crm.firms.finding import Found, records_found
from crm.firms.loaders import visible_firms
from crm.firms.models import Chain, Contact, Division, Document, Firm, FirmFact, FirmStatus, Industry
from crm.firms.words import FILTERS, NO_OFFICER, STATUSES
from crm.kernel.bulk import one_of
from crm.kernel.db import db
from crm.web.addresses import known_number
from crm.web.language import name_in
from crm.web.paging import PAGE_SIZE, Page, page_of

LOOKED_UP = 30  # trades offered while typing
EDITORS = [role for role, permissions in ROLE_PERMISSIONS.items() if Permission.EDIT_FIRMS in permissions]


# --- filters -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """One condition of the list, given in the address as `name=value`."""

    title: Any  # lazy text
    condition: Callable[[str], ColumnElement[bool] | None]  # None: the value means nothing here
    shown: Callable[[str], Any]  # the value as a person reads it; None: it is not for this person to know
    words: Mapping[Any, Any] | None = None  # value → title, offered above the list; None: only links lead to it
    # The values that may find few firms of very many, each after a long look: where they are is kept (see `few`).
    few: Callable[[], Iterable[str]] | None = None


@dataclass(frozen=True)
class Chip:
    """An active filter."""

    name: str
    title: Any
    value: Any


def active_filters(user: User, arguments: Mapping[str, str]) -> tuple[list[ColumnElement[bool]], list[Chip]]:
    """The conditions of the address, and their chips. A value that means nothing is left out.

    An organisation or officer outside the user's scope finds nothing, and is not named.
    """
    conditions: list[ColumnElement[bool]] = []
    chips: list[Chip] = []
    for name, each in all_filters(user).items():
        value = arguments.get(name, "").strip()
        condition = each.condition(value) if value else None
        if condition is not None:
            conditions.append(condition if each.few is None else where_few(name, value, condition))
            shown = each.shown(value)
            if shown is not None:
                chips.append(Chip(name, each.title, shown))
    return conditions, chips


def all_filters(user: User) -> dict[str, Filter]:
    """This room's filters and those that rooms above offer in `app.extensions["firm_filters"]`."""
    own = {
        "organisation": Filter(
            FILTERS["organisation"],
            lambda value: _by_organisation(user, value),
            lambda value: _name_in_scope(user, Organisation, Organisation.id, value),
        ),
        "officer": Filter(
            FILTERS["officer"],
            lambda value: _by_officer(user, value),
            lambda value: NO_OFFICER if value == "none" else _name_in_scope(user, User, User.organisation_id, value),
        ),
        "industry": Filter(
            FILTERS["industry"], lambda value: Firm.industry_code.startswith(value, autoescape=True), _name_of(Industry)
        ),
        "chain": Filter(FILTERS["chain"], _by_chain, _chain_shown),
        "division": Filter(FILTERS["division"], _by_division, _name_of(Division)),
        "status": Filter(FILTERS["status"], _by_status, lambda value: STATUSES[FirmStatus(value)]),
    }
    return own | current_app.extensions.get("firm_filters", {})


def offered_filters(user: User) -> dict[str, Filter]:
    """The filters of rooms above that the bar above the list offers."""
    return {name: each for name, each in all_filters(user).items() if each.words is not None}


def _by_chain(value: str) -> ColumnElement[bool] | None:
    number = known_number(value)
    return None if number is None else Firm.chain_id == number


def _chain_shown(value: str) -> str:
    chain = db.session.get(Chain, int(value))
    return value if chain is None else name_in(chain)


def _by_organisation(user: User, value: str) -> ColumnElement[bool] | None:
    number = known_number(value)
    if number is None:
        return None
    under = organisations_of(user)
    top = next((each for each in under if each.id == number), None)
    if top is None:
        return false()
    return Firm.organisation_id.in_([each.id for each in under if each.path.startswith(top.path)])


def _by_officer(user: User, value: str) -> ColumnElement[bool] | None:
    if value == "none":
        return Firm.officer_id.is_(None)
    number = known_number(value)
    if number is None:
        return None
    return false() if _name_in_scope(user, User, User.organisation_id, value) is None else Firm.officer_id == number


def _name_in_scope(user: User, model: type[Any], organisation_id: Any, value: str) -> str | None:
    """The name of an organisation or a member of staff under the user; None for any other."""
    found = select(model.name).where(
        model.id == known_number(value), organisation_id.is_not(None), within_scope(user, organisation_id)
    )
    return db.session.scalar(found)


def _by_division(value: str) -> ColumnElement[bool] | None:
    """A province (43), a prefecture (4309) or a county: codes end in zeros above the county."""
    if not (value.isdecimal() and len(value) == 6):
        return None
    prefix = value.removesuffix("00").removesuffix("00")
    return Firm.division_code.startswith(prefix, autoescape=True)


def _by_status(value: str) -> ColumnElement[bool] | None:
    return Firm.status == FirmStatus(value) if value in set(FirmStatus) else None


def _name_of(model: type[Any]) -> Callable[[str], Any]:
    def name(value: str) -> Any:
        record = db.session.get(model, value)
        return value if record is None else record.name

    return name


# --- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """One row of the list: columns of the firm, its former names and its badges; `last_visit` is a day, as read."""

    firm: Any
    former_names: Sequence[str]
    badges: Sequence[Any]
    records: Sequence[Found] = ()  # by which it was found
    last_visit: str | None = None


def firms_found(user: User, typed: str, conditions: Sequence[ColumnElement[bool]], *, limit: int) -> list[int]:
    """The ids of all that the list shows for these words and filters, in its order, up to `limit`."""
    wanted = [visible_firms(user), *conditions]
    records = records_found(typed, wanted, limit=search.RARE) if typed else []
    also = sorted({record.firm_id for record in records})
    return search.find(db.session, typed, wanted, limit=limit, also=also)


def list_firms(user: User, typed: str, conditions: Sequence[ColumnElement[bool]], number: int) -> Page[Listed]:
    """One page of the firms the user may see, in the order of their names. Nothing is counted."""
    wanted = [visible_firms(user), *conditions]
    records = records_found(typed, wanted, limit=search.RARE) if typed else []
    ids = search.find(
        db.session,
        typed,
        wanted,
        limit=PAGE_SIZE + 1,
        offset=(number - 1) * PAGE_SIZE,
        also=sorted({record.firm_id for record in records}),
    )
    page = page_of(ids, number)
    return Page(_rows(page.rows, records), page.number, page.more)


def _rows(ids: Sequence[int], records: Sequence[Found]) -> list[Listed]:
    if not ids:
        return []
    found = db.session.execute(
        select(
            Firm.id,
            Firm.name,
            Firm.short_name,
            Firm.credit_code,
            Firm.registration_number,
            Firm.status,
            Organisation.name.label("organisation"),
            Industry.name.label("industry"),
            User.name.label("officer"),
        )
        .join(Organisation, Organisation.id == Firm.organisation_id)
        .outerjoin(Industry, Industry.code == Firm.industry_code)
        .outerjoin(User, User.id == Firm.officer_id)
        .where(one_of(Firm.id, ids))
    )
    firms = {firm.id: firm for firm in found}
    former = search.former_names_of(db.session, ids)
    offered = current_app.extensions.get("firm_list_badges")
    badges = offered(list(ids)) if offered else {}
    visited = current_app.extensions.get("firm_list_last_visits")
    last = visited(ids) if visited else {}
    by: dict[int, list[Found]] = {}
    for record in records:
        by.setdefault(record.firm_id, []).append(record)
    return [
        Listed(firms[each], former.get(each, ()), badges.get(each, ()), by.get(each, ()), last.get(each))
        for each in ids
        if each in firms
    ]


def firms_to_pick(user: User, typed: str, *, limit: int) -> Sequence[Firm]:
    """Firms in the user's scope that match what was typed, to choose one; with nothing typed, those in their charge."""
    firms = select(Firm).options(joinedload(Firm.organisation))
    if typed.strip():
        ids = search.find(db.session, typed, [visible_firms(user)], limit=limit)
        found = {firm.id: firm for firm in db.session.scalars(firms.where(Firm.id.in_(ids)))}
        return [found[each] for each in ids if each in found]
    own = firms.where(Firm.officer_id == user.id, visible_firms(user))
    return db.session.scalars(own.order_by(Firm.sort_key, Firm.id).limit(limit)).all()


# --- what selects offer ------------------------------------------------------------------------------------------


def officer_words(user: User) -> dict[int, str]:
    """The names of the staff within the user's scope who may be in charge of firms."""
    organisation_id: Any = User.organisation_id
    staff = db.session.execute(
        select(User.id, User.name)
        .where(
            User.role.in_(EDITORS),
            User.disabled.is_(False),
            User.email != SYSTEM_EMAIL,
            within_scope(user, organisation_id),
        )
        .order_by(User.name, User.id)
    )
    return {officer_id: name for officer_id, name in staff}  # noqa: C416  rows are no pairs to the type checker


def officers_over(organisation: Organisation) -> list[User]:
    """The staff who may be in charge of a firm there: the nearest to it first."""
    above = [int(part) for part in organisation.path.split("/") if part]
    return list(
        db.session.scalars(
            select(User)
            .join(Organisation, Organisation.id == User.organisation_id)
            .where(
                User.role.in_(EDITORS),
                User.disabled.is_(False),
                User.email != SYSTEM_EMAIL,
                User.organisation_id.in_(above),
            )
            .order_by(Organisation.path.desc(), User.name, User.id)
        )
    )


def chain_words(also: int | None = None) -> dict[int, str]:
    """The local chains in use, and the one a firm already has."""
    offered = select(Chain).where(Chain.disabled.is_(False) | (Chain.id == also)).order_by(Chain.id)
    return {chain.id: name_in(chain) for chain in db.session.scalars(offered)}


def division_words() -> dict[str, str]:
    """The divisions in order of their codes, set in below province and prefecture."""
    divisions = db.session.scalars(select(Division).order_by(Division.code))
    return {each.code: "　" * (2 - (6 - len(each.code.rstrip("0"))) // 2) + each.name for each in divisions}


def section_words(also: str | None = None) -> dict[str, str]:
    """The sections of GB/T 4754 in use, and the trade that a list is narrowed by already."""
    offered = Industry.parent_code.is_(None) & Industry.disabled.is_(False)
    sections = db.session.scalars(select(Industry).where(offered | (Industry.code == also)).order_by(Industry.code))
    return {section.code: f"{section.code} {section.name}" for section in sections}


def trades_like(typed: str) -> list[Industry]:
    """Trades in use whose code begins with, or whose name holds, what was typed."""
    typed = typed.strip()
    if not typed:
        return []
    fits = Industry.code.startswith(typed.upper(), autoescape=True) | Industry.name.contains(typed, autoescape=True)
    in_use = select(Industry).where(fits, Industry.disabled.is_(False))
    return list(db.session.scalars(in_use.order_by(Industry.code).limit(LOOKED_UP)))


def trade_of(typed: str) -> Industry | None:
    """The trade meant by “C3421 金属切削机床制造”, by its code with or without the section's letter, or by its name.

    One out of use is found too: records may hold it. Of those that have one name it comes last.
    """
    code, _space, rest = typed.strip().partition(" ")
    named = select(Industry).where(Industry.name == typed.strip()).order_by(Industry.disabled, Industry.code.desc())
    if rest or not code.isdecimal():
        return db.session.get(Industry, code.upper()) or db.session.scalars(named).first()
    numbered = select(Industry).where(Industry.code.like(f"_{code}"))
    return db.session.get(Industry, code) or db.session.scalars(numbered).first()


# --- the parts of a profile --------------------------------------------------------------------------------------


def contacts_of(firm_id: int) -> list[Contact]:
    """The people at the firm, the main one first."""
    statement = select(Contact).where(Contact.firm_id == firm_id).order_by(Contact.main.desc(), Contact.id)
    return list(db.session.scalars(statement))


def facts_of(firm_id: int) -> dict[str, FirmFact]:
    """The facts of the firm as a whole, by key, with their documents and who entered them."""
    statement = (
        select(FirmFact)
        .where(FirmFact.firm_id == firm_id)
        .options(joinedload(FirmFact.document), joinedload(FirmFact.entered_by))
        .order_by(FirmFact.key)
    )
    return {fact.key: fact for fact in db.session.scalars(statement)}


def documents_of(user: User, firm_id: int, number: int) -> Page[Document]:
    """The firm's documents that the user may see, newest first."""
    statement = (
        select(Document)
        .where(Document.firm_id == firm_id, visible_documents(user))
        .options(joinedload(Document.uploaded_by))
        .order_by(Document.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    return page_of(db.session.scalars(statement).all(), number)
