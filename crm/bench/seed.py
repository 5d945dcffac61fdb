"""A made-up city of any size: the same firms, figures, rights, visits, cases and titles at every run.

For each firm a contact, 3 firm-years with the sources of their main values, 5 IP rights, a dozen facts, 10 visits and 5
changes in the history; for six in ten a case, for four in ten a title and an entry of a register, for one in five a task,
for one in ten a planned visit and a need, for every second an application. Each person has some hundred notices, and one firm a user of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, cast

from sqlalchemy import Table, select

from crm.accounts.models import Organisation, OrganisationKind, User
from crm.accounts.permissions import Role
from crm.accounts.signing import hash_password
from crm.accounts.system import root_organisation, system_user
from crm.applications.models import Application, ApplicationEvent
from crm.bench import applications, facts, resources
from crm.firms.duplicates.cores import name_core
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.models import Acquired, IpKind, IpRight, IpStatus
from crm.firms.models import Contact, Firm, FirmFact, FirmStatus, Industry, State
from crm.firms.search import index_firms, search_columns
from crm.kernel import audit
from crm.kernel.bulk import insert_rows, next_ids
from crm.kernel.db import db
from crm.kernel.identifiers.credit_code import check_character
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Purpose, Rung, Stage
from crm.notices.models import Notice, NoticeKind
from crm.registers.models import RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm
from crm.visits.models import Need, NeedState, PlannedState, PlannedVisit, Task, TaskState, Visit

EPOCH = date(2026, 11, 15)
MORNING = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = "云岭 松江 石湾 白鹿 青溪 龙泉 凤台 梅岭 兰亭 竹园 桃源 荷塘 柳河 枫林 金沙 银湖 铜陵 铁山 锡城 玉屏".split()  # noqa: SIM905
WORDS = "恒远信达瑞丰华盛鼎新德诚科创智慧博雅宏图永昌中和天泽海纳晨星"
TRADES = (
    "精密机械 电子科技 新材料 生物医药 环保设备 智能装备 信息技术 食品 纺织 化工 "  # noqa: SIM905
    "汽车零部件 光电 船舶配件 竹木制品 半导体 新能源 仪器仪表 模具 软件 包装".split()
)
PASSWORD = "tidu-bench-2026"  # noqa: S105  of made-up people in a database that is thrown away
PARKS = 12
OFFICERS_A_PARK = 5
YEARS = (2023, 2024, 2025)
CHUNK = 20_000
Row = dict[str, Any]


def seed(firms: int, report: Callable[[str], None]) -> None:
    """Fill an empty, migrated database with reference data already loaded. Raises ValueError where firms exist."""
    session = db.session
    if session.scalar(select(Firm.id).limit(1)) is not None:
        raise ValueError("该库已有企业；性能数据只灌入空库。 / This database already has firms; seed an empty one.")
    officers = _people()
    actor = system_user().id
    industries = list(session.scalars(select(Industry.code).where(Industry.level == "小类").order_by(Industry.code)))
    ids = next_ids(session, cast(Table, Firm.__table__), firms)

    def fill(model: type[Any], rows: Iterator[Row]) -> None:
        report(f"{model.__tablename__}: {_insert(model.__table__, rows)}")

    filed: list[Row] = []
    fill(Firm, _noting(_firms(ids, _random("firm"), officers, industries), filed))
    index_firms(session, filed)
    fill(Contact, _contacts(ids))
    fill(YearlyFigures, _figures(ids, _random("figures")))
    fill(FigureSource, _sources(actor))
    fill(IpRight, _rights(ids, _random("rights")))
    fill(FirmFact, facts.firm_facts(ids, _random("facts"), actor, EPOCH))
    fill(RegisterEntry, facts.register_entries(ids, _random("registers"), EPOCH))
    fill(Visit, _visits(ids, _random("visits"), officers))
    fill(Task, _tasks(ids, _random("tasks"), officers))
    fill(PlannedVisit, _planned(ids, _random("planned"), officers))
    fill(Need, _needs(ids, _random("needs"), actor))
    fill(Resource, resources.resources(_random("resources"), EPOCH))
    fill(ResourceFirm, resources.ties(ids, _random("ties"), EPOCH))
    resources.file_all()
    fill(Notice, _notices(ids, _random("notices"), officers))
    session.add(_firm_user(ids[0]))
    fill(Case, _cases(ids, _random("cases")))
    fill(CaseEvent, _case_events(actor))
    fill(Credential, _credentials(ids, _random("credentials")))
    fill(audit.Change, _changes(ids, actor))
    fill(Application, applications.applications(ids, _random("applications"), applications.windows(), EPOCH))
    fill(ApplicationEvent, applications.events(actor))


def _random(part: str) -> Random:
    """Each part's own numbers, so that one part's change leaves the others as they are."""
    return Random(f"20261122 {part}")  # noqa: S311  data, not secrets


def _noting(rows: Iterator[Row], filed: list[Row]) -> Iterator[Row]:
    for row in rows:
        filed.append({key: row[key] for key in ("id", "sort_key", "search_text")})
        yield row


def _people() -> list[tuple[int, int]]:
    """Twelve parks in four counties with five officers each; returns (officer id, park id)."""
    session = db.session
    root, actor = root_organisation(), system_user()
    audit.sign(session, actor.id, audit.Via.COMMAND)
    password = hash_password(PASSWORD)
    session.add(_user(Role.MANAGER, "manager", root.id, password))
    officers = []
    for number in range(PARKS):
        parent = root if number % 3 else _organisation(f"性能{number // 3 + 1}县", OrganisationKind.COUNTY, root)
        park = _organisation(f"性能{number + 1}园", OrganisationKind.PARK, parent)
        for seat in range(OFFICERS_A_PARK):
            officer = _user(Role.OFFICER, f"officer{number * OFFICERS_A_PARK + seat + 1}", park.id, password)
            session.add(officer)
            session.flush()
            officers.append((officer.id, park.id))
    return officers


def _organisation(name: str, kind: OrganisationKind, parent: Organisation) -> Organisation:
    organisation = Organisation(name=name, kind=kind, parent_id=parent.id)
    db.session.add(organisation)
    db.session.flush()
    organisation.path = f"{parent.path}{organisation.id}/"
    return organisation


def _user(role: Role, name: str, organisation_id: int, password: str) -> User:
    return User(
        email=f"{name}@bench.tidu.invalid",
        name=name,
        role=role,
        organisation_id=organisation_id,
        password_hash=password,
    )


def _firm_user(firm_id: int) -> User:
    audit.sign(db.session, system_user().id, audit.Via.COMMAND)
    return User(email="firm@bench.tidu.invalid", name="firm", role=Role.FIRM, firm_id=firm_id)


def firm_name(number: int) -> str:
    """The name of firm `number` (from 0), unlike any other's for the first 26 million."""
    place, rest = PLACES[number % len(PLACES)], number // len(PLACES)
    first, rest = WORDS[rest % len(WORDS)], rest // len(WORDS)
    second, rest = WORDS[rest % len(WORDS)], rest // len(WORDS)
    trade, rest = TRADES[(rest + number) % len(TRADES)], rest // len(TRADES)
    third = WORDS[rest] if rest else ""
    return f"{place}{first}{second}{third}{trade}有限公司"


