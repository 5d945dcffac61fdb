"""Sentences of needs against specialities and titles: what is a reason, and what only sounds like one."""

from __future__ import annotations

import pytest

from crm.services.likeness import Spoken

MACHINE = "我们想引进数控机床，提高加工精度，解决关键技术问题"
TEA = "希望做茶叶保鲜包装的研究"
BATTERY = "锂电池隔膜收缩率偏高，求助"


@pytest.mark.parametrize(
    ("need", "word"),
    [
        (MACHINE, "数控机床"),
        (MACHINE, "机床"),
        ("铸造件表面裂纹多，想找做热处理和无损检测的专家。", "热处理"),
        ("来料检测跟不上", "检测"),
        ("需要懂PLC的老师", "ｐｌｃ"),
    ],
)
def test_a_speciality_that_the_need_names_is_a_reason(need: str, word: str) -> None:
    assert Spoken(need).holds(word)


@pytest.mark.parametrize("word", ["技术", "关键技术", "问题", "数控加工", "床", ""])
def test_what_anybody_says_or_nobody_said_is_none(word: str) -> None:
    assert not Spoken(MACHINE).holds(word)


@pytest.mark.parametrize(
    ("need", "phrase", "pieces"),
    [
        (MACHINE, "数控加工", ["数控"]),
        ("数控加工的废品率高", "数控机床", ["数控"]),
        (MACHINE, "一种高速数控主轴的减振方法", ["数控"]),
        ("主轴减振不好，机床发热", "一种高速数控主轴的减振方法", ["主轴", "减振"]),
        ("数控主轴发热", "一种高速数控主轴的减振方法", ["数控主轴"]),
        (TEA, "茶叶加工", ["茶叶"]),
        (TEA, "食品保鲜技术", ["保鲜"]),
        (BATTERY, "隔膜材料", ["隔膜"]),
        ("需要 CNC 编程", "cnc加工", ["cnc"]),
    ],
)
def test_a_piece_of_a_speciality_or_title_is_a_reason(need: str, phrase: str, pieces: list[str]) -> None:
    assert Spoken(need).shares(phrase) == pieces


@pytest.mark.parametrize(
    ("need", "title", "piece"),
    [
        ("寻找做加速老化试验的检测机构", "检验检测机构", "检测机构"),
        ("想和高校、科研院所合作", "科研院所", "科研院所"),
        ("寻找合作服务机构", "咨询、财税服务机构", None),
        (TEA, "检验检测机构", None),
    ],
)
def test_a_kind_of_institute_is_asked_for_by_its_name(need: str, title: str, piece: str | None) -> None:
    assert Spoken(need).names(title) == piece


@pytest.mark.parametrize(
    ("need", "phrase"),
    [
        (MACHINE, "飞控机构"),  # the end of one word and the beginning of the next
        (MACHINE, "技术研发"),
        (MACHINE, "精密加工"),
        (MACHINE, "信息系统技术服务平台"),
        ("铸件热处理变形", "水处理"),
        ("铸件无损检测", "食品检测"),
        (TEA, "茶多酚提取"),
        (BATTERY, "隔音膜"),
        ("需要 CNC 编程", "DCNC"),
        ("想申报高新技术企业", "高新技术产品研发"),
    ],
)
def test_common_words_and_chance_are_no_reason(need: str, phrase: str) -> None:
    assert Spoken(need).shares(phrase) == []
