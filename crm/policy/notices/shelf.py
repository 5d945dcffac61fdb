"""Reading the notices in `seeds/policies/<rung>/notices/`, as strictly as the editions."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from crm.policy.language.clauses import parse_test
from crm.policy.language.edition import CERTAINTIES, PURPOSES, fingerprint, tests_of
from crm.policy.language.library import DIRECTORY, files
from crm.policy.language.overlays import Contents
from crm.policy.language.parsing import UNSAID, parse_document, parse_papers, parse_region
from crm.policy.language.source import EditionError, Fault, Spec
from crm.policy.notices.notice import ACTORS, Note, Notice, Trigger, Window, notice_among
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

OWN = ("id", "rung", "title", "document", "purposes", "region", "in_force", "windows")
ADDED = ("site_checks", "papers", "notes")
CLOSES_SOON = timedelta(days=45)


def load_notices(directory: Path = DIRECTORY) -> tuple[Notice, ...]:
    """Every notice under the directory. Raises EditionError naming every fault of every file."""
    faults: list[Fault] = []
    contents: Contents = {}
    for file, content in files(directory, "*/notices/*.yaml", faults):
        name, rung = str(content.get("id")), file.partition("/")[0]
        if name in contents:
            other = contents[name][0]
            words = Text(f"{name} 已在 {other} 中，请改编号", f"{name} is already in {other}; change the id")
            faults.append(Fault(file, "id", words))
            continue
        if content.get("rung", rung) != rung:
            words = Text(
                f"应放在 {content['rung']}/notices/ 目录", f"belongs in the directory {content['rung']}/notices/"
            )
            faults.append(Fault(file, "rung", words))
        contents[name] = (file, content)
    found = []
    for file, content in contents.values():
        before = len(faults)
        spec = Spec(file, "", content, faults)
        try:
            notice = _notice(_overlaid(spec, contents), content.get("based_on"))
        except (TypeError, AttributeError, KeyError) as error:  # a shape so wrong that its parts cannot be asked for
            spec.refuse(f"结构有误：{error}", f"wrong shape: {error}")
        if len(faults) == before:
            found.append((file, notice))
    faults += _at_once(found)
    if faults:
        raise EditionError(list(dict.fromkeys(faults)))
    return tuple(notice for _, notice in sorted(found, key=lambda pair: (pair[1].since, pair[1].id)))


@lru_cache(maxsize=1)
def notices() -> tuple[Notice, ...]:
    """Every notice of the house, read once."""
    return load_notices()


def notice_for(rung: str, on: date, purpose: str = "new", region: str | None = None) -> Notice | None:
    """The notice on file that speaks for the rung on a date; the region's own before the national one."""
    return notice_among(notices(), rung, on, purpose, region)


def closing_window(
    rung: str, on: date, purpose: str = "new", region: str | None = None
) -> tuple[Notice, Window] | None:
    """The window for firms that closes soon, under the notice on file; it is open, or its first day was not announced."""
    notice = notice_for(rung, on, purpose, region)
    window = notice.window(on) if notice else None
    if notice is None or window is None or window.state(on) not in ("open", "due") or window.until > on + CLOSES_SOON:
        return None
    return notice, window


def regions_told(rung: str) -> frozenset[str | None]:
    """The regions whose notices on the rung are on file; None: the whole country. Elsewhere nothing else is told."""
    return frozenset(notice.region for notice in notices() if notice.rung == rung)


def _overlaid(spec: Spec, contents: Contents, above: tuple[str, ...] = ()) -> Spec:
    """A notice with what it does not say itself taken from the one it is `based_on`: its own windows, more checks and papers."""
    if "based_on" not in spec.value:
        return spec
    here = (*above, str(spec.value.get("id")))
    name = spec.need("based_on").text(contents, "notice")
    if name in here:
        spec.refuse("叠加互相引用，请改 based_on", "is based on itself; change based_on", "based_on")
    if name not in contents or name in here:
        return Spec(spec.file, "", {key: item for key, item in spec.value.items() if key != "based_on"}, spec.faults)
    file, content = contents[name]
    base = _overlaid(Spec(file, "", content, spec.faults), contents, here).value
    whole = deepcopy(base)
    if spec.has("document"):  # what is taken over still rests on the document it stands in
        for item in (item for key in (*ADDED, "windows") for item in whole.get(key, [])):
            item.setdefault("reference", base["document"]["number"])
    for key in OWN:
        if found := spec.get(key):
            whole[key] = found.value
    for key in ADDED:
        if found := spec.get(key):
            whole[key] = [*whole.get(key, []), *(item.value for item in found.items())]
    spec.close()
    return Spec(spec.file, "", whole, spec.faults)


