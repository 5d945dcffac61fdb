"""Verbs of the administrator: programmes and the windows that no notice announces."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.models import Programme, Window
from crm.applications.words import PROGRAMME_FIELDS, WINDOW_FIELDS
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError, NotFoundError
from crm.web.conflict import check_version, plain_words


def load_programme(user: User, programme_id: int) -> Programme:
    """A programme, for who keeps them. Raises NotFoundError otherwise."""
    found = db.session.get(Programme, programme_id) if user.can(Permission.ADMINISTER_REFERENCE) else None
    if found is None:
        raise NotFoundError(_("没有这个项目。"))
    return found


def create_programme(*, actor: User, values: Mapping[str, Any]) -> Programme:
    """Add a programme. Its key is for the program only: what people call it may change."""
    _require(actor)
    if db.session.scalar(select(Programme.id).where(Programme.title == values["title"]).limit(1)) is not None:
        raise DomainError(_("已有一个项目叫“%(title)s”。", title=values["title"]), field="title")
    programme = Programme(key=f"own_{secrets.token_hex(6)}", **values)
    db.session.add(programme)
    db.session.flush()
    return programme


def edit_programme(
    programme: Programme, *, actor: User, values: Mapping[str, Any], version: int | str | None = None
) -> None:
    """Change a programme. What it leads to stays once something was applied for: those applications belong to cases of that rung."""
    _require(actor)
    if version is not None:
        check_version(programme, version, values, PROGRAMME_FIELDS, _shown)
    if (programme.rung, programme.purpose) != (values["rung"], values["purpose"]) and programme.windows:
        raise DomainError(_("已有申报窗口，不能改对应资质和申报类型；请停用这个项目，另加一个。"), field="rung")
    for name, value in values.items():
        setattr(programme, name, value)
    db.session.flush()


def create_window(programme: Programme, *, actor: User, values: Mapping[str, Any]) -> Window:
    """Add a window that no notice announces."""
    _require(actor)
    window = Window(programme_id=programme.id, **_checked(programme, None, values))
    window.programme = programme
    db.session.add(window)
    db.session.flush()
    return window


def edit_window(window: Window, *, actor: User, values: Mapping[str, Any], version: int | str | None = None) -> None:
    _require(actor)
    values = _checked(window.programme, window, values)
    if version is not None:
        check_version(window, version, values, WINDOW_FIELDS)
    for name, value in values.items():
        setattr(window, name, value)
    db.session.flush()


def programmes_with_windows(on: date) -> list[tuple[Programme, int]]:
    """Every programme, disabled ones last, with how many of its entered windows are not over."""
    open_now = (
        select(func.count())
        .where(
            Window.programme_id == Programme.id,
            Window.notice_key.is_(None),
            Window.disabled.is_(False),
            Window.closes_on >= on,
        )
        .scalar_subquery()
    )
    rows = db.session.execute(select(Programme, open_now).order_by(Programme.disabled, Programme.id))
    return [(programme, number) for programme, number in rows]


def _require(actor: User) -> None:
    if not actor.can(Permission.ADMINISTER_REFERENCE):
        raise NotAllowedError(_("只有管理员可以维护申报项目。"))


def _checked(programme: Programme, window: Window | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Days that follow one another and belong to the year, of a window that is not there already: nobody applies twice to one."""
    if values["closes_on"] is None:
        raise DomainError(_("请填写截止日期。"), field="closes_on")
    if values["opens_on"] is not None and values["closes_on"] < values["opens_on"]:
        raise DomainError(_("截止日期早于开放日期，请核对。"), field="closes_on")
    if abs(values["closes_on"].year - values["year"]) > 1:
        raise DomainError(_("截止日期与年度 %(year)s 对不上，请核对。", year=values["year"]), field="closes_on")
    same = [
        getattr(Window, name) == values.get(name)
        for name in ("year", "title", "division_code", "opens_on", "closes_on")
    ]
    for other in db.session.scalars(select(Window).where(Window.programme_id == programme.id, *same)):
        if other is not window and other.notice_key is None:
            raise DomainError(_("这个申报窗口已经有了：年度、批次、地区和起止日期都相同。"), field="closes_on")
    return values


def _shown(name: str, value: Any) -> Any:
    """A value as a person reads it; of what is asked the titles."""
    if name in ("asks", "papers"):
        return "、".join(item["title"] for item in value) or _("未填")
    return plain_words(value)
