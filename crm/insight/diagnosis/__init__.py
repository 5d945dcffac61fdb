"""The tables of a survey report (调研报告) worked out of the record: who does R&D, who has patents, whom firms employ, why they do not innovate."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.insight.diagnosis import models as models  # its tables
from crm.insight.diagnosis import work
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    work.init_app(app)
    fields = {"key": _l("指标"), "year": _l("年份"), "place": _l("地区"), "value": _l("数值"), "source": _l("出处")}
    add_words(app, "benchmark", _l("对照数"), fields, subject="place")
    add_place(
        app, Place("insight.diagnosis", _l("创新诊断"), "diagnosis", Permission.VIEW_FUNNEL, 66, group=Group.PARK)
    )
