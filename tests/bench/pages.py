"""Pages at the WSGI server: time on the wall and of the processor, number of queries, and the ratio to the bare SQL that
fetches the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from tests.bench import bare, processor, systems, targets
from tests.bench.people import csrf_token, sign_in
from tests.bench.table import Figure, Line

WARM_UP, REQUESTS = 6, 40  # so many requests of each page are sent first, so many measured
# What people type: trades that thousands have, places, a word of two that only few have, and pieces of two trades.
COMMON = ("科技", "机械", "材料", "信息", "设备", "软件")
RARE = ("恒远", "慧博", "鼎科", "星星", "岭恒", "泽天")
PINYIN = ("yunling", "hengyuan", "ylhy", "sjxd", "jmjx")
CHARACTERS = ("云", "恒", "博", "机")
# What people type into the box of every page: pieces of codes, a patent as it is written, telephones with and without area.
NUMBERS = ("MAB0123", "0900MAB", "B0000123", "2017106018623", "0730-8001234", "8001234")
# What people look for in all registers: what many resources are good at, trades of rights and firms, what needs say.
EVERYWHERE = ("机床", "锂电", "装置", "机械", "贷款", "恒远")
P50, P95, RATIO = 20, 50, 3  # ms, ms, times


@dataclass(frozen=True)
class Case:
    """One kind of request: `ask(client, turn)` sends it, `fetch(cursor, turn)` is the same in bare SQL."""

    title: str
    who: str
    ask: Callable[[FlaskClient, int], Any]
    fetch: Callable[[bare.Cursor, int], None]


def measure(app: Flask) -> Iterator[Line]:
    with app.app_context():
        officer = db.session.scalars(select(User).where(User.name == "officer1")).one()
        park, firms = officer.organisation_id, select(Firm.id).order_by(Firm.id)
        everywhere = list(db.session.scalars(firms))
        mine = list(db.session.scalars(firms.where(Firm.organisation_id == park)))
    for ids in (everywhere, mine):
        Random(1).shuffle(ids)
    spent = processor.clock(app.extensions["database"])
    for case in cases(everywhere, mine, park, officer.id):
        yield line(app, case, spent)
    for found, fetch in ((targets.addresses(app), bare.funnel), (systems.addresses(app), systems.fetch)):
        for title, address in found:
            for who, place in (("manager", None), ("officer1", park)):
                if address.startswith("/results/") and place is not None:
                    continue  # the city's own
                yield line(
                    app,
                    Case(
                        f"{title}, {who}",
                        who,
                        lambda client, _turn, address=address: client.get(address),
                        lambda cursor, _turn, place=place, fetch=fetch: fetch(cursor, place),
                    ),
                    spent,
                )


def cases(everywhere: list[int], mine: list[int], park: int | None, officer: int) -> Iterator[Case]:
    month_before = clock.today().replace(day=1) - timedelta(days=1)

    def search(words: tuple[str, ...]) -> Callable[[FlaskClient, int], Any]:
        return lambda client, turn: client.get("/firms", query_string={"q": words[turn % len(words)]})

    for words, kind in ((COMMON, "common"), (RARE, "rare")):
        for who, place in (("manager", None), ("officer1", park)):
            yield Case(
                f"list, search, {kind} words, {who}",
                who,
                search(words),
                lambda cursor, turn, words=words, place=place: bare.found(cursor, words[turn % len(words)], place),
            )
    for who, place in (("manager", None), ("officer1", park)):
        yield Case(
            f"list, {who}",
            who,
            lambda client, _turn: client.get("/firms"),
            lambda cursor, _turn, place=place: bare.listed(cursor, place),
        )
    for who, place in (("manager", None), ("officer1", park)):
        for title, words in (("words", COMMON + RARE), ("pinyin", PINYIN), ("one character", CHARACTERS)):
            yield Case(
                f"search box, {title}, {who}",
                who,
                suggesting(words),
                lambda cursor, turn, words=words, place=place: bare.found(cursor, words[turn % len(words)][:2], place),
            )
        yield Case(
            f"search box, numbers, {who}",
            who,
            suggesting(NUMBERS),
            lambda cursor, turn, place=place: bare.suggested(cursor, NUMBERS[turn % len(NUMBERS)], place),
        )
        yield Case(
            f"list as saved (an officer's firms in business), {who}",
            who,
            lambda client, _turn: client.get(f"/firms?officer={officer}&status=active"),
            lambda cursor, _turn, place=place: bare.listed(cursor, place),
        )
        yield Case(
            f"firms that may be one, {who}",
            who,
            lambda client, _turn: client.get("/firms/duplicates"),
            lambda cursor, _turn, place=place: bare.doubles(cursor, place),
        )
        yield Case(
            f"a register over all firms, {who}",
            who,
            lambda client, turn: client.get(f"/registers?register=institution&page={1 + turn % 5}"),
            lambda cursor, _turn, place=place: bare.register(cursor, place),
        )
        yield Case(
            f"what it adds up to (loaded after), {who}",
            who,
            lambda client, _turn: client.get("/registers/sums?register=institution", headers={"HX-Request": "true"}),
            lambda cursor, _turn, place=place: bare.register_sums(cursor, place),
        )
        yield Case(
            f"a register of the place, {who}",
            who,
            lambda client, turn: client.get(f"/resources?register=expert&page={1 + turn % 5}"),
            lambda cursor, _turn: bare.resources(cursor),
        )
        yield Case(
            f"one search over all registers, {who}",
            who,
            lambda client, turn: client.get(
                "/registers/search", query_string={"q": EVERYWHERE[turn % len(EVERYWHERE)]}
            ),
            lambda cursor, turn, place=place: bare.found_everywhere(cursor, EVERYWHERE[turn % len(EVERYWHERE)], place),
        )
        yield Case(
            f"hand-overs, {who}",
            who,
            lambda client, _turn: client.get("/handovers"),
            lambda cursor, _turn: bare.handovers(cursor),
        )
    for who, ids in (("manager", everywhere), ("officer1", mine)):
        yield Case(
            f"firm page, {who}",
            who,
            lambda client, turn, ids=ids: client.get(f"/firms/{ids[turn % len(ids)]}"),
            lambda cursor, turn, ids=ids: bare.firm(cursor, ids[turn % len(ids)]),
        )
        yield Case(
            f"what fits it, and what it applied for, {who}",
            who,
            lambda client, turn, ids=ids: client.get(f"/firms/{ids[turn % len(ids)]}/applications"),
            lambda cursor, turn, ids=ids: bare.facts(cursor, ids[turn % len(ids)]),
        )
        yield Case(
            f"its next rung (loaded after), {who}",
            who,
            lambda client, turn, ids=ids: client.get(f"/firms/{ids[turn % len(ids)]}/next"),
            lambda cursor, turn, ids=ids: bare.facts(cursor, ids[turn % len(ids)]),
        )
    for who, place in (("manager", None), ("officer1", park)):
        yield Case(
            f"funnel, {who}",
            who,
            lambda client, _turn: client.get("/funnel"),
            lambda cursor, _turn, place=place: bare.funnel(cursor, place),
        )
    for who, place in (("manager", None), ("officer1", park)):
        for title, address in (
            ("its last eight quarters (loaded after)", "/funnel/trend"),
            ("conversion", "/funnel/cohorts"),
            ("movement of a year", "/funnel/movement"),
            ("where firms are stuck", "/funnel/stuck"),
            ("what is in the way (loaded after)", "/funnel/stuck/blocking?rung=hte"),
            ("early warnings", "/funnel/warnings"),
            ("funnel of the end of a quarter", "/funnel?on=2026-03-31"),
            ("funnel of any past day", "/funnel?on=2025-05-17"),
            ("conversion of all steps (loaded after)", "/funnel/cohorts/steps"),
            ("coverage of the year so far", "/funnel/coverage"),
            ("coverage of one trade, counted now", "/funnel/coverage?industry=C"),
            ("monthly report", "/funnel/report"),
            ("report of the month before", f"/funnel/report?month={month_before:%Y-%m}"),
            ("needs", "/needs"),
            ("applications", "/applications"),
            ("all applications", "/applications?state=all"),
            ("calendar of visits", "/visits/calendar"),
            ("calendar of one day", "/visits/calendar?day=2026-11-10"),
            ("tasks", "/tasks"),
            ("a new hand-over", "/handovers/new"),
            ("who was not seen for long", "/day/unvisited"),
            ("notices", "/notices"),
            ("day", "/day"),
        ):
            yield Case(
                f"{title}, {who}",
                who,
                lambda client, _turn, address=address: client.get(address),
                lambda cursor, _turn, place=place: bare.funnel(cursor, place),
            )
    for who, place in (("manager", None), ("officer1", park)):
        yield Case(
            f"readiness by rung, {who}",
            who,
            lambda client, _turn: client.get("/park/readiness"),
            lambda cursor, _turn: bare.readiness(cursor),
        )
        for query, rung, verdict in (
            ("ready=tech_sme&case=none", "tech_sme", "met"),
            ("near=hte", "hte", "not_met"),
            ("undecided=srdi", "srdi", "unknown"),
        ):
            yield Case(
                f"list, {query}, {who}",
                who,
                lambda client, _turn, query=query: client.get(f"/firms?{query}"),
                lambda cursor, _turn, place=place, asked=(rung, verdict): bare.standing(cursor, place, *asked),
            )
    for who, place in (("manager", None), ("officer1", park)):
        yield Case(
            f"calendar, {who}",
            who,
            lambda client, _turn: client.get("/duties"),
            lambda cursor, _turn, place=place: bare.calendar(cursor, place),
        )
        yield Case(
            f"its counts (loaded after), {who}",
            who,
            lambda client, _turn: client.get("/duties/months"),
            lambda cursor, _turn, place=place: bare.counted(cursor, place),
        )
    for title, address in (
        ("brief", "brief"),
        ("visit form", "visits/new"),
        ("other visits near a day (loaded after)", "visits/near?on=2026-11-20"),
    ):
        yield Case(
            f"{title}, officer1",
            "officer1",
            lambda client, turn, address=address: client.get(f"/firms/{mine[turn % len(mine)]}/{address}"),
            lambda cursor, turn: bare.firm(cursor, mine[turn % len(mine)]),
        )
    for address in ("/own", "/own/tasks"):
        yield Case(
            f"{address}, the firm",
            "firm",
            lambda client, _turn, address=address: client.get(address),
            lambda cursor, turn: bare.firm(cursor, everywhere[turn % len(everywhere)]),
        )
    yield Case(
        "save a visit, officer1",
        "officer1",
        visiting(mine),
        lambda cursor, turn: bare.save_visit(cursor, mine[turn % len(mine)], officer),
    )


def suggesting(words: tuple[str, ...]) -> Callable[[FlaskClient, int], Any]:
    return lambda client, turn: client.get("/firms/found", query_string={"q": words[turn % len(words)]})


def visiting(firms: list[int]) -> Callable[[FlaskClient, int], Any]:
    tokens: dict[int, str] = {}
    serial = count()

    def save(client: FlaskClient, turn: int) -> Any:
        address = f"/firms/{firms[turn % len(firms)]}/visits/new"
        if id(client) not in tokens:
            tokens[id(client)] = csrf_token(client.get(address).text)
        form = {
            "csrf_token": tokens[id(client)],
            "on": "2026-11-20",
            "place": "车间",
            "topics": ["ip"],
            "said": f"谈了第 {next(serial)} 次",
        }
        answer = client.post(address, data=form)
        assert answer.status_code == 302, "the visit was not saved"
        return answer

    return save


def line(app: Flask, case: Case, spent: Callable[[], float]) -> Line:
    client = sign_in(app, case.who)

    def ask(turn: int) -> None:
        answer = case.ask(client, turn)
        assert answer.status_code in (200, 302), f"{case.title}: {answer.status}"

    asked, worked = timed(ask, spent)
    engine = app.extensions["database"]
    with bare.cursor_of(engine) as cursor:
        fetched, _worked = timed(lambda turn: case.fetch(cursor, turn), spent)
    with counted(engine) as statements:
        ask(WARM_UP)
    p50, p95 = percentiles(asked)
    processor_p50, processor_p95 = percentiles(worked)
    bare_p50 = median(fetched)
    return Line(
        case.title,
        {
            "p50 ms": Figure(p50, target=P50),
            "p95 ms": Figure(p95, target=P95),
            "processor p50": Figure(processor_p50),
            "processor p95": Figure(processor_p95, target=P95),
            "queries": Figure(len(statements)),
            "bare SQL p50 ms": Figure(bare_p50),
            "ratio": Figure(p50 / bare_p50, "×", RATIO),
        },
    )


def timed(work: Callable[[int], None], spent: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Milliseconds of each turn after the first few: on the wall, and of the processor."""
    for turn in range(WARM_UP):
        work(turn)
    times, worked = [], []
    for turn in range(WARM_UP, WARM_UP + REQUESTS):
        begun, before = perf_counter(), spent()
        work(turn)
        worked.append((spent() - before) * 1000)
        times.append((perf_counter() - begun) * 1000)
    return times, worked


def percentiles(times: list[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return median(ordered), ordered[int(len(ordered) * 0.95)]


class counted:
    """The statements sent to the database inside the block, transaction marks left out."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.statements = engine, list[str]()

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            self.statements.append(statement)

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "after_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "after_cursor_execute", self._note)
