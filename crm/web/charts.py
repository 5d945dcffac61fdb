"""Charts that the server draws: figures in, coordinates out. `templates/_components/chart.html` puts them on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import floor, log10
from typing import Any

Number = int | float | Decimal | Fraction

# In CSS pixels: on a phone, and on a desk.
WIDTH, WIDE, HEIGHT = 360, 880, 216
RIGHT, TOP, BOTTOM = 8, 22, 24
DIGIT = 7  # how wide one is
WRITTEN = 45  # the room that a written value wants; with less, values stand in the table only
LABEL = 58  # the room that a label below wants
LINE = 13  # how high a line of labels is


@dataclass(frozen=True)
class Point:
    """One value of a series. `low` None: unknown; `high` where it is a range. `text` is what a person reads."""

    low: Number | None
    high: Number | None = None
    text: str = ""

    @property
    def ends(self) -> tuple[float, float] | None:
        if self.low is None:
            return None
        return float(self.low), float(self.low if self.high is None else self.high)


@dataclass(frozen=True)
class Series:
    """Values in the order of the labels. `kind`: bar (from zero), range (from low to high) or line; `tone` 1 to 4."""

    title: Any
    points: Sequence[Point]
    kind: str = "bar"
    tone: int = 1


@dataclass(frozen=True)
class Mark:
    """One bar, range or dot; `text_y` None: its value is not written."""

    x: float
    y: float
    width: float
    height: float
    text: str
    text_y: float | None


@dataclass(frozen=True)
class Drawn:
    """A series with its marks (None: unknown) and, of a line, the stretches between known values (`x,y x,y …`)."""

    series: Series
    marks: Sequence[Mark | None]
    stretches: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """A chart ready to be drawn. `ticks` are (y, text), `columns` (x, lines of the label, none where there is no room)."""

    labels: Sequence[str]
    ticks: Sequence[tuple[float, str]]
    columns: Sequence[tuple[float, list[str]]]
    drawn: Sequence[Drawn]
    line: tuple[float, str] | None
    left: int
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - BOTTOM
    wide: Chart | None = None  # the same as a desk has room for it

    @property
    def right(self) -> int:
        return self.width - RIGHT


def draw(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    line: tuple[Number, str] | None = None,
    top: Number | None = None,
) -> Chart:
    """Lay out series over labels from zero upwards, for a phone and, as `wide`, for a desk.

    `line` is (value, text) of a threshold; `top` a fixed upper end.
    """
    return replace(_draw(labels, series, line, top, WIDTH), wide=_draw(labels, series, line, top, WIDE))


def _draw(
    labels: Sequence[str], series: Sequence[Series], line: tuple[Number, str] | None, top: Number | None, across: int
) -> Chart:
    ends = [end for each in series for point in each.points if point.ends for end in point.ends]
    highest = max([*ends, float(line[0]) if line else 0.0, float(top or 0)], default=0.0)
    lowest = min([0.0, *ends])
    step = _step(highest - lowest, whole=all(end == int(end) for end in ends))
    upper = float(top) if top is not None and float(top) >= highest > 0 else step * -(-highest // step) or step
    lower = step * floor(lowest / step)
    height = HEIGHT - TOP - BOTTOM

    def y(value: float) -> float:
        return round(TOP + (upper - value) / (upper - lower) * height, 1)

    ticks = [(y(value), f"{value:,.10g}") for value in _ticks(lower, upper, step)]
    written = len(labels) * max(1, len(series)) <= across // WRITTEN
    # Where each value is written, and no line to be read against, nobody reads the axis.
    axis = not written or line is not None
    left = 10 + DIGIT * max(len(text) for _y, text in ticks) if axis else RIGHT
    slot = (across - left - RIGHT) / max(1, len(labels))
    centres = [left + slot * (number + 0.5) for number in range(len(labels))]
    every = -(-len(labels) // (across // LABEL))
    columns = [
        (round(x, 1), _lines(label, slot * every) if (len(labels) - 1 - number) % every == 0 else [])
        for number, (x, label) in enumerate(zip(centres, labels, strict=True))
    ]
    boxes = [each for each in series if each.kind != "line"]
    drawn = []
    for each in series:
        place = boxes.index(each) if each in boxes else 0
        width = (
            round(min(36.0, slot * (0.78 if len(boxes) > 1 else 0.6) / max(1, len(boxes))), 1) if each in boxes else 8.0
        )
        offset = (place - (len(boxes) - 1) / 2) * (width + 2) if each in boxes else 0.0
        marks = [
            _mark(point, each.kind, x + offset, width, y, written)
            for point, x in zip(each.points, centres, strict=True)
        ]
        drawn.append(Drawn(each, marks, list(_stretches(marks)) if each.kind == "line" else []))
    below = LINE * (max((len(lines) for _x, lines in columns), default=1) - 1)
    # Values written below their bars have a line of their own above the labels.
    sinks = any(point.ends and point.ends[1] < 0 for each in series if each.kind == "bar" for point in each.points)
    dip = LINE if written and sinks else 0
    threshold = (y(float(line[0])), line[1]) if line else None
    if not axis:
        ticks = [(y(0), "")]
    high, foot = HEIGHT + dip + max(0, below), HEIGHT - BOTTOM + dip
    return Chart(labels, ticks, columns, drawn, threshold, left, across, high, foot)


def _lines(label: str, room: float) -> list[str]:
    """A label of several words that is wider than its room takes two lines."""
    return label.split(" ", 1) if len(label) * DIGIT > room else [label]


def _mark(point: Point, kind: str, x: float, width: float, y: Any, written: bool) -> Mark | None:
    if point.ends is None:
        return None
    low, high = point.ends
    if kind == "line":
        middle = y((low + high) / 2)
        return Mark(round(x, 1), middle, width, width, point.text, middle - 9 if written else None)
    bottom, upper = (y(low), y(high)) if kind == "range" else (y(min(0.0, high)), y(max(0.0, high)))
    # A range of one value is still seen.
    height = max(bottom - upper, 4.0 if kind == "range" else 0.0)
    # Beside the end of a bar: below it where it goes down from zero.
    text_y = bottom + LINE if kind == "bar" and high < 0 else upper - 5
    return Mark(round(x - width / 2, 1), upper, width, round(height, 1), point.text, text_y if written else None)


def _stretches(marks: Sequence[Mark | None]) -> Iterator[str]:
    """What is joined: known values beside each other. An unknown one leaves a hole."""
    run: list[str] = []
    for mark in [*marks, None]:
        if mark is not None:
            run.append(f"{mark.x},{mark.y}")
        else:
            if len(run) > 1:
                yield " ".join(run)
            run = []


def _step(highest: float, whole: bool) -> float:
    """A round distance between ticks, so that there are three to five; `whole`: of what is counted there are no halves."""
    if highest <= 0:
        return 1.0
    raw = highest / 4
    unit = 10.0 ** floor(log10(raw))
    steps = [times * unit for times in (1, 2, 2.5, 5, 10)]
    return float(next(step for step in [*steps, 1.0] if step >= raw * 0.999 and not (whole and step % 1)))


def _ticks(lower: float, upper: float, step: float) -> Iterator[float]:
    value = lower
    while value <= upper + step / 1000:
        yield round(value, 6)
        value += step


@dataclass(frozen=True)
class Span:
    """A range on a scale from zero, in per cent of it: where it begins, how wide it is, and where the line stands."""

    start: float
    width: float
    line: float | None


def span(low: Number, high: Number, top: Number, line: Number | None = None) -> Span:
    """Lay out `low` to `high` on a scale that ends at `top`."""
    whole = float(top) or 1.0
    start, end = (min(100.0, max(0.0, float(value) / whole * 100)) for value in (low, high))
    at = None if line is None else round(min(100.0, float(line) / whole * 100), 2)
    return Span(round(start, 2), round(end - start, 2), at)
