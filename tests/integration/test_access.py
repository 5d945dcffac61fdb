"""Every route, called as every persona, inside and outside the scope.

The matrix says who may call a route; a route it does not name fails the suite. It is written by hand, apart from the
permissions in the code: that is what makes it a check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from crm.accounts.models import User
from tests.factories import Park
from tests.integration.access_matrix import MATRIX, Route, Scope
from tests.integration.records import Records, make_records
from tests.pages import check_page

INSIDE = ("administrator", "manager", "officer", "firm_user")
OUTSIDE = {
    "other_administrator": "administrator",
    "other_manager": "manager",
    "other_officer": "officer",
    "other_firm_user": "firm_user",
}


@dataclass(frozen=True)
class Call:
    endpoint: str
    method: str
    route: Route


def routes_of(app: Flask) -> list[tuple[str, str]]:
    return sorted(
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) & {"GET", "POST"}
    )


def test_every_route_is_in_the_matrix_and_every_row_is_a_route(app: Flask) -> None:
    routes = {endpoint for endpoint, _method in routes_of(app)}
    assert routes - set(MATRIX) == set(), "routes that tests/integration/access_matrix.py does not name"
    assert set(MATRIX) - routes == set(), "rows of the matrix that are no route"


@pytest.fixture
def records(session, park: Park) -> Records:
    return make_records(session, park)


def address(app: Flask, endpoint: str, records: Records) -> str:
    """The route's address for the records inside the park."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    with app.test_request_context():
        return url_for(endpoint, **{name: records.argument(endpoint, name) for name in rule.arguments})


def test_each_persona_gets_exactly_what_the_matrix_says(
    app: Flask, session, park: Park, records: Records, sign_in: Callable[[User | None], FlaskClient]
) -> None:
    wrong = []
    clients = {name: sign_in(getattr(park, name)) for name in (*INSIDE, *OUTSIDE)}
    clients["nobody"] = sign_in(None)
    for endpoint, method in routes_of(app):
        if endpoint == "accounts.sign_out" or endpoint == "accounts.sign_out_everywhere":
            continue  # would sign the persona out; tested in accounts
        route = MATRIX[endpoint]
        target = address(app, endpoint, records)
        session.commit()
        for persona, client in clients.items():
            savepoint = app.extensions["database"].begin_nested()  # what a call did must not meet the next
            answer = client.open(target, method=method, data={} if method == "POST" else None)
            savepoint.rollback()
            problem = judge(route, persona, answer.status_code, answer.location)
            if problem:
                wrong.append(f"{method} {target} as {persona}: {problem}")
    assert not wrong, "\n".join(wrong)


def judge(route: Route, persona: str, status: int, location: str | None) -> str | None:
    """What is wrong with the answer, or None."""
    to_sign_in = status == 302 and (location or "").startswith("/sign-in")
    if status >= 500:
        return f"{status}"
    if route.scope is Scope.PUBLIC:
        return f"{status} on a public page" if status in (401, 403) else None
    if persona == "nobody":
        return None if to_sign_in else f"{status} instead of the sign-in page"
    role = OUTSIDE.get(persona, persona)
    if role not in route.roles:
        return None if status in (403, 404) else f"{status} although the role may not"
    if persona in OUTSIDE and route.scope is Scope.RECORD:
        return None if status == 404 else f"{status} for a record outside the scope"
    return f"{status} although it may" if status in (401, 403, 404) or to_sign_in else None


@pytest.mark.any_database  # that every route answers on both is seen above
def test_every_page_a_persona_may_see_is_well_made(
    app: Flask, park: Park, records: Records, sign_in: Callable[[User | None], FlaskClient]
) -> None:
    for persona in ("administrator", "officer", "firm_user"):
        client = sign_in(getattr(park, persona))
        for endpoint, method in routes_of(app):
            route = MATRIX[endpoint]
            if method != "GET" or (route.scope is not Scope.PUBLIC and persona not in route.roles):
                continue
            for language in ("zh", "en"):
                target = address(app, endpoint, records)
                answer = client.get(target, headers={"Accept-Language": language})
                whole = answer.mimetype == "text/html" and "<!doctype" in answer.text[:20].lower()
                if answer.status_code == 200 and whole:
                    try:
                        check_page(answer)
                    except AssertionError as error:
                        raise AssertionError(f"{target} as {persona} in {language}: {error}") from error
