"""Records for tests: a small city, its people, and makers that fill in what a test does not care about."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, OrganisationKind, User, UserSession
from crm.accounts.permissions import Role
from crm.accounts.signing import token_hash
from crm.firms.models import Firm
from crm.kernel import audit

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
serial = count(1)


def credit_code(number: int | None = None) -> str:
    """A fictitious credit code with a valid check character (GB 32100)."""
    body = f"91430900MA{next(serial) if number is None else number:07d}"
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


@dataclass
class Park:
    """city ⊃ county ⊃ park, beside it other_park. People: one of each role inside, an officer and a firm outside."""

    city: Organisation
    county: Organisation
    park: Organisation
    other_park: Organisation
    administrator: User
    manager: User
    officer: User
    firm_user: User
    other_officer: User
    other_firm_user: User
    other_administrator: User
    other_manager: User
    firm: Firm
    other_firm: Firm


def make_organisation(session: Session, name: str, kind: OrganisationKind, parent: Organisation | None) -> Organisation:
    organisation = Organisation(name=name, kind=kind, parent=parent)
    session.add(organisation)
    session.flush()
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    return organisation


def make_user(session: Session, role: Role, name: str, **values: Any) -> User:
    user = User(email=f"user{next(serial)}@example.test", name=name, role=role, **values)
    session.add(user)
    session.flush()
    return user


def make_firm(session: Session, organisation: Organisation, name: str | None = None, **values: Any) -> Firm:
    number = next(serial)
    name = name or f"益阳测试企业{number}有限公司"
    firm = Firm(
        **{"credit_code": credit_code(), "sort_key": name, **values}, name=name, organisation_id=organisation.id
    )
    session.add(firm)
    session.flush()
    return firm


def build_park(session: Session) -> Park:
    # The first person has nobody to be entered by but themselves.
    administrator_id = _first_administrator(session)
    audit.sign(session, administrator_id, audit.Via.COMMAND)
    administrator = session.get_one(User, administrator_id)
    city = administrator.organisation
    assert city is not None
    county = make_organisation(session, "资阳区", OrganisationKind.COUNTY, city)
    park = make_organisation(session, "长春园区", OrganisationKind.PARK, county)
    other_park = make_organisation(session, "龙岭园区", OrganisationKind.PARK, city)
    manager = make_user(session, Role.MANAGER, "经理甲", organisation_id=county.id)
    officer = make_user(session, Role.OFFICER, "专员甲", organisation_id=park.id)
    other_officer = make_user(session, Role.OFFICER, "专员乙", organisation_id=other_park.id)
    firm = make_firm(session, park, "益阳云梯精密机械有限公司", officer_id=officer.id)
    other_firm = make_firm(session, other_park, "益阳远山新材料有限公司", officer_id=other_officer.id)
    firm_user = make_user(session, Role.FIRM, "企业甲", firm_id=firm.id)
    other_firm_user = make_user(session, Role.FIRM, "企业乙", firm_id=other_firm.id)
    other_administrator = make_user(session, Role.ADMINISTRATOR, "管理员乙", organisation_id=other_park.id)
    other_manager = make_user(session, Role.MANAGER, "经理乙", organisation_id=other_park.id)
    session.commit()
    return Park(
        city=city,
        county=county,
        park=park,
        other_park=other_park,
        administrator=administrator,
        manager=manager,
        officer=officer,
        firm_user=firm_user,
        other_officer=other_officer,
        other_firm_user=other_firm_user,
        other_administrator=other_administrator,
        other_manager=other_manager,
        firm=firm,
        other_firm=other_firm,
    )


def _first_administrator(session: Session) -> int:
    city_id = session.execute(
        insert(Organisation)
        .values(name="益阳市", kind=OrganisationKind.CITY, path="", disabled=False)
        .returning(Organisation.id)
    ).scalar_one()
    session.execute(update(Organisation).where(Organisation.id == city_id).values(path=f"/{city_id}/"))
    return session.execute(
        insert(User)
        .values(
            email=f"root{city_id}@example.test",
            name="管理员甲",
            role=Role.ADMINISTRATOR,
            organisation_id=city_id,
            disabled=False,
        )
        .returning(User.id)
    ).scalar_one()


def open_session(session: Session, user: User) -> str:
    """A signed-in browser's token."""
    token = secrets.token_urlsafe(16)
    session.add(UserSession(user_id=user.id, token_hash=token_hash(token)))
    session.commit()
    return token
