"""Kept assessments read: those of a firm, one as a record, and the same run again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.editions.library import library
from crm.editions.models import EditionRecord
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Assessment, Rung
from crm.policy import Edition
from crm.policy.facts import FactsError
from crm.policy.records.record import FILE, PAGE, edition_of, record, source_of
from crm.policy.records.rerun import Rerun, rerun
from crm.web.language import language
from crm.web.paging import PAGE_SIZE, Page, page_of

OTHERS = 12  # shown beside one


def kept_page(firm: Firm, rung: Rung | None, number: int) -> Page[Assessment]:
    """One page of what is kept of a firm, the newest first; facts, results and sources are not loaded."""
    statement = _listed(firm, rung).limit(PAGE_SIZE + 1).offset((number - 1) * PAGE_SIZE)
    return page_of(list(db.session.scalars(statement)), number)


def others_of(kept: Assessment) -> list[Assessment]:
    """What else is kept of the same firm and rung, the newest first."""
    statement = _listed(kept.firm, kept.rung).where(Assessment.id != kept.id).limit(OTHERS)
    return list(db.session.scalars(statement))


def rungs_kept(firm: Firm) -> list[Rung]:
    """The rungs of which something is kept, in their order."""
    there = set(db.session.scalars(select(Assessment.rung).where(Assessment.firm_id == firm.id).distinct()))
    return [rung for rung in Rung if rung in there]


def _listed(firm: Firm, rung: Rung | None) -> Select[Any]:
    statement = select(Assessment).where(Assessment.firm_id == firm.id)
    if rung is not None:
        statement = statement.where(Assessment.rung == rung)
    heavy = (Assessment.facts, Assessment.result, Assessment.sources, Assessment.edition_source)
    return statement.options(joinedload(Assessment.actor), *map(defer, heavy)).order_by(
        Assessment.on.desc(), Assessment.id.desc()
    )


@dataclass(frozen=True)
class Kept:
    """One kept assessment as a person may read it: a firm's own user sees neither internal documents nor who said what."""

    row: Assessment
    reader: User

    @cached_property
    def source(self) -> str | None:
        """The whole edition; of what was kept before editions were kept along, the one on file if it is still the same."""
        if self.row.edition_source is not None:
            return self.row.edition_source
        found = next((e for e in library() if e.id == self.row.edition and e.hash == self.row.edition_hash), None)
        return source_of(found) if found else None

    @cached_property
    def edition(self) -> Edition | None:
        try:
            return edition_of(self.source, self.row.purpose.value) if self.source else None
        except FactsError:
            return None

    @cached_property
    def again(self) -> Rerun | None:
        """The same judged again, beside all editions in use; None where it cannot be: the edition is lost or broken."""
        if self.source is None:
            return None
        try:
            return rerun(self.document(), among=library())
        except FactsError:
            return None

    def document(self) -> dict[str, Any]:
        """The record to export. Raises FactsError (of which RecordError is one) where it cannot be made."""
        row = self.row
        return record(
            firm=row.firm.name,
            credit_code=row.firm.credit_code,
            rung=row.rung.value,
            purpose=row.purpose.value,
            region=row.firm.division_code,
            on=row.on,
            kept_at=_moment(row.at),
            kept_by=row.actor.name,
            facts=row.facts,
            sources=row.sources or {},
            edition=row.edition,
            edition_hash=row.edition_hash,
            edition_source=self.source or "",
            origin=PAGE if self._published_here() else FILE,
            result=row.result,
        )

    @property
    def is_staff(self) -> bool:
        return self.reader.role is not Role.FIRM

    @property
    def sources(self) -> dict[str, Any]:
        """Where each fact came from, as far as the reader may know."""
        found = self.row.sources or {}
        if self.is_staff:
            return found
        return {
            path: {**source, "by": None, "documents": [d for d in source["documents"] if not d["internal"]]}
            for path, source in found.items()
        }

    @cached_property
    def result(self) -> dict[str, Any]:
        """What was recorded, in the reader's language where the same comes out again; else in the words it was kept in."""
        if language() == "zh" or self.again is None or any(d.what != "edition_on_file" for d in self.again.differences):
            return self.row.result
        certainty = {criterion["id"]: criterion["certainty"] for criterion in self.row.result["criteria"]}
        told = self.again.now.as_json(language())
        for criterion in told["criteria"]:
            criterion["certainty"] = certainty[criterion["id"]]
        return told

    def _published_here(self) -> bool:
        name = self.edition.name if self.edition else self.row.edition
        return db.session.scalar(select(EditionRecord.id).where(EditionRecord.name == name)) is not None


def _moment(at: datetime) -> str:
    return at.astimezone(clock.LOCAL).isoformat(timespec="seconds")
