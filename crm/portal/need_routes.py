"""What the firm asks of the park: raising a need, following it to its answer, saying how it was."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.documents.service import ACCEPTED
from crm.firms.loaders import load_for
from crm.firms.people import in_charge
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.portal.routes import blueprint, own_firm
from crm.services.matching import matches_of
from crm.services.models import MatchState
from crm.visits import needs
from crm.visits.models import Need
from crm.visits.words import NEED_KINDS
from crm.web.choices import choices
from crm.web.errors import land
from crm.web.fields import ChoiceField
from crm.web.paging import page_number, page_of

RATINGS = {5: _l("5 分，解决了"), 4: _l("4 分"), 3: _l("3 分，一般"), 2: _l("2 分"), 1: _l("1 分，没有帮助")}


class NeedForm(FlaskForm):
    kind = ChoiceField(
        _l("哪一类"), words=NEED_KINDS, empty=_l("请选择"), validators=[InputRequired(_l("请选择诉求的类别。"))]
    )
    text = TextAreaField(
        _l("需要园区帮什么"),
        validators=[InputRequired(_l("请写明需要园区帮什么。")), Length(max=needs.LONGEST_NEED)],
        description=_l("写清事情、数量和什么时候要。"),
    )
    agency = BooleanField(
        _l("请园区派人全程代办"), description=_l("要跑几个部门的事，由园区指定的代办人去办，每一步在这里看得到。")
    )
    file = FileField(_l("附件（可不附）"), render_kw={"accept": ACCEPTED})


class RatingForm(FlaskForm):
    rating = RadioField(
        _l("答复对您有用吗"),
        choices=choices(RATINGS),
        validators=[InputRequired(_l("请选 1 到 5 分。"))],
    )
    words = TextAreaField(_l("想说的话（可不填）"), validators=[Length(max=needs.LONGEST_REMARK)])


class ObjectionForm(FlaskForm):
    reason = TextAreaField(_l("哪里没有解决"), validators=[InputRequired(_l("请写明哪里没有解决。"))])


@blueprint.route("/own/needs", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def own_needs() -> str | Response:
    firm, number = own_firm(), page_number()
    form = NeedForm()
    if form.validate_on_submit():
        try:
            need = needs.raise_need(
                current_user,
                firm,
                kind=form.kind.data or "",
                text=form.text.data or "",
                file=form.file.data or None,
                agency=form.agency.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已提交。答复后您会在这里看到。"), "success")
            return redirect(url_for("portal.own_need", need_id=need.id))
    page = page_of(needs.needs_of(firm, number), number)
    return render_template(
        "portal/needs.html",
        firm=firm,
        form=form,
        page=page,
        answer_by=needs.answer_by,
        answered_by=needs.answer_due(clock.today()),
        is_late=needs.is_late,
    )


@blueprint.get("/own/needs/<int:need_id>")
@requires(Permission.KEEP_OWN_RECORD)
def own_need(need_id: int) -> str:
    return _page(load_for(current_user, Need, need_id))


@blueprint.post("/own/needs/<int:need_id>/rate")
@requires(Permission.KEEP_OWN_RECORD)
def rate_need(need_id: int) -> str | Response:
    need = load_for(current_user, Need, need_id)
    form = RatingForm()
    if form.validate_on_submit():
        try:
            needs.rate_need(current_user, need, rating=int(form.rating.data), words=form.words.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("谢谢，专员会看到您的评价。"), "success")
            return redirect(url_for("portal.own_need", need_id=need.id))
    return _page(need, rating=form)


@blueprint.post("/own/needs/<int:need_id>/object")
@requires(Permission.KEEP_OWN_RECORD)
def object_to_answer(need_id: int) -> str | Response:
    need = load_for(current_user, Need, need_id)
    form = ObjectionForm()
    if form.validate_on_submit():
        try:
            needs.object_to_answer(current_user, need, reason=form.reason.data or "")
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已重新提出，专员会再次答复。"), "success")
            return redirect(url_for("portal.own_need", need_id=need.id))
    return _page(need, objection=form)


def _page(need: Need, rating: RatingForm | None = None, objection: ObjectionForm | None = None) -> str:
    stands = str(need.rating) if need.rating is not None else None
    return render_template(
        "portal/need.html",
        firm=need.firm,
        need=need,
        rating=rating or RatingForm(rating=stands, words=need.rating_words),
        objection=objection or ObjectionForm(),
        people=[need.assignee] if need.assignee else in_charge(need.firm),
        asked=in_charge(need.firm),
        matches=[match for match in matches_of(need) if match.state is not MatchState.REFUSED],
        answer_by=needs.answer_by(need),
        late=needs.is_late(need),
    )
