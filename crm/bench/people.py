"""The staff of a made-up city, and one firm's own user."""

from __future__ import annotations

from crm.accounts.models import Organisation, OrganisationKind, User
from crm.accounts.permissions import Role
from crm.accounts.signing import hash_password
from crm.accounts.system import root_organisation, system_user
from crm.kernel import audit
from crm.kernel.db import db

PASSWORD = "tidu-bench-2026"  # noqa: S105  of made-up people in a database that is thrown away
PARKS = 12
OFFICERS_A_PARK = 5


def people() -> list[tuple[int, int]]:
    """Twelve parks in four counties with five officers each; returns (officer id, park id)."""
    session = db.session
    root, actor = root_organisation(), system_user()
    audit.sign(session, actor.id, audit.Via.COMMAND)
    password = hash_password(PASSWORD)
    session.add(_user(Role.MANAGER, "manager", root.id, password))
    officers = []
    for number in range(PARKS):
        parent = root if number % 3 else _organisation(f"性能{number // 3 + 1}县", OrganisationKind.COUNTY, root)
        park = _organisation(f"性能{number + 1}园", OrganisationKind.PARK, parent)
        for seat in range(OFFICERS_A_PARK):
            officer = _user(Role.OFFICER, f"officer{number * OFFICERS_A_PARK + seat + 1}", park.id, password)
            session.add(officer)
            session.flush()
            officers.append((officer.id, park.id))
    return officers


def _organisation(name: str, kind: OrganisationKind, parent: Organisation) -> Organisation:
    organisation = Organisation(name=name, kind=kind, parent_id=parent.id)
    db.session.add(organisation)
    db.session.flush()
    organisation.path = f"{parent.path}{organisation.id}/"
    return organisation


def _user(role: Role, name: str, organisation_id: int, password: str) -> User:
    return User(
        email=f"{name}@bench.tidu.invalid",
        name=name,
        role=role,
        organisation_id=organisation_id,
        password_hash=password,
    )


def firm_user(firm_id: int) -> User:
    audit.sign(db.session, system_user().id, audit.Via.COMMAND)
    return User(email="firm@bench.tidu.invalid", name="firm", role=Role.FIRM, firm_id=firm_id)
