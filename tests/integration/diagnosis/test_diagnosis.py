"""The diagnosis: hand counts of a small park, sizes at their lines, scope, papers, and averages with their source."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from docx import Document
from python_calamine import CalamineWorkbook

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import Firm, FirmFact, FirmStatus, Industry
from crm.insight.diagnosis.models import Benchmark
from crm.insight.diagnosis.service import set_benchmark
from crm.insight.diagnosis.sizes import WAN, Size, size_of
from crm.insight.diagnosis.tables import report
from crm.insight.diagnosis.work import make
from crm.kernel import jobs
from crm.kernel.errors import DomainError
from crm.registers.models import Level, Register, RegisterEntry
from crm.visits.models import Reluctance, Visit
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries

YEAR = 2025


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 6, 1, 4, tzinfo=UTC), tick=False):
        yield


@pytest.mark.parametrize(
    ("industry", "employees", "revenue", "assets", "size"),
    [
        ("C3990", 1000, 40000, None, Size.LARGE),
        ("C3990", 999, 40000, None, Size.MEDIUM),
        ("C3990", 1000, 39999, None, Size.MEDIUM),
        ("C3990", 300, 2000, None, Size.MEDIUM),
        ("C3990", 299, 2000, None, Size.SMALL),
        ("C3990", 20, 300, None, Size.SMALL),
        ("C3990", 19, 300, None, Size.MICRO),
        ("C3990", 19, None, None, Size.MICRO),  # few people are enough to fall short of every line
        ("C3990", None, 5000, None, None),
        ("C3990", None, 299, None, Size.MICRO),
        ("I6510", 300, 10000, None, Size.LARGE),
        ("I6310", 300, 10000, None, Size.MEDIUM),
        ("E4710", None, 6000, 5000, Size.MEDIUM),
        ("M7320", 100, None, None, Size.MEDIUM),
        ("L7211", 10, None, 100, Size.SMALL),
        ("P8310", 100, 100, 100, None),  # no line is set for schools
        (None, 100, 100, 100, None),
    ],
)
def test_sizes_at_their_lines(
    industry: str | None, employees: int | None, revenue: int | None, assets: int | None, size: Size | None
) -> None:
    fen = (None if each is None else each * WAN for each in (revenue, assets))
    assert size_of(industry, employees, *fen) is size


def firm(session: Any, park: Any, name: str, code: str | None, **figures: Any) -> Firm:
    made = make_firm(session, park, name, industry_code=code)
    if figures:
        money = {k: Decimal(v) * 10_000 for k, v in figures.items() if k in ("revenue", "main_revenue", "rd")}
        session.add(YearlyFigures(firm_id=made.id, year=YEAR, **{**figures, **money}))
    return made


def leaves(session: Any, who: Firm, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        who.status = FirmStatus.MOVED_OUT
        session.flush()


def right(session: Any, owner: Firm, kind: IpKind, number: str, filed: date | None = None) -> None:
    session.add(IpRight(firm_id=owner.id, kind=kind, number=number, title="一项权利", filed_on=filed))


@pytest.fixture
def firms(session: Any, park: Park) -> dict[str, Firm]:
    """Five firms of the park counted by hand below, one outside, one gone; the park's own firm has no data at all."""
    for code, name in (("C39", "电子设备制造业"), ("I65", "软件业")):
        session.merge(Industry(code=code, name=name, level="大类"))
    for code in ("C3990", "I6510"):
        session.merge(Industry(code=code, name=code, level="小类"))
    session.flush()
    here = park.park
    made = {
        "大": firm(
            session,
            here,
            "益阳大",
            "C3990",
            revenue=50000,
            main_revenue=50000,
            rd=1000,
            employees=1200,
            rd_staff=120,
            masters_staff=6,
        ),
        "小": firm(
            session,
            here,
            "益阳小",
            "C3990",
            revenue=1000,
            main_revenue=900,
            rd=0,
            employees=50,
            rd_staff=0,
            masters_staff=0,
        ),
        "软": firm(session, here, "益阳软", "I6510", revenue=500, rd=100, employees=20, rd_staff=10),
        "缺": firm(session, here, "益阳缺", "I6510", revenue=500),
        "停": firm(session, here, "益阳停", "C3990", revenue=0, rd=50, employees=0, rd_staff=3),
        "外": firm(session, park.other_park, "益阳外", "C3990", revenue=3000, main_revenue=3000, rd=300, employees=30),
    }
    gone = firm(session, here, "益阳走", "C3990", revenue=900, rd=900)
    leaves(session, gone, datetime(2025, 12, 31, 4, tzinfo=UTC))
    right(session, made["大"], IpKind.DEFENCE_INVENTION, "A", date(2024, 1, 1))  # an invention too
    right(session, made["大"], IpKind.UTILITY_MODEL, "B", date(2025, 12, 31))
    right(session, made["大"], IpKind.DESIGN, "C", date(2026, 1, 1))  # after the year
    right(session, made["软"], IpKind.SOFTWARE, "D", date(2024, 1, 1))
    session.add(
        FirmFact(firm_id=made["小"].id, key="ip", value=[], as_of=date(2026, 1, 1), entered_by_id=park.officer.id)
    )
    session.add(  # too long before the end of the year
        FirmFact(firm_id=made["缺"].id, key="ip", value=[], as_of=date(2024, 12, 30), entered_by_id=park.officer.id)
    )
    session.add(
        RegisterEntry(
            firm_id=made["大"].id,
            register=Register.INSTITUTION,
            kind="technology_centre",
            level=Level.PROVINCIAL,
            name="技术中心",
            on=date(2024, 1, 1),
        )
    )
    session.add(
        RegisterEntry(firm_id=made["软"].id, register=Register.INSTITUTION, name="研发中心", on=date(2026, 2, 1))
    )  # after the year
    for owner, why, on in (
        ("大", Reluctance.UNWILLING, date(2025, 3, 1)),
        ("大", Reluctance.AFRAID, date(2025, 9, 1)),
        ("小", Reluctance.UNABLE, date(2026, 4, 1)),
        ("软", Reluctance.UNABLE, date(2024, 12, 31)),  # before the year
    ):
        session.add(
            Visit(
                firm_id=made[owner].id,
                officer_id=park.officer.id,
                on=on,
                said=f"{owner}说：没有把握",
                reluctance=why,
                topics=[],
            )
        )
    session.commit()
    return made


