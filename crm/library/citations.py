"""What cites a document: rooms that read numbers from documents say so here; the library knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app


@dataclass(frozen=True)
class Citation:
    """One thing that rests on a document: what kind of thing it is, what it is called, where it is read."""

    kind: Any  # lazy text
    title: Any
    url: str


Find = Callable[[str], list[Citation]]


def offer_citations(app: Flask, find: Find) -> None:
    """A room offers to say what of it cites the document with a number, given in normal form (`numbers.normal`)."""
    app.extensions.setdefault("citations", []).append(find)


def citations_of(number: str) -> list[Citation]:
    """Everything that cites the document, room by room."""
    return [citation for find in current_app.extensions.get("citations", []) for citation in find(number)]
