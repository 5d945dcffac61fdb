"""What a proposal may ask for that belongs to a room above: it says how the wish is called, and what accepting it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.firms.proposals.models import ProposalField, Target


def _nothing(_firm: Firm, _target_key: str | None, _field: str) -> None:
    return None


def _as_it_is(_firm: Firm, _target_key: str | None, _field: str, new: Any) -> Any:
    return new


def _by_its_name(asked: ProposalField) -> str:
    return asked.field


def _as_text(_asked: ProposalField, value: Any) -> str:
    return str(value)


@dataclass(frozen=True)
class Handling:
    """`accept` is called with who accepts; it raises DomainError where the wish cannot be met any more.

    `stands`: what the record says now, as JSON holds it. `check`: the wish in its normal form, as JSON holds it; raises
    DomainError for what the record would refuse. `text`: a value for a reader. `key`: what two wishes have in common of which
    the later stands for the earlier.
    """

    title: Callable[[ProposalField], str]
    accept: Callable[[User, ProposalField], None]
    stands: Callable[[Firm, str | None, str], Any] = _nothing
    check: Callable[[Firm, str | None, str, Any], Any] = _as_it_is
    text: Callable[[ProposalField, Any], str] = _as_text
    key: Callable[[ProposalField], str] = _by_its_name


def offer_handling(app: Flask, target: Target, handling: Handling) -> None:
    app.extensions.setdefault("proposal_targets", {})[target] = handling


def handling_of(target: Target) -> Handling | None:
    found: dict[Target, Handling] = current_app.extensions.get("proposal_targets", {})
    return found.get(target)
