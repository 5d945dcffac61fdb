"""A firm with something of everything on its page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import Contact, Document, Firm, State
from crm.kernel import audit, clock
from crm.ladder.models import Credential, CredentialEvent, CredentialEventKind, Rung
from crm.visits.models import Need, Task, Visit
from tests.factories import Park


def _paper(firm: Firm, park: Park) -> Document:
    return Document(
        firm=firm, name="清单.txt", media_type="text/plain", size=1, sha256="0" * 64, uploaded_by=park.officer
    )


def full_firm(session: Session, park: Park, number: int = 100) -> None:
    """Give the park's firm one more of everything; `number` keeps what must be unique apart."""
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    firm = park.firm
    figures = YearlyFigures(
        firm=firm, year=1925 + number, revenue=Decimal(12_000_000), rd=Decimal(600_000), employees=80, rd_staff=12
    )
    figures.sources = [
        FigureSource(key=key, state=State.VERIFIED, entered_by_id=park.officer.id) for key in ("revenue", "rd")
    ]
    title = Credential(
        firm=firm, rung=Rung.TECH_SME, number=f"K{number}", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31)
    )
    title.events.append(
        CredentialEvent(kind=CredentialEventKind.GRANTED, on=date(2026, 1, 1), actor_id=park.officer.id)
    )
    kinds = (IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.DESIGN)
    session.add_all(
        [
            figures,
            title,
            *(
                IpRight(firm=firm, kind=kind, number=f"{kind}{number}", title="一种夹具", status=IpStatus.VALID)
                for kind in kinds
            ),
            Contact(firm=firm, name=f"王总工{number}", telephone="0737-4000000"),
            Visit(firm=firm, officer=park.officer, on=date(2026, 3, 5), said="谈了扩产。"),
            Need(firm=firm, raised_on=date(2026, 3, 5), kind="finance", text="缺流动资金", document=_paper(firm, park)),
            Task(
                firm=firm,
                title="送政策汇编",
                due_on=clock.today() + timedelta(days=2),
                assignee=park.manager if number % 2 else park.officer,
            ),
        ]
    )
    session.commit()
