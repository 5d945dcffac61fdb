"""What an application takes from the record, and what is left to ask.

The facts are those that the rung's criteria read, and those that the programme names beside them. A value that the firm asked
to enter and nobody has checked yet counts for what it hands in; the park's own steps judge by the record alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select

from crm.applications.models import Application, Programme
from crm.firms.facts.groups import FACT_KEYS
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, State
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.kernel.db import db
from crm.kernel.plain import revive
from crm.ladder.assessments.showing import fact_words, source_text, value_text
from crm.ladder.facts import WAN, FirmFacts, Source, facts_of, put_fact
from crm.ladder.gate import Examination, examine
from crm.policy.vocabulary import EXPERT, FIGURES, LISTS
from crm.web.language import title_in

COLUMNS = {"registered_on": "registered_on", "tech_field": "tech_field", "industry_code": "industry"}
PENDING = "pending"
# The states in which a value is: `verified` and `declared` in the record, `pending` asked for by the firm, None of the profile.


@dataclass(frozen=True)
class Line:
    """A fact as the application has it. `value` None: nobody knows it yet."""

    path: str
    title: str
    value: str | None
    state: str | None = None
    source: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"path": self.path, "title": self.title, "value": self.value, "state": self.state, "source": self.source}


@dataclass(frozen=True)
class Question:
    """Something the record does not know yet, or words that only this application asks for. `path`: the fact it fills."""

    key: str
    title: str
    required: bool
    path: str | None = None


@dataclass
class Prefill:
    """The record as an application of a firm to a programme reads it on a day."""

    firm: Firm
    programme: Programme
    year: int  # of the window
    on: date
    pending: dict[str, ProposalField] = field(default_factory=dict)

    @classmethod
    def of(cls, application: Application, on: date) -> Prefill:
        window = application.window
        return cls(application.firm, window.programme, window.year, on, pending_of(application.firm))

    @cached_property
    def stands(self) -> FirmFacts:
        """What stands in the record."""
        return facts_of(self.firm, self.on)

    @cached_property
    def facts(self) -> FirmFacts:
        """The same with what the firm asked to enter."""
        if not self.pending:
            return self.stands
        found = FirmFacts(self.firm.id, deepcopy(self.stands.document), dict(self.stands.sources), self.stands.stale)
        for path, asked in self.pending.items():
            _put(found, path, asked)
        return found

    @cached_property
    def examination(self) -> Examination | None:
        """The edition in force applied to what the firm hands in; None for a programme that leads to no title."""
        programme = self.programme
        if programme.rung is None:
            return None
        return examine(self.firm, programme.rung, self.on, programme.purpose, self.facts)

    @cached_property
    def paths(self) -> list[str]:
        """The facts the application names, each once: those of the criteria in their order, then the programme's own."""
        found: dict[str, None] = {}
        assessment = self.examination.assessment if self.examination else None
        for result in assessment.criteria if assessment else ():
            for path in [*(figure.path for figure in result.figures), *result.missing]:
                found.setdefault(path.partition("[")[0])
        for ask in self.programme.asks:
            if path := ask.get("fact"):
                found.setdefault(fact_of_year(path, self.year))
        return list(found)

    @cached_property
    def lines(self) -> list[Line]:
        """What is known of them, with where it comes from."""
        return [self._line(path) for path in self.paths if value_at(self.facts.document, path) is not None]

    @cached_property
    def questions(self) -> list[Question]:
        """What is to be asked: facts that nobody entered and a firm can say, then the programme's own words."""
        own = {fact_of_year(a["fact"], self.year): a for a in self.programme.asks if a.get("fact")}
        missing = [path for path in self.paths if value_at(self.stands.document, path) is None and can_be_asked(path)]
        # What no criterion misses is still asked, where it is known to the firm only as a wish that waits.
        found = [
            Question(name_of(path), fact_words(path), path in own and bool(own[path]["required"]), path)
            for path in missing
        ]
        found += [
            Question(ask["key"], title_in(ask), bool(ask["required"]))
            for ask in self.programme.asks
            if not ask.get("fact")
        ]
        return found

    def unchecked(self, paths: Iterable[str]) -> list[Line]:
        """Those of the facts that nobody has verified: declared by the firm, or asked for and not accepted yet."""
        names = dict.fromkeys(path.partition("[")[0] for path in paths)
        known = (self._line(path) for path in names if value_at(self.facts.document, path) is not None)
        return [line for line in known if line.state in (State.DECLARED, PENDING)]

    @cached_property
    def resting(self) -> list[dict[str, Any]]:
        """The clauses judged by facts that nobody has verified, as JSON: the clause, its verdict, and these facts."""
        assessment = self.examination.assessment if self.examination else None
        found = []
        for result in assessment.criteria if assessment else ():
            lines = self.unchecked(figure.path for figure in result.figures) if result.applies is not False else []
            if lines:
                clause = {"title": result.title.zh, "title_en": result.title.en, "article": result.article}
                found.append({**clause, "verdict": result.verdict, "lines": [line.as_json() for line in lines]})
        return found

    def _line(self, path: str) -> Line:
        if path in self.pending:
            return Line(path, fact_words(path), value_text(path, value_at(self.facts.document, path)), PENDING)
        source = self.facts.source(path) or Source()
        document = source.document
        about = {
            "as_of": source.as_of.isoformat() if source.as_of else None,
            "year": None,
            "documents": [{"name": document.name, "internal": document.internal}] if document else [],
        }
        return Line(
            path,
            fact_words(path),
            value_text(path, value_at(self.facts.document, path)),
            source.state.value if source.state else None,
            source_text(about) if _may_be_told(document) else None,
        )


