"""All editions on file: loading them strictly, and choosing the one that is in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from crm.policy.language.edition import PURPOSES, Edition
from crm.policy.language.overlays import Contents, filled, overlaid
from crm.policy.language.parsing import parse_edition
from crm.policy.language.regions import covers, stem
from crm.policy.language.source import EditionError, Fault, Spec, parse_yaml, read_yaml
from crm.policy.text import Text, join
from crm.policy.vocabulary import RUNGS

PURPOSE_TITLES = {
    "new": Text("新申报", "a new title"),
    "review": Text("复核", "the review"),
    "annual": Text("年度更新", "the yearly update"),
}

DIRECTORY = Path(__file__).resolve().parents[3] / "seeds" / "policies"


class NoEdition(LookupError):
    """No edition fits what was asked; `text` says what there is, and the error itself by which ids (for commands)."""

    def __init__(self, text: Text, there: Sequence[Edition] = ()) -> None:
        names = f": {', '.join(edition.id for edition in there)}" if there else ""
        super().__init__(f"{text.zh} ({text.en}){names}")
        self.text = text


def load(directory: Path = DIRECTORY, extra: Mapping[str, str] | None = None) -> tuple[Edition, ...]:
    """Every edition under the directory, and those of `extra` (label → YAML text), checked together.

    Raises EditionError naming every fault of every file.
    """
    faults: list[Fault] = []
    contents: Contents = {}
    for file, content in (*files(directory, "*/*.yaml", faults), *_texts(extra or {}, faults)):
        name, rung = content.get("id"), content.get("rung")
        if name in contents:
            other = contents[str(name)][0]
            words = Text(f"{name} 已在 {other} 中，请改编号", f"{name} is already in {other}; change the id")
            faults.append(Fault(file, "id", words, other=other))
        elif rung is not None and file.count("/") and rung != file.split("/")[0] and "based_on" not in content:
            words = Text(f"应放在 {rung}/ 目录", f"belongs in the directory {rung}/")
            faults.append(Fault(file, "rung", words))
        else:
            contents[str(name)] = (file, content)
    found = [
        (file, edition)
        for file, content in contents.values()
        for edition in parse_file(file, content, contents, faults)
    ]
    found = _ended_with_their_base(_succeeded(found, contents, faults))
    faults += _overlaps(found)
    if faults:
        raise EditionError(list(dict.fromkeys(faults)))
    order = list(RUNGS)
    return tuple(
        sorted(
            (edition for _, edition in found),
            key=lambda e: (order.index(e.rung), e.since, PURPOSES.index(e.purpose), e.region or ""),
        )
    )


def files(directory: Path, pattern: str, faults: list[Fault]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The files under the directory that fit the pattern, by their path in it; one that cannot be read is a fault."""
    for path in sorted(directory.glob(pattern)):
        file = path.relative_to(directory).as_posix()
        try:
            yield file, read_yaml(path)
        except EditionError as error:
            faults += [Fault(file, fault.key, fault.text) for fault in error.faults]


def _texts(extra: Mapping[str, str], faults: list[Fault]) -> Iterable[tuple[str, dict[str, Any]]]:
    for label, text in extra.items():
        try:
            yield label, parse_yaml(text, label)
        except EditionError as error:
            faults += error.faults


@lru_cache(maxsize=1)
def editions() -> tuple[Edition, ...]:
    """Every edition of the house, read once."""
    return load()


def parse_file(file: str, content: dict[str, Any], contents: Contents, faults: list[Fault]) -> list[Edition]:
    """The editions of one file, one per purpose; faults are added to the list, and nothing returned where there are any."""
    before = len(faults)
    try:
        whole = overlaid(file, content, contents, faults)
        if whole is None:
            return []
        spec, parameters = filled(Spec(file, "", whole, faults))
    except (TypeError, AttributeError, KeyError) as error:
        Spec(file, "", content, faults).refuse(f"结构有误：{error}", f"wrong shape: {error}")
        return []
    result = []
    if (
        not isinstance(whole.get("criteria"), list)
        or not isinstance(whole.get("decision"), dict)
        or not whole.get("in_force")
    ):
        spec.refuse("需要 in_force、criteria 与 decision", "needs in_force, criteria and decision")
        return []
    for purpose, item in spec.need("in_force").entries():
        if purpose not in PURPOSES:
            item.refuse(f"用途应为 {'、'.join(PURPOSES)}", f"a purpose is {', '.join(PURPOSES)}")
            continue
        each = Spec(file, "", spec.value, faults)
        try:
            edition = parse_edition(each, whole, purpose, parameters)
            result.append(replace(edition, based_on=content.get("based_on")))
        except (TypeError, AttributeError, KeyError) as error:  # a shape so wrong that its parts cannot be asked for
            each.refuse(f"结构有误：{error}", f"wrong shape: {error}")
    return result if len(faults) == before else []


Found = list[tuple[str, Edition]]  # an edition with the file it stands in


def _succeeded(found: Found, contents: Contents, faults: list[Fault]) -> Found:
    """What a later edition `replaces` ends the day before it, for each purpose they share; the older file stays as it is."""
    result = dict(enumerate(found))
    for file, edition in found:
        older = [(index, e) for index, (_, e) in result.items() if e.name == edition.replaces]
        if edition.replaces is None or (not older and edition.replaces in contents):  # that file has faults of its own
            continue
        if wrong := _wrongly_replaced(edition, [e for _, e in older], found):
            faults.append(Fault(file, "replaces", wrong))
            continue
        for index, e in older:
            if e.purpose == edition.purpose:
                last = edition.since - timedelta(days=1)
                result[index] = (result[index][0], replace(e, until=min(e.until or date.max, last)))
    return list(result.values())


