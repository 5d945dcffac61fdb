"""The registers as data: what each is called, which columns its entries use, and which levels they may have.

To add a register: a word in `models.Register`, an entry here, its words in `seeds/reference/terms.yaml`. The form, the page
and the checks follow. What may be chosen for kind, level, role and progress are terms that an administrator edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.reference.terms import all_terms, term_titles
from crm.registers.models import Level, Register, Severity

# Columns whose values are terms of the register's own vocabulary; levels are one vocabulary for all.
TERMS = ("kind", "level", "role", "progress")


class RegisterGroup(Enum):
    """The parts of a firm's page, in their order."""

    PLATFORMS = _l("平台与资质")
    PRODUCTS = _l("技术与产品")
    MONEY = _l("资金")
    INTEGRITY = _l("诚信")


@dataclass(frozen=True, kw_only=True)
class RegisterKind:
    """One register. `fields` maps each column it uses to its label, in the order of the form; `levels` are those it knows.

    Two entries of a firm with one name are one, unless a column of `apart` tells them apart. `numbered`: so does the number,
    which is the entry's own (of a contract, not of a document that many share).
    """

    title: Any
    group: RegisterGroup
    add: Any
    icon: str
    empty: Any
    fields: Mapping[str, Any]
    levels: tuple[Level, ...] = ()
    required: frozenset[str] = frozenset({"name"})
    apart: tuple[str, ...] = ("kind", "level")
    numbered: bool = False


SEVERITIES: dict[Severity, Any] = {
    Severity.MAJOR: _l("重大"),
    Severity.LARGER: _l("较大"),
    Severity.ORDINARY: _l("一般"),
}


def vocabulary_of(register: Register, name: str) -> str:
    """The vocabulary that a column of a register chooses from."""
    return "level" if name == "level" else f"{register.value}.{name}"


def choices_of(register: Register, name: str, present: str | None = None) -> dict[str, str]:
    """Key → title of what may be chosen: terms in use, and what the entry has already.

    Of the levels that ship only those the register knows; levels that an administrator added fit every register.
    """
    known = REGISTERS[register].levels
    return {
        word.key: word.text
        for word in all_terms(vocabulary_of(register, name))
        if word.key == present or (not word.disabled and (name != "level" or not word.built_in or word.key in known))
    }


def titles_of(register: Register, name: str) -> Mapping[Any, Any]:
    """Key → title of every value the column can have held."""
    return SEVERITIES if name == "severity" else term_titles(vocabulary_of(register, name))


def level_titles() -> Mapping[str, str]:
    """Key → title of every level there is."""
    return term_titles("level")


def told(name: str) -> Callable[[str], str]:
    """How the history tells a value of a column of terms: it does not say of which register, and keys mean one thing in all."""

    def title(key: str) -> str:
        for register in REGISTERS:
            if key in (titles := titles_of(register, name)):
                return str(titles[key])
        return key

    return title


