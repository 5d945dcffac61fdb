"""What the worker does every hour for the pages that show it: early warnings, and the counts of large organisations."""

from __future__ import annotations

from time import perf_counter

from flask import Flask

from crm.insight.early_warning.refresh import refresh as warn
from crm.insight.kept.refresh import refresh as keep
from tests.bench.table import Figure, Line


def measure(app: Flask) -> list[Line]:
    lines = []
    for title, work in (("early warnings of all firms", warn), ("counts kept for large organisations", keep)):
        begun = perf_counter()
        with app.app_context():
            work()
        lines.append(Line(title, {"s": Figure(perf_counter() - begun)}))
    return lines
