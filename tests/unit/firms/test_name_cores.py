"""The distinctive words of names."""

import pytest

from crm.firms.duplicates.cores import name_core, trades_of


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("湖南云岭智能科技有限公司", "云岭"),
        ("云梯机械（益阳）有限公司", "云梯"),
        ("益阳云梯精密机械有限公司", "云梯"),
        ("益阳市赫山区恒昌陶瓷厂", "恒昌"),
        ("长沙海梯新材料科技股份有限公司", "海梯"),
        ("湖南益阳科技有限公司", ""),  # a place and a word that any firm has
        ("益阳市华机械厂", ""),  # one character tells nothing
    ],
)
def test_place_trade_and_form_are_left_out(name: str, core: str) -> None:
    assert name_core(name) == core


def test_trades_that_a_name_names() -> None:
    assert trades_of("益阳东华能源化工有限公司") == {"能源", "化工"}
    assert trades_of("东华科技有限公司") == set()
