"""The form that asks for a comparison: the day, the firms, and the numbers of the edition to change."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField
from wtforms.validators import InputRequired, ValidationError

from crm.park.rules import LARGEST
from crm.policy.drafting.numbers import Number
from crm.web.fields import DateField, NumberField, PercentField, WholeNumberField
from crm.web.language import language

RATIO = "比例"


class ComparisonForm(FlaskForm):
    on = DateField(_l("按哪一天测算"), validators=[InputRequired(_l("请填写日期。"))])
    organisation_id = SelectField(_l("测算哪些企业"), coerce=int)

    numbers: Sequence[Number] = ()

    def validate_on(self, field: Field) -> None:
        if field.data is None and not field.errors:  # nothing but spaces
            raise ValidationError(_("请填写日期。"))

    def field_of(self, number: Number) -> Field:
        field: Field = self[_name(number)]
        return field

    @property
    def wrong_numbers(self) -> bool:
        """Whether a number is in error, and has to be in sight."""
        return any(self.field_of(number).errors for number in self.numbers)

    def changed(self) -> dict[str, Fraction]:
        """The numbers that differ from the edition's, by path. What was left blank stays as it is."""
        typed = {number.path: self.field_of(number).data for number in self.numbers}
        return {
            number.path: Fraction(typed[number.path])
            for number in self.numbers
            if typed[number.path] is not None and Fraction(typed[number.path]) != number.value
        }


def comparison_form(numbers: Sequence[Number], organisations: dict[int, str], **values: Any) -> ComparisonForm:
    """The form with a field for every number, filled with the edition's own."""
    fields = {_name(number): _field(number, f"number-{index}") for index, number in enumerate(numbers)}
    form = type("Numbers", (ComparisonForm,), {**fields, "numbers": tuple(numbers)})(**values)
    form.organisation_id.choices = list(organisations.items())
    return form


def _name(number: Number) -> str:
    return f"number {number.path}"


def _field(number: Number, name: str) -> Any:
    label = number.label[language()] or number.path
    value = Decimal(number.value.numerator) / number.value.denominator
    options: dict[str, Any] = {"default": value, "id": name, **({} if number.value >= 0 else {"minimum": None})}
    if number.unit == RATIO:
        return PercentField(label, maximum=LARGEST, **options)
    if number.whole:
        return WholeNumberField(label, **options)
    return NumberField(label, places=6, maximum=LARGEST, **options)
