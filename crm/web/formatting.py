"""How values are shown: 万元 on screen with the exact yuan kept, dates in the local form, a dash for the unknown."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from flask import Flask
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from markupsafe import Markup

from crm.policy.text import renminbi
from crm.web.language import language

UNKNOWN = "—"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        wan=wan,
        money=money,
        money_text=money_text,
        yuan=yuan,
        percent=percent,
        number=number,
        day=day,
        moment=moment,
        file_size=file_size,
    )


def number(value: Decimal | Fraction | int | None, places: int = 2) -> str:
    """A number with thousands marks, at most `places` decimals, no trailing zeros."""
    if value is None:
        return UNKNOWN
    exact = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(value)
    text = f"{exact:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def wan(value: Decimal | Fraction | None) -> str:
    """Yuan shown in 万元: Decimal("641234.5") → "64.12"."""
    return UNKNOWN if value is None else number(value / 10000)


def yuan(value: Decimal | None) -> str:
    """The exact yuan with thousands marks."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def money(value: Decimal | None) -> str | Markup:
    """万元 with its unit, in English as English reads money; the exact yuan in the title."""
    if value is None:
        return UNKNOWN
    exact = _("%(yuan)s 元", yuan=yuan(value))
    if language() == "en":
        return Markup('<span class="money" title="{}">{}</span>').format(exact, money_text(value))
    return Markup('<span class="money" title="{}">{} <span class="unit">万元</span></span>').format(exact, wan(value))


def money_text(value: Decimal | Fraction | None) -> str:
    """The same within a sentence, without the exact yuan: "64.12 万元", "¥641,234.5"."""
    if value is None:
        return UNKNOWN
    return renminbi(Fraction(value) / 10000) if language() == "en" else f"{wan(value)} 万元"


def percent(value: Decimal | Fraction | None, places: int = 2) -> str:
    """A fraction as a percentage: Fraction(1, 20) → "5%"."""
    return UNKNOWN if value is None else number(value * 100, places) + "%"


def day(value: date | None) -> str:
    if value is None:
        return UNKNOWN
    return format_date(value, "yyyy年M月d日" if language() == "zh" else "d MMM yyyy")


def month_title(value: date) -> str:
    return format_date(value, "yyyy年M月" if language() == "zh" else "MMMM yyyy")


def moment(value: datetime | None) -> str:
    if value is None:
        return UNKNOWN
    return format_datetime(value, "yyyy年M月d日 HH:mm" if language() == "zh" else "d MMM yyyy, HH:mm")


def file_size(size: int) -> str:
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


def width(text: str) -> int:
    """How wide a text is, in Latin letters: a Chinese character is two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
