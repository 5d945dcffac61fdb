"""`flask --app app accounts create-administrator EMAIL`: the first account of an installation."""

from __future__ import annotations

import click
from flask import current_app, url_for
from flask.cli import with_appcontext

from crm.accounts import service
from crm.accounts.permissions import Role
from crm.accounts.system import root_organisation, system_user
from crm.kernel import audit
from crm.kernel.db import db
from crm.kernel.errors import DomainError


@click.group()
def accounts() -> None:
    """Accounts of staff."""


@accounts.command("create-administrator")
@click.argument("email")
@click.option("--name", default="管理员", show_default=True, help="The person's name.")
@with_appcontext
def create_administrator(email: str, name: str) -> None:
    """Open an administrator's account for EMAIL and print the path where they set their password."""
    if not current_app.config["SECRET_KEY"]:
        raise click.ClickException("请先设置 SECRET_KEY：链接由它签名。 / Set SECRET_KEY first: it signs the link.")
    actor = system_user()
    audit.sign(db.session, actor.id, audit.Via.COMMAND)
    try:
        user = service.create_staff(
            actor=actor, email=email, name=name, role=Role.ADMINISTRATOR, organisation_id=root_organisation().id
        )
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    token = service.password_token(user)
    db.session.commit()
    with current_app.test_request_context():
        path = url_for("accounts.set_password", token=token)
    click.echo("请在七天内打开此地址设置密码 / Open this address within seven days to set the password:")
    click.echo(path)
