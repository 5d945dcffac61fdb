"""A clause in plain words, with years as the law says them (上年、近三年): what an official reads instead of the file."""

from collections.abc import Mapping
from fractions import Fraction

from crm.policy.language.clauses import (
    All,
    Choice,
    Comparison,
    CriterionMet,
    FactIn,
    Flag,
    FullYears,
    Industry,
    Not,
    Part,
    PointsReach,
    Sum,
    Test,
    Total,
    YearsAgo,
)
from crm.policy.language.clauses import Any as AnyOf
from crm.policy.language.conditions import AtMost, Condition, Dated, Every, Is, OneOf, Presumed, Some
from crm.policy.language.edition import Criterion, Edition
from crm.policy.language.measures import Count, Measure
from crm.policy.language.points import Band, Bands, Each, Fixed, Judged, Points, Steps
from crm.policy.text import SIGNS, Text, counted, join, plain, quantity
from crm.policy.vocabulary import ATTRIBUTE_TITLES, EXPERT, PROFILE, RUNGS, VALUE_TITLES

Titles = Mapping[str, Text]  # the titles of the criteria that a clause may read, by id

AND, OR = Text("，且 ", ", and "), Text("，或 ", ", or ")


def say(criterion: Criterion, titles: Titles | None = None) -> Text:
    """What the clause asks, with its numbers; with `titles`, the clauses it reads are named and not only numbered."""
    titles = titles or {}
    if criterion.points is not None:
        full, how = quantity(criterion.maximum, "分"), say_points(criterion.points, titles)
        text = Text(f"满分 {full.zh}：{how.zh}", f"At most {full.en}: {how.en}")
    else:
        text = say_test(criterion.test, titles) if criterion.test else Text("", "")
    if criterion.when is None:
        return text
    firms = say_test(criterion.when, titles)
    return Text(f"{text.zh}（{firms.zh} 的企业）", f"{text.en} (firms with {firms.en})")


def titles_of(edition: Edition) -> dict[str, Text]:
    """The titles of an edition's criteria, by id."""
    return {criterion.id: criterion.title for criterion in edition.criteria}


def say_decision(edition: Edition) -> tuple[Text, ...]:
    """How the edition decides, a sentence each: what has to be met together, and the ways of which one is enough."""
    titles = titles_of(edition)
    together = _named(edition.requires, titles)
    sentences = [Text(f"须全部符合：{together.zh}", f"All of these: {together.en}")] if edition.requires else []
    for group in edition.alternatives:
        ways = [_named(option.needs, titles, Text(" 加 ", " and ")) for option in group]
        either = join(ways, "；", "; ")
        sentences.append(Text(f"须符合其中一条途径：{either.zh}", f"One of these ways: {either.en}"))
    return tuple(sentences)


def _named(names: tuple[str, ...], titles: Titles, by: Text | None = None) -> Text:
    between = by or Text("、", ", ")
    return join([_clause(name, titles) for name in names], between.zh, between.en)


def _clause(name: str, titles: Titles) -> Text:
    title = titles.get(name)
    return Text(f"{name} {title.zh}", f"{name} {title.en}") if title else Text(name, name)


# tests


def say_test(test: Test, titles: Titles, brief: bool = False) -> Text:
    """A test in words; `brief`: without which entries of a list count."""
    match test:
        case Comparison(measure, operator, threshold, unit):
            return _line(measure.name(None), operator, threshold, unit, None if brief else counting(measure))
        case PointsReach(total, operator, threshold, unit):
            return _line(say_total(total, titles), operator, threshold, unit, None)
        case Flag(key, wanted):
            title = PROFILE[key].title
            words = Text("须为：", "needed: ") if wanted else Text("不得：", "not allowed: ")
            return Text(f"{words.zh}{title.zh}", f"{words.en}{title.en}")
        case Industry(prefixes):
            return Text(
                f"国民经济行业代码以 {'、'.join(prefixes)} 开头", f"industry code beginning with {', '.join(prefixes)}"
            )
        case FactIn(key, values):
            title, numbers = PROFILE[key].title, [plain(value) for value in values]
            return Text(f"{title.zh}为 {'、'.join(numbers)} 之一", f"{title.en} one of {', '.join(numbers)}")
        case YearsAgo(key, months):
            title, since = PROFILE[key].title, _months(months)
            return Text(f"{title.zh}至今满 {since.zh}", f"{title.en}: at least {since.en} ago")
        case FullYears(key, years):
            title = PROFILE[key].title
            return Text(f"{title.zh}后满 {years} 个完整会计年度", f"{title.en}: {years} full years since")
        case CriterionMet(name):
            clause = _clause(name, titles)
            return Text(f"符合 {clause.zh}", f"{clause.en} is met")
        case Not(of):
            inner = say_test(of, titles, brief)
            return Text(f"不属于（{inner.zh}）", f"not ({inner.en})")
        case All(of):
            return _several(of, AND, titles, brief)
        case AnyOf(of):
            return _several(of, OR, titles, brief)
    raise TypeError(test)


