"""Imports of new firms through the command that people use, into the database that already has all the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import xlsxwriter
from flask import Flask

from crm.bench.firms import firm_code, firm_name
from tests.bench.table import Figure, Line

HEADER = ("企业名称", "统一社会信用代码", "成立日期", "注册资本（万元）", "注册地址", "联系人", "联系电话")
SIZES = ((5_000, 2), (100_000, 40))  # rows, seconds


def measure(app: Flask, folder: Path, known: int) -> Iterator[Line]:
    """New firms, each looked for among those there; `known` firms are in the database."""
    begin = known
    for size, target in SIZES:
        path = write_workbook(folder / f"{size}.xlsx", begin, size)
        begun = perf_counter()
        answer = app.test_cli_runner().invoke(args=["firms", "import", str(path)])
        seconds = perf_counter() - begun
        assert answer.exit_code == 0, answer.output
        assert json.loads(answer.stdout)["created"] == size, answer.stdout
        yield Line(
            f"import {size:,} new firms (XLSX)",
            {"seconds": Figure(seconds, target=target), "rows a second": Figure(size / seconds)},
        )
        begin += size


def write_workbook(path: Path, begin: int, size: int) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("企业")
        sheet.write_row(0, 0, HEADER)
        for row in range(size):
            number = begin + row
            day = f"20{number % 20 + 5:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
            values = (firm_name(number), firm_code(number), day, number % 5000 + 1, f"兴业路 {number} 号")
            sheet.write_row(row + 1, 0, (*values, f"联系人{number}", f"0730-8{number:06d}"))
    return path
