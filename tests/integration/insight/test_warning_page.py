"""The page of early warnings: each line with its reason and one next step, in everybody's own scope."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.insight.early_warning.refresh import refresh
from crm.insight.models import EarlyWarningRun
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder import service
from crm.ladder.models import Purpose, Rung
from tests.factories import Park, make_firm
from tests.integration.insight.opening import listed, page
from tests.integration.ladder.makers import TODAY, WAN, tech_sme_case
from tests.pages import text_of
from tests.queries import count_queries

ADDRESS = "/funnel/warnings"


@pytest.fixture
def warned(session, park: Park) -> Park:
    """Of the firm in the park five warnings (its figures fall for both its titles), of the other firm two."""
    far = TODAY + timedelta(days=700)
    for firm in (park.firm, park.other_firm):
        service.grant_credential(
            firm, Rung.SRDI, number=f"S{firm.id}", valid_from=date(2024, 1, 1), valid_to=far, actor=park.officer
        )
    service.grant_credential(
        park.firm, Rung.HTE, number="2", valid_from=date(2023, 9, 1), valid_to=date(2026, 8, 31), actor=park.officer
    )
    for firm in (park.firm, park.other_firm):
        for year, rd in {2023: 500, 2024: 410, 2025: 330}.items():
            figures = YearlyFigures(firm=firm, year=year, rd=Decimal(rd * WAN), revenue=Decimal(10_000 * WAN))
            session.add(figures)
    session.add(
        IpRight(
            firm=park.firm,
            kind=IpKind.UTILITY_MODEL,
            number="ZL201720000001.0",
            title="一种夹具",
            filed_on=date(2017, 1, 1),
            status=IpStatus.VALID,
            core_product=True,
        )
    )
    session.commit()
    refresh()
    return park


def rows(tree: Element) -> list[list[str]]:
    return [[text_of(cell) for cell in row] for body in tree.iter("tbody") for row in body.iter("tr")]


def tabs(tree: Element) -> dict[str, tuple[int, str]]:
    """Kind → its number and address."""
    [bar] = [nav for nav in tree.iter("nav") if nav.get("aria-label") == "预警类别"]
    found = {}
    for link in bar.iter("a"):
        [number] = [each for each in link.iter("span") if each.get("class") == "tabs__count"]
        found[text_of(link).removesuffix(text_of(number))] = (int(text_of(number)), link.get("href", ""))
    return found


def test_each_line_says_what_when_why_and_the_next_step(warned: Park, sign_in) -> None:
    client = sign_in(warned.officer)
    tree = page(client, ADDRESS)
    title, figures, figures_of_hte, right, unseen = rows(tree)
    assert title[1:4] == [
        "高新技术企业资质到期",
        "2026年8月31日还有 77 天",
        "没有进行中的培育项目",
    ]
    assert "专员甲" in title[0] and "开培育项目" in title[4]
    assert "2024 年 4.1%，2025 年 3.3%；按趋势推算 2026 年 2.43%" in figures[3]
    assert "专精特新中小企业" in figures[1] and "高新技术企业" in figures_of_hte[1]
    assert "由 4.1333% 变为 3.2778%，须 ≥ 4%" in figures_of_hte[3]
    assert "实用新型专利“一种夹具”保护期届满" in right[1] and "用于核心产品" in right[3]
    assert unseen[1:3] == ["从未走访", "没有走访记录"]
    assert "2026年6月15日" in text_of(tree) and "测算" in text_of(tree)
    [body] = tree.iter("tbody")
    for link in body.iter("a"):
        assert client.get(link.get("href", "")).status_code == 200, link.get("href")


def test_a_case_towards_the_title_is_the_next_step(warned: Park, sign_in) -> None:
    case = service.open_case(warned.firm, Rung.HTE, actor=warned.officer, on=TODAY)
    db.session.commit()
    refresh()
    tree = page(sign_in(warned.officer), f"{ADDRESS}?kind=title_lapses")
    assert "培育项目在“入库”阶段" in rows(tree)[0][3]
    assert f"/cases/{case.id}" in [link.get("href") for link in tree.iter("a")]


@pytest.mark.parametrize("narrowed", [False, True])
def test_every_number_opens_its_lines(warned: Park, sign_in, narrowed: bool) -> None:
    client = sign_in(warned.administrator)
    query = f"?organisation={warned.county.id}" if narrowed else ""
    found = tabs(page(client, ADDRESS + query))
    expected = {"全部": 5, "资质将到期": 1, "研发将不达标": 2, "知识产权将到期": 1, "久未走访": 1}
    if not narrowed:
        expected |= {"全部": 7, "研发将不达标": 3, "久未走访": 2}
    assert {title: number for title, (number, _href) in found.items()} == {**expected, "窗口将关闭": 0}
    for number, href in found.values():
        tree = page(client, href)
        assert len(rows(tree)) == number
        if number:
            [firms] = [link.get("href", "") for link in tree.iter("a") if text_of(link) == "在企业名录里看"]
            assert listed(client, firms) == len({row[0] for row in rows(tree)})


@pytest.mark.parametrize(
    ("person", "number"),
    [("officer", 5), ("manager", 5), ("administrator", 7), ("other_officer", 2), ("other_manager", 2)],
)
def test_everybody_sees_the_warnings_of_their_scope(warned: Park, sign_in, person: str, number: int) -> None:
    assert len(rows(page(sign_in(getattr(warned, person)), ADDRESS))) == number


def test_the_kind_stays_when_the_filters_change(warned: Park, sign_in) -> None:
    tree = page(sign_in(warned.administrator), f"{ADDRESS}?kind=unseen&officer={warned.officer.id}")
    assert len(rows(tree)) == 1
    [kind] = [each.get("value") for each in tree.iter("input") if each.get("name") == "kind"]
    assert kind == "unseen"
    href = tabs(tree)["研发将不达标"][1]
    assert parse_qs(urlsplit(href).query) == {"kind": ["figures_fall"], "officer": [str(warned.officer.id)]}


def test_the_workbook_has_every_line_of_the_page(warned: Park, sign_in) -> None:
    client = sign_in(warned.officer)
    answer = client.get(f"{ADDRESS}.xlsx?kind=title_lapses")
    [sheet] = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).sheet_names
    cells = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_name(sheet).to_python()
    assert ["类别", "资质将到期"] in [row[:2] for row in cells]
    assert cells[-1][0] == warned.firm.name
    assert date(2026, 8, 31) in cells[-1] and "没有进行中的培育项目" in cells[-1]
    assert cells[-2][0] == "企业", "one line below the head"


def test_the_page_says_that_nothing_was_worked_out_or_found(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    assert "还没有测算过" in text_of(page(client, ADDRESS))
    refresh()
    assert "目前没有预警" in text_of(page(client, ADDRESS))
    tech_sme_case(park.firm, park.officer)
    session.commit()
    refresh()
    assert "没有符合条件的预警" in text_of(page(client, f"{ADDRESS}?officer=none"))
    assert "没有这一类预警" in text_of(page(client, f"{ADDRESS}?kind=patent_ends"))


def test_what_was_not_judged_is_said(session, warned: Park, sign_in) -> None:
    session.scalars(select(EarlyWarningRun)).one().unjudged = 3
    session.commit()
    assert "另有 3 家企业" in text_of(page(sign_in(warned.officer), ADDRESS))


def test_as_many_queries_for_many_lines_as_for_few(session, warned: Park, sign_in) -> None:
    client = sign_in(warned.manager)

    def asked() -> int:
        with count_queries(session) as statements:
            page(client, ADDRESS)
        return len(statements)

    few = asked()
    for _each in range(90):
        firm = make_firm(session, warned.park)
        service.grant_credential(
            firm,
            Rung.HTE,
            number=f"H{firm.id}",
            valid_from=date(2024, 1, 1),
            valid_to=date(2026, 9, 1),
            actor=warned.officer,
        )
    session.commit()
    refresh()
    assert asked() == few
    assert len(rows(page(client, ADDRESS))) == 80
    assert len(rows(page(client, f"{ADDRESS}?page=2"))) == 80
    assert len(rows(page(client, f"{ADDRESS}?page=3"))) == 5 + 180 - 160


def test_a_line_says_that_its_firm_changed_since(session, warned: Park, sign_in) -> None:
    """Somebody opened the case meanwhile: the line is of before that, and says so."""
    client = sign_in(warned.officer)
    assert "测算后资料有变动" not in text_of(page(client, ADDRESS))
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        service.open_case(warned.firm, Rung.HTE, purpose=Purpose.REVIEW, actor=warned.officer, on=TODAY)
        session.commit()
        told = text_of(page(client, ADDRESS))
    assert "测算后资料有变动" in told and "现在重算" in told and "测算，每小时更新" in told
