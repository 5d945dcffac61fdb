"""The floor everything stands on: sign-in, scope, history, transactions."""

from __future__ import annotations

import pytest

from crm.kernel.audit import BOOKKEEPING, Audited, Change
from crm.kernel.db import Base
from tests.factories import Park
from tests.pages import check_page, text_of


def test_changes_are_history_with_old_and_new(session, park: Park) -> None:
    park.firm.address = "长春东路 1 号"
    session.commit()
    park.firm.address = "长春东路 2 号"
    session.commit()
    change = session.query(Change).filter_by(entity="firm", field="address").order_by(Change.id.desc()).first()
    assert (change.old, change.new) == ("长春东路 1 号", "长春东路 2 号")
    assert change.firm_id == park.firm.id
    assert change.actor_id == park.administrator.id


def test_anonymous_is_sent_to_sign_in(session, sign_in) -> None:
    answer = sign_in(None).post("/sign-out")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_a_number_no_database_holds_is_a_page_there_is_not(sign_in, park: Park) -> None:
    client = sign_in(park.officer)
    assert client.get("/firms/99999999999999999999").status_code == 404
    assert client.get("/firms?page=99999999999999999999").status_code == 200


# Said by the record itself: whose it is, who entered it, which one it is.
MERE_LINKS = {"firm_id", "uploaded_by_id", "uploaded_at", "entered_by_id", "proposal_id", "sha256", "key"}


def test_no_change_is_told_in_the_words_of_a_table(app) -> None:
    words = app.extensions["history_words"]
    bare = []
    for mapper in Base.registry.mappers:
        table = mapper.class_.__tablename__
        if not issubclass(mapper.class_, Audited) or ("firm_id" not in mapper.columns and table not in words):
            continue
        skipped = BOOKKEEPING | mapper.class_.unaudited | MERE_LINKS
        told = set(words[table].fields) if table in words else set()
        bare += [f"{table}.{column}" for column in list(mapper.columns.keys()) if column not in skipped | told]
    assert not bare, f"columns the history page shows by their bare names: {bare}"


STAFF = (
    "今日 走访日历 任务 诉求 企业 培育 项目申报 到期 服务包 名单 企业申请 登记册 移交 "
    "漏斗 达标测算 政策兑现 目标 服务与资源 园区评价 创新诊断 上报表 认定条件 政策库 导入"
)


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("officer", STAFF),
        ("administrator", f"{STAFF} 账号 单位 群机器人 词表与日历"),
        ("firm_user", "首页 填报 对照标准 项目申报 诉求 企业档案 我的申请 资料文件 联系人 认定条件 政策库"),
    ],
)
def test_the_places_stand_in_the_order_of_the_work_each_with_its_own_icon(sign_in, park: Park, who, places) -> None:
    tree = check_page(sign_in(getattr(park, who)).get("/editions"))
    bar = next(nav for nav in tree.iter("nav") if nav.get("aria-label") == "主导航")
    assert " ".join(text_of(link) for link in bar.iter("a")) == places
    icons = [each.get("href") for each in bar.iter() if str(each.tag).endswith("use")]
    assert len(icons) == len(set(icons)) == len(places.split())
