"""How tables and marks lie on the page, where a style of one place once spoilt another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

# Tables whose head lies over their first row, or away from it.
DISPLACED = """() => [...document.querySelectorAll("table")]
  .filter((table) => table.tHead?.checkVisibility() && table.tBodies[0]?.rows.length)
  .map((table) => [table.caption?.innerText, table.tHead.rows[0].cells[0].getBoundingClientRect().bottom, table.tBodies[0].rows[0].getBoundingClientRect().top])
  .filter(([, bottom, top]) => Math.abs(bottom - top) > 2)"""
# Marks written downwards, a character a line.
UPRIGHT = "() => [...document.querySelectorAll('.tag')].filter((tag) => tag.offsetHeight > 1.5 * tag.offsetWidth).map((tag) => tag.innerText)"


@pytest.mark.parametrize("path", ["/own", "/own/record"])
def test_the_head_of_a_table_stands_on_its_first_row(sit: Callable[..., Page], path: str) -> None:
    page = sit("firm")
    page.goto(path)
    assert page.locator("table thead").count()
    assert page.evaluate(DISPLACED) == []


def test_a_mark_is_read_across_on_a_phone(sit: Callable[..., Page]) -> None:
    page = sit("firm", phone=True)
    page.goto("/own/tasks")
    assert page.locator(".tag").count()
    assert page.evaluate(UPRIGHT) == []
