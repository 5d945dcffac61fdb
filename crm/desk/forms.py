"""Forms of the officer's pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from crm.web.fields import WholeNumberField


class UnseenForm(FlaskForm):
    """After how many days without a visit a firm stands on one's day."""

    days = WholeNumberField(
        _l("多少天没去算久"), validators=[InputRequired(_l("请填写天数。"))], minimum=7, maximum=730
    )
