"""Forms of the ladder room. Several stand on one page: each has its own prefix, so that ids stay unique."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from crm.firms.documents.service import ACCEPTED
from crm.firms.words import CHANNELS
from crm.kernel import clock
from crm.ladder.models import Case, Credential, Purpose, Rung, Stage
from crm.ladder.service import Certificate
from crm.ladder.service.common import Companion
from crm.ladder.service.moves import ORDER
from crm.ladder.words import LISTED, PURPOSES, RUNGS, STAGES
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField

NEEDED = InputRequired(_l("请填写。"))
CHOSEN = InputRequired(_l("请选择。"))
REASON = Length(max=500, message=_l("最多 500 字。"))
NUMBER = Length(max=60, message=_l("编号最多 60 个字符。"))


class OpenForm(FlaskForm):
    """A new case. Only rungs on which the firm has no open case are offered."""

    rung: Any = ChoiceField(_l("培育方向"), [CHOSEN], words=RUNGS, empty=_l("请选择"))
    purpose: Any = ChoiceField(_l("申报类型"), words=PURPOSES, empty=None, default=Purpose.NEW)
    on: Any = DateField(_l("入库日期"), [NEEDED], not_future=True, default=clock.today)
    channel: Any = ChoiceField(_l("入库渠道"), words=CHANNELS)
    reason = TextField(
        _l("入库原因"), [REASON], description=_l("为什么选它培育，例如：上年研发费用占比已达 5%，正在申请专利。")
    )

    def __init__(self, taken: Iterable[Rung] = (), **options: Any) -> None:
        self.taken = set(taken)
        super().__init__(prefix="open-", **options)

    def process(self, *arguments: Any, **options: Any) -> None:
        self.rung.words = {rung: title for rung, title in RUNGS.items() if rung not in self.taken}
        super().process(*arguments, **options)


class EntryForm(FlaskForm):
    """Why the firm was taken into the pool."""

    reason = TextField(_l("入库原因"), [NEEDED, REASON])
    version = VersionField()

    def __init__(self, case: Case, **options: Any) -> None:
        super().__init__(prefix="entry-", data={"version": case.version, "reason": case.entry_reason}, **options)


class KeepForm(FlaskForm):
    """The assessment to keep: which the page shows, it sends."""

    rung: Any = ChoiceField(_l("方向"), [CHOSEN], words=RUNGS, empty=_l("请选择"))
    purpose: Any = ChoiceField(_l("申报类型"), words=PURPOSES, empty=None, default=Purpose.NEW)
    on: Any = DateField(_l("日期"), [NEEDED], not_future=True)


class MoveForm(FlaskForm):
    """One stage forward. The certificate's fields count only for certification."""

    stage = HiddenField()
    version = VersionField()
    on: Any = DateField(_l("日期"), [NEEDED], not_future=True, default=clock.today)
    number = TextField(_l("证书或入库编号"), [NUMBER])
    valid_from: Any = DateField(_l("有效期自"), not_future=True)
    valid_to: Any = DateField(_l("有效期至"))
    override_reason = TextAreaField(
        _l("仍要移动的理由"), [REASON], description=_l("清单未完成而仍要移动时填写，至少 10 个字，会记入历史。")
    )

    def __init__(self, case: Case, to_stage: Stage | None, **options: Any) -> None:
        shown = {"stage": to_stage.value if to_stage else "", "version": case.version}
        super().__init__(prefix="move-", data=shown, **options)
        self.certifies = to_stage is Stage.CERTIFIED
        self.endless = case.rung in LISTED

    @property
    def certificate(self) -> Certificate | None:
        if not self.certifies or self.valid_from.data is None:
            return None
        return Certificate(self.number.data, self.valid_from.data, self.valid_to.data)

    @property
    def to_stage(self) -> Stage | None:
        return next((stage for stage in Stage if stage.value == self.stage.data), None)


class BackForm(FlaskForm):
    """Back to an earlier stage, for a reason."""

    stage: Any = ChoiceField(_l("退回到"), [CHOSEN], words=STAGES, empty=None)
    reason = TextAreaField(_l("退回原因"), [NEEDED, REASON])
    version = VersionField()

    def __init__(self, case: Case, **options: Any) -> None:
        self.earlier = ORDER[: ORDER.index(case.stage)]
        super().__init__(prefix="back-", data={"version": case.version}, **options)

    def process(self, *arguments: Any, **options: Any) -> None:
        self.stage.words = {stage: STAGES[stage] for stage in reversed(self.earlier)}
        super().process(*arguments, **options)


