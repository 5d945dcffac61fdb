"""What an address of this room asks about: a rung, a day and a purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from crm.firms.models import Firm
from crm.kernel import clock
from crm.ladder.models import Purpose, Rung
from crm.ladder.standing import purposes_of, rung_to_look_at, rungs_with_editions
from crm.ladder.words import PURPOSES, RUNGS
from crm.web.fields import read_date
from crm.web.formatting import day

AHEAD = timedelta(days=3660)  # nothing can be foreseen further


@dataclass(frozen=True)
class Asked:
    """`wrong_date` says why the day that was asked for could not be taken; it is then today."""

    rung: Rung
    on: date
    purpose: Purpose
    region: str | None
    wrong_date: str | None = None

    @property
    def title(self) -> Any:
        return RUNGS[self.rung]

    @property
    def rungs(self) -> dict[Rung, Any]:
        return {rung: RUNGS[rung] for rung in rungs_with_editions()}

    @property
    def purposes(self) -> dict[Purpose, Any]:
        """What the rung has criteria for on the day."""
        return {purpose: PURPOSES[purpose] for purpose in purposes_of(self.rung, self.on, self.region)}

    @property
    def address(self) -> dict[str, str]:
        """Its part of an address, without what goes without saying."""
        found = {"rung": self.rung.value}
        if self.purpose is not Purpose.NEW:
            found["purpose"] = self.purpose.value
        if self.on != clock.today():
            found["on"] = self.on.isoformat()
        return found


def asked(firm: Firm) -> Asked:
    """What the request asks about, in the address or in a form; what it does not say is the firm's next rung, today."""
    given = request.values
    rung = next((rung for rung in rungs_with_editions() if rung.value == given.get("rung")), None)
    rung = rung or rung_to_look_at(firm)
    try:
        on, wrong = _day(given["on"]) if given.get("on") else clock.today(), None
    except ValueError as error:
        on, wrong = clock.today(), str(error)
    purposes = purposes_of(rung, on, firm.division_code)
    default = purposes[0] if purposes and Purpose.NEW not in purposes else Purpose.NEW
    # A purpose without criteria on that day stays asked for: the page says that there are none, and which there are.
    purpose = next((each for each in Purpose if each.value == given.get("purpose")), default)
    return Asked(rung, on, purpose, firm.division_code, wrong)


def _day(text: str) -> date:
    on, latest = read_date(text), clock.today() + AHEAD
    if on > latest:
        raise ValueError(_("请填不晚于 %(latest)s 的日期。", latest=day(latest)))
    return on
