"""Coverage: visits by officer, the share of firms seen by rung, promises kept in time."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.scope import within_scope
from crm.firms.words import NO_OFFICER
from crm.insight.blueprint import blueprint
from crm.insight.coverage import Coverage, Officer, Promises, Seen
from crm.insight.days import covered_periods
from crm.insight.filters import asked_filters
from crm.insight.firm_list import seen_value
from crm.insight.frame import about, day_asked, firms_url, frame, here, note
from crm.insight.kept.counts import COVERAGE, Told, told
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.words import RUNGS, SHORT_RUNGS
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day, number, percent
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/funnel/coverage")
@requires(Permission.VIEW_FUNNEL)
def coverage() -> str:
    since, until, wrong = _period()
    counted = _counted(since, until)
    found = counted.value
    return render_template(
        "insight/coverage.html",
        found=found,
        counted_at=counted.at,
        since=since,
        until=until,
        today=clock.today(),
        wrong_date=wrong,
        quick=[
            (
                title,
                here("insight.coverage", **{"from": first.isoformat(), "to": last.isoformat()}),
                (first, last) == (since, until),
            )
            for title, first, last in _periods()
        ],
        seen_url=_seen_url(found, True),
        unseen_url=_seen_url(found, False),
        all_seen=percent(found.all_firms.share) if found.all_firms.share is not None else None,
        kept=percent(found.promises.share) if found.promises.share is not None else None,
        chart=_chart(found),
        picture_note=note(_("%(since)s 至 %(until)s", since=day(since), until=day(until))),
        rungs=_rungs(found),
        officers=_officers(found),
        needs=_needs(found),
        sheet_url=here("insight.coverage_sheet"),
        **frame("insight.coverage"),
    )


@blueprint.get("/funnel/coverage.xlsx")
@requires(Permission.VIEW_FUNNEL)
def coverage_sheet() -> Response:
    since, until, _wrong = _period()
    found = _counted(since, until).value
    tables = [_rungs(found), _officers(found)]
    return send_tables(tables, _("走访覆盖 %(since)s 至 %(until)s", since=since.isoformat(), until=until.isoformat()))


def _counted(since: date, until: date) -> Told[Coverage]:
    return told(COVERAGE, current_user, asked_filters(request.args), since, until)


def _period() -> tuple[date, date, str | None]:
    """The days asked for; otherwise this year so far."""
    today = clock.today()
    since, wrong_since = day_asked("from", date(today.year, 1, 1))
    until, wrong_until = day_asked("to", today)
    return min(since, until), max(since, until), wrong_since or wrong_until


def _periods() -> list[tuple[str, date, date]]:
    titles = (_("本月"), _("上月"), _("本季度"), _("今年"), _("近一年"))
    periods = covered_periods(clock.today())
    return [(title, *period) for title, period in zip(titles, periods, strict=True)]


def _seen_url(found: Coverage, seen: bool, **also: str) -> str:
    return firms_url(seen=seen_value(seen, found.since, found.until), status="active", **also)


def _about(found: Coverage) -> list[tuple[str, str]]:
    return about((_("期间"), f"{found.since.isoformat()} – {found.until.isoformat()}"))


def _share(seen: Seen) -> Cell:
    return _percent(seen.share)


def _percent(share: Fraction | None) -> Cell:
    return Cell(None if share is None else float(round(share * 100, 1)), None if share is None else percent(share))


def _rungs(found: Coverage) -> Table:
    """A row a rung: firms that hold the title, of them seen and not seen."""
    columns = [
        Column(_("资质")),
        Column(_("企业"), "number"),
        Column(_("走访过"), "number"),
        Column(_("没有走访"), "number"),
        Column(_("覆盖率（%）"), "number"),
    ]
    rows = []
    for title, seen, also in [
        *(
            (RUNGS[rung], seen, {"held": rung.value, "on": found.until.isoformat()})
            for rung, seen in found.by_rung.items()
            if seen.firms
        ),
        (_("没有资质"), found.without, {"held": "none", "on": found.until.isoformat()}),
        (_("全部企业"), found.all_firms, {}),
    ]:
        rows.append(
            [
                Cell(title),
                Cell(seen.firms, href=firms_url(status="active", **also)),
                Cell(seen.seen, href=_seen_url(found, True, **also)),
                Cell(seen.firms - seen.seen, href=_seen_url(found, False, **also)),
                _share(seen),
            ]
        )
    return Table(_("各层企业的走访覆盖"), columns, rows, _about(found))


def _officers(found: Coverage) -> Table:
    columns = [
        Column(_("专员")),
        Column(_("走访次数"), "number"),
        Column(_("走访企业"), "number"),
        Column(_("负责企业"), "number"),
        Column(_("其中走访过"), "number"),
        Column(_("覆盖率（%）"), "number"),
        Column(_("到期的承诺"), "number"),
        Column(_("按时办结（%）"), "number"),
    ]
    organisation_id: Any = User.organisation_id
    staff = select(User.id).where(organisation_id.is_not(None), within_scope(current_user, organisation_id))
    under_me = set(db.session.scalars(staff))

    def own(each: Officer, seen: bool | None) -> str | None:
        """The list of an officer's own firms; it has no name for an officer of an organisation above or beside."""
        if each.id is not None and each.id not in under_me:
            return None
        officer = str(each.id or "none")
        return firms_url(status="active", officer=officer) if seen is None else _seen_url(found, seen, officer=officer)

    rows = [
        [
            Cell(each.name or str(NO_OFFICER)),
            Cell(each.visits),
            Cell(each.firms, href=firms_url(seen=seen_value(True, found.since, found.until, each.id))),
            Cell(each.own, href=own(each, None)),
            Cell(each.own_seen, href=own(each, True)),
            _share(Seen(each.own, each.own_seen)),
            Cell(_due(each.promises)),
            _percent(each.promises.share),
        ]
        for each in found.officers
    ]
    return Table(_("各专员"), columns, rows, _about(found))


def _due(promises: Promises) -> int:
    return promises.in_time + promises.late + promises.overdue + promises.open


def _chart(found: Coverage) -> Chart:
    rungs = [(SHORT_RUNGS[rung], seen) for rung, seen in found.by_rung.items() if seen.firms]
    labelled = [*rungs, (_("没有资质"), found.without)]
    points = [
        Point(
            seen.share * 100 if seen.share is not None else None,
            text=percent(seen.share) if seen.share is not None else "",
        )
        for _title, seen in labelled
    ]
    return draw([str(title) for title, _seen in labelled], [Series(_("走访过的"), points, "bar", 1)], top=100)


def _needs(found: Coverage) -> list[dict[str, Any]]:
    needs = found.needs
    rating = None
    if needs.rating is not None:
        rating = _("平均 %(n)s 分，%(rated)s 条有评价", n=number(needs.rating, 1), rated=needs.rated)
    return [
        {"term": _("期内提出"), "value": _("诉求 %(n)s 条", n=needs.raised)},
        {"term": _("其中已答复"), "value": _("诉求 %(n)s 条", n=needs.answered)},
        {"term": _("其中全程代办"), "value": _("诉求 %(n)s 条", n=needs.agencies)},
        {
            "term": _("答复用时（中位数）"),
            "value": _("%(n)s 天", n=number(needs.days, 1)) if needs.days is not None else None,
        },
        {"term": _("企业评价"), "value": rating},
    ]
