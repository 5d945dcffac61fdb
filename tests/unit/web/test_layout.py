"""The navigation: groups on a desk, four places and one action within the thumb's reach."""

from __future__ import annotations

from crm.web.layout import Group, Place, grouped, in_reach


def place(name: str, **more) -> Place:
    return Place(name, name, "home", None, **more)


def test_places_stand_in_the_order_of_their_groups_and_an_action_is_no_place() -> None:
    funnel = place("funnel", group=Group.PARK)
    day, log = place("day"), place("log", action=True, thumb=2)
    assert grouped([funnel, day, log]) == [(Group.MINE, [day]), (Group.PARK, [funnel])]


def test_the_thumb_reaches_four_from_left_to_right() -> None:
    places = [place(name, thumb=thumb) for name, thumb in [("e", 5), ("c", 3), ("a", 1), ("d", 4), ("b", 2)]]
    assert [each.endpoint for each in in_reach([*places, place("far")])] == ["a", "b", "c", "d"]
