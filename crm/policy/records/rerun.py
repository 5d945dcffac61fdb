"""Does a recorded assessment still come out the same? Judged again by the edition in the record, and by the one on file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from crm.policy.answers.assess import Assessment, evaluate
from crm.policy.facts import Facts
from crm.policy.language.edition import Edition
from crm.policy.language.library import editions
from crm.policy.language.source import EditionError
from crm.policy.records.record import PAGE, VERDICTS, checked, digests, edition_of, exact
from crm.policy.text import Text, as_json, join

ANSWERS = {
    "verdict": Text("结论", "verdict"),
    "value": Text("数值", "value"),
    "operator": Text("比较方式", "operator"),
    "threshold": Text("要求", "threshold"),
    "unit": Text("单位", "unit"),
    "score": Text("得分", "points"),
    "applies": Text("是否适用", "whether it applies"),
    "gap": Text("差距", "gap"),
    "missing": Text("缺少的数据", "missing facts"),
    "figures": Text("所用数据", "figures used"),
}  # of a clause; how it is worded, and how well its number is known, may change without changing the answer


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was recorded: `what` kind, `where` in the document, and both values."""

    what: str
    where: str
    recorded: Any
    now: Any
    text: Text

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "where": self.where,
            "recorded": _plain(self.recorded),
            "now": _plain(self.now),
            "text": self.text.zh,
            "text_en": self.text.en,
        }


@dataclass
class Rerun:
    """What came of judging a record again. `now` is by the recorded edition; `on_file` by the edition of that id on file
    today, where it is another one."""

    recorded: dict[str, Any]
    now: Assessment
    edition: Edition
    stated_hash: str
    on_file: Edition | None = None
    by_file: Assessment | None = None
    differences: list[Difference] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """The answer as `policy rerun` prints it."""
        by_file = self.by_file.as_json() if self.by_file else None
        now = self.now.as_json()
        return {
            "same": self.same,
            **{
                key: {
                    "recorded": _plain(self.recorded[key]),
                    "now": now[key],
                    **({"on_file": by_file[key]} if by_file else {}),
                }
                for key in ("verdict", "score")
            },
            "edition": {
                "id": self.edition.id,
                "recorded_hash": self.stated_hash,
                "file_hash": self.edition.hash,
                "on_file_hash": self.on_file.hash if self.on_file else None,
            },
            "differences": [difference.as_json() for difference in self.differences],
            "notes": [note.zh for note in self.notes],
        }


def rerun(document: Mapping[str, Any], among: Sequence[Edition] | None = None) -> Rerun:
    """Judge the record again, and name all that is not as recorded. `among` are the editions on file (by default those of
    this house). Raises RecordError for what is no record."""
    found = checked(document)
    edition = edition_of(found["edition"]["source"], found["purpose"])
    facts, on = Facts.from_document(found["facts"]), date.fromisoformat(found["on"])
    again = Rerun(found["result"], evaluate(edition, facts, on), edition, found["edition"]["hash"])
    again.differences += _altered(found)
    again.differences += _own_edition(found, edition)
    again.differences += _on_file(again, found, facts, on, among)
    again.differences += _answers(found["result"], again.now.as_json())
    return again


# --- what may differ ------------------------------------------------------------------------------------------------


def _altered(document: dict[str, Any]) -> Iterator[Difference]:
    """Sections that are not what their digest says."""
    for section, digest in digests(document).items():
        stated = document["digests"].get(section)
        if digest != stated:
            words = Text(
                f"“{section}”一节与导出时的校验码不符：导出之后被改动过",
                f"section “{section}” does not have the digest it was exported with: it was changed since",
            )
            yield Difference("altered", section, stated, digest, words)


