"""Forms of terms, chains and the calendar."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, TextField, at_most


class NewTermForm(FlaskForm):
    title = TextField(_l("中文名称"), [InputRequired(_l("请填写中文名称。")), at_most(80)])
    title_en = TextField(_l("英文名称"), [at_most(80)], description=_l("英文界面用；不填则显示中文"))


class TermForm(NewTermForm):
    version = VersionField()
    disabled = BooleanField(_l("停用：不再供选择，已登记的照常显示"))


class NewChainForm(FlaskForm):
    name = TextField(_l("名称"), [InputRequired(_l("请填写名称。")), at_most(60)])
    name_en = TextField(_l("英文名称"), [at_most(80)], description=_l("英文界面用；不填则显示中文"))


class ChainForm(NewChainForm):
    version = VersionField()
    disabled = BooleanField(_l("停用：不再供选择，已归入的企业照常显示"))


class TradeForm(FlaskForm):
    version = VersionField()
    name = TextField(_l("名称"), [InputRequired(_l("请填写名称。")), at_most(80)])
    disabled = BooleanField(_l("停用：不再供选择，已归入的企业照常显示"))


class NewTradeForm(FlaskForm):
    code = TextField(
        _l("代码"),
        [InputRequired(_l("请填写代码。")), at_most(5)],
        description=_l("门类字母加数字，上一级由代码得出：大类 C34，中类 C342，小类 C3421"),
    )
    name = TextField(_l("名称"), [InputRequired(_l("请填写名称。")), at_most(80)])


class DayForm(FlaskForm):
    version = VersionField()
    working = ChoiceField(
        _l("这一天"), words={"holiday": _l("放假"), "working": _l("调休上班")}, empty=_l("与平日一样")
    )
    name = TextField(_l("名称"), [at_most(60)], description=_l("如春节、国庆节"))


class DaysForm(FlaskForm):
    text = TextAreaField(
        _l("放假安排"),
        [InputRequired(_l("请粘贴放假安排，每行一天。")), Length(max=20_000)],
        description=_l("每行一天或一段：2027-02-06 放假 春节；2027-02-06至2027-02-12 放假 春节；2027-02-14 上班 春节"),
    )
