"""What still has to be confirmed: who may confirm it, what that changes, and that the history keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from crm.editions import certainty
from crm.editions.library import edition_named as drafted_edition
from crm.editions.models import Confirmation
from crm.editions.statements import Statement, statements
from crm.kernel import audit, clock
from crm.kernel.errors import DomainError, NotAllowedError
from crm.policy import edition_named
from tests.factories import Park
from tests.integration.editions.makers import change, draft, published
from tests.pages import check_page
from tests.queries import count_queries


def page_of(answer: TestResponse) -> str:
    """The text of a page that is well made."""
    check_page(answer)
    assert answer.status_code == 200
    return answer.text


SOURCE = "国科发火〔2016〕32号，第十一条，第 4 页"


def named(clause: str, edition: str) -> Statement:
    return next(each for each in statements() if each.clause == clause and edition in each.editions)


@pytest.fixture
def signed(session: Session, park: Park) -> Session:
    audit.sign(session, park.administrator.id, audit.Via.PAGE)
    return session


def test_everything_is_listed_once_by_rung_and_document(park: Park) -> None:
    listed = statements()
    assert len({each.fingerprint for each in listed}) == len(listed)
    kinds = {each.kind for each in listed}
    assert kinds == {
        "criterion",
        "parameter",
        "document",
        "window",
        "site_check",
        "paper",
        "note",
        "provision",
        "incentive",
    }
    groups = [(each.rung, each.document) for each in listed]
    assert len(set(groups)) == sum(1 for before, after in zip([None, *groups], groups, strict=False) if before != after)
    assert named("HT-04", "hte.2016").editions == ("hte.2016", "hte.zhejiang.2026")
    assert named("TS-V6a", "tsme.notice.2026").editions == ("tsme.notice.2026", "tsme.notice.guangdong.2026")
    assert "10%" in named("HT-04", "hte.2016").text


def test_a_confirmed_number_is_confirmed_wherever_it_stands(signed: Session, park: Park) -> None:
    here, there = (edition_named(name).criterion("HT-04") for name in ("hte.2016", "hte.zhejiang.2026"))
    assert certainty.certainty_of(here) == "reposted"
    certainty.confirm(named("HT-04", "hte.2016"), on=clock.today(), source=SOURCE, actor=park.administrator)
    assert [certainty.certainty_of(each) for each in (here, there)] == ["confirmed", "confirmed"]
    assert certainty.certainty_counts(edition_named("hte.2016"))["confirmed"] == 1
    certainty.take_back(named("HT-04", "hte.2016"), actor=park.administrator)
    assert certainty.certainty_of(there) == "reposted"
    story = certainty.history(here.fingerprint)
    assert [(each.action, each.who, each.source) for each in story] == [
        ("deleted", park.administrator.name, SOURCE),
        ("created", park.administrator.name, SOURCE),
    ]


def test_a_clause_is_confirmed_only_with_the_choice_it_rests_on(signed: Session, park: Park) -> None:
    clause = edition_named("hte.2016").criterion("HT-T1")
    certainty.confirm(named("HT-T1", "hte.2016"), on=clock.today(), source=SOURCE, actor=park.administrator)
    assert certainty.certainty_of(clause) == "uncertain"
    choice = named("transfers_below_one", "hte.2016")
    certainty.confirm(choice, on=clock.today(), source="主管部门答复（2026）", actor=park.administrator)
    assert certainty.certainty_of(clause) == "confirmed"


@pytest.mark.parametrize(("name", "region"), [("hte.2027", None), ("hte.430900.2027", "430900")])
def test_a_number_typed_on_a_page_is_known_no_better_than_that(
    signed: Session, park: Park, name: str, region: str | None
) -> None:
    record, staff, bands = (
        draft(park, name, base="hte.2016", region=region),
        "criteria[HT-04].value",
        "definitions.growth_bands[0].points[0]",
    )
    unchanged = record.source
    stated = {each.id: each.stated for each in edition_named("hte.2016").criteria}
    change(park, record, {staff: Fraction(12, 100), bands: Fraction(8)})
    changed = {each.id: each.stated for each in drafted_edition(name, drafts=True).criteria}
    assert {each for each in stated if stated[each] != changed[each]} == {"HT-04", "HT-G1", "HT-G2"}
    assert {changed["HT-04"], changed["HT-G1"], changed["HT-G2"]} == {"uncertain"}
    rests = {each.id: each.reference for each in drafted_edition(name, drafts=True).criteria}
    assert region is not None or rests["HT-G1"] == drafted_edition(name, drafts=True).document.number
    change(park, record, {staff: Fraction(10, 100), bands: Fraction(9)})
    assert record.source == unchanged


@pytest.mark.parametrize(
    ("days", "source", "field"), [(1, SOURCE, "on"), (0, " 见 ", "source"), (0, "长" * 1001, "source")]
)
def test_a_confirmation_needs_a_day_and_a_source(
    signed: Session, park: Park, days: int, source: str, field: str
) -> None:
    with pytest.raises(DomainError) as error:
        on = clock.today() + timedelta(days=days)
        certainty.confirm(named("HT-04", "hte.2016"), on=on, source=source, actor=park.administrator)
    assert error.value.field == field
    assert signed.scalar(select(func.count()).select_from(Confirmation)) == 0


def test_the_second_of_two_learns_of_the_first(signed: Session, park: Park) -> None:
    found = named("HT-04", "hte.2016")
    certainty.confirm(found, on=clock.today(), source=SOURCE, actor=park.administrator)
    with pytest.raises(DomainError, match=park.administrator.name):
        certainty.confirm(found, on=clock.today(), source=SOURCE, actor=park.administrator)
    certainty.take_back(found, actor=park.administrator)
    with pytest.raises(DomainError, match="刷新"):
        certainty.take_back(found, actor=park.administrator)


def test_only_an_administrator_confirms(signed: Session, park: Park) -> None:
    found = named("HT-04", "hte.2016")
    for verb in (
        lambda: certainty.confirm(found, on=date(2026, 1, 1), source=SOURCE, actor=park.manager),
        lambda: certainty.take_back(found, actor=park.manager),
    ):
        with pytest.raises(NotAllowedError):
            verb()


def test_the_page_confirms_and_takes_back(session: Session, park: Park, sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in(park.administrator)
    url = f"/editions/certainty/{named('HT-04', 'hte.2016').fingerprint}"
    assert "科技人员占比" in page_of(client.get(url))
    answer = client.post(url, data={"on": "", "source": ""})
    assert answer.status_code == 422
    assert "请填写看到原文的日期" in answer.text and "请写明在哪里看到原文" in answer.text
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert "日期不能晚于今天" in client.post(url, data={"on": tomorrow, "source": SOURCE}).text
    answer = client.post(url, data={"on": "2026-01-31", "source": SOURCE}, follow_redirects=True)
    page = page_of(answer)
    assert SOURCE in page and "2026年1月31日" in page and "撤回核实" in page
    listed = page_of(client.get("/editions/certainty?rung=hte&certainty=confirmed"))
    assert url in listed and park.administrator.name in listed
    assert url not in client.get("/editions/certainty?rung=hte&certainty=reposted").text
    page = page_of(client.post(f"{url}/take-back", follow_redirects=True))
    assert SOURCE in page  # in the history
    assert url not in client.get("/editions/certainty?rung=hte&certainty=confirmed").text


def test_a_firm_reads_and_does_not_confirm(session: Session, park: Park, sign_in: Callable[..., FlaskClient]) -> None:
    url = f"/editions/certainty/{named('HT-04', 'hte.2016').fingerprint}"
    page = page_of(sign_in(park.firm_user).get(url))
    assert "还没有人对照原文核实" in page and "<textarea" not in page
    assert sign_in(park.officer).post(url, data={"on": "2026-01-31", "source": SOURCE}).status_code == 403
    assert sign_in(park.officer).get(f"/editions/certainty/{'0' * 64}").status_code == 404


def test_a_firm_is_not_told_who_of_the_staff_confirmed_or_published(
    signed: Session, park: Park, sign_in: Callable[..., FlaskClient]
) -> None:
    found = named("HT-04", "hte.2016")
    certainty.confirm(found, on=clock.today(), source=SOURCE, actor=park.administrator)
    published(park)
    pages = (
        "/editions/certainty?rung=hte&certainty=confirmed",
        f"/editions/certainty/{found.fingerprint}",
        "/editions/srdi.2027",
    )
    for url in pages:
        page = page_of(sign_in(park.firm_user).get(url))
        assert park.administrator.name not in page
        assert park.administrator.name in page_of(sign_in(park.officer).get(url))
        assert SOURCE in page or url == pages[2]


def test_the_list_narrows_and_costs_the_same_however_long(
    session: Session, park: Park, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(park.officer)
    uncertain = page_of(client.get("/editions/certainty?certainty=uncertain&rung=srdi"))
    assert "前置称号" in uncertain and "主营业务收入占比" not in uncertain
    with count_queries(session) as few:
        client.get("/editions/certainty?certainty=uncertain&rung=srdi")
    with count_queries(session) as many:
        client.get("/editions/certainty?certainty=all")
    assert len(many) == len(few)
    page_of(client.get("/editions/certainty?certainty=all&page=2"))
    assert "没有符合筛选的内容" in page_of(client.get("/editions/certainty?certainty=confirmed"))
