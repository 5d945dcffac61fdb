"""Pages of 80 rows without counting what nobody asked to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request, url_for

Row = TypeVar("Row")
PAGE_SIZE = 80
LAST_PAGE = 100_000  # beyond it there is nothing, and the databases' numbers end


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows; `more` says that another follows."""

    rows: Sequence[Row]
    number: int
    more: bool

    @property
    def previous_url(self) -> str | None:
        return page_url(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return page_url(self.number + 1) if self.more else None


def page_number() -> int:
    """The page asked for in the address, from 1."""
    return min(max(1, request.args.get("page", 1, type=int) or 1), LAST_PAGE)


def page_url(number: int) -> str:
    """This page's own address with its filters, at another page number."""
    arguments = {**dict(request.args.lists()), **(request.view_args or {}), "page": number}
    return url_for(request.endpoint or "", **arguments)


def page_of(rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> Page[Row]:
    """Make a page of rows that were fetched with limit size + 1."""
    return Page(rows[:size], number, len(rows) > size)
