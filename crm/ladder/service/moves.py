"""Moving a case from stage to stage: one verb for the page, the bulk page and the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.kernel.errors import DomainError
from crm.ladder.assessments.keeping import kept_assessment
from crm.ladder.checklists import requirement
from crm.ladder.gate import CERTIFICATE, Item, open_items
from crm.ladder.models import Case, CaseEvent, CaseStatus, ChecklistItem, Stage
from crm.ladder.service.checklist import remove_items
from crm.ladder.service.common import day_of, last_step_on, require, require_open, require_unchanged, step, written
from crm.ladder.service.credentials import grant_credential, renew_credential, title_running
from crm.ladder.telling import tell_moved
from crm.ladder.words import STAGES

ORDER = list(Stage)
ASSESSED = (Stage.READY, Stage.APPLIED, Stage.CERTIFIED)
SHORTEST_OVERRIDE = 10  # characters of a written reason


class OpenItemsError(DomainError):
    """The move is blocked; `items` is what is missing."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(_("还有 %(count)s 项没有完成，不能移到下一阶段。", count=len(items)))
        self.items = list(items)


@dataclass(frozen=True)
class Certificate:
    """What certification records: the number (none where the published paper stands for it), and from when to when the title
    is valid (no end for a listing).
    """

    number: str | None
    valid_from: date
    valid_to: date | None = None


def next_stage(stage: Stage) -> Stage | None:
    return None if stage is ORDER[-1] else ORDER[ORDER.index(stage) + 1]


def move_case(
    case: Case,
    to_stage: Stage,
    *,
    actor: User,
    on: date | None = None,
    version: int | str | None = None,
    reason: str | None = None,
    override_reason: str | None = None,
    certificate: Certificate | None = None,
) -> CaseEvent:
    """Move a case one stage forward, or back for a written `reason`. Raises OpenItemsError where something is missing.

    `override_reason` (at least ten characters, with its own permission) moves it all the same, and is recorded.
    Moving to `certified` needs the certificate (its number, or its paper on the checklist) and records the title, as the renewal of one that still runs. Moves to
    ready, applied and certified keep the assessment. `version` is the one the person's page showed: EditConflictError where someone moved the case since.
    """
    require(actor, Permission.CULTIVATE)
    require_unchanged(case, version, str(STAGES[to_stage]))
    require_open(case)
    on = day_of(on, not_before=last_step_on(case))
    if ORDER.index(to_stage) < ORDER.index(case.stage):
        return _move_back(case, to_stage, actor, on, reason)
    if to_stage is not next_stage(case.stage):
        raise DomainError(
            _("“%(now)s”只能移到下一阶段，不能跳到“%(to)s”。", now=STAGES[case.stage], to=STAGES[to_stage]),
            field="stage",
        )
    missing = open_items(case, to_stage, on)
    if certificate is not None and (certificate.number or "").strip():
        missing = [item for item in missing if item.key != CERTIFICATE]
    if missing:
        reason = _override(missing, actor, override_reason)
    assessment = None
    if to_stage in ASSESSED:  # none where no edition is in force
        assessment, _lack = kept_assessment(case.firm, case.rung, actor=actor, on=on, purpose=case.purpose, case=case)
    if to_stage is Stage.CERTIFIED:
        renewed = _certify(case, actor, certificate)
        reason = "；".join(text for text in (reason, renewed) if text) or None
    event = step(
        case,
        actor=actor,
        on=on,
        stage=to_stage,
        status=CaseStatus.CERTIFIED if to_stage is Stage.CERTIFIED else CaseStatus.OPEN,
        reason=reason,
        overridden=bool(missing),
        assessment=assessment,
    )
    tell_moved(event)
    return event


def _move_back(case: Case, to_stage: Stage, actor: User, on: date, reason: str | None) -> CaseEvent:
    reason = written(reason)
    # What was signed was the case as it stood then.
    remove_items(case, [item for item in case.items if _is_sign_off(case, item)])
    event = step(case, actor=actor, on=on, stage=to_stage, reason=reason)
    tell_moved(event)
    return event


def _is_sign_off(case: Case, item: ChecklistItem) -> bool:
    found = requirement(case.rung, item.key)
    return found is not None and found.kind == "sign_off"


def _override(missing: Sequence[Item], actor: User, override_reason: str | None) -> str:
    """The reason the move goes ahead all the same; otherwise raises what is missing."""
    if override_reason is None:
        raise OpenItemsError(missing)
    require(actor, Permission.OVERRIDE_CHECKLIST)
    return written(override_reason, at_least=SHORTEST_OVERRIDE, field="override_reason")


def _certify(case: Case, actor: User, certificate: Certificate | None) -> str | None:
    """Record the title; where an earlier one still runs (a review), as its renewal, which the text returned tells."""
    paper = next((item.document for item in case.items if item.key == CERTIFICATE), None)
    if certificate is None or not ((certificate.number or "").strip() or paper):
        raise DomainError(_("认定需要有效期，以及证书或入库编号（没有编号的交上公布文件）。"), field="number")
    earlier = title_running(case.firm, case.rung, certificate.valid_from)
    if earlier is None:
        grant_credential(case.firm, case.rung, **asdict(certificate), actor=actor, case=case, document=paper)
        return None
    renew_credential(earlier, **asdict(certificate), actor=actor, case=case, document=paper)
    return _("续期：旧证 %(number)s 由新证 %(new)s 接续", number=earlier.number or "", new=certificate.number or "")
