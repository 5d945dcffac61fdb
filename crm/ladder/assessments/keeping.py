"""Keeping an assessment: what was known, where from, by which edition, and what came of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.queries import names_of
from crm.editions.certainty import all_confirmed, certainty_of
from crm.firms.ip.models import IpRight
from crm.firms.models import Document, Firm
from crm.kernel.db import db
from crm.ladder.facts import FirmFacts
from crm.ladder.gate import examine
from crm.ladder.models import Assessment, Case, Purpose, Rung
from crm.policy import Assessment as PolicyAssessment
from crm.policy.records.record import source_of
from crm.registers.models import REGISTER_LISTS, RegisterEntry
from crm.web.language import language


def kept_assessment(
    firm: Firm, rung: Rung, *, actor: User, on: date, purpose: Purpose, case: Case | None = None
) -> tuple[Assessment | None, str]:
    """The edition in force applied to the facts of this moment, as a row to keep; None and the reason where there is none."""
    examination = examine(firm, rung, on, purpose)
    result = examination.assessment
    if result is None:
        return None, examination.lack[language()] if examination.lack else ""
    row = Assessment(
        firm_id=firm.id,
        case_id=case.id if case else None,
        rung=rung,
        purpose=purpose,
        edition=result.edition.id,
        edition_hash=result.edition.hash,
        on=on,
        verdict=result.verdict,
        score_low=_decimal(result.score.low) if result.score else None,
        score_high=_decimal(result.score.high) if result.score else None,
        facts=examination.facts.document,
        result=_result(result),
        sources=_sources(firm, examination.facts),
        edition_source=source_of(result.edition),
        actor_id=actor.id,
    )
    return row, ""


def _result(assessment: PolicyAssessment) -> dict[str, Any]:
    """What `policy evaluate` prints, with how well each number was known on this day: a person may have confirmed it."""
    result, known = assessment.as_json(), all_confirmed()
    for criterion in result["criteria"]:
        criterion["certainty"] = certainty_of(assessment.edition.criterion(criterion["id"]), known)
    return result


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator


def _sources(firm: Firm, facts: FirmFacts) -> dict[str, Any]:
    """By fact path: how far it is trusted, its year or day, the documents behind it, and who said so."""
    listed = _documents_of_lists(firm)
    people = names_of({source.by_id for source in facts.sources.values() if source.by_id is not None})
    return {
        path: {
            "state": source.state.value if source.state else None,
            "year": source.year,
            "as_of": source.as_of.isoformat() if source.as_of else None,
            "documents": _named([source.document] if source.document else listed.get(path, [])),
            "by": people.get(source.by_id) if source.by_id is not None else None,
        }
        for path, source in facts.sources.items()
    }


def _named(documents: list[Document]) -> list[dict[str, Any]]:
    """Each document once; what is internal now stays so for whoever reads this later."""
    return [
        {"name": name, "internal": internal}
        for name, internal in dict.fromkeys((document.name, document.internal) for document in documents)
    ]


def _documents_of_lists(firm: Firm) -> dict[str, list[Document]]:
    rights = db.session.scalars(
        select(IpRight).where(IpRight.firm_id == firm.id).options(joinedload(IpRight.document)).order_by(IpRight.id)
    )
    entries = db.session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.firm_id == firm.id)
        .options(joinedload(RegisterEntry.document))
        .order_by(RegisterEntry.id)
    )
    found: dict[str, list[Document]] = {"ip": [right.document for right in rights if right.document]}
    for entry in entries:
        if entry.document and entry.register in REGISTER_LISTS:
            found.setdefault(REGISTER_LISTS[entry.register], []).append(entry.document)
    return found
