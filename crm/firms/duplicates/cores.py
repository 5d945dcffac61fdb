"""The distinctive words of a firm's name: what is left of it without place, trade and legal form.

Firms are proposed as one and the same by these words, not by how many characters they share: “湖南云岭智能科技有限公司” and
“云岭市云岭科技有限责任公司” share most characters with half of all firms.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from sqlalchemy import bindparam, event, inspect, select, update
from sqlalchemy.orm import Session

from crm.firms.models import Firm
from crm.firms.naming import own_part
from crm.firms.reference import FOLDER, rows_of
from crm.kernel.bulk import AT_ONCE
from crm.kernel.db import db

FEWEST = 2  # characters: one alone tells nothing
_WORDS = yaml.safe_load((FOLDER / "name_words.yaml").read_text(encoding="utf-8"))
TRADES = _WORDS["trades"].split()
COMMON_WORDS = _WORDS["common"].split()
_TRADE = re.compile("|".join(sorted(TRADES, key=len, reverse=True)))
_COMMON = re.compile("|".join(sorted([*TRADES, *COMMON_WORDS], key=len, reverse=True)))
_FORM = re.compile(r"(?:股份)?(?:有限)?(?:责任)?公司")


@cache
def _places() -> re.Pattern[str]:
    """Places that a name may begin with: of our divisions, with and without their kind (“益阳市”, “益阳”)."""
    names: set[str] = set()
    for row in rows_of("divisions"):
        bare = re.sub(r"(?:省|市|自治区|县|区)$", "", row["name"])
        names |= {row["name"], bare} if len(bare) >= FEWEST else {row["name"]}
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))


@cache
def _placed() -> re.Pattern[str]:
    return re.compile(f"(?:(?:{_places().pattern})(?:省|市|县|区)?)+")


def name_core(name: str) -> str:
    """The distinctive words, in normal form; "" where the name has none."""
    without_brackets = re.sub(rf"[（(]\s*(?:{_places().pattern})(?:省|市|县|区)?\s*[)）]", "", name)
    text = _FORM.sub("", own_part(without_brackets))
    place = _placed().match(text)
    core = _COMMON.sub("", text[place.end() :] if place else text)
    return core if len(core) >= FEWEST else ""


def trades_of(name: str) -> set[str]:
    """The trades that a name names."""
    return set(_TRADE.findall(own_part(name)))


def _keep(session: Session, _context: Any, _instances: Any) -> None:
    """Before a flush: the core follows the name."""
    for record in (*session.new, *session.dirty):
        if isinstance(record, Firm) and record.name and inspect(record).attrs.name.history.has_changes():
            record.name_core = name_core(record.name)


event.listen(Session, "before_flush", _keep)


def fill() -> int:
    """Write the cores of firms that came in bulk, and commit; how many. A look where there are none takes no lock."""
    table = Firm.__table__
    filled = 0
    while True:
        with db.reading() as session:
            wanting = select(table.c.id, table.c.name).where(table.c.name_core.is_(None)).limit(AT_ONCE)
            rows = session.execute(wanting).all()
        if not rows:
            return filled
        # Past the versions: nobody edited these firms.
        db.session.connection().execute(
            update(table).where(table.c.id == bindparam("row_id")).values(name_core=bindparam("core")),  # type: ignore[arg-type]
            [{"row_id": row.id, "core": name_core(row.name)} for row in rows],
        )
        db.session.commit()
        filled += len(rows)
