"""`flask --app app lists`: judge the park by the rules of lists and chains."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from crm.lists.screening import screen as bring_up_to_date

lists = AppGroup("lists", help="Lists with screening rules, and cultivation chains.")


@lists.command("screen")
def screen() -> None:
    """Judge every firm by all rules now."""
    run = bring_up_to_date(everything=True)
    click.echo(_("已测算 %(n)s 家企业。", n=run.firms if run else 0))
