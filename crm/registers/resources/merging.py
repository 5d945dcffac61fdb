"""What the resources forbid when two firms become one: to be inside the same carrier, or at the same event, twice at a time."""

from __future__ import annotations

from datetime import date

from flask import Flask

from crm.firms.duplicates.preview import Ruling, add_rule
from crm.firms.duplicates.rows import Row


def init_app(app: Flask) -> None:
    add_rule(app, "resource_firm", ties)


def ties(kept: list[Row], gone: list[Row]) -> Ruling:
    """A tie beside one of the kept firm to the same resource at the same time stays behind: it would be counted twice."""
    return Ruling(left=[row["id"] for row in gone if any(_together(row, other) for other in kept)])


def _together(one: Row, other: Row) -> bool:
    if one["resource_id"] != other["resource_id"]:
        return False
    first, second = _days(one), _days(other)
    return first == second or (first[0] < second[1] and second[0] < first[1])


def _days(row: Row) -> tuple[date, date]:
    """From the first day, which nobody may know, to the first day no longer."""
    return row["since"] or date.min, row["until"] or date.max
