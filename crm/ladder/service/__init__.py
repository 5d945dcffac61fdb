"""Verbs of the ladder. Each flushes; the request or the command commits all of it or nothing."""

from crm.firms.service import confirm_none
from crm.ladder.service.assessments import keep_assessment
from crm.ladder.service.cases import (
    drop_case,
    open_case,
    reject_case,
    reopen_case,
    tell_entry_reason,
    uncertify_case,
)
from crm.ladder.service.checklist import (
    accept_document,
    attach_document,
    declare,
    reach_step,
    sign_off,
    withdraw,
)
from crm.ladder.service.credentials import (
    grant_credential,
    record_expiries,
    renew_credential,
    revoke_credential,
)
from crm.ladder.service.granting import Grant, Granted, TakenBack, grant_many, take_back_many
from crm.ladder.service.moves import Certificate, OpenItemsError, move_case

__all__ = [
    "Certificate",
    "Grant",
    "Granted",
    "OpenItemsError",
    "TakenBack",
    "accept_document",
    "attach_document",
    "confirm_none",
    "declare",
    "drop_case",
    "grant_credential",
    "grant_many",
    "keep_assessment",
    "move_case",
    "open_case",
    "reach_step",
    "record_expiries",
    "reject_case",
    "renew_credential",
    "reopen_case",
    "revoke_credential",
    "sign_off",
    "take_back_many",
    "tell_entry_reason",
    "uncertify_case",
    "withdraw",
]
