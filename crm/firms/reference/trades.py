"""What an administrator does to the trades of GB/T 4754 as the standard is amended: rename one, add one, take one out of use."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.firms.models import Industry
from crm.firms.reference.words import INDUSTRY_FIELDS, LEVEL_OF, LEVELS
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.conflict import check_version
from crm.web.fields import half_width

_CODE = re.compile(r"[A-Z](\d{2,4})?", re.ASCII)


def add_trade(*, actor: User, code: str, name: str) -> Industry:
    """A new trade below the one that its code names: “C3426” stands below “C342”; a letter alone is a new section.

    Raises DomainError for a code that is not of the form of GB/T 4754, is taken, or has nothing in use above it, and for a
    name that another one beside it has.
    """
    code = half_width(code).strip().upper()
    if not _CODE.fullmatch(code):
        raise DomainError(_("代码应是门类字母加数字：门类 C，大类 C34，中类 C342，小类 C3421。"), field="code")
    taken = db.session.get(Industry, code)
    if taken is None and len(code) > 1:
        # The figures are counted through the sections: 34 is only in C.
        taken = db.session.scalars(select(Industry).where(Industry.code.like(f"_{code[1:]}"))).first()
    if taken is not None:
        raise DomainError(_("代码已经有了：%(code)s %(name)s。", code=taken.code, name=taken.name), field="code")
    parent = _parent_in_use(code)
    trade = Industry(
        code=code,
        name=_free_name(name, code, parent),
        level=LEVEL_OF[len(code)],
        parent_code=parent.code if parent else None,
    )
    db.session.add(trade)
    db.session.flush()
    return trade


def edit_trade(
    *, actor: User, trade: Industry, name: str, disabled: bool, expected_version: int | str | None = None
) -> Industry:
    """Rename a trade, take it out of use or bring it back; its firms keep it. Its code stays: criteria read it.

    Raises DomainError for a name taken, for one that has trades in use below it or none in use above it, and
    EditConflictError if somebody else saved it meanwhile.
    """
    parent = db.session.get(Industry, trade.parent_code) if trade.parent_code else None
    values = {"name": _free_name(name, trade.code, parent), "disabled": disabled}
    if disabled and not trade.disabled:
        below = db.session.scalar(
            select(func.count()).where(Industry.parent_code == trade.code, Industry.disabled.is_(False))
        )
        if below:
            raise DomainError(_("下一级还有 %(n)s 个在用，请先停用它们。", n=below), field="disabled")
    if trade.disabled and not disabled and parent is not None and parent.disabled:
        raise DomainError(
            _("上一级“%(code)s %(name)s”已停用，请先恢复它。", code=parent.code, name=parent.name), field="disabled"
        )
    if expected_version is not None:
        check_version(trade, expected_version, values, INDUSTRY_FIELDS)
    for field, value in values.items():
        setattr(trade, field, value)
    db.session.flush()
    return trade


def parent_code_of(code: str) -> str | None:
    """The code one level up: of C342 it is C34, of C34 it is C, and of C there is none."""
    return None if len(code) == 1 else code[:1] if len(code) == 3 else code[:-1]


def _parent_in_use(code: str) -> Industry | None:
    above = parent_code_of(code)
    if above is None:
        return None
    parent = db.session.get(Industry, above)
    if parent is None:
        raise DomainError(
            _("还没有上一级%(level)s %(code)s，请先添加它。", level=LEVELS[LEVEL_OF[len(above)]], code=above),
            field="code",
        )
    if parent.disabled:
        raise DomainError(
            _("上一级“%(code)s %(name)s”已停用，请先恢复它。", code=parent.code, name=parent.name), field="code"
        )
    return parent


def _free_name(name: str, code: str, parent: Industry | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError(_("请填写名称。"), field="name")
    beside = Industry.parent_code == parent.code if parent else Industry.parent_code.is_(None)
    other = db.session.scalar(select(Industry.code).where(beside, Industry.name == name, Industry.code != code))
    if other is not None:
        raise DomainError(_("同级里已有“%(name)s”（%(code)s）。", name=name, code=other), field="name")
    return name
