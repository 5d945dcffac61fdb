"""Random pasts of some firms: titles granted, renewed, revoked and lapsed; cases opened, moved, dropped, reopened, certified."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.ladder.models import (
    Case,
    CaseEvent,
    CaseStatus,
    Credential,
    CredentialEvent,
    CredentialEventKind,
    Rung,
    Stage,
)

RUNGS = (Rung.TECH_SME, Rung.HTE, Rung.SRDI, Rung.LISTED_NEEQ)
STAGES = list(Stage)
BEGIN, DAYS = date(2023, 1, 1), 1200


def past(seed: int) -> Random:
    """Each number its own past, the same at every run."""
    return Random(seed)  # noqa: S311  data, not secrets


def live(session: Session, firms: list[Firm], actor: User, random: Random, until: date) -> None:
    """Give every firm a past on some rungs; nothing lies after `until`."""
    for firm in firms:
        for rung in random.sample(RUNGS, random.randint(0, 3)):
            if random.random() < 0.7:
                _titles(session, firm, rung, actor, random, until)
            if random.random() < 0.8:
                _cases(session, firm, rung, actor, random, until)
    session.commit()


def _titles(session: Session, firm: Firm, rung: Rung, actor: User, random: Random, until: date) -> None:
    start = BEGIN + timedelta(days=random.randint(0, DAYS))
    while start <= until and random.random() < 0.8:
        valid_to = start + timedelta(days=random.randint(0, 500))
        title = Credential(firm_id=firm.id, rung=rung, number="X", valid_from=start, valid_to=valid_to)
        title.events.append(CredentialEvent(kind=CredentialEventKind.GRANTED, on=start, actor=actor))
        ends, following = random.choice(("lapse", "unrecorded", "revoke", "renew")), valid_to + timedelta(days=1)
        if ends == "lapse" and following <= until:
            _end(title, CredentialEventKind.EXPIRED, following, actor)
        elif ends == "revoke":
            day = start + timedelta(days=random.randint(0, (valid_to - start).days))
            if day <= until:
                _end(title, CredentialEventKind.REVOKED, day, actor)
        elif ends == "renew" and start < valid_to:
            following = start + timedelta(days=random.randint(1, (valid_to - start).days))
            if following <= until:
                _end(title, CredentialEventKind.RENEWED, following, actor)
        session.add(title)
        gap = 0 if ends == "renew" else random.randint(0, 200)
        start = following + timedelta(days=gap)


def _end(title: Credential, kind: CredentialEventKind, on: date, actor: User) -> None:
    title.ended_on = on
    title.events.append(CredentialEvent(kind=kind, on=on, actor=actor, reason="原因"))


def _cases(session: Session, firm: Firm, rung: Rung, actor: User, random: Random, until: date) -> None:
    """One case after the other, as the verbs allow it; several steps may fall on one day."""
    on = BEGIN + timedelta(days=random.randint(0, DAYS))
    while on <= until:
        case = Case(firm_id=firm.id, rung=rung, stage=Stage.POOL, opened_on=on, stage_since=on)
        _step(case, on, actor, None, Stage.POOL, None, CaseStatus.OPEN)
        while True:
            following = on + timedelta(days=random.choice((0, 1, 40, 150)))
            if following > until or random.random() < 0.15:
                break
            on = following
            stage, status = _what_next(case, random)
            _step(case, on, actor, case.stage, stage, case.status, status)
            if status is CaseStatus.CERTIFIED:
                break
        session.add(case)
        session.flush()
        if case.status is CaseStatus.OPEN:
            return
        on += timedelta(days=random.randint(0, 300))


def _what_next(case: Case, random: Random) -> tuple[Stage, CaseStatus]:
    if case.status is not CaseStatus.OPEN:
        return case.stage, CaseStatus.OPEN
    place = STAGES.index(case.stage)
    choices: list[Any] = [(STAGES[place], CaseStatus.DROPPED), (STAGES[place + 1], CaseStatus.OPEN)] * 2
    if place:
        choices.append((STAGES[random.randrange(place)], CaseStatus.OPEN))
    if case.stage is Stage.APPLIED:
        choices = [(Stage.APPLIED, CaseStatus.REJECTED), (Stage.CERTIFIED, CaseStatus.CERTIFIED), choices[-1]]
    return random.choice(choices)


def _step(
    case: Case,
    on: date,
    actor: User,
    from_stage: Stage | None,
    stage: Stage,
    from_status: CaseStatus | None,
    status: CaseStatus,
) -> None:
    event = CaseEvent(
        on=on, actor=actor, from_stage=from_stage, to_stage=stage, from_status=from_status, to_status=status
    )
    case.events.append(event)
    if stage is not from_stage:
        case.stage_since = on
    case.stage, case.status = stage, status
    case.ended_on = None if status is CaseStatus.OPEN else on
