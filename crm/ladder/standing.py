"""Where a firm stands: an edition's answer as its page shows it, clause by clause, with sources and places to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.editions.certainty import certainty_counts, certainty_of
from crm.editions.library import library
from crm.firms.documents.service import visible_document
from crm.firms.models import Firm
from crm.kernel import clock
from crm.ladder.facts import FirmFacts, Place, facts_of, place_of
from crm.ladder.gate import NO_CRITERIA, Examination, blocking_criteria, examine
from crm.ladder.models import Credential, Purpose, Rung
from crm.ladder.queries import held_on, open_cases, rung_of, titles_of
from crm.ladder.words import LEVELS, RUNGS, SHORT_RUNGS, STAGES
from crm.policy import CERTAINTIES, Assessment, title_of
from crm.policy.answers.assess import CriterionResult
from crm.policy.answers.verdict import MET
from crm.policy.language.regions import covers
from crm.policy.readings.algebra import Figure
from crm.policy.text import SIGNS, interval, plain, quantity
from crm.policy.vocabulary import LISTS
from crm.web.formatting import day
from crm.web.language import language


@dataclass(frozen=True)
class Standing:
    """One rung for one firm on a date."""

    rung: Rung
    examination: Examination

    @property
    def title(self) -> Any:
        return RUNGS[self.rung]

    @property
    def assessment(self) -> Assessment | None:
        return self.examination.assessment

    @property
    def verdict(self) -> str:
        return self.assessment.verdict if self.assessment else NO_CRITERIA

    @property
    def line(self) -> str:
        """What to know in one line: the score, and how much is in the way."""
        if self.assessment is None:
            return self.examination.lack[language()] if self.examination.lack else ""
        missing = len(blocking_criteria(self.assessment)) if self.verdict != MET else 0
        parts = [score_text(self.assessment), _("还有 %(count)s 条", count=missing) if missing else ""]
        return " · ".join(part for part in parts if part)


def rungs_with_editions() -> list[Rung]:
    """The rungs that the engine has criteria for, in their order."""
    there = {edition.rung for edition in library()}
    return [rung for rung in Rung if rung.value in there]


def rung_to_look_at(firm: Firm) -> Rung:
    """The rung the firm works towards, or the first above what it holds. There is one while any rung has criteria."""
    offered, order = rungs_with_editions(), list(Rung)
    working = [case.rung for case in open_cases(firm) if case.rung in offered]
    if working:
        return max(working, key=order.index)
    highest = rung_of(firm, clock.today())
    above = [rung for rung in offered if highest is None or order.index(rung) > order.index(highest)]
    return above[0] if above else offered[-1]


def purposes_of(rung: Rung, on: date, region: str | None) -> list[Purpose]:
    """What the rung has criteria for on the day, in a firm's division."""
    there = {
        edition.purpose
        for edition in library()
        if edition.rung == rung.value and edition.in_force(on) and covers(edition.region, region)
    }
    return [purpose for purpose in Purpose if purpose.value in there]


def standings(firm: Firm, on: date, rungs: Sequence[Rung], purpose_of: dict[Rung, Purpose]) -> list[Standing]:
    """The firm against each of the rungs; its facts are read once."""
    facts = facts_of(firm, on)
    return [Standing(rung, examine(firm, rung, on, purpose_of.get(rung, Purpose.NEW), facts)) for rung in rungs]


def score_text(assessment: Assessment) -> str:
    """`62–71 分（须 > 70）`, or nothing where the edition has no score."""
    score = assessment.score
    if score is None:
        return ""
    low, high = plain(score.low), plain(score.high)
    return _(
        "%(points)s 分（须 %(operator)s %(line)s）",
        points=low if low == high else f"{low}–{high}",
        operator=SIGNS[score.operator],
        line=plain(score.line),
    )


