"""Fields read what people type, exactly, and say in a sentence what they cannot read."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import InputRequired

from crm.kernel import clock
from crm.web.fields import (
    ChoiceField,
    DateField,
    MoneyField,
    NumberField,
    PercentField,
    TextField,
    TimeField,
    TriStateField,
    WholeNumberField,
)


class Sheet(Form):
    rd = MoneyField("研发费用")
    profit = MoneyField("净利润", minimum=None)
    share = PercentField("占有率")
    score = NumberField("评分", places=1, maximum=100)
    staff = WholeNumberField("职工")
    on = DateField("日期", not_future=True)
    at = TimeField("时间")
    own = TriStateField("自主品牌")
    level = ChoiceField("级别", words={"national": "国家级", "city": "市级"})
    name = TextField("名称")


class Needed(Form):
    rd = MoneyField("研发费用", [InputRequired("请填写研发费用。")])
    level = ChoiceField("级别", [InputRequired("请选择级别。")], words={"city": "市级"})


def typed(**texts: str) -> Sheet:
    form = Sheet(MultiDict(texts))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("300", "3000000"),
        ("0", "0"),
        ("0.000001", "0.01"),
        ("12,345.678901", "123456789.01"),
        ("１２．５", "125000"),
        (" 46.20 ", "462000"),
        (".5", "5000"),
    ],
)
def test_money_typed_in_wan_is_exact_yuan(text: str, yuan: str) -> None:
    form = typed(rd=text)
    assert form.rd.errors == []
    assert form.rd.data == Decimal(yuan)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("rd", "三百万", "“三百万”不是数字。请填数字，例如 300。"),
        ("rd", "300万元", "“300万元”不是数字。请填数字，例如 300。"),
        ("rd", "1,2", "“1,2”不是数字。请填数字，例如 300。"),
        ("rd", ".", "“.”不是数字。请填数字，例如 300。"),
        ("rd", "NaN", "“NaN”不是数字。请填数字，例如 300。"),
        ("rd", "-3", "不能是负数。"),
        ("rd", "1.2345678", "小数最多 6 位，这里有 7 位。"),
        ("rd", "9" * 20, "数字太大，请核对单位。最多 10,000,000,000。"),
        ("share", "101", "数字太大，请核对单位。最多 100。"),
        ("staff", "3.5", "请填整数，例如 12。"),
        ("staff", "十", "“十”不是数字。请填数字，例如 12。"),
        ("on", "去年", "“去年”不是日期。请按年月日填写，例如 2025-06-30。"),
        ("on", "2025-02-30", "没有“2025-02-30”这一天，请核对月和日。"),
        ("on", "0025-02-03", "日期太早，请核对年份。"),
        ("own", "maybe", "请从列出的选项中选一个。"),
        ("level", "galactic", "请从列出的选项中选一个。"),
    ],
)
def test_what_cannot_be_read_is_said_and_kept_as_typed(name: str, text: str, sentence: str) -> None:
    form = typed(**{name: text})
    assert form[name].errors == [sentence]
    if name not in ("own", "level"):
        assert f'value="{text}"' in form[name]()


def test_negative_amounts_where_the_law_knows_them() -> None:
    assert typed(profit="−12.5").profit.data == Decimal("-125000")


def test_blank_is_unknown_and_zero_is_zero() -> None:
    form = typed(rd="", staff="0", on="", own="", level="", name="   ")
    assert [form[name].data for name in ("rd", "staff", "on", "own", "level", "name")] == [
        None,
        0,
        None,
        None,
        None,
        None,
    ]
    assert not form.errors


def test_percent_is_a_fraction() -> None:
    assert typed(share="12.5").share.data == Decimal("0.125")
    assert typed(share="5％").share.data == Decimal("0.05")


@pytest.mark.parametrize("text", ["2025-06-30", "2025/6/30", "2025.6.30", "2025年6月30日", "２０２５－０６－３０"])
def test_dates_in_the_usual_ways(text: str) -> None:
    assert typed(on=text).on.data == date(2025, 6, 30)


@pytest.mark.parametrize("text", ["9:30", "09:30", "09:30:00", "９：３０", "9时30分"])
def test_times_in_the_usual_ways(text: str) -> None:
    assert typed(at=text).at.data == time(9, 30)
    assert typed(at=text).at._value() == "09:30"


def test_what_is_no_time_is_said_and_blank_is_unknown() -> None:
    assert typed(at="25:00").at.errors == ["“25:00”不是时间。请按时和分填写，例如 09:30。"]
    assert typed(at="").at.data is None


def test_tomorrow_is_refused_where_asked_and_today_is_not() -> None:
    today = clock.today()
    assert typed(on=today.isoformat()).on.data == today
    assert typed(on=(today + timedelta(days=1)).isoformat()).on.errors == [f"日期不能晚于今天（{today.isoformat()}）。"]


def test_a_record_is_shown_as_it_would_be_typed() -> None:
    record: dict[str, Any] = {
        "rd": Decimal("462000.01"),
        "profit": Decimal("-125000"),
        "share": Decimal("0.125"),
        "staff": 1000,
        "on": date(2025, 6, 30),
        "own": False,
        "level": "city",
    }
    form = Sheet(data=record)
    assert 'value="46.200001"' in form.rd()
    assert 'value="-12.5"' in form.profit()
    assert 'value="12.5"' in form.share()
    assert 'value="1000"' in form.staff()
    assert 'value="2025-06-30"' in form.on()
    assert '<option selected value="no">' in form.own()
    assert '<option selected value="city">' in form.level()


def test_what_the_form_did_not_send_stays() -> None:
    form = Sheet(MultiDict({"staff": "3"}), data={"rd": Decimal(5), "own": True})
    assert (form.rd.data, form.own.data, form.staff.data) == (Decimal(5), True, 3)


def test_required_fields_say_so() -> None:
    form = Needed(MultiDict({"rd": "", "level": ""}))
    assert not form.validate()
    assert form.errors == {"rd": ["请填写研发费用。"], "level": ["请选择级别。"]}
