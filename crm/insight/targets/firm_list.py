"""What the pages of targets offer the list of firms: the firms that a measure counts, and those whose figures it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.firms.queries import Filter
from crm.insight.targets.catalogue import firms_counted, firms_missing, measure, title_of
from crm.insight.targets.measures import FIGURES, FIXED
from crm.kernel import clock
from crm.web.addresses import known_number


def filters() -> dict[str, Filter]:
    """`counted` and `lacking`: a year and a measure's key, with a dot between."""
    return {
        "counted": Filter(_l("计入指标"), _counted, lambda value: _shown(value), few=lambda: _lately(FIXED)),
        "lacking": Filter(_l("缺少数据"), _lacking, lambda value: _shown(value), few=lambda: _lately(FIGURES)),
    }


def _lately(keys: Iterable[str]) -> Iterator[str]:
    """What pages ask for of these measures: this year's and the last one's."""
    year = clock.today().year
    return (f"{each}.{key}" for key in keys for each in (year, year - 1))


def _asked(value: str) -> tuple[int, str]:
    year, _dot, key = value.partition(".")
    return known_number(year) or 0, key


def _counted(value: str) -> ColumnElement[bool] | None:
    year, key = _asked(value)
    return firms_counted(key, year)


def _lacking(value: str) -> ColumnElement[bool] | None:
    year, key = _asked(value)
    return firms_missing(key, year)


def _shown(value: str) -> Any:
    year, key = _asked(value)
    found = measure(key)
    return None if found is None else _("%(title)s（%(year)s 年）", title=title_of(found), year=year)
