"""Workbooks to fill in, one a kind of import: the usual headers, one fictitious example, and notes."""

from __future__ import annotations

from typing import IO

from flask_babel import gettext as _

from crm.exchange.columns import COLUMNS, Column
from crm.exchange.models import ImportKind
from crm.exchange.titles import KINDS
from crm.web.workbooks import open_workbook

# The columns that a template offers; the importer knows more.
OFFERED: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.FIRMS: (
        "name", "credit_code", "registration_number", "former_names", "status", "registered_on", "registered_capital",
        "address", "industry", "division", "park", "chain", "tech_field", "source_channel", "officer", "telephone",
        "contact_name", "contact_position", "contact_telephone", "contact_email",
    ),
    ImportKind.FIGURES: (
        "credit_code", "name", "year", "revenue", "main_revenue", "ht_revenue", "total_income", "cost_expense", "rd",
        "rd_domestic", "employees", "st_staff", "college_staff", "rd_staff", "masters_staff", "doctors_staff",
        "total_assets", "net_assets", "liabilities", "net_profit", "operating_cash_flow", "roe", "transfers",
        "quality_score",
    ),
    ImportKind.IP: (
        "title", "number", "kind", "credit_code", "owners", "main_class", "filed_on", "granted_on", "status",
        "acquired", "acquired_on", "core_product", "in_use", "high_value", "spent_on_hte",
    ),
}  # fmt: skip
IDENTITY = ("credit_code", "name", "owners")
# Fictitious throughout; the numbers pass their checks.
EXAMPLE: dict[str, str] = {
    "name": "益阳示例精密机械有限公司", "credit_code": "91430900MA0000001F", "former_names": "益阳示例机械厂",
    "registered_on": "2016-05-18", "registered_capital": "1000万人民币", "address": "示例大道 1 号",
    "industry": "通用设备制造业", "tech_field": "先进制造与自动化", "source_channel": "孵化",
    "contact_name": "王示例", "contact_position": "经理", "contact_telephone": "0737-4000000",
    "year": "2025", "revenue": "5230.5", "rd": "261.53", "employees": "86", "rd_staff": "12", "net_profit": "410.2",
    "st_staff": "20", "college_staff": "18", "roe": "8.5%",
    "title": "一种示例装置", "number": "202020000001.7", "kind": "实用新型", "owners": "益阳示例精密机械有限公司",
    "filed_on": "2020-01-02", "granted_on": "2020-11-03", "core_product": "是",
}  # fmt: skip


def write_template(target: IO[bytes], kind: ImportKind, *, own: bool = False) -> None:
    """A sheet with the headers alone, and one of notes with an example of each column, where it cannot be imported.

    `own`: for a firm's own rows, which need not say whose they are.
    """
    columns = {column.key: column for column in COLUMNS[kind]}
    offered = [columns[key] for key in OFFERED[kind] if not (own and key in IDENTITY)]
    with open_workbook(target) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#E8F0EE"})
        text = workbook.add_format({"num_format": "@"})  # or a spreadsheet turns long codes into 9.1E+17
        page = workbook.add_worksheet(str(KINDS[kind]))
        page.set_column(0, len(offered) - 1, 20, text)
        page.freeze_panes(1, 0)
        for place, column in enumerate(offered):
            page.write_string(0, place, _header(column), bold)
        notes = workbook.add_worksheet(_("填写说明"))
        notes.set_column(0, 2, 36)
        for place, title in enumerate((_("列"), _("必填"), _("示例"))):
            notes.write_string(0, place, title, bold)
        for line, column in enumerate(offered, start=1):
            cells = (_header(column), _("必填") if column.needed else "", EXAMPLE.get(column.key, ""))
            for place, cell in enumerate(cells):
                notes.write_string(line, place, cell, text)
        for line, words in enumerate(_notes(kind, own), start=len(offered) + 2):
            notes.write_string(line, 0, words)


def _header(column: Column) -> str:
    return f"{column.headers[0]}（万元）" if column.money and column.key != "registered_capital" else column.headers[0]


def _notes(kind: ImportKind, own: bool) -> list[str]:
    identity = (
        _("企业以统一社会信用代码认定，不以名称认定；没有代码的企业，与已有企业同名时不会导入。")
        if kind is ImportKind.FIRMS
        else _("每行请填统一社会信用代码；只填名称时，名称在您的辖区内须只有一家。")
    )
    return [
        _("标题行请保留；用不到的列可以删去，顺序不限。"),
        *([] if own else [identity]),
        _("空格表示不知道，不会清掉系统里已有的值；0 就是 0。"),
        _("日期请写成 2019-03-05 的样子；金额只填数字，单位以标题括号里的为准。"),
    ]
