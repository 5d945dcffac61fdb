"""A firm held against a rule, in the reader's words: on its own page in full, on a list in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.facts import FirmFacts, facts_of_many
from crm.ladder.standing import clauses
from crm.library.citations import Citation
from crm.library.numbers import normal
from crm.lists.models import ChainLink, CultivationChain, FirmList
from crm.lists.rules import rule_of
from crm.park.models import Verdict
from crm.policy import Assessment, Edition, Facts, evaluate, title_of
from crm.policy.drafting.wording import say, say_decision, titles_of
from crm.web.language import language, title_in

MOST = 3  # clauses told in a line


def said(rule: Edition) -> list[dict[str, Any]]:
    """The clauses of a rule in words, with how well each number is known."""
    here, titles = language(), titles_of(rule)
    return [
        {
            "title": each.title[here],
            "text": say(each, titles)[here],
            "certainty": each.certainty,
            "article": each.article,
            "note": each.note[here] if each.note else None,
        }
        for each in rule.criteria
    ]


def decision_of(rule: Edition) -> list[str]:
    """How the clauses decide together, where not all of them are asked."""
    return [sentence[language()] for sentence in say_decision(rule)] if rule.alternatives else []


@dataclass(frozen=True)
class Judged:
    """A firm held against a rule today."""

    rule: Edition
    assessment: Assessment
    facts: FirmFacts

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.assessment.verdict)

    @property
    def clauses(self) -> list[dict[str, Any]]:
        """As `clause_row` shows them."""
        return clauses(self.assessment, self.facts)

    @property
    def line(self) -> str:
        """What stands in its way, or what it has, in one line."""
        here, unknown = language(), self.verdict is Verdict.UNKNOWN
        if unknown:
            missing = dict.fromkeys(path for each in self.assessment.criteria for path in each.missing)
            named = [title_of(path)[here] for path in missing]
            return _("缺：%(facts)s", facts=_("、").join(named[:MOST]) + (_(" 等") if len(named) > MOST else ""))
        told = []
        for each in self.assessment.criteria:
            if self.verdict is Verdict.NOT_MET and each.verdict == "not_met":
                told.append(each.title[here] + (f"{_('：')}{each.gap.text[here]}" if each.gap else ""))
            elif self.verdict is Verdict.MET and each.verdict == "met":
                told.append(each.title[here])  # of several ways the arithmetic also tells those that were not taken
        return _("；").join(told[:MOST])


def judged(firm: Firm, rule: Edition, facts: FirmFacts, on: date | None = None) -> Judged:
    """The firm held against the rule."""
    return Judged(rule, evaluate(rule, Facts.from_document(facts.document), on or clock.today()), facts)


def lines_of(firms: Sequence[Firm], rule: Edition) -> dict[int, Judged]:
    """Some firms held against a rule: as many queries as for one."""
    today = clock.today()
    facts = facts_of_many(firms, today)
    return {firm.id: judged(firm, rule, facts[firm.id], today) for firm in firms}


@dataclass(frozen=True)
class LinkState:
    link: ChainLink
    verdict: Verdict
    judged: Judged | None


@dataclass(frozen=True)
class Along:
    """Where a firm stands along a chain. `fits` None: nobody knows whether the chain is for it."""

    chain: CultivationChain
    fits: bool | None
    links: list[LinkState]

    @property
    def here(self) -> LinkState | None:
        """The furthest link it has passed."""
        return next((each for each in reversed(self.links) if each.verdict is Verdict.MET), None)

    @property
    def following(self) -> LinkState | None:
        """The first link it has not passed."""
        return next((each for each in self.links if each.verdict is not Verdict.MET), None)


def along(firm: Firm, chain: CultivationChain, facts: FirmFacts) -> Along | None:
    """The firm along the chain; None where the chain is not for it, or it has not set out on one that is for everyone."""
    whom = rule_of(chain)
    fits: bool | None = True
    if whom is not None:
        verdict = judged(firm, whom, facts).verdict
        if verdict is Verdict.NOT_MET:
            return None
        fits = True if verdict is Verdict.MET else None
    links = []
    for link in chain.links:
        rule = rule_of(link)
        held = judged(firm, rule, facts) if rule else None
        links.append(LinkState(link, held.verdict if held else Verdict.UNKNOWN, held))
    if whom is None and not any(each.verdict is Verdict.MET for each in links):
        return None
    return Along(chain, fits, links)


def citations(number: str) -> list[Citation]:
    """The lists and chains that rest on a document."""
    lists = db.session.scalars(select(FirmList).where(FirmList.document_number.is_not(None)).order_by(FirmList.place))
    chains = db.session.scalars(
        select(CultivationChain).where(CultivationChain.document_number.is_not(None)).order_by(CultivationChain.place)
    )
    return [
        *(
            Citation(_l("名单"), title_in(each), url_for("lists.show", firm_list_id=each.id))
            for each in lists
            if normal(each.document_number or "") == number
        ),
        *(
            Citation(_l("培育链"), title_in(each), url_for("lists.chains", _anchor=f"chain-{each.id}"))
            for each in chains
            if normal(each.document_number or "") == number
        ),
    ]