REGISTERS: dict[Register, RegisterKind] = {
    Register.INSTITUTION: RegisterKind(
        title=_l("研发机构"),
        group=RegisterGroup.PLATFORMS,
        add=_l("登记研发机构"),
        icon="organisation",
        empty=_l("工程技术研究中心、企业技术中心、重点实验室、博士后工作站等。"),
        fields={
            "name": _l("机构名称"),
            "kind": _l("类型"),
            "level": _l("级别"),
            "number": _l("批准文号"),
            "on": _l("认定日期"),
            "valid_to": _l("有效期至"),
            "note": _l("备注"),
        },
        levels=(Level.NATIONAL, Level.PROVINCIAL, Level.CITY, Level.BELOW),
    ),
    Register.AWARD: RegisterKind(
        title=_l("科技奖励"),
        group=RegisterGroup.PLATFORMS,
        add=_l("登记科技奖励"),
        icon="award",
        empty=_l("国家级、省部级科技奖励，记下获奖单位的排名。"),
        fields={
            "name": _l("获奖项目"),
            "kind": _l("奖项"),
            "level": _l("级别"),
            "rank": _l("获奖单位排名"),
            "number": _l("证书编号"),
            "on": _l("获奖日期"),
            "note": _l("备注"),
        },
        levels=(Level.NATIONAL, Level.PROVINCIAL, Level.CITY),
        numbered=True,
    ),
    Register.EQUITY: RegisterKind(
        title=_l("股权融资"),
        group=RegisterGroup.MONEY,
        add=_l("登记股权融资"),
        icon="chart",
        empty=_l("每一轮融资的投资方、实缴金额和到账日期。"),
        fields={
            "name": _l("投资方"),
            "kind": _l("轮次"),
            "amount": _l("实缴金额"),
            "on": _l("到账日期"),
            "qualified": _l("合格机构投资者实缴"),
            "note": _l("备注"),
        },
        apart=("kind", "on"),
    ),
    Register.STANDARD: RegisterKind(
        title=_l("标准制修订"),
        group=RegisterGroup.PLATFORMS,
        add=_l("登记标准"),
        icon="document",
        empty=_l("参与制定或修订的国际、国家、行业标准，记下起草单位的排名。"),
        fields={
            "name": _l("标准名称"),
            "number": _l("标准号"),
            "kind": _l("制定或修订"),
            "level": _l("级别"),
            "rank": _l("起草单位排名"),
            "on": _l("发布日期"),
            "note": _l("备注"),
        },
        levels=(Level.INTERNATIONAL, Level.NATIONAL, Level.INDUSTRY),
        numbered=True,
    ),
    Register.HONOUR: RegisterKind(
        title=_l("荣誉称号"),
        group=RegisterGroup.PLATFORMS,
        add=_l("登记荣誉"),
        icon="star",
        empty=_l("技术创新示范企业、知识产权优势（示范）企业、“创客中国”名次等。"),
        fields={
            "kind": _l("称号"),
            "name": _l("全称"),
            "number": _l("文号或证书编号"),
            "on": _l("授予日期"),
            "valid_to": _l("有效期至"),
            "note": _l("备注"),
        },
        required=frozenset({"kind", "name"}),
        apart=("kind", "on"),
    ),
    Register.INCIDENT: RegisterKind(
        title=_l("事故与失信"),
        group=RegisterGroup.INTEGRITY,
        add=_l("登记事故或失信"),
        icon="alert",
        empty=_l("安全、质量事故，环境、数据违法和失信。没有登记不等于没有发生，以主管部门记录为准。"),
        fields={
            "kind": _l("类别"),
            "severity": _l("严重程度"),
            "name": _l("事由"),
            "number": _l("处罚文书号"),
            "on": _l("发生日期"),
            "note": _l("备注"),
        },
        required=frozenset({"kind", "name"}),
        apart=("kind", "on"),
    ),
    Register.CONTRACT: RegisterKind(
        title=_l("技术合同"),
        group=RegisterGroup.PRODUCTS,
        add=_l("登记技术合同"),
        icon="document",
        empty=_l("经认定登记的技术合同：本企业是输出方还是吸纳方、成交额、登记编号。"),
        fields={
            "name": _l("合同名称"),
            "kind": _l("合同类别"),
            "role": _l("本企业是"),
            "party": _l("对方单位"),
            "number": _l("认定登记编号"),
            "amount": _l("技术交易额"),
            "on": _l("认定登记日期"),
            "note": _l("备注"),
        },
        apart=("role", "on"),
        numbered=True,
    ),
    Register.PRODUCT: RegisterKind(
        title=_l("主要产品"),
        group=RegisterGroup.PRODUCTS,
        add=_l("登记产品"),
        icon="star",
        empty=_l("主导产品的细分市场和占有率；首台（套）、首批次、首购的认定。"),
        fields={
            "name": _l("产品名称"),
            "kind": _l("认定"),
            "level": _l("认定级别"),
            "niche": _l("细分市场"),
            "share": _l("市场占有率"),
            "number": _l("文号或证书编号"),
            "on": _l("认定日期"),
            "valid_to": _l("有效期至"),
            "note": _l("备注"),
        },
        levels=(Level.NATIONAL, Level.PROVINCIAL, Level.CITY),
    ),
    Register.PROJECT: RegisterKind(
        title=_l("科技项目"),
        group=RegisterGroup.PRODUCTS,
        add=_l("登记科技项目"),
        icon="task",
        empty=_l("国家、省、市科技计划项目和揭榜挂帅：级别、财政资助、进展。"),
        fields={
            "name": _l("项目名称"),
            "kind": _l("项目类别"),
            "level": _l("级别"),
            "role": _l("本企业的分工"),
            "party": _l("合作单位"),
            "number": _l("立项编号"),
            "amount": _l("财政资助"),
            "on": _l("立项日期"),
            "valid_to": _l("计划完成日期"),
            "progress": _l("进展"),
            "note": _l("备注"),
        },
        levels=(Level.NATIONAL, Level.PROVINCIAL, Level.CITY, Level.BELOW),
        numbered=True,
    ),
    Register.TECHNOLOGY: RegisterKind(
        title=_l("技术清单"),
        group=RegisterGroup.PRODUCTS,
        add=_l("登记技术"),
        icon="search",
        empty=_l("技术难题、关键核心技术攻关和可转化的技术，对接到哪一步。"),
        fields={
            "name": _l("技术名称"),
            "kind": _l("清单"),
            "level": _l("列入哪一级"),
            "niche": _l("技术领域"),
            "party": _l("合作单位"),
            "amount": _l("拟投入"),
            "on": _l("列入日期"),
            "progress": _l("进展"),
            "note": _l("备注"),
        },
        levels=(Level.NATIONAL, Level.PROVINCIAL, Level.CITY, Level.BELOW),
    ),
    Register.LOAN: RegisterKind(
        title=_l("贷款"),
        group=RegisterGroup.MONEY,
        add=_l("登记贷款"),
        icon="chart",
        empty=_l("科技信贷、信用贷、风险补偿贷等：银行、金额、放款和到期日期。"),
        fields={
            "name": _l("贷款机构"),
            "kind": _l("种类"),
            "number": _l("合同号"),
            "amount": _l("贷款金额"),
            "on": _l("放款日期"),
            "valid_to": _l("到期日期"),
            "note": _l("备注"),
        },
        apart=("kind", "on"),
        numbered=True,
    ),
    Register.PLEDGE: RegisterKind(
        title=_l("知识产权质押"),
        group=RegisterGroup.MONEY,
        add=_l("登记知识产权质押"),
        icon="certificate",
        empty=_l("用专利、商标质押取得的融资：质权人、登记号、金额。"),
        fields={
            "name": _l("质权人"),
            "kind": _l("质押标的"),
            "number": _l("质押登记号"),
            "amount": _l("融资金额"),
            "on": _l("登记日期"),
            "valid_to": _l("到期日期"),
            "note": _l("备注"),
        },
        apart=("kind", "on"),
        numbered=True,
    ),
    Register.VOUCHER: RegisterKind(
        title=_l("科技创新券"),
        group=RegisterGroup.MONEY,
        add=_l("登记创新券"),
        icon="proposal",
        empty=_l("用在哪项服务、由谁提供、兑付多少。"),
        fields={
            "name": _l("服务项目"),
            "kind": _l("用途"),
            "party": _l("服务机构"),
            "number": _l("券号"),
            "amount": _l("兑付金额"),
            "on": _l("兑付日期"),
            "note": _l("备注"),
        },
        apart=("kind", "on"),
        numbered=True,
    ),
    Register.INSURANCE: RegisterKind(
        title=_l("科技保险"),
        group=RegisterGroup.MONEY,
        add=_l("登记科技保险"),
        icon="verified",
        empty=_l("专利保险、首台（套）保险、关键研发人员保险等。"),
        fields={
            "name": _l("保险公司"),
            "kind": _l("险种"),
            "number": _l("保单号"),
            "amount": _l("保险金额"),
            "on": _l("起保日期"),
            "valid_to": _l("终保日期"),
            "note": _l("备注"),
        },
        apart=("kind", "on"),
        numbered=True,
    ),
    Register.RESERVE: RegisterKind(
        title=_l("研发准备金备案"),
        group=RegisterGroup.MONEY,
        add=_l("登记备案"),
        icon="calendar",
        empty=_l("研发准备金制度的备案号、备案日期和提取金额。"),
        fields={
            "name": _l("备案名称"),
            "kind": _l("备案方式"),
            "number": _l("备案号"),
            "amount": _l("准备金金额"),
            "on": _l("备案日期"),
            "note": _l("备注"),
        },
        apart=("on",),
        numbered=True,
    ),
}


ENTRY_FIELDS = {
    "register": _l("登记册"),
    "kind": _l("类型"),
    "level": _l("级别"),
    "severity": _l("严重程度"),
    "name": _l("名称"),
    "number": _l("编号"),
    "on": _l("日期"),
    "valid_to": _l("有效期至"),
    "rank": _l("排名"),
    "amount": _l("金额"),
    "qualified": _l("合格机构投资者实缴"),
    "role": _l("本企业的角色"),
    "party": _l("对方单位"),
    "niche": _l("细分市场或领域"),
    "share": _l("市场占有率"),
    "progress": _l("进展"),
    "note": _l("备注"),
    "state": _l("核实情况"),
    "document_id": _l("证明文件"),
}
