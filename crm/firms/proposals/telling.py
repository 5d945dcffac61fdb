"""Who is told of a proposal: at the park when it comes in, at the firm when it is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from crm.firms.people import in_charge
from crm.firms.proposals.models import Decision, Proposal
from crm.firms.telling import tell_both
from crm.notices.models import NoticeKind
from crm.notices.service import notify, path_of


def tell_submitted(proposal: Proposal) -> None:
    notify(
        in_charge(proposal.firm),
        NoticeKind.PROPOSAL_SUBMITTED,
        key=f"proposal {proposal.id} submitted",
        path=path_of("firms.proposal", proposal_id=proposal.id),
        firm_id=proposal.firm_id,
        firm=proposal.firm.name,
        by=proposal.submitted_by.name,
    )


def tell_decided(proposal: Proposal, decisions: Mapping[int, Decision]) -> None:
    """Of the fields decided now, by their ids: a proposal may be decided in parts."""
    counted = Counter(decisions.values())
    tell_both(
        proposal.firm,
        NoticeKind.PROPOSAL_DECIDED,
        key=f"proposal {proposal.id} decided {min(decisions)}",
        staff_path=path_of("firms.proposal", proposal_id=proposal.id),
        own_path=path_of("portal.own_proposal", proposal_id=proposal.id),
        accepted=counted[Decision.ACCEPTED],
        refused=counted[Decision.REFUSED],
    )
