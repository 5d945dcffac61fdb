"""A rule of the house: a small tree of criteria without rung, document or dates of its own, read like an edition.

Lists, cultivation chains and other rooms keep such rules as text that an administrator edits.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from crm.policy.language.edition import Edition
from crm.policy.language.library import parse_file
from crm.policy.language.source import EditionError, Fault, parse_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

ALWAYS = date(1900, 1, 1)
PARTS = ("definitions", "criteria", "decision")


@lru_cache(maxsize=256)
def read_rule(name: str, text: str, document: str = "") -> Edition:
    """The rule as an edition that is always in force, of no rung: both readings take it. Raises EditionError with all faults.

    Without a `decision` every criterion is required. `document`: the number that its clauses rest on.
    """
    written = parse_yaml(text, name)
    faults = [
        Fault(
            name,
            str(key),
            Text(f"规则里只写 {'、'.join(PARTS)}，请删去", f"a rule has only {', '.join(PARTS)}; remove it"),
        )
        for key in written
        if key not in PARTS
    ]
    if not isinstance(written.get("criteria"), list) or not written["criteria"]:
        cure = Text(
            "至少写一条，每条含 id、title、article、certainty 和条件",
            "write at least one, with id, title, article, certainty and a test",
        )
        raise EditionError([*faults, Fault(name, "criteria", cure)])
    ids = [str(each["id"]) for each in written["criteria"] if isinstance(each, dict) and "id" in each]
    content: dict[str, Any] = {
        "id": name,
        "rung": next(iter(RUNGS)),  # an edition has one; a rule's is never asked
        "title": {"zh": name, "en": name},
        "document": {"number": document or name, "title": {"zh": name, "en": name}, "certainty": "confirmed"},
        "in_force": {"new": {"from": ALWAYS}},
        "decision": {"requires": ids},
        **{key: written[key] for key in PARTS if key in written},
    }
    found = parse_file(name, content, {}, faults)
    if faults:
        raise EditionError(list(dict.fromkeys(faults)))
    return found[0]
