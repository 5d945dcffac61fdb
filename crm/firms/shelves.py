"""One search over all registers: firms, their rights, what the place offers, what firms need. Each room offers its shelf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from crm.accounts.models import User

COUNTED = 50  # hits of a shelf, counted no further


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, its page, and a line that says which one it is."""

    title: str
    url: str
    note: str | None = None


@dataclass(frozen=True)
class Shelf:
    """A register that the search looks through.

    `find(user, typed, limit, offset)` gives hits within the user's scope. `list_url(typed)` is the page of all of them,
    where the room has a list of its own. A shelf that is not one of the six is shown where something stands on it.
    """

    key: str
    title: Any  # lazy text
    icon: str
    order: int
    find: Callable[[User, str, int, int], Sequence[Hit]]
    list_url: Callable[[str], str] | None = None
    always: bool = True


def add_shelf(app: Flask, shelf: Shelf) -> None:
    """A room offers a register to the search over all of them."""
    shelves: list[Shelf] = app.extensions.setdefault("shelves", [])
    shelves.append(shelf)
    shelves.sort(key=lambda each: each.order)


def shelves() -> list[Shelf]:
    return list(current_app.extensions.get("shelves", []))
