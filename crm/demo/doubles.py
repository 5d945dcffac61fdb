"""A firm of the made-up city that was entered twice: one to be found and merged."""

from __future__ import annotations

from crm.accounts.models import User
from crm.demo.story import Story
from crm.firms.service import add_contact, create_firm
from crm.kernel import clock
from crm.visits.service import Account, log_visit

DOUBLE = "云岭星河装备有限公司"


def write_double(story: Story, officer: User) -> None:
    """Someone took the firm's short sign for its name and had no credit code at hand."""
    firm = create_firm(
        actor=officer,
        organisation_id=story.cast.park.id,
        officer_id=officer.id,
        name=DOUBLE,
        telephone="0000-5550900",
    )
    add_contact(actor=officer, firm=firm, name="行政部", telephone="0000-5550900", main=True)
    log_visit(officer, firm, Account(on=clock.today(), said="展会上认识，想了解研发费用加计扣除怎么归集。"))
