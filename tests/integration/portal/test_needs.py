"""A firm raises a need, follows it to the answer, rates it, and may say once that it did not help."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest

from crm.firms.models import Document
from crm.firms.reference.working_days import add_working_days
from crm.kernel import audit, clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, NotAllowedError
from crm.notices.models import Notice, NoticeKind
from crm.visits import needs, service
from crm.visits.models import Need, NeedState
from tests.factories import Park
from tests.pages import check_page, text_of


@pytest.fixture
def need(session, app, park: Park) -> Need:
    """One that the firm raised itself."""
    audit.sign(session, park.firm_user.id, audit.Via.PAGE)
    with app.test_request_context():
        raised = needs.raise_need(park.firm_user, park.firm, kind="finance", text="流动资金 500 万元")
    session.commit()
    return raised


def answered(session, park: Park, need: Need, on: date | None = None) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    service.answer_need(park.officer, need, state=NeedState.ANSWERED, answer="已对接两家银行")
    session.commit()


def told(session, kind: NoticeKind) -> list[tuple[int, str]]:
    return [(notice.user_id, notice.path) for notice in session.query(Notice).filter(Notice.kind == kind)]


def test_a_firm_raises_a_need_with_a_file_and_its_officer_is_told(session, sign_in, park: Park) -> None:
    answer = sign_in(park.firm_user).post(
        "/own/needs",
        data={"kind": "site", "text": "租厂房 2000 平方米", "file": (io.BytesIO(b"%PDF-1.7 plan"), "平面图.pdf")},
    )
    need = session.query(Need).one()
    assert answer.location == f"/own/needs/{need.id}"
    assert (need.firm_id, need.raised_by_id, need.state) == (park.firm.id, park.firm_user.id, NeedState.OPEN)
    assert session.query(Document).one().name == "平面图.pdf"
    assert told(session, NoticeKind.NEED_RAISED) == [(park.officer.id, f"/needs/{need.id}/answer")]
    page = text_of(check_page(sign_in(park.firm_user).get(answer.location)))
    assert "由专员甲办理" in page
    assert add_working_days(clock.today(), needs.ANSWER_WITHIN) == needs.answer_by(need)
    staff = text_of(check_page(sign_in(park.officer).get(f"/needs/{need.id}/answer")))
    assert "租厂房 2000 平方米" in staff
    assert "平面图.pdf" in staff


def test_the_firm_is_promised_the_day_that_the_office_keeps(sign_in, park: Park) -> None:
    day = add_working_days(clock.today(), 10)
    words = text_of(check_page(sign_in(park.firm_user).get("/own/needs")))
    assert f"今天提的，{day.year}年{day.month}月{day.day}日前答复" in words


def test_half_a_need_is_kept_nowhere(session, sign_in, park: Park) -> None:
    answer = sign_in(park.firm_user).post("/own/needs", data={"kind": "", "text": "缺人"})
    assert "请选择诉求的类别" in answer.text
    assert "缺人" in answer.text, "what was typed stays"
    assert session.query(Need).count() == 0


def test_the_firm_rates_the_answer_and_the_officer_reads_it(session, sign_in, park: Park, need: Need) -> None:
    answered(session, park, need)
    firm = sign_in(park.firm_user)
    firm.post(f"/own/needs/{need.id}/rate", data={"rating": "4", "words": "很快"})
    assert (need.rating, need.rating_words, need.rated_on) == (4, "很快", clock.today())
    assert told(session, NoticeKind.NEED_RATED) == [(park.officer.id, f"/needs/{need.id}/answer")]
    for path in (f"/needs/{need.id}/answer", "/needs?which=answered"):
        assert "4 分（满分 5 分）" in text_of(check_page(sign_in(park.officer).get(path)))


def test_no_rating_before_the_answer_and_none_without_points(session, sign_in, park: Park, need: Need) -> None:
    firm = sign_in(park.firm_user)
    assert "还没有答复" in firm.post(f"/own/needs/{need.id}/rate", data={"rating": "4"}).text
    answered(session, park, need)
    assert "请选 1 到 5 分" in firm.post(f"/own/needs/{need.id}/rate", data={"words": "嗯"}).text
    assert need.rating is None


def test_it_is_opened_again_once_with_a_reason_and_the_first_answer_stands(
    session, sign_in, park: Park, need: Need
) -> None:
    answered(session, park, need)
    firm = sign_in(park.firm_user)
    firm.post(f"/own/needs/{need.id}/rate", data={"rating": "1"})
    assert "请写明哪里没有解决" in firm.post(f"/own/needs/{need.id}/object", data={"reason": " "}).text
    firm.post(f"/own/needs/{need.id}/object", data={"reason": "两家都不接受知识产权质押"})
    assert (need.state, need.rating, need.answer) == (NeedState.OPEN, None, "已对接两家银行")
    assert len(told(session, NoticeKind.NEED_RAISED)) == 2
    listed = text_of(check_page(sign_in(park.officer).get("/needs")))
    assert "说没有解决" in listed
    answered(session, park, need)
    page = firm.post(f"/own/needs/{need.id}/object", data={"reason": "还是不行"}).text
    assert "已经重新提出过一次" in page
    assert need.state is NeedState.ANSWERED


def test_an_answer_that_is_taken_back_takes_its_rating_along(session, sign_in, park: Park, need: Need) -> None:
    answered(session, park, need)
    sign_in(park.firm_user).post(f"/own/needs/{need.id}/rate", data={"rating": "5"})
    sign_in(park.officer).post(f"/needs/{need.id}/reopen")
    assert (need.state, need.rating, need.rated_on) == (NeedState.OPEN, None, None)
    assert session.query(Change).filter(Change.entity == "need", Change.field == "rating").count() == 2


def test_only_the_firm_itself_rates(session, sign_in, park: Park, need: Need) -> None:
    answered(session, park, need)
    other = sign_in(park.other_firm_user)
    for path in (f"/own/needs/{need.id}", f"/own/needs/{need.id}/rate", f"/own/needs/{need.id}/object"):
        answer = other.get(path) if path.endswith(str(need.id)) else other.post(path, data={"rating": "1"})
        assert answer.status_code == 404
    with pytest.raises(NotAllowedError):
        needs.rate_need(park.officer, need, rating=5)
    with pytest.raises(DomainError):
        needs.rate_need(park.firm_user, need, rating=6)


def test_the_staffs_list_is_narrowed_by_lateness_kind_and_officer(session, sign_in, park: Park, need: Need) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    raised, today = clock.today() - timedelta(days=16), clock.today()
    late = today - timedelta(days=1)
    old = Need(firm=park.firm, raised_on=raised, due_on=late, kind="talent", text="招两名工程师")
    due = Need(firm=park.firm, raised_on=raised, due_on=today, kind="talent", text="招一名会计")
    far = Need(firm=park.other_firm, raised_on=clock.today(), kind="talent", text="别家的事")
    session.add_all([old, due, far])
    session.commit()
    client = sign_in(park.officer)

    def shown(query: str) -> set[str]:
        page = text_of(check_page(client.get(f"/needs{query}")))
        return {text for text in ("流动资金", "工程师", "会计", "别家的事") if text in page}

    assert shown("") == {"流动资金", "工程师", "会计"}
    assert shown("?which=late") == {"工程师"}, "the promised day itself is still in time"
    assert shown("?kind=finance") == {"流动资金"}
    assert shown(f"?officer={park.officer.id}") == {"流动资金", "工程师", "会计"}
    assert shown(f"?officer={park.other_officer.id}") == {"流动资金", "工程师", "会计"}, "not in the scope: left out"
    assert shown("?which=answered") == set()


def test_who_is_told_of_a_need_is_who_the_firm_reads_has_it(session, sign_in, park: Park) -> None:
    park.firm.officer_id = None
    session.commit()
    firm = sign_in(park.firm_user)
    page = firm.post("/own/needs", data={"kind": "site", "text": "租厂房"}).location
    assert "由经理甲办理" in text_of(check_page(firm.get(page)))
    assert [person for person, _path in told(session, NoticeKind.NEED_RAISED)] == [park.manager.id]


def test_a_need_is_given_to_somebody_with_a_promised_day(session, sign_in, park: Park, need: Need) -> None:
    client = sign_in(park.manager)
    form = {"promise-assignee_id": str(park.manager.id), "promise-version": str(need.version)}
    promised = clock.today() + timedelta(days=3)
    answer = client.post(f"/needs/{need.id}/promise", data={**form, "promise-due_on": promised.isoformat()})
    assert answer.location.endswith(f"/needs/{need.id}/answer")
    session.expire_all()
    assert (need.assignee_id, need.due_on) == (park.manager.id, promised)
    assert "经理甲办理" in text_of(check_page(client.get(f"/needs/{need.id}/answer")))
    mine = text_of(check_page(client.get(f"/needs?officer={park.manager.id}")))
    assert "流动资金" in mine and "经理甲" in mine
    assert "流动资金" not in text_of(check_page(client.get(f"/needs?officer={park.officer.id}")))
    stale = client.post(
        f"/needs/{need.id}/promise", data={**form, "promise-due_on": promised.isoformat()}, follow_redirects=True
    )
    assert "有人改过这条记录" in stale.text


def test_whoever_a_need_is_given_to_is_told_and_nobody_from_elsewhere_gets_it(
    session, app, park: Park, need: Need
) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    with app.test_request_context():
        needs.promise_answer(park.manager, need, assignee_id=park.officer.id, due_on=clock.today())
        assert [person for person, _path in told(session, NoticeKind.NEED_GIVEN)] == [park.officer.id]
        with pytest.raises(DomainError) as refused:
            needs.promise_answer(park.manager, need, assignee_id=park.other_officer.id, due_on=clock.today())
        assert refused.value.field == "assignee_id"
        with pytest.raises(DomainError) as early:
            needs.promise_answer(park.manager, need, assignee_id=None, due_on=need.raised_on - timedelta(days=1))
        with pytest.raises(DomainError, match="一年之内"):
            needs.promise_answer(park.manager, need, assignee_id=None, due_on=date(2206, 1, 5))
        assert early.value.field == "due_on"


def test_no_answer_is_promised_for_a_day_that_is_over(session, app, park: Park, need: Need) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    need.raised_on = clock.today() - timedelta(days=30)
    need.due_on = overdue = clock.today() - timedelta(days=10)
    with app.test_request_context():
        with pytest.raises(DomainError, match="已经过去") as refused:
            needs.promise_answer(park.manager, need, assignee_id=None, due_on=clock.today() - timedelta(days=1))
        assert refused.value.field == "due_on"
        needs.promise_answer(park.manager, need, assignee_id=park.officer.id, due_on=overdue)
    assert need.assignee_id == park.officer.id, "one that is overdue is given to somebody else"
