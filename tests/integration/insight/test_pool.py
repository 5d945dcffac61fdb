"""The reserve pool over a year: in and out add up, by channel and by person in charge, each with its reason."""

from __future__ import annotations

from datetime import date

import pytest

from crm.firms.models import SourceChannel
from crm.insight.funnel import funnel
from crm.insight.movement import CASES_IN, CASES_OUT, movement
from crm.insight.picture import WAY
from crm.insight.pool import ENDS, Part, moves, pool, span
from crm.ladder import service
from crm.ladder.models import Rung
from tests.factories import Park, make_firm
from tests.integration.insight.histories import live, past
from tests.integration.insight.opening import assert_each_opens_its_firms, counts, page
from tests.integration.ladder.makers import TODAY
from tests.pages import text_of
from tests.queries import count_queries


@pytest.mark.parametrize("seed", range(4))
def test_on_any_history_in_and_out_add_up_as_movement_counts_them(session, park: Park, seed: int) -> None:
    firms = [park.firm, *(make_firm(session, park.park) for _ in range(25))]
    for firm, channel in zip(firms, [*SourceChannel, None] * 6, strict=False):
        firm.source_channel = channel
    live(session, firms, park.officer, past(seed), TODAY)
    seen = 0
    for year in (2024, 2025, 2026):
        since, until = span(year)
        moved = movement(since, until)
        for rung in Rung:
            found = pool(rung, year)
            total = found.total
            seen += total[Part.ENTERED]
            out = sum(total[part] for part in ENDS)
            assert total[Part.FIRST] + total[Part.ENTERED] - out == total[Part.LAST]
            assert total[Part.LAST] == sum(funnel(until).stages[rung][stage] for stage in WAY)
            expected = [move for move in moved if move.rung is rung and move.what in (*CASES_IN, *CASES_OUT)]
            assert set(moves(rung, year)) == set(expected)
            assert total[Part.ENTERED] + out == len(expected)
            for groups in (found.channels, found.officers):
                assert sum((counter for counter in groups.values()), start=type(total)()) == total
    assert seen


@pytest.fixture
def year(session, park: Park) -> Park:
    """A pool with one that stays, one that came this year, one dropped, and one of another rung."""
    officer = park.officer
    stays, came, dropped, other = park.firm, *(make_firm(session, park.park) for _ in range(3))
    service.open_case(stays, Rung.HTE, actor=officer, on=date(2025, 3, 1), channel=SourceChannel.INCUBATION)
    came.officer_id = officer.id
    service.open_case(
        came,
        Rung.HTE,
        actor=officer,
        on=date(2026, 3, 2),
        channel=SourceChannel.DERIVATION,
        reason="从龙头企业分出的研发团队",
    )
    gone = service.open_case(dropped, Rung.HTE, actor=officer, on=date(2025, 6, 1))
    service.drop_case(gone, "主营业务转为贸易", actor=officer, on=date(2026, 2, 2))
    service.open_case(other, Rung.SRDI, actor=officer, on=date(2026, 1, 5), channel=SourceChannel.INTRODUCTION)
    session.commit()
    return park


def test_the_page_says_who_came_and_went_by_channel_why_and_in_whose_charge(session, year: Park, sign_in) -> None:
    client = sign_in(year.manager)
    tree = page(client, "/funnel/pool?year=2026")
    text = text_of(tree)
    for words in ("从龙头企业分出的研发团队", "主营业务转为贸易", "派生", "孵化", "未登记", "专员甲", "2026年3月2日"):
        assert words in text, words
    rows = {text_of(row[0]): [text_of(cell) for cell in row[1:]] for row in tree.iter("tr") if len(row) == 7}
    assert rows["孵化"] == ["1", "0", "0", "0", "0", "1"]
    assert rows["派生"] == ["0", "1", "0", "0", "0", "1"]
    assert rows["未登记"] == ["1", "0", "0", "1", "0", "0"]
    assert rows["合计"] == ["2", "1", "0", "1", "0", "2"]
    assert "引进" not in rows, "of another rung"
    assert rows[year.officer.name] == ["1", "1", "0", "0", "0", "2"]
    assert_each_opens_its_firms(client, counts(tree))
    srdi = {
        text_of(row[0]): text_of(row[2]) for row in page(client, "/funnel/pool?rung=srdi").iter("tr") if len(row) == 7
    }
    assert srdi["引进"] == "1"


def test_the_channel_narrows_the_list_and_every_page_of_the_manager(session, year: Park, sign_in) -> None:
    client = sign_in(year.manager)
    found = text_of(page(client, "/firms?channel=derivation"))
    assert "入库渠道：派生" in found.replace(" ", "")
    assert_each_opens_its_firms(client, counts(page(client, "/funnel/pool?channel=derivation&year=2026")))
    funnel_page = counts(page(client, "/funnel?channel=incubation"))
    assert funnel_page["/firms?rung=hte&stage=pool&channel=incubation"] == 1
    assert_each_opens_its_firms(client, funnel_page)
    unknown = page(client, "/firms?channel=none")
    assert len([row for body in unknown.iter("tbody") for row in body.iter("tr")]) > 0


def test_an_empty_year_says_so_and_a_strange_address_is_today(session, year: Park, sign_in) -> None:
    client = sign_in(year.manager)
    assert "这一年库里没有企业" in text_of(page(client, "/funnel/pool?rung=listed_star"))
    assert "2026 年" in text_of(page(client, "/funnel/pool?year=1066&rung=none"))
    for value in ("entered.hte.2026", "entered.hte.99999.any", "x.hte.2026.any", "last.hte.2026.99999999999"):
        page(client, f"/firms?pool={value}")  # means nothing, narrows nothing


def test_as_many_queries_for_a_full_pool_as_for_a_small_one(session, year: Park, sign_in) -> None:
    client = sign_in(year.manager)
    client.get("/funnel/pool")
    with count_queries(session) as few:
        client.get("/funnel/pool")
    for _ in range(12):
        service.open_case(make_firm(session, year.park), Rung.HTE, actor=year.officer, on=date(2026, 4, 1))
    session.commit()
    with count_queries(session) as many:
        client.get("/funnel/pool")
    assert len(many) == len(few)
