"""A draft of an edition, plainly made up: what the criteria of specialised SMEs might become one day."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from crm.accounts.models import User
from crm.editions import service
from crm.editions.library import edition_named
from crm.kernel import clock

# With no prior title asked some firms gain, with 60 points some drop out: the comparison has something to show.
PRIOR_TITLE, SCORES = "definitions.tech_sme_valid.value", ("criteria[Z26-6].value", "criteria[Z26-6#2].value")


def write_draft(administrator: User) -> None:
    """From the next month no registration as a tech SME, but 60 points: no document says so."""
    base = edition_named("srdi.2026")
    # Still this year: of the next one's last full year nobody has figures yet.
    today = clock.today()
    since = min((today.replace(day=1) + timedelta(days=32)).replace(day=1), date(today.year, 12, 31))
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
        {PRIOR_TITLE: Fraction(0), **dict.fromkeys(SCORES, Fraction(60))},
        actor=administrator,
        expected_version=None,
    )
