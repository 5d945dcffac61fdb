"""Where firms are stuck: how long open cases wait by rung and stage, and the criteria that hold those waiting longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.filters import asked_filters, conditions
from crm.insight.firm_list import CAP, blocked_value, stuck_value
from crm.insight.frame import about, firms_url, frame, here, note
from crm.insight.kept.counts import STUCK, Told, told
from crm.insight.stuck import AT_MOST, LONG, PREPARING, VERY_LONG, Held, Stuck, Waiting, held_back
from crm.kernel import clock
from crm.ladder.models import Rung
from crm.ladder.words import RUNGS, SHORT_RUNGS, STAGES
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day, number
from crm.web.language import language
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/funnel/stuck")
@requires(Permission.VIEW_FUNNEL)
def stuck() -> str:
    """Open cases by rung and stage with their waiting; the criteria that hold them are loaded after the page."""
    counted = _counted()
    found = counted.value.waiting
    rung = _rung(found)
    return render_template(
        "insight/stuck.html",
        found=found,
        totals=_totals(counted.value.firms),
        counted_at=counted.at,
        rung=rung,
        rungs=_rung_tabs(found),
        blocking_url=here("insight.blocking", rung=rung.value) if rung else None,
        chart=_chart(found) if found else None,
        picture_note=note(_("截至 %(day)s", day=day(clock.today()))),
        table=_table(found),
        long=LONG,
        sheet_url=here("insight.stuck_sheet"),
        **frame("insight.stuck", **({"rung": rung.value} if "rung" in request.args and rung else {})),
    )


@blueprint.get("/funnel/stuck/blocking")
@requires(Permission.VIEW_FUNNEL)
def blocking() -> str:
    """What holds the longest waiting firms of one rung: judged now."""
    rung = next((rung for rung in Rung if rung.value == request.args.get("rung")), Rung.HTE)
    held = held_back(rung, clock.today(), conditions(current_user, asked_filters(request.args)))
    return render_template(
        "insight/_blocking.html",
        rung=rung,
        held=held,
        capped=len(held.firms) == AT_MOST,
        long=LONG,
        firms_url=firms_url(blocked=blocked_value(rung, CAP)),
        free_url=firms_url(blocked=blocked_value(rung, "free")),
        unjudged_url=firms_url(blocked=blocked_value(rung, "unjudged")),
        table=_blocking_table(rung, held),
    )


@blueprint.get("/funnel/stuck.xlsx")
@requires(Permission.VIEW_FUNNEL)
def stuck_sheet() -> Response:
    narrowed = conditions(current_user, asked_filters(request.args))
    found = _counted().value.waiting
    tables = [_table(found)]
    for rung in _waiting_long(found):
        tables.append(_blocking_table(rung, held_back(rung, clock.today(), narrowed)))
    return send_tables(tables, _("卡点 %(day)s", day=clock.today().isoformat()))


def _counted() -> Told[Stuck]:
    today = clock.today()
    return told(STUCK, current_user, asked_filters(request.args), today, today)


def _waiting_long(found: Sequence[Waiting]) -> list[Rung]:
    """The rungs towards which firms wait longer than LONG days before their application."""
    return list(dict.fromkeys(each.rung for each in found if each.over[LONG] and each.stage in PREPARING))


def _rung(found: Sequence[Waiting]) -> Rung | None:
    """The rung in the address; else the one with the most firms waiting long."""
    asked = request.args.get("rung")
    named = next((rung for rung in Rung if rung.value == asked), None)
    rungs = _waiting_long(found)
    most = {rung: sum(each.over[LONG] for each in found if each.rung is rung) for rung in rungs}
    return named or max(rungs, key=most.__getitem__, default=None)


def _rung_tabs(found: Sequence[Waiting]) -> list[dict[str, Any]]:
    return [
        {"key": rung.value, "title": SHORT_RUNGS[rung], "href": here("insight.stuck", rung=rung.value)}
        for rung in _waiting_long(found)
    ]


def _totals(firms: Mapping[int | None, int]) -> list[dict[str, Any]]:
    """The firms with a case under way, and those that wait over each limit."""
    return [
        {
            "title": _("在培育的企业") if days is None else _("有项目停留超过 %(days)s 天", days=days),
            "number": count,
            "kind": "bad" if days and count else None,
            "href": firms_url(stuck=stuck_value(None, None, days)),
        }
        for days, count in firms.items()
    ]


def _table(found: Sequence[Waiting]) -> Table:
    columns = [Column(_("方向")), Column(_("阶段"))]
    columns += [Column(title, "number") for title in (_("企业数"), _("中位停留（天）"), _("最长停留（天）"))]
    columns += [Column(_("超过 %(days)s 天", days=days), "number") for days in (LONG, VERY_LONG)]
    rows = []
    for each in found:
        median = float(each.median)

        def opens(days: int | None, each: Waiting = each) -> str:
            return firms_url(stuck=stuck_value(each.rung, each.stage, days))

        rows.append(
            [
                Cell(str(RUNGS[each.rung])),
                Cell(str(STAGES[each.stage])),
                Cell(each.cases, href=opens(None)),
                Cell(int(median) if median.is_integer() else median, text=number(each.median, 1)),
                Cell(each.longest, href=opens(each.longest - 1 if each.longest else None)),
                *(Cell(each.over[days], href=opens(days)) for days in (LONG, VERY_LONG)),
            ]
        )
    return Table(_("各级各阶段停留多久"), columns, rows, about((_("截至"), day(clock.today()))))


def _blocking_table(rung: Rung, held: Held) -> Table:
    columns = [Column(_("条件"))]
    columns += [Column(title, "number") for title in (_("未满足"), _("不符合"), _("待补数据"))]
    rows = [
        [
            Cell(
                each.title[language()], note=_("%(id)s · 几条途径任一即可", id=each.id) if each.alternative else each.id
            ),
            Cell(each.firms, href=firms_url(blocked=blocked_value(rung, each.id))),
            Cell(len(each.not_met), href=firms_url(blocked=blocked_value(rung, each.id, "not_met"))),
            Cell(len(each.unknown), href=firms_url(blocked=blocked_value(rung, each.id, "unknown"))),
        ]
        for each in held.criteria
    ]
    title = _("%(rung)s：卡在哪些条件", rung=SHORT_RUNGS[rung])
    return Table(title, columns, rows, about((_("测算企业数"), str(len(held.firms))), (_("截至"), day(clock.today()))))


def _chart(found: Sequence[Waiting]) -> Chart:
    rungs = list(dict.fromkeys(each.rung for each in found))

    def sums(value: Any) -> list[Point]:
        numbers = [sum(value(each) for each in found if each.rung is rung) for rung in rungs]
        return [Point(total, text=str(total)) for total in numbers]

    return draw(
        [str(SHORT_RUNGS[rung]) for rung in rungs],
        [
            Series(_("在培育"), sums(lambda each: each.cases), "bar", 4),
            Series(_("超过 %(days)s 天", days=LONG), sums(lambda each: each.over[LONG]), "bar", 1),
            Series(_("超过 %(days)s 天", days=VERY_LONG), sums(lambda each: each.over[VERY_LONG]), "bar", 2),
        ],
    )