def group(tables: dict[str, Any], by: str, key: str | None, population: str = "all") -> dict[str, int]:
    found = [each["numbers"] for each in tables[population]["groups"] if (each["by"], each["key"]) == (by, key)]
    return found[0] if found else {}


def test_every_number_is_as_counted_by_hand(session: Any, park: Park, firms: dict[str, Firm]) -> None:
    tables = make(park.park, YEAR).tables
    total = group(tables, "total", "")
    assert total["firms"] == 6, "five, and the park's own of which nothing is known; not the one that left"
    assert (total["rd_with"], total["rd_none"], total["rd_unknown"]) == (3, 1, 2)
    assert (total["ratio_firms"], total["rd"], total["revenue"]) == (3, 1100 * WAN, 51500 * WAN), (
        "not the one without revenue"
    )
    assert (total["patent_with"], total["patent_none"], total["patent_unknown"]) == (1, 2, 3), (
        "software is no patent, but known"
    )
    assert (total["patents"], total["inventions"]) == (2, 1)
    assert (total["rd_staff"], total["rd_staff_of"], total["rd_staff_firms"]) == (130, 1270, 3)
    assert (total["masters_with"], total["masters_none"], total["masters_unknown"]) == (1, 1, 4)
    assert (total["institution_with"], total["institutions"], total["institution_unknown"]) == (1, 1, 5)
    assert (total["afraid"], total["unable"], total.get("unwilling", 0), total["not_asked"]) == (1, 1, 0, 4), (
        "the last answer counts"
    )
    assert group(tables, "trade", "C39")["firms"] == 3 and group(tables, "trade", None)["firms"] == 1
    assert group(tables, "size", "large")["firms"] == 1
    assert group(tables, "size", "small")["firms"] == 2
    assert group(tables, "size", "micro")["firms"] == 1, "nobody works there"
    assert group(tables, "size", None)["firms"] == 2
    assert tables["all"]["institutions"] == [["technology_centre", "provincial", 1]]
    large = group(tables, "total", "", "large")
    assert large["firms"] == 1 and tables["large"]["unsure"] == 1, "of the park's own firm even the trade is unknown"
    city = make(park.city, YEAR).tables
    assert group(city, "total", "")["firms"] == 8
    assert group(city, "place", str(park.county.id))["firms"] == 6
    assert group(city, "place", str(park.other_park.id))["firms"] == 2


