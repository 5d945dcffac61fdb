"""Which plans a person sees, and whose numbers in them: their own place's, and what lies below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission, Role
from crm.insight.targets.models import TargetPlan
from crm.kernel.db import db
from crm.kernel.errors import NotAllowedError, NotFoundError
from crm.library.citations import Citation
from crm.library.numbers import normal
from crm.web.addresses import known_number
from crm.web.language import title_in

OFFICER = "o"  # in an address: the scope is an officer's firms


@dataclass(frozen=True)
class Scope:
    """Whose numbers are meant: an organisation with all below it, or one officer's firms."""

    organisation: Organisation
    officer: User | None = None

    @property
    def name(self) -> str:
        return self.officer.name if self.officer is not None else self.organisation.name

    @property
    def key(self) -> str:
        """As it stands in an address."""
        return f"{OFFICER}{self.officer.id}" if self.officer is not None else str(self.organisation.id)

    @property
    def counted(self) -> tuple[str, int]:
        """The key of its counts."""
        return ("officer", self.officer.id) if self.officer is not None else ("organisation", self.organisation.id)

    @property
    def firms(self) -> dict[str, str]:
        """The filter of the list of firms that means its firms."""
        return (
            {"officer": str(self.officer.id)}
            if self.officer is not None
            else {"organisation": str(self.organisation.id)}
        )


def is_under(organisation: Organisation, top: Organisation) -> bool:
    return organisation.path.startswith(top.path)


def visible_plans(user: User) -> list[TargetPlan]:
    """Plans of the person's place, of those above and below it, and the shipped ones; the newest years first."""
    home = user.organisation
    if home is None:
        return []
    above = [int(each) for each in home.path.split("/") if each]
    below = select(Organisation.id).where(Organisation.path.startswith(home.path, autoescape=True))
    of = TargetPlan.organisation_id
    statement = (
        select(TargetPlan)
        .where(or_(of.is_(None), of.in_(above), of.in_(below)))
        .options(joinedload(TargetPlan.organisation))
        .order_by(TargetPlan.from_year.desc(), TargetPlan.id)
    )
    return list(db.session.scalars(statement))


def load_plan(user: User, plan_id: int) -> TargetPlan:
    """The plan, if the person sees it. Raises NotFoundError otherwise."""
    plan = db.session.get(TargetPlan, plan_id, options=[joinedload(TargetPlan.organisation)])
    home = user.organisation
    if plan is not None and home is not None:
        place = plan.organisation
        if place is None or is_under(place, home) or is_under(home, place):
            return plan
    raise NotFoundError(_("没有这个规划，或它不在您的管辖范围内。"))


def load_own_plan(user: User, plan_id: int) -> TargetPlan:
    """A plan whose own numbers the person sets: of their place, or of one below. Raises NotAllowedError for one above."""
    plan = load_plan(user, plan_id)
    if not sets_plan(user, plan):
        raise NotAllowedError(
            _("这是上级的规划，目标由上级设定。您可以把分到的数分解到下级。")
            if plan.organisation
            else _("随系统附带的规划不能修改，请先采用为本地规划。")
        )
    return plan


def sets_plan(user: User, plan: TargetPlan) -> bool:
    """Whether the person may set the plan's own numbers."""
    home = user.organisation
    return (
        user.can(Permission.SET_TARGETS)
        and plan.organisation is not None
        and home is not None
        and is_under(plan.organisation, home)
    )


def splits(user: User, scope: Scope) -> bool:
    """Whether the person may hand down what this scope has: their own place's, or that of one below."""
    home = user.organisation
    return (
        user.can(Permission.SET_TARGETS)
        and scope.officer is None
        and home is not None
        and is_under(scope.organisation, home)
    )


def scope_of(user: User, plan: TargetPlan, asked: str | None) -> Scope:
    """The scope in the address; otherwise the person's own within the plan: an officer's firms, a place's numbers.

    Raises NotFoundError for one outside the plan or outside what the person sees. A shipped plan has no scope but one's own.
    """
    home = user.organisation
    assert home is not None  # staff
    place = plan.organisation or home
    if not asked:
        if user.role is Role.OFFICER and is_under(home, place):
            return Scope(home, user)
        return Scope(home if is_under(home, place) else place)
    if asked.startswith(OFFICER):
        officer = db.session.get(User, known_number(asked.removeprefix(OFFICER)) or 0)
        theirs = officer.organisation if officer is not None and officer.role is not Role.FIRM else None
        if officer is not None and theirs is not None and _within(theirs, home, place):
            return Scope(theirs, officer)
    else:
        organisation = db.session.get(Organisation, known_number(asked) or 0)
        if organisation is not None and _within(organisation, home, place):
            return Scope(organisation)
    raise NotFoundError(_("没有这个单位，或它不在您的管辖范围内。"))


def _within(organisation: Organisation, home: Organisation, place: Organisation) -> bool:
    return is_under(organisation, home) and is_under(organisation, place)


def parts_of(scope: Scope) -> list[Scope]:
    """To whom a scope hands down: the places right below it, and its own officers."""
    if scope.officer is not None:
        return []
    places = db.session.scalars(
        select(Organisation)
        .where(Organisation.parent_id == scope.organisation.id, Organisation.disabled.is_(False))
        .order_by(Organisation.path)
    )
    officers = db.session.scalars(
        select(User)
        .where(User.organisation_id == scope.organisation.id, User.role == Role.OFFICER, User.disabled.is_(False))
        .order_by(User.name, User.id)
    )
    return [*(Scope(place) for place in places), *(Scope(scope.organisation, officer) for officer in officers)]


def scopes_below(scope: Scope) -> Sequence[Organisation]:
    """The scope's organisation and all below it, in tree order."""
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.path.startswith(scope.organisation.path, autoescape=True))
            .order_by(Organisation.path, Organisation.id)
        )
    )


def citations(number: str) -> list[Citation]:
    """The plans that rest on a document: those that ship, and those of places the reader sees."""
    if not current_user.can(Permission.VIEW_FUNNEL):
        return []
    return [
        Citation(
            _l("目标"),
            title_in(plan),
            url_for("insight.target_plan", plan_id=plan.id),
        )
        for plan in visible_plans(current_user)
        if plan.document_number and normal(plan.document_number) == number
    ]
