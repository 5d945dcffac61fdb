"""Reading an edition over facts: the one path that the single firm and the park share."""

from dataclasses import dataclass
from fractions import Fraction

from crm.policy.language.clauses import PointsReach
from crm.policy.language.edition import Criterion, Edition
from crm.policy.readings.algebra import Bool, Truth, Value
from crm.policy.readings.reading import Reading
from crm.policy.text import Text

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
# Of one clause, in a sentence.
SAID = {MET: Text("满足", "met"), NOT_MET: Text("不满足", "not met"), UNKNOWN: Text("无法判断", "unknown")}


@dataclass(frozen=True)
class Outcome:
    """What the reading of an edition came to. In a park every part is a column."""

    verdict: Truth
    groups: tuple[tuple[Truth, ...], ...]
    score: Value | None


def judge(edition: Edition, reading: Reading) -> Outcome:
    """Read every criterion in order, then the decision. Outcomes and points stay in the reading."""
    for criterion in edition.criteria:
        reading.outcomes[criterion.id] = criterion_truth(criterion, reading)
    required = [reading.outcomes[name] for name in edition.requires]
    groups = tuple(
        tuple(reading.all_of([reading.outcomes[name] for name in option.needs]) for option in group)
        for group in edition.alternatives
    )
    verdict = reading.all_of([*required, *(reading.any_of(group) for group in groups)])
    return Outcome(verdict, groups, score_of(edition, reading))


def in_the_way(edition: Edition, reading: Reading, outcome: Outcome) -> dict[str, Truth]:
    """The criteria that decide, each met where it does not keep the verdict from being met.

    A required one always decides; one of several ways only while no way of its group is surely open.
    """
    decides: dict[str, Bool] = dict.fromkeys(edition.requires, True)
    for group, ways in zip(edition.alternatives, outcome.groups, strict=True):
        closed = reading.negate(reading.any_of(ways).low)
        for name in {name for option in group for name in option.needs}:
            decides[name] = reading.either(decides.get(name, False), closed)
    found = {}
    for criterion in edition.criteria:
        if criterion.id in decides:
            truth, idle = reading.outcomes[criterion.id], reading.negate(decides[criterion.id])
            found[criterion.id] = Truth(reading.either(truth.low, idle), reading.either(truth.high, idle))
    return found


def criterion_truth(criterion: Criterion, reading: Reading) -> Truth:
    """One criterion. A scored part is met when it surely has points; a criterion holds for those its `when` applies to."""
    if criterion.points is not None:
        value = reading.tidy(criterion.points.read(reading))
        reading.points[criterion.id] = value
        truth = reading.compare(value, ">", Fraction(0))
    else:
        assert criterion.test is not None
        truth = criterion.test.read(reading)
    if criterion.when is None:
        return truth
    return reading.any_of([reading.not_(criterion.when.read(reading)), truth])


def score_of(edition: Edition, reading: Reading) -> Value | None:
    """The points of the edition's score, where it has one."""
    if edition.score is None:
        return None
    test = edition.criterion(edition.score).test
    assert isinstance(test, PointsReach)
    return test.total.read(reading)


def word(low: bool, high: bool) -> str:
    """The verdict's word."""
    return MET if low else UNKNOWN if high else NOT_MET
