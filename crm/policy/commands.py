"""`flask policy …`: evaluate one firm, many firms, list the editions, check the edition files. Needs no database."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from crm.policy import (
    PURPOSES,
    RUNGS,
    EditionError,
    Facts,
    FactsError,
    Fault,
    NoEdition,
    Notice,
    edition_named,
    editions,
    evaluate,
    evaluate_many,
    load,
    load_notices,
    notice_for,
    site_checks,
)
from crm.policy import edition_for as find_edition
from crm.policy.facts import Problem
from crm.policy.language.edition import Edition
from crm.policy.language.regions import is_region
from crm.policy.records.record import read_record
from crm.policy.records.rerun import rerun


@click.group()
def policy() -> None:
    """官方条件：评价企业、列出版本、检查文件。"""


@contextmanager
def _said() -> Iterator[None]:
    """Bad input ends with exit code 2 and one sentence a line on standard error."""
    try:
        yield
    except FactsError as error:
        lines = [str(problem) for problem in error.problems]
    except NoEdition as error:
        lines = [str(error)]
    except EditionError as error:
        lines = [str(fault) for fault in error.faults]
    else:
        return
    for line in lines:
        click.echo(line, err=True)
    sys.exit(2)


def _day(_context: click.Context, _parameter: click.Parameter, value: str) -> date:
    try:
        return date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else _bad_day(value)
    except ValueError:
        return _bad_day(value)


def _bad_day(value: str) -> date:
    raise click.BadParameter(f"{value}：日期应写作 2026-06-30 (a date such as 2026-06-30)")


def _region(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_region(value):
        raise click.BadParameter(f"{value}：应为行政区划代码，例如 330000 (a division code such as 330000)")
    return value


def _asked(command: Any) -> Any:
    """The options that both readings share."""
    for option in (
        click.option("--edition", "name", help="版本编号；不写则按日期、用途、地区选用。"),
        click.option("--region", callback=_region, help="行政区划代码。"),
        click.option("--purpose", type=click.Choice(PURPOSES), default="new", show_default=True),
        click.option("--on", callback=_day, required=True, help="评价日期，例如 2026-06-30。"),
        click.option("--rung", type=click.Choice(list(RUNGS)), required=True),
        click.argument("file", type=click.File("rb")),
    ):
        command = option(command)
    return command


def _chosen(rung: str, on: date, purpose: str, region: str | None, name: str | None) -> Edition:
    if name is None:
        return find_edition(rung, on, purpose, region)
    edition = edition_named(name, purpose)
    if edition.rung != rung:
        raise click.BadParameter(
            f"{name} 属于 {edition.rung} ({name} belongs to {edition.rung})", param_hint="--edition"
        )
    return edition


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"文件应为 UTF-8 (the file must be UTF-8): {error}") from error


def _print(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


@policy.command("evaluate")
@_asked
def evaluate_command(file: Any, rung: str, on: date, purpose: str, region: str | None, name: str | None) -> None:
    """按一份事实文件（JSON，- 为标准输入）评价一家企业。"""
    with _said():
        facts = Facts.from_json(_text(file.read()))
        edition = _chosen(rung, on, purpose, region, name)
        notice = notice_for(rung, on, edition.purpose, region)
        _print({**evaluate(edition, facts, on).as_json(), "notice": noticed(notice, facts, on) if notice else None})


def noticed(notice: Notice, facts: Facts, on: date) -> dict[str, Any]:
    """What the notice means for a firm on a date, as JSON: the window to know of, and whether the firm will be visited."""
    window = notice.window(on)
    return {
        "id": notice.id,
        "window": window
        and {
            "title": str(window.title),
            "from": window.since.isoformat() if window.since else None,
            "to": window.until.isoformat(),
            "state": window.state(on),
            "days": window.days(on),
        },
        "site_checks": [
            {"id": check.id, "verdict": check.verdict, "title": str(check.title), "missing": list(check.missing)}
            for check in site_checks(notice, facts, on)
        ],
    }


@policy.command("evaluate-many")
@_asked
def evaluate_many_command(file: Any, rung: str, on: date, purpose: str, region: str | None, name: str | None) -> None:
    """按列评价许多企业：每行一份 JSON，每行一个结果。"""
    with _said():
        edition = _chosen(rung, on, purpose, region, name)
        park, problems = [], []
        text = _text(file.read())
        for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
            try:
                park.append(Facts.from_json(line))
            except FactsError as error:
                problems += [Problem(f"line {number}: {problem.path}", problem.text) for problem in error.problems]
        if problems:
            raise FactsError(problems)
        for result in evaluate_many(edition, park, on):
            _print(result)


@policy.command("rerun")
@click.argument("file", type=click.File("rb"))
def rerun_command(file: Any) -> None:
    """按导出的存档（JSON，- 为标准输入）重新判定，指出与存档不同之处；相同退出 0，不同退出 1。"""
    with _said():
        again = rerun(read_record(_text(file.read())))
        _print(again.as_json())
        sys.exit(0 if again.same else 1)


@policy.command("editions")
def editions_command() -> None:
    """列出全部版本：编号、文件、施行起止、用途、地区、哈希与确定度。"""
    with _said():
        _print([describe(edition) for edition in editions()])


def describe(edition: Edition) -> dict[str, Any]:
    """An edition's card, as JSON."""
    return {
        "id": edition.id,
        "rung": edition.rung,
        "title": str(edition.title),
        "document": edition.document.number,
        "from": edition.since.isoformat(),
        "to": edition.until.isoformat() if edition.until else None,
        "purpose": edition.purpose,
        "region": edition.region,
        "replaces": edition.replaces,
        "based_on": edition.based_on,
        "hash": edition.hash,
        "criteria": len(edition.criteria),
        "certainty": edition.certainty,
        "parameters": edition.parameters,
    }


@policy.command("check")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def check_command(directory: Path | None) -> None:
    """检查版本与通知的文件，一次列出全部错误（文件、键、改法）。"""
    faults: list[Fault] = []
    counts: list[int] = []
    for read in (load, load_notices):
        try:
            counts.append(len(read(directory) if directory else read()))
        except EditionError as error:
            faults += error.faults
    with _said():
        if faults:
            raise EditionError(faults)
    editions_, notices_ = counts
    click.echo(
        f"{editions_} 个版本、{notices_} 份通知，没有错误 ({editions_} editions, {notices_} notices, no faults)",
        err=True,
    )
