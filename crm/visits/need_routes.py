"""The staff's list of needs, and who is to answer one by when."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, Form
from wtforms.validators import InputRequired, Length

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_for
from crm.firms.queries import officer_words, officers_over
from crm.firms.reference.working_days import working_days_between
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.visits.agency import LONGEST_OFFICE, LONGEST_STEP
from crm.visits.forms import AnswerForm
from crm.visits.models import Need
from crm.visits.needs import ANSWER_WITHIN, NeedFilter, WhichNeeds, answer_by, needs_page, promise_answer
from crm.visits.routes import blueprint
from crm.visits.words import NEED_KINDS
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, TextField
from crm.web.formatting import day
from crm.web.paging import page_number

ALL = _l("全部")
WHICH = {
    WhichNeeds.OPEN: _l("待答复"),
    WhichNeeds.LATE: _l("已超期"),
    WhichNeeds.ANSWERED: _l("已答复"),
    WhichNeeds.ALL: ALL,
}


class NeedFilterForm(Form):
    """The filter above the list, read from the address; what it does not know it leaves out."""

    kind = ChoiceField(_l("类别"), words=NEED_KINDS, empty=ALL)
    agency = ChoiceField(_l("怎么办"), words={"yes": _l("全程代办的")}, empty=ALL)
    officer = ChoiceField(_l("专员"), words={}, empty=ALL)

    def __init__(self, officers: dict[int, str]) -> None:
        self._officers = officers
        super().__init__(request.args)

    def process(self, *positional: object, **named: object) -> None:
        self.officer.words = self._officers
        super().process(*positional, **named)


@blueprint.get("/needs")
@requires(Permission.VIEW_FIRMS)
def needs() -> str:
    form = NeedFilterForm(officer_words(current_user))
    which = request.args.get("which", WhichNeeds.OPEN, type=WhichNeeds)
    wanted = NeedFilter(
        which=which, kind=form.kind.data, officer_id=form.officer.data, agency=form.agency.data is not None
    )
    page = needs_page(current_user, wanted, page_number())
    return render_template(
        "visits/needs.html",
        page=page,
        form=form,
        wanted=wanted,
        which=WHICH,
        answer_by=answer_by,
        days_left=working_days_between,
        today=clock.today(),
        within=ANSWER_WITHIN,
    )


class StepForm(FlaskForm):
    """A step taken for the firm in an office."""

    on: Any = DateField(_l("办理日期"), [InputRequired(_l("请填写办理日期。"))], not_future=True, default=clock.today)
    office: Any = TextField(_l("在哪个部门"), [Length(max=LONGEST_OFFICE)])
    text: Any = TextField(
        _l("办了什么"),
        [InputRequired(_l("请写明办了什么。")), Length(max=LONGEST_STEP)],
        description=_l("企业会看到，例如：材料已受理，等现场勘察。"),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(prefix="step-", **options)


class PromiseForm(FlaskForm):
    """Who answers a need, and by when."""

    version = VersionField()
    assignee_id: Any = ChoiceField(_l("办理人"), words={}, empty=_l("企业的负责专员"))
    due_on: Any = DateField(_l("答复期限"), [InputRequired(_l("请填写答复期限。"))])
    agency = BooleanField(_l("全程代办：由办理人代企业跑完各部门"))

    def __init__(self, need: Need) -> None:
        self._people = {person.id: person.name for person in officers_over(need.firm.organisation)}
        shown = {
            "assignee_id": need.assignee_id,
            "due_on": answer_by(need),
            "agency": need.agency_since is not None,
            "version": need.version,
        }
        super().__init__(prefix="promise-", data=shown)

    def process(self, *positional: Any, **named: Any) -> None:
        self.assignee_id.words = self._people
        super().process(*positional, **named)


def answer_page(need: Need, *, answer: AnswerForm | None = None, step: StepForm | None = None) -> str:
    """What a firm asked for, who answers it by when, and the steps taken for it; a form that failed is given."""
    return render_template(
        "visits/answer.html",
        firm=need.firm,
        need=need,
        form=answer or AnswerForm(formdata=None),
        promise=PromiseForm(need),
        step=step or StepForm(formdata=None),
        by=answer_by(need),
    )


@blueprint.post("/needs/<int:need_id>/promise")
@requires(Permission.LOG_VISITS)
def promise(need_id: int) -> Response:
    need = load_for(current_user, Need, need_id)
    form = PromiseForm(need)
    try:
        if not form.validate_on_submit():
            raise DomainError(next(iter(form.errors.values()))[0])
        promise_answer(
            current_user,
            need,
            assignee_id=form.assignee_id.data,
            due_on=form.due_on.data,
            agency=form.agency.data,
            expected_version=form.version.data,
        )
    except DomainError as error:
        flash(str(error), "danger")
    else:
        told = _("已记下：%(on)s前答复。", on=day(need.due_on))
        if need.agency_since is not None and need.assignee is not None:
            told = _("已记下：由%(who)s全程代办，%(on)s前办结。", who=need.assignee.name, on=day(need.due_on))
        flash(told, "success")
    return redirect(url_for("visits.answer_need", need_id=need_id, next=request.args.get("next")))
