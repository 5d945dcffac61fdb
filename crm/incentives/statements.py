"""What the rules of incentives say, for the list of all that a person can confirm."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from crm.editions.statements import Provision, Statement, between
from crm.incentives.rules import Rule, rules
from crm.policy.text import Text
from crm.web.language import language


def statements() -> Iterator[Statement]:
    """Each rule's document, condition, numbers and notes, as a statement each."""
    for rule in rules():
        here = language()
        document = rule.document
        dates = f"{document.number}{_('：')}{between(rule.since, rule.until)}"
        yield _statement(rule, "document", Text("文号与日期", "Number and dates"), dates, document)
        yield _statement(rule, "who", Text("谁可以享受", "Who may"), rule.beneficiary[here], rule.whom)
        for term in rule.terms.values():
            if term.value is not None:
                yield _statement(rule, term.key, term.title, term.text[here], term)
        for remark in (*rule.asks, *rule.notes):
            yield _statement(rule, remark.id, Text("说明", "Note"), remark.text[here], remark)


def _statement(rule: Rule, key: str, title: Text, text: str, said: object) -> Statement:
    certainty, fingerprint = getattr(said, "certainty"), getattr(said, "fingerprint")  # noqa: B009  (four kinds of parts)
    named = Text(f"{rule.title.zh}：{title.zh}", f"{rule.title.en}: {title.en}")
    return Statement(
        fingerprint=fingerprint,
        kind="incentive",
        clause=f"{rule.incentive}.{key}",
        article=rule.article,
        document=rule.document.number,
        certainty=certainty,
        said=Provision(named, text, certainty, fingerprint),
        source=None,
        editions=(rule.file,),
        rungs=(),
    )
