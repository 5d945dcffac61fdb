"""What the manager's pages share: the filter bar that goes with them from page to page, their tabs, and days in addresses."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.firms.queries import active_filters
from crm.insight.days import often_asked
from crm.insight.filters import asked_filters, choices_for
from crm.kernel import clock
from crm.web.fields import read_date
from crm.web.formatting import day

# Endpoint → title, in the order of the tabs.
TABS: dict[str, Any] = {
    "insight.funnel": _l("漏斗"),
    "insight.cohorts": _l("升级"),
    "insight.movement": _l("变动"),
    "insight.pool": _l("后备库"),
    "insight.stuck": _l("卡点"),
    "insight.warnings": _l("预警"),
    "insight.coverage": _l("走访覆盖"),
}
KEPT = ("on", "from", "to")  # days that go along from tab to tab


def frame(endpoint: str, **own: str) -> dict[str, Any]:
    """What `insight/_frame.html` shows; `own` are arguments of this page that its filter form keeps."""
    asked = asked_filters(request.args)
    along: dict[str, Any] = {**asked, **{name: request.args[name] for name in KEPT if request.args.get(name)}}
    return {
        "asked": asked,
        "own": own,
        "endpoint": endpoint,
        "choices": choices_for(current_user, asked),
        "tabs": [{"key": name, "title": title, "href": url_for(name, **along)} for name, title in TABS.items()],
    }


def here(endpoint: str, **changes: str | None) -> str:
    """A page with the arguments of this one's address and some of them changed; None leaves one out."""
    arguments: dict[str, Any] = {name: value for name, value in {**request.args, **changes}.items() if value}
    return url_for(endpoint, **arguments)


def about(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """What a workbook says in its head: what the page says of its days, and the filters in words."""
    _conditions, chips = active_filters(current_user, asked_filters(request.args))
    organisation = current_user.organisation
    scope = [(_("范围"), organisation.name)] if organisation else []
    filters = [(str(chip.title), str(chip.value)) for chip in chips]
    return [*more, *scope, *filters, (_("导出日期"), day(clock.today()))]


def note(text: str) -> str:
    """One line below a saved picture: its days and the filters."""
    _conditions, chips = active_filters(current_user, asked_filters(request.args))
    return " · ".join([text, *(f"{chip.title}{_('：')}{str(chip.value).strip()}" for chip in chips)])


def firms_url(**arguments: str) -> str:
    """The list of firms by a number's own condition and the filters of the page."""
    return f"{url_for('firms.index')}?{urlencode({**arguments, **asked_filters(request.args)})}"


def day_asked(name: str, otherwise: date) -> tuple[date, str | None]:
    """A day of the address, with the sentence that says why it was not taken. Of a day to come nothing is known yet."""
    asked = request.args.get(name, "").strip()
    if not asked:
        return otherwise, None
    try:
        return read_date(asked, not_future=True), None
    except ValueError as error:
        return otherwise, str(error)


def quick_days() -> list[tuple[Any, date]]:
    """Days that are asked for often."""
    titles = (_("今天"), _("上季度末"), _("去年末"), _("一年前"))
    return list(zip(titles, often_asked(clock.today()), strict=True))
