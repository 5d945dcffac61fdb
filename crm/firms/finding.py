"""Find anything: what is typed into the box of every page leads to firms, by their names and codes (`search`) and by records
of theirs. Rooms above add theirs with `add_way`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, or_, select

from crm.accounts.models import Organisation, User
from crm.firms import search
from crm.firms.ip.models import IpRight
from crm.firms.loaders import visible_firms
from crm.firms.models import Contact, Firm
from crm.firms.naming import search_text, sort_key
from crm.firms.shelves import Hit, Shelf, add_shelves
from crm.firms.tabs import firm_url, firm_urls
from crm.kernel.db import db
from crm.kernel.identifiers.checked import clean
from crm.kernel.identifiers.patent import without_prefix

SUGGESTED = 8
# Shorter pieces name nobody: every patent of a year begins alike.
SHORTEST_NUMBER, SHORTEST_TELEPHONE, LONGEST_LOCAL = 8, 6, 8


@dataclass(frozen=True)
class Way:
    """A kind of record by which its firm is found. `endpoint` is the page of the firm that shows it."""

    title: Any  # lazy text
    endpoint: str
    # What was typed → rows (firm_id, what the record is called); None: it is nothing of this kind.
    records: Callable[[str], Select[int, Any] | None]


@dataclass(frozen=True)
class Found:
    """A record that was meant, of one firm."""

    firm_id: int
    title: Any
    text: str
    endpoint: str


@dataclass(frozen=True)
class Suggestion:
    """One line below the box: a firm, where it lies, and what of it was found (None: its name)."""

    name: str
    organisation: str
    url: str
    title: Any = None
    text: str | None = None


def begins(column: Any, piece: str) -> ColumnElement[bool]:
    """Whether a text begins with a piece, by code point: served by an index whatever the database's collation."""
    end = piece[:-1] + chr(ord(piece[-1]) + 1)
    if (
        db.session.get_bind().dialect.name == "postgresql"
    ):  # the operators of varchar_pattern_ops, as the indexes have it
        at_least, below = column.op("~>=~", is_comparison=True), column.op("~<~", is_comparison=True)
        return and_(at_least(piece), below(end))
    return and_(column >= piece, column < end)


def add_way(app: Flask, way: Way) -> None:
    """A room says by which records of its own a firm is found."""
    app.extensions.setdefault("firm_ways", []).append(way)


def records_found(typed: str, conditions: Sequence[ColumnElement[bool]], *, limit: int) -> list[Found]:
    """Records whose number, name or telephone was typed, of firms that satisfy `conditions`: one a firm and kind."""
    typed = "".join(filter(str.isprintable, typed))  # PostgreSQL takes no NUL, and `begins` needs a next character
    found: list[Found] = []
    for way in current_app.extensions.get("firm_ways", []):
        statement = way.records(typed)
        if statement is not None:
            rows = _within(statement, conditions, limit)
            found += [Found(firm_id, way.title, text, way.endpoint) for firm_id, text in rows.items()]
    return found


def _within(statement: Select[int, Any], conditions: Sequence[ColumnElement[bool]], limit: int) -> dict[int, Any]:
    """Firm → record of a way. Few records are read first, each by its index, and then held against the conditions:
    in one statement the database may begin with all firms of a park.
    """
    some = db.session.execute(statement.limit(search.RARE + 1)).all()
    if len(some) > search.RARE:
        firm_id = statement.selected_columns[0]
        some = db.session.execute(statement.join(Firm, Firm.id == firm_id).where(*conditions).limit(limit)).all()
        return {firm_id: text for firm_id, text in some}  # noqa: C416
    records = {firm_id: text for firm_id, text in some}  # noqa: C416  rows are no pairs to the type checker
    visible = set(db.session.scalars(select(Firm.id).where(Firm.id.in_(records), *conditions))) if records else set()
    return {firm_id: text for firm_id, text in records.items() if firm_id in visible}


def suggestions(user: User, typed: str) -> list[Suggestion]:
    """The first firms within the user's scope that what is typed so far may mean, by name before by their records."""
    if not search.terms_of(typed):  # signs alone: the list shows everything for them, no firm is meant
        return []
    scope = visible_firms(user)
    named = search.find(db.session, typed, [scope], limit=SUGGESTED)
    records = {each.firm_id: each for each in records_found(typed, [scope], limit=SUGGESTED)}
    ids = list(dict.fromkeys([*named, *records]))[:SUGGESTED]
    firms = {
        row.id: row
        for row in db.session.execute(
            select(
                Firm.id,
                Firm.name,
                Firm.short_name,
                Firm.credit_code,
                Firm.registration_number,
                Firm.stock_code,
                Organisation.name.label("organisation"),
            )
            .join(Organisation, Organisation.id == Firm.organisation_id)
            .where(Firm.id.in_(ids))
        )
    }
    former = search.former_names_of(db.session, ids)
    lines = []
    for firm_id in ids:
        firm, record = firms[firm_id], records.get(firm_id)
        if firm_id in named:
            title, text = _why(firm, former.get(firm_id, ()), search.terms_of(typed))
            lines.append(Suggestion(firm.name, firm.organisation, firm_url(firm_id), title, text))
        elif record is not None:
            url = url_for(record.endpoint, firm_id=firm_id)
            lines.append(Suggestion(firm.name, firm.organisation, url, record.title, record.text))
    return lines


