"""Forms of applications. Several stand on one page: each has its own prefix, so that ids stay unique."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from crm.applications.models import Application, ApplicationState, Programme, Window
from crm.applications.prefill import Prefill, Question
from crm.firms.documents.service import ACCEPTED
from crm.firms.facts.groups import FACT_KEYS, group_of, unit_of
from crm.firms.figures.forms import figure_field
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.forms import fact_field, from_json
from crm.firms.models import Firm
from crm.firms.proposals.models import Target
from crm.firms.words import FIRM_FIELDS, TECH_FIELDS
from crm.kernel.plain import revive
from crm.ladder.gate import CERTIFICATE
from crm.ladder.models import Purpose
from crm.ladder.service import Certificate
from crm.ladder.words import LISTED, PURPOSES, RUNGS
from crm.policy.vocabulary import FIGURES
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField, WholeNumberField

NEEDED = InputRequired(_l("请填写。"))
REASON = Length(max=500, message=_l("最多 500 字。"))
FACT = "fact-"


# --- filling in ---------------------------------------------------------------------------------------------------


class AnswersForm(FlaskForm):
    """The common part of what an application asks; `answers_form` adds a field a question."""

    version = VersionField()
    note = TextAreaField(
        _l("给审核人的说明"), [REASON], description=_l("改了什么、哪些没有改、为什么。没有改动的必须写明原因。")
    )
    questions: Sequence[Question] = ()

    @property
    def words(self) -> dict[str, str | None]:
        return {each.key: self[f"word-{each.key}"].data for each in self.questions if each.path is None}

    @property
    def facts(self) -> dict[str, Any]:
        return {each.path: self[each.key].data for each in self.questions if each.path is not None}

    def field_of(self, question: Question) -> Any:
        return self[question.key if question.path is not None else f"word-{question.key}"]


def answers_form(application: Application, prefill: Prefill) -> AnswersForm:
    """A form that asks only what the record does not know, filled with what was said already."""
    questions = prefill.questions
    words = application.answers.get("words", {})
    fields: dict[str, Any] = {"questions": questions}
    known: dict[str, Any] = {"version": application.version, "note": application.answers.get("note")}
    for each in questions:
        if each.path is None:
            name = f"word-{each.key}"
            fields[name] = TextAreaField(each.title, [Length(max=2000, message=_l("最多 2000 字，请精简。"))])
            known[name] = words.get(each.key)
        else:
            fields[each.key] = _fact_field(each)
            if each.path in prefill.pending:
                known[each.key] = _waiting(each.path, prefill)
    form: AnswersForm = type("OwnAnswersForm", (AnswersForm,), fields)(data=known)
    return form


def _fact_field(question: Question) -> Any:
    path = question.path or ""
    head, _dot, rest = path.partition(".")
    if head == "years":
        return _titled(figure_field(KEYS[rest.partition(".")[2]]), question.title)
    if path == "registered_on":
        return DateField(FIRM_FIELDS["registered_on"], not_future=True)
    if path == "tech_field":
        return ChoiceField(FIRM_FIELDS["tech_field"], words=TECH_FIELDS)
    group = group_of(path)
    return fact_field(FACT_KEYS[path], group.words.get(path) if group else None)


def _titled(field: Any, title: str) -> Any:
    """The unbound field of a figure with its year in the label."""
    field.args = (title, *field.args[1:])
    return field


def _waiting(path: str, prefill: Prefill) -> Any:
    """What the firm asked to enter, as the form's field has it."""
    asked = prefill.pending[path]
    match asked.target:
        case Target.FIGURES:
            return revive(YearlyFigures, asked.field, asked.new)
        case Target.FACT:
            return from_json(FACT_KEYS[asked.field], asked.new)
    return revive(Firm, asked.field, asked.new)


def unit_of_question(question: Question) -> Any:
    """The unit beside the field; None where it has none."""
    path = question.path or ""
    head, _dot, rest = path.partition(".")
    if head == "years":
        return KEYS[rest.partition(".")[2]].unit
    return unit_of(FACT_KEYS[path]) or None if path in FACT_KEYS else None


# --- steps --------------------------------------------------------------------------------------------------------


