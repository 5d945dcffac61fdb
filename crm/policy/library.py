"""All editions on file: loading them strictly, and choosing the one that is in force."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from crm.policy.edition import PURPOSES, Edition, parse_edition
from crm.policy.source import EditionError, Fault, Spec, read_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

DIRECTORY = Path(__file__).resolve().parents[2] / "seeds" / "policies"


class NoEdition(LookupError):
    """No edition fits what was asked; `text` says what there is."""

    def __init__(self, text: Text) -> None:
        super().__init__(f"{text.zh} ({text.en})")
        self.text = text


def load(directory: Path = DIRECTORY) -> tuple[Edition, ...]:
    """Every edition under the directory. Raises EditionError naming every fault of every file."""
    faults: list[Fault] = []
    contents: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in sorted(directory.glob("*/*.yaml")):
        file = f"{path.parent.name}/{path.name}"
        try:
            content = read_yaml(path)
        except EditionError as error:
            faults += [Fault(file, fault.key, fault.text) for fault in error.faults]
            continue
        name = content.get("id")
        if name in contents:
            faults.append(
                Fault(
                    file,
                    "id",
                    Text(
                        f"{name} 已在 {contents[name][0]} 中，请改编号",
                        f"{name} is already in {contents[name][0]}; change the id",
                    ),
                )
            )
        elif content.get("rung") not in (None, path.parent.name) and "based_on" not in content:
            faults.append(
                Fault(
                    file,
                    "rung",
                    Text(f"应放在 {content['rung']}/ 目录", f"belongs in the directory {content['rung']}/"),
                )
            )
        else:
            contents[str(name)] = (file, content)
    result = [edition for file, content in contents.values() for edition in parse_file(file, content, contents, faults)]
    faults += _overlaps(result)
    if faults:
        raise EditionError(list(dict.fromkeys(faults)))
    return tuple(
        sorted(result, key=lambda e: (list(RUNGS).index(e.rung), e.since, PURPOSES.index(e.purpose), e.region or ""))
    )


@lru_cache(maxsize=1)
def editions() -> tuple[Edition, ...]:
    """Every edition of the house, read once."""
    return load()


def parse_file(
    file: str, content: dict[str, Any], contents: dict[str, tuple[str, dict[str, Any]]], faults: list[Fault]
) -> list[Edition]:
    """The editions of one file, one per purpose; faults are added to the list, and nothing returned where there are any."""
    before = len(faults)
    whole = _overlaid(file, content, contents, faults)
    if whole is None:
        return []
    filled, parameters = _filled(Spec(file, "", whole, faults))
    force = filled.get("in_force")
    result = []
    if not isinstance(whole.get("criteria"), list) or not isinstance(whole.get("decision"), dict) or force is None:
        filled.refuse("需要 in_force、criteria 与 decision", "needs in_force, criteria and decision")
        return []
    for purpose, item in force.entries():
        if purpose not in PURPOSES:
            item.refuse(f"用途应为 {'、'.join(PURPOSES)}", f"a purpose is {', '.join(PURPOSES)}")
            continue
        spec = Spec(file, "", filled.value, faults)
        try:
            result.append(parse_edition(spec, whole, purpose, parameters))
        except (TypeError, AttributeError, KeyError) as error:  # a shape so wrong that its parts cannot be asked for
            spec.refuse(f"结构有误：{error}", f"wrong shape: {error}")
    return result if len(faults) == before else []


def _overlaid(
    file: str, content: dict[str, Any], contents: dict[str, tuple[str, dict[str, Any]]], faults: list[Fault]
) -> dict[str, Any] | None:
    """A regional edition with what it does not change taken from the edition it is `based_on`."""
    if "based_on" not in content:
        return content
    spec = Spec(file, "", content, faults)
    base_id = spec.need("based_on").text(contents, "edition")
    if base_id not in contents or base_id == content.get("id"):
        return None
    base = _overlaid(*contents[base_id], contents, faults)
    if base is None:
        return None
    whole = deepcopy(base)
    for key in ("id", "title", "document", "region", "in_force", "decision", "score", "note", "rung"):
        if found := spec.get(key):
            whole[key] = found.value
    for key in ("parameters", "definitions"):
        if found := spec.get(key):
            whole[key] = {**whole.get(key, {}), **found.value}
    criteria = {str(item.get("id")): item for item in whole["criteria"] if isinstance(item, dict)}
    for name, change in changes.entries() if (changes := spec.get("change")) else ():
        if name not in criteria:
            change.refuse(f"{base_id} 没有 {name}", f"{base_id} has no {name}")
        else:
            criteria[name].update(change.value)
    removed = found.texts(criteria, "criterion") if (found := spec.get("remove")) else ()
    added = [item.value for item in found.items()] if (found := spec.get("add")) else []
    whole["criteria"] = [item for name, item in criteria.items() if name not in removed] + added
    whole["decision"] = _without(whole["decision"], set(removed))
    required = found.texts() if (found := spec.get("require")) else ()
    whole["decision"]["requires"] = [*whole["decision"].get("requires", []), *required]
    spec.close()
    return whole


def _without(decision: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    kept = deepcopy(decision)
    kept["requires"] = [name for name in kept.get("requires", []) if name not in removed]
    for group in kept.get("alternatives", []):
        for option in group:
            option["needs"] = [name for name in option["needs"] if name not in removed]
    return kept


def _filled(spec: Spec) -> tuple[Spec, dict[str, str]]:
    """The file with `{use: …}` replaced by its definition and `{parameter: …}` by what its default stands for."""
    chosen: dict[str, str] = {}
    options: dict[str, Any] = {}
    for name, item in found.entries() if (found := spec.get("parameters")) else ():
        item.need("title").bilingual()
        choices = item.need("options")
        default = item.need("default").text(choices.value if isinstance(choices.value, dict) else (), "option")
        certainty = item.get("certainty")
        if certainty:
            certainty.text(("uncertain", "general", "secondary", "reposted", "confirmed"), "certainty")
        item.close()
        chosen[name] = default
        options[name] = choices.value.get(default) if isinstance(choices.value, dict) else None
    definitions = found.value if (found := spec.get("definitions")) and isinstance(found.value, dict) else {}
    used: set[tuple[str, str]] = set()

    def fill(value: Any, path: Spec, depth: int = 0) -> Any:
        if depth > 50:
            path.refuse("定义互相引用", "definitions refer to each other in a circle")
            return None
        if isinstance(value, list):
            return [fill(item, path.below(index, item), depth + 1) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        for keyword, source in (("use", definitions), ("parameter", options)):
            if keyword in value and len(value) == 1:
                name = path.need(keyword).text(source, keyword if keyword == "parameter" else "definition")
                used.add((keyword, name))
                return fill(source.get(name), path, depth + 1)
        return {key: fill(item, path.below(key, item), depth + 1) for key, item in value.items()}

    skip = {"parameters", "definitions"}
    whole = {key: item if key in skip else fill(item, spec.below(key, item)) for key, item in spec.value.items()}
    for keyword, source in (("use", definitions), ("parameter", options)):
        for name in source:
            if (keyword, name) not in used and not any(
                (keyword, name) in _uses(definition) for definition in definitions.values()
            ):
                spec.refuse(
                    "没有被使用，请删去",
                    "is used nowhere; remove it",
                    f"{'definitions' if keyword == 'use' else 'parameters'}.{name}",
                )
    return Spec(spec.file, "", whole, spec.faults), chosen


def _uses(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, list):
        return {pair for item in value for pair in _uses(item)}
    if not isinstance(value, dict):
        return set()
    here = {(key, value[key]) for key in ("use", "parameter") if isinstance(value.get(key), str)}
    return here | {pair for item in value.values() for pair in _uses(item)}


def _overlaps(found: Sequence[Edition]) -> Iterable[Fault]:
    """Two editions in force at once for one rung, region and purpose."""
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            same = (one.rung, one.region, one.purpose) == (other.rung, other.region, other.purpose)
            if same and max(one.since, other.since) <= min(one.until or date.max, other.until or date.max):
                words = Text(
                    f"与 {other.id} 同时生效（{one.purpose}），请改起止日",
                    f"in force at the same time as {other.id} ({one.purpose}); change from or to",
                )
                yield Fault(f"{one.rung}/{one.id}", "in_force", words)


def edition_for(
    rung: str, on: date, purpose: str = "new", region: str | None = None, among: Sequence[Edition] | None = None
) -> Edition:
    """The edition in force for a rung on a date; the region's own where it has one, else the national one. Raises NoEdition."""
    known = editions() if among is None else among
    fitting = [
        e for e in known if e.rung == rung and e.purpose == purpose and e.in_force(on) and _covers(e.region, region)
    ]
    if fitting:
        return max(fitting, key=lambda e: len(_stem(e.region)))
    there = [e for e in known if e.rung == rung]
    names = "; ".join(
        f"{e.id} ({e.purpose}, {e.since}–{e.until or ''}{', ' + e.region if e.region else ''})" for e in there
    )
    raise NoEdition(
        Text(
            f"{rung} 在 {on} 没有用途为 {purpose} 的政策版本；现有：{names or '无'}",
            f"no edition of {rung} for purpose {purpose} on {on}; there are: {names or 'none'}",
        )
    )


def edition_named(name: str, purpose: str = "new", among: Sequence[Edition] | None = None) -> Edition:
    """The edition with this id; a file's id with a purpose other than new names that purpose's edition. Raises NoEdition."""
    known = {e.id: e for e in (editions() if among is None else among)}
    wanted = f"{name}.{purpose}" if purpose != "new" and f"{name}.{purpose}" in known else name
    if wanted in known:
        return known[wanted]
    names = ", ".join(known)
    raise NoEdition(Text(f"没有政策版本 {name}；现有：{names}", f"no edition {name}; there are: {names}"))


def _stem(region: str | None) -> str:
    """The significant digits of a division code: 430000 → 43, 430900 → 4309."""
    stem = region or ""
    while stem.endswith("00"):
        stem = stem[:-2]
    return stem


def _covers(edition_region: str | None, region: str | None) -> bool:
    return edition_region is None or (region is not None and region.startswith(_stem(edition_region)))
