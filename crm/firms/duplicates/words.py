"""What a person reads of firms that may be one: the reasons, and the tables whose rows follow."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.duplicates.queries import Reason
from crm.firms.duplicates.rows import Row
from crm.firms.history import words as history

REASONS: dict[Reason, Any] = {
    Reason.SAME_BODY: _l("信用代码中的主体代码相同"),
    Reason.SAME_REGISTRATION_NUMBER: _l("注册号相同"),
    Reason.SAME_NAME: _l("名称相同"),
    Reason.FORMER_NAME: _l("一家的曾用名是另一家的名称"),
    Reason.SHORT_NAME: _l("一家的简称是另一家的名称"),
    Reason.SAME_CORE: _l("名称中的字号相同"),
}

# Tables without a history of their own; the others are called there what they are called everywhere.
_TABLES: dict[str, Any] = {
    "assessment": _l("留存的评估"),
    "change": _l("变更记录"),
    "result_row": _l("认定名单的行"),
    "notice": _l("提醒"),
}


def table_title(name: str) -> Any:
    known = history.entities().get(name)
    return known.title if known is not None else _TABLES[name]


def row_title(name: str, row: Row) -> str:
    """What one row is called in its table: the year of figures, the number of a right."""
    known = history.entities().get(name)
    if known is None or known.subject is None:
        return ""
    value = row[known.subject]
    show = known.shown.get(known.subject)
    return str(show(value) if show is not None else value)
