"""Titles that a list gives and the record contradicts: another's certificate, a term cut short, older than the firm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.firms.models import Firm
from crm.kernel.bulk import rows_where_in
from crm.ladder.facts import last_day
from crm.ladder.models import Credential, Rung
from crm.ladder.service.credentials import NUMBERED


@dataclass(frozen=True)
class Meant:
    """The title of a row. `number` is the row's own, None where the list's document stands for it."""

    row: int
    firm_id: int
    number: str | None
    valid_from: date
    valid_to: date | None


def doubts_of(session: Session, rung: Rung, titles: Sequence[Meant]) -> dict[int, str]:
    """Row → why its title is not recorded as it stands; a row without doubt is left out."""
    numbers = {each.number for each in titles if each.number is not None} if rung in NUMBERED else set()
    columns = select(
        Credential.firm_id, Credential.number, Credential.valid_from, Credential.valid_to, Credential.ended_on
    ).where(Credential.rung == rung)
    whose: dict[str, set[int]] = defaultdict(set)
    for row in rows_where_in(session, columns, Credential.number, sorted(numbers)):
        whose[row.number].add(row.firm_id)
    held: dict[int, list[Any]] = defaultdict(list)
    firm_ids = [each.firm_id for each in titles]
    for row in rows_where_in(session, columns.where(Credential.ended_on.is_(None)), Credential.firm_id, firm_ids):
        held[row.firm_id].append(row)
    born = {
        row.id: row.registered_on
        for row in rows_where_in(session, select(Firm.id, Firm.registered_on), Firm.id, firm_ids)
    }
    first: dict[str, int] = {}
    found = {}
    for each in titles:
        doubt = _doubt(each, whose.get(each.number or "", set()), held[each.firm_id], born.get(each.firm_id))
        if doubt is None and each.number in numbers:
            there = first.setdefault(str(each.number), each.row)
            doubt = None if there == each.row else _("编号与第 %(row)s 行相同，请核对证书", row=there)
        if doubt is not None:
            found[each.row] = doubt
    return found


def _doubt(title: Meant, whose: set[int], held: Sequence[Any], born: date | None) -> str | None:
    if whose - {title.firm_id}:
        return _("编号“%(number)s”已登记在另一家企业名下，请核对证书", number=title.number)
    if born is not None and title.valid_from < born:
        return _("有效期自早于企业成立日期 %(on)s，请核对", on=born.isoformat())
    for other in held:
        ends = last_day(other)
        if (
            other.valid_from < title.valid_from
            and title.valid_to is not None
            and (ends is None or ends > title.valid_to)
        ):
            return _(
                "企业现有的同一资质到 %(on)s 才到期，按名单登记反而缩短；请核对日期，不必登记的不采用这一行",
                on=ends.isoformat() if ends else _("长期"),
            )
    return None
