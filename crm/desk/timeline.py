"""What happened to a firm, newest first: visits, tasks ended, cases, titles, decided proposals, and changes of its record.

One query whatever the firm's history: a select a kind of event, all of one shape. A page ends at the end of a day, and
the next begins at a date.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Date, Integer, Select, String, Text, bindparam, case, cast, func, null, select, union_all

from crm.accounts.models import User
from crm.desk.words import CHANGED
from crm.firms.proposals.models import Decision, Proposal, ProposalField
from crm.firms.words import CONTACT_FIELDS, FIGURE_KEYS, FIRM_FIELDS, IP_FIELDS
from crm.kernel import clock
from crm.kernel.audit import Action, Change, Via
from crm.kernel.db import db
from crm.kernel.types import Moment
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, CredentialEvent, CredentialEventKind, Rung, Stage
from crm.ladder.words import CREDENTIAL_EVENTS, RUNGS, STAGES, STATUSES
from crm.visits.models import Task, TaskState, Visit
from crm.visits.words import topic_titles

EVENTS = 8  # of each kind, at most, on one page
CHANGES = 120  # fields, at most, read for one page
EXCERPT = 200
FIELD_TITLES: dict[str, dict[str, Any]] = {
    "firm": FIRM_FIELDS,
    "contact": CONTACT_FIELDS,
    "yearly_figures": FIGURE_KEYS,
    "ip_right": IP_FIELDS,
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the timeline. `at` orders the entries of one day."""

    on: date
    at: datetime
    title: str
    who: str
    icon: str
    href: str | None = None
    text: str | None = None
    kind: str | None = None  # the tint: accent, good, warn, bad


@dataclass(frozen=True)
class Timeline:
    entries: Sequence[Entry] = field(default_factory=list)
    older: date | None = None  # the next page begins at this day


def timeline_of(firm_id: int, before: date | None = None) -> Timeline:
    """The entries up to and on the day `before` (today by default)."""
    last_day = before or clock.today()
    rows: dict[str, list[Any]] = {}
    for row in db.session.execute(_events(), {"firm_id": firm_id, "last_day": last_day, "until": _end_of(last_day)}):
        rows.setdefault(row.kind, []).append(row)
    entries = _change_entries(firm_id, rows.get("change", []))
    entries += [_entry(firm_id, row) for kind, found in rows.items() if kind != "change" for row in found]
    entries.sort(key=lambda entry: (entry.on, entry.at), reverse=True)
    # The newest day that was not read to its end, because a kind of event has more than a page of them.
    ends = [
        min(map(_day, found)) for kind, found in rows.items() if len(found) >= (CHANGES if kind == "change" else EVENTS)
    ]
    return _cut(entries, max(ends, default=None))


def _cut(entries: list[Entry], unread: date | None) -> Timeline:
    if unread is None:
        return Timeline(entries)
    whole = [entry for entry in entries if entry.on > unread]
    if whole:
        return Timeline(whole, unread)
    # One day holds more than a page: show what was read of it, and go on with the day before.
    return Timeline([entry for entry in entries if entry.on == unread], unread - timedelta(days=1))


# --- events: one select a kind, all of the same shape ------------------------------------------------------------


FIRM_ID = bindparam("firm_id", type_=Integer)
LAST_DAY = bindparam("last_day", type_=Date)
UNTIL = bindparam("until", type_=Moment)  # the end of the last day


@cache
def _events() -> Select:
    """Built once: building it takes longer than running it."""
    kinds = [_visits(), _tasks(), _case_events(), _credential_events(), _proposals()]
    kinds = [*map(_newest, kinds), _changes()]
    events = union_all(*(select(kind.subquery()) for kind in kinds)).subquery()
    return select(events, User.name.label("who")).join(User, User.id == events.c.actor_id)


def _newest(statement: Select) -> Select:
    columns = statement.selected_columns
    return statement.order_by(columns["on"].desc(), columns["at"].desc()).limit(EVENTS)


