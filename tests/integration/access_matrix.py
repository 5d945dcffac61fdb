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
    "accounts.link": record(ADMINISTRATOR),
    "accounts.organisation": record(ADMINISTRATOR),
    "accounts.organisations": own(ADMINISTRATOR),
    "accounts.sessions": own(EVERYONE),
    "accounts.set_password": public(),
    "accounts.sign_in": public(),
    "accounts.sign_out": own(EVERYONE),
    "accounts.sign_out_everywhere": own(EVERYONE),
    "accounts.user": record(ADMINISTRATOR),
    "accounts.users": own(ADMINISTRATOR),
    "desk.brief": record(STAFF),
    "desk.day": own(STAFF),
    "desk.firm": record(STAFF),
    "desk.next_rung": record(STAFF),
    "desk.watch": own(STAFF),
    "editions.certainties": own(EVERYONE),
    "editions.compare": own(EVERYONE),
    "editions.confirm": own(ADMINISTRATOR),
    "editions.copy": own(ADMINISTRATOR),
    "editions.discard": own(ADMINISTRATOR),
    "editions.download": own(EVERYONE),
    "editions.edit": own(ADMINISTRATOR),
    "editions.index": own(EVERYONE),
    "editions.numbers": own(ADMINISTRATOR),
    "editions.publish": own(ADMINISTRATOR),
    "editions.show": own(EVERYONE),
    "editions.statement": own(EVERYONE),
    "editions.take_back": own(ADMINISTRATOR),
    "editions.upload": own(ADMINISTRATOR),
    "duties.done": own(STAFF),
    "duties.export": own(STAFF),
    "duties.firm": record(EVERYONE),
    "duties.index": own(STAFF),
    "duties.months": own(STAFF),
    "duties.record": record(STAFF),
    "duties.withdraw": record(STAFF),
    "exchange.columns": record(STAFF),
    "exchange.confirm": record(STAFF),
    "exchange.discard": record(STAFF),
    "exchange.export_firms": own(STAFF),
    "exchange.index": own(STAFF),
    "exchange.marked": record(STAFF),
    "exchange.progress": record(STAFF),
    "exchange.show": record(STAFF),
    "exchange.template": own(STAFF),
    "exchange.undo": record(STAFF),
    "exchange.upload": own(STAFF),
    "firms.add_contact": record(STAFF),
    "firms.assign": record(STAFF),
    "firms.create": own(STAFF),
    "firms.create_right": record(STAFF),
    "firms.document": record(EVERYONE),
    "firms.edit": record(STAFF),
    "firms.edit_contact": record(STAFF),
    "firms.edit_facts": record(STAFF),
    "firms.edit_figures": record(STAFF),
    "firms.edit_right": record(STAFF),
    "firms.figures": record(EVERYONE),
    "firms.figures_of_year": record(EVERYONE),
    "firms.found": own(STAFF),
    "firms.views": own(STAFF),
    "firms.save_view": own(STAFF),
    "firms.change_view": record(frozenset({"officer"})),  # whose view it is
    "firms.delete_view": record(frozenset({"officer"})),
    "firms.history": record(STAFF),
    "firms.index": own(STAFF),
    "firms.ip": record(EVERYONE),
    "firms.profile": record(EVERYONE),
    "firms.proposal": record(STAFF),
    "firms.proposals": own(STAFF),
    "firms.remove_contact": record(STAFF),
    "firms.remove_figures": record(STAFF),
    "firms.remove_right": record(STAFF),
    "firms.trades": own(EVERYONE),
    "firms.upload_documents": record(STAFF),
    "firms.verify_fact": record(STAFF),
    "firms.verify_figures": record(STAFF),
    "firms.verify_right": record(STAFF),
    "insight.funnel": own(STAFF),
    "ladder.assessment": record(EVERYONE),
    "ladder.assessment_record": record(STAFF),
    "ladder.assessment_report": record(EVERYONE),
    "ladder.assessments": record(EVERYONE),
    "ladder.back": record(STAFF),
    "ladder.bulk": own(STAFF),
    "ladder.case": record(STAFF),
    "ladder.cases": own(STAFF),
    "ladder.checklist": record(STAFF),
    "ladder.compared": record(EVERYONE),
    "ladder.confirm_none": record(STAFF),
    "ladder.end": record(STAFF),
    "ladder.grant": record(STAFF),
    "ladder.keep": record(STAFF),
    "ladder.move": record(STAFF),
    "ladder.open_case": record(STAFF),
    "ladder.renew": record(STAFF),
    "ladder.reopen": record(STAFF),
    "ladder.revoke": record(STAFF),
    "ladder.standing": record(EVERYONE),
    "park.comparison": record(STAFF),
    "park.comparison_progress": record(STAFF),
    "park.comparison_sheet": record(STAFF),
    "park.comparisons": own(STAFF),
    "park.delete_comparison": record(STAFF),
    "park.new_comparison": own(STAFF),
    "park.gaps": own(STAFF),
    "park.readiness": own(STAFF),
    "park.readiness_progress": own(STAFF),
    "park.refresh_readiness": own(STAFF),
    "notices.channel": record(ADMINISTRATOR),
    "notices.channels_index": own(ADMINISTRATOR),
    "notices.create_channel": own(ADMINISTRATOR),
    "notices.deliveries": own(ADMINISTRATOR),
    "notices.index": own(EVERYONE),
    "notices.open_notice": record(frozenset({"officer"})),  # whose notice it is
    "notices.read": record(frozenset({"officer"})),
    "notices.read_all": own(EVERYONE),
    "notices.resend": record(ADMINISTRATOR),
    "notices.settings": own(EVERYONE),
    "notices.test_channel": record(ADMINISTRATOR),
    "outlook.outlook": record(EVERYONE),
    # A scenario is of one side, this one the staff's; a firm's own are tested in tests/integration/outlook.
    "outlook.overwrite_scenario": record(STAFF),
    "outlook.remove_scenario": record(STAFF),
    "outlook.rename_scenario": record(STAFF),
    "outlook.save_scenario": record(EVERYONE),
    "outlook.scenarios": record(EVERYONE),
    "outlook.ways": record(EVERYONE),
    "outlook.what_if": record(EVERYONE),
    "portal.account_link": record(STAFF),
    "portal.accounts": record(STAFF),
    "portal.contacts": own(FIRM),
    "portal.disable_account": record(STAFF),
    "portal.enable_account": record(STAFF),
    "portal.figures": own(FIRM),
    "portal.home": own(FIRM),
    "portal.ladder": own(FIRM),
    "portal.new_right": own(FIRM),
    "portal.object_to_answer": record(FIRM),
    "portal.own_need": record(FIRM),
    "portal.own_needs": own(FIRM),
    "portal.own_proposal": record(FIRM),
    "portal.own_proposals": own(FIRM),
    "portal.profile": own(FIRM),
    "portal.rate_need": record(FIRM),
    "portal.record": own(FIRM),
    "portal.remove_contact": record(FIRM),
    "portal.withdraw": record(FIRM),
    "registers.create": record(STAFF),
    "registers.edit": record(STAFF),
    "registers.entries": record(EVERYONE),
    "registers.remove": record(STAFF),
    "registers.verify": record(STAFF),
    "visits.answer_need": record(STAFF),
    "visits.call_off": record(STAFF),
    "visits.change_plan": record(STAFF),
    "visits.create": record(STAFF),
    "visits.create_task": record(STAFF),
    "visits.edit": record(STAFF),
    "visits.edit_task": record(STAFF),
    "visits.end_task": record(STAFF),
    "visits.index": record(STAFF),
    "visits.near": record(STAFF),
    "visits.needs": own(STAFF),
    "visits.pick": own(STAFF),
    "visits.pick_planned": own(STAFF),
    "visits.plan": record(STAFF),
    "visits.planned": record(STAFF),
    "visits.reopen_need": record(STAFF),
    "visits.reopen_task": record(STAFF),
    "visits.show": record(STAFF),
    "visits.tasks": own(STAFF),
    "visits.visit_calendar": own(STAFF),
    "web.home": public(),
    "web.set_language": public(),
    "web.styleguide": public(),
}
