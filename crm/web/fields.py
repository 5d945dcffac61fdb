"""Form fields that every room shares: exact numbers, dates, three-valued answers, each with a sentence that helps.

What is left blank is None (unknown), never zero. A field that the form did not send keeps what it had.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectFieldBase, StringField
from wtforms.fields.choices import Choice
from wtforms.validators import Length
from wtforms.widgets import DateInput, Select, TextInput, TimeInput

from crm.kernel import clock
from crm.web.formatting import number

WAN = Decimal(10000)
EARLIEST = date(1900, 1, 1)
UNKNOWN = _l("未知")

_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?")
_TIME = re.compile(r"([01]?\d|2[0-3])[:.时]([0-5]\d)分?(:\d\d)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def half_width(text: str) -> str:
    """Text without surrounding space, full-width characters as half-width, every minus a hyphen."""
    return unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace("–", "-")


def read_number(text: str, *, places: int, minimum: Decimal | None, maximum: Decimal, example: str = "300") -> Decimal:
    """The number a person typed, exactly. Raises ValueError with a sentence for them."""
    plain = half_width(text).replace(" ", "")
    if not _NUMBER.fullmatch(plain) or not any(character.isdigit() for character in plain):
        raise ValueError(_("“%(text)s”不是数字。请填数字，例如 %(example)s。", text=text.strip()[:30], example=example))
    value = Decimal(plain.replace(",", ""))
    decimals = len(plain.partition(".")[2].rstrip("0"))
    if decimals > places:
        if places == 0:
            raise ValueError(_("请填整数，例如 %(example)s。", example=example))
        raise ValueError(_("小数最多 %(places)s 位，这里有 %(decimals)s 位。", places=places, decimals=decimals))
    if minimum is not None and value < minimum:
        if minimum == 0:
            raise ValueError(_("不能是负数。"))
        raise ValueError(_("不能小于 %(minimum)s。", minimum=number(minimum)))
    if value > maximum or value < -maximum:
        raise ValueError(_("数字太大，请核对单位。最多 %(maximum)s。", maximum=number(maximum)))
    return value


def read_date(text: str, *, not_future: bool = False) -> date:
    """The day a person typed, as 2025-06-30, 2025/6/30 or 2025年6月30日. Raises ValueError with a sentence for them."""
    found = _DATE.fullmatch(half_width(text).replace(" ", ""))
    if found is None:
        raise ValueError(_("“%(text)s”不是日期。请按年月日填写，例如 2025-06-30。", text=text.strip()[:30]))
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError(_("没有“%(text)s”这一天，请核对月和日。", text=text.strip()[:30])) from None
    if day < EARLIEST:
        raise ValueError(_("日期太早，请核对年份。"))
    if not_future and day > clock.today():
        raise ValueError(_("日期不能晚于今天（%(today)s）。", today=clock.today().isoformat()))
    return day


class TypedField(Field):
    """A text input whose value is read by `read` and shown by `show`; what could not be read stays as typed."""

    widget = TextInput()
    input_mode: str | None = None

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        own = {"autocomplete": "off", **({"inputmode": self.input_mode} if self.input_mode else {})}
        options["render_kw"] = {**own, **(options.get("render_kw") or {})}
        super().__init__(label, validators, **options)

    def read(self, text: str) -> Any:
        raise ValueError(_("请填写。"))

    def show(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = None
        if valuelist[0].strip():
            self.data = self.read(valuelist[0])

    def _value(self) -> str:
        if self.process_errors and self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else self.show(self.data)


class NumberField(TypedField):
    """An exact Decimal with at most `places` decimals; `minimum=None` allows negatives."""

    input_mode = "decimal"
    example = "300"

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        places: int = 2,
        minimum: Decimal | int | None = 0,
        maximum: Decimal | int = 10**10,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.places = places
        self.minimum = None if minimum is None else Decimal(minimum)
        self.maximum = Decimal(maximum)

    def read(self, text: str) -> Any:
        return read_number(text, places=self.places, minimum=self.minimum, maximum=self.maximum, example=self.example)

    def show(self, value: Any) -> str:
        return format(Decimal(value).normalize(), "f")


class MoneyField(NumberField):
    """Typed and shown in 万元 with up to six decimals, held as exact Decimal yuan (0.000001 万元 is one fen)."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, places=6, **options)

    def read(self, text: str) -> Decimal:
        return super().read(text) * WAN

    def show(self, value: Any) -> str:
        return super().show(Decimal(value) / WAN)


class PercentField(NumberField):
    """Typed and shown in per cent with up to four decimals, held as a Decimal fraction: 5 → Decimal("0.05")."""

    example = "12.5"

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **{"places": 4, "maximum": 100, **options})

    def read(self, text: str) -> Decimal:
        return super().read(half_width(text).removesuffix("%")) / 100

    def show(self, value: Any) -> str:
        return super().show(Decimal(value) * 100)


class WholeNumberField(NumberField):
    """A whole number (people, items, ranks)."""

    input_mode = "numeric"
    example = "12"

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **{"places": 0, "maximum": 100_000_000, **options})

    def read(self, text: str) -> int:
        return int(super().read(text))

    def show(self, value: Any) -> str:
        return str(value)


class DateField(TypedField):
    """A day; `not_future=True` refuses days after today (in China)."""

    widget = DateInput()

    def __init__(self, label: Any = None, validators: Any = None, *, not_future: bool = False, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.not_future = not_future

    def read(self, text: str) -> date:
        return read_date(text, not_future=self.not_future)

    def show(self, value: Any) -> str:
        return value.isoformat()


class TimeField(TypedField):
    """A time of day, to the minute."""

    widget = TimeInput()

    def read(self, text: str) -> time:
        found = _TIME.fullmatch(half_width(text).replace(" ", ""))
        if found is None:
            raise ValueError(_("“%(text)s”不是时间。请按时和分填写，例如 09:30。", text=text.strip()[:30]))
        return time(int(found[1]), int(found[2]))

    def show(self, value: Any) -> str:
        return str(value.isoformat("minutes"))


class TextField(StringField):
    """Text without surrounding space; nothing typed is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].strip() or None


def at_most(longest: int) -> Length:
    """The validator of a text that may have so many characters."""
    return Length(max=longest, message=_l("最多 %(longest)s 个字。", longest=longest))


class ChoiceField(SelectFieldBase):
    """One key of `words` (key → lazy text), or None for the empty choice. `empty=None`: there is no empty choice."""

    widget = Select()

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        words: Mapping[Any, Any],
        empty: Any = UNKNOWN,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.words = words
        self.empty = empty

    def iter_choices(self) -> Iterator[Choice]:
        """The choices, the present one marked."""
        if self.empty is not None:
            yield Choice(value="", label=self.empty, selected=self.data is None, render_kw={})
        for key, word in self.words.items():
            yield Choice(
                value=self.written(key), label=word, selected=self.data is not None and key == self.data, render_kw={}
            )

    @staticmethod
    def written(key: Any) -> str:
        """The key as it stands in the page."""
        return str(key)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        keys = {self.written(key): key for key in self.words}
        if valuelist[0] and valuelist[0] not in keys:
            raise ValueError(_("请从列出的选项中选一个。"))
        self.data = keys.get(valuelist[0])


class TriStateField(ChoiceField):
    """是, 否 or 未知: True, False or None."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, words={True: _l("是"), False: _l("否")}, **options)

    @staticmethod
    def written(key: Any) -> str:
        return "yes" if key else "no"
