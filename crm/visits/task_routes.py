"""Pages of tasks and needs."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel.errors import DomainError
from crm.visits import queries, service
from crm.visits import tasks as verbs
from crm.visits.forms import AnswerForm, EndTaskForm, TaskForm
from crm.visits.models import Need, NeedState, Task, TaskState
from crm.visits.need_routes import answer_page
from crm.visits.queries import TaskFilter, Which, Whose
from crm.visits.routes import blueprint
from crm.web.addresses import own_address, record_number
from crm.web.errors import land
from crm.web.paging import page_number


def back_to(firm_id: int) -> Response:
    """Where the person came from, if the page said so; else the firm."""
    return redirect(own_address(request.args.get("next")) or url_for("desk.firm", firm_id=firm_id))


@blueprint.get("/tasks")
@requires(Permission.VIEW_FIRMS)
def tasks() -> str:
    firm_id = request.args.get("firm", type=record_number)
    firm = load_firm_for(current_user, firm_id) if firm_id is not None else None
    wanted = TaskFilter(
        whose=request.args.get("whose", Whose.MINE if firm is None else Whose.ALL, type=Whose),
        which=request.args.get("which", Which.OPEN, type=Which),
        firm_id=firm_id,
    )
    page = queries.tasks_page(current_user, wanted, page_number())
    return render_template("visits/tasks.html", firm=firm, wanted=wanted, page=page)


@blueprint.route("/firms/<int:firm_id>/tasks/new", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def create_task(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = TaskForm(firm)
    if form.validate_on_submit():
        try:
            task = verbs.plan_task(current_user, firm, form.promised)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已安排：%(title)s", title=task.title), "success")
            return back_to(firm.id)
    return render_template("visits/task_form.html", firm=firm, form=form, task=None)


@blueprint.route("/tasks/<int:task_id>/edit", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def edit_task(task_id: int) -> str | Response:
    task = load_for(current_user, Task, task_id)
    form = TaskForm(task.firm, task)
    if form.validate_on_submit():
        try:
            verbs.change_task(current_user, task, form.promised, version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("任务已更新。"), "success")
            return back_to(task.firm_id)
    return render_template("visits/task_form.html", firm=task.firm, form=form, task=task)


@blueprint.route("/tasks/<int:task_id>/end", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def end_task(task_id: int) -> str | Response:
    """The tick on a list posts an empty form: done, with nothing more to say."""
    task = load_for(current_user, Task, task_id)
    form = EndTaskForm()
    if form.validate_on_submit():
        try:
            verbs.end_task(
                current_user, task, state=TaskState(form.state.data or TaskState.DONE), outcome=form.outcome.data
            )
        except DomainError as error:
            land(form, error)
        else:
            done = _("已办结：%(title)s", title=task.title)
            dropped = _("不再办理：%(title)s", title=task.title)
            flash(_with_undo(done if task.state is TaskState.DONE else dropped, task), "success")
            return back_to(task.firm_id)
    return render_template("visits/end_task.html", firm=task.firm, form=form, task=task)


def _with_undo(text: str, task: Task) -> Markup:
    link: Any = Markup('{text} <a href="{href}">{undo}</a>')
    return link.format(text=text, href=url_for("visits.end_task", task_id=task.id), undo=_("撤销"))


@blueprint.post("/tasks/<int:task_id>/reopen")
@requires(Permission.LOG_VISITS)
def reopen_task(task_id: int) -> Response:
    task = load_for(current_user, Task, task_id)
    try:
        verbs.reopen_task(current_user, task)
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("已重新列为待办：%(title)s", title=task.title), "success")
    return back_to(task.firm_id)


@blueprint.route("/needs/<int:need_id>/answer", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def answer_need(need_id: int) -> str | Response:
    need = load_for(current_user, Need, need_id)
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            service.answer_need(
                current_user, need, state=NeedState(form.state.data or NeedState.ANSWERED), answer=form.answer.data
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("诉求的答复已记下。"), "success")
            return back_to(need.firm_id)
    return answer_page(need, answer=form)


@blueprint.post("/needs/<int:need_id>/reopen")
@requires(Permission.LOG_VISITS)
def reopen_need(need_id: int) -> Response:
    need = load_for(current_user, Need, need_id)
    try:
        service.reopen_need(current_user, need)
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("诉求已重新列为待答复。"), "success")
    return back_to(need.firm_id)
