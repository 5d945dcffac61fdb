"""全程代办 of an application: a named person takes it through the offices for the firm. It is a need, asked for or begun here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from crm.accounts.models import User
from crm.applications.machine import UNDER_WAY, is_own
from crm.applications.models import Application, Window
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.visits import needs
from crm.visits.models import Need, NeedState, NeedStep
from crm.web.language import title_in

TITLES, POLICY = "titles", "policy"  # kinds of needs that may mean an application


@dataclass(frozen=True)
class Agency:
    """Who acts for the firm: in this application (None: nobody was asked to), and in its other matters of this kind."""

    need: Need | None
    others: Sequence[Need]
    may_begin: bool


def agency_of(application: Application) -> Agency:
    """What a page of the application says of it. One query, and one for the steps."""
    elsewhere = select(Application.need_id).where(Application.need_id == Need.id).exists()
    others = and_(
        Need.firm_id == application.firm_id,
        Need.state == NeedState.OPEN,
        Need.kind.in_([TITLES, POLICY]),
        or_(Need.agency_since.is_not(None), Need.agency_asked),
        ~elsewhere,
    )
    wanted = others if application.state in UNDER_WAY else Need.id.is_(None)
    if application.need_id is not None:
        wanted = or_(wanted, Need.id == application.need_id)
    found = db.session.scalars(
        select(Need)
        .where(wanted)
        .options(joinedload(Need.assignee), selectinload(Need.steps).joinedload(NeedStep.by))
        .order_by(Need.raised_on, Need.id)
    ).all()
    need = next((each for each in found if each.id == application.need_id), None)
    may_begin = application.state in UNDER_WAY and (need is None or need.state is not NeedState.OPEN)
    return Agency(need, [each for each in found if each is not need], may_begin)


def begin(application: Application, *, actor: User) -> Need:
    """The firm asks the park to take the application through the offices; one of the staff takes it on.

    Raises DomainError where it is asked for already, somebody acts already, or the application is over.
    """
    if application.state not in UNDER_WAY:
        raise DomainError(_("这份申报已经办完，不能再请人代办。"))
    need, own = application.agency, is_own(actor, application)
    if need is not None and need.state is NeedState.OPEN:
        if need.agency_since is not None and need.assignee is not None:
            raise DomainError(_("已由%(who)s全程代办，不用再办。", who=need.assignee.name))
        if own:
            raise DomainError(_("您已经请园区全程代办，园区指定代办人后会通知您。"))
        due = needs.answer_by(need)
        return needs.promise_answer(actor, need, assignee_id=actor.id, due_on=due, agency=True)
    window = application.window
    what = " · ".join(part for part in (title_in(window.programme), str(window.year), window.title) if part)
    text, kind = _("请全程代办申报：%(what)s", what=what), TITLES if window.programme.rung else POLICY
    if own:
        application.agency = needs.raise_need(actor, application.firm, kind=kind, text=text, agency=True)
    else:
        application.agency = needs.take_on(actor, application.firm, kind=kind, text=text)
    db.session.flush()
    return application.agency


def application_of_need(need: Need) -> Application | None:
    """The application that is taken through the offices with this need."""
    return db.session.scalar(
        select(Application)
        .where(Application.need_id == need.id)
        .options(joinedload(Application.window).joinedload(Window.programme))
        .order_by(Application.id.desc())
        .limit(1)
    )
