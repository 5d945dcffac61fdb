"""Addresses that nobody types by hand: answered with a page, never with a failure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Park


@pytest.mark.parametrize(
    "address",
    [
        "/registers?kind=%00",
        "/registers?register=contract&role=%00&year=9999",
        "/resources?industry=%00",
        "/library?q=%00",
        "/firms?entries=register%3Dinstitution%26kind%3D%2500",
        "/firms?list=99999999999999999999",
        "/registers/search?q=" + "很" * 3000,
        "/resources?q=" + "abcdefgh" * 900,
        "/diagnosis?year=99999999999999999999999&organisation=9999999999999999999999",
        "/returns/pool?year=²&choice=%00",
    ],
)
def test_an_odd_address_has_a_page(session: Any, park: Park, sign_in: Any, address: str) -> None:
    assert sign_in(park.manager).get(address).status_code in (200, 400, 404)
