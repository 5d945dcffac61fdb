"""Where a number that adds up over the year will stand at its end: from the year to date and last year's same days; or why nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flask_babel import gettext as _

from crm.insight.targets.board import Board, Line
from crm.insight.targets.counts import SO_FAR, Numbers
from crm.insight.targets.derived import derived
from crm.insight.targets.measures import FIGURES, YEARLY, Measure, Tally
from crm.insight.targets.models import Indicator
from crm.insight.targets.units import from_base, to_whole
from crm.web.language import title_in

FEWEST = 10  # entries of last year: of fewer, their share in the same days says nothing


@dataclass(frozen=True)
class Pace:
    """In the indicator's unit: this year to date, last year to the same day and in whole. `expected`: the year's end.

    By last year's share where `whole` had enough entries, else by the days gone (`gone` of `days`).
    """

    so_far: Fraction
    before: Fraction
    whole: Fraction
    share: Fraction | None
    gone: int
    days: int
    until: date
    at_least: bool
    expected: Fraction

    @property
    def exact(self) -> Fraction:
        """Before it was rounded to the unit."""
        return self.so_far / self.share if self.share is not None else self.so_far * Fraction(self.days, self.gone)


def pace(board: Board, line: Line) -> Pace | None:
    """None where there is nothing to go by (see `why_none`)."""
    found = board.figures.measure_of(line.indicator)
    if found is None or not found.flow or line.reached.entered is not None or board.run is None:
        return None
    numbers, last = (board.figures.counted.get(year) for year in (board.year, board.year - 1))
    if numbers is None or last is None:
        return None
    return _pace(found, line.indicator, numbers, last, board.run.on)


def _pace(found: Measure, indicator: Indicator, numbers: Numbers, last: Numbers, on: date) -> Pace | None:
    now, before, whole = (found.take(each) for each in (numbers, so_far(last), last))
    if now.value is None:
        return None
    had, in_all = before.value or Fraction(0), whole.value or Fraction(0)
    enough = _entries(found, whole) >= FEWEST and had > 0
    share = had / in_all if enough else None
    gone = (on - date(on.year, 1, 1)).days + 1
    days = (date(on.year, 12, 31) - date(on.year, 1, 1)).days + 1
    expected = now.value / share if share is not None else now.value * Fraction(days, gone)
    unit = indicator.unit
    return Pace(
        from_base(now.value, unit),
        from_base(had, unit),
        from_base(in_all, unit),
        share,
        gone,
        days,
        on,
        bool(now.missing) and found.summed,
        to_whole(from_base(expected, unit), unit),
    )


def _entries(found: Measure, tally: Tally) -> Fraction:
    """How many things the number is made of: of money, the entries."""
    return Fraction(tally.of or 0) if found.summed else tally.value or Fraction(0)


def so_far(numbers: Numbers) -> Numbers:
    """What of a past year had come by the same day (see `counts.SO_FAR`), under the keys that measures read."""
    return {key.removeprefix(SO_FAR): values for key, values in numbers.items() if key.startswith(SO_FAR)}


def why_none(board: Board, line: Line, titles: Mapping[str, str]) -> str:
    """Why an indicator has no forecast, for a year that is not over."""
    indicator = line.indicator
    if line.reached.entered is not None:
        return _("本年完成值是人工录入的，不按系统数据推算。")
    if indicator.measure is None:
        return _("人工录入的指标，系统没有年内数据，不预测。")
    made = derived(indicator.measure)
    if made is not None:
        names = _("、").join(titles.get(key, key) for key in made.of)
        return _("由%(names)s算出，不单独预测。", names=names)
    if indicator.measure in {*FIGURES, *YEARLY}:
        return _("年度数据次年上报，不预测。")
    if board.run is None:
        return _("系统数据还没有统计过，暂不能预测。")
    return _("“%(name)s”是时点数，没有可依据的年内进度，不预测。", name=title_in(indicator))
