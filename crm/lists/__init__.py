"""Lists with screening rules, and cultivation chains."""

from flask import Flask

from crm.lists import models as models  # its tables
from crm.lists.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
