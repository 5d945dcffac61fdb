"""Forms of the visits room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from crm.accounts.models import User
from crm.firms.models import Contact, Firm
from crm.kernel import clock
from crm.visits.models import NeedState, Task, TaskState, Visit
from crm.visits.queries import contacts_of, open_tasks, staff_for
from crm.visits.service import Account, Asked, Promised
from crm.visits.words import NEED_KINDS, NEED_STATES, TASK_STATES, TOPICS
from crm.web.choices import choices
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField

ROWS = 5  # of needs and of tasks in one form
USUAL_TERM = timedelta(days=14)


class ChipsField(SelectMultipleField):
    """Several of a few choices, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class NeedRow(Form):
    kind = ChoiceField(_l("类别"), words=NEED_KINDS, empty=_l("请选择"))
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
    due_on = DateField(_l("期限"))
    assignee_id = SelectField(_l("承办人"), coerce=int)

    def errors_of_row(self) -> list[str]:
        """The row counts when something is to be done; it then needs a date."""
        if self.title.data is not None and self.due_on.data is None and not self.due_on.errors:
            self.due_on.errors = [_("请填写期限。")]
        return [*self.title.errors, *self.due_on.errors, *self.assignee_id.errors]


class VisitForm(FlaskForm):
    version = VersionField()
    on = DateField(_l("走访日期"), validators=[InputRequired(_l("请填写走访日期。"))], not_future=True)
    place = TextField(_l("地点"), validators=[Length(max=200)])
    contacts = ChipsField(_l("见了谁"), coerce=int, validate_choice=False)
    met = TextField(_l("其他人"), validators=[Length(max=150, message=_l("最多 150 字。"))])
    topics = ChipsField(_l("谈了什么事"), choices=choices(TOPICS))
    said = TextAreaField(_l("谈话内容"))
    photos = MultipleFileField(_l("拍照"))
    files = MultipleFileField(_l("相册或文件"))
    needs = FieldList(FormField(NeedRow), min_entries=ROWS, max_entries=ROWS)
    tasks = FieldList(FormField(TaskRow), min_entries=ROWS, max_entries=ROWS)
    finished = ChipsField(_l("这次办完的事"), coerce=int, validate_choice=False)

    def __init__(self, firm: Firm, visit: Visit | None = None) -> None:
        people = contacts_of(firm)
        super().__init__(data=_as_typed(visit, people) if visit is not None else {"on": clock.today()})
        self.people = {person.id: name_of(person) for person in people}
        self.contacts.choices = choices(self.people)
        self.open_tasks = {task.id: task for task in open_tasks(firm)} if visit is None else {}
        self.finished.choices = choices((task.id, task.title) for task in self.open_tasks.values())
        staff = staff_choices(firm)
        for row in self.tasks:
            row.assignee_id.choices = staff
            if row.assignee_id.data is None:
                row.assignee_id.process_data(current_user.id)

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        for title, rows in ((_("诉求"), self.needs), (_("任务"), self.tasks)):
            for number, row in enumerate(rows, 1):
                for message in row.form.errors_of_row():
                    self.form_errors.append(
                        _("第 %(number)s 条%(title)s：%(message)s", number=number, title=title, message=message)
                    )
                    good = False
        return good

    @property
    def account(self) -> Account:
        assert self.on.data is not None  # validated
        met = [self.people[person] for person in self.contacts.data or [] if person in self.people]
        return Account(
            on=self.on.data,
            place=self.place.data,
            met=SEPARATOR.join([*met, *([self.met.data] if self.met.data else [])]) or None,
            topics=self.topics.data or [],
            said=self.said.data or "",
        )

    @property
    def asked(self) -> list[Asked]:
        return [Asked(kind=row.kind.data, text=row.text.data) for row in self.needs if row.text.data is not None]

    @property
    def promised(self) -> list[Promised]:
        return [
            Promised(title=row.title.data, due_on=row.due_on.data, assignee_id=row.assignee_id.data)
            for row in self.tasks
            if row.title.data is not None
        ]

    @property
    def uploads(self) -> list[Any]:
        """Photos and files really chosen: a browser sends an empty part for an untouched input."""
        return [file for field in (self.photos, self.files) for file in field.data or [] if file and file.filename]

    @property
    def settled(self) -> list[Task]:
        return [self.open_tasks[task] for task in self.finished.data or [] if task in self.open_tasks]


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
    return f"{person.name}（{place}）" if place else person.name


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
