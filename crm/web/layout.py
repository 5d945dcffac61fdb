"""What every page's frame needs: the navigation for the person signed in, and addresses of built assets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request
from flask.templating import Environment as FlaskEnvironment
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.web.language import language


class Group(Enum):
    """The parts of the navigation, from the top down, each with its heading."""

    MINE = _l("我的")
    FIRMS = _l("企业与培育")
    PARK = _l("全园")
    RULES = _l("规则与设置")


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: shown to those who hold the permission.

    On a desk the places stand in a rail, by group and order. On a phone a bar at the foot has room for four, those
    whose `thumb` is set, from left to right; the others lie behind “更多”. An `action` is no place but something done
    (记走访): only the phone's bar shows it, as its one raised button.
    """

    endpoint: str
    title: Any  # lazy text
    icon: str
    permission: Any
    order: int = 50
    exact: bool = False  # pages below it are places of their own
    group: Group = Group.MINE
    thumb: int | None = None
    action: bool = False

    def active(self, home: str) -> bool:
        """Whether the page asked for is this place, whose address is `home`, or lies below it."""
        here = request.path
        return here == home or (not self.exact and here.startswith(home.rstrip("/") + "/"))


class Environment(FlaskEnvironment):
    """What all templates know is a plain dictionary: each `import` of a page looks all of it up, slowly in Jinja's chain."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def add_place(app: Flask, place: Place) -> None:
    """A room offers one of its pages for the navigation."""
    places: list[Place] = app.extensions.setdefault("navigation", [])
    places.append(place)
    places.sort(key=lambda entry: entry.order)


def add_to_user_menu(app: Flask, place: Place) -> None:
    """A room offers one of its pages for the menu under the person's name."""
    app.extensions.setdefault("user_menu", []).append(place)


def grouped(places: list[Place]) -> list[tuple[Group, list[Place]]]:
    """The places of the rail by their groups, in the groups' order; groups without places are left out."""
    found = [(group, [place for place in places if place.group is group and not place.action]) for group in Group]
    return [(group, members) for group, members in found if members]


def in_reach(places: list[Place]) -> list[Place]:
    """The places of the phone's bar: at most four, from left to right."""
    return sorted((place for place in places if place.thumb is not None), key=lambda place: place.thumb or 0)[:4]


def init_app(app: Flask) -> None:
    app.extensions.setdefault("navigation", [])
    app.context_processor(_frame)

    @cache
    def fingerprinted(name: str) -> str:
        content = Path(str(app.static_folder), name).read_bytes()
        return f"{app.static_url_path}/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"

    def asset(name: str) -> str:
        """The address of a built file, with its content's hash, so that browsers may keep it for good."""
        # Built by hand: a page asks for dozens of icons, and url_for would be a tenth of its time.
        return request.script_root + fingerprinted(name)

    # Globals, not only in the context: imported macros see no context. `once(icon)` draws each icon of a page once.
    app.jinja_env.globals.update(asset=asset, once=cache)


def _frame() -> dict[str, Any]:
    reader: Any = current_user._get_current_object() if current_user else None  # asked for at each of the places
    signed_in = reader is not None and bool(reader.is_authenticated)

    def open_to_reader(places: list[Place]) -> list[Place]:
        return [place for place in places if signed_in and reader.can(place.permission)]

    search: Callable[[], str] | None = current_app.extensions.get("search_url")
    places = open_to_reader(current_app.extensions["navigation"])
    return {
        "navigation": grouped(places),
        "in_reach": in_reach(places),
        "user_menu": open_to_reader(current_app.extensions.get("user_menu", [])),
        "language": language(),
        "demo": current_app.config["DEMO"],
        "search_url": search() if search and signed_in else None,
    }
