"""统一社会信用代码: characters and check character are judged, areas are not, other numbers are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.kernel.identifiers import check_credit_code, is_registration_number
from crm.kernel.identifiers.credit_code import ALPHABET, check_character

BODIES = st.tuples(
    st.sampled_from(["91", "92", "93", "12", "51", "A1", "N1", "Y1", "G1"]),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.text(ALPHABET, min_size=9, max_size=9),
).map("".join)


def whole(body: str) -> str:
    return body + check_character(body)


@given(BODIES)
def test_a_code_with_its_check_character_is_valid_whatever_the_department_and_area(body: str) -> None:
    checked = check_credit_code(whole(body))
    assert (checked.verdict, checked.normal, str(checked.reason), checked.kind) == (
        "valid",
        whole(body),
        "",
        "credit_code",
    )


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(body: str, place: int, character: str) -> None:
    code = whole(body)
    if code[place] != character:
        assert check_credit_code(code[:place] + character + code[place + 1 :]).verdict == "invalid"


@given(BODIES, st.integers(8, 16))
def test_neighbours_changed_round_are_always_found(body: str, place: int) -> None:
    code = whole(body)
    if code[place] != code[place - 1]:
        swapped = code[: place - 1] + code[place] + code[place - 1] + code[place + 1 :]
        assert check_credit_code(swapped).verdict == "invalid"


def test_the_published_example_is_valid() -> None:
    assert check_credit_code("91110000600037341L").is_valid


@pytest.mark.parametrize(
    "raw",
    [
        " 91110000600037341l ",
        "９１１１００００６０００３７３４１Ｌ",
        "9111 0000 6000 3734 1L",
        "91110000-600037341-L",
        "\ufeff91110000600037341L\u3000",
        "'91110000600037341L",
        "9111000060003734\u200b1L",
    ],
)
def test_spelling_does_not_matter(raw: str) -> None:
    checked = check_credit_code(raw)
    assert (checked.verdict, checked.normal, checked.raw) == ("valid", "91110000600037341L", raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "没有填写"),
        ("91110000600037341", "18 位，这里是 17 位"),
        ("91110000600037341X", "应为“L”，填的是“X”"),
        ("9111000060003734IL", "第 17 位“I”不会出现在信用代码里（不用字母 I、O、S、V、Z），是否应为“1”"),
        ("911100O0600037341L", "第 7 位“O”"),
        ("9111A000600037341L", "第 5 位“A”应为数字"),
        ("9111000060003734啊L", "第 17 位“啊”不是数字或大写字母"),
        ("000000000000000000", "全是同一个字符"),
        ("9.13707E+17", "科学计数法"),
    ],
)
def test_the_reason_says_what_and_how_to_mend(raw: str, says: str) -> None:
    checked = check_credit_code(raw)
    assert checked.verdict == "invalid"
    assert says in str(checked.reason)
    assert checked.kind is None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("430100000012344", "registration_number"),
        ("430100000012345", "registration_number"),
        ("430102NA000123X", "registration_number"),
        ("60003734-1", "organisation_code"),
    ],
)
def test_another_number_is_never_called_a_credit_code(raw: str, kind: str) -> None:
    checked = check_credit_code(raw)
    assert (checked.verdict, checked.kind) == ("other_kind", kind)
    assert "不是 18 位统一社会信用代码" in str(checked.reason)


def test_a_registration_number_with_a_wrong_check_digit_is_remarked() -> None:
    remarks = {str(check_credit_code(f"43010000001234{digit}").reason) for digit in range(10)}
    assert len(remarks) == 2
    assert sum("校验位不符" in str(check_credit_code(f"43010000001234{digit}").reason) for digit in range(10)) == 9


def test_registration_numbers_are_recognised_by_shape() -> None:
    assert is_registration_number("430100000012345")
    assert not is_registration_number("91110000600037341L")
