"""Counting: everything that measures read, by organisation and officer, at the end of a year or today. A few statements a year.

A count is a list of whole numbers under a key: firms, rows, fen. Keys end in the kind, level and role of what is counted, so that
a new measure needs no new counting. Which firms are whose and in business is as today; what they had is as of the day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from crm.accounts.models import Organisation
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import INVENTIONS, PATENTS, IpRight, IpStatus
from crm.firms.ip.rules import later
from crm.firms.models import Firm, FirmStatus
from crm.insight.coverage import seen_within
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Purpose, Rung
from crm.ladder.queries import is_held
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceRegister
from crm.visits.models import Need, NeedState

Numbers = dict[str, list[int]]
Place = tuple[int, int | None]  # an organisation and an officer (None: nobody's, or not of firms)
Counted = dict[Place, Numbers]
Row = tuple[int, int | None, str, list[int]]

# 上市 (not the share transfer system, where firms are 挂牌).
BOARDS = (Rung.LISTED_BSE, Rung.LISTED_CHINEXT, Rung.LISTED_STAR, Rung.LISTED_MAIN)
HELD_REGISTERS = (
    Register.INSTITUTION,
    Register.HONOUR,
)  # what a firm has; of the others, what came in a year is counted
HELD_RESOURCES = (ResourceRegister.CARRIER, ResourceRegister.ALLIANCE)
INDUSTRY = ("B", "C", "D")  # 工业: mining, manufacturing, utilities (GB/T 4754)
ABOVE_SCALE = 20_000_000  # yuan of revenue a year: 规模以上工业企业
ANY = "-"  # in a key: nothing is said of the kind, level or role
SO_FAR = "so_far:"  # before a key: what had come last year by the day that today is

WHOSE = (Firm.organisation_id, Firm.officer_id)


def day_of(year: int) -> date:
    """The day that a year's number tells of: its last, or today."""
    return min(date(year, 12, 31), clock.today())


def count_year(year: int) -> Counted:
    """Everything of a year but the firms' yearly figures."""
    on = day_of(year)
    return gathered(
        (
            *_firms(on),
            *_titles(on),
            *_held_entries(on),
            *_entered(year, on),
            *_resources(year, on),
            *_rights(year, on),
            *_contact(year, on),
            *_quality(year, on),
            *(_under_way(on) if year == clock.today().year else ()),
            *(_so_far(year) if year == clock.today().year - 1 else ()),
        )
    )


def _so_far(year: int) -> Iterator[Row]:
    """Of last year, what had come by this day of it: a forecast compares with it (see `targets.pace`)."""
    on = later(clock.today(), years=-1)
    came = ("year.", "right.", "resource.event.")
    for organisation_id, officer_id, key, numbers in (*_entered(year, on), *_rights(year, on), *_resources(year, on)):
        if key.startswith(came):
            yield organisation_id, officer_id, SO_FAR + key, numbers


def gathered(rows: Iterable[Row]) -> Counted:
    found: Counted = defaultdict(dict)
    for organisation_id, officer_id, key, numbers in rows:
        add(found[organisation_id, officer_id], key, numbers)
    return found


def add(to: Numbers, key: str, numbers: list[int]) -> None:
    present = to.get(key)
    to[key] = list(numbers) if present is None else [one + other for one, other in zip(present, numbers, strict=True)]


def rolled_up(counted: Counted) -> dict[tuple[str, int], Numbers]:
    """By scope: each organisation with all that lies below it, and each officer's own firms."""
    above = {
        organisation_id: [int(each) for each in path.split("/") if each]
        for organisation_id, path in db.session.execute(select(Organisation.id, Organisation.path))
    }
    found: dict[tuple[str, int], Numbers] = defaultdict(dict)
    for (organisation_id, officer_id), numbers in counted.items():
        scopes = [("organisation", each) for each in above[organisation_id]]
        for scope in [*scopes, *([("officer", officer_id)] if officer_id is not None else [])]:
            for key, values in numbers.items():
                add(found[scope], key, values)
    return found