def certainty_text(assessment: Assessment) -> str:
    """`已核实 3 条，存疑 1 条；文号与日期：二手资料`: how many clauses, and the document, are known how well today."""
    here, edition = language(), assessment.edition
    counts = certainty_counts(edition).items()
    clauses = _("，").join(_("%(known)s %(count)s 条", known=CERTAINTIES[n][here], count=c) for n, c in counts)
    document = CERTAINTIES[certainty_of(edition.document)][here]
    return _("%(clauses)s；文号与日期：%(document)s", clauses=clauses, document=document)


def clauses(assessment: Assessment, facts: FirmFacts) -> list[dict[str, Any]]:
    """The criteria as `clause_row` shows them; scored parts stand under the score they add up to."""
    score = assessment.edition.score
    rows = {
        result.id: {**_clause(result, facts), "certainty": certainty_of(assessment.edition.criterion(result.id))}
        for result in assessment.criteria
    }
    parts = [rows[result.id] for result in assessment.criteria if result.role == "part"]
    if score is not None:
        rows[score]["parts"] = parts
    return [rows[result.id] for result in assessment.criteria if result.role != "part" or score is None]


def verdict_shown(result: CriterionResult) -> str:
    """What a clause came to; one that does not concern the firm is not in its way, but is no success either."""
    return "not_applicable" if result.applies is False else result.verdict


def _clause(result: CriterionResult, facts: FirmFacts) -> dict[str, Any]:
    here = language()
    role = {"alternative": _("几条途径任一即可"), "basis": _("供其他条款引用")}.get(result.role)
    not_for_it = _("对本企业不适用") if result.applies is False else None
    words = [result.id, result.article, role, not_for_it, result.note[here] if result.note else None]
    row: dict[str, Any] = {
        "id": result.id,
        "title": result.title[here],
        "article": " · ".join(word for word in words if word),
        "verdict": verdict_shown(result),
        "gap": result.gap.text[here] if result.gap else None,
        "arithmetic": result.arithmetic[here] if result.arithmetic else None,
        "missing": [
            {
                "text": title_of(path)[here],
                "href": address(place_of(facts.firm_id, path)),
                "why": facts.why_unknown(path),
            }
            for path in result.missing
        ],
        "used": [used(figure, facts) for figure in result.figures],
        "operator": result.operator,
        "threshold": None,
    }
    if result.points is not None and result.maximum is not None:
        low, high = result.points
        row["score"] = {"low": plain(low), "high": plain(high), "max": plain(result.maximum)}
        if low >= result.maximum:
            row["gap"] = None  # there is nothing left to gain
    elif result.threshold is not None and not isinstance(result.threshold, bool):
        row["threshold"] = quantity(result.threshold, result.unit)[here]
        row["value"] = _value(result, here)
    return row


def _value(result: CriterionResult, here: str) -> str | None:
    if result.value is None or isinstance(result.value, bool):
        return None
    if isinstance(result.value, tuple):
        return interval(*result.value, result.unit)[here]
    return quantity(result.value, result.unit)[here]


def used(figure: Figure, facts: FirmFacts) -> dict[str, Any]:
    """A fact that was used, as `figure` shows it: its value, source, and the page where it is mended."""
    here = language()
    source = facts.source(figure.path)
    document = visible_document(current_user, source.document) if source else None
    return {
        "title": title_of(figure.path)[here],
        "value": _shown(figure, here),
        "year": figure.year,
        "state": source.state.value if source and source.state else None,
        "source": _source_text(document.name if document else None, source.as_of if source else None),
        "href": address(place_of(facts.firm_id, figure.path)),
    }


def _source_text(document: str | None, as_of: date | None) -> str | None:
    parts = [document, _("截至 %(day)s", day=day(as_of)) if as_of else None]
    return _("，").join(part for part in parts if part) or None


def _shown(figure: Figure, here: str) -> str:
    match figure.value:
        case bool():
            return _("是") if figure.value else _("否")
        case date():
            return day(figure.value)
        case str():
            return figure.value
    return quantity(figure.value, figure.unit)[here]


