"""Error pages in the house's look, and domain errors on their form fields."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from wtforms.widgets import HiddenInput

from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError, NotFoundError
from crm.web import conflict


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(NotFoundError, lambda _error: page(404))
    app.register_error_handler(NotAllowedError, lambda error: page(403, str(error)))
    app.register_error_handler(StaleDataError, lambda _error: page(409))
    app.register_error_handler(DomainError, lambda error: page(400, str(error)))
    # What no column can hold and no form stands for: a NUL in an address, a number beyond all.
    app.register_error_handler(DataError, lambda _error: page(400))
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unforeseen)


def texts(code: int) -> tuple[str, str]:
    known = {
        400: (_("这个请求有问题"), _("请返回检查所填内容后重试。")),
        403: (_("您没有做这件事的权限"), _("如需要，请联系本单位的管理员。")),
        404: (_("没有这个页面"), _("它可能已被移走，或不在您的管辖范围内。")),
        405: (_("不能这样打开这个页面"), _("请从系统内的按钮进入。")),
        409: (_("别人刚刚改过这条记录"), _("请重新打开，核对后再保存。")),
        413: (_("文件太大"), _("请压缩或拆分后再上传。")),
        429: (_("尝试过于频繁"), _("请稍候再试。")),
        503: (
            _("系统正忙"),
            _("正在写入大量数据，您填写的内容还没有保存。请返回上一页，稍候再提交一次，所填的内容还在。"),
        ),
    }
    return known.get(code, (_("系统出错了"), _("您填写的内容没有保存。我们已记录此错误，请稍后重试。")))


def page(code: int, message: str | None = None) -> tuple[str, int]:
    """The error page. What the request had changed is thrown away first."""
    db.session.rollback()
    title, usual = texts(code)
    template = "errors/_fragment.html" if request.headers.get("HX-Request") else "errors/error.html"
    return render_template(template, code=code, title=title, message=message or usual), code


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    return page(error.code)


def _csrf(_error: CSRFError) -> Any:
    return page(400, _("页面停留太久，已失效。请返回、刷新后再提交，您刚才填写的内容请先复制保存。"))


def _busy(error: OperationalError) -> Any:
    if "database is locked" not in str(error.orig):
        return _unforeseen(error)
    current_app.logger.warning("the write lock was not free in time at %s %s", request.method, request.path)
    with db.reading():  # the page asks who is signed in, and must not wait as well
        return page(503)


def _unforeseen(error: Exception) -> Any:
    if current_app.testing:
        raise error
    current_app.logger.exception("unforeseen error at %s %s", request.method, request.path)
    return page(500)


def land(form: FlaskForm, error: DomainError) -> None:
    """Undo what the request did and put the error on its field, or on the form as a whole.

    A conflict of edits becomes `form.conflict`, for `_components/conflict.html`.
    """
    db.session.rollback()
    if isinstance(error, EditConflictError):
        conflict.land(form, error)
        return
    field = form._fields.get(error.field) if error.field else None
    if field is not None and not isinstance(field.widget, HiddenInput):  # what nobody sees has no name to be called by
        field.errors = [*field.errors, error.message]
    else:
        form.form_errors.append(error.message)