# --- what firms have on a day --------------------------------------------------------------------------------------


def in_business(on: date) -> ColumnElement[bool]:
    """The condition on `Firm` that it is in business today and was registered by the day (or nobody knows when)."""
    return and_(Firm.status == FirmStatus.ACTIVE, or_(Firm.registered_on.is_(None), Firm.registered_on <= on))


def is_industrial() -> ColumnElement[bool]:
    return or_(*(Firm.industry_code.startswith(section) for section in INDUSTRY))


def _firms(on: date) -> Iterator[Row]:
    industrial = func.sum(case((is_industrial(), 1), else_=0))
    statement = select(*WHOSE, Firm.chain_id, func.count(), industrial).where(in_business(on))
    for organisation_id, officer_id, chain_id, firms, industry in _rows(statement, Firm.chain_id):
        yield organisation_id, officer_id, "firms", [firms]
        yield organisation_id, officer_id, "industry", [int(industry)]
        if chain_id is not None:
            yield organisation_id, officer_id, f"chain.{chain_id}", [firms]


def held_titles(on: date, rungs: Iterable[Rung]) -> Select[Any]:
    """The firms that hold one of the titles on the day."""
    return select(Credential.firm_id).where(is_held(on), Credential.rung.in_(list(rungs)))


def _titles(on: date) -> Iterator[Row]:
    # A firm once a rung, found in the order of the index.
    once = select(Credential.rung, Credential.firm_id).where(is_held(on)).distinct().subquery()
    statement = select(*WHOSE, once.c.rung, func.count()).join(once, once.c.firm_id == Firm.id)
    for organisation_id, officer_id, rung, firms in _rows(statement, once.c.rung):
        yield organisation_id, officer_id, f"held.{rung.value}", [firms]
    listed = select(*WHOSE, func.count()).where(Firm.id.in_(held_titles(on, BOARDS)))
    for organisation_id, officer_id, firms in _rows(listed):
        yield organisation_id, officer_id, "listed", [firms]


def entry_held(on: date) -> ColumnElement[bool]:
    """The condition on `RegisterEntry` that it was there on the day; without a date it counts today only."""
    return and_(_since(RegisterEntry.on, on), or_(RegisterEntry.valid_to.is_(None), RegisterEntry.valid_to >= on))


def entered_in(year: int, until: date | None = None) -> ColumnElement[bool]:
    """The condition on `RegisterEntry` that it came in the year, up to a day of it."""
    return RegisterEntry.on.between(date(year, 1, 1), until or day_of(year))


def _since(column: Any, on: date) -> ColumnElement[bool]:
    return or_(column <= on, column.is_(None)) if on == clock.today() else column <= on


def _held_entries(on: date) -> Iterator[Row]:
    what = (RegisterEntry.register, RegisterEntry.kind, RegisterEntry.level)
    statement = (
        select(*WHOSE, *what, func.count(), func.count(Firm.id.distinct()))
        .join(RegisterEntry, RegisterEntry.firm_id == Firm.id)
        .where(RegisterEntry.register.in_(HELD_REGISTERS), entry_held(on))
    )
    for organisation_id, officer_id, register, kind, level, entries, firms in _rows(statement, *what):
        yield organisation_id, officer_id, _key("held", register, kind, level), [entries, firms]


def _entered(year: int, on: date) -> Iterator[Row]:
    what = (RegisterEntry.register, RegisterEntry.kind, RegisterEntry.level, RegisterEntry.role)
    amount = RegisterEntry.amount
    statement = (
        select(*WHOSE, *what, func.count(), func.sum(amount), func.count(amount))
        .join(RegisterEntry, RegisterEntry.firm_id == Firm.id)
        .where(entered_in(year, on))
    )
    for organisation_id, officer_id, register, kind, level, role, entries, yuan, known in _rows(statement, *what):
        key = f"{_key('year', register, kind, level)}.{role or ANY}"
        yield organisation_id, officer_id, key, [entries, _fen(yuan), known]


