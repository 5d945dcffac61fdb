"""From the text of a cell to a typed value, or a sentence that says how to mend it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exchange import converters as to
from crm.exchange.converters import Capital, CellProblem

WAN = Decimal(10_000)


def refusal(convert: Callable[..., Any], raw: str, **options: Any) -> str:
    with pytest.raises(CellProblem) as raised:
        convert(raw, **options)
    return str(raised.value.text)


@pytest.mark.parametrize("raw", ["", "-", "--", "—", "——", "/", "无", "N/A", "#N/A", "null", "NaN", "不详"])
def test_unknown(raw: str) -> None:
    assert to.is_unknown(raw)


@pytest.mark.parametrize("raw", ["0", "0.0", "否", "无锡某公司"])
def test_zero_and_no_are_values(raw: str) -> None:
    assert not to.is_unknown(raw)


@pytest.mark.parametrize(
    ("raw", "yuan"),
    [
        ("1486336159.28", "1486336159.28"),
        ("1,234,567.89", "1234567.89"),
        ("１，２３４．５", "1234.50"),
        ("52万", "520000"),
        ("52万元", "520000"),
        ("1.2亿元", "120000000"),
        ("￥1,000.50", "1000.50"),
        ("1000元整", "1000"),
        ("300 万元", "3000000"),
        ("0", "0"),
        ("1.5E+8", "150000000"),
    ],
)
def test_money_in_yuan(raw: str, yuan: str) -> None:
    assert to.money(raw) == Decimal(yuan)


def test_the_unit_of_the_column_counts_unless_the_cell_has_its_own() -> None:
    assert to.money("123.456789", WAN) == Decimal("1234567.89")
    assert to.money("5000元", WAN) == Decimal(5000)
    assert to.money("2亿", WAN) == Decimal(200_000_000)


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_money_is_exact_to_the_fen(amount: Decimal) -> None:
    assert to.money(f"{amount:,}") == amount


def test_a_loss_may_be_negative_a_sale_may_not() -> None:
    assert to.money("-114,856.37", negative=True) == Decimal("-114856.37")
    assert to.money("(114,856.37)", negative=True) == Decimal("-114856.37")
    assert "不能小于 0" in refusal(to.money, "-1")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("三百万", "是汉字写的数"),
        ("叁佰万元整", "是汉字写的数"),
        ("约300万", "不是数字"),
        ("12.5%", "不是数字"),
        ("1.2.3", "不是数字"),
        ("Infinity", "不是数字"),
        ("50万美元", "不是人民币"),
        ("99999999999999999", "太大"),
        ("9999999999亿", "太大"),
    ],
)
def test_money_refuses_with_a_cure(raw: str, says: str) -> None:
    assert says in refusal(to.money, raw)


@pytest.mark.parametrize(
    ("raw", "capital"),
    [
        ("52万人民币", Capital(Decimal(520_000), "CNY")),
        ("52万", Capital(Decimal(520_000), "CNY")),
        ("1,000.5万元人民币", Capital(Decimal(10_005_000), "CNY")),
        ("人民币500万元", Capital(Decimal(5_000_000), "CNY")),
        ("50万美元", Capital(Decimal(500_000), "USD")),
        ("80万港币", Capital(Decimal(800_000), "HKD")),
        ("3000万欧元", Capital(Decimal(30_000_000), "EUR")),
        ("1亿日元", Capital(Decimal(100_000_000), "JPY")),
    ],
)
def test_registered_capital(raw: str, capital: Capital) -> None:
    assert to.capital(raw) == capital


def test_the_limit_is_on_the_yuan_not_on_the_number_in_the_cell() -> None:
    assert to.money("99999999999", WAN) == Decimal("999999999990000")
    assert "太大" in refusal(to.money, "99999999999999", unit=WAN)
    assert "太大" in refusal(to.money, "-100000000000", unit=WAN, negative=True)
    assert "太大" in refusal(to.capital, "99999999999999", unit=WAN)
    assert "太大" in refusal(to.capital, "999999999999999万亿美元")


@pytest.mark.parametrize("raw", ["1" * 20_000 + "！", "1" * 20_000, "0." + "0" * 50, "９" * 41, "1," * 200 + "万元"])
def test_an_endless_amount_is_refused_without_being_tried(raw: str) -> None:
    for convert in (to.money, to.capital):
        said = refusal(convert, raw)
        assert "不是数字" in said and len(said) < 100


def test_registered_capital_without_a_unit_takes_that_of_its_column() -> None:
    assert to.capital("500", WAN) == Capital(Decimal(5_000_000), "CNY")
    assert to.capital("50万美元", WAN) == Capital(Decimal(500_000), "USD")
    assert "不是数字" in refusal(to.capital, "500万贝壳")


@pytest.mark.parametrize(
    "raw",
    [
        "2019-03-05",
        "2019-3-5",
        "2019/3/5",
        "2019.3.5",
        "2019.03.05",
        "20190305",
        "2019年3月5日",
        "2019 年 03 月 05 日",
        "２０１９年３月５日",
        "2019-03-05 00:00:00",
        "2019-03-05T08:30:00",
        "2019/3/5 0:00",
        "43529",
        "43529.0",
        "5-Mar-2019",
        "5 March 2019",
        "Mar 5, 2019",
        "二〇一九年三月五日",
    ],
)
def test_dates_in_usual_spellings(raw: str) -> None:
    assert to.day(raw) == date(2019, 3, 5)


def test_chinese_dates_with_tens() -> None:
    assert to.day("二零二一年十二月三十一日") == date(2021, 12, 31)
    assert to.day("二〇二〇年十月二十日") == date(2020, 10, 20)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("2019年3月", "缺少日"),
        ("2019-03", "缺少日"),
        ("2019-02-30", "不存在"),
        ("2019-13-01", "不存在"),
        ("0001-01-01", "不存在"),
        ("03/05/2019", "不是能认的日期"),
        ("去年", "不是能认的日期"),
    ],
)
def test_dates_refuse_with_a_cure(raw: str, says: str) -> None:
    assert says in refusal(to.day, raw)


@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2090, 12, 31)))
def test_a_serial_number_is_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert to.day(str(serial)) == to.day(day.isoformat()) == to.day(f"{day:%Y/%m/%d}") == day


@pytest.mark.parametrize(("raw", "count"), [("1795.0", 1795), ("1,795", 1795), ("12人", 12), ("0", 0)])
def test_counts(raw: str, count: int) -> None:
    assert to.count(raw) == count


@pytest.mark.parametrize(
    ("raw", "says"), [("12.5", "整数"), ("-3", "不能小于 0"), ("十二", "汉字写的数"), ("1491543852576.0", "太大")]
)
def test_counts_refuse_with_a_cure(raw: str, says: str) -> None:
    assert says in refusal(to.count, raw)


@pytest.mark.parametrize(
    ("raw", "year"),
    [("2020", 2020), ("2020年", 2020), ("2020年度", 2020), ("2020.0", 2020), ("FY2020", 2020), ("2020-12-31", 2020)],
)
def test_years(raw: str, year: int) -> None:
    assert to.year(raw) == year
    assert "不是年份" in refusal(to.year, "20")


def test_rates() -> None:
    assert to.rate("64.5%") == to.rate("64.5％") == to.rate("0.645") == Decimal("0.645")
    assert (to.rate("-8.5%"), to.rate("120%"), to.rate("0.0853331111")) == (
        Decimal("-0.085"),
        Decimal("1.2"),
        Decimal("0.085333"),
    )
    assert "超过 100%" in refusal(to.rate, "64.5")
    assert "不是数字" in refusal(to.rate, "8.5%%")


@pytest.mark.parametrize(
    ("raw", "code"), [("000001", "000001"), ("1", "000001"), ("605228.SH", "605228"), ("sz000001", "000001")]
)
def test_stock_codes(raw: str, code: str) -> None:
    assert to.stock_code(raw) == code
    assert "6 位数字" in refusal(to.stock_code, "平安银行")


def test_former_names_are_separated_and_cleaned() -> None:
    assert to.names_of_firms("甲有限公司；乙有限公司、丙厂查看更多") == ("甲有限公司", "乙有限公司", "丙厂")
    assert to.names_of_firms("甲有限公司 乙有限公司,甲有限公司") == ("甲有限公司", "乙有限公司")
    assert to.names_of_firms("Sample Co., Ltd.") == ("Sample Co., Ltd.",)


def test_a_choice_is_known_by_its_beginning() -> None:
    status = to.one_of({"存续": "active", "注销": "deregistered"})
    assert status("存续（在营、开业、在册）") == "active"
    assert "存续、注销" in refusal(status, "不明")


def test_yes_and_no() -> None:
    assert to.yes_no("是") is True
    assert to.yes_no("N") is False
    assert "“是”或“否”" in refusal(to.yes_no, "也许")


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("营业收入（万元）", 10_000),
        ("营业收入(元)", 1),
        ("资产总额【亿元】", 100_000_000),
        ("净利润（单位：千元）", 1000),
        ("研发费用_万元", 10_000),
        ("研发费用万元", 10_000),
        ("注册资本（万人民币）", 10_000),
        ("注册资本（万）", 10_000),
        ("单位：人民币万元", 10_000),
        ("单位: 元", 1),
    ],
)
def test_units_in_headers(words: str, unit: int) -> None:
    assert to.unit_in(words) == unit


@pytest.mark.parametrize("words", ["营业收入", "多元化收入", "研发人员（人）", "2025年度企业名单"])
def test_no_unit(words: str) -> None:
    assert to.unit_in(words) is None
