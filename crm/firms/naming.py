"""How a name is written for searching and ordering: normal form, pinyin, initials, overlapping pairs of characters."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

# We ask for single characters: its dictionary of phrases would cost each worker forty megabytes for nothing.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

END = "$"  # closes each line, so that its last character too begins a pair; not in any normal form
# Pairs that nearly every name has: an index of them would be a list of everything.
COMMON_GRAMS = frozenset({"有限", "限公", "公司", "限责", "责任", "任公", "司" + END})
COMMON_CHARACTERS = frozenset("".join(COMMON_GRAMS)) - {END}
_LEGAL_FORM = re.compile(r"(?:股份有限公司|有限责任公司|有限公司|公司)$")
_SORT_KEY_LENGTH = 80
# Readings that the dictionary's first one misses in names of firms.
_READINGS = {"长": "chang", "厦": "xia", "都": "du"}
_PHRASES = {"重庆": ("chong", "qing"), "银行": ("yin", "hang"), "六安": ("lu", "an"), "行业": ("hang", "ye")}
_PHRASE = re.compile("|".join(_PHRASES))


def normal(text: str) -> str:
    """Half-width, lower case, letters, digits and Chinese characters only: “ＴＣＬ（益阳）” → “tcl益阳”."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))


def comparable(text: str) -> str:
    """A name for comparing: letters and brackets of either width and case are the same, spaces count for nothing."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@cache
def _syllable(character: str) -> str:
    if character.isascii():
        return character
    from pypinyin import lazy_pinyin  # its other dictionary takes ten, and who only reads asks for none

    return _READINGS.get(character) or "".join(filter(str.isascii, lazy_pinyin(character)[0])) or character


def syllables(text: str) -> list[str]:
    """Pinyin without tones, a syllable a character; anything else stays as it is. `text` is in normal form."""
    if not _PHRASE.search(text):
        return [_syllable(character) for character in text]
    found: list[str] = []
    for part in re.split(f"({_PHRASE.pattern})", text):
        found.extend(_PHRASES.get(part) or map(_syllable, part))
    return found


def own_part(name: str) -> str:
    """The name in normal form without its legal form, which orders nothing and finds nobody."""
    text = normal(name)
    return _LEGAL_FORM.sub("", text) or text


def without_legal_form(name: str) -> str:
    """The name as it is written, without “有限公司” and its like at the end."""
    return _LEGAL_FORM.sub("", name) or name


def sort_key(name: str) -> str:
    """Pinyin of the name without its legal form: the order of every list."""
    return "".join(syllables(own_part(name)))[:_SORT_KEY_LENGTH]


def search_text(name: str, short_name: str | None = None, former_names: Iterable[str] = ()) -> str:
    """What a search compares: each name in normal form and its pinyin initials, one a line."""
    lines: dict[str, None] = {}
    for given in (name, short_name, *former_names):
        if given:
            lines[normal(given)] = None
            lines["".join(syllable[0] for syllable in syllables(own_part(given)))] = None
    return "\n".join(lines)


def pairs(text: str) -> set[str]:
    """Overlapping pairs of characters of one line, without those that nearly every name has."""
    return {text[place : place + 2] for place in range(len(text) - 1)} - COMMON_GRAMS


def grams_of(searched: str) -> set[str]:
    """The pairs under which a firm with this `search_text` is filed."""
    return set().union(*(pairs(line + END) for line in searched.split("\n")))


_SYLLABLE = re.compile(
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|[aeiouv])"
)
_LONGEST_SYLLABLE = 6


def initials_of_pinyin(typed: str) -> set[str]:
    """The initials of every way to read letters as pinyin: "xian" → {"x", "xa"}; none for "jmjx"."""
    ways: list[set[str]] = [{""}]
    for end in range(1, len(typed) + 1):
        ways.append(set())
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            if ways[start] and _SYLLABLE.fullmatch(typed, start, end):
                ways[end] |= {way + typed[start] for way in ways[start]}
    return ways[-1]
