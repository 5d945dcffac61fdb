"""A pasted list of firms: credit codes or names, one a line, held against the firms the person may see."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmName
from crm.kernel.db import db

MOST = 500  # of one list
_BETWEEN = re.compile(r"[\n\r\t,，;；、]+")
_BRACKETS = str.maketrans("()", "（）")
_CODE = re.compile(r"[0-9A-Z]{18}")


@dataclass(frozen=True)
class Pasted:
    """What became of the lines: firms found, in their order; lines that name several; lines that name none."""

    firms: list[Firm]
    several: list[tuple[str, list[Firm]]]
    unknown: list[str]
    left_out: int  # lines beyond MOST


def read_firms(user: User, text: str) -> Pasted:
    """The firms that a pasted text names, within the user's scope: by code, by name, by a former name. Two queries."""
    lines = list(dict.fromkeys(line.strip() for line in _BETWEEN.split(text) if line.strip()))
    asked, left_out = lines[:MOST], max(0, len(lines) - MOST)
    keys = {line: _key(line) for line in asked}
    found: dict[str, dict[int, Firm]] = defaultdict(dict)
    spellings = sorted({spelling for key in keys.values() for spelling in (key, key.translate(_BRACKETS))})
    firms = select(Firm).where(visible_firms(user)).options(joinedload(Firm.organisation))
    for firm in db.session.scalars(firms.where(Firm.credit_code.in_(spellings) | Firm.name.in_(spellings))):
        found[_key(firm.credit_code or "")][firm.id] = firm
        found[_key(firm.name)][firm.id] = firm
    former = firms.join(FirmName, FirmName.firm_id == Firm.id).add_columns(FirmName.name)
    for firm, name in db.session.execute(former.where(FirmName.name.in_(spellings))):
        if not found[_key(name)]:
            found[_key(name)][firm.id] = firm
    one: dict[int, Firm] = {}
    several: list[tuple[str, list[Firm]]] = []
    unknown: list[str] = []
    for line, key in keys.items():
        match list(found[key].values()):
            case []:
                unknown.append(line)
            case [firm]:
                one[firm.id] = firm
            case more:
                several.append((line, more))
    return Pasted(list(one.values()), several, unknown, left_out)


def chosen_firms(user: User, firm_ids: list[int]) -> list[Firm]:
    """Those of the firms that the user may see, in the order of their names."""
    chosen = select(Firm).where(Firm.id.in_(firm_ids[:MOST]), visible_firms(user))
    return list(db.session.scalars(chosen.order_by(Firm.sort_key, Firm.id)))


def _key(text: str) -> str:
    """Half-width, without blanks; a code in capitals."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return plain.upper() if _CODE.fullmatch(plain.upper()) else plain
