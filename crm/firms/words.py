"""What a person reads for the words of this room: titles of fields, enumerations, facts and documents."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.ip.models import Acquired, IpKind, IpStatus
from crm.firms.models import FirmStatus, SourceChannel, State
from crm.kernel.audit import Action, Via

Titles = dict[str, Any]  # key → lazy text

STATUSES: dict[FirmStatus, Any] = {
    FirmStatus.ACTIVE: _l("在业"),
    FirmStatus.DEREGISTERED: _l("注销"),
    FirmStatus.REVOKED: _l("吊销"),
    FirmStatus.MOVED_OUT: _l("迁出"),
}

STATES: dict[State, Any] = {State.DECLARED: _l("未核实"), State.VERIFIED: _l("已核实")}

CHANNELS: dict[SourceChannel, Any] = {
    SourceChannel.INCUBATION: _l("孵化"),
    SourceChannel.INTRODUCTION: _l("引进"),
    SourceChannel.TRANSFORMATION: _l("改造"),
    SourceChannel.DERIVATION: _l("派生"),
}

# 国科发火〔2016〕32号, annex: the eight fields the state supports.
TECH_FIELDS: dict[int, Any] = {
    1: _l("电子信息"),
    2: _l("生物与新医药"),
    3: _l("航空航天"),
    4: _l("新材料"),
    5: _l("高技术服务"),
    6: _l("新能源与节能"),
    7: _l("资源与环境"),
    8: _l("先进制造与自动化"),
}

VIAS: dict[Via, Any] = {
    Via.PAGE: _l("页面"),
    Via.PROPOSAL: _l("企业申请"),
    Via.IMPORT: _l("批量导入"),
    Via.COMMAND: _l("命令行"),
}

ACTIONS: dict[Action, Any] = {
    Action.CREATED: _l("新增"),
    Action.UPDATED: _l("修改"),
    Action.DELETED: _l("删除"),
}

FIRM_FIELDS: Titles = {
    "name": _l("企业名称"),
    "short_name": _l("简称"),
    "english_name": _l("英文名称"),
    "credit_code": _l("统一社会信用代码"),
    "registration_number": _l("注册号（15 位）"),
    "stock_code": _l("证券代码"),
    "status": _l("登记状态"),
    "registered_on": _l("成立日期"),
    "registered_capital": _l("注册资本"),
    "capital_currency": _l("注册资本币种"),
    "organisation_id": _l("所属园区"),
    "officer_id": _l("负责专员"),
    "division_code": _l("行政区划"),
    "industry_code": _l("国民经济行业"),
    "chain_id": _l("产业链"),
    "tech_field": _l("高新技术领域"),
    "source_channel": _l("入库渠道"),
    "address": _l("地址"),
    "business_scope": _l("经营范围"),
    "telephone": _l("电话"),
    "website": _l("网站"),
}

# Conditions of the list; those of rooms above by the names they give them.
FILTERS: Titles = {
    "organisation": _l("园区"),
    "officer": _l("专员"),
    "industry": _l("行业"),
    "chain": _l("产业链"),
    "division": _l("行政区划"),
    "status": _l("登记状态"),
}
NO_OFFICER = _l("未指派专员")

CONTACT_FIELDS: Titles = {
    "name": _l("姓名"),
    "position": _l("职务"),
    "telephone": _l("电话"),
    "email": _l("邮箱"),
    "main": _l("主要联系人"),
}

FIGURE_KEYS: Titles = {
    "revenue": _l("营业收入"),
    "main_revenue": _l("主营业务收入"),
    "ht_revenue": _l("高新技术产品（服务）收入"),
    "total_income": _l("总收入（收入总额减不征税收入）"),
    "cost_expense": _l("成本费用总额"),
    "net_profit": _l("净利润"),
    "operating_cash_flow": _l("经营活动现金流量净额"),
    "roe": _l("加权平均净资产收益率"),
    "rd": _l("研发费用"),
    "rd_domestic": _l("境内研发费用"),
    "transfers": _l("科技成果转化项数"),
    "employees": _l("职工总数"),
    "st_staff": _l("科技人员"),
    "college_staff": _l("大专以上科技人员"),
    "rd_staff": _l("研发人员"),
    "masters_staff": _l("硕士以上人员"),
    "doctors_staff": _l("博士以上人员"),
    "total_assets": _l("资产总额"),
    "liabilities": _l("负债总额"),
    "net_assets": _l("净资产"),
    "quality_score": _l("平台质量评价分"),
}

IP_KINDS: dict[IpKind, Any] = {
    IpKind.INVENTION: _l("发明专利"),
    IpKind.DEFENCE_INVENTION: _l("国防专利"),
    IpKind.PLANT_VARIETY: _l("植物新品种"),
    IpKind.CROP_VARIETY: _l("国家级农作物品种"),
    IpKind.NEW_DRUG: _l("国家新药"),
    IpKind.TCM_PROTECTED: _l("国家一级中药保护品种"),
    IpKind.IC_LAYOUT: _l("集成电路布图设计"),
    IpKind.UTILITY_MODEL: _l("实用新型专利"),
    IpKind.DESIGN: _l("外观设计专利"),
    IpKind.SOFTWARE: _l("软件著作权"),
    IpKind.TRADEMARK: _l("商标"),
}

IP_CLASSES: Titles = {"one": _l("Ⅰ类"), "two": _l("Ⅱ类"), "none": _l("不计类别")}

IP_STATUSES: dict[IpStatus, Any] = {
    IpStatus.VALID: _l("有效"),
    IpStatus.PENDING: _l("审查中"),
    IpStatus.LAPSED: _l("失效"),
}

ACQUIRED: dict[Acquired, Any] = {
    Acquired.SELF: _l("自主研发"),
    Acquired.TRANSFER: _l("受让"),
    Acquired.GIFT: _l("受赠"),
    Acquired.MERGER: _l("并购"),
    Acquired.LICENCE: _l("许可"),
}

IP_FIELDS: Titles = {
    "kind": _l("类型"),
    "number": _l("编号"),
    "title": _l("名称"),
    "main_class": _l("主分类号"),
    "filed_on": _l("申请日"),
    "granted_on": _l("授权（登记）日"),
    "status": _l("法律状态"),
    "acquired": _l("取得方式"),
    "acquired_on": _l("取得日"),
    "owner_rank": _l("权利人排序"),
    "core_product": _l("与主导产品相关"),
    "in_use": _l("已应用并有效益"),
    "high_value": _l("高价值"),
    "spent_on_hte": _l("已用于高企认定"),
    "state": _l("核实情况"),
    "document_id": _l("证明文件"),
}

DOCUMENT_FIELDS: Titles = {
    "internal": _l("仅工作人员可见"),
    "name": _l("文件名"),
    "media_type": _l("类型"),
    "size": _l("大小（字节）"),
    "uploaded_by_id": _l("上传人"),
}

FACT_FIELDS: Titles = {
    "value": _l("内容"),
    "state": _l("核实情况"),
    "as_of": _l("截至日期"),
    "document_id": _l("依据文件"),
    "entered_by_id": _l("填写人"),
}

PROPOSAL_FIELDS: Titles = {
    "note": _l("说明"),
    "submitted_by_id": _l("提交人"),
    "open": _l("待处理"),
    "settled_at": _l("了结时间"),
    "field": _l("项目"),
    "new": _l("申请改为"),
    "decision": _l("处理结果"),
    "reason": _l("理由"),
    "decided_by_id": _l("处理人"),
    "decided_at": _l("处理时间"),
    "submitted_at": _l("提交时间"),
    "target": _l("部分"),
    "target_key": _l("年度"),
    "old": _l("原来"),
    "document_id": _l("证明文件"),
}

# Of the history: table → what it is called, its columns, and the column that names a record.
HISTORY: dict[str, tuple[Any, Titles, str | None]] = {
    "firm": (_l("基本情况"), FIRM_FIELDS, None),
    "firm_merge": (
        _l("合并"),
        {
            "gone_name": _l("并入的企业"),
            "kept_id": _l("保留的企业"),
            "at": _l("时间"),
            "actor_id": _l("经办人"),
            "undone_at": _l("撤销时间"),
            "undone_by_id": _l("撤销人"),
        },
        "gone_name",
    ),
    "firm_name": (_l("曾用名"), {"name": _l("名称"), "until": _l("用到")}, "name"),
    "contact": (_l("联系人"), CONTACT_FIELDS, "name"),
    "firm_fact": (_l("认定事实"), FACT_FIELDS, "key"),
    "document": (_l("资料文件"), DOCUMENT_FIELDS, "name"),
    "yearly_figures": (_l("年度数据"), {"year": _l("年度"), **FIGURE_KEYS}, "year"),
    "ip_right": (_l("知识产权"), IP_FIELDS, "title"),
    "user_account": (
        _l("账号"),
        {
            "name": _l("姓名"),
            "email": _l("邮箱"),
            "role": _l("角色"),
            "organisation_id": _l("单位"),
            "language": _l("语言"),
            "unseen_after": _l("多少天没走访算久未走访"),
            "disabled": _l("停用"),
            "password": _l("密码（本人设置）"),
            "password_link": _l("设置密码的链接（已生成）"),
        },
        "name",
    ),
    "proposal": (_l("企业申请"), PROPOSAL_FIELDS, "submitted_at"),
    "proposal_field": (_l("企业申请"), {"proposal_id": _l("哪次提交"), **PROPOSAL_FIELDS}, None),
}

# Where the title of a value stands that a firm asks to have changed.
ASKED_FOR: tuple[Titles, ...] = (FIRM_FIELDS, FIGURE_KEYS, IP_FIELDS, CONTACT_FIELDS)

ENUMERATIONS: dict[Any, dict[Any, Any]] = {
    State: STATES,
    FirmStatus: STATUSES,
    SourceChannel: CHANNELS,
    IpKind: IP_KINDS,
    IpStatus: IP_STATUSES,
    Acquired: ACQUIRED,
}
