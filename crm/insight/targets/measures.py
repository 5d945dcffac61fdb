"""What the data gives: each measure reads its number out of what was counted, and says which firms it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import INVENTIONS, PATENTS, IpRight
from crm.firms.models import Firm
from crm.insight.coverage import seen_within
from crm.insight.targets import counts
from crm.insight.targets.counts import BOARDS, Numbers
from crm.insight.targets.units import Dimension
from crm.ladder.models import Rung
from crm.ladder.words import RUNGS
from crm.registers.models import Register, RegisterEntry

_ZERO = [0] * 8


@dataclass(frozen=True)
class Tally:
    """A number in things, yuan or as a ratio. `known` of `of` firms had the figure it is made of (None: not made of figures)."""

    value: Fraction | None
    known: int | None = None
    of: int | None = None

    @property
    def missing(self) -> int:
        return max(0, (self.of or 0) - (self.known or 0))


@dataclass(frozen=True)
class Measure:
    """`take` reads the numbers of a scope and year; `firms` is the condition on `Firm` of those counted in a year.

    `flow`: it begins anew each year. `rung`: what it counts are the holders of this title. `summed`: without the missing
    figures it is a lower bound.
    """

    key: str
    title: Any
    dimension: Dimension
    take: Callable[[Numbers], Tally]
    firms: Callable[[int], ColumnElement[bool]] | None = None
    flow: bool = False
    rung: Rung | None = None
    summed: bool = False


def _get(numbers: Numbers, key: str) -> list[int]:
    return numbers.get(key, _ZERO)


def _first(key: str, numbers: Numbers) -> Tally:
    return Tally(Fraction(_get(numbers, key)[0]))


def _share(part: str, whole: str, numbers: Numbers) -> Tally:
    below = _get(numbers, whole)[0]
    return Tally(Fraction(_get(numbers, part)[0], below) if below else None)


def _sum_of_figures(key: str, numbers: Numbers) -> Tally:
    """A sum of yearly figures: a lower bound as long as firms in business gave none."""
    fen, known, active = _get(numbers, key)[:3]
    return Tally(Fraction(fen, 100) if known else None, known, known + max(0, _get(numbers, "firms")[0] - active))


def _ratio_of_figures(numbers: Numbers) -> Tally:
    spent, revenue, known, active = _get(numbers, "both")[:4]
    of = known + max(0, _get(numbers, "firms")[0] - active)
    return Tally(Fraction(spent, revenue) if revenue else None, known, of)


def _above_scale(numbers: Numbers) -> Tally:
    """Of industrial firms with 20 million yuan of revenue; those whose revenue nobody knows may belong to them."""
    spent, revenue, known, large = _get(numbers, "large")[:4]
    of = large + max(0, _get(numbers, "industry")[0] - _get(numbers, "industry.revenue")[0])
    return Tally(Fraction(spent, revenue) if revenue else None, known, of)


def _hte_ratio(numbers: Numbers) -> Tally:
    spent, revenue, known = _get(numbers, "hte.rd")[:3]
    return Tally(Fraction(spent, revenue) if revenue else None, known, _get(numbers, "held.hte")[0])


def _rights(kinds: Iterable[Any], column: int, numbers: Numbers) -> Tally:
    return Tally(Fraction(sum(_get(numbers, f"right.{kind.value}")[column] for kind in kinds)))


def _needs(numbers: Numbers) -> Tally:
    answered, raised = _get(numbers, "needs")[:2]
    return Tally(Fraction(answered, raised) if raised else None)


def _chain_focus(numbers: Numbers) -> Tally:
    chains = [values[0] for key, values in numbers.items() if key.startswith("chain.")]
    firms = _get(numbers, "firms")[0]
    return Tally(Fraction(max(chains), firms) if chains and firms else None, sum(chains), firms)


def _contracts(column: int, numbers: Numbers) -> Tally:
    """Contracts are registered by who provides the technology: the receiver's entry of the same one is not counted."""
    entries = amount = known = 0
    for key, values in numbers.items():
        if key.startswith("year.contract.") and not key.endswith(".receiver"):
            entries, amount, known = entries + values[0], amount + values[1], known + values[2]
    return Tally(Fraction(entries)) if column == 0 else Tally(Fraction(amount, 100), known, entries)


# --- the condition on the firms counted ----------------------------------------------------------------------------


def _holds(rungs: Iterable[Rung], year: int) -> ColumnElement[bool]:
    return Firm.id.in_(counts.held_titles(counts.day_of(year), rungs))


def gave(names: Iterable[str], year: int) -> ColumnElement[bool]:
    given = [getattr(YearlyFigures, name).is_not(None) for name in names]
    return exists().where(YearlyFigures.firm_id == Firm.id, YearlyFigures.year == year, *given)


def _above_scale_firms(year: int) -> ColumnElement[bool]:
    large = YearlyFigures.revenue >= counts.ABOVE_SCALE
    return exists().where(
        YearlyFigures.firm_id == Firm.id,
        YearlyFigures.year == year,
        large,
        YearlyFigures.rd.is_not(None),
        counts.is_industrial(),
    )


