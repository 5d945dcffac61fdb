"""Who may call which route. RECORD: only for records in one's scope, 404 otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Scope(Enum):
    PUBLIC = auto()  # anyone, signed in or not
    OWN = auto()  # the page is the caller's own, or holds only what lies in their scope
    RECORD = auto()  # the address names a record


@dataclass(frozen=True)
class Route:
    roles: frozenset[str]
    scope: Scope


ADMINISTRATOR = frozenset({"administrator"})
STAFF = frozenset({"administrator", "manager", "officer"})
FIRM = frozenset({"firm_user"})
EVERYONE = STAFF | FIRM


def public() -> Route:
    return Route(frozenset(), Scope.PUBLIC)


def own(roles: frozenset[str]) -> Route:
    return Route(roles, Scope.OWN)


def record(roles: frozenset[str]) -> Route:
    return Route(roles, Scope.RECORD)


MATRIX: dict[str, Route] = {
    "accounts.create_user": own(ADMINISTRATOR),
    "accounts.disable_user": record(ADMINISTRATOR),
    "accounts.enable_user": record(ADMINISTRATOR),
    "accounts.organisation": record(ADMINISTRATOR),
    "accounts.organisations": own(ADMINISTRATOR),
    "accounts.sessions": own(EVERYONE),
    "accounts.set_password": public(),
    "accounts.sign_in": public(),
    "accounts.sign_out": own(EVERYONE),
    "accounts.sign_out_everywhere": own(EVERYONE),
    "accounts.user": record(ADMINISTRATOR),
    "accounts.users": own(ADMINISTRATOR),
    "firms.add_contact": record(STAFF),
    "firms.assign": record(STAFF),
    "firms.create": own(STAFF),
    "firms.document": record(EVERYONE),
    "firms.edit": record(STAFF),
    "firms.edit_contact": record(STAFF),
    "firms.edit_facts": record(STAFF),
    "firms.history": record(STAFF),
    "firms.index": own(STAFF),
    "firms.profile": record(EVERYONE),
    "firms.remove_contact": record(STAFF),
    "firms.trades": own(EVERYONE),
    "firms.upload_documents": record(STAFF),
    "firms.verify_fact": record(STAFF),
    "insight.funnel": own(STAFF),
    "ladder.assessment": record(STAFF),
    "ladder.back": record(STAFF),
    "ladder.bulk": own(STAFF),
    "ladder.case": record(STAFF),
    "ladder.cases": own(STAFF),
    "ladder.checklist": record(STAFF),
    "ladder.confirm_none": record(STAFF),
    "ladder.end": record(STAFF),
    "ladder.grant": record(STAFF),
    "ladder.move": record(STAFF),
    "ladder.open_case": record(STAFF),
    "ladder.renew": record(STAFF),
    "ladder.reopen": record(STAFF),
    "ladder.revoke": record(STAFF),
    "ladder.standing": record(EVERYONE),
    "web.home": public(),
    "web.set_language": public(),
    "web.styleguide": public(),
}
