"""The registers as data: what each is called, which columns its entries use, and which kinds and levels they may have.

To add a register: a word in `models.Register`, an entry here. The form, the page and the checks follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.registers.models import Level, Register, Severity


@dataclass(frozen=True, kw_only=True)
class RegisterKind:
    """One register. `fields` maps each column it uses to its label, in the order of the form."""

    title: Any
    add: Any
    icon: str
    empty: Any
    fields: Mapping[str, Any]
    kinds: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[Level, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset({"name"})


LEVELS: dict[Level, Any] = {
    Level.INTERNATIONAL: _l("国际"),
    Level.NATIONAL: _l("国家级"),
    Level.INDUSTRY: _l("行业"),
    Level.PROVINCIAL: _l("省部级"),
    Level.CITY: _l("市级"),
    Level.BELOW: _l("市级以下"),
}

SEVERITIES: dict[Severity, Any] = {
    Severity.MAJOR: _l("重大"),
    Severity.LARGER: _l("较大"),
    Severity.ORDINARY: _l("一般"),
}


def _levels(*levels: Level) -> dict[Level, Any]:
    return {level: LEVELS[level] for level in levels}


REGISTERS: dict[Register, RegisterKind] = {
    Register.INSTITUTION: RegisterKind(
        title=_l("研发机构"),
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
        kinds={
            "engineering_centre": _l("工程技术研究中心"),
            "technology_centre": _l("企业技术中心"),
            "engineering_research_centre": _l("工程研究中心"),
            "key_laboratory": _l("重点实验室"),
            "innovation_centre": _l("制造业创新中心"),
            "industrial_design_centre": _l("工业设计中心"),
            "postdoctoral_station": _l("博士后科研工作站"),
            "academician_station": _l("院士专家工作站"),
            "new_institution": _l("新型研发机构"),
            "other": _l("其他"),
        },
        levels=_levels(Level.NATIONAL, Level.PROVINCIAL, Level.CITY, Level.BELOW),
    ),
    Register.AWARD: RegisterKind(
        title=_l("科技奖励"),
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
        kinds={
            "progress": _l("科学技术进步奖"),
            "invention": _l("技术发明奖"),
            "natural_science": _l("自然科学奖"),
            "patent": _l("专利奖"),
            "other": _l("其他"),
        },
        levels=_levels(Level.NATIONAL, Level.PROVINCIAL, Level.CITY),
    ),
    Register.EQUITY: RegisterKind(
        title=_l("股权融资"),
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
        kinds={
            "seed": _l("种子轮"),
            "angel": _l("天使轮"),
            "a": _l("A 轮"),
            "b": _l("B 轮"),
            "c": _l("C 轮"),
            "later": _l("D 轮及以后"),
            "pre_ipo": _l("上市前融资"),
            "strategic": _l("战略投资"),
            "other": _l("其他"),
        },
    ),
    Register.STANDARD: RegisterKind(
        title=_l("标准制修订"),
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
        kinds={"new": _l("制定"), "revised": _l("修订")},
        levels=_levels(Level.INTERNATIONAL, Level.NATIONAL, Level.INDUSTRY),
    ),
    Register.HONOUR: RegisterKind(
        title=_l("荣誉称号"),
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
        # The words of the facts that criteria read (policy/facts.md, honours).
        kinds={
            "technology_innovation_demo": _l("国家技术创新示范企业"),
            "ip_advantage": _l("国家知识产权优势企业"),
            "ip_demo": _l("国家知识产权示范企业"),
            "chuangke_top500": _l("“创客中国”全国 500 强"),
            "chuangke_top50": _l("“创客中国”全国 50 强"),
            "other": _l("其他"),
        },
        required=frozenset({"kind", "name"}),
    ),
    Register.INCIDENT: RegisterKind(
        title=_l("事故与失信"),
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
        kinds={
            "safety": _l("安全"),
            "quality": _l("质量"),
            "environment": _l("环境"),
            "data": _l("数据"),
            "integrity": _l("失信"),
        },
        required=frozenset({"kind", "name"}),
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
    "note": _l("备注"),
    "state": _l("核实情况"),
    "document_id": _l("证明文件"),
}
