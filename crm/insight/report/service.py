"""Writing in a monthly report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import Organisation, User
from crm.insight.models import MonthlyReport
from crm.insight.report.content import words_of
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.web.conflict import is_outdated, told

LONGEST = 2000  # characters of a section: the report is one page
TITLES = {"words": _l("文字")}


def write_words(
    *,
    actor: User,
    organisation: Organisation,
    month: date,
    words: Mapping[str, str],
    titles: Mapping[str, str],
    version: int | str | None,
) -> MonthlyReport | None:
    """Keep what a person wrote, by section; an empty section says again what the data say. None: there is nothing to keep.

    `version` is that of the report when the form was opened (empty: nothing was written yet). Raises EditConflictError
    with both texts where someone wrote since, DomainError on its section for a text that is too long.
    """
    written = {key: text.strip() for key, text in words.items() if text.strip()}
    for key, text in written.items():
        if len(text) > LONGEST:
            raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST), field=key)
    report = words_of(organisation, month)
    if report is None:
        if not written:
            return None
        report = MonthlyReport(organisation=organisation, month=month, words={}, edited_by=actor)
        db.session.add(report)
    elif is_outdated(report, version or 0):
        differences = [
            (titles[key], report.words.get(key) or _("（由数据生成）"), written.get(key) or _("（由数据生成）"))
            for key in titles
            if report.words.get(key, "") != written.get(key, "")
        ]
        if differences:
            raise EditConflictError(told(), differences, version=report.version)
    report.words, report.edited_by, report.edited_at = written, actor, clock.now()
    db.session.flush()
    return report
