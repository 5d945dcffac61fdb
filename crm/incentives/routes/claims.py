"""Claims: the list with its sums, one claim with what may be done next, and many approved at once."""

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
from crm.firms.documents.service import visible_document
from crm.firms.loaders import load_for
from crm.incentives import claims as service
from crm.incentives import queries, showing
from crm.incentives.doubts import doubts_of, entry_of
from crm.incentives.forms import APPROVE, BulkForm, DecideForm, PayForm, TakeBackForm
from crm.incentives.models import Claim, ClaimState
from crm.incentives.routes import blueprint
from crm.incentives.rules import incentives
from crm.incentives.words import STATES, incentive_title
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.addresses import known_number
from crm.web.conflict import version_sent
from crm.web.errors import land
from crm.web.formatting import money_text
from crm.web.paging import page_number
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/incentives/claims")
@requires(Permission.VIEW_FIRMS)
def claims() -> str:
    """The claims of the scope, the newest first, with sums by state."""
    return _list(BulkForm())


@dataclass(frozen=True)
class _Chosen:
    """Claims that were ticked: those that can be approved as counted, and those left out with the reason."""

    whole: list[tuple[Claim, str]]  # with the version that the page showed
    left_out: list[tuple[Claim, str]]

    @property
    def claims(self) -> list[Claim]:
        return [claim for claim, _rest in (*self.whole, *self.left_out)]


def _list(form: BulkForm, chosen: _Chosen | None = None, ticked: set[str] | None = None) -> str:
    wanted = queries.asked(current_user, request.args)
    page = queries.claims_page(wanted, page_number())
    return render_template(
        "incentives/claims.html",
        page=page,
        asked=wanted,
        sums=queries.sums(wanted),
        causes=showing.cause_titles([*page.rows, *(chosen.claims if chosen else [])]),
        titles=showing.titles(),
        states=STATES,
        year_choices=[(str(year), year) for year in queries.years_claimed()],
        badge_of=showing.state_badge,
        form=form,
        chosen=chosen,
        ticked=ticked or set(),
    )


@blueprint.post("/incentives/claims")
@requires(Permission.SIGN_OFF)
def approve_many() -> Any:
    """The ticked claims are approved as counted: first shown once more with their sum, then done, all or none.

    What nobody could judge or count, or rests on what is not sure, is left out, and said with the reason: it is decided
    on its own page.
    """
    form = BulkForm()
    ticked = request.form.getlist("claim")
    chosen: _Chosen | None = None
    if form.validate_on_submit():
        try:
            if not ticked:
                raise DomainError(_("请至少勾选一笔。"))
            chosen = _sorted_out(ticked)
            if "sure" in request.form and chosen.whole:
                for claim, version in chosen.whole:
                    _approve(claim, version, form)
                _tell_approved(chosen)
                return redirect(request.full_path.rstrip("?"))
        except DomainError as error:
            land(form, error)
            chosen = None
        else:
            return _list(form, chosen, set(ticked))
    return _list(form, None, set(ticked)), 422


def _sorted_out(ticked: list[str]) -> _Chosen:
    """What was ticked (`id.version`). Raises DomainError where one was changed meanwhile."""
    whole, left_out = [], []
    for text in ticked:
        number, _dot, version = text.partition(".")
        claim = load_for(current_user, Claim, known_number(number) or 0)
        if str(claim.version) != version or claim.state is not ClaimState.CLAIMED:
            raise DomainError(_("%(firm)s的一笔申领刚刚有变动，请重新勾选。", firm=claim.firm.name))
        if claim.amount is None:
            left_out.append((claim, _("没有测算金额：核定时要填金额")))
        elif service.is_undecided(claim):
            missing = _("；").join(showing.missing_kept(claim))
            left_out.append((claim, _("尚不能判定，还缺：%(what)s", what=missing)))
        elif doubts := doubts_of(claim):
            left_out.append((claim, _("；").join(doubts)))
        else:
            whole.append((claim, version))
    return _Chosen(whole, left_out)