def _resources(year: int, on: date) -> Iterator[Row]:
    what = (Resource.organisation_id, Resource.register, Resource.kind, Resource.level)
    there = and_(
        Resource.register.in_(HELD_RESOURCES),
        _since(Resource.on, on),
        or_(Resource.valid_to.is_(None), Resource.valid_to >= on),
    )
    came = and_(Resource.register == ResourceRegister.EVENT, Resource.on.between(date(year, 1, 1), on))
    statement = select(*what, func.count()).where(or_(there, came)).group_by(*what)
    for organisation_id, register, kind, level, number in db.session.execute(statement):
        yield organisation_id, None, _key("resource", register, kind, level), [number]


def is_valid(on: date) -> ColumnElement[bool]:
    """The condition on `IpRight` that it is valid today and was granted by the day; when others lapsed is not known."""
    return and_(IpRight.status == IpStatus.VALID, _since(IpRight.granted_on, on))


def granted_in(year: int, until: date | None = None) -> ColumnElement[bool]:
    return IpRight.granted_on.between(date(year, 1, 1), until or day_of(year))


def without_patent(on: date) -> ColumnElement[bool]:
    """The condition on `Firm`: in business, and the register has no granted patent of it that is valid."""
    return and_(in_business(on), ~exists().where(IpRight.firm_id == Firm.id, IpRight.kind.in_(PATENTS), is_valid(on)))


def _rights(year: int, on: date) -> Iterator[Row]:
    valid, granted = (func.sum(case((which, 1), else_=0)) for which in (is_valid(on), granted_in(year, on)))
    statement = select(*WHOSE, IpRight.kind, valid, granted).join(IpRight, IpRight.firm_id == Firm.id)
    for organisation_id, officer_id, kind, now, new in _rows(statement.where(IpRight.kind.in_(PATENTS)), IpRight.kind):
        yield organisation_id, officer_id, f"right.{kind.value}", [int(now), int(new)]
    for organisation_id, officer_id, firms in _rows(select(*WHOSE, func.count()).where(without_patent(on))):
        yield organisation_id, officer_id, "zero_patent", [firms]


def _contact(year: int, on: date) -> Iterator[Row]:
    since = date(year, 1, 1)
    seen = select(*WHOSE, func.count()).where(in_business(on), seen_within(since, on))
    for organisation_id, officer_id, firms in _rows(seen):
        yield organisation_id, officer_id, "seen", [firms]
    answered = func.sum(case((Need.state != NeedState.OPEN, 1), else_=0))
    needs = select(*WHOSE, answered, func.count()).join(Need, Need.firm_id == Firm.id)
    for organisation_id, officer_id, told, raised in _rows(needs.where(Need.raised_on.between(since, on))):
        yield organisation_id, officer_id, "needs", [int(told), raised]


def _quality(year: int, on: date) -> Iterator[Row]:
    """Of the high-tech enterprises of the day: R&D and revenue where both are known, and valid inventions."""
    held = Firm.id.in_(held_titles(on, [Rung.HTE]))
    both = (
        select(*WHOSE, func.sum(YearlyFigures.rd), func.sum(YearlyFigures.revenue), func.count())
        .join(YearlyFigures, YearlyFigures.firm_id == Firm.id)
        .where(held, YearlyFigures.year == year, YearlyFigures.rd.is_not(None), YearlyFigures.revenue.is_not(None))
    )
    for organisation_id, officer_id, spent, revenue, firms in _rows(both):
        yield organisation_id, officer_id, "hte.rd", [_fen(spent), _fen(revenue), firms]
    inventions = select(*WHOSE, func.count()).join(IpRight, IpRight.firm_id == Firm.id)
    for organisation_id, officer_id, number in _rows(
        inventions.where(held, IpRight.kind.in_(INVENTIONS), is_valid(on))
    ):
        yield organisation_id, officer_id, "hte.inventions", [number]


