"""The tabs and badges of a firm's page: rooms above offer theirs, so that this room need not know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import Flask, current_app, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.words import STATUSES


class TabGroup(Enum):
    """What the pages about a firm are put together by: the first row of its tabs, from left to right."""

    OVERVIEW = _l("概况")
    CULTIVATION = _l("培育与申报")
    RECORD = _l("企业档案")
    SERVICE = _l("走访与服务")
    FILLING = _l("企业填报")


@dataclass(frozen=True)
class Tab:
    """One page about a firm, among those of its group; `endpoint` takes `firm_id`."""

    endpoint: str
    title: Any  # lazy text
    group: TabGroup
    order: int
    permission: Permission = Permission.VIEW_FIRMS


@dataclass(frozen=True)
class Badge:
    """A mark beside a firm's name; `kind` is one of those of `badge` in _components/page.html."""

    text: Any
    kind: str = "neutral"
    icon: str | None = None
    title: Any = None


Badges = Callable[[Firm], list[Badge]]


def add_tab(app: Flask, tab: Tab) -> None:
    tabs: list[Tab] = app.extensions.setdefault("firm_tabs", [])
    tabs.append(tab)
    tabs.sort(key=lambda entry: entry.order)


def add_badges(app: Flask, badges: Badges) -> None:
    """Offer badges for the head of a firm's page (the titles it holds, say)."""
    app.extensions.setdefault("firm_badges", []).append(badges)


def tabs() -> list[Tab]:
    """The tabs that the person reading may open, in their order."""
    return list(_open())


def _open() -> Iterator[Tab]:
    """One by one: most who ask need the first alone."""
    reader = current_user._get_current_object()  # asked for at each of the tabs
    return (tab for tab in current_app.extensions.get("firm_tabs", []) if reader.can(tab.permission))


def badges_of(firm: Firm) -> list[Badge]:
    return [badge for offer in current_app.extensions.get("firm_badges", []) for badge in offer(firm)]


def firm_url(firm_id: int) -> str:
    """The first page about a firm: the tab with the lowest order."""
    return url_for(next(_open()).endpoint, firm_id=firm_id)


def firm_urls(firm_ids: Iterable[int]) -> dict[int, str]:
    """The first page about each of many firms."""
    endpoint = next(_open()).endpoint
    return {firm_id: url_for(endpoint, firm_id=firm_id) for firm_id in firm_ids}


def init_app(app: Flask) -> None:
    """What templates/firms/_firm.html calls."""
    app.jinja_env.globals.update(
        firm_badges=badges_of,
        firm_status=lambda firm: STATUSES[firm.status],
        firm_tab_group=_group,
        firm_tab_groups=_groups,
        firm_tab_title=_title,
        firm_url=firm_url,
    )


def _title(endpoint: str) -> Any:
    tab = _tab(endpoint)
    return tab.title if tab else None


def _group(endpoint: str) -> TabGroup | None:
    tab = _tab(endpoint)
    return tab.group if tab else None


def _tab(endpoint: str) -> Tab | None:
    return next((tab for tab in tabs() if tab.endpoint == endpoint), None)


def _groups(firm_id: int) -> list[dict[str, Any]]:
    """The groups that the person reading may open, each with its pages: both as the macro `tabs` takes them.

    A group leads to its first page, and one of a single page bears that page's name.
    """
    found = []
    for group in TabGroup:
        pages = [_item(tab, firm_id) for tab in tabs() if tab.group is group]
        if pages:
            title = group.value if len(pages) > 1 else pages[0]["title"]
            found.append({"key": group, "title": title, "href": pages[0]["href"], "pages": pages})
    return found


def _item(tab: Tab, firm_id: int) -> dict[str, Any]:
    return {"key": tab.endpoint, "title": tab.title, "href": url_for(tab.endpoint, firm_id=firm_id)}
