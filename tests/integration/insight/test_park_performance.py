"""五好园区: parks ranked with reasons, in each person's scope, on weights that an administrator sets."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.insight.performance.models import ParkValue, PerformanceItem
from crm.insight.performance.queries import evaluation
from crm.insight.targets import now
from crm.insight.targets.refresh import refresh
from crm.ladder.models import Rung
from tests.factories import Park
from tests.integration.insight.opening import page
from tests.integration.insight.plans import indicator, many_firms, shipped, titles
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of
from tests.queries import count_queries

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def parks(session: Session, park: Park) -> Park:
    """Of the first park's four firms three are high-tech, of the other's five one is."""
    shipped(session)
    titles(session, many_firms(session, park.park, 3), Rung.HTE, since=date(2025, 1, 1))
    titles(session, many_firms(session, park.other_park, 4)[:1], Rung.HTE, since=date(2025, 1, 1))
    session.commit()
    refresh()
    return park


def only(session: Session, *keys: str) -> None:
    """Let only these indicators count."""
    session.execute(update(PerformanceItem).values(disabled=True))
    for key in keys:
        item = session.scalars(
            select(PerformanceItem).where(PerformanceItem.indicator_id == indicator(session, key).id)
        )
        item.one().disabled = False
    session.commit()


def test_parks_are_ranked_by_hand_computed_points(session: Session, parks: Park, sign_in: SignIn) -> None:
    only(session, "hte_share", "tax_per_mu")
    found = evaluation(TODAY.year)
    # Full points at 30 %: three quarters are more, a fifth earns two thirds of eight. Nobody told the tax.
    assert found.of(parks.park.id).total.low == 8
    assert found.of(parks.other_park.id).total.low == Fraction(16, 3)
    assert found.of(parks.park.id).total.high == 15
    assert (found.of(parks.park.id).first, found.of(parks.park.id).last) == (1, 2)
    client = sign_in(parks.administrator)
    address = f"/parks/performance/{parks.park.id}/values"
    tax = indicator(session, "tax_per_mu")
    assert "请写明数据来源" in text_of(check_page(client.post(address, data={f"value_{tax.id}": "20"})))
    client.post(address, data={f"value_{tax.id}": "20", "source": "园区年报"})
    client.post(
        address.replace(str(parks.park.id), str(parks.other_park.id)),
        data={f"value_{tax.id}": "10", "source": "园区年报"},
    )
    assert {each.value for each in session.scalars(select(ParkValue))} == {Decimal(20), Decimal(10)}
    told = evaluation(TODAY.year)
    assert told.of(parks.park.id).total.low == told.of(parks.park.id).total.high == 15
    # 7 × 10 / 20 for the tax.
    assert told.of(parks.other_park.id).total.low == Fraction(16, 3) + Fraction(7, 2)
    text = text_of(page(client, f"/parks/performance/{parks.park.id}"))
    assert "亩均税收 高 1.8 分" in text  # 7 against the average of 5.25
    assert "高新技术企业占在业企业比重 高 1.3 分" in text


def test_each_sees_the_parks_of_their_scope(session: Session, parks: Park, sign_in: SignIn) -> None:
    everyone = text_of(page(sign_in(parks.administrator), "/parks/performance"))
    assert "长春园区" in everyone
    assert "龙岭园区" in everyone
    manager = sign_in(parks.manager)
    mine = text_of(page(manager, "/parks/performance"))
    assert "长春园区" in mine
    assert "龙岭园区" not in mine
    assert "共 2 个" in mine
    assert manager.get(f"/parks/performance/{parks.other_park.id}").status_code == 404
    assert manager.get(f"/parks/performance/{parks.county.id}").status_code == 404
    assert sign_in(parks.officer).get(f"/parks/performance/{parks.park.id}/values").status_code == 403


def test_weights_are_ours_until_an_office_sets_them(session: Session, parks: Park, sign_in: SignIn) -> None:
    client = sign_in(parks.administrator)
    assert "自拟" in text_of(page(client, "/parks/performance"))
    item = session.scalars(select(PerformanceItem).order_by(PerformanceItem.place)).first()
    assert item is not None
    address = f"/parks/performance/weights/{item.id}"
    sent = {"weight": "12", "full_at": "", "document_number": "湘科发〔2025〕9号", "version": str(item.version)}
    client.post(address, data=sent)
    session.refresh(item)
    assert (item.weight, item.full_at, item.document_number) == (12, None, "湘科发〔2025〕9号")
    conflict = client.post(address, data={**sent, "weight": "13"})
    assert "别人" in text_of(check_page(conflict))
    hte = indicator(session, "hte_count")
    client.post(
        "/parks/performance/weights/new", data={"indicator_id": str(hte.id), "dimension": "platform", "weight": "5"}
    )
    assert "高新技术企业数" in text_of(page(client, "/parks/performance"))
    assert sign_in(parks.manager).get(address).status_code == 403


def test_the_sheet_and_a_fixed_number_of_questions(session: Session, parks: Park, sign_in: SignIn) -> None:
    client = sign_in(parks.administrator)
    answer = client.get("/parks/performance.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_name("园区评价").to_python()
    assert any(row[0] == "长春园区" for row in rows)
    with count_queries(session) as asked:
        client.get("/parks/performance")
    assert len(asked) <= 45


def test_before_anything_was_counted_everything_is_open(
    session: Session, park: Park, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now, "LARGE", 0)
    shipped(session)
    found = evaluation(TODAY.year)
    assert {(each.total.low, each.total.high) for each in found.judged} == {(0, 100)}
    page(sign_in(park.administrator), "/parks/performance")


def test_two_people_enter_a_parks_values_at_once(session: Session, parks: Park, sign_in: SignIn) -> None:
    client, address = sign_in(parks.administrator), f"/parks/performance/{parks.park.id}/values"
    tax = f"value_{indicator(session, 'tax_per_mu').id}"
    fields = page(client, address).iter("input")
    empty = next(str(each.get("value")) for each in fields if each.get("name") == "version")
    client.post(address, data={tax: "20", "source": "园区年报", "version": empty})
    answer = client.post(address, data={tax: "12", "source": "税务部门", "version": empty})
    assert "别人" in text_of(check_page(answer))
    assert session.scalars(select(ParkValue.value)).all() == [Decimal(20)]
