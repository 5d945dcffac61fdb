"""Forms of a year's figures."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectMultipleField

from crm.firms.documents.evidence import EvidenceForm
from crm.firms.figures.keys import KEYS, LARGEST_RATE, FigureKey, Shape
from crm.web.conflict import VersionField
from crm.web.fields import MoneyField, NumberField, PercentField, WholeNumberField


class FiguresForm(EvidenceForm):
    """All figures of one year: money in 万元, blank is unknown. The fields are those of `KEYS`."""

    version = VersionField()

    @property
    def values(self) -> dict[str, Any]:
        """Figure key → what was typed, money in yuan."""
        return {key: self[key].data for key in KEYS}


def figure_field(key: FigureKey) -> Field:
    """The form field of one figure, not yet bound."""
    match key.shape:
        case Shape.AMOUNT:
            return MoneyField(key.title)
        case Shape.SIGNED:
            return MoneyField(key.title, minimum=None)
        case Shape.WHOLE:
            return WholeNumberField(key.title)
        case Shape.SCORE:
            return NumberField(key.title, places=2, maximum=100)
        case Shape.RATE:
            return PercentField(key.title, minimum=None, maximum=LARGEST_RATE * 100)


for _key in KEYS.values():
    setattr(FiguresForm, _key.name, figure_field(_key))


class VerifyForm(EvidenceForm):
    """Which values of a year were checked, and against which document."""

    version = VersionField()
    keys = SelectMultipleField(_l("核实的数值"), choices=[], validate_choice=False)  # the verb judges them