class StepForm(FlaskForm):
    """A step that needs nothing but the version its page showed."""

    version = VersionField()

    def __init__(self, application: Application, **options: Any) -> None:
        super().__init__(data={"version": application.version}, **options)


class SendBackForm(StepForm):
    changes = TextAreaField(
        _l("要修改的内容"),
        [NEEDED, Length(max=2000, message=_l("最多 2000 字，请精简。"))],
        description=_l("一行一条，企业看到的就是这几条。"),
    )

    @property
    def points(self) -> list[str]:
        return (self.changes.data or "").splitlines()


class AnnounceForm(StepForm):
    since: Any = DateField(_l("公示起"), [NEEDED])
    until: Any = DateField(_l("公示止"), [NEEDED])


class GrantForm(StepForm):
    """The certificate's fields count only where the programme leads to a title. The number or the paper is enough."""

    number = TextField(
        _l("证书或入库编号"),
        [Length(max=60, message=_l("编号最多 60 个字符。"))],
        description=_l("编号和文件有一样即可。"),
    )
    valid_from: Any = DateField(_l("有效期自"), not_future=True)
    valid_to: Any = DateField(_l("有效期至"))
    file = FileField(_l("证书或公布文件"), render_kw={"accept": ACCEPTED})
    skipped = TextAreaField(
        _l("没有公示的原因"),
        [REASON],
        description=_l(
            "这份申报还没有登记公示。公示过的请用上面的“登记公示”；确实没有公示这一步的写明原因，会记入办理经过。"
        ),
    )

    def __init__(self, application: Application, **options: Any) -> None:
        self.rung = application.window.programme.rung
        self.there = CERTIFICATE in {paper.key for paper in application.papers} | _on_the_case(application)
        super().__init__(application, **options)
        if application.state is not ApplicationState.RECOMMENDED:
            del self.skipped
        if self.rung is None:
            del self.valid_from, self.valid_to
            self.number.label.text = _("立项编号或文号")

    def validate_number(self, field: Any) -> None:
        if not field.data and not self.there and not (self.file.data and self.file.data.filename):
            raise ValidationError(_("请填写编号，或上传证书、公布文件。"))

    def validate_skipped(self, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("公示还没有登记：请先登记公示，或写明没有公示的原因。"))

    def validate_valid_from(self, field: Any) -> None:
        if field.data is None:
            raise ValidationError(_("请填写。"))

    def validate_valid_to(self, field: Any) -> None:
        if field.data is None and self.rung not in LISTED:
            raise ValidationError(_("请填写有效期截止日。"))

    @property
    def certificate(self) -> Certificate | None:
        if self.rung is None or self.valid_from.data is None:
            return None
        return Certificate(self.number.data or None, self.valid_from.data, self.valid_to.data)


def _on_the_case(application: Application) -> set[str]:
    """The papers that lie on the checklist of its case."""
    return {item.key for item in application.case.items if item.document_id} if application.case else set()


class ReasonForm(StepForm):
    reason = TextAreaField(_l("原因"), [REASON])


# --- the administrator's ------------------------------------------------------------------------------------------


def fact_words_offered() -> dict[str, str]:
    """The facts that a programme may take from the record: figures of the last years, the number of IP rights."""
    years = {-1: _("上一年"), -2: _("前一年"), -3: _("再前一年")}
    found = {
        f"years.{offset}.{key.name}": _("%(year)s · %(figure)s", year=year, figure=key.title)
        for offset, year in years.items()
        for key in KEYS.values()
        if key.name in FIGURES
    }
    return {**found, "ip": _("知识产权")}


class AskForm(Form):
    """One thing a programme asks; without a title it is left out."""

    key = HiddenField()
    title = TextField(_l("要填的内容"), [Length(max=120)])
    title_en = TextField(_l("英文"), [Length(max=160)])
    fact: Any = ChoiceField(_l("取自档案"), words={}, empty=_l("（由企业写）"))
    required = BooleanField(_l("必填"))

    def process(self, *positional: Any, **named: Any) -> None:
        self.fact.words = fact_words_offered()
        super().process(*positional, **named)


class ProgrammePaperForm(Form):
    key = HiddenField()
    title = TextField(_l("要交的材料"), [Length(max=120)])
    title_en = TextField(_l("英文"), [Length(max=160)])
    required = BooleanField(_l("必交"))


