"""The policies: who was entitled, who claimed, who was paid, and how those firms moved on the ladder after."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.editions.certainty import certainty_of
from crm.incentives import effect, queries, showing
from crm.incentives.firm_list import value_of
from crm.incentives.kept import WITHIN
from crm.incentives.models import ClaimState, IncentiveRun
from crm.incentives.provisions import carried_on, provisions_of, values_text
from crm.incentives.queries import Taken
from crm.incentives.routes import blueprint
from crm.incentives.rules import Rule, incentives, rules_of
from crm.incentives.words import KINDS
from crm.kernel.errors import NotFoundError
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import moment, percent, wan
from crm.web.language import language
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

GROUPS = ("paid", "unpaid")


@blueprint.get("/incentives")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    """All policies with what was made of them; of one year, if it is asked for."""
    year = _year()
    run, counted = queries.last_run(), queries.counts(current_user)
    taken = queries.taken_by_incentive(current_user, year)
    here, carried = language(), carried_on(current_user)
    rows = []
    for name, rule in incentives().items():
        numbers, states = counted.get((name, year or 0), {}), taken.get(name, {})
        made = sum(number for state, (number, _paid) in states.items() if state is not ClaimState.WITHDRAWN)
        paid, part = (states.get(state, (0, None)) for state in (ClaimState.PAID, ClaimState.PART_PAID))
        rows.append(
            {
                "name": name,
                "rule": rule,
                "over": showing.is_over(rule, carried),
                "title": rule.title[here],
                "kind": KINDS[rule.kind],
                "certainty": showing.certainty_of_rule(rule),
                "entitled": numbers.get("entitled", 0),
                "entitled_url": _firms(name, year or 0, "entitled"),
                "amount": _fen(numbers.get("amount")),
                "unnamed": numbers.get("unnamed", 0),
                "waiting": states.get(ClaimState.CLAIMED, (0, None))[0],
                "made": made,
                "paid": paid[0],
                "part_paid": part[0],
                "paid_amount": sum((each[1] or 0 for each in (paid, part)), Decimal(0)) if paid[0] or part[0] else None,
            }
        )
    return render_template(
        "incentives/index.html",
        rows=sorted(rows, key=lambda row: bool(row["over"])),
        run=run,
        year=year,
        years=sorted({key[1] for key in counted if key[1]}, reverse=True),
    )


@blueprint.post("/incentives/count")
@requires(Permission.VIEW_FIRMS)
def count_anew() -> BaseResponse:
    """Have entitlements and effects worked out anew in the background."""
    effect.ask()
    flash(_("已安排重新测算，稍后刷新页面查看。"), "success")
    incentive = request.form.get("incentive", "")
    known = incentive in incentives()
    return redirect(url_for("incentives.policy", incentive=incentive) if known else url_for("incentives.index"))


def _year() -> int | None:
    asked = request.args.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None


def _rule(incentive: str) -> Rule:
    rule = incentives().get(incentive)
    if rule is None:
        raise NotFoundError(_("没有这项政策。"))
    return rule


@blueprint.get("/incentives/policies/<incentive>")
@requires(Permission.VIEW_FIRMS)
def policy(incentive: str) -> str:
    rule, run = _rule(incentive), queries.last_run()
    numbers = queries.counts(current_user, incentive)
    return render_template(
        "incentives/policy.html",
        rule=rule,
        over=showing.is_over(rule, carried_on(current_user)),
        earlier=[each for each in rules_of(incentive) if each is not rule],
        title=rule.title[language()],
        kind=KINDS[rule.kind],
        terms=[(*each, certainty_of(each[0])) for each in showing.rule_terms(rule)],
        remarks=[(each, certainty_of(each)) for each in (*rule.asks, *rule.notes)],
        certainty_of=certainty_of,
        provisions=provisions_of(incentive, current_user),
        values_text=values_text,
        run=run,
        years=_years_table(rule, numbers),
        effect=_effect_table(rule, numbers),
        chart=_chart(rule, numbers),
        note=_("截至 %(at)s", at=moment(run.at)) if run else None,
        sheet_url=url_for("incentives.policy_sheet", incentive=incentive),
    )


@blueprint.get("/incentives/policies/<incentive>.xlsx")
@requires(Permission.EXCHANGE)
def policy_sheet(incentive: str) -> Response:
    rule = _rule(incentive)
    numbers = queries.counts(current_user, incentive)
    tables = [_years_table(rule, numbers), _effect_table(rule, numbers)]
    return send_tables([table for table in tables if table], _("政策成效 %(title)s", title=rule.title[language()]))


def _about(run: IncentiveRun | None) -> list[tuple[str, str]]:
    return [(_("截至"), moment(run.at) if run else _("还没有测算"))]


def _firms(incentive: str, year: int, what: str) -> str:
    return url_for("firms.index", incentive=value_of(incentive, year, what))


def _fen(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def _sum(amount: Decimal | None) -> Cell:
    return Cell(None if amount is None else float(amount / 10000), None if amount is None else wan(amount))


def _years_table(rule: Rule, numbers: dict[tuple[str, int], dict[str, int]]) -> Table:
    """A row a year and one for all: entitled, claimed, approved, paid, each opening its firms."""
    name = rule.incentive
    taken = queries.taken_by_year(current_user, name)
    years = sorted({*(year for _name, year in numbers if year), *(year for year in taken if year)}, reverse=True)
    paid_words = (_("已兑付"), _("兑付（万元）")) if rule.paid else None
    columns = [
        Column(_("年度")),
        Column(_("可享受"), "number"),
        Column(_("测算（万元）"), "number"),
        Column(_("尚不能判定"), "number"),
        Column(_("申领"), "number"),
        Column(_("核定"), "number"),
        *(Column(each, "number") for each in paid_words or ()),
        Column(_("没有申领"), "number"),
    ]
    of_entitled = queries.claimed_of_entitled(current_user, name)
    rows = [
        _year_row(rule, year, numbers.get((name, year), {}), taken.get(year, Taken()), of_entitled.get(year, 0))
        for year in [*years, 0]
    ]
    _say_how_rounded(rows)
    return Table(_("各年度享受情况（企业数）"), columns, rows if years else [], _about(queries.last_run()))


def _say_how_rounded(rows: list[list[Cell]]) -> None:
    """The total is added up before it is rounded: where the rounded years come to something else, it says so."""
    *years, total = (Decimal((row[2].text or "0").replace(",", "")) for row in rows)
    if sum(years, Decimal(0)) != total:
        rows[-1][2] = replace(rows[-1][2], note=_("；").join(filter(None, (rows[-1][2].note, _("先相加再四舍五入")))))


def _year_row(rule: Rule, year: int, counted: dict[str, int], taken: Taken, claimed: int) -> list[Cell]:
    """`claimed`: of those entitled, how many claimed it."""
    name, entitled = rule.incentive, counted.get("entitled", 0)
    unnamed = counted.get("unnamed", 0)
    amount = _fen(counted.get("amount", 0 if entitled and not unnamed else None))
    amount_cell = _sum(amount)
    if unnamed:
        amount_cell = Cell(amount_cell.value, amount_cell.text, note=_("另有 %(n)s 项数额未知", n=unnamed))
    paid = (
        (Cell(int(taken.paid or 0), href=_firms(name, year, "paid")), _sum(taken.paid_amount if taken.paid else None))
        if rule.paid
        else ()
    )
    return [
        Cell(_("%(year)s 年", year=year) if year else _("历年")),
        Cell(entitled, href=_firms(name, year, "entitled")),
        amount_cell,
        Cell(counted.get("unknown", 0), href=_firms(name, year, "unknown")),
        Cell(taken.claimed, href=_firms(name, year, "claimed")),
        Cell(int(taken.approved or 0), href=_firms(name, year, "approved")),
        *paid,
        Cell(entitled - claimed, href=_firms(name, year, "unclaimed")),
    ]


def _shares(numbers: dict[str, int], group: str) -> list[tuple[int, int, int, Fraction | None]]:
    """For each span of years: firms watched so long, of them risen, rungs, and the share risen."""
    found = []
    for years in WITHIN:
        watched, risen, rungs = (numbers.get(f"{group}.{what}.{years}", 0) for what in ("watched", "risen", "rungs"))
        found.append((watched, risen, rungs, Fraction(risen, watched) if watched else None))
    return found


def _group_titles(rule: Rule) -> dict[str, str]:
    return {
        "paid": _("已兑付") if rule.paid else _("已核定"),
        "unpaid": _("可享受，没有兑付") if rule.paid else _("可享受，没有核定"),
    }


def _effect_table(rule: Rule, numbers: dict[tuple[str, int], dict[str, int]]) -> Table | None:
    """Those paid beside those entitled and not paid: how many rose within one, two and three years, and how many rungs."""
    of_all = numbers.get((rule.incentive, 0), {})
    if not any(key.startswith(("paid.", "unpaid.")) for key in of_all):
        return None
    columns = [
        Column(_("企业")), Column(_("多久以内")), Column(_("已满这么久"), "number"), Column(_("其中升级"), "number"),
        Column(_("升级比例（%）"), "number"), Column(_("新获资质（项）"), "number"),
    ]  # fmt: skip
    rows = []
    for group, title in _group_titles(rule).items():
        for years, (watched, risen, rungs, share) in zip(WITHIN, _shares(of_all, group), strict=True):
            rows.append(
                [
                    Cell(title),
                    Cell(_("%(n)s 年内", n=years)),
                    Cell(watched, href=_firms(rule.incentive, 0, f"{group}.watched.{years}")),
                    Cell(risen, href=_firms(rule.incentive, 0, f"{group}.risen.{years}")),
                    Cell(
                        None if share is None else float(round(share * 100, 1)),
                        None if share is None else percent(share, 1),
                    ),
                    Cell(rungs),
                ]
            )
    return Table(_("之后在阶梯上的变化"), columns, rows, _about(queries.last_run()))


def _chart(rule: Rule, numbers: dict[tuple[str, int], dict[str, int]]) -> Chart | None:
    of_all = numbers.get((rule.incentive, 0), {})
    series = []
    for tone, (group, title) in enumerate(_group_titles(rule).items(), start=1):
        points = [
            Point(None if share is None else share * 100, text="" if share is None else percent(share, 1))
            for _watched, _risen, _rungs, share in _shares(of_all, group)
        ]
        series.append(Series(title, points, tone=tone))
    if all(point.low is None for each in series for point in each.points):
        return None
    return draw([_("%(n)s 年内", n=years) for years in WITHIN], series)
