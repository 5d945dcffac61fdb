"""The policy library: found however its number is typed, what replaced what, who cites it, and who may write."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.firms.reference import load_reference
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.library import service
from crm.library.models import PolicyDocument
from crm.library.numbers import normal
from tests.factories import Park
from tests.pages import check_page, text_of
from tests.queries import count_queries


@pytest.fixture(autouse=True)
def _shelf(session) -> None:
    load_reference()
    session.flush()


def document(number: str) -> PolicyDocument:
    return db.session.scalars(select(PolicyDocument).where(PolicyDocument.number == number)).one()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("郴政发[2013]4 号", "郴政发〔2013〕4号"),
        (" 郴政发（2013）4号", "郴政发〔2013〕4号"),
        ("郴政发【2013】4号", "郴政发〔2013〕4号"),
        ("益阳市“十四五”科技发展规划", "益阳市“十四五”科技发展规划"),
        ("方案（2017-2019年）", "方案（2017-2019年）"),
    ],
)
def test_a_number_has_one_form(typed: str, kept: str) -> None:
    assert normal(typed) == kept


def test_the_five_documents_are_there_and_loading_again_changes_nothing(session, park: Park) -> None:
    kept = document("郴政发〔2013〕4号")
    service.edit_document(
        actor=park.administrator,
        document=kept,
        replaces=None,
        number=kept.number,
        title="改过的标题",
        issuer=kept.issuer,
    )
    numbers = set(session.scalars(select(PolicyDocument.number)))
    assert {
        "郴政发〔2013〕4号",
        "益阳市“十四五”科技发展规划",
        "湖南省高新技术产业开发区创新驱动发展提质升级三年行动方案（2017-2019年）",
        "“创新引领、创新驱动、创新发展”调研报告",
        "加强市县区域科技创新体系建设推动经济高质量发展（调研报告）",
    } <= numbers
    load_reference()
    assert set(session.scalars(select(PolicyDocument.number))) == numbers
    assert kept.title == "改过的标题"


def test_everybody_finds_it_by_any_form_of_its_number(park: Park, sign_in) -> None:
    for person in (park.officer, park.firm_user):
        page = check_page(sign_in(person).get("/library?q=国科发火[2016]32号"))
        assert "高新技术企业认定管理办法" in text_of(page)
        assert "益阳市" not in text_of(page)


def test_a_page_says_what_it_replaced_what_replaced_it_and_who_cites_it(park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    said = text_of(check_page(client.get(f"/library/{document('国科发火〔2016〕32号').id}")))
    assert "国科发火〔2008〕172号" in said and "hte.2016" in said and "到期义务" in said
    plan = text_of(check_page(client.get(f"/library/{document('益阳市“十四五”科技发展规划').id}")))
    assert "目标" in plan.split("引用它的")[-1]
    lists = text_of(check_page(client.get(f"/library/{document('郴政发〔2013〕4号').id}")))
    assert "名单" in lists.split("引用它的")[-1]
    older = text_of(check_page(client.get(f"/library/{document('国科发火〔2008〕172号').id}")))
    assert "已失效" in older and "国科发火〔2016〕32号" in older
    assert "施行日期未登记" in text_of(check_page(client.get(f"/library/{document('郴发〔2010〕12号').id}")))


def test_what_is_in_force_leaves_out_what_is_not_known(park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    now = text_of(check_page(client.get("/library?force=now")))
    assert "国科发火〔2016〕32号" in now and "国科发火〔2008〕172号" not in now and "郴发〔2010〕12号" not in now
    assert "郴发〔2010〕12号" in text_of(check_page(client.get("/library?force=unknown")))
    assert "国科发火〔2008〕172号" in text_of(check_page(client.get("/library?force=past")))


def test_an_administrator_adds_one_and_a_taken_number_is_said(park: Park, sign_in) -> None:
    client = sign_in(park.administrator)
    form = {
        "number": "云政发[2026]8号", "title": "云岭市科技奖补办法", "issuer": "云岭市人民政府", "in_force_from": "2026-03-01",
        "articles": "第三条：贡献突出的奖励\n第四条：其他", "replaces": "郴政发[2013]4号",
    }  # fmt: skip
    answer = client.post("/library/new", data=form)
    kept = document("云政发〔2026〕8号")
    assert answer.status_code == 302 and answer.location.endswith(f"/library/{kept.id}")
    assert kept.articles[1] == {"article": "第四条", "text": "其他"}
    assert kept.replaces is document("郴政发〔2013〕4号")
    again = client.post("/library/new", data=form)
    assert "政策库里已有这个文号" in again.text
    wrong = client.post("/library/new", data={**form, "number": "云政发〔2026〕9号", "articles": "没有冒号"})
    assert "每行写“条款号：内容”" in wrong.text
    assert sign_in(park.manager).post("/library/new", data=form).status_code == 403


def test_documents_cannot_replace_each_other(session, park: Park) -> None:
    older, newer = document("国科发火〔2008〕172号"), document("国科发火〔2016〕32号")
    with pytest.raises(DomainError, match="互相取代"):
        service.edit_document(
            actor=park.administrator, document=older, replaces=newer.number, number=older.number, title=older.title,
            issuer=older.issuer,
        )  # fmt: skip


def test_two_who_edit_one_document_are_told(park: Park, sign_in) -> None:
    client, kept = sign_in(park.administrator), document("郴政发〔2013〕4号")
    form = {"number": kept.number, "title": "甲改的", "issuer": kept.issuer, "version": kept.version, "articles": ""}
    assert client.post(f"/library/{kept.id}/edit", data=form).status_code == 302
    answer = client.post(f"/library/{kept.id}/edit", data={**form, "title": "乙改的"})
    assert "甲改的" in answer.text and document(kept.number).title == "甲改的"


def test_the_list_asks_a_few_questions_however_long_it_is(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    client.get("/library")
    with count_queries(session) as few:
        client.get("/library")
    for number in range(40):
        session.add(PolicyDocument(number=f"云办发〔2025〕{number}号", title="办法", issuer="云岭市人民政府办公室"))
    session.flush()
    with count_queries(session) as many:
        client.get("/library")
    assert len(many) == len(few)
