"""Forms of the visits room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    MultipleFileField,
    SelectField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from crm.accounts.models import User
from crm.firms.models import Contact, Firm
from crm.firms.words import STATES
from crm.kernel import clock
from crm.visits.answers import Asked as Question
from crm.visits.answers import AskedNone, Standing, asked_by, chosen, standing
from crm.visits.asking import Aim, Stale
from crm.visits.fields import ChipsField, OneChipField, PositionField
from crm.visits.models import NeedState, PlannedVisit, Task, TaskState, Visit
from crm.visits.queries import contacts_of, open_tasks, staff_for
from crm.visits.service import Account, Asked
from crm.visits.tasks import Promised
from crm.visits.words import NEED_KINDS, NEED_STATES, RELUCTANCES, TASK_STATES, TERMS, TOPICS
from crm.web.choices import choices
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField
from crm.web.formatting import day as day_text

ROWS = 5  # of needs and of tasks in one form
USUAL_TERM = timedelta(days=14)
OLDEST = timedelta(days=5 * 366)  # a visit longer ago is a slip of the hand


class NeedRow(Form):
    kind = OneChipField(_l("类别"), words=NEED_KINDS, empty=None)
    text = TextField(_l("诉求"), validators=[Length(max=1000, message=_l("最多 1000 字。"))])

    def errors_of_row(self) -> list[str]:
        """Nothing typed is no need; half a need is a mistake."""
        if self.text.data is not None and self.kind.data is None:
            self.kind.errors = [_("请选择类别。")]
        if self.kind.data is not None and self.text.data is None:
            self.text.errors = [_("请写明企业的诉求。")]
        return [*self.kind.errors, *self.text.errors]


class TaskRow(Form):
    title = TextField(_l("要办的事"), validators=[Length(max=200, message=_l("最多 200 字。"))])
    term = OneChipField(_l("多久办好"), words=TERMS, empty=None, default=7)
    due_on = DateField(_l("期限"))
    assignee_id = SelectField(_l("承办人"), coerce=int)

    def due(self, on: date) -> date | None:
        """The day typed; else so many days after the visit, where a term was sent."""
        if self.due_on.data is not None or not self.term.raw_data:
            return self.due_on.data
        return None if self.term.data is None else on + timedelta(days=self.term.data)

    def errors_of_row(self) -> list[str]:
        """The row counts when something is to be done; it then needs a date."""
        if self.title.data is not None and self.due(date.min) is None and not self.due_on.errors:
            self.due_on.errors = [_("请填写期限。")]
        return [*self.title.errors, *self.term.errors, *self.due_on.errors, *self.assignee_id.errors]


class VisitForm(FlaskForm):
    """What is told of a visit. `visit_form` adds the fields of the figures to ask for: `answer.<path>`."""

    version = VersionField()
    key = HiddenField()
    on = DateField(_l("走访日期"), validators=[InputRequired(_l("请填写走访日期。"))], not_future=True)
    place = TextField(_l("地点"), validators=[Length(max=200)])
    contacts = ChipsField(_l("见了谁"), coerce=int, validate_choice=False)
    met = TextField(_l("其他人"), validators=[Length(max=150, message=_l("最多 150 字。"))])
    topics = ChipsField(_l("谈了什么事"))
    said = TextAreaField(_l("谈话内容"))
    reluctance = OneChipField(_l("为什么不创新"), words=RELUCTANCES, empty=_l("没有谈到"))
    latitude = PositionField(_l("位置"))
    longitude = PositionField(_l("位置"))
    accuracy = PositionField(_l("位置"))
    photos = MultipleFileField(_l("拍照"))
    files = MultipleFileField(_l("相册或文件"))
    needs = FieldList(FormField(NeedRow), min_entries=ROWS, max_entries=ROWS)
    tasks = FieldList(FormField(TaskRow), min_entries=ROWS, max_entries=ROWS)
    finished = ChipsField(_l("这次办完的事"), coerce=int, validate_choice=False)
    questions: Sequence[
        Question
    ]  # the figures asked for, and the lists of which it is to be said again that there is nothing

    def __init__(self, firm: Firm, visit: Visit | None, aim: Aim, plan: PlannedVisit | None) -> None:
        people = contacts_of(firm)
        super().__init__(data=_as_typed(visit, people) if visit is not None else _fresh(plan))
        self.firm, self.kept_on = firm, visit.on if visit is not None else None
        self.people = {person.id: name_of(person) for person in people}
        self.contacts.choices = choices(self.people)
        self.first_topics = len(aim.outline.topics)  # the others are folded away
        order = [*aim.outline.topics, *(topic for topic in TOPICS if topic not in aim.outline.topics)]
        self.topics.choices = choices({topic: TOPICS[topic] for topic in order})
        self.open_tasks = {task.id: task for task in open_tasks(firm)} if visit is None else {}
        self.finished.choices = choices((task.id, task.title) for task in self.open_tasks.values())
        staff = staff_choices(firm)
        for row in self.tasks:
            row.assignee_id.choices = staff
            if row.assignee_id.data is None:
                row.assignee_id.process_data(current_user.id)
        self.standing: dict[str, Standing] = standing(firm, self.questions) if self.is_submitted() else {}
        self.stale = {stale.name: stale for stale in _asked_again(visit, aim)}
        for question in self.questions:
            self[f"answer.{question.path}"].label.text = self._label(question)

    def _label(self, question: Question) -> str:
        stale = self.stale.get(question.path)
        if not isinstance(question, AskedNone):
            return question.title
        if stale is not None and stale.others:
            return _("除已登记的以外，没有其他%(what)s", what=question.title)
        return _("还是没有%(what)s", what=question.title)

    @property
    def overtaken(self) -> list[str]:
        """What was ticked to be none, while somebody entered or confirmed it meanwhile: the record stands."""
        nones = [each for each in self.questions if isinstance(each, AskedNone) and each.path not in self.stale]
        return [question.title for question in nones if self[f"answer.{question.path}"].data]

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        for title, rows in ((_("诉求"), self.needs), (_("任务"), self.tasks)):
            for number, row in enumerate(rows, 1):
                for message in row.form.errors_of_row():
                    self.form_errors.append(
                        _("第 %(number)s 条%(title)s：%(message)s", number=number, title=title, message=message)
                    )
                    good = False
        for question in self.questions:
            good = (isinstance(question, AskedNone) or self._seen(question)) and good
        if not set(self.contacts.data or []) <= set(self.people):
            self.met.errors = [_("勾选的联系人有的已不在名单上，请在这里写明见了谁。")]
            good = False
        wrong = self._wrong_day()
        if wrong is not None:
            self.on.errors = [*self.on.errors, wrong]
        return good and wrong is None

    def _wrong_day(self) -> str | None:
        """What speaks against the day; the day a visit was kept with may stay."""
        on, registered = self.on.data, self.firm.registered_on
        if on is None or on == self.kept_on:
            return None
        if registered is not None and on < registered:
            return _("企业 %(day)s 才成立，走访不会更早。请核对走访日期。", day=day_text(registered))
        if on < clock.today() - OLDEST:
            return _("走访日期 %(day)s 在五年以前，请核对年份。", day=day_text(on))
        return None

    def _seen(self, question: Question) -> bool:
        """Whether the person knows what stands in the record beside their answer; else they are told."""
        answer, seen = self[f"answer.{question.path}"], self[f"seen.{question.path}"]
        there = self.standing.get(question.path)
        if answer.errors or answer.data is None or there is None or there.value == answer.data:
            return True
        now = str(question.stored(there.value))
        if seen.data == now:
            return True
        seen.data, seen.raw_data = now, None
        answer.errors = [
            _(
                "档案里这时已有 %(now)s（%(who)s，%(state)s），不会被覆盖。再保存一次，您填的只记在这次走访里；也可以清空。",
                now=question.text(there.value),
                who=there.who,
                state=STATES[there.state],
            )
        ]
        return False

    @property
    def account(self) -> Account:
        assert self.on.data is not None  # validated
        met = [self.people[person] for person in self.contacts.data or [] if person in self.people]
        return Account(
            on=self.on.data,
            place=self.place.data,
            met=SEPARATOR.join([*met, *([self.met.data] if self.met.data else [])]) or None,
            topics=sorted(self.topics.data or [], key=[*TOPICS].index),
            said=self.said.data or "",
            reluctance=self.reluctance.data,
            latitude=self.latitude.data,
            longitude=self.longitude.data,
            accuracy=None if self.accuracy.data is None else round(self.accuracy.data),
        )

    @property
    def asked(self) -> list[Asked]:
        return [
            Asked(kind=row.kind.data, text=row.text.data)
            for row in self.needs
            if row.text.data is not None and row.kind.data is not None
        ]

    @property
    def promised(self) -> list[Promised]:
        assert self.on.data is not None  # validated
        rows = [(row, row.form.due(self.on.data)) for row in self.tasks if row.title.data is not None]
        return [
            Promised(title=row.title.data, due_on=due, assignee_id=row.assignee_id.data)
            for row, due in rows
            if due is not None
        ]

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, by the fact's path."""
        given = {question.path: self[f"answer.{question.path}"].data for question in self.questions}
        nones = [each.path for each in self.questions if isinstance(each, AskedNone)]
        said = {path: value for path, value in given.items() if value is not None and path not in nones}
        return said | {path: True for path in nones if given[path] and path in self.stale}

    @property
    def uploads(self) -> list[Any]:
        """Photos and files really chosen: a browser sends an empty part for an untouched input."""
        return [file for field in (self.photos, self.files) for file in field.data or [] if file and file.filename]

    @property
    def brought(self) -> dict[str, Any]:
        """What came with the account, as the verbs of visits take it."""
        return {"files": self.uploads, "needs": self.asked, "tasks": self.promised, "answers": self.answers}

    @property
    def settled(self) -> list[Task]:
        return [self.open_tasks[task] for task in self.finished.data or [] if task in self.open_tasks]


