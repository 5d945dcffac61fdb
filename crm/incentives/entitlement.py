"""What a firm is entitled to: a rule with its numbers, applied to the firm's facts and entries of one year. Pure and exact.

Three values throughout: an amount that cannot be counted is None (unknown) with what is missing, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from crm.incentives.lines import Entitlement, Entry, Subject, Working, wan, yuan
from crm.incentives.rules import LEVELS, TERM_TITLES, Kind, Rule, Terms
from crm.policy.answers.explain import arithmetic, gap_of
from crm.policy.answers.verdict import MET, NOT_MET, UNKNOWN, word
from crm.policy.language.clauses import Any as AnyOf
from crm.policy.language.clauses import Test
from crm.policy.readings.reading import FirmReading
from crm.policy.text import Text, plain, quantity
from crm.policy.vocabulary import FIGURES, VALUE_TITLES, title_of


def cause_of(rule: Rule, entry: Entry) -> str:
    """What a claim names as its cause: an institution counts anew with each level."""
    head = f"register_entry:{entry.id}"
    return f"{head}/{entry.level}" if rule.kind is Kind.BY_LEVEL and entry.level else head


def entitlements(
    subject: Subject, incentive: str, years: Iterable[int], declared: Decimal | None = None
) -> list[Entitlement]:
    """Every line of an incentive: of all entries whatever their year, of figures and filings for the `years`.

    `declared`: what the firm's tax return deducts from (yuan), in place of its booked R&D expense (estimates only).
    """
    found = []
    for entry in subject.entries:
        terms = subject.place.terms(incentive, entry.on or date.max)
        if entry.on is None and terms is None:
            terms = next((t for year in years if (t := subject.place.terms(incentive, date(year, 12, 31)))), None)
        if terms is not None and terms.rule.of_entries and terms.rule.register == entry.register:
            found += _of_entry(terms, entry, subject)
    for year in years:
        terms = subject.place.terms(incentive, date(year, 12, 31))
        if terms is not None and not terms.rule.of_entries:
            found.append(_of_year(terms, year, subject, declared))
    return found


# --- entries of a register -----------------------------------------------------------------------------------------------


def _of_entry(terms: Terms, entry: Entry, subject: Subject) -> list[Entitlement]:
    if terms.rule.kind is Kind.BY_LEVEL:
        return [_by_level(terms, entry, subject)]
    return [_share(terms, entry, subject)] if _may_be_its(terms.rule, entry, subject) else []


def _may_be_its(rule: Rule, entry: Entry, subject: Subject) -> bool:
    """Whether the firm's side of the contract is the one the money is for; unknown, only where it could be."""
    if entry.role is not None:
        return entry.role == rule.role
    return rule.role != "provider" or rule.provider is None or rule.provider.fits(subject.name) is not False


def _by_level(terms: Terms, entry: Entry, subject: Subject) -> Entitlement:
    work = Working()
    amount: Fraction | None = None
    if entry.level is None:
        work.doubt("机构的级别", "the level of the institution")
    elif entry.level not in LEVELS:
        level = VALUE_TITLES[entry.level] if entry.level in VALUE_TITLES else Text(entry.level, entry.level)
        work.refuse(f"{level.zh}机构不在奖励范围内", f"an institution of {level.en} level earns no award")
    else:
        amount = terms.value(entry.level)
        title = TERM_TITLES[entry.level]
        if amount is None:
            work.lack(f"{title.zh}机构的奖励数额", f"the award of the {title.en.lower()}")
        else:
            told = quantity(amount, "万元")
            work.say(f"{title.zh}研发机构，奖励 {told.zh}", f"{title.en} institution: award of {told.en}")
    _date(work, entry)
    _who(work, terms, entry.on.year if entry.on else None, subject)
    return _line(terms, entry, work, amount)


def _share(terms: Terms, entry: Entry, subject: Subject) -> Entitlement:
    work = Working()
    if entry.role is None:
        work.doubt("本企业是输出方还是接收方", "whether the firm provides or receives")
        return _line(terms, entry, work, None)
    provider = entry.party if entry.role == "receiver" else subject.name
    _provider(work, terms.rule, provider)
    amount = None
    if work.verdict != NOT_MET:
        if entry.amount is None:
            work.lack("合同金额", "the amount of the contract")
        elif entry.amount == 0:
            work.refuse("合同金额为 0，没有可补助的数额", "a contract of nothing earns nothing")
        else:
            amount = _rated(work, terms, wan(entry.amount), Text("合同额", "contract of"))
        _date(work, entry)
        _who(work, terms, entry.on.year if entry.on else None, subject)
    return _line(terms, entry, work, amount)


