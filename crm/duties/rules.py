"""The rules of seeds/reference/duties.yaml: what each title asks, by which document, from when to when. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from crm.policy.language.edition import CERTAINTIES, fingerprint
from crm.policy.language.source import EditionError, Spec, parse_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import RUNGS

FILE = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "duties.yaml"
LONGEST_DUTY = 40  # characters of `duty_record.duty`
ENDLESS = date(9999, 12, 31)
LONGEST_TERM = 36  # months; what was due in an earlier term counts no more
HOLDERS = tuple(rung for rung in RUNGS if not rung.startswith("listed_"))


class Kind(StrEnum):
    YEARLY = "yearly"
    CHANGE = "change"
    RENEWAL = "renewal"


# What each kind needs to know of its date.
DATES = {Kind.YEARLY: "due", Kind.CHANGE: "within_months", Kind.RENEWAL: "term_months"}


@dataclass(frozen=True)
class LossWarning:
    """What is said when one more miss loses the title, and when it is lost."""

    one_left: Text
    reached: Text


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One duty as one document has it. `months`: of a change how long there is, of a renewal the lawful term."""

    id: str
    duty: str
    kind: Kind
    rungs: tuple[str, ...]
    title: Text
    document: str
    document_title: Text
    article: str
    source: str
    certainty: str
    since: date
    until: date | None
    notice_months: tuple[int, ...]
    consequence: Text
    due: tuple[int, int] | None = None
    months: int = 0
    loses_after: int | None = None
    warning: LossWarning | None = None

    @cached_property
    def fingerprint(self) -> str:
        """What a person confirms, as a key: all that the rule says."""
        says = (self.duty, self.rungs, self.title.zh, self.article, self.since, self.until, self.due, self.months)
        return fingerprint(self.document, "duty", *map(str, says), str(self.loses_after), self.consequence.zh)

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


def duty_name(rung: str, duty: str) -> str:
    """What a record calls the duty of a rung: `hte.annual_report`."""
    return f"{rung}.{duty}"


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the house. Raises EditionError, naming each fault of the file with its key and cure."""
    return parse(FILE.read_text(encoding="utf-8"), FILE.name)


def rule_for(name: str, due_on: date) -> Rule | None:
    """The rule by which the duty (`hte.annual_report`) is due on that day; None where there is none."""
    rung, _, duty = name.partition(".")
    return next((rule for rule in rules() if rule.duty == duty and rung in rule.rungs and rule.in_force(due_on)), None)


@cache
def term_of(rung: str) -> int:
    """The lawful term of a rung's title in months."""
    return next(rule.months for rule in rules() if rule.kind is Kind.RENEWAL and rung in rule.rungs)


def due_days(rule: Rule, since: date, until: date) -> list[date]:
    """The days of a span on which a yearly rule is due, both ends included."""
    if rule.due is None:
        return []
    first, last = max(since, rule.since), min(until, rule.until or ENDLESS)
    days = (date(year, *rule.due) for year in range(first.year, last.year + 1))
    return [day for day in days if first <= day <= last]


# --- months --------------------------------------------------------------------------------------------------------