def visit_form(firm: Firm, visit: Visit | None, aim: Aim, plan: PlannedVisit | None = None) -> VisitForm:
    """The form of a visit, with a field for each figure that nobody knows and that stands in the way of the aim.

    A form that was opened before somebody entered one of them still sends it: what was sent is asked too.
    """
    questions = {question.path: question for question in chosen(aim.missing, aim.outline.facts)}
    again = [asked_by(stale.name) for stale in _asked_again(visit, aim)]
    questions |= {question.path: question for question in again if question is not None}
    for name in request.form:
        question = asked_by(name.removeprefix("answer.")) if name.startswith("answer.") else None
        if question is not None:
            questions.setdefault(question.path, question)
    fields: dict[str, Any] = {"questions": list(questions.values())}
    for path, question in questions.items():
        fields |= {f"answer.{path}": question.field(), f"seen.{path}": HiddenField()}
    form_class: type[VisitForm] = type("AskingVisitForm", (VisitForm,), fields)
    return form_class(firm, visit, aim, plan)


def _asked_again(visit: Visit | None, aim: Aim) -> Sequence[Stale]:
    """What is confirmed at a visit is confirmed of its day: who mends the account of an earlier one is not asked."""
    return aim.stale if visit is None else ()


def _fresh(plan: PlannedVisit | None) -> dict[str, Any]:
    """An empty form; that of a planned visit has its day. What was to be said was not said yet: the page shows it."""
    fresh: dict[str, Any] = {"on": clock.today(), "key": str(uuid4())}
    if plan is not None:
        fresh["on"] = min(plan.on, clock.today())
    return fresh


