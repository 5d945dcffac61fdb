"""What visits offer the list of firms: filters by how long nobody was there and by who is acted for, and when somebody was last there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, select

from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.kernel import clock
from crm.kernel.bulk import one_of
from crm.kernel.db import db
from crm.visits.models import Need, NeedState, Visit
from crm.web.formatting import day

NEVER = "never"
WORDS: dict[Any, Any] = {
    "30": _l("超过 30 天"),
    "90": _l("超过 90 天"),
    "180": _l("超过 180 天"),
    NEVER: _l("从未走访"),
}


# 全程代办, by what is open: asked for and nobody acts yet; somebody acts.
AGENCY: dict[Any, Any] = {"asked": _l("企业请求，还没有代办人"), "taken": _l("正在代办")}


def filters() -> dict[str, Filter]:
    """`unseen`: firms that nobody visited for so many days, those never visited among them; or those alone. `agency`: firms
    with an open need for which somebody is asked to act, or acts, in all offices.
    """
    return {
        "unseen": Filter(_l("多久没有走访"), _unseen, WORDS.get, WORDS, few=lambda: WORDS),
        "agency": Filter(_l("全程代办"), _agency, AGENCY.get, AGENCY),
    }


def _agency(value: str) -> ColumnElement[bool] | None:
    if value not in AGENCY:
        return None
    taken = Need.agency_since.is_not(None)
    which = taken if value == "taken" else and_(Need.agency_asked, Need.agency_since.is_(None))
    return Firm.id.in_(select(Need.firm_id).where(Need.state == NeedState.OPEN, which))


def _unseen(value: str) -> ColumnElement[bool] | None:
    if value not in WORDS:
        return None
    # Its last visit, looked up firm by firm down the list: a page is full before all visits would be gathered.
    last: Any = select(func.max(Visit.on)).where(Visit.firm_id == Firm.id).correlate(Firm).scalar_subquery()
    if value == NEVER:
        return last.is_(None)
    return func.coalesce(last, date.min) < clock.today() - timedelta(days=int(value))


def last_visits(firm_ids: Collection[int]) -> dict[int, str]:
    """The day of each firm's last visit, as a person reads it; a firm that was never visited is not among them."""
    last = select(Visit.firm_id, func.max(Visit.on)).where(one_of(Visit.firm_id, firm_ids)).group_by(Visit.firm_id)
    return {firm_id: day(on) for firm_id, on in db.session.execute(last)}
