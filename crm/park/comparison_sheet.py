"""A comparison as a workbook: what was compared and the counts, then every firm whose verdict differs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.words import PURPOSES, RUNGS
from crm.park.models import ComparedFirm, Comparison
from crm.park.movements import VERDICTS
from crm.policy.text import plain
from crm.web.formatting import day
from crm.web.workbooks import open_workbook, safe


def write_comparison(target: IO[bytes], user: User, comparison: Comparison, titles: Mapping[str, str]) -> None:
    """Two sheets, of the firms the user may see now. `titles` are the editions' names by id. The comparison has its counts."""
    assert comparison.counts is not None
    with open_workbook(target) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        summary = workbook.add_worksheet(_("对比结果"))
        summary.set_column(0, 3, 24)
        for line, (term, value) in enumerate(_about(comparison, titles)):
            summary.write_string(line, 0, term)
            summary.write_string(line, 1, safe(value))
        line += 2
        heads = [_("变更前＼变更后"), *(str(word) for word in VERDICTS.values())]
        for place, word in enumerate(heads):
            summary.write_string(line, place, word, bold)
        for before, word in VERDICTS.items():
            line += 1
            summary.write_string(line, 0, str(word))
            for place, after in enumerate(VERDICTS, start=1):
                summary.write_number(line, place, comparison.counts[before][after])
        _write_firms(workbook.add_worksheet(_("结论不同的企业")), bold, user, comparison)


def _about(comparison: Comparison, titles: Mapping[str, str]) -> list[tuple[str, str]]:
    numbers = [f"{path} = {plain(Fraction(number))}" for path, number in comparison.numbers.items()]
    return [
        (_("方向"), str(RUNGS[comparison.rung])),
        (_("申报类型"), str(PURPOSES[comparison.purpose])),
        (_("变更前"), f"{titles.get(comparison.before, '')} {comparison.before}".strip()),
        (_("变更后"), f"{titles.get(comparison.after, '')} {comparison.after}".strip()),
        *([(_("改动的数字"), _("；").join(numbers))] if numbers else []),
        (_("测算日"), day(comparison.on)),
        (_("测算范围"), comparison.organisation.name),
        *([(_("不在适用地区，未测算"), str(comparison.outside))] if comparison.outside else []),
    ]


def _write_firms(sheet: Any, bold: Any, user: User, comparison: Comparison) -> None:
    sheet.set_column(0, 4, 24)
    sheet.freeze_panes(1, 1)
    for place, word in enumerate((_("企业"), _("统一社会信用代码"), _("园区"), _("变更前"), _("变更后"))):
        sheet.write_string(0, place, word, bold)
    rows = db.session.execute(
        select(Firm.name, Firm.credit_code, Organisation.name, ComparedFirm.before, ComparedFirm.after)
        .join(ComparedFirm, ComparedFirm.firm_id == Firm.id)
        .join(Organisation, Organisation.id == Firm.organisation_id)
        .where(ComparedFirm.comparison_id == comparison.id, visible_firms(user))
        .order_by(ComparedFirm.before, ComparedFirm.after, Firm.sort_key, Firm.id)
    )
    for line, (name, code, organisation, before, after) in enumerate(rows, start=1):
        cells = (name, code or "", organisation, str(VERDICTS[before]), str(VERDICTS[after]))
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, safe(cell))