SEPARATOR = "、"


def name_of(contact: Contact) -> str:
    return f"{contact.name}（{contact.position}）" if contact.position else contact.name


def _as_typed(visit: Visit, people: Sequence[Contact]) -> dict[str, Any]:
    """A visit as the form holds it: those of its people who are contacts ticked, the others as text."""
    met = (visit.met or "").split(SEPARATOR)
    known = {name_of(person): person.id for person in people}
    return {
        "version": visit.version,
        "on": visit.on,
        "place": visit.place,
        "topics": visit.topics,
        "said": visit.said,
        "reluctance": visit.reluctance,
        "latitude": visit.latitude,
        "longitude": visit.longitude,
        "accuracy": visit.accuracy,
        "contacts": [known[name] for name in met if name in known],
        "met": SEPARATOR.join(name for name in met if name not in known) or None,
    }


def staff_choices(firm: Firm, present: User | None = None) -> list[SelectChoice]:
    """Who can be given a task; and who has it at `present`, so that nobody takes it from them unawares."""
    staff = list(staff_for(firm))
    if present is not None and present not in staff:
        staff.append(present)
    return choices((person.id, _with_place(person)) for person in staff)


def _with_place(person: User) -> str:
    place = _("已停用") if person.disabled else person.organisation.name if person.organisation else None
    return person.name + _("（%(reason)s）", reason=place) if place else person.name


class TaskForm(FlaskForm):
    version = VersionField()
    title = TextField(
        _l("要办的事"), validators=[InputRequired(_l("请写明要办的事。")), Length(max=200, message=_l("最多 200 字。"))]
    )
    due_on = DateField(_l("期限"), validators=[InputRequired(_l("请填写期限。"))])
    assignee_id = SelectField(_l("承办人"), coerce=int)

    def __init__(self, firm: Firm, task: Task | None = None) -> None:
        if task is None:
            super().__init__(data={"due_on": clock.today() + USUAL_TERM, "assignee_id": current_user.id})
        else:
            super().__init__(obj=task)
        self.assignee_id.choices = staff_choices(firm, task.assignee if task else None)

    @property
    def promised(self) -> Promised:
        assert self.title.data is not None
        assert self.due_on.data is not None  # validated
        return Promised(title=self.title.data, due_on=self.due_on.data, assignee_id=self.assignee_id.data)


class EndTaskForm(FlaskForm):
    """Sent empty by the tick on a list: done."""

    state = ChoiceField(
        _l("结果"),
        words={state: TASK_STATES[state] for state in (TaskState.DONE, TaskState.DROPPED)},
        empty=None,
        default=TaskState.DONE,
    )
    outcome = TextAreaField(_l("办理情况"), validators=[Length(max=2000, message=_l("最多 2000 字。"))])


class AnswerForm(FlaskForm):
    state = ChoiceField(
        _l("结果"),
        words={state: NEED_STATES[state] for state in (NeedState.ANSWERED, NeedState.CLOSED)},
        empty=None,
        default=NeedState.ANSWERED,
    )
    answer = TextAreaField(_l("答复内容"), validators=[Length(max=2000, message=_l("最多 2000 字。"))])
