"""The city's own policy papers, technology contracts, and what firms claimed: half of them do, the others are entitled and do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.system import root_organisation
from crm.demo.story import SILENT, Story
from crm.incentives.claims import claim_entitlement, decide, pay, why_not
from crm.incentives.models import Claim, ClaimState
from crm.incentives.provisions import save_provision
from crm.incentives.queries import claims_of
from crm.incentives.rules import Kind
from crm.incentives.subjects import entitlements_of, years_shown
from crm.kernel import clock
from crm.kernel.db import db
from crm.policy.answers.verdict import MET
from crm.registers import service as registers
from crm.registers.models import Register

WAN = Decimal(10_000)
PARTIES = ("云岭理工大学", "云岭材料研究院", "松江轻工职业学院", "石湾自动化有限公司")
# Policy → the numbers of the city's paper (万元, fractions); empty: as the document it follows.
CITY: dict[str, dict[str, Decimal | None]] = {
    "institution_award": {},
    "contract_receiver": {},
    "contract_provider": {},
    "rd_intensity": {"rate": Decimal("0.05"), "cap": Decimal(30)},
    "rd_reserve": {},
}
CLAIMED_AGO = (820, 430, 40)  # days before today on which firms claim what they may by then


def write_incentives(stories: Iterable[Story], administrator: User, manager: User) -> None:
    some = [story for story in stories if story.plan.kind != SILENT]
    diary = some[0].diary
    diary.write(date(diary.today.year - 3, 1, 5), administrator, partial(_papers, administrator))
    for story in some:
        if story.number % 3 == 0:
            story.on(diary.ago(500 - 7 * story.number), partial(_contract, story), hour=9)
        if story.number % 5 == 0:
            story.on(diary.ago(400), partial(_reserve, story), hour=9)
        if story.number % 2:
            for days in CLAIMED_AGO:
                story.on(diary.ago(days - story.number % 20), partial(_claim, story), hour=11)
                if days > min(CLAIMED_AGO):
                    story.on(diary.ago(days - 45), partial(_decide, story, manager), actor=manager, hour=15)
                    story.on(diary.ago(days - 100), partial(_pay, story, manager), actor=manager, hour=16)


def _papers(administrator: User) -> None:
    """One paper of the city takes the policies over; that on new R&D spending is the province's."""
    year = clock.today().year - 1
    for incentive, values in CITY.items():
        save_provision(
            None,
            actor=administrator,
            incentive=incentive,
            organisation=root_organisation(),
            since=date(year, 1, 1),
            until=None,
            document=f"云政发〔{year - 1}〕12号（虚构）",
            document_on=date(year - 1, 12, 20),
            values=values,
        )


def _contract(story: Story) -> None:
    today = clock.today()
    registers.add_entry(
        actor=story.officer,
        firm=story.here,
        register=Register.CONTRACT,
        document=story.file("技术合同.pdf"),
        name=f"{story.plan.product}成果转让",
        number=f"JS{today.year}{story.number:04}",
        on=today - timedelta(days=20),
        amount=(80 + 45 * story.number) * WAN,
        role="receiver",
        party=PARTIES[story.number % len(PARTIES)],
    )


def _reserve(story: Story) -> None:
    today = clock.today()
    registers.add_entry(
        actor=story.officer,
        firm=story.here,
        register=Register.RESERVE,
        name="研发准备金备案",
        number=f"ZBJ{today.year}{story.number:03}",
        on=today,
    )


def _claim(story: Story) -> None:
    """Claim all that is sure and counted and was not claimed before; of estimates only last year's."""
    firm, known = story.here, claims_of(story.here.id)
    claimed = {(name, cause) for name, _year, cause in known if cause}
    for line in entitlements_of(firm, years_shown()):
        rule = line.rule
        key = (rule.incentive, line.year or 0, line.cause)
        if line.verdict != MET or line.amount is None or key in known or why_not(line, firm):
            continue
        late = rule.kind in (Kind.ESTIMATE, Kind.TOP_UP) and line.year != clock.today().year - 1
        if late or (rule.incentive, line.cause) in claimed:
            continue
        document = story.file(f"{rule.title.zh}申领材料.pdf")
        claim_entitlement(firm, *key, actor=story.officer, document=document)


def _decide(story: Story, manager: User) -> None:
    for claim in _claims(story, ClaimState.CLAIMED):
        if claim.id % 9 == 4:
            decide(claim, actor=manager, approve=False, reason="材料与登记的内容不一致，请核对后重新申领。")
        else:
            decide(claim, actor=manager, approve=True)


def _pay(story: Story, manager: User) -> None:
    for claim in _claims(story, ClaimState.APPROVED):
        if claim.incentive not in ("super_deduction", "super_deduction_ic"):
            # Every seventh is paid by instalment, half of it so far.
            part = (claim.decided_amount or Decimal(0)) / 2 if claim.id % 7 == 3 else None
            pay(claim, actor=manager, amount=part)


def _claims(story: Story, state: ClaimState) -> list[Claim]:
    return list(db.session.scalars(select(Claim).where(Claim.firm_id == story.here.id, Claim.state == state)))
