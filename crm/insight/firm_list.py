"""What the manager's pages offer the list of firms: each number there opens, by one of these, exactly the firms it counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, bindparam

from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.firms.words import NO_OFFICER
from crm.insight import movement, pool, steps, stuck
from crm.insight.cohorts import KINDS, members
from crm.insight.coverage import seen_within, visitor_name
from crm.insight.early_warning.lines import KINDS as WARNINGS
from crm.insight.early_warning.queries import warned_firms
from crm.insight.filters import asked_filters, conditions
from crm.insight.models import WarningKind
from crm.insight.movement import GROUPS, Group, What
from crm.insight.pool import Part
from crm.insight.words import GROUPS as GROUP_WORDS
from crm.insight.words import KINDS as KIND_WORDS
from crm.insight.words import PARTS, WHATS
from crm.kernel import clock
from crm.ladder.models import Rung, Stage
from crm.ladder.words import RUNGS, SHORT_RUNGS, STAGES
from crm.web.addresses import known_number
from crm.web.formatting import day
from crm.web.language import language

ANY = "any"
CAP = "cap"  # of the firms held back: all that were looked at
STATES = ("not_met", "unknown", "either")


def filters() -> dict[str, Filter]:
    """`cohort`, `moved`, `pool`, `stuck`, `blocked`, `seen` and `warning`: what was asked, with dots between where it is more than a word."""
    return {
        "cohort": Filter(_l("升级"), _cohort, _cohort_shown),
        "moved": Filter(_l("变动"), _moved, _moved_shown),
        "pool": Filter(_l("后备库"), _pool, _pool_shown),
        "stuck": Filter(_l("停留"), _stuck, _stuck_shown),
        "blocked": Filter(_l("卡点"), _blocked, _blocked_shown),
        "seen": Filter(_l("走访"), _seen, _seen_shown),
        "warning": Filter(_l("预警"), _warning, _warning_shown),
    }


def cohort_value(lower: str, upper: str, year: int | None, kind: str, on: date) -> str:
    return ".".join((lower, upper, str(year or ANY), kind, on.isoformat()))


def moved_value(what: What | Group, rung: Rung | None, since: date, until: date) -> str:
    return ".".join((what.value, rung.value if rung else ANY, since.isoformat(), until.isoformat()))


def pool_value(part: Part, rung: Rung, year: int, officer: int | None) -> str:
    return ".".join((part.value, rung.value, str(year), ANY if officer is None else str(officer)))


def stuck_value(rung: Rung | None, stage: Stage | None, days: int | None) -> str:
    return ".".join((rung.value if rung else ANY, stage.value if stage else ANY, ANY if days is None else str(days)))


def blocked_value(rung: Rung, criterion: str, state: str = "either") -> str:
    return f"{rung.value}.{criterion}.{state}"


def seen_value(seen: bool, since: date, until: date, officer_id: int | None = None) -> str:
    by = [] if officer_id is None else [str(officer_id)]
    return ".".join(("yes" if seen else "no", since.isoformat(), until.isoformat(), *by))


def _among(ids: Sequence[int]) -> ColumnElement[bool]:
    """Written into the statement, which takes more numbers than parameters."""
    return Firm.id.in_(bindparam(None, list(ids), expanding=True, literal_execute=True))


# --- conversion ----------------------------------------------------------------------------------------------------


def _cohort_asked(value: str) -> tuple[str, str, int | None, str, date] | None:
    try:
        lower, upper, year, kind, on = value.split(".")
        if {lower, upper} <= set(steps.STEPS) and upper != steps.POOL and kind in {*KINDS, "had"}:
            return lower, upper, None if year == ANY else int(year), kind, date.fromisoformat(on)
    except ValueError:
        pass
    return None


def _cohort(value: str) -> ColumnElement[bool] | None:
    asked = _cohort_asked(value)
    if asked is None:
        return None
    lower, upper, year, kind, on = asked
    return _among(members(steps.entries(lower, upper, on), year, kind, on))


def _cohort_shown(value: str) -> Any:
    lower, upper, year, kind, on = _cohort_asked(value) or ("", "", None, "", clock.today())
    return _(
        "%(lower)s → %(upper)s，%(year)s，%(kind)s（截至 %(day)s）",
        lower=steps.STEPS[lower],
        upper=steps.STEPS[upper],
        year=_("%(year)s 年进入", year=year) if year else _("历年进入"),
        kind=KIND_WORDS[kind],
        day=day(on),
    )


# --- movement ------------------------------------------------------------------------------------------------------


def _moved_asked(value: str) -> tuple[What | Group, Rung | None, date, date] | None:
    try:
        what, rung, since, until = value.split(".")
        named = Group(what) if what in set(Group) else What(what)
        return named, None if rung == ANY else Rung(rung), date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        return None


def _moved(value: str) -> ColumnElement[bool] | None:
    asked = _moved_asked(value)
    if asked is None:
        return None
    what, rung, since, until = asked
    whats = GROUPS[what] if isinstance(what, Group) else (what,)
    return _among(movement.firms_of(movement.movement(since, until), whats, rung))


def _moved_shown(value: str) -> Any:
    asked = _moved_asked(value)
    assert asked is not None
    what, rung, since, until = asked
    words = GROUP_WORDS[what] if isinstance(what, Group) else WHATS[what]
    return _(
        "%(since)s 至 %(until)s，%(what)s%(rung)s",
        since=day(since),
        until=day(until),
        what=words,
        rung=f" · {SHORT_RUNGS[rung]}" if rung else "",
    )


# --- the pool ------------------------------------------------------------------------------------------------------


def _pool_asked(value: str) -> tuple[Part, Rung, int, int | None] | None:
    try:
        part, rung, year, officer = value.split(".")
        number = None if officer == ANY else int(officer)
        if 1990 <= int(year) <= clock.today().year and (number is None or 0 <= number < 2**31):
            return Part(part), Rung(rung), int(year), number
    except ValueError:
        pass
    return None


def _pool(value: str) -> ColumnElement[bool] | None:
    asked = _pool_asked(value)
    return None if asked is None else pool.firms_in(*asked)


def _pool_shown(value: str) -> Any:
    asked = _pool_asked(value)
    assert asked is not None
    part, rung, year, officer = asked
    words = _("%(rung)s %(year)s 年 %(part)s", rung=SHORT_RUNGS[rung], year=year, part=PARTS[part])
    if officer is None:
        return words
    name = NO_OFFICER if officer == pool.NOBODY else pool.officer_name(officer, visible_firms(current_user))
    return words if name is None else f"{words} · {name}"


# --- waiting -------------------------------------------------------------------------------------------------------


def _stuck_asked(value: str) -> tuple[Rung | None, Stage | None, int | None] | None:
    try:
        rung, stage, days = value.split(".")
        return (
            None if rung == ANY else Rung(rung),
            None if stage == ANY else Stage(stage),
            None if days == ANY else min(max(int(days), 0), 100_000),
        )
    except ValueError:
        return None


def _stuck(value: str) -> ColumnElement[bool] | None:
    asked = _stuck_asked(value)
    return None if asked is None else stuck.stuck_firms(clock.today(), *asked)


def _stuck_shown(value: str) -> Any:
    rung, stage, days = _stuck_asked(value) or (None, None, None)
    parts = [
        RUNGS[rung] if rung else None,
        STAGES[stage] if stage else None,
        _("超过 %(days)s 天", days=days) if days else _("进行中"),
    ]
    return " · ".join(str(part) for part in parts if part)


def _blocked_asked(value: str) -> tuple[Rung, str, str] | None:
    try:
        rung, _dot, rest = value.partition(".")
        criterion, _dot, state = rest.rpartition(".")
        return (Rung(rung), criterion, state) if state in STATES else None
    except ValueError:
        return None


def _blocked(value: str) -> ColumnElement[bool] | None:
    asked = _blocked_asked(value)
    if asked is None:
        return None
    rung, criterion, state = asked
    held = _held(rung)
    named = {CAP: held.firms, "free": held.free, "unjudged": held.unjudged}
    if criterion in named:
        return _among(named[criterion])
    found = next((each for each in held.criteria if each.id == criterion), None)
    if found is None:
        return _among([])
    some = {"not_met": found.not_met, "unknown": found.unknown, "either": [*found.not_met, *found.unknown]}
    return _among(some[state])


def _held(rung: Rung) -> stuck.Held:
    """As the page counted: of the firms that the other filters leave, the longest waiting."""
    return stuck.held_back(rung, clock.today(), conditions(current_user, asked_filters(request.args)))


def _blocked_shown(value: str) -> Any:
    asked = _blocked_asked(value)
    assert asked is not None
    rung, criterion, state = asked
    words = {"not_met": _("不符合"), "unknown": _("待补数据"), "either": _("未满足")}
    named = {CAP: _("等得最久的企业"), "free": _("条件已全部符合"), "unjudged": _("没有可用的认定条件")}
    title = named.get(criterion)
    if title is None:
        found = next((each for each in _held(rung).criteria if each.id == criterion), None)
        title = f"{found.title[language()] if found else criterion}{_('：')}{words[state]}"
    return f"{SHORT_RUNGS[rung]} · {title}"


# --- visits --------------------------------------------------------------------------------------------------------


def _seen_asked(value: str) -> tuple[bool, date, date, int | None] | None:
    try:
        seen, since, until, *by = value.split(".")
        officer_id = known_number(by[0]) if by else None
        return {"yes": True, "no": False}[seen], date.fromisoformat(since), date.fromisoformat(until), officer_id
    except (KeyError, ValueError):
        return None


def _seen(value: str) -> ColumnElement[bool] | None:
    asked = _seen_asked(value)
    if asked is None:
        return None
    seen, since, until, officer_id = asked
    within = seen_within(since, until, officer_id)
    return within if seen else ~within


def _seen_shown(value: str) -> Any:
    seen, since, until, officer_id = _seen_asked(value) or (True, clock.today(), clock.today(), None)
    name = None if officer_id is None else visitor_name(officer_id, visible_firms(current_user))
    if name is None:
        words = _("走访过") if seen else _("没有走访")
    else:
        words = _("%(name)s走访过", name=name) if seen else _("%(name)s没有走访", name=name)
    return _("%(since)s 至 %(until)s，%(words)s", since=day(since), until=day(until), words=words)


# --- early warning -------------------------------------------------------------------------------------------------


def _warning(value: str) -> ColumnElement[bool] | None:
    if value == ANY:
        return warned_firms(None)
    return warned_firms(WarningKind(value)) if value in set(WarningKind) else None


def _warning_shown(value: str) -> Any:
    return _("任何一类") if value == ANY else WARNINGS[WarningKind(value)]
