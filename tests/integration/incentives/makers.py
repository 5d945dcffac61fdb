"""Firms with institutions, contracts and figures, and claims in each state, for the tests of this room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from crm.firms.figures.service import record_figures
from crm.firms.models import Document, Firm
from crm.incentives.claims import claim_entitlement, decide, pay
from crm.incentives.models import Claim, Provision
from crm.incentives.provisions import save_provision
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.files import store
from crm.registers.models import Register, RegisterEntry

YEAR = clock.today().year - 1
WAN = Decimal(10_000)


def paper(firm: Firm, by: Any) -> Document:
    document = Document(
        firm=firm, name="合同.pdf", media_type="application/pdf", size=8, sha256=store(b"%PDF-1.7"), uploaded_by=by
    )
    db.session.add(document)
    db.session.flush()
    return document


def adopt(
    park: Any, incentive: str, organisation: Any = None, since: date = date(2020, 1, 1), **values: str
) -> Provision:
    """The city follows a document, with numbers of its own where some are given."""
    return save_provision(
        None,
        actor=park.administrator,
        incentive=incentive,
        organisation=organisation or park.city,
        since=since,
        until=None,
        document="益政发〔2019〕9号",
        document_on=date(2019, 12, 1),
        values={key: Decimal(value) for key, value in values.items()},
    )


def contract(firm: Firm, wan: str | None = "850", **values: Any) -> RegisterEntry:
    given: dict[str, Any] = {"role": "receiver", "party": "演示大学", "on": date(YEAR, 5, 1), **values}
    amount = None if wan is None else Decimal(wan) * WAN
    entry = RegisterEntry(register=Register.CONTRACT, firm=firm, name="成果转让", amount=amount, **given)
    db.session.add(entry)
    db.session.flush()
    return entry


def institution(firm: Firm, level: str | None = "city", **values: Any) -> RegisterEntry:
    given = {"on": date(YEAR, 6, 1), **values}
    entry = RegisterEntry(register=Register.INSTITUTION, firm=firm, name="技术中心", level=level, **given)
    db.session.add(entry)
    db.session.flush()
    return entry


def figures(firm: Firm, by: Any, year: int = YEAR, **wan: str) -> None:
    record_figures(actor=by, firm=firm, year=year, values={key: Decimal(value) * WAN for key, value in wan.items()})


def claim_contract(firm: Firm, by: Any, entry: RegisterEntry) -> Claim:
    return claim_entitlement(
        firm, "contract_receiver", YEAR, f"register_entry:{entry.id}", actor=by, document=paper(firm, by)
    )


def paid(claim: Claim, manager: Any) -> Claim:
    decide(claim, actor=manager, approve=True)
    return pay(claim, actor=manager)
