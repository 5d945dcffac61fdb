"""What a firm may have of the incentives, beside the programmes that fit it: the two rooms know nothing of each other."""

from __future__ import annotations

from datetime import date

from flask import Flask
from flask_babel import gettext as _
from flask_login import current_user

from crm.applications.fits import Fit, offer_fits
from crm.firms.models import Firm
from crm.incentives.showing import Line, lines_of
from crm.policy.answers.verdict import MET
from crm.web.formatting import money_text


def init_app(app: Flask) -> None:
    offer_fits(app, incentives_that_fit)


def incentives_that_fit(firm: Firm, on: date) -> list[Fit]:
    """What is sure, can be claimed by who reads, and was not claimed yet: of this year and the last."""
    return [
        _fit(line)
        for line in lines_of(firm, current_user)
        if line.claimable and line.claim is None and not line.expired and (line.entitlement.year or 0) >= on.year - 1
    ]


def _fit(line: Line) -> Fit:
    amount = line.entitlement.amount
    says = money_text(amount) if amount is not None else _("数额未知")
    return Fit(
        heading=_("可以兑现的政策"),
        title=f"{line.title}{_('：')}{line.subject}" if line.subject else line.title,
        verdict=MET,
        score=says,
        when=_("%(year)s 年度；%(until)s", year=line.entitlement.year, until=line.until),
        open=True,
        source=line.rule.document.number,
        summary=_("；").join(line.steps) or None,
        action=(_("申领"), line.claim_url or ""),
    )
