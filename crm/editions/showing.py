"""Editions as their pages show them: for an official who does not program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.editions.certainty import certainty_of
from crm.editions.library import drafted, library
from crm.editions.models import EditionRecord, EditionState
from crm.editions.words import CHANGE_KINDS, CHANGES, PURPOSES, ROLES
from crm.firms.models import Division
from crm.kernel import clock
from crm.kernel.db import db
from crm.library.citations import Citation
from crm.library.numbers import normal
from crm.policy import PURPOSES as PURPOSE_KEYS
from crm.policy import Criterion, Edition, least_certain
from crm.policy.drafting.difference import ClauseDifference
from crm.policy.drafting.numbers import Number
from crm.policy.drafting.wording import (
    band_ends,
    counting,
    points_between,
    say,
    say_decision,
    say_points,
    say_test,
    titles_of,
)
from crm.policy.language.library import parse_file
from crm.policy.language.points import Bands, Each, Fixed, Judged, Points, Steps
from crm.policy.text import UNITS, Text, quantity
from crm.policy.vocabulary import EXPERT, RUNGS
from crm.web.formatting import day
from crm.web.language import language

_options: dict[str, list[dict[str, Any]]] = {}  # what each option of an edition's parameters would say, by its hash


def rung_title(rung: str) -> str:
    return RUNGS[rung][language()]


def region_titles(codes: Iterable[str | None]) -> dict[str | None, str]:
    """The names of regions, by their code; None is the whole country."""
    wanted = {code for code in codes if code}
    rows = db.session.execute(select(Division.code, Division.name).where(Division.code.in_(wanted))) if wanted else ()
    names: dict[str | None, str] = {row.code: row.name for row in rows}
    return {None: _("全国"), **{code: names.get(code, code) for code in wanted}}


def period(edition: Edition) -> str:
    """`2022年8月1日 至 2026年3月31日`, `2026年4月1日 起`."""
    if edition.until is None:
        return _("%(since)s 起", since=day(edition.since))
    return _("%(since)s 至 %(until)s", since=day(edition.since), until=day(edition.until))


def citations(number: str) -> list[Citation]:
    """The editions that rest on a document, the newest first."""
    resting = {edition.name: edition for edition in library() if normal(edition.document.number) == number}
    return [
        Citation(_l("认定条件"), f"{rung_title(edition.rung)} {name}", url_for("editions.show", edition_name=name))
        for name, edition in sorted(resting.items(), key=lambda pair: pair[1].since, reverse=True)
    ]


def shelf_rows(editions: Sequence[Edition], on: date) -> list[dict[str, Any]]:
    """Each rung with its editions, the newest first: one row a file, its purposes together."""
    regions = region_titles(edition.region for edition in editions)
    return [
        {"title": rung_title(rung), "key": rung, "rows": _rows(list(of_rung), regions, on)}
        for rung, of_rung in groupby(editions, key=lambda edition: edition.rung)
    ]


def _rows(editions: list[Edition], regions: dict[str | None, str], on: date) -> list[dict[str, Any]]:
    by_name: dict[str, list[Edition]] = {}
    for edition in editions:
        by_name.setdefault(edition.name, []).append(edition)
    newest = sorted(by_name.values(), key=lambda group: (group[0].since, group[0].name), reverse=True)
    return [_row(sorted(group, key=_purpose_order), regions, on) for group in newest]


def _row(group: list[Edition], regions: dict[str | None, str], on: date) -> dict[str, Any]:
    here, edition = language(), group[0]
    return {
        "name": edition.name,
        "title": edition.title[here],
        "document": edition.document.number,
        "region": regions[edition.region],
        "periods": _periods(group),
        "state": _state(group, on),
        "certainty": least_certain(certainty_of(criterion) for criterion in edition.criteria),
        "hash": edition.hash[:8],
        "href": url_for("editions.show", edition_name=edition.name),
    }


def _periods(group: list[Edition]) -> list[str]:
    """What is in force when; purposes of one period together."""
    by_period: dict[str, list[str]] = {}
    for edition in group:
        by_period.setdefault(period(edition), []).append(str(PURPOSES[edition.purpose]))
    return [f"{_('、').join(purposes)}{_('：')}{when}" for when, purposes in by_period.items()]


def _state(group: list[Edition], on: date) -> tuple[str, str]:
    if any(edition.in_force(on) for edition in group):
        return _("施行中"), "good"
    if all(edition.since > on for edition in group):
        return _("尚未施行"), "accent"
    return _("已停止施行"), "neutral"


def _purpose_order(edition: Edition) -> int:
    return PURPOSE_KEYS.index(edition.purpose)


# one edition


def page_of(edition: Edition, record: EditionRecord | None) -> dict[str, Any]:
    """All that the page of an edition shows, for one purpose."""
    here = language()
    everything = library()
    is_draft = record is not None and record.state is EditionState.DRAFT
    written = drafted(EditionRecord.name == edition.name) if is_draft else everything
    tabs = {e.purpose: e for e in written if e.name == edition.name}
    successors = [e for e in everything if e.replaces == edition.name and e.purpose == edition.purpose]
    return {
        "edition": edition,
        "title": edition.title[here],
        "rung": rung_title(edition.rung),
        "region": region_titles([edition.region])[edition.region],
        "period": period(edition),
        "state": _state([edition], clock.today()),
        "document": edition.document.title[here],
        "decision": [text[here] for text in say_decision(edition)],
        "clauses": clauses_of(edition),
        "options": options_of(edition),
        "papers": [
            {
                "title": paper.title[here],
                "note": paper.note[here] if paper.note else None,
                "certainty": certainty_of(paper),
            }
            for paper in edition.papers
        ],
        "purposes": PURPOSES,
        "tabs_of": [tabs[purpose] for purpose in PURPOSE_KEYS if purpose in tabs],
        "successors": [e.name for e in successors],
        "overlays": list(dict.fromkeys(e.name for e in everything if e.based_on == edition.name)),
        "record": record,
    }


def clauses_of(edition: Edition) -> list[dict[str, Any]]:
    """The clauses in words, in the edition's order."""
    titles = titles_of(edition)
    return [_clause(criterion, edition, titles) for criterion in edition.criteria]


