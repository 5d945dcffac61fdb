"""The words people choose, by vocabulary: what ships in `seeds/reference/terms.yaml`, as an administrator has edited it since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from flask import g
from sqlalchemy import insert, select

from crm.firms.reference.models import Term
from crm.firms.reference.places import FOLDER
from crm.kernel.db import db
from crm.web.language import language, title_in

BUILT_IN = "built in"


@dataclass(frozen=True)
class Word:
    """A term as pages read it; `id` is None while it stands only in the file that ships."""

    id: int | None
    vocabulary: str
    key: str
    title: str
    title_en: str
    place: int
    built_in: bool
    disabled: bool

    @property
    def text(self) -> str:
        """Its title in the reader's language."""
        return title_in(self)


def terms_of(vocabulary: str) -> list[Word]:
    """The terms that may be chosen, in their order. One query a request, for all vocabularies together."""
    return [word for word in _words().get(vocabulary, []) if not word.disabled]


def term_titles(vocabulary: str) -> Mapping[str, str]:
    """Key → title in the reader's language, in order; disabled ones too, because records may still hold them."""
    titles: dict[tuple[str, str], dict[str, str]] = g.setdefault("term_titles", {})
    asked = (vocabulary, language())
    if asked not in titles:
        titles[asked] = {word.key: word.text for word in _words().get(vocabulary, [])}
    return titles[asked]


def term_choices(vocabulary: str, present: str | None = None) -> dict[str, str]:
    """What a form offers: the terms in use, and the one the record has already even if it is disabled."""
    return {word.key: word.text for word in _words().get(vocabulary, []) if not word.disabled or word.key == present}


def all_terms(vocabulary: str) -> list[Word]:
    """Every term of a vocabulary, disabled ones too, in order."""
    return list(_words().get(vocabulary, []))


def vocabularies() -> dict[str, str]:
    """Vocabulary → its title in the reader's language, in the order of the file."""
    place = 1 if language() == "en" else 0
    return {name: part["title"][place] for name, part in shipped().items()}


@cache
def shipped() -> Mapping[str, Any]:
    """The file as it ships: vocabulary → title, terms."""
    return yaml.safe_load((FOLDER / "terms.yaml").read_text(encoding="utf-8"))


def load_terms() -> None:
    """Bring the shipped terms into the database; those that are there stay as people left them."""
    known = {(row.vocabulary, row.key) for row in db.session.execute(select(Term.vocabulary, Term.key))}
    new = [
        {name: getattr(word, name) for name in ("vocabulary", "key", "title", "title_en", "place", "built_in")}
        | {"disabled": False, "version": 1}
        for words in _shipped_words().values()
        for word in words
        if (word.vocabulary, word.key) not in known
    ]
    if new:
        db.session.execute(insert(Term), new)
        forget()


def forget() -> None:
    """Read the terms anew: one has changed."""
    g.pop("term_words", None)
    g.pop("term_titles", None)


def _words() -> dict[str, list[Word]]:
    if "term_words" not in g:
        g.term_words = _read()
    return g.term_words


def _read() -> dict[str, list[Word]]:
    """The rows of the database, and of what ships whatever has no row yet."""
    found: defaultdict[str, dict[str, Word]] = defaultdict(dict)
    for vocabulary, words in _shipped_words().items():
        found[vocabulary] = {word.key: word for word in words}
    columns = (Term.id, Term.vocabulary, Term.key, Term.title, Term.title_en, Term.place, Term.built_in, Term.disabled)
    for row in db.session.execute(select(*columns)):
        found[row.vocabulary][row.key] = Word(*row)
    return {
        vocabulary: sorted(words.values(), key=lambda word: (word.place, word.key))
        for vocabulary, words in found.items()
    }


@cache
def _shipped_words() -> dict[str, list[Word]]:
    return {
        vocabulary: [
            Word(None, vocabulary, key, said[0], said[1], 10 * number, BUILT_IN in said[2:], False)
            for number, (key, said) in enumerate(part["terms"].items(), start=1)
        ]
        for vocabulary, part in shipped().items()
    }