def _several(of: tuple[Test, ...], between: Text, titles: Titles, brief: bool) -> Text:
    if len(of) == 1:
        return say_test(of[0], titles, brief)
    parts = []
    for test in of:
        text = say_test(test, titles, brief)
        inside = isinstance(test, (All, AnyOf)) and len(test.of) > 1
        parts.append(Text(f"（{text.zh}）", f"({text.en})") if inside else text)
    return join(parts, between.zh, between.en)


def _line(name: Text, operator: str, threshold: Fraction, unit: str, note: Text | None) -> Text:
    line, sign = quantity(threshold, unit), SIGNS[operator]
    text = Text(f"{name.zh} {sign} {line.zh}", f"{name.en} {sign} {line.en}")
    return Text(f"{text.zh}（{note.zh}）", f"{text.en} ({note.en})") if note else text


def _months(months: int) -> Text:
    if months % 12:
        return Text(f"{months} 个月", f"{months} months")
    return Text(f"{months // 12} 年", f"{months // 12} years")


def say_total(total: Total, titles: Titles) -> Text:
    """A sum of parts in words."""
    match total:
        case Part(name):
            return _clause(name, titles)
        case Choice(_, options):
            parts = [say_total(part, titles) for _, part in options]
            zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
            return Text(f"企业所选的一项，未选的取高（{zh}）", f"the one the firm chose, or else the better one ({en})")
        case Sum(of, cap):
            text = join([say_total(part, titles) for part in of], " + ", " + ")
            if cap is None:
                return text
            most = quantity(cap, "分")
            return Text(f"（{text.zh}，至多 {most.zh}）", f"({text.en}, at most {most.en})")
    raise TypeError(total)


# which entries count


def counting(measure: Measure) -> Text | None:
    """Which entries the counts inside a measure count; None where it counts nothing, or everything."""
    if isinstance(measure, Count):
        return _listed(measure.where)
    found = list(dict.fromkeys(text for part in measure.parts() if (text := counting(part))))
    return join(found) if found else None


def _listed(where: Condition) -> Text | None:
    tests = where.tests if isinstance(where, Every) else (where,)
    words = [say_condition(test) for test in tests]
    if not words:
        return None
    text = join(words)
    return Text(f"只计：{text.zh}", f"counting only: {text.en}")


def say_condition(condition: Condition) -> Text:
    """A test of one entry in words."""
    match condition:
        case Every(tests):
            return join([say_condition(test) for test in tests], "且", " and ")
        case Some(tests):
            text = join([say_condition(test) for test in tests], " 或 ", " or ")
            return Text(f"（{text.zh}）", f"({text.en})")
        case Presumed(test, counts):
            text = say_condition(test)
            if counts:
                return Text(f"{text.zh}（未注明的计入）", f"{text.en} (or not stated)")
            return Text(f"{text.zh}（未注明的不计）", f"{text.en} (and stated)")
        case OneOf(attribute, words, never):
            title, values = ATTRIBUTE_TITLES[attribute], [value_title(word) for word in words]
            listed = join(values, "、", ", ")
            no = Text("不是", " not") if never else Text("为", "")
            return Text(f"{title.zh}{no.zh}{listed.zh}", f"{title.en}{no.en}: {listed.en}")
        case Is(attribute, wanted):
            title = ATTRIBUTE_TITLES[attribute]
            return title if wanted else Text(f"非“{title.zh}”", f"not “{title.en}”")
        case AtMost(attribute, limit):
            title = ATTRIBUTE_TITLES[attribute]
            return Text(f"{title.zh}前 {plain(limit)}", f"{title.en} among the first {plain(limit)}")
        case Dated(attribute, relation, amount):
            title, when = ATTRIBUTE_TITLES[attribute], _relation(relation, amount)
            return Text(f"{title.zh}{when.zh}", f"{title.en} {when.en}")
    raise TypeError(condition)


