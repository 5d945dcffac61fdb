"""Building the demonstration park: people first, then the past of every firm, lived day by day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from crm.accounts import service as accounts
from crm.accounts.models import Organisation, OrganisationKind, User
from crm.accounts.permissions import Role
from crm.accounts.system import ROOT_NAME, root_organisation, system_user
from crm.demo.applications import write_applications
from crm.demo.asking import write_asking
from crm.demo.chats import write_notices
from crm.demo.city import City, load
from crm.demo.diagnosis import write_benchmarks
from crm.demo.diary import Diary, Report
from crm.demo.doubles import write_double
from crm.demo.drafts import write_draft
from crm.demo.duties import write_duties
from crm.demo.incentives import write_incentives
from crm.demo.lists import write_lists
from crm.demo.plans import write_plans
from crm.demo.published import write_results
from crm.demo.record import write_record
from crm.demo.resources import write_resources
from crm.demo.rungs import write_rungs
from crm.demo.served import write_served
from crm.demo.sheet import write_import
from crm.demo.story import Cast, Story
from crm.demo.talks import write_talks
from crm.demo.targets import write_targets
from crm.demo.views import write_handover, write_views
from crm.firms.models import Chain, Division
from crm.kernel import audit
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.service import record_expiries
from crm.park import comparisons, rules

SEED = "云岭市"


def is_built() -> bool:
    """Whether the demonstration's accounts are there."""
    emails = [person.email for person in load().accounts]
    return db.session.scalar(select(User.id).where(User.email.in_(emails)).limit(1)) is not None


def require_own_database() -> None:
    """Raise DomainError where real people have accounts: the demonstration keeps away from their data."""
    if is_built():
        return
    system = system_user()
    if db.session.scalar(select(User.id).where(User.id != system.id).limit(1)) is not None:
        raise DomainError(
            "这个数据库里已有正式账号，不能在里面建立演示园区。请换一个 DATABASE_URL。 / "
            "This database has real accounts; give the demonstration a DATABASE_URL of its own."
        )


def build(report: Report) -> None:
    """Build the city of seeds/demo in a migrated database with reference data. The caller commits."""
    city = load()
    diary = Diary()
    audit.sign(db.session, system_user().id, audit.Via.COMMAND)
    organisations = _organisations(city)
    people = _people(city, organisations)
    manager = next(person for person in people.values() if person.role is Role.MANAGER)
    administrator = next(person for person in people.values() if person.role is Role.ADMINISTRATOR)
    first_officer = next(person for person in people.values() if person.role is Role.OFFICER)
    chains = {chain.name: chain.id for chain in db.session.scalars(select(Chain))}
    stories = {}
    for number, plan in enumerate(city.firms, start=1):
        park = organisations[plan.park]
        officer = next(each for each in people.values() if each.role is Role.OFFICER and each.organisation is park)
        stories[plan.name] = Story(
            plan=plan,
            kind=city.kinds[plan.kind],
            city=city,
            cast=Cast(officer, manager, park),
            diary=diary,
            random=Random(f"{SEED} {plan.name}"),  # noqa: S311  data, not secrets
            number=number,
            chain_id=chains[plan.chain] if plan.chain else None,
        )
    for story in stories.values():
        write_record(story)
        write_rungs(story)
        write_talks(story)
        write_duties(story)
    write_plans(stories, manager)
    write_applications(stories, administrator)
    write_incentives(stories.values(), administrator, manager)
    for person in city.firm_people:
        write_asking(stories[person.firm or ""], person)
    importing = [story for story in stories.values() if story.plan.park == city.importing_park]
    write_import(diary, importing, Random(SEED))  # noqa: S311
    _expiries(diary)
    diary.write(diary.today, manager, lambda: _comparison(manager))
    diary.write(diary.today, first_officer, lambda: _comparison(first_officer))
    diary.write(diary.today, administrator, lambda: write_draft(administrator))
    diary.write(diary.today, administrator, lambda: write_notices(administrator), hour=23)
    first_story = next(iter(stories.values()))
    diary.write(diary.today, first_story.cast.officer, lambda: write_double(first_story, first_story.cast.officer))
    diary.write(diary.today, manager, lambda: write_views(manager, first_officer))
    diary.write(diary.today, administrator, lambda: write_targets(administrator))
    diary.write(diary.today, manager, lambda: write_handover(manager, next(iter(stories.values()))))
    near = [story for story in stories.values() if story.officer is first_officer]
    diary.write(diary.today, first_officer, lambda: write_results(near, Random(f"{SEED} 名单")), hour=9)  # noqa: S311
    diary.write(diary.today, manager, lambda: write_resources(manager, list(stories.values())))
    write_lists(diary, list(stories.values()), manager)
    diary.write(diary.today, manager, lambda: write_benchmarks(manager))
    diary.write(diary.today, manager, lambda: write_served(list(stories.values())), hour=22)
    diary.live(report)


def _organisations(city: City) -> dict[str, Organisation]:
    """The tree; its root is the one that is there already (firms may have been imported before)."""
    system, root = system_user(), root_organisation()
    first, *others = city.organisations
    if root.name == ROOT_NAME:
        accounts.update_organisation(organisation=root, name=first["name"], disabled=False)
    found = {first["name"]: root}
    for each in others:
        found[each["name"]] = accounts.create_organisation(
            actor=system,
            name=each["name"],
            kind=OrganisationKind(each["kind"]),
            parent_id=found[each["parent"]].id,
        )
    for each in city.organisations:
        _division(found[each["name"]], each["division"])
    return found


def _division(organisation: Organisation, code: str) -> None:
    """The made-up division of a city or county, where its parks and firms are too: regions can be chosen here as elsewhere."""
    if db.session.get(Division, code) is None:
        above = organisation.parent
        db.session.add(Division(code=code, name=organisation.name, parent_code=above.division_code if above else None))
        db.session.flush()
    organisation.division_code = code
    db.session.flush()


def _people(city: City, organisations: dict[str, Organisation]) -> dict[str, User]:
    found = {}
    for plan in city.people:
        assert plan.organisation is not None
        person = accounts.create_staff(
            actor=system_user(),
            email=plan.email,
            name=plan.name,
            role=Role(plan.role),
            organisation_id=organisations[plan.organisation].id,
        )
        if plan.password:
            accounts.set_password(user=person, password=plan.password)
        found[plan.email] = person
    return found


def _expiries(diary: Diary) -> None:
    """What a nightly command records: titles whose term is over."""
    for days in range(1080, -1, -30):
        diary.write(
            diary.today - timedelta(days=days), system_user(), lambda: record_expiries(actor=system_user()), hour=23
        )


def _comparison(person: User) -> None:
    """What the change of 2026 did to the specialised SMEs: asked on the last day, when everything else has happened."""
    assert person.organisation is not None
    comparisons.fill(
        comparisons.begin(
            actor=person,
            organisation=person.organisation,
            before=rules.rule("srdi.2022"),
            after=rules.rule("srdi.2026"),
            on=date(2026, 4, 1),
            numbers={},
        )
    )
