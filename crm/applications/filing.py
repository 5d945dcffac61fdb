"""What was handed in, frozen: it can be read years later whatever became of the record."""

from __future__ import annotations

from typing import Any

from crm.applications.models import Application
from crm.applications.papers import declarations_of, papers_of
from crm.applications.prefill import Prefill
from crm.firms.models import Firm
from crm.firms.queries import contacts_of
from crm.ladder.standing import score_text
from crm.web.language import title_in


def profile_of(firm: Firm) -> dict[str, Any]:
    """Who applies: name, code, address, and whom to call."""
    return {
        "name": firm.name,
        "credit_code": firm.credit_code,
        "address": firm.address,
        "telephone": firm.telephone,
        "contacts": [
            {"name": contact.name, "position": contact.position, "telephone": contact.telephone}
            for contact in contacts_of(firm.id)[:3]
        ],
    }


def filed(application: Application, prefill: Prefill) -> dict[str, Any]:
    """The firm, its facts with their sources, the answers, the papers and the edition's verdict, as JSON."""
    firm, programme = application.firm, application.window.programme
    words = application.answers.get("words", {})
    assessment = prefill.examination.assessment if prefill.examination else None
    return {
        "on": prefill.on.isoformat(),
        "firm": profile_of(firm),
        "facts": prefill.facts.document,
        "lines": [line.as_json() for line in prefill.lines],
        "answers": [
            {"key": ask["key"], "title": ask["title"], "title_en": ask["title_en"], "text": words.get(ask["key"])}
            for ask in programme.asks
            if not ask.get("fact")
        ],
        "declared": [
            {"title": each.title.zh, "title_en": each.title.en}
            for each, made in declarations_of(application, prefill.on)
            if made
        ],
        "papers": [
            {
                "key": paper.key,
                "title": paper.title,
                "document_id": paper.document.id,
                "name": paper.document.name,
                "internal": paper.document.internal,
            }
            for paper in papers_of(application, prefill.on)
            if paper.document is not None
        ],
        "verdict": None
        if assessment is None
        else {
            "edition": assessment.edition.id,
            "hash": assessment.edition.hash,
            "number": assessment.edition.document.number,
            "verdict": assessment.verdict,
            "score": score_text(assessment) or None,
            "resting": prefill.resting,
        },
        "programme": title_in(programme),
    }
