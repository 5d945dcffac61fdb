"""How parks perform: weighted indicators (五好园区), ranked with reasons."""

from flask import Flask

from crm.insight.performance import loading
from crm.insight.performance import models as models  # its tables


def init_app(app: Flask) -> None:
    app.extensions.setdefault("reference_loaders", []).append(loading.load)
