"""Forms of the duties room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from crm.duties.models import DutyState
from crm.duties.service import LONGEST_NOTE
from crm.duties.words import STATES
from crm.firms.documents.evidence import EvidenceForm
from crm.kernel import clock
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField

NOTE = Length(max=LONGEST_NOTE, message=_l("最多 500 字。"))


class RecordForm(EvidenceForm):
    """What became of one duty."""

    state: Any = ChoiceField(
        _l("结果"), [InputRequired(_l("请选择。"))], words=STATES, empty=None, default=DutyState.DONE
    )
    on: Any = DateField(_l("办理日期"), not_future=True, default=clock.today, description=_l("记为漏报时不用填。"))
    note = TextAreaField(_l("说明"), [NOTE])
    version = VersionField()


class BulkForm(FlaskForm):
    """Many duties done on one day."""

    on: Any = DateField(_l("办理日期"), not_future=True, default=clock.today)
    note = TextField(_l("说明"), [NOTE])
