"""What the styleguide page shows: every kind of field, three of them wrong; a chart."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from crm.web.charts import Chart, Point, Series, draw
from crm.web.choices import choices


class SampleForm(FlaskForm):
    name = StringField(_l("企业名称"), validators=[InputRequired()], description=_l("按营业执照填写。"))
    credit_code = StringField(_l("统一社会信用代码"), validators=[InputRequired()])
    registered_on = DateField(_l("注册成立日"))
    tech_field = SelectField(
        _l("技术领域"), choices=choices({"1": _l("电子信息"), "4": _l("新材料")}, empty=_l("未知"))
    )
    revenue = StringField(_l("营业收入"))
    rd = StringField(_l("研发费用"))
    own_brand = RadioField(
        _l("有自主品牌"),
        choices=choices({"yes": _l("是"), "no": _l("否"), "": _l("未知")}),
        validators=[InputRequired()],
    )
    topics = SelectMultipleField(
        _l("谈了什么"),
        choices=choices({"ip": _l("知识产权"), "finance": _l("融资"), "talent": _l("人才")}),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    note = TextAreaField(_l("说明"))
    evidence = MultipleFileField(_l("佐证材料"), description=_l("照片或 PDF，每个不超过 20 MB。"))
    promise = BooleanField(_l("我承诺所填属实"), validators=[InputRequired()])


def sample_form() -> SampleForm:
    """The form as it comes back with mistakes."""
    form = SampleForm(formdata=None, data={"credit_code": "91370199MA3TD0X7", "revenue": "6,842.5", "own_brand": None})
    form.name.errors = [_("请填写企业名称。")]
    form.credit_code.errors = [_("信用代码应为 18 位，这里只有 16 位。请对照营业执照核对。")]
    form.own_brand.errors = [_("请选择一项；不清楚时选“未知”。")]
    form.form_errors.append(_("这家企业可能已在名录中，请先查找。"))
    return form


def sample_chart() -> Chart:
    """Scores over the years against a line: one year unknown."""
    scores = [(48, 60), (55, 70), None, (66, 74)]
    points = [Point(*pair, text=f"{pair[0]}–{pair[1]}") if pair else Point(None) for pair in scores]
    kept = [Point(None), Point(None), Point(58, 72, "58–72"), Point(70, text="70")]
    return draw(
        ["2023", "2024", "2025", "2026"],
        [Series(_("按当年数据重算"), points, "range"), Series(_("当时留存"), kept, "line", 2)],
        line=(71, _("合格线 71 分")),
        top=100,
    )
