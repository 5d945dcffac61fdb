"""Finding firms by a piece of a name (now or before), its pinyin or initials, or of a code; and keeping the index for it.

The index files each firm under its pairs of characters, in the list's order, so that a common pair needs no sorting and
a rare one no walking. Every firm found is then compared with `Firm.search_text`, so that the answer is exact.
Changes through the ORM are indexed by themselves; bulk statements call `index_firms`, `reindex_firms` or `forget_firms`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    union_all,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from crm.firms.models import Firm, FirmGram, FirmName
from crm.firms.naming import (
    COMMON_CHARACTERS,
    grams_of,
    initials_of_pinyin,
    normal,
    pairs,
    search_text,
    sort_key,
)
from crm.kernel.bulk import chunks, one_of

Conditions = Sequence[ColumnElement[bool]]
# So few rows that fetching them all is cheaper than walking down the list.
RARE = 1000
# So many that a list in order comes on them everywhere.
_MANY = 20_000
_LONGEST_QUERY = 60
_PROBED = 12
_CODE_LENGTH = 18
_A_NUMBER = 8  # digits: what has as many is one number, however it is divided


# --- finding -----------------------------------------------------------------------------------------------------


def terms_of(typed: str) -> list[str]:
    """The words typed, in normal form; the groups of digits of one number are one word: “9143 0900 MA” → “91430900ma”."""
    terms = [term for word in typed[:_LONGEST_QUERY].split() if (term := normal(word))]
    whole = "".join(terms)
    digits = sum(map(str.isdigit, whole))
    return [whole] if whole.isascii() and digits >= _A_NUMBER and digits > len(whole) / 2 else terms


def find(
    session: Session,
    typed: str,
    conditions: Conditions,
    *,
    limit: int,
    offset: int = 0,
    also: Sequence[int] = (),
) -> list[int]:
    """Ids of the firms that match every word typed, in the list's order. `conditions` are on `Firm`.

    `also` are firms found by something else, a patent of theirs say: they too where they satisfy `conditions`.
    """
    terms = terms_of(typed)
    besides = [_walk([Firm.id.in_(also), *conditions])] if also else []
    conditions = [*(matches(term) for term in terms), *conditions]
    grams = sorted(set().union(*(pairs(term) for term in terms if not term.isascii())))
    if grams:
        gram = _rarest(session, grams)
        statements = [_by_gram(gram, conditions)] if gram else []
    elif len(terms) == 1 and len(terms[0]) > 1 and terms[0].isascii():
        statements = _by_letters(session, terms[0], conditions)
    else:
        statements = [_by_character(session, terms[0] if len(terms) == 1 else "", conditions)]
    return _page(session, [*statements, *besides], limit, offset)


class contains(FunctionElement[bool]):
    """Whether a text holds a piece, exactly. Unlike LIKE, PostgreSQL expects it to be often true, and walks in order."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, text: Any, piece: str) -> None:
        super().__init__(text, literal(piece))


@compiles(contains)
def _contains(element: contains, compiler: Any, **options: Any) -> str:
    position = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    return f"{position}({compiler.process(element.clauses, **options)}) > 0"


def matches(term: str) -> ColumnElement[bool]:
    """The exact condition on `Firm` for one word in normal form."""
    ways: list[ColumnElement[bool]] = [contains(Firm.search_text, term)]
    if term.isascii():
        ways.append(contains(Firm.sort_key, term))
        ways.extend(contains(column, term.upper()) for column in _codes(term))
    return or_(*ways)


def _codes(term: str) -> list[Any]:
    """The columns of codes that a term may be a piece of: one with a digit, and more than two characters."""
    if not term.isascii() or len(term) < 3 or not any(map(str.isdigit, term)):
        return []
    return [Firm.credit_code, Firm.registration_number, Firm.stock_code] if term.isdigit() else [Firm.credit_code]


