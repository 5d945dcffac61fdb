"""Forms of the evaluation: the values of a park, one indicator's weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired, Length

from crm.insight.performance.words import DIMENSIONS
from crm.insight.targets.forms import number_field
from crm.insight.targets.models import Indicator
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, NumberField, TextField


class ValuesForm(FlaskForm):
    """The values of a park; `values_form` adds a field for each indicator."""

    source = TextField(
        _l("数据来源"), [Length(max=500, message=_l("最多 500 个字。"))], description=_l("例如：园区年报、税务部门数据")
    )
    version = VersionField()
    ids: tuple[int, ...] = ()

    @property
    def values(self) -> dict[int, Decimal | None]:
        return {number: self[f"value_{number}"].data for number in self.ids}


def values_form(indicators: Iterable[Indicator], present: Mapping[int, Decimal], seen: str) -> ValuesForm:
    listed = list(indicators)
    fields: dict[str, Any] = {f"value_{each.id}": number_field(each.title, each.unit) for each in listed}
    data = {f"value_{number}": value for number, value in present.items()} | {"version": seen}
    form: ValuesForm = type("ParkValuesForm", (ValuesForm,), {**fields, "ids": tuple(each.id for each in listed)})(
        data=data
    )
    return form


class ItemForm(FlaskForm):
    """One indicator's part in the evaluation."""

    weight = NumberField(_l("权重"), [InputRequired(_l("请填写权重。"))], places=2, maximum=1000)
    full_at = NumberField(
        _l("满分值"), places=6, maximum=10**9, description=_l("达到它得满分；留空则以最好的园区为满分")
    )
    document_number = TextField(
        _l("权重依据"),
        [Length(max=120, message=_l("最多 120 个字。"))],
        description=_l("定这个权重的文件；留空表示是系统自拟的"),
    )
    disabled = BooleanField(_l("不计入"))
    version = VersionField()


def item_form(indicators: Mapping[int, str] | None, item: Any) -> ItemForm:
    """For an indicator that is to count, with a choice of which; or for one that counts already."""
    if indicators is None:
        return ItemForm(obj=item)
    fields: dict[str, Any] = {
        "indicator_id": ChoiceField(
            _l("指标"), [InputRequired(_l("请选择指标。"))], words=indicators, empty=_l("请选择")
        ),
        "dimension": ChoiceField(_l("维度"), [InputRequired(_l("请选择维度。"))], words=DIMENSIONS, empty=_l("请选择")),
    }
    form: ItemForm = type("NewItemForm", (ItemForm,), fields)()
    return form
