"""What the worker does every hour for the pages that show it: warnings, counts of large organisations, lists, entitlements."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from flask import Flask

from crm.firms.few import refresh as find_few
from crm.incentives.effect import refresh as entitle
from crm.insight.early_warning.refresh import refresh as warn
from crm.insight.kept.refresh import refresh as keep
from crm.lists.screening import screen
from tests.bench.table import Figure, Line


def measure(app: Flask) -> Iterator[Line]:
    for title, work in (
        ("early warnings of all firms", warn),
        ("counts kept for large organisations", keep),
        ("firms of filters that find few", find_few),
        ("lists and chains of all firms", screen),
        ("entitlements of all firms", entitle),
    ):
        begun = perf_counter()
        with app.app_context():
            work()
        yield Line(title, {"s": Figure(perf_counter() - begun)})
