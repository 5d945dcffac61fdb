"""What a person reads for the words of this room: titles of fields, enumerations, facts and documents."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.models import FirmStatus, SourceChannel, State
from crm.kernel.audit import Action, Via

Titles = dict[str, Any]  # key → lazy text

STATUSES: dict[FirmStatus, Any] = {
    FirmStatus.ACTIVE: _l("在业"),
    FirmStatus.DEREGISTERED: _l("注销"),
    FirmStatus.REVOKED: _l("吊销"),
    FirmStatus.MOVED_OUT: _l("迁出"),
}

STATES: dict[State, Any] = {State.DECLARED: _l("企业自报"), State.VERIFIED: _l("已核实")}

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
    "source_channel": _l("入库来源"),
    "address": _l("地址"),
    "business_scope": _l("经营范围"),
    "telephone": _l("电话"),
    "website": _l("网站"),
}

CONTACT_FIELDS: Titles = {
    "name": _l("姓名"),
    "position": _l("职务"),
    "telephone": _l("电话"),
    "email": _l("邮箱"),
    "main": _l("主要联系人"),
}
