"""What becomes of claims when two firms become one: what was paid to either stays on record, what nobody paid yet is settled first."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from flask_babel import gettext as _

from crm.firms.duplicates.preview import Page, Remark, Ruling, add_rule
from crm.firms.duplicates.rows import Row
from crm.incentives.models import MERGED, PAID_OUT, ClaimState
from crm.incentives.words import incentive_title
from crm.web.formatting import money_text

OVER = (ClaimState.REFUSED, ClaimState.WITHDRAWN)


def init_app(app: Flask) -> None:
    add_rule(app, "claim", claims)


def claims(kept: list[Row], gone: list[Row]) -> Ruling:
    """A claim that came to nothing makes room. Of one thing paid to both, both payments stay, the second under a cause of its
    own; where one of two is not paid, whoever merges takes it back first.
    """
    known = {_key(row): row for row in kept}
    left, forbidden, changed, told = [], [], {}, []
    for row in gone:
        other = known.get(_key(row))
        if other is None:
            continue
        if row["state"] in OVER:
            left.append(row["id"])
        elif other["state"] in OVER:
            changed[other["id"]] = _of_its_own(other)
        elif row["state"] in PAID_OUT and other["state"] in PAID_OUT:
            changed[row["id"]] = _of_its_own(row)
            told.append(_paid_twice(other, row))
        else:
            forbidden.append(_to_be_settled(other, row))
    return Ruling(left, forbidden, changed, told)


def _of_its_own(row: Row) -> dict[str, str]:
    return {"cause": f"{MERGED}{row['id']}"}


def _paid_twice(kept: Row, gone: Row) -> Remark:
    words = _(
        "两家都兑付过“%(incentive)s”（%(year)s 年度），共 %(sum)s。合并后两笔都留在保留的企业名下，已付的合计不变；同一年度只能享受一次，请核对，多付的追回。",
        incentive=incentive_title(gone["incentive"]),
        year=gone["year"],
        sum=money_text((kept["paid_amount"] or Decimal(0)) + (gone["paid_amount"] or Decimal(0))),
    )
    return Remark(words, [_kept(kept), _gone(gone)])


def _to_be_settled(kept: Row, gone: Row) -> Remark:
    said = {"incentive": incentive_title(gone["incentive"]), "year": gone["year"]}
    if kept["state"] not in PAID_OUT and gone["state"] not in PAID_OUT:
        words = _("两家都申领了“%(incentive)s”（%(year)s 年度），都还没有兑付。请先撤回其中一笔，再合并。", **said)
        return Remark(words, [_kept(kept), _gone(gone)])
    words = _(
        "“%(incentive)s”（%(year)s 年度）一家已经兑付，另一家也申领了。请先撤回没有兑付的这一笔，再合并。", **said
    )
    return Remark(words, [_gone(gone) if kept["state"] in PAID_OUT else _kept(kept)])


def _kept(row: Row) -> Page:
    return _("保留方的申领"), "incentives.claim", {"claim_id": row["id"]}


def _gone(row: Row) -> Page:
    return _("并入方的申领"), "incentives.claim", {"claim_id": row["id"]}


def _key(row: Row) -> tuple[str, int, str]:
    return row["incentive"], row["year"], row["cause"]
