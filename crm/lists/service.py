"""What may be done with lists and chains: put firms on and take them off, edit a list, a chain, a link."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.lists.models import ChainLink, CultivationChain, FirmList, ListMember
from crm.lists.rules import checked_rule
from crm.lists.words import CHAIN_FIELDS, LINK_FIELDS, LIST_FIELDS, MEMBER_FIELDS
from crm.web.conflict import check_version
from crm.web.formatting import day

KEY = re.compile(r"[a-z][a-z0-9_]{1,59}")
MOST_LINKS = 9  # a standing has a letter each


# members


def put_on(
    *, actor: User, firm_list: FirmList, firm: Firm, since: date, why: str | None, number: str | None = None
) -> ListMember:
    """Put the firm on the list from a day. Raises DomainError where it is on it already, or nobody said why."""
    if firm_list.disabled:
        raise DomainError(_("名单“%(list)s”已停用，不能再列入企业。", list=firm_list.title))
    if since > clock.today():
        raise DomainError(_("列入日期不能晚于今天。"), field="since")
    if not (why or "").strip():
        raise DomainError(_("请填写列入理由。"), field="why")
    for other in db.session.scalars(
        select(ListMember).where(ListMember.list_id == firm_list.id, ListMember.firm_id == firm.id)
    ):
        if other.until is None:
            raise DomainError(_("已在名单上，自 %(day)s。", day=day(other.since)))
        if since < other.until:
            raise DomainError(_("它在名单上直到 %(day)s，列入日期不能更早。", day=day(other.until)), field="since")
    member = ListMember(firm_list=firm_list, firm=firm, since=since, why=why, number=number, by=actor)
    try:
        with db.session.begin_nested():
            db.session.add(member)
    except IntegrityError as error:
        raise DomainError(_("已在名单上")) from error  # somebody else was first, this moment
    return member


def take_off(
    *, actor: User, member: ListMember, until: date, why_off: str | None, expected_version: int | str | None = None
) -> None:
    """Take the firm off the list: `until` is the first day it is on it no longer. Raises DomainError on the field that is wrong."""
    values = {"until": until, "why_off": why_off}
    if expected_version is not None:
        check_version(member, expected_version, values, MEMBER_FIELDS)
    if member.until is not None:
        raise DomainError(_("已于 %(day)s 移出名单。", day=day(member.until)))
    if until > clock.today():
        raise DomainError(_("移出日期不能晚于今天。"), field="until")
    if until < member.since:
        raise DomainError(_("移出日期不能早于列入日期 %(day)s。", day=day(member.since)), field="until")
    if not (why_off or "").strip():
        raise DomainError(_("请填写移出理由。"), field="why_off")
    member.until, member.why_off = until, why_off
    db.session.flush()


# lists, chains, links


def add_list(*, actor: User, **values: Any) -> FirmList:
    """A new list. Raises DomainError on the field that is wrong; a rule's faults are named with key and cure."""
    _check_key(FirmList, values["key"])
    found = FirmList(**{**values, "rule": checked_rule(values.get("rule"))})
    db.session.add(found)
    db.session.flush()
    return found


def edit_list(*, actor: User, firm_list: FirmList, expected_version: int | str | None = None, **values: Any) -> None:
    """Change a list; its key never changes. Raises DomainError as `add_list`, and EditConflictError."""
    _set(firm_list, {**values, "rule": checked_rule(values.get("rule"))}, expected_version, LIST_FIELDS)


def add_chain(*, actor: User, **values: Any) -> CultivationChain:
    _check_key(CultivationChain, values["key"])
    found = CultivationChain(**{**values, "rule": checked_rule(values.get("rule"))})
    db.session.add(found)
    db.session.flush()
    return found


def edit_chain(
    *, actor: User, chain: CultivationChain, expected_version: int | str | None = None, **values: Any
) -> None:
    _set(chain, {**values, "rule": checked_rule(values.get("rule"))}, expected_version, CHAIN_FIELDS)


def add_link(*, actor: User, chain: CultivationChain, **values: Any) -> ChainLink:
    """A new link, at the end unless `place` says otherwise. Raises DomainError on the field that is wrong."""
    _check_link(values)
    if len(chain.links) >= MOST_LINKS:
        raise DomainError(_("一条链最多 %(n)s 环。", n=MOST_LINKS))
    if not KEY.fullmatch(values["key"] or "") or any(link.key == values["key"] for link in chain.links):
        raise DomainError(_("代号用小写英文字母、数字和下划线，同一条链里不重复。"), field="key")
    link = ChainLink(**{**values, "rule": checked_rule(values["rule"])})
    chain.links.append(link)
    db.session.flush()
    return link


def edit_link(*, actor: User, link: ChainLink, expected_version: int | str | None = None, **values: Any) -> None:
    """Change a link; its key never changes. Raises DomainError as `add_link`, and EditConflictError."""
    _check_link(values)
    _set(link, {**values, "rule": checked_rule(values["rule"])}, expected_version, LINK_FIELDS)


def remove_link(*, actor: User, link: ChainLink) -> None:
    """Take a link out of its chain. The history keeps it. Raises DomainError for the last one."""
    if len(link.chain.links) == 1:
        raise DomainError(_("一条链至少有一环；不再用的链请停用。"))
    link.chain.links.remove(link)
    db.session.flush()


def _check_link(values: dict[str, Any]) -> None:
    if not (values.get("rule") or "").strip():
        raise DomainError(_("请写完成这一环的条件。"), field="rule")


def _check_key(model: type[FirmList] | type[CultivationChain], key: str | None) -> None:
    if not KEY.fullmatch(key or ""):
        raise DomainError(_("代号用小写英文字母、数字和下划线，以字母开头，例如 key_innovative。"), field="key")
    if db.session.scalar(select(model.id).where(model.key == key)) is not None:
        raise DomainError(_("代号已被使用，请换一个。"), field="key")


def _set(record: Any, values: dict[str, Any], expected_version: int | str | None, titles: dict[str, Any]) -> None:
    if expected_version is not None:
        check_version(record, expected_version, values, titles)
    for name, value in values.items():
        setattr(record, name, value)
    db.session.flush()
