"""Every colour, size of type and distance comes from the tokens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import ROOT

SHEETS = sorted(path for path in Path(ROOT, "frontend/src/styles").glob("_*.scss") if path.name != "_tokens.scss")
STRAY = {
    "a colour": re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\brgba?\(\s*\d"),
    "a size of type": re.compile(r"font-size:\s*[\d.]+rem"),
    "a distance": re.compile(
        r"(?<![-\w])(?:(?:row-|column-)?gap|(?:margin|padding)(?:-\w+)*):[^;}]*?(?<![\w.])[\d.]+rem"
    ),
}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_no_value_strays_from_the_tokens(sheet: Path) -> None:
    lines = sheet.read_text().splitlines()
    stray = [
        f"{sheet.name}:{number}: {what} of its own: {found.group(0)}"
        for number, line in enumerate(lines, 1)
        if "calc(" not in line
        for what, pattern in STRAY.items()
        if (found := pattern.search(line))
    ]
    assert not stray, "\n".join(stray)
