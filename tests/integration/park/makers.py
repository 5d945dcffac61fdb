"""Random firms in the database: the documents of tests.unit.policy.parks as the records a person would have entered."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import Firm, FirmFact, Industry
from crm.ladder.facts import FIRM_COLUMNS, LIST_RECORDS, WAN
from crm.ladder.models import Credential, Rung
from crm.policy.vocabulary import FIGURES, LISTS, PROFILE, Shape
from crm.registers.models import REGISTER_LISTS, Level, Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from tests.factories import make_firm
from tests.unit.policy.parks import FirmMaker

INDUSTRIES = ("C3990", "I6510")


def random_firms(
    session: Session, organisation: Organisation, actor: User, on: date, count: int, *, seed: int = 1, gaps: float = 0.1
) -> list[Firm]:
    """Firms with facts at, just below and just above every threshold, with gaps, and with what no criterion counts."""
    for code in INDUSTRIES:
        session.merge(Industry(code=code, name=code, level="小类"))
    maker, random = FirmMaker(seed, on, gaps), Random(seed)  # noqa: S311 (test data)
    firms = []
    for _ in range(count):
        firm = make_firm(session, organisation)
        firms.append(firm)
        store(session, firm, actor, maker.firm(), on, random)
    session.flush()
    session.expire_all()
    return firms


def store(session: Session, firm: Firm, actor: User, document: dict[str, Any], on: date, random: Random) -> None:
    def fact(key: str, value: Any) -> None:
        # On the last day that vouches, the day before, and others: only of a list does it matter.
        said_on = on - timedelta(days=random.choice((0, 0, 0, 364, 365, 366, 800, -30)))
        session.add(FirmFact(firm_id=firm.id, key=key, value=value, as_of=said_on, entered_by_id=actor.id))

    if "registered_on" in document:
        firm.registered_on = date.fromisoformat(document["registered_on"])
    firm.tech_field = document.get("tech_field")
    firm.industry_code = random.choice(INDUSTRIES) if "industry" in document else None
    for key in PROFILE.keys() - FIRM_COLUMNS.keys():
        if key in document:
            fact(key, document[key])
    for section in ("expert", "choices"):
        for key, value in document.get(section, {}).items():
            fact(f"{section}.{key}", value)
    for year, figures in document["years"].items():
        session.add(
            YearlyFigures(
                firm_id=firm.id, year=int(year), **{k: _stored(FIGURES[k].shape, v) for k, v in figures.items()}
            )
        )
    for name, entries in document.items():
        if name not in LISTS:
            continue
        if not entries:
            if random.random() < 0.7:
                fact(name, [])
        elif name == "credentials":
            if random.random() < 0.2:
                fact(name, [])  # confirmed that there is none, before there was one
            _titles(session, firm, entries, on, random)
        elif name == "carriers":
            _carriers(session, firm, entries)
        else:
            for number, entry in enumerate(entries):
                _entry(session, firm, name, number, entry)
    if random.random() < 0.3:  # what no criterion knows
        session.add(IpRight(firm_id=firm.id, kind=IpKind.TRADEMARK, number="T1", title="商标"))
        session.add(RegisterEntry(firm_id=firm.id, register=Register.AWARD, level=Level.CITY, name="市级奖"))
        session.add(RegisterEntry(firm_id=firm.id, register=Register.INSTITUTION, level="district", name="区级中心"))
    if random.random() < 0.2:
        fact("a_fact_of_later", 1)


def _stored(shape: Shape, value: Any) -> Any:
    number = Decimal(str(value))
    if shape in (Shape.AMOUNT, Shape.SIGNED):
        return number * WAN
    return int(number) if shape is Shape.COUNT else number


def _entry(session: Session, firm: Firm, name: str, number: int, entry: dict[str, Any]) -> None:
    model, _condition = LIST_RECORDS[name]
    values: dict[str, Any] = {}
    for attribute, value in entry.items():
        shape = LISTS[name][attribute].shape
        if shape is Shape.DATE:
            values[attribute] = date.fromisoformat(value)
        elif shape is Shape.AMOUNT:
            values[attribute] = _stored(shape, value)
        elif attribute != "name":
            values[attribute] = value
    if model is IpRight:
        values = {"kind": IpKind.SOFTWARE, **values, "number": f"N{number}", "title": "一项权利"}
    else:
        register = next(register for register, list_name in REGISTER_LISTS.items() if list_name == name)
        values |= {"register": register, "name": str(entry.get("name", "条目"))}
        if name == "honours" and number % 2:
            values["kind"] = entry.get("name")
    session.add(model(firm_id=firm.id, **values))


def _carriers(session: Session, firm: Firm, entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        since, until = (date.fromisoformat(entry[name]) if name in entry else None for name in ("from", "to"))
        carrier = Resource(
            register=ResourceRegister.CARRIER,
            organisation_id=firm.organisation_id,
            name=entry.get("name", "载体"),
            kind=entry.get("kind"),
            level=entry.get("level"),
        )
        session.add(ResourceFirm(resource=carrier, firm_id=firm.id, since=since, until=until))


def _titles(session: Session, firm: Firm, entries: list[dict[str, Any]], on: date, random: Random) -> None:
    for entry in entries:
        if "rung" not in entry or "from" not in entry:
            continue
        since = date.fromisoformat(entry["from"])
        until = date.fromisoformat(entry["to"]) if "to" in entry else None
        session.add(
            Credential(
                firm_id=firm.id,
                rung=Rung(entry["rung"]),
                valid_from=since,
                valid_to=until if until and until >= since else None,
                ended_on=random.choice((None, since, since + timedelta(days=400), on, on + timedelta(days=1))),
            )
        )