def test_a_firm_that_left_since_was_there_that_year(
    session: Any, park: Park, firms: dict[str, Firm], sign_in: Any
) -> None:
    """As at the year's end: one struck off in the year after is in it, one before is not, nor one nobody knows when."""
    leaves(session, firms["软"], datetime(2026, 1, 1, 4, tzinfo=UTC))
    make_firm(session, park.park, "益阳不知何时", status=FirmStatus.DEREGISTERED)
    session.commit()
    tables = make(park.park, YEAR).tables
    session.commit()
    assert group(tables, "total", "")["firms"] == 6
    assert (tables["all"]["gone"], tables["all"]["undated"]) == (1, 1)
    assert group(make(park.park, 2026).tables, "total", "")["firms"] == 5
    told = sign_in(park.officer).get(f"/diagnosis?year={YEAR}").text
    assert "含以后注销、吊销、迁出的 1 家" in told and "另有 1 家已不在业、不知何时不在业的，没有计入" in told


def test_the_page_shows_shares_unknown_apart_and_the_average_beside(
    session: Any, park: Park, firms: dict[str, Firm], sign_in: Any, app: Any
) -> None:
    set_benchmark(
        actor=park.manager,
        key="rd_intensity",
        year=YEAR,
        place="全省平均",
        value=Decimal("0.0245"),
        source="2025 年统计公报",
    )
    session.commit()
    client = sign_in(park.officer)
    assert "还没有测算" in client.get("/diagnosis").text
    client.post("/diagnosis/make", data={"year": YEAR, "organisation": park.park.id})
    assert "正在测算" in client.get("/diagnosis").text
    jobs.work_until_empty(app)
    session.expire_all()
    tree = check_page(client.get("/diagnosis"))
    assert [len(each.findall(".//table")) for each in tree.iterfind(".//section[@id='intensity']//details")] == [1]
    assert tree.find(".//ul[@class='index']//a[@href='#intensity']") is not None
    page = text_of(tree)
    assert "4 家有研发费用数据的企业中，3 家开展了研发，占 75%" in page and "另有 2 家没有数据" in page
    assert "研发费用合计占营业收入合计的 2.14%；全省平均为 2.45%（2025 年统计公报）" in page
    assert "2 家有数据的企业中，1 家硕士以上人员为零，占 50%；4 家没有数据" in page
    assert "不敢 1 家（50%）、不能 1 家（50%）；4 家没有谈到" in page
    assert "企业技术中心" in page and "省部级" in page
    for by in ("size", "place"):
        assert "大型" in text_of(check_page(client.get("/diagnosis?by=size"))) or by != "size"
    assert "规模以上工业企业" in text_of(check_page(client.get("/diagnosis?population=large")))
    with count_queries(session) as queries:
        client.get("/diagnosis")
    assert len(queries) <= 20, len(queries)


