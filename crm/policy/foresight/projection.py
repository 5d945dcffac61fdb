"""Next year's figures from a firm's own trend, and what an edition would say of them. A projection, and labelled so.

What is assumed:
* A figure goes on along the least squares line through its known values of the last four full years (two at least; with fewer it stays
  unknown). It ends at zero where it cannot be negative, people and results are whole, money is rounded to 0.01 万元, and a part is not
  larger than its whole. A figure of that year already known is kept. The platform's quality score is nobody's to compute: it is not projected.
* The firm does nothing new: no right, round, award or title is added. A title that runs out is judged both ways: renewed before its
  last day, as the firm's routine is, and not renewed. Honours lapse, rights reach the end of their term
  (专利法 第四十二条; 集成电路布图设计保护条例 第十二条) and events fall out of “近 n 年” by their dates. The niche is served a year longer.
* Whatever a person judged stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from crm.policy.answers.assess import Assessment, CriterionResult, evaluate
from crm.policy.answers.verdict import MET, NOT_MET, SAID, UNKNOWN
from crm.policy.facts import NOT_NEGATIVE, Facts, Scalar
from crm.policy.language.conditions import months_before
from crm.policy.language.edition import Edition
from crm.policy.language.terms import term_end
from crm.policy.text import WHOLE, Text, interval, join, quantity
from crm.policy.vocabulary import FIGURES, LIST_TITLES, RUNGS, title_of

WINDOW = 4  # full years
NOT_PROJECTED = {"quality_score"}
PARTS = {
    "main_revenue": "revenue", "ht_revenue": "total_income", "rd_domestic": "rd",
    "st_staff": "employees", "rd_staff": "employees", "college_staff": "employees",
}  # fmt: skip


@dataclass(frozen=True)
class ProjectedFigure:
    """One figure of the year to come: the value, the years it was drawn from, and how, in a sentence."""

    path: str
    title: Text
    year: int
    value: Fraction
    unit: str
    basis: tuple[tuple[int, Fraction], ...]
    arithmetic: Text


@dataclass(frozen=True)
class Lapse:
    """A title or right that will have ended by then, from its dates alone."""

    path: str
    on: date
    text: Text


@dataclass(frozen=True)
class Projection:
    """A firm a year on. `then` is the same day of the next year; `facts` are what it would be judged by where no title is renewed,
    `renewed` where each title that runs out is (the same object where none does).

    `missing` are the paths of the figures that have too few years known to be projected: they stay unknown.
    """

    on: date
    then: date
    facts: Facts
    renewed: Facts
    figures: tuple[ProjectedFigure, ...]
    lapses: tuple[Lapse, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """One clause today and a year on, under the same edition, with the projected figures and the lapses that it reads.

    `text` says both in one sentence, marked as a projection.
    """

    now: CriterionResult
    then: CriterionResult
    text: Text
    figures: tuple[ProjectedFigure, ...]
    lapses: tuple[Lapse, ...]


@dataclass(frozen=True)
class Forecast:
    """What the projection comes to. Parts with points are in `points` where their points change, all other clauses in the lists.

    `today` is under the edition in force today; `today_then` under the edition of the coming year with today's facts (the same object
    where the edition stays), which the clauses are compared with; `next_year` under that edition with the projected facts and the titles
    renewed that run out, `unrenewed` without (the same object where none runs out).
    * `failing`: met now, surely not met then. * `doubtful`: met now, unknown then. * `gained`: not met (or unknown) now, met then.
      All three with the titles renewed: what the trend, the dates of the rest and the edition come to.
    * `lapsing`: met now and met then if the titles are renewed; else not.
    """

    projection: Projection
    today: Assessment
    today_then: Assessment
    next_year: Assessment
    unrenewed: Assessment
    failing: tuple[Shift, ...]
    doubtful: tuple[Shift, ...]
    gained: tuple[Shift, ...]
    lapsing: tuple[Shift, ...]
    points: tuple[Shift, ...]


def project(facts: Facts | dict[str, Any], on: date) -> Projection:
    """The firm on the same day of the next year, by its own trend and its dates. Raises FactsError for a bad document."""
    firm = facts if isinstance(facts, Facts) else Facts.from_document(facts)
    then, year = next_year(on), on.year
    known = firm.years.get(year, {})
    found: dict[str, ProjectedFigure] = {}
    missing = []
    for key in sorted(FIGURES, key=lambda key: key in PARTS):  # a whole before its parts
        basis = tuple((y, firm.years[y][key]) for y in range(year - WINDOW, year) if key in firm.years.get(y, {}))
        if key in known or key in NOT_PROJECTED or not basis:
            continue
        if len(basis) < 2:
            missing.append(f"years.{year}.{key}")
            continue
        whole = PARTS.get(key, "")
        found[key] = _figure(key, year, basis, known.get(whole, found[whole].value if whole in found else None))
    figures = {**{key: each.value for key, each in found.items()}, **known}
    lists, lapses = _lapsed(firm, on, then)
    profile = dict(firm.profile)
    niche = profile.get("niche_years")
    if isinstance(niche, Fraction):
        profile["niche_years"] = niche + 1
    later = replace(firm, profile=profile, years={**firm.years, year: figures}, lists=lists)
    in_order = tuple(found[key] for key in FIGURES if key in found)
    return Projection(on, then, later, _renewed(later, lapses, then), in_order, lapses, tuple(missing))


def next_year(day: date) -> date:
    """The same day of the next year; 28 February after a 29th."""
    return months_before(day, -12)


def _figure(key: str, year: int, basis: tuple[tuple[int, Fraction], ...], whole: Fraction | None) -> ProjectedFigure:
    count, entry = len(basis), FIGURES[key]
    middle, mean = Fraction(sum(y for y, _ in basis), count), sum((v for _, v in basis), Fraction(0)) / count
    spread = sum(((y - middle) ** 2 for y, _ in basis), Fraction(0))
    slope = sum(((y - middle) * (v - mean) for y, v in basis), Fraction(0)) / spread
    drawn = mean + slope * (year - middle)
    value = _rounded(drawn, entry.unit)
    notes = []
    if value < 0 and entry.shape in NOT_NEGATIVE:
        value = Fraction(0)
        notes.append(Text("不低于 0", "not below zero"))
    if whole is not None and value > whole:
        value = whole
        notes.append(
            Text(f"不超过{FIGURES[PARTS[key]].title.zh}", f"at most the {FIGURES[PARTS[key]].title.en.lower()}")
        )
    years = " / ".join(str(y) for y, _ in basis)
    values, mean_a_year, a_year, line, shown = (
        _listed(numbers, entry.unit) for numbers in ([v for _, v in basis], [mean], [slope], [drawn], [value])
    )
    text = Text(
        f"{entry.title.zh} {years} 年为 {values.zh}，均值 {mean_a_year.zh}，趋势每年 {a_year.zh}，"
        f"{year} 年推算 {line.zh}，取 {shown.zh}",
        f"{entry.title.en} {years}: {values.en}; mean {mean_a_year.en}, trend {a_year.en} a year, "
        f"{year}: {line.en}, taken as {shown.en}",
    )
    arithmetic = join([text, *notes], "，", ", ")
    return ProjectedFigure(
        f"years.{year}.{key}", title_of(f"years.{year}.{key}"), year, value, entry.unit, basis, arithmetic
    )


def _rounded(number: Fraction, unit: str) -> Fraction:
    """Whole people and things, money to 0.01, ratios to 0.0001; halves upwards."""
    scale = 1 if unit in WHOLE else 10_000 if unit == "比例" else 100
    return Fraction(floor(number * scale + Fraction(1, 2)), scale)


def _listed(numbers: list[Fraction], unit: str) -> Text:
    """The numbers, to 0.01 (ratios to 0.01 %), with their unit once."""
    if unit == "比例":
        return join([quantity(_rounded(number, unit), unit) for number in numbers], " / ", " / ")
    *before, last = (_rounded(number, "") for number in numbers)
    return join([*(quantity(number, "") for number in before), quantity(last, unit)], " / ", " / ")


# what ends by its dates


def _lapsed(firm: Facts, on: date, then: date) -> tuple[dict[str, list[dict[str, Scalar]]], tuple[Lapse, ...]]:
    """The lists a year on, with rights past their term lapsed, and what ends between the two days."""
    lists, lapses = dict(firm.lists), []
    for name, attribute in (("credentials", "to"), ("honours", "valid_to")):
        for place, entry in enumerate(firm.lists.get(name, [])):
            last = entry.get(attribute)
            if isinstance(last, date) and on <= last < then:
                title = RUNGS.get(str(entry.get("rung"))) or _named(entry, LIST_TITLES[name])
                ended = Text(f"{title.zh}有效期至 {last}", f"{title.en} valid to {last}")
                lapses.append(Lapse(f"{name}[{place}]", last + timedelta(1), ended))
    if "ip" in firm.lists:
        lists["ip"] = [dict(entry) for entry in firm.lists["ip"]]
        for place, entry in enumerate(lists["ip"]):
            end = _end_of_term(entry)
            if entry.get("status") == "valid" and end is not None and end < then:
                entry["status"] = "lapsed"
                title = _named(entry, LIST_TITLES["ip"])
                ended = Text(f"{title.zh}保护期于 {end} 届满", f"{title.en}: term ends on {end}")
                lapses.append(Lapse(f"ip[{place}]", end + timedelta(1), ended))
    return lists, tuple(lapses)


def _renewed(later: Facts, lapses: tuple[Lapse, ...], then: date) -> Facts:
    """The facts with each title that runs out held on until the day."""
    ended = {lapse.path for lapse in lapses}
    titles = later.lists.get("credentials", [])
    held = [{**entry, "to": then} if f"credentials[{n}]" in ended else entry for n, entry in enumerate(titles)]
    return later if held == titles else replace(later, lists={**later.lists, "credentials": held})


def _end_of_term(entry: dict[str, Scalar]) -> date | None:
    filed, granted = entry.get("filed_on"), entry.get("granted_on")
    kind = str(entry.get("kind"))
    return term_end(kind, filed if isinstance(filed, date) else None, granted if isinstance(granted, date) else None)


def _named(entry: dict[str, Scalar], otherwise: Text) -> Text:
    name = entry.get("name") or entry.get("number")
    return Text(f"{otherwise.zh} {name}", f"{otherwise.en} {name}") if name else otherwise


# what an edition says of it


def forecast(edition_now: Edition, edition_then: Edition, facts: Facts | dict[str, Any], on: date) -> Forecast:
    """Today and the same day of the next year. Clauses are compared under the edition of the coming year, so that a difference comes
    from the firm's figures and dates, not from another wording. Raises FactsError for a bad document."""
    firm = facts if isinstance(facts, Facts) else Facts.from_document(facts)
    projection = project(firm, on)
    today = evaluate(edition_now, firm, on)
    same = edition_now.id == edition_then.id and edition_now.hash == edition_then.hash
    today_then = today if same else evaluate(edition_then, firm, on)
    later = evaluate(edition_then, projection.renewed, projection.then)
    lapsed = projection.renewed is not projection.facts
    unrenewed = evaluate(edition_then, projection.facts, projection.then) if lapsed else later
    shifts = [_shift(now, then, projection) for now, then in zip(today_then.criteria, later.criteria, strict=True)]
    clauses = [shift for shift in shifts if shift.then.role != "part"]
    without = [_shift(now, then, projection) for now, then in zip(today_then.criteria, unrenewed.criteria, strict=True)]
    held = {shift.then.id for shift in clauses if shift.now.verdict == shift.then.verdict == MET}

    def turned(before: tuple[str, ...], after: str) -> tuple[Shift, ...]:
        return tuple(shift for shift in clauses if shift.now.verdict in before and shift.then.verdict == after)

    return Forecast(
        projection=projection,
        today=today,
        today_then=today_then,
        next_year=later,
        unrenewed=unrenewed,
        failing=turned((MET,), NOT_MET),
        doubtful=turned((MET,), UNKNOWN),
        gained=turned((NOT_MET, UNKNOWN), MET),
        lapsing=tuple(shift for shift in without if shift.then.id in held and shift.then.verdict != MET),
        points=tuple(shift for shift in shifts if shift.then.role == "part" and shift.now.points != shift.then.points),
    )


def _shift(now: CriterionResult, then: CriterionResult, projection: Projection) -> Shift:
    read = {figure.path for figure in then.figures}
    figures = tuple(figure for figure in projection.figures if figure.path in read)
    lapses = tuple(lapse for lapse in projection.lapses if lapse.path.partition("[")[0] in read)
    before, after = _said(now), _said(then)
    how = then.arithmetic or Text("", "")
    text = Text(
        f"今天：{before.zh}；{projection.then}（推算）：{after.zh}" + (f"。{how.zh}" if how.zh else ""),
        f"Today: {before.en}; {projection.then} (projected): {after.en}" + (f". {how.en}" if how.en else ""),
    )
    return Shift(now, then, text, figures, lapses)


def _said(result: CriterionResult) -> Text:
    if result.applies is False:
        return Text("不适用", "does not apply")
    if result.points is not None:
        low, high = result.points
        return interval(low, high, "分")
    return SAID[result.verdict]