def firm_code(number: int) -> str:
    body = f"91430900MAB{number:06d}"
    return body + check_character(body)


def _firms(ids: list[int], random: Random, officers: list[tuple[int, int]], industries: list[str]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        name = firm_name(number)
        officer_id, park_id = random.choice(officers)
        yield {
            "id": firm_id,
            "credit_code": firm_code(number),
            "name": name,
            "name_core": name_core(name),
            **search_columns(name),
            "organisation_id": park_id,
            "officer_id": officer_id,
            "industry_code": random.choice(industries),
            "tech_field": random.randint(1, 8),
            "status": FirmStatus.ACTIVE,
            "registered_on": EPOCH - timedelta(days=random.randint(200, 8000)),
            "registered_capital": random.randint(1, 5000) * 10000,
            "capital_currency": "CNY",
            "telephone": f"0730-8{number:06d}",
            "created_at": MORNING,
        }


def _contacts(ids: list[int]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        yield {"firm_id": firm_id, "name": f"联系人{number}", "telephone": f"0730-8{number:06d}", "main": True}


def _figures(ids: list[int], random: Random) -> Iterator[Row]:
    for firm_id in ids:
        revenue = random.randint(100, 60000) * 10000
        staff = random.randint(3, 600)
        for year in YEARS:
            revenue = revenue * random.randint(90, 125) // 100
            rd = revenue * random.randint(0, 90) // 1000
            yield {
                "firm_id": firm_id,
                "year": year,
                "revenue": revenue,
                "main_revenue": revenue * 9 // 10,
                "ht_revenue": revenue * random.randint(30, 95) // 100,
                "total_income": revenue,
                "cost_expense": revenue * 8 // 10,
                "rd": rd,
                "rd_domestic": rd,
                "employees": staff,
                "st_staff": staff * random.randint(3, 40) // 100,
                "rd_staff": staff * random.randint(2, 30) // 100,
                "total_assets": revenue * 2,
                "net_assets": revenue,
                "liabilities": revenue,
                "net_profit": revenue // 20,
                "transfers": random.randint(0, 6),
                "college_staff": staff * random.randint(20, 60) // 100,
                "operating_cash_flow": revenue * random.randint(-5, 15) // 100,
            }


def _sources(actor: int) -> Iterator[Row]:
    """Where the values that pages show come from."""
    for figures_id in db.session.scalars(select(YearlyFigures.id).order_by(YearlyFigures.id)).all():
        for key in ("revenue", "rd", "employees", "rd_staff"):
            yield {
                "figures_id": figures_id,
                "key": key,
                "state": State.VERIFIED if key == "revenue" else State.DECLARED,
                "entered_by_id": actor,
                "entered_at": MORNING,
            }


def _rights(ids: list[int], random: Random) -> Iterator[Row]:
    kinds = (IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.UTILITY_MODEL, IpKind.DESIGN, IpKind.SOFTWARE)
    for number, firm_id in enumerate(ids):
        for place, kind in enumerate(kinds):
            filed = EPOCH - timedelta(days=random.randint(400, 3600))
            yield {
                "firm_id": firm_id,
                "kind": kind,
                "number": f"B{number:07d}{place}",
                "title": f"一种{random.choice(TRADES)}装置",
                "filed_on": filed,
                "granted_on": filed + timedelta(days=300),
                "status": IpStatus.VALID,
                "acquired": Acquired.TRANSFER if number % 7 == place else Acquired.SELF,
                "owner_rank": 1,
                "core_product": place < 3,
                "in_use": True,
                "state": State.DECLARED,
            }


def _visits(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        officer_id = officers[number % len(officers)][0]
        for _ in range(10):
            days = random.randint(0, 1000)
            yield {
                "firm_id": firm_id,
                "officer_id": officer_id,
                "on": EPOCH - timedelta(days=days),
                "place": "企业会议室",
                "met": "总经理",
                "topics": ["rd"],
                "said": "了解研发投入与知识产权情况。",
                "created_at": datetime(2026, 11, 15, 8, tzinfo=UTC) - timedelta(days=days),
            }


def _tasks(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for number, firm_id in list(enumerate(ids))[::5]:
        due = EPOCH + timedelta(days=random.randint(-300, 120))
        yield {
            "firm_id": firm_id,
            "title": "送政策汇编",
            "due_on": due,
            "assignee_id": officers[number % len(officers)][0],
            "state": TaskState.DONE if due < EPOCH else TaskState.OPEN,
            "created_at": MORNING,
        }


def _planned(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    """About two a day for each officer of a large park, the past ones held."""
    for number, firm_id in list(enumerate(ids))[::10]:
        on = EPOCH + timedelta(days=random.randint(-60, 60))
        yield {
            "firm_id": firm_id,
            "officer_id": officers[number // 10 % len(officers)][0],
            "on": on,
            "purpose": "了解年度研发投入",
            "state": PlannedState.HELD if on < EPOCH else PlannedState.PLANNED,
            "created_at": MORNING,
        }


def _needs(ids: list[int], random: Random, actor: int) -> Iterator[Row]:
    for number, firm_id in list(enumerate(ids))[::10]:
        raised = EPOCH - timedelta(days=random.randint(0, 400))
        answered = number % 20 == 0
        yield {
            "firm_id": firm_id,
            "raised_on": raised,
            "due_on": raised + timedelta(days=14),
            "kind": "finance",
            "text": "希望对接流动资金贷款。",
            "state": NeedState.ANSWERED if answered else NeedState.OPEN,
            "answer": "已对接两家银行。" if answered else None,
            "answered_on": raised + timedelta(days=random.randint(1, 30)) if answered else None,
            "answered_by_id": actor if answered else None,
            "rating": random.randint(1, 5) if answered else None,
            "rated_on": raised + timedelta(days=30) if answered else None,
        }


def _notices(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for officer_id, _park_id in officers:
        for number in range(300):
            firm_id = random.choice(ids)
            at = MORNING + timedelta(days=number)
            yield {
                "user_id": officer_id,
                "kind": NoticeKind.NEED_RAISED,
                "key": f"need {number} raised",
                "firm_id": firm_id,
                "values": {"firm": f"企业{firm_id}", "need": "流动资金"},
                "path": f"/firms/{firm_id}",
                "at": at,
                "read_at": None if number > 280 else at,
            }


RUNGS = list(Rung)[:5]
STAGES = list(Stage)[:-1]


def _cases(ids: list[int], random: Random) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        if number % 10 < 6:
            opened = EPOCH - timedelta(days=random.randint(10, 900))
            yield {
                "firm_id": firm_id,
                "rung": RUNGS[number % 5],
                "purpose": Purpose.NEW,
                "stage": STAGES[number // 10 % len(STAGES)],
                "status": CaseStatus.OPEN,
                "opened_on": opened,
                "stage_since": opened,
            }


def _case_events(actor: int) -> Iterator[Row]:
    cases = db.session.execute(select(Case.id, Case.opened_on, Case.stage).order_by(Case.id)).all()
    for case_id, opened, stage in cases:
        passed = STAGES[: STAGES.index(stage) + 1]
        for before, after in zip([None, *passed], passed, strict=False):
            yield {
                "case_id": case_id,
                "on": opened,
                "at": datetime(opened.year, opened.month, opened.day, tzinfo=UTC),
                "actor_id": actor,
                "from_stage": before,
                "to_stage": after,
                "from_status": CaseStatus.OPEN if before else None,
                "to_status": CaseStatus.OPEN,
                "overridden": False,
            }


def _credentials(ids: list[int], random: Random) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        if number % 10 in (1, 4, 7, 8):
            granted = EPOCH - timedelta(days=random.randint(30, 1500))
            yield {
                "firm_id": firm_id,
                "rung": RUNGS[number % 5],
                "number": f"GR{number:08d}",
                "valid_from": granted,
                "valid_to": granted + timedelta(days=3 * 365),
            }


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
