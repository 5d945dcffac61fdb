"""Hand-over: firms go from one officer to another, with all that is under way."""

from flask import Flask

from crm.handover import models as models  # its tables


def init_app(app: Flask) -> None:
    """Nothing yet."""
