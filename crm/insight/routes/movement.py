"""Movement between two days: who came, who rose, who fell and why; for every rung the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.ip.rules import later
from crm.firms.tabs import firm_url
from crm.insight.blueprint import blueprint
from crm.insight.filters import asked_filters, conditions
from crm.insight.firm_list import moved_value
from crm.insight.frame import about, day_asked, firms_url, frame, here, note
from crm.insight.funnel import funnel
from crm.insight.kept.counts import MOVEMENT, told
from crm.insight.movement import (
    CASES_IN,
    CASES_OUT,
    GROUPS,
    TITLES_IN,
    TITLES_OUT,
    Group,
    Move,
    Movement,
    What,
    of_group,
    summed,
)
from crm.insight.movement import movement as find
from crm.insight.picture import WAY
from crm.insight.reasons import explained
from crm.insight.words import GROUPS as GROUP_WORDS
from crm.insight.words import WHATS
from crm.kernel import clock
from crm.ladder.models import Rung
from crm.ladder.words import LISTED, RUNGS, SHORT_RUNGS, STAGES
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day
from crm.web.paging import PAGE_SIZE, page_number, page_of
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

TITLES = (*TITLES_IN, *TITLES_OUT)
CASES = (*CASES_IN, *CASES_OUT)
WITHIN = (What.ADVANCED, What.BACK)  # under way on both days


@blueprint.get("/funnel/movement", endpoint="movement")
@requires(Permission.VIEW_FUNNEL)
def movement_page() -> str:
    """Two tables that add up, and each movement with its reason."""
    since, until, wrong_date = _days()
    counted = told(MOVEMENT, current_user, asked_filters(request.args), since, until)
    found, group, number = counted.value, _group(), page_number()
    rows = found.latest[group] if number == 1 else _page(since, until, group, number)
    page = page_of(rows, number)
    titles, cases = _tables(found, since, until)
    return render_template(
        "insight/movement.html",
        since=since,
        until=until,
        today=clock.today(),
        counted_at=counted.at,
        wrong_date=wrong_date,
        groups=[_group_stat(found, each, since, until) for each in Group],
        group_tabs=_group_tabs(),
        group=group.value if group else "all",
        titles=titles,
        cases=cases,
        chart=_chart(found),
        picture_note=note(_("%(since)s 至 %(until)s", since=day(since), until=day(until))),
        page=page,
        details=_details(page.rows, until),
        sheet_url=here("insight.movement_sheet", what=None, page=None),
        **frame("insight.movement"),
    )


def _page(since: date, until: date, group: Group | None, number: int) -> Sequence[Move]:
    """The movements of a later page, and one more."""
    moves = of_group(find(since, until, conditions(current_user, asked_filters(request.args))), group)
    return moves[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1]


@blueprint.get("/funnel/movement.xlsx")
@requires(Permission.VIEW_FUNNEL)
def movement_sheet() -> Response:
    since, until, _wrong = _days()
    narrowed = conditions(current_user, asked_filters(request.args))
    moves = find(since, until, narrowed)
    tables = [*_tables(summed(funnel(until, narrowed), moves), since, until), _details(moves, until)]
    return send_tables(tables, _("变动 %(since)s 至 %(until)s", since=since.isoformat(), until=until.isoformat()))


def _days() -> tuple[date, date, str | None]:
    """The two days of the address, a year up to today unless said; with the sentence that says why they were not taken."""
    until, wrong = day_asked("to", clock.today())
    since, wrong_since = day_asked("from", later(until, years=-1))
    wrong = wrong or wrong_since
    if since >= until:
        wrong = wrong or _("开始的一天要早于结束的一天。")
        since = later(until, years=-1)
    return since, until, wrong


def _group() -> Group | None:
    asked = request.args.get("what", "")
    return Group(asked) if asked in set(Group) else None


def _group_stat(found: Movement, group: Group, since: date, until: date) -> dict[str, Any]:
    """How many firms came, rose or fell; a firm may do several."""
    return {
        "number": found.firms[group],
        "title": GROUP_WORDS[group],
        "note": _("、").join(str(WHATS[what]) for what in GROUPS[group]),
        "kind": "bad" if group is Group.FELL else "good",
        "href": firms_url(moved=moved_value(group, None, since, until)),
    }


def _group_tabs() -> list[dict[str, Any]]:
    everything = {"key": "all", "title": _("全部"), "href": here("insight.movement", what=None, page=None)}
    return [everything] + [
        {"key": group.value, "title": title, "href": here("insight.movement", what=group.value, page=None)}
        for group, title in GROUP_WORDS.items()
    ]


# --- tables --------------------------------------------------------------------------------------------------------


def _tables(found: Movement, since: date, until: date) -> tuple[Table, Table]:
    """Titles and cases under way by rung: the first day's count, what came, what left, the last day's count."""
    last = found.last
    head = about((_("从"), day(since)), (_("到"), day(until)))
    boundaries = {"first": day(since), "last": day(until)}

    def columns(whats: Sequence[What], more: Sequence[What] = ()) -> list[Column]:
        numbers = [boundaries["first"], *(WHATS[what] for what in whats), boundaries["last"], _("净增")]
        return [Column(_("方向")), *(Column(title, "number") for title in (*numbers, *(WHATS[what] for what in more)))]

    title_rows, case_rows = [], []
    for rung in Rung:
        here = {what: found.counts.get((what, rung), 0) for what in What}
        under_way = sum(last.stages[rung][stage] for stage in WAY)
        title_rows.append(_row(rung, here, TITLES_IN, TITLES_OUT, last.held[rung], {"held": rung.value}, since, until))
        case_rows.append(_row(rung, here, CASES_IN, CASES_OUT, under_way, {"rung": rung.value}, since, until, WITHIN))
    return (
        Table(_("持有资质的企业"), columns(TITLES), _with_something(title_rows), head),
        Table(_("在培育的企业"), columns(CASES, WITHIN), _with_something(case_rows), head),
    )


def _with_something(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    """Boards on which nobody stood or moved are left out; the other rungs are always there."""
    return [
        row for rung, row in zip(Rung, rows, strict=True) if rung not in LISTED or any(cell.value for cell in row[1:])
    ]


def _row(
    rung: Rung,
    here: dict[What, int],
    coming: Sequence[What],
    leaving: Sequence[What],
    last: int,
    standing: dict[str, str],
    since: date,
    until: date,
    more: Sequence[What] = (),
) -> list[Cell]:
    net = sum(here[what] for what in coming) - sum(here[what] for what in leaving)

    def moved(what: What) -> Cell:
        return Cell(here[what], href=firms_url(moved=moved_value(what, rung, since, until)))

    def standing_on(on: date, number: int) -> Cell:
        then = {"on": on.isoformat()} if on != clock.today() else {}
        return Cell(number, href=firms_url(**standing, **then))

    return [
        Cell(str(RUNGS[rung])),
        standing_on(since, last - net),
        *map(moved, (*coming, *leaving)),
        standing_on(until, last),
        Cell(net, text=f"{net:+d}" if net else "0"),
        *map(moved, more),
    ]


def _details(moves: Sequence[Move], until: date) -> Table:
    """Each movement: the firm, what, when, why, and who recorded it."""
    rows = []
    for each in explained(moves, until):
        move = each.move
        rows.append(
            [
                Cell(each.firm, href=firm_url(move.firm_id)),
                Cell(str(SHORT_RUNGS[move.rung])),
                Cell(_what(move)),
                Cell(move.on, text=day(move.on)),
                Cell(each.reason, text=each.reason or "—"),
                Cell(each.actor, text=each.actor or _("尚未登记")),
            ]
        )
    titles = (_("企业"), _("方向"), _("变动"), _("变动日期"), _("原因"), _("登记人"))
    kinds = (None, None, None, "date", None, None)
    return Table(_("逐家变动"), [Column(*each) for each in zip(titles, kinds, strict=True)], rows, about())


def _what(move: Move) -> str:
    if move.what in WITHIN and move.before and move.after:
        return f"{WHATS[move.what]}{_('：')}{STAGES[move.before]} → {STAGES[move.after]}"
    return str(WHATS[move.what])


def _chart(found: Movement) -> Chart | None:
    """Titles gained and lost by rung, the boards as one."""
    came: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for (what, rung), number in found.counts.items():
        if what in TITLES:
            name = _("上市") if rung in LISTED else str(SHORT_RUNGS[rung])
            (came if what in TITLES_IN else left)[name] += number
    if not came and not left:
        return None
    labels = list(dict.fromkeys(_("上市") if rung in LISTED else str(SHORT_RUNGS[rung]) for rung in Rung))
    return draw(
        labels,
        [
            Series(_("新取得"), [Point(came[name], text=str(came[name])) for name in labels], "bar", 1),
            Series(_("失去"), [Point(-left[name], text=str(-left[name])) for name in labels], "bar", 2),
        ],
    )
