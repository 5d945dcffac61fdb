"""What the ladder offers the list of firms: filters in its address, and badges beside each name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select, true

from crm.firms.finding import begins, number_typed
from crm.firms.models import Firm, SourceChannel
from crm.firms.queries import Filter
from crm.firms.tabs import Badge
from crm.firms.words import CHANNELS
from crm.kernel import clock
from crm.kernel.bulk import one_of
from crm.kernel.db import db
from crm.ladder.listing import reached, reached_shown
from crm.ladder.models import Case, CaseStatus, Credential, Rung, Stage
from crm.ladder.queries import cultivated, holds, is_held
from crm.ladder.showing import case_badge, rung_badge
from crm.ladder.words import RUNGS, STAGES
from crm.registers.resources.showing import Reached
from crm.web.formatting import day

ANY, NONE = "any", "none"
RUNG_WORDS = {rung.value for rung in Rung}
HELD_WORDS: dict[Any, Any] = {ANY: _l("任一"), NONE: _l("没有"), **RUNGS}
LISTED = "listed"
# The steps of the ladder: each rung, and the boards together.
STEPS: dict[str, Any] = {
    **{rung.value: title for rung, title in RUNGS.items() if not rung.value.startswith(LISTED)},
    LISTED: _l("上市、挂牌"),
}
STAGE_WORDS = {stage.value for stage in Stage}
CHANNEL_WORDS: dict[str, Any] = {**{channel.value: title for channel, title in CHANNELS.items()}, NONE: _l("未登记")}


def filters() -> dict[str, Filter]:
    """The filters `held`, `rung` and `stage` of the list of firms, as of the day in `on`, `listing` and `channel`. `rung` and `stage` mean one case."""
    return {
        "held": Filter(_l("持有资质"), _held, _held_shown, HELD_WORDS),
        "rung": Filter(_l("培育方向"), _rung, lambda value: RUNGS[Rung(value)]),
        "stage": Filter(_l("培育阶段"), _stage, lambda value: STAGES[Stage(value)], STAGES),
        "listing": Filter(_l("上市进程"), reached, reached_shown),
        "reached": Filter(_l("达到过"), _reached, lambda value: STEPS[value]),
        "channel": Filter(_l("入库渠道"), _channel, lambda value: CHANNEL_WORDS[value], CHANNEL_WORDS),
        "on": Filter(_l("截至"), _on, _on_shown),
    }


def as_of() -> date:
    """The day in the address, today where there is none that can be read."""
    try:
        return min(date.fromisoformat(request.args.get("on", "")), clock.today())
    except ValueError:
        return clock.today()


def _held(value: str) -> ColumnElement[bool] | None:
    if value in (ANY, NONE):
        return holds(as_of()) if value == ANY else ~holds(as_of())
    return holds(as_of(), Rung(value)) if value in RUNG_WORDS else None


def _held_shown(value: str) -> Any:
    return {ANY: _("任一"), NONE: _("没有")}.get(value) or RUNGS[Rung(value)]


def _rung(value: str) -> ColumnElement[bool] | None:
    stage = request.args.get("stage", "")
    if value not in RUNG_WORDS:
        return None
    return cultivated(as_of(), Rung(value), Stage(stage) if stage in STAGE_WORDS else None)


def _stage(value: str) -> ColumnElement[bool] | None:
    if value not in STAGE_WORDS:
        return None
    # With a rung the two are one condition, which `_rung` gives.
    return true() if request.args.get("rung", "") in RUNG_WORDS else cultivated(as_of(), None, Stage(value))


def _channel(value: str) -> ColumnElement[bool] | None:
    if value not in CHANNEL_WORDS:
        return None
    return Firm.source_channel.is_(None) if value == NONE else Firm.source_channel == SourceChannel(value)


def _reached(value: str) -> ColumnElement[bool] | None:
    if value not in STEPS:
        return None
    return Firm.id.in_(
        select(Credential.firm_id).where(Credential.rung.in_(_rungs_of(value)), Credential.valid_from <= as_of())
    )


def _rungs_of(step: str) -> list[Rung]:
    return [rung for rung in Rung if _step_of(rung) == step]


def _step_of(rung: Rung) -> str:
    """Listing is one step of the ladder, with a board each."""
    return LISTED if rung.value.startswith(LISTED) else rung.value


def rungs_reached(firm_ids: Select[int]) -> list[Reached]:
    """How many of the firms ever held each title by today, from the first step to the last. One query."""
    rows = db.session.execute(
        select(Credential.firm_id, Credential.rung)
        .where(Credential.firm_id.in_(firm_ids), Credential.valid_from <= clock.today())
        .distinct()
    )
    firms: dict[str, set[int]] = {}
    for firm_id, rung in rows:
        firms.setdefault(_step_of(rung), set()).add(firm_id)
    return [Reached(STEPS[step], step, len(firms[step])) for step in STEPS if step in firms]


def _on(value: str) -> ColumnElement[bool] | None:
    """A day alone narrows nothing: it says when the others are meant."""
    return true()


def _on_shown(value: str) -> str:
    shown = day(as_of())
    return (
        shown if value == as_of().isoformat() else _("%(day)s（“%(given)s”不能用，没有采用）", day=shown, given=value)
    )


def by_certificate(typed: str) -> Select[int, Any] | None:
    """The number of a title, or how it begins, as rows of a firm and the number."""
    number = number_typed(typed)
    return (
        None
        if number is None
        else select(Credential.firm_id, Credential.number).where(begins(Credential.number, number))
    )


def badges(firm_ids: Sequence[int]) -> dict[int, list[Badge]]:
    """For each firm of a page, the titles it holds today and the cases it has open: two queries for all of them."""
    found: dict[int, list[Badge]] = {firm_id: [] for firm_id in firm_ids}
    of_title, of_case = cache(rung_badge), cache(case_badge)  # a page has few different ones
    titles = db.session.execute(
        select(Credential.firm_id, Credential.rung)
        .where(one_of(Credential.firm_id, firm_ids), is_held(clock.today()))
        .distinct()
    )
    for firm_id, rung in sorted(titles, key=lambda row: list(Rung).index(row.rung)):
        found[firm_id].append(of_title(rung))
    cases = db.session.execute(
        select(Case.firm_id, Case.rung, Case.stage)
        .where(one_of(Case.firm_id, firm_ids), Case.status == CaseStatus.OPEN)
        .order_by(Case.id)
    )
    for firm_id, rung, stage in cases:
        found[firm_id].append(of_case(rung, stage))
    return found
