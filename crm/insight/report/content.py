"""What a monthly report says: numbers of one organisation and month, each section with a sentence made from them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.insight.coverage import Coverage
from crm.insight.early_warning.lines import top
from crm.insight.early_warning.refresh import last_run
from crm.insight.filters import conditions
from crm.insight.funnel import Conditions
from crm.insight.kept.counts import REPORT, told_of
from crm.insight.models import MonthlyReport
from crm.insight.movement import TITLES_IN, TITLES_OUT, What
from crm.insight.report.numbers import AHEAD, Numbers
from crm.insight.stuck import LONG
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.ladder.words import LISTED, RUNGS, SHORT_RUNGS
from crm.web.formatting import day, moment, month_title, number, percent

WARNED = 5  # the gravest warnings of the report
SHOWN = 5  # officers: the report is one page


@dataclass(frozen=True)
class Section:
    """`made` is the sentence from the data, `written` what a person wrote in its place; a section of plans has no data."""

    key: str
    title: str
    made: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    written: str | None = None

    @property
    def text(self) -> str:
        return self.written if self.written is not None else self.made


@dataclass(frozen=True)
class Content:
    """A report as it is shown, printed and sent: the same on the page, in Word and in PDF."""

    organisation: Organisation
    month: date  # its first day
    until: date  # the last day it tells of
    sections: Sequence[Section]
    written: MonthlyReport | None  # who wrote in it, and when
    counted_at: datetime | None  # None: just now

    @property
    def title(self) -> str:
        return _("%(organisation)s企业培育月报", organisation=self.organisation.name)

    @property
    def period(self) -> str:
        whole = self.until == last_day(self.month)
        name = month_title(self.month)
        return name if whole else _("%(name)s（截至 %(day)s）", name=name, day=day(self.until))


def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def content(user: User, organisation: Organisation, month: date) -> Content:
    """The report of an organisation in the user's scope on the month that begins with this day; not of one to come.

    It tells of the month as it stood on its last day, also when it is made later.
    """
    until = min(last_day(month), clock.today())
    counted = told_of(REPORT, organisation, user, month, until)
    found = counted.value
    sections = [
        _ladder(found, until),
        _cultivation(found),
        _visits(found.seen),
        _needs(found.seen),
        _ahead(found),
        *([_warnings(conditions(user, {"organisation": str(organisation.id)}))] if until == clock.today() else []),
        Section("plans", _("下月打算"), ""),
    ]
    written = words_of(organisation, month)
    told = written.words if written is not None else {}
    shown = [replace(each, written=told.get(each.key) or None) for each in sections]
    return Content(organisation, month, until, shown, written, counted.at)


def words_of(organisation: Organisation, month: date) -> MonthlyReport | None:
    """What was written for this report, if anything."""
    return db.session.scalar(
        select(MonthlyReport).where(MonthlyReport.organisation_id == organisation.id, MonthlyReport.month == month)
    )


def _ladder(found: Numbers, until: date) -> Section:
    before, now = found.before, found.now
    gained = {rung: found.moved(What.NEW, What.GAINED, rungs=[rung]) for rung in Rung}
    lost = {rung: found.moved(What.EXPIRED, What.REVOKED, rungs=[rung]) for rung in Rung}
    shown = [rung for rung in Rung if before.held[rung] or now.held[rung] or gained[rung]]
    held = _("、").join(_("%(rung)s %(n)s 家", rung=SHORT_RUNGS[rung], n=now.held[rung]) for rung in shown)
    made = (
        _(
            "截至%(day)s，辖区有%(held)s。本月新取得资质 %(gained)s 家次，到期或被撤销 %(lost)s 家次。",
            day=day(until),
            held=held,
            gained=sum(gained.values()),
            lost=sum(lost.values()),
        )
        if shown
        else _("辖区还没有持有资质的企业。")
    )
    rows = [
        [
            title,
            str(sum(before.held[rung] for rung in rungs)),
            _signed("+", sum(gained[rung] for rung in rungs)),
            _signed("−", sum(lost[rung] for rung in rungs)),
            str(sum(now.held[rung] for rung in rungs)),
        ]
        for title, rungs in _lines(shown)
    ]
    return Section("ladder", _("梯队"), made, [_("资质"), _("月初"), _("新取得"), _("失去"), _("月末")], rows)


def _lines(shown: Sequence[Rung]) -> list[tuple[str, Sequence[Rung]]]:
    """The rows of a table by rung; where there are several boards, they share one."""
    boards = [rung for rung in shown if rung in LISTED]
    if len(boards) < 2:
        return [(str(RUNGS[rung]), [rung]) for rung in shown]
    others = [(str(RUNGS[rung]), [rung]) for rung in shown if rung not in LISTED]
    return [*others, (_("挂牌上市（各板块合计）"), boards)]


def _signed(sign: str, count: int) -> str:
    return f"{sign}{count}" if count else "0"


def _cultivation(found: Numbers) -> Section:
    long = found.long
    made = _(
        "本月新入库 %(entered)s 家，阶段前进 %(advanced)s 家，认定 %(certified)s 家，终止或未通过 %(ended)s 家。",
        entered=found.moved(What.ENTERED),
        advanced=found.moved(What.ADVANCED),
        certified=found.moved(What.CERTIFIED),
        ended=found.moved(What.DROPPED, What.REJECTED),
    )
    if long:
        made += _("在一个阶段停留超过 %(days)s 天的有 %(n)s 件，需要逐家推动。", days=LONG, n=long)
    if any(
        found.moved(What.CERTIFIED, rungs=[rung]) != found.moved(What.NEW, What.GAINED, rungs=[rung]) for rung in Rung
    ):
        made += _("认定按培育项目的办结日计，上表的新取得按证书生效日计，也含没有培育项目的，两数可以不同。")
    rows = [
        [title, *(str(found.moved(*whats, rungs=rungs)) for whats in CASE_COLUMNS)]
        for title, rungs in _lines([rung for rung in Rung if found.moved(*CASE_MOVES, rungs=[rung])])
    ]
    titles = [_("方向"), _("新入库"), _("前进"), _("认定"), _("终止、未通过")]
    return Section("cultivation", _("培育"), made, titles, rows)


CASE_MOVES = [what for what in What if what not in (*TITLES_IN, *TITLES_OUT)]
CASE_COLUMNS = ((What.ENTERED,), (What.ADVANCED,), (What.CERTIFIED,), (What.DROPPED, What.REJECTED))


def _visits(seen: Coverage) -> Section:
    made = _(
        "本月走访 %(visits)s 次，覆盖在业企业 %(seen)s 家（%(share)s）。",
        visits=seen.visits,
        seen=seen.all_firms.seen,
        share=percent(seen.all_firms.share, 1) if seen.all_firms.share is not None else "—",
    )
    promises = seen.promises
    if promises.share is not None:
        made += _(
            "到期承诺按时办结 %(share)s，逾期未办 %(n)s 件。", share=percent(promises.share, 1), n=promises.overdue
        )
    officers = [each for each in seen.officers if each.visits or each.own]
    rows = [
        [
            each.name or _("未指派"),
            str(each.visits),
            str(each.firms),
            f"{each.own_seen}/{each.own}",
            percent(each.promises.share, 1) if each.promises.share is not None else "—",
        ]
        for each in officers[:SHOWN]
    ]
    if len(officers) > SHOWN:
        made += _("表中列走访最多的 %(shown)s 位，其余 %(n)s 位见走访覆盖。", shown=SHOWN, n=len(officers) - SHOWN)
    titles = [_("专员"), _("走访次数"), _("走访企业"), _("所负责企业走访"), _("承诺按时办结")]
    return Section("visits", _("走访"), made if rows else _("本月没有走访记录。"), titles, rows)


def _needs(seen: Coverage) -> Section:
    needs = seen.needs
    if not needs.raised:
        return Section("needs", _("企业诉求"), _("本月企业没有提出诉求。"))
    made = _("企业提出诉求 %(raised)s 条，已答复 %(answered)s 条。", raised=needs.raised, answered=needs.answered)
    if needs.agencies:
        made += _("其中全程代办 %(n)s 条。", n=needs.agencies)
    if needs.days is not None:
        made += _("答复用时中位数 %(days)s 天。", days=number(needs.days, 1))
    if needs.rating is not None:
        made += _("企业评价平均 %(rating)s 分（满分 5 分）。", rating=number(needs.rating, 1))
    return Section("needs", _("企业诉求"), made)


def _ahead(found: Numbers) -> Section:
    """What the weeks after it bring: titles that lapse, visits that are planned."""
    rungs, visits = found.lapsing, found.planned
    if rungs:
        listed = _("、").join(
            _("%(rung)s %(n)s 家", rung=SHORT_RUNGS[rung], n=n)
            for rung, n in sorted(rungs.items(), key=lambda item: list(Rung).index(item[0]))
        )
        made = _("今后 %(days)s 天有资质到期：%(listed)s，请提前安排续期或复核。", days=AHEAD, listed=listed)
    else:
        made = _("今后 %(days)s 天没有资质到期。", days=AHEAD)
    if visits:
        made += _("已安排走访 %(n)s 次。", n=visits)
    return Section("ahead", _("近期到期和安排"), made)


def _warnings(narrow: Conditions) -> Section:
    """The gravest of what firms are about to lose, as of today: a month that is over has none any more."""
    found = top(narrow, WARNED)
    run = last_run()
    made = _("最要紧的 %(n)s 项预警如下，请逐项落实到人。", n=len(found)) if found else _("目前没有预警。")
    if run is not None:
        made += _("预警于 %(at)s 测算。", at=moment(run.at))
    rows = [[line.firm, line.what, line.day, line.officer or _("未指派")] for line in found]
    return Section("warnings", _("预警"), made, [_("企业"), _("情况"), _("时间"), _("专员")] if rows else (), rows)
