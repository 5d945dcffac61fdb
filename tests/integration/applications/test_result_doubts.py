"""Titles of a list that the record contradicts are mended by a person, not recorded in silence."""

from __future__ import annotations

from datetime import date

import pytest

from crm.applications.models import ResultRowState as S
from crm.applications.results import deciding
from crm.applications.results.doubts import Meant, doubts_of
from crm.applications.results.reconcile import judge_again
from crm.kernel import audit
from crm.ladder import service as ladder
from crm.ladder.models import Rung
from tests.factories import make_firm
from tests.integration.applications.test_results import UNTIL, Lists, lists, titles  # noqa: F401  the fixture
from tests.queries import count_queries

NUMBER = "GR202643000001"


def three(lists: Lists) -> list:  # noqa: F811
    park = lists.park
    made = [make_firm(lists.session, park.park, f"云岭疑{place}") for place in range(3)]
    lists.session.commit()
    return made


def hold(lists: Lists, firm, number: str, since: date, until: date) -> None:  # noqa: F811
    audit.sign(lists.session, lists.park.officer.id, audit.Via.PAGE)
    ladder.grant_credential(firm, Rung.HTE, number=number, valid_from=since, valid_to=until, actor=lists.park.officer)
    lists.session.commit()


def faults(lists: Lists, results) -> list[str]:  # noqa: F811
    return [row.note.get("fault", "") for row in lists.rows(results)]


def test_one_certificate_is_not_recorded_for_two_firms(lists: Lists) -> None:  # noqa: F811
    one, two, three_ = three(lists)
    hold(lists, three_, "GR202343000009", date(2023, 1, 1), date(2025, 12, 31))
    results = lists.take_in(
        (one.name, one.credit_code, NUMBER), (two.name, two.credit_code, NUMBER), (two.name[:-1], "", "GR202343000009")
    )
    assert lists.states(results)[:2] == [S.MATCHED, S.FAULTY]
    assert "编号与第 2 行相同" in faults(lists, results)[1]
    again = lists.take_in((one.name, one.credit_code, "GR202343000009"))
    assert "已登记在另一家企业名下" in faults(lists, again)[0]
    lists.grant(again)
    assert titles(lists.session, one.id) == []


def test_a_longer_title_is_not_cut_short_by_a_list(lists: Lists) -> None:  # noqa: F811
    one, _two, _three = three(lists)
    longer = date(UNTIL.year + 1, 3, 31)
    hold(lists, one, "GR202443000002", date(2024, 1, 1), longer)
    results = lists.take_in((one.name, one.credit_code, NUMBER))
    assert lists.states(results) == [S.FAULTY] and "反而缩短" in faults(lists, results)[0]
    assert longer.isoformat() in faults(lists, results)[0]
    lists.grant(results)
    assert [title.ended_on for title in titles(lists.session, one.id)] == [None]


def test_what_came_between_reading_and_granting_is_seen(lists: Lists) -> None:  # noqa: F811
    one, two, _three = three(lists)
    results = lists.take_in((one.name, one.credit_code, NUMBER))
    assert lists.states(results) == [S.MATCHED]
    hold(lists, two, NUMBER, date(2024, 1, 1), UNTIL)
    lists.grant(results)
    assert lists.states(results) == [S.FAULTY] and titles(lists.session, one.id) == []


def test_a_title_older_than_its_firm_and_a_row_without_a_firm_are_faults(lists: Lists) -> None:  # noqa: F811
    one, _two, _three = three(lists)
    one.registered_on = date(2025, 11, 2)
    lists.session.commit()
    results = lists.take_in((one.name, one.credit_code, NUMBER), ("", "", "GR202643000003"))
    assert lists.states(results) == [S.FAULTY, S.FAULTY]
    assert "早于企业成立日期" in faults(lists, results)[0] and "不知道是哪家企业" in faults(lists, results)[1]


@pytest.mark.parametrize("place", [0, 1])
def test_a_number_on_record_for_two_firms_is_in_doubt_for_either(lists: Lists, place: int) -> None:  # noqa: F811
    firms = three(lists)[:2]
    for firm in firms:
        hold(lists, firm, f"GR{firm.id}", date(2023, 1, 1), date(2025, 12, 31))
        titles(lists.session, firm.id)[0].number = NUMBER  # as records from before the check may be
    lists.session.flush()
    meant = Meant(1, firms[place].id, NUMBER, date(2026, 1, 1), UNTIL)
    assert "已登记在另一家企业名下" in doubts_of(lists.session, Rung.HTE, [meant])[1]


def test_a_row_without_a_code_is_not_judged_by_the_firms_without_one(lists: Lists) -> None:  # noqa: F811
    one, *_rest = three(lists)
    results = lists.take_in((one.name, one.credit_code, NUMBER))
    [row] = lists.rows(results)
    row.credit_code = None
    with count_queries(lists.session) as asked:
        assert judge_again(lists.session, results, row)["note"]["candidates"] == [one.id]
    assert not any("credit_code IS NULL" in statement for statement in asked), "all firms without a code would be read"


def test_the_code_of_one_firm_with_the_name_of_another_is_for_a_person_to_decide(lists: Lists) -> None:  # noqa: F811
    one, two, three_ = three(lists)
    results = lists.take_in(
        (one.name, two.credit_code, "GR1"), (two.name, two.credit_code, "GR2"), (three_.name, one.credit_code, "GR3")
    )
    assert lists.states(results) == [S.PROPOSED, S.MATCHED, S.PROPOSED]
    swapped, right, third = lists.rows(results)
    assert swapped.note == {"why": "another", "candidates": [two.id, one.id]}
    assert right.firm_id == two.id
    deciding.accept(actor=lists.park.officer, results=results, row=swapped, firm=one)
    deciding.accept(actor=lists.park.officer, results=results, row=third, firm=one)
    lists.grant(results)
    assert [title.number for title in titles(lists.session, one.id)] == ["GR1"]
    assert [title.number for title in titles(lists.session, two.id)] == ["GR2"]
    assert lists.rows(results)[2].state is S.DUPLICATE


def test_the_number_of_the_certificate_is_not_that_of_the_row(lists: Lists) -> None:  # noqa: F811
    one, *_rest = three(lists)
    results = lists.take_in(
        (one.name, one.credit_code, "ＧＲ２０２６ 43000001"), header="编号,企业名称,统一社会信用代码,证书编号"
    )
    assert [row.number for row in lists.rows(results)] == ["GR202643000001"]


@pytest.mark.parametrize("number", ["", "GR5"])
def test_a_list_imported_once_more_finds_its_titles_held(lists: Lists, number: str) -> None:  # noqa: F811
    """With certificates of its own, or none: then the document's number and the first day tell."""
    one, two, _three = three(lists)
    rows = [(each.name, each.credit_code, number and f"{number}{each.id}") for each in (one, two)]
    lists.grant(lists.take_in(*rows))
    again = lists.take_in(*rows)
    assert lists.states(again) == [S.HELD, S.HELD]
    later = lists.take_in(*rows, valid_from=date(2026, 1, 1), valid_to=date(2028, 12, 31))
    assert lists.states(later) == ([S.HELD, S.HELD] if number else [S.MATCHED, S.MATCHED]), "a renewal by one document"