def _tell_approved(chosen: _Chosen) -> None:
    done = [claim for claim, _version in chosen.whole]
    total = sum((claim.decided_amount or 0 for claim in done), start=0)
    said = ngettext(
        "已核定 %(num)s 笔，合计 %(sum)s。", "已核定 %(num)s 笔，合计 %(sum)s。", len(done),
        sum=money_text(total),  # type: ignore[arg-type]
    )  # fmt: skip
    flash(said, "success")
    for claim, why in chosen.left_out:
        flash(
            _(
                "没有核定：%(firm)s“%(what)s”，%(why)s",
                firm=claim.firm.name,
                what=incentive_title(claim.incentive),
                why=why,
            ),
            "warning",
        )


def _approve(claim: Claim, version: str, form: BulkForm) -> None:
    try:
        service.decide(claim, actor=current_user, approve=True, on=form.on.data, version=version)
    except DomainError as error:
        raise DomainError(_("%(firm)s：%(reason)s", firm=claim.firm.name, reason=error.message)) from error


@blueprint.get("/incentives/claims.xlsx")
@requires(Permission.EXCHANGE)
def claims_sheet() -> Response:
    """The list with its filters as a workbook; amounts in 万元."""
    wanted = queries.asked(current_user, request.args)
    found = queries.claims(wanted)
    causes = showing.cause_titles(found)
    columns = [
        Column(_("企业")), Column(_("统一社会信用代码")), Column(_("政策")), Column(_("年度")), Column(_("事由")),
        Column(_("状态")), Column(_("测算金额（万元）"), "number"), Column(_("核定金额（万元）"), "number"),
        Column(_("已兑付（万元）"), "number"), Column(_("还没有兑付（万元）"), "number"), Column(_("申领日期"), "date"), Column(_("核定日期"), "date"),
        Column(_("首次兑付日期"), "date"), Column(_("理由")),
    ]  # fmt: skip
    rows = [
        [
            Cell(each.firm.name),
            Cell(each.firm.credit_code),
            Cell(incentive_title(each.incentive)),
            Cell(each.year),
            Cell(causes[each.id]),
            Cell(str(STATES[each.state])),
            _amount(each.amount),
            _amount(each.decided_amount),
            _amount(each.paid_amount),
            _amount(each.left if showing.is_payable(each) else None),
            Cell(each.claimed_on),
            Cell(each.decided_on),
            Cell(each.paid_on),
            Cell(each.reason),
        ]
        for each in found
    ]
    about = [(_("导出日期"), clock.today().isoformat())]
    if len(found) == queries.AT_MOST:
        about.append((_("注意"), _("最多导出 %(limit)s 行：请加筛选条件分次导出", limit=queries.AT_MOST)))
    return send_tables(
        [Table(_("政策申领"), columns, rows, about)], _("政策申领 %(day)s", day=clock.today().isoformat())
    )


def _amount(amount: Any) -> Cell:
    """A sheet's number is a float by its format; it is written from exact 万元."""
    return Cell(None if amount is None else float(amount / 10000))


# --- one claim -----------------------------------------------------------------------------------------------------------


@blueprint.get("/incentives/claims/<int:claim_id>")
@requires(Permission.VIEW_RECORD)
def claim(claim_id: int) -> str:
    return _one(load_for(current_user, Claim, claim_id))


