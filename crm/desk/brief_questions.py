"""What to ask at the door: three questions made from what keeps a firm from its next rung."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from crm.firms.figures.keys import KEYS
from crm.ladder.facts import FirmFacts, place_of
from crm.ladder.next_rung import NextRung
from crm.ladder.standing import address
from crm.policy import title_of
from crm.policy.answers.assess import CriterionResult
from crm.policy.text import quantity
from crm.policy.vocabulary import ATTRIBUTE_TITLES, FIGURES, LIST_TITLES, PROFILE, Shape
from crm.visits.answers import chosen
from crm.visits.outlines import Outline
from crm.web.language import language

MOST = 3
OPERATORS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True)
class Question:
    """What to ask; `because` is what is known and how much it lacks; `href` where the answer is entered; `in_form`: the
    visit form has a field for it, else the answer is told in words."""

    text: str
    because: str | None = None
    href: str | None = None
    in_form: bool = False


def questions(following: NextRung | None, outline: Outline) -> list[Question]:
    """Three at most: a question a criterion in the way, what is short before what is unknown; then the outline's prompts."""
    found: dict[str, Question] = {}
    if following is not None and following.facts is not None:
        rank = {key: number for number, key in enumerate(outline.facts)}
        # The same list as the visit form's.
        fields = {field.path for field in chosen(following.missing, outline.facts)} | following.facts.stale.keys()
        made = list(_from_the_gap(following.blocking, following.facts, outline, fields))
        # What is short first; then what the form has a field for, and of that what the outline names.
        made.sort(key=lambda each: (not each[2], not each[1].in_form, rank.get(each[0], len(rank))))
        for subject, question, _short in made:
            found.setdefault(subject, question)
    asked = list(found.values())[:MOST]
    return asked + [Question(prompt[language()]) for prompt in outline.prompts[: MOST - len(asked)]]


def _from_the_gap(
    blocking: Sequence[CriterionResult], facts: FirmFacts, outline: Outline, fields: Collection[str]
) -> Iterator[tuple[str, Question, bool]]:
    """Each with its subject, so that the same thing is not asked twice, and whether it is known to be short."""
    for result in blocking:
        path = _first(result.missing, outline, fields)
        if path is not None:
            because = _join(_known(path, facts), _wanted(result))
            href = address(place_of(facts.firm_id, path))
            yield _subject(path), Question(_ask(path, facts), because, href, path in fields), False
        elif result.verdict == "not_met":
            yield result.id, _of_what_is_short(result, facts, outline), True


def _of_what_is_short(result: CriterionResult, facts: FirmFacts, outline: Outline) -> Question:
    """The figure that matters most is asked for this year, with what it was; else how the criterion is to be met."""
    here = language()
    years = [figure for figure in result.figures if _year(figure.path)] if result.points is None else []
    rank = {key: number for number, key in enumerate(outline.facts)}
    latest = min(
        years, key=lambda figure: (rank.get(_subject(figure.path), len(rank)), -_year(figure.path)), default=None
    )
    if latest is None:
        return Question(_("“%(what)s”今年打算怎么补上？", what=result.title[here]), _wanted(result))
    what = FIGURES[_subject(latest.path)].title[here]
    known = _("%(year)s 年为 %(value)s", year=_year(latest.path), value=_shown(latest.value, latest.unit))
    href = address(place_of(facts.firm_id, latest.path))
    return Question(_("今年%(what)s预计多少？", what=what), _join(known, _wanted(result)), href)


def _first(missing: Sequence[str], outline: Outline, fields: Collection[str]) -> str | None:
    """The missing fact to ask the firm for: what the form has a field for, then what the outline names; points that experts
    give are not the firm's to say."""
    rank = {key: number for number, key in enumerate(outline.facts)}
    asked = [path for path in missing if path.partition(".")[0] not in ("expert", "choices")]
    return min(
        asked, key=lambda path: (path not in fields, rank.get(_subject(path), len(rank)), -_year(path)), default=None
    )


def _subject(path: str) -> str:
    """What a path is about: the figure whatever its year, the list whatever its entry."""
    head, _dot, rest = path.partition(".")
    return rest.partition(".")[2] if head == "years" else head.partition("[")[0]


def _year(path: str) -> int:
    head, _dot, rest = path.partition(".")
    year = rest.partition(".")[0]
    return int(year) if head == "years" and year.isdecimal() else 0


def _ask(path: str, facts: FirmFacts) -> str:
    here, subject = language(), _subject(path)
    if subject in LIST_TITLES:
        attribute = path.partition(".")[2]
        if "[" in path and attribute in ATTRIBUTE_TITLES:
            words = {"list": LIST_TITLES[subject][here], "attribute": ATTRIBUTE_TITLES[attribute][here]}
            return _("%(list)s里有几项没有填%(attribute)s，分别是什么？", **words)
        if path in facts.stale and path in facts.document:
            return _("除已登记的以外，还有没有%(what)s？", what=LIST_TITLES[subject][here])
        if path in facts.stale:
            return _("还是没有%(what)s吗？", what=LIST_TITLES[subject][here])
        return _("有没有%(what)s？还没有登记过", what=LIST_TITLES[subject][here])
    title = title_of(path)[here]
    match (PROFILE.get(subject) or FIGURES[subject]).shape:
        case Shape.FLAG:
            return _("%(what)s：是还是不是？", what=title)
        case Shape.DATE:
            return _("%(what)s是哪一天？", what=title)
        case Shape.TEXT | Shape.FIELD:
            return _("%(what)s是什么？", what=title)
    return _("%(what)s是多少？", what=title)


def _known(path: str, facts: FirmFacts) -> str | None:
    """The same figure of the latest year that has it; of a list, what was stated of it too long ago."""
    if path in facts.stale:
        return facts.why_unknown(path)
    key, year = _subject(path), _year(path)
    years = facts.document.get("years", {}) if year else {}
    earlier = [each for each in sorted(years, reverse=True) if key in years[each] and int(each) != year]
    if not earlier:
        return None
    value, unit = years[earlier[0]][key], FIGURES[key].unit if key in FIGURES else str(KEYS[key].unit)
    return _("%(year)s 年为 %(value)s", year=earlier[0], value=_shown(value, unit))


def _wanted(result: CriterionResult) -> str | None:
    """How much it lacks; where that is unknown, what the criterion asks for."""
    here = language()
    if result.gap is not None:
        return result.gap.text[here]
    if result.threshold is None or isinstance(result.threshold, bool):
        return _("要看“%(criterion)s”", criterion=result.title[here])
    line = f"{OPERATORS.get(result.operator, result.operator)} {quantity(result.threshold, result.unit)[here]}"
    return _("要看“%(criterion)s”（%(line)s）", criterion=result.title[here], line=line)


def _shown(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return value.isoformat() if hasattr(value, "isoformat") else quantity(value, unit)[language()]


def _join(*parts: str | None) -> str | None:
    return _("，").join(part for part in parts if part) or None