def _clause(criterion: Criterion, edition: Edition, titles: dict[str, Text]) -> dict[str, Any]:
    here = language()
    role = edition.role(criterion.id)
    shown: dict[str, Any] = {
        "id": criterion.id,
        "title": criterion.title[here],
        "article": criterion.article,
        "reference": criterion.reference if criterion.reference != edition.document.number else None,
        "certainty": certainty_of(criterion),
        "fingerprint": criterion.fingerprint,
        "note": criterion.note[here] if criterion.note else None,
        "role": str(ROLES[role]) if role in ROLES else None,
    }
    if criterion.points is None:
        return {**shown, "said": say(criterion, titles)[here]}
    rows: list[tuple[str, str]] = []
    intro = _table(criterion.points, titles, rows, here)
    full = quantity(criterion.maximum, "分")[here]
    firms = say_test(criterion.when, titles)[here] if criterion.when else None
    return {**shown, "full": full, "said": intro, "rows": rows, "firms": firms}


def _table(points: Points, titles: dict[str, Text], rows: list[tuple[str, str]], here: str) -> str:
    """A scored part as rows of a table; what stands above the table is returned."""
    match points:
        case Judged(inner, key):
            intro = _table(inner, titles, rows, here)
            return intro + _("范围内由专家评定：%(what)s。", what=EXPERT[key].title[here])
        case Bands(measure, unit, bands):
            note = counting(measure)
            name = measure.name(None)[here]
            for band in reversed(bands):
                rows.append((band_ends(band, unit)[here], points_between(band.points.low, band.points.high)[here]))
            return _("按%(name)s。", name=name + _("（%(reason)s）", reason=note[here]) if note else name)
        case Steps(steps, otherwise):
            rows += [(say_test(test, titles)[here], say_points(each, titles)[here]) for test, each in steps]
            if isinstance(otherwise, Fixed):
                rows.append((_("其余"), points_between(otherwise.low, otherwise.high)[here]))
                return _("自上而下，先符合的为准。")
            inner_rows: list[tuple[str, str]] = []
            intro = _table(otherwise, titles, inner_rows, here)
            rows += [(_("其余：%(what)s", what=what), worth) for what, worth in inner_rows]
            return _("自上而下，先符合的为准；其余%(how)s", how=intro)
        case Each(of, cap):
            rows += [(say_test(test, titles)[here], quantity(worth, "分")[here]) for test, worth in of]
            return _("逐项累加，至多 %(most)s。", most=quantity(cap, "分")[here])
    return _("%(points)s。", points=say_points(points, titles)[here])


