"""What every page's frame needs: the navigation for the person signed in, and addresses of built assets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_login import current_user

from crm.web.language import language


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: shown to those who hold the permission."""

    endpoint: str
    title: Any  # lazy text
    icon: str
    permission: Any
    order: int = 50
    exact: bool = False  # pages below it are places of their own

    @property
    def active(self) -> bool:
        """Whether the page asked for is this place or lies below it."""
        here, home = request.path, url_for(self.endpoint)
        return here == home or (not self.exact and here.startswith(home.rstrip("/") + "/"))


def add_place(app: Flask, place: Place) -> None:
    """A room offers one of its pages for the navigation."""
    places: list[Place] = app.extensions.setdefault("navigation", [])
    places.append(place)
    places.sort(key=lambda entry: entry.order)


def add_to_user_menu(app: Flask, place: Place) -> None:
    """A room offers one of its pages for the menu under the person's name."""
    app.extensions.setdefault("user_menu", []).append(place)


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
    signed_in = bool(current_user and current_user.is_authenticated)

    def open_to_reader(places: list[Place]) -> list[Place]:
        return [place for place in places if signed_in and current_user.can(place.permission)]

    search: Callable[[], str] | None = current_app.extensions.get("search_url")
    return {
        "navigation": open_to_reader(current_app.extensions["navigation"]),
        "user_menu": open_to_reader(current_app.extensions.get("user_menu", [])),
        "language": language(),
        "demo": current_app.config["DEMO"],
        "search_url": search() if search and signed_in else None,
    }
