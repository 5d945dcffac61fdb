"""Reads of comparisons: which ones a person may see, and the firms of one with what stands in their way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager, joinedload

from crm.accounts.models import User
from crm.accounts.scope import within_scope
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.facts import facts_of_many
from crm.ladder.gate import blocking_criteria
from crm.park import rules
from crm.park.models import ComparedFirm, Comparison, Verdict
from crm.policy import Edition, Facts, evaluate, title_of
from crm.policy.answers.verdict import MET, judge
from crm.policy.readings.reading import FirmReading
from crm.policy.vocabulary import ATTRIBUTE_TITLES, LISTS
from crm.web.language import language
from crm.web.paging import PAGE_SIZE, Page, page_of

CLAUSES = 5  # shown of those in a firm's way
FIRMS = 20  # a page: each is judged exactly, twice


def comparisons_for(user: User, number: int) -> Page[Comparison]:
    """The comparisons of the user's organisations, the newest first."""
    organisation_id: Any = Comparison.organisation_id
    rows = db.session.scalars(
        select(Comparison)
        .where(within_scope(user, organisation_id), _seen_by(user))
        .options(joinedload(Comparison.organisation), joinedload(Comparison.created_by))
        .order_by(Comparison.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return page_of(rows, number)


def load_comparison_for(user: User, comparison_id: int) -> Comparison:
    """The comparison, if its organisation lies in the user's scope and they may see both rules. Raises NotFoundError."""
    organisation_id: Any = Comparison.organisation_id
    found = db.session.scalar(
        select(Comparison).where(Comparison.id == comparison_id, within_scope(user, organisation_id), _seen_by(user))
    )
    if found is None:
        raise NotFoundError(_("没有这次对比，或它不在您的管辖范围内。"))
    return found


def _seen_by(user: User) -> ColumnElement[bool]:
    """What the person began, and what names only editions they may see: a draft is not everybody's."""
    names = [edition.id for edition in rules.offered(user)]
    return (Comparison.created_by_id == user.id) | (Comparison.before.in_(names) & Comparison.after.in_(names))


@dataclass(frozen=True)
class Clause:
    """A criterion in the firm's way: its title, what is missing in real units, and whether it is one of several ways."""

    title: str
    verdict: str
    text: str | None
    alternative: bool


@dataclass(frozen=True)
class Side:
    """A firm under one of the two rules, judged now: the verdict, and the first clauses in the way of `total`."""

    verdict: str
    clauses: Sequence[Clause]
    total: int


@dataclass(frozen=True)
class Row:
    """A firm whose verdict differed. The sides are None where a rule is no longer there."""

    firm: Firm
    before: Verdict
    after: Verdict
    was: Side | None
    is_now: Side | None

    @property
    def changed_since(self) -> bool:
        """Whether the firm's own record has changed the answer since it was worked out."""
        if self.was is None or self.is_now is None:
            return False
        return (self.was.verdict, self.is_now.verdict) != (self.before.value, self.after.value)


def page_of_firms(
    user: User,
    comparison: Comparison,
    sides: tuple[Edition, Edition] | None,
    conditions: Sequence[ColumnElement[bool]],
    number: int,
) -> Page[Row]:
    """One page of the firms that fit conditions on `ComparedFirm` and `Firm`, by name, each judged exactly under both.

    A firm that went to another organisation since is only for those who may see it there.
    """
    found = db.session.scalars(
        select(ComparedFirm)
        .join(ComparedFirm.firm)
        .where(ComparedFirm.comparison_id == comparison.id, visible_firms(user), *conditions)
        .options(contains_eager(ComparedFirm.firm).joinedload(Firm.organisation))
        .order_by(Firm.sort_key, Firm.id)
        .limit(FIRMS + 1)
        .offset((number - 1) * FIRMS)
    ).all()
    page = page_of(found, number, FIRMS)
    known = facts_of_many([row.firm for row in page.rows], comparison.on) if sides else {}
    facts = {firm_id: Facts.from_document(each.document) for firm_id, each in known.items()}

    def judged(row: ComparedFirm, edition: Edition) -> Side:
        return side_of(edition, facts[row.firm_id], comparison.on)

    rows = [
        Row(
            row.firm,
            row.before,
            row.after,
            *((judged(row, sides[0]), judged(row, sides[1])) if sides else (None, None)),
        )
        for row in page.rows
    ]
    return Page(rows, page.number, page.more)


def side_of(edition: Edition, facts: Facts, on: date) -> Side:
    """The firm judged exactly: the verdict, and the first clauses in its way."""
    truth = judge(edition, FirmReading(facts, on)).verdict
    if truth.low:  # nothing is in the way: no need to explain it
        return Side(MET, (), 0)
    assessment = evaluate(edition, facts, on)
    blocking = list(blocking_criteria(assessment))
    # What is known to be short comes before what nobody knows yet.
    blocking.sort(key=lambda pair: pair[0].verdict != "not_met")
    here = language()
    clauses = [
        Clause(
            result.title[here],
            result.verdict,
            result.gap.text[here] if result.gap else _lacking(result.missing),
            alternative,
        )
        for result, alternative in blocking[:CLAUSES]
    ]
    return Side(assessment.verdict, clauses, len(blocking))


def _lacking(paths: Sequence[str]) -> str | None:
    titles = dict.fromkeys(title_of_fact(general(path)) for path in paths)
    shown = list(titles)[:3]
    return (
        _("缺：%(facts)s", facts=_("、").join(shown) + (_(" 等") if len(titles) > len(shown) else ""))
        if shown
        else None
    )


def sides_of(comparison: Comparison) -> tuple[Edition, Edition] | None:
    """Both rules as they are today; None where one is no longer there, or takes these numbers no more."""
    try:
        return rules.rule(comparison.before), rules.rule(comparison.after, comparison.numbers)
    except DomainError:
        return None


# --- facts that are missing --------------------------------------------------------------------------------------

_ENTRY = re.compile(r"\[\d+\]")


def general(path: str) -> str:
    """A fact's path without the number of a list's entry: `ip[3].granted_on` is `ip.granted_on`, whatever the firm."""
    return _ENTRY.sub("", path)


def title_of_fact(path: str) -> str:
    """A general path in words."""
    here = language()
    name, _dot, attribute = path.partition(".")
    if name in LISTS and attribute:
        titles = {"list": title_of(name)[here], "attribute": ATTRIBUTE_TITLES[attribute][here]}
        return _("%(list)s的%(attribute)s", **titles)
    return title_of(path)[here]
