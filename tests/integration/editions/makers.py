"""Drafts and published editions for tests."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from crm.editions import service
from crm.editions.library import edition_named
from crm.editions.models import EditionRecord
from crm.firms.models import Division
from crm.kernel.db import db
from tests.factories import Park

START = date(2027, 1, 1)
REVENUE = "criteria[Z26-2a].any[0].value"  # srdi.2026: revenue of at least 1,500 万元


def draft(
    park: Park, name: str = "srdi.2027", base: str = "srdi.2026", since: date = START, region: str | None = None
) -> EditionRecord:
    """A draft of an administrator."""
    if region == "430900" and db.session.get(Division, region) is None:
        db.session.add(Division(code=region, name="益阳市"))
    return service.copy_edition(edition_named(base), name=name, since=since, region=region, actor=park.administrator)


def published(park: Park, name: str = "srdi.2027", revenue: int | None = None, **options: Any) -> EditionRecord:
    """An edition published by an administrator, on request with another threshold of revenue."""
    record = draft(park, name, **options)
    if revenue is not None:
        change(park, record, {REVENUE: Fraction(revenue)})
        own_document(park, record)
    service.publish(record, actor=park.administrator, expected_version=None)
    return record


def change(park: Park, record: EditionRecord, numbers: dict[str, Fraction]) -> None:
    service.change_draft_numbers(record, numbers, actor=park.administrator, expected_version=None)


def own_document(park: Park, record: EditionRecord) -> None:
    """Another document than the one of the edition it was made from: other numbers need one."""
    document = {"number": "试〔2027〕1号", "title": {"zh": "试行", "en": "Trial"}, "certainty": "uncertain"}
    service.change_head(record, {"document": document}, actor=park.administrator, expected_version=None)
