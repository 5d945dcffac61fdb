"""The facts of one firm, read strictly from the facts document (the contract of `policy evaluate`).

A key that is absent or null is unknown; 0, false and [] are values. Whatever is wrong is reported with its path, all at once.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from crm.policy.text import Text
from crm.policy.vocabulary import CHOICES, EXPERT, FIGURES, LISTS, PROFILE, UNCONFIRMED, Key, Shape

Scalar = Fraction | bool | str | date
NOT_NEGATIVE = {Shape.AMOUNT, Shape.COUNT, Shape.SCORE, Shape.RATIO}
MONEY = {Shape.AMOUNT, Shape.SIGNED}
LARGEST, SMALLEST = 15, 30  # powers of ten a fact may reach
DECIMAL_TEXT = re.compile(r"[+-]?\d+(\.\d+)?")
HALF = re.compile("[\ud800-\udfff]")  # half of a character: JSON may hold it, no text that is printed or hashed can


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: where, and what to do about it."""

    path: str
    text: Text

    def __str__(self) -> str:
        return f"{self.path}: {self.text.zh} ({self.text.en})"


class FactsError(ValueError):
    """The facts document cannot be used; `problems` names every bad key."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one firm. A key that is not there is unknown. Amounts in 万元, exact."""

    profile: dict[str, Scalar] = field(default_factory=dict)
    years: dict[int, dict[str, Fraction]] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Scalar]]] = field(default_factory=dict)
    expert: dict[str, Fraction] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    unconfirmed: set[str] = field(default_factory=set)  # lists that may have entries beside those that are known

    @classmethod
    def from_document(cls, document: object) -> "Facts":
        """Read a facts document (a mapping as JSON has it). Raises FactsError naming every bad key."""
        reader = _Reader()
        facts = reader.document(document)
        if reader.problems:
            raise FactsError(reader.problems)
        return facts

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Read a facts document from JSON text; numbers are taken exactly, repeated keys refused."""
        return cls.from_document(parse_json(text))


class _Object(dict[str, object]):
    """An object of a JSON text that remembers which of its keys were given twice."""

    twice: tuple[str, ...] = ()


def parse_json(text: str) -> object:
    """JSON with exact numbers. What is no number of ours (NaN, 1e9999999999999999999) becomes a Decimal NaN, and a
    repeated key is remembered, so that the reader refuses them by their path. Raises FactsError for broken JSON."""

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        result = _Object(items)
        names = [name for name, _ in items]
        result.twice = tuple(name for name in result if len(result) != len(items) and names.count(name) > 1)
        return result

    try:
        return json.loads(
            text, parse_int=_decimal, parse_float=_decimal, parse_constant=_decimal, object_pairs_hook=pairs
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise FactsError([Problem(where, Text("不是合法的 JSON", f"not valid JSON: {error.msg}"))]) from error
    except RecursionError as error:
        raise FactsError([Problem("$", Text("嵌套太深", "nested too deeply"))]) from error


def _decimal(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal("NaN")


class _Reader:
    """Walks one document and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, path: str, zh: str, en: str) -> None:
        self.problems.append(Problem(path, Text(zh, en)))

    def document(self, document: object) -> Facts:
        facts = Facts()
        sections = {"years", "expert", "choices", UNCONFIRMED, *LISTS}
        for name, value in self.entries("", document, {*PROFILE, *sections}):
            if name == "years":
                self.years(value, facts.years)
            elif name == "expert":
                facts.expert.update(self.record("expert", value, EXPERT))  # type: ignore[arg-type]
            elif name == "choices":
                self.choices(value, facts.choices)
            elif name == UNCONFIRMED:
                facts.unconfirmed.update(self.names(name, value))
            elif name in LISTS:
                facts.lists[name] = self.items(name, value)
            else:
                self.put(facts.profile, name, value, PROFILE[name])
        return facts

    def entries(self, path: str, value: object, known: set[str] | None) -> Iterator[tuple[str, object]]:
        """The known, non-null entries of a mapping; `known=None` allows any key."""
        if not isinstance(value, dict):
            self.refuse(path or "$", "应为对象 {…}", f"must be an object, not {_name(value)}")
            return
        twice = value.twice if isinstance(value, _Object) else ()
        for name, item in value.items():
            here = f"{path}.{name}" if path else str(name)
            if name in twice:
                self.refuse(here, "同一个键写了两次，请只留一个", "key given twice; keep one")
            elif known is not None and name not in known:
                near = get_close_matches(str(name), known, 1)
                hint = (
                    (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("，请删去", "; remove it")
                )
                self.refuse(here, f"未知的键{hint[0]}", f"unknown key{hint[1]}")
            elif item is not None:
                yield name, item

    def record(self, path: str, value: object, keys: dict[str, Key]) -> dict[str, Scalar]:
        result: dict[str, Scalar] = {}
        for name, item in self.entries(path, value, set(keys)):
            self.put(result, f"{path}.{name}", item, keys[name])
        return result

    def put(self, target: dict[str, Scalar], path: str, value: object, key: Key) -> None:
        read = self.value(path, value, key)
        if read is not None:
            target[key.name] = read

    def years(self, value: object, target: dict[int, dict[str, Fraction]]) -> None:
        for name, figures in self.entries("years", value, None):
            if not re.fullmatch(r"(19|20)[0-9]{2}", str(name)):
                self.refuse(f"years.{name}", "年份应为四位数字，例如 2025", "a year is four digits, such as 2025")
            else:
                target[int(name)] = self.record(f"years.{name}", figures, FIGURES)  # type: ignore[assignment]

    def items(self, name: str, value: object) -> list[dict[str, Scalar]]:
        if not isinstance(value, list):
            self.refuse(
                name,
                "应为列表 […]；没有请写 []，未知请写 null",
                f"must be a list, not {_name(value)}; [] for none, null for unknown",
            )
            return []
        return [self.record(f"{name}[{index}]", item, LISTS[name]) for index, item in enumerate(value)]

    def names(self, path: str, value: object) -> list[str]:
        """Names of lists."""
        if isinstance(value, list) and all(isinstance(name, str) and name in LISTS for name in value):
            return value
        allowed = "、".join(LISTS)
        self.refuse(path, f"应为清单名的列表，可用：{allowed}", f"must be a list of names of lists: {', '.join(LISTS)}")
        return []

    def choices(self, value: object, target: dict[str, str]) -> None:
        for name, item in self.entries("choices", value, set(CHOICES)):
            if item in CHOICES[name]:
                target[name] = str(item)
            else:
                allowed = "、".join(CHOICES[name])
                self.refuse(f"choices.{name}", f"应为 {allowed} 之一", f"must be one of {', '.join(CHOICES[name])}")

    def value(self, path: str, value: object, key: Key) -> Scalar | None:
        """One value in the shape its key asks for; None once refused."""
        match key.shape:
            case Shape.FLAG:
                if isinstance(value, bool):
                    return value
                self.refuse(path, "应为 true 或 false", f"must be true or false, not {_name(value)}")
            case Shape.DATE:
                return self.date(path, value)
            case Shape.TEXT:
                return self.text(path, value, key)
            case _:
                return self.number(path, value, key)
        return None

    def date(self, path: str, value: object) -> date | None:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        elif type(value) is date:
            return value
        self.refuse(path, "应为日期，例如 2025-06-30", f"must be a date such as 2025-06-30, not {_shown(value)}")
        return None

    def text(self, path: str, value: object, key: Key) -> str | None:
        if not isinstance(value, str):
            self.refuse(path, "应为文字", f"must be text, not {_name(value)}")
        elif not value.strip():
            self.refuse(path, "不能为空；未知请写 null", "must not be empty; null for unknown")
        elif HALF.search(value):
            self.refuse(path, "含有不成字的编码", "holds half of a character")
        elif key.values and value not in key.values:
            near = get_close_matches(value, key.values, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.refuse(
                path, f"应为 {'、'.join(key.values)} 之一", f"{value!r} must be one of {', '.join(key.values)}{hint}"
            )
        else:
            return value
        return None

    def number(self, path: str, value: object, key: Key) -> Fraction | None:
        number = self.exact(path, value, key.shape)
        if number is None:
            return None
        if key.shape in NOT_NEGATIVE and number < 0:
            self.refuse(path, "不能为负数", "must not be negative")
        elif key.shape is Shape.RATIO and number > 1:
            self.refuse(path, "比例写作小数，5% 写作 0.05", "a ratio is a fraction: write 0.05 for 5 %")
        elif key.shape is Shape.RANK and (number < 1 or number.denominator != 1):
            self.refuse(path, "应为从 1 起的整数", "must be a whole number from 1")
        elif key.shape is Shape.FIELD and number not in range(1, 9):
            self.refuse(path, "领域应为 1 至 8", "a field is 1 to 8")
        else:
            return number
        return None

    def exact(self, path: str, value: object, shape: Shape) -> Fraction | None:
        if isinstance(value, str) and shape in MONEY | {Shape.RATIO, Shape.RATE} and DECIMAL_TEXT.fullmatch(value):
            value = Decimal(value)
        elif isinstance(value, float):
            value = Decimal(repr(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if isinstance(value, Fraction):
            return value
        if isinstance(value, Decimal) and value.is_finite():
            if value.adjusted() <= LARGEST and value.as_tuple().exponent >= -SMALLEST:  # type: ignore[operator]
                return Fraction(value)
            self.refuse(path, "数字太大或小数位太多，请核对单位", "too large or too many decimals; check the unit")
            return None
        if shape in MONEY:
            self.refuse(
                path,
                '金额应为万元的数字，例如 1234.56 或 "1234.56"',
                f'an amount is a number of 万元 such as 1234.56 or "1234.56", not {_shown(value)}',
            )
        else:
            self.refuse(path, "应为数字", f"must be a number, not {_shown(value)}")
        return None


def _name(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true/false"
        case str():
            return "text"
        case dict():
            return "an object"
        case list():
            return "a list"
    return "a number"


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)[:60]
    return repr(value)[:60] if isinstance(value, str) else _name(value)
