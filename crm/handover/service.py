"""The one verb of a hand-over: firms go to another officer with what is under way. Nothing is begun anew by it."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import commonpath

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms import rules
from crm.firms.models import Firm
from crm.handover.models import Handover
from crm.handover.queries import moved_cases, moved_needs, moved_plans, moved_tasks
from crm.handover.sheet import make_sheet
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.notices.models import NoticeKind
from crm.notices.service import notify

MOST = 500  # firms at once: each is looked at for the sheet
LONGEST_NOTE = 2000


def may_hand_over(actor: User, giver: User | None) -> bool:
    """An officer hands over their own firms; whoever answers for others' work hands over anybody's, and those of nobody."""
    own = giver is not None and giver.id == actor.id
    return actor.can(Permission.EDIT_FIRMS) and (own or actor.can(Permission.EDIT_VISITS))


def can_take(taker: User, firm: Firm) -> bool:
    """Whether the taker works where the firm lies."""
    try:
        rules.officer_for(firm.organisation, taker.id)
    except DomainError:
        return False
    return True


def hand_over(
    *, actor: User, giver: User | None, taker: User, firms: Sequence[Firm], note: str | None = None
) -> Handover:
    """Put `taker` in the place of `giver` (None: of nobody) at these firms: firm, open cases, open tasks, needs given to the giver, planned visits.

    Stages and their dates, the history, visits held, other needs and what others promised stay as they are. The sheet is
    kept as everything stood. Raises DomainError where it cannot be done; nothing is then changed.
    """
    note = (note or "").strip() or None
    _check(actor, giver, taker, firms, note)
    sheet = make_sheet(firms, giver, clock.today())
    ids = [firm.id for firm in firms]
    giver_id = giver.id if giver else None
    for firm in firms:
        firm.officer = taker
    for case in db.session.scalars(moved_cases(ids, giver_id)):
        case.officer = taker
    for task in db.session.scalars(moved_tasks(ids, giver_id)):
        task.assignee = taker
    for need in db.session.scalars(moved_needs(ids, giver_id)):
        need.assignee = taker
    for plan in db.session.scalars(moved_plans(ids, giver_id)):
        plan.officer = taker
    handover = Handover(
        organisation_id=_common_organisation(firms), giver=giver, taker=taker, note=note, sheet=sheet, actor=actor
    )
    db.session.add(handover)
    db.session.flush()
    notify(
        [person for person in (taker, giver) if person is not None],
        NoticeKind.FIRMS_HANDED_OVER,
        key=f"handover {handover.id}",
        path=f"/handovers/{handover.id}",
        by=actor.name,
        taker=taker.name,
        count=len(firms),
    )
    return handover


def _check(actor: User, giver: User | None, taker: User, firms: Sequence[Firm], note: str | None) -> None:
    if not may_hand_over(actor, giver):
        raise NotAllowedError(_("您只能移交自己负责的企业。移交别人的企业请找负责人。"))
    if giver is not None and giver.id == taker.id:
        raise DomainError(_("移交给谁？接手的人不能是同一个人。"), field="to")
    if not firms:
        raise DomainError(_("请至少勾选一家企业。"))
    if len(firms) > MOST:
        raise DomainError(_("一次最多移交 %(most)s 家，请分几次办理。", most=MOST))
    if note is not None and len(note) > LONGEST_NOTE:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_NOTE), field="note")
    gone = [firm.name for firm in firms if firm.officer_id != (giver.id if giver else None)]
    if gone:
        raise DomainError(_("“%(firm)s”的负责专员已经变了，请刷新页面后重新核对。", firm=gone[0]), field="firm")
    outside = [firm.name for firm in firms if not can_take(taker, firm)]
    if outside:
        raise DomainError(
            ngettext(
                "%(taker)s不管辖“%(firm)s”，不能接手。",
                "%(taker)s不管辖“%(firm)s”等 %(num)s 家，不能接手。",
                len(outside),
                taker=taker.name,
                firm=outside[0],
            ),
            field="to",
        )


def _common_organisation(firms: Sequence[Firm]) -> int:
    """The lowest organisation that all the firms lie in or below."""
    return int(commonpath(firm.organisation.path for firm in firms).rpartition("/")[2])