def test_a_place_outside_the_scope_is_not_there(session: Any, park: Park, firms: dict[str, Firm], sign_in: Any) -> None:
    client = sign_in(park.officer)
    assert client.get(f"/diagnosis?organisation={park.city.id}").status_code == 404
    assert client.post("/diagnosis/make", data={"organisation": park.other_park.id}).status_code == 404
    assert client.get(f"/diagnosis/reluctance?organisation={park.city.id}").status_code == 404


def test_what_firms_said_is_read(session: Any, park: Park, firms: dict[str, Firm], sign_in: Any) -> None:
    client = sign_in(park.officer)
    page = text_of(check_page(client.get(f"/diagnosis/reluctance?year={YEAR}&why=unable")))
    assert "小说：没有把握" in page and "大说" not in page and "软说" not in page
    assert "说：没有把握" not in sign_in(park.other_officer).get(f"/diagnosis/reluctance?year={YEAR}").text


def test_it_is_taken_along(session: Any, park: Park, firms: dict[str, Firm], sign_in: Any) -> None:
    client = sign_in(park.officer)
    assert client.get(f"/diagnosis.xlsx?year={YEAR}").status_code == 400
    make(park.park, YEAR)
    session.commit()
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/diagnosis.xlsx?year={YEAR}").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert next(row for row in rows if row[0] == "合计")[1:6] == [6.0, 3.0, 1.0, 2.0, "75%"]
    document = Document(io.BytesIO(client.get(f"/diagnosis.docx?year={YEAR}").data))
    assert any("按规模" in each.text for each in document.paragraphs)
    assert any("数据来源" in each.text and "2026年6月1日" in each.text for each in document.paragraphs)
    assert client.get(f"/diagnosis.pdf?year={YEAR}").data.startswith(b"%PDF")


def test_an_average_needs_its_source(session: Any, park: Park, sign_in: Any) -> None:
    with pytest.raises(DomainError) as caught:
        set_benchmark(
            actor=park.manager, key="rd_intensity", year=YEAR, place="全省", value=Decimal("0.02"), source=" "
        )
    assert caught.value.field == "source"
    client = sign_in(park.manager)
    sent = {"key": "rd_intensity", "year": "2025", "place": "全省", "value": "2.45", "source": "公报第 3 页"}
    assert "请写明出处" in client.post("/diagnosis/benchmarks", data={**sent, "source": ""}).text
    client.post("/diagnosis/benchmarks", data=sent)
    client.post("/diagnosis/benchmarks", data={**sent, "value": "2.5"})
    found = session.query(Benchmark).one()
    assert found.value == Decimal("0.025"), "the same place and year is corrected, not entered twice"
    assert sign_in(park.officer).get("/diagnosis/benchmarks").status_code == 403
    client.post(f"/diagnosis/benchmarks/{found.id}/remove")
    assert session.query(Benchmark).count() == 0


def test_few_groups_are_named_on_the_page_and_all_add_up(session: Any, park: Park, firms: dict[str, Firm]) -> None:
    whole = report(make(park.park, YEAR), "all", "size")
    short = report(make(park.park, YEAR), "all", "size", 1)
    rows = short.sections[0].rows
    assert [row[0] for row in rows] == ["合计", "大型", "其余 2 组（导出文件里逐组列出）", "规模不详"]
    assert rows[2][1] == "3" and [row[1] for row in whole.sections[0].rows] == ["6", "1", "2", "1", "2"]


def test_more_researchers_than_employees_are_left_out_and_named(session, sign_in, park: Park) -> None:
    odd = firm(session, park.park, "示例食品有限公司", None, employees=23, rd_staff=40)
    firm(session, park.park, "示例面业有限公司", None, employees=100, rd_staff=10)
    session.commit()
    make(park.park, YEAR)
    page = sign_in(park.officer).get(f"/diagnosis?organisation={park.park.id}&year={YEAR}")
    told = text_of(check_page(page))
    assert "研发人员 10 人，占职工的 10" in told and "有 1 家的数据不合常理（研发人员多于职工），没有计入" in told
    assert f'href="/firms/{odd.id}/figures">{odd.name}</a>' in page.text
