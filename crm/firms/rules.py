"""What a firm's profile, contacts and facts may hold: one place for pages, proposals and imports.

Each rule takes what a person typed in its column's type, and gives it in its normal form. What is wrong raises
DomainError on the field's name, with a sentence that says how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from flask import Flask, current_app
from flask_babel import gettext as _

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.firms.models import Chain, Division, Firm, FirmStatus, Industry, SourceChannel
from crm.firms.words import FIRM_FIELDS, TECH_FIELDS
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.identifiers import check_credit_code, is_registration_number
from crm.policy import Edition, Facts, FactsError
from crm.policy.language.points import Judged
from crm.web.language import language

_TELEPHONE = re.compile(r"[0-9+()（）\-—,，、;； /转extEXT.]{3,60}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEBSITE = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)
_STOCK_CODE = re.compile(r"[0-9A-Z]{4,10}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EARLIEST = date(1900, 1, 1)
# In characters: the column itself sets no limit.
LONGEST_BUSINESS_SCOPE = 20_000


class Profile(TypedDict, total=False):
    """The columns of a firm's profile a person may change; a key that is not there stays as it is."""

    name: str
    short_name: str | None
    english_name: str | None
    credit_code: str | None
    registration_number: str | None
    stock_code: str | None
    status: FirmStatus
    registered_on: date | None
    registered_capital: Decimal | None
    capital_currency: str | None
    division_code: str | None
    industry_code: str | None
    chain_id: int | None
    tech_field: int | None
    source_channel: SourceChannel | None
    address: str | None
    business_scope: str | None
    telephone: str | None
    website: str | None


def clean_profile(values: Mapping[str, Any], firm: Firm | None = None) -> dict[str, Any]:
    """Each value in its normal form. `firm` is the one changed: what it holds already is not judged again."""
    cleaned = {}
    for field, value in values.items():
        if field not in Profile.__annotations__:
            raise TypeError(f"{field} is not part of a firm's profile")
        if isinstance(value, str):
            value = value.strip() or None
        if firm is None or value != getattr(firm, field):
            value = _judge(field, value)
        cleaned[field] = value
    return cleaned


def _judge(field: str, value: Any) -> Any:
    if value is None:
        if field in ("name", "status"):
            raise DomainError(_("“%(field)s”不能为空。", field=FIRM_FIELDS[field]), field=field)
        return None
    longest = (
        LONGEST_BUSINESS_SCOPE if field == "business_scope" else getattr(Firm.__table__.c[field].type, "length", None)
    )
    if isinstance(value, str) and longest is not None and len(value) > longest:
        raise DomainError(
            _("最多 %(longest)s 个字，这里有 %(length)s 个。", longest=longest, length=len(value)), field=field
        )
    rule = _RULES.get(field)
    return value if rule is None else rule(value)


def credit_code(value: str) -> str:
    """The code in its normal form (GB 32100-2015)."""
    checked = check_credit_code(value)
    if not checked.is_valid:
        raise DomainError(checked.reason, field="credit_code")
    return checked.normal


def registration_number(value: str) -> str:
    """The 15-digit number from before credit codes."""
    number = check_credit_code(value).normal
    if not is_registration_number(number):
        raise DomainError(
            _("注册号应为 15 位数字，请对照老营业执照填写；18 位的请填在信用代码栏。"), field="registration_number"
        )
    return number


def _stock_code(value: str) -> str:
    if not _STOCK_CODE.fullmatch(value.upper()):
        raise DomainError(_("证券代码应为数字或字母，例如 300001。"), field="stock_code")
    return value.upper()


def _registered_on(value: date) -> date:
    if value > clock.today():
        raise DomainError(
            _("成立日期不能晚于今天（%(today)s）。", today=clock.today().isoformat()), field="registered_on"
        )
    if value < _EARLIEST:
        raise DomainError(_("成立日期太早，请核对年份。"), field="registered_on")
    return value


def _capital(value: Decimal) -> Decimal:
    if value < 0:
        raise DomainError(_("注册资本不能是负数。"), field="registered_capital")
    return value


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value.upper()):
        raise DomainError(_("币种请填三个字母，例如 CNY、USD。"), field="capital_currency")
    return value.upper()


def _tech_field(value: int) -> int:
    if value not in TECH_FIELDS:
        raise DomainError(_("请从八大领域中选择。"), field="tech_field")
    return value


