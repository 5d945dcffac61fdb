"""Records of the ladder as the shared components show them: timeline items, badges, checklist rows."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.tabs import Badge
from crm.kernel import clock
from crm.ladder.facts import last_day
from crm.ladder.models import CaseEvent, CaseStatus, Credential, CredentialEvent, CredentialEventKind, Rung, Stage
from crm.ladder.queries import events_of, held_on, highest, open_cases, titles_of
from crm.ladder.words import CREDENTIAL_EVENTS, LEVELS, RUNGS, SHORT_RUNGS, STAGES, STATUSES
from crm.web.formatting import day

ENDED = (CredentialEventKind.EXPIRED, CredentialEventKind.REVOKED)


def timeline_items(firm: Firm, credentials: list[Credential]) -> list[dict[str, Any]]:
    """What happened to the firm on the ladder, the newest first, as `timeline_item` shows it. A step down says so.

    `credentials` are all that it holds or held, with their events.
    """
    return [
        step_item(event) if isinstance(event, CaseEvent) else title_item(event, credentials)
        for event in events_of(firm, credentials)
    ]


def step_item(event: CaseEvent) -> dict[str, Any]:
    """One step of a case."""
    case = event.case
    return {
        "title": f"{RUNGS[case.rung]}{_('：')}{step_text(event)}",
        "on": day(event.on),
        "iso": event.on.isoformat(),
        "who": event.actor.name,
        "icon": "case",
        "kind": _kind(event),
        "href": url_for("ladder.case", case_id=case.id) if current_user.can(Permission.VIEW_FIRMS) else None,
        "text": (event.from_stage is None and case.entry_reason) or event.reason,
    }


def step_text(event: CaseEvent) -> str:
    """What a step did, in words."""
    if event.from_stage is None:
        return str(STAGES[event.to_stage])
    if event.to_status is not event.from_status and event.to_status is not CaseStatus.CERTIFIED:
        return _("重新开始") if event.to_status is CaseStatus.OPEN else str(STATUSES[event.to_status])
    text = _("%(before)s → %(after)s", before=STAGES[event.from_stage], after=STAGES[event.to_stage])
    return _("%(step)s（清单未完成，经批准移动）", step=text) if event.overridden else text


def _kind(event: CaseEvent) -> str | None:
    if event.overridden:
        return "warn"
    return {CaseStatus.CERTIFIED: "good", CaseStatus.DROPPED: "bad", CaseStatus.REJECTED: "bad"}.get(event.to_status)


def title_item(event: CredentialEvent, credentials: list[Credential]) -> dict[str, Any]:
    """One event of a title, with where it left the firm on the ladder."""
    credential = event.credential
    texts = [credential.number, event.reason, _moved_down(event, credentials)]
    return {
        "title": f"{RUNGS[credential.rung]}{_('：')}{CREDENTIAL_EVENTS[event.kind]}",
        "on": day(event.on),
        "iso": event.on.isoformat(),
        "who": event.actor.name,
        "icon": "lapsed" if event.kind in ENDED else "certificate",
        "kind": "bad" if event.kind in ENDED else "good",
        "text": " · ".join(text for text in texts if text),
    }


def _moved_down(event: CredentialEvent, credentials: list[Credential]) -> str | None:
    if event.kind not in ENDED:
        return None
    before = highest({c.rung for c in credentials if held_on(c, last_day(event.credential) or event.on)})
    after = highest({c.rung for c in credentials if held_on(c, event.on)})
    if before is after or before is None:
        return None
    return _("阶梯由“%(before)s”降为“%(after)s”", before=RUNGS[before], after=RUNGS[after] if after else _("未入阶梯"))


def badges(firm: Firm) -> list[Badge]:
    """The titles the firm holds today, and the cases it has open."""
    today = clock.today()
    held = dict.fromkeys(c.rung for c in titles_of(firm) if held_on(c, today))
    titles = [rung_badge(rung) for rung in sorted(held, key=list(Rung).index)]
    return titles + [case_badge(case.rung, case.stage) for case in open_cases(firm)]


def rung_badge(rung: Rung) -> Badge:
    return Badge(str(SHORT_RUNGS[rung]), f"rung-{LEVELS[rung]}", "certificate", str(RUNGS[rung]))


def case_badge(rung: Rung, stage: Stage) -> Badge:
    return Badge(f"{SHORT_RUNGS[rung]} · {STAGES[stage]}", "neutral", "case", _("进行中的培育项目"))