def _under_way(on: date) -> Iterator[Row]:
    """What the forecast begins with: open cases of newcomers by stage, and titles whose term ends within the year."""
    what = (Case.rung, Case.stage)
    cases = select(*WHOSE, *what, func.count()).join(Case, Case.firm_id == Firm.id)
    wanted = cases.where(Case.status == CaseStatus.OPEN, Case.purpose == Purpose.NEW)
    for organisation_id, officer_id, rung, stage, number in _rows(wanted, *what):
        yield organisation_id, officer_id, f"case.{rung.value}.{stage.value}", [number]
    end = date(on.year, 12, 31)
    # A firm whose later certificate is in hand keeps its title.
    last = select(Credential.rung, Credential.firm_id).group_by(Credential.rung, Credential.firm_id)
    lapsing = (
        last.where(is_held(on))
        .having(func.count(Credential.valid_to) == func.count())
        .having(func.max(Credential.valid_to) < end)
    ).subquery()
    statement = select(*WHOSE, lapsing.c.rung, func.count()).join(lapsing, lapsing.c.firm_id == Firm.id)
    for organisation_id, officer_id, rung, firms in _rows(statement, lapsing.c.rung):
        yield organisation_id, officer_id, f"lapsing.{rung.value}", [firms]


# --- yearly figures ------------------------------------------------------------------------------------------------


def count_figures(years: Iterable[int]) -> dict[int, Counted]:
    """Sums of the firms' figures by year, each with how many firms gave it; four numbers of a firm-year, one statement."""
    spent, revenue = YearlyFigures.rd, YearlyFigures.revenue
    active = Firm.status == FirmStatus.ACTIVE
    large = and_(is_industrial(), revenue >= ABOVE_SCALE)
    both = and_(spent.is_not(None), revenue.is_not(None))

    def total(value: Any, *where: ColumnElement[bool]) -> Any:
        return func.sum(case((and_(*where), value))) if where else func.sum(value)

    def number(*where: ColumnElement[bool]) -> Any:
        return func.sum(case((and_(*where), 1), else_=0))

    columns: dict[str, list[Any]] = {
        "rd": [total(spent), number(spent.is_not(None)), number(spent.is_not(None), active)],
        "revenue": [total(revenue), number(revenue.is_not(None)), number(revenue.is_not(None), active)],
        "both": [total(spent, both), total(revenue, both), number(both), number(both, active)],
        "large": [total(spent, large, both), total(revenue, large, both), number(large, both), number(large)],
        "industry.revenue": [number(is_industrial(), revenue.is_not(None), active)],
    }
    flat = [column for several in columns.values() for column in several]
    statement = (
        select(YearlyFigures.year, *WHOSE, *flat)
        .join(YearlyFigures, YearlyFigures.firm_id == Firm.id)
        .where(YearlyFigures.year.in_(list(years)))
        .group_by(YearlyFigures.year, *WHOSE)
    )
    found: dict[int, Counted] = defaultdict(lambda: defaultdict(dict))
    for year, organisation_id, officer_id, *values in db.session.execute(statement):
        numbers = found[year][organisation_id, officer_id]
        place = 0
        for key, several in columns.items():
            # A sum of money comes in yuan, a count as it is.
            numbers[key] = [
                _fen(value) if column in MONEY[key] else int(value or 0)
                for column, value in enumerate(values[place : place + len(several)])
            ]
            place += len(several)
    return found


MONEY = {"rd": (0,), "revenue": (0,), "both": (0, 1), "large": (0, 1), "industry.revenue": ()}


def _fen(yuan: Any) -> int:
    return 0 if yuan is None else int(yuan * 100)


def _key(first: str, register: Any, kind: str | None, level: Any) -> str:
    return ".".join((first, str(register), kind or ANY, str(level) if level is not None else ANY))


def _rows(statement: Any, *by: Any) -> Any:
    return db.session.execute(statement.group_by(*WHOSE, *by))