def _relation(relation: str, amount: int) -> Text:
    years = counted(amount)
    return {
        "last_years": Text(f"在近{years}年内", f"in the last {amount} years"),
        "last_days": Text(f"在近 {amount} 天内", f"in the last {amount} days"),
        "last_months": Text(f"在近 {amount} 个月内", f"in the last {amount} months"),
        "years_ago": Text(f"已满{years}年", f"at least {amount} years ago"),
        "more_than_years_ago": Text(f"已超过{years}年", f"more than {amount} years ago"),
        "by": Text("不晚于评价日", "by the day of assessment"),
        "not_before": Text("不早于评价日", "not before the day of assessment"),
        "before": Text("在本年以前", "before this year"),
    }[relation]


def value_title(word: str) -> Text:
    """A word of a list fact (a kind, a level …) as people say it."""
    return VALUE_TITLES.get(word) or RUNGS.get(word) or Text(word, word)


# points


def say_points(points: Points, titles: Titles) -> Text:
    """How a scored part gives its points, in words."""
    match points:
        case Judged(inner, key):
            text, who = say_points(inner, titles), EXPERT[key].title
            return Text(
                f"{text.zh}；范围内由专家评定（{who.zh}）", f"{text.en}; within a range an expert decides ({who.en})"
            )
        case Fixed(low, high):
            return points_between(low, high)
        case Bands(measure, unit, bands):
            name, note = measure.name(None), counting(measure)
            rows = join([say_band(band, unit) for band in reversed(bands)])
            remark = Text(f"（{note.zh}）", f" ({note.en})") if note else Text("", "")
            return Text(f"按{name.zh}{remark.zh}：{rows.zh}", f"by {name.en}{remark.en}: {rows.en}")
        case Steps(steps, otherwise):
            rows = join([_gives(say_test(test, titles), say_points(each, titles)) for test, each in steps])
            rest = say_points(otherwise, titles)
            if not isinstance(otherwise, Fixed):
                return Text(f"{rows.zh}；否则{rest.zh}", f"{rows.en}; else {rest.en}")
            return Text(f"{rows.zh}；否则得 {rest.zh}", f"{rows.en}; else {rest.en}")
        case Each(of, cap):
            rows = join([_gives(say_test(test, titles), quantity(each, "分")) for test, each in of])
            most = quantity(cap, "分")
            return Text(f"逐项累加：{rows.zh}；至多 {most.zh}", f"added up: {rows.en}; at most {most.en}")
    raise TypeError(points)


def _gives(what: Text, points: Text) -> Text:
    return Text(f"{what.zh} 得 {points.zh}", f"{what.en}: {points.en}")


def band_ends(band: Band, unit: str) -> Text:
    """The numbers a band holds: ≥ 5% 且 < 6%."""
    low = quantity(band.low, unit) if band.low is not None else None
    high = quantity(band.high, unit) if band.high is not None else None
    above, below = (">" if band.low_open else "≥"), ("<" if band.high_open else "≤")
    parts = [Text(f"{above} {low.zh}", f"{above} {low.en}")] if low else []
    parts += [Text(f"{below} {high.zh}", f"{below} {high.en}")] if high else []
    return join(parts, " 且 ", " and ") if parts else Text("任何数值", "any number")


def say_band(band: Band, unit: str) -> Text:
    """One band and what it gives."""
    return _gives(band_ends(band, unit), points_between(band.points.low, band.points.high))


def points_between(low: Fraction, high: Fraction) -> Text:
    """Points, or the range an expert decides within."""
    if low == high:
        return quantity(low, "分")
    return Text(f"{plain(low)}～{plain(high)} 分", f"{plain(low)} to {plain(high)} points")
