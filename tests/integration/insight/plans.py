"""A park of the size of Yiyang's document, and its plan taken over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import Firm, Industry
from crm.insight.performance import loading as weights
from crm.insight.targets import loading
from crm.insight.targets.models import Indicator, TargetPlan
from crm.insight.targets.service import take_over
from crm.kernel.bulk import insert_rows, next_ids
from crm.ladder.models import Credential, Rung
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceRegister
from tests.factories import credit_code

END = date(2020, 12, 31)


def shipped(session: Session, key: str = "yiyang.2021") -> TargetPlan:
    """A shipped plan, loaded."""
    loading.load()
    weights.load()
    session.commit()
    return session.scalars(select(TargetPlan).where(TargetPlan.key == key, TargetPlan.organisation_id.is_(None))).one()


def taken(session: Session, actor: User, key: str = "yiyang.2021") -> TargetPlan:
    plan = take_over(actor=actor, plan=shipped(session, key))
    session.commit()
    return plan


def indicator(session: Session, key: str) -> Indicator:
    return session.scalars(select(Indicator).where(Indicator.key == key)).one()


def many_firms(session: Session, organisation: Organisation, count: int, **values: Any) -> list[int]:
    """So many firms at once; their ids."""
    ids = next_ids(session, Firm.__table__, count)
    rows = [
        {
            "id": each,
            "name": f"益阳大数企业{each}有限公司",
            "sort_key": f"yydsqy{each:07d}",
            "credit_code": credit_code(),
            "organisation_id": organisation.id,
            **values,
        }
        for each in ids
    ]
    insert_rows(session, Firm.__table__, rows)
    return ids


def titles(
    session: Session, ids: list[int], rung: Rung, since: date = date(2019, 6, 1), until: date | None = None
) -> None:
    rows = [{"firm_id": each, "rung": rung, "valid_from": since, "valid_to": until} for each in ids]
    insert_rows(session, Credential.__table__, rows)


def entries(session: Session, ids: list[int], register: Register, on: date, **values: Any) -> None:
    rows = [{"firm_id": each, "register": register, "name": "一项", "on": on, **values} for each in ids]
    insert_rows(session, RegisterEntry.__table__, rows)


def figures(session: Session, ids: list[int], year: int, **values: Decimal) -> None:
    insert_rows(session, YearlyFigures.__table__, [{"firm_id": each, "year": year, **values} for each in ids])


def patents(session: Session, ids: list[int], kind: IpKind, granted_on: date, each_has: int = 1) -> None:
    rows = [
        {
            "firm_id": each,
            "kind": kind,
            "number": f"ZL{kind.value}{each}-{granted_on}-{number}",
            "title": "一种装置",
            "granted_on": granted_on,
            "status": IpStatus.VALID,
        }
        for each in ids
        for number in range(each_has)
    ]
    insert_rows(session, IpRight.__table__, rows)


def like_yiyang(session: Session, organisation: Organisation) -> list[int]:
    """What the plan says of 2020 (一（一）): 312 high-tech enterprises of 400 firms, and the rest of it."""
    session.merge(Industry(code="C3911", name="计算机整机制造", level="小类"))
    session.flush()
    ids = many_firms(session, organisation, 400, industry_code="C3911")
    titles(session, ids[:312], Rung.HTE)
    titles(session, ids[:322], Rung.TECH_SME)
    titles(session, ids[:2], Rung.LITTLE_GIANT)
    titles(session, ids[:73], Rung.SRDI)
    titles(session, ids[:4], Rung.LISTED_CHINEXT)
    titles(session, ids[4:7], Rung.LISTED_MAIN)
    titles(session, ids[7:20], Rung.LISTED_NEEQ)  # 挂牌 is not 上市
    entries(session, ids[:22], Register.HONOUR, date(2019, 1, 1), kind="ip_advantage")
    entries(session, ids[:27], Register.INSTITUTION, date(2018, 1, 1), kind="engineering_centre", level="provincial")
    entries(session, ids[:28], Register.INSTITUTION, date(2018, 1, 1), kind="technology_centre", level="provincial")
    entries(session, ids[:40], Register.INSTITUTION, date(2018, 1, 1), kind="technology_centre", level="city")
    rows = [
        {"register": ResourceRegister.CARRIER, "organisation_id": organisation.id, "kind": kind, "level": "national"}
        | {"name": f"{kind}{number}", "on": date(2018, 1, 1)}
        for kind, count in (("makerspace", 2), ("incubator", 3))
        for number in range(count)
    ]
    insert_rows(session, Resource.__table__, rows)
    entries(session, ids[:1], Register.PROJECT, date(2020, 5, 1), level="national")
    entries(session, ids[:329], Register.PROJECT, date(2020, 5, 1), level="provincial")
    entries(session, ids[:376], Register.PROJECT, date(2020, 5, 1), level="city")
    # 249 contracts of 11.41 亿元: 248 of 4 600 000 yuan and one with the rest; the buyers entered some of them too.
    entries(session, ids[:248], Register.CONTRACT, date(2020, 3, 1), role="provider", amount=Decimal(4_600_000))
    entries(session, ids[:1], Register.CONTRACT, date(2020, 3, 1), role="provider", amount=Decimal(200_000))
    entries(session, ids[300:340], Register.CONTRACT, date(2020, 3, 1), role="receiver", amount=Decimal(4_600_000))
    # 34.94 亿元 of R&D by 349 firms: 348 of ten million and one with the rest; 51 firms gave nothing.
    figures(session, ids[:348], 2020, rd=Decimal(10_000_000), revenue=Decimal(700_000_000))
    figures(session, ids[348:349], 2020, rd=Decimal(14_000_000), revenue=Decimal(700_000_000))
    patents(session, ids[:327], IpKind.INVENTION, date(2020, 2, 1), each_has=4)
    session.commit()
    return ids
