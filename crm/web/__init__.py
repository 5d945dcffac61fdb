"""What all pages are made of. Knows no room."""

from flask import Flask

from crm.web import errors, formatting, language, layout, routes, security, transaction


def init_app(app: Flask) -> None:
    language.init_app(app)
    security.init_app(app)
    transaction.init_app(app)
    formatting.init_app(app)
    layout.init_app(app)
    errors.init_app(app)
    app.register_blueprint(routes.blueprint)
