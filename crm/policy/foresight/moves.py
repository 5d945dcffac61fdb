"""What a firm can do more of, as far as an edition reads it: spend on R&D, hire, obtain rights, shift income, turn results, raise equity.

A move raises a figure of the last year or adds entries to a list, and nothing else: costs, profit and assets stay as they are. A new right
is granted to the firm itself, in force, of use for the main product and dated on the day of assessment; it is not of high value until
somebody says so. What is unknown cannot be moved. Which moves there are, and at which amounts something turns, follows from the edition.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

from crm.policy.facts import Facts, Scalar
from crm.policy.language.clauses import All, Comparison, Not, Test
from crm.policy.language.clauses import Any as AnyOf
from crm.policy.language.edition import Edition
from crm.policy.language.measures import Count, Measure, YearFigure, YearlyAverage, YearSum
from crm.policy.language.points import Bands, Each, Judged, Points, Steps
from crm.policy.language.source import EditionError, Fault, Spec, parse_yaml
from crm.policy.readings.reading import FirmItem
from crm.policy.text import Text
from crm.policy.vocabulary import FIGURES, IP_KINDS

FILE = Path(__file__).resolve().parents[3] / "seeds" / "reference" / "prices.yaml"
CENT = Fraction(1, 100)  # 万元
LARGEST = {"万元": 1_000_000, "人": 100_000, "项": 1_000, "件": 100}  # the most of a move that is tried


@dataclass(frozen=True)
class Price:
    """What one unit of a move is assumed to cost, in 万元 (None: nobody knows, such sets are listed last).

    `key` is the move: `rd`, `staff`, `ht_revenue`, `main_revenue`, `transfers`, `equity`, or the kind of a new right (`invention` …).
    """

    key: str
    title: Text
    unit: str
    amount: Fraction | None


def default_prices() -> tuple[Price, ...]:
    """The assumed prices of seeds/reference/prices.yaml. Raises EditionError, naming each fault of the file."""
    return _price_file()


@cache
def _price_file() -> tuple[Price, ...]:
    faults: list[Fault] = []
    whole = Spec(FILE.name, "", parse_yaml(FILE.read_text(encoding="utf-8"), FILE.name), faults)
    result = []
    for key, spec in whole.need("prices").entries():
        title, unit = spec.need("title").bilingual(), spec.need("unit").text(LARGEST, "unit")
        amount = spec.get("amount")
        result.append(Price(key, title, unit, amount.number() if amount else None))
        spec.close()
    whole.close()
    if faults:
        raise EditionError(faults)
    return tuple(result)


@dataclass(frozen=True, eq=False)
class Move:
    """One thing a firm can do more of. `path` is the fact that is shown; `most` (in `step`s of its unit) is as far as it is tried.

    `figures` of the last year rise together, or `entry` is added to the list `path` (`amount` of it, where the entry has an amount).
    """

    key: str
    title: Text
    path: str
    unit: str
    step: Fraction
    most: int
    figures: tuple[str, ...] = ()
    entry: Mapping[str, Scalar] | None = None
    kinds: tuple[str, ...] = ()

    def raises(self, count: Count, on: date) -> bool:
        """Whether an entry that the move adds surely counts."""
        if self.entry is None or count.list != self.path or (count.of is not None) != ("amount" in self.entry):
            return False
        return count.where.read(FirmItem(on, f"{self.path}[+]", dict(self.entry))).low

    def moves(self, measure: Measure, on: date) -> bool:
        """Whether the measure reads what the move changes."""
        return any(
            self.raises(leaf, on) if isinstance(leaf, Count) else bool(set(self.figures) & last_year([leaf]))
            for leaf in leaves(measure)
        )


def leaves(measure: Measure) -> Iterator[Measure]:
    """The plain figures, facts and counts a measure is made of."""
    if not measure.parts():
        yield measure
    for part in measure.parts():
        yield from leaves(part)


def last_year(measures: Iterable[Measure]) -> set[str]:
    """The figures of the year before the assessment among these leaves."""
    return {
        m.key for m in measures if (type(m) is YearFigure and m.year == -1) or isinstance(m, (YearSum, YearlyAverage))
    }


def comparisons(edition: Edition) -> list[Comparison]:
    """Every comparison that could turn to a firm's good as a number rises, and every end of a band, each once."""
    found: dict[tuple[int, str, Fraction], Comparison] = {}
    for criterion in edition.criteria:
        for each in (
            *_of_test(criterion.when, wanted=False),  # a clause also holds where it does not apply
            *_of_test(criterion.test),
            *_of_points(criterion.points),
        ):
            found.setdefault((id(each.measure), each.operator, each.threshold), each)
    return list(found.values())


OPPOSITE = {">=": "<", ">": "<=", "<": ">=", "<=": ">", "=": ">"}


