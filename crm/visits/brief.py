"""What to know before the door: rooms above offer lines for it (what is missing for the next rung, say)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from crm.firms.models import Firm


@dataclass(frozen=True)
class Question:
    """Something to ask at the visit, and the page where the answer is entered."""

    text: Any
    href: str | None = None


Offer = Callable[[Firm], list[Question]]


def add_questions(app: Flask, offer: Offer) -> None:
    app.extensions.setdefault("visit_questions", []).append(offer)


def questions_about(firm: Firm) -> list[Question]:
    return [question for offer in current_app.extensions.get("visit_questions", []) for question in offer(firm)]
