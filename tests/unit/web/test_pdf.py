"""PDFs: every character is shown or visibly replaced, nothing is read as markup, tables run over pages with their header."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from crm.web import language
from crm.web.pdf import Column, Line, Report, legible
from tests.pdf import pages_of


@pytest.fixture(autouse=True)
def page(tmp_path) -> Iterator[None]:
    app = Flask(__name__)
    app.config["ROOT"] = tmp_path
    app.secret_key = "a key for tests that is long enough"
    language.init_app(app)
    with app.app_context():
        yield


def test_what_is_written_is_what_is_read() -> None:
    report = Report("测算存档", subtitle="云岭试验机械有限公司", footer="hte.2016 · 0123abcd")
    report.heading("逐条结论")
    report.definitions([("企业", "云岭试验机械有限公司"), ("结论", Line("不符合", strong=True))])
    report.definitions([("说明", ["研发费用还差 46.2 万元", Line("≥ 5%", quiet=True)])], columns=1)
    report.paragraph("喆镕堃昇")
    report.signatures(["经办人", "日期"])
    (text,) = pages_of(report.finish())
    lines = text.splitlines()
    for shown in ("测算存档", "逐条结论", "企业", "不符合", "研发费用还差 46.2 万元", "≥ 5%", "喆镕堃昇", "经办人"):
        assert shown in lines
    assert lines[-2:] == ["hte.2016 · 0123abcd", "第 1 页，共 1 页"]


def test_characters_outside_the_font_are_replaced_and_the_shapeless_left_out() -> None:
    assert legible("𠮷野\u202e家\x00\t店😀") == "□野家 店□"
    report = Report("𠮷", footer="😀")
    report.table([Column("𠮷")], [["\x00"], ["\u200b"], ["\ud800"]])
    assert "□" in pages_of(report.finish())[0]


def test_nothing_in_a_text_is_read_as_markup() -> None:
    hostile = r"<b>粗</b> **粗** {nb} (a) Tj ET \) endstream %PDF"
    report = Report(hostile, subtitle=hostile, footer=hostile)
    report.table([Column(hostile)], [[hostile]])
    lines = pages_of(report.finish())[0].splitlines()
    assert lines.count(hostile) == 5  # title, subtitle, header, row, footer


def test_a_table_repeats_its_header_and_cuts_no_row() -> None:
    report = Report("表", footer="脚")
    rows = [[f"第{number}行", [f"甲{number}", f"乙{number}", f"丙{number}"]] for number in range(60)]
    report.table([Column("行"), Column("内容", 3)], rows)
    pages = [page.splitlines() for page in pages_of(report.finish())]
    assert len(pages) > 2
    for number, lines in enumerate(pages, 1):
        assert "行" in lines and "内容" in lines
        assert f"第 {number} 页，共 {len(pages)} 页" in lines
        assert {line[1:] for line in lines if line[0] == "甲"} == {line[1:] for line in lines if line[0] == "丙"}
    assert [line for lines in pages for line in lines if line.startswith("乙")] == [f"乙{n}" for n in range(60)]


def test_a_row_longer_than_a_page_goes_on_overleaf() -> None:
    report = Report("表")
    report.table([Column("甲"), Column("乙")], [["短", "长" * 5000], ["后", "一行"]])
    pages = pages_of(report.finish())
    assert sum(page.count("长") for page in pages) == 5000
    assert "一行" in pages[-1]


def test_lines_break_between_words_and_not_before_a_full_stop() -> None:
    report = Report("题")
    report.definitions([("甲", "研发费用总额占同期销售收入总额的比例不低于百分之五。" * 4), ("乙", "a" * 200)])
    lines = pages_of(report.finish())[0].splitlines()
    assert not [line for line in lines if line[0] in "，。"]
    assert sum(line.count("a") for line in lines) == 200
    report = Report("Title", subtitle="expenditure " * 40)
    assert {word for page in pages_of(report.finish()) for word in page.split("\n")[1].split()} == {"expenditure"}
