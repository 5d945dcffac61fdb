"""What the rules say, for the list of all that a person can confirm."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from crm.duties.rules import FILE, Kind, Rule, rules
from crm.editions.statements import Provision, Statement, between
from crm.web.language import language


def statements() -> Iterator[Statement]:
    """Each rule as one statement."""
    for rule in rules():
        yield Statement(
            fingerprint=rule.fingerprint,
            kind="provision",
            clause=rule.id,
            article=rule.article,
            document=rule.document,
            certainty=rule.certainty,
            said=Provision(rule.title, _text(rule), rule.certainty, rule.fingerprint),
            source=None,
            editions=(FILE.name,),
            rungs=rule.rungs,
        )


def _text(rule: Rule) -> str:
    """By when, what follows, and from when to when the rule holds."""
    if rule.due is not None:
        by = _("每年 %(month)s 月 %(day)s 日前", month=rule.due[0], day=rule.due[1])
    elif rule.kind is Kind.CHANGE:
        by = _("更名后 %(n)s 个月内", n=rule.months)
    else:
        by = _("有效期 %(n)s 个月", n=rule.months)
    lost = _("累计漏报 %(n)s 次取消资格", n=rule.loses_after) if rule.loses_after else None
    parts = (by, lost, rule.consequence[language()], between(rule.since, rule.until))
    return _("；").join(part for part in parts if part)
