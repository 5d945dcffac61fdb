"""What merging two firms would do, worked out without doing it: the page shows it, the merge does exactly this."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Column, Table

from crm.firms import rules
from crm.firms.duplicates.rows import Row, collides, firm_columns, rows_of
from crm.firms.models import Firm
from crm.kernel.errors import DomainError

# The fields that one firm has one of. The kept firm's stand; where it has none, or a person says so, the other's come in.
FIELDS = (
    "name",
    "short_name",
    "english_name",
    "credit_code",
    "registration_number",
    "stock_code",
    "status",
    "organisation_id",
    "officer_id",
    "division_code",
    "industry_code",
    "chain_id",
    "tech_field",
    "source_channel",
    "registered_on",
    "registered_capital",
    "address",
    "business_scope",
    "telephone",
    "website",
)


Page = tuple[Any, str, dict[str, Any]]  # its words, and its endpoint with the arguments


@dataclass(frozen=True)
class Remark:
    """What has to be settled before the merge, or known of it, with the pages where that is done."""

    text: str
    pages: Sequence[Page] = ()


@dataclass(frozen=True)
class Ruling:
    """What a room says of rows of its table: ids that have to stay behind, and what forbids the merge.

    `changed`: rows of either firm that cannot stand beside each other as they are, with what they say then; `told`: what who
    merges should know.
    """

    left: Collection[int] = ()
    forbidden: Collection[Remark] = ()
    changed: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    told: Collection[Remark] = ()


Rule = Callable[[list[Row], list[Row]], Ruling]  # the kept firm's rows, the other's


def add_rule(app: Flask, table: str, rule: Rule) -> None:
    """A room says what its rules forbid beside what the schema says is unique."""
    app.extensions.setdefault("merge_rules", {})[table] = rule


@dataclass(frozen=True)
class Relation:
    """The other firm's rows of one table: those that follow and those that stay behind."""

    table: Table
    column: Column[Any]
    moving: list[Row]
    left: list[Row]
    theirs: list[Row]  # the kept firm's
    changed: Mapping[int, Mapping[str, Any]]  # rows of either, and what they say then


@dataclass(frozen=True)
class Preview:
    """A merge before it is done. `taken`: the fields that come from the firm that goes."""

    kept: Firm
    gone: Firm
    taken: frozenset[str]
    relations: list[Relation] = field(default_factory=list)
    forbidden: list[Remark] = field(default_factory=list)
    told: list[Remark] = field(default_factory=list)

    def result(self, name: str) -> Any:
        return getattr(self.gone if name in self.taken else self.kept, name)


def preview(kept: Firm, gone: Firm, wanted: Collection[str] = ()) -> Preview:
    """What merging `gone` into `kept` would do. `wanted`: fields of FIELDS that are to be the other's."""
    absent = {name for name in FIELDS if getattr(kept, name) is None}
    taken = {name for name in {*wanted, *absent} if name in FIELDS and getattr(gone, name) is not None}
    relations: list[Relation] = []
    forbidden: list[Remark] = []
    told: list[Remark] = []
    problem = _officer_problem(kept, gone, taken)
    if problem is not None and {"officer_id", "organisation_id"} & set(wanted):
        forbidden.append(Remark(problem))
    elif problem is not None:
        taken.discard("officer_id")
    for table, column in firm_columns():
        relation, ruling = _relation(table, column, kept.id, gone.id)
        relations += [relation] if relation.moving or relation.left else []
        forbidden += ruling.forbidden
        told += ruling.told
    return Preview(kept, gone, frozenset(taken), relations, forbidden, told)


def _officer_problem(kept: Firm, gone: Firm, taken: Collection[str]) -> str | None:
    """Why the officer that comes of it cannot be in charge where the firm then lies; None where nothing changes."""
    if not {"officer_id", "organisation_id"} & set(taken):
        return None
    organisation = (gone if "organisation_id" in taken else kept).organisation
    officer_id = (gone if "officer_id" in taken else kept).officer_id
    try:
        rules.officer_for(organisation, officer_id)
    except DomainError as error:
        return str(error)
    return None


def _relation(table: Table, column: Column[Any], kept_id: int, gone_id: int) -> tuple[Relation, Ruling]:
    rows = rows_of(table, column, gone_id)
    theirs = rows_of(table, column, kept_id) if rows else []
    rule: Rule | None = current_app.extensions.get("merge_rules", {}).get(table.name)
    ruling = rule(theirs, rows) if rule and rows else Ruling()
    then: list[Row] = [{**row, **ruling.changed.get(row.get("id", 0), {})} for row in theirs]
    left = [
        row
        for row in rows
        if row.get("id") in ruling.left
        or collides(table, column, {**row, **ruling.changed.get(row.get("id", 0), {})}, then)
    ]
    moving = [row for row in rows if row not in left]
    return Relation(table, column, moving, left, theirs, ruling.changed), ruling