class ProgrammeForm(FlaskForm):
    version = VersionField()
    title: Any = TextField(_l("名称"), [NEEDED, Length(max=120)])
    title_en: Any = TextField(_l("英文名称"), [Length(max=160)])
    rung: Any = ChoiceField(_l("对应资质"), words=RUNGS, empty=_l("（不对应阶梯上的资质）"))
    purpose: Any = ChoiceField(_l("申报类型"), words=PURPOSES, empty=None, default=Purpose.NEW)
    document_number: Any = TextField(_l("文号"), [Length(max=120)])
    summary: Any = TextAreaField(_l("说明"), [Length(max=1000)])
    asks: Any = FieldList(FormField(AskForm))
    papers: Any = FieldList(FormField(ProgrammePaperForm))
    disabled: Any = BooleanField(_l("停用"), description=_l("停用后不能再申报；已有的申报照常办完。"))

    def __init__(self, programme: Programme | None = None, **options: Any) -> None:
        given = (
            {}
            if programme is None
            else {
                **{name: getattr(programme, name) for name in PROGRAMME_COLUMNS},
                "asks": [*programme.asks, {}, {}],
                "papers": [*programme.papers, {}, {}],
                "version": programme.version,
            }
        )
        self._asked = programme is not None
        super().__init__(data=given or {"asks": [{}, {}, {}], "papers": [{}, {}], "purpose": Purpose.NEW}, **options)

    def values(self) -> dict[str, Any]:
        """The programme as the service takes it."""
        return {
            **{name: self[name].data for name in PROGRAMME_COLUMNS},
            "title_en": self.title_en.data or self.title.data,
            "summary": self.summary.data or None,
            "asks": _rows(self.asks, "a", self._asked),
            "papers": _rows(self.papers, "p", self._asked),
        }


PROGRAMME_COLUMNS = ("title", "title_en", "rung", "purpose", "document_number", "summary", "disabled")


def _rows(entries: Any, letter: str, asked: bool) -> list[dict[str, Any]]:
    """The rows that have a title. One added to a programme that was `asked` before gets a key that none ever had:
    applications keep their answers by it, also those to a question that was taken out."""
    found = []
    for place, row in enumerate((entry.data for entry in entries if entry.data["title"]), start=1):
        key = row["key"] or (f"{letter}_{secrets.token_hex(4)}" if asked else f"{letter}{place}")
        item = {
            "key": key,
            "title": row["title"],
            "title_en": row["title_en"] or row["title"],
            "required": row["required"],
        }
        found.append({**item, "fact": row["fact"]} if row.get("fact") else item)
    return found


class WindowForm(FlaskForm):
    version = VersionField()
    year: Any = WholeNumberField(_l("年度"), [NEEDED], minimum=2000, maximum=2100)
    title: Any = TextField(_l("批次"), [Length(max=60)], description=_l("例如“第一批”；只有一批可不填。"))
    division_code: Any = ChoiceField(_l("地区"), words={}, empty=_l("（全部地区）"))
    opens_on: Any = DateField(_l("开放日期"), description=_l("没有公布的留空。"))
    closes_on: Any = DateField(_l("截止日期"), [NEEDED])
    source: Any = TextField(_l("依据（文号）"), [Length(max=200)])
    disabled: Any = BooleanField(_l("停用"), description=_l("停用后企业看不到这个窗口。"))

    def __init__(self, divisions: dict[str, str], window: Window | None = None, **options: Any) -> None:
        self._divisions = divisions
        super().__init__(obj=window, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        self.division_code.words = self._divisions
        super().process(*positional, **named)

    def values(self) -> dict[str, Any]:
        return {name: self[name].data for name in WINDOW_COLUMNS}

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(_("截止日期早于开放日期，请核对。"))


WINDOW_COLUMNS = ("year", "title", "division_code", "opens_on", "closes_on", "source", "disabled")
BULK_ACTS = {"review": _l("审核通过"), "recommend": _l("推荐")}


class BulkForm(FlaskForm):
    act: Any = ChoiceField(_l("要做的事"), [InputRequired(_l("请选择。"))], words=BULK_ACTS, empty=_l("请选择"))
