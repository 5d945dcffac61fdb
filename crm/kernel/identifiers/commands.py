"""`identifiers check uscc|patent`: numbers on standard input, one JSON object a line on standard output."""

from __future__ import annotations

import json
import sys

import click

from crm.kernel.identifiers.credit_code import check_credit_code
from crm.kernel.identifiers.patent import check_patent_number

_CHECKS = {"uscc": check_credit_code, "patent": check_patent_number}


@click.group("identifiers")
def identifiers() -> None:
    """Credit codes and patent numbers."""


@identifiers.command("check")
@click.argument("kind", type=click.Choice(list(_CHECKS)))
def check(kind: str) -> None:
    """Check each line of standard input; an empty line is an empty number, so that answers line up with lines."""
    for number, line in enumerate(sys.stdin.buffer):
        raw = line.decode("utf-8-sig" if number == 0 else "utf-8", errors="replace").rstrip("\r\n")
        checked = _CHECKS[kind](raw)
        answer = {
            "raw": raw,
            "normal": checked.normal,
            "verdict": checked.verdict,
            "reason": str(checked.reason),
            "kind": checked.kind,
        }
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
