"""What the readiness offers the list of firms: filters in its address, so that every number of the overview opens its firms."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Exists, exists, literal, select, true

from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.firm_list import RUNG_WORDS
from crm.ladder.models import Case, CaseStatus, Rung
from crm.ladder.words import RUNGS
from crm.park.counts import holds_title, is_free, is_near
from crm.park.models import Readiness, Verdict
from crm.park.readiness import titles_of_criteria
from crm.web.language import language

STANDINGS = ("ready", "near", "undecided")
NONE, OPEN = "none", "open"
FEW = 2000


def filters() -> dict[str, Filter]:
    """`ready`, `near` and `undecided` name a rung; `clause` one of the criteria nobody can judge, `case` how far it is begun."""
    return {
        "ready": Filter(_l("达标"), lambda value: _stands(value, Readiness.verdict == Verdict.MET), _rung_title),
        "near": Filter(_l("差一两条"), lambda value: _stands(value, is_near(), ~_holds_title()), _rung_title),
        "undecided": Filter(_l("尚不能判断"), _undecided, _rung_title),
        "clause": Filter(_l("缺少资料的条款"), _clause, _clause_title),
        "case": Filter(_l("培育项目"), _case, _case_title),
    }


def _rung_title(value: str) -> Any:
    return RUNGS[Rung(value)]


def _stands(rung: str, *standing: ColumnElement[bool]) -> ColumnElement[bool] | None:
    """The firms that stand so for the rung; with `case`, those of them that it means."""
    if rung not in RUNG_WORDS:
        return None
    wanted = [Readiness.rung == Rung(rung), *standing]
    case = request.args.get("case", "").strip()
    if case == NONE:
        wanted.append(is_free(Readiness.firm_id, Readiness.rung, clock.today()))
    elif case == OPEN:
        wanted.append(_open_case(Readiness.firm_id).where(Case.rung == Readiness.rung))
    # Few firms are looked up and put in order, many are met on the way through the list in its order.
    few = db.session.scalars(select(Readiness.firm_id).where(*wanted).limit(FEW + 1)).all()
    if len(few) <= FEW:
        return Firm.id.in_(few)
    return exists().where(Readiness.firm_id == Firm.id, *wanted)


def _holds_title() -> ColumnElement[bool]:
    return holds_title(Readiness.firm_id, Readiness.rung, clock.today())


def _undecided(rung: str) -> ColumnElement[bool] | None:
    standing = [Readiness.verdict == Verdict.UNKNOWN]
    clause = request.args.get("clause", "").strip()
    if clause:  # ids stand with spaces between
        words = literal(" ").concat(Readiness.undecided).concat(" ")
        standing.append(words.contains(f" {clause} ", autoescape=True))
    return _stands(rung, *standing)


def _clause(value: str) -> ColumnElement[bool] | None:
    """Narrows the rung in `undecided`, which gives the condition; alone it means nothing."""
    return true() if request.args.get("undecided", "") in RUNG_WORDS else None


def _clause_title(value: str) -> Any:
    title = titles_of_criteria(Rung(request.args["undecided"])).get(value)
    return title[language()] if title else value


def _case(value: str) -> ColumnElement[bool] | None:
    """Beside a rung it is that rung's case, which its condition holds already; alone it is any."""
    if value not in (NONE, OPEN):
        return None
    if any(request.args.get(name, "") in RUNG_WORDS for name in STANDINGS):
        return true()
    open_ = _open_case(Firm.id)
    return ~open_ if value == NONE else open_


def _case_title(value: str) -> Any:
    if value == OPEN:
        return _("进行中")
    beside = any(request.args.get(name, "") in RUNG_WORDS for name in STANDINGS)
    return _("无，也未持有") if beside else _("无")


def _open_case(firm_id: Any) -> Exists:
    return exists().where(Case.firm_id == firm_id, Case.status == CaseStatus.OPEN)
