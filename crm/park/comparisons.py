"""Two rules over the firms of an organisation on one day: who would newly qualify, who would drop out.

The work is a job: it reads the park without holding a lock, judges it by columns, and writes the answer in one go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select, true

from crm.accounts.models import Organisation, User
from crm.accounts.scope import organisations_of
from crm.firms.models import Firm
from crm.kernel import clock, jobs
from crm.kernel.bulk import chunks, insert_rows
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.ladder.facts import facts_of_many
from crm.ladder.gate import blocking_criteria
from crm.ladder.models import Purpose, Rung
from crm.park import rules
from crm.park.columns import park_columns
from crm.park.compared import general
from crm.park.models import ComparedFirm, Comparison, ComparisonState, Verdict
from crm.policy import Edition, ParkResult, evaluate, evaluate_columns
from crm.web.formatting import day

JOB = "park.compare"
# Rules are compared on days around our own: no figures are kept from before, nothing can be foreseen that far.
EARLIEST = date(2008, 1, 1)
AHEAD = timedelta(days=3660)
LOOKED_AT = 300  # firms that become unknown, read one by one for what is missing
NAMED = 12  # facts named as missing

Progress = Callable[[int, int], None]
WORDS = (Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.MET)  # by the codes of a ParkResult


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(run, failed))


# --- asking ------------------------------------------------------------------------------------------------------


def ask(
    *,
    actor: User,
    organisation: Organisation,
    before: Edition,
    after: Edition,
    on: date,
    numbers: Mapping[str, Fraction] | None = None,
    language: str = "zh",
) -> Comparison:
    """Ask for a comparison over the organisation's firms. `numbers` are numbers of `after` to change, by their path.

    Raises DomainError where the two cannot be compared, or say the same.
    """
    comparison = begin(actor=actor, organisation=organisation, before=before, after=after, on=on, numbers=numbers or {})
    jobs.forget_progress(progress_key(comparison.id))
    jobs.enqueue(JOB, comparison_id=comparison.id, language=language)
    return comparison


def begin(
    *,
    actor: User,
    organisation: Organisation,
    before: Edition,
    after: Edition,
    on: date,
    numbers: Mapping[str, Fraction],
) -> Comparison:
    """A comparison that still waits for its answer."""
    if organisation.id not in {each.id for each in organisations_of(actor)}:
        raise DomainError(_("只能测算您管辖的单位。"), field="organisation_id")
    check(before, after, on, numbers)
    comparison = Comparison(
        organisation=organisation,
        rung=Rung(after.rung),
        purpose=Purpose(after.purpose),
        on=on,
        before=before.id,
        after=after.id,
        numbers={path: str(number) for path, number in numbers.items()},
        created_by=actor,
    )
    db.session.add(comparison)
    db.session.flush()
    return comparison


def check(before: Edition, after: Edition, on: date, numbers: Mapping[str, Fraction]) -> Edition:
    """The rule to compare with: `after` with its numbers changed. Raises DomainError with what cannot be compared."""
    if before.rung != after.rung:
        raise DomainError(_("两个版本要属于同一方向，才能对比。"), field="after")
    if before.purpose != after.purpose:
        raise DomainError(_("两个版本要用于同一申报类型，才能对比。"), field="after")
    latest = clock.today() + AHEAD
    if not EARLIEST <= on <= latest:
        raise DomainError(
            _("请填 %(first)s 到 %(last)s 之间的日期。", first=day(EARLIEST), last=day(latest)), field="on"
        )
    changed = rules.with_numbers(after, numbers)
    if changed.hash == before.hash:
        raise DomainError(_("变更前后完全一样：请另选一个版本，或改动至少一个数字。"))
    return changed


def remove(*, actor: User, comparison: Comparison) -> None:
    """Delete a comparison with its list. Raises NotAllowedError where someone else asked for it."""
    if comparison.created_by_id != actor.id:
        raise NotAllowedError(_("只能删除自己发起的对比。"))
    db.session.delete(comparison)
    db.session.flush()


# --- the answer --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """The park under both rules; row i is `firm_ids[i]`. `outside` firms were left out: another region's rule."""

    before: ParkResult
    after: ParkResult
    firm_ids: Sequence[int]
    outside: int

    def counts(self) -> dict[str, dict[str, int]]:
        """Firms by their verdict before, then after: all nine."""
        pairs = np.bincount(self.before.codes.astype(np.intp) * 3 + self.after.codes, minlength=9).reshape(3, 3)
        return {
            one.value: {other.value: int(pairs[row, column]) for column, other in enumerate(WORDS)}
            for row, one in enumerate(WORDS)
        }

    def moved(self) -> list[tuple[int, Verdict, Verdict]]:
        """The firms whose verdict differs, with both."""
        rows: list[int] = np.flatnonzero(self.before.codes != self.after.codes).tolist()
        return [(self.firm_ids[row], WORDS[self.before.codes[row]], WORDS[self.after.codes[row]]) for row in rows]