def _why(firm: Any, former: Iterable[str], terms: Iterable[str]) -> tuple[Any, str | None]:
    """What of the firm holds a word that its name does not hold."""
    for term in terms:
        if term in search_text(firm.name) or term in sort_key(firm.name):
            continue
        for title, texts in ((_l("简称"), [firm.short_name]), (_l("曾用名"), former)):
            for text in texts:
                if text and (term in search_text(text) or term in sort_key(text)):
                    return title, text
        for title, code in (
            (_l("信用代码"), firm.credit_code),
            (_l("注册号"), firm.registration_number),
            (_l("股票代码"), firm.stock_code),
        ):
            if code and term.upper() in code:
                return title, code
    return None, None


def _firms(user: User, typed: str, limit: int, offset: int) -> dict[str, list[Hit]]:
    """Firms by name, code or records, as the list of firms finds them: the shelf of the search over all registers."""
    if not search.terms_of(typed):
        return {}
    scope = visible_firms(user)
    also = sorted({record.firm_id for record in records_found(typed, [scope], limit=search.RARE)})
    ids = search.find(db.session, typed, [scope], limit=limit, offset=offset, also=also)
    rows = db.session.execute(
        select(Firm.id, Firm.name, Firm.credit_code, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Firm.organisation_id)
        .where(Firm.id.in_(ids))
    )
    firms = {row.id: row for row in rows}
    urls = firm_urls(ids)
    hits = [
        Hit(firm.name, urls[firm.id], " · ".join(filter(None, (firm.credit_code, firm.organisation))))
        for firm in (firms[each] for each in ids if each in firms)
    ]
    return {"firm": hits}


# --- the ways of this room ---------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    add_shelves(app, [Shelf("firm", _l("企业"), "firm", 10, lambda typed: url_for("firms.index", q=typed))], _firms)
    add_way(app, Way(_l("专利号"), "firms.ip", _rights))
    add_way(app, Way(_l("联系人"), "firms.profile", _contacts))
    add_way(app, Way(_l("电话"), "firms.profile", _telephones))


def number_typed(typed: str) -> str | None:
    """What was typed as a number of a certificate is kept: capitals, no blanks; None where it is none."""
    number = clean(typed)
    return number if number.isascii() and sum(map(str.isdigit, number)) >= SHORTEST_TELEPHONE else None


def _rights(typed: str) -> Select[int, Any] | None:
    """By the number of a right."""
    numbered = rights_numbered(typed)
    return None if numbered is None else select(IpRight.firm_id, IpRight.number).where(numbered)


def rights_numbered(typed: str) -> ColumnElement[bool] | None:
    """The condition on `IpRight` that its number is the one typed, or begins so; of a patent with or without ZL and the dot."""
    number = without_prefix(clean(typed))
    if len(number) < SHORTEST_NUMBER or not any(map(str.isdigit, number)):
        return None
    spellings = {number}
    digits = number.replace(".", "")
    for length in (8, 12):  # the check digit follows a dot
        if re.fullmatch(rf"\d{{{length}}}[\dX]", digits):
            spellings.add(f"{digits[:length]}.{digits[length]}")
    return or_(*(begins(IpRight.number, spelling) for spelling in sorted(spellings)))


def _contacts(typed: str) -> Select[int, Any] | None:
    """By the name of a contact, or how it begins."""
    name = typed.strip()
    if len(name) < 2 or any(map(str.isdigit, name)):
        return None
    return select(Contact.firm_id, Contact.name).where(begins(Contact.name, name))


def _telephones(typed: str) -> Select[int, Any] | None:
    """By the telephone of a contact, however it is divided, or by a piece of it that is not: a local number say."""
    digits = re.sub(r"[()+]", "", clean(typed))
    if not (digits.isascii() and digits.isdecimal() and len(digits) >= SHORTEST_TELEPHONE):
        return None
    telephones = select(Contact.firm_id, Contact.telephone)
    if len(digits) <= LONGEST_LOCAL and not digits.startswith("0"):
        return telephones.where(search.contains(Contact.telephone, digits))
    groups = [digits[:3], digits[3:7], digits[7:]], [digits[:3], digits[3:]], [digits[:4], digits[4:]]
    spellings = {digits, *(sign.join(group) for group in groups for sign in "- ")}
    return telephones.where(or_(*(begins(Contact.telephone, spelling) for spelling in sorted(spellings))))
