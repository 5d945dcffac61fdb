"""What the pages of resources show beside their rows: numbers that open their firms, the year of events, a list as a sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import Flask, current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.reference.terms import term_titles
from crm.registers.resources import queries
from crm.registers.resources.firm_list import NONE
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.queries import Listed, Standing, Ties, Wanted
from crm.web.formatting import percent
from crm.web.tables import Cell, Column, Table

GRADUATED = "graduated"


@dataclass(frozen=True)
class Reached:
    """A rung, and how many of some firms reached it: ever held its title. `value` is what the list of firms is narrowed by."""

    title: Any
    value: str
    firms: int


# The firms, as ids → the rungs they reached, from the first to the last; those that none reached are left out.
RungsReached = Callable[[Select[int]], list[Reached]]


def offer_rungs(app: Flask, rungs_reached: RungsReached, filter_name: str) -> None:
    """The room that keeps titles says which rungs some firms reached, and by which filter the list of firms shows them."""
    app.extensions["rungs_reached"] = (rungs_reached, filter_name)


@dataclass(frozen=True)
class Figure:
    """A number of a resource, and the list of firms it counts."""

    number: Any
    title: Any
    href: str | None = None
    note: Any = None


def figures_of(user: User, resource: Resource, standing: Standing) -> list[tuple[Any, list[Figure]]]:
    """Groups of numbers: how full, who is there in which role, with what result they left, how far the graduates came.

    Roles, results and rungs count the firms within the reader's scope, as the lists they open do.
    """

    def opens(**narrowed: Any) -> str:
        return url_for("firms.index", resource=resource.id, **narrowed)

    register = resource.register
    roles, outcomes = term_titles(f"{register}.role"), term_titles(f"{register}.outcome")
    kind = RESOURCES[register]
    groups: list[tuple[Any, list[Figure]]] = []
    if register is ResourceRegister.CARRIER:
        full = percent(Fraction(standing.now.all, resource.capacity), 0) if resource.capacity else None
        note = _("可容纳 %(capacity)s 家", capacity=resource.capacity) if resource.capacity else None
        groups.append(
            (
                None,
                [
                    Figure(standing.now.all, _("在载体内"), _ties(resource, Ties.NOW)),
                    Figure(full, _("入驻率"), note=note or _("没有填可容纳多少家")),
                    Figure(standing.before.all, _("已离开"), _ties(resource, Ties.BEFORE)),
                ],
            )
        )
    by_role = [
        Figure(standing.roles[key], title, opens(tie=Ties.NOW, tie_role=key))
        for key, title in roles.items()
        if key in standing.roles
    ]
    if len(by_role) > 1 and not kind.moment:
        groups.append((kind.firms, by_role))
    by_outcome = [
        Figure(standing.outcomes[key], title, opens(tie=Ties.BEFORE, outcome=key))
        for key, title in outcomes.items()
        if key in standing.outcomes
    ]
    if None in standing.outcomes and by_outcome:
        by_outcome.append(Figure(standing.outcomes[None], _("没有填结果"), opens(tie=Ties.BEFORE, outcome=NONE)))
    if by_outcome:
        groups.append((_("离开的去向") if register is ResourceRegister.CARRIER else _("结果"), by_outcome))
    if GRADUATED in standing.outcomes and (rungs := graduates(user, resource)):
        groups.append((_("毕业企业走到了哪一级"), rungs))
    return groups


def _ties(resource: Resource, which: Ties) -> str:
    return url_for("resources.show", resource_id=resource.id, firms=which, _anchor="firms")


def graduates(user: User, resource: Resource) -> list[Figure]:
    """The rungs that the carrier's graduates reached; none where no room says so."""
    offered = current_app.extensions.get("rungs_reached")
    if offered is None:
        return []
    rungs_reached, filter_name = offered
    firms = (
        select(ResourceFirm.firm_id)
        .join(Firm, Firm.id == ResourceFirm.firm_id)
        .where(
            ResourceFirm.resource_id == resource.id,
            ResourceFirm.outcome == GRADUATED,
            visible_firms(user),
        )
    )
    return [
        Figure(
            each.firms,
            each.title,
            url_for("firms.index", resource=resource.id, outcome=GRADUATED, **{filter_name: each.value}),
        )
        for each in rungs_reached(firms)
    ]


def event_table(user: User, year: int) -> tuple[int, list[Figure]]:
    """The year, and its events by kind within the user's scope; kinds without one are shown as 0."""
    titles = term_titles("event.kind")
    return year, [
        Figure(count, titles.get(kind, kind), url_for("resources.index", register="event", kind=kind, year=year))
        for kind, count in queries.events_in(user, year).items()
    ]


def sheet_of(wanted: Wanted, rows: Sequence[Listed]) -> Table:
    """A list as a sheet: every column of the register, who keeps each, and how many firms are tied. It says where it was cut."""
    kind = RESOURCES[wanted.register]
    fields = [name for name in kind.fields if name != "user_id"]
    titles = [
        _("%(title)s（元）", title=kind.fields[name]) if name == "amount" else kind.fields[name] for name in fields
    ]
    columns = [*map(Column, titles), Column(_("管理单位")), Column(kind.firms, "number")]
    words = {"kind": term_titles(f"{wanted.register}.kind"), "level": term_titles("level")}

    def cell(row: Any, name: str) -> Cell:
        value = getattr(row, name)
        if value is None:
            return Cell(None)
        if name in words:
            return Cell(words[name].get(value, value))
        if name == "amount":  # whole yuan as a number; never through floating point
            return Cell(int(value) if value == value.to_integral_value() else str(value))
        if name == "industry_code":
            return Cell(f"{value} {row.industry or ''}".strip())
        return Cell(value)

    return Table(
        kind.title,
        columns,
        [
            [
                *(cell(each.resource, name) for name in fields),
                Cell(each.resource.organisation),
                Cell(each.firms),
            ]
            for each in rows
        ],
        [(_("最多导出 %(limit)s 条：请加条件分次导出", limit=queries.MOST_EXPORTED), "")]
        if len(rows) == queries.MOST_EXPORTED
        else [],
    )
