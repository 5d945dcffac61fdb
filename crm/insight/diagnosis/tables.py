"""The tables of a diagnosis from its kept numbers: the same on the page, in the workbook, in Word and in PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import Organisation
from crm.firms.reference.terms import term_titles
from crm.insight.diagnosis.cells import BARS, bars, by_group, count, share_cell, short, wan_cell
from crm.insight.diagnosis.counting import ALL, LARGE
from crm.insight.diagnosis.groups import BYS, Group, groups_of, together
from crm.insight.diagnosis.models import Benchmark, Diagnosis
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.words import RELUCTANCES
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day, number, percent
from crm.web.tables import Cell, Column, Table

POPULATIONS: dict[str, Any] = {ALL: _l("全部在业企业"), LARGE: _l("规模以上工业企业")}
BENCHMARKS: dict[str, Any] = {
    "rd_intensity": _l("研发费用占营业收入"),
    "rd_share": _l("开展研发的企业占比"),
    "patent_share": _l("有专利的企业占比"),
    "rd_staff_share": _l("研发人员占职工"),
}


@dataclass(frozen=True)
class Section:
    """One table of the report, with a sentence for the whole and perhaps a chart."""

    key: str
    title: str
    text: str
    table: Table
    chart: Chart | None = None
    unit: str | None = None

    @property
    def columns(self) -> Sequence[str]:
        return [str(column.title) for column in self.table.columns]

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        return [[_shown(cell) for cell in row] for row in self.table.rows]


@dataclass(frozen=True)
class Report:
    """A diagnosis broken down one way."""

    organisation: Organisation
    year: int
    population: str
    by: str
    sections: Sequence[Section]
    at: datetime
    gone: int = 0  # of the firms, those no longer in business
    undated: int = 0  # left out: nobody knows since when they are not

    @property
    def title(self) -> str:
        return _("%(organisation)s企业创新诊断", organisation=self.organisation.name)

    @property
    def period(self) -> str:
        """`by` empty: a paper with all ways of grouping."""
        if not self.by:
            return _(
                "%(year)s 年 · %(firms)s · %(day)s 测算",
                year=self.year,
                firms=POPULATIONS[self.population],
                day=day(clock.local_day(self.at)),
            )
        return _(
            "%(year)s 年 · %(firms)s · %(by)s", year=self.year, firms=POPULATIONS[self.population], by=BYS[self.by]
        )


def _shown(cell: Cell) -> str:
    return str(cell.text if cell.text is not None else "" if cell.value is None else cell.value)


def report(diagnosis: Diagnosis, population: str, by: str, most: int | None = None) -> Report:
    """The tables of a kept diagnosis for some firms, broken down by trade, size or place.

    With `most` only so many groups are named; the others stand together in one row, what is unknown apart.
    """
    kept = diagnosis.tables[population]
    total, groups = groups_of(kept["groups"], by)
    if most is not None:
        groups = together(groups, most)
    marks = {
        each.key: each
        for each in db.session.scalars(select(Benchmark).where(Benchmark.year == diagnosis.year).order_by(Benchmark.id))
    }
    every = [total, *groups]
    makers: tuple[Callable[..., Section], ...] = (_research, _patents, _intensity, _staff, _masters, _institutions)
    sections = [make(every, marks) for make in makers]
    sections.append(_kinds(kept["institutions"]))
    sections.append(_reluctances(every))
    gone = (kept.get("gone", 0), kept.get("undated", 0))  # a diagnosis of before did not ask
    return Report(diagnosis.organisation, diagnosis.year, population, by, sections, diagnosis.at, *gone)


def _beside(mark: Benchmark | None) -> str:
    if mark is None:
        return ""
    return _("；%(place)s为 %(value)s（%(source)s）", place=mark.place, value=percent(mark.value), source=mark.source)


Marks = dict[str, Benchmark]


def _research(every: Sequence[Group], marks: Marks) -> Section:
    def share(group: Group) -> Fraction | None:
        return group.share("rd_with", "rd_none")

    total, title = every[0], _("开展研发的企业")
    text = _(
        "%(known)s 家有研发费用数据的企业中，%(n)s 家开展了研发，占 %(share)s%(beside)s；另有 %(unknown)s 家没有数据，不计在内。",
        known=number(total["rd_with"] + total["rd_none"]),
        n=number(total["rd_with"]),
        share=percent(share(total)),
        beside=_beside(marks.get("rd_share")),
        unknown=number(total["rd_unknown"]),
    )
    table = by_group(
        title,
        [_("有研发"), _("没有"), _("未知"), _("占比")],
        every,
        lambda g: [count(g["rd_with"]), count(g["rd_none"]), count(g["rd_unknown"]), share_cell(share(g))],
    )
    return Section("research", title, text, table, bars(every, _("占比"), share, marks.get("rd_share")), "%")


def _patents(every: Sequence[Group], marks: Marks) -> Section:
    def share(group: Group) -> Fraction | None:
        return group.share("patent_with", "patent_none")

    total, title = every[0], _("拥有或申请过专利的企业")
    text = _(
        "拥有或申请过专利的企业占 %(share)s%(beside)s；专利 %(patents)s 件，其中发明 %(inventions)s 件，占 %(part)s。%(unknown)s 家没有知识产权记录，也没有确认没有，不计在内。",
        share=percent(share(total)),
        beside=_beside(marks.get("patent_share")),
        patents=number(total["patents"]),
        inventions=number(total["inventions"]),
        part=percent(total.ratio("inventions", "patents")),
        unknown=number(total["patent_unknown"]),
    )
    table = by_group(
        title,
        [_("有专利"), _("没有"), _("未知"), _("占比"), _("专利（件）"), _("发明（件）"), _("发明占比")],
        every,
        lambda g: [
            count(g["patent_with"]),
            count(g["patent_none"]),
            count(g["patent_unknown"]),
            share_cell(share(g)),
            count(g["patents"]),
            count(g["inventions"]),
            share_cell(g.ratio("inventions", "patents")),
        ],
    )
    return Section("patents", title, text, table, bars(every, _("占比"), share, marks.get("patent_share")), "%")


def _intensity(every: Sequence[Group], marks: Marks) -> Section:
    def ratio(group: Group) -> Fraction | None:
        return group.ratio("rd", "revenue")

    total, title = every[0], _("研发费用占营业收入")
    text = _(
        "研发费用合计占营业收入合计的 %(share)s%(beside)s。只计两项都有数据且营业收入大于零的 %(n)s 家。",
        share=percent(ratio(total)),
        beside=_beside(marks.get("rd_intensity")),
        n=number(total["ratio_firms"]),
    )
    table = by_group(
        title,
        [_("计入"), _("未计入"), _("研发费用（万元）"), _("营业收入（万元）"), _("占比")],
        every,
        lambda g: [
            count(g["ratio_firms"]),
            count(g["firms"] - g["ratio_firms"]),
            wan_cell(g["rd"]),
            wan_cell(g["revenue"]),
            share_cell(ratio(g)),
        ],
    )
    return Section("intensity", title, text, table, bars(every, _("占比"), ratio, marks.get("rd_intensity")), "%")


def _staff(every: Sequence[Group], marks: Marks) -> Section:
    total, title = every[0], _("研发人员和高学历人员")
    whole = total["rd_staff"]

    def part(group: Group) -> Fraction | None:
        return Fraction(group["rd_staff"], whole) if whole else None

    text = _(
        "研发人员 %(n)s 人，占职工的 %(share)s%(beside)s（计 %(firms)s 家）；硕士以上 %(masters)s 人，占职工的 %(of)s（计 %(known)s 家）。",
        n=number(whole),
        share=percent(total.ratio("rd_staff", "rd_staff_of")),
        beside=_beside(marks.get("rd_staff_share")),
        firms=number(total["rd_staff_firms"]),
        masters=number(total["masters_staff"]),
        of=percent(total.ratio("masters_staff", "masters_staff_of")),
        known=number(total["masters_staff_firms"]),
    )
    for name, words in (
        ("rd_staff_over", _l("有 %(n)s 家的数据不合常理（研发人员多于职工），没有计入，请核对。")),
        ("masters_staff_over", _l("有 %(n)s 家的数据不合常理（硕士以上人员多于职工），没有计入，请核对。")),
    ):
        if total[name]:
            text += str(words) % {"n": number(total[name])}
    table = by_group(
        title,
        [
            _("有研发人数"),
            _("研发人员"),
            _("占职工"),
            _("占全部研发人员"),
            _("有硕士人数"),
            _("硕士以上"),
            _("占职工（硕士）"),
        ],
        every,
        lambda g: [
            count(g["rd_staff_firms"]),
            count(g["rd_staff"]),
            share_cell(g.ratio("rd_staff", "rd_staff_of")),
            share_cell(part(g)),
            count(g["masters_staff_firms"]),
            count(g["masters_staff"]),
            share_cell(g.ratio("masters_staff", "masters_staff_of")),
        ],
    )
    return Section("staff", title, text, table, bars(every, _("占全部研发人员"), part), "%")


def _masters(every: Sequence[Group], _marks: Marks) -> Section:
    def share(group: Group) -> Fraction | None:
        return group.share("masters_none", "masters_with")

    total, title = every[0], _("没有硕士以上人员的企业")
    text = _(
        "%(known)s 家有数据的企业中，%(n)s 家硕士以上人员为零，占 %(share)s；%(unknown)s 家没有数据。",
        known=number(total["masters_none"] + total["masters_with"]),
        n=number(total["masters_none"]),
        share=percent(share(total)),
        unknown=number(total["masters_unknown"]),
    )
    table = by_group(
        title,
        [_("一个也没有"), _("有"), _("未知"), _("占比")],
        every,
        lambda g: [
            count(g["masters_none"]),
            count(g["masters_with"]),
            count(g["masters_unknown"]),
            share_cell(share(g)),
        ],
    )
    return Section("masters", title, text, table, bars(every, _("占比"), share), "%")


def _institutions(every: Sequence[Group], _marks: Marks) -> Section:
    def share(group: Group) -> Fraction | None:
        return group.share("institution_with", "institution_none")

    total, title = every[0], _("有研发机构的企业")
    text = _(
        "%(n)s 家企业有研发机构，共 %(all)s 个；%(none)s 家确认没有，%(unknown)s 家没有记录。",
        n=number(total["institution_with"]),
        all=number(total["institutions"]),
        none=number(total["institution_none"]),
        unknown=number(total["institution_unknown"]),
    )
    table = by_group(
        title,
        [_("有机构"), _("没有"), _("未知"), _("占比"), _("机构（个）")],
        every,
        lambda g: [
            count(g["institution_with"]),
            count(g["institution_none"]),
            count(g["institution_unknown"]),
            share_cell(share(g)),
            count(g["institutions"]),
        ],
    )
    return Section("institutions", title, text, table)


def _kinds(stored: list[list[Any]]) -> Section:
    """Institutions by kind and level."""
    levels, kinds = term_titles("level"), term_titles("institution.kind")
    used = [each for each in levels if any(level == each for _kind, level, _number in stored)]
    counted = {(kind, level): firms for kind, level, firms in stored}
    columns = [Column(_("类型")), *(Column(levels[each], "number") for each in used), Column(_("级别不详"), "number")]
    named = sorted(
        {kind for kind, _level, _number in stored},
        key=lambda kind: (kind is None, list(kinds).index(kind) if kind in kinds else 99),
    )
    rows = [
        [
            Cell(kinds.get(kind, kind) if kind else _("类型不详")),
            *(count(counted.get((kind, level), 0)) for level in [*used, None]),
        ]
        for kind in named
    ]
    title = _("研发机构的类型和级别")
    text = "" if rows else _("没有登记研发机构。")
    return Section("kinds", title, text, Table(title, columns, rows))


def _reluctances(every: Sequence[Group]) -> Section:
    names = [each.value for each in RELUCTANCES]
    total, title = every[0], _("企业为什么不创新")
    answered = sum(total[name] for name in names)
    told = _("、").join(
        _(
            "%(word)s %(n)s 家（%(share)s）",
            word=word,
            n=number(total[key.value]),
            share=percent(total.share(key.value, *(n for n in names if n != key.value))),
        )
        for key, word in RELUCTANCES.items()
    )
    text = _(
        "走访中谈到的 %(n)s 家：%(told)s；%(rest)s 家没有谈到。",
        n=number(answered),
        told=told,
        rest=number(total["not_asked"]),
    )
    table = by_group(
        title,
        [*(str(word) for word in RELUCTANCES.values()), _("没有谈到")],
        every,
        lambda g: [count(g[name]) for name in [*names, "not_asked"]],
    )
    groups = [g for g in every[1:] if g.key and any(g[name] for name in names)][:BARS]
    chart = None
    if groups:
        chart = draw(
            [short(group.title) for group in groups],
            [
                Series(word, [Point(group[key.value], text=str(group[key.value])) for group in groups], "bar", tone)
                for tone, (key, word) in enumerate(RELUCTANCES.items(), 1)
            ],
        )
    return Section("reluctance", title, text, table, chart, _("家"))
