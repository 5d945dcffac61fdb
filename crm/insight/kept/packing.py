"""Dataclasses of counts as JSON and back, by their types: enumerations, days, fractions, dictionaries with any key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints


def pack(value: Any) -> Any:
    """What JSON can hold; a dictionary becomes its pairs, because its keys are more than words."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: pack(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return [[pack(key), pack(each)] for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [pack(each) for each in value]
    return value


def unpack(hint: Any, data: Any) -> Any:
    """The value of this type that was packed."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return None if data is None else unpack(next(each for each in inner if each is not NoneType), data)
    if origin is tuple:
        return tuple(unpack(each, item) for each, item in zip(inner, data, strict=True))
    if origin is dict:
        return {unpack(inner[0], key): unpack(inner[1], each) for key, each in data}
    if origin in (list, Sequence):
        return [unpack(inner[0], each) for each in data]
    if is_dataclass(hint):
        return hint(**{name: unpack(each, data[name]) for name, each in _hints(hint).items()})  # type: ignore[operator,arg-type]
    if hint is date:
        return date.fromisoformat(data)
    return hint(data) if issubclass(hint, Enum | Fraction) else data


@cache
def _hints(hint: Any) -> dict[str, Any]:
    hints = get_type_hints(hint)
    return {field.name: hints[field.name] for field in fields(hint)}
