"""What a proposal may ask for that belongs to a room above: it says how the wish is called, and what accepting it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from crm.accounts.models import User
from crm.firms.proposals.models import ProposalField, Target


@dataclass(frozen=True)
class Handling:
    """`accept` is called with who accepts; it raises DomainError where the wish cannot be met any more."""

    title: Callable[[ProposalField], str]
    accept: Callable[[User, ProposalField], None]


def offer_handling(app: Flask, target: Target, handling: Handling) -> None:
    app.extensions.setdefault("proposal_targets", {})[target] = handling


def handling_of(target: Target) -> Handling | None:
    found: dict[Target, Handling] = current_app.extensions.get("proposal_targets", {})
    return found.get(target)
