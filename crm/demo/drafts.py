"""A draft of an edition, plainly made up: what the criteria of specialised SMEs might become one day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from crm.accounts.models import User
from crm.editions import service
from crm.editions.library import edition_named
from crm.kernel import clock

REVENUE, LEVERAGE = "criteria[Z26-2a].any[0].value", "criteria[Z26-2c].value"


def write_draft(administrator: User) -> None:
    """From next January 2,000 万元 of revenue and 70% of leverage: no document says so."""
    base = edition_named("srdi.2026")
    since = date(clock.today().year + 1, 1, 1)
    record = service.copy_edition(
        base, name=service.proposed_name(base, since), since=since, region=None, actor=administrator
    )
    document = {
        "number": f"演示〔{since.year}〕0号",
        "title": {"zh": "演示用的虚构修订稿", "en": "A made-up revision, for the demonstration"},
        "certainty": "uncertain",
    }
    title = {
        "zh": "专精特新中小企业（虚构修订稿，仅供演示）",
        "en": "Specialised SME (made-up revision, demonstration only)",
    }
    service.change_head(record, {"title": title, "document": document}, actor=administrator, expected_version=None)
    service.change_draft_numbers(
        record,
        {REVENUE: Fraction(2000), LEVERAGE: Fraction(7, 10)},
        actor=administrator,
        expected_version=None,
    )
