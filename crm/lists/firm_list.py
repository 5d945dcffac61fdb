"""What the room offers the list of firms: every number of its pages opens its firms by one of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.firms.tabs import Badge
from crm.kernel.db import db
from crm.lists.models import ChainLink, CultivationChain, FirmList
from crm.lists.queries import LETTERS, at_chain, furthest, memberships_of_firm, standing_to_list, ways_along
from crm.lists.screening import NOBODY_KNOWS
from crm.lists.words import MEMBERS, SHOWN, STANDINGS
from crm.web.addresses import known_number
from crm.web.language import title_in

OUTSIDE = "outside"
NAMED = 3  # lists named in the badge


def filters() -> dict[str, Filter]:
    """`list=5` or `list=5.candidates`; `link=12.open`; `along=3.1`: the furthest link passed is the first, 0: none yet."""
    return {
        "list": Filter(_l("名单"), _list, _list_shown),
        "link": Filter(_l("培育链的环节"), _link, _link_shown),
        "along": Filter(_l("培育链"), _along, _along_shown),
    }


def _parts(value: str) -> tuple[int | None, str]:
    number, _dot, rest = value.partition(".")
    return known_number(number), rest


def _found(model: type[Any], value: str) -> tuple[Any, str]:
    number, rest = _parts(value)
    return (db.session.get(model, number) if number is not None else None), rest


def _list(value: str) -> ColumnElement[bool] | None:
    found, shown = _found(FirmList, value)
    if found is None or (shown or MEMBERS) not in SHOWN:
        return None
    return standing_to_list(found, shown or MEMBERS)


def _list_shown(value: str) -> Any:
    found, shown = _found(FirmList, value)
    return f"{title_in(found)} · {SHOWN[shown or MEMBERS]}"


def _link(value: str) -> ColumnElement[bool] | None:
    link, standing = _found(ChainLink, value)
    if link is None or standing not in LETTERS:
        return None
    place = [each.id for each in link.chain.links].index(link.id)
    size, letter = len(link.chain.links), LETTERS[standing]
    ways = ways_along(link.chain_id)
    return at_chain(link.chain_id, [way for way in ways if len(way) == size and way[place] == letter])


def _link_shown(value: str) -> Any:
    link, standing = _found(ChainLink, value)
    return f"{title_in(link)} · {STANDINGS[standing]}"


def _along(value: str) -> ColumnElement[bool] | None:
    chain, where = _found(CultivationChain, value)
    number = known_number(where)
    if chain is None or (where != OUTSIDE and (number is None or number > len(chain.links))):
        return None
    if where == OUTSIDE:
        return at_chain(chain.id, [NOBODY_KNOWS])
    size = len(chain.links)
    return at_chain(
        chain.id, [w for w in ways_along(chain.id) if w != NOBODY_KNOWS and len(w) == size and furthest(w) == number]
    )


def _along_shown(value: str) -> Any:
    chain, where = _found(CultivationChain, value)
    if where == OUTSIDE:
        return _("%(chain)s · 不知是否适用", chain=title_in(chain))
    number = int(where)
    if number == 0:
        return _("%(chain)s · 尚未起步", chain=title_in(chain))
    return _("%(chain)s · 已到“%(link)s”", chain=title_in(chain), link=title_in(chain.links[number - 1]))


def badges(firm: Firm) -> list[Badge]:
    """The lists that the firm is on today."""
    names: Sequence[str] = [title_in(each.firm_list) for each in memberships_of_firm(firm.id) if each.until is None]
    if not names:
        return []
    if len(names) <= NAMED:
        return [Badge(name, "accent", "list") for name in names]
    return [Badge(_("在 %(n)s 份名单上", n=len(names)), "accent", "list", _("、").join(names))]
