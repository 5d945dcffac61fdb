"""Files that cannot be read: a sentence that says what and how to mend it, and nothing kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange import service, work
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.firms.models import Firm
from crm.kernel import files, jobs
from tests.factories import Park, credit_code
from tests.integration.exchange.conftest import Importing, send
from tests.pages import check_page, text_of

SignIn = Callable[[User | None], FlaskClient]


def a_workbook() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        workbook.add_worksheet().write_row(0, 0, ["企业名称", "信用代码"])
    return buffer.getvalue()


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("readme.txt", "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (a_zip(), "压缩包"),
        (a_workbook()[:-200], "损坏"),
        (a_workbook(), "没有数据"),
        ("企业名称,地址\n甲," + "长" * 140_000 + "\n", "过长"),
        (b"\x00\x01\x02\x03", "不是表格"),
        ("企业名称,地址\n", "没有数据"),
    ],
)
def test_the_upload_page_says_what_is_wrong_with_the_file(
    session: Session, park: Park, sign_in: SignIn, content: str | bytes, word: str
) -> None:
    answer = send(sign_in(park.officer), "firms", content, park.park)
    assert answer.status_code == 200
    assert word in text_of(check_page(answer))
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_without_a_file_the_page_asks_for_one(park: Park, sign_in: SignIn) -> None:
    answer = sign_in(park.officer).post("/imports/new", data={"kind": "firms", "organisation_id": park.park.id})
    assert "请选择文件" in text_of(check_page(answer))


def test_a_header_nobody_knows_is_shown_with_what_would_do(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    answer = send(client, "figures", "甲列,乙列\n1,2\n", park.park)
    answer = client.post(answer.location, data={})
    page = text_of(check_page(answer))
    assert "年份" in page or "统一社会信用代码" in page
    assert "甲列、乙列" in page


def test_a_file_that_is_gone_by_the_time_it_is_read_fails_the_run_with_a_sentence(
    app: Flask, importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    firms = session.scalar(select(func.count()).select_from(Firm))
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳某有限公司,{credit_code()}\n")
    service.confirm(actor=park.officer, run=run)
    session.commit()
    files.path_of(run.sha256).write_bytes(b"%PDF-1.7")
    jobs.work_until_empty(app)
    session.refresh(run)
    assert run.state is RunState.FAILED
    assert run.error is not None and "PDF" in run.error
    assert session.scalar(select(func.count()).select_from(Firm)) == firms


def test_a_crash_in_the_middle_keeps_nothing_and_says_so(
    app: Flask, importing: Importing, session: Session, park: Park, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn
) -> None:
    """The last thing a run writes breaks: the firms written before it must not stay."""
    firms = session.scalar(select(func.count()).select_from(Firm))
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳某有限公司,{credit_code()}\n")
    service.confirm(actor=park.officer, run=run)
    session.commit()
    monkeypatch.setattr(work, "counts", lambda _rows: 1 / 0)
    jobs.work_until_empty(app)
    monkeypatch.undo()
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Firm)) == firms
    assert session.get_one(ImportRun, run.id).state is RunState.FAILED
    page = text_of(check_page(sign_in(park.officer).get(f"/imports/{run.id}")))
    assert "没有保存任何内容" in page and "返回核对列" in page
