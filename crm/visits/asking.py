"""What a firm works towards, and what of it nobody knows or nobody knows any more: a room above offers it, the visit form asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app

from crm.firms.models import Firm
from crm.visits.outlines import Outline, outline_for


@dataclass(frozen=True)
class Stale:
    """A list that was said to be empty too long ago. `others`: of which entries stand there, and others may have come; `why` in words."""

    name: str
    others: bool
    why: str


@dataclass(frozen=True)
class Aim:
    """The next rung (None: there is none), the paths of facts nobody entered that stand in its way (`years.2025.rd`), and the
    lists of which it has to be said again that there is nothing.
    """

    rung: str | None = None
    title: Any = None
    missing: Sequence[str] = field(default_factory=list)
    stale: Sequence[Stale] = ()

    @property
    def outline(self) -> Outline:
        return outline_for(self.rung)


Offer = Callable[[Firm], Aim]


def offer_aim(app: Flask, offer: Offer) -> None:
    """Say who tells a firm's aim. There is one teller."""
    app.extensions["visit_aim"] = offer


def aim_of(firm: Firm) -> Aim:
    offer: Offer | None = current_app.extensions.get("visit_aim")
    return offer(firm) if offer is not None else Aim()
