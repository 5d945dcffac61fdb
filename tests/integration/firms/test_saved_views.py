"""Saved views: kept under a name on any list, shared downwards, changed by their owner alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from crm.firms.models import FirmStatus
from crm.firms.saved_views.models import SavedView
from crm.firms.saved_views.service import save_view
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries

LISTS = {
    "/firms": "status=active&officer=none",
    "/cases": "rung=hte&status=all",
    "/duties": "within=3",
    "/funnel": "industry=C",
    "/tasks": "whose=all&which=overdue",
}


def names(tree) -> list[str]:
    bar = tree.find(".//nav[@class='views']")
    return [] if bar is None else [text_of(link) for link in bar.findall("./ul/li/a")]


def saving(tree) -> dict[str, str]:
    """The hidden fields of the form that saves what the page shows."""
    form = next(form for form in tree.iter("form") if form.get("action") == "/views")
    return {each.get("name"): each.get("value") for each in form.iter("input") if each.get("type") == "hidden"}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_with_its_filters_is_saved_and_opened_again(path: str, park: Park, sign_in, session) -> None:
    client = sign_in(park.officer)
    address = f"{path}?{LISTS[path]}"
    fields = saving(check_page(client.get(f"{address}&page=1")))
    answer = client.post("/views", data={**fields, "name": "每周要看"})
    assert answer.status_code == 302
    assert urlsplit(answer.location).path == path
    tree = check_page(client.get(answer.location))
    assert names(tree) == ["每周要看"]
    assert tree.find(".//nav[@class='views']//a[@aria-current='page']") is not None
    assert not [form for form in tree.iter("form") if form.get("action") == "/views"], "it is saved already"
    assert names(check_page(client.get(path))) == ["每周要看"]
    assert names(check_page(sign_in(park.manager).get(path))) == []


def test_a_shared_view_goes_down_and_shows_each_readers_own_scope(session, park: Park, sign_in) -> None:
    make_firm(session, park.other_park, "益阳注销企业有限公司", status=FirmStatus.REVOKED)
    make_firm(session, park.park, "长春吊销企业有限公司", status=FirmStatus.REVOKED)
    save_view(actor=park.administrator, endpoint="firms.index", query="status=revoked", name="吊销的", shared=True)
    save_view(actor=park.manager, endpoint="firms.index", query="status=active", name="区里的", shared=True)
    save_view(actor=park.administrator, endpoint="firms.index", query="officer=none", name="自己的", shared=False)
    session.commit()
    assert names(check_page(sign_in(park.officer).get("/firms"))) == ["区里的经理甲", "吊销的管理员甲"]
    assert names(check_page(sign_in(park.other_officer).get("/firms"))) == ["吊销的管理员甲"]
    assert names(check_page(sign_in(park.administrator).get("/firms"))) == ["吊销的", "自己的"]
    for reader, shown in ((park.officer, "长春吊销企业有限公司"), (park.other_officer, "益阳注销企业有限公司")):
        client = sign_in(reader)
        link = check_page(client.get("/firms")).find(".//nav[@class='views']/ul/li[last()]/a")
        tree = check_page(client.get(link.get("href")))
        assert [text_of(each) for each in tree.findall(".//tbody//th//a")] == [shown]


def test_a_name_that_is_taken_is_asked_about_and_may_be_replaced(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    fields = {"endpoint": "firms.index", "name": "我的", "query": "status=active"}
    assert client.post("/views", data=fields).status_code == 302
    answer = client.post("/views", data={**fields, "query": "status=revoked"})
    assert answer.status_code == 422
    assert "覆盖“我的”" in text_of(check_page(answer))
    assert session.query(SavedView).one().query == "status=active"
    client.post("/views", data={**fields, "query": "status=revoked", "shared": "y", "replace": "1"})
    view = session.query(SavedView).one()
    assert (view.query, view.organisation_id) == ("status=revoked", park.park.id)
    # Another person, and another list, may use the same name.
    assert sign_in(park.manager).post("/views", data=fields).status_code == 302
    assert client.post("/views", data={**fields, "endpoint": "ladder.cases"}).status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"endpoint": "firms.index", "name": " "}, "请给视图起一个名称"),
        ({"endpoint": "firms.index", "name": "长" * 61}, "最多 60 个字"),
        ({"endpoint": "accounts.users", "name": "别的页面"}, "这个页面不能保存为视图"),
        ({"endpoint": "firms.index", "name": "长", "query": "q=" + "x" * 2100}, "条件太多"),
    ],
)
def test_what_cannot_be_saved_is_said(fields, said, session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).post("/views", data={"query": "status=active", **fields})
    assert answer.status_code == 422
    assert said in text_of(check_page(answer))
    assert session.query(SavedView).count() == 0


def test_only_its_owner_renames_shares_and_deletes(session, park: Park, sign_in) -> None:
    view = save_view(actor=park.officer, endpoint="firms.index", query="status=active", name="旧名", shared=True)
    other = save_view(actor=park.officer, endpoint="firms.index", query="status=revoked", name="另一个", shared=True)
    session.commit()
    client = sign_in(park.officer)
    field = f"view{view.id}-name"
    for person in (park.manager, park.administrator, park.other_officer):
        assert sign_in(person).post(f"/views/{view.id}", data={field: "抢来的"}).status_code == 404
        assert sign_in(person).post(f"/views/{view.id}/delete").status_code == 404
    taken = client.post(f"/views/{view.id}", data={field: "另一个"})
    assert taken.status_code == 422
    assert "您已有一个叫“另一个”的视图" in text_of(check_page(taken))
    assert client.post(f"/views/{view.id}", data={field: "新名"}).status_code == 302
    session.refresh(view)
    assert (view.name, view.organisation_id, view.query) == ("新名", None, "status=active")
    page = text_of(check_page(client.get("/views")))
    assert "新名" in page
    assert "另一个" in page
    assert client.post(f"/views/{other.id}/delete").status_code == 302
    assert session.query(SavedView).one().name == "新名"


def test_a_view_whose_filters_are_no_more_still_opens(session, park: Park, sign_in) -> None:
    query = "held=gone&officer=999999&colour=red&stage=%FF&near=unknown"
    view = save_view(actor=park.officer, endpoint="firms.index", query=query, name="旧条件", shared=False)
    lost = SavedView(owner=park.officer, endpoint="gone.page", name="没有了的页面", query="x=1")
    session.add(lost)
    session.commit()
    client = sign_in(park.officer)
    assert names(check_page(client.get("/firms"))) == ["旧条件"]
    link = check_page(client.get("/firms")).find(".//nav[@class='views']/ul/li/a")
    assert client.get(link.get("href")).status_code == 200
    page = text_of(check_page(client.get("/views")))
    assert "没有了的页面" not in page
    assert view.name in page


def test_views_cost_one_query_however_many(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    save_view(actor=park.officer, endpoint="firms.index", query="status=active", name="0", shared=False)
    session.commit()
    with count_queries(session) as few:
        client.get("/firms")
    for number in range(1, 9):
        save_view(actor=park.manager, endpoint="firms.index", query=f"q={number}", name=f"{number}", shared=True)
    session.commit()
    with count_queries(session) as many:
        client.get("/firms")
    assert len(many) == len(few) <= 15
