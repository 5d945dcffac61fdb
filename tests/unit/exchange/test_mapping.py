"""Which column is what: proposed from usual headers, corrected by hand, refused where a needed one is missing."""

import pytest

from crm.exchange.columns import column_named, columns_of, normal_header
from crm.exchange.mapping import by_hand, check_needed, propose
from crm.exchange.models import ImportKind
from crm.exchange.reading import Sheet, read_sheet
from crm.kernel.errors import DomainError


def sheet_of(header: str, kind: ImportKind) -> Sheet:
    return read_sheet(f"{header}\n".encode(), kind)


def keys(header: str, kind: ImportKind) -> list[str | None]:
    return [match.key for match in propose(sheet_of(header, kind), kind)]


@pytest.mark.parametrize("kind", list(ImportKind))
def test_no_header_means_two_columns_of_one_kind(kind: ImportKind) -> None:
    headers = [normal_header(header) for column in columns_of(kind) for header in (*column.headers, *column.loose)]
    assert sorted(headers) == sorted(set(headers))
    assert len({column.key for column in columns_of(kind)}) == len(columns_of(kind))


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("企业名称", "name"),
        ("*企业名称", "name"),
        ("企业名称（必填）", "name"),
        (" 企 业 名 称 ", "name"),
        ("单位名称：", "name"),
        ("统一社会信用代码（18位）", "credit_code"),
        ("注册资本（万元）", "registered_capital"),
        ("注册资本_万元", "registered_capital"),
        ("Ａ股代码", "stock_code"),
        ("uscc", "credit_code"),
    ],
)
def test_headers_are_recognised_however_they_are_written(header: str, key: str) -> None:
    column = column_named(ImportKind.FIRMS, header)
    assert column is not None and column.key == key


def test_a_header_that_is_not_usual_means_nothing() -> None:
    assert column_named(ImportKind.FIRMS, "备注") is None
    assert column_named(ImportKind.FIRMS, "") is None


def test_the_surest_column_has_the_key_and_the_other_is_left_out() -> None:
    assert keys("公司全称,企业名称,信用代码", ImportKind.FIRMS) == [None, "name", "credit_code"]


def test_confidence_and_unit() -> None:
    kind = ImportKind.FIGURES
    revenue, rd, staff, other = propose(sheet_of("营业收入（万元）,研发投入（元）,技术人员,备注", kind), kind)
    assert (revenue.key, revenue.confidence, revenue.unit) == ("revenue", "alias", 10_000)
    assert (rd.key, rd.confidence, rd.unit) == ("rd", "alias", 1)
    assert (staff.key, staff.unit) == ("st_staff", None)
    assert "口径不同" in str(staff.note)
    assert (other.key, other.confidence) == (None, "none")


def test_a_person_corrects_the_proposal() -> None:
    kind = ImportKind.FIRMS
    proposal = propose(sheet_of("企业名称,营业地点,公司名称,电话", kind), kind)
    corrected = by_hand(proposal, kind, {1: "address", 2: "name", 3: None})
    assert [(match.key, match.confidence) for match in corrected] == [
        (None, "none"),
        ("address", "hand"),
        ("name", "hand"),
        (None, "none"),
    ]


def test_choosing_what_was_proposed_changes_nothing() -> None:
    kind = ImportKind.FIRMS
    proposal = propose(sheet_of("企业名称,电话", kind), kind)
    assert by_hand(proposal, kind, {0: "name", 1: "telephone"}) == proposal


def test_one_value_cannot_come_from_two_columns() -> None:
    kind = ImportKind.FIRMS
    proposal = propose(sheet_of("企业名称,甲,乙", kind), kind)
    with pytest.raises(DomainError, match="“地址”选了不止一列"):
        by_hand(proposal, kind, {1: "address", 2: "address"})
    with pytest.raises(DomainError, match="没有“colour”这一项"):
        by_hand(proposal, kind, {1: "colour"})


@pytest.mark.parametrize(
    ("kind", "header", "missing"),
    [
        (ImportKind.FIRMS, "甲,乙", "“企业名称”"),
        (ImportKind.FIGURES, "企业名称,营业收入", "“年份”"),
        (ImportKind.FIGURES, "年份,营业收入", "“统一社会信用代码／证券代码／企业名称／企业简称”"),
        (ImportKind.IP, "专利名称,申请人", "“编号”"),
        (ImportKind.IP, "专利名称,专利号", "“统一社会信用代码／权利人”"),
    ],
)
def test_a_missing_column_is_named_with_the_headers_that_would_do(kind: ImportKind, header: str, missing: str) -> None:
    matches = propose(sheet_of(header, kind), kind)
    with pytest.raises(DomainError) as raised:
        check_needed(matches, kind)
    message = str(raised.value)
    assert f"没有找到{missing}一列" in message
    assert f"读到的标题是 {'、'.join(header.split(','))}" in message
