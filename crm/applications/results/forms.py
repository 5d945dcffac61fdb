"""The form of a result list."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired, Length

from crm.ladder.words import RUNGS
from crm.web.choices import choices
from crm.web.fields import ChoiceField, DateField, TextField

DECIDED, ON_NOTICE = "decided", "on_notice"
KINDS = {DECIDED: _l("正式公布（公告、认定名单）"), ON_NOTICE: _l("公示（尚未认定）")}


class RowForm(FlaskForm):
    """What a row of a list should say. Empty days are those of the list."""

    credit_code = TextField(_l("统一社会信用代码"), render_kw={"autocomplete": "off", "spellcheck": "false"})
    number = TextField(_l("证书编号"), [Length(max=60)])
    valid_from: Any = DateField(_l("有效期自"))
    valid_to: Any = DateField(_l("有效期至"))


class ResultListForm(FlaskForm):
    rung: Any = ChoiceField(_l("资质"), [InputRequired(_l("请选择资质。"))], words=RUNGS, empty=_l("请选择"))
    kind = RadioField(
        _l("名单性质"),
        choices=choices(KINDS),
        default=DECIDED,
    )
    title = TextField(_l("名单名称"), [InputRequired(_l("请填写名单名称。")), Length(max=200)])
    document_number = TextField(_l("文号"), [Length(max=60)])
    published_on: Any = DateField(_l("公布日期"), [InputRequired(_l("请填写公布日期。"))], not_future=True)
    valid_from: Any = DateField(_l("有效期自"), description=_l("名单里各行写了日期的，以各行为准。"))
    valid_to: Any = DateField(_l("有效期至"))
    organisation_id = SelectField(_l("哪个单位的名单"), coerce=int)
    file = FileField(_l("名单文件（Excel 或 CSV）"), validators=[FileRequired(_l("请选择文件。"))])