def _own_edition(document: dict[str, Any], edition: Edition) -> Iterator[Difference]:
    stated, result = document["edition"], document["result"]
    if edition.hash != stated["hash"]:
        words = Text(
            f"文件所附版本 {stated['id']} 的内容与其内容校验码不符：版本内容或校验码被改动过",
            f"the edition {stated['id']} in the file does not have the hash it states: the edition or the hash was changed",
        )
        yield Difference("edition_hash", "edition.hash", stated["hash"], edition.hash, words)
    for where, said, is_now in (
        ("result.edition_hash", result["edition_hash"], edition.hash),
        ("edition.id", stated["id"], edition.id),
        ("result.edition", result["edition"], edition.id),
        ("rung", document["rung"], edition.rung),
        ("result.rung", result["rung"], edition.rung),
        ("result.purpose", result["purpose"], edition.purpose),
        ("result.on", result["on"], document["on"]),
    ):
        if said not in (is_now, stated["hash"]):  # a wrong hash was said above
            words = Text(f"{where} 写的是 {said}，应为 {is_now}", f"{where} says {said}, but it is {is_now}")
            yield Difference("heading", where, said, is_now, words)


def _on_file(
    again: Rerun, document: dict[str, Any], facts: Facts, on: date, among: Sequence[Edition] | None
) -> Iterator[Difference]:
    """Whether the edition of that id is still the same on file; where it is not, what it would say."""
    stated = document["edition"]
    try:
        known = editions() if among is None else among
    except EditionError as error:
        first = error.faults[0]
        words = Text(
            f"现有的版本文件有误，无法核对（{len(error.faults)} 处），例如 {first.file}：{first.key}：{first.text.zh}",
            f"the edition files cannot be read ({len(error.faults)} faults), for one {first.file}: {first.key}: {first.text.en}",
        )
        yield Difference("editions_on_file", "edition.id", stated["id"], [str(fault) for fault in error.faults], words)
        return
    again.on_file = next((edition for edition in known if edition.id == stated["id"]), None)
    if again.on_file is None and stated["origin"] == PAGE and among is None:
        again.notes.append(
            Text(
                f"版本 {stated['id']} 发布在系统页面上，不在版本文件之列；这里按文件所附的版本核对",
                f"edition {stated['id']} was published on a page and is not among the files; the one in the record is judged",
            )
        )
    elif again.on_file is None:
        words = Text(
            f"现有版本中已没有 {stated['id']}（或它已被停用）；这里按存档所附的版本核对",
            f"there is no edition {stated['id']} in use any more; the one in the record is judged",
        )
        yield Difference("edition_gone", "edition.id", stated["id"], None, words)
    elif again.on_file.hash != again.edition.hash:
        again.by_file = evaluate(again.on_file, facts, on)
        yield _changed_since(again, stated)


def _changed_since(again: Rerun, stated: dict[str, Any]) -> Difference:
    assert again.on_file is not None and again.by_file is not None
    before, after = VERDICTS[again.now.verdict], VERDICTS[again.by_file.verdict]
    changed = [
        difference.where.removeprefix("result.")
        for difference in _answers(again.now.as_json(), again.by_file.as_json())
        if difference.what == "criterion"
    ]
    zh = f"结果不同的条款：{'、'.join(changed)}" if changed else "各条结果没有不同"
    en = f"clauses that come out differently: {', '.join(changed)}" if changed else "no clause comes out differently"
    if again.on_file.hash == stated["hash"]:
        which = Text(
            f"记录所附的版本与版本文件 {stated['id']} 不同，而文件的内容校验码与记录所写一致：改动的是记录",
            f"the edition in the record is not the one on file ({stated['id']}), and the file has the hash that the record"
            " states: it is the record that was changed",
        )
    else:
        which = Text(
            f"版本文件 {stated['id']} 在存档之后被改动过",
            f"edition {stated['id']} on file was changed since the assessment was kept",
        )
    words = Text(
        f"{which.zh}。按记录所附的版本为“{before.zh}”，按现有的版本文件为“{after.zh}”；{zh}",
        f"{which.en}. By the edition in the record: {before.en}; by the one on file: {after.en}; {en}",
    )
    return Difference("edition_on_file", "edition.hash", stated["hash"], again.on_file.hash, words)


