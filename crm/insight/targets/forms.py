"""Forms of targets: a plan's head, an indicator's numbers, shares, what was reached, an indicator itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from crm.insight.targets.models import Indicator, IndicatorValue, ValueKind
from crm.insight.targets.service import Wanted, in_charge
from crm.insight.targets.units import UNITS, Dimension
from crm.insight.targets.words import UNIT_WORDS
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, NumberField, TextField, WholeNumberField, at_most

LARGEST = 9 * 10**11  # with six decimals the most that the database holds


def number_field(label: Any, unit: str) -> Field:
    """A number of the unit: whole where things are counted, negative only where that means something."""
    dimension, places = UNITS[unit].dimension, UNITS[unit].places
    minimum = None if dimension is Dimension.OTHER or unit == "%" else 0
    return NumberField(label, places=6 if places else 0, minimum=minimum, maximum=LARGEST)


class PlanForm(FlaskForm):
    title = TextField(
        _l("规划名称"), [InputRequired(_l("请填写规划名称。")), Length(max=160, message=_l("最多 160 个字。"))]
    )
    document_number = TextField(
        _l("依据文件"), [Length(max=120, message=_l("最多 120 个字。"))], description=_l("发文字号；没有字号的填全称")
    )
    from_year = WholeNumberField(_l("第一年"), [InputRequired(_l("请填写第一年。"))], minimum=2000, maximum=2100)
    to_year = WholeNumberField(_l("最后一年"), [InputRequired(_l("请填写最后一年。"))], minimum=2000, maximum=2100)
    version = VersionField()


class NumbersForm(FlaskForm):
    """Bases and targets of one indicator; `numbers_form` adds a field for each year."""

    unit_in_charge = TextField(_l("责任单位"), [Length(max=80, message=_l("最多 80 个字。"))])
    version = VersionField()
    years: tuple[tuple[ValueKind, int], ...] = ()

    @property
    def wanted(self) -> list[Wanted]:
        return [Wanted(kind, year, self[f"{kind.value}_{year}"].data) for kind, year in self.years]


def numbers_form(
    indicator: Indicator, years: Iterable[int], base_years: Iterable[int], present: Iterable[IndicatorValue], seen: str
) -> NumbersForm:
    """The form filled with what is set; `seen` is the fingerprint of it."""
    known = list(present)
    asked = (*((ValueKind.BASE, year) for year in base_years), *((ValueKind.TARGET, year) for year in years))
    fields = {
        f"{kind.value}_{year}": number_field(
            _l("%(year)s 年基数", year=year) if kind is ValueKind.BASE else _l("%(year)s 年目标", year=year),
            indicator.unit,
        )
        for kind, year in asked
    }
    data = {f"{each.kind.value}_{each.year}": each.value for each in known} | {
        "unit_in_charge": in_charge(known),
        "version": seen,
    }
    form: NumbersForm = type("IndicatorNumbersForm", (NumbersForm,), {**fields, "years": asked})(data=data)
    return form


class SharesForm(FlaskForm):
    """A share for each part; `shares_form` adds the fields."""

    version = VersionField()
    keys: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, Decimal | None]:
        return {key: self[f"part_{key}"].data for key in self.keys}


def shares_form(indicator: Indicator, names: Mapping[str, str], shares: Mapping[str, Any], seen: str) -> SharesForm:
    fields = {f"part_{key}": number_field(name, indicator.unit) for key, name in names.items()}
    data = {f"part_{key}": value for key, value in shares.items()} | {"version": seen}
    form: SharesForm = type("PartsForm", (SharesForm,), {**fields, "keys": tuple(names)})(data=data)
    return form


class ActualsForm(FlaskForm):
    """What was reached, by indicator; `actuals_form` adds the fields."""

    source = TextField(
        _l("数据来源"), [Length(max=500, message=_l("最多 500 个字。"))], description=_l("例如：统计公报、市统计局函")
    )
    on = DateField(_l("截至"), not_future=True)
    pasted = TextAreaField(_l("粘贴"), [at_most(50_000)])
    version = VersionField()
    ids: tuple[int, ...] = ()

    @property
    def values(self) -> dict[int, Decimal | None]:
        return {number: self[f"actual_{number}"].data for number in self.ids}


def actuals_form(indicators: Iterable[Indicator], present: Mapping[int, Decimal], on: Any, seen: str) -> ActualsForm:
    listed = list(indicators)
    fields = {f"actual_{each.id}": number_field(each.title, each.unit) for each in listed}
    data = {f"actual_{number}": value for number, value in present.items()} | {"on": on, "version": seen}
    form: ActualsForm = type("FilledActualsForm", (ActualsForm,), {**fields, "ids": tuple(each.id for each in listed)})(
        data=data
    )
    return form


class IndicatorForm(FlaskForm):
    """An indicator; the key is asked for once."""

    key = TextField(
        _l("编号"),
        [
            InputRequired(_l("请填写编号。")),
            Regexp(r"[a-z][a-z0-9_]{1,58}\Z", message=_l("用小写字母、数字和下划线，以字母开头。")),
        ],
        description=_l("规划和评价按它认指标，定了不能改"),
    )
    title = TextField(
        _l("指标名称"), [InputRequired(_l("请填写指标名称。")), Length(max=120, message=_l("最多 120 个字。"))]
    )
    title_en = TextField(
        _l("英文名称"),
        [Length(max=160, message=_l("最多 160 个字。"))],
        description=_l("英文界面用；不填则显示中文"),
    )
    unit = ChoiceField(_l("单位"), [InputRequired(_l("请选择单位。"))], words=UNIT_WORDS, empty=_l("请选择"))
    place = WholeNumberField(_l("排列次序"), minimum=0, maximum=10_000)
    downward = BooleanField(_l("越少越好"))
    disabled = BooleanField(_l("停用"))
    version = VersionField()


def indicator_form(
    measures: Mapping[str, str], others: Mapping[str, str], indicator: Indicator | None
) -> IndicatorForm:
    """With the measures and the indicators of number there are."""
    fields: dict[str, Any] = {
        "measure": ChoiceField(
            _l("取数方式"),
            words=measures,
            empty=_l("人工录入"),
            description=_l("选了取数方式的，完成值由系统里的数据算出"),
        ),
        "quality_of": ChoiceField(
            _l("对应的数量指标"), words=others, empty=_l("不配对"), description=_l("质量指标和它的数量指标放在一起看")
        ),
    }
    if indicator is not None:
        fields["key"] = None
    form: IndicatorForm = type("ThisIndicatorForm", (IndicatorForm,), fields)(obj=indicator)
    return form
