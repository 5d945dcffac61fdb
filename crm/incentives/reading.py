"""Reading the files of seeds/incentives, as strictly as editions: every fault with its file, key and cure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

from crm.incentives.rules import LEVELS, NEEDED, TERMS, Base, Kind, Provider, Remark, Rule, Term, unit_of
from crm.policy.language.clauses import TESTS, Test, parse_test
from crm.policy.language.edition import CERTAINTIES, content_hash, fingerprint, tests_of
from crm.policy.language.parsing import parse_document, parse_region
from crm.policy.language.source import EditionError, Fault, Spec, read_yaml
from crm.policy.text import Text
from crm.policy.vocabulary import FIGURES, Shape
from crm.registers.models import Register

LONGEST = 60  # characters of `claim.incentive`
ENDLESS = date(9999, 12, 31)
ROLES = ("provider", "receiver")
AMOUNTS = [key for key, entry in FIGURES.items() if entry.shape is Shape.AMOUNT]


def load(directory: Path) -> tuple[Rule, ...]:
    """Every rule of a directory. Raises EditionError with every fault of every file."""
    faults: list[Fault] = []
    found: list[Rule] = []
    for path in sorted(directory.glob("*.yaml")):
        try:
            content = read_yaml(path)
        except EditionError as error:
            faults += error.faults
            continue
        before = len(faults)
        spec = Spec(path.name, "", content, faults)
        try:
            rule = _rule(spec, content)
        except (TypeError, AttributeError, KeyError) as error:  # a shape so wrong that its parts cannot be asked for
            spec.refuse(f"结构有误：{error}", f"wrong shape: {error}")
            continue
        if len(faults) == before:
            found.append(rule)
    faults += _clashes(found)
    if faults:
        raise EditionError(list(dict.fromkeys(faults)))
    return tuple(found)


def _clashes(found: list[Rule]) -> list[Fault]:
    """Two files of one id; two rules of one incentive and region at once, or of different kinds."""
    faults = []
    for first, second in combinations(found, 2):
        if first.id == second.id:
            words = Text(
                f"{second.id} 已在 {first.file} 中，请改编号", f"{second.id} is in {first.file}; change the id"
            )
            faults.append(Fault(second.file, "id", words))
        if first.incentive != second.incentive:
            continue
        if first.kind is not second.kind:
            words = Text(f"与 {first.id} 是同一项，类别却不同", f"same incentive as {first.id}, another kind")
            faults.append(Fault(second.file, "kind", words))
        overlap = first.since <= (second.until or ENDLESS) and second.since <= (first.until or ENDLESS)
        if first.region == second.region and overlap:
            words = Text(
                f"与 {first.id} 同时施行，请用 in_force.to 结束前一条",
                f"in force at the same time as {first.id}; end the earlier with in_force.to",
            )
            faults.append(Fault(second.file, "in_force", words))
    return faults


def _rule(spec: Spec, content: dict[str, Any]) -> Rule:
    document = parse_document(spec.need("document"), content.get("in_force"))
    force, region, incentive = spec.need("in_force"), spec.get("region"), spec.need("incentive")
    since, last = force.need("from").day(), force.get("to")
    until = last.day() if last else None
    force.close()
    if since and until and until < since:
        force.refuse("止日早于起日", "ends before it begins", "to")
    named = spec.need("kind").text([kind.value for kind in Kind], "kind")
    kind = Kind(named) if named in list(Kind) else Kind.FILING
    article, beneficiary = spec.need("article").text(), spec.need("beneficiary").bilingual()
    who, who_certainty = _who(spec.get("who"))
    if len(incentive.text()) > LONGEST:
        incentive.refuse(f"最多 {LONGEST} 个字符", f"at most {LONGEST} characters")
    rule = Rule(
        id=spec.need("id").text(),
        incentive=incentive.text(),
        title=spec.need("title").bilingual(),
        document=document,
        article=article,
        region=parse_region(region) if region else None,
        since=since or date.min,
        until=until,
        whom=Remark(
            "who",
            beneficiary,
            who_certainty or document.certainty,
            fingerprint(document.number, "incentive", article, beneficiary.zh, content.get("who")),
        ),
        kind=kind,
        terms=_terms(spec, kind, document.number, incentive.text(), article),
        who=who,
        asks=_remarks(spec, "asks", document.number),
        notes=_remarks(spec, "notes", document.number),
        register=_register(spec, kind),
        provider=_provider(spec, kind),
        role=spec.need("role").text(ROLES, "role") if kind is Kind.SHARE else None,
        elsewhere=given.bilingual() if (given := spec.get("elsewhere")) else None,
        base=_base(spec, kind),
        hash=content_hash(content),
        file=spec.file,
        content=content,
    )
    spec.close()
    return rule


def _who(spec: Spec | None) -> tuple[Test | None, str | None]:
    if spec is None:
        return None, None
    certainty = spec.need("certainty").text(CERTAINTIES, "certainty")
    if not any(spec.has(key) for key in TESTS):
        spec.refuse(f"没有写条件，可用：{'、'.join(TESTS)}", f"asks nothing; use one of {', '.join(TESTS)}")
        return None, certainty
    test = parse_test(spec)
    if any(True for _ in tests_of(test)):
        spec.refuse("这里不能引用版本的条款，请直接写条件", "cannot read an edition's criteria; write the test out")
    return test, certainty


def _terms(spec: Spec, kind: Kind, number: str, incentive: str, article: str) -> Mapping[str, Term]:
    given = spec.need("terms") if TERMS[kind] else spec.get("terms")
    if given is None:
        return {}
    found: dict[str, Term] = {}
    for key, item in given.entries():
        if key not in TERMS[kind]:
            item.refuse(
                f"{kind.value} 没有这个数，可用：{'、'.join(TERMS[kind]) or '（没有）'}",
                f"{kind.value} has no such number; use {', '.join(TERMS[kind]) or 'none'}",
            )
            continue
        found[key] = _term(key, item, number, incentive, article)
    for key in NEEDED[kind]:
        if key not in found:
            given.refuse("缺少这一键；文件没有写明的写 {open: true}", "is missing; write {open: true}", key)
    if kind is Kind.BY_LEVEL and not any(level in found for level in LEVELS):
        given.refuse("至少写一个级别的数额", "name the amount of at least one level")
    return found


def _term(key: str, spec: Spec, number: str, incentive: str, article: str) -> Term:
    """`{value: 20, certainty: reposted}`, or `{open: true}` where the document names no number."""
    left_open = spec.get("open")
    if left_open is not None:
        if not left_open.flag():
            left_open.refuse("只能写 true；有数就写 value", "can only be true; give a value otherwise")
        spec.close()
        return Term(key, None, "confirmed", fingerprint(number, "incentive", incentive, article, key, "open"))
    value, certainty = spec.need("value"), spec.need("certainty").text(CERTAINTIES, "certainty")
    amount = value.number()
    most = Fraction(10) if unit_of(key) == "比例" else Fraction(10**8)
    if value.value is not None and not 0 < amount <= most:
        value.refuse("应大于 0；比例写小数（2 % 写 0.02）", "must be above 0; rates as fractions (2 % is 0.02)")
    spec.close()
    return Term(key, amount, certainty, fingerprint(number, "incentive", incentive, article, key, amount))


def _remarks(spec: Spec, key: str, number: str) -> tuple[Remark, ...]:
    found: dict[str, Remark] = {}
    for item in given.items() if (given := spec.get(key)) else ():
        name, text = item.need("id").text(), item.need("text").bilingual()
        certainty = item.need("certainty").text(CERTAINTIES, "certainty")
        item.close()
        if name in found:
            item.refuse("编号重复，请改其中一个", "this id is used twice; change one", "id")
        found[name] = Remark(name, text, certainty, fingerprint(number, key, text.zh))
    return tuple(found.values())


def _register(spec: Spec, kind: Kind) -> str | None:
    if kind in (Kind.TOP_UP, Kind.ESTIMATE):
        return None
    return spec.need("register").text([register.value for register in Register], "register")


def _provider(spec: Spec, kind: Kind) -> Provider | None:
    given = spec.get("provider") if kind is Kind.SHARE else None
    if given is None:
        return None
    found = Provider(given.need("research").texts(), given.need("business").texts())
    given.close()
    return found


def _base(spec: Spec, kind: Kind) -> Base | None:
    if kind not in (Kind.TOP_UP, Kind.ESTIMATE):
        return None
    given = spec.need("base")
    increase = given.get("increase")
    figure = increase or given.need("figure")
    found = Base(figure.text(AMOUNTS, "figure"), increase is not None)
    given.close()
    return found