def _has_right(kinds: Iterable[Any], granted: bool, year: int) -> ColumnElement[bool]:
    which = counts.granted_in(year) if granted else counts.is_valid(counts.day_of(year))
    return exists().where(IpRight.firm_id == Firm.id, IpRight.kind.in_(list(kinds)), which)


def has_entry(conditions: Callable[[int], list[ColumnElement[bool]]], year: int) -> ColumnElement[bool]:
    return Firm.id.in_(select(RegisterEntry.firm_id).where(*conditions(year)))


_COUNT, _RATIO, _MONEY = Dimension.COUNT, Dimension.RATIO, Dimension.MONEY
# The figures that a measure is made of: a firm in business without them is missing from it.
FIGURES = {"rd": ("rd",), "revenue": ("revenue",), "rd_ratio": ("rd", "revenue")}
# Others that are made of yearly figures, which are reported in the year after.
YEARLY = ("above_scale_rd_ratio", "hte_rd_ratio")

FIXED: dict[str, Measure] = {
    each.key: each
    for each in (
        *(
            Measure(
                f"held.{rung.value}",
                title,
                _COUNT,
                partial(_first, f"held.{rung.value}"),
                partial(_holds, [rung]),
                rung=rung,
            )
            for rung, title in RUNGS.items()
        ),
        Measure(
            "listed",
            _l("上市（北交所、创业板、科创板、主板）"),
            _COUNT,
            partial(_first, "listed"),
            partial(_holds, BOARDS),
        ),
        Measure("hte_share", _l("高新技术企业占在业企业"), _RATIO, partial(_share, "held.hte", "firms")),
        Measure(
            "firms",
            _l("在业企业"),
            _COUNT,
            partial(_first, "firms"),
            lambda year: counts.in_business(counts.day_of(year)),
        ),
        Measure(
            "rd",
            _l("企业研发费用合计"),
            _MONEY,
            partial(_sum_of_figures, "rd"),
            partial(gave, FIGURES["rd"]),
            summed=True,
        ),
        Measure(
            "revenue",
            _l("企业营业收入合计"),
            _MONEY,
            partial(_sum_of_figures, "revenue"),
            partial(gave, FIGURES["revenue"]),
            summed=True,
        ),
        Measure(
            "rd_ratio", _l("企业研发费用 ÷ 营业收入"), _RATIO, _ratio_of_figures, partial(gave, FIGURES["rd_ratio"])
        ),
        Measure(
            "above_scale_rd_ratio", _l("规模以上工业企业研发费用 ÷ 营业收入"), _RATIO, _above_scale, _above_scale_firms
        ),
        Measure("hte_rd_ratio", _l("高新技术企业研发费用 ÷ 营业收入"), _RATIO, _hte_ratio),
        Measure(
            "hte_inventions", _l("高新技术企业户均有效发明专利"), _RATIO, partial(_share, "hte.inventions", "held.hte")
        ),
        Measure(
            "inventions",
            _l("有效发明专利"),
            _COUNT,
            partial(_rights, INVENTIONS, 0),
            partial(_has_right, INVENTIONS, False),
        ),
        Measure("patents", _l("有效专利"), _COUNT, partial(_rights, PATENTS, 0), partial(_has_right, PATENTS, False)),
        Measure(
            "granted",
            _l("年度授权专利"),
            _COUNT,
            partial(_rights, PATENTS, 1),
            partial(_has_right, PATENTS, True),
            flow=True,
        ),
        Measure(
            "granted_inventions",
            _l("年度授权发明专利"),
            _COUNT,
            partial(_rights, INVENTIONS, 1),
            partial(_has_right, INVENTIONS, True),
            flow=True,
        ),
        Measure(
            "zero_patent",
            _l("没有登记专利的在业企业"),
            _COUNT,
            partial(_first, "zero_patent"),
            lambda year: counts.without_patent(counts.day_of(year)),
        ),
        Measure(
            "contracts",
            _l("年度技术合同项数（输出方）"),
            _COUNT,
            partial(_contracts, 0),
            partial(has_entry, lambda year: _provided(year)),
            flow=True,
        ),
        Measure(
            "contract_amount",
            _l("年度技术合同金额（输出方）"),
            _MONEY,
            partial(_contracts, 1),
            partial(has_entry, lambda year: _provided(year)),
            flow=True,
            summed=True,
        ),
        Measure("chain_focus", _l("企业最多的一条产业链占在业企业"), _RATIO, _chain_focus),
        Measure(
            "visit_coverage",
            _l("当年走访过的在业企业占比"),
            _RATIO,
            partial(_share, "seen", "firms"),
            lambda year: counts.in_business(counts.day_of(year)) & seen_within(date(year, 1, 1), counts.day_of(year)),
        ),
        Measure("needs_answered", _l("当年企业诉求答复率"), _RATIO, _needs),
    )
}


def _provided(year: int) -> list[ColumnElement[bool]]:
    provider = RegisterEntry.role.is_distinct_from("receiver")
    return [RegisterEntry.register == Register.CONTRACT, provider, counts.entered_in(year)]