def _shape(
    kind: str,
    about: Any,
    on: Any,
    at: Any,
    actor: Any,
    *,
    a: Any = None,
    b: Any = None,
    c: Any = None,
    text: Any = None,
) -> Select:
    """The common columns. Words of enumerations come back as plain text."""
    return select(
        cast(kind, String).label("kind"),
        about.label("about"),
        cast(null(), Date).label("on") if on is None else on.label("on"),
        at.label("at"),
        actor.label("actor_id"),
        *(
            cast(null() if column is None else column, Text).label(name)
            for name, column in (("a", a), ("b", b), ("c", c), ("text", text))
        ),
    )


def _visits() -> Select:
    said = func.substr(Visit.said, 1, EXCERPT)
    return _shape(
        "visit", Visit.id, Visit.on, Visit.created_at, Visit.officer_id, a=Visit.topics, b=Visit.met, text=said
    ).where(Visit.firm_id == FIRM_ID, Visit.on <= LAST_DAY)


def _tasks() -> Select:
    actor = func.coalesce(Task.ended_by_id, Task.assignee_id)
    return _shape("task", Task.id, None, Task.ended_at, actor, a=Task.state, b=Task.title, text=Task.outcome).where(
        Task.firm_id == FIRM_ID, Task.state != TaskState.OPEN, Task.ended_at < UNTIL
    )


def _case_events() -> Select:
    return (
        _shape(
            "case",
            Case.id,
            CaseEvent.on,
            CaseEvent.at,
            CaseEvent.actor_id,
            a=Case.rung,
            b=CaseEvent.to_stage,
            c=CaseEvent.to_status,
            text=case(
                (CaseEvent.from_stage.is_(None), func.coalesce(Case.entry_reason, CaseEvent.reason)),
                else_=CaseEvent.reason,
            ),
        )
        .join(Case, Case.id == CaseEvent.case_id)
        .where(Case.firm_id == FIRM_ID, CaseEvent.on <= LAST_DAY)
    )


def _credential_events() -> Select:
    return (
        _shape(
            "credential",
            Credential.id,
            CredentialEvent.on,
            CredentialEvent.at,
            CredentialEvent.actor_id,
            a=Credential.rung,
            b=CredentialEvent.kind,
            c=Credential.number,
            text=CredentialEvent.reason,
        )
        .join(Credential, Credential.id == CredentialEvent.credential_id)
        .where(Credential.firm_id == FIRM_ID, CredentialEvent.on <= LAST_DAY)
    )


def _proposals() -> Select:
    """One event a person who decided on a proposal."""
    accepted = func.sum(case((ProposalField.decision == Decision.ACCEPTED, 1), else_=0))
    refused = func.sum(case((ProposalField.decision == Decision.REFUSED, 1), else_=0))
    at = func.max(ProposalField.decided_at, type_=Moment)
    return (
        _shape("proposal", Proposal.id, None, at, ProposalField.decided_by_id, a=accepted, b=refused)
        .join(Proposal, Proposal.id == ProposalField.proposal_id)
        .where(Proposal.firm_id == FIRM_ID, ProposalField.decided_at < UNTIL)
        .group_by(Proposal.id, ProposalField.decided_by_id)
    )


def _entry(firm_id: int, row: Any) -> Entry:
    return Entry(on=_day(row), at=row.at, who=row.who, **_READ[row.kind](firm_id, row))


def _read_visit(_firm_id: int, row: Any) -> dict[str, Any]:
    topics = topic_titles(json.loads(row.a or "[]"))
    return {
        "title": _("走访：%(what)s", what=_("、").join(str(topic) for topic in topics)) if topics else _("走访"),
        "text": "\n".join(part for part in (_("见了：%(met)s", met=row.b) if row.b else "", row.text) if part) or None,
        "href": url_for("visits.show", visit_id=row.about),
        "icon": "visit",
        "kind": "accent",
    }


def _read_task(_firm_id: int, row: Any) -> dict[str, Any]:
    done = row.a == TaskState.DONE
    return {
        "title": _("办结：%(title)s", title=row.b) if done else _("不再办理：%(title)s", title=row.b),
        "text": row.text,
        "href": url_for("visits.end_task", task_id=row.about),
        "icon": "task",
        "kind": "good" if done else None,
    }


