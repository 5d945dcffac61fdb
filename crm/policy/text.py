"""Sentences in both languages, and how numbers look inside them."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isinf
from typing import Any

LANGUAGES = ("zh", "en")
SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}  # of a comparison


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


def inside(english: str) -> str:
    """An English title inside a sentence: its first letter small, unless it is an abbreviation (R&D, S&T)."""
    return english if english[1:2].isupper() or english[1:2] == "&" else english[:1].lower() + english[1:]


COUNTED = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")


def counted(number: int) -> str:
    """A small number as Chinese says it before a year: 近三年."""
    return COUNTED[number] if 0 <= number < len(COUNTED) else f" {number} "


def that_year(back: int) -> Text:
    """A year seen from the assessment's: 1 is 上年, 2 is 前年."""
    known = {0: Text("当年", "this year"), 1: Text("上年", "last year"), 2: Text("前年", "the year before last")}
    return known.get(back, Text(f"{counted(back)}年前的", f"{back} years ago"))


def last_years(years: int, year: int | None) -> Text:
    """The last full years: 2023–2025 年 seen from 2026, 近三年 seen from any year."""
    if year is None:
        words = Text("上年", "last year"), Text(f"近{counted(years)}年", f"over the last {years} years")
        return words[years != 1]
    return Text(f"{year - years}–{year - 1} 年", f"{year - years}–{year - 1}")


UNITS = {
    "万元": "¥10k",
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


def renminbi(wan: Fraction) -> str:
    """万元 as English reads money, to the fen: ¥462,000, ¥26.0208 million."""
    whole, sign = abs(wan) * 10_000, "-" if wan < 0 else ""
    return f"{sign}¥{plain(whole / 10**6, 8)} million" if whole >= 10**6 else f"{sign}¥{plain(whole, 2)}"


def quantity(number: Any, unit: str, up: bool = False) -> Text:
    """The number with its unit: 46.2 万元, 12.5%, 1 件; an open end is shown as “?”."""
    if isinstance(number, float) and isinf(number):
        return Text("？", "?")
    if unit == "比例":
        percent = Fraction(number) * 100
        shown = plain(percent, _telling(percent), up) + "%"
        return Text(shown, shown)
    shown = plain(Fraction(number), 2 if up else 4, up)
    if unit == "万元":
        return Text(f"{shown} 万元", renminbi(Fraction(shown.replace(",", ""))))
    return Text(f"{shown} {unit}".strip(), f"{shown} {UNITS.get(unit, unit)}".strip())


def _telling(percent: Fraction) -> int:
    """As many decimals as tell it from a rounder number: 3.99995 % is not 4 %, the line that it misses."""
    digits = 4
    while digits < 12 and percent * 10**digits % 1 and floor(percent * 10**digits + Fraction(1, 2)) % 10 == 0:
        digits += 1
    return digits


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
