"""中国专利申请号: the kind from the number, the check digit, the years, and what is not an application number."""

from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from crm.kernel.identifiers import check_ip_number, check_patent_number
from crm.kernel.identifiers.patent import check_digit

KINDS = {"1": "invention", "8": "invention", "2": "utility_model", "9": "utility_model", "3": "design"}
NEW = st.tuples(
    st.integers(2003, 2025).map(str), st.sampled_from("12389"), st.from_regex(r"[0-9]{7}", fullmatch=True)
).map("".join)
OLD = st.tuples(
    st.integers(1985, 2003).map(lambda year: f"{year % 100:02}"),
    st.sampled_from("12389"),
    st.from_regex(r"[0-9]{5}", fullmatch=True),
).map("".join)


@given(st.one_of(NEW, OLD))
def test_a_number_with_its_check_digit_is_valid_and_tells_its_kind(digits: str) -> None:
    number = f"{digits}.{check_digit(digits)}"
    checked = check_patent_number(f"CN{number}")
    assert (checked.verdict, checked.normal, str(checked.reason)) == ("valid", number, "")
    assert checked.kind == KINDS[digits[2] if len(digits) == 8 else digits[4]]


@given(st.one_of(NEW, OLD), st.sampled_from("0123456789X"))
def test_a_wrong_check_digit_names_the_right_one(digits: str, given_digit: str) -> None:
    expected = check_digit(digits)
    if given_digit != expected:
        checked = check_patent_number(f"ZL{digits}.{given_digit}")
        assert checked.verdict == "invalid"
        assert f"应为“{expected}”，填的是“{given_digit}”" in str(checked.reason)


@pytest.mark.parametrize(
    "raw",
    [
        "201710601862.3",
        "CN201710601862.3",
        "ZL201710601862.3",
        "ZL 2017 1 0601862.3",
        "zl2017106018623",
        "ＣＮ２０１７１０６０１８６２．３",
        "专利号：ZL201710601862.3",
        "CN 201710601862。3",
    ],
)
def test_spelling_does_not_matter(raw: str) -> None:
    checked = check_patent_number(raw)
    assert (checked.verdict, checked.normal, checked.kind) == ("valid", "201710601862.3", "invention")


@pytest.mark.parametrize("raw", ["88105304.x", "ＣＮ88105304.Ｘ", "ZL88105304X", "88105304.X"])
def test_a_check_digit_of_ten_is_x_in_any_writing(raw: str) -> None:
    assert (check_patent_number(raw).verdict, check_patent_number(raw).normal) == ("valid", "88105304.X")


def test_before_1989_there_was_no_check_digit() -> None:
    checked = check_patent_number("CN86211020")
    assert (checked.verdict, checked.normal, checked.kind) == ("valid", "86211020", "utility_model")
    later = check_patent_number("CN95115608")
    assert later.verdict == "invalid"
    assert "缺少校验位" in str(later.reason) and "95115608.X" in str(later.reason)


def test_a_missing_check_digit_is_offered() -> None:
    checked = check_patent_number("CN201710601862")
    assert checked.verdict == "invalid"
    assert "应为“201710601862.3”" in str(checked.reason)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("CN102345678A", "invention"),
        ("CN1234567C", "invention"),
        ("CN85100001A", "invention"),
        ("CN102345678B", "invention"),
        ("cn 201234567 u", "utility_model"),
        ("CN2123456Y", "utility_model"),
        ("CN301234567S", "design"),
        ("CN3012345D", "design"),
        ("CN102345678", None),
        ("PCT/CN2017/094123", None),
        ("WO2017123456A1", None),
        ("US10123456B2", None),
        ("EP3123456", None),
        ("2020SR0123456", "software"),
        ("软著登字第1234567号", "software"),
        ("BS.205012345", "ic_layout"),
    ],
)
def test_other_numbers_are_another_kind(raw: str, kind: str | None) -> None:
    checked = check_patent_number(raw)
    assert (checked.verdict, checked.kind) == ("other_kind", kind)
    assert str(checked.reason)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "没有填写"),
        ("ZL", "没有填写"),
        ("2017106018", "这里是 10 位"),
        ("04105304.5", "年号“04”"),
        ("199810601862.3", "年号“1998”"),
        ("201740601862.3", "第 5 位“4”"),
        ("88405304.5", "第 3 位“4”"),
        ("20171060186Z.3", "“Z”不会出现"),
        ("2.01711E+11", "科学计数法"),
    ],
)
def test_the_reason_says_what_and_how_to_mend(raw: str, says: str) -> None:
    checked = check_patent_number(raw)
    assert (checked.verdict, checked.kind) == ("invalid", None)
    assert says in str(checked.reason)


def test_a_number_of_next_year_is_not_yet_possible() -> None:
    number = f"202710000001.{check_digit('202710000001')}"
    with time_machine.travel(date(2026, 11, 22)):
        assert "年号“2027”" in str(check_patent_number(number).reason)
    with time_machine.travel(date(2027, 1, 2)):
        assert check_patent_number(number).is_valid


def test_an_ip_number_may_be_software_or_a_layout() -> None:
    assert (check_ip_number("2020SR0123456").verdict, check_ip_number("2020SR0123456").kind) == ("valid", "software")
    assert (check_ip_number("BS.205012345").verdict, check_ip_number("BS.205012345").kind) == ("valid", "ic_layout")
    assert check_ip_number("CN102345678A").verdict == "other_kind"
    assert check_ip_number("201710601862.3").kind == "invention"
