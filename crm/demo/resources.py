"""What the made-up city has to offer its firms, and which firms are tied to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import yaml

from crm.accounts.models import Organisation, User
from crm.demo.city import FOLDER
from crm.demo.story import Story
from crm.firms.models import Firm
from crm.kernel import clock
from crm.registers.resources import service
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceRegister

OWN_COLUMNS = ("name", "kind", "level", "number", "holder", "words", "capacity")


def write_resources(manager: User, stories: Sequence[Story]) -> None:
    """Enter the resources of `seeds/demo/resources.yaml` and tie firms to them."""
    plans = yaml.safe_load((FOLDER / "resources.yaml").read_text(encoding="utf-8"))
    for plan in plans:
        firms = [story.here for story in stories if plan.get("park") in (None, story.plan.park)]
        parks: dict[str, Organisation] = {story.plan.park: story.cast.park for story in stories}
        organisation = parks[plan["park"]] if "park" in plan else manager.organisation
        assert organisation is not None
        _tie(manager, _enter(manager, organisation, plan), plan, firms)


def _enter(manager: User, organisation: Organisation, plan: dict[str, Any]) -> Resource:
    register = ResourceRegister(plan["register"])
    values = {name: plan[name] for name in OWN_COLUMNS if name in plan}
    if "trade" in plan:
        values["industry_code"] = plan["trade"]
    if "began" in plan:
        values["on"] = _ago(plan["began"])
    if "until" in plan:
        values["valid_to"] = _ago(plan["until"])
    if "amount" in plan:
        values["amount"] = Decimal(plan["amount"]) * 10000
    return service.add_resource(actor=manager, register=register, organisation=organisation, **values)


def _tie(manager: User, resource: Resource, plan: dict[str, Any], firms: Sequence[Firm]) -> None:
    random = Random(resource.name)  # noqa: S311  data, not secrets
    drawn = iter(random.sample(firms, len(firms)))
    moment = RESOURCES[resource.register].moment
    for outcome, count in plan.get("ended", {}).items():
        for firm, _number in zip(drawn, range(count), strict=False):
            since = resource.on if moment else _ago(random.randint(400, 1200))
            until = None if moment else _ago(random.randint(20, 380))
            service.tie(actor=manager, resource=resource, firm=firm, since=since, until=until, outcome=outcome)
    for firm, _number in zip(drawn, range(plan.get("firms", 0)), strict=False):
        since = resource.on if moment else _ago(random.randint(30, 700))
        service.tie(actor=manager, resource=resource, firm=firm, role=plan.get("role"), since=since)


def _ago(days: int) -> date:
    return clock.today() - timedelta(days=days)
