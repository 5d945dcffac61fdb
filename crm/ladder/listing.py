"""Where firms stand on their way to a listing: the steps of each board, and how many open cases have reached each."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.checklists import steps_of
from crm.ladder.models import Case, CaseStatus, ChecklistItem, Rung
from crm.ladder.words import LISTED, RUNGS
from crm.web.language import language

BOARDS = tuple(rung for rung in Rung if rung in LISTED)


def counts(user: User) -> dict[Rung, tuple[int, dict[str, int]]]:
    """Board → how many cases are open in the user's scope, and of them how many have reached each step. Two queries."""
    visible = (Case.rung.in_(BOARDS), Case.status == CaseStatus.OPEN, visible_firms(user))
    cases: dict[Rung, int] = dict(
        db.session.execute(
            select(Case.rung, func.count()).join(Firm, Firm.id == Case.firm_id).where(*visible).group_by(Case.rung)
        ).all()
    )
    found: dict[Rung, tuple[int, dict[str, int]]] = {board: (cases.get(board, 0), {}) for board in BOARDS}
    reached = db.session.execute(
        select(Case.rung, ChecklistItem.key, func.count())
        .join(Firm, Firm.id == Case.firm_id)
        .join(ChecklistItem, ChecklistItem.case_id == Case.id)
        .where(*visible, ChecklistItem.on.is_not(None))
        .group_by(Case.rung, ChecklistItem.key)
    )
    for board, key, number in reached:
        found[board][1][key] = number
    return found


def reached(value: str) -> ColumnElement[bool] | None:
    """Of `listed_star.tutoring_filed`: firms with an open case for the board that has reached the step."""
    board, _dot, key = value.partition(".")
    if board not in BOARDS or key not in {step.key for step in steps_of(Rung(board))}:
        return None
    return Firm.id.in_(
        select(Case.firm_id)
        .join(ChecklistItem, ChecklistItem.case_id == Case.id)
        .where(
            Case.rung == board, Case.status == CaseStatus.OPEN, ChecklistItem.key == key, ChecklistItem.on.is_not(None)
        )
    )


def reached_shown(value: str) -> Any:
    board, _dot, key = value.partition(".")
    step = next(step for step in steps_of(Rung(board)) if step.key == key)
    return _("%(board)s已到“%(step)s”", board=RUNGS[Rung(board)], step=step.title[language()])
