"""The way through the pages: upload, columns, preview, confirm, progress, result, workbook, undo."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange import engine, service, work
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.firms.figures.keys import KEYS
from crm.firms.models import Firm
from crm.kernel import jobs
from crm.kernel.bulk import ChangedMeanwhileError
from crm.kernel.files import path_of
from tests.factories import Park, credit_code, make_firm
from tests.integration.exchange.conftest import Importing, send
from tests.pages import check_page, text_of
from tests.queries import count_queries

SignIn = Callable[[User | None], FlaskClient]


def last_run(session: Session) -> ImportRun:
    session.expire_all()
    return session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()  # type: ignore[return-value]


def settle(client: FlaskClient, run: ImportRun, **choices: str) -> object:
    return client.post(f"/imports/{run.id}/columns", data=choices)


def test_the_whole_way(app: Flask, session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    check_page(client.get("/imports/new"))
    good, bad = credit_code(), "91430900MA00000000"
    answer = send(
        client,
        "firms",
        f"单位全名,代码列,电话号\n益阳桃源软件有限公司,{good},0737-4000009\n益阳坏码有限公司,{bad},\n",
        park.park,
    )
    run = last_run(session)
    assert answer.location == f"/imports/{run.id}/columns"

    columns = check_page(client.get(f"/imports/{run.id}/columns"))
    assert "益阳桃源软件有限公司" in text_of(columns)
    answer = settle(client, run, column_0="", column_1="", column_2="")
    assert "没有找到“企业名称”一列" in check_page_text(answer)
    answer = settle(client, run, column_0="name", column_1="credit_code", column_2="telephone")
    assert answer.location == f"/imports/{run.id}"

    working = client.get(f"/imports/{run.id}")
    assert "正在核对" in text_of(check_page(working))
    fragment = client.get(f"/imports/{run.id}/progress")
    assert "HX-Refresh" not in fragment.headers and "后台处理程序没有启动" in fragment.text

    jobs.work_until_empty(app)
    assert client.get(f"/imports/{run.id}/progress").headers["HX-Refresh"] == "true"
    preview = text_of(check_page(client.get(f"/imports/{run.id}")))
    assert "还没有保存" in preview and "将新增" in preview and "校验位" in preview
    assert session.scalars(select(Firm).where(Firm.credit_code == good)).all() == []
    refused = text_of(check_page(client.get(f"/imports/{run.id}?rows=rejected")))
    assert "益阳坏码有限公司" in refused and "益阳桃源软件有限公司" not in refused
    assert "没有这样的行" in text_of(check_page(client.get(f"/imports/{run.id}?rows=warned")))

    assert client.post(f"/imports/{run.id}/confirm").status_code == 302
    assert client.post(f"/imports/{run.id}/confirm").status_code == 400
    jobs.work_until_empty(app)
    result = text_of(check_page(client.get(f"/imports/{run.id}")))
    assert "已导入" in result and "撤销这次导入" in result
    firm = session.scalars(select(Firm).where(Firm.credit_code == good)).one()
    assert firm.telephone == "0737-4000009"
    assert "名单.csv" in text_of(check_page(client.get("/imports")))

    client.post(f"/imports/{run.id}/undo")
    jobs.work_until_empty(app)
    assert "已全部撤销" in text_of(check_page(client.get(f"/imports/{run.id}")))
    assert session.scalars(select(Firm).where(Firm.credit_code == good)).all() == []


def check_page_text(answer: object) -> str:
    return text_of(check_page(answer))  # type: ignore[arg-type]


def sheet_of(answer: object) -> list[list[str]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))  # type: ignore[attr-defined]
    return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)  # type: ignore[return-value]


def test_the_marked_workbook_has_every_row_and_says_what_is_wrong(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    known = f"{park.firm.name},{park.firm.credit_code}"
    run = importing.check(
        ImportKind.FIRMS,
        f"企业名称,信用代码,地址\n益阳好有限公司,{credit_code()},=1+1\n益阳坏有限公司,123,@SUM(A1)\n"
        f"{known},\n{park.other_firm.name},{park.other_firm.credit_code},新路 2 号\n",
        actor=park.administrator,
    )
    client = sign_in(park.administrator)
    header, good, bad, same, moved = sheet_of(client.get(f"/imports/{run.id}/report.xlsx"))
    assert header == ["企业名称", "信用代码", "地址", "结果", "问题"]
    assert good[2:] == ["'=1+1", "将新增", ""]
    assert bad[2:4] == ["'@SUM(A1)", "不能导入"] and "信用代码" in bad[4] and "18 位" in bad[4]
    assert [same[3:], moved[3:]] == [["不变", ""], ["将更新", ""]]
    service.confirm(actor=park.administrator, run=run)
    session.commit()
    jobs.work_until_empty(importing.app)
    rows = sheet_of(client.get(f"/imports/{run.id}/report.xlsx"))
    assert [row[3] for row in rows] == ["结果", "新增", "没有导入", "不变", "更新"]


def test_each_count_opens_exactly_its_rows(importing: Importing, session: Session, park: Park, sign_in: SignIn) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        "企业名称,信用代码,联系电话\n"
        f"益阳平常有限公司,{credit_code()},\n益阳留意有限公司,{credit_code()},打不通\n益阳坏码有限公司,123,打不通\n",
    )
    client = sign_in(park.officer)
    for which, count in (("created", 2), ("updated", 0), ("unchanged", 0), ("rejected", 1), ("warned", 1), ("", 3)):
        page = check_page(client.get(f"/imports/{run.id}?rows={which}"))
        assert len(page.findall(".//tbody/tr")) == count, which
    assert run.warnings == 1


def test_columns_can_be_turned_around_by_hand_but_not_given_twice(
    session: Session, park: Park, sign_in: SignIn
) -> None:
    client = sign_in(park.officer)
    send(client, "firms", f"企业名称,曾用名\n旧名有限公司,新名有限公司 {credit_code()}\n", park.park)
    run = last_run(session)
    answer = settle(client, run, column_0="name", column_1="name")
    assert "不止一列" in check_page_text(answer)
    settle(client, run, column_0="former_names", column_1="name")
    assert last_run(session).options["columns"] == {"0": "former_names", "1": "name"}


def test_a_run_is_seen_by_those_above_and_beside_not_by_strangers(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳某有限公司,{credit_code()}\n")
    assert sign_in(park.manager).get(f"/imports/{run.id}").status_code == 200
    stranger = sign_in(park.other_officer)
    for path in ("", "/columns", "/progress", "/report.xlsx"):
        assert stranger.get(f"/imports/{run.id}{path}").status_code == 404
    for verb in ("confirm", "undo", "discard"):
        assert stranger.post(f"/imports/{run.id}/{verb}").status_code == 404
    assert sign_in(park.firm_user).get("/imports").status_code == 403
    assert "名单.csv" not in stranger.get("/imports").text


def test_nobody_imports_into_an_organisation_that_is_not_theirs(session: Session, park: Park, sign_in: SignIn) -> None:
    answer = send(sign_in(park.officer), "firms", "企业名称\n某\n", park.other_park)
    assert answer.status_code == 200
    assert session.scalars(select(ImportRun)).all() == []


def test_a_run_that_saved_nothing_can_be_thrown_away(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳某有限公司,{credit_code()}\n")
    assert sign_in(park.officer).post(f"/imports/{run.id}/discard").location == "/imports"
    assert session.scalars(select(ImportRun)).all() == []


def test_the_preview_needs_as_many_queries_for_eighty_rows_as_for_one(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    firms = [make_firm(session, park.park, f"益阳改址{number}有限公司") for number in range(60)]
    session.commit()
    lines = [f"{firm.name},{firm.credit_code},新路 {firm.id} 号,制造业" for firm in firms]
    client = sign_in(park.officer)
    counted = []
    for some in (lines[:1], lines):
        run = importing.check(ImportKind.FIRMS, "企业名称,信用代码,地址,行业\n" + "\n".join(some) + "\n")
        with count_queries(session) as statements:
            assert client.get(f"/imports/{run.id}").status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 12


def filled_in(template: bytes) -> bytes:
    """A template with its own example in its first row."""
    header, notes = (
        CalamineWorkbook.from_filelike(io.BytesIO(template)).get_sheet_by_index(n).to_python() for n in (0, 1)
    )
    example = {str(row[0]): str(row[2]) for row in notes}
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, header[0])
        page.write_row(1, 0, [example[str(title)] for title in header[0]])
    return buffer.getvalue()


# A tie names a resource that is there already: its template is tried with one (test_ties_import).
@pytest.mark.parametrize("kind", [kind.value for kind in ImportKind if kind is not ImportKind.TIES])
def test_the_example_of_a_template_comes_in_when_filled_in(
    importing: Importing, session: Session, park: Park, sign_in: SignIn, kind: str
) -> None:
    answer = sign_in(park.officer).get(f"/imports/templates/{kind}.xlsx")
    run = importing.check(ImportKind(kind), filled_in(answer.data))
    assert (run.state, run.created, run.rejected) == (RunState.CHECKED, 1, 0), importing.messages(run)
    assert sign_in(park.officer).get("/imports/templates/other.xlsx").status_code == 404


def test_the_list_of_firms_goes_out_with_its_filters_and_comes_back_unchanged(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    make_firm(
        session,
        park.park,
        "=cmd()有限公司",
        telephone="0737-4000003",
        registered_capital=1234500,
        capital_currency="CNY",
    )
    session.commit()
    client = sign_in(park.officer)
    header, *rows = sheet_of(client.get("/firms.xlsx"))
    assert header[:2] == ["企业名称", "统一社会信用代码"]
    assert {row[0] for row in rows} == {"'=cmd()有限公司", park.firm.name}
    assert [row[0] for row in sheet_of(client.get("/firms.xlsx?q=精密"))[1:]] == [park.firm.name]
    run = importing.check(ImportKind.FIRMS, client.get("/firms.xlsx").data)
    assert (run.unchanged, run.total) == (2, 2), [row.after for row in importing.rows(run)]


def test_a_workbook_with_two_sheets_lets_one_choose(session: Session, park: Park, sign_in: SignIn) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        for name, rows in (
            ("说明", [["读我"]]),
            ("甲", [["企业名称"], ["甲有限公司"]]),
            ("乙", [["企业名称"], ["乙有限公司"]]),
        ):
            page = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    client = sign_in(park.officer)
    send(client, "firms", buffer.getvalue(), park.park, "多表.xlsx")
    run = last_run(session)
    assert "甲有限公司" in client.get(f"/imports/{run.id}/columns").text
    other = client.get(f"/imports/{run.id}/columns?sheet=乙")
    assert "乙有限公司" in other.text and "甲有限公司" not in other.text
    check_page(other)
    client.post(f"/imports/{run.id}/columns?sheet=乙", data={"column_0": "name"})
    assert last_run(session).options["sheet_name"] == "乙"
    assert client.get(f"/imports/{run.id}/columns?sheet=没有").status_code == 302


def test_the_page_says_why_nothing_was_saved(
    app: Flask, session: Session, park: Park, sign_in: SignIn, importing: Importing
) -> None:
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳失件有限公司,{credit_code()}\n")
    path_of(run.sha256).unlink()
    client = sign_in(park.officer)
    client.post(f"/imports/{run.id}/confirm")
    jobs.work_until_empty(app)
    page = text_of(check_page(client.get(f"/imports/{run.id}")))
    assert "没有保存任何内容" in page and "请重新上传" in page
    assert client.get(f"/imports/{run.id}/columns").status_code == 400


def test_others_saving_the_same_all_the_time_is_said(session: Session, importing: Importing) -> None:
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳争抢有限公司,{credit_code()}\n")
    work.failed(ChangedMeanwhileError(), run.id, run.actor_id)
    assert run.state is RunState.FAILED and "一直有人在修改" in (run.error or "")


def test_the_template_of_figures_offers_every_figure(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    answer = sign_in(park.officer).get("/imports/templates/figures.xlsx")
    run = service.upload(
        actor=park.officer,
        kind=ImportKind.FIGURES,
        file_name="年度数据.xlsx",
        content=filled_in(answer.data),
        organisation=park.park,
    )
    opened = engine.peek(service.content_of(run), run.kind, service.settled_of(run))
    assert set(KEYS) <= {match.key for match in opened.matches}


def test_amounts_without_a_unit_are_asked_about(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    send(client, "figures", f"企业名称,年份,营业收入\n{park.firm.name},2024,3800\n", park.park)
    run = last_run(session)
    assert "3800 可能是 3800 元，也可能是 3800 万元" in text_of(check_page(client.get(f"/imports/{run.id}/columns")))
    chosen = {"column_0": "name", "column_1": "year", "column_2": "revenue"}
    assert "请选择表里的金额是元还是万元" in check_page_text(settle(client, run, **chosen))
    answer = settle(client, run, **chosen, unit="万元")
    assert answer.location == f"/imports/{run.id}"  # type: ignore[attr-defined]
