"""Tables that are handed in: columns as issued, values from the record, what is missing seen before, the reader's scope."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import Contact, FirmFact
from crm.insight.returns.issued import FILE, read_returns, returns
from crm.insight.returns.sources import _rights_of
from crm.ladder import service as ladder
from crm.ladder.models import Case, Credential, Rung
from crm.policy import EditionError
from crm.visits.models import Visit
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 6, 1, 4, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def filled(session: Any, park: Park) -> None:
    """A firm of the park with a title, figures of 2025, a case, a contact and a visit; the same title outside."""
    firm = park.firm
    firm.registered_on, firm.registered_capital = date(2010, 5, 1), Decimal(5_000_000)
    for each in (firm, park.other_firm):
        session.add(
            Credential(
                firm_id=each.id,
                rung=Rung.HTE,
                number="GR202543000001",
                valid_from=date(2025, 12, 8),
                valid_to=date(2028, 12, 7),
            )
        )
        ladder.open_case(each, Rung.SRDI, actor=park.administrator, on=date(2026, 3, 1))
    session.add(YearlyFigures(firm_id=firm.id, year=2025, revenue=Decimal("12345678.90"), rd=Decimal(0), employees=85))
    session.add(Contact(firm_id=firm.id, name="张经理", telephone="0737-1", main=False))
    session.add(Contact(firm_id=firm.id, name="李总", telephone="0737-2", main=True))
    for number, (filed, status) in enumerate(
        (
            (date(2025, 1, 1), IpStatus.VALID),
            (date(2024, 12, 31), IpStatus.VALID),
            (date(2025, 12, 31), IpStatus.PENDING),
        )
    ):
        session.add(
            IpRight(
                firm_id=firm.id, kind=IpKind.INVENTION, number=f"N{number}", title="一项", filed_on=filed, status=status
            )
        )
    session.add(
        Visit(firm_id=firm.id, officer_id=park.officer.id, on=date(2026, 2, 3), said="=HYPERLINK(1)", topics=[])
    )
    session.commit()


def sheet(client: Any, address: str) -> list[dict[str, Any]]:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(client.get(address).data)).get_sheet_by_index(0).to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "序号")
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]


def test_the_yearly_report_has_the_record_s_values(session: Any, park: Park, filled: None, sign_in: Any) -> None:
    client = sign_in(park.officer)
    rows = sheet(client, "/returns/hte_annual.xlsx?year=2025")
    assert [row["企业名称"] for row in rows] == [park.firm.name], "in the reader's scope"
    row = rows[0]
    assert list(row) == [column.title for column in returns()["hte_annual"].columns], (
        "the columns as issued, in their order"
    )
    assert row["销售收入（万元）"] == 1234.56789 and row["职工总数（人）"] == 85
    assert row["研究开发费用总额（万元）"] == 0, "zero is a value"
    assert row["净利润（万元）"] == "", "what is not known stays empty"
    assert (row["当年申请专利（件）"], row["有效发明专利（件）"]) == (2, 2)
    assert (row["注册成立日期"], row["注册资金（万元）"]) == (date(2010, 5, 1), 500)
    assert (row["联系人"], row["联系电话"]) == ("李总", "0737-2")
    assert sheet(client, "/returns/hte_annual.xlsx?year=2024") == [], "not before the title"
    assert len(sheet(sign_in(park.administrator), "/returns/hte_annual.xlsx?year=2025")) == 2


def test_what_is_missing_is_seen_before_and_leads_to_where_it_is_filled(
    session: Any, park: Park, filled: None, sign_in: Any
) -> None:
    client = sign_in(park.officer)
    page = check_page(client.get("/returns/hte_annual?year=2025"))
    links = {text_of(a): a.get("href", "") for a in page.iter("a")}
    assert links["净利润（万元）"].endswith(f"/firms/{park.firm.id}/figures/2025/edit#net_profit")
    assert "研究开发费用总额（万元）" not in links, "zero is not missing"
    assert "证书编号" not in " ".join(links)
    told = client.get("/returns/hte_annual/missing?year=2025").text
    assert "共 1 行" in told and "净利润（万元）：缺 1" in told and "联系人" not in told
    pool = check_page(client.get("/returns/pool?year=2026&choice=srdi"))
    assert "入库渠道" in text_of(pool)
    assert "这一年没有可报的" in client.get("/returns/pool?year=2026&choice=hte").text
    assert "这一年没有可报的" in client.get("/returns/pool?year=2025").text


def test_the_pool_and_the_ledger(session: Any, park: Park, filled: None, sign_in: Any) -> None:
    client = sign_in(park.officer)
    assert sheet(client, "/returns/pool.xlsx?year=2026") == [], (
        "of high-tech enterprises, unless another rung is chosen"
    )
    row = sheet(client, "/returns/pool.xlsx?year=2026&choice=srdi")[0]
    assert (row["培育方向"], row["入库日期"], row["上年营业收入（万元）"]) == (
        "专精特新中小企业",
        date(2026, 3, 1),
        1234.56789,
    )
    case = session.scalars(select(Case).where(Case.firm_id == park.firm.id)).one()
    case.entry_reason = "主导产品市场占有率高"
    ladder.drop_case(case, "企业外迁", actor=park.officer)
    session.commit()
    row = sheet(client, "/returns/pool.xlsx?year=2026&choice=srdi")[0]
    assert (row["入库原因"], row["出库日期"], row["出库原因"]) == (
        "主导产品市场占有率高",
        date(2026, 6, 1),
        "已终止：企业外迁",
    )
    row = sheet(client, "/returns/visits.xlsx?year=2026")[0]
    assert row["走访情况"] == "'=HYPERLINK(1)", "no cell starts a formula"
    assert (row["走访人"], row["走访日期"]) == (park.officer.name, date(2026, 2, 3))
    assert sheet(sign_in(park.other_officer), "/returns/visits.xlsx?year=2026") == []
    assert client.get("/returns/none").status_code == 404


def test_rungs_are_not_mixed_in_one_list(session: Any, park: Park, filled: None, sign_in: Any) -> None:
    """The pool is handed in for one rung; of all, each rung has a sheet of its own and numbers of its own."""
    firm = make_firm(session, park.park)
    ladder.open_case(firm, Rung.HTE, actor=park.administrator, on=date(2026, 4, 1))
    session.commit()
    client = sign_in(park.officer)
    assert "高新技术企业培育库名单" in text_of(check_page(client.get("/returns/pool?year=2026")))
    assert [row["企业名称"] for row in sheet(client, "/returns/pool.xlsx?year=2026")] == [firm.name]
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/returns/pool.xlsx?year=2026&choice=every").data))
    assert set(book.sheet_names) == {"高新技术企业培育库名单", "专精特新中小企业培育库名单"}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        assert [row[0] for row in rows if isinstance(row[0], float)] == [1.0]


def test_the_yearly_report_is_of_the_last_finished_year(session: Any, park: Park, filled: None, sign_in: Any) -> None:
    client = sign_in(park.officer)
    assert "2025 年度，填报上一年度的数据" in text_of(check_page(client.get("/returns/hte_annual")))
    assert len(sheet(client, "/returns/hte_annual.xlsx")) == 1
    assert "走访情况" in sheet(client, "/returns/visits.xlsx")[0], "what is of the year itself is of this one"
    listed = text_of(check_page(client.get("/returns")))
    assert "列自拟" in listed and "列待对照当年表样" in listed


def test_many_rows_ask_as_often_as_one(session: Any, park: Park, filled: None, sign_in: Any) -> None:
    client = sign_in(park.officer)
    client.get("/returns/hte_annual?year=2025")
    with count_queries(session) as few:
        client.get("/returns/hte_annual?year=2025")
    for number in range(20):
        firm = make_firm(session, park.park)
        session.add(Credential(firm_id=firm.id, rung=Rung.HTE, number=f"GR{number}", valid_from=date(2025, 1, 1)))
    session.commit()
    with count_queries(session) as many:
        page = check_page(client.get("/returns/hte_annual?year=2025"))
    assert len(many) == len(few) and len(list(page.iter("tr"))) == 22


@pytest.mark.parametrize(
    ("old", "new", "where", "cure"),
    [
        ("from: figure.rd, needed", "from: figure.rdd, needed", "columns", "figure.rd"),
        ("rows: cases", "rows: case", "rows", "cases"),
        ("needed: true", "need: true", "need", "needed"),
        ("certainty: general", "certainty: sure", "certainty", "没有这个"),
        ("key: visits", "key: pool", "key", "代号重复"),
    ],
)
def test_a_wrong_file_names_key_and_cure(tmp_path: Path, old: str, new: str, where: str, cure: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "returns.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EditionError) as caught:
        read_returns(path)
    assert any(where in fault.key and cure in fault.text.zh for fault in caught.value.faults), caught.value


def test_where_the_rows_are_not_todays_holders_the_page_says_why(session, park: Park, sign_in) -> None:
    ended, new = make_firm(session, park.park), make_firm(session, park.park)
    terms = ((park.firm, 2024, 2027), (ended, 2022, 2026), (new, 2026, 2029))
    for place, (each, since, until) in enumerate(terms):
        term = {"valid_from": date(since, 3, 1), "valid_to": date(until, 9, 30)}
        session.add(Credential(firm_id=each.id, rung=Rung.HTE, number=f"GR20254300077{place}", **term))
    session.commit()
    client = sign_in(park.officer)
    this = text_of(check_page(client.get("/returns/hte_annual?year=2026")))
    assert "2026-12-31有效的高企 2 家，今天有效的是 3 家；其中 1 家的证书在年底前到期" in this.replace(
        "2026年12月31日", "2026-12-31"
    )
    last = client.get("/returns/hte_annual").text
    assert "其中 1 家是那以后才取得的" in last
    assert "今天有效的是" not in client.get("/returns/visit_book").text


@pytest.mark.parametrize(("said_on", "known"), [(date(2024, 12, 31), True), (date(2024, 12, 30), False)])
def test_that_a_firm_has_no_rights_is_filled_in_while_the_statement_vouches(
    session: Any, park: Park, said_on: date, known: bool
) -> None:
    """For 2025: a year before its last day, and a day longer."""
    session.add(FirmFact(firm=park.firm, key="ip", value=[], as_of=said_on, entered_by=park.officer))
    session.flush()
    none = dict.fromkeys(("valid", "inventions", "filed", "granted"), 0)
    assert _rights_of([park.firm.id], 2025) == ({park.firm.id: none} if known else {})
