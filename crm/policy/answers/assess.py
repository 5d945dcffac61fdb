"""One firm against one edition, with everything a person wants to know about the answer."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from crm.policy.answers.explain import Gap, arithmetic, gap_of, next_step, percentage, points_arithmetic
from crm.policy.answers.verdict import NOT_MET, Outcome, judge, word
from crm.policy.facts import Facts
from crm.policy.language.clauses import Choice, Comparison, PointsReach
from crm.policy.language.edition import Criterion, Edition, choice_of
from crm.policy.language.points import Bands, Judged
from crm.policy.readings.algebra import Figure, Truth, Value, merge
from crm.policy.readings.reading import FirmReading
from crm.policy.text import Text, as_json


@dataclass(frozen=True)
class CriterionResult:
    """One criterion's answer. `value` is a number, a truth, a range (low, high) or None; `applies` is None where that is unknown.

    `points` and `maximum` are there for scored parts only. Amounts are in 万元, ratios fractions.
    """

    id: str
    title: Text
    article: str
    reference: str
    certainty: str
    note: Text | None
    role: str
    verdict: str
    applies: bool | None
    value: Fraction | bool | tuple[Any, Any] | None
    operator: str
    threshold: Fraction | bool | None
    unit: str
    gap: Gap | None
    arithmetic: Text | None
    missing: tuple[str, ...]
    figures: tuple[Figure, ...]
    points: tuple[Fraction, Fraction] | None
    maximum: Fraction | None

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The criterion as `policy evaluate` prints it."""
        result: dict[str, Any] = {
            "id": self.id,
            "title": self.title[language],
            "article": self.article,
            "verdict": self.verdict,
            "value": _json_value(self.value),
            "operator": self.operator,
            "threshold": _json_value(self.threshold),
            "unit": self.unit,
            "gap": self.gap
            and {"amount": _json_value(self.gap.amount), "unit": self.gap.unit, "text": self.gap.text[language]},
            "missing": list(self.missing),
            "certainty": self.certainty,
            "role": self.role,
            "applies": self.applies,
            "reference": self.reference,
            "arithmetic": self.arithmetic[language] if self.arithmetic else None,
            "figures": [
                {
                    "path": f.path,
                    "year": f.year,
                    "value": f.value.isoformat() if isinstance(f.value, date) else _json_value(f.value),
                    "unit": f.unit,
                }
                for f in self.figures
            ],
        }
        if self.points is not None and self.maximum is not None:
            low, high = self.points
            result["score"] = {"low": as_json(low), "high": as_json(high), "max": as_json(self.maximum)}
        return result


@dataclass(frozen=True)
class Score:
    """The points of the edition's score: what is sure, what is possible, and the line."""

    low: Fraction
    high: Fraction
    line: Fraction
    operator: str

    def as_json(self) -> dict[str, Any]:
        return {
            "low": as_json(self.low),
            "high": as_json(self.high),
            "pass": as_json(self.line),
            "operator": self.operator,
        }


@dataclass(frozen=True)
class Assessment:
    """An edition applied to a firm's facts on a date."""

    edition: Edition
    on: date
    verdict: str
    score: Score | None
    route: str | None
    criteria: tuple[CriterionResult, ...]

    def criterion(self, name: str) -> CriterionResult:
        """The result of the criterion with this id. Raises KeyError."""
        return {result.id: result for result in self.criteria}[name]

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The assessment as `policy evaluate` prints it."""
        return {
            "rung": self.edition.rung,
            "edition": self.edition.id,
            "edition_hash": self.edition.hash,
            "on": self.on.isoformat(),
            "purpose": self.edition.purpose,
            "verdict": self.verdict,
            "score": self.score.as_json() if self.score else None,
            "route": self.route,
            "criteria": [result.as_json(language) for result in self.criteria],
        }


def evaluate(edition: Edition, facts: Facts | dict[str, Any], on: date) -> Assessment:
    """Apply the edition to one firm's facts on a date. A facts document is read first. Raises FactsError for a bad one."""
    reading = FirmReading(facts if isinstance(facts, Facts) else Facts.from_document(facts), on)
    outcome = judge(edition, reading)
    results = tuple(_result(edition, criterion, reading) for criterion in edition.criteria)
    verdict = word(outcome.verdict.low, outcome.verdict.high)
    return Assessment(edition, on, verdict, _score(edition, outcome), _route(edition, outcome, reading), results)


def _score(edition: Edition, outcome: Outcome) -> Score | None:
    if outcome.score is None or edition.score is None:
        return None
    line = edition.criterion(edition.score).test
    assert isinstance(line, PointsReach)
    return Score(outcome.score.low, outcome.score.high, line.threshold, line.operator)


