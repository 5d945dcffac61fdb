"""A made-up city of any size: the same firms, figures, rights, visits, cases and titles at every run.

For each firm a contact, 3 firm-years with the sources of their main values, 5 IP rights, a dozen facts, 10 visits and 5
changes in the history; for six in ten a case, for four in ten a title and an entry of a register, for one in five a task,
for one in ten a planned visit, a need and three claims, for every second an application, for one in three a service. Thousands
are on lists of the city and on official ones. Each person has some hundred notices, and one firm a user of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any, cast

from sqlalchemy import Table, select

from crm.accounts.system import root_organisation, system_user
from crm.applications.models import Application, ApplicationEvent, ResultRow
from crm.bench import applications, contact, facts, ladder, people, programme, resources
from crm.bench import firms as made
from crm.bench.days import EPOCH, MORNING
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.models import IpRight
from crm.firms.models import Contact, Firm, FirmFact, Industry
from crm.firms.search import index_firms
from crm.incentives.models import Claim
from crm.kernel import audit
from crm.kernel.bulk import insert_rows, next_ids
from crm.kernel.db import Base, db
from crm.ladder.models import Case, CaseEvent, Credential
from crm.lists.models import ListMember
from crm.notices.models import Notice
from crm.registers.models import RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm
from crm.services.models import ServiceRecord
from crm.visits.models import Need, PlannedVisit, Task, Visit

CHUNK = 20_000
Row = dict[str, Any]


def seed(firms: int, report: Callable[[str], None]) -> None:
    """Fill an empty, migrated database with reference data already loaded. Raises ValueError where firms exist."""
    session = db.session
    if session.scalar(select(Firm.id).limit(1)) is not None:
        raise ValueError("该库已有企业；性能数据只灌入空库。 / This database already has firms; seed an empty one.")
    officers = people.people()
    actor = system_user().id
    industries = list(session.scalars(select(Industry.code).where(Industry.level == "小类").order_by(Industry.code)))
    ids = next_ids(session, cast(Table, Firm.__table__), firms)

    # Millions of rows: an index is made quicker than kept.
    indexes = [index for table in Base.metadata.tables.values() for index in table.indexes]
    for index in indexes:
        index.drop(session.connection())

    def fill(model: type[Any], rows: Iterator[Row]) -> None:
        report(f"{model.__tablename__}: {_insert(model.__table__, rows)}")

    filed: list[Row] = []
    fill(Firm, _noting(made.firms(ids, _random("firm"), officers, industries), filed))
    index_firms(session, filed)
    fill(Contact, made.contacts(ids))
    fill(YearlyFigures, made.figures(ids, _random("figures")))
    fill(FigureSource, made.sources(actor))
    fill(IpRight, made.rights(ids, _random("rights")))
    fill(FirmFact, facts.firm_facts(ids, _random("facts"), actor, EPOCH))
    fill(RegisterEntry, facts.register_entries(ids, _random("registers"), EPOCH))
    fill(Visit, contact.visits(ids, _random("visits"), officers))
    fill(Task, contact.tasks(ids, _random("tasks"), officers))
    fill(PlannedVisit, contact.planned(ids, _random("planned"), officers))
    fill(Need, contact.needs(ids, _random("needs"), actor))
    fill(Resource, resources.resources(_random("resources"), EPOCH))
    fill(ResourceFirm, resources.ties(ids, _random("ties"), EPOCH))
    resources.file_all()
    fill(Notice, contact.notices(ids, _random("notices"), officers))
    session.add(people.firm_user(ids[0]))
    fill(Case, ladder.cases(ids, _random("cases")))
    fill(CaseEvent, ladder.case_events(actor))
    fill(Credential, ladder.credentials(ids, _random("credentials")))
    fill(audit.Change, _changes(ids, actor))
    fill(Application, applications.applications(ids, _random("applications"), applications.windows(), EPOCH))
    fill(ApplicationEvent, applications.events(actor))
    fill(ListMember, programme.list_members(ids, _random("lists"), actor))
    fill(ServiceRecord, programme.service_records(ids, _random("services"), actor))
    fill(Claim, programme.claims(ids, _random("claims"), actor))
    lists = programme.result_lists(root_organisation().id, actor)
    fill(ResultRow, programme.result_rows(lists, ids, _random("results")))
    report("indexes")
    for index in indexes:
        index.create(session.connection())


def _random(part: str) -> Random:
    """Each part's own numbers, so that one part's change leaves the others as they are."""
    return Random(f"20261122 {part}")  # noqa: S311  data, not secrets


def _noting(rows: Iterator[Row], filed: list[Row]) -> Iterator[Row]:
    for row in rows:
        filed.append({key: row[key] for key in ("id", "sort_key", "search_text")})
        yield row


def _changes(ids: list[int], actor: int) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        about = {"actor_id": actor, "entity": "firm", "entity_id": firm_id, "firm_id": firm_id}
        yield {**about, "at": MORNING, "via": audit.Via.IMPORT, "action": audit.Action.CREATED}
        for month in (3, 5, 7, 9):
            yield {
                **about,
                "at": datetime(2026, month, 1 + number % 28, tzinfo=UTC),
                "via": audit.Via.PAGE,
                "action": audit.Action.UPDATED,
                "field": "telephone",
                "old": "0730-8000000",
                "new": f"0730-8{number:06d}",
            }


def _insert(table: Any, rows: Iterator[Row]) -> int:
    total = 0
    while chunk := list(islice(rows, CHUNK)):
        insert_rows(db.session, table, chunk)
        total += len(chunk)
    return total
