"""A firm's way towards a rung over the years: assessments kept then, and each past year recomputed by the edition then in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.editions.library import edition_in_force, edition_named
from crm.firms.facts.statements import vouches
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.facts import FirmFacts
from crm.ladder.models import Assessment as Kept
from crm.ladder.models import Purpose, Rung
from crm.policy import Assessment, Edition, Facts, NoEdition
from crm.policy.answers.verdict import MET, judge, word
from crm.policy.readings.reading import FirmReading
from crm.policy.text import SIGNS, plain
from crm.policy.vocabulary import UNCONFIRMED
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import percent

YEARS = 8  # that are looked back
KEPT = 40  # kept assessments that are read, the newest


@dataclass(frozen=True)
class Moment:
    """One answer of one day. `share` is that of the decisive criteria that were met; `kept` None: recomputed now."""

    on: date
    verdict: str
    edition: str
    score: tuple[Fraction, Fraction] | None
    share: Fraction | None
    kept: int | None = None

    @property
    def text(self) -> str:
        """The score or the share, in words."""
        if self.score is not None:
            low, high = (plain(end) for end in self.score)
            return low if low == high else f"{low}–{high}"
        return "" if self.share is None else percent(self.share, 0)


@dataclass(frozen=True)
class Years:
    """`recomputed` one a year, the oldest first; `kept` by their day. `scored`: the chart is of points, else of shares."""

    recomputed: Sequence[Moment]
    kept: Sequence[Moment]
    scored: bool
    chart: Chart | None


def years_of(firm: Firm, rung: Rung, purpose: Purpose, on: date, facts: FirmFacts, today: Assessment) -> Years:
    """The years up to the day. `facts` is the record on it, `today` what the edition says to it."""
    recomputed = [_recomputed(firm, rung, purpose, day, facts) for day in _days(on, facts.document)]
    moments = [*(each for each in recomputed if each is not None), _moment(today, on)]
    kept = _kept(firm, rung, purpose, on)
    scored = today.score is not None
    return Years(moments, kept, scored, _chart(moments, kept, today) if len(moments) + len(kept) > 1 else None)


def _days(on: date, document: Mapping[str, Any]) -> list[date]:
    """The same day of each past year before which there was a year with figures."""
    known = {int(year) for year in document.get("years", {})}
    return [_same_day(on, year) for year in range(on.year - YEARS, on.year) if year - 1 in known]


def _same_day(on: date, year: int) -> date:
    return date(year, 2, 28) if (on.month, on.day) == (2, 29) else on.replace(year=year)


def _recomputed(firm: Firm, rung: Rung, purpose: Purpose, day: date, facts: FirmFacts) -> Moment | None:
    """None where no edition was in force."""
    document = dict(facts.document)
    if "credentials" in document:
        document["credentials"] = [title for title in document["credentials"] if title["from"] <= day.isoformat()]
    # What a statement no longer says of today it did say of that day.
    known = {name for name, said_on in facts.stale.items() if said_on is not None and vouches(said_on, day)}
    document = {name: [] for name in known} | document | {UNCONFIRMED: sorted(facts.stale.keys() - known)}
    try:
        edition = edition_in_force(rung.value, day, purpose.value, firm.division_code)
    except NoEdition:
        return None
    # Only the verdicts are wanted: no gaps, no arithmetic.
    reading = FirmReading(Facts.from_document(document), day)
    outcome = judge(edition, reading)
    verdicts = {name: word(truth.low, truth.high) for name, truth in reading.outcomes.items()}
    score = (outcome.score.low, outcome.score.high) if outcome.score else None
    verdict = word(outcome.verdict.low, outcome.verdict.high)
    return Moment(day, verdict, edition.id, score, share_met(edition, verdicts))


def _moment(assessment: Assessment, day: date) -> Moment:
    score = assessment.score
    verdicts = {result.id: result.verdict for result in assessment.criteria}
    found = (score.low, score.high) if score else None
    share = share_met(assessment.edition, verdicts)
    return Moment(day, assessment.verdict, assessment.edition.id, found, share)


def share_met(edition: Edition, verdicts: Mapping[str, str]) -> Fraction | None:
    """Of what decides, the share that is met: each required criterion, and each choice of ways as one."""

    def met(names: Sequence[str]) -> bool:
        return all(verdicts.get(name) == MET for name in names)

    units = [met([name]) for name in edition.requires]
    units += [any(met(option.needs) for option in group) for group in edition.alternatives]
    return Fraction(sum(units), len(units)) if units else None


def _kept(firm: Firm, rung: Rung, purpose: Purpose, on: date) -> list[Moment]:
    rows = db.session.execute(
        select(Kept.id, Kept.on, Kept.verdict, Kept.edition, Kept.score_low, Kept.score_high, Kept.result)
        .where(Kept.firm_id == firm.id, Kept.rung == rung, Kept.purpose == purpose, Kept.on <= on)
        .order_by(Kept.on.desc(), Kept.id.desc())
        .limit(KEPT)
    ).all()
    found = []
    for row in reversed(rows):
        verdicts = {each["id"]: each["verdict"] for each in row.result.get("criteria", [])}
        low, high = row.score_low, row.score_high
        score = None if low is None or high is None else (Fraction(low), Fraction(high))
        found.append(Moment(row.on, row.verdict, row.edition, score, _kept_share(row.edition, verdicts), row.id))
    return found


def _kept_share(name: str, verdicts: Mapping[str, str]) -> Fraction | None:
    """None where the edition is not in the library any more."""
    try:
        return share_met(edition_named(name), verdicts) if verdicts else None
    except NoEdition:
        return None


def _chart(moments: Sequence[Moment], kept: Sequence[Moment], today: Assessment) -> Chart:
    years = sorted({each.on.year for each in (*moments, *kept)})
    last = {each.on.year: each for each in kept}
    series = [Series(_("按当年数据重算"), _points({m.on.year: m for m in moments}, years, today), "range")]
    if kept:
        series.append(Series(_("当时留存的测算（当年最后一次）"), _points(last, years, today), "range", 2))
    labels = [str(year) for year in years]
    if today.score is not None:
        line = (
            today.score.line,
            _(
                "合格线：%(operator)s %(line)s 分",
                operator=SIGNS[today.score.operator],
                line=plain(today.score.line),
            ),
        )
        return draw(labels, series, line=line, top=max(Fraction(100), today.score.high))
    shares = [Series(each.title, each.points, "bar", each.tone) for each in series]
    return draw(labels, shares, line=(100, _("全部符合")), top=100)


def _points(moments: Mapping[int, Moment], years: Sequence[int], today: Assessment) -> list[Point]:
    points = []
    for year in years:
        moment = moments.get(year)
        if moment is None:
            points.append(Point(None))
        elif today.score is not None:
            points.append(Point(*moment.score, text=moment.text) if moment.score else Point(None))
        elif moment.share is not None:
            points.append(Point(moment.share * 100, text=percent(moment.share, 0)))
        else:
            points.append(Point(None))
    return points
