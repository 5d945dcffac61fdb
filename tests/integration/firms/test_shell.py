"""The frame of a firm's pages."""

from __future__ import annotations


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
