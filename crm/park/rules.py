"""The two rules of a comparison: editions by name, and an edition with some of its numbers changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.editions.library import drafted, edition_named, library
from crm.kernel.errors import DomainError
from crm.policy import Edition, Fault, NoEdition
from crm.policy.drafting import numbers as policy_numbers
from crm.policy.drafting.numbers import Number
from crm.policy.language.library import parse_file
from crm.policy.language.regions import stem
from crm.web.language import language

LARGEST = 10**8  # 万元, shares, people: nothing in a rule is larger


def offered(user: User) -> list[Edition]:
    """The editions the user may compare: those in the library, and drafts where they may see them."""
    # A draft is of those who write them; what it would do is nobody else's yet.
    return [*library(), *(drafted() if user.can(Permission.ADMINISTER_REFERENCE) else ())]


def rule(name: str, numbers: Mapping[str, Any] | None = None) -> Edition:
    """The edition of this id (`srdi.2026.review`), with the numbers changed. Raises DomainError where it is not there."""
    try:
        edition = edition_named(name, drafts=True)
    except NoEdition:
        raise DomainError(
            _("没有可用的条件版本 %(name)s：它可能已被删除，或草稿里有错。请改正或另选版本，再重新测算。", name=name)
        ) from None
    return with_numbers(edition, {path: Fraction(number) for path, number in (numbers or {}).items()})


def with_numbers(edition: Edition, numbers: Mapping[str, Fraction]) -> Edition:
    """The edition as it would be with these numbers (by their path). Raises DomainError naming every fault."""
    if not numbers:
        return edition
    known = {number.path: number for number in numbers_in(edition)}
    for path, value in numbers.items():
        _check_number(edition, known.get(path), path, value)
    faults: list[Fault] = []
    found = parse_file(edition.id, policy_numbers.with_numbers(edition.content, numbers), {}, faults)
    if faults:
        texts = [f"{fault.key}{_('：')}{fault.text[language()]}" for fault in faults]
        raise DomainError(_("改动后的条件有误：%(faults)s", faults=_("；").join(texts)))
    return next(each for each in found if each.purpose == edition.purpose)


def _check_number(edition: Edition, number: Number | None, path: str, value: Fraction) -> None:
    if number is None:
        raise DomainError(_("%(edition)s 没有数字 %(path)s。", edition=edition.id, path=path))
    title = number.label[language()] or path
    if value < 0 <= number.value:
        raise DomainError(_("%(number)s不能是负数。", number=title))
    if abs(value) > LARGEST:
        raise DomainError(_("%(number)s太大，请核对单位。", number=title))
    if number.whole and value.denominator != 1:
        raise DomainError(_("%(number)s要填整数。", number=title))


def numbers_in(edition: Edition) -> list[Number]:
    """The numbers that the edition's own purpose reads, in the order of the clauses."""
    own = {criterion.id for criterion in edition.criteria}
    return [number for number in policy_numbers.numbers_of(edition.content) if own & {number.clause, *number.clauses}]


def stems(*wanted: Edition) -> list[str]:
    """The beginnings that a firm's division code must have for the editions to apply to it; none for national ones."""
    return sorted({stem(edition.region) for edition in wanted if edition.region})


def same_kind(among: Iterable[Edition], rung: str, purpose: str) -> list[Edition]:
    """The editions of a rung for a purpose, the latest first."""
    fitting = [edition for edition in among if edition.rung == rung and edition.purpose == purpose]
    return sorted(fitting, key=lambda edition: (edition.since, edition.id), reverse=True)
