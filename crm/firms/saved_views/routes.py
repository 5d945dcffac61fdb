"""Pages of saved views: saving the list one looks at, and one's own views."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.routes import blueprint
from crm.firms.saved_views import service
from crm.firms.saved_views.models import SavedView
from crm.kernel.errors import DomainError
from crm.web.errors import land
from crm.web.fields import TextField


class ViewForm(FlaskForm):
    """A view: which list with which filters, and what it is called."""

    name = TextField(_l("视图名称"), render_kw={"maxlength": service.LONGEST_NAME})
    shared = BooleanField(_l("本单位和下级单位都能看到"))
    endpoint = HiddenField()
    query = HiddenField()


class OwnForm(FlaskForm):
    """A view one has: the fields of each stand apart on the page."""

    name = TextField(_l("视图名称"), render_kw={"maxlength": service.LONGEST_NAME})
    shared = BooleanField(_l("本单位和下级单位都能看到"))

    def __init__(self, view: SavedView, **options: Any) -> None:
        shown = {"name": view.name, "shared": view.organisation_id is not None}
        super().__init__(prefix=f"view{view.id}-", data=shown, **options)


@blueprint.get("/views")
@requires(Permission.VIEW_FIRMS)
def views() -> str:
    """One's own views: to open, rename, share or delete."""
    return _views()


def _views(wrong: OwnForm | None = None, of: SavedView | None = None) -> str:
    mine = service.own_views(current_user)
    return render_template(
        "firms/views/index.html",
        rows=[(view, wrong if wrong and view is of else OwnForm(view, formdata=None)) for view in mine],
        lists=current_app.extensions["view_lists"],
        address=service.address_of,
    )


@blueprint.post("/views")
@requires(Permission.VIEW_FIRMS)
def save_view() -> Any:
    """Save the list one looks at; a name that is taken is asked about."""
    form, taken = ViewForm(), False
    if form.validate_on_submit():
        try:
            view = service.save_view(
                actor=current_user,
                endpoint=form.endpoint.data or "",
                query=form.query.data or "",
                name=form.name.data or "",
                shared=bool(form.shared.data),
                replace=request.form.get("replace") == "1",
            )
        except service.NameTakenError as error:
            taken = True
            land(form, error)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存视图“%(name)s”。", name=view.name), "success")
            return redirect(service.address_of(view))
    lists = current_app.extensions["view_lists"]
    back = form.endpoint.data if form.endpoint.data in lists else "firms.index"
    return render_template("firms/views/save.html", form=form, taken=taken, back=back, lists=lists), 422


@blueprint.post("/views/<int:view_id>")
@requires(Permission.VIEW_FIRMS)
def change_view(view_id: int) -> Any:
    view = service.load_own_view(current_user, view_id)
    form = OwnForm(view)
    if form.validate_on_submit():
        try:
            service.change_view(actor=current_user, view=view, name=form.name.data or "", shared=bool(form.shared.data))
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("firms.views"))
    return _views(form, view), 422


@blueprint.post("/views/<int:view_id>/delete")
@requires(Permission.VIEW_FIRMS)
def delete_view(view_id: int) -> Response:
    view = service.load_own_view(current_user, view_id)
    name = view.name
    service.delete_view(view=view)
    flash(_("已删除视图“%(name)s”。名单和企业都不受影响。", name=name), "success")
    return redirect(url_for("firms.views"))
