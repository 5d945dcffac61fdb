"""The columns of a register in a spreadsheet, made of the register's definition: those of firms, and those of the place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from crm.exchange import converters as to
from crm.exchange.column import CREDIT_CODE_HEADERS, NAME_HEADERS, Column
from crm.registers import forms as entry_forms
from crm.registers.kinds import REGISTERS, TERMS
from crm.registers.models import Register
from crm.registers.resources import forms as resource_forms
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import ResourceRegister

# Columns whose cells are words that an administrator edits, or names of records of ours: who plans the rows looks them up.
CHOSEN = (*TERMS, "severity")
_NAMED = {**dict.fromkeys(CHOSEN, 80), "industry_code": 120, "user_id": 80}
_LONGEST = {**entry_forms.LONGEST, **resource_forms.LONGEST}
# What spreadsheets call a column beside the label that the register gives it.
_USUAL: dict[str, tuple[str, ...]] = {
    "name": ("名称", "Name"),
    "kind": ("类型", "类别", "种类", "Kind", "Type"),
    "level": ("级别", "等级", "认定级别", "Level"),
    "severity": ("严重程度",),
    "number": ("编号", "文号", "批准文号", "证书编号", "证书号", "登记号", "登记编号", "合同编号", "合同号", "立项编号", "Number"),
    "on": ("日期", "认定日期", "认定时间", "批准日期", "批准时间", "登记日期", "时间", "Date"),
    "valid_to": ("有效期至", "有效期", "截止日期", "到期日期", "到期日", "Valid to"),
    "rank": ("排名", "排序", "Rank"),
    "amount": ("金额", "Amount"),
    "role": ("角色", "Role"),
    "party": ("对方单位", "合作单位", "Other side"),
    "niche": ("细分市场", "技术领域"),
    "share": ("占有率", "市场份额"),
    "progress": ("进展", "进度", "状态", "Progress"),
    "note": ("备注", "说明", "Note"),
    "holder": ("所属单位", "所在单位", "工作单位", "单位"),
    "industry_code": ("行业", "所属行业", "服务行业", "Industry"),
    "words": ("关键词", "专长", "研究方向", "擅长领域", "Keywords"),
    "capacity": ("容量",),
    "contact": ("联系人", "Contact"),
    "telephone": ("联系电话", "电话", "手机", "Telephone"),
    "user_id": ("账号",),
}  # fmt: skip
# Headers of a firm's name that in a register may as well be those of the thing itself.
_OF_THE_THING = ("名称", "机构名称")
_FIRM = (
    *(header for header in NAME_HEADERS if header not in _OF_THE_THING),
    "企业", "所属企业", "所在企业", "依托单位", "建设单位", "承担单位",
)  # fmt: skip
_KEEPER = ("管理单位", "园区", "所属园区", "Kept by")


@cache
def columns_of_register(register: Register | ResourceRegister) -> tuple[Column, ...]:
    """Whose a row is (a firm's code and name; who keeps a resource), and every column that the register uses."""
    kind = REGISTERS[register] if isinstance(register, Register) else RESOURCES[register]
    labels = {name: _in_both_languages(label) for name, label in kind.fields.items()}
    taken = {header for headers in labels.values() for header in headers}

    def usual(*headers: str) -> tuple[str, ...]:
        return tuple(header for header in headers if header not in taken)

    fields = [
        Column(
            name,
            label,
            (*labels[name], *usual(*_USUAL.get(name, ()))),
            _converter(name),
            needed=name in kind.required,
            past=name == "on" and isinstance(register, Register),
            money=name == "amount",
        )
        for name, label in kind.fields.items()
    ]
    if isinstance(register, Register):
        code = Column("credit_code", _l("统一社会信用代码"), usual(*CREDIT_CODE_HEADERS), to.credit_code)
        firm = Column("firm", _l("企业名称"), usual(*_FIRM), to.name_of_firm)
        return (code, firm, *fields)
    return (*fields, Column("organisation", _l("管理单位"), usual(*_KEEPER), to.text(120)))


def needed_of_register(register: Register | ResourceRegister) -> tuple[tuple[str, ...], ...]:
    """Groups of keys of which one must be there: the firm of an entry, and what the register requires."""
    kind = REGISTERS[register] if isinstance(register, Register) else RESOURCES[register]
    required = tuple((name,) for name in kind.fields if name in kind.required)
    return (("credit_code", "firm"), *required) if isinstance(register, Register) else required


def _in_both_languages(label: Any) -> tuple[str, ...]:
    """The label in Chinese, which templates have, and in English, which a workbook made by an English reader has."""
    words: dict[str, None] = {}
    for language in ("zh", "en"):
        with force_locale(language):
            words[str(label)] = None
    return tuple(words)


def _converter(name: str) -> Callable[..., Any]:
    match name:
        case "on" | "valid_to":
            return to.day
        case "amount":
            return to.money
        case "share":
            return to.rate
        case "qualified":
            return to.yes_no
        case "rank" | "capacity":
            return to.count
    return to.text(_NAMED.get(name) or _LONGEST[name])
