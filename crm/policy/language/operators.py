"""The operators an edition may write for a number, and how each is read from its file."""

from collections.abc import Callable

from crm.policy.language.conditions import parse_where
from crm.policy.language.measures import (
    Age,
    Count,
    Extreme,
    Fact,
    Growth,
    Latest,
    Measure,
    Ratio,
    SmoothedGrowth,
    YearFigure,
    YearlyAverage,
    YearSum,
    unit_of,
)
from crm.policy.language.source import Spec
from crm.policy.vocabulary import FIGURES, LIST_TITLES, LISTS, PROFILE, Shape

KINDS_BY_SHAPE = {Shape.FLAG, Shape.TEXT, Shape.DATE}
NUMBERS = [key for key, entry in PROFILE.items() if entry.shape not in KINDS_BY_SHAPE]
DATES = [key for key, entry in PROFILE.items() if entry.shape is Shape.DATE]


def _plain_part(spec: Spec) -> Measure:
    measure = parse_measure(spec)
    if isinstance(measure, Growth) and measure.compound:
        spec.refuse("复合增长率只能直接与门槛比较", "compound growth can only be compared directly with a threshold")
    return measure


def _extreme(spec: Spec, key: str) -> Measure:
    of = tuple(_plain_part(item) for item in spec.need(key).items())
    return Extreme(of or (Fact(NUMBERS[0]),), key == "lowest")


def _ratio(spec: Spec) -> Measure:
    two = [_plain_part(item) for item in spec.need("ratio").items()]
    if len(two) != 2:
        spec.refuse("比例写作 [分子, 分母]", "a ratio is [above, below]", "ratio")
        return Fact(NUMBERS[0])
    return Ratio(*two)


def _tally(spec: Spec, keyword: str) -> Measure:
    name = spec.need(keyword).text(LISTS, "list")
    title = spec.get("title")
    of = (
        spec.need("of").text([k for k, v in LISTS.get(name, {}).items() if v.shape is Shape.AMOUNT], "amount")
        if keyword == "total"
        else None
    )
    where = spec.get("where")
    if name not in LISTS:
        return Fact(NUMBERS[0])
    unit = spec.get("unit")
    words = title.bilingual() if title else LIST_TITLES[name]
    return Count(name, words, parse_where(name, where), of, unit.text() if unit else ("万元" if of else "项"))


def _figure(spec: Spec, keyword: str) -> str:
    return (
        spec.need(keyword).text(FIGURES, "yearly figure")
        if spec.value[keyword] in FIGURES
        else _no_figure(spec, keyword)
    )


def _no_figure(spec: Spec, keyword: str) -> str:
    spec.need(keyword).text(FIGURES, "yearly figure")
    return "revenue"


def _optional(spec: Spec, key: str, default: str, among: tuple[str, ...]) -> str:
    found = spec.get(key)
    return found.text(among) if found else default


def _smoothed(spec: Spec) -> Measure:
    answers = ("zero", "unknown")
    key = _figure(spec, "smoothed_growth")
    return SmoothedGrowth(
        key, _optional(spec, "single_year", "unknown", answers), _optional(spec, "negative", "unknown", answers)
    )


def _growth(spec: Spec) -> Measure:
    compound = spec.get("compound")
    return Growth(
        _figure(spec, "growth"), spec.need("years").whole(at_least=1) or 1, compound.flag() if compound else False
    )


INTERNED: dict[Measure, Measure] = {}  # one object for equal measures, so that a reading works each out once
MEASURES: dict[str, Callable[[Spec], Measure]] = {
    "fact": lambda spec: Fact(key if (key := spec.need("fact").text(NUMBERS, "fact")) in NUMBERS else NUMBERS[0]),
    "figure": lambda spec: YearFigure(_figure(spec, "figure"), spec.need("year").whole(at_most=0)),
    "latest": lambda spec: Latest(_figure(spec, "latest"), 1 - spec.need("nth").whole(at_least=1)),
    "sum": lambda spec: YearSum(_figure(spec, "sum"), spec.need("years").whole(at_least=1) or 1),
    "yearly_average": lambda spec: YearlyAverage(
        _figure(spec, "yearly_average"), spec.need("years").whole(at_least=1) or 1
    ),
    "ratio": _ratio,
    "lowest": lambda spec: _extreme(spec, "lowest"),
    "highest": lambda spec: _extreme(spec, "highest"),
    "growth": _growth,
    "smoothed_growth": _smoothed,
    "count": lambda spec: _tally(spec, "count"),
    "total": lambda spec: _tally(spec, "total"),
    "age": lambda spec: Age(key if (key := spec.need("age").text(DATES, "date")) in DATES else DATES[0]),
}


def check_unit(spec: Spec, measure: Measure, unit: str) -> None:
    """Refuse a line or bands in a unit the measure does not count in; things may be counted by any of their words."""
    if isinstance(measure, Ratio) and unit_of(measure.above) != unit_of(measure.below):
        return  # R&D a head: in whatever unit the edition says
    allowed: tuple[str, ...] = ("比例", "元/股") if isinstance(measure, Ratio) else (unit_of(measure),)
    if isinstance(measure, Count) and measure.of is None:
        allowed += ("件", "项", "个", "家", "人")
    if unit not in allowed:
        spec.refuse(f"这个数以{allowed[0]}计，请改单位", f"this is counted in {allowed[0]}; change the unit", "unit")


def parse_measure(spec: Spec) -> Measure:
    """The measure a mapping describes; faults are collected, and a stand-in returned, so that all are found in one run."""
    keyword = next((key for key in MEASURES if spec.has(key)), None)
    if keyword is None:
        names = ", ".join(MEASURES)
        spec.refuse(f"没有可用的算子，可用：{names}", f"no operator this engine knows; use one of {names}")
        return Fact(NUMBERS[0])
    measure = MEASURES[keyword](spec)
    spec.close()
    return INTERNED.setdefault(measure, measure)
