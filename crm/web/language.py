"""Chinese first, English second: the page's switch, then the account's choice, then the browser's."""

from __future__ import annotations

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale, gettext, ngettext
from flask_babel.speaklater import LazyString
from flask_login import current_user

LANGUAGES = ("zh", "en")


# Flask-Babel passes a lazy text off as safe markup, with whatever a person typed inside it. It is text: escape it.
if "__html__" in vars(LazyString):
    del LazyString.__html__


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["ROOT"] / "translations")
    Babel(app, locale_selector=_select)
    # Texts are text, not markup: an “R&D” in the catalogue is escaped like any other value.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]


def _select() -> str:
    if not has_request_context():  # a command or a job
        return "zh"
    if session.get("language") in LANGUAGES:
        return session["language"]
    if current_user and current_user.is_authenticated and current_user.language in LANGUAGES:
        return current_user.language
    return request.accept_languages.best_match(LANGUAGES) or "zh"


def language() -> str:
    """`zh` or `en`: the language of this page (zh outside a request)."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"
