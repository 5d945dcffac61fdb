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

LONGEST = 400  # characters of a text that are filed
RARE = 2000
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
    """The ids of `model` whose text has the pairs of every word typed, as `record_id`; None where nothing can be meant.

    The caller adds its own joins, conditions, order (of `record_id`, which costs nothing) and limit, and compares the texts
    found (`holds`).
    """
    words = [grams(term) or {term} for term in terms_of(typed)]
    pieces = sorted({piece for word in words for piece in word}, key=lambda piece: (-len(piece), piece))
    if not pieces or (len(pieces[0]) == 1 and pieces[0].isascii()):
        return None
    entity = model.__tablename__
    first = _rarest(session, entity, [piece for piece in pieces if len(piece) == 2]) or pieces[0]
    statement = select(TextGram.record_id).where(TextGram.entity == entity, _is(TextGram, first))
    if len(first) == 1:  # several of a text's pairs may begin with the character
        statement = statement.distinct()
    for piece in pieces:
        if piece == first or (len(piece) == 1 and piece.isascii()):
            continue
        other = aliased(TextGram)
        statement = statement.where(
            exists().where(other.entity == entity, _is(other, piece), other.record_id == TextGram.record_id)
        )
    return statement


def _is(gram: Any, piece: str) -> Any:
    return gram.gram == piece if len(piece) == 2 else (gram.gram >= piece) & (gram.gram < chr(ord(piece) + 1))


def _rarest(session: Session, entity: str, pieces: Sequence[str]) -> str | None:
    """The pair that the fewest texts have, counted no further than RARE."""
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    counts = [
        select(
            literal(piece),
            select(func.count())
            .select_from(
                select(TextGram.record_id)
                .where(TextGram.entity == entity, TextGram.gram == piece)
                .limit(RARE)
                .subquery()
            )
            .scalar_subquery(),
        )
        for piece in pieces[:PROBED]
    ]
    return min((count, piece) for piece, count in session.execute(union_all(*counts)))[1]


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


def _collect(session: Session, _context: Any, _instances: Any) -> None:
    session.info["texts_to_file"] = [
        record
        for record in (*session.new, *session.dirty)
        if (column := _KEPT.get(type(record))) is not None and _changed(record, column)
    ]


def _changed(record: Any, column: str) -> bool:
    return bool(inspect(record).attrs[column].history.added)


def _file(session: Session, _context: Any) -> None:
    for record in session.info.pop("texts_to_file", ()):
        file_texts(session.connection(), record.__tablename__, [(record.id, getattr(record, _KEPT[type(record)]))])


event.listen(Session, "before_flush", _collect)
event.listen(Session, "after_flush", _file)
