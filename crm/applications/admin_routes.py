"""The administrator's pages: programmes, and their windows by region and year."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.applications import programmes as service
from crm.applications.forms import ProgrammeForm, WindowForm
from crm.applications.models import Window
from crm.applications.openings import announced_windows, opening_of
from crm.applications.queries import windows_of
from crm.applications.routes import blueprint
from crm.firms.queries import division_words
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.noticing import when
from crm.web.errors import land
from crm.web.language import title_in


@blueprint.get("/programmes")
@requires(Permission.ADMINISTER_REFERENCE)
def programmes() -> str:
    return render_template("applications/programmes.html", programmes=service.programmes_with_windows(clock.today()))


@blueprint.route("/programmes/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_programme() -> Any:
    form = ProgrammeForm()
    if form.validate_on_submit():
        try:
            programme = service.create_programme(actor=current_user, values=form.values())
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加项目，请再添加申报窗口。"), "success")
            return redirect(url_for("applications.programme", programme_id=programme.id))
    return render_template("applications/programme.html", form=form, programme=None)


@blueprint.route("/programmes/<int:programme_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def programme(programme_id: int) -> Any:
    found = service.load_programme(current_user, programme_id)
    form = ProgrammeForm(found)
    if form.validate_on_submit():
        try:
            service.edit_programme(found, actor=current_user, values=form.values(), version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("applications.programme", programme_id=programme_id))
    today = clock.today()
    return render_template(
        "applications/programme.html",
        form=form,
        programme=found,
        title_text=title_in(found),
        windows=[
            (window, when(opening_of(window), today)) for window in windows_of(found) if window.notice_key is None
        ],
        announced=[(each, when(each, today)) for each in announced_windows(found)],
        divisions=division_words(),
    )


@blueprint.route("/programmes/<int:programme_id>/windows/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_window(programme_id: int) -> Any:
    found = service.load_programme(current_user, programme_id)
    form = WindowForm(division_words())
    if not form.is_submitted():
        form.year.data = clock.today().year
    if form.validate_on_submit():
        try:
            service.create_window(found, actor=current_user, values=form.values())
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加申报窗口。"), "success")
            return redirect(url_for("applications.programme", programme_id=programme_id, _anchor="windows"))
    return render_template(
        "applications/window.html", form=form, programme=found, title_text=title_in(found), window=None
    )


@blueprint.route("/programme-windows/<int:window_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def window(window_id: int) -> Any:
    found = db.session.get(Window, window_id)
    if found is None or found.notice_key is not None:
        raise NotFoundError(_("没有这个申报窗口。"))
    form = WindowForm(division_words(), found)
    if form.validate_on_submit():
        try:
            service.edit_window(found, actor=current_user, values=form.values(), version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("applications.programme", programme_id=found.programme_id, _anchor="windows"))
    return render_template(
        "applications/window.html",
        form=form,
        programme=found.programme,
        title_text=title_in(found.programme),
        window=found,
    )
