"""Clauses that hold for a range of a measure (HT-05a/b/c by revenue): where the firm is, and what happens when it crosses."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any

from crm.policy.answers.assess import CriterionResult, evaluate
from crm.policy.answers.explain import ENOUGH
from crm.policy.answers.verdict import MET, NOT_MET, SAID, UNKNOWN, judge
from crm.policy.facts import Facts
from crm.policy.foresight.moves import moves_of
from crm.policy.foresight.trials import Trials, least
from crm.policy.language.clauses import All, Comparison, Test
from crm.policy.language.edition import Edition
from crm.policy.language.measures import Fact, Measure, YearFigure, unit_of
from crm.policy.readings.reading import FirmReading
from crm.policy.text import WHOLE, Text, join, quantity

UP, DOWN = (">=", ">"), ("<=", "<")


@dataclass(frozen=True)
class Band:
    """One range and what is asked in it. An end is None where there is none; `low_open` and `high_open`: the end itself is outside.

    `criteria` are today's results of its clauses; `here` is None where the measure is unknown.
    `range` says the ends in words (5,000 万元以上至 20,000 万元).
    """

    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool
    range: Text
    here: bool | None
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class Crossing:
    """What would happen at the step into a neighbouring band, with all of today's other figures.

    `at` is the measure's value there (the first 0.01 万元, or person, inside), `distance` how far it is from today, `up` the direction.
    `criteria` are the results of the other band's clauses there, each with its own gap and arithmetic; `verdict` is the word of all of
    them together; `text` says it in a sentence. `rd_more` is how much more R&D of the last year would meet them all there, in 万元:
    0 where they are met, None where R&D of that year alone does not do it.
    """

    band: Band
    up: bool
    at: Fraction
    distance: Fraction
    verdict: str
    criteria: tuple[CriterionResult, ...]
    rd_more: Fraction | None
    text: Text


@dataclass(frozen=True)
class Bands:
    """The bands of an edition, from low to high. `value` is None where the measure is unknown; then there are no crossings.

    `path` is the fact that is measured (`years.2025.revenue`), `text` where the firm stands, in a sentence.
    """

    title: Text
    path: str
    unit: str
    value: Fraction | None
    bands: tuple[Band, ...]
    crossings: tuple[Crossing, ...]
    text: Text


def bands(edition: Edition, facts: Facts | dict[str, Any], on: date) -> Bands | None:
    """The bands of the first measure by which the edition asks different things of different firms; None where it has none.

    At a crossing only the measure itself is changed. Raises FactsError for a bad document.
    """
    ranges = _ranges(edition)
    if ranges is None:
        return None
    measure, asked = ranges
    firm = facts if isinstance(facts, Facts) else Facts.from_document(facts)
    reading = FirmReading(firm, on)
    known = measure.read(reading)
    value = known.low if known.low == known.high else None
    today = {result.id: result for result in evaluate(edition, firm, on).criteria}
    unit = unit_of(measure)
    found = tuple(
        Band(
            *_ends(tests),
            _range(tests),
            None if value is None else all(test.work(reading).low for test in tests),
            tuple(today[name] for name in names),
        )
        for tests, names in asked
    )
    title = measure.name(on.year)
    crossings = _crossings(edition, firm, on, measure, found, value) if value is not None else ()
    path = f"years.{on.year + measure.year}.{measure.key}" if isinstance(measure, YearFigure) else measure.key
    return Bands(title, path, unit, value, found, crossings, _where(title, value, unit, found))


Asked = list[tuple[tuple[Comparison, ...], list[str]]]


def _ranges(edition: Edition) -> tuple[YearFigure | Fact, Asked] | None:
    """The measure and, from low to high, each range of it with the ids of the clauses that hold there."""
    by_measure: dict[Measure, dict[tuple[Any, ...], tuple[tuple[Comparison, ...], list[str]]]] = {}
    for criterion in edition.criteria:
        tests = _one_range(criterion.when)
        if tests:
            asked = by_measure.setdefault(tests[0].measure, {})
            asked.setdefault(_ends(tests), (tests, []))[1].append(criterion.id)
    for measure, asked in by_measure.items():
        if len(asked) > 1 and isinstance(measure, (YearFigure, Fact)):
            return measure, [asked[ends] for ends in sorted(asked, key=lambda e: (e[0] is not None, e[0] or 0, e[1]))]
    return None


def _one_range(test: Test | None) -> tuple[Comparison, ...]:
    """The comparisons of a condition that says nothing but between which ends one measure lies."""
    tests = test.of if isinstance(test, All) else (test,)
    found = tuple(each for each in tests if isinstance(each, Comparison) and each.operator in (*UP, *DOWN))
    return found if len(found) == len(tests) and len({each.measure for each in found}) == 1 else ()


def _ends(tests: tuple[Comparison, ...]) -> tuple[Fraction | None, bool, Fraction | None, bool]:
    low = next((test for test in tests if test.operator in UP), None)
    high = next((test for test in tests if test.operator in DOWN), None)
    return (
        low.threshold if low else None,
        low is not None and low.operator == ">",
        high.threshold if high else None,
        high is not None and high.operator == "<",
    )


def _range(tests: tuple[Comparison, ...]) -> Text:
    parts = []
    for test in sorted(tests, key=lambda test: test.operator in DOWN):
        word, line = ENOUGH[test.operator], quantity(test.threshold, test.unit)
        parts.append(Text(f"{word.zh} {line.zh}", f"{word.en} {line.en}"))
    return join(parts, "、", " and ")


def _where(title: Text, value: Fraction | None, unit: str, found: tuple[Band, ...]) -> Text:
    if value is None:
        return Text(f"{title.zh}未知，不知适用哪一档", f"{title.en} is unknown, so is the band")
    now = quantity(value, unit)
    here = next((band.range for band in found if band.here), None)
    if here is None:
        return Text(f"{title.zh} {now.zh}，不在任何一档", f"{title.en} {now.en}: in no band")
    return Text(f"{title.zh} {now.zh}，适用{here.zh}的一档", f"{title.en} {now.en}: in the band {here.en}")


# crossing


def _crossings(
    edition: Edition, firm: Facts, on: date, measure: YearFigure | Fact, found: tuple[Band, ...], value: Fraction
) -> tuple[Crossing, ...]:
    here = next((place for place, band in enumerate(found) if band.here), None)
    if here is None:
        return ()
    step = Fraction(1) if measure.unit in WHOLE else Fraction(1, 100)
    result = []
    for place, up in ((here + 1, True), (here - 1, False)):
        if not 0 <= place < len(found):
            continue
        band = found[place]
        at = _first_inside(band, up, step)
        if at is None:
            continue
        facts = _with(firm, on, measure, at)
        there = evaluate(edition, facts, on)
        criteria = tuple(there.criterion(result.id) for result in band.criteria)
        verdicts = {each.verdict for each in criteria}
        verdict = next((word for word in (NOT_MET, UNKNOWN) if word in verdicts), MET)
        distance = abs(at - value)
        more = Fraction(0) if verdict == MET else _rd_more(edition, facts, on, criteria)
        text = _said(measure, on.year, band, up, at, distance, criteria, more)
        result.append(Crossing(band, up, at, distance, verdict, criteria, more, text))
    return tuple(result)


def _rd_more(edition: Edition, facts: Facts, on: date, criteria: tuple[CriterionResult, ...]) -> Fraction | None:
    """The least more R&D of the last year with which all the clauses are surely met; None where no amount does it."""
    move = next((each for each in moves_of(edition, facts, on) if each.key == "rd"), None)
    if move is None:
        return None
    trials = Trials(edition, facts, on, (move,))

    def enough(steps: int) -> bool:
        reading = trials.reading([(move, steps * move.step)])
        judge(edition, reading)
        return all(reading.outcomes[each.id].low for each in criteria)

    return least(enough, move.most) * move.step if enough(move.most) else None


def _first_inside(band: Band, up: bool, step: Fraction) -> Fraction | None:
    """The first amount inside the band when coming from below, or from above."""
    end, is_open = (band.low, band.low_open) if up else (band.high, band.high_open)
    if end is None:
        return None
    if up:
        return step * (floor(end / step) + 1 if is_open else ceil(end / step))
    return step * (ceil(end / step) - 1 if is_open else floor(end / step))


def _with(firm: Facts, on: date, measure: YearFigure | Fact, value: Fraction) -> Facts:
    if isinstance(measure, Fact):
        return replace(firm, profile={**firm.profile, measure.key: value})
    year = on.year + measure.year
    return replace(firm, years={**firm.years, year: {**firm.years[year], measure.key: value}})


def _said(
    measure: YearFigure | Fact, year: int, band: Band, up: bool, at: Fraction, distance: Fraction,
    criteria: tuple[CriterionResult, ...], rd_more: Fraction | None,
) -> Text:  # fmt: skip
    title, there, apart = measure.name(year), quantity(at, measure.unit), quantity(distance, measure.unit)
    parts = []
    for each in criteria:
        word = SAID[each.verdict]
        how = each.arithmetic or each.title
        gap = Text(f"，{each.gap.text.zh}", f", {each.gap.text.en}") if each.gap else Text("", "")
        parts.append(Text(f"{each.id}：{how.zh}：{word.zh}{gap.zh}", f"{each.id}: {how.en}: {word.en}{gap.en}"))
    if rd_more is None:
        parts.append(Text("只增加上一年的研发费用达不到", "more R&D of the last year alone does not meet it"))
    elif rd_more:
        needed = quantity(rd_more, "万元")
        parts.append(
            Text(f"上一年研发费用再增加 {needed.zh}即满足", f"{needed.en} more R&D of the last year would meet it")
        )
    told = join(parts)
    more = Text("再增加", "more") if up else Text("减少", "less")
    return Text(
        f"{title.zh}{more.zh} {apart.zh}（到 {there.zh}）就进入{band.range.zh}的一档。按今天的其他数字，{told.zh}",
        f"With {apart.en} {more.en} ({title.en} {there.en}) the firm is in the band {band.range.en}. "
        f"With today's other figures, {told.en}",
    )
