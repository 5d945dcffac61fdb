"""What a firm has to fill in, read from its record, what it asked for, its cases and its next rung."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.duties.queries import duties_of
from crm.duties.rules import months_later
from crm.duties.selects import DueState
from crm.firms import queries
from crm.firms.facts.groups import FACT_GROUPS
from crm.firms.facts.statements import vouches
from crm.firms.figures.keys import KEYS
from crm.firms.figures.queries import years_with_sources
from crm.firms.models import Firm
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.firms.proposals.service import CHANGED_RIGHT, Record, key_of
from crm.firms.words import FIGURE_KEYS, FIRM_FIELDS
from crm.kernel.db import db
from crm.kernel.plain import plain
from crm.ladder.models import Case
from crm.ladder.next_rung import NextRung
from crm.ladder.queries import open_cases
from crm.ladder.words import SHORT_RUNGS, STAGES
from crm.policy.vocabulary import LISTS
from crm.portal.papers import before, papers_ahead
from crm.portal.queries import contacts_of
from crm.portal.tasks import Part, Task, TaskGroup
from crm.registers.models import Register, RegisterEntry
from crm.registers.queries import counts_of
from crm.web.formatting import day
from crm.web.language import language

PROFILE = ("registered_on", "registered_capital", "industry_code", "tech_field", "address", "business_scope")
# Where nothing is asked by a rung, a firm still says what it is.
BASIC_FIGURES = ("revenue", "rd", "employees", "rd_staff", "total_assets", "net_profit")
DUTIES_AHEAD = 6  # months
# Given by experts or settled with the officer, not filled in by the firm.
NOT_THE_FIRMS = frozenset({"expert"})
Key = tuple[Target, str | None, str]


@dataclass(frozen=True)
class Asked:
    """The last word on each thing the firm asked for."""

    last: dict[Key, ProposalField] = field(default_factory=dict)

    def fields(self, target: Target, target_key: str | None, decision: Decision) -> dict[str, ProposalField]:
        """Those of one part of the record that are so decided, by name."""
        return {
            name: found
            for (kind, key, name), found in self.last.items()
            if kind is target and key == target_key and found.decision is decision
        }


def asked_by(firm: Firm) -> Asked:
    """What the firm asked for, the last word on each thing; what it let stand, and what stands so by now, is left out."""
    fields = db.session.scalars(
        select(ProposalField)
        .join(Proposal)
        .where(Proposal.firm_id == firm.id, ProposalField.decision != Decision.WITHDRAWN)
        .options(joinedload(ProposalField.proposal))
        .order_by(ProposalField.id)
    )
    last: dict[Key, ProposalField] = {}
    for each in fields:
        last[key_of(each)] = each
    record = Record(firm)
    _entries = _entries_of(last.values())  # held while each is looked at: read together, not one by one
    return Asked({key: each for key, each in last.items() if not _is_over(record, each)})


def _entries_of(fields: Iterable[ProposalField]) -> Sequence[RegisterEntry]:
    ids = [int(each.target_key) for each in fields if each.target is Target.ENTRY and each.target_key is not None]
    return db.session.scalars(select(RegisterEntry).where(RegisterEntry.id.in_(ids))).all() if ids else []


def _is_over(record: Record, asked: ProposalField) -> bool:
    if asked.decision is not Decision.REFUSED:
        return False
    if asked.settled_at is not None:
        return True
    if asked.target is Target.IP:
        right = record.rights.get(asked.target_key or str((asked.new or {}).get("number")))
        wanted = (asked.new or {}) if asked.field == CHANGED_RIGHT else {}
        return right is not None and all(plain(getattr(right, key)) == value for key, value in wanted.items())
    stands = record.value(asked.target, asked.target_key, asked.field)
    if asked.target is Target.ENTRY:
        gone = asked.target_key is not None and stands is None
        return gone or (stands is not None and all(stands[key] == value for key, value in (asked.new or {}).items()))
    return asked.target is not Target.PAPER and stands == asked.new


@dataclass(frozen=True)
class Need:
    """What the firm's next rung reads: path of a fact → the clauses that read it."""

    uses: dict[str, list[str]]

    def of_year(self, year: int) -> dict[str, list[str]]:
        """Figure → the clauses, of one year."""
        prefix = f"years.{year}."
        return {path.removeprefix(prefix): at for path, at in self.uses.items() if path.startswith(prefix)}

    @property
    def years(self) -> list[int]:
        return sorted({int(path.split(".")[1]) for path in self.uses if path.startswith("years.")})


def need_of(following: NextRung | None) -> Need:
    """What the criteria of the next rung read; nothing where there are none."""
    uses: dict[str, list[str]] = defaultdict(list)
    for result in following.criteria if following is not None else ():
        for path in dict.fromkeys([*result.missing, *(figure.path for figure in result.figures)]):
            uses[path].append(_("%(title)s（%(article)s）", title=result.title[language()], article=result.article))
    return Need(dict(uses))


