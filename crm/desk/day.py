"""The day: what to do, in the order in which it matters.

1. **The next visit.** It has an hour and somebody waits at a door; what it needs (brief, telephone, the form) is on top. One
   whose hour is past is asked after below it.
2. **Late, and due today.** What is due today can still be kept: it stands first and is never folded. A promise broken costs
   trust each day; a title or a report past its date may still be saved: then what is longest late: visits nobody told of,
   tasks, titles and duties, by their date whatever they are.
3. **Somebody waits for an answer.** Proposals to decide and needs, the longest waiting first: they cannot go on without us.
4. **Soon.** What will be lost on a known date: tasks of the next two weeks, application windows that close, titles and duties
   of the next month, by their date; then what came within its notice term this week, months ahead.
5. **Nobody would miss it today.** Firms not seen for long, and cases that stand still: they have no date of their own, so
   they come last and fill the hours that are left.

Each line has one next action. Of each kind the first few are shown, with how many there are and a way to all of them; where
much stands above, the last two are folded to their counts, so that on a phone what matters is seen without a search. An
officer's day is about their own firms and promises; a manager's is the same over the scope, with names. No script and no
second request is needed for any of it: the page is kept for where there is no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.desk import queries
from crm.desk.lines import (
    Line,
    Telephone,
    application_line,
    duty_line,
    hour_is_past,
    map_address,
    need_line,
    proposal_line,
    stuck_line,
    task_line,
    unseen_line,
    untold_line,
    visit_line,
    window_line,
)
from crm.desk.queries import Desk, Duties
from crm.desk.watches import Watch, Watched, watched
from crm.duties import showing
from crm.duties.queries import Due
from crm.kernel import clock
from crm.visits.models import Need, PlannedVisit
from crm.visits.needs import WhichNeeds, answer_by

COUNTED = 50  # of a kind; of more it is said that there are more
FEW = 3  # of a kind
TODAY = 10  # of a kind due today
AT_ONCE = 3  # lines of a group before its fold; all that is due today stands before it
ROOM = 6  # lines above the later groups (`LATER`), beyond which they are folded
LATER = ("soon", "last")
VISITS_AHEAD = 4
VISITS = 5  # beside the next one
TASKS_AHEAD = timedelta(days=14)


@dataclass(frozen=True)
class Part:
    """One kind of thing: its first lines, how many there are (at most COUNTED are counted), and where they all are."""

    lines: Sequence[Line]
    number: int
    all_text: Any = None
    all_href: str | None = None

    @property
    def left(self) -> str:
        """How many are not shown."""
        return f"{min(self.number, COUNTED) - len(self.lines)}{'+' if self.number > COUNTED else ''}"


@dataclass(frozen=True)
class Group:
    """Things that matter alike, under one heading."""

    key: str
    title: Any
    parts: Sequence[Part]
    lines: Sequence[Line]

    @property
    def number(self) -> str:
        total = sum(min(part.number, COUNTED) for part in self.parts)
        return f"{total}+" if any(part.number > COUNTED for part in self.parts) else str(total)

    @property
    def others(self) -> list[Part]:
        """The kinds of which not all are shown."""
        return [part for part in self.parts if part.all_href and part.number > len(part.lines)]

    @property
    def at_once(self) -> Sequence[Line]:
        return self.lines[: self._before_the_fold]

    @property
    def more(self) -> Sequence[Line]:
        return self.lines[self._before_the_fold :]

    @property
    def _before_the_fold(self) -> int:
        today = clock.today() if self.key == "late" else None
        return max(AT_ONCE, sum(line.on == today for line in self.lines if today is not None))


@dataclass(frozen=True)
class Day:
    """`first`: the next visit of one's own; `visits`: the others of today and one's own of the days after, of which
    `number` is how many there are; `folded`: the groups that show their number only."""

    first: PlannedVisit | None
    telephone: Telephone | None
    map_url: str | None
    visits: Sequence[Line]
    number: int
    groups: Sequence[Group]

    @property
    def folded(self) -> set[str]:
        above = len(self.visits) + (AT_ONCE if self.first else 0)
        found = set()
        for group in self.groups:
            if group.key in LATER and above > ROOM:
                found.add(group.key)
            above += len(group.at_once)
        return found

    @property
    def empty(self) -> bool:
        return self.first is None and not self.visits and not self.groups


def day_of(desk: Desk) -> Day:
    """Everything of the day. As many queries whatever it holds."""
    today = clock.today()
    until_today = queries.visits_until_today(desk, 2 * COUNTED)
    ahead = queries.visits_ahead(desk, VISITS_AHEAD)
    now = [planned for planned in until_today if planned.on == today]
    late = [planned for planned in until_today if planned.on < today]
    mine = [planned for planned in now if planned.officer_id == desk.user.id] + list(ahead)
    first = next((planned for planned in mine if not hour_is_past(planned)), None)
    others = [planned for planned in [*now, *ahead] if planned is not first]
    shown = others[:VISITS]
    telephones = queries.telephones([planned.firm for planned in [*shown, *([first] if first else [])]])
    needs = queries.waiting_needs(desk)
    due = [need for need in needs if answer_by(need) <= today]
    duties = queries.duties_due(desk, COUNTED + 1)
    groups = [
        _late(desk, late, due, duties),
        _waiting(desk, needs[len(due) :]),
        _soon(desk, duties),
        _last(desk),
    ]
    return Day(
        first,
        telephones.get(first.firm_id) if first else None,
        map_address(first.firm) if first else None,
        [visit_line(planned, desk, telephones) for planned in shown],
        len(others),
        [group for group in groups if group.lines],
    )


def _group(key: str, title: Any, parts: Iterable[Part], *, ordered: bool = True) -> Group:
    parts = list(parts)
    lines = [line for part in parts for line in part.lines]
    if ordered:
        today = clock.today() if key == "late" else None
        lines.sort(key=lambda line: (today is None or line.on != today, line.on or date.max))
    return Group(key, title, parts, lines)


# --- late, and due today -------------------------------------------------------------------------------------------


def _late(desk: Desk, plans: Sequence[PlannedVisit], needs: Sequence[Need], found: Duties) -> Group:
    today = clock.today()
    due = queries.tasks_due(desk, today, today, COUNTED + 1)
    tasks = queries.tasks_due(desk, None, today - timedelta(days=1), COUNTED + 1)
    duties = found.overdue
    duties_today = [each for each in found.soon if each.due_on == today]
    whose = "mine" if desk.own else "all"
    mine = desk.user.id if desk.own else None
    return _group(
        "late",
        _("过期的和今天到期的"),
        [
            Part(
                [untold_line(each, desk) for each in plans[:FEW]],
                len(plans),
                _("没有记下的走访"),
                url_for("visits.visit_calendar", officer=mine),
            ),
            Part(
                [task_line(each, desk) for each in [*due[:TODAY], *tasks[:FEW]]],
                len(due) + len(tasks),
                _("全部任务"),
                url_for("visits.tasks", whose=whose),
            ),
            Part(
                _duty_lines(desk, duties_today[:TODAY]),
                len(duties_today),
                _("到期日历"),
                url_for("duties.index", officer="mine" if desk.own else None),
            ),
            Part(
                _duty_lines(desk, duties[:FEW]),
                len(duties),
                _("全部已过期限的资质和填报"),
                url_for("duties.index", within="overdue", officer="mine" if desk.own else None),
            ),
            _needs(desk, needs, WhichNeeds.LATE),
        ],
    )


# --- somebody waits ------------------------------------------------------------------------------------------------


def _waiting(desk: Desk, needs: Sequence[Need]) -> Group:
    proposals = queries.waiting_proposals(desk, COUNTED + 1)
    applications = queries.waiting_applications(desk, COUNTED + 1)
    return _group(
        "waiting",
        _("等着答复的"),
        [
            Part(
                [proposal_line(each, fields) for each, fields in proposals[:FEW]],
                len(proposals),
                _("全部企业申请"),
                url_for("firms.proposals"),
            ),
            Part(
                [application_line(each) for each in applications[:FEW]],
                len(applications),
                _("全部项目申报"),
                url_for("applications.index", mine=1 if desk.own else None),
            ),
            _needs(desk, needs, WhichNeeds.OPEN),
        ],
    )


def _needs(desk: Desk, needs: Sequence[Need], which: WhichNeeds) -> Part:
    everyone = url_for("visits.needs", which=which.value, officer=desk.user.id if desk.own else None)
    today = [need for need in needs if answer_by(need) == clock.today()][:TODAY]
    shown = [*today, *[need for need in needs if answer_by(need) != clock.today()][:FEW]]
    return Part([need_line(each, desk) for each in shown], len(needs), _("全部诉求"), everyone)


# --- soon ----------------------------------------------------------------------------------------------------------


def _soon(desk: Desk, found: Duties) -> Group:
    today = clock.today()
    tasks = queries.tasks_due(desk, today + timedelta(days=1), today + TASKS_AHEAD, COUNTED + 1)
    windows = queries.windows_closing(desk)
    known = {(each.firm_id, each.duty, each.due_on) for each in found.soon}
    announced = [each for each in found.announced if (each.due.firm_id, each.due.duty, each.due.due_on) not in known]
    duties = [each for each in found.soon if each.due_on != today]  # those of today stand above
    calendar = url_for("duties.index", officer="mine" if desk.own else None)
    return _group(
        "soon",
        _("快到期的"),
        [
            Part(
                [task_line(each, desk) for each in tasks[:FEW]],
                len(tasks),
                _("全部任务"),
                url_for("visits.tasks", whose="mine" if desk.own else "all"),
            ),
            Part([window_line(each, desk) for each in windows[:FEW]], len(windows)),
            Part(_duty_lines(desk, duties[:FEW]), len(duties), _("到期日历"), calendar),
            Part(
                [
                    duty_line(showing.line(each.due, desk.user, today), desk, _("还有 %(n)s 个月", n=each.months))
                    for each in announced[:FEW]
                ],
                len(announced),
                _("到期日历"),
                calendar,
            ),
        ],
    )


def _duty_lines(desk: Desk, duties: Sequence[Due]) -> list[Line]:
    return [duty_line(each, desk) for each in showing.lines(duties, desk.user, clock.today())]


# --- nobody would miss it today ------------------------------------------------------------------------------------


def _last(desk: Desk) -> Group:
    parts = []
    for watch, read, text in (
        (Watch.UNVISITED, unseen_line, _("全部久未走访的")),
        (Watch.STUCK, stuck_line, _("全部停住的培育")),
    ):
        found = watched(desk, watch, limit=COUNTED + 1)
        parts.append(Part([read(each, desk) for each in found[:FEW]], len(found), text, _watch(watch)))
    return _group("last", _("该去看看的"), parts, ordered=False)


def _watch(watch: Watch) -> str:
    return url_for("desk.watch", watch=watch.value)


def watch_lines(desk: Desk, watch: Watch, rows: Iterable[Watched]) -> list[Line]:
    """The same lines on a page of their own."""
    read = unseen_line if watch is Watch.UNVISITED else stuck_line
    return [read(each, desk) for each in rows]