def _known(model: type[Any], field: str) -> Callable[[Any], Any]:
    def rule(value: Any) -> Any:
        found = db.session.get(model, value)
        if found is not None and getattr(found, "disabled", False):
            raise DomainError(_("“%(name)s”已停用，请从列出的选项中选择。", name=found.name), field=field)
        if found is None:
            raise DomainError(_("没有“%(value)s”这一项，请从列出的选项中选择。", value=value), field=field)
        return value

    return rule


def _website(value: str) -> str:
    address = value if "://" in value else f"https://{value}"
    if not _WEBSITE.fullmatch(address):
        raise DomainError(_("网址应像 https://example.com 这样，请核对。"), field="website")
    return address


def telephone(value: str | None) -> str | None:
    """A telephone number as people write it: digits, signs, an extension."""
    if value is not None and not (_TELEPHONE.fullmatch(value) and any(map(str.isdigit, value))):
        raise DomainError(_("电话请填数字，例如 0737-4222222 或 13800000000。"), field="telephone")
    return value


def clean_contact(values: Mapping[str, Any]) -> dict[str, Any]:
    """Each value of a contact in its normal form."""
    cleaned = {field: (value.strip() or None) if isinstance(value, str) else value for field, value in values.items()}
    if "name" in cleaned and cleaned["name"] is None:
        raise DomainError(_("请填写姓名。"), field="name")
    telephone(cleaned.get("telephone"))
    email = cleaned.get("email")
    if email is not None and not _EMAIL.fullmatch(email):
        raise DomainError(_("邮箱应像 name@example.com 这样，请核对。"), field="email")
    return cleaned


_RULES: dict[str, Callable[[Any], Any]] = {
    "credit_code": credit_code,
    "registration_number": registration_number,
    "stock_code": _stock_code,
    "registered_on": _registered_on,
    "registered_capital": _capital,
    "capital_currency": _currency,
    "division_code": _known(Division, "division_code"),
    "industry_code": _known(Industry, "industry_code"),
    "chain_id": _known(Chain, "chain_id"),
    "tech_field": _tech_field,
    "telephone": telephone,
    "website": _website,
}


def organisation_for(actor: User, organisation_id: int | None) -> Organisation:
    """The organisation, if it lies under the actor's own and is in use."""
    found = db.session.get(Organisation, organisation_id) if organisation_id is not None else None
    own = actor.organisation
    if found is None or found.disabled or own is None or not found.path.startswith(own.path):
        raise DomainError(_("请从您管辖范围内的园区中选择。"), field="organisation_id")
    return found


def officer_for(organisation: Organisation, officer_id: int | None) -> User | None:
    """The officer, if they work where the firm lies within their scope."""
    if officer_id is None:
        return None
    found = db.session.get(User, officer_id)
    if (
        found is None
        or found.disabled
        or not found.can(Permission.EDIT_FIRMS)
        or found.organisation is None
        or not organisation.path.startswith(found.organisation.path)
    ):
        raise DomainError(_("请选择管辖“%(name)s”的在职人员。", name=organisation.name), field="officer_id")
    return found


def fact(key: str, value: Any) -> None:
    """Whether the engine can read this value of a fact of the firm as a whole (facts contract)."""
    section, _dot, name = key.partition(".")
    try:
        Facts.from_document({section: {name: value}} if name else {key: value})
    except FactsError as error:
        raise DomainError("；".join(problem.text[language()] for problem in error.problems), field=key) from error
    if section == "expert" and Decimal(str(value)) > (most := _most_points(name)):
        raise DomainError(_("各版认定条件里这一项最多 %(most)s 分，请核对。", most=most), field=key)


def _most_points(key: str) -> int:
    """The most points that any edition lets an expert give."""
    parts = (part for edition in current_app.extensions["known_editions"]() for part in edition.criteria)
    found = (int(part.maximum) for part in parts if isinstance(part.points, Judged) and part.points.key == key)
    return max(found, default=100)


def offer_editions(app: Flask, known: Callable[[], Iterable[Edition]]) -> None:
    """The room above that keeps the criteria says which there are: those on file and those published on a page."""
    app.extensions["known_editions"] = known


def as_of(value: date | None) -> date:
    """The day a fact was so: not in the future."""
    if value is None:
        raise DomainError(_("请填写截至日期。"), field="as_of")
    if value > clock.today():
        raise DomainError(_("截至日期不能晚于今天（%(today)s）。", today=clock.today().isoformat()), field="as_of")
    return value
