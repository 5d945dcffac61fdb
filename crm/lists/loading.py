"""The lists and chains that ship, from `seeds/lists`. Loading again adds new ones and changes nothing that a person edited."""

from __future__ import annotations

from typing import Any

import yaml
from sqlalchemy import insert, select

from crm.firms.reference import FOLDER
from crm.kernel.db import db
from crm.lists.models import ChainLink, CultivationChain, FirmList

SEEDS = FOLDER.parent / "lists"


def load_lists() -> None:
    """Bring the shipped lists and chains into the database."""
    known = set(db.session.scalars(select(FirmList.key)))
    new = [
        {**_row(each, place), "quota": each.get("quota"), "rule": each.get("rule")}
        for place, each in enumerate(_entries("lists"))
        if each["key"] not in known
    ]
    if new:
        db.session.execute(insert(FirmList), new)
    known = set(db.session.scalars(select(CultivationChain.key)))
    for place, each in enumerate(_entries("chains")):
        if each["key"] in known:
            continue
        row = {**_row(each, place), "rule": each.get("rule")}
        chain_id = db.session.execute(insert(CultivationChain).values(row).returning(CultivationChain.id)).scalar_one()
        links = [
            {
                "chain_id": chain_id,
                "key": link["key"],
                "title": link["title"]["zh"],
                "title_en": link["title"]["en"],
                "rule": link["rule"],
                "place": number,
            }
            for number, link in enumerate(each["links"])
        ]
        db.session.execute(insert(ChainLink), links)


def _entries(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((SEEDS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def _row(each: dict[str, Any], place: int) -> dict[str, Any]:
    return {
        "key": each["key"],
        "title": each["title"]["zh"],
        "title_en": each["title"]["en"],
        "document_number": each.get("document"),
        "place": place,
        "disabled": False,
        "version": 1,
    }