def _answers(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """The verdict, the score, the route, and each clause."""
    if recorded["verdict"] != now["verdict"]:
        before, after = VERDICTS[recorded["verdict"]], VERDICTS[now["verdict"]]
        words = Text(
            f"结论：存档为“{before.zh}”，重算为“{after.zh}”",
            f"verdict: recorded as {before.en}, now {after.en}",
        )
        yield Difference("verdict", "result.verdict", recorded["verdict"], now["verdict"], words)
    for key, title in (("score", Text("评分", "score")), ("route", Text("途径", "route"))):
        if exact(recorded[key]) != exact(now[key]):
            yield Difference(key, f"result.{key}", recorded[key], now[key], _both(title, recorded[key], now[key]))
    theirs = {criterion["id"]: criterion for criterion in recorded["criteria"]}
    ours = {criterion["id"]: criterion for criterion in now["criteria"]}
    for name in dict.fromkeys((*theirs, *ours)):
        where = f"result.criteria[{name}]"
        if name not in ours:
            words = Text(f"{name}：存档有这一条，版本中没有", f"{name}: recorded, but not a clause of the edition")
            yield Difference("criterion", where, theirs[name], None, words)
        elif name not in theirs:
            words = Text(f"{name}：版本有这一条，存档中没有", f"{name}: a clause of the edition, but not recorded")
            yield Difference("criterion", where, None, ours[name], words)
        elif found := _clause(name, where, theirs[name], ours[name]):
            yield found


def _clause(name: str, where: str, recorded: dict[str, Any], now: dict[str, Any]) -> Difference | None:
    before, after = _answer(recorded), _answer(now)
    keys = [key for key in ANSWERS if exact(before[key]) != exact(after[key])]
    if not keys:
        return None
    said = join([_both(ANSWERS[key], before[key], after[key]) for key in keys])
    words = Text(f"{name} {now['title']}：{said.zh}", f"{name}: {said.en}")
    return Difference("criterion", where, {k: before[k] for k in keys}, {k: after[k] for k in keys}, words)


def _answer(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """What a clause answers, without its wording; figures by their path."""
    answer = {key: criterion.get(key) for key in ANSWERS}
    gap, figures = criterion.get("gap"), criterion.get("figures")
    answer["gap"] = {key: gap.get(key) for key in ("amount", "unit")} if isinstance(gap, dict) else gap
    if isinstance(figures, list):
        answer["figures"] = {str(figure.get("path")): figure.get("value") for figure in figures}
    return answer


def _both(title: Text, recorded: Any, now: Any) -> Text:
    if isinstance(recorded, dict) and isinstance(now, dict):  # only what is not the same
        keys = [key for key in dict.fromkeys((*recorded, *now)) if exact(recorded.get(key)) != exact(now.get(key))]
        recorded, now = ({key: side.get(key) for key in keys} for side in (recorded, now))
    before, after = _shown(recorded), _shown(now)
    return Text(
        f"{title.zh}存档为 {before.zh}，重算为 {after.zh}", f"{title.en}: recorded as {before.en}, now {after.en}"
    )


def _shown(value: Any) -> Text:
    if value is None or value in ([], {}):
        return Text("无", "none")
    match value:
        case bool():
            return Text("是", "yes") if value else Text("否", "no")
        case str() if value in VERDICTS:
            return Text(f"“{VERDICTS[value].zh}”", VERDICTS[value].en)
        case dict():
            parts = [(key, _shown(item)) for key, item in value.items()]
            return Text("、".join(f"{k}={t.zh}" for k, t in parts), ", ".join(f"{k}={t.en}" for k, t in parts))
        case list():
            return join([_shown(item) for item in value], "、", ", ")
    return Text(str(_plain(value)), str(_plain(value)))


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return as_json(value) if isinstance(value, (Decimal, Fraction)) else value
