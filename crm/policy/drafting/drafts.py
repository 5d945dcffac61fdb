"""Making a new edition out of one that is there: a successor, a region's overlay, and other numbers in either."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from fractions import Fraction
from typing import Any

from crm.policy.drafting.numbers import with_numbers

Content = dict[str, Any]


def successor(content: Content, name: str, since: date) -> Content:
    """A copy under another id that replaces it from a day on, for each of its purposes that is still open."""
    copy = deepcopy(content)
    copy.pop("based_on", None)
    open_still = [purpose for purpose, force in content["in_force"].items() if force.get("to") is None]
    purposes = open_still or list(content["in_force"])
    head = {"id": name, "rung": content["rung"], "title": copy["title"], "document": copy["document"]}
    force = {purpose: {"from": since} for purpose in purposes}
    head |= {"replaces": content["id"], "in_force": force}
    return head | {key: value for key, value in copy.items() if key not in head}


def overlay(content: Content, name: str, region: str, since: date) -> Content:
    """A region's own edition on top of another: only what differs is written, so far nothing but whose it is and from when."""
    purposes = [purpose for purpose, force in content["in_force"].items() if force.get("to") is None]
    return {
        "id": name,
        "based_on": content["id"],
        "region": region,
        "title": deepcopy(content["title"]),
        "document": deepcopy(content["document"]),
        "in_force": {purpose: {"from": since} for purpose in purposes or content["in_force"]},
    }


def change_numbers(own: Content, base: Content | None, whole: Content, numbers: Mapping[str, Fraction]) -> Content:
    """An edition's own content with other numbers; `whole` is it with its `base` where it has one.

    An overlay keeps to what differs: a number set back to the base's leaves it again.
    """
    if base is None:
        return with_numbers(own, numbers)
    wanted = with_numbers(whole, numbers)
    result = deepcopy(own)
    for kind in ("definitions", "parameters"):
        theirs, now, then = ((each.get(kind) or {}) for each in (base, whole, wanted))
        mine = {**(own.get(kind) or {}), **{name: item for name, item in then.items() if item != now.get(name)}}
        kept = {name: item for name, item in mine.items() if _bare(item) != _bare(theirs.get(name))}
        result.pop(kind, None)
        if kept:
            result[kind] = kept
    known = {str(item["id"]): item for item in base["criteria"]}
    change: Content = deepcopy(own.get("change") or {})
    for before, after in zip(whole["criteria"], wanted["criteria"], strict=True):
        name = str(before["id"])
        if name in known:
            moved = {key: value for key, value in after.items() if value != before.get(key)}
            change[name] = {**change.get(name, {}), **moved}
            for key in [key for key in moved if known[name].get(key) == change[name][key]]:
                del change[name][key]
    result["change"] = {name: items for name, items in change.items() if items}
    if not result["change"]:
        del result["change"]
    added = {str(item["id"]): item for item in wanted["criteria"] if str(item["id"]) not in known}
    if "add" in result:
        result["add"] = [added.get(str(item["id"]), item) for item in result["add"]]
    return result


def _bare(item: Any) -> Any:
    """A parameter without the document it stands in, which an overlay writes beside what it takes over."""
    return {key: value for key, value in item.items() if key != "reference"} if isinstance(item, dict) else item
