"""Real numbers: every published code is valid, every patent's kind is what its number says."""

import csv
from pathlib import Path

import pytest

from crm.kernel.identifiers import check_credit_code, check_patent_number

pytestmark = pytest.mark.shared_data

KINDS = {"发明": "invention", "实用新型": "utility_model", "外观设计": "design"}


@pytest.mark.parametrize(("name", "count"), [("uscc_valid_codes.txt", 2574), ("uscc_stdnum_200.txt", 200)])
def test_every_real_code_is_valid(shared_data: Path, name: str, count: int) -> None:
    codes = (shared_data / "fixtures" / name).read_text(encoding="utf-8").split()
    assert len(codes) == count
    assert [code for code in codes if not check_credit_code(code).is_valid] == []


def test_every_real_registration_number_is_another_kind(shared_data: Path) -> None:
    with (shared_data / "fixtures" / "enterprises_sd_a.csv").open(encoding="utf-8", newline="") as file:
        numbers = [
            row["注册号"] for row in csv.DictReader(file) if len(row["注册号"]) == 15 and row["注册号"].isdigit()
        ]
    assert len(numbers) == 1256
    assert {check_credit_code(number).kind for number in numbers} == {"registration_number"}


def test_every_real_patent_is_valid_and_of_its_kind(shared_data: Path) -> None:
    with (shared_data / "fixtures" / "patents_a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    checked = [(row, check_patent_number(row["申请号"])) for row in rows]
    assert len(checked) == 3684
    assert [row["申请号"] for row, answer in checked if not answer.is_valid or answer.kind != KINDS[row["类型"]]] == []
