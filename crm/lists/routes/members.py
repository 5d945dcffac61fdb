"""Firms are put on a list, one or many after a preview, and taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_for
from crm.firms.models import Firm
from crm.firms.queries import firms_found
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.lists import queries, service
from crm.lists.forms import PutOnForm, TakeOffForm
from crm.lists.models import FirmList, ListMember
from crm.lists.routes import blueprint
from crm.lists.routes.lists import LOOKS
from crm.lists.rules import rule_of
from crm.lists.showing import lines_of
from crm.lists.words import CANDIDATES
from crm.park.movements import VERDICTS
from crm.registers.resources.pasting import MOST, Pasted, read_firms
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.language import title_in

JUDGED = 80  # firms of a preview that are held against the rule


@dataclass(frozen=True)
class Line:
    """One firm of a preview: whether it can be put on the list, and what the rule says of it. `asked`: which of several is meant."""

    firm: Firm
    possible: bool
    text: str
    judged: Any
    asked: str | None = None


@blueprint.route("/lists/<int:firm_list_id>/put-on", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def put_on(firm_list_id: int) -> str | Response | tuple[str, int]:
    """Firms ticked on the page (`firm`), all candidates (`all`), or pasted by code: looked at first, then put on what is ticked."""
    firm_list = queries.load_list(firm_list_id)
    form = PutOnForm(data={"since": clock.today()})
    ticked = [number for text in request.values.getlist("firm") if (number := known_number(text)) is not None]
    if request.args.get("all") == "1" and not request.form:
        candidates = [queries.standing_to_list(firm_list, CANDIDATES)]
        ticked = firms_found(current_user, "", candidates, limit=MOST + 1)
    left_out = max(0, len(ticked) - MOST)
    pasted: Pasted | None = None
    if form.validate_on_submit():
        pasted = read_firms(current_user, form.firms_typed.data or "")
        if "save" in request.form:
            if ticked:
                return _put_all_on(firm_list, ticked, form)
            land(form, DomainError(_("请至少勾选一家企业。")))
        elif not ticked and not pasted.firms and not pasted.several and not pasted.unknown:
            land(form, DomainError(_("请粘贴代码或名称，或从“可列入”里勾选企业。"), field="firms_typed"))
    lines = _preview(firm_list, ticked[:MOST], pasted, form)
    page = render_template(
        "lists/put_on.html",
        form=form,
        firm_list=firm_list,
        lines=lines,
        pasted=pasted,
        left_out=left_out + (pasted.left_out if pasted else 0),
        most=MOST,
        verdicts=VERDICTS,
        looks=LOOKS,
    )
    return (page, 422) if form.errors else page


def _put_all_on(firm_list: FirmList, ticked: list[int], form: PutOnForm) -> Response:
    """Each by the verb of its own; what cannot be put on does not hold up the others."""
    done, refused = 0, []
    for firm in queries.firms_by_id(current_user, ticked[:MOST]):
        name = firm.name
        try:
            with db.session.begin_nested():
                _put_on(firm_list, firm, form)
            done += 1
        except DomainError as error:
            refused.append(f"{name}{_('：')}{error}")
    if done:
        flash(ngettext("已列入 %(num)s 家企业。", "已列入 %(num)s 家企业。", done), "success")
    if refused:
        flash(_("没有列入：%(firms)s", firms=_("；").join(refused[:20])), "warning")
    return redirect(url_for("lists.show", firm_list_id=firm_list.id))


def _put_on(firm_list: FirmList, firm: Firm, form: PutOnForm) -> None:
    assert form.since.data is not None
    service.put_on(
        actor=current_user,
        firm_list=firm_list,
        firm=firm,
        since=form.since.data,
        why=form.why.data,
        number=form.number.data,
    )


def _preview(firm_list: FirmList, ticked: list[int], pasted: Pasted | None, form: PutOnForm) -> list[Line]:
    """What would become of each: done, and taken back. Before there is a date and a reason, only who is on it already."""
    firms = queries.firms_by_id(current_user, ticked)
    asked: dict[int, str | None] = {firm.id: None for firm in firms}
    for firm in pasted.firms if pasted else ():
        if firm.id not in asked:
            firms.append(firm)
            asked[firm.id] = None
    for line, several in pasted.several if pasted else ():
        for firm in several:
            if firm.id not in asked:
                firms.append(firm)
                asked[firm.id] = line
    rule = rule_of(firm_list)
    judged = lines_of(firms[:JUDGED], rule) if rule else {}
    tried = form.is_submitted() and not form.errors
    on_it = {
        firm_id
        for firm_id, found in queries.memberships(firm_list, asked).items()
        if any(each.until is None for each in found)
    }
    lines = []
    for firm in firms:
        refused = _("已在名单上") if firm.id in on_it else None
        if tried and refused is None:
            with db.session.begin_nested() as attempt:
                try:
                    _put_on(firm_list, firm, form)
                except DomainError as error:
                    refused = str(error)
                attempt.rollback()
        lines.append(Line(firm, refused is None, refused or _("可以列入"), judged.get(firm.id), asked[firm.id]))
    return lines


@blueprint.route("/list-members/<int:list_member_id>/take-off", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def take_off(list_member_id: int) -> str | Response:
    member = load_for(current_user, ListMember, list_member_id)
    firm, firm_list = member.firm, member.firm_list
    form = TakeOffForm(data={"until": clock.today(), "version": member.version})
    back = (
        url_for("lists.of_firm", firm_id=firm.id)
        if request.args.get("back") == "firm"
        else url_for("lists.show", firm_list_id=firm_list.id)
    )
    if form.validate_on_submit() and form.until.data is not None:
        try:
            service.take_off(
                actor=current_user,
                member=member,
                until=form.until.data,
                why_off=form.why_off.data,
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(firm)s”已移出“%(list)s”。", firm=firm.name, list=title_in(firm_list)), "success")
            return redirect(back)
    return render_template("lists/take_off.html", form=form, member=member, firm=firm, firm_list=firm_list, back=back)
