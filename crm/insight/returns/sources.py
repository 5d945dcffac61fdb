"""What a return is made of: the rows (cases, visits, titles held in a year) and the fields that its columns may take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from crm.accounts.models import User
from crm.firms.facts.statements import none_stated
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import INVENTIONS, PATENTS, IpRight, IpStatus
from crm.firms.loaders import visible_firms
from crm.firms.models import Contact, Firm, FirmFact
from crm.firms.words import CHANNELS, TECH_FIELDS
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Rung
from crm.ladder.queries import is_held
from crm.ladder.words import RUNGS, STAGES, STATUSES
from crm.visits.models import NeedState, Visit
from crm.visits.words import RELUCTANCES
from crm.web.formatting import day

WAN = Decimal(10_000)
Place = tuple[str, dict[str, Any]]  # endpoint and its arguments


@dataclass
class Line:
    """One row of a return: the firm, what the row is about, and what is known of the firm in the year."""

    firm: Firm
    about: Any  # Case, Visit or Credential
    year: int
    figures: YearlyFigures | None = None
    contact: Contact | None = None
    rights: dict[str, int] | None = None  # None: nobody knows of any


@dataclass(frozen=True)
class Field:
    """How a column gets its value (None: unknown), and the page where it is mended."""

    value: Callable[[Line], Any]
    mend: Callable[[Line], Place | None] = field(default=lambda line: None)


def _profile(name: str, value: Callable[[Firm], Any]) -> Field:
    return Field(lambda line: value(line.firm), lambda line: ("firms.edit", {"firm_id": line.firm.id, "_anchor": name}))


def _figure(name: str) -> Field:
    """A yearly figure, money in 万元."""

    def value(line: Line) -> Any:
        found = getattr(line.figures, name) if line.figures else None
        return found / WAN if found is not None and KEYS[name].is_money else found

    return Field(
        value, lambda line: ("firms.edit_figures", {"firm_id": line.firm.id, "year": line.year, "_anchor": name})
    )


def _right(name: str) -> Field:
    return Field(
        lambda line: None if line.rights is None else line.rights[name],
        lambda line: ("firms.ip", {"firm_id": line.firm.id}),
    )


def _contact(name: str) -> Field:
    return Field(
        lambda line: getattr(line.contact, name) if line.contact else None,
        lambda line: ("firms.profile", {"firm_id": line.firm.id, "_anchor": "contacts"}),
    )


def _about(value: Callable[[Any], Any], mend: Callable[[Any], Place] | None = None) -> Field:
    return Field(lambda line: value(line.about), lambda line: mend(line.about) if mend else None)


def _case(value: Callable[[Any], Any]) -> Field:
    return _about(value, lambda case_: ("ladder.case", {"case_id": case_.id}))


def _visit(value: Callable[[Any], Any]) -> Field:
    return _about(value, lambda visit: ("visits.show", {"visit_id": visit.id}))


SHARED: dict[str, Field] = {
    "firm.name": Field(lambda line: line.firm.name),
    "firm.credit_code": _profile("credit_code", lambda firm: firm.credit_code),
    "firm.organisation": Field(lambda line: line.firm.organisation.name),
    "firm.industry": _profile("industry_code", lambda firm: firm.industry.name if firm.industry else None),
    "firm.industry_code": _profile("industry_code", lambda firm: firm.industry_code),
    "firm.tech_field": _profile(
        "tech_field", lambda firm: str(TECH_FIELDS[firm.tech_field]) if firm.tech_field is not None else None
    ),
    "firm.channel": _profile(
        "source_channel", lambda firm: str(CHANNELS[firm.source_channel]) if firm.source_channel else None
    ),
    "firm.registered_on": _profile("registered_on", lambda firm: firm.registered_on),
    "firm.registered_capital": _profile(
        "registered_capital", lambda firm: None if firm.registered_capital is None else firm.registered_capital / WAN
    ),
    "firm.address": _profile("address", lambda firm: firm.address),
    "contact.name": _contact("name"),
    "contact.telephone": _contact("telephone"),
    **{f"figure.{name}": _figure(name) for name in KEYS},
    **{f"ip.{name}": _right(name) for name in ("valid", "inventions", "filed", "granted")},
}


def _answers(visit: Visit) -> str | None:
    if not visit.needs:
        return None
    words = {True: _("已办"), False: _("在办")}
    return "；".join(f"{need.answer or words[need.state is not NeedState.OPEN]}" for need in visit.needs)


def _left(case_: Case) -> str | None:
    """How and why the firm left the pool."""
    if case_.status is CaseStatus.OPEN:
        return None
    return "：".join([str(STATUSES[case_.status]), *([case_.reason] if case_.reason else [])])


def _nothing(_user: User, _year: int) -> None:
    return None


@dataclass(frozen=True)
class Source:
    """Rows of one kind. `wanted` selects them for a person, a year and a choice; `fields` beside the shared ones."""

    model: Any
    wanted: Callable[[User, int, str | None], Select[Any]]
    own: dict[str, Field]
    choices: dict[str, Any] = field(default_factory=dict)
    why: Callable[[User, int], str | None] = _nothing  # what to say of how many rows there are

    @property
    def fields(self) -> dict[str, Field]:
        return SHARED | self.own


def _cases(user: User, year: int, chosen: str | None) -> Select[Any]:
    """Cases that were open at some time in the year."""
    statement = (
        select(Case)
        .join(Firm, Firm.id == Case.firm_id)
        .where(
            visible_firms(user),
            Case.opened_on <= date(year, 12, 31),
            or_(Case.status == CaseStatus.OPEN, Case.ended_on >= date(year, 1, 1)),
        )
        .options(joinedload(Case.officer))
        .order_by(Firm.sort_key, Firm.id, Case.id)
    )
    return statement.where(Case.rung == Rung(chosen)) if chosen else statement


def _visits(user: User, year: int, _chosen: str | None) -> Select[Any]:
    return (
        select(Visit)
        .join(Firm, Firm.id == Visit.firm_id)
        .where(visible_firms(user), Visit.on.between(date(year, 1, 1), date(year, 12, 31)))
        .options(joinedload(Visit.officer), selectinload(Visit.needs), selectinload(Visit.tasks))
        .order_by(Visit.on, Visit.id)
    )


def _titles(user: User, year: int, _chosen: str | None) -> Select[Any]:
    """High-tech titles held at the end of the year."""
    end = date(year, 12, 31)
    return (
        select(Credential)
        .join(Firm, Firm.id == Credential.firm_id)
        .where(
            visible_firms(user),
            Credential.rung == Rung.HTE,
            Credential.valid_from <= end,
            or_(Credential.valid_to.is_(None), Credential.valid_to >= end),
            or_(Credential.ended_on.is_(None), Credential.ended_on > end),
        )
        .order_by(Firm.sort_key, Firm.id, Credential.id)
    )


def _why_not_todays(user: User, year: int) -> str | None:
    """Where the firms that held the title at the end of the year are not those that hold it today: how many, and why."""
    end, today = date(year, 12, 31), clock.today()

    def holders(on: date) -> set[int]:
        titles = select(Credential.firm_id).join(Firm, Firm.id == Credential.firm_id)
        return set(db.session.scalars(titles.where(visible_firms(user), Credential.rung == Rung.HTE, is_held(on))))

    then, now = holders(end), holders(today)
    if then == now:
        return None
    told = [_("本表取 %(day)s有效的高企 %(n)s 家，今天有效的是 %(now)s 家", day=day(end), n=len(then), now=len(now))]
    if more := len(now - then):
        told.append(
            _("其中 %(n)s 家的证书在年底前到期，不在表里", n=more)
            if end > today
            else _("其中 %(n)s 家是那以后才取得的，不在表里", n=more)
        )
    if fewer := len(then - now):
        told.append(_("表里有 %(n)s 家今天没有有效证书", n=fewer))
    return _("；").join(told) + _("。")


SOURCES: dict[str, Source] = {
    "cases": Source(
        Case,
        _cases,
        {
            "case.rung": _case(lambda case_: str(RUNGS[case_.rung])),
            "case.stage": _case(lambda case_: str(STAGES[case_.stage])),
            "case.opened_on": _case(lambda case_: case_.opened_on),
            "case.entry_reason": _case(lambda case_: case_.entry_reason),
            "case.left_on": _case(lambda case_: case_.ended_on),
            "case.left": _case(_left),
            "case.officer": _case(lambda case_: case_.officer.name if case_.officer else None),
        },
        {rung.value: title for rung, title in RUNGS.items()},
    ),
    "visits": Source(
        Visit,
        _visits,
        {
            "visit.on": _visit(lambda visit: visit.on),
            "visit.officer": _visit(lambda visit: visit.officer.name),
            "visit.met": _visit(lambda visit: visit.met),
            "visit.place": _visit(lambda visit: visit.place),
            "visit.said": _visit(lambda visit: visit.said or None),
            "visit.needs": _visit(lambda visit: "；".join(need.text for need in visit.needs) or None),
            "visit.answers": _visit(_answers),
            "visit.tasks": _visit(
                lambda visit: "；".join(f"{task.title}（{day(task.due_on)}）" for task in visit.tasks) or None
            ),
            "visit.reluctance": _visit(lambda visit: str(RELUCTANCES[visit.reluctance]) if visit.reluctance else None),
        },
    ),
    "titles": Source(
        Credential,
        _titles,
        {
            "title.number": _about(
                lambda title: title.number,
                lambda title: ("ladder.standing", {"firm_id": title.firm_id, "_anchor": "titles"}),
            ),
            "title.valid_from": _about(lambda title: title.valid_from),
            "title.valid_to": _about(lambda title: title.valid_to),
        },
        why=_why_not_todays,
    ),
}


def lines(source: Source, user: User, year: int, chosen: str | None, *, limit: int, offset: int = 0) -> list[Line]:
    """Some rows with all that their columns need: as many queries for many rows as for one.

    Figures are those of the year for a return of the year's end, of the year before for what is under way.
    """
    statement = source.wanted(user, year, chosen).limit(limit).offset(offset)
    records = list(db.session.scalars(statement))
    of_year = year if source.model is Credential else year - 1
    found = firms_of([record.firm_id for record in records], of_year)
    return [Line(found[record.firm_id].firm, record, of_year, *_known(found[record.firm_id])) for record in records]


def _known(line: Line) -> tuple[YearlyFigures | None, Contact | None, dict[str, int] | None]:
    return line.figures, line.contact, line.rights


def firms_of(firm_ids: Sequence[int], year: int) -> dict[int, Line]:
    """Some firms with their figures of a year, their main contact and their rights, by id."""
    ids = sorted(set(firm_ids))
    firms = db.session.scalars(
        select(Firm).where(Firm.id.in_(ids)).options(joinedload(Firm.organisation), joinedload(Firm.industry))
    )
    found = {firm.id: Line(firm, None, year) for firm in firms}
    for figures in db.session.scalars(
        select(YearlyFigures).where(YearlyFigures.firm_id.in_(ids), YearlyFigures.year == year)
    ):
        found[figures.firm_id].figures = figures
    contacts = select(Contact).where(Contact.firm_id.in_(ids)).order_by(Contact.main, Contact.id.desc())
    for contact in db.session.scalars(contacts):  # the main one, else the first, comes last
        found[contact.firm_id].contact = contact
    for firm_id, numbers in _rights_of(ids, year).items():
        found[firm_id].rights = numbers
    return found


def _rights_of(ids: Sequence[int], year: int) -> dict[int, dict[str, int]]:
    """Rights in force, inventions in force, patents filed and granted in the year, of firms whose rights are known."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    patent = IpRight.kind.in_(PATENTS)
    counted = {
        "valid": IpRight.status == IpStatus.VALID,
        "inventions": (IpRight.status == IpStatus.VALID) & IpRight.kind.in_(INVENTIONS),
        "filed": patent & IpRight.filed_on.between(first, last),
        "granted": patent & IpRight.granted_on.between(first, last),
    }
    sums = [func.sum(case((condition, 1), else_=0)) for condition in counted.values()]
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for firm_id, *numbers in db.session.execute(
        select(IpRight.firm_id, *sums).where(IpRight.firm_id.in_(ids)).group_by(IpRight.firm_id)
    ):
        found[firm_id] = dict(zip(counted, map(int, numbers), strict=True))
    none = select(FirmFact.firm_id).where(none_stated("ip", min(last, clock.today())), FirmFact.firm_id.in_(ids))
    for firm_id in db.session.scalars(none):
        found.setdefault(firm_id, dict.fromkeys(counted, 0))
    return found
