"""Choices of a select from a room's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms.fields.choices import SelectChoice


def choices(words: Mapping[Any, Any] | Iterable[tuple[Any, Any]], empty: Any = None) -> list[SelectChoice]:
    """One choice a word, as `value → title`; `empty` is the title of a first choice that stands for none."""
    pairs = words.items() if isinstance(words, Mapping) else words
    first = [SelectChoice("", empty)] if empty is not None else []
    return first + [SelectChoice(getattr(value, "value", value), title) for value, title in pairs]
