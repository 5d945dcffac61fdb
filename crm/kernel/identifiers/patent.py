"""中国专利申请号 by ZC 0006-2003, and the numbers before it.

| filed | digits | shape |
|---|---|---|
| 1985–1988 | 8, later printed with a check digit | YY K NNNNN |
| 1989 to 2003-09-30 | 8 and a check digit | YY K NNNNN . C |
| since 2003-10-01 | 12 and a check digit | YYYY K NNNNNNN . C |

K: 1 发明, 2 实用新型, 3 外观设计, 8 发明 by PCT, 9 实用新型 by PCT. The normal form is the printed one of the standard
(5.1) without the country code: `201710601862.3`. A granted patent's number is ZL and the application's number; a
publication's number (CN102345678A) names the printed sheet, not the right, and is another kind.
"""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from crm.kernel.clock import today
from crm.kernel.identifiers.checked import Checked, Text, clean, looks_scientific

_KINDS = {"1": "invention", "8": "invention", "2": "utility_model", "9": "utility_model", "3": "design"}
_PUBLICATION_KINDS = (
    dict.fromkeys("ABC", "invention") | dict.fromkeys("UY", "utility_model") | dict.fromkeys("SD", "design")
)
_PREFIX = re.compile(r"(?:专利号|申请号|专利申请号|CN|ZL)[:：]?")
_APPLICATION = re.compile(r"(\d{12}|\d{8})(?:\.?([\dX]))?")
_PUBLICATION = re.compile(r"(\d{7}|8[5-8]\d{6}|\d{9})([A-WYZ])\d?|[123]\d{8}|[123]\d{6}")
_FOREIGN = re.compile(r"PCT/|(?:WO|US|EP|JP|KR|DE|GB|FR|CA|AU|TW|HK|IN|RU|SG|CH|EA)/?[A-Z]{0,2}\d{2}")
# 软件著作权登记号 (2020SR0123456), its certificate (软著登字第123456号), 布图设计登记号 (BS.205012345): no check digit.
OTHER_RIGHTS = {
    "software": re.compile(r"(?:19|20)\d\d[EB]?SR\d{4,7}|软著(?:变补)?登字第?\d{4,8}号?"),
    "ic_layout": re.compile(r"BS\.?\d{8,9}(?:\.[\dX])?"),
}
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def check_patent_number(raw: str) -> Checked:
    """Judge a Chinese patent or application number; `kind` (invention, utility_model, design) is read from it."""
    number = clean(raw)
    body = without_prefix(number)
    if publication := _PUBLICATION.fullmatch(body):
        reason = _l(
            "“%(number)s”是公开（公告）号，不是申请号：请填专利证书上 ZL 后面的号码，或受理通知书上的申请号",
            number=f"CN{body}",
        )
        return Checked(raw, f"CN{body}", "other_kind", reason, _PUBLICATION_KINDS.get(publication[2]))
    if _FOREIGN.match(number):
        reason = _l("“%(number)s”是国际或国外的号码，不是中国专利申请号：请填进入中国后的申请号", number=number)
        return Checked(raw, number, "other_kind", reason)
    for kind, shape in OTHER_RIGHTS.items():
        if shape.fullmatch(number):
            return Checked(raw, number, "other_kind", _l("这是软件著作权或布图设计的登记号，不是专利申请号"), kind)
    application = _APPLICATION.fullmatch(body)
    if application is None:
        return Checked(raw, body, "invalid", _what_is_wrong(number, body))
    return _check_application(raw, application[1], application[2])


def without_prefix(number: str) -> str:
    """A clean number without what may be written before it: `专利号：ZL`, `CN`."""
    while prefix := _PREFIX.match(number):
        number = number[prefix.end() :]
    return number


def check_digit(digits: str) -> str:
    """The check digit of the 8 or 12 digits before it: weights 2–9 and again from 2, MOD 11, X for ten."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return "0123456789X"[total % 11]


def _check_application(raw: str, digits: str, given: str | None) -> Checked:
    old = len(digits) == 8
    year = int(digits[:2]) if old else int(digits[:4])
    if old:
        year += 1900 if year > 50 else 2000
    expected = check_digit(digits)
    normal = digits if given is None else f"{digits}.{given}"
    if old and not 1985 <= year <= 2003:
        reason = _l("年号“%(year)s”不对：9 位申请号只用于 1985 至 2003 年，之后的申请号是 13 位", year=digits[:2])
    elif not old and not 2003 <= year <= today().year:
        reason = _l("年号“%(year)s”不对：13 位申请号的前四位应为 2003 年至今年", year=digits[:4])
    elif (kind := _KINDS.get(digits[2 if old else 4])) is None:
        reason = _l(
            "第 %(place)s 位“%(digit)s”应为申请种类：1、8 发明，2、9 实用新型，3 外观设计",
            place=3 if old else 5,
            digit=digits[2 if old else 4],
        )
    elif given is None and year <= 1988:
        return Checked(raw, normal, "valid", "", kind)
    elif given is None:
        reason = _l(
            "缺少校验位：如果前 %(length)s 位无误，应为“%(number)s”", length=len(digits), number=f"{digits}.{expected}"
        )
    elif given != expected:
        reason = _l(
            "校验位应为“%(expected)s”，填的是“%(actual)s”：至少有一位填错，请对照证书核对",
            expected=expected,
            actual=given,
        )
    else:
        return Checked(raw, normal, "valid", "", kind)
    return Checked(raw, normal, "invalid", reason)


def _what_is_wrong(number: str, body: str) -> Text:
    if not body:
        return _l("没有填写专利号")
    if looks_scientific(number):
        return _l("号码被表格软件改成了科学计数法，末尾数字已丢失：请把该列设为文本格式后重新填写")
    strange = re.search(r"[^\d.X]", body)
    if strange:
        return _l("“%(character)s”不会出现在中国专利申请号里，请改正", character=strange[0])
    count = sum(character != "." for character in body)
    return _l("中国专利申请号应为 13 位（2003 年 10 月前为 9 位，含校验位），这里是 %(count)s 位，请核对", count=count)