def _may_be_told(document: Any) -> bool:
    """What is filed is read by the firm too: the staff's own papers are not named in it."""
    return document is None or not document.internal


def fact_of_year(path: str, year: int) -> str:
    """`years.-1.rd` of a window of 2026 → `years.2025.rd`."""
    head, _dot, rest = path.partition(".")
    offset, _dot, key = rest.partition(".")
    return f"years.{year + int(offset)}.{key}" if head == "years" else path


def name_of(path: str) -> str:
    """A form field's name for a fact."""
    return "fact-" + path.replace(".", "-")


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """The value of a facts document at a path; None where it is unknown."""
    value: Any = document
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def can_be_asked(path: str) -> bool:
    """Whether a form can ask a firm for the fact: figures and facts of the firm as a whole; not lists, nor what experts say."""
    head, _dot, rest = path.partition(".")
    if head == "years":
        return rest.partition(".")[2] in FIGURES
    return path in ("registered_on", "tech_field") or (path in FACT_KEYS and head not in ("expert",))


def is_the_parks(path: str) -> bool:
    """Whether it is the park's to see to: points that experts give, and the registers that officers keep."""
    name = path.partition("[")[0]
    return name.startswith("expert.") or name in EXPERT or (name in LISTS and name != "ip")


def pending_of(firm: Firm) -> dict[str, ProposalField]:
    """What the firm asked to enter and nobody decided yet, by the fact's path."""
    fields = db.session.scalars(
        select(ProposalField)
        .join(Proposal)
        .where(Proposal.firm_id == firm.id, Proposal.open, ProposalField.decision == Decision.PENDING)
        .order_by(ProposalField.id)
    )
    found = {}
    for asked in fields:
        path = _path(asked)
        if path is not None and asked.new is not None:
            found[path] = asked
    return found


def _path(asked: ProposalField) -> str | None:
    match asked.target:
        case Target.FIGURES if asked.field in FIGURES:  # the record keeps figures that no criterion reads
            return f"years.{asked.target_key}.{asked.field}"
        case Target.FACT:
            return asked.field
        case Target.FIRM:
            return COLUMNS.get(asked.field)
    return None


def _put(facts: FirmFacts, path: str, asked: ProposalField) -> None:
    if asked.target is Target.FIGURES:
        value = revive(YearlyFigures, asked.field, asked.new)
        if KEYS[asked.field].is_money:
            value = format((Decimal(value) / WAN).normalize(), "f")
        elif isinstance(value, Decimal):
            value = int(value) if value == value.to_integral_value() else float(value)
        facts.document.setdefault("years", {}).setdefault(str(asked.target_key), {})[asked.field] = value
    elif asked.target is Target.FACT:
        put_fact(facts.document, asked.field, asked.new)
    else:
        facts.document[path] = asked.new
    facts.sources[path] = Source()
