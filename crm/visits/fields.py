"""Form fields of a visit that are tapped rather than typed."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from flask_babel import gettext as _
from wtforms import HiddenField, SelectMultipleField
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, ListWidget, RadioInput

from crm.web.fields import ChoiceField


class ChipsField(SelectMultipleField):
    """Several of a few choices, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class OneChipField(ChoiceField):
    """One of a few choices, each to be tapped; the empty one, which takes a tap back, stands last."""

    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()

    def iter_choices(self) -> Iterator[Choice]:
        """The choices, the present one marked."""
        yield from sorted(super().iter_choices(), key=lambda choice: choice.value == "")


class PositionField(HiddenField):
    """A number that the page's script fills in."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = None
        if valuelist[0].strip():
            try:
                self.data = float(valuelist[0])
                if not isfinite(self.data):
                    raise ValueError
            except ValueError:
                self.data = None
                raise ValueError(_("位置读不出，请重新点“记下位置”。")) from None
