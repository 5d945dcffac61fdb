"""The reference files are whole: every parent exists, every code has the shape of its level."""

import csv
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "seeds" / "reference"


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_divisions() -> None:
    divisions = rows("divisions.csv")
    codes = {row["code"] for row in divisions}
    assert len(codes) == len(divisions)
    assert all(row["parent"] in codes for row in divisions if row["parent"])
    assert Counter(6 - len(row["code"].rstrip("0")) >= 4 for row in divisions)[True] == 34
    hunan = [row["code"] for row in divisions if row["code"].startswith("43")]
    assert (len(hunan), sum(code.endswith("00") for code in hunan)) == (1 + 14 + 122, 1 + 14)
    assert not [code for code in hunan if "71" <= code[4:] <= "79"]


def test_industries() -> None:
    industries = rows("industries.csv")
    codes = {row["code"] for row in industries}
    assert len(codes) == len(industries)
    assert Counter(row["level"] for row in industries) == {"门类": 20, "大类": 97, "中类": 473, "小类": 1381}
    length = {"门类": 1, "大类": 3, "中类": 4, "小类": 5}
    assert [row for row in industries if len(row["code"]) != length[row["level"]]] == []
    assert [row for row in industries if row["parent"] not in codes and row["level"] != "门类"] == []
    assert [row for row in industries if row["parent"] and not row["code"].startswith(row["parent"])] == []
    assert [row for row in industries if row["name"] != "".join(row["name"].split())] == []


def test_chains_are_named_in_both_languages() -> None:
    chains = rows("chains.csv")
    assert len({row["name"] for row in chains}) == len(chains) > 0
    assert all(row["name"] and row["name_en"].isascii() for row in chains)
