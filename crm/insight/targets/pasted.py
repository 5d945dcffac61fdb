"""What a person copied out of a spreadsheet: an indicator, its value and perhaps its source on each line. All of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from flask_babel import gettext as _

from crm.insight.targets.models import Indicator
from crm.insight.targets.units import UNITS, Dimension
from crm.insight.targets.words import unit_word
from crm.web.fields import half_width, read_number


def read_pasted(text: str, indicators: Iterable[Indicator]) -> tuple[dict[int, tuple[Decimal, str | None]], list[str]]:
    """The values by indicator with their sources, and a sentence for each line that says nothing usable.

    An indicator is known by its title or its key; cells are parted by tabs.
    """
    known = {_plain(name): each for each in indicators for name in (each.title, each.key, each.title_en)}
    found: dict[int, tuple[Decimal, str | None]] = {}
    problems = []
    for line_number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            continue
        indicator = known.get(_plain(cells[0]))
        if indicator is None:
            problems.append(_("第 %(n)s 行：规划里没有叫“%(name)s”的指标。", n=line_number, name=cells[0][:40]))
            continue
        if indicator.id in found:
            problems.append(_("第 %(n)s 行：“%(name)s”出现了两次。", n=line_number, name=indicator.title))
            continue
        unit = UNITS[indicator.unit]
        minimum = None if unit.dimension is Dimension.OTHER or indicator.unit == "%" else Decimal(0)
        try:
            value = read_number(
                (cells[1] if len(cells) > 1 else "")
                .removesuffix(indicator.unit)
                .removesuffix(unit_word(indicator.unit)),
                places=6 if unit.places else 0,
                minimum=minimum,
                maximum=Decimal(9 * 10**11),
            )
        except ValueError as error:
            problems.append(
                _("第 %(n)s 行（%(name)s）：%(problem)s", n=line_number, name=indicator.title, problem=str(error))
            )
            continue
        found[indicator.id] = value, (cells[2] if len(cells) > 2 and cells[2] else None)
    return found, problems


def _plain(text: str) -> str:
    return "".join(half_width(text).split()).casefold()