def _provider(work: Working, rule: Rule, name: str | None) -> None:
    """The document means universities, institutes and persons; what a name does not tell, a person has to."""
    if rule.provider is None:
        return
    fits = rule.provider.fits(name)
    if fits is False:
        work.refuse(
            f"输出方“{name}”是企业，不属于高校、科研院所或个人",
            f"the provider “{name}” is a business, no university, institute or person",
        )
    elif fits is None:
        whose = f"“{name}”" if name else ""
        work.doubt(
            f"输出方{whose}是否为高校、科研院所或个人",
            f"whether the provider {whose} is a university, an institute or a person".replace("  ", " "),
        )


def _date(work: Working, entry: Entry) -> None:
    if entry.on is None:
        work.doubt("日期（决定算在哪一年）", "its date (which decides the year)")


def _line(terms: Terms, entry: Entry, work: Working, amount: Fraction | None) -> Entitlement:
    _asks(work, terms.rule)
    known = amount is not None and work.verdict != NOT_MET
    return Entitlement(
        terms=terms,
        year=entry.on.year if entry.on else None,
        cause=cause_of(terms.rule, entry),
        subject=entry.name,
        verdict=work.verdict,
        amount=yuan(amount) if known and amount is not None else None,
        steps=tuple(work.steps),
        missing=tuple(dict.fromkeys(work.missing)) if work.verdict != NOT_MET else (),
        paths=tuple(work.paths),
        entry=entry,
    )


# --- figures of a year, and filings ----------------------------------------------------------------------------------------


def _of_year(terms: Terms, year: int, subject: Subject, declared: Decimal | None) -> Entitlement:
    work, amount = Working(), None
    if terms.rule.kind is Kind.FILING:
        _filed(work, terms.rule, year, subject)
    else:
        _who(work, terms, year, subject)
        if work.verdict != NOT_MET:
            count = _estimate if terms.rule.kind is Kind.ESTIMATE else _top_up
            amount = count(work, terms, year, subject, declared)
    _asks(work, terms.rule)
    return Entitlement(
        terms=terms,
        year=year,
        cause="",
        subject=None,
        verdict=work.verdict,
        amount=yuan(amount) if amount is not None and work.verdict != NOT_MET else None,
        steps=tuple(work.steps),
        missing=tuple(dict.fromkeys(work.missing)) if work.verdict != NOT_MET else (),
        paths=tuple(dict.fromkeys(work.paths)) if work.verdict != NOT_MET else (),
    )


def _filed(work: Working, rule: Rule, year: int, subject: Subject) -> None:
    """Filed by the end of the year: who files once has it until the entry says otherwise."""
    filed = [e for e in subject.entries if e.register == rule.register]
    dated = sorted((e for e in filed if e.on is not None and e.on.year <= year), key=lambda e: e.on or date.min)
    if dated:
        last = dated[-1]
        number = f"（{last.number}）" if last.number else ""
        work.say(f"{last.on} 已备案{number}", f"filed on {last.on} {last.number or ''}".strip())
    elif any(e.on is None for e in filed):
        work.doubt("备案日期", "the day of filing")
    else:
        work.refuse(f"{year} 年末没有备案记录；备案后登记在台账里即可", f"not filed by the end of {year}")


def _base(work: Working, terms: Terms, year: int, subject: Subject) -> Fraction | None:
    base = terms.rule.base
    assert base is not None
    years = (year - 1, year) if base.increase else (year,)
    values = [subject.figure(base.figure, each) for each in years]
    for each, value in zip(years, values, strict=True):
        if value is None:
            path = f"years.{each}.{base.figure}"
            work.missing.append(title_of(path))
            work.paths.append(path)
    if any(value is None for value in values):
        work.verdict = UNKNOWN  # whether there is anything at all
        return None
    known = [value for value in values if value is not None]
    title = FIGURES[base.figure].title
    if not base.increase:
        if known[0] == 0:
            work.refuse(f"{year} 年没有{title.zh}", f"no {title.en} in {year}")
        return known[0] or None
    more, before, now = known[1] - known[0], quantity(known[0], "万元"), quantity(known[1], "万元")
    told = quantity(more, "万元")
    if more <= 0:
        work.refuse(
            f"{year} 年{title.zh} {now.zh}，没有比上年 {before.zh} 增加",
            f"{title.en} of {now.en} in {year} is no more than the {before.en} of the year before",
        )
        return None
    work.say(
        f"{year} 年{title.zh} {now.zh} − 上年 {before.zh} = 新增 {told.zh}",
        f"{title.en} of {now.en} in {year} − {before.en} the year before = {told.en} more",
    )
    return more


def _top_up(work: Working, terms: Terms, year: int, subject: Subject, declared: Decimal | None) -> Fraction | None:
    base = _base(work, terms, year, subject)
    if work.verdict == NOT_MET:
        return None
    fixed = terms.value("amount")
    if fixed is not None:
        told = quantity(fixed, "万元")
        work.say(f"定额补贴 {told.zh}", f"a fixed {told.en}")
        return fixed
    if terms.value("rate") is None:
        work.lack(
            "补贴的数额或比例（文件没有写明，由管理员按本地文件录入）",
            "the amount or rate, which the document does not name",
        )
        return None
    if base is None:
        return None
    assert terms.rule.base is not None
    title = FIGURES[terms.rule.base.figure].title
    names = Text(f"新增{title.zh}", f"new {title.en}") if terms.rule.base.increase else title
    return _rated(work, terms, base, names)


