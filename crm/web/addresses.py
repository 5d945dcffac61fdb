"""What an address may say: numbers a database can hold, and ways that stay in this house."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class Request(flask.Request):
    """A request whose `args` go along into other addresses: without what `url_for` would take for its own."""

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        sent = super().args.items(multi=True)
        return ImmutableMultiDict((name, value) for name, value in sent if name != "endpoint" and name[:1] != "_")


class RecordNumber(IntegerConverter):
    """`<int:…>` in an address: no larger than a database's number, so that a larger one is a page there is not."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})


def record_number(text: str) -> int:
    """The number of a record as a query or a form gives it (for `type=`). Raises ValueError for what is none."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(text)
    return number


def known_number(text: str) -> int | None:
    """The same, or None for what is no record's number."""
    try:
        return record_number(text)
    except ValueError:
        return None


def own_address(target: str | None) -> str | None:
    """The address if it stays in this house; None for any other."""
    if not target:
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target
