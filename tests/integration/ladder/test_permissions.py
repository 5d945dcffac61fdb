"""Every verb refuses who may not, whatever page or command calls it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from crm.firms.models import Document
from crm.kernel.errors import NotAllowedError
from crm.ladder import service
from crm.ladder.models import Rung, Stage
from tests.factories import make_firm
from tests.integration.ladder.makers import TODAY, advance, pdf, qualify, tech_sme_case

UNTIL = date(2026, 12, 31)


class Made:
    """A firm with a case ready to apply, one just begun, one dropped, one applied for; with a title and one lapsed."""

    def __init__(self, session: Any, park: Any) -> None:
        officer = self.actor = park.officer
        self.firm = park.firm
        qualify(session, park.firm, officer)
        self.ready = advance(tech_sme_case(park.firm, officer), Stage.READY, officer, park.manager)
        self.begun = service.open_case(park.firm, Rung.SRDI, actor=officer)
        self.dropped = service.open_case(park.firm, Rung.HTE, actor=officer)
        service.drop_case(self.dropped, "企业放弃", actor=officer)
        qualify(session, park.other_firm, officer)
        self.applied = advance(tech_sme_case(park.other_firm, officer), Stage.APPLIED, officer, park.manager)
        another = make_firm(session, park.park)
        qualify(session, another, officer)
        self.certified = advance(tech_sme_case(another, officer), Stage.CERTIFIED, officer, park.manager)
        self.title = self.given(Rung.HTE, date(2023, 7, 1), date(2026, 6, 30))
        self.lapsed = self.given(Rung.INNOVATIVE_SME, date(2023, 1, 1), date(2025, 12, 31))
        service.declare(self.begun, "willing", actor=officer)
        self.listing = service.open_case(self.firm, Rung.LISTED_STAR, actor=officer)

    def given(self, rung: Rung, valid_from: date, valid_to: date) -> Any:
        return service.grant_credential(
            self.firm, rung, number="GR202643000001", valid_from=valid_from, valid_to=valid_to, actor=self.actor
        )

    def paper(self) -> Document:
        """One the firm handed in."""
        return Document(
            firm=self.firm, name="a.pdf", media_type="application/pdf", size=1, sha256="x", uploaded_by=self.actor
        )


VERBS: dict[str, Callable[[Made], Any]] = {
    "open_case": lambda it: service.open_case(it.firm, Rung.LITTLE_GIANT, actor=it.actor),
    "keep_assessment": lambda it: service.keep_assessment(it.firm, Rung.HTE, actor=it.actor),
    "move_case": lambda it: service.move_case(it.begun, Stage.CULTIVATING, actor=it.actor),
    "move_case_back": lambda it: service.move_case(it.ready, Stage.POOL, actor=it.actor, reason="材料有误"),
    "drop_case": lambda it: service.drop_case(it.begun, "企业放弃", actor=it.actor),
    "reject_case": lambda it: service.reject_case(it.applied, "专家评审未通过", actor=it.actor),
    "reopen_case": lambda it: service.reopen_case(it.dropped, "又想申报", actor=it.actor),
    "declare": lambda it: service.declare(it.ready, "truthful", actor=it.actor),
    "attach_document": lambda it: service.attach_document(it.ready, "application_form", pdf(), actor=it.actor),
    "accept_document": lambda it: service.accept_document(it.ready, "application_form", it.paper(), actor=it.actor),
    "reach_step": lambda it: service.reach_step(it.listing, "share_reformed", TODAY, actor=it.actor),
    "sign_off": lambda it: service.sign_off(it.ready, "recommendation", actor=it.actor),
    "withdraw": lambda it: service.withdraw(it.begun, "willing", actor=it.actor),
    "confirm_none": lambda it: service.confirm_none(it.firm, "incidents", actor=it.actor),
    "grant_credential": lambda it: it.given(Rung.SRDI, TODAY, UNTIL),
    "grant_many": lambda it: service.grant_many(
        Rung.SRDI, [service.Grant(it.firm.id, "Z", TODAY, UNTIL)], actor=it.actor
    ),
    "uncertify_case": lambda it: service.uncertify_case(
        it.certified, it.certified.events[-1].id, "名单撤回", actor=it.actor
    ),
    "tell_entry_reason": lambda it: service.tell_entry_reason(it.begun, "研发投入达标", actor=it.actor),
    "take_back_many": lambda it: service.take_back_many([it.title.id], actor=it.actor),
    "renew_credential": lambda it: service.renew_credential(
        it.title, number="GR202643000002", valid_from=TODAY, valid_to=UNTIL, actor=it.actor
    ),
    "revoke_credential": lambda it: service.revoke_credential(it.title, "提供虚假材料", actor=it.actor),
    "record_expiries": lambda it: service.record_expiries(actor=it.actor),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_firms_user_may_not_and_staff_may(session, park, verb: str) -> None:
    made = Made(session, park)
    made.actor = park.firm_user
    with pytest.raises(NotAllowedError):
        VERBS[verb](made)
    made.actor = park.manager
    VERBS[verb](made)


def test_no_verb_is_left_out() -> None:
    verbs = {name for name in service.__all__ if name[0].islower()}
    assert verbs <= set(VERBS)
