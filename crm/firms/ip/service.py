"""What may be done with a firm's IP register: add, edit, verify, remove. The bulk twin stands in ip_bulk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.ip.models import INVENTIONS, Acquired, IpKind, IpRight, IpStatus
from crm.firms.models import Document, Firm, State
from crm.firms.words import ACQUIRED, IP_FIELDS, IP_KINDS, IP_STATUSES
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.identifiers import check_ip_number
from crm.kernel.identifiers.checked import clean
from crm.web import conflict

# Kinds whose numbers have a form of their own, and what such a number may stand for.
NUMBERED = {
    "invention": INVENTIONS,
    "utility_model": (IpKind.UTILITY_MODEL,),
    "design": (IpKind.DESIGN,),
    "software": (IpKind.SOFTWARE,),
    "ic_layout": (IpKind.IC_LAYOUT,),
}
PUBLISHED = (IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.DESIGN)  # patents whose numbers the office publishes
LONGEST_NUMBER = 40
DATES = ("filed_on", "granted_on", "acquired_on")


def read_number(number: str, kind: IpKind | None) -> tuple[IpKind, str]:
    """The right's kind, read from the number where it tells, and the number in its normal form.

    Raises DomainError on `number` for a number that cannot be one, on `kind` where the two contradict each other.
    """
    checked = check_ip_number(number)
    if not checked.normal:
        raise DomainError(_("请填写编号。"), field="number")
    if checked.is_valid and checked.kind in NUMBERED:
        possible = NUMBERED[checked.kind]
        if kind is not None and kind not in possible:
            raise DomainError(
                _(
                    "编号“%(number)s”是%(actual)s的编号，不能登记为%(chosen)s。请核对编号和类型。",
                    number=checked.normal,
                    actual=IP_KINDS[possible[0]],
                    chosen=IP_KINDS[kind],
                ),
                field="kind",
            )
        return kind or possible[0], checked.normal
    if kind is None:
        reason = checked.reason or _("从编号看不出是哪种知识产权。")
        raise DomainError(_("%(reason)s。如果不是专利，请选择类型。", reason=str(reason).rstrip("。")), field="number")
    if kind in PUBLISHED:
        raise DomainError(checked.reason, field="number")
    if kind is IpKind.SOFTWARE:
        raise DomainError(_("软件著作权登记号的样子是 2020SR0123456，请对照登记证书填写。"), field="number")
    if kind is IpKind.IC_LAYOUT:
        raise DomainError(_("布图设计登记号的样子是 BS.205012345，请对照登记证书填写。"), field="number")
    normal = clean(number)
    if len(normal) > LONGEST_NUMBER:
        raise DomainError(_("编号最多 %(longest)s 个字符。", longest=LONGEST_NUMBER), field="number")
    return kind, normal


def check_right(values: Mapping[str, Any]) -> None:
    """Raise DomainError on the field that a right cannot have so. Unknown (None) is allowed, save for the title."""
    if "title" in values and not (values["title"] or "").strip():
        raise DomainError(_("请填写名称。"), field="title")
    for field in DATES:
        if values.get(field) is not None and values[field] > clock.today():
            raise DomainError(_("%(title)s不能晚于今天。", title=IP_FIELDS[field]), field=field)
    filed_on, granted_on = values.get("filed_on"), values.get("granted_on")
    if filed_on is not None and granted_on is not None and granted_on < filed_on:
        raise DomainError(_("授权（登记）日不能早于申请日，请核对。"), field="granted_on")
    if values.get("owner_rank") is not None and values["owner_rank"] < 1:
        raise DomainError(_("权利人排序从 1 开始。"), field="owner_rank")


def add_right(
    *,
    actor: User,
    firm: Firm,
    number: str,
    title: str,
    kind: IpKind | None = None,
    document: Document | None = None,
    **values: Any,
) -> IpRight:
    """Enter a right; the kind is read from the number where the number tells it. `values` are columns of IpRight.

    Raises DomainError for a number that is none, contradicts the kind, or is in the firm's register already.
    """
    kind, number = read_number(number, kind)
    check_right({**values, "title": title})
    _check_new(firm.id, number)
    right = IpRight(
        firm=firm, firm_id=firm.id, kind=kind, number=number, title=title.strip(), document=document, **values
    )
    db.session.add(right)
    db.session.flush()
    return right


def edit_right(
    *, actor: User, right: IpRight, document: Document | None, expected_version: int | str | None = None, **values: Any
) -> IpRight:
    """Set columns of a right; what was verified is declared again when it changes.

    Raises DomainError as `add_right`, and EditConflictError if someone else saved it since `expected_version`.
    """
    if "number" in values or "kind" in values:
        values["kind"], values["number"] = read_number(
            values.get("number") or right.number, values.get("kind", right.kind)
        )
    check_right({**{field: getattr(right, field) for field in ("filed_on", "granted_on")}, **values})
    if expected_version is not None:
        conflict.check_version(right, expected_version, values, IP_FIELDS, shown)
    if values.get("number", right.number) != right.number:
        _check_new(right.firm_id, values["number"])
    changed = {field: value for field, value in values.items() if getattr(right, field) != value}
    for field, value in changed.items():
        setattr(right, field, value)
    right.document = document
    if changed:
        right.state = State.DECLARED
    db.session.flush()
    return right


def verify_right(*, actor: User, right: IpRight, expected_version: int | str | None = None) -> None:
    """Mark a right as checked against its certificate.

    Raises EditConflictError if it is no longer the `expected_version` that the checker saw.
    """
    conflict.check_seen(right, expected_version)
    right.state = State.VERIFIED
    db.session.flush()


def remove_right(*, actor: User, right: IpRight) -> None:
    """Take a right out of the register (entered for the wrong firm, say). The history keeps it."""
    db.session.delete(right)
    db.session.flush()


def shown(field: str, value: Any) -> Any:
    """A column's value for a reader."""
    words: dict[str, Mapping[Any, Any]] = {"kind": IP_KINDS, "status": IP_STATUSES, "acquired": ACQUIRED}
    if field in words and value is not None:
        return words[field][value]
    return conflict.plain_words(value)


def doubts_of(right: IpRight, end: date | None, today: date) -> list[str]:
    """What looks wrong with a right but may be true: shown, never refused."""
    doubts = []
    if right.filed_on is not None and right.kind in PUBLISHED:
        digits = right.number.partition(".")[0]
        year = digits[:4] if len(digits) == 12 else digits[:2]
        if not str(right.filed_on.year).endswith(year):
            doubts.append(_("编号里的年份“%(year)s”与申请日不符", year=year))
    if right.status is IpStatus.VALID and end is not None and end < today:
        doubts.append(_("按申请日推算期限已满，请核对法律状态"))
    if right.acquired is Acquired.LICENCE:
        doubts.append(_("许可使用的权利不属于企业，认定时不计"))
    return doubts


def _check_new(firm_id: int, number: str) -> None:
    there = db.session.scalar(select(IpRight.id).where(IpRight.firm_id == firm_id, IpRight.number == number))
    if there is not None:
        raise DomainError(_("这家企业的台账里已有编号“%(number)s”，不必重复登记。", number=number), field="number")