def _one(
    found: Claim, decide: DecideForm | None = None, pay: PayForm | None = None, take_back: TakeBackForm | None = None
) -> str:
    rule = incentives().get(found.incentive)
    may_sign = current_user.can(Permission.SIGN_OFF)
    return render_template(
        "incentives/claim.html",
        claim=found,
        firm=found.firm,
        rule=rule,
        kept=showing.rule_kept(found),
        what=incentive_title(found.incentive),
        state_badge=showing.state_badge(found),
        steps=showing.steps_kept(found),
        missing=showing.missing_kept(found),
        cause=showing.cause_titles([found])[found.id],
        document=visible_document(current_user, found.document),
        entry=entry_of(found),
        doubts=doubts_of(found),
        taken_back=showing.taken_back(found),
        decide=decide
        or (DecideForm(obj=found, data=_decided(found)) if may_sign and service.may(found, "decide") else None),
        pay=pay
        or (
            PayForm(data=_paid(found)) if may_sign and showing.is_payable(found) and service.may(found, "pay") else None
        ),
        take_back=take_back
        or (
            TakeBackForm(found, data={"payment": found.payments[-1].id, "version": str(found.version)})
            if may_sign and found.payments
            else None
        ),
        may_withdraw=service.may(found, "withdraw")
        and (current_user.can(Permission.CULTIVATE) or found.state is ClaimState.CLAIMED),
    )


def _decided(found: Claim) -> dict[str, Any]:
    amount = found.amount if found.decided_amount is None else found.decided_amount
    return {"amount": amount, "reason": found.reason, "on": clock.today(), "version": str(found.version)}


def _paid(found: Claim) -> dict[str, Any]:
    return {"amount": found.left, "on": clock.today(), "version": str(found.version)}


@blueprint.post("/incentives/claims/<int:claim_id>/decide")
@requires(Permission.SIGN_OFF)
def decide(claim_id: int) -> Any:
    found, form = load_for(current_user, Claim, claim_id), DecideForm()
    if form.validate_on_submit():
        try:
            service.decide(
                found,
                actor=current_user,
                approve=form.verdict.data == APPROVE,
                amount=form.amount.data,
                reason=form.reason.data,
                on=form.on.data,
                version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记录核定结果。"), "success")
            return redirect(url_for("incentives.claim", claim_id=claim_id))
    return _one(load_for(current_user, Claim, claim_id), decide=form), 422


@blueprint.post("/incentives/claims/<int:claim_id>/pay")
@requires(Permission.SIGN_OFF)
def pay(claim_id: int) -> Any:
    found, form = load_for(current_user, Claim, claim_id), PayForm()
    if form.validate_on_submit():
        try:
            service.pay(found, actor=current_user, on=form.on.data, amount=form.amount.data, version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_paid_words(found), "success")
            return redirect(url_for("incentives.claim", claim_id=claim_id))
    return _one(load_for(current_user, Claim, claim_id), pay=form), 422


def _paid_words(found: Claim) -> str:
    if found.left:
        return _(
            "已记录兑付：累计 %(paid)s，还差 %(left)s。",
            paid=money_text(found.paid_amount),
            left=money_text(found.left),
        )
    return _("已记录兑付，核定的 %(paid)s已全部付清。", paid=money_text(found.paid_amount))


@blueprint.post("/incentives/claims/<int:claim_id>/take-back")
@requires(Permission.SIGN_OFF)
def take_back_payment(claim_id: int) -> Any:
    """A payment that was entered wrongly is taken back, for a reason."""
    found = load_for(current_user, Claim, claim_id)
    form = TakeBackForm(found)
    if form.validate_on_submit():
        try:
            service.take_back_payment(
                found,
                actor=current_user,
                reason=form.reason.data,
                payment_id=form.payment.data,
                version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已撤回兑付登记，还有 %(left)s待兑付。", left=money_text(found.left)), "success")
            return redirect(url_for("incentives.claim", claim_id=claim_id))
    return _one(load_for(current_user, Claim, claim_id), take_back=form), 422


@blueprint.post("/incentives/claims/<int:claim_id>/withdraw")
@requires(Permission.VIEW_RECORD)
def withdraw(claim_id: int) -> Response:
    found = load_for(current_user, Claim, claim_id)
    try:
        service.withdraw(found, actor=current_user, version=version_sent())
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("已撤回，需要时可以重新申领。"), "success")
    return redirect(url_for("incentives.claim", claim_id=claim_id))
