"""The arithmetic of a criterion in words, and the gap to its line in real units (one firm only)."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isinf

from crm.policy.language.clauses import (
    All,
    Choice,
    Comparison,
    CriterionMet,
    FactIn,
    Flag,
    FullYears,
    Not,
    Part,
    PointsReach,
    Sum,
    Test,
    Total,
    YearsAgo,
)
from crm.policy.language.clauses import Any as AnyOf
from crm.policy.language.measures import (
    Age,
    Count,
    Extreme,
    Growth,
    Latest,
    Measure,
    Ratio,
    YearFigure,
    YearSum,
    unit_of,
)
from crm.policy.language.points import Band, Bands, Each, Judged, Points, Steps
from crm.policy.readings.algebra import Value
from crm.policy.readings.reading import FirmReading
from crm.policy.text import WHOLE, Text, interval, join, plain, quantity
from crm.policy.vocabulary import PROFILE

DOWN = {"<=", "<"}
ENOUGH = {
    "<=": Text("不超过", "at most"),
    "<": Text("低于", "below"),
    ">=": Text("不低于", "at least"),
    ">": Text("高于", "above"),
    "=": Text("等于", "equal to"),
}


@dataclass(frozen=True)
class Gap:
    """What is missing to pass: an amount in a unit (None where there is nothing to count), and the sentence that says it."""

    amount: Fraction | None
    unit: str
    text: Text


def gap_of(test: Test, reading: FirmReading) -> Gap | None:
    """The gap of a test that is surely not met; None otherwise."""
    truth = test.read(reading)
    if truth.low or truth.high:
        return None
    match test:
        case Comparison(Extreme(of, lowest), operator, threshold, unit) if lowest == (operator not in DOWN):
            parts = [Comparison(measure, operator, threshold, unit) for measure in of]
            failing = [each for each in parts if not each.read(reading).high]  # each of them, the furthest first
            failing.sort(key=lambda each: each.measure.read(reading).low, reverse=not lowest)
            return gap_of(All(tuple(failing)), reading)
        case Comparison():
            return _comparison(test, reading)
        case PointsReach(total, operator, threshold, unit):
            value = total.read(reading)
            amount = _shortfall(value.high, operator, threshold, unit)
            return Gap(amount, unit, _short(_score(value), amount, unit, operator))
        case Flag(key, wanted):
            title = PROFILE[key].title
            yes = Text(f"须为：{title.zh}", f"needed: {title.en}")
            return Gap(None, "", yes if wanted else Text(f"不得：{title.zh}", f"not allowed: {title.en}"))
        case All(of):
            gaps = [gap for each in of if (gap := gap_of(each, reading))]
            counted = next((gap for gap in gaps if gap.amount is not None), None)
            return Gap(
                counted.amount if counted else None, counted.unit if counted else "", join([gap.text for gap in gaps])
            )
        case AnyOf(of):
            gaps = [gap for each in of if (gap := gap_of(each, reading))]
            counted = next((gap for gap in gaps if gap.amount is not None), None)
            return Gap(
                counted.amount if counted else None,
                counted.unit if counted else "",
                join([gap.text for gap in gaps], "，或", ", or "),
            )
        case CriterionMet(name):
            return Gap(None, "", Text(f"{name} 未满足", f"{name} is not met"))
        case YearsAgo(key, months):
            title = PROFILE[key].title
            return Gap(None, "", Text(f"{title.zh}须满 {months} 个月", f"{title.en}: at least {months} months ago"))
        case FullYears(key, years):
            title = PROFILE[key].title
            return Gap(None, "", Text(f"{title.zh}后须满 {years} 个完整年度", f"{title.en}: {years} full years needed"))
        case FactIn(key, _):
            title = PROFILE[key].title
            return Gap(None, "", Text(f"{title.zh}不在规定范围内", f"{title.en} is outside the range"))
        case Not():
            return Gap(None, "", Text("不得有此情形", "must not be so"))
    return None


def _comparison(test: Comparison, reading: FirmReading) -> Gap | None:
    value = test.measure.read(reading)
    lever = test.measure.lever(reading, test.threshold)
    name = test.measure.name(reading.on.year)
    operator = test.operator
    if operator == "=":  # too much, or too little
        operator = "<=" if value.low > test.threshold else ">="
    if lever is None:
        nearest = value.low if operator in DOWN else value.high
        if isinf(nearest) or value.root:
            return None
        amount = _shortfall(nearest, operator, test.threshold, test.unit)
        return Gap(amount, test.unit, _short(name, amount, test.unit, operator))
    unit = lever.unit if lever.unit else test.unit
    amount = _shortfall(lever.now, operator, lever.needed, unit)
    text = _short(lever.name, amount, unit, operator)
    if test.unit == "比例":
        points = _points_between(test, value)
        text = Text(f"{text.zh}（比例差 {points} 个百分点）", f"{text.en} ({points} percentage points)")
    return Gap(amount, unit, text)


def _points_between(test: Comparison, value: Value) -> str:
    apart = abs(test.threshold - percentage(value)) * 100
    return plain(apart, 2, up=True)


def percentage(value: Value) -> Fraction:
    """The number a known value stands for; a root is drawn to twelve digits."""
    if value.root <= 1:
        return Fraction(value.low) - value.root
    drawn = round(float(value.low) ** (1 / value.root) - 1, 12) if value.low >= 0 else -1
    return Fraction(drawn).limit_denominator(10**12)


def _shortfall(now: Fraction, operator: str, needed: Fraction, unit: str) -> Fraction:
    """How much is missing (or too much); whole people, rights and points cannot be had in parts."""
    amount = now - needed if operator in DOWN else needed - now
    strict = operator in ("<", ">") and amount.denominator == 1
    if unit in WHOLE or (unit == "分" and strict):
        return Fraction(floor(amount) + 1 if strict else ceil(amount))
    return amount


def _short(name: Text, amount: Fraction, unit: str, operator: str) -> Text:
    shown = quantity(amount, unit, up=True)
    if operator in DOWN:
        return Text(f"{name.zh}超出 {shown.zh}", f"{name.en}: {shown.en} too much")
    strict = Text("以上", "more than ") if operator == ">" and unit not in WHOLE and unit != "分" else Text("", "")
    return Text(f"{name.zh}还差 {shown.zh}{strict.zh}", f"{name.en}: {strict.en}{shown.en} short")


def _score(value: Value) -> Text:
    """What falls short; of a score that is only a range, its upper end: more may be missing."""
    return Text("评分", "Score") if value.low == value.high else Text("评分至少", "Score, at least")


# arithmetic


def worked(measure: Measure, reading: FirmReading, unit: str | None = None) -> Text:
    """The measure with its figures: 2025 年研发费用 60 万元 ÷ 2025 年营业收入 1,000 万元 = 6%. `unit`: in which it is asked."""
    value = measure.read(reading)
    year = reading.on.year
    name = measure.name(year)
    number = percentage(value) if value.root and value.low == value.high else None
    shown = (
        quantity(number, "比例")
        if number is not None
        else interval(value.low, value.high, unit or unit_of(measure))
        if not value.root
        else Text("未知", "unknown")
    )
    if isinstance(measure, Ratio):
        above, below = worked_short(measure.above, reading), worked_short(measure.below, reading)
        return Text(f"{above.zh} ÷ {below.zh} = {shown.zh}", f"{above.en} ÷ {below.en} = {shown.en}")
    if isinstance(measure, YearSum):
        years = [y for y in range(year - measure.years, year) if not reading.before_founding(y)]
        terms = [reading.figure(measure.key, y) for y in years]
        listed = " + ".join(interval(t.low, t.high, "").zh for t in terms)
        english = " + ".join(interval(t.low, t.high, "").en for t in terms)
        return (
            Text(f"{name.zh} {listed} = {shown.zh}", f"{name.en} {english} = {shown.en}")
            if len(terms) > 1
            else Text(f"{name.zh} {shown.zh}", f"{name.en} {shown.en}")
        )
    if isinstance(measure, (YearFigure, Latest, Age, Count)) or not measure.parts():
        return Text(f"{name.zh} {shown.zh}", f"{name.en} {shown.en}")
    parts = join([worked_short(part, reading) for part in measure.parts()], "，", ", ")
    equals = Text(f"{name.zh} = {shown.zh}", f"{name.en} = {shown.en}")
    return (
        Text(f"{parts.zh}；{equals.zh}", f"{parts.en}; {equals.en}")
        if isinstance(measure, Growth) or parts.zh
        else equals
    )


def worked_short(measure: Measure, reading: FirmReading) -> Text:
    """The measure's name and number, without how it came about, unless that is a ratio."""
    if isinstance(measure, Ratio):
        return worked(measure, reading)
    value = measure.read(reading)
    name, shown = measure.name(reading.on.year), interval(value.low, value.high, unit_of(measure))
    return Text(f"{name.zh} {shown.zh}", f"{name.en} {shown.en}")


