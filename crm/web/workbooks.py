"""Workbooks going out: no cell can start a formula, whatever a person typed into it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO, Any

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RISKY = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"[-+]+|[-+]?[\d,]*\.?\d+%?")  # a dash for “none”, a number


def safe(value: str) -> str:
    """Text that no spreadsheet takes for a formula, also after it is saved as CSV: a leading apostrophe says text."""
    return f"'{value}" if value.startswith(RISKY) and not _HARMLESS.fullmatch(value) else value


def open_workbook(target: str | Path | IO[bytes]) -> Any:
    """A workbook that writes every text as text."""
    return xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
