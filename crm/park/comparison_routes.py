"""Pages of comparisons: ask, wait, read the counts and the firms, take them away as a workbook."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.editions.library import library
from crm.editions.showing import period, unit_shown
from crm.firms.queries import active_filters, section_words
from crm.kernel import clock, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.models import Purpose, Rung
from crm.ladder.words import PURPOSES, RUNGS
from crm.park import comparisons as service
from crm.park import rules
from crm.park.blueprint import blueprint
from crm.park.compared import comparisons_for, load_comparison_for, page_of_firms, sides_of, title_of_fact
from crm.park.comparison_forms import ComparisonForm, comparison_form
from crm.park.comparison_sheet import write_comparison
from crm.park.models import Comparison, ComparisonState
from crm.park.movements import BY_KEY, GAINED, LOST, MAIN, SINGLE, VERDICTS, Counts, Movement, stayed, total
from crm.policy import Edition
from crm.policy.text import quantity
from crm.web.errors import land
from crm.web.language import language
from crm.web.paging import Page, page_number
from crm.web.workbooks import XLSX

STATES = {
    ComparisonState.WAITING: _l("正在测算"),
    ComparisonState.DONE: _l("已完成"),
    ComparisonState.FAILED: _l("没有算出结果"),
}
LOOKS = {ComparisonState.WAITING: "neutral", ComparisonState.DONE: "good", ComparisonState.FAILED: "bad"}


@blueprint.get("/park/comparisons")
@requires(Permission.VIEW_FUNNEL)
def comparisons() -> str:
    page = comparisons_for(current_user, page_number())
    return render_template(
        "park/comparisons.html",
        page=page,
        titles=_titles(),
        gained=GAINED,
        lost=LOST,
        total=total,
        states=STATES,
        looks=LOOKS,
    )


@blueprint.route("/park/comparisons/new", methods=["GET", "POST"])
@requires(Permission.VIEW_FUNNEL)
def new_comparison() -> str | BaseResponse | tuple[str, int]:
    """Which two rules, by the address; then the day, the firms and the numbers to change, by the form."""
    offered = {edition.id: edition for edition in rules.offered(current_user)}
    before, after = (offered.get(request.args.get(name, "")) for name in ("before", "after"))
    rung, purpose = _kind(before or after)
    fitting = rules.same_kind(offered.values(), rung, purpose)
    before, after = (edition if edition in fitting else None for edition in (before, after))
    form = _form(before, after) if before and after else None
    if form is not None and before and after and form.validate_on_submit() and form.on.data:
        try:
            comparison = service.ask(
                actor=current_user,
                organisation=db.session.get_one(Organisation, form.organisation_id.data),
                before=before,
                after=after,
                on=form.on.data,
                numbers=form.changed(),
                language=language(),
            )
        except DomainError as error:
            land(form, error)
        else:
            return redirect(url_for("park.comparison", comparison_id=comparison.id))
    page = render_template(
        "park/comparison_new.html",
        rung=rung,
        rungs=_rungs(list(offered.values())),
        purpose=purpose,
        purposes={p: PURPOSES[p] for p in Purpose if any(e.rung == rung and e.purpose == p for e in offered.values())},
        before=before,
        after=after,
        form=form,
        clauses=_by_clause(after, form) if after and form else [],
        unit_shown=unit_shown,
        choices=_choices(fitting),
        unknown=[name for name in map(request.args.get, ("before", "after")) if name and name not in offered],
    )
    return (page, 422) if form is not None and form.errors else page


def _choices(fitting: list[Edition]) -> dict[str, str]:
    published = {edition.id for edition in library()}
    return {edition.id: _edition_title(edition, edition.id in published) for edition in fitting}


def _edition_title(edition: Edition, is_published: bool) -> str:
    """An edition as a choice shows it: its name, the days it is in force, and whether it is a draft still."""
    parts = [edition.title[language()], period(edition), "" if is_published else _("草稿")]
    return " · ".join(part for part in parts if part)


def _kind(named: Edition | None) -> tuple[str, str]:
    """The rung and purpose asked for; those of the edition named, where none are."""
    rung = request.args.get("rung") or (named.rung if named else "")
    purpose = request.args.get("purpose") or (named.purpose if named else "")
    return rung if rung in list(Rung) else Rung.SRDI, purpose if purpose in list(Purpose) else Purpose.NEW


def _rungs(offered: list[Edition]) -> dict[Rung, Any]:
    there = {edition.rung for edition in offered}
    return {rung: RUNGS[rung] for rung in Rung if rung in there}


def _form(before: Edition, after: Edition) -> ComparisonForm:
    """The day is the first one of the later rule, or today where one rule is compared with its own numbers changed."""
    own = current_user.organisation
    return comparison_form(
        rules.numbers_in(after),
        organisation_words(current_user),
        on=clock.today() if before.id == after.id else after.since,
        organisation_id=own.id if own else None,
    )


def _by_clause(edition: Edition, form: ComparisonForm) -> list[dict[str, Any]]:
    """The edition's clauses with the numbers to change in each."""
    found: dict[str, list[Any]] = {}
    own = [criterion.id for criterion in edition.criteria]
    for number in form.numbers:
        clause = number.clause if number.clause in own else next(name for name in number.clauses if name in own)
        found.setdefault(clause, []).append(number)
    here = language()
    return [
        {
            "title": f"{name} {edition.criterion(name).title[here]}",
            "scored": edition.criterion(name).points is not None,
            "numbers": found[name],
        }
        for name in own
        if name in found
    ]