def _estimate(work: Working, terms: Terms, year: int, subject: Subject, declared: Decimal | None) -> Fraction | None:
    """The tax saved: what may be deducted beyond the expense itself, times the rate of the income tax."""
    base = _base(work, terms, year, subject) if declared is None else wan(declared)
    rate, held = terms.value("rate"), _holds_hte(subject, year)
    tax = terms.value("tax_hte" if held else "tax_other")
    if base is None or rate is None or tax is None:
        return None
    name = Text("账面研发费用", "booked R&D") if declared is None else Text("申报的可加计研发费用", "R&D declared")
    told, extra, saved = quantity(base, "万元"), quantity(base * rate, "万元"), quantity(base * rate * tax, "万元")
    work.say(
        f"{name.zh} {told.zh} × {_percent(rate)} = 加计扣除 {extra.zh}",
        f"{name.en} of {told.en} × {_percent(rate)} = extra deduction of {extra.en}",
    )
    end = date(year, 12, 31)
    why = (
        Text(f"{end} 高企资质有效", f"high-tech title valid on {end}")
        if held
        else Text(f"{end} 没有有效的高企资质", f"no valid high-tech title on {end}")
    )
    work.say(
        f"{extra.zh} × {_percent(tax)} = 少缴企业所得税 {saved.zh}（{why.zh}）",
        f"{extra.en} × {_percent(tax)} = {saved.en} less income tax ({why.en})",
    )
    return base * rate * tax


def _holds_hte(subject: Subject, year: int) -> bool:
    """Whether the high-tech title is held on the last day of the year."""
    end = date(year, 12, 31).isoformat()
    titles = subject.document.get("credentials") or []
    return any(t["rung"] == "hte" and t["from"] <= end <= t.get("to", end) for t in titles)


def _percent(rate: Fraction) -> str:
    return f"{plain(rate * 100)} %"


# --- what they share ---------------------------------------------------------------------------------------------------------


def _rated(work: Working, terms: Terms, base: Fraction, title: Text) -> Fraction | None:
    """A share of a base, up to the cap; its arithmetic in one sentence."""
    rate, cap = terms.value("rate"), terms.value("cap")
    if rate is None:
        work.lack("比例（文件没有写明，由管理员按本地文件录入）", "the rate, which the document does not name")
        return None
    share = base * rate
    given, part, whole = quantity(base, "万元"), _percent(rate), quantity(share, "万元")
    zh, en = f"{title.zh} {given.zh} × {part} = {whole.zh}", f"{title.en} {given.en} × {part} = {whole.en}"
    if cap is None:
        work.say(zh, en)
        return share
    top = quantity(cap, "万元")
    if share <= cap:
        work.say(f"{zh}，不超过 {top.zh}", f"{en}, no more than {top.en}")
        return share
    work.say(f"{zh}，超过上限，按 {top.zh}", f"{en}, above the cap: {top.en}")
    return cap


def _who(work: Working, terms: Terms, year: int | None, subject: Subject) -> None:
    """The condition over the firm's facts; `year: -1` in it is the year of the entitlement."""
    test = terms.rule.who
    if test is None or year is None:
        return
    reading = subject.reading(date(year + 1, 1, 1))
    truth = test.read(reading)
    verdict = word(truth.low, truth.high)
    if verdict == UNKNOWN:
        work.missing += [title_of(path) for path in truth.missing]
        work.paths += truth.missing
        if not truth.missing:  # nothing to fill in: a share of nothing, for one
            work.lack(
                f"按已有的数算不出是否符合：{terms.rule.beneficiary.zh}",
                f"what is known does not tell: {terms.rule.beneficiary.en}",
            )
        work.verdict = UNKNOWN if work.verdict == MET else work.verdict
    told = arithmetic(_fitting(test, reading) if verdict == MET else test, reading)
    if told is not None and verdict != UNKNOWN:
        work.steps.insert(0, told)
    if verdict == NOT_MET:
        gap = gap_of(test, reading)
        told = gap.text if gap and gap.amount is not None else terms.rule.beneficiary
        work.refuse(f"不符合条件：{told.zh}", f"Not met: {told.en}")


def _fitting(test: Test, reading: FirmReading) -> Test:
    """Of several ways to fit, the one that does: the others only confuse."""
    if isinstance(test, AnyOf):
        return next((each for each in test.of if each.read(reading).low), test)
    return test


def _asks(work: Working, rule: Rule) -> None:
    if work.verdict == NOT_MET:
        return
    for ask in rule.asks:
        work.doubt(f"须核对：{ask.text.zh}", f"to be checked: {ask.text.en}")
