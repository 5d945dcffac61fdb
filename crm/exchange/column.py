"""One column that an import knows, and the headers of the columns that say which firm a row is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.kernel.identifiers.checked import Text


@dataclass(frozen=True)
class Column:
    """One column: `key` as the table names it, `headers` the usual ones (the first is its own), `convert` its reading.

    `needed`: no row without it. `past`: a date or year after today is wrong. `money`: the amount takes the column's unit.
    `note`: said once where a header of `loose` headers is taken for this column, because it means nearly the same.
    """

    key: str
    title: Text
    headers: tuple[str, ...]
    convert: Callable[..., Any]
    needed: bool = False
    past: bool = False
    money: bool = False
    loose: tuple[str, ...] = ()
    note: Text | None = None


NAME_HEADERS = (
    "企业名称",
    "公司名称",
    "单位名称",
    "企业全称",
    "公司全称",
    "名称",
    "机构名称",
    "申报单位",
    "单位名字",
    "企业名字",
    "公司名字",
    "单位全称",
    "Company name",
    "Firm",
)
CREDIT_CODE_HEADERS = (
    "统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "统一代码", "统一社会信用代码/注册号", "纳税人识别号", "18位码", "18位代码", "18位信用代码", "信用码",
    "税号", "USCC", "Credit code", "Unified social credit code",
)  # fmt: skip
