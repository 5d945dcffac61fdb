"""A number of any intellectual property right: the kind is read from the number itself, where the number tells it."""

from __future__ import annotations

from dataclasses import replace

from crm.kernel.identifiers.checked import Checked
from crm.kernel.identifiers.patent import OTHER_RIGHTS, check_patent_number


def check_ip_number(raw: str) -> Checked:
    """Judge a patent, software or layout number; `kind` as in the facts contract (invention … software, ic_layout)."""
    checked = check_patent_number(raw)
    if checked.kind in OTHER_RIGHTS:
        return replace(checked, verdict="valid", reason="")
    return checked
