"""The rules of lists, chains and links as the engine reads them, and what is wrong with one that somebody typed."""

from __future__ import annotations

from hashlib import sha256

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.lists.models import ChainLink, CultivationChain, FirmList
from crm.policy import Edition, EditionError
from crm.policy.language.rules import read_rule
from crm.policy.language.source import Fault, line_of
from crm.web.language import language

MOST_FAULTS = 8  # told at once


def rule_of(owner: FirmList | CultivationChain | ChainLink) -> Edition | None:
    """The rule as criteria; None where the owner has none, or where what stands there can no longer be read."""
    if owner.rule is None:
        return None
    document = owner.chain.document_number if isinstance(owner, ChainLink) else owner.document_number
    try:
        return read_rule(owner.key, owner.rule, document or owner.title)
    except EditionError:
        return None


def checked_rule(text: str | None) -> str | None:
    """The rule as it is kept. Raises DomainError on its field, naming each fault with its line, key and cure."""
    if text is None or not text.strip():
        return None
    plain = text.replace("\r\n", "\n").strip() + "\n"
    try:
        read_rule("rule", plain)
    except EditionError as error:
        told = [_told(plain, fault) for fault in error.faults[:MOST_FAULTS]]
        if len(error.faults) > MOST_FAULTS:
            told.append(_("另有 %(n)s 处", n=len(error.faults) - MOST_FAULTS))
        raise DomainError(_("规则有误：%(faults)s", faults=_("；").join(told)), field="rule") from error
    return plain


def _told(text: str, fault: Fault) -> str:
    """`第 8 行 criteria[GS-2].certainty：…`; the line alone where the text cannot be read at all."""
    line = line_of(text, fault.key)
    where = [_("第 %(line)s 行", line=line)] if line is not None else []
    if not fault.key.startswith("line "):
        where.append(fault.key)
    return f"{' '.join(where)}{_('：')}{fault.text[language()]}"


def lists_in_use() -> list[FirmList]:
    statement = select(FirmList).where(FirmList.disabled.is_(False)).order_by(FirmList.place, FirmList.id)
    return list(db.session.scalars(statement))


def chains_in_use() -> list[CultivationChain]:
    statement = (
        select(CultivationChain)
        .where(CultivationChain.disabled.is_(False))
        .options(selectinload(CultivationChain.links))
        .order_by(CultivationChain.place, CultivationChain.id)
    )
    return list(db.session.scalars(statement))


def fingerprint(lists: list[FirmList], chains: list[CultivationChain]) -> str:
    """One hash of all rules in use: another one, and every firm is judged anew."""
    known = [f"list {each.id} {each.rule}" for each in lists]
    for chain in chains:
        known.append(f"chain {chain.id} {chain.rule}")
        known += [f"link {link.id} {link.place} {link.rule}" for link in chain.links]
    return sha256("\n".join(known).encode()).hexdigest()
