"""The frame of a firm's pages."""

from __future__ import annotations

import re

from flask import url_for


def test_shell_names_the_firm_and_marks_its_tab(park, sign_in) -> None:
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/profile").text
    assert park.firm.name in page
    assert park.firm.credit_code in page
    assert "长春园区" in page
    assert "专员：专员甲" in page
    assert 'aria-current="page">基本情况' in page


def test_a_firm_outside_the_scope_does_not_exist(park, sign_in) -> None:
    client = sign_in(park.officer)
    for page in ("profile", "history"):
        assert client.get(f"/firms/{park.other_firm.id}/{page}").status_code == 404


def test_every_page_about_a_firm_is_two_clicks_away(app, park, sign_in) -> None:
    client = sign_in(park.manager)

    def links(address: str) -> set[str]:
        navigations = client.get(address).text.split('<nav class="tabs')[1:]
        return {found for each in navigations for found in re.findall(r'href="([^"]+)"', each.split("</nav>")[0])}

    first = links(f"/firms/{park.firm.id}")
    assert len(first) < 8
    with app.test_request_context():
        every = {url_for(tab.endpoint, firm_id=park.firm.id) for tab in app.extensions["firm_tabs"]}
    assert set().union(*map(links, first)) == every


def test_the_pages_of_a_group_stand_below_it(park, sign_in) -> None:
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/profile").text
    assert 'aria-current="page">企业档案' in page
    assert "/ip" in page
    assert f"/firms/{park.firm.id}/outlook" not in page
