"""The figures as a table, each beside its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from unicodedata import east_asian_width


@dataclass(frozen=True)
class Figure:
    """One measured value; `target` is the largest that is good enough, None where there is none."""

    value: float
    unit: str = ""
    target: float | None = None

    @property
    def missed(self) -> bool:
        return self.target is not None and self.value > self.target

    def __str__(self) -> str:
        number = f"{self.value:,.0f}" if self.value >= 100 or self.value == int(self.value) else f"{self.value:.1f}"
        limit = "" if self.target is None else f" (≤ {self.target:g})"
        return f"{number}{self.unit}{limit}{' MISSED' if self.missed else ''}"


@dataclass(frozen=True)
class Line:
    """One thing that was measured."""

    title: str
    figures: dict[str, Figure] = field(default_factory=dict)


def show(title: str, lines: list[Line]) -> str:
    """A plain table: one line a thing, one column a figure."""
    columns = list(dict.fromkeys(name for line in lines for name in line.figures))
    rows = [["", *columns]]
    rows += [[line.title, *(str(line.figures.get(name, "")) for name in columns)] for line in lines]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    text = ["  ".join(pad(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"\n{title}", text[0], "-" * max(map(width, text)), *text[1:]])


def width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, wide: int) -> str:
    return text + " " * (wide - width(text))
