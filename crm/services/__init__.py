"""Services: what firms at a rung are due, needs matched with those who can answer them, and who serves whom."""

from flask import Flask

from crm.services import models as models  # its tables
from crm.services.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
