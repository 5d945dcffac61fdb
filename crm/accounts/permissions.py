"""Who may do what: permissions in alphabetical order, and the roles that hold them."""

from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    OFFICER = "officer"
    FIRM = "firm"


class Permission(StrEnum):
    ADMINISTER_ACCOUNTS = "administer_accounts"
    ADMINISTER_REFERENCE = "administer_reference"
    CULTIVATE = "cultivate"
    DECIDE_PROPOSALS = "decide_proposals"
    EDIT_FIRMS = "edit_firms"
    EDIT_VISITS = "edit_visits"
    EXCHANGE = "exchange"
    KEEP_OWN_RECORD = "keep_own_record"
    LOG_VISITS = "log_visits"
    OVERRIDE_CHECKLIST = "override_checklist"
    SET_TARGETS = "set_targets"
    SIGN_OFF = "sign_off"
    SIGNED_IN = "signed_in"
    VIEW_FIRMS = "view_firms"
    VIEW_FUNNEL = "view_funnel"
    VIEW_RECORD = "view_record"


_OFFICER = frozenset(
    {
        Permission.CULTIVATE,
        Permission.DECIDE_PROPOSALS,
        Permission.EDIT_FIRMS,
        Permission.EXCHANGE,
        Permission.LOG_VISITS,
        Permission.SIGNED_IN,
        Permission.VIEW_FIRMS,
        Permission.VIEW_FUNNEL,
        Permission.VIEW_RECORD,
    }
)
_MANAGER = _OFFICER | {
    Permission.EDIT_VISITS,
    Permission.OVERRIDE_CHECKLIST,
    Permission.SET_TARGETS,
    Permission.SIGN_OFF,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _MANAGER | {Permission.ADMINISTER_ACCOUNTS, Permission.ADMINISTER_REFERENCE},
    Role.MANAGER: _MANAGER,
    Role.OFFICER: _OFFICER,
    # Of its own record only; VIEW_FIRMS (visits, history, lists) is the staff's.
    Role.FIRM: frozenset({Permission.KEEP_OWN_RECORD, Permission.SIGNED_IN, Permission.VIEW_RECORD}),
}
