"""Whatever number a page shows, the list of firms it opens is that long."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from flask.testing import FlaskClient

from tests.pages import check_page, parse, text_of


def page(client: FlaskClient, address: str) -> Element:
    return check_page(client.get(address))


def part(client: FlaskClient, address: str) -> Element:
    """What is loaded after a page."""
    answer = client.get(address)
    assert answer.status_code == 200
    return parse(f"<!doctype html><title>x</title>{answer.text}")


def counts(tree: Element) -> dict[str, int]:
    """Every number of tables and tiles that opens a list of firms, by its address."""
    found = {}
    for link in tree.iter("a"):
        href = link.get("href", "")
        if not href.startswith("/firms?"):
            continue
        tile = [e for e in link.iter() if e.get("class") == "stat__number"]
        text = text_of(tile[0]).removesuffix("家") if tile else text_of(link)
        if text.strip().isdecimal():
            found[href] = int(text)
    return found


def listed(client: FlaskClient, address: str) -> int:
    tree = page(client, address)
    return len([row for body in tree.iter("tbody") for row in body.iter("tr")])


def assert_each_opens_its_firms(client: FlaskClient, found: dict[str, int]) -> None:
    """Every number above zero is opened, and of the zeros a few."""
    assert any(found.values())
    zeros = 0
    for address, number in found.items():
        zeros += not number
        if number or zeros <= 3:
            assert listed(client, address) == number, address
