"""What still has to be confirmed: the list, one statement with its history, and the administrator's confirmation."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.editions import certainty
from crm.editions.blueprint import blueprint
from crm.editions.statements import KINDS, Statement, statements
from crm.editions.words import CERTAINTY_WORDS
from crm.kernel import clock
from crm.kernel.errors import DomainError, NotFoundError
from crm.policy import CERTAINTIES
from crm.policy.vocabulary import RUNGS
from crm.web.errors import land
from crm.web.fields import DateField
from crm.web.language import language
from crm.web.paging import PAGE_SIZE, page_number, page_of

OPEN = "open"  # the filter for all that nobody has confirmed yet


class ConfirmForm(FlaskForm):
    """When and where the original was seen."""

    on: Any = DateField(
        _l("核实日期"), [InputRequired(_l("请填写看到原文的日期。"))], not_future=True, default=clock.today
    )
    source = TextAreaField(
        _l("出处"),
        [InputRequired(_l("请写明在哪里看到原文：文件、页码或网址。"))],
        description=_l("写到别人能找到同一处：文件名与页码，或官方网址。"),
    )


@blueprint.get("/editions/certainty")
@requires(Permission.SIGNED_IN)
def certainties() -> str:
    here = language()
    rung = next((name for name in RUNGS if name == request.args.get("rung")), None)
    asked = next((name for name in (OPEN, "all", *CERTAINTIES) if name == request.args.get("certainty")), OPEN)
    of_rung = [each for each in statements() if rung is None or rung in each.rungs]
    known = {each.fingerprint: certainty.certainty_today(each) for each in of_rung}
    wanted = [each for each in of_rung if _fits(known[each.fingerprint], asked)]
    first = (page_number() - 1) * PAGE_SIZE
    page = page_of(wanted[first : first + PAGE_SIZE + 1], page_number())
    counts = Counter(known.values())
    return render_template(
        "editions/certainty.html",
        page=page,
        groups=_grouped(page.rows),
        known=known,
        confirmations=certainty.confirmed(each.fingerprint for each in page.rows),
        kinds=KINDS,
        rung=rung,
        asked=asked,
        rungs={name: title[here] for name, title in RUNGS.items()},
        choices={
            OPEN: _("全部待核实"),
            **CERTAINTY_WORDS,
            "all": _("全部"),
        },
        may_confirm=current_user.can(Permission.ADMINISTER_REFERENCE),
        counts=[(name, words, counts[name]) for name, words in CERTAINTY_WORDS.items()],
    )


def _fits(known: str, asked: str) -> bool:
    return asked == "all" or known == asked or (asked == OPEN and known != certainty.CONFIRMED)


def _grouped(rows: Any) -> list[tuple[str, str, list[Statement]]]:
    """The statements of a page under their rung and document."""
    groups: dict[tuple[str, str], list[Statement]] = {}
    for each in rows:
        groups.setdefault((each.rung, each.document), []).append(each)
    return [
        (RUNGS[rung][language()] if rung else str(KINDS["incentive"]), document, found)
        for (rung, document), found in groups.items()
    ]


@blueprint.get("/editions/certainty/<fingerprint>")
@requires(Permission.SIGNED_IN)
def statement(fingerprint: str) -> str:
    return _page(_statement(fingerprint), ConfirmForm())


@blueprint.post("/editions/certainty/<fingerprint>")
@requires(Permission.ADMINISTER_REFERENCE)
def confirm(fingerprint: str) -> Any:
    found, form = _statement(fingerprint), ConfirmForm()
    if form.validate_on_submit():
        try:
            certainty.confirm(found, on=form.on.data, source=form.source.data or "", actor=current_user)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记为核实：%(title)s。", title=found.title), "success")
            return redirect(url_for("editions.statement", fingerprint=fingerprint))
    return _page(found, form), 422


@blueprint.post("/editions/certainty/<fingerprint>/take-back")
@requires(Permission.ADMINISTER_REFERENCE)
def take_back(fingerprint: str) -> Response:
    found = _statement(fingerprint)
    try:
        certainty.take_back(found, actor=current_user)
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("已撤回核实：%(title)s。", title=found.title), "success")
    return redirect(url_for("editions.statement", fingerprint=fingerprint))


def _statement(fingerprint: str) -> Statement:
    found = next((each for each in statements() if each.fingerprint == fingerprint), None)
    if found is None:
        raise NotFoundError(_("现有的版本和通知里没有这一条。"))
    return found


def _page(found: Statement, form: ConfirmForm) -> str:
    here = language()
    return render_template(
        "editions/statement.html",
        statement=found,
        kind=KINDS[found.kind],
        today=certainty.certainty_today(found),
        stated=CERTAINTY_WORDS[found.certainty],
        rests_on=[(each, certainty.certainty_of(each)) for each in getattr(found.said, "rests_on", ())],
        rungs=[RUNGS[name][here] for name in found.rungs],
        confirmation=certainty.confirmed([found.fingerprint]).get(found.fingerprint),
        history=certainty.history(found.fingerprint),
        form=form,
        may_confirm=current_user.can(Permission.ADMINISTER_REFERENCE),
    )
