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
    "web.home": public(),
    "web.set_language": public(),
    "web.styleguide": public(),
}