def _wrongly_replaced(edition: Edition, older: list[Edition], found: Found) -> Text | None:
    name = edition.replaces
    if not older:
        there = "、".join(dict.fromkeys(e.name for _, e in found if e.rung == edition.rung and e.name != edition.name))
        return Text(f"没有版本 {name}；现有：{there or '无'}", f"no edition {name}; there are: {there or 'none'}")
    if older[0].rung != edition.rung:
        return Text(f"{name} 属于 {older[0].rung}，请改", f"{name} belongs to {older[0].rung}; change it")
    if older[0].region != edition.region:
        return Text(
            f"{name} 的地区不同，只能取代同一地区的版本", f"{name} is for another region; replace one of the same"
        )
    mine = {e.purpose for _, e in found if e.name == edition.name}
    if not mine & {e.purpose for e in older}:
        return Text(f"与 {name} 没有共同的用途，请删去", f"shares no purpose with {name}; remove it")
    if any(e.purpose == edition.purpose and e.since >= edition.since for e in older):
        return Text(
            f"{name} 并不早于本版本（{edition.purpose}），请改起日或 replaces",
            f"{name} does not begin earlier ({edition.purpose}); change from or replaces",
        )
    return None


def _ended_with_their_base(found: Found) -> Found:
    """A region's overlay ends at the latest with the edition it is based on."""
    known = {(e.name, e.purpose): e for _, e in found}

    def last(edition: Edition) -> date | None:
        base = known.get((edition.based_on or "", edition.purpose))
        if base is None or base.region == edition.region:
            return edition.until
        return min((day for day in (edition.until, last(base)) if day is not None), default=None)

    return [(file, replace(edition, until=last(edition))) for file, edition in found]


def _overlaps(found: Found) -> Iterable[Fault]:
    """Two editions in force at once for one rung, region and purpose; the later one is to be mended."""
    by_date = sorted(found, key=lambda pair: pair[1].since)
    for index, (earlier, one) in enumerate(by_date):
        for file, other in by_date[index + 1 :]:
            same = (one.rung, one.region, one.purpose) == (other.rung, other.region, other.purpose)
            if same and other.since <= min(one.until or date.max, other.until or date.max):
                words = Text(
                    f"{other.id} 与 {one.id} 同时生效，请改施行的起止日，或写明它取代哪一版",
                    f"{other.id} is in force at the same time as {one.id}; change its days, or say which one it replaces",
                )
                yield Fault(file, "in_force", words, other=earlier)


def edition_for(
    rung: str, on: date, purpose: str = "new", region: str | None = None, among: Sequence[Edition] | None = None
) -> Edition:
    """The edition in force for a rung on a date; the region's own where it has one, else the national one. Raises NoEdition."""
    known = editions() if among is None else among
    fitting = [
        e for e in known if e.rung == rung and e.purpose == purpose and e.in_force(on) and covers(e.region, region)
    ]
    if fitting:
        return max(fitting, key=lambda e: len(stem(e.region)))
    there = [e for e in known if e.rung == rung and covers(e.region, region)]
    raise NoEdition(_none_then(there, on, purpose), there)


def _none_then(there: Sequence[Edition], on: date, purpose: str) -> Text:
    """No edition for the purpose on the day, and which purposes have one: of that day, else of any."""
    of_purpose = [e for e in there if e.purpose == purpose]
    zh, en = "没有", "no"
    if of_purpose and on < min(e.since for e in of_purpose):
        zh, en = "还没有", "not yet any"
    elif of_purpose and all(e.until is not None and e.until < on for e in of_purpose):
        zh, en = "已没有", "no longer any"
    shown = list(dict.fromkeys(_period(e) for e in there if e.in_force(on)) or dict.fromkeys(_period(e) for e in there))
    asked = PURPOSE_TITLES.get(purpose, Text(purpose, purpose))
    known = join(shown, "；", "; ") if shown else Text("无", "none")
    return Text(
        f"{_day(on)}{zh}“{asked.zh}”的认定条件；现有：{known.zh}",
        f"on {on} there are {en} criteria for “{asked.en}”; there are: {known.en}",
    )


def _period(edition: Edition) -> Text:
    title, since, until = PURPOSE_TITLES[edition.purpose], edition.since, edition.until
    return Text(
        f"{title.zh} {_day(since)}" + (f"至{_day(until)}" if until else "起"),
        f"{title.en} " + (f"{since} to {until}" if until else f"since {since}"),
    )


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def edition_named(name: str, purpose: str = "new", among: Sequence[Edition] | None = None) -> Edition:
    """The edition with this id; a file's id with a purpose other than new names that purpose's edition. Raises NoEdition."""
    known = {e.id: e for e in (editions() if among is None else among)}
    wanted = f"{name}.{purpose}" if purpose != "new" and f"{name}.{purpose}" in known else name
    if wanted in known:
        return known[wanted]
    names = ", ".join(known)
    raise NoEdition(Text(f"没有政策版本 {name}；现有：{names}", f"no edition {name}; there are: {names}"))
