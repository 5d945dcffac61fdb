"""Forms of services."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from crm.kernel import clock
from crm.ladder.words import RUNGS
from crm.services.service import LONGEST_NOTE
from crm.services.words import ITEM_FIELDS, PHASES, STATES
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField, WholeNumberField, at_most


class ItemForm(FlaskForm):
    """One service of a package."""

    version = VersionField()
    rung: Any = ChoiceField(ITEM_FIELDS["rung"], words=RUNGS, empty=_l("还没有资质的企业"))
    towards: Any = ChoiceField(
        ITEM_FIELDS["towards"], words=RUNGS, empty=_l("不为某个资质"), description=_l("企业已有这个资质的，不再算欠。")
    )
    phase: Any = ChoiceField(
        ITEM_FIELDS["phase"], [InputRequired(_l("请选择环节。"))], words=PHASES, empty=_l("请选择")
    )
    title = TextField(ITEM_FIELDS["title"], [InputRequired(_l("请填写服务名称。")), at_most(80)])
    title_en = TextField(ITEM_FIELDS["title_en"], [at_most(120)], description=_l("英文界面用；不填则显示中文"))
    text = TextAreaField(ITEM_FIELDS["text"], [at_most(1000)])
    days = WholeNumberField(ITEM_FIELDS["days"], minimum=1, maximum=250)
    place = WholeNumberField(ITEM_FIELDS["place"], minimum=0, maximum=999, default=0)
    disabled = BooleanField(ITEM_FIELDS["disabled"])

    @property
    def values(self) -> dict[str, Any]:
        return {
            "rung": self.rung.data,
            "towards": self.towards.data,
            "phase": self.phase.data,
            "title": self.title.data,
            "title_en": self.title_en.data or self.title.data,
            "text": (self.text.data or "").strip() or None,
            "days": self.days.data,
            "place": self.place.data or 0,
            "disabled": self.disabled.data,
        }


class RecordForm(FlaskForm):
    """What became of one service for a firm."""

    version = VersionField()
    state: Any = ChoiceField(_l("情况"), [InputRequired(_l("请选择。"))], words=STATES, empty=None)
    on: Any = DateField(_l("日期"), [InputRequired(_l("请填写日期。"))], not_future=True, default=clock.today)
    note = TextAreaField(_l("说明"), [at_most(LONGEST_NOTE)])