# A firm is led to where it asks for its record to be filled in; what it keeps of the address beside its own firm.
ASKED_AT = {
    "firms.edit_figures": ("portal.figures", ("year", "_anchor")),
    "firms.edit": ("portal.profile", ("_anchor",)),
    "firms.edit_facts": ("portal.facts", ("group_name", "_anchor")),
    "firms.ip": ("portal.rights", ()),
    "registers.entries": ("portal.own_registers", ()),
}
NOT_A_FIRM_S = ("expert", "incident")  # experts judge it, offices record it
# Who else may not edit is led to the page that shows what is known.
SHOWN_AT = {"firms.edit_figures": "firms.figures", "firms.edit": "firms.profile", "firms.edit_facts": "firms.profile"}


def address(place: Place) -> str:
    """The address of a place, as far as the person may go."""
    endpoint, arguments = place
    if (
        endpoint in ASKED_AT
        and current_user.can(Permission.KEEP_OWN_RECORD)
        and not any(name in NOT_A_FIRM_S for name in arguments.values())
    ):
        asked, kept = ASKED_AT[endpoint]
        return url_for(asked, **{name: arguments[name] for name in kept if name in arguments})
    if endpoint in SHOWN_AT and not current_user.can(Permission.EDIT_FIRMS):
        return url_for(SHOWN_AT[endpoint], firm_id=arguments["firm_id"])
    return url_for(endpoint, **arguments)


def ladder_steps(firm: Firm, on: date) -> list[dict[str, Any]]:
    """The ladder strip: what the firm holds on the date, held before, works towards, and could aim at next."""
    credentials = titles_of(firm)
    held = {c.rung for c in credentials if held_on(c, on)}
    lapsed = {c.rung for c in credentials if c.valid_from <= on} - held
    open_stages = {case.rung: case.stage for case in open_cases(firm)}
    highest = max((list(Rung).index(rung) for rung in held), default=-1)
    offered = rungs_with_editions()
    shown = [rung for rung in Rung if rung in offered or rung in held | lapsed or rung in open_stages]
    above = [rung for rung in shown if list(Rung).index(rung) > highest and rung not in open_stages]
    # One rung at a time: while a case for a title it does not hold is open, that is where the firm is going.
    following = above[0] if above and not open_stages.keys() - held else None
    return [
        {
            "rung": rung.value,
            "title": SHORT_RUNGS[rung],
            "level": LEVELS[rung],
            "state": _state(rung, held, lapsed, open_stages, following),
            "following": rung is following,  # one that lapsed can be the next again
            "note": _note(rung, credentials, open_stages, on),
            "href": url_for("ladder.standing", firm_id=firm.id, rung=rung.value, on=on.isoformat(), _anchor="opened"),
        }
        for rung in shown
    ]


def _state(
    rung: Rung, held: set[Rung], lapsed: set[Rung], working: dict[Rung, Any], following: Rung | None
) -> str | None:
    if rung in held:
        return "held"
    if rung in working:
        return "current"
    if rung in lapsed:
        return "lapsed"
    return "next" if rung is following else None


def _note(rung: Rung, credentials: Sequence[Credential], working: dict[Rung, Any], on: date) -> str | None:
    current = next((c for c in reversed(credentials) if c.rung is rung and held_on(c, on)), None)
    if current is not None and current.valid_to is not None:
        return _("至 %(day)s", day=day(current.valid_to))
    return str(STAGES[working[rung]]) if rung in working else None


def missing_lists(assessment: Assessment, facts: FirmFacts) -> list[dict[str, Any]]:
    """The lists nothing is known of, as the criteria miss them: `name` and `title`, `why` where what was known is too old."""
    paths = dict.fromkeys(path for result in assessment.criteria for path in result.missing)
    return [
        {"name": path, "title": _list_title(path, facts), "why": facts.why_unknown(path)}
        for path in paths
        if path in LISTS
    ]


def _list_title(name: str, facts: FirmFacts) -> str:
    title = title_of(name)[language()]
    return _("其他%(what)s", what=title) if name in facts.document else title
