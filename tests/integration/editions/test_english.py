"""Editions as an English reader meets them: nothing but citations and names of regions stays in Chinese."""

from __future__ import annotations

import re

import pytest

from tests.factories import Park
from tests.integration.editions.makers import draft
from tests.pages import check_page

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def english(park: Park, sign_in):
    client = sign_in(park.administrator)
    client.post("/language", data={"language": "en"})
    return client


def test_the_units_beside_the_numbers_are_english(session, park: Park, english) -> None:
    draft(park)
    tree = check_page(english.get("/editions/srdi.2027/numbers"))
    units = {
        "".join(each.itertext()).strip() for each in tree.iter("span") if "input-group-text" in each.get("class", "")
    }
    assert "¥10k" in units and "%" in units
    assert not [unit for unit in units if CHINESE.search(unit)]


def test_what_the_experts_decide_is_said_in_english(session, park: Park, english) -> None:
    page = english.get("/editions/hte.2016").text
    assert "Within the range the experts decide: Technical advancement." in page
    assert "范围内" not in page