class Filling:
    """The tasks of one firm on a day."""

    def __init__(self, firm: Firm, following: NextRung | None, on: date) -> None:
        self.firm, self.following, self.on = firm, following, on
        self.asked = asked_by(firm)
        self.need = need_of(following)

    @cached_property
    def _facts(self) -> set[str]:
        """What is known; a statement of none that is too old says nothing any more."""
        facts = queries.facts_of(self.firm.id)
        return {key for key, fact in facts.items() if key not in LISTS or vouches(fact.as_of, self.on)}

    def groups(self) -> list[TaskGroup]:
        """The whole list, by what it is about; a group without a task is left out."""
        groups = [
            TaskGroup(_("企业资料"), [self._profile(), self._contacts()]),
            TaskGroup(_("年度数据"), self._years()),
            TaskGroup(_("知识产权与企业情况"), [self._rights(), self._products(), *self._fact_groups()]),
            TaskGroup(_("申报材料"), [task for case in open_cases(self.firm) for task in self._papers(case)]),
            TaskGroup(_("按时要办的事"), self._duties()),
        ]
        return [group for group in groups if group.tasks]

    def _part(self, target: Target, key: str | None, wanted: Sequence[str], known: set[str], **more: Any) -> Part:
        pending = self.asked.fields(target, key, Decision.PENDING)
        refused = self.asked.fields(target, key, Decision.REFUSED)
        if target is Target.PAPER:  # a case has several tasks
            pending, refused = ({name: each[name] for name in wanted if name in each} for each in (pending, refused))
        return Part(wanted=tuple(wanted), known=known, pending=tuple(pending), refused=tuple(refused), **more)

    def _task(self, target: Target, key: str | None, names: dict[str, str], known: set[str], **more: Any) -> Task:
        """A task whose values are called by `names`; its hint says what is missing, or why it waits."""
        part = self._part(target, key, list(names), known, blocked=more.pop("blocked", None))
        lacking = [name for each, name in names.items() if each not in known and each not in part.pending]
        hint = part.blocked or _lacking(lacking, len(part.pending))
        refused = self.asked.fields(target, key, Decision.REFUSED)
        return Task(part=part, hint=hint, refusals=[refused[each] for each in part.refused], **more)

    def _profile(self) -> Task:
        known = {name for name in PROFILE if getattr(self.firm, name) is not None}
        return self._task(
            Target.FIRM,
            None,
            {name: str(FIRM_FIELDS[name]) for name in PROFILE},
            known,
            title=_("基本情况"),
            href=url_for("portal.profile"),
            staff_href=url_for("firms.profile", firm_id=self.firm.id),
        )

    def _contacts(self) -> Task:
        names = {"contact": _("一位联系人"), "telephone": str(FIRM_FIELDS["telephone"])}
        known = {"contact"} if contacts_of(self.firm) else set()
        known |= {"telephone"} if self.firm.telephone else set()
        lacking = [text for name, text in names.items() if name not in known]
        return Task(
            title=_("联系人和电话"),
            part=Part(wanted=tuple(names), known=known),
            hint=_lacking(lacking, 0),
            href=url_for("portal.contacts"),
            staff_href=url_for("firms.profile", firm_id=self.firm.id, _anchor="contacts"),
        )

    def _years(self) -> list[Task]:
        there = {figures.year: figures for figures in years_with_sources(self.firm.id)}
        last, current = self.on.year - 1, self.on.year
        tasks = []
        for year in sorted({*(year for year in self.need.years if year < current), last}, reverse=True):
            keys = [key for key in KEYS if key in self.need.of_year(year)] or list(BASIC_FIGURES)
            known = {key for key in keys if year in there and getattr(there[year], key) is not None}
            tasks.append(
                self._task(
                    Target.FIGURES,
                    str(year),
                    {key: str(FIGURE_KEYS[key]) for key in keys},
                    known,
                    title=_("%(year)s 年数据", year=year),
                    href=url_for("portal.figures", year=year),
                    staff_href=url_for("firms.figures", firm_id=self.firm.id),
                )
            )
        wait = _("%(year)s 年结束后填报，%(on)s 起", year=current, on=day(date(current + 1, 1, 1)))
        coming = Task(
            title=_("%(year)s 年数据", year=current),
            part=Part(wanted=BASIC_FIGURES, blocked=wait),
            hint=wait,
            href=url_for("portal.figures", year=current),
            staff_href=url_for("firms.figures", firm_id=self.firm.id),
        )
        return [*tasks, coming]

    def _rights(self) -> Task:
        known = {"ip"} if Record(self.firm).rights or "ip" in self._facts else set()
        part = self._part(Target.IP, None, ["ip"], known)
        hint = _("%(n)s 件等园区核对", n=len(part.pending)) if part.pending else None
        return Task(
            title=_("知识产权"),
            part=part,
            hint=hint or (None if known else _("一件都还没有登记；可以上传专利清单")),
            refusals=list(self.asked.fields(Target.IP, None, Decision.REFUSED).values()),
            href=url_for("portal.rights"),
            staff_href=url_for("firms.ip", firm_id=self.firm.id),
        )

    def _products(self) -> Task:
        """The registers as one task: every firm has a product; what else it has (contracts, institutions …) stands beside it."""
        pending = self.asked.fields(Target.ENTRY, None, Decision.PENDING)
        refused = self.asked.fields(Target.ENTRY, None, Decision.REFUSED)
        known = {Register.PRODUCT} if Register.PRODUCT in counts_of(self.firm.id) else set()
        hint = _("%(n)s 条等园区核对", n=len(pending)) if pending else None
        return Task(
            title=_("主要产品、技术合同和其他登记"),
            part=Part(wanted=(Register.PRODUCT,), known=known, pending=tuple(pending), refused=tuple(refused)),
            hint=hint or (None if known else _("还没有登记主要产品")),
            refusals=list(refused.values()),
            href=url_for("portal.own_registers"),
            staff_href=url_for("registers.entries", firm_id=self.firm.id),
        )

    def _fact_groups(self) -> list[Task]:
        tasks = []
        for group in FACT_GROUPS.values():
            names = {key: item.title[language()] for key, item in group.keys.items() if key in self.need.uses}
            asked = {key for target, _none, key in self.asked.last if target is Target.FACT and key in group.keys}
            if group.name in NOT_THE_FIRMS or not (names or asked):
                continue
            part = self._part(Target.FACT, None, list(names), self._facts & set(names))
            pending, refused = set(part.pending) & set(group.keys), set(part.refused) & set(group.keys)
            lacking = [text for key, text in names.items() if key not in self._facts and key not in pending]
            refusals = self.asked.fields(Target.FACT, None, Decision.REFUSED)
            tasks.append(
                Task(
                    title=group.title,
                    part=Part(wanted=part.wanted, known=part.known, pending=pending, refused=refused),
                    hint=_lacking(lacking, len(pending)),
                    refusals=[refusals[key] for key in sorted(refused)],
                    href=url_for("portal.facts", group_name=group.name),
                    staff_href=url_for("firms.profile", firm_id=self.firm.id, _anchor=f"facts-{group.name}"),
                )
            )
        return tasks

    def _papers(self, case: Case) -> list[Task]:
        """One task a move that wants documents; those of a later move cannot be handed in yet."""
        there = {item.key for item in case.items if item.document_id is not None}
        return [
            self._task(
                Target.PAPER,
                str(case.id),
                {paper.key: paper.title[language()] for paper in papers},
                there & {paper.key for paper in papers},
                blocked=None if now else _("项目到“%(stage)s”阶段后才收", stage=STAGES[before(stage)]),
                title=_("%(rung)s%(stage)s材料", rung=SHORT_RUNGS[case.rung], stage=STAGES[stage]),
                href=url_for("portal.own_case", case_id=case.id),
                staff_href=url_for("ladder.case", case_id=case.id),
            )
            for stage, now, papers in papers_ahead(case, self.on)
        ]

    def _duties(self) -> list[Task]:
        until = months_later(self.on, DUTIES_AHEAD)
        tasks = []
        for due in duties_of(self.firm, self.on):
            if due.due_on > until:
                continue
            done = due.state is DueState.DONE
            hint = _("%(on)s 前", on=day(due.due_on))
            tasks.append(
                Task(
                    title=_("%(rung)s：%(what)s", rung=SHORT_RUNGS[due.rung], what=due.rule.title[language()]),
                    part=Part(wanted=("done",), known={"done"} if done else ()),
                    hint=_("已过期限：%(on)s", on=day(due.due_on)) if due.overdue else hint,
                    href=url_for("duties.firm", firm_id=self.firm.id),
                    staff_href=url_for("duties.firm", firm_id=self.firm.id),
                )
            )
        return tasks


def _lacking(names: Sequence[str], pending: int) -> str | None:
    """`还缺：研发费用、职工总数等 5 项；2 项等园区核对`."""
    parts = []
    if names:
        first = _("、").join(names[:3])
        parts.append(
            _("还缺：%(first)s等 %(n)s 项", first=first, n=len(names))
            if len(names) > 3
            else _("还缺：%(all)s", all=first)
        )
    if pending:
        parts.append(_("%(n)s 项等园区核对", n=pending))
    return _("；").join(parts) or None
