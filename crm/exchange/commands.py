"""`firms import`, `figures import`, `ip import`, `registers import-loan` …: a spreadsheet in, one line of JSON out."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.accounts.system import acting_user, root_organisation
from crm.exchange import engine, report, service, work
from crm.exchange.models import ImportKind, Kind
from crm.exchange.plan import PlannedRow, counts
from crm.exchange.rows import ConvertedRow
from crm.exchange.titles import DONE, PLANNED
from crm.firms.models import Industry
from crm.firms.reference import load_reference
from crm.kernel import migrate
from crm.kernel.bulk import ChangedMeanwhileError
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.registers.models import Register
from crm.registers.resources.models import ResourceRegister


@click.group("firms")
def firms() -> None:
    """Firms."""


@click.group("figures")
def figures() -> None:
    """Yearly figures of firms."""


@click.group("ip")
def ip() -> None:
    """Intellectual property of firms."""


@click.group("registers")
def registers() -> None:
    """Entries of the registers."""


def _add_import(group: click.Group, kind: Kind, name: str = "import") -> None:
    @group.command(name, help=f"Import {kind.value} from a CSV, XLSX or XLS file; prints one line of JSON.")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would happen; save nothing.")
    @click.option("--organisation", metavar="NAME", help="Where new firms belong (default: the top of the tree).")
    @click.option(
        "--as", "email", metavar="EMAIL", help="The account in whose name it is done (default: the system's)."
    )
    @click.option("--create-firms/--no-create-firms", default=True, help="Create firms that figures or rights name.")
    @with_appcontext
    def run_import(file: Path, dry_run: bool, organisation: str | None, email: str | None, create_firms: bool) -> None:
        db.be_patient()
        try:
            answer = import_file(kind, file, dry_run, organisation, email, create_firms)
        except DomainError as error:
            click.echo(str(error.message), err=True)
            sys.exit(2)
        except ChangedMeanwhileError:
            click.echo(work.changed_meanwhile(), err=True)
            sys.exit(1)
        except Exception as error:
            current_app.logger.debug("the import failed", exc_info=True)  # seen with --debug
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            click.echo(_("系统出错，没有保存任何内容（%(reason)s）。请把这句话告诉管理员。", reason=reason), err=True)
            sys.exit(1)
        click.echo(json.dumps(answer, ensure_ascii=False))


for _group, _kind in ((firms, ImportKind.FIRMS), (figures, ImportKind.FIGURES), (ip, ImportKind.IP)):
    _add_import(_group, _kind)
for _register in (*Register, *ResourceRegister):
    _add_import(registers, _register, f"import-{_register.value}")


def import_file(
    kind: Kind, file: Path, dry_run: bool, organisation_name: str | None, email: str | None, create_firms: bool
) -> dict[str, object]:
    """What the command does and prints. Raises DomainError for a file that cannot be read and a name nobody has."""
    content = _read(file)
    settled = engine.Settled(create_firms=create_firms)
    opened = engine.open_file(content, kind, settled)
    converted = engine.convert(opened, lambda _done, _total: None)
    if migrate.is_empty():
        migrate.upgrade()
    if db.session.scalar(select(Industry.code).limit(1)) is None:
        load_reference()
        db.session.commit()
    actor = acting_user(email)
    if not actor.can(Permission.EXCHANGE):
        raise DomainError(_("账号 %(email)s 没有导入的权限。", email=email))
    organisation = _organisation(actor, organisation_name)
    if dry_run:
        planned = engine.plan(
            db.session, kind, converted, actor=actor, organisation=organisation, create_firms=create_firms
        )
        db.session.rollback()
        name = f"{kind.value}-dry-run-{time.time_ns()}"
    else:
        run_id, planned = _save(kind, file, content, actor, organisation, create_firms, converted)
        name = f"{kind.value}-{run_id}"
    results = ((row.number, row.outcome, row.messages) for row in planned)
    marks = report.marks_of(results, PLANNED if dry_run else DONE)
    try:
        path = _write_report(name, opened, marks)
    except OSError as error:
        done = _("试算已完成") if dry_run else _("数据已保存")
        raise DomainError(
            _(
                "%(done)s，但标注好的表格没有写成：%(reason)s。请检查磁盘空间和目录权限。",
                done=done,
                reason=error.strerror,
            )
        ) from error
    return {"rows": len(planned), **counts(planned), "report": str(path)}


def _save(
    kind: Kind,
    file: Path,
    content: bytes,
    actor: User,
    organisation: Organisation,
    create_firms: bool,
    converted: list[ConvertedRow],
) -> tuple[int, list[PlannedRow]]:
    """Save in one transaction; the run's id and rows. Done again where someone else saved the same firms meanwhile."""

    def save() -> tuple[int, list[PlannedRow]]:
        run = service.begin(
            actor=actor,
            kind=kind,
            file_name=file.name,
            content=content,
            organisation=organisation,
            total=len(converted),
            create_firms=create_firms,
        )
        planned = work.save_rows(run, converted, actor)
        run_id = run.id
        db.session.commit()
        return run_id, planned

    return work.again_if_changed(save)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DomainError(
            _("打不开文件 %(file)s：%(reason)s。请核对路径后重试。", file=file, reason=error.strerror)
        ) from error


def _organisation(actor: User, name: str | None) -> Organisation:
    """The organisation of this name within the actor's scope; without a name the actor's own."""
    if name is None:
        return actor.organisation or root_organisation()
    found = next((each for each in organisations_of(actor) if each.name == name), None)
    if found is None:
        known = "、".join(each.name for each in organisations_of(actor)[:20])
        raise DomainError(_("没有名为“%(name)s”的单位。可用的有：%(known)s", name=name, known=known))
    return found


def _write_report(name: str, opened: engine.Opened, marks: report.Marks) -> Path:
    path = Path(current_app.config["FILES"]).resolve() / "reports" / f"{name}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    report.write_marked(path, opened, marks)
    return path
