"""Charts: what is higher stands higher, what is unknown leaves a hole, and nothing leaves the picture."""

from __future__ import annotations

from fractions import Fraction

import pytest

from crm.web.charts import LINE, TOP, WIDTH, Point, Series, draw, span


def test_bars_stand_on_the_floor_and_grow_with_their_values() -> None:
    chart = draw(["甲", "乙"], [Series("数", [Point(10, text="10"), Point(20, text="20")])])
    low, high = chart.drawn[0].marks
    assert low is not None and high is not None
    assert high.height == pytest.approx(2 * low.height)
    assert low.y + low.height == high.y + high.height == chart.floor


def test_a_range_lies_between_its_ends_and_the_line_between_those() -> None:
    chart = draw(
        ["2025"], [Series("分", [Point(Fraction(62), Fraction(74), "62–74")], "range")], line=(71, "71"), top=100
    )
    (mark,) = chart.drawn[0].marks
    assert mark is not None and chart.line is not None
    assert mark.y < chart.line[0] < mark.y + mark.height


def test_an_unknown_value_is_no_zero() -> None:
    chart = draw(["1", "2", "3", "4"], [Series("分", [Point(1), Point(None), Point(2), Point(3)], "line")])
    assert chart.drawn[0].marks[1] is None
    (stretch,) = chart.drawn[0].stretches
    assert len(stretch.split()) == 2


@pytest.mark.parametrize(
    "values", [[0, 0], [3, 100_000_000], [Fraction(1, 3), Fraction(2, 3)], [-50, 20], [None, None]]
)
def test_everything_stays_in_the_picture(values: list) -> None:
    for kind in ("bar", "range", "line"):
        chart = draw(["甲", "乙"], [Series("数", [Point(value) for value in values], kind)])
        assert 1 <= len(chart.ticks) <= 8
        for mark in filter(None, chart.drawn[0].marks):
            assert chart.left <= mark.x <= WIDTH
            assert TOP - 1 <= mark.y <= mark.y + mark.height * (kind != "line") <= chart.floor + 5


def test_a_value_stands_beside_the_end_of_its_bar() -> None:
    points = [Point(20, text="20"), Point(-50, text="-50"), Point(0, text="0")]
    chart = draw(["甲", "乙", "丙"], [Series("数", points)])
    for picture in (chart, chart.wide):
        assert picture is not None
        up, down, nothing = picture.drawn[0].marks
        assert up is not None and down is not None and nothing is not None
        assert up.text_y is not None and up.text_y < up.y, "above a bar that goes up"
        assert down.text_y is not None and down.y + down.height < down.text_y, "below one that goes down"
        assert nothing.text_y is not None and nothing.text_y < nothing.y
        label = picture.floor + 17  # the base of the labels, as the template has it
        assert label - down.text_y >= LINE, "and not upon its label"
        assert label < picture.height


def test_many_labels_leave_room_for_the_last() -> None:
    labels = [str(2000 + number) for number in range(20)]
    chart = draw(labels, [Series("数", [Point(1)] * 20)])
    shown = [lines for _x, lines in chart.columns if lines]
    assert shown[-1] == ["2019"]
    assert len(shown) <= 7


def test_words_wider_than_their_room_take_a_second_line_below() -> None:
    labels = ["Innovative SME", "HTE", "Little giant", "NEEQ", "BSE", "STAR"]
    chart = draw(labels, [Series("n", [Point(1)] * 6)])
    assert [lines for _x, lines in chart.columns][:3] == [["Innovative", "SME"], ["HTE"], ["Little", "giant"]]
    assert chart.height > draw(["HTE"], [Series("n", [Point(1)])]).height


def test_a_span_is_in_per_cent_of_the_scale() -> None:
    found = span(Fraction(50), 75, 100, 71)
    assert (found.start, found.width, found.line) == (50.0, 25.0, 71.0)


def test_an_axis_is_drawn_where_it_is_read() -> None:
    bars = [Series("数", [Point(number, text=str(number)) for number in range(4)])]
    assert [text for _y, text in draw(["1", "2", "3", "4"], bars).ticks] == [""]
    against = draw(["1", "2", "3", "4"], bars, line=(2, "2"))
    assert len(against.ticks) > 2 and against.left > draw(["1", "2", "3", "4"], bars).left
    many = draw([str(number) for number in range(20)], [Series("数", [Point(10)] * 20)])
    assert len(many.ticks) > 2


def test_a_desk_has_room_for_more_labels_and_values() -> None:
    labels = [str(2000 + number) for number in range(12)]
    chart = draw(labels, [Series("数", [Point(1, text="1")] * 12)])
    assert chart.wide is not None and chart.wide.width > chart.width
    assert all(lines for _x, lines in chart.wide.columns)
    assert [mark.text_y for mark in chart.drawn[0].marks if mark] == [None] * 12
    assert all(mark and mark.text_y is not None for mark in chart.wide.drawn[0].marks)


def test_of_what_is_counted_there_are_no_halves() -> None:
    for highest in (1, 2, 3, 10):
        chart = draw([str(number) for number in range(20)], [Series("家", [Point(highest)] * 20)])
        assert all("." not in text for _y, text in chart.ticks), highest
    shares = draw([str(number) for number in range(20)], [Series("%", [Point(1.5)] * 20)])
    assert [text for _y, text in shares.ticks] == ["0", "0.5", "1", "1.5"]