@blueprint.get("/park/comparisons/<int:comparison_id>")
@requires(Permission.VIEW_FUNNEL)
def comparison(comparison_id: int) -> str:
    """The counts and a page of firms. What is in each firm's way is judged exactly: only with `clauses`, asked for after the page."""
    found = load_comparison_for(current_user, comparison_id)
    shared: dict[str, Any] = {"comparison": found, "titles": _titles(), "mine": found.created_by_id == current_user.id}
    if found.state is ComparisonState.WAITING:
        return render_template("park/comparison_working.html", **shared, **_progress(found))
    if found.state is ComparisonState.FAILED or found.counts is None:
        return render_template("park/comparison_failed.html", **shared)
    sides = sides_of(found)
    movement = _asked_movement(found)
    conditions, _chips = active_filters(current_user, request.args)
    judged = sides is None or "clauses" in request.args
    return render_template(
        "park/comparison.html",
        **shared,
        sides=sides,
        changed_since=sides is not None and (sides[0].hash, sides[1].hash) != (found.before_hash, found.after_hash),
        numbers=_numbers(found, sides),
        verdicts=VERDICTS,
        main=MAIN,
        single=SINGLE,
        most=max(1, *(each.count(found.counts) for each in SINGLE)),
        stayed=stayed(found.counts),
        total=total(found.counts),
        movement=movement,
        tab_items=[_tab(found, each) for each in MAIN],
        purpose_title=PURPOSES[found.purpose],
        missing=_missing(found),
        judged=judged,
        with_clauses=f"{request.path}?{urlencode({**request.args.to_dict(), 'clauses': 1})}",
        page=page_of_firms(
            current_user, found, sides if judged else None, [movement.condition, *conditions], page_number()
        )
        if movement
        else Page([], 1, False),
        organisations=organisation_words(current_user),
        sections=section_words(request.args.get("industry")),
        title_of_pair=_title_of_pair,
        note_of=_note,
    )


def _asked_movement(comparison: Comparison) -> Movement | None:
    """The movement in the address; else the first that any firm made."""
    asked = BY_KEY.get(request.args.get("movement", ""))
    counts = comparison.counts or {}
    return asked or next((each for each in MAIN if each.count(counts)), None)


def _tab(comparison: Comparison, movement: Movement) -> dict[str, Any]:
    return {
        "key": movement.key,
        "title": _title_of_pair(movement),
        "count": movement.count(comparison.counts or {}),
        "href": url_for("park.comparison", comparison_id=comparison.id, movement=movement.key, _anchor="firms"),
    }


