"""What the people of the demonstration arranged for themselves: saved views, and a firm that changed hands."""

from __future__ import annotations

from flask import current_app
from flask_login import login_user

from crm.accounts.models import User
from crm.demo.story import Story
from crm.firms.saved_views.service import save_view
from crm.firms.service import assign
from crm.handover.service import hand_over


def write_views(manager: User, officer: User) -> None:
    """The manager's views for all, and one of the officer's own."""
    save_view(actor=manager, endpoint="firms.index", query="held=hte", name="有效高企", shared=True)
    save_view(actor=manager, endpoint="firms.index", query="officer=none", name="待定专员", shared=True)
    save_view(actor=manager, endpoint="ladder.cases", query="rung=hte&status=open", name="高企在培", shared=True)
    query = f"officer={officer.id}&held=any"
    save_view(actor=officer, endpoint="firms.index", query=query, name="我的持证企业", shared=False)


def write_handover(manager: User, story: Story) -> None:
    """The manager looked after a firm for a while and gives it back to its officer."""
    firm, officer = story.here, story.cast.officer
    assign(actor=manager, firm=firm, officer_id=manager.id)
    with current_app.test_request_context():  # the sheet says what is missing, and to whom
        login_user(manager)
        hand_over(actor=manager, giver=manager, taker=officer, firms=[firm], note="代管期满，交回园区专员跟进。")
