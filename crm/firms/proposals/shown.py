"""How a proposal is shown, to the officer who decides and to the firm that asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.firms.facts.groups import fact_text, fact_title
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import shown as figure_shown
from crm.firms.ip.models import IpRight
from crm.firms.models import Firm, Industry
from crm.firms.proposals import service
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.firms.proposals.service import NEW_RIGHT
from crm.firms.proposals.targets import handling_of
from crm.firms.proposals.words import DECISION_KINDS, DECISIONS, TARGETS
from crm.firms.words import ACQUIRED, FIRM_FIELDS, IP_FIELDS, IP_KINDS, IP_STATUSES, TECH_FIELDS
from crm.kernel.db import db
from crm.kernel.plain import revive
from crm.web.formatting import UNKNOWN, day, money_text


@dataclass(frozen=True)
class Line:
    """One field of a proposal as text; `now` where the record no longer says what it said when the firm asked."""

    field: ProposalField
    title: str
    old: str
    new: str
    now: str | None
    decision: str
    kind: str
    beside: str = ""  # of a right: what it is beside its number and name
    adds: bool = False  # something new: there is no “before”


def lines_of(proposal: Proposal) -> list[Line]:
    """The fields of a proposal, in the order they were asked."""
    record = service.Record(proposal.firm)
    return [_line(record, field) for field in proposal.fields]


def titles_of(proposal: Proposal) -> list[str]:
    """What a proposal is about, each thing once."""
    return list(dict.fromkeys(_title(field) for field in proposal.fields))


def _line(record: service.Record, field: ProposalField) -> Line:
    now = None
    adds = (
        field.field == NEW_RIGHT
        or field.target is Target.PAPER
        or (field.target is Target.ENTRY and field.target_key is None)
    )
    if field.decision is Decision.PENDING and not adds:
        stands = _stands(record, field)
        gone = stands is None and isinstance(field.old, dict)
        now = None if stands == field.old else _("已不在档案里") if gone else _text(field, stands)
    return Line(
        field=field,
        title=_title(field),
        old=_text(field, field.old),
        new=_text(field, field.new),
        now=now,
        decision=str(DECISIONS[field.decision]),
        kind=DECISION_KINDS[field.decision],
        beside=_beside(field.new) if field.field == NEW_RIGHT else "",
        adds=adds,
    )


def _stands(record: service.Record, field: ProposalField) -> Any:
    """What the record says now of what a wish changes; None: nothing, or it is gone."""
    if field.target is Target.IP and field.target_key not in record.rights:
        return None
    stands = record.value(field.target, field.target_key, field.field)
    return (
        {key: stands[key] for key in field.old} if isinstance(stands, dict) and isinstance(field.old, dict) else stands
    )


def _beside(right: dict[str, Any] | None) -> str:
    parts = [(key, part) for key, part in (right or {}).items() if part is not None and key not in ("number", "title")]
    return "；".join(
        _right(key, part) if key in ("kind", "status") else f"{IP_FIELDS[key]} {_right(key, part)}"
        for key, part in parts
    )


def _title(field: ProposalField) -> str:
    if field.target is Target.FIGURES:
        return _("%(year)s 年 · %(title)s", year=field.target_key, title=KEYS[field.field].title)
    if field.target is Target.IP:
        if field.field == NEW_RIGHT:
            return _("新增知识产权")
        return _("更新知识产权 %(number)s", number=field.target_key)
    if field.target is Target.FACT:
        return fact_title(field.field)
    if (handling := handling_of(field.target)) is not None:
        return handling.title(field)
    return str(FIRM_FIELDS.get(field.field, TARGETS[field.target]))


def _text(field: ProposalField, value: Any) -> str:
    if value is None:
        return UNKNOWN
    if field.target is Target.FIGURES:
        shown = figure_shown(field.field, revive(YearlyFigures, field.field, value))
        return f"{shown} {KEYS[field.field].unit}"
    if field.target is Target.FACT:
        return str(fact_text(field.field, value))
    if (handling := handling_of(field.target)) is not None:
        return handling.text(field, value)
    if field.target is Target.IP:
        return "；".join(f"{IP_FIELDS[key]} {_right(key, part)}" for key, part in value.items() if part is not None)
    revived = revive(Firm, field.field, value)
    if field.field == "tech_field":
        return str(TECH_FIELDS.get(revived, revived))
    if field.field == "industry_code":
        name = db.session.scalar(select(Industry.name).where(Industry.code == revived))
        return f"{revived} {name or ''}".strip()
    if field.field == "registered_capital":
        return money_text(revived)
    if field.field == "registered_on":
        return day(revived)
    return str(revived)


def _right(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    words: dict[str, dict[Any, Any]] = {"kind": IP_KINDS, "status": IP_STATUSES, "acquired": ACQUIRED}
    if key in words:
        return str(words[key][revive(IpRight, key, value)])
    return str(value)
