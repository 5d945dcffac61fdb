"""A firm's facts changed in thought, and what the edition says to them before and after. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.firms.models import Firm
from crm.ladder.facts import FirmFacts, facts_of
from crm.ladder.gate import Examination, blocking_criteria, examine
from crm.ladder.models import Purpose, Rung
from crm.ladder.standing import clauses, score_text, verdict_shown
from crm.outlook.changes import ChangeLine, applied, titled, unlikely
from crm.outlook.forms import WhatIfForm, what_if_form, written
from crm.outlook.reads import reads_of
from crm.outlook.slots import Group, ListSlot, groups_of
from crm.policy import Assessment, Facts, FactsError, evaluate
from crm.policy.answers.assess import CriterionResult
from crm.policy.answers.verdict import MET
from crm.policy.text import interval, plain
from crm.policy.vocabulary import PROFILE
from crm.web.charts import Span, span
from crm.web.language import language

CHANGING = ("years.", "expert.", "choices.", "list.", "leave.", "add.")


@dataclass
class WhatIf:
    """One rung for one firm on a day, with some facts changed. `after` is None where a field is wrong."""

    firm: Firm
    rung: Rung
    purpose: Purpose
    on: date
    facts: FirmFacts
    examination: Examination
    form: WhatIfForm | None = None
    ignored: Sequence[str] = ()
    lines: list[ChangeLine] = field(default_factory=list)
    changes: dict[str, list[str]] = field(default_factory=dict)
    changed_facts: FirmFacts | None = None
    after: Assessment | None = None
    warnings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def before(self) -> Assessment | None:
        return self.examination.assessment

    @property
    def wrong(self) -> dict[str, list[str]]:
        """The fields that could not be read, with why."""
        return {name: list(errors) for name, errors in self.form.errors.items() if name} if self.form else {}

    @property
    def titles(self) -> dict[str, str]:
        """What each field is called."""
        if self.form is None:
            return {}
        found = {slot.path: titled(slot) for slot in self.form.slots()}
        for each in self.form.lists():
            found |= {f"list.{each.name}": each.title, f"leave.{each.name}": each.title}
            found |= {addition.name: f"{each.title} · {addition.title}" for addition in each.additions}
        return found

    @property
    def score(self) -> dict[str, Any] | None:
        """The score before and after, in words and as a bar; None where the edition has none."""
        if self.before is None or self.after is None or self.after.score is None or self.before.score is None:
            return None
        return {
            "before": score_text(self.before),
            "after": score_text(self.after),
            "span": _span(self.after),
            "was": _span(self.before) if score_text(self.before) != score_text(self.after) else None,
        }

    @property
    def in_the_way(self) -> list[CriterionResult]:
        """What keeps the verdict from being met after the changes."""
        if self.after is None or self.after.verdict == MET:
            return []
        return [result for result, _several in blocking_criteria(self.after)]

    @cached_property
    def rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The clauses as `clause_row` shows them: those that changed, with what they were, and the others."""
        if self.before is None or self.after is None or self.changed_facts is None:
            return [], []
        was = {result.id: result for result in self.before.criteria}
        results = {result.id: result for result in self.after.criteria}
        blocking = {result.id for result in self.in_the_way}
        changed, others = [], []
        for row in _flat(clauses(self.after, self.changed_facts)):
            result = results[row["id"]]
            _point_into_form(row, result, self.form)
            if _answer(was[result.id]) != _answer(result):
                before = was[result.id]
                changed.append({**row, "before": {"verdict": verdict_shown(before), "value": value_text(before)}})
            elif result.id in blocking:
                others.append(row)
            else:  # what it rests on stands on the page of the ladder
                others.append({**row, "used": [], "arithmetic": None})
        changed.sort(key=lambda row: row["verdict"] == row["before"]["verdict"])
        others.sort(key=lambda row: row["id"] not in blocking)
        return changed, others


