"""A diagnosis to show: worked out for every organisation that has none, beside an average that is plainly made up."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.insight.diagnosis.service import set_benchmark
from crm.insight.diagnosis.work import kept, make
from crm.kernel import clock
from crm.kernel.db import db


def write_benchmarks(manager: User) -> None:
    year = clock.today().year - 1
    for key, value in (("rd_intensity", "0.0245"), ("rd_share", "0.52"), ("patent_share", "0.41")):
        set_benchmark(
            actor=manager, key=key, year=year, place="全省平均", value=Decimal(value), source="演示用的假设数，不是公报"
        )


def make_diagnoses() -> None:
    """Of last year, for those that have none; commits."""
    year = clock.today().year - 1
    for organisation in db.session.scalars(select(Organisation).order_by(Organisation.id)).all():
        if kept(organisation.id, year) is None:
            make(organisation, year)
    db.session.commit()
