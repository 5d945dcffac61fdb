"""统一社会信用代码 by GB 32100-2015; 注册号 by GS 15-2006 and 组织机构代码 by GB 11714 are recognised as another kind.

The standard: 18 characters of digits and capitals without I, O, S, V, Z; 1 the registering department, 2 the kind of
body (both may be letters: A1, N1, Y1), 3–8 an area in digits, 9–17 the organisation code, 18 the check character.
Whether the area exists is not judged: codes outlive their county. python-stdnum refuses letters in the first two
places, hence ours.
"""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from crm.kernel.identifiers.checked import Checked, Text, clean, looks_scientific

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_LOOKS_LIKE = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "U"}
_REGISTRATION = re.compile(r"[0-9]{15}|[0-9]{6}NA[0-9]{6}[0-9X]")
_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]")


def check_credit_code(raw: str) -> Checked:
    """Judge a 统一社会信用代码 by its characters and check character.

    `kind` is credit_code, or of another number registration_number or organisation_code.
    """
    code = raw if _SHAPE.fullmatch(raw) else clean(raw)
    if _SHAPE.fullmatch(code) and len(set(code)) > 1:
        expected = check_character(code)
        if code[17] == expected:
            return Checked(raw, code, "valid", "", "credit_code")
        reason = _l(
            "校验位（第 18 位）应为“%(expected)s”，填的是“%(actual)s”：至少有一位填错，请对照营业执照逐位核对",
            expected=expected,
            actual=code[17],
        )
        return Checked(raw, code, "invalid", reason)
    if is_registration_number(code):
        return Checked(raw, code, "other_kind", _registration_remark(code), "registration_number")
    if _ORGANISATION.fullmatch(code) and code[8] == _organisation_check(code):
        reason = _l("这是 9 位组织机构代码，不是 18 位统一社会信用代码，请填营业执照上的 18 位代码")
        return Checked(raw, code, "other_kind", reason, "organisation_code")
    return Checked(raw, code, "invalid", _what_is_wrong(code))


def check_character(code: str) -> str:
    """The check character of the first 17 (GB 32100-2015, 5.5: MOD 31 with weights 3^(i−1))."""
    total = sum(_VALUE[character] * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return ALPHABET[-total % 31]


def is_registration_number(text: str) -> bool:
    """Whether this is shaped like a 工商注册号 of 15 characters (farmers' cooperatives carry NA in the middle)."""
    return _REGISTRATION.fullmatch(text) is not None


def _registration_remark(code: str) -> Text:
    if code.isdigit() and code[14] != _registration_check(code):
        return _l(
            "这是 15 位数字，像工商注册号（但其校验位不符），不是 18 位统一社会信用代码，请填营业执照上的 18 位代码"
        )
    return _l("这是 15 位工商注册号，不是 18 位统一社会信用代码：注册号请填在“注册号”栏，代码请填营业执照上的 18 位")


def _registration_check(code: str) -> str:
    """MOD 11,10 over the first 14 digits (GS 15-2006; the hybrid system of GB/T 17710)."""
    product = 10
    for digit in code[:14]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def _organisation_check(code: str) -> str:
    """GB 11714: weights 3 7 9 10 5 8 4 2, letters from A = 10, MOD 11."""
    total = sum(int(character, 36) * weight for character, weight in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return "0123456789X"[-total % 11]


def _what_is_wrong(code: str) -> Text:
    if not code:
        return _l("没有填写统一社会信用代码")
    if looks_scientific(code):
        return _l("代码被表格软件改成了科学计数法，末尾数字已丢失：请把该列设为文本格式后重新填写")
    if len(code) != 18:
        return _l("统一社会信用代码应为 18 位，这里是 %(length)s 位，请对照营业执照补全", length=len(code))
    for place, character in enumerate(code, start=1):
        if character in _LOOKS_LIKE:
            return _l(
                "第 %(place)s 位“%(character)s”不会出现在信用代码里（不用字母 I、O、S、V、Z），是否应为“%(guess)s”？",
                place=place,
                character=character,
                guess=_LOOKS_LIKE[character],
            )
        if character not in _VALUE:
            return _l("第 %(place)s 位“%(character)s”不是数字或大写字母，请改正", place=place, character=character)
        if 3 <= place <= 8 and not character.isdigit():
            return _l(
                "第 %(place)s 位“%(character)s”应为数字（第 3 至 8 位是登记机关区划）", place=place, character=character
            )
    return _l("18 位全是同一个字符，不是真实的代码，请对照营业执照填写")