def what_if(
    firm: Firm, rung: Rung, on: date, purpose: Purpose, sent: MultiDict[str, str], facts: FirmFacts | None = None
) -> WhatIf:
    """Read what was sent as changes of the firm's facts and judge both. `facts`: the record, where it was read already."""
    facts = facts or facts_of(firm, on)
    examination = examine(firm, rung, on, purpose, facts)
    made = WhatIf(firm, rung, purpose, on, facts, examination)
    if examination.assessment is None:
        return made
    edition = examination.assessment.edition
    made.form = form = what_if_form(groups_of(reads_of(edition, on), facts.document, on), sent)
    made.ignored = [
        name for name in sent if name not in form._fields and (name.startswith(CHANGING) or name in PROFILE)
    ]
    if not form.validate():
        return made
    document, made.lines, changed = applied(facts.document, form)
    made.changes = {name: written(form._fields[name]) for name in changed}
    try:
        read = Facts.from_document(document)
    except FactsError as error:
        for problem in error.problems:
            target = form._fields.get(problem.path.partition("[")[0])
            if target is not None:
                target.errors = [*target.errors, problem.text[language()]]
            else:
                form.form_errors.append(f"{problem.path}{_('：')}{problem.text[language()]}")
        return made
    made.after = evaluate(edition, read, on)
    sources = {path: source for path, source in facts.sources.items() if path not in changed}
    stale = {name: said_on for name, said_on in facts.stale.items() if f"list.{name}" not in changed}
    made.changed_facts = FirmFacts(firm.id, document, sources, stale)
    made.warnings = unlikely(document, [name for name in changed if name.startswith("years.")])
    return made


# --- before and after --------------------------------------------------------------------------------------------


def _answer(result: CriterionResult) -> tuple[Any, ...]:
    if result.applies is False:  # another firm's band: its numbers move, its answer does not matter
        return result.verdict, result.applies
    gap = result.gap.text.zh if result.gap else None
    return result.verdict, result.value, result.points, result.applies, gap


def value_text(result: CriterionResult) -> str | None:
    """What the clause comes to, in words: points, a number, a range; None where it is only met or not."""
    if result.points is not None:
        least, most = (plain(end) for end in result.points)
        return _("%(points)s 分", points=least if least == most else f"{least}–{most}")
    if result.threshold is None or isinstance(result.threshold, bool) or isinstance(result.value, bool):
        return None
    if result.value is None:
        return _("未知")
    low, high = result.value if isinstance(result.value, tuple) else (result.value, result.value)
    return interval(low, high, result.unit)[language()]


def _flat(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        parts = row.pop("parts", [])
        yield row
        yield from parts


def _point_into_form(row: dict[str, Any], result: CriterionResult, form: WhatIfForm | None) -> None:
    """What is missing or was used leads to its field on this page, where it has one."""
    for item, path in zip(row["missing"], result.missing, strict=True):
        item["href"] = anchor(path, form) or item["href"]
    for item, figure in zip(row["used"], result.figures, strict=True):
        item["href"] = anchor(figure.path, form) or item["href"]


def anchor(path: str, form: WhatIfForm | None) -> str | None:
    head = path.partition("[")[0]
    if form is not None and head in form._fields:
        return f"#{head}"
    return f"#list-{head}" if form is not None and f"list.{head}" in form._fields else None


def _span(assessment: Assessment) -> Span:
    score = assessment.score
    assert score is not None
    return span(score.low, score.high, max(Fraction(100), score.high), score.line)


# --- the order of the groups -------------------------------------------------------------------------------------


def parted(made: WhatIf) -> tuple[list[Group], list[Group]]:
    """The groups in two: what matters for clauses not met (or was changed), and the rest."""
    if made.form is None or made.before is None:
        return [], []
    wanted = {name.removeprefix("list.").removeprefix("leave.") for name in made.changes} | set(made.wrong)
    for result in _open_results(made.before):
        wanted.update(path.partition("[")[0] for path in result.missing)
        wanted.update(figure.path for figure in result.figures)
    first, rest = [], []
    for group in made.form.groups:
        rows = [row for row in group.rows if any(slot.path in wanted for slot in row.slots)]
        lists = [each for each in group.lists if _wanted(each, wanted)]
        if rows or lists:
            first.append(Group(group.name, group.title, rows, lists))
        others = [row for row in group.rows if row not in rows], [each for each in group.lists if each not in lists]
        if others[0] or others[1]:
            rest.append(Group(group.name, group.title, *others))
    return first, rest


def _wanted(each: ListSlot, wanted: set[str]) -> bool:
    return each.name in wanted or any(addition.name in wanted for addition in each.additions)


def _open_results(assessment: Assessment) -> list[CriterionResult]:
    """What keeps the verdict from being met; of a score, the parts that could add to it."""
    if assessment.verdict == MET:
        return []
    found = [result for result, _several in blocking_criteria(assessment)]
    if assessment.edition.score in {result.id for result in found}:
        found += [
            result
            for result in assessment.criteria
            if result.points is not None and result.maximum is not None and result.points[0] < result.maximum
        ]
    return found
