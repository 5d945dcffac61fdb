"""The numbers of a diagnosis: every firm of a place in a year is put into its groups, and each number says of how many it is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, func, or_, select, type_coerce
from sqlalchemy import String as Text

from crm.accounts.models import Organisation
from crm.firms.facts.statements import none_stated
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import INVENTIONS, PATENTS, IpRight
from crm.firms.models import Firm, FirmFact, FirmStatus
from crm.insight.diagnosis.sizes import WAN, size_of
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.bulk import raw_parts
from crm.kernel.db import db
from crm.park.columns import raw
from crm.registers.models import Register, RegisterEntry
from crm.visits.models import Visit

LINE = 2000 * WAN  # 规模以上工业：年主营业务收入 2,000 万元及以上
INDUSTRY = ("B", "C", "D")
ALL, LARGE = "all", "large"  # the firms a diagnosis is of: all, or industrial ones above designated size
TOTAL, TRADE, SIZE, PLACE = "total", "trade", "size", "place"
NAMED = 20  # firms with implausible figures that the page names
FIGURES = ("revenue", "main_revenue", "rd", "employees", "rd_staff", "masters_staff", "total_assets")


@dataclass
class _Facts:
    """What a diagnosis reads of one firm. Money in fen."""

    firm_id: int
    organisation_id: int
    industry: str | None
    figures: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(FIGURES))
    rights_known: bool = False
    patents: int = 0
    inventions: int = 0
    institutions_known: bool = False
    institutions: list[tuple[str | None, str | None]] = field(default_factory=list)
    reluctance: str | None = None
    gone: bool = False  # no longer in business today

    @property
    def is_large(self) -> bool | None:
        """Industrial and above designated size; None: unknown."""
        if self.industry is None:
            return None
        main, revenue = self.figures["main_revenue"], self.figures["revenue"]
        if not self.industry.startswith(INDUSTRY) or (revenue is not None and revenue < LINE):
            return False
        return None if main is None else main >= LINE


def count(organisation: Organisation, year: int) -> dict[str, Any]:
    """The numbers of the firms under an organisation that were there by the end of a year, as they are kept.

    {"all": {"groups": [{"by": "trade", "key": "C39", "numbers": {…}}], "institutions": [[kind, level, number]], "unsure": 3,
    "gone": 2, "undated": 1}, "large": …}
    `gone`: of the firms, those no longer in business today; `undated`: left out, because nobody knows since when they are not.
    """
    under = list(
        db.session.scalars(select(Organisation).where(Organisation.path.startswith(organisation.path, autoescape=True)))
    )
    facts, undated = _facts(organisation, under, year)
    places = {each.id: _place(organisation, each) for each in under}
    found = {}
    for population in (ALL, LARGE):
        chosen = [each for each in facts if population == ALL or each.is_large]
        groups: dict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
        institutions: Counter[tuple[str | None, str | None]] = Counter()
        for each in chosen:
            numbers = _numbers(each)
            figures = each.figures
            size = size_of(each.industry, figures["employees"], figures["revenue"], figures["total_assets"])
            keys: tuple[tuple[str, str | None], ...] = (
                (TOTAL, ""),
                (TRADE, each.industry[:3] if each.industry else None),
                (SIZE, size.value if size else None),
                (PLACE, str(places[each.organisation_id])),
            )
            for key in keys:
                groups[key].update(numbers)
            institutions.update(each.institutions)
        found[population] = {
            "groups": [{"by": by, "key": key, "numbers": dict(numbers)} for (by, key), numbers in groups.items()],
            "institutions": [[kind, level, number] for (kind, level), number in institutions.items()],
            "unsure": sum(each.is_large is None for each in facts) if population == LARGE else 0,
            "gone": sum(each.gone for each in chosen),
            "undated": undated,
            "implausible": sorted(each.firm_id for each in chosen if _is_implausible(each))[:NAMED],
        }
    return found


def _place(top: Organisation, each: Organisation) -> int:
    """The organisation below the top that it belongs to; the top's own firms are its own."""
    rest = each.path.removeprefix(top.path).strip("/")
    return int(rest.split("/")[0]) if rest else top.id


def _numbers(each: _Facts) -> dict[str, int]:
    """What one firm adds to each number of its groups."""
    known = each.figures
    rd, revenue, employees = known["rd"], known["revenue"], known["employees"]
    found = {"firms": 1, _state("rd", rd): 1}
    if rd is not None and revenue is not None and revenue > 0:
        found |= {"ratio_firms": 1, "rd": rd, "revenue": revenue}
    found[_state("patent", each.patents if each.rights_known else None)] = 1
    found |= {"patents": each.patents, "inventions": each.inventions}
    found[_state("institution", len(each.institutions) if each.institutions_known else None)] = 1
    found["institutions"] = len(each.institutions)
    found[_state("masters", known["masters_staff"])] = 1
    for name in ("rd_staff", "masters_staff"):
        number = known[name]
        if number is not None and employees is not None and number > employees:
            found[f"{name}_over"] = 1  # more of them than there are employees: counted in no share
        elif number is not None and employees is not None and employees > 0:
            found |= {f"{name}_firms": 1, name: number, f"{name}_of": employees}
    found[each.reluctance or "not_asked"] = 1
    return found


def _is_implausible(each: _Facts) -> bool:
    """Whether more people do research, or have a master's degree, than the firm employs."""
    employees = each.figures["employees"]
    return employees is not None and any(
        (each.figures[name] or 0) > employees for name in ("rd_staff", "masters_staff")
    )


