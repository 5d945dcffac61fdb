"""The page that searches all registers at once."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.shelves import COUNTED, Hit, Shelf, shelves
from crm.kernel.errors import NotFoundError
from crm.registers.resources.routes import blueprint
from crm.web.paging import PAGE_SIZE, Page, page_number, page_of

SHOWN = 5  # hits of each register; the rest on its own page


@blueprint.get("/registers/search")
@requires(Permission.VIEW_FIRMS)
def search() -> str:
    """What is typed, in every register (?q=…); one of them in full with ?shelf=…"""
    typed = "".join(filter(str.isprintable, request.args.get("q", ""))).strip()
    one = request.args.get("shelf")
    return render_template(
        "registers/resources/search.html",
        typed=typed,
        shown=SHOWN,
        counted=COUNTED,
        groups=[] if one or not typed else _groups(typed),
        whole=_whole(one, typed) if one and typed else None,
    )


def _groups(typed: str) -> list[tuple[Shelf, list[Hit], int]]:
    """Each register, its first hits, and how many it has, counted no further than COUNTED + 1."""
    found = [(shelf, list(shelf.find(current_user, typed, COUNTED + 1, 0))) for shelf in shelves()]
    return [(shelf, hits[:SHOWN], len(hits)) for shelf, hits in found if hits or shelf.always]


def _whole(key: str, typed: str) -> tuple[Shelf, Page[Hit]]:
    shelf = next((each for each in shelves() if each.key == key), None)
    if shelf is None:
        raise NotFoundError(_("没有这种登记册。"))
    number = page_number()
    return shelf, page_of(list(shelf.find(current_user, typed, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)), number)
