"""Files become clean strings with the row numbers a person sees; what is no table is refused with a cure."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter
import xlwt

from crm.exchange import file_types
from crm.exchange.file_types import UnreadableFile
from crm.exchange.models import ImportKind
from crm.exchange.reading import Sheet, read_sheet

FIRMS = ImportKind.FIRMS
TABLE = "企业名称,统一社会信用代码,经营状态\n郴州样例有限公司,91431000MA00000001,在业\n\n益阳样例有限公司,,注销\n"


def workbook(fill: Callable[[Any], object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        fill(book)
    return content.getvalue()


def one_sheet(*rows: list[Any], first_row: int = 0) -> bytes:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("企业")
        for number, row in enumerate(rows, start=first_row):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def with_sheet_xml(xml: str) -> bytes:
    """A small workbook whose only sheet is this XML."""
    source, content = zipfile.ZipFile(io.BytesIO(one_sheet(["企业名称"]))), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, xml if name.endswith("sheet1.xml") else source.read(name))
    return content.getvalue()


def sheet_xml(rows: str) -> str:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(UnreadableFile) as raised:
        read_sheet(content, FIRMS, **options)
    return str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_in_every_usual_form(encoding: str, delimiter: str, line_end: str) -> None:
    content = TABLE.replace(",", delimiter).replace("\n", line_end).encode(encoding)
    sheet = read_sheet(content, FIRMS)
    assert sheet.header == ["企业名称", "统一社会信用代码", "经营状态"]
    assert sheet.rows == [["郴州样例有限公司", "91431000MA00000001", "在业"], ["益阳样例有限公司", "", "注销"]]
    assert sheet.row_numbers == [2, 4]


def test_a_comma_in_a_semicolon_file_is_text() -> None:
    sheet = read_sheet("企业名称;地址\n样例公司;甲路1号,乙楼,丙室\n".encode(), FIRMS)
    assert sheet.rows == [["样例公司", "甲路1号,乙楼,丙室"]]


def test_quoted_cells_keep_commas_and_line_breaks_and_row_numbers_count_rows() -> None:
    sheet = read_sheet('企业名称,经营范围\n甲公司,"一,\n二"\n乙公司,三\n'.encode(), FIRMS)
    assert sheet.rows == [["甲公司", "一,\n二"], ["乙公司", "三"]]
    assert sheet.row_numbers == [2, 3]


def test_cells_are_trimmed_of_every_kind_of_space_and_of_text_marks() -> None:
    text = '企业名称,证券代码,注册号,电话\n\u3000甲公司\u00a0,="000001",\'430100000012345,\u200b0735-1234567\t\n'
    assert read_sheet(text.encode(), FIRMS).rows == [["甲公司", "000001", "430100000012345", "0735-1234567"]]


def test_a_title_above_the_header_is_passed_over_and_kept() -> None:
    text = "2025年度企业名单,,\n单位：万元,,\n企业名称,信用代码,注册资本\n甲公司,,100\n"
    sheet = read_sheet(text.encode(), FIRMS)
    assert (sheet.header_row_number, sheet.rows, sheet.row_numbers) == (3, [["甲公司", "", "100"]], [4])
    assert sheet.preamble == ["2025年度企业名单", "单位：万元"]


def test_a_header_nobody_knows_is_the_fullest_first_row() -> None:
    sheet = read_sheet("名单\n甲列,乙列\n1,2\n3,4\n".encode(), FIRMS)
    assert (sheet.header, sheet.header_row_number, len(sheet.rows)) == (["甲列", "乙列"], 2, 2)


def test_short_rows_are_filled_and_long_rows_are_a_problem() -> None:
    sheet = read_sheet("企业名称,地址\n甲公司\n乙公司,丙路,丁楼\n".encode(), FIRMS)
    assert sheet.rows == [["甲公司", ""], ["乙公司", "丙路"]]
    [problem] = sheet.problems
    assert (problem.row_number, problem.column) == (3, None)
    assert "未加引号的逗号" in str(problem.text)


def test_xlsx_values_look_as_a_person_sees_them() -> None:
    def fill(book: Any) -> None:
        day, percent = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "0.0%"})
        sheet = book.add_worksheet("企业")
        sheet.write_row(0, 0, ["企业名称", "B股 简 称", "地      区", "注册\n资本"])
        sheet.write_row(1, 0, ["000001", 1, 1795.5, 0.1 + 0.2])
        sheet.write_row(2, 0, [123456789012345, True, 1e-7, 100000.0])
        sheet.write_number(3, 0, 43529, day)
        sheet.write_number(3, 1, 43529.4375, day)
        sheet.write(3, 2, 0.645, percent)
        sheet.write_blank(900, 40, None, day)

    sheet = read_sheet(workbook(fill), FIRMS)
    assert sheet.header == ["企业名称", "B股 简 称", "地 区", "注册 资本"]
    assert sheet.rows == [
        ["000001", "1", "1795.5", "0.3"],
        ["123456789012345", "TRUE", "0.0000001", "100000"],
        ["2019-03-05", "2019-03-05 10:30", "0.645", ""],
    ]
    assert sheet.problems == []


def test_a_number_that_lost_its_last_digits_is_a_problem_of_its_cell() -> None:
    sheet = read_sheet(one_sheet(["企业名称", "信用代码"], ["甲公司", 914310001234567890]), FIRMS)
    [problem] = sheet.problems
    assert (problem.row_number, problem.column) == (2, 1)
    assert "只保留 15 位" in str(problem.text) and "文本格式" in str(problem.text)
    assert "E+" not in sheet.rows[0][1]


def test_row_numbers_of_a_workbook_are_those_of_the_spreadsheet() -> None:
    sheet = read_sheet(one_sheet(["企业名称", "地址"], [], ["甲公司", "乙路"], first_row=4), FIRMS)
    assert (sheet.header_row_number, sheet.row_numbers) == (5, [7])


def test_legacy_xls() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("企业")
    for place, value in enumerate(["企业名称", "成立日期", "注册资本"]):
        sheet.write(0, place, value)
    sheet.write(1, 0, "甲公司")
    sheet.write(1, 1, date(2019, 3, 5), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    sheet.write(1, 2, 500)
    content = io.BytesIO()
    book.save(content)
    assert read_sheet(content.getvalue(), FIRMS).rows == [["甲公司", "2019-03-05", "500"]]


def several_sheets() -> bytes:
    def fill(book: Any) -> None:
        book.add_worksheet("空")
        book.add_worksheet("说明").write_row(0, 0, ["请如实填写", "谢谢"])
        book.add_worksheet("名单").write_row(0, 0, ["企业名称", "信用代码"])
        hidden = book.add_worksheet("字典")
        hidden.write_row(0, 0, ["企业名称", "信用代码", "地址"])
        hidden.hide()

    return workbook(fill)


def test_the_first_sheet_with_a_known_header_is_read_and_the_others_are_named() -> None:
    sheet = read_sheet(several_sheets(), FIRMS)
    assert (sheet.name, sheet.other_sheets) == ("名单", ["空", "说明"])


def test_another_sheet_can_be_chosen() -> None:
    assert read_sheet(several_sheets(), FIRMS, sheet_name="说明").header == ["请如实填写", "谢谢"]
    assert "没有名为“二月”的工作表" in refusal(several_sheets(), sheet_name="二月")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "文件是空的"),
        (b" \n\n ", "文件是空的"),
        (b"%PDF-1.7\n...", "PDF 文件"),
        (b"\x89PNG\r\n\x1a\n", "PNG 文件"),
        (b"\xff\xd8\xff\xe0", "JPEG 文件"),
        ("<html><table><tr><td>企业名称</td></tr></table>".encode(), "网页格式"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "网页格式"),
        (b"\x00\x01\x02\x03" * 50, "不是表格文件"),
        ("企业名称,地址\n甲公司,".encode() + b"\xff\xff\n", "第 2 行附近有无法识别的字符"),
        (file_types._OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        (file_types._OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "Word"),
        (file_types._OLE + bytes(600), "不完整或已损坏"),
        (b",,,\n,,\n", "没有内容"),
    ],
)
def test_what_is_no_table_is_named_with_its_cure(content: bytes, says: str) -> None:
    assert says in refusal(content)


def test_a_truncated_workbook_is_damaged() -> None:
    content = one_sheet(["企业名称"], *[[f"样例公司{number}"] for number in range(500)])
    assert "不完整或已损坏" in refusal(content[:-400])
    assert "不完整或已损坏" in refusal(content[: len(content) // 2])


def test_a_spoilt_byte_in_a_workbook_is_damage() -> None:
    content = bytearray(one_sheet(["企业名称"], *[[f"样例公司{number}"] for number in range(500)]))
    start = content.index(b"xl/worksheets/sheet1.xml") + 200
    content[start : start + 8] = b"\x00\xff\x00\xff\x00\xff\x00\xff"
    assert "不完整或已损坏" in refusal(bytes(content))


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["word/document.xml"], "Word"),
        (["content.xml", "mimetype"], "另存为 .xlsx"),
        (["企业名单.csv"], "先解压"),
    ],
)
def test_another_zip_is_named(names: list[str], says: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name in names:
            package.writestr(name, "x")
    assert says in refusal(content.getvalue())


def test_an_empty_workbook_has_no_content() -> None:
    assert "没有内容" in refusal(workbook(lambda book: book.add_worksheet("空")))


def test_ten_megabytes_in_one_cell_are_refused_with_the_row() -> None:
    huge = "字" * 3_500_000
    assert "第 3 行有一格过长" in refusal(f"企业名称,地址\n甲公司,乙路\n丙公司,{huge}\n".encode())
    assert "第 1 行有一格过长" in refusal(huge.encode())


def test_a_cell_longer_than_a_spreadsheet_allows_spoils_its_row_only() -> None:
    sheet = read_sheet(f"企业名称,地址\n甲公司,{'长' * 40_000}\n乙公司,丙路\n".encode(), FIRMS)
    assert len(sheet.rows) == 2
    [problem] = sheet.problems
    assert (problem.row_number, problem.column) == (2, 1)
    assert "40000 个字" in str(problem.text)


def test_a_quote_that_is_never_closed_is_found() -> None:
    text = '企业名称,地址,电话\n甲公司,"乙路,1\n丙公司,丁路,2\n戊公司,己路,3\n'
    assert "第 2 行有一个引号没有配对" in refusal(text.encode())


def test_limits_name_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = one_sheet(["企业名称", "地址"], *[["甲公司", "乙路"]] * 30)
    monkeypatch.setattr(file_types, "MAX_ROWS", 20)
    assert "31 行，超过上限 20 行" in refusal(content)
    monkeypatch.setattr(file_types, "MAX_ROWS", 100)
    monkeypatch.setattr(file_types, "MAX_CELLS", 40)
    assert "62 个单元格，超过上限 40 个" in refusal(content)
    monkeypatch.setattr(file_types, "MAX_CELLS", 100)
    monkeypatch.setattr(file_types, "MAX_COLUMNS", 1)
    assert "2 列，超过上限 1 列" in refusal(content)
    monkeypatch.setattr(file_types, "MAX_BYTES", 100)
    assert "超过上限 0 MB" in refusal(content)


def test_a_csv_may_not_have_too_many_rows_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_types, "MAX_ROWS", 20)
    assert "超过上限 20 行" in refusal(("企业名称,地址\n" + "甲公司,乙路\n" * 30).encode())


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_types, "MAX_UNPACKED", 3 << 20)
    bomb = with_sheet_xml(sheet_xml("<!--" + " " * (4 << 20) + "-->"))
    assert len(bomb) < 20_000
    assert "解开后超过 3 MB" in refusal(bomb)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='a1'><v>1</v></c></row><row><c  s='0'  r = 'xfd1048576' ><v>1</v></c></row>",
        '<row r="1048576">' + "<c><v>1</v></c>" * 300 + "</row>",
        "<row>" + "<c><v>1</v></c>" * 300 + "</row>" + "<row><c><v>1</v></c></row>" * 20_000,
        '<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1048576"><x:c><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_one_cell_in_the_last_corner_does_not_end_the_process(rows: str) -> None:
    assert "超过上限" in refusal(with_sheet_xml(sheet_xml(rows)))


def test_styled_but_empty_cells_far_out_do_no_harm() -> None:
    rows = (
        '<row r="1"><c r="A1" t="str"><v>企业名称</v></c></row><row r="2"><c r="A2" t="str"><v>甲公司</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    )
    sheet = read_sheet(with_sheet_xml(sheet_xml(rows)), FIRMS)
    assert (sheet.header, sheet.rows) == (["企业名称"], [["甲公司"]])


def test_cells_without_a_reference_stand_where_they_are_written() -> None:
    cells = "".join(f'<c t="str"><v>{value}</v></c>' for value in ("企业名称", "地址"))
    data = "".join(f'<c t="str"><v>{value}</v></c>' for value in ("甲公司", "乙路"))
    sheet: Sheet = read_sheet(with_sheet_xml(sheet_xml(f"<row>{cells}</row><row>{data}</row>")), FIRMS)
    assert sheet.rows == [["甲公司", "乙路"]]
