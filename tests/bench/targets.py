"""Targets and the evaluation of parks: their pages on a plan of Yiyang's size, everything counted before."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from crm.accounts.models import User
from crm.insight.performance import loading as weights
from crm.insight.targets import loading
from crm.insight.targets.models import Indicator, TargetPlan
from crm.insight.targets.refresh import refresh
from crm.insight.targets.service import take_over
from crm.kernel import audit
from crm.kernel.db import db

KEY = "yiyang.2021"


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Title and address of each page; the manager's place takes the plan over first, once."""
    with app.app_context():
        loading.load()
        weights.load()
        manager = db.session.scalars(select(User).where(User.name == "manager")).one()
        audit.sign(db.session, manager.id, audit.Via.COMMAND)
        own = select(TargetPlan).where(TargetPlan.key == KEY, TargetPlan.organisation_id == manager.organisation_id)
        plan = db.session.scalars(own).first()
        if plan is None:
            document = select(TargetPlan).where(TargetPlan.key == KEY, TargetPlan.organisation_id.is_(None))
            plan = take_over(actor=manager, plan=db.session.scalars(document).one())
        db.session.commit()
        plan_id = plan.id
        hte = db.session.scalars(select(Indicator.id).where(Indicator.key == "hte_count")).one()
        db.session.rollback()
        refresh()
    return [
        ("plans", "/targets"),
        ("targets and what was reached", f"/targets/{plan_id}"),
        ("one indicator, its shares and firms", f"/targets/{plan_id}/indicators/{hte}"),
        ("firms that an indicator counts", "/firms?counted=2025.held.hte"),
        ("parks ranked", "/parks/performance"),
    ]