def arithmetic(test: Test, reading: FirmReading) -> Text | None:
    """How the numbers of a test came about; None for a test without numbers."""
    match test:
        case Comparison(measure, operator, threshold, unit):
            how, line = worked(measure, reading, unit), quantity(threshold, unit)
            return Text(
                f"{how.zh}，须{ENOUGH[operator].zh} {line.zh}", f"{how.en}, to be {ENOUGH[operator].en} {line.en}"
            )
        case PointsReach(total, operator, threshold, unit):
            value = total.read(reading)
            line = quantity(threshold, unit)
            sums = summed(total, reading)
            return Text(
                f"{sums.zh}，计 {_points(value).zh}，须{ENOUGH[operator].zh} {line.zh}",
                f"{sums.en}, in all {_points(value).en}, to be {ENOUGH[operator].en} {line.en}",
            )
        case All(of) | AnyOf(of):
            parts_of = [text for each in of if (text := arithmetic(each, reading))]
            return join(parts_of) if parts_of else None
        case Not(of):
            return arithmetic(of, reading)
    return None


def summed(total: Total, reading: FirmReading) -> Text:
    """The parts of a sum with their points; of a choice, that the better one counts."""
    match total:
        case Part(name):
            points = _points(reading.points[name])
            return Text(f"{name} {points.zh}", f"{name} {points.en}")
        case Choice(key, options):
            stated = next((part for option, part in options if reading.chosen(key, option).low), None)
            parts = [summed(part, reading) for _, part in options]
            either = Text(
                "取高（" + "，".join(p.zh for p in parts) + "）",
                "the better of (" + ", ".join(p.en for p in parts) + ")",
            )
            return summed(stated, reading) if stated else either
        case Sum(of, cap):
            parts = [summed(part, reading) for part in of]
            text = join(parts, " + ", " + ")
            limit = quantity(cap, "分") if cap is not None else None
            return Text(f"（{text.zh}，至多 {limit.zh}）", f"({text.en}, at most {limit.en})") if limit else text
    raise TypeError(total)


