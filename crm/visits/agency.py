"""全程代办: a named person takes a firm's matter through all offices for it, and the firm reads each step.

An agency is a need that somebody took on: it is given, timed, answered and rated as every need is.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.visits.models import Need, NeedState, NeedStep
from crm.visits.tasks import require_logging
from crm.visits.telling import tell_step_taken

LONGEST_STEP, LONGEST_OFFICE = 500, 60


def note_step(actor: User, need: Need, *, on: date | None, office: str | None, text: str | None) -> NeedStep:
    """Write down a step taken for the firm: what was done on the day, in which office. The firm is told.

    Raises DomainError where nobody took the need on, or it is answered.
    """
    _require_under_way(actor, need)
    words, place = (text or "").strip(), (office or "").strip() or None
    if not words:
        raise DomainError(_("请写明办了什么。"), field="text")
    if len(words) > LONGEST_STEP:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_STEP), field="text")
    if place is not None and len(place) > LONGEST_OFFICE:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_OFFICE), field="office")
    if on is None or not need.raised_on <= on <= clock.today():
        raise DomainError(_("请填写办理日期，在提出日期之后、不晚于今天。"), field="on")
    step = NeedStep(need=need, on=on, office=place, text=words, by=actor)
    db.session.add(step)
    db.session.flush()
    tell_step_taken(step)
    return step


def withdraw_step(actor: User, need: Need, step_id: int) -> None:
    """Take away a step that was written down wrongly; the history keeps it."""
    _require_under_way(actor, need)
    step = next((each for each in need.steps if each.id == step_id), None)
    if step is None:
        raise NotFoundError(_("没有这条记录，或它不在您的管辖范围内。"))
    db.session.delete(step)
    db.session.flush()
    db.session.expire(need, ["steps"])


def _require_under_way(actor: User, need: Need) -> None:
    require_logging(actor)
    if need.state is not NeedState.OPEN:
        raise DomainError(_("这件诉求已经答复，请刷新页面。"))
    if need.agency_since is None:
        raise DomainError(_("这件诉求没有全程代办，请先在“交办”里指定代办人。"))
