"""Averages of others that a diagnosis is held against: entered with their source."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.insight.diagnosis.models import Benchmark
from crm.insight.diagnosis.tables import BENCHMARKS
from crm.kernel.db import db
from crm.kernel.errors import DomainError


def set_benchmark(*, actor: User, key: str, year: int, place: str, value: Decimal, source: str) -> Benchmark:
    """Enter an average, or correct the one of that place and year. Raises DomainError where no source is given."""
    if key not in BENCHMARKS:
        raise DomainError(_("请从列出的指标中选一个。"), field="key")
    if not source.strip():
        raise DomainError(_("请写明出处（公报、年鉴的名称和页码）。"), field="source")
    if not 0 <= value <= 1:
        raise DomainError(_("占比在 0 到 100% 之间。"), field="value")
    found = db.session.scalar(
        select(Benchmark).where(Benchmark.key == key, Benchmark.year == year, Benchmark.place == place.strip())
    )
    if found is None:
        found = Benchmark(key=key, year=year, place=place.strip(), value=value, source=source.strip())
        db.session.add(found)
    found.value, found.source = value, source.strip()
    db.session.flush()
    return found


def remove_benchmark(*, actor: User, benchmark: Benchmark) -> None:
    """Take an average out. The history keeps it."""
    db.session.delete(benchmark)
    db.session.flush()


def benchmarks() -> list[Benchmark]:
    """All of them, the newest year first."""
    return list(db.session.scalars(select(Benchmark).order_by(Benchmark.year.desc(), Benchmark.key, Benchmark.place)))
