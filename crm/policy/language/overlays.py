"""The whole content of an edition file: what an overlay takes from its base, definitions and parameters filled in."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from crm.policy.language.edition import CERTAINTIES, Parameter, fingerprint
from crm.policy.language.source import Fault, Spec

Contents = dict[str, tuple[str, dict[str, Any]]]  # an edition's id → its file and what is written there

BESIDE = frozenset({"title", "article", "note", "purposes", "reference"})  # keys of a clause that ask nothing
OWN = ("id", "title", "document", "region", "in_force", "decision", "score", "note", "rung", "replaces")


def overlaid(
    file: str, content: dict[str, Any], contents: Contents, faults: list[Fault], above: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """The content, with what it does not change taken from the edition it is `based_on`; None where that is not to be had."""
    if "based_on" not in content:
        return content
    spec = Spec(file, "", content, faults)
    base_id = spec.need("based_on").text(contents, "edition")
    here = (*above, str(content.get("id")))
    if base_id in here:
        spec.refuse("叠加互相引用，请改 based_on", "is based on itself; change based_on", "based_on")
    if base_id not in contents or base_id in here:
        return None
    base = overlaid(*contents[base_id], contents, faults, here)
    if base is None or not isinstance(base.get("criteria"), list) or not isinstance(base.get("decision"), dict):
        return None
    whole = deepcopy(base)
    whole.pop("replaces", None)
    if spec.has("region") and spec.has("document"):
        _keep_source(whole)
    for key in OWN:
        if found := spec.get(key):
            whole[key] = found.value
    for key in ("parameters", "definitions"):
        found = spec.get(key)
        if found and isinstance(found.value, dict):
            whole[key] = {**whole.get(key, {}), **found.value}
        elif found:
            found.refuse("应为“键: 值”", "must be a mapping of keys to values")
    if papers := spec.get("papers"):
        whole["papers"] = [*whole.get("papers", []), *(item.value for item in papers.items())]
    _change_criteria(spec, whole, base_id)
    required = found.texts() if (found := spec.get("require")) else ()
    whole["decision"]["requires"] = [*whole["decision"].get("requires", []), *required]
    spec.close()
    return whole


def _keep_source(whole: dict[str, Any]) -> None:
    """What a region takes over still rests on the document it stands in, not on the region's own."""
    document = whole.get("document")
    number = document.get("number") if isinstance(document, dict) else None
    for item in (*whole["criteria"], *whole.get("papers", []), *whole.get("parameters", {}).values()):
        if isinstance(item, dict):
            item.setdefault("reference", number)


def _change_criteria(spec: Spec, whole: dict[str, Any], base_id: str) -> None:
    """`change`, `remove` and `add`. An id may stand several times, once a purpose; a change holds for each of them."""
    written = [item for item in whole["criteria"] if isinstance(item, dict)]
    names = {str(item.get("id")) for item in written}
    regional = spec.has("region") and spec.has("document")
    for name, change in changes.entries() if (changes := spec.get("change")) else ():
        if name not in names:
            change.refuse(f"{base_id} 没有 {name}", f"{base_id} has no {name}")
        elif not isinstance(change.value, dict):
            change.refuse("应为“键: 值”", "must be a mapping of keys to values")
        for item in written if isinstance(change.value, dict) else ():
            if str(item.get("id")) == name:
                if regional:
                    item.pop("reference", None)
                item.update(change.value)
                if "certainty" not in change.value and not BESIDE.issuperset(change.value):
                    item["certainty"] = "uncertain"  # how well the base knows its number says nothing of this one
                for key in [key for key, value in item.items() if value is None]:
                    del item[key]
    removed = set(found.texts(names, "criterion") if (found := spec.get("remove")) else ())
    added = [item.value for item in found.items()] if (found := spec.get("add")) else []
    whole["criteria"] = [item for item in written if str(item.get("id")) not in removed] + added
    whole["decision"] = _without(whole["decision"], removed)


def _without(decision: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    kept = deepcopy(decision)
    kept["requires"] = [name for name in kept.get("requires", []) if name not in removed]
    for group in kept.get("alternatives", []):
        for option in group:
            option["needs"] = [name for name in option["needs"] if name not in removed]
    return kept


def filled(spec: Spec) -> tuple[Spec, tuple[Parameter, ...]]:
    """The file with `{use: …}` replaced by its definition and `{parameter: …}` by what its default stands for."""
    parameters: list[Parameter] = []
    options: dict[str, Any] = {}
    for name, item in found.entries() if (found := spec.get("parameters")) else ():
        parameters.append(_parameter(name, item, spec))
        choices = item.value.get("options") if isinstance(item.value, dict) else None
        options[name] = choices.get(parameters[-1].chosen) if isinstance(choices, dict) else None
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
            if (keyword, name) not in used and not any((keyword, name) in _uses(d) for d in definitions.values()):
                spec.refuse(
                    "没有被使用，请删去",
                    "is used nowhere; remove it",
                    f"{'definitions' if keyword == 'use' else 'parameters'}.{name}",
                )
    return Spec(spec.file, "", whole, spec.faults), tuple(parameters)


def _parameter(name: str, item: Spec, spec: Spec) -> Parameter:
    title = item.need("title").bilingual()
    choices = item.need("options")
    chosen = item.need("default").text(choices.value if isinstance(choices.value, dict) else (), "option")
    reference, reading, certainty = item.get("reference"), item.get("reading"), item.get("certainty")
    document = spec.value.get("document")
    number = reference.text() if reference else document.get("number") if isinstance(document, dict) else None
    parameter = Parameter(
        name=name,
        title=title,
        certainty=certainty.text(CERTAINTIES, "certainty") if certainty else "uncertain",
        chosen=chosen,
        reading=reading.bilingual() if reading else None,
        fingerprint=fingerprint(number, "parameter", name, chosen, choices.value),
    )
    item.close()
    return parameter


def used_parameters(value: Any, definitions: dict[str, Any]) -> Iterator[str]:
    """The names of the parameters a piece of a file needs, also through the definitions it uses."""
    waiting, seen = _uses(value), set[tuple[str, str]]()
    while waiting:
        keyword, name = waiting.pop()
        if (keyword, name) in seen:
            continue
        seen.add((keyword, name))
        if keyword == "parameter":
            yield name
        else:
            waiting |= _uses(definitions.get(name))


def _uses(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, list):
        return {pair for item in value for pair in _uses(item)}
    if not isinstance(value, dict):
        return set()
    here = {(key, value[key]) for key in ("use", "parameter") if isinstance(value.get(key), str)}
    return here | {pair for item in value.values() for pair in _uses(item)}
