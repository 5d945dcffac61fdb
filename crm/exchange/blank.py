"""Workbooks to fill in, one a kind of import: the usual headers, one fictitious example, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from flask_babel import gettext as _
from xlsxwriter.utility import xl_col_to_name

from crm.exchange.column import Column
from crm.exchange.columns import columns_of
from crm.exchange.models import ImportKind, Kind
from crm.exchange.register_columns import CHOSEN
from crm.exchange.titles import KINDS
from crm.firms.reference.terms import term_choices
from crm.registers.kinds import REGISTERS, SEVERITIES, choices_of
from crm.registers.models import Register
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import ResourceRegister
from crm.web.workbooks import open_workbook

# The columns that a template offers; the importer knows more. Of a register it offers all.
OFFERED: dict[Kind, tuple[str, ...]] = {
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
    ImportKind.TIES: (
        "register", "resource", "holder", "credit_code", "firm", "role", "since", "until", "outcome", "note",
    ),
}  # fmt: skip
OFFERED_ROWS = 10_000  # below the header, whose cells offer their words
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
REGISTER_EXAMPLE: dict[str, str] = {
    "credit_code": "91430900MA0000001F", "firm": "益阳示例精密机械有限公司", "number": "示例〔2024〕1 号", "on": "2024-05-18",
    "valid_to": "2027-05-17", "rank": "1", "amount": "120.5", "qualified": "是", "party": "示例大学", "niche": "数控机床主轴",
    "share": "12.5%", "holder": "示例大学", "industry_code": "通用设备制造业", "words": "数控加工，精密主轴", "capacity": "60",
    "contact": "王示例", "telephone": "0737-4000000",
}  # fmt: skip
TIE_EXAMPLE: dict[str, str] = {
    "register": "双创载体", "resource": "示例孵化器", "credit_code": "91430900MA0000001F", "firm": "益阳示例精密机械有限公司",
    "role": "在孵", "since": "2024-05-18",
}  # fmt: skip


def write_template(target: IO[bytes], kind: Kind, *, own: bool = False) -> None:
    """A sheet with the headers alone, and one of notes with an example of each column, where it cannot be imported.

    Cells that take one of a few words offer them. `own`: for a firm's own rows, which need not say whose they are.
    """
    columns = {column.key: column for column in columns_of(kind)}
    offered = [columns[key] for key in OFFERED.get(kind, columns) if not (own and key in IDENTITY)]
    words = _words(kind)
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
            cells = (_header(column), _("必填") if column.needed else "", _example(kind, column, words))
            for place, cell in enumerate(cells):
                notes.write_string(line, place, cell, text)
        for line, sentence in enumerate(_notes(kind, own), start=len(offered) + 2):
            notes.write_string(line, 0, sentence)
        _offer_words(workbook, page, offered, words)


def _offer_words(workbook: Any, page: Any, offered: Sequence[Column], words: Mapping[str, Sequence[str]]) -> None:
    """A sheet of the words that may be chosen, one column each, and cells that offer them."""
    if not words:
        return
    sheet, title = workbook.add_worksheet(_("可填的词")), _("可填的词")
    sheet.set_column(0, len(words) - 1, 28)
    keys = list(words)
    for line in range(max(map(len, words.values())) + 1):
        for place, key in enumerate(keys):
            cells = [next(_header(column) for column in offered if column.key == key), *words[key]]
            if line < len(cells):
                sheet.write_string(line, place, cells[line])
    for place, column in enumerate(offered):
        if column.key in words:
            letter = xl_col_to_name(keys.index(column.key))
            source = f"='{title}'!${letter}$2:${letter}${len(words[column.key]) + 1}"
            page.data_validation(
                1, place, OFFERED_ROWS, place, {"validate": "list", "source": source, "error_type": "warning"}
            )


def _words(kind: Kind) -> dict[str, list[str]]:
    """Column → the words it may hold, of a register; other kinds know many words for each."""
    if kind is ImportKind.TIES:
        return {"register": [str(each.title) for each in RESOURCES.values()], **_tie_words()}
    if isinstance(kind, ImportKind):
        return {}
    fields = REGISTERS[kind].fields if isinstance(kind, Register) else RESOURCES[kind].fields
    offered: dict[str, Mapping[Any, Any]] = {}
    for name in CHOSEN:
        if name not in fields:
            continue
        if name == "severity":
            offered[name] = SEVERITIES
        elif isinstance(kind, Register):
            offered[name] = choices_of(kind, name)
        else:
            offered[name] = term_choices("level" if name == "level" else f"{kind}.{name}")
    return {name: [str(word) for word in words.values()] for name, words in offered.items() if words}


def _tie_words() -> dict[str, list[str]]:
    """The roles and outcomes of all registers: which of them a row may have depends on its resource."""
    words = {
        name: dict.fromkeys(str(word) for register in RESOURCES for word in term_choices(f"{register}.{name}").values())
        for name in ("role", "outcome")
    }
    return {name: list(each) for name, each in words.items() if each}


def _example(kind: Kind, column: Column, words: Mapping[str, Sequence[str]]) -> str:
    if kind is ImportKind.TIES:
        return TIE_EXAMPLE.get(column.key, "")
    if isinstance(kind, ImportKind):
        return EXAMPLE.get(column.key, "")
    if column.key in words:
        return words[column.key][0]
    if column.key == "name":
        return _("示例%(title)s", title=column.title)
    return REGISTER_EXAMPLE.get(column.key, "")


def _header(column: Column) -> str:
    return f"{column.headers[0]}（万元）" if column.money and column.key != "registered_capital" else column.headers[0]


def _notes(kind: Kind, own: bool) -> list[str]:
    if isinstance(kind, ResourceRegister):
        identity = _("同名的按单位、类别或编号区分；已登记的会更新，不会重复。")
    elif kind is ImportKind.TIES:
        identity = _(
            "企业请填统一社会信用代码；资源按名称对应，须先登记，同名的另填登记册和所属单位。企业和资源都不会由这张表新建。"
        )
    elif kind is ImportKind.FIRMS:
        identity = _("企业以统一社会信用代码认定，不以名称认定；没有代码的企业，与已有企业同名时不会导入。")
    else:
        identity = _("每行请填统一社会信用代码；只填名称时，名称在您的辖区内须只有一家。")
    return [
        _("标题行请保留；用不到的列可以删去，顺序不限。"),
        *([] if own else [identity]),
        _("空格表示不知道，不会清掉系统里已有的值；0 就是 0。"),
        _("日期请写成 2019-03-05 的样子；金额只填数字，单位以标题括号里的为准。"),
    ]
