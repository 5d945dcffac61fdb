"""A firm that meets every criterion of tech_sme on TODAY, and the ways to spoil it."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from crm.accounts.models import User
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.models import Acquired, IpKind, IpRight, IpStatus
from crm.firms.models import Firm, FirmFact, State
from crm.ladder import service
from crm.ladder.models import Case, Rung, Stage

TODAY = date(2026, 6, 15)
WAN = 10_000
FACTS: dict[str, Any] = {
    "resident_cn": True,
    "banned_products": False,
    "abnormal_list": False,
    "dishonest_list": False,
    "incidents": [],
    "credentials": [],
}


def qualify(session: Session, firm: Firm, actor: User) -> YearlyFigures:
    """Give the firm what tech_sme asks for on TODAY: 40 % staff, 8 % R&D, one class I right: 100 points."""
    figures = YearlyFigures(
        firm=firm,
        year=2025,
        revenue=Decimal(1000 * WAN),
        cost_expense=Decimal(900 * WAN),
        rd=Decimal(80 * WAN),
        total_assets=Decimal(2000 * WAN),
        employees=50,
        st_staff=20,
    )
    figures.sources.append(FigureSource(key="rd", state=State.VERIFIED, entered_by=actor))
    session.add(figures)
    session.add(
        IpRight(
            firm=firm,
            kind=IpKind.INVENTION,
            number=f"20191000{firm.id:04d}0",
            title="一种测试装置",
            granted_on=date(2021, 5, 1),
            status=IpStatus.VALID,
            acquired=Acquired.SELF,
            core_product=True,
        )
    )
    for key, value in FACTS.items():
        session.add(FirmFact(firm=firm, key=key, value=value, as_of=TODAY, entered_by=actor))
    session.flush()
    return figures


def pdf(name: str = "证书.pdf") -> FileStorage:
    return FileStorage(io.BytesIO(b"%PDF-1.7 test"), filename=name)


def advance(case: Case, to: Stage, officer: User, manager: User, on: date = TODAY) -> Case:
    """Bring a tech_sme case of a qualified firm up to a stage by the proper steps."""
    while case.stage is not to:
        following = service.moves.next_stage(case.stage)
        assert following is not None
        complete(case, following, officer, manager)
        certificate = service.Certificate("202643090008000001", on, date(on.year, 12, 31))
        service.move_case(case, following, actor=officer, on=on, certificate=certificate)
    return case


def complete(case: Case, to_stage: Stage, officer: User, manager: User) -> None:
    """Do everything the checklist of the stage asks a person to do."""
    from crm.ladder.checklists import checklist_for

    for requirement in checklist_for(case.rung, to_stage).requirements:
        if requirement.kind == "document":
            service.attach_document(case, requirement.key, pdf(), actor=officer)
        elif requirement.kind == "declaration":
            service.declare(case, requirement.key, actor=officer)
        else:
            service.sign_off(case, requirement.key, actor=manager)


def tech_sme_case(firm: Firm, officer: User, on: date = TODAY) -> Case:
    return service.open_case(firm, Rung.TECH_SME, actor=officer, on=on)