ENDINGS = {"drop": _l("终止培育"), "reject": _l("申报未通过")}


class EndForm(FlaskForm):
    """The case ends without a title. Where something ends with it (`companions`), the person says that it was seen."""

    ending = ChoiceField(_l("结果"), [CHOSEN], words=ENDINGS, empty=None)
    reason = TextAreaField(_l("原因"), [NEEDED, REASON])
    seen = BooleanField(_l("我已核对上面的申报，同意一并办理"))
    version = VersionField()

    def __init__(self, case: Case, companions: Sequence[Companion] = (), **options: Any) -> None:
        self.applied = case.stage is Stage.APPLIED
        self.companions = companions
        super().__init__(prefix="end-", data={"version": case.version}, **options)

    def process(self, *arguments: Any, **options: Any) -> None:
        self.ending.words = ENDINGS if self.applied else {"drop": ENDINGS["drop"]}
        super().process(*arguments, **options)

    def validate_seen(self, field: Any) -> None:
        ends = [each.rejected if self.ending.data == "reject" else each.dropped for each in self.companions]
        if any(ends) and not field.data:
            raise ValidationError(_("还有在办的申报会随项目一并办理：请核对后勾选。"))


class ReopenForm(FlaskForm):
    """A dropped or rejected case goes on."""

    reason = TextAreaField(_l("重新开始的原因"), [NEEDED, REASON])
    version = VersionField()

    def __init__(self, case: Case, **options: Any) -> None:
        super().__init__(prefix="reopen-", data={"version": case.version}, **options)


class ItemForm(FlaskForm):
    """Something done for the checklist: `act` is attach, declare, reach, sign_off or withdraw."""

    act = HiddenField()
    key = HiddenField()
    on: Any = DateField(_l("达到日期"), not_future=True)
    file = FileField(_l("文件"), render_kw={"accept": ACCEPTED})

    def __init__(self, **options: Any) -> None:
        super().__init__(prefix="item-", **options)


class CredentialForm(FlaskForm):
    """A title given: a new one, or (without `rung`) the one that follows an older."""

    rung: Any = ChoiceField(_l("资质"), [CHOSEN], words=RUNGS, empty=_l("请选择"))
    number = TextField(_l("证书或入库编号"), [NEEDED, NUMBER])
    valid_from: Any = DateField(_l("有效期自"), [NEEDED], not_future=True)
    valid_to: Any = DateField(_l("有效期至"), description=_l("上市没有截止日，其余资质必填。"))

    def __init__(self, of: Credential | None = None, **options: Any) -> None:
        super().__init__(**options)
        if of is not None:
            del self.rung


class RevokeForm(FlaskForm):
    """The authority took the title away."""

    on: Any = DateField(_l("撤销日期"), [NEEDED], not_future=True)
    reason = TextAreaField(_l("撤销原因（文号、事由）"), [NEEDED, REASON])
    version = VersionField()

    def __init__(self, credential: Credential, **options: Any) -> None:
        super().__init__(data={"version": credential.version, "on": clock.today()}, **options)


BULK_ACTS = {
    "assign": _l("指派给专员"),
    "open": _l("入库"),
    **{stage.value: _l("移到“%(stage)s”", stage=STAGES[stage]) for stage in ORDER[1:-1]},
}


class BulkForm(FlaskForm):
    """One thing done for many firms. Certification is not among them: each certificate has its own number."""

    act: Any = ChoiceField(_l("要做的事"), [CHOSEN], words=BULK_ACTS, empty=_l("请选择"))
    rung: Any = ChoiceField(_l("培育方向"), words=RUNGS, empty=_l("请选择"))
    on: Any = DateField(_l("日期"), [NEEDED], not_future=True, default=clock.today)
    officer: Any = ChoiceField(_l("专员"), words={}, empty=_l("请选择"))
    channel: Any = ChoiceField(_l("入库渠道"), words=CHANNELS)
    reason = TextField(_l("入库原因"), [REASON])

    def __init__(self, officers: Mapping[int, str], **options: Any) -> None:
        self.officers = officers
        super().__init__(**options)

    def process(self, *arguments: Any, **options: Any) -> None:
        self.officer.words = self.officers
        super().process(*arguments, **options)

    def validate_rung(self, field: Any) -> None:
        if self.act.data not in (None, "assign") and field.data is None:
            raise ValidationError(_("请选择培育方向。"))

    def validate_officer(self, field: Any) -> None:
        if self.act.data == "assign" and field.data is None:
            raise ValidationError(_("请选择由谁负责。"))
