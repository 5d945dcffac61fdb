"""A firm's record: how it came in, its yearly figures, rights and register entries, and what was judged of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from crm.demo.numbers import credit_code, figures_of, rights_of, yuan
from crm.demo.story import AUDITED, SILENT, Story
from crm.firms import service
from crm.firms.figures import service as figure_service
from crm.firms.figures.queries import figures_of_year
from crm.firms.ip import service as ip_service
from crm.firms.ip.models import Acquired, IpKind, IpStatus
from crm.firms.ip.rules import CLASSES, IpClass, later
from crm.firms.models import SourceChannel
from crm.ladder.service import confirm_none
from crm.registers import service as registers
from crm.registers.models import Level, Register, Severity

LEGAL = {"resident_cn": True, "banned_products": False, "abnormal_list": False, "dishonest_list": False}
# Of the last year, the firm's own word on these still waits for evidence where nobody audits.
UNCHECKED = frozenset({"rd", "rd_domestic", "rd_staff", "transfers"})
ROADS = ("创新路", "星火路", "云帆路", "砺石路", "清溪路")
PEOPLE = (("办公室", "办公室联系人", "office"), ("财务部", "财务联系人", "finance"))


def write_record(story: Story) -> None:
    story.on(story.entered, partial(_come_in, story), hour=9)
    _rename(story)
    _years(story)
    _rights(story)
    _registers(story)
    _judgements(story)


def _come_in(story: Story) -> None:
    plan, number = story.plan, story.number
    story.firm = service.create_firm(
        actor=story.officer,
        organisation_id=story.cast.park.id,
        officer_id=story.officer.id,
        division_code=story.cast.park.division_code,
        name=plan.former or plan.name,
        credit_code=credit_code(story.random),
        short_name=plan.short_name,
        registered_on=story.born,
        registered_capital=yuan(story.random.choice((200, 500, 800, 1000, 2000))),
        capital_currency="CNY",
        industry_code=plan.trade,
        tech_field=plan.field,
        chain_id=story.chain_id,
        source_channel=SourceChannel(plan.channel),
        address=f"{plan.park}{story.random.choice(ROADS)} {story.random.randint(2, 88)} 号",
        business_scope=f"{plan.product}的研发、生产和销售；技术服务。",
        telephone=f"0000-5550{number:03}",  # no place has the area code 0000
    )
    for place, (position, name, mailbox) in enumerate(PEOPLE, start=1):
        service.add_contact(
            actor=story.officer,
            firm=story.firm,
            name=name,
            position=position,
            telephone=f"0000-555{place}{number:03}",
            email=f"{mailbox}@firm{number:02}.example",
            main=place == 1,
        )


def _rename(story: Story) -> None:
    if story.plan.former:
        day = story.diary.ago(story.plan.renamed) if story.plan.renamed else story.entered + timedelta(days=210)
        story.on(day, lambda: service.rename(actor=story.officer, firm=story.here, name=story.plan.name, on=day))


def _years(story: Story) -> None:
    audited = story.plan.kind in AUDITED
    for year, values in figures_of(story.plan, story.kind, story.born, story.last_year, story.random).items():
        day = date(year + 1, 4, story.random.randint(6, 24))
        if year == story.last_year:
            day = min(day, story.diary.ago(100))
        day = max(day, story.entered + timedelta(days=4))
        story.on(day, partial(_record_year, story, year, values, audited))
        checked = [key for key in values if audited or year < story.last_year or key not in UNCHECKED]
        story.on(day + timedelta(days=24), partial(_verify_year, story, year, checked))


def _record_year(story: Story, year: int, values: Mapping[str, Any], audited: bool) -> None:
    document = None
    if audited and year >= story.last_year - 1:
        document = story.file(f"{year} 年度审计报告.pdf", f"营业收入 {values['revenue'] / 10000:,.2f} 万元")
    figure_service.record_figures(actor=story.officer, firm=story.here, year=year, values=values, document=document)


def _verify_year(story: Story, year: int, keys: list[str]) -> None:
    figures = figures_of_year(story.here.id, year)
    assert figures is not None
    known = [key for key in keys if getattr(figures, key) is not None]
    figure_service.verify_figures(actor=story.officer, figures=figures, keys=known)


def _rights(story: Story) -> None:
    recognised = any(title["rung"] == "hte" for title in story.kind.titles)
    for values in rights_of(story.plan, story.kind, story.born, story.diary.today, story.random):
        pending = values["granted_on"] is None
        lapsed = not pending and values["kind"] is IpKind.UTILITY_MODEL and story.random.random() < 0.06
        class_two = CLASSES[values["kind"]] is IpClass.TWO
        values |= {
            "status": IpStatus.PENDING if pending else IpStatus.LAPSED if lapsed else IpStatus.VALID,
            "acquired": Acquired.TRANSFER if class_two and story.random.random() < 0.1 else Acquired.SELF,
            "owner_rank": 1,
            "core_product": True,
            "in_use": None if pending else True,
            # Older class II rights were used up when the firm was recognised.
            "spent_on_hte": recognised and class_two and not pending and values["filed_on"].year < story.last_year - 2,
        }
        day = (values["granted_on"] or values["filed_on"]) + timedelta(days=story.random.randint(15, 45))
        checked = not pending and story.random.random() < 0.6
        story.on(max(day, story.entered + timedelta(days=2)), partial(_add_right, story, values, checked))


def _add_right(story: Story, values: dict[str, Any], checked: bool) -> None:
    right = ip_service.add_right(actor=story.officer, firm=story.here, **values)
    if checked:
        ip_service.verify_right(actor=story.officer, right=right)


def _registers(story: Story) -> None:
    for given in (*story.kind.registers, *story.plan.registers):
        entry = dict(given)
        register, on = Register(entry.pop("register")), story.diary.ago(entry.pop("months") * 30)
        values = {**entry, "on": on, "name": entry["name"].format(product=story.plan.product)}
        if "term" in values:
            values["valid_to"] = later(on, years=values.pop("term")) - timedelta(days=1)
        if "amount" in values:
            values["amount"] = yuan(values["amount"])
        if "share" in values:
            values["share"] = Decimal(str(values["share"]))
        if "level" in values:
            values["level"] = Level(values["level"])
        if "severity" in values:
            values["severity"] = Severity(values["severity"])
        day = max(on + timedelta(days=25), story.entered + timedelta(days=6))
        story.on(day, partial(_enter, story, register, values))


def _enter(story: Story, register: Register, values: dict[str, Any]) -> None:
    document = story.file(f"{values['name']}.pdf") if register is not Register.INCIDENT else None
    entry = registers.add_entry(actor=story.officer, firm=story.here, register=register, document=document, **values)
    # An incident has no paper of the firm: it is checked against what the authority made public.
    registers.verify_entry(actor=story.officer, entry=entry, against=None if document else "主管部门的公开通报")


def _judgements(story: Story) -> None:
    if story.plan.kind == SILENT:
        return
    soon = story.entered + timedelta(days=9)
    story.on(soon, partial(_judge, story, LEGAL, soon, verified=True))
    # Asked again at every anniversary, so that it always vouches; but for a firm that was asked once.
    years = 1 if story.plan.asked_once else story.diary.today.year - soon.year + 1
    asked = [day for n in range(years) if (day := later(soon, years=n)) <= story.diary.today]
    for name in story.kind.none if story.plan.none is None else story.plan.none:
        for day in asked:
            story.on(day, partial(_confirm_none, story, name))
    for year in (story.last_year - 2, story.last_year) if story.kind.facts else ():
        day = max(date(year, 6, 12), story.entered + timedelta(days=30))
        as_of = min(day, date(year - 1, 12, 31))
        story.on(day, partial(_judge, story, story.kind.facts, as_of, verified=False), hour=14)


def _judge(story: Story, facts: Mapping[str, Any], as_of: date, *, verified: bool) -> None:
    for key, value in facts.items():
        service.set_fact(
            actor=story.officer,
            firm=story.here,
            key=key,
            value=value,
            as_of=as_of,
            verified=verified or key.startswith("expert."),
        )


def _confirm_none(story: Story, name: str) -> None:
    confirm_none(story.here, name, actor=story.officer)