def compare(
    before: Edition, after: Edition, on: date, organisation: Organisation, progress: Progress | None = None
) -> Compared:
    """Both rules as given over the organisation's firms, on the same day. Firms outside a rule's region are left out."""
    under = _under(organisation)
    covered = [Firm.division_code.startswith(stem) for stem in rules.stems(before, after)]
    conditions = [*under, *covered]
    columns, firm_ids = park_columns(and_(*conditions) if conditions else None, on, progress)
    outside = (_count(under) - len(firm_ids)) if covered else 0
    return Compared(evaluate_columns(before, columns, on), evaluate_columns(after, columns, on), firm_ids, outside)


def missing_facts(edition: Edition, on: date, firm_ids: Sequence[int]) -> dict[str, Any]:
    """Of firms the edition leaves unknown: the facts that are missing, by how many firms lack them.

    Many firms are too many to read one by one: then some are, spread evenly, and `looked_at` says how many.
    """
    step = -(-len(firm_ids) // LOOKED_AT) or 1
    looked_at = firm_ids[::step]
    lacking: Counter[str] = Counter()
    for some in chunks(looked_at):
        firms = db.session.scalars(select(Firm).where(Firm.id.in_(some))).all()
        for facts in facts_of_many(firms, on).values():
            blocking = blocking_criteria(evaluate(edition, facts.document, on))
            lacking.update({general(path) for result, _way in blocking for path in result.missing})
    return {"firms": len(firm_ids), "looked_at": len(looked_at), "facts": dict(lacking.most_common(NAMED))}


def _under(organisation: Organisation) -> list[ColumnElement[bool]]:
    """The condition that a firm belongs to the organisation or one below it; none at the root, which has them all."""
    if organisation.parent_id is None:
        return []
    below = select(Organisation.id).where(Organisation.path.startswith(organisation.path, autoescape=True))
    return [Firm.organisation_id.in_(below)]


def _count(conditions: Sequence[ColumnElement[bool]]) -> int:
    return db.session.scalars(select(func.count()).select_from(Firm).where(true(), *conditions)).one()


# --- the job -----------------------------------------------------------------------------------------------------


def progress_key(comparison_id: int) -> str:
    return f"comparison-{comparison_id}"


def run(comparison_id: int, language: str) -> None:
    """Do what was asked. A comparison that was deleted meanwhile is let be."""

    def note(share: float) -> None:
        jobs.note_progress(progress_key(comparison_id), round(share * 100), 100)

    with force_locale(language):
        with db.reading():
            asked = db.session.get(Comparison, comparison_id)
            answer = _answer(asked, note) if asked else None
        comparison = db.session.get(Comparison, comparison_id, with_for_update=True)
        if answer and comparison:
            _keep(comparison, answer)


def fill(comparison: Comparison) -> None:
    """Answer it at once, in the present transaction."""
    _keep(comparison, _answer(comparison, lambda _share: None))


@dataclass(frozen=True)
class Answer:
    """What is kept of a comparison."""

    compared: Compared
    moved: Sequence[tuple[int, Verdict, Verdict]]
    missing: dict[str, Any]


def _answer(asked: Comparison, note: Callable[[float], None]) -> Answer:
    before, after = rules.rule(asked.before), rules.rule(asked.after, asked.numbers)
    compared = compare(
        before, after, asked.on, asked.organisation, lambda done, total: note(0.8 * done / max(1, total))
    )
    moved = compared.moved()
    note(0.85)
    missing = missing_facts(after, asked.on, [firm_id for firm_id, _was, now in moved if now is Verdict.UNKNOWN])
    note(0.95)
    return Answer(compared, moved, missing)


def _keep(comparison: Comparison, answer: Answer) -> None:
    compared = answer.compared
    comparison.counts = compared.counts()
    comparison.outside = compared.outside
    comparison.missing = answer.missing
    comparison.before_hash, comparison.after_hash = compared.before.edition.hash, compared.after.edition.hash
    comparison.state = ComparisonState.DONE
    there = set(db.session.scalars(select(Firm.id)))  # a firm may be gone since it was read
    rows = [
        {"comparison_id": comparison.id, "firm_id": firm_id, "before": before, "after": after}
        for firm_id, before, after in answer.moved
        if firm_id in there
    ]
    db.session.flush()
    insert_rows(db.session, ComparedFirm.__table__, rows)


def failed(error: Exception | None, comparison_id: int, language: str) -> None:
    """Note on the comparison why there is no answer."""
    comparison = db.session.get(Comparison, comparison_id)
    if comparison is None:
        return
    with force_locale(language):
        comparison.state = ComparisonState.FAILED
        if isinstance(error, DomainError):
            comparison.error = str(error.message)
        elif error is None:
            comparison.error = _("后台任务中途被停止：请重新测算。")
        else:
            comparison.error = _("系统出错，没有算出结果。我们已记录此错误，请稍后重新测算。")
