"""Tables that are handed in: their columns are data, their values come from the record."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    add_place(app, Place("insight.returns_page", _l("上报表"), "return", Permission.VIEW_FUNNEL, 67, group=Group.PARK))
