"""Duties as lines on a page: what, by when, where it stands, what follows, and the one next thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.duties.queries import AHEAD, LAPSES_WITHIN, Due
from crm.duties.rules import Kind, months_later, rules
from crm.duties.selects import DAY, DueState
from crm.duties.words import DUE_STATES, LOOKS
from crm.editions.certainty import certainty_of
from crm.ladder.models import Purpose, Rung
from crm.ladder.standing import purposes_of
from crm.ladder.words import LEVELS, RUNGS, SHORT_RUNGS
from crm.library.citations import Citation
from crm.library.numbers import normal
from crm.web.formatting import day
from crm.web.language import language

# The parts of the calendar: as the address calls them, by what a person reads. Months ahead; 0: past its date.
WITHIN: dict[str, Any] = {
    "overdue": _l("已过期限"),
    "1": _l("1 个月内"),
    "3": _l("1 至 3 个月"),
    "6": _l("3 至 6 个月"),
    "12": _l("6 至 12 个月"),
}
LEVELS_AHEAD = (1, LAPSES_WITHIN, 6, AHEAD)


def citations(number: str) -> list[Citation]:
    """The duties that rest on a document."""
    return [
        Citation(_l("到期义务"), rule.title[language()], url_for("duties.index"))
        for rule in rules()
        if normal(rule.document) == number
    ]


@dataclass(frozen=True)
class Line:
    """One duty as a page shows it."""

    due: Due
    href: str
    what: str
    rung: Any
    level: int
    day: str
    when: str
    certainty: str  # how well its rule is known today
    state: Any
    look: str
    icon: str
    says: Sequence[tuple[str, str]]  # (kind of notice, sentence), the most serious first
    action: tuple[Any, str]
    revoke: str | None  # where the loss of the title is recorded, once it is sure
    value: str | None  # of its checkbox; None where it cannot be recorded


def lines(dues: Sequence[Due], reader: User, on: date) -> list[Line]:
    # Most lines of a page share their date with others: it is put into words once.
    dated = cache(lambda due_on: (day(due_on), when(due_on, on)))
    may, tongue = reader.can(Permission.CULTIVATE), language()
    return [_line(each, may, on, tongue, *dated(each.due_on)) for each in dues]


def line(due: Due, reader: User, on: date) -> Line:
    return lines([due], reader, on)[0]


def _line(due: Due, may: bool, on: date, tongue: str, day_text: str, when_text: str) -> Line:
    look, icon = LOOKS[due.state]
    renewal = due.rule.kind is Kind.RENEWAL
    return Line(
        due=due,
        href=url_for("duties.firm", firm_id=due.firm_id),
        what=due.rule.title[tongue],
        rung=SHORT_RUNGS[due.rung],
        level=LEVELS[due.rung],
        day=day_text,
        when=when_text,
        certainty=certainty_of(due.rule),
        state=DUE_STATES[due.state],
        look=look,
        icon=icon,
        says=sentences(due, on),
        action=action(due, may, on),
        revoke=url_for("ladder.revoke", credential_id=due.credential_id) if may and due.lost else None,
        value=None if renewal or not may or due.state is DueState.DONE else f"{due.firm_id}/{due.duty}/{due.due_on}",
    )


def when(due_on: date, on: date) -> str:
    """How far away a date is."""
    days = (due_on - on).days
    if days == 0:
        return _("就是今天")
    return _("还有 %(n)s 天", n=days) if days > 0 else _("已过 %(n)s 天", n=-days)


def sentences(due: Due, on: date) -> list[tuple[str, str]]:
    """What follows from missing it, with the article; for what is done or far away, nothing."""
    found: list[tuple[str, str]] = []
    rule, tongue = due.rule, language()
    if rule.warning is not None and due.state is not DueState.DONE:
        assert due.tally is not None
        if due.lost:
            found.append(("bad", _("%(what)s（%(article)s）", what=rule.warning.reached[tongue], article=rule.article)))
        elif supposed := _if_not_filed(due):
            found.append(("warn", supposed))
        elif due.one_left:
            what = _("%(what)s（%(article)s）", what=rule.warning.one_left[tongue], article=rule.article)
            found.append(("warn", what))
        if due.tally.unrecorded and not due.lost and not _if_not_filed(due):
            found.append(("unknown", _("本有效期内有 %(n)s 次没有记录，请核实", n=due.tally.unrecorded)))
        if due.tally.earlier and not due.lost:
            earlier = _("现行办法施行前还漏报 %(n)s 次，是否计入累计原文没有写，请向主管部门核实", n=due.tally.earlier)
            found.append(("unknown", earlier))
    if due.presumed:
        found.append(("unknown", _("截止日没有登记，按规定年限推算，请核对证书")))
    if due.overdue or (due.state is DueState.AHEAD and due.due_on <= months_later(on, LAPSES_WITHIN)):
        found.append(("consequence", rule.consequence[tongue]))
    return found


def _if_not_filed(due: Due) -> str | None:
    """What follows only if the times that nobody recorded were missed indeed; None where it follows anyway or not at all."""
    tally, rule = due.tally, due.rule
    if tally is None or rule.warning is None or rule.loses_after is None or not tally.unrecorded or not due.one_left:
        return None
    surely = tally.missed + tally.earlier
    if surely >= rule.loses_after - 1:
        return None
    then = rule.warning.reached if surely + tally.unrecorded >= rule.loses_after else rule.warning.one_left
    return _(
        "有 %(n)s 次没有记录；如确未报，%(what)s（%(article)s）",
        n=tally.unrecorded,
        what=then[language()],
        article=rule.article,
    )


def action(due: Due, may: bool, on: date) -> tuple[Any, str]:
    """The one next thing to do: for a title the case of its renewal, for a report its record."""
    if may and due.rule.kind is not Kind.RENEWAL:
        record = url_for("duties.record", firm_id=due.firm_id, duty=due.duty, due_on=due.due_on.isoformat())
        return _("更正") if due.record is not None else _("记录"), record
    if may and due.case_id is not None:
        return _("看培育项目"), url_for("ladder.case", case_id=due.case_id)
    # Where there is no review, or the title has lapsed, it is won anew.
    review = due.state is DueState.AHEAD and Purpose.REVIEW in purposes_of(due.rung, on, None)
    purpose = Purpose.REVIEW if review else None
    standing = url_for("ladder.standing", firm_id=due.firm_id, rung=due.rung, purpose=purpose, _anchor="opened")
    if not may:
        return _("看条件"), standing
    return _("看复核条件") if review else _("看重新申报条件"), standing


def span(within: str, on: date) -> tuple[date | None, date]:
    """The due dates of one part of the calendar; no beginning: all that is past."""
    if within == "overdue":
        return None, on - DAY
    months = int(within)
    before = [level for level in LEVELS_AHEAD if level < months]
    return (months_later(on, before[-1]) + DAY if before else on), months_later(on, months)


def part_of(due_on: date, on: date) -> str:
    """The part of the calendar a date lies in."""
    if due_on < on:
        return "overdue"
    return next((str(level) for level in LEVELS_AHEAD if due_on <= months_later(on, level)), str(AHEAD))


def rung_words() -> dict[Rung, Any]:
    """The rungs whose titles lapse."""
    return {rung: title for rung, title in RUNGS.items() if not rung.value.startswith("listed_")}