def _title_of_pair(movement: Movement) -> str:
    """What a movement is called: its title, or the two verdicts."""
    if movement.title is not None:
        return str(movement.title)
    before, after = movement.pairs[0]
    return _("%(before)s → %(after)s", before=VERDICTS[before], after=VERDICTS[after])


def _note(movement: Movement, counts: Counts) -> str | None:
    """What a movement means, and how many of its firms come from or end with data missing."""
    if movement.note is None:
        return None
    unknown = counts["unknown"]["met"] if movement is GAINED else counts["met"]["unknown"]
    if not unknown:
        return str(movement.note)
    among = (
        _("其中 %(n)s 家原为待补数据", n=unknown) if movement is GAINED else _("其中 %(n)s 家变为待补数据", n=unknown)
    )
    return _("%(meaning)s，%(among)s", meaning=movement.note, among=among)


def _numbers(comparison: Comparison, sides: tuple[Edition, Edition] | None) -> list[dict[str, str]]:
    """What was changed for this question: the number's name, and old and new with their unit."""
    if not comparison.numbers or sides is None:
        return []
    here = language()
    known = {number.path: number for number in rules.numbers_in(rules.rule(comparison.after))}
    return [
        {
            "term": f"{known[path].clause} {known[path].label[here]}",
            "value": _(
                "%(old)s → %(new)s",
                old=quantity(known[path].value, known[path].unit)[here],
                new=quantity(Fraction(new), known[path].unit)[here],
            ),
        }
        for path, new in comparison.numbers.items()
    ]


def _missing(comparison: Comparison) -> list[tuple[str, int]]:
    """The facts that firms which became unknown lack most often, and how many of those looked at lack each."""
    facts = (comparison.missing or {}).get("facts", {})
    return [(title_of_fact(path), firms) for path, firms in sorted(facts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _titles() -> dict[str, str]:
    """Editions by id, as people call them."""
    here = language()
    return {edition.id: edition.title[here] for edition in rules.offered(current_user)}


@blueprint.get("/park/comparisons/<int:comparison_id>/progress")
@requires(Permission.VIEW_FUNNEL)
def comparison_progress(comparison_id: int) -> Response:
    """The bar alone, asked for again and again; when the work is over the page is loaded anew."""
    found = load_comparison_for(current_user, comparison_id)
    answer = make_response(render_template("park/_comparison_progress.html", comparison=found, **_progress(found)))
    if found.state is not ComparisonState.WAITING:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(comparison: Comparison) -> dict[str, Any]:
    return {
        "progress": jobs.progress_of(service.progress_key(comparison.id)),
        "abandoned": not jobs.has_worker(),
    }


@blueprint.get("/park/comparisons/<int:comparison_id>.xlsx")
@requires(Permission.VIEW_FUNNEL)
def comparison_sheet(comparison_id: int) -> Response:
    """The counts and every firm whose verdict differs."""
    found = load_comparison_for(current_user, comparison_id)
    if found.counts is None:
        raise DomainError(_("还没有测算结果，不能导出。"))
    buffer = io.BytesIO()
    write_comparison(buffer, current_user, found, _titles())
    buffer.seek(0)
    name = _(
        "条件对比 %(before)s 与 %(after)s %(day)s.xlsx",
        before=found.before,
        after=found.after,
        day=found.on.isoformat(),
    )
    return send_file(buffer, mimetype=XLSX, as_attachment=True, download_name=name)


@blueprint.post("/park/comparisons/<int:comparison_id>/delete")
@requires(Permission.VIEW_FUNNEL)
def delete_comparison(comparison_id: int) -> BaseResponse:
    found = load_comparison_for(current_user, comparison_id)
    try:
        service.remove(actor=current_user, comparison=found)
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(url_for("park.comparison", comparison_id=comparison_id))
    flash(_("已删除这次对比。"), "success")
    return redirect(url_for("park.comparisons"))