def months_later(day: date, months: int) -> date:
    """The same day so many months later (or earlier, below zero); the last day of a month that has no such day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_announced(on: date, months: int) -> list[date]:
    """The due dates whose notice `months` ahead falls on the day: usually one, none or several at the ends of months."""
    first = months_later(on, months)
    candidates = (first + timedelta(days=days) for days in range(-1, 4))
    return [day for day in candidates if months_later(day, -months) == on]


# --- reading -------------------------------------------------------------------------------------------------------


def parse(text: str, name: str) -> tuple[Rule, ...]:
    """The rules of a file. Raises EditionError with every fault it has."""
    faults: list = []
    whole = Spec(name, "", parse_yaml(text, name), faults)
    documents = {key: _document(spec) for key, spec in whole.need("documents").entries()}
    found = [_rule(key, spec, documents) for key, spec in whole.need("rules").entries()]
    whole.close()
    if not faults:
        _refuse_two_at_once(whole, found)
    if faults:
        raise EditionError(faults)
    return tuple(found)


def _document(spec: Spec) -> tuple[str, Text]:
    number, title = spec.need("number").text(), spec.need("title").bilingual()
    spec.close()
    return number, title


def _rule(key: str, spec: Spec, documents: Mapping[str, tuple[str, Text]]) -> Rule:
    kind = spec.need("kind").text([kind.value for kind in Kind], "kind")
    rungs = spec.need("rungs").texts(HOLDERS, "rung")
    duty = _duty(spec.need("duty"), rungs)
    force = spec.need("in_force")
    since, until = force.need("from").day(), _read(force.get("to"), Spec.day)
    force.close()
    if since is not None and until is not None and until < since:
        force.refuse("结束日早于开始日，请核对", "ends before it begins; check the dates")
    document = spec.need("document").text(documents, "document")
    rule = Rule(
        id=key,
        duty=duty,
        kind=Kind(kind) if kind in list(Kind) else Kind.YEARLY,
        rungs=rungs,
        title=spec.need("title").bilingual(),
        document=documents.get(document, ("", Text("", "")))[0],
        document_title=documents.get(document, ("", Text("", "")))[1],
        article=spec.need("article").text(),
        source=spec.need("source").text(),
        certainty=spec.need("certainty").text(CERTAINTIES, "certainty"),
        since=since or date.min,
        until=until,
        notice_months=_notice(spec.need("notice_months")),
        consequence=spec.need("consequence").bilingual(),
        **_dates(spec, kind),
        **_loss(spec),
    )
    spec.close()
    return rule


def _read(spec: Spec | None, reader: Callable[[Spec], Any]) -> Any:
    return None if spec is None else reader(spec)


def _duty(spec: Spec, rungs: tuple[str, ...]) -> str:
    duty = spec.text()
    if any(len(duty_name(rung, duty)) > LONGEST_DUTY for rung in rungs):
        spec.refuse(f"连同阶梯名最多 {LONGEST_DUTY} 个字符", f"at most {LONGEST_DUTY} characters with its rung")
    return duty


def _notice(spec: Spec) -> tuple[int, ...]:
    months = tuple(item.whole() for item in spec.items())
    if not months or any(after >= before for before, after in pairwise(months)) or months[-1] < 1:
        spec.refuse(
            "应为由大到小的月数，例如 [12, 6, 3, 1]", "must be months, the longest first, such as [12, 6, 3, 1]"
        )
    return months


def _dates(spec: Spec, kind: str) -> dict[str, Any]:
    """The date a kind needs; those of other kinds stay unasked, and so are refused as unknown."""
    if kind not in list(Kind):
        return {}
    key = DATES[Kind(kind)]
    asked = spec.need(key)
    if key != "due":
        months = asked.whole()
        if asked.value is not None and months < 1:
            asked.refuse("应为至少 1 个月", "must be at least one month")
        return {"months": months}
    month, day = asked.need("month").whole(), asked.need("day").whole()
    asked.close()
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2025, month)[1]:
        asked.refuse("没有这一天，请写每年都有的月和日", "no such day; give a month and day that every year has")
    return {"due": (month, day)}


def _loss(spec: Spec) -> dict[str, Any]:
    times, warning = spec.get("loses_after"), spec.get("warning")
    if (times is None) != (warning is None):
        spec.refuse("loses_after 与 warning 要一起写", "loses_after and warning go together", "loses_after")
    if times is None or warning is None:
        return {}
    if times.whole() < 1:
        times.refuse("应为至少 1 次", "must be at least once")
    found = LossWarning(warning.need("one_left").bilingual(), warning.need("reached").bilingual())
    warning.close()
    return {"loses_after": times.whole(), "warning": found}


def _refuse_two_at_once(whole: Spec, found: list[Rule]) -> None:
    """One duty of one rung follows one rule on any day, and is of one kind."""
    for first, second in combinations(found, 2):
        if first.duty != second.duty or not set(first.rungs) & set(second.rungs):
            continue
        if first.kind is not second.kind:
            whole.refuse(f"与 {first.id} 是同一义务，类别却不同", f"same duty as {first.id}, another kind", second.id)
        if first.since <= (second.until or ENDLESS) and second.since <= (first.until or ENDLESS):
            whole.refuse(
                f"与 {first.id} 同时施行，请用 in_force.to 结束前一条",
                f"in force at the same time as {first.id}; end the earlier with in_force.to",
                f"rules.{second.id}.in_force",
            )
