"""Finding records by any piece of what they say: titles of rights, texts of needs. The same on both databases.

The index files each text under its pairs of characters; two characters of Chinese are one look-up. It only grows: a text that
changed or went leaves its pairs behind, so whoever finds a record compares its text (`holds`).
ORM records of models given to `keep_index` are filed by themselves; bulk statements call `file_texts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    String,
    bindparam,
    event,
    exists,
    func,
    inspect,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from crm.firms.naming import normal
from crm.firms.search import terms_of
from crm.kernel.db import Base

LONGEST = 1000  # characters of a text that are filed
MANY = 2000
PROBED = 6


class TextGram(Base):
    """A pair of characters of a record's text. Rows are many and derived: no foreign key, and a stale one does no harm."""

    __tablename__ = "text_gram"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity: Mapped[str] = mapped_column(String(20), primary_key=True)
    gram: Mapped[str] = mapped_column(String(2).with_variant(String(2, collation="C"), "postgresql"), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def grams(written: str) -> set[str]:
    """The pairs of characters of a text in normal form."""
    plain = normal(written)[:LONGEST]
    return {plain[place : place + 2] for place in range(len(plain) - 1)}


def holds(written: str, terms: Sequence[str]) -> bool:
    """Whether a text holds every word typed, in normal form."""
    plain = normal(written)
    return all(term in plain for term in terms)


def found_by(session: Session, model: Any, typed: str) -> Select[Any] | None:
    """The ids of `model` whose text has the pairs of every word typed, as `record_id`; None where no word has two characters.

    The caller adds its own joins, conditions, order (of `record_id`, which costs nothing) and limit, and compares the texts
    found (`holds`).
    """
    pieces = sorted(set().union(*(grams(term) for term in terms_of(typed))))
    if not pieces:
        return None
    entity = model.__tablename__
    _count, rarest = _rarest(session, entity, pieces)
    statement = select(TextGram.record_id).where(TextGram.entity == entity, TextGram.gram == rarest)
    for piece in pieces:
        if piece != rarest:
            other = aliased(TextGram)
            also = (other.entity == entity, other.gram == piece, other.record_id == TextGram.record_id)
            statement = statement.where(exists().where(*also))
    return statement


def is_common(session: Session, model: Any, typed: str) -> bool:
    """Whether so many texts may hold the one word typed that a walk through them in order soon comes on some."""
    terms = terms_of(typed)
    pieces = sorted(grams(terms[0])) if len(terms) == 1 else []
    return bool(pieces) and _rarest(session, model.__tablename__, pieces)[0] >= MANY


def _rarest(session: Session, entity: str, pieces: Sequence[str]) -> tuple[int, str]:
    """The pair that the fewest texts have, and how many, counted no further than MANY."""
    counts = [
        select(
            func.count().label("texts"),
            literal(piece).label("piece"),
        ).select_from(
            select(TextGram.record_id).where(TextGram.entity == entity, TextGram.gram == piece).limit(MANY).subquery()
        )
        for piece in pieces[:PROBED]
    ]
    return min((row.texts, row.piece) for row in session.execute(union_all(*counts)))


# --- keeping it ----------------------------------------------------------------------------------------------------------


def file_texts(connection: Connection, entity: str, texts: Iterable[tuple[int, str]]) -> None:
    """File texts of records, in bulk or one; filing one again does nothing."""
    filed = sorted((gram, record_id) for record_id, written in texts for gram in grams(written))
    if not filed:
        return
    if connection.dialect.name == "postgresql":
        pairs = select(
            func.unnest(bindparam("grams", [gram for gram, _id in filed], ARRAY(String))).label("gram"),
            func.unnest(bindparam("ids", [record_id for _gram, record_id in filed], ARRAY(Integer))).label("id"),
        ).subquery()
        compiled = select(literal(entity), pairs.c.gram, pairs.c.id)
        connection.execute(
            insert(TextGram).from_select(["entity", "gram", "record_id"], compiled).on_conflict_do_nothing()
        )
        return
    cursor = connection.connection.cursor()
    cursor.executemany(
        "INSERT OR IGNORE INTO text_gram (entity, gram, record_id) VALUES (?, ?, ?)",
        ((entity, gram, record_id) for gram, record_id in filed),  # type: ignore[arg-type]
    )
    cursor.close()


_KEPT: dict[type[Any], str] = {}


def keep_index(model: type[Any], column: str) -> None:
    """File the text of this column whenever a record of the model is made or its text changes."""
    _KEPT[model] = column


def _file(session: Session, _context: Any) -> None:
    """After a flush, when ids are known and what changed is too."""
    for record in (*session.new, *session.dirty):
        column = _KEPT.get(type(record))
        if column is not None and inspect(record).attrs[column].history.added:
            file_texts(session.connection(), record.__tablename__, [(record.id, getattr(record, column))])


event.listen(Session, "after_flush", _file)