def _state(name: str, number: int | None) -> str:
    if number is None:
        return f"{name}_unknown"
    return f"{name}_with" if number > 0 else f"{name}_none"


# reading


def _facts(top: Organisation, under: Sequence[Organisation], year: int) -> tuple[list[_Facts], int]:
    """Of each firm in business at the end of the year, also of those that are not any more; and of how many gone ones
    nobody knows when they went."""
    end = date(year, 12, 31)
    mine: ColumnElement[bool] = or_(Firm.registered_on.is_(None), Firm.registered_on <= end)
    if top.parent_id is not None:
        mine &= Firm.organisation_id.in_([each.id for each in under])
    were, were_not = _statuses_since(end)
    here = mine & or_(and_(Firm.status == FirmStatus.ACTIVE, ~_among(were_not)), _among(were))
    found = {
        firm_id: _Facts(firm_id, organisation_id, industry, gone=status != FirmStatus.ACTIVE.value)
        for firm_id, organisation_id, industry, status in _rows(
            select(Firm.id, Firm.organisation_id, Firm.industry_code, raw(Firm.status)).where(here)
        )
    }
    was_gone = select(Change.entity_id).where(Change.entity == Firm.__tablename__, Change.field == "status")
    undated = select(func.count()).where(mine, Firm.status != FirmStatus.ACTIVE, Firm.id.not_in(was_gone))
    wanted = select(Firm.id).where(here)
    columns = [raw(getattr(YearlyFigures, name)) for name in FIGURES]
    of_year = select(YearlyFigures.firm_id, *columns).where(
        YearlyFigures.year == year, YearlyFigures.firm_id.in_(wanted)
    )
    for firm_id, *values in _rows(of_year):
        found[firm_id].figures = dict(zip(FIGURES, values, strict=True))
    _rights(found, wanted, end)
    _institutions(found, wanted, end)
    _none_confirmed(found, wanted, min(end, clock.today()))
    _reluctances(found, wanted, year)
    return list(found.values()), db.session.scalar(undated) or 0


def _among(ids: set[int]) -> ColumnElement[bool]:
    """Written into the statement, which takes more numbers than parameters."""
    return Firm.id.in_(bindparam(None, list(ids), expanding=True, literal_execute=True))


def _statuses_since(end: date) -> tuple[set[int], set[int]]:
    """The firms whose status changed after a day: those that were in business on it, and those that were not."""
    statement = (
        select(Change.entity_id, Change.old)
        .where(Change.entity == Firm.__tablename__, Change.field == "status", Change.at >= clock.end_of(end))
        .order_by(Change.id)
    )
    first: dict[int, Any] = {}
    for firm_id, old in db.session.execute(statement):
        first.setdefault(firm_id, old)
    were = {firm_id for firm_id, old in first.items() if old == FirmStatus.ACTIVE}
    return were, first.keys() - were


def _rows(statement: Any) -> Iterator[tuple[Any, ...]]:
    for part in raw_parts(db.session, statement):
        yield from part


def _rights(found: dict[int, _Facts], wanted: Any, end: date) -> None:
    """Patents owned or applied for by the end of the year; one without days counts."""
    dated = func.coalesce(IpRight.filed_on, IpRight.granted_on)
    by_then = or_(dated.is_(None), type_coerce(dated, Date) <= end)
    is_patent = IpRight.kind.in_(PATENTS) & by_then
    statement = (
        select(
            IpRight.firm_id,
            func.sum(_one(is_patent)),
            func.sum(_one(is_patent & IpRight.kind.in_(INVENTIONS))),
        )
        .where(IpRight.firm_id.in_(wanted))
        .group_by(IpRight.firm_id)
    )
    for firm_id, patents, inventions in _rows(statement):
        facts = found[firm_id]
        facts.rights_known, facts.patents, facts.inventions = True, int(patents), int(inventions)


def _one(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _institutions(found: dict[int, _Facts], wanted: Any, end: date) -> None:
    entry = RegisterEntry
    statement = select(entry.firm_id, raw(entry.kind), raw(entry.level)).where(
        entry.register == Register.INSTITUTION,
        entry.firm_id.in_(wanted),
        or_(entry.on.is_(None), entry.on <= end),
        or_(entry.valid_to.is_(None), entry.valid_to >= end),
    )
    for firm_id, kind, level in _rows(statement):
        found[firm_id].institutions_known = True
        found[firm_id].institutions.append((kind, level))


def _none_confirmed(found: dict[int, _Facts], wanted: Any, on: date) -> None:
    """Somebody recorded that there is none."""
    stated = or_(none_stated("ip", on), none_stated("rd_institutions", on))
    statement = select(FirmFact.firm_id, raw(FirmFact.key)).where(stated, FirmFact.firm_id.in_(wanted))
    for firm_id, key in _rows(statement):
        if key == "ip":
            found[firm_id].rights_known = True
        else:
            found[firm_id].institutions_known = True


def _reluctances(found: dict[int, _Facts], wanted: Any, year: int) -> None:
    """What each firm answered last, from the beginning of the year to today."""
    statement = (
        select(Visit.firm_id, type_coerce(Visit.reluctance, Text))
        .where(Visit.reluctance.is_not(None), Visit.on >= date(year, 1, 1), Visit.firm_id.in_(wanted))
        .order_by(Visit.on, Visit.id)
    )
    for firm_id, reluctance in _rows(statement):
        found[firm_id].reluctance = reluctance
