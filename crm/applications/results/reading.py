"""A published list becomes rows: whose, which code, which certificate, from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from crm.exchange.columns import column_named, normal_header
from crm.exchange.converters import day, is_unknown
from crm.exchange.file_types import UnreadableFile
from crm.exchange.models import ImportKind
from crm.exchange.reading import Sheet, read_table
from crm.kernel.errors import DomainError
from crm.web.fields import half_width

NAME, CODE, NUMBER, FROM, TO = "name", "credit_code", "number", "valid_from", "valid_to"
# What lists call the columns that an import of firms has not, the plainest first: beside “证书编号”, “编号” is the row's own.
HEADERS = {
    NUMBER: ("证书编号", "证书号", "证书编号（文号）", "登记编号", "入库登记编号", "入库编号", "资质编号", "编号"),
    FROM: ("发证日期", "发证时间", "认定日期", "认定时间", "有效期自", "有效期起", "起始日期", "入库日期"),
    TO: ("有效期至", "有效期止", "有效期截止", "截止日期", "到期日", "到期日期"),
}
_KNOWN = {normal_header(header): key for key, headers in HEADERS.items() for header in headers}
_RANK = {normal_header(header): rank for headers in HEADERS.values() for rank, header in enumerate(headers)}
LONGEST = {NAME: 200, CODE: 40, NUMBER: 60}


@dataclass(frozen=True)
class Row:
    """One row as published. `fault` says what of it cannot be read, `wrong` which dates (key → as it was written)."""

    row: int
    name: str
    code: str
    number: str
    valid_from: date | None
    valid_to: date | None
    fault: str | None = None
    wrong: dict[str, str] = field(default_factory=dict)


def known(header: str) -> str | None:
    """The key of a column that a list's header means."""
    own = _KNOWN.get(normal_header(header))
    if own is not None:
        return own
    column = column_named(ImportKind.FIRMS, header)
    return column.key if column is not None and column.key in (NAME, CODE) else None


def read_list(content: bytes) -> list[Row]:
    """The rows of a list. Raises UnreadableFile where there is no table, or no column with names or codes."""
    sheet = read_table(content, known)
    places: dict[str, int] = {}
    for place, header in sorted(enumerate(sheet.header), key=lambda each: _RANK.get(normal_header(each[1]), 0)):
        key = known(header)
        if key is not None:
            places.setdefault(key, place)
    if NAME not in places and CODE not in places:
        raise UnreadableFile(
            _(
                "没有找到“企业名称”或“统一社会信用代码”一列；读到的标题是：%(found)s",
                found="、".join(sheet.header)[:200],
            )
        )
    return list(_rows(sheet, places))


def _rows(sheet: Sheet, places: dict[str, int]) -> Iterator[Row]:
    def text(cells: list[str], key: str) -> str:
        typed = cells[places[key]].strip()[: LONGEST.get(key, 40)] if key in places else ""
        return "" if is_unknown(typed) else typed

    for row_number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
        name, code, number = text(cells, NAME), text(cells, CODE), half_width(text(cells, NUMBER)).replace(" ", "")
        if not name and not code and not number:
            continue  # a sum or a remark below the table
        faults = [] if name or code else [_("没有企业名称和信用代码，不知道是哪家企业的")]
        wrong: dict[str, str] = {}
        terms: dict[str, date | None] = {FROM: None, TO: None}
        for key in terms:
            if typed := text(cells, key):
                try:
                    terms[key] = day(typed)
                except (DomainError, ValueError):
                    wrong[key] = typed
                    column = sheet.header[places[key]]
                    faults.append(
                        _(
                            "“%(column)s”写的是“%(text)s”，这一天不存在或不是日期，请改正这一行",
                            column=column,
                            text=typed,
                        )
                    )
        fault = "；".join(faults) or None
        yield Row(row_number, name, code, number, terms[FROM], terms[TO], fault, wrong)
