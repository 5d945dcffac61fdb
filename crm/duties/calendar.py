"""What the calendar's address asks for, its picture by month, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from crm.accounts.models import User
from crm.duties.queries import AHEAD, due, scope_of
from crm.duties.rules import Kind, months_later
from crm.duties.selects import DAY, OPEN, DueState, Wanted
from crm.duties.showing import WITHIN, sentences, span
from crm.duties.words import DUE_STATES, KINDS
from crm.editions.certainty import certainty_of
from crm.firms.models import Firm
from crm.firms.queries import active_filters
from crm.kernel import clock
from crm.ladder.models import Rung
from crm.ladder.words import RUNGS
from crm.policy.language.edition import CERTAINTIES
from crm.web.charts import Chart, Point, Series, draw
from crm.web.language import language
from crm.web.workbooks import open_workbook, safe

MINE = "mine"
AT_MOST = 20_000  # lines in one workbook
MONTHS_BACK = 12


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `condition` on `Firm` (None: every firm there is); values of filters as they are chosen."""

    on: date
    condition: ColumnElement[bool] | None
    year: Wanted
    rung: str
    kind: str
    state: str
    officer: str
    within: str
    month: str

    @property
    def narrowed(self) -> bool:
        return any((self.rung, self.kind, self.state, self.officer, self.within, self.month))


def asked(user: User, arguments: Mapping[str, str]) -> Asked:
    """Read the address: rung, kind, state, officer (mine), organisation, and within or month. What means nothing is left out."""
    on = clock.today()

    def chosen(name: str, among: Any) -> str:
        return value if (value := arguments.get(name, "")) in {str(each) for each in among} else ""

    rung, kind, state = chosen("rung", Rung), chosen("kind", Kind), chosen("state", DueState)
    within, month, officer = chosen("within", WITHIN), arguments.get("month", ""), chosen("officer", (MINE,))
    wanted = Wanted(
        on=on,
        until=months_later(on, AHEAD),
        rung=Rung(rung) if rung else None,
        kind=Kind(kind) if kind else None,
        states=frozenset({DueState(state)}) if state else OPEN,
    )
    first = _first_of(month)
    if first is not None:
        wanted = replace(wanted, since=first, until=months_later(first, 1) - DAY)
    elif within:
        since, until = span(within, on)
        wanted = replace(wanted, since=since, until=until)
    return Asked(
        on, _scope(user, arguments, officer), wanted, rung, kind, state, officer, within, month if first else ""
    )


def _scope(user: User, arguments: Mapping[str, str], officer: str) -> ColumnElement[bool] | None:
    conditions, _chips = active_filters(user, {"organisation": arguments.get("organisation", "")})
    if officer == MINE:
        conditions.append(Firm.officer_id == user.id)
    return scope_of(user, *conditions)


def _first_of(month: str) -> date | None:
    """The first day of a month; None for what is no month, and for the last there is: nothing comes after it."""
    try:
        first = date.fromisoformat(f"{month}-01") if len(month) == 7 else None
    except ValueError:
        return None
    return first if first is not None and first.year < date.max.year else None


def months_offered(on: date) -> list[str]:
    """The months a filter offers, a year back and a year ahead, as `2026-11`."""
    return [months_later(on.replace(day=1), number).isoformat()[:7] for number in range(-MONTHS_BACK, AHEAD + 1)]


def chart_of(found: Mapping[date, int], on: date) -> Chart:
    """How many are due in each month from this one on; what is past stands in no bar."""
    months = [month for month in months_offered(on) if month >= on.isoformat()[:7]]
    numbers = dict.fromkeys(months, 0)
    for due_on, number in found.items():
        if due_on >= on and due_on.isoformat()[:7] in numbers:
            numbers[due_on.isoformat()[:7]] += number
    points = [Point(number, text=str(number)) for number in numbers.values()]
    return draw(months, [Series(_("到期事项"), points)])


def write_workbook(target: IO[bytes], wanted: Asked) -> None:
    """The lines of the calendar in its order, at most 20,000."""
    titles = (
        _("企业"), _("专员"), _("资质"), _("事项"), _("类别"), _("期限"), _("状态"), _("后果"), _("依据"), _("条款"),
        _("确定度"),
    )  # fmt: skip
    found = due(wanted.condition, wanted.year, limit=AT_MOST)
    tongue = language()
    with open_workbook(target) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        page = workbook.add_worksheet(_("到期日历"))
        page.set_column(0, len(titles) - 1, 20)
        page.freeze_panes(1, 1)
        for place, title in enumerate(titles):
            page.write_string(0, place, title, bold)
        for number, each in enumerate(found, start=1):
            rule = each.rule
            says = _("；").join(text for _kind, text in sentences(each, wanted.on)) or rule.consequence[tongue]
            values = (
                each.firm, each.officer, RUNGS[each.rung], rule.title[tongue], KINDS[rule.kind], each.due_on.isoformat(),
                DUE_STATES[each.state], says, rule.document, rule.article, CERTAINTIES[certainty_of(rule)][tongue],
            )  # fmt: skip
            for place, value in enumerate(values):
                if value is not None:
                    page.write_string(number, place, safe(str(value)))
        if len(found) == AT_MOST:
            page.write_string(len(found) + 1, 0, _("最多导出 %(limit)s 行：请加筛选条件分次导出", limit=AT_MOST))
