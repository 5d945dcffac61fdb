"""The registers of the place as data: what each is called, which columns its resources use, how firms are tied to them.

Kinds, roles and outcomes are terms: the vocabularies “expert.kind”, “expert.role”, “expert.outcome” and so on; levels are “level”.
To add a register: a word in `models.ResourceRegister`, an entry here, its terms in `seeds/reference/terms.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.registers.resources.models import ResourceRegister


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """One register. `fields` maps each column it uses to its label, in the order of the form.

    Two resources with one name are one, unless a column of `apart` tells them apart; `numbered`: so does the number.
    """

    title: Any
    add: Any
    icon: str
    empty: Any
    fields: Mapping[str, Any]
    firms: Any  # what the firms tied to one are called
    before: Any  # those tied no longer
    tie: Any  # the button that ties one
    # A firm comes and that is all: the tie ends on the day it begins.
    moment: bool = False
    required: frozenset[str] = frozenset({"name"})
    apart: tuple[str, ...] = ("holder",)
    numbered: bool = False

    @property
    def timed(self) -> bool:
        """Whether one of them can end."""
        return "valid_to" in self.fields


_CONTACT = {"contact": _l("联系人"), "telephone": _l("联系电话"), "note": _l("备注")}

RESOURCES: dict[ResourceRegister, ResourceKind] = {
    ResourceRegister.EXPERT: ResourceKind(
        title=_l("专家"),
        add=_l("登记专家"),
        icon="expert",
        empty=_l("高校、院所和企业的专家：专长写成企业提需求时会用的词，需求就能找到人。"),
        fields={
            "name": _l("姓名"),
            "kind": _l("类别"),
            "level": _l("人才级别"),
            "holder": _l("所在单位"),
            "industry_code": _l("服务行业"),
            "words": _l("专长"),
            "valid_to": _l("聘期至"),
            "telephone": _l("联系电话"),
            "note": _l("备注"),
        },
        firms=_l("服务的企业"),
        before=_l("曾服务的企业"),
        tie=_l("服务企业"),
    ),
    ResourceRegister.SERVANT: ResourceKind(
        title=_l("服务人员"),
        add=_l("登记服务人员"),
        icon="users",
        empty=_l("首席科技官、科技镇长团、科技特派员、专家服务团：每人对口服务哪些企业，解决了几件难题。"),
        fields={
            "name": _l("姓名"),
            "kind": _l("类别"),
            "holder": _l("派出单位"),
            "industry_code": _l("服务行业"),
            "words": _l("专长"),
            "on": _l("任职日期"),
            "valid_to": _l("任期至"),
            "telephone": _l("联系电话"),
            "user_id": _l("本系统账号"),
            "note": _l("备注"),
        },
        firms=_l("对口企业"),
        before=_l("曾对口的企业"),
        tie=_l("对口企业"),
        required=frozenset({"name", "kind"}),
        apart=("kind", "holder"),
    ),
    ResourceRegister.ACHIEVEMENT: ResourceKind(
        title=_l("科技成果"),
        add=_l("登记科技成果"),
        icon="ip",
        empty=_l("可以转化的成果：谁的、做什么用、什么价，哪家企业承接。"),
        fields={
            "name": _l("成果名称"),
            "kind": _l("类别"),
            "number": _l("登记号或专利号"),
            "holder": _l("完成单位"),
            "industry_code": _l("应用行业"),
            "words": _l("关键词"),
            "on": _l("完成日期"),
            "amount": _l("参考转让价"),
            **_CONTACT,
        },
        firms=_l("承接的企业"),
        before=_l("曾对接的企业"),
        tie=_l("登记对接"),
        numbered=True,
    ),
    ResourceRegister.SPECIAL: ResourceKind(
        title=_l("特色资源"),
        add=_l("登记特色资源"),
        icon="resource",
        empty=_l("本地独有的原料、品牌、场地、数据：谁管、谁在用。"),
        fields={
            "name": _l("资源名称"),
            "kind": _l("类别"),
            "level": _l("级别"),
            "holder": _l("管理单位"),
            "industry_code": _l("适用行业"),
            "words": _l("关键词"),
            **_CONTACT,
        },
        firms=_l("使用的企业"),
        before=_l("曾使用的企业"),
        tie=_l("登记使用"),
    ),
    ResourceRegister.INSTITUTE: ResourceKind(
        title=_l("高校院所与服务机构"),
        add=_l("登记机构"),
        icon="institute",
        empty=_l("高校、科研院所、检验检测和各类科技服务机构，以及同它们合作的企业。"),
        fields={
            "name": _l("机构名称"),
            "kind": _l("类别"),
            "level": _l("级别"),
            "holder": _l("主管单位"),
            "industry_code": _l("服务行业"),
            "words": _l("专长"),
            **_CONTACT,
        },
        firms=_l("合作企业"),
        before=_l("曾合作的企业"),
        tie=_l("登记合作"),
        apart=(),
    ),
    ResourceRegister.INSTRUMENT: ResourceKind(
        title=_l("仪器设备"),
        add=_l("登记仪器设备"),
        icon="instrument",
        empty=_l("开放共享的科研仪器和试验设备，以及使用过它们的企业。"),
        fields={
            "name": _l("仪器名称"),
            "kind": _l("类别"),
            "number": _l("型号或编号"),
            "holder": _l("所属单位"),
            "industry_code": _l("适用行业"),
            "words": _l("能做什么"),
            "on": _l("购置日期"),
            "amount": _l("原值"),
            **_CONTACT,
        },
        firms=_l("正在使用的企业"),
        before=_l("用过的企业"),
        tie=_l("登记使用"),
        apart=("number", "holder"),
    ),
    ResourceRegister.CARRIER: ResourceKind(
        title=_l("双创载体"),
        add=_l("登记载体"),
        icon="building",
        empty=_l("众创空间、孵化器、加速器、产业园和飞地：在孵多少，毕业多少，毕业的走到了哪一级。"),
        fields={
            "name": _l("载体名称"),
            "kind": _l("类型"),
            "level": _l("级别"),
            "number": _l("认定文号"),
            "holder": _l("运营单位"),
            "industry_code": _l("专业方向"),
            "words": _l("关键词"),
            "on": _l("认定日期"),
            "valid_to": _l("有效期至"),
            "capacity": _l("可容纳企业"),
            **_CONTACT,
        },
        firms=_l("在载体内的企业"),
        before=_l("已离开的企业"),
        tie=_l("登记入驻"),
        required=frozenset({"name", "kind"}),
        apart=("kind",),
    ),
    ResourceRegister.ALLIANCE: ResourceKind(
        title=_l("联盟与创新联合体"),
        add=_l("登记联盟"),
        icon="chain",
        empty=_l("产业技术创新战略联盟、创新联合体：谁牵头，哪些企业是成员。"),
        fields={
            "name": _l("联盟名称"),
            "kind": _l("类型"),
            "level": _l("级别"),
            "number": _l("批准文号"),
            "holder": _l("牵头单位"),
            "industry_code": _l("产业方向"),
            "words": _l("关键词"),
            "on": _l("成立日期"),
            "valid_to": _l("有效期至"),
            **_CONTACT,
        },
        firms=_l("成员企业"),
        before=_l("已退出的企业"),
        tie=_l("登记成员"),
        apart=(),
    ),
    ResourceRegister.EVENT: ResourceKind(
        title=_l("对接与培训活动"),
        add=_l("登记活动"),
        icon="event",
        empty=_l("人才交流、校企校地合作、培训、路演、大赛：按年按类计入任务。"),
        fields={
            "name": _l("活动名称"),
            "kind": _l("类别"),
            "on": _l("举办日期"),
            "holder": _l("主办单位"),
            "industry_code": _l("面向行业"),
            "words": _l("主题"),
            "capacity": _l("名额"),
            "note": _l("备注"),
        },
        firms=_l("参加的企业"),
        before=_l("参加的企业"),
        tie=_l("登记参加"),
        moment=True,
        required=frozenset({"name", "kind", "on"}),
        apart=("on",),
    ),
}

# What the history calls the columns.
RESOURCE_FIELDS = {
    "register": _l("登记册"),
    "organisation_id": _l("管理单位"),
    "kind": _l("类别"),
    "level": _l("级别"),
    "name": _l("名称"),
    "number": _l("编号"),
    "holder": _l("所属单位"),
    "industry_code": _l("行业"),
    "words": _l("关键词"),
    "on": _l("日期"),
    "valid_to": _l("有效期至"),
    "amount": _l("金额"),
    "capacity": _l("容量"),
    "contact": _l("联系人"),
    "telephone": _l("联系电话"),
    "note": _l("备注"),
    "user_id": _l("本系统账号"),
}

TIE_FIELDS = {
    "resource_id": _l("资源"),
    "role": _l("角色"),
    "since": _l("开始日期"),
    "until": _l("结束日期"),
    "outcome": _l("结果"),
    "note": _l("备注"),
}
