"""What all pages are made of. Knows no room."""

from flask import Flask

from crm.web import compression, errors, formatting, language, layout, routes, security, transaction
from crm.web.addresses import RecordNumber, Request
from crm.web.tables import sealed_chart


def init_app(app: Flask) -> None:
    app.request_class = Request
    app.url_map.converters["int"] = RecordNumber
    language.init_app(app)
    compression.init_app(app)
    security.init_app(app)
    transaction.init_app(app)
    formatting.init_app(app)
    layout.init_app(app)
    errors.init_app(app)
    app.jinja_env.globals.update(sealed_chart=sealed_chart)
    app.register_blueprint(routes.blueprint)
