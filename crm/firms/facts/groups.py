"""The facts of a firm as a whole, in the groups a person fills in. Their titles and shapes are the policy engine's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.policy.text import Text
from crm.policy.vocabulary import CHOICES, EXPERT, LIST_TITLES, PROFILE, Key, Shape
from crm.web.formatting import UNKNOWN, day, number, percent
from crm.web.language import language

# Facts that are columns of the firm's profile.
_COLUMNS = ("registered_on", "tech_field", "industry")
_GROUPS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "standing",
        _l("主体与信用"),
        ("resident_cn", "state_controlled", "banned_products", "abnormal_list", "dishonest_list"),
    ),
    (
        "market",
        _l("主导产品与市场"),
        (
            "niche_years", "market_share", "domestic_rank", "market_leading", "key_chain_link", "six_bases",
            "strategic_industry", "upgrade_industry", "own_brand", "import_substitution",
        ),
    ),
    (
        "management",
        _l("管理与创新"),
        (
            "information_system", "digital_level", "management_certified", "quality_award", "internationally_leading",
            "state_award_contributor", "state_project_lead", "exclusive_licence",
        ),
    ),
    (
        "listing",
        _l("上市条件及其他"),
        (
            "market_value", "share_capital", "public_float", "public_shares", "offer_holders", "shareholders",
            "market_makers", "market_maker_placement", "bidding_volume", "innovation_layer_since", "governance_sound",
            "weighted_voting", "audit_unqualified", "management_stable", "controller_stable", "red_chip",
            "unprofitable_industry", "stage_results",
        ),
    ),
)  # fmt: skip
_CHOICE_TITLES = {"tech_sme_rd_route": Text("科技型中小企业研发投入口径", "R&D measure for technology-based SMEs")}
_CHOICE_WORDS = {
    "tech_sme_rd_route": {"sales": _l("按研发费用占销售收入的比例"), "cost": _l("按研发费用占成本费用的比例")}
}


@dataclass(frozen=True)
class FactGroup:
    """A group of facts: `keys` by the name under which they are stored, `words` of those that are a choice."""

    name: str
    title: Any
    keys: dict[str, Key]
    words: dict[str, dict[Any, Any]] = field(default_factory=dict)


def _groups() -> dict[str, FactGroup]:
    """The groups by name. Raises KeyError for a key the engine does not know."""
    groups = [FactGroup(name, title, {key: PROFILE[key] for key in keys}) for name, title, keys in _GROUPS]
    groups.append(FactGroup("expert", _l("专家评分"), {f"expert.{key}": item for key, item in EXPERT.items()}))
    choices = {f"choices.{key}": Key(key, _CHOICE_TITLES[key], Shape.TEXT, "", words) for key, words in CHOICES.items()}
    groups.append(FactGroup("choices", _l("测算口径"), choices, {f"choices.{k}": _CHOICE_WORDS[k] for k in CHOICES}))
    return {group.name: group for group in groups}


FACT_GROUPS = _groups()
FACT_KEYS = {key: item for group in FACT_GROUPS.values() for key, item in group.keys.items()}
_WORDS = {key: words for group in FACT_GROUPS.values() for key, words in group.words.items()}


def group_of(key: str) -> FactGroup | None:
    """The group in which a fact is entered."""
    return next((group for group in FACT_GROUPS.values() if key in group.keys), None)


def fact_title(key: str) -> str:
    """What a person calls the fact."""
    if key in FACT_KEYS:
        return FACT_KEYS[key].title[language()]
    return LIST_TITLES[key][language()] if key in LIST_TITLES else key


def fact_text(key: str, value: Any) -> Any:
    """A stored value as a person reads it, with its unit."""
    if key in LIST_TITLES and value == []:
        return _("没有")
    if value is None or key not in FACT_KEYS:
        return UNKNOWN if value is None else value
    item = FACT_KEYS[key]
    if isinstance(value, bool):
        return _("是") if value else _("否")
    match item.shape:
        case Shape.RATIO:
            return percent(Decimal(str(value)), 4)
        case Shape.DATE:
            return day(date.fromisoformat(value))
        case Shape.TEXT:
            return _WORDS.get(key, {}).get(value, value)
        case _:
            return f"{number(Decimal(str(value)), 6)} {unit_of(item)}".strip()


def unit_of(item: Key) -> str:
    """The unit as the form and the page write it."""
    units = {
        "万元": _("万元"), "年": _("年"), "名": _("名"), "级": _("级"), "分": _("分"), "人": _("人"), "家": _("家"),
        "万股": _("万股"), "比例": "%",
    }  # fmt: skip
    return units.get(item.unit, item.unit)
