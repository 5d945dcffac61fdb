"""`firms import`, `figures import`, `ip import`, as a shell calls them, on databases nobody prepared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from crm.accounts.models import Organisation, User
from crm.exchange.commands import import_file
from crm.exchange.models import ImportKind
from crm.firms.models import Firm, Industry
from crm.firms.search import find
from crm.kernel.db import db
from tests.conftest import ROOT
from tests.factories import credit_code
from tests.integration.exchange.test_ip_import import number

Fresh = Callable[[], Flask]
KEYS = ["rows", "created", "updated", "unchanged", "rejected", "warnings", "report"]


def run(app: Flask, *arguments: str | Path) -> dict[str, Any]:
    """The command's answer: one line of JSON and nothing else."""
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    answer: dict[str, Any] = json.loads(line)
    assert list(answer) == KEYS
    return answer


def write(folder: Path, content: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="gb18030")
    return path


def test_a_fresh_database_is_prepared_and_filled(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    code = credit_code()
    answer = run(
        app,
        "firms",
        "import",
        write(tmp_path, f"企业名称,信用代码,行业\n益阳命令有限公司,{code},制造业\n益阳坏码有限公司,1234,\n"),
    )
    assert [answer[key] for key in KEYS[:-1]] == [2, 1, 0, 0, 1, 0]
    rows = CalamineWorkbook.from_path(answer["report"]).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "问题" and rows[1][-1] == "" and "18 位" in str(rows[2][-1])
    with app.app_context():
        firm = db.session.scalars(select(Firm).where(Firm.credit_code == code)).one()
        assert find(db.session, "命令", [], limit=5) == [firm.id]
        assert db.session.scalar(select(func.count()).select_from(Industry)) > 1000
        actor = db.session.scalars(select(User)).one()
        assert actor.password_hash is None and actor.organisation_id == firm.organisation_id


def test_figures_and_rights_follow_and_a_second_time_changes_nothing(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    figures = write(tmp_path, "证券代码,证券简称,年份,营业收入,研发费用\n399951,示例股份,2023,100,200\n", "figures.csv")
    rights = write(tmp_path, f"专利名称,申请号,申请人\n甲,{number(31)},示例学院\n乙,{number(32)},(自然人)\n", "ip.csv")
    first = run(app, "figures", "import", figures)
    assert [first[key] for key in KEYS[:-1]] == [1, 1, 0, 0, 0, 1]
    first = run(app, "ip", "import", rights)
    assert [first[key] for key in KEYS[:-1]] == [2, 1, 0, 0, 1, 1]
    assert run(app, "figures", "import", figures)["unchanged"] == 1
    assert run(app, "ip", "import", rights)["unchanged"] == 1
    assert run(app, "ip", "import", rights, "--no-create-firms")["unchanged"] == 1


def test_registers_come_in_by_command_too(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    code = credit_code()
    run(app, "firms", "import", write(tmp_path, f"企业名称,信用代码\n益阳命令有限公司,{code}\n"))
    loans = write(
        tmp_path, f"信用代码,贷款机构,种类,贷款金额（万元）\n{code},示例银行,信用贷款,100\n,益阳没有公司,示例银行,\n"
    )
    answer = run(app, "registers", "import-loan", loans)
    assert [answer[key] for key in KEYS[:-1]] == [2, 1, 0, 0, 1, 0]
    experts = write(tmp_path, "姓名,所在单位\n示例专家,示例大学\n")
    made, again = (run(app, "registers", "import-expert", experts) for _time in range(2))
    assert (made["created"], again["created"], again["unchanged"]) == (1, 0, 1)


def test_a_dry_run_says_the_same_and_saves_nothing(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    path = write(tmp_path, f"企业名称,信用代码\n益阳试算有限公司,{credit_code()}\n")
    dry = run(app, "firms", "import", path, "--dry-run")
    assert dry["created"] == 1 and Path(dry["report"]).exists()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Firm)) == 0
    assert run(app, "firms", "import", path)["created"] == 1


@pytest.mark.parametrize(
    ("content", "word"), [(b"%PDF-1.7", "PDF"), ("甲列,乙列\n1,2\n".encode(), "企业名称"), (None, "打不开")]
)
def test_a_file_that_cannot_be_read_ends_with_two_and_a_sentence(
    fresh_app: Fresh, tmp_path: Path, content: bytes | None, word: str
) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_bytes(content)
    result = fresh_app().test_cli_runner().invoke(args=["firms", "import", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert word in result.stderr and "Traceback" not in result.stderr


def shell(url: str, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as a shell calls it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "FILES_DIR": str(folder / "files")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_shell_reads_nothing_but_json(fresh_app: Fresh, tmp_path: Path) -> None:
    url = fresh_app().extensions["database"].url.render_as_string(hide_password=False)
    path = write(tmp_path, f"企业名称,信用代码\n益阳外壳有限公司,{credit_code()}\n")
    for options in ([], ["--dry-run"]):
        result = shell(url, tmp_path, "firms", "import", path, *options)
        assert (result.returncode, list(json.loads(result.stdout))) == (0, KEYS), result.stderr


def test_what_nobody_foresaw_ends_with_one_and_a_sentence(tmp_path: Path) -> None:
    path = write(tmp_path, f"企业名称,信用代码\n益阳外壳有限公司,{credit_code()}\n")
    result = shell(f"sqlite:///{tmp_path}/nowhere/x.sqlite3", tmp_path, "firms", "import", path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "没有保存任何内容" in line and "unable to open database file" in line


def test_a_report_that_cannot_be_written_does_not_hide_that_all_is_saved(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    (tmp_path / "files").mkdir(exist_ok=True)
    (tmp_path / "files" / "reports").write_text("no folder")
    path = write(tmp_path, f"企业名称,信用代码\n益阳无表有限公司,{credit_code()}\n")
    result = app.test_cli_runner().invoke(args=["firms", "import", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "数据已保存" in result.stderr
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Firm)) == 1


def test_the_person_and_the_place_can_be_named(fresh_app: Fresh, tmp_path: Path) -> None:
    app = fresh_app()
    path = write(tmp_path, f"企业名称,信用代码\n益阳某有限公司,{credit_code()}\n")
    run(app, "firms", "import", path, "--dry-run")
    with app.app_context():
        root = db.session.scalar(select(Organisation.name))
    for option, value, word in (
        ("--as", "nobody@example.test", "nobody@example.test"),
        ("--organisation", "没有", "没有名为"),
    ):
        result = app.test_cli_runner().invoke(args=["firms", "import", str(path), option, value])
        assert result.exit_code == 2 and word in result.stderr
    assert root is None
    run(app, "firms", "import", path)
    with app.app_context():
        root = db.session.scalar(select(Organisation.name))
    assert run(app, "firms", "import", path, "--organisation", root)["unchanged"] == 1


def test_two_imports_at_once_make_each_firm_once(fresh_app: Fresh, tmp_path: Path) -> None:
    """Two processes start with the same file at the same moment: what one creates the other finds."""
    apps = [fresh_app(), fresh_app()]
    lines = "".join(f"益阳同时{place}有限公司,{credit_code()}\n" for place in range(300))
    path = write(tmp_path, f"企业名称,信用代码\n{lines}")
    run(apps[0], "firms", "import", path, "--dry-run")
    run(apps[0], "figures", "import", write(tmp_path, "证券代码,简称,年份,营业收入\n399941,某,2023,1\n", "first.csv"))
    start = threading.Barrier(2)
    answers: list[dict[str, Any]] = []

    def work(app: Flask) -> None:
        with app.app_context():
            db.be_patient()
            start.wait()
            answers.append(dict(import_file(ImportKind.FIRMS, path, False, None, None, True)))

    threads = [threading.Thread(target=work, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((answer["created"], answer["unchanged"]) for answer in answers) == [(0, 300), (300, 0)]
    with apps[0].app_context():
        assert db.session.scalar(select(func.count()).select_from(Firm)) == 301
