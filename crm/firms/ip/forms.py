"""Forms of the IP register."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form
from wtforms.validators import InputRequired, Length

from crm.firms.documents.evidence import EvidenceForm
from crm.firms.ip.queries import UNKNOWN, IpFilter
from crm.firms.ip.rules import IpClass
from crm.firms.words import ACQUIRED, IP_CLASSES, IP_FIELDS, IP_KINDS, IP_STATUSES
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField, TriStateField, WholeNumberField

ALL = _l("全部")


class RightForm(EvidenceForm):
    """One right. The kind may be left to the number."""

    version = VersionField()
    number = TextField(
        IP_FIELDS["number"],
        [InputRequired(_l("请填写编号。")), Length(max=60, message=_l("最多 60 个字符。"))],
        description=_l("专利申请号（ZL 后面的号码）、软件著作权登记号等"),
    )
    kind = ChoiceField(IP_FIELDS["kind"], words=IP_KINDS, empty=_l("按编号识别"))
    title = TextField(
        IP_FIELDS["title"], [InputRequired(_l("请填写名称。")), Length(max=300, message=_l("最多 300 个字。"))]
    )
    main_class = TextField(IP_FIELDS["main_class"], [Length(max=30, message=_l("最多 30 个字符。"))])
    filed_on = DateField(IP_FIELDS["filed_on"], not_future=True)
    granted_on = DateField(IP_FIELDS["granted_on"], not_future=True)
    status = ChoiceField(IP_FIELDS["status"], words=IP_STATUSES)
    acquired = ChoiceField(IP_FIELDS["acquired"], words=ACQUIRED)
    acquired_on = DateField(IP_FIELDS["acquired_on"], not_future=True)
    owner_rank = WholeNumberField(
        IP_FIELDS["owner_rank"], minimum=1, maximum=99, description=_l("独有填 1；共有时按证书上的次序")
    )
    core_product = TriStateField(IP_FIELDS["core_product"])
    in_use = TriStateField(IP_FIELDS["in_use"])
    high_value = TriStateField(
        IP_FIELDS["high_value"], description=_l("海外同族、维持超过十年、高额质押融资或获国家科技奖、中国专利奖")
    )
    spent_on_hte = TriStateField(IP_FIELDS["spent_on_hte"], description=_l("Ⅱ类知识产权在高企认定中只能用一次"))

    @property
    def values(self) -> dict[str, Any]:
        """Column → what was typed."""
        return {name: field.data for name, field in self._fields.items() if name in IP_FIELDS and name not in OWN}


OWN = ("document_id", "state")  # set by verbs of their own


class IpFilterForm(Form):
    """The filter above the register, read from the address; what it does not know it leaves out."""

    kind = ChoiceField(IP_FIELDS["kind"], words=IP_KINDS, empty=ALL)
    ip_class = ChoiceField(_l("类别"), words=IP_CLASSES, empty=ALL)
    status = ChoiceField(IP_FIELDS["status"], words={**IP_STATUSES, UNKNOWN: _l("未知")}, empty=ALL)
    core_product = ChoiceField(IP_FIELDS["core_product"], words={"yes": _l("是"), "no": _l("否")}, empty=ALL)

    def wanted(self) -> IpFilter:
        core = self.core_product.data
        kind, ip_class = self.kind.data, self.ip_class.data
        return IpFilter(
            kind=kind,
            ip_class=IpClass(ip_class) if ip_class is not None else None,
            status=self.status.data,
            core_product=None if core is None else core == "yes",
        )
