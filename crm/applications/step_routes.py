"""The steps of an application, each by its own verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.applications import agency, queries, service
from crm.applications.forms import AnnounceForm, GrantForm, ReasonForm, SendBackForm, StepForm
from crm.applications.machine import Act, OpenItemsError
from crm.applications.models import Application
from crm.applications.page import application_page
from crm.applications.routes import blueprint
from crm.applications.words import state_title
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.errors import land


def take(application_id: int, act: Act, kind: type[StepForm], verb: Callable[[Application, Any], Any]) -> Any:
    """Take a step with the form of its page. A refused one shows the page with what is missing."""
    application = queries.load_application(current_user, application_id)
    form = kind(application, prefix=f"{act.value}-")
    missing = []
    if form.validate_on_submit():
        try:
            verb(application, form)
        except DomainError as error:
            missing = error.items if isinstance(error, OpenItemsError) else []
            land(form, error)
        else:
            flash(_("已办理，现在是“%(state)s”。", state=state_title(application)), "success")
            return redirect(url_for("applications.show", application_id=application.id))
    application = queries.load_application(current_user, application_id)
    return application_page(application, failed={act: form}, missing=missing), 422


@blueprint.post("/applications/<int:application_id>/agency")
@requires(Permission.VIEW_RECORD)
def begin_agency(application_id: int) -> Response:
    """The firm asks that somebody takes it through the offices for it; one of the staff takes it on."""
    application = queries.load_application(current_user, application_id)
    try:
        need = agency.begin(application, actor=current_user)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        if need.agency_since is None:
            flash(_("已请园区全程代办。园区指定代办人后会通知您。"), "success")
        else:
            flash(_("由您全程代办，企业会收到通知。每办一步，请在代办进展里记下。"), "success")
    return redirect(url_for("applications.show", application_id=application_id, _anchor="agency"))


@blueprint.post("/applications/<int:application_id>/review")
@requires(Permission.CULTIVATE)
def review(application_id: int) -> Any:
    return take(
        application_id,
        Act.REVIEW,
        StepForm,
        lambda application, form: service.review(application, actor=current_user, version=form.version.data),
    )


@blueprint.post("/applications/<int:application_id>/send-back")
@requires(Permission.CULTIVATE)
def send_back(application_id: int) -> Any:
    return take(
        application_id,
        Act.SEND_BACK,
        SendBackForm,
        lambda application, form: service.send_back(
            application, form.points, actor=current_user, version=form.version.data
        ),
    )


@blueprint.post("/applications/<int:application_id>/recommend")
@requires(Permission.SIGN_OFF)
def recommend(application_id: int) -> Any:
    return take(
        application_id,
        Act.RECOMMEND,
        StepForm,
        lambda application, form: service.recommend(application, actor=current_user, version=form.version.data),
    )


@blueprint.post("/applications/<int:application_id>/announce")
@requires(Permission.CULTIVATE)
def announce(application_id: int) -> Any:
    return take(
        application_id,
        Act.ANNOUNCE,
        AnnounceForm,
        lambda application, form: service.announce(
            application,
            actor=current_user,
            since=form.since.data,
            until=form.until.data,
            version=form.version.data,
        ),
    )


@blueprint.post("/applications/<int:application_id>/grant")
@requires(Permission.SIGN_OFF)
def grant(application_id: int) -> Any:
    return take(
        application_id,
        Act.GRANT,
        GrantForm,
        lambda application, form: service.grant(
            application,
            actor=current_user,
            number=form.number.data,
            certificate=form.certificate,
            file=form.file.data,
            skipped=form.skipped.data if form.skipped else None,
            version=form.version.data,
        ),
    )


@blueprint.post("/applications/<int:application_id>/refuse")
@requires(Permission.SIGN_OFF)
def refuse(application_id: int) -> Any:
    return take(
        application_id,
        Act.REFUSE,
        ReasonForm,
        lambda application, form: service.refuse(
            application, form.reason.data, actor=current_user, version=form.version.data
        ),
    )


@blueprint.post("/applications/<int:application_id>/withdraw")
@requires(Permission.VIEW_RECORD)
def withdraw(application_id: int) -> Any:
    return take(
        application_id,
        Act.WITHDRAW,
        ReasonForm,
        lambda application, form: service.withdraw(
            application, form.reason.data, actor=current_user, version=form.version.data
        ),
    )