def _page(session: Session, statements: list[Select[str, int]], limit: int, offset: int) -> list[int]:
    if not statements:
        return []
    if len(statements) == 1:
        return [row.firm_id for row in session.execute(statements[0].limit(limit).offset(offset))]
    # Each way gives its own first rows; together they are put in order and freed of doubles.
    ways = [select(statement.limit(offset + limit).subquery()) for statement in statements]
    together = union(*ways).subquery()
    ordered = select(together.c.firm_id).order_by(together.c.sort_key, together.c.firm_id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def _by_gram(gram: str, conditions: Conditions) -> Select[str, int]:
    return (
        select(FirmGram.sort_key, FirmGram.firm_id)
        .join(Firm, Firm.id == FirmGram.firm_id)
        .where(FirmGram.gram == gram, *conditions)
        .order_by(FirmGram.sort_key, FirmGram.firm_id)
    )


def _walk(conditions: Conditions) -> Select[str, int]:
    return select(Firm.sort_key, Firm.id.label("firm_id")).where(*conditions).order_by(Firm.sort_key, Firm.id)


def _by_letters(session: Session, term: str, conditions: Conditions) -> list[Select[str, int]]:
    """Letters and digits may be initials or a piece of a name, pinyin, or a piece of a code: every way is tried."""
    codes = _codes(term)
    if codes:
        known = _ids_by_code(session, term.upper(), codes)
        if len(known) > RARE:
            return [_walk(conditions)]
    spelled = initials_of_pinyin(term)
    if any(len(initials) == 1 for initials in spelled) and len(term) > 2:
        return [_walk(conditions)]
    ways = [_rarest(session, sorted(pairs(letters))) for letters in {term, *(spelled if len(term) > 2 else ())}]
    statements = [_by_gram(gram, conditions) for gram in sorted({gram for gram in ways if gram})]
    if codes and known:
        statements.append(_walk([Firm.id.in_(known), *conditions]))
    return statements


def _ids_by_code(session: Session, piece: str, codes: list[Any]) -> list[int]:
    """At most RARE + 1 firms with this piece in a code; each column is read from its own narrow index."""
    whole = len(piece) == _CODE_LENGTH
    # Few firms have some of these codes: the index need not be read where there is none.
    ways = [
        select(Firm.id).where(code.is_not(None), code == piece if whole else contains(code, piece)) for code in codes
    ]
    return list(session.scalars(union_all(*ways).limit(RARE + 1)))


def _by_character(session: Session, character: str, conditions: Conditions) -> Select[str, int]:
    """One character: through the pairs it begins, or by walking down the list where so many have it that a page is soon full."""
    if len(character) == 1 and not character.isascii() and character not in COMMON_CHARACTERS:
        begins = (FirmGram.gram >= character) & (FirmGram.gram < chr(ord(character) + 1))
        filed = select(func.count()).select_from(select(FirmGram.firm_id).where(begins).limit(_MANY).subquery())
        if (session.scalar(filed) or 0) < _MANY:
            within = select(FirmGram.firm_id).where(begins)
            return _walk([Firm.id.in_(within), *conditions])
    return _walk(conditions)


def _rarest(session: Session, grams: list[str]) -> str | None:
    """The pair with the fewest firms, counted no further than RARE; None if one of them has none at all."""
    if len(grams) == 1:
        return grams[0]
    counts = [
        select(
            literal(gram),
            select(func.count())
            .select_from(select(FirmGram.firm_id).where(FirmGram.gram == gram).limit(RARE).subquery())
            .scalar_subquery(),
        )
        for gram in grams[:_PROBED]
    ]
    count, gram = min((count, gram) for gram, count in session.execute(union_all(*counts)))
    return gram if count else None


# --- keeping the index -------------------------------------------------------------------------------------------


def search_columns(name: str, short_name: str | None = None, former_names: Iterable[str] = ()) -> dict[str, str]:
    """The two columns of `firm` that this room derives from its names; a bulk insert puts them into its rows."""
    return {"sort_key": sort_key(name), "search_text": search_text(name, short_name, former_names)}


def index_firms(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """File new firms, given by `id`, `sort_key` and `search_text`, in bulk: 100,000 in seconds."""
    # In the index's own order, it grows at one place after the other instead of everywhere; only firms need sorting.
    filed: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, firm_id, searched in sorted((row["sort_key"], row["id"], row["search_text"]) for row in rows):
        for gram in grams_of(searched):
            filed[gram].append((key, firm_id))
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor() as cursor, cursor.copy("COPY firm_gram FROM STDIN") as copy:  # type: ignore[attr-defined]
            for gram in sorted(filed):  # letters, digits and “$” only: nothing to escape
                copy.write("".join(f"{gram}\t{key}\t{firm_id}\n" for key, firm_id in filed[gram]))
        return
    cursor = connection.connection.cursor()
    cursor.executemany(
        "INSERT INTO firm_gram (gram, sort_key, firm_id) VALUES (?, ?, ?)",
        ((gram, key, firm_id) for gram in sorted(filed) for key, firm_id in filed[gram]),  # type: ignore[arg-type]
    )
    cursor.close()


def forget_firms(session: Session, firm_ids: Iterable[int]) -> None:
    """Take firms out of the index: before a bulk delete."""
    for some in chunks(firm_ids):
        filed = session.execute(select(Firm.id, Firm.sort_key, Firm.search_text).where(Firm.id.in_(some)))
        _remove(session, [(firm_id, key, searched) for firm_id, key, searched in filed])


def reindex_firms(session: Session, firm_ids: Iterable[int]) -> None:
    """File firms anew after a bulk statement changed their names or former names."""
    session.flush()
    for some in chunks(firm_ids):
        former = former_names_of(session, some)
        firms = session.execute(
            select(Firm.id, Firm.name, Firm.short_name, Firm.sort_key, Firm.search_text).where(Firm.id.in_(some))
        ).all()
        rows = [
            {"id": firm.id, **search_columns(firm.name, firm.short_name, former.get(firm.id, ()))} for firm in firms
        ]
        _remove(session, [(firm.id, firm.sort_key, firm.search_text) for firm in firms])
        if rows:
            # Past the versions: nobody edited these firms.
            session.connection().execute(
                update(Firm.__table__)  # type: ignore[arg-type]
                .where(Firm.__table__.c.id == bindparam("firm_id"))
                # The core of the name is worked out anew (duplicates.cores.fill).
                .values(sort_key=bindparam("new_key"), search_text=bindparam("new_text"), name_core=None),
                [{"firm_id": row["id"], "new_key": row["sort_key"], "new_text": row["search_text"]} for row in rows],
            )
        index_firms(session, rows)


def former_names_of(session: Session, firm_ids: Sequence[int]) -> dict[int, list[str]]:
    """The former names of those of the firms that have any, in the order they were kept. One query."""
    former: dict[int, list[str]] = {}
    names = select(FirmName.firm_id, FirmName.name).where(one_of(FirmName.firm_id, firm_ids)).order_by(FirmName.id)
    for firm_id, name in session.execute(names):
        former.setdefault(firm_id, []).append(name)
    return former


def _remove(session: Session, filed: list[tuple[int, str, str]]) -> None:
    rows = [(gram, key, firm_id) for firm_id, key, searched in filed for gram in grams_of(searched)]
    if rows:
        marks = "%s" if session.connection().dialect.name == "postgresql" else "?"
        session.connection().exec_driver_sql(
            f"DELETE FROM firm_gram WHERE gram = {marks} AND sort_key = {marks} AND firm_id = {marks}",  # noqa: S608
            sorted(rows),
        )


def _collect(session: Session, _context: Any, _instances: Any) -> None:
    """Before a flush: write the derived columns of each firm whose names change; remember what was filed."""
    firms = {
        record: None
        for record in (*session.new, *session.dirty)
        if isinstance(record, Firm) and session.is_modified(record)
    }
    for record in (*session.new, *session.dirty, *session.deleted):
        if isinstance(record, FirmName) and record.firm is not None and record.firm not in session.deleted:
            firms[record.firm] = None
    removed = [(firm.id, firm.sort_key, firm.search_text) for firm in session.deleted if isinstance(firm, Firm)]
    filed = []
    for firm in firms:
        gone = session.deleted
        columns = search_columns(
            firm.name, firm.short_name, [former.name for former in firm.former_names if former not in gone]
        )
        if (firm.sort_key, firm.search_text) == tuple(columns.values()):
            continue
        if firm.id is not None and firm not in session.new:
            removed.append((firm.id, firm.sort_key, firm.search_text))
        firm.sort_key, firm.search_text = columns["sort_key"], columns["search_text"]
        filed.append(firm)
    session.info["firms_to_file"] = (removed, filed)


def _file(session: Session, _context: Any) -> None:
    removed, filed = session.info.pop("firms_to_file", ((), ()))
    for firm_id, key, searched in removed:
        session.execute(
            delete(FirmGram).where(
                FirmGram.gram.in_(grams_of(searched)), FirmGram.sort_key == key, FirmGram.firm_id == firm_id
            )
        )
    rows = [
        {"gram": gram, "sort_key": firm.sort_key, "firm_id": firm.id}
        for firm in filed
        for gram in grams_of(firm.search_text)
    ]
    if rows:
        session.execute(insert(FirmGram), rows)


event.listen(Session, "before_flush", _collect)
event.listen(Session, "after_flush", _file)