def _read_case(_firm_id: int, row: Any) -> dict[str, Any]:
    status = CaseStatus(row.c)
    kind = {CaseStatus.OPEN: "accent", CaseStatus.CERTIFIED: "good"}.get(status, "bad")
    step = STAGES[Stage(row.b)] if status is CaseStatus.OPEN else STATUSES[status]
    return {
        "title": _("%(rung)s培育：%(step)s", rung=RUNGS[Rung(row.a)], step=step),
        "text": row.text,
        "href": url_for("ladder.case", case_id=row.about),
        "icon": "case",
        "kind": kind,
    }


def _read_credential(firm_id: int, row: Any) -> dict[str, Any]:
    event = CredentialEventKind(row.b)
    lost = event in (CredentialEventKind.EXPIRED, CredentialEventKind.REVOKED)
    number = _("编号 %(number)s", number=row.c) if row.c else ""
    return {
        "title": _("%(rung)s：%(event)s", rung=RUNGS[Rung(row.a)], event=CREDENTIAL_EVENTS[event]),
        "text": " · ".join(part for part in (number, row.text) if part) or None,
        "href": url_for("ladder.standing", firm_id=firm_id),
        "icon": "lapsed" if lost else "certificate",
        "kind": "bad" if lost else "good",
    }


def _read_proposal(_firm_id: int, row: Any) -> dict[str, Any]:
    return {
        "title": _("审核企业申请：采纳 %(accepted)s 项，退回 %(refused)s 项", accepted=row.a, refused=row.b),
        "href": url_for("firms.proposal", proposal_id=row.about),
        "icon": "proposal",
    }


_READ = {
    "visit": _read_visit,
    "task": _read_task,
    "case": _read_case,
    "credential": _read_credential,
    "proposal": _read_proposal,
}

# --- changes of the record, a day and a person at a time ---------------------------------------------------------


def _changes() -> Select:
    return (
        _shape(
            "change",
            Change.id,
            None,
            Change.at,
            Change.actor_id,
            a=Change.entity,
            b=Change.action,
            c=Change.field,
            text=Change.via,
        )
        .where(
            Change.firm_id == FIRM_ID,
            Change.entity.in_(CHANGED),
            Change.via != Via.PROPOSAL,  # told by the proposal
            Change.at < UNTIL,
        )
        .order_by(Change.id.desc())
        .limit(CHANGES)
    )


def _change_entries(firm_id: int, rows: Iterable[Any]) -> list[Entry]:
    groups: dict[tuple[date, int, Via], list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.about, reverse=True):  # the parts of a union have no order
        groups.setdefault((_local(row.at), row.actor_id, Via(row.text)), []).append(row)
    return [
        Entry(
            on=on,
            at=max(row.at for row in group),
            who=group[0].who,
            title=_("从表格导入了资料") if via is Via.IMPORT else _("更新了企业资料"),
            text=_summary(group),
            href=url_for("firms.history", firm_id=firm_id),
            icon="import" if via is Via.IMPORT else "edit",
        )
        for (on, _actor_id, via), group in groups.items()
    ]


def _summary(rows: list[Any]) -> str:
    """What was changed, in a line: fields by name, new and removed records by number."""
    changed = dict.fromkeys(_field_title(row.a, row.c) for row in rows if row.b == Action.UPDATED)
    created = Counter(row.a for row in rows if row.b == Action.CREATED)
    deleted = Counter(row.a for row in rows if row.b == Action.DELETED)
    parts = [_("登记了这家企业")] if created.pop("firm", 0) else []
    parts += [_("修改：%(what)s", what=_("、").join(changed))] if changed else []
    parts += [_("新增：%(what)s", what=_counted(created))] if created else []
    parts += [_("删除：%(what)s", what=_counted(deleted))] if deleted else []
    return _("；").join(parts)


def _field_title(entity: str, field: str) -> str:
    return str(FIELD_TITLES.get(entity, {}).get(field, CHANGED[entity]))


def _counted(records: Counter[str]) -> str:
    return _("、").join(_("%(what)s %(n)s 条", what=CHANGED[entity], n=n) for entity, n in records.items())


def _day(row: Any) -> date:
    return row.on or _local(row.at)


def _local(at: datetime) -> date:
    return at.astimezone(clock.LOCAL).date()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), clock.LOCAL)
