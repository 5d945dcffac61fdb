"""Numbers made of other indicators of the same plan: a share, an average growth, a multiple of the base, a sum over its years.

A key names its indicators: `share:rd_expense/gdp`, `growth:rd_expense`, `multiple:hte_count`, `cumulated:contract_amount`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from flask_babel import gettext as _

from crm.insight.targets.progress import yearly_growth
from crm.insight.targets.units import Dimension


class Way(StrEnum):
    SHARE = "share"
    GROWTH = "growth"
    MULTIPLE = "multiple"
    CUMULATED = "cumulated"


@dataclass(frozen=True)
class Derived:
    """`of`: the keys of the indicators it is made of."""

    key: str
    way: Way
    of: tuple[str, ...]

    def title(self, titles: Mapping[str, str]) -> str:
        names = [titles.get(key, key) for key in self.of]
        match self.way:
            case Way.SHARE:
                return _("%(part)s ÷ %(whole)s", part=names[0], whole=names[1])
            case Way.GROWTH:
                return _("%(name)s的年均增速（自基期）", name=names[0])
            case Way.MULTIPLE:
                return _("%(name)s相当于基期的倍数", name=names[0])
        return _("%(name)s自规划期第一年起累计", name=names[0])

    def dimension(self, of: Sequence[Dimension]) -> Dimension | None:
        """The dimension of the number; None where the indicators do not go together so."""
        if self.way is Way.CUMULATED:
            return of[0] if of[0] in (Dimension.COUNT, Dimension.MONEY) else None
        alike = len(set(of)) == 1 and of[0] in (Dimension.COUNT, Dimension.MONEY)
        return Dimension.RATIO if alike else None


def derived(key: str) -> Derived | None:
    """The derived number of a key; None for a key that means none."""
    way, colon, names = key.partition(":")
    if not colon or way not in set(Way):
        return None
    of = tuple(names.split("/"))
    if not all(of) or len(of) != (2 if way == Way.SHARE else 1):
        return None
    return Derived(key, Way(way), of)


@dataclass(frozen=True)
class Known:
    """What is known of an indicator in a year, in things, yuan or as a ratio."""

    value: Fraction | None
    at_least: bool = False


NOTHING = Known(None)


def work_out(found: Derived, year: int, of: Callable[[str, int], Known], first: int) -> tuple[Known, list[str]]:
    """The number of a year, and the keys of what is missing for it. `first` is the plan's first year: its base is the year before.

    `of` says what is known of an indicator in a year.
    """
    if found.way is Way.CUMULATED:
        each = [of(found.of[0], when) for when in range(first, year + 1)]
        known = [part.value for part in each if part.value is not None]
        if not known:
            return NOTHING, [found.of[0]]
        return Known(sum(known, Fraction(0)), len(known) < len(each) or any(part.at_least for part in each)), []
    now = of(found.of[0], year)
    if found.way is Way.SHARE:
        whole = of(found.of[1], year)
        missing = [key for key, part in zip(found.of, (now, whole), strict=True) if part.value is None]
        if now.value is None or not whole.value:
            return NOTHING, missing or [found.of[1]]
        # More of the whole than is known would make the share smaller, not larger: then nothing is said of it.
        return (NOTHING, [found.of[1]]) if whole.at_least else (Known(now.value / whole.value, now.at_least), [])
    base = of(found.of[0], first - 1)
    if now.value is None or not base.value or base.at_least:
        return NOTHING, [found.of[0]]
    if found.way is Way.MULTIPLE:
        return Known(now.value / base.value, now.at_least), []
    grown = yearly_growth(now.value, base.value, year - first + 1)
    return Known(grown, now.at_least), [] if grown is not None else [found.of[0]]


def offered(titles: Mapping[str, str], measures: Mapping[str, str | None]) -> dict[str, str]:
    """Key → title of what may be derived of the indicators there are: growth and sums of those that are not derived themselves,
    and the shares in use. `titles` and `measures` by the indicators' keys."""
    plain = [key for key in titles if derived(measures.get(key) or "") is None]
    keys = [f"{way}:{key}" for way in (Way.GROWTH, Way.MULTIPLE, Way.CUMULATED) for key in plain]
    shares = sorted({measure for measure in measures.values() if measure and measure.startswith(f"{Way.SHARE}:")})
    return {key: found.title(titles) for key in [*shares, *keys] if (found := derived(key)) is not None}
