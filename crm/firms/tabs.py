"""The tabs and badges of a firm's page: rooms above offer theirs, so that this room need not know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from crm.firms.models import Firm


@dataclass(frozen=True)
class Tab:
    """One page about a firm; `endpoint` takes `firm_id`."""

    endpoint: str
    title: Any  # lazy text
    order: int


Badges = Callable[[Firm], list[Any]]


def add_tab(app: Flask, tab: Tab) -> None:
    tabs: list[Tab] = app.extensions.setdefault("firm_tabs", [])
    tabs.append(tab)
    tabs.sort(key=lambda entry: entry.order)


def add_badges(app: Flask, badges: Badges) -> None:
    """Offer badges for the head of a firm's page (the titles it holds, say)."""
    app.extensions.setdefault("firm_badges", []).append(badges)


def tabs() -> list[Tab]:
    return list(current_app.extensions.get("firm_tabs", []))


def badges_of(firm: Firm) -> list[Any]:
    return [badge for offer in current_app.extensions.get("firm_badges", []) for badge in offer(firm)]
