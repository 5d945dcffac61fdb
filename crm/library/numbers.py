"""Document numbers as people write them, and in the one form that the library keeps."""

from __future__ import annotations

import re
import unicodedata

_YEAR = re.compile(r"[\[(〔【]\s*(\d{4})\s*[\])〕】]")


def normal(number: str) -> str:
    """The number with full brackets around the year and without spaces: `郴政发[2013]4 号` is `郴政发〔2013〕4号`.

    A title that serves as a number (a plan without one) keeps its own brackets; only spaces at its ends go.
    """
    plain = unicodedata.normalize("NFKC", number.strip())
    if not _YEAR.search(plain):
        return number.strip()
    return _YEAR.sub(r"〔\1〕", re.sub(r"\s+", "", plain))
