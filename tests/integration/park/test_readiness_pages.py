"""The overview of the readiness: every number opens its firms, in the reader's scope, and bulk work starts from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import time_machine
from sqlalchemy import func, select, update

from crm.firms.models import FirmFact, FirmStatus
from crm.kernel import jobs
from crm.kernel.audit import Change
from crm.ladder import service
from crm.ladder.models import Case, Rung
from crm.park import firm_list
from crm.park.models import Readiness, ReadinessRun, Verdict
from crm.park.refresh import refresh
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, qualify
from tests.integration.park.makers import random_firms
from tests.pages import check_page, text_of
from tests.queries import count_queries

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def crowd(session: Any, park: Park) -> None:
    """Firms of every standing in two parks, some with titles and cases."""
    here = random_firms(session, park.park, park.officer, TODAY, 40, seed=3, gaps=0.03)
    there = random_firms(session, park.other_park, park.officer, TODAY, 20, seed=4, gaps=0.05)
    qualify(session, park.firm, park.officer)
    qualify(session, park.other_firm, park.officer)
    for firm in (*here[::4], *there[::4]):
        service.open_case(firm, Rung.TECH_SME, actor=park.officer, on=TODAY)
        service.open_case(firm, Rung.SRDI, actor=park.officer, on=TODAY)
    session.commit()
    refresh()


def number_links(page: Element) -> list[tuple[str, int]]:
    """The links of the overview that are numbers, and those of clauses with the number beside them."""
    found = [
        (link.get("href", ""), int(text_of(link).replace(",", "")))
        for cell in page.iter("td")
        if "cell--number" in cell.get("class", "")
        for link in cell.iter("a")
    ]
    for item in page.iter("li"):
        link, beside = item.find("a"), item.find("small")
        if link is not None and beside is not None and "clause=" in link.get("href", ""):
            found.append((link.get("href", ""), int(text_of(beside).split()[0])))
    return found


def listed(client: Any, address: str) -> int:
    page = check_page(client.get(address))
    return sum(1 for row in page.iter("tr") if row.find("th[@scope='row']") is not None)


@pytest.mark.parametrize("few", [0, 2000])
def test_every_number_opens_its_firms_and_only_the_reader_s(
    session: Any, sign_in: Any, park: Park, crowd: None, few: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(firm_list, "FEW", few)  # both ways to find them
    totals = {}
    for who in (park.manager, park.other_officer, park.administrator):
        client = sign_in(who)
        links = number_links(check_page(client.get("/park/readiness")))
        assert links
        for address, number in links:
            assert listed(client, address) == number, address
        totals[who.name] = sum(number for _address, number in links if "clause" not in _address)
        kinds = {address.split("?")[1].split("=")[0] for address, _number in links}
        assert kinds >= {"ready", "near", "undecided", "rung"}
    assert totals["管理员甲"] == totals["经理甲"] + totals["专员乙"]


def test_a_ready_firm_without_a_case_is_found_and_its_case_opened(
    session: Any, sign_in: Any, park: Park, app: Any
) -> None:
    qualify(session, park.firm, park.officer)
    session.commit()
    refresh()
    firm_id = park.firm.id
    client = sign_in(park.officer)
    address = "/firms?ready=tech_sme&case=none"
    assert (address, 1) in number_links(check_page(client.get("/park/readiness")))
    page = check_page(client.get(address))
    assert "无，也未持有" in text_of(page)
    bulk = next(link.get("href") for link in page.iter("a") if "批量办理" in text_of(link))
    form = check_page(client.get(bulk))
    chosen = next(
        option
        for option in form.iter("option")
        if option.get("selected") is not None and option.get("value") == "tech_sme"
    )
    assert chosen is not None
    assert "达标：科小" in text_of(check_page(client.get(f"/firms/{firm_id}/profile")))
    client.post(bulk, data={"rung": "tech_sme", "act": "open", "on": TODAY.isoformat(), "firm": [firm_id]})
    assert session.scalar(select(func.count()).select_from(Case)) == 1
    assert listed(client, address) == 0
    assert listed(client, "/firms?ready=tech_sme&case=open") == 1
    assert "达标：科小" not in text_of(check_page(client.get(f"/firms/{firm_id}/profile")))
    assert "1 家企业的资料有变动" in text_of(check_page(client.get("/park/readiness")))
    refresh()
    page = check_page(client.get("/park/readiness"))
    assert "资料有变动" not in text_of(page)
    assert dict(number_links(page)).get(address) is None


def test_a_title_held_is_no_longer_to_be_cultivated(session: Any, sign_in: Any, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    service.grant_credential(
        park.firm,
        Rung.TECH_SME,
        number="2026",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=99),
        actor=park.officer,
    )
    session.commit()
    refresh()
    client = sign_in(park.officer)
    links = dict(number_links(check_page(client.get("/park/readiness"))))
    assert links["/firms?ready=tech_sme"] == links["/firms?held=tech_sme"] == 1
    assert "/firms?ready=tech_sme&case=none" not in links


@pytest.mark.parametrize("status", [status for status in FirmStatus if status is not FirmStatus.ACTIVE])
def test_a_firm_that_is_no_longer_here_is_not_offered(
    session: Any, sign_in: Any, park: Park, status: FirmStatus, monkeypatch: Any
) -> None:
    qualify(session, park.firm, park.officer)
    park.firm.status = status
    session.commit()
    refresh()
    client = sign_in(park.officer)
    links = dict(number_links(check_page(client.get("/park/readiness"))))
    assert links["/firms?ready=tech_sme"] == 1
    assert "/firms?ready=tech_sme&case=none" not in links
    for few in (0, 2000):
        monkeypatch.setattr(firm_list, "FEW", few)
        assert listed(client, "/firms?ready=tech_sme&case=none") == 0
    assert "达标：科小" not in text_of(check_page(client.get(f"/firms/{park.firm.id}/profile")))


def test_of_several_ways_the_nearest_says_how_near_a_firm_is(session: Any, sign_in: Any, park: Park) -> None:
    """Its points are too few, and it has no direct way: that is one criterion in the way, not one a way."""
    figures = qualify(session, park.firm, park.officer)
    figures.rd = figures.revenue / 100
    for name in ("awards", "rd_institutions", "standards"):
        session.add(FirmFact(firm=park.firm, key=name, value=[], as_of=TODAY, entered_by=park.officer))
    session.commit()
    refresh()
    readiness = session.get(Readiness, (park.firm.id, Rung.TECH_SME))
    assert (readiness.verdict, readiness.not_met, readiness.unknown) == (Verdict.NOT_MET, 1, 0)
    assert dict(number_links(check_page(sign_in(park.officer).get("/park/readiness"))))["/firms?near=tech_sme"] == 1


def test_a_refresh_is_asked_for_on_the_page(app: Any, session: Any, sign_in: Any, park: Park) -> None:
    client = sign_in(park.officer)
    assert "还没有测算过" in text_of(check_page(client.get("/park/readiness")))
    for _ in range(2):
        assert client.post("/park/readiness/refresh").status_code == 302
    assert session.scalar(select(func.count()).select_from(jobs.Job)) == 1
    assert "正在重新测算" in text_of(check_page(client.get("/park/readiness")))
    assert "HX-Refresh" not in client.get("/park/readiness/progress").headers
    jobs.work_until_empty(app)
    assert client.get("/park/readiness/progress").headers["HX-Refresh"] == "true"
    assert "测算，条件以" in text_of(check_page(client.get("/park/readiness")))


def test_a_refresh_that_breaks_leaves_what_there_was(
    app: Any, session: Any, sign_in: Any, park: Park, monkeypatch: Any
) -> None:
    refresh()
    client = sign_in(park.officer)
    client.post("/park/readiness/refresh")
    monkeypatch.setattr("crm.park.refresh.count_park", lambda on: 1 / 0)
    jobs.work_until_empty(app)
    told = text_of(check_page(client.get("/park/readiness")))
    assert "最近一次测算没有完成" in told
    assert "测算，条件以" in told, "what there was"
    assert session.scalar(select(func.count()).select_from(ReadinessRun)) == 1
    monkeypatch.undo()
    client.post("/park/readiness/refresh")
    jobs.work_until_empty(app)
    assert "没有完成" not in text_of(check_page(client.get("/park/readiness")))


def test_a_regular_refresh_that_breaks_is_told_of_too(
    app: Any, session: Any, sign_in: Any, park: Park, monkeypatch: Any
) -> None:
    monkeypatch.setattr("crm.park.refresh.count_park", lambda on: 1 / 0)
    jobs.do_regular(app, jobs.first_due(app) | {"readiness": datetime(2026, 1, 1, tzinfo=UTC)})
    assert "最近一次测算没有完成" in text_of(check_page(sign_in(park.officer).get("/park/readiness")))
    monkeypatch.undo()
    jobs.do_regular(app, jobs.first_due(app) | {"readiness": datetime(2026, 1, 1, tzinfo=UTC)})
    assert "没有完成" not in text_of(check_page(sign_in(park.officer).get("/park/readiness")))


def test_a_worker_that_died_in_the_middle_is_not_shown_as_working(
    app: Any, session: Any, sign_in: Any, park: Park
) -> None:
    client = sign_in(park.officer)
    client.post("/park/readiness/refresh")
    session.execute(update(jobs.Job).values(started_at=NOON))
    session.commit()
    jobs.note_progress("readiness", 3, 10)
    assert "这次测算中断了" in text_of(check_page(client.get("/park/readiness")))
    jobs.give_up_interrupted()
    assert "最近一次测算没有完成" in text_of(check_page(client.get("/park/readiness")))


def test_addresses_that_mean_nothing_narrow_nothing(session: Any, sign_in: Any, park: Park) -> None:
    client = sign_in(park.officer)
    for query in ("ready=nothing", "near=", "clause=HT-04", "case=perhaps", "undecided=x&clause=y"):
        assert listed(client, f"/firms?{query}") == 1
    assert listed(client, "/firms?case=none") == 1
    assert listed(client, "/firms?case=open") == 0


def test_pages_ask_as_often_for_many_firms_as_for_few(session: Any, sign_in: Any, park: Park, crowd: None) -> None:
    client = sign_in(park.manager)
    for address, most in (("/park/readiness", 9), ("/firms?ready=tech_sme&case=none", 16)):
        client.get(address)
        with count_queries(session) as statements:
            client.get(address)
        assert len(statements) <= most, address


def test_the_command_refreshes_and_says_what_it_did(app: Any, session: Any, park: Park) -> None:
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["park", "refresh"])
    assert json.loads(answer.stdout) == {"firms": 2, "rows": 2 * len(Rung)}
    assert "2 / 2" in answer.stderr
    assert json.loads(runner.invoke(args=["park", "refresh"]).stdout) == {"firms": 0, "rows": 0}
    assert json.loads(runner.invoke(args=["park", "refresh", "--all"]).stdout) == {"firms": 2, "rows": 0}


def test_a_firm_that_is_deleted_leaves_the_lists(session: Any, park: Park) -> None:
    refresh()
    session.execute(Change.__table__.delete().where(Change.firm_id == park.other_firm.id))
    session.execute(FirmFact.__table__.delete())
    session.delete(park.other_firm_user)
    session.delete(park.other_firm)
    session.commit()
    refresh()
    assert session.scalar(
        select(func.count()).select_from(Readiness).where(Readiness.verdict == Verdict.UNKNOWN)
    ) <= len(Rung)
    run = session.scalars(select(ReadinessRun).order_by(ReadinessRun.id.desc())).first()
    assert run is not None and list(run.counts) == [str(park.park.id)]


def test_each_firm_that_is_near_says_what_it_lacks_and_none_holds_the_title(
    session: Any, sign_in: Any, park: Park
) -> None:
    figures = qualify(session, park.firm, park.officer)
    figures.employees, figures.st_staff = 600, 300
    figures = qualify(session, park.other_firm, park.officer)
    figures.employees, figures.st_staff = 600, 300
    park.other_firm.organisation_id = park.firm.organisation_id
    session.commit()
    refresh()
    client = sign_in(park.officer)
    assert listed(client, "/firms?near=tech_sme") == 2
    address = "/firms?near=tech_sme"
    page = client.get(address).text
    assert 'hx-get="/park/gaps?near=tech_sme"' in page
    answer = client.get("/park/gaps?near=tech_sme").text
    assert f'id="gap-{park.firm.id}"' in page and f'id="gap-{park.firm.id}"' in answer
    assert "超出 100 人" in answer
    service.grant_credential(
        park.firm, Rung.TECH_SME, number="X1", valid_from=TODAY, valid_to=TODAY, actor=park.officer
    )
    session.commit()
    refresh()
    assert f'id="gap-{park.firm.id}"' not in client.get("/park/gaps?near=tech_sme").text
    assert listed(client, address) == 1
    numbers = dict(number_links(check_page(client.get("/park/readiness"))))
    assert numbers["/firms?near=tech_sme"] == 1


def test_what_only_a_way_around_needs_is_not_called_what_is_mostly_lacking(
    session: Any, sign_in: Any, park: Park
) -> None:
    figures = qualify(session, park.firm, park.officer)
    figures.rd = None  # the score cannot be told, nor whether the firm has one of the prizes that stand for it
    session.commit()
    refresh()
    page = sign_in(park.officer).get("/park/readiness").text
    rung = page[page.index("最常缺什么") :].partition("高新技术企业")[0]
    assert "科技型中小企业" in rung and "综合评分" in rung
    assert "国家级科技奖励" not in rung and "研发机构" not in rung and "标准" not in rung
