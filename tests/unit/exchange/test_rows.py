"""Rows become typed values; what is wrong refuses the row, what is strange only warns."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from crm.exchange.mapping import propose
from crm.exchange.models import ImportKind
from crm.exchange.reading import read_sheet
from crm.exchange.rows import ConvertedRow, convert_rows
from crm.firms.ip.models import IpKind, IpStatus
from crm.firms.models import FirmStatus
from crm.kernel.identifiers.credit_code import check_character
from crm.kernel.identifiers.patent import check_digit

CODE = "91431000MA4L0000X"
CODE += check_character(CODE)
PATENT = f"202110000001.{check_digit('202110000001')}"


def rows(kind: ImportKind, text: str, **options: Any) -> list[ConvertedRow]:
    sheet = read_sheet(text.encode(), kind)
    with time_machine.travel(date(2026, 11, 22)):
        return list(convert_rows(sheet, kind, propose(sheet, kind), **options))


def one(kind: ImportKind, text: str, **options: Any) -> ConvertedRow:
    [row] = rows(kind, text, **options)
    return row


def problems(row: ConvertedRow) -> list[tuple[str | None, str]]:
    return [(problem.key, str(problem)) for problem in row.problems]


def test_a_firm() -> None:
    row = one(
        ImportKind.FIRMS,
        "企业名称,统一社会信用代码,经营状态,成立日期,注册资本,曾用名,证券代码,技术领域,联系电话\n"
        f"郴州样例有限公司,{CODE.lower()},存续（在营）,2015年3月5日,500万元,旧名有限公司,-,新材料,\n",
    )
    assert row == ConvertedRow(
        2,
        {
            "name": "郴州样例有限公司",
            "credit_code": CODE,
            "status": FirmStatus.ACTIVE,
            "registered_on": date(2015, 3, 5),
            "registered_capital": Decimal(5_000_000),
            "capital_currency": "CNY",
            "former_names": ("旧名有限公司",),
            "stock_code": None,
            "tech_field": 4,
            "telephone": None,
        },
    )


def test_what_has_no_column_is_absent_and_what_is_empty_is_unknown() -> None:
    values = one(ImportKind.FIRMS, "企业名称,地址\n甲公司,无\n").values
    assert values == {"name": "甲公司", "address": None}


def test_each_bad_cell_is_named_and_the_others_are_kept() -> None:
    row = one(
        ImportKind.FIRMS,
        f"企业名称,信用代码,成立日期,注册资本（万元）\n甲公司,{CODE[:17]}{'1' if CODE[17] != '1' else '2'},2027-01-01,三百万\n",
    )
    assert row.values == {"name": "甲公司"}
    assert [key for key, _ in problems(row)] == ["credit_code", "registered_on", "registered_capital"]
    code, day, capital = (text for _, text in problems(row))
    assert code.startswith("信用代码：校验位") and f"应为“{CODE[17]}”" in code
    assert day == "成立日期：“2027-01-01”还没有到，请核对"
    assert capital.startswith("注册资本（万元）：“三百万”是汉字写的数")


def test_a_firm_needs_its_name() -> None:
    assert problems(one(ImportKind.FIRMS, f"企业名称,信用代码\n,{CODE}\n")) == [("name", "企业名称：没有填写")]


def test_a_registration_number_is_no_credit_code_but_is_kept_in_its_own_column() -> None:
    wrong, right = rows(
        ImportKind.FIRMS, "企业名称,信用代码,注册号\n甲公司,430100000012345,\n乙公司,,430100000012345\n"
    )
    assert problems(wrong)[0][0] == "credit_code" and "工商注册号" in problems(wrong)[0][1]
    assert (right.problems, right.values["registration_number"]) == ([], "430100000012345")


def test_the_operating_term_knows_the_true_beginning() -> None:
    first, second, third, fourth = rows(
        ImportKind.FIRMS,
        "企业名称,成立日期,营业期限\n甲公司,2014-06-03,1989-08-29至无固定期限\n乙公司,2014-06-03,2014-06-03至2034-06-02\n"
        "丙公司,,2012-07-04至无固定期限\n丁公司,2014-06-03,长期\n",
    )
    assert first.values == {"name": "甲公司", "registered_on": date(1989, 8, 29)}
    assert "早于所填成立日期 2014-06-03" in str(first.warnings[0])
    assert (second.values["registered_on"], second.warnings) == (date(2014, 6, 3), [])
    assert third.values["registered_on"] == date(2012, 7, 4)
    assert (fourth.values["registered_on"], fourth.warnings) == (date(2014, 6, 3), [])


def test_figures_with_units_from_header_and_line_above() -> None:
    row = one(
        ImportKind.FIGURES,
        '某市企业年报,,,,\n单位：万元,,,,\n企业名称,年份,营业收入,研发费用（元）,职工人数\n甲公司,2024年,"1,234.5",600000,88.0\n',
    )
    assert row.values == {
        "name": "甲公司",
        "year": 2024,
        "revenue": Decimal(12_345_000),
        "rd": Decimal(600_000),
        "employees": 88,
    }


def test_the_unit_can_be_chosen_for_headers_that_name_none() -> None:
    text = "企业名称,年份,营业收入,净利润(元)\n甲公司,2024,100,-5\n"
    assert one(ImportKind.FIGURES, text).values["revenue"] == Decimal(100)
    chosen = one(ImportKind.FIGURES, text, unit=Decimal(10_000)).values
    assert (chosen["revenue"], chosen["net_profit"]) == (Decimal(1_000_000), Decimal(-5))


def test_research_above_revenue_is_kept() -> None:
    row = one(ImportKind.FIGURES, "企业名称,年份,营业收入,研发费用\n甲公司,2024,100,200\n")
    assert (row.problems, row.values["rd"]) == ([], Decimal(200))


@pytest.mark.parametrize(
    ("cells", "key", "says"),
    [
        ("甲公司,2024,-100", "revenue", "营业收入：“-100”是负数"),
        ("甲公司,2024,三百万", "revenue", "汉字写的数"),
        ("甲公司,2027,100", "year", "年份：“2027”还没有到"),
        ("甲公司,,100", "year", "年份：没有填写"),
        (",2024,100", None, "没有说是哪家企业"),
    ],
)
def test_bad_figures_are_refused(cells: str, key: str | None, says: str) -> None:
    [(found, text)] = problems(one(ImportKind.FIGURES, f"企业名称,年份,营业收入\n{cells}\n"))
    assert found == key
    assert says in text


def test_a_patent_tells_its_kind_and_takes_its_normal_form() -> None:
    row = one(
        ImportKind.IP,
        f"专利名称,专利号,申请人,申请日,法律状态\n一种样例,ZL{PATENT.replace('.', '')},甲公司；乙公司,2021/1/4,授权\n",
    )
    assert row.values == {
        "title": "一种样例",
        "number": PATENT,
        "owners": ("甲公司", "乙公司"),
        "filed_on": date(2021, 1, 4),
        "status": IpStatus.VALID,
        "kind": IpKind.INVENTION,
    }


def test_the_number_outweighs_the_word_but_a_defence_patent_stays_one() -> None:
    wrong, defence = rows(
        ImportKind.IP,
        f"专利名称,专利号,类型,权利人\n样例一,{PATENT},实用新型,甲公司\n样例二,{PATENT},国防专利,甲公司\n",
    )
    assert wrong.values["kind"] is IpKind.INVENTION
    assert str(wrong.warnings[0]) == f"所填类型是实用新型专利，号码“{PATENT}”是发明专利：按号码记，请核对"
    assert (defence.values["kind"], defence.warnings) == (IpKind.DEFENCE_INVENTION, [])


def test_a_publication_number_and_a_wrong_digit_are_refused() -> None:
    publication, wrong = rows(
        ImportKind.IP,
        f"专利名称,专利号,权利人\n样例一,CN102345678A,甲公司\n样例二,{PATENT[:-1]}{'1' if PATENT[-1] != '1' else '2'},甲公司\n",
    )
    assert problems(publication)[0][0] == "number" and "公开（公告）号" in problems(publication)[0][1]
    assert f"应为“{PATENT[-1]}”" in problems(wrong)[0][1]


def test_rights_whose_number_tells_nothing_are_kept_as_written() -> None:
    variety, software, strange = rows(
        ImportKind.IP,
        "名称,登记号,类型,权利人\n湘样1号,CNA20211234.5,植物新品种权,甲公司\n样例软件,2020sr0123456,软件著作权,甲公司\n样例软件二,内部12号,软著,甲公司\n",
    )
    assert (variety.values["number"], variety.values["kind"], variety.problems) == (
        "CNA20211234.5",
        IpKind.PLANT_VARIETY,
        [],
    )
    assert (software.values["number"], software.values["kind"]) == ("2020SR0123456", IpKind.SOFTWARE)
    assert (strange.values["number"], strange.problems) == ("内部12号", [])
    assert "不像软件著作权" in str(strange.warnings[0])


def test_a_natural_person_is_no_firm() -> None:
    alone, together, nobody = rows(
        ImportKind.IP, f"专利名称,专利号,申请人\n一,{PATENT},(自然人)\n二,{PATENT},(自然人)；甲公司\n三,{PATENT},\n"
    )
    assert "自然人" in problems(alone)[0][1]
    assert together.problems == []
    assert "没有说是哪家企业的" in problems(nobody)[0][1]


def test_rows_the_file_spoilt_are_refused_only_where_it_matters() -> None:
    wide, long_unused, long_used = rows(
        ImportKind.FIRMS, f"企业名称,地址,备注\n甲公司,乙,丙,丁\n乙公司,路,{'长' * 40_000}\n丙公司,{'长' * 40_000},\n"
    )
    assert "未加引号的逗号" in problems(wide)[0][1]
    assert long_unused.problems == []
    assert problems(long_used)[0][0] == "address" and "超过上限" in problems(long_used)[0][1]


def test_a_cell_too_long_for_its_field_is_refused() -> None:
    [(key, text)] = problems(one(ImportKind.FIRMS, f"企业名称,企业简称\n甲公司,{'长' * 61}\n"))
    assert (key, text) == ("short_name", "企业简称：有 61 个字，最多 60 个：请缩短")
