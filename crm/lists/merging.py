"""What lists forbid when two firms become one: to be on a list twice at a time."""

from __future__ import annotations

from datetime import date

from flask import Flask

from crm.firms.duplicates.preview import Ruling, add_rule
from crm.firms.duplicates.rows import Row


def init_app(app: Flask) -> None:
    add_rule(app, "list_member", members)


def members(kept: list[Row], gone: list[Row]) -> Ruling:
    """A membership beside one of the kept firm at the same time stays behind: the firm is on the list either way."""
    return Ruling(left=[row["id"] for row in gone if any(_together(row, other) for other in kept)])


def _together(one: Row, other: Row) -> bool:
    if one["list_id"] != other["list_id"]:
        return False
    return one["since"] < (other["until"] or date.max) and other["since"] < (one["until"] or date.max)
