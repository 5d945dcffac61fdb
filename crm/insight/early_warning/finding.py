"""What is going to be lost as things stand: titles, windows, rights and contact, read from the record as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from crm.duties.rules import Kind as DutyKind
from crm.duties.rules import term_of
from crm.duties.selects import DueState, Wanted, occurrences
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.ip.rules import later
from crm.firms.models import Firm, FirmStatus
from crm.insight.models import WarningKind
from crm.insight.stuck import PREPARING
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Rung, Stage
from crm.ladder.queries import highest, is_held
from crm.park.counts import holds_title
from crm.park.models import Readiness, Verdict
from crm.policy import closing_window
from crm.policy.language.terms import DESIGN_TERM_BEFORE, TERMS, term_end
from crm.policy.text import Text
from crm.visits.models import PlannedState, PlannedVisit, Visit

LAPSES_WITHIN, YEARLY_LAPSES_WITHIN = timedelta(days=180), timedelta(days=90)
YEARLY = 12  # months of a term
RIGHT_ENDS_WITHIN = timedelta(days=365)
UNSEEN_FOR = timedelta(days=180)
FIRST_DAY, DAYS = date(1990, 1, 1), 100_000  # of the order
# The registered rights that end soon; the fiftieth year of the oldest software ends after 2040 (计算机软件保护条例 of 1991).
RIGHT_TERMS = [(kind, years) for kind, years in TERMS.items() if kind != "software"] + [("design", DESIGN_TERM_BEFORE)]


@dataclass(frozen=True)
class Found:
    """A row of `EarlyWarning`."""

    firm_id: int
    kind: WarningKind
    subject: str
    rung: Rung | None
    on: date
    weight: int
    values: dict[str, Any]


def weight(kind: WarningKind, rung: Rung | None, on: date, stage: Stage | None = None) -> int:
    """The order of the list: what is lost, then the nearest day (of firms unseen: the longest ago), then the rung from the
    top down, then where nobody prepares anything yet. A number of 31 bits.

    `stage`: of a case under way towards the rung.
    """
    rungs = list(Rung)
    below_the_top = len(rungs) - 1 - rungs.index(rung) if rung else len(rungs)
    under_way = 0 if stage is None else 1 if stage in PREPARING else 2
    days = min(max((on - FIRST_DAY).days, 0), DAYS - 1)
    return ((list(WarningKind).index(kind) * DAYS + days) * 20 + below_the_top) * 5 + under_way


def _with_open_case(statement: Any, firm_id: Any, rung: Any) -> Any:
    return statement.outerjoin(Case, and_(Case.firm_id == firm_id, Case.rung == rung, Case.status == CaseStatus.OPEN))


def _case(case_id: int | None, stage: Stage | None) -> dict[str, Any]:
    return {"case": case_id, "stage": stage.value} if stage else {}


def titles_lapsing(on: date) -> Iterator[Found]:
    """Titles held whose term ends soon and that no later one follows; yearly ones are told of half a term later."""
    wanted = Wanted(
        on=on,
        since=on,
        until=on + LAPSES_WITHIN,
        kind=DutyKind.RENEWAL,
        states=frozenset({DueState.AHEAD}),
    )
    union = occurrences(wanted, narrowed=False)
    if union is None:
        return
    each = union.subquery("each")
    statement = (
        select(each.c.firm_id, each.c.due_on, Credential.rung, Credential.valid_to, Case.id, Case.stage)
        .join(Credential, Credential.id == each.c.credential_id)
        .where(Credential.valid_from <= on)
    )
    for firm_id, ends_on, rung, valid_to, case_id, stage in db.session.execute(
        _with_open_case(statement, each.c.firm_id, Credential.rung)
    ):
        if term_of(rung.value) <= YEARLY and ends_on > on + YEARLY_LAPSES_WITHIN:
            continue
        values = {**_case(case_id, stage), **({"presumed": True} if valid_to is None else {})}
        kind = WarningKind.TITLE_LAPSES
        yield Found(firm_id, kind, rung.value, rung, ends_on, weight(kind, rung, ends_on, stage), values)


def windows_closing(on: date) -> Iterator[Found]:
    """Firms that meet all criteria of a title they do not hold and have not applied for, while its window closes soon."""
    divisions = db.session.scalars(select(Firm.division_code).distinct()).all()
    windows = {
        (rung, division): closing[1]
        for rung in Rung
        for division in divisions
        if (closing := closing_window(rung.value, on, region=division)) is not None
    }
    if not windows:
        return
    statement = (
        select(Readiness.firm_id, Readiness.rung, Firm.division_code, Case.id, Case.stage)
        .join(Firm, Firm.id == Readiness.firm_id)
        .where(
            Readiness.rung.in_({rung for rung, _division in windows}),
            Readiness.verdict == Verdict.MET,
            Firm.status == FirmStatus.ACTIVE,
            or_(Case.id.is_(None), Case.stage.in_(PREPARING)),
            ~holds_title(Readiness.firm_id, Readiness.rung, on),
        )
    )
    for firm_id, rung, division, case_id, stage in db.session.execute(
        _with_open_case(statement, Readiness.firm_id, Readiness.rung)
    ):
        window = windows.get((rung, division))
        if window is not None:
            values = {**_case(case_id, stage), "window": both(window.title)}
            kind = WarningKind.WINDOW_CLOSES
            yield Found(firm_id, kind, rung.value, rung, window.until, weight(kind, rung, window.until, stage), values)


def both(text: Text) -> dict[str, str]:
    """A text of the engine as it is kept, for readers of either language."""
    return {"zh": text.zh, "en": text.en}


def rights_ending(on: date) -> Iterator[Found]:
    """Rights in force, in core products or of high value, whose term ends within a year."""
    last = on + RIGHT_ENDS_WITHIN
    terms = [
        and_(IpRight.kind == IpKind(kind), IpRight.filed_on.between(later(on, years=-years), later(last, years=-years)))
        for kind, years in RIGHT_TERMS
    ]
    statement = (
        select(
            IpRight.id,
            IpRight.firm_id,
            IpRight.kind,
            IpRight.title,
            IpRight.number,
            IpRight.filed_on,
            IpRight.granted_on,
            IpRight.core_product,
            IpRight.high_value,
        )
        .join(Firm, Firm.id == IpRight.firm_id)
        .where(
            or_(IpRight.core_product.is_(True), IpRight.high_value.is_(True)),
            IpRight.status == IpStatus.VALID,
            Firm.status == FirmStatus.ACTIVE,
            or_(*terms),
        )
    )
    ending = [
        (right, end)
        for right in db.session.execute(statement)
        if (end := term_end(right.kind.value, right.filed_on, right.granted_on)) is not None and on <= end <= last
    ]
    held = _held_rungs({right.firm_id for right, _end in ending}, on)
    for right, end in ending:
        rung = highest(held.get(right.firm_id, set()))
        values = {
            "right": right.kind.value,
            "title": right.title,
            "number": right.number,
            "core": right.core_product is True,
            "high": right.high_value is True,
        }
        kind = WarningKind.PATENT_ENDS
        yield Found(right.firm_id, kind, str(right.id), rung, end, weight(kind, rung, end), values)


def _held_rungs(firm_ids: Iterable[int], on: date) -> dict[int, set[Rung]]:
    found: dict[int, set[Rung]] = {}
    held = select(Credential.firm_id, Credential.rung).where(is_held(on))
    for firm_id, rung in rows_where_in(db.session, held, Credential.firm_id, firm_ids):
        found.setdefault(firm_id, set()).add(rung)
    return found


def firms_unseen(on: date) -> Iterator[Found]:
    """Firms in business with a title above the first rung or a case under way, that nobody saw for long or is about to see."""
    reasons: dict[int, tuple[set[Rung], date]] = {}
    titles = select(Credential.firm_id, Credential.rung, Credential.valid_from).where(
        is_held(on), Credential.rung != Rung.TECH_SME
    )
    cases = select(Case.firm_id, Case.rung, Case.opened_on).where(Case.status == CaseStatus.OPEN)
    for statement in (titles, cases):
        for firm_id, rung, since in db.session.execute(statement):
            rungs, earliest = reasons.get(firm_id, (set(), since))
            reasons[firm_id] = (rungs | {rung}, min(earliest, since))
    others = db.session.scalars(select(Firm.id).where(Firm.status != FirmStatus.ACTIVE))
    planned = db.session.scalars(
        select(PlannedVisit.firm_id).where(PlannedVisit.state == PlannedState.PLANNED, PlannedVisit.on >= on)
    )
    left_out = {*others, *planned}
    visits = select(Visit.firm_id, func.max(Visit.on)).group_by(Visit.firm_id)
    last = {firm_id: day for firm_id, day in db.session.execute(visits)}  # noqa: C416  rows are no pairs to the type checker
    for firm_id, (rungs, since) in reasons.items():
        seen = last.get(firm_id)
        if firm_id in left_out or (seen is not None and seen > on - UNSEEN_FOR):
            continue
        top, kind = highest(rungs), WarningKind.UNSEEN
        lost_on = since if seen is None else seen + UNSEEN_FOR
        values = {"last": seen.isoformat() if seen else None}
        yield Found(firm_id, kind, "", top, lost_on, weight(kind, top, lost_on), values)
