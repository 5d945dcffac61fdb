"""The staff's list of needs."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import Form

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.queries import officer_words
from crm.kernel import clock
from crm.visits.needs import NeedFilter, WhichNeeds, answer_by, needs_page
from crm.visits.routes import blueprint
from crm.visits.words import NEED_KINDS
from crm.web.fields import ChoiceField
from crm.web.paging import page_number

ALL = _l("全部")
WHICH = {
    WhichNeeds.OPEN: _l("待答复"),
    WhichNeeds.LATE: _l("已超期"),
    WhichNeeds.ANSWERED: _l("已答复"),
    WhichNeeds.ALL: ALL,
}


class NeedFilterForm(Form):
    """The filter above the list, read from the address; what it does not know it leaves out."""

    kind = ChoiceField(_l("类别"), words=NEED_KINDS, empty=ALL)
    officer = ChoiceField(_l("专员"), words={}, empty=ALL)

    def __init__(self, officers: dict[int, str]) -> None:
        self._officers = officers
        super().__init__(request.args)

    def process(self, *positional: object, **named: object) -> None:
        self.officer.words = self._officers
        super().process(*positional, **named)


@blueprint.get("/needs")
@requires(Permission.VIEW_FIRMS)
def needs() -> str:
    form = NeedFilterForm(officer_words(current_user))
    which = request.args.get("which", WhichNeeds.OPEN, type=WhichNeeds)
    wanted = NeedFilter(which=which, kind=form.kind.data, officer_id=form.officer.data)
    page = needs_page(current_user, wanted, page_number())
    return render_template(
        "visits/needs.html", page=page, form=form, wanted=wanted, which=WHICH, answer_by=answer_by, today=clock.today()
    )