def _notice(spec: Spec, based_on: str | None) -> Notice:
    purposes, region, force = spec.need("purposes"), spec.get("region"), spec.need("in_force")
    document = parse_document(spec.need("document"), force.value)
    since, until = force.need("from").day() or date.min, force.need("to").day() or date.max
    force.close()
    if until < since:
        force.refuse("止日早于起日", "ends before it begins", "to")
    notice = Notice(
        id=spec.need("id").text(),
        rung=spec.need("rung").text(RUNGS, "rung"),
        title=spec.need("title").bilingual(),
        document=document,
        purposes=purposes.texts(PURPOSES, "purpose"),
        region=parse_region(region) if region else None,
        since=since,
        until=until,
        windows=_windows(spec, document.number, since, until),
        site_checks=tuple(_trigger(item, document.number) for item in _items(spec, "site_checks")),
        papers=parse_papers(spec.get("papers"), document.number),
        notes=tuple(_note(item, document.number) for item in _items(spec, "notes")),
        based_on=based_on,
    )
    spec.close()
    return notice


def _items(spec: Spec, key: str) -> Iterable[Spec]:
    """The entries of a list, called by their id in faults; an id stands once."""
    seen: set[str] = set()
    for item in found.items() if (found := spec.get(key)) else ():
        if isinstance(item.value, dict) and isinstance(item.value.get("id"), str):
            item.path = f"{key}[{item.value['id']}]"
            if item.value["id"] in seen:
                item.refuse("编号重复，请改其中一个", "this id is used twice; change one", "id")
            seen.add(item.value["id"])
        yield item


def _windows(spec: Spec, number: str, since: date, until: date) -> tuple[Window, ...]:
    windows: list[Window] = []
    for item in found.items() if (found := spec.get("windows")) else ():
        window = _window(item, number)
        if window.since and window.until < window.since:
            item.refuse("止日早于起日", "ends before it begins", "to")
        elif (window.since or window.until) < since or window.until > until:
            item.refuse(
                f"不在通知所管的 {since} 至 {until} 内", f"lies outside {since} to {until}, the notice's days", "to"
            )
        for other in windows:
            if window.who == other.who == "firm" and _meet(window, other):
                item.refuse(
                    f"与“{other.title.zh}”时间重叠，请改起止日",
                    f"overlaps “{other.title.en}”; change from or to",
                    "from",
                )
        windows.append(window)
    return tuple(windows)


def _meet(one: Window, other: Window) -> bool:
    """Two batches of the same firm at once; without first days only equal last days are known to be."""
    if one.since is None or other.since is None:
        return one.until == other.until
    return max(one.since, other.since) <= min(one.until, other.until)


def _window(spec: Spec, number: str) -> Window:
    since, who = spec.get("from"), spec.get("who")
    title, certainty, note, source = _said(spec, number)
    first, last = since.day() if since else None, spec.need("to").day() or date.max
    actor = who.text(ACTORS, "actor") if who else ACTORS[0]
    spec.close()
    return Window(title, first, last, actor, certainty, note, fingerprint(source, "window", title.zh, first, last))


def _trigger(spec: Spec, number: str) -> Trigger:
    name = spec.need("id").text()
    title, certainty, note, source = _said(spec, number)
    test = parse_test(spec)
    if any(True for _ in tests_of(test)):
        spec.refuse(
            "通知里不能引用版本的条款，请直接写条件", "a notice cannot read an edition's criteria; write the test out"
        )
    said = {key: value for key, value in spec.value.items() if key not in UNSAID}
    return Trigger(name, title, test, certainty, note, fingerprint(source, "site_check", said))


def _note(spec: Spec, number: str) -> Note:
    name, text, reference = spec.need("id").text(), spec.need("text").bilingual(), spec.get("reference")
    certainty = spec.need("certainty").text(CERTAINTIES, "certainty")
    spec.close()
    return Note(name, text, certainty, fingerprint(reference.text() if reference else number, "note", text.zh))


def _said(spec: Spec, number: str) -> tuple[Text, str, Text | None, str]:
    """Title, certainty, note and the number of the document that says so."""
    note, reference = spec.get("note"), spec.get("reference")
    title, certainty = spec.need("title").bilingual(), spec.need("certainty").text(CERTAINTIES, "certainty")
    return title, certainty, note.bilingual() if note else None, reference.text() if reference else number


def _at_once(found: list[tuple[str, Notice]]) -> Iterable[Fault]:
    """Two notices that speak at once for one rung, region and purpose."""
    by_date = sorted(found, key=lambda pair: pair[1].since)
    for index, (_, one) in enumerate(by_date):
        for file, other in by_date[index + 1 :]:
            shared = set(one.purposes) & set(other.purposes)
            if (one.rung, one.region) == (other.rung, other.region) and shared and other.since <= one.until:
                words = Text(
                    f"与 {one.id} 同时有效，请改 in_force、region 或 purposes",
                    f"speaks at the same time as {one.id}; change in_force, region or purposes",
                )
                yield Fault(file, "in_force", words)
