"""What every check of a number answers, and the clean-up they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flask_babel.speaklater import LazyString

Verdict = Literal["valid", "invalid", "other_kind"]
Text: TypeAlias = str | LazyString

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys(
    map(ord, " \t\r\n\v\f\u00a0\u1680\u2002\u2003\u2009\u200a\u200b\u200c\u200d\u202f\u2060\u3000\ufeff")
)
_HYPHENS = dict.fromkeys(map(ord, "-_‐‑‒–—―−－＿"))
_DOTS = dict.fromkeys(map(ord, "．。·•・"), ".")
_TABLE: dict[int, int | str | None] = {**_FULL_WIDTH, **_SPACES, **_HYPHENS, **_DOTS}


@dataclass(frozen=True, slots=True)
class Checked:
    """A number as given, its normal form, and the verdict.

    `other_kind` is a real number of another kind (`kind` says which, where it is known). `reason` is for people: it
    says what is wrong and how to mend it, and is empty for a valid number. `normal` of an invalid number is the number
    cleaned of spaces and the like, so that it can be shown and searched.
    """

    raw: str
    normal: str
    verdict: Verdict
    reason: Text = ""
    kind: str | None = None

    @property
    def is_valid(self) -> bool:
        return self.verdict == "valid"


def clean(raw: str) -> str:
    """Half-width capitals without spaces, hyphens and a spreadsheet's leading apostrophe; every dot a full stop."""
    return raw.translate(_TABLE).upper().lstrip("'`‘’").rstrip("'`‘’")


def looks_scientific(text: str) -> bool:
    """Whether a spreadsheet has turned the number into 9.137E+17, so that its last digits are lost."""
    head, plus, tail = text.partition("E+")
    return bool(plus) and tail.isdigit() and head.replace(".", "", 1).isdigit()
