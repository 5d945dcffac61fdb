"""The notice of the year on a firm's page: when to apply, whether it will be visited, what to hand in."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from flask_babel import gettext as _

from crm.editions.certainty import certainty_of
from crm.firms.models import Firm
from crm.ladder.facts import FirmFacts, place_of
from crm.ladder.models import Purpose, Rung
from crm.ladder.standing import address, used
from crm.policy import Notice, SiteCheck, Window, notice_for, site_checks, title_of
from crm.web.formatting import day
from crm.web.language import language


class Dated(Protocol):
    """A window of a notice, or one that was entered. `since` is None where only its last day is known."""

    @property
    def since(self) -> date | None: ...
    @property
    def until(self) -> date: ...
    def state(self, on: date) -> str: ...
    def days(self, on: date) -> int: ...


BADGES = {"open": "good", "ahead": "accent", "due": "warn", "closed": "neutral"}


def noticed(firm: Firm, rung: Rung, on: date, purpose: Purpose, facts: FirmFacts) -> dict[str, Any] | None:
    """What the notice that speaks for the firm on the date means for it, as `ladder/_notice.html` shows it."""
    notice = notice_for(rung.value, on, purpose.value, firm.division_code)
    if notice is None:
        return None
    here = language()
    window = notice.window(on)
    papers = [paper for paper in notice.papers if purpose.value in paper.purposes]
    return {
        "title": notice.title[here],
        "number": notice.document.number,
        "certainty": certainty_of(notice.document),
        "window": f"{window.title[here]}{_('：')}{when(window, on)}" if window else None,
        "windows": [_window(notice, window, on) for window in notice.windows],
        "checks": [_check(check, facts) for check in site_checks(notice, facts.document, on)],
        "papers": [{"title": paper.title[here], "certainty": certainty_of(paper)} for paper in papers],
        "notes": [{"text": note.text[here], "certainty": certainty_of(note)} for note in notice.notes],
    }


def _window(notice: Notice, window: Window, on: date) -> dict[str, Any]:
    here, state = language(), window.state(on)
    return {
        "title": window.title[here],
        "who": None if window.who == "firm" else _("由主管部门办理"),
        "text": when(window, on),
        "badge": BADGES[state],
        "current": window is notice.window(on),
        "note": window.note[here] if window.note else None,
        "certainty": certainty_of(window),
    }


def when(window: Dated, on: date) -> str:
    """Whether it is open and for how long, in words."""
    days = window.days(on)
    match window.state(on):
        case "closed":
            return _("已于 %(until)s 截止", until=day(window.until))
        case "ahead":
            return _("%(since)s 开放，还有 %(days)s 天", since=day(window.since), days=days)
    if days == 0:
        return _("今天（%(until)s）截止", until=day(window.until))
    if window.since is None:
        return _("%(until)s 截止，还有 %(days)s 天；起日未公布", until=day(window.until), days=days)
    return _("正在开放，%(until)s 截止，还有 %(days)s 天", until=day(window.until), days=days)


def _check(check: SiteCheck, facts: FirmFacts) -> dict[str, Any]:
    here = language()
    return {
        "id": check.id,
        "title": check.title[here],
        "verdict": check.verdict,
        "arithmetic": check.arithmetic[here] if check.arithmetic else None,
        "note": check.note[here] if check.note else None,
        "certainty": certainty_of(check),
        "used": [used(figure, facts) for figure in check.figures],
        "missing": [
            {"text": title_of(path)[here], "href": address(place_of(facts.firm_id, path))} for path in check.missing
        ],
    }
