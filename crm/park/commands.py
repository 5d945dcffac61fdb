"""`flask --app app park …`: the whole park at once."""

from __future__ import annotations

import click

from crm.park.comparison_commands import compare


@click.group()
def park() -> None:
    """全域测算：每家企业对每一级的达标情况，两个条件版本的对比。"""


park.add_command(compare)
