"""Reads of the readiness that is kept: the overview in a person's scope, one firm's line, and asking for a new refresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.accounts.scope import organisations_of
from crm.editions.library import edition_in_force, library
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.tabs import Badge
from crm.kernel import clock, jobs
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.ladder.facts import facts_of_many
from crm.ladder.models import Rung
from crm.ladder.words import SHORT_RUNGS
from crm.park.compared import Side, side_of
from crm.park.counts import RungCount, is_free
from crm.park.models import Readiness, ReadinessRun, Verdict
from crm.park.refresh import MATTERS, Progress, refresh
from crm.policy import Edition, Facts, NoEdition
from crm.policy.text import Text

JOB = "readiness"
FAILED = "readiness-failed"  # a mark beside the progress
EVERY = timedelta(minutes=1)
MOST = 3  # criteria named of those that nobody can judge


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(_run, _failed))
    jobs.offer_regular(app, JOB, EVERY, _refresh)


# --- asking ------------------------------------------------------------------------------------------------------


def ask() -> None:
    """Have every firm judged anew in the background; one waiting job is enough."""
    if not is_asked():
        jobs.enqueue(JOB)


def is_asked() -> bool:
    """Whether a refresh waits or works."""
    return jobs.is_enqueued(JOB)


def has_failed() -> bool:
    """Whether the last refresh broke or was stopped: what is shown is older."""
    return jobs.progress_of(FAILED) is not None


def _refresh(everything: bool = False, progress: Progress | None = None) -> None:
    try:
        refresh(everything, progress)
    except Exception:
        jobs.note_progress(FAILED, 0, None)
        raise
    jobs.forget_progress(FAILED)


def _run() -> None:
    _refresh(everything=True, progress=lambda done, total: jobs.note_progress(JOB, done, total))
    jobs.forget_progress(JOB)


def _failed(_error: Exception | None) -> None:
    """The overview says so, and goes on to show the last refresh that succeeded."""
    jobs.forget_progress(JOB)
    jobs.note_progress(FAILED, 0, None)


# --- the overview ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Undecided:
    """A criterion that nobody can judge yet, and of how many firms."""

    id: str
    title: Text
    firms: int


@dataclass(frozen=True)
class RungRow:
    """One rung of the overview."""

    rung: Rung
    count: RungCount
    undecided: list[Undecided]


def last_run() -> ReadinessRun | None:
    return db.session.scalars(select(ReadinessRun).order_by(ReadinessRun.id.desc()).limit(1)).first()


def overview(user: User, run: ReadinessRun) -> list[RungRow]:
    """What the run counted of the firms the user may see, rung by rung."""
    counts = {rung: RungCount() for rung in Rung}
    for organisation in organisations_of(user):
        for rung, stored in run.counts.get(str(organisation.id), {}).items():
            counts[Rung(rung)].add(stored)
    return [RungRow(rung, count, _most_undecided(rung, count)) for rung, count in counts.items()]


def _most_undecided(rung: Rung, count: RungCount) -> list[Undecided]:
    """The criteria that decide for most: required ones and the score. What only a way around needs, hardly any firm lacks."""
    decide = {name for edition in _in_force(rung) for name in (*edition.requires, edition.score)}
    titles = titles_of_criteria(rung) if count.undecided else {}
    found = [(name, firms) for name, firms in count.undecided.most_common() if name in decide][:MOST]
    return [Undecided(name, titles.get(name, Text(name, name)), firms) for name, firms in found]


def _in_force(rung: Rung) -> list[Edition]:
    today = clock.today()
    return [each for each in library() if each.rung == rung.value and each.purpose == "new" and each.in_force(today)]


def titles_of_criteria(rung: Rung) -> dict[str, Text]:
    """The titles of the criteria of every edition in force today for a new application, by id."""
    return {criterion.id: criterion.title for edition in _in_force(rung) for criterion in edition.criteria}


def changed_since(run: ReadinessRun, user: User) -> int:
    """How many of the user's firms the history names since the run: they are judged by the next one."""
    named = select(func.count(Change.firm_id.distinct())).join(Firm, Firm.id == Change.firm_id)
    since = named.where(Change.id > run.change_id, MATTERS, visible_firms(user))
    return db.session.scalar(since) or 0


def gaps_of(firms: Sequence[Firm], rung: Rung) -> dict[int, Side]:
    """What stands in the way of each of some firms today, judged exactly; without those no edition is in force for."""
    today = clock.today()
    facts = facts_of_many(firms, today)
    found: dict[int, Side] = {}
    for firm in firms:
        try:
            edition = edition_in_force(rung.value, today, "new", firm.division_code)
        except NoEdition:
            continue
        found[firm.id] = side_of(edition, Facts.from_document(facts[firm.id].document), today)
    return found


# --- one firm ----------------------------------------------------------------------------------------------------


def badges(firm: Firm) -> list[Badge]:
    """The rungs the firm, while in business, is ready for without having, or being on the way to, the title."""
    free = is_free(Readiness.firm_id, Readiness.rung, clock.today())
    ready = select(Readiness.rung).where(Readiness.firm_id == firm.id, Readiness.verdict == Verdict.MET, free)
    rungs = set(db.session.scalars(ready))
    if not rungs:
        return []
    names: Any = _("、").join(str(SHORT_RUNGS[rung]) for rung in Rung if rung in rungs)
    return [
        Badge(
            _("达标：%(rungs)s", rungs=names), "good", "check", _("最近一次测算符合认定条件，尚未持有，也没有培育项目")
        )
    ]