def _points(value: Value) -> Text:
    return interval(value.low, value.high, "分")


def points_arithmetic(points: Points, reading: FirmReading) -> Text | None:
    """How the points of a part came about."""
    looked_at = list(dict.fromkeys(_looked_at(points, reading)))
    if not isinstance(points, Judged):
        value = _points(points.read(reading))
        return join([*looked_at, Text(f"得 {value.zh}", value.en)])
    given, allowed = reading.expert(points.key), _points(points.range.read(reading))
    said = Text("未评", "not yet given") if given.missing else _points(given)
    return join([*looked_at, Text(f"可得 {allowed.zh}，评定 {said.zh}", f"possible {allowed.en}, given {said.en}")])


def _looked_at(points: Points, reading: FirmReading) -> list[Text]:
    match points:
        case Bands(measure, unit, _):
            return [worked(measure, reading, unit)]
        case Steps(steps, otherwise):
            seen = [text for test, _ in steps if (text := _inner(test, reading))]
            decided = any(test.read(reading).low for test, _ in steps)
            return seen if decided else [*seen, *_looked_at(otherwise, reading)]
        case Each(of, _):
            return [text for test, _ in of if (text := _inner(test, reading))]
        case Judged(inner, _):
            return _looked_at(inner, reading)
    return []


def _inner(test: Test, reading: FirmReading) -> Text | None:
    match test:
        case Comparison(measure, _, _, unit):
            return worked(measure, reading, unit)
        case All(of) | AnyOf(of):
            found = [text for each in of if (text := _inner(each, reading))]
            return join(list(dict.fromkeys(found))) if found else None
    return None


# the next step up


def next_step(points: Points, reading: FirmReading) -> Gap | None:
    """What is missing to the next better band or step of a part; None at the top or where it cannot be said."""
    match points:
        case Judged(inner, _):
            return next_step(inner, reading)
        case Bands(measure, unit, bands):
            value = measure.read(reading)
            here = next((i for i, band in enumerate(bands) if band.read(reading, value).low), None)
            if here is None:
                return None
            around = [
                i
                for i in (here + 1, here - 1)
                if 0 <= i < len(bands) and bands[i].points.high > bands[here].points.high
            ]
            return _towards(measure, unit, bands[around[0]], reading, up=around[0] > here) if around else None
        case Steps(steps, otherwise):
            now = points.read(reading)
            gaps = [
                gap for test, each in steps if each.read(reading).high > now.high and (gap := gap_of(test, reading))
            ]
            undecided = not any(test.read(reading).high for test, _ in steps)
            rest = next_step(otherwise, reading) if undecided else None
            return rest or (gaps[-1] if gaps else None)
        case Each(of, cap):
            if points.read(reading).high >= cap:
                return None
            return next((gap for test, _ in of if (gap := gap_of(test, reading))), None)
    return None


def _towards(measure: Measure, unit: str, band: Band, reading: FirmReading, up: bool) -> Gap | None:
    end, is_open = (band.low, band.low_open) if up else (band.high, band.high_open)
    if end is None:
        return None
    operator = (">" if is_open else ">=") if up else ("<" if is_open else "<=")
    gap = gap_of(Comparison(measure, operator, end, unit), reading)
    if gap is None:
        return None
    points = quantity(band.points.high, "分")
    return Gap(gap.amount, gap.unit, Text(f"{gap.text.zh}，可升至 {points.zh}", f"{gap.text.en} to reach {points.en}"))
