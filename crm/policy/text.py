"""Sentences in both languages, and how numbers look inside them."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isinf
from typing import Any

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and in English."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        return self.zh


def join(parts: list[Text], zh: str = "；", en: str = "; ") -> Text:
    """The sentences one after the other."""
    return Text(zh.join(p.zh for p in parts), en.join(p.en for p in parts))


UNITS = {
    "万元": "10k yuan",
    "人": "people",
    "件": "rights",
    "项": "items",
    "个": "",
    "年": "years",
    "天": "days",
    "分": "points",
    "名": "th place",
    "比例": "",
    "户": "holders",
    "家": "",
    "万股": "10k shares",
    "元/股": "yuan a share",
}
WHOLE = {"人", "件", "项", "个", "天", "名", "户", "家"}


def plain(number: Fraction, digits: int = 4, up: bool = False) -> str:
    """The number with at most `digits` decimals and no trailing zeros; `up` rounds away from the reader's favour."""
    scale = 10**digits
    scaled = ceil(number * scale) if up else floor(number * scale + Fraction(1, 2))
    whole, rest = divmod(abs(scaled), scale)
    text = f"{whole:,}" + (f".{rest:0{digits}d}".rstrip("0") if rest else "")
    return f"-{text}" if scaled < 0 else text


def quantity(number: Any, unit: str, up: bool = False) -> Text:
    """The number with its unit: 46.2 万元, 12.5%, 1 件; an open end is shown as “?”."""
    if isinstance(number, float) and isinf(number):
        return Text("？", "?")
    if unit == "比例":
        percent = plain(Fraction(number) * 100, 4, up) + "%"
        return Text(percent, percent)
    shown = plain(Fraction(number), 2 if up else 4, up)
    return Text(f"{shown} {unit}".strip(), f"{shown} {UNITS.get(unit, unit)}".strip())


def interval(low: Any, high: Any, unit: str) -> Text:
    """A quantity, or the range it lies in."""
    if low == high:
        return quantity(low, unit)
    if isinf(low) and isinf(high):
        return Text("未知", "unknown")
    bottom, top = quantity(low, unit), quantity(high, unit)
    return Text(f"{bottom.zh}～{top.zh}", f"{bottom.en} to {top.en}")


def as_json(number: Any) -> int | float | None:
    """An exact number as JSON has it; None for an open end."""
    if isinstance(number, float) and isinf(number):
        return None
    exact = Fraction(number)
    return exact.numerator if exact.denominator == 1 else float(exact)