def _route(edition: Edition, outcome: Outcome, reading: FirmReading) -> str | None:
    """The first way through that is met, by name; else, where the edition has a score, the way its score was reached."""
    suffix = _better(edition, reading)
    named = [
        (option, truth)
        for options, truths in zip(edition.alternatives, outcome.groups, strict=True)
        for option, truth in zip(options, truths, strict=True)
        if option.route
    ]
    scored = next((option.route for option, _ in named if edition.score and edition.score in option.needs), None)
    decided = next((option.route for option, truth in named if truth.low), None) if outcome.verdict.low else scored
    return f"{decided}:{suffix}" if decided and decided == scored and suffix else decided


def _better(edition: Edition, reading: FirmReading) -> str | None:
    """Which option of the score's choice counted."""
    if edition.score is None:
        return None
    line = edition.criterion(edition.score).test
    choice: Choice | None = choice_of(line.total) if isinstance(line, PointsReach) else None
    if choice is None:
        return None
    stated = next((option for option, _ in choice.options if reading.chosen(choice.key, option).low), None)
    best = max(choice.options, key=lambda pair: ((value := pair[1].read(reading)).low, value.high))
    return stated or best[0]


def _result(edition: Edition, criterion: Criterion, reading: FirmReading) -> CriterionResult:
    truth = reading.outcomes[criterion.id]
    verdict = word(truth.low, truth.high)
    applies = criterion.when.read(reading) if criterion.when else reading.truth(True)
    points = reading.points.get(criterion.id)
    value, operator, threshold, unit = _line(criterion, reading)
    undecided = verdict == "unknown" or (points is not None and points.low != points.high)
    return CriterionResult(
        id=criterion.id,
        title=criterion.title,
        article=criterion.article,
        reference=criterion.reference,
        certainty=criterion.certainty,
        note=criterion.note,
        role=edition.role(criterion.id),
        verdict=verdict,
        applies=applies.low if applies.low == applies.high else None,
        value=value,
        operator=operator,
        threshold=threshold,
        unit=unit,
        gap=_gap(edition, criterion, reading, verdict),
        arithmetic=_arithmetic(criterion, reading),
        missing=_missing(truth, points) if undecided else (),
        figures=_figures(truth, points),
        points=(points.low, points.high) if points is not None else None,
        maximum=criterion.maximum if points is not None else None,
    )


def _arithmetic(criterion: Criterion, reading: FirmReading) -> Text | None:
    if criterion.points is not None:
        return points_arithmetic(criterion.points, reading)
    return arithmetic(criterion.test, reading) if criterion.test else None


def _missing(truth: Truth, points: Value | None) -> tuple[str, ...]:
    return merge([truth, points] if points else [truth])[0]


def _figures(truth: Truth, points: Value | None) -> tuple[Figure, ...]:
    return merge([truth, points] if points else [truth])[1]


def _line(criterion: Criterion, reading: FirmReading) -> tuple[Any, str, Any, str]:
    """The value, operator, threshold and unit to show."""
    if criterion.points is not None:
        bands = criterion.points.range if isinstance(criterion.points, Judged) else criterion.points
        line = bands.line() if isinstance(bands, Bands) else None
        if isinstance(bands, Bands) and line:
            return _shown(bands.measure.read(reading)), *line, bands.unit
        return _shown(reading.points[criterion.id]), ">", Fraction(0), "分"
    match criterion.test:
        case Comparison(measure, operator, threshold, unit):
            return _shown(measure.read(reading)), operator, threshold, unit
        case PointsReach(total, operator, threshold, unit):
            return _shown(total.read(reading)), operator, threshold, unit
    assert criterion.test is not None
    truth = criterion.test.read(reading)
    return truth.low if truth.low == truth.high else None, "=", True, "bool"


def _shown(value: Value) -> Any:
    if value.low == value.high:
        return percentage(value)
    known = as_json(value.low) is not None and as_json(value.high) is not None
    return (value.low, value.high) if known else None


def _gap(edition: Edition, criterion: Criterion, reading: FirmReading, verdict: str) -> Gap | None:
    if criterion.points is not None:
        return next_step(criterion.points, reading) if _would_add(edition, criterion, reading) else None
    assert criterion.test is not None
    return gap_of(criterion.test, reading) if verdict == NOT_MET else None


def _would_add(edition: Edition, part: Criterion, reading: FirmReading) -> bool:
    """Whether more points for the part could add to a sum: not where a cap is reached, nor on a route not taken."""
    totals = [
        c.test.total for c in edition.criteria if isinstance(c.test, PointsReach) and part.id in c.test.total.ids()
    ]
    ends = [(value.low, value.high) for value in (total.read(reading) for total in totals)]
    points, reading.points[part.id] = reading.points[part.id], reading.point(part.maximum)
    best = [(value.low, value.high) for value in (total.read(reading) for total in totals)]
    reading.points[part.id] = points
    return not totals or best != ends


def _json_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return {"low": as_json(value[0]), "high": as_json(value[1])}
    if value is None or isinstance(value, (bool, str)):
        return value
    return as_json(value)
