"""Forms of planned visits."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.firms.models import Firm
from crm.kernel import clock
from crm.visits.forms import staff_choices
from crm.visits.models import PlannedVisit
from crm.visits.planning import Intent
from crm.web.conflict import VersionField
from crm.web.fields import DateField, TextField, TimeField


class PlanForm(FlaskForm):
    version = VersionField()
    on = DateField(_l("哪天去"), validators=[InputRequired(_l("请填写哪天去。"))])
    starts_at = TimeField(_l("几点"))
    purpose = TextField(_l("去谈什么"), validators=[Length(max=200, message=_l("最多 200 字。"))])
    officer_id = SelectField(_l("谁去"), coerce=int)

    def __init__(
        self, firm: Firm, planned: PlannedVisit | None = None, *, on: date | None = None, purpose: str | None = None
    ) -> None:
        """`on` and `purpose`: what a new plan's form is filled with."""
        if planned is None:
            super().__init__(data={"on": on or clock.today(), "purpose": purpose, "officer_id": current_user.id})
        else:
            super().__init__(obj=planned)
        self.officer_id.choices = staff_choices(firm, planned.officer if planned else None)

    @property
    def intent(self) -> Intent:
        assert self.on.data is not None  # validated
        return Intent(
            on=self.on.data,
            starts_at=self.starts_at.data,
            purpose=self.purpose.data,
            officer_id=self.officer_id.data,
        )


class CallOffForm(FlaskForm):
    reason = TextAreaField(
        _l("为什么取消"),
        validators=[InputRequired(_l("请写明取消的原因。")), Length(max=500, message=_l("最多 500 字。"))],
    )