def _of_test(test: Test | None, wanted: bool = True) -> Iterator[Comparison]:
    match test:
        case Comparison(measure, operator, threshold, unit):
            rising = operator if operator != "=" else ">="
            yield Comparison(measure, rising if wanted else OPPOSITE[operator], threshold, unit)
        case All(of) | AnyOf(of):
            for each in of:
                yield from _of_test(each, wanted)
        case Not(of):
            yield from _of_test(of, not wanted)


def _of_points(points: Points | None) -> Iterator[Comparison]:
    match points:
        case Judged(inner, _):
            yield from _of_points(inner)
        case Bands(measure, unit, bands):
            for band in bands:
                if band.low is not None:
                    yield Comparison(measure, ">" if band.low_open else ">=", band.low, unit)
        case Steps(steps, otherwise):
            for test, inner in steps:
                yield from _of_test(test)
                yield from _of_test(test, wanted=False)  # the steps after it are reached where it does not hold
                yield from _of_points(inner)
            yield from _of_points(otherwise)
        case Each(of, _):
            for test, _ in of:
                yield from _of_test(test)


# which moves there are


def moves_of(edition: Edition, facts: Facts, on: date) -> tuple[Move, ...]:
    """What the firm can do more of among what the edition reads."""
    read = list({id(leaf): leaf for each in comparisons(edition) for leaf in leaves(each.measure)}.values())
    return (*_figure_moves(last_year(read), facts, on), *_list_moves(read, facts, on))


# the figures that make up a move, what rises with them, and what they are a part of
FIGURE_MOVES: dict[str, tuple[tuple[str, ...], str | None, str | None]] = {
    "rd": (("rd", "rd_domestic"), None, None),
    "staff": (("st_staff", "rd_staff", "college_staff"), "employees", None),
    "transfers": (("transfers",), None, None),
    "ht_revenue": (("ht_revenue",), None, "total_income"),
    "main_revenue": (("main_revenue",), None, "revenue"),
}


def _figure_moves(read: set[str], facts: Facts, on: date) -> Iterator[Move]:
    year = on.year - 1
    known = facts.years.get(year, {})
    for key, (names, too, whole) in FIGURE_MOVES.items():
        shown = next((name for name in names if name in read and name in known), None)
        if shown is None or any(name is not None and name not in known for name in (too, whole)):
            continue
        unit = FIGURES[shown].unit
        step = CENT if unit == "万元" else Fraction(1)
        room = known[whole] - known[shown] if whole else Fraction(LARGEST[unit])
        figures = (*(name for name in names if name in known), *([too] if too else []))
        title = FIGURES[shown].title
        if room >= step:
            yield Move(
                key, Text(f"{year} 年{title.zh}", f"{title.en} {year}"), f"years.{year}.{shown}", unit, step,
                min(int(room / step), int(LARGEST[unit] / step)), figures,
            )  # fmt: skip


def _list_moves(read: list[Measure], facts: Facts, on: date) -> Iterator[Move]:
    counts = [leaf for leaf in read if isinstance(leaf, Count)]
    prices = {price.key: price for price in default_prices()}
    equity = Move(
        "equity", prices["equity"].title, "equity", "万元", CENT, int(LARGEST["万元"] / CENT),
        entry={"on": on, "amount": Fraction(0), "qualified": True},
    )  # fmt: skip
    if "equity" in facts.lists and any(equity.raises(count, on) for count in counts):
        yield equity
    serving: dict[tuple[bool, ...], Move] = {}
    for kind in sorted(IP_KINDS, key=list(prices).index):  # kinds that count for the same are one move
        entry: dict[str, Scalar] = {
            "kind": kind, "status": "valid", "acquired": "self", "acquired_on": on, "filed_on": on, "granted_on": on,
            "owner_rank": Fraction(1), "core_product": True, "in_use": True, "high_value": False, "spent_on_hte": False,
        }  # fmt: skip
        move = Move(kind, prices[kind].title, "ip", "件", Fraction(1), LARGEST["件"], entry=entry, kinds=(kind,))
        serves = tuple(move.raises(count, on) for count in counts)
        first = serving.setdefault(serves, move)
        if first is not move:
            serving[serves] = replace(first, kinds=(*first.kinds, kind))
    if "ip" in facts.lists:
        yield from (move for serves, move in serving.items() if any(serves))


# one firm with some moves made

Amounts = Sequence[tuple[Move, Fraction]]


def moved(facts: Facts, on: date, amounts: Amounts) -> Facts:
    """The facts after the moves; the facts given stay as they are."""
    year = on.year - 1
    figures = dict(facts.years.get(year, {}))
    lists = dict(facts.lists)
    for move, amount in amounts:
        for name in move.figures:
            figures[name] = figures[name] + amount
        if move.entry is not None and amount:
            added = [{**move.entry, "amount": amount}] if "amount" in move.entry else [dict(move.entry)] * int(amount)
            lists[move.path] = [*lists.get(move.path, []), *added]
    return replace(facts, years={**facts.years, year: figures} if figures else facts.years, lists=lists)
