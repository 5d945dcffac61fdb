"""Notices: what a person is told of, in the app, by mail, and in a group chat."""

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.kernel.jobs import offer_regular
from crm.notices import channel_routes, clearing, queries, routes, sending, service
from crm.web.layout import Group, Place, add_place, add_to_user_menu


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_to_user_menu(app, Place("notices.settings", _l("提醒方式"), "bell", Permission.SIGNED_IN))
    chats = Place(
        "notices.channels_index", _l("群机器人"), "mail", Permission.ADMINISTER_ACCOUNTS, 85, group=Group.RULES
    )
    add_place(app, chats)
    app.extensions.setdefault("link_made", []).append(service.send_link)
    app.context_processor(lambda: {"unread_notices": _unread, "mail_is_on": app.config["MAIL"] is not None})
    offer_regular(app, "notices", sending.EVERY, sending.work)
    offer_regular(app, "old notices", clearing.EVERY, clearing.clear)


def _unread() -> int:
    """For the bell of the frame: asked for only where it is drawn."""
    return queries.unread_count(current_user) if current_user and current_user.is_authenticated else 0


__all__ = ["channel_routes", "init_app"]
