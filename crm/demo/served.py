"""What firms of the made-up city were told of and given from their packages, and a need put together with who could answer it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from crm.demo.story import Story
from crm.kernel import clock
from crm.kernel.db import db
from crm.services import matching, service
from crm.services.models import ServiceState
from crm.services.queries import package_of
from crm.visits.models import Need, NeedState

WHAT = (
    (ServiceState.GIVEN, "已上门办理"),
    (ServiceState.OFFERED, None),
    (ServiceState.GIVEN, None),
    (None, None),
    (ServiceState.DECLINED, "企业已委托中介机构办理"),
)


def write_served(stories: Sequence[Story]) -> None:
    """Record services at every other firm; recommend the best resource for the first needs that have one."""
    for number, story in enumerate(stories[::2]):
        for place, due in enumerate(package_of(story.here)):
            state, note = WHAT[(number + place) % len(WHAT)]
            if state is not None:
                on = clock.today() - timedelta(days=9 * (number % 7) + place)
                service.record_service(
                    actor=story.officer, firm=story.here, item=due.item, state=state, on=on, note=note
                )
    firms = {story.here.id: story for story in stories}
    needs = db.session.scalars(
        select(Need).where(Need.state == NeedState.OPEN, Need.firm_id.in_(firms)).order_by(Need.id)
    )
    for need in needs:
        found = matching.matches_for(firms[need.firm_id].officer, need, limit=1)
        if found and found[0].words:
            matching.put_to(actor=firms[need.firm_id].officer, need=need, resource=found[0].resource)