def options_of(edition: Edition) -> list[dict[str, Any]]:
    """The choices that the text leaves: each option, and what the clauses would say under it."""
    here = language()
    key = f"{here}.{edition.hash}"
    if key not in _options:
        if len(_options) > 500:
            _options.clear()
        _options[key] = [_parameter(edition, choice.name, here) for choice in edition.choices]
    known = {choice.title[here]: certainty_of(choice) for choice in edition.choices}
    return [{**parameter, "certainty": known[parameter["title"]]} for parameter in _options[key]]


def _parameter(edition: Edition, name: str, here: str) -> dict[str, Any]:
    choice = next(choice for choice in edition.choices if choice.name == name)
    written = edition.content["parameters"][name]
    readings = {option: _under(edition, name, option, here) for option in written["options"]}
    shared = set.intersection(*(set(clauses) for clauses in readings.values()))
    others = [option for option in readings if option != choice.chosen]
    return {
        "title": choice.title[here],
        "options": [
            {
                "chosen": option == choice.chosen,
                "words": (choice.reading[here] if choice.reading else "")
                if option == choice.chosen
                else _("另一种读法（%(number)s）", number=others.index(option) + 1),
                "clauses": [text for text in clauses if text not in shared],
            }
            for option, clauses in readings.items()
        ],
    }


def _under(edition: Edition, name: str, option: str, here: str) -> list[str]:
    """The clauses that read the parameter, as they would be under the option."""
    content = edition.content
    parameter = {**content["parameters"][name], "default": option}
    changed = {**content, "parameters": {**content["parameters"], name: parameter}}
    found = parse_file(edition.name, changed, {}, [])
    other = next((e for e in found if e.purpose == edition.purpose), None)
    if other is None:
        return []
    titles = titles_of(other)
    reading = [c for c in other.criteria if any(parameter.name == name for parameter in c.rests_on)]
    return [f"{c.id}{_('：')}{say(c, titles)[here]}" for c in reading]


def unit_shown(number: Number) -> str | None:
    """The unit beside the field of a number, in the reader's language; ratios are typed as a percentage."""
    if number.unit == "比例":
        return "%"
    return (UNITS.get(number.unit, number.unit) if language() == "en" else number.unit) or None


def difference_rows(found: Iterable[ClauseDifference]) -> list[dict[str, Any]]:
    """The difference of two editions, row by row."""
    here, found = language(), list(found)
    regions = region_titles(
        text.zh for each in found if each.kind == "region" for text in _both(each) if text.zh.isdigit()
    )

    def said(each: ClauseDifference, text: Text | None) -> str | None:
        if text is None:
            return None
        return regions.get(text.zh, text[here]) if each.kind == "region" else text[here]

    return [
        {
            "id": each.id if each.kind == "clause" else None,
            "was": each.was if each.was != each.id else None,
            "state": each.state,
            "state_title": str(CHANGES[each.state]),
            "badge": CHANGE_KINDS[each.state],
            "title": each.title[here],
            "before": said(each, each.before),
            "after": said(each, each.after),
            "numbers": [
                {
                    "label": number.label[here],
                    "before": quantity(number.before, number.unit)[here],
                    "after": quantity(number.after, number.unit)[here],
                }
                for number in each.numbers
            ],
        }
        for each in found
    ]


def _both(each: ClauseDifference) -> list[Text]:
    return [text for text in (each.before, each.after) if text is not None]


def replaceable(rung: str) -> dict[str, str]:
    """What a draft of the rung may replace: every edition in use, by name, in words, the newest first."""
    found = {e.name: e for e in sorted((e for e in library() if e.rung == rung), key=lambda e: e.since, reverse=True)}
    regions = region_titles(e.region for e in found.values())
    return {
        name: _("%(title)s（%(name)s，%(region)s）", title=e.title[language()], name=name, region=regions[e.region])
        for name, e in found.items()
    }


def comparable(edition: Edition, drafts: bool) -> list[Edition]:
    """The other editions of the rung and purpose, the newest first."""
    among = (*library(), *(drafted(EditionRecord.rung == edition.rung) if drafts else ()))
    fitting = [e for e in among if (e.rung, e.purpose) == (edition.rung, edition.purpose) and e.name != edition.name]
    return sorted(fitting, key=lambda e: (e.since, e.id), reverse=True)


def ended_by(before: Sequence[Edition], after: Sequence[Edition]) -> list[tuple[Edition, Edition]]:
    """The editions whose last day changes: as they are, as they would be."""
    then = {edition.id: edition for edition in after}
    return [
        (edition, replace(edition, until=then[edition.id].until))
        for edition in before
        if edition.id in then and then[edition.id].until != edition.until
    ]
