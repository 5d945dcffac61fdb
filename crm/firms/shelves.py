"""One search over all registers: firms, their rights, what the place offers, what firms need. Each room offers its shelves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from crm.accounts.models import User


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, its page, and a line that says which one it is."""

    title: str
    url: str
    note: str | None = None


@dataclass(frozen=True)
class Shelf:
    """A register that the search looks through.

    `list_url(typed)` is the page of all it finds, where the room has a list of its own. A shelf that is not one of the six
    (`always`) is shown where something stands on it.
    """

    key: str
    title: Any  # lazy text
    icon: str
    order: int
    list_url: Callable[[str], str] | None = None
    always: bool = True


# (user, typed, limit, offset) → shelf's key → its hits within the user's scope; a shelf without any may be left out.
Find = Callable[[User, str, int, int], Mapping[str, Sequence[Hit]]]


def add_shelves(app: Flask, shelves: Sequence[Shelf], find: Find) -> None:
    """A room offers registers to the search over all of them; it looks through all of its own at once."""
    app.extensions.setdefault("shelves", []).append((shelves, find))


def search(user: User, typed: str, limit: int) -> Iterator[tuple[Shelf, Sequence[Hit]]]:
    """Every shelf in its order, with its first hits up to `limit`."""
    found = [
        (shelf, hits.get(shelf.key, ()))
        for shelves, find in _sources()
        for hits in [find(user, typed, limit, 0)]
        for shelf in shelves
    ]
    return iter(sorted(found, key=lambda pair: pair[0].order))


def search_one(user: User, key: str, typed: str, limit: int, offset: int) -> tuple[Shelf, Sequence[Hit]] | None:
    """One shelf with a part of its hits; None where there is no such shelf."""
    for shelves, find in _sources():
        for shelf in shelves:
            if shelf.key == key:
                return shelf, find(user, typed, limit, offset).get(key, ())
    return None


def _sources() -> list[tuple[Sequence[Shelf], Find]]:
    return list(current_app.extensions.get("shelves", []))
