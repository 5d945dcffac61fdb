"""The page that searches all registers at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms import shelves
from crm.firms.naming import normal
from crm.firms.shelves import Hit, Shelf
from crm.kernel.errors import NotFoundError
from crm.registers.resources.routes import blueprint
from crm.web.paging import PAGE_SIZE, Page, page_number, page_of

SHOWN = 5  # hits of each register; the rest on its own page
COUNTED = 20  # hits of each, counted no further


@blueprint.get("/registers/search")
@requires(Permission.VIEW_FIRMS)
def search() -> str:
    """What is typed, in every register (?q=…); one of them in full with ?shelf=…"""
    typed = "".join(filter(str.isprintable, request.args.get("q", ""))).strip()
    one = request.args.get("shelf")
    return render_template(
        "registers/resources/search.html",
        typed=typed,
        short=len(normal(typed)) == 1,
        shown=SHOWN,
        counted=COUNTED,
        groups=[] if one or not typed else _groups(typed),
        whole=_whole(one, typed) if one and typed else None,
    )


def _groups(typed: str) -> list[tuple[Shelf, Sequence[Hit], int]]:
    """Each register, its first hits, and how many it has, counted no further than COUNTED + 1."""
    return [
        (shelf, hits[:SHOWN], len(hits))
        for shelf, hits in shelves.search(current_user, typed, COUNTED + 1)
        if hits or shelf.always
    ]


def _whole(key: str, typed: str) -> tuple[Shelf, Page[Hit]]:
    number = page_number()
    found = shelves.search_one(current_user, key, typed, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
    if found is None:
        raise NotFoundError(_("没有这种登记册。"))
    return found[0], page_of(found[1], number)
