"""One line of the IP register as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.firms.ip.models import IpRight
from crm.firms.ip.queries import Elsewhere
from crm.firms.ip.rules import CLASSES, AnnualFee, late_fee, next_fee, surcharge, term_end
from crm.firms.ip.service import doubts_of
from crm.firms.words import ACQUIRED, IP_CLASSES, IP_KINDS, IP_STATUSES
from crm.web.formatting import day, number, percent

SOON = 90  # days


@dataclass(frozen=True)
class Line:
    right: IpRight
    kind: Any
    ip_class: Any
    status: Any
    acquired: Any
    term_end: date | None
    fee: AnnualFee | None
    fee_note: str | None
    fee_soon: bool
    late: str | None
    doubts: list[str]
    shared: str | None


def line_of(right: IpRight, others: Elsewhere | None, today: date) -> Line:
    """What the register says of a right on a day."""
    about = (right.kind, right.status, right.filed_on, right.granted_on, today)
    end = term_end(right.kind, right.filed_on, right.granted_on)
    fee, late = next_fee(*about), late_fee(*about)
    return Line(
        right=right,
        kind=IP_KINDS[right.kind],
        ip_class=IP_CLASSES[CLASSES[right.kind]],
        status=None if right.status is None else IP_STATUSES[right.status],
        acquired=None if right.acquired is None else ACQUIRED[right.acquired],
        term_end=end,
        fee=fee,
        fee_note=None
        if fee is None
        else _("第 %(year)s 年度，%(yuan)s 元（未减缴）", year=fee.year, yuan=number(fee.yuan)),
        fee_soon=fee is not None and (fee.due_on - today).days <= SOON,
        late=None if late is None else _late_text(late, today),
        doubts=doubts_of(right, end, today),
        shared=None if others is None else _shared_text(others),
    )


def _late_text(fee: AnnualFee, today: date) -> str:
    return _(
        "第 %(year)s 年度年费已于 %(due)s 到期；如未缴，%(grace)s 前仍可补缴，今天补缴须加滞纳金 %(rate)s",
        year=fee.year,
        due=day(fee.due_on),
        grace=day(fee.grace_until),
        rate=percent(surcharge(fee.due_on, today)),
    )


def _shared_text(others: Elsewhere) -> str:
    if others.firms:
        names = _("、").join(firm.name for firm in others.firms[:3])
        return _("%(names)s 也登记了同一编号：如为共有请核对权利人排序", names=names)
    return _("另有 %(count)s 家企业登记了同一编号：如为共有请核对权利人排序", count=others.count)
