"""What fits a firm and until when: programmes open now or soon, and what other rooms offer (incentives, lists)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask, current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from crm.applications.machine import UNDER_WAY, State, why_not_here
from crm.applications.models import Application, Programme, Window
from crm.applications.openings import AHEAD, CLOSED, Opening, openings_for, programmes_offered, region_of, to_know_of
from crm.applications.words import state_title
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.facts import last_day
from crm.ladder.models import Credential, Purpose, Rung
from crm.ladder.noticing import when
from crm.ladder.queries import held_on, titles_of
from crm.ladder.service.cases import RENEWAL
from crm.ladder.standing import Standing, standings
from crm.web.formatting import day
from crm.web.language import title_in

SOON = timedelta(days=120)  # a window that opens within it is told of


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Something a firm may ask for. `verdict`: met, not_met or unknown by its criteria, None where it has none, `none` where no
    edition is in force. `when` says until when in words, `until` is that day. `state` says what the firm has of it already, or
    has under way; `gap` (text, address) leads to what is missing; `start` names the window in which it may be begun here.
    """

    heading: Any  # what it stands under, in the reader's language
    title: str
    verdict: str | None = None
    score: str = ""
    until: date | None = None
    when: str = ""
    open: bool = False
    batch: str | None = None
    source: str | None = None
    summary: str | None = None
    state: str | None = None
    state_kind: str = "neutral"
    state_href: str | None = None
    gap: tuple[str, str] | None = None
    start: str | None = None
    action: tuple[str, str] | None = None  # text and address of a page where it is asked for


Find = Callable[[Firm, date], Sequence[Fit]]
HEADING = _l("可以申报的项目")


def offer_fits(app: Flask, find: Find) -> None:
    """A room says what of its own fits a firm on a day; it stands beside the programmes on the firm's page."""
    app.extensions.setdefault("fits", []).append(find)


def fits_of(firm: Firm, on: date) -> list[Fit]:
    """All that fits the firm: what is open before what opens, the first to close first; then what no window is known of."""
    found = [fit for find in current_app.extensions.get("fits", []) for fit in find(firm, on)]
    return sorted(found, key=lambda fit: (not fit.open, fit.until or date.max))


def programmes_that_fit(firm: Firm, on: date) -> list[Fit]:
    """The programmes with their windows for the firm's region, and how the firm stands to their criteria. As many queries whatever it finds."""
    programmes = programmes_offered()
    openings = openings_for(programmes, region_of(firm), on)
    judged = _judged(firm, programmes, on)
    titles = {credential.rung: credential for credential in titles_of(firm) if held_on(credential, on)}
    mine = {each.window.programme_id: each for each in under_way_of(firm)}
    found = []
    for programme in programmes:
        opening = to_know_of(openings[programme.id], on)
        if opening is not None and opening.state(on) == AHEAD and opening.since and opening.since - on > SOON:
            opening = None
        standing = judged.get((programme.rung, programme.purpose)) if programme.rung is not None else None
        held = titles.get(programme.rung) if programme.rung is not None else None
        found.append(_fit(firm, programme, opening, standing, held, mine.get(programme.id), on))
    return found


def _judged(firm: Firm, programmes: Sequence[Programme], on: date) -> dict[tuple[Rung, Purpose], Standing]:
    """How the firm stands to the rungs of the programmes, for what each is for."""
    found = {}
    for purpose in dict.fromkeys(each.purpose for each in programmes if each.rung is not None):
        rungs = [each.rung for each in programmes if each.rung is not None and each.purpose is purpose]
        for standing in standings(firm, on, rungs, dict.fromkeys(rungs, purpose)):
            found[standing.rung, purpose] = standing
    return found


def under_way_of(firm: Firm) -> list[Application]:
    """The firm's applications that nobody decided yet."""
    return list(
        db.session.scalars(
            select(Application)
            .join(Application.window)
            .join(Window.programme)
            .where(Application.firm_id == firm.id, Application.state.in_(UNDER_WAY))
            .options(contains_eager(Application.window).contains_eager(Window.programme))
            .order_by(Application.id)
        )
    )


def _fit(
    firm: Firm,
    programme: Programme,
    opening: Opening | None,
    standing: Standing | None,
    held: Credential | None,
    mine: Application | None,
    on: date,
) -> Fit:
    state, kind, href = _state(held, mine, on)
    open_now = opening is not None and opening.state(on) not in (CLOSED, AHEAD)
    free = mine is None and not _held_long(held, on) and why_not_here(firm) is None
    begins = free and opening is not None and opening.state(on) != CLOSED
    return Fit(
        heading=HEADING,
        title=title_in(programme),
        verdict=standing.verdict if standing else None,
        score=standing.line if standing else "",
        until=opening.until if opening and opening.state(on) != CLOSED else None,
        when=when(opening, on) if opening else _("还没有公布申报时间"),
        open=open_now,
        batch=opening.title if opening else None,
        source=(opening.source if opening else None) or programme.document_number,
        summary=programme.summary,
        state=state,
        state_kind=kind,
        state_href=href,
        gap=_gap(firm, standing),
        start=opening.key if opening and begins else None,
    )


def _state(held: Credential | None, mine: Application | None, on: date) -> tuple[str | None, str, str | None]:
    if mine is not None:
        words = _("正在办：%(state)s", state=state_title(mine))
        kind = "warn" if mine.state is State.RETURNED else "accent"
        return words, kind, url_for("applications.show", application_id=mine.id)
    if held is None:
        return None, "neutral", None
    until = last_day(held)
    return (_("已持有，到 %(day)s", day=day(until)) if until else _("已持有")), "good", None


def _held_long(held: Credential | None, on: date) -> bool:
    until = last_day(held) if held is not None else None
    return held is not None and (until is None or until - on > RENEWAL)


def _gap(firm: Firm, standing: Standing | None) -> tuple[str, str] | None:
    if standing is None or standing.verdict == "met":
        return None
    href = url_for("ladder.standing", firm_id=firm.id, rung=standing.rung.value, _anchor="opened")
    return _("看差在哪"), href
