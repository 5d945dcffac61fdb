"""What firms asked to change in their own record, and what the officer said to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm.accounts import service as accounts
from crm.accounts.models import User
from crm.demo.city import PersonPlan
from crm.demo.diary import sign
from crm.demo.numbers import yuan
from crm.demo.scenarios import write_scenarios
from crm.demo.story import Story
from crm.firms import service as firms
from crm.firms.figures.keys import KEYS
from crm.firms.figures.queries import figures_of_year
from crm.firms.proposals import service
from crm.firms.proposals.models import Decision, Proposal, Target
from crm.firms.proposals.service import Verdict, Wanted
from crm.portal.queries import contacts_of


def write_asking(story: Story, plan: PersonPlan) -> None:
    """Write down when the firm's person got an account and what they asked for."""
    people: list[User] = []
    story.on(story.entered + timedelta(days=40), lambda: people.append(_account(story, plan)), hour=11)
    for given in story.city.proposals:
        if given["firm"] == story.plan.name:
            _ask(story, people, given)
    story.on(story.diary.ago(33), lambda: _new_telephone(story, people[0]), hour=11)
    if plan.password:
        write_scenarios(story, lambda: people[0])


def _account(story: Story, plan: PersonPlan) -> User:
    person = accounts.create_firm_user(email=plan.email, name=plan.name, firm_id=story.here.id)
    if plan.password:
        accounts.set_password(user=person, password=plan.password)
    return person


def _ask(story: Story, people: list[User], given: Mapping[str, Any]) -> None:
    asked: list[Proposal] = []

    def ask() -> None:
        person = people[0]
        sign(person)
        document = story.file(given["document"], actor=person) if "document" in given else None
        wanted = [_wanted(story, want) for want in given["wants"]]
        asked.append(
            service.propose(actor=person, firm=story.here, wanted=wanted, note=given["note"], document=document)
        )

    def decide() -> None:
        refused = given["decided"].get("refused", {})
        verdicts = {
            field.id: Verdict(Decision.REFUSED, refused[field.field])
            if field.field in refused
            else Verdict(Decision.ACCEPTED)
            for field in asked[0].fields
        }
        service.decide(actor=story.officer, proposal=asked[0], verdicts=verdicts, verify=True)

    story.on(story.diary.ago(given["days"]), ask, hour=11)
    if "decided" in given:
        story.on(story.diary.ago(given["decided"]["days"]), decide, hour=14)


def _wanted(story: Story, want: Mapping[str, Any]) -> Wanted:
    field = want["field"]
    if "year" not in want:
        return Wanted(target=Target.FIRM, field=field, new=want["new"] if "new" in want else yuan(want["new_wan"]))
    year = story.last_year + 1 + want["year"]
    figures = figures_of_year(story.here.id, year)
    assert figures is not None
    now = getattr(figures, field)
    new = yuan(float(now) / 10000 * want["times"]) if KEYS[field].is_money else round(now * want["times"])
    return Wanted(target=Target.FIGURES, target_key=str(year), field=field, new=new)


def _new_telephone(story: Story, person: User) -> None:
    """A change of little risk, which the firm makes itself."""
    sign(person)
    contact = contacts_of(story.here)[0]
    firms.update_contact(actor=person, contact=contact, telephone=f"0000-5553{story.number:03}")
