"""The list of firms as a workbook, with headers that the import knows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from crm.accounts.models import Organisation, User
from crm.exchange.columns import column
from crm.exchange.models import ImportKind
from crm.firms import search
from crm.firms.loaders import visible_firms
from crm.firms.models import Chain, Division, Firm, FirmName, Industry
from crm.firms.words import CHANNELS, STATUSES, TECH_FIELDS
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.web.workbooks import open_workbook, safe

AT_MOST = 20_000  # firms in one workbook: what a page can make while its reader waits
COLUMNS = (
    "name", "credit_code", "registration_number", "former_names", "short_name", "stock_code", "status", "registered_on",
    "registered_capital", "address", "industry", "division", "park", "chain", "tech_field", "source_channel", "officer",
    "telephone", "website",
)  # fmt: skip

CURRENCY_NAMES = {
    "CNY": "人民币", "USD": "美元", "HKD": "港元", "EUR": "欧元", "JPY": "日元", "GBP": "英镑", "TWD": "新台币",
    "KRW": "韩元", "SGD": "新加坡元", "AUD": "澳元", "CAD": "加元", "CHF": "瑞士法郎",
}  # fmt: skip


def write_firms(target: IO[bytes], user: User, typed: str, conditions: Sequence[ColumnElement[bool]]) -> None:
    """The firms that the list shows for the same words and filters, in its order, at most 20,000."""
    conditions = [visible_firms(user), *conditions]
    if typed:
        ids = search.find(db.session, typed, conditions, limit=AT_MOST)
    else:
        found = select(Firm.id).where(*conditions).order_by(Firm.sort_key, Firm.id).limit(AT_MOST)
        ids = list(db.session.scalars(found))
    rows = _rows(ids)
    with open_workbook(target) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        page = workbook.add_worksheet(_("企业名录"))
        page.set_column(0, len(COLUMNS) - 1, 20)
        page.freeze_panes(1, 1)
        for place, key in enumerate(COLUMNS):
            page.write_string(0, place, column(ImportKind.FIRMS, key).headers[0], bold)
        for number, firm_id in enumerate(ids, start=1):
            for place, key in enumerate(COLUMNS):
                value = rows[firm_id].get(key)
                if value is not None:
                    page.write_string(number, place, safe(str(value)))
        if len(ids) == AT_MOST:
            page.write_string(len(ids) + 1, 0, _("最多导出 %(limit)s 家：请加筛选条件分次导出", limit=AT_MOST))


def _rows(ids: list[int]) -> dict[int, dict[str, Any]]:
    statement = (
        select(
            Firm.__table__,
            Organisation.name.label("park"),
            User.name.label("officer"),
            Chain.name.label("chain"),
            Division.name.label("division"),
            Industry.name.label("industry"),
        )
        .join(Organisation, Organisation.id == Firm.organisation_id)
        .outerjoin(User, User.id == Firm.officer_id)
        .outerjoin(Chain, Chain.id == Firm.chain_id)
        .outerjoin(Division, Division.code == Firm.division_code)
        .outerjoin(Industry, Industry.code == Firm.industry_code)
    )
    former: dict[int, list[str]] = {}
    names = select(FirmName.firm_id, FirmName.name).order_by(FirmName.id)
    for firm_id, name in rows_where_in(db.session, names, FirmName.firm_id, ids):
        former.setdefault(firm_id, []).append(name)
    found = {}
    for row in rows_where_in(db.session, statement, Firm.id, ids):
        found[row.id] = {
            **row._mapping,
            "former_names": "；".join(former.get(row.id, ())) or None,
            "status": STATUSES[row.status],
            "tech_field": TECH_FIELDS.get(row.tech_field) if row.tech_field else None,
            "source_channel": CHANNELS[row.source_channel] if row.source_channel else None,
            "registered_capital": _capital(row.registered_capital, row.capital_currency),
        }
    return found


def _capital(amount: Decimal | None, currency: str | None) -> str | None:
    """Capital as lists write it: “500万人民币”."""
    if amount is None:
        return None
    short = format((amount / 10000).normalize(), "f")
    return f"{short}万{CURRENCY_NAMES.get(currency or 'CNY', currency)}"
