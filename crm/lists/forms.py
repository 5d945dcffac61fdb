"""The forms of the room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from crm.lists.words import CHAIN_FIELDS, LINK_FIELDS, LIST_FIELDS, MEMBER_FIELDS
from crm.web.conflict import VersionField
from crm.web.fields import DateField, TextField, WholeNumberField, at_most

LONGEST_RULE = 20_000


class PutOnForm(FlaskForm):
    firms_typed = TextAreaField(_l("统一社会信用代码或企业名称，一行一个"))
    since = DateField(MEMBER_FIELDS["since"], [InputRequired(_l("请填写列入日期。"))], not_future=True)
    number = TextField(MEMBER_FIELDS["number"], [at_most(60)])
    why = TextField(MEMBER_FIELDS["why"], [InputRequired(_l("请填写列入理由。")), at_most(500)])


class TakeOffForm(FlaskForm):
    version = VersionField()
    until = DateField(MEMBER_FIELDS["until"], [InputRequired(_l("请填写移出日期。"))], not_future=True)
    why_off = TextField(MEMBER_FIELDS["why_off"], [InputRequired(_l("请填写移出理由。")), at_most(500)])


class _RuleForm(FlaskForm):
    """What lists, chains and links share: names and a rule."""

    names: tuple[str, ...] = ()
    key = TextField(LIST_FIELDS["key"], [at_most(60)])
    title = TextField(LIST_FIELDS["title"], [InputRequired(_l("请填写名称。")), at_most(80)])
    title_en = TextField(LIST_FIELDS["title_en"], [at_most(120)], description=_l("英文界面用；不填则显示中文"))
    place = WholeNumberField(LIST_FIELDS["place"], maximum=9999)
    rule = TextAreaField(LIST_FIELDS["rule"], [at_most(LONGEST_RULE)])

    @property
    def values(self) -> dict[str, Any]:
        """The columns, without the key of one that has it already."""
        found = {name: self[name].data for name in self.names if name in self}
        found["title_en"] = found["title_en"] or found["title"]
        found["place"] = found["place"] or 0
        found["rule"] = (found["rule"] or "").strip() or None
        return found


class ListForm(_RuleForm):
    names = ("key", "title", "title_en", "document_number", "quota", "place", "rule", "disabled")
    version = VersionField()
    document_number = TextField(LIST_FIELDS["document_number"], [at_most(120)])
    quota = WholeNumberField(LIST_FIELDS["quota"], maximum=1_000_000)
    disabled = BooleanField(_l("停用（不再列入和筛选，历史保留）"))


class ChainForm(_RuleForm):
    names = ("key", "title", "title_en", "document_number", "place", "rule", "disabled")
    version = VersionField()
    document_number = TextField(CHAIN_FIELDS["document_number"], [at_most(120)])
    rule = TextAreaField(CHAIN_FIELDS["rule"], [at_most(LONGEST_RULE)])
    disabled = BooleanField(_l("停用"))


class LinkForm(_RuleForm):
    names = ("key", "title", "title_en", "place", "rule")
    version = VersionField()
    rule = TextAreaField(LINK_FIELDS["rule"], [InputRequired(_l("请写完成这一环的条件。")), at_most(LONGEST_RULE)])
