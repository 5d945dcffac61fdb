"""What whoever decides a claim has to look at: what its amount rests on is not sure, or says something else by now."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _

from crm.firms.models import FirmStatus, State
from crm.firms.words import STATUSES
from crm.incentives.lines import wan
from crm.incentives.models import Claim
from crm.incentives.once import UNDER_WAY, entry_id
from crm.incentives.subjects import find
from crm.kernel.db import db
from crm.policy.answers.verdict import NOT_MET, UNKNOWN
from crm.policy.text import quantity
from crm.registers.models import RegisterEntry
from crm.web.language import language


def entry_of(claim: Claim) -> RegisterEntry | None:
    """The institution or contract that a claim is for, as it stands today."""
    id_ = entry_id(claim.cause)
    return db.session.get(RegisterEntry, id_) if id_ is not None else None


def doubts_of(claim: Claim) -> list[str]:
    """Why an amount is not sure: its firm or cause is gone, nobody verified it, it has no document, or comes to another sum today."""
    doubts = []
    if claim.firm.status is not FirmStatus.ACTIVE:
        doubts.append(_("企业现在的状态是“%(status)s”", status=STATUSES[claim.firm.status]))
    if entry_id(claim.cause) is not None:
        entry = entry_of(claim)
        if entry is None:
            return [*doubts, _("申领的事由已不在登记册里")]
        if entry.state is not State.VERIFIED:
            doubts.append(_("“%(name)s”还没有核实", name=entry.name))
        if entry.document_id is None:
            doubts.append(_("“%(name)s”没有附文件", name=entry.name))
    if claim.is_second and claim.state in UNDER_WAY:
        return [*doubts, _("合并前的两家企业各申领过这一项：同一年度只能享受一次，请核对，多付的追回")]
    changed = _changed(claim) if claim.state in UNDER_WAY else None
    return [*doubts, changed] if changed else doubts


def _changed(claim: Claim) -> str | None:
    """What the record and the documents of today say instead; None where they say the same."""
    declared = claim.arithmetic.get("declared")
    line = find(claim.firm, claim.incentive, claim.year, claim.cause, None if declared is None else Decimal(declared))
    if line is None:
        return _("登记的内容在申领后改过（级别、日期、角色或所在地），今天已没有这一项")
    here = language()
    if line.verdict == NOT_MET:
        return _("按今天登记的内容不符合条件：%(why)s", why=line.steps[-1][here])
    if line.amount != claim.amount:
        said = {"today": _sum(line.amount), "then": _sum(claim.amount)}
        return _("按今天登记的内容测算为 %(today)s，申领时为 %(then)s，请按实际情况核定", **said)
    if line.verdict == UNKNOWN and claim.arithmetic.get("verdict") != UNKNOWN:
        missing = _("；").join(each[here] for each in line.missing)
        return _("按今天登记的内容尚不能判定，还缺：%(what)s", what=missing)
    return None


def _sum(amount: Decimal | None) -> str:
    """Exact: a sum that differs must not read the same."""
    return _("数额未知") if amount is None else quantity(wan(amount), "万元")[language()]
