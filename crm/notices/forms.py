"""Forms of the notices room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from crm.notices.models import ChannelKind, NoticeKind, NoticeSetting
from crm.notices.words import CHANNEL_FIELDS, CHANNEL_KINDS, KINDS, RHYTHMS
from crm.web.choices import choices
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, TextField, TimeField


class SettingForm(FlaskForm):
    rhythm = ChoiceField(_l("邮件提醒"), [DataRequired(_l("请选择。"))], words=RHYTHMS, empty=None)
    digest_at = TimeField(_l("每天汇总的时间"), [InputRequired(_l("请填写时间。"))])
    mailed = SelectMultipleField(
        _l("哪些提醒发邮件"),
        choices=choices(KINDS),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, setting: NoticeSetting) -> None:
        mailed = [kind.value for kind in KINDS if kind not in setting.unmailed]
        super().__init__(obj=setting, data={"mailed": mailed})

    @property
    def unmailed(self) -> list[NoticeKind]:
        return [kind for kind in KINDS if kind not in (self.mailed.data or [])]


class ChannelForm(FlaskForm):
    """A group chat. `kind` and `organisation_id` are fixed once it is there; its address and secret are never shown."""

    organisation_id = SelectField(_l("单位"), coerce=int, validators=[DataRequired(_l("请选择单位。"))])
    kind = ChoiceField(
        _l("软件"), [DataRequired(_l("请选择。"))], words=CHANNEL_KINDS, empty=None, default=ChannelKind.WECOM
    )
    name = TextField(CHANNEL_FIELDS["name"], [DataRequired(_l("请填写。")), Length(max=60)])
    address = TextField(_l("机器人地址"), [Optional(), Length(max=500)], render_kw={"autocomplete": "off"})
    secret = TextField(_l("加签密钥"), [Optional(), Length(max=200)], render_kw={"autocomplete": "off"})
    kinds = SelectMultipleField(
        CHANNEL_FIELDS["kinds"],
        choices=choices(KINDS),
        default=[kind.value for kind in KINDS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    disabled = BooleanField(CHANNEL_FIELDS["disabled"])
    version = VersionField()

    def chosen(self) -> dict[str, Any]:
        """The values that can be changed at any time."""
        return {
            "name": self.name.data,
            "secret": self.secret.data,
            "kinds": [NoticeKind(kind) for kind in self.kinds.data or []],
        }
