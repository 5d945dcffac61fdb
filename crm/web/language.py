"""Chinese first, English second: the page's switch, then the account's choice, then the browser's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale, gettext, ngettext
from flask_babel.speaklater import LazyString
from flask_login import current_user

from crm.policy.text import LANGUAGES

# Flask-Babel passes a lazy text off as safe markup, with whatever a person typed inside it. It is text: escape it.
if "__html__" in vars(LazyString):
    del LazyString.__html__


def _of_text(lazy: LazyString, name: str) -> Any:
    """What a text can do, a lazy one can: without looking it up only to learn that texts have no such special method."""
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(str(lazy), name)


LazyString.__getattr__ = _of_text


class Texts(Domain):
    """The catalogues by language. Flask-Babel spells out the whole locale to find one, at each of a page's hundreds of texts."""

    def get_translations(self) -> Any:
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        found = self.cache.get(locale.language)
        if found is None:
            found = self.cache[locale.language] = super().get_translations()
        return found


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["ROOT"] / "translations")
    Babel(app, locale_selector=_select).domain_instance = Texts()
    # Texts are text, not markup: an “R&D” in the catalogue is escaped like any other value.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
    app.jinja_env.globals.update({"_": gettext, "title_in": title_in, "name_in": name_in})


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


def title_in(item: Any) -> str:
    """The name of a thing that has one in each language, in the reader's: `title` and `title_en` of a record, or of a mapping."""
    chinese, english = (item["title"], item["title_en"]) if isinstance(item, Mapping) else (item.title, item.title_en)
    return (english if language() == "en" else chinese) or chinese


def name_in(item: Any) -> str:
    """The same of a record that has a `name` and a `name_en`."""
    return (item.name_en if language() == "en" else item.name) or item.name
