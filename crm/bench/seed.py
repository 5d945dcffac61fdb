"""A made-up city of any size: the same firms, figures, rights, visits, cases and titles at every run.

For each firm 3 firm-years, 5 IP rights and 10 visits; for six in ten a case, for four in ten a title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, OrganisationKind, User
from crm.accounts.permissions import Role
from crm.accounts.signing import hash_password
from crm.accounts.system import root_organisation, system_user
from crm.firms.figures import YearlyFigures
from crm.firms.ip import IpKind, IpRight, IpStatus
from crm.firms.models import Firm, FirmGram, FirmStatus, Industry, State
from crm.firms.search import grams_of, sort_key
from crm.kernel import audit
from crm.kernel.bulk import insert_rows
from crm.kernel.db import db
from crm.kernel.identifiers.credit_code import check_character
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Purpose, Rung, Stage
from crm.visits.models import Task, TaskState, Visit

EPOCH = date(2026, 6, 30)
PLACES = [
    "云岭",
    "松江",
    "石湾",
    "白鹿",
    "青溪",
    "龙泉",
    "凤台",
    "梅岭",
    "兰亭",
    "竹园",
    "桃源",
    "荷塘",
    "柳河",
    "枫林",
    "金沙",
    "银湖",
    "铜陵",
    "铁山",
    "锡城",
    "玉屏",
]
WORDS = [
    "恒",
    "远",
    "信",
    "达",
    "瑞",
    "丰",
    "华",
    "盛",
    "鼎",
    "新",
    "德",
    "诚",
    "科",
    "创",
    "智",
    "慧",
    "博",
    "雅",
    "宏",
    "图",
    "永",
    "昌",
    "中",
    "和",
    "天",
    "泽",
    "海",
    "纳",
    "晨",
    "星",
]
TRADES = [
    "精密机械",
    "电子科技",
    "新材料",
    "生物医药",
    "环保设备",
    "智能装备",
    "信息技术",
    "食品",
    "纺织",
    "化工",
    "汽车零部件",
    "光电",
    "船舶配件",
    "竹木制品",
    "半导体",
    "新能源",
    "仪器仪表",
    "模具",
    "软件",
    "包装",
]
PARKS = 12
OFFICERS_A_PARK = 5
CHUNK = 5000


def seed(firms: int, report: Callable[[str], None]) -> None:
    """Fill an empty, migrated database with reference data already loaded. Raises ValueError where firms exist."""
    session = db.session
    if session.scalar(select(Firm.id).limit(1)) is not None:
        raise ValueError("该库已有企业；性能数据只灌入空库。 / This database already has firms; seed an empty one.")
    random = Random(20261122)  # noqa: S311  data, not secrets
    officers = _people()
    industries = list(session.scalars(select(Industry.code).where(Industry.level == "小类").order_by(Industry.code)))
    for model, rows in (
        (Firm, _firms(firms, random, officers, industries)),
        (YearlyFigures, _figures(firms, random)),
        (IpRight, _rights(firms, random)),
        (Visit, _visits(firms, random, officers)),
        (Task, _tasks(firms, random, officers)),
        (Case, _cases(firms, random)),
        (CaseEvent, _case_events(firms)),
        (Credential, _credentials(firms, random)),
    ):
        report(f"{model.__tablename__}: {_insert(session, model.__table__, rows)}")
    names = session.execute(select(Firm.id, Firm.name, Firm.credit_code, Firm.sort_key).order_by(Firm.id)).all()
    grams = (
        {"gram": gram, "sort_key": key, "firm_id": firm_id}
        for firm_id, name, code, key in names
        for gram in sorted(grams_of(name=name, credit_code=code))
    )
    report(f"firm_gram: {_insert(session, FirmGram.__table__, grams)}")


def _people() -> list[tuple[int, int]]:
    """Twelve parks in four counties with five officers each; returns (officer id, park id)."""
    session = db.session
    root, actor = root_organisation(), system_user()
    audit.sign(session, actor.id, audit.Via.COMMAND)
    password = hash_password("tidu-bench-2026")
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


def _firms(
    count: int, random: Random, officers: list[tuple[int, int]], industries: list[str]
) -> Iterator[dict[str, Any]]:
    for number in range(count):
        name = firm_name(number)
        officer_id, park_id = random.choice(officers)
        yield {
            "id": number + 1,
            "credit_code": firm_code(number),
            "name": name,
            "sort_key": sort_key(name),
            "organisation_id": park_id,
            "officer_id": officer_id,
            "industry_code": random.choice(industries),
            "tech_field": random.randint(1, 8),
            "status": FirmStatus.ACTIVE,
            "registered_on": EPOCH - timedelta(days=random.randint(200, 8000)),
            "registered_capital": random.randint(1, 5000) * 10000,
            "capital_currency": "CNY",
            "version": 1,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }


def _figures(count: int, random: Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        revenue = random.randint(100, 60000) * 10000
        staff = random.randint(3, 600)
        for year in (2023, 2024, 2025):
            revenue = revenue * random.randint(90, 125) // 100
            rd = revenue * random.randint(0, 90) // 1000
            yield {
                "firm_id": number + 1,
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
                "warnings": [],
                "version": 1,
            }


def _rights(count: int, random: Random) -> Iterator[dict[str, Any]]:
    kinds = (IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.UTILITY_MODEL, IpKind.DESIGN, IpKind.SOFTWARE)
    for number in range(count):
        for place in range(5):
            filed = EPOCH - timedelta(days=random.randint(400, 3600))
            yield {
                "firm_id": number + 1,
                "kind": kinds[place],
                "number": f"B{number:07d}{place}",
                "title": f"一种{random.choice(TRADES)}装置",
                "filed_on": filed,
                "granted_on": filed + timedelta(days=300),
                "status": IpStatus.VALID,
                "state": State.DECLARED,
                "version": 1,
            }


def _visits(count: int, random: Random, officers: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for number in range(count):
        officer_id = officers[number % len(officers)][0]
        for _ in range(10):
            on = EPOCH - timedelta(days=random.randint(0, 1000))
            yield {
                "firm_id": number + 1,
                "officer_id": officer_id,
                "on": on,
                "place": "企业会议室",
                "met": "总经理",
                "topics": ["rd"],
                "said": "了解研发投入与知识产权情况。",
                "created_at": datetime(on.year, on.month, on.day, tzinfo=UTC),
                "version": 1,
            }


def _tasks(count: int, random: Random, officers: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for number in range(0, count, 5):
        due = EPOCH + timedelta(days=random.randint(-300, 120))
        yield {
            "firm_id": number + 1,
            "title": "送政策汇编",
            "due_on": due,
            "assignee_id": officers[number % len(officers)][0],
            "state": TaskState.DONE if due < EPOCH else TaskState.OPEN,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            "version": 1,
        }


RUNGS = list(Rung)
STAGES = list(Stage)[:-1]


def _cases(count: int, random: Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        if number % 10 < 6:
            opened = EPOCH - timedelta(days=random.randint(10, 900))
            yield {
                "firm_id": number + 1,
                "rung": RUNGS[number % 5],
                "purpose": Purpose.NEW,
                "stage": STAGES[number % len(STAGES)],
                "status": CaseStatus.OPEN,
                "officer_id": None,
                "opened_on": opened,
                "stage_since": opened,
                "version": 1,
            }


def _case_events(count: int) -> Iterator[dict[str, Any]]:
    actor = system_user().id
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


def _credentials(count: int, random: Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        if number % 10 in (1, 4, 7, 8):
            granted = EPOCH - timedelta(days=random.randint(30, 1500))
            yield {
                "firm_id": number + 1,
                "rung": RUNGS[number % 5],
                "number": f"GR{number:08d}",
                "valid_from": granted,
                "valid_to": granted + timedelta(days=3 * 365),
                "version": 1,
            }


def _insert(session: Session, table: Any, rows: Iterator[dict[str, Any]]) -> int:
    assert isinstance(table, Table)
    total = 0
    while chunk := list(islice(rows, CHUNK)):
        insert_rows(session, table, chunk)
        total += len(chunk)
    return total
