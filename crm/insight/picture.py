"""The funnel drawn by the server: each rung a step as wide as it has firms, beside it the firms on their way there by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.insight.funnel import Funnel
from crm.ladder.models import Rung, Stage
from crm.ladder.words import LISTED

WAY = tuple(stage for stage in Stage if stage is not Stage.CERTIFIED)
DIGIT = 10  # how wide one is in the numbers written into the picture
SPARK_WIDTH, SPARK_HEIGHT = 120, 32


@dataclass(frozen=True)
class Layout:
    """Where the parts of a row stand, in units of the viewBox. `x` and `width` of the steps and of the way."""

    name: str
    width: int
    head: int
    row: int
    steps: tuple[int, int]
    step_height: int
    way: tuple[int, int]
    way_top: int
    way_height: int


WIDE = Layout("wide", 1000, 34, 56, (190, 400), 50, (660, 290), 10, 30)
NARROW = Layout("narrow", 340, 0, 98, (0, 340), 44, (0, 296), 50, 28)


@dataclass(frozen=True)
class Part:
    """The open cases at one stage; `text` is written where there is room."""

    stage: Stage
    number: int
    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Step:
    """One rung: its step (`x`, `width`), the firms that hold it, and those on their way."""

    rung: Rung
    y: int
    held: int
    x: float
    width: float
    held_url: str
    way: Sequence[Part]
    under_way: int
    way_end: float
    way_url: str


@dataclass(frozen=True)
class Picture:
    layout: Layout
    height: int
    steps: Sequence[Step]


def draw_funnel(found: Funnel, urls: Mapping[Rung, tuple[Any, Any]], layout: Layout) -> Picture:
    """Lay out the funnel, the highest rung on top. A board nobody is on or underway to is left to the table."""
    shown = [rung for rung in reversed(Rung) if rung not in LISTED or found.held[rung] or _under_way(found, rung)]
    most = max(1, *(found.held[rung] for rung in shown))
    longest = max(1, *(_under_way(found, rung) for rung in shown))
    steps = []
    for place, rung in enumerate(shown):
        left, room = layout.steps
        width = round(max(6.0, room * found.held[rung] / most), 1) if found.held[rung] else 0.0
        parts = _parts(found.stages[rung], layout, longest)
        steps.append(
            Step(
                rung=rung,
                y=layout.head + place * layout.row,
                held=found.held[rung],
                x=round(left + (room - width) / 2, 1),
                width=width,
                held_url=urls[rung][0],
                way=parts,
                under_way=_under_way(found, rung),
                way_end=round(parts[-1].x + parts[-1].width, 1) if parts else layout.way[0],
                way_url=urls[rung][1],
            )
        )
    return Picture(layout, layout.head + len(shown) * layout.row, steps)


def _under_way(found: Funnel, rung: Rung) -> int:
    return sum(found.stages[rung][stage] for stage in WAY)


def _parts(stages: Mapping[Stage, int], layout: Layout, longest: int) -> list[Part]:
    x: float = layout.way[0]
    parts = []
    for stage in WAY:
        number = stages[stage]
        if number:
            width = round(max(4.0, layout.way[1] * number / longest), 1)
            parts.append(
                Part(stage, number, round(x, 1), width, str(number) if width >= DIGIT * len(str(number)) + 4 else "")
            )
            x += width
    return parts


@dataclass(frozen=True)
class Spark:
    """A small line over equal spaces of time, from zero upwards, with its first and last number."""

    points: str
    last: tuple[float, float]
    numbers: Sequence[int]

    @property
    def change(self) -> int:
        return self.numbers[-1] - self.numbers[0]


def spark(numbers: Sequence[int]) -> Spark:
    """Lay out a small line; at least one number."""
    most = max(1, *numbers)
    step = (SPARK_WIDTH - 8) / max(1, len(numbers) - 1)
    at = [
        (round(4 + place * step, 1), round(SPARK_HEIGHT - 4 - number / most * (SPARK_HEIGHT - 8), 1))
        for place, number in enumerate(numbers)
    ]
    return Spark(" ".join(f"{x},{y}" for x, y in at), at[-1], numbers)
