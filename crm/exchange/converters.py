"""From what stands in a cell to a typed value. Each refuses with a sentence that says how to mend the cell.

Converters never see an unknown ("", "-", "无" …): that is `None` before they are asked (`is_unknown`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple, TypeVar

from flask_babel import lazy_gettext as _l

from crm.kernel.identifiers import check_credit_code
from crm.kernel.identifiers.checked import Text

T = TypeVar("T")

UNITS: dict[str, Decimal] = {
    "元": Decimal(1),
    "千元": Decimal(1000),
    "万元": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "亿元": Decimal(100_000_000),
}
CURRENCIES = {
    "人民币": "CNY", "美元": "USD", "港元": "HKD", "港币": "HKD", "欧元": "EUR", "日元": "JPY", "英镑": "GBP",
    "新台币": "TWD", "台币": "TWD", "韩元": "KRW", "新加坡元": "SGD", "澳元": "AUD", "加元": "CAD", "瑞士法郎": "CHF",
}  # fmt: skip
_UNKNOWN = frozenset(
    (
        "", "-", "--", "---", "—", "——", "－", "/", "\\", "?", "？", "无", "暂无", "没有", "不详", "未知", "未填", "空",
        "n/a", "na", "#n/a", "nan", "null", "none", "nil",
    )
)  # fmt: skip
_LONGEST_UNKNOWN = max(map(len, _UNKNOWN))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", ord("−"): "-", ord("–"): "-"}
_CHINESE_DIGITS = "〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟萬億元整圆角分"
_AMOUNT = re.compile(
    r"(?:人民币|RMB|CNY|[¥￥])?(?P<number>[-+]?(?=[\d.])[\d,]*+(?:\.\d++)?)(?P<scale>百万|千万|万亿|千|万|亿)?(?P<currency>\w*?)元?整?",
    re.IGNORECASE,
)
_SCALES = {
    "千": 1000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000, "万亿": 1_000_000_000_000,
}  # fmt: skip
_UNIT = re.compile(r"(?:[(（\[【/_,，:：]|单位)\s*(?:人民币)?(?:(百万|千|万|亿)元?|元)|(百万|千|万|亿)元$")
_LARGEST = Decimal(10) ** 15
_LONGEST_AMOUNT = 40  # characters
_FEN = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")
_DATE = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_ENGLISH_DATE = re.compile(r"(?:(\d{1,2})[- ]([a-z]{3})[a-z]*[-, ]+|([a-z]{3})[a-z]*\.? (\d{1,2}),? )(\d{4})")
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1), date(2200, 1, 1)
_EPOCH = date(1899, 12, 30)


class CellProblem(ValueError):
    """What is wrong with one cell, for people; the column and the row are added by whoever knows them."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


class Capital(NamedTuple):
    """Registered capital: in yuan where the currency is CNY, else in whole units of that currency."""

    amount: Decimal
    currency: str


def is_unknown(raw: str) -> bool:
    """Whether the cell says that the value is not known. Zero is a value."""
    return len(raw) <= _LONGEST_UNKNOWN and raw.lower() in _UNKNOWN


def text(limit: int) -> Callable[[str], str]:
    """Text of at most `limit` characters; full-width letters and digits stay as they were written."""

    def convert(raw: str) -> str:
        if len(raw) > limit:
            raise CellProblem(_l("有 %(length)s 个字，最多 %(limit)s 个：请缩短", length=len(raw), limit=limit))
        return raw

    return convert


def name_of_firm(raw: str) -> str:
    """A firm's name as written, without stray quotes around it."""
    name = raw.strip(" `'\"“”‘’*")
    if not name or len(name) > 200:
        raise CellProblem(_l("企业名称应为 1 至 200 个字"))
    return name


def names_of_firms(raw: str) -> tuple[str, ...]:
    """Several names, separated by ； 、 ， | or a new line (an English name keeps its comma). Web pages leave 查看更多 behind them."""
    pieces = re.split(r"[;；、，|\n]|,(?=\s*[一-鿿])|(?<=公司) +", raw.replace("查看更多", ""))
    return tuple(dict.fromkeys(name_of_firm(piece) for piece in pieces if piece.strip()))


def credit_code(raw: str) -> str:
    """A valid 统一社会信用代码 in its normal form."""
    checked = check_credit_code(raw)
    if not checked.is_valid:
        raise CellProblem(checked.reason)
    return checked.normal


def stock_code(raw: str) -> str:
    """A stock code of six digits, without exchange; a spreadsheet that took it for a number has lost its zeros."""
    match = re.fullmatch(r"(?:sh|sz|bj|neeq)?\.?(\d{1,6})(?:\.(?:sh|sz|bj|ss|nq|oc))?", raw.strip().lower())
    if match is None:
        raise CellProblem(_l("“%(raw)s”不是证券代码：应为 6 位数字", raw=raw))
    return match[1].zfill(6)


def money(raw: str, unit: Decimal = Decimal(1), *, negative: bool = False) -> Decimal:
    """An amount in yuan, to the fen. `unit` is that of the column; a unit in the cell itself goes first."""
    value, currency, scaled = _amount(raw)
    if currency != "CNY":
        raise CellProblem(_l("“%(raw)s”不是人民币金额：请折算成人民币", raw=raw))
    yuan = _to_the_fen(raw, value if scaled else value * unit)
    if yuan < 0 and not negative:
        raise CellProblem(_l("“%(raw)s”是负数：这一项不能小于 0，请核对", raw=raw))
    return yuan


def capital(raw: str, unit: Decimal = Decimal(1)) -> Capital:
    """Registered capital such as “500万人民币”, “50万美元”."""
    value, currency, scaled = _amount(raw)
    if value < 0:
        raise CellProblem(_l("“%(raw)s”是负数：这一项不能小于 0，请核对", raw=raw))
    return Capital(_to_the_fen(raw, value if scaled else value * unit), currency)


def number(raw: str) -> Decimal:
    """A number of zero or more, exactly as written."""
    value = _decimal(raw)
    if value < 0:
        raise CellProblem(_l("“%(raw)s”是负数：这一项不能小于 0，请核对", raw=raw))
    return value


def count(raw: str) -> int:
    """A whole number of people or things; “1795.0” is 1795."""
    value = number(raw.rstrip("人名个项位件家"))
    if value != value.to_integral_value():
        raise CellProblem(_l("“%(raw)s”应为整数，请核对", raw=raw))
    if value >= 2**31:
        raise CellProblem(_l("“%(raw)s”太大，请核对", raw=raw))
    return int(value)


def rate(raw: str) -> Decimal:
    """A fraction of either sign, to a millionth: “8.5%” and “0.085” are 0.085. Without its sign, 8.5 may mean either."""
    folded = _fold(raw)
    in_percent = folded.endswith("%")
    value = _decimal(folded.removesuffix("%"))
    if not in_percent and abs(value) > 1:
        raise CellProblem(_l("“%(raw)s”超过 100%%：请写成 64.5%% 或 0.645 的样子", raw=raw))
    return (value / 100 if in_percent else value).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)


@lru_cache(maxsize=16_384)
def day(raw: str) -> date:
    """A date in any usual spelling: 2019-03-05, 2019/3/5, 20190305, 2019年3月5日, 5-Mar-2019, or a spreadsheet's 43529."""
    folded = _fold(raw)
    numbers = _date_numbers(folded)
    try:
        value = _EPOCH + timedelta(days=numbers) if isinstance(numbers, int) else date(*numbers)
    except ValueError:
        value = None
    if value is None or not _FIRST_DAY <= value < _LAST_DAY:
        raise CellProblem(_l("“%(raw)s”这一天不存在，请核对", raw=raw))
    return value


def _date_numbers(folded: str) -> tuple[int, int, int] | int:
    """Year, month and day of a spelling; or the days of a spreadsheet's serial number (25569 = 1970-01-01)."""
    if match := _DATE.fullmatch(folded):
        return int(match[1]), int(match[2]), int(match[3])
    if re.fullmatch(r"(?:18|19|20)\d{6}", folded):
        return int(folded[:4]), int(folded[4:6]), int(folded[6:])
    if re.fullmatch(r"[1-7]\d{4}(?:\.\d+)?", folded):
        return int(folded[:5])
    if match := _ENGLISH_DATE.fullmatch(folded.lower()):
        place = _MONTHS.find(match[2] or match[3])
        if place >= 0:
            return int(match[5]), place // 4 + 1, int(match[1] or match[4])
    if match := re.fullmatch(
        r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日", folded
    ):
        year = int("".join(str("〇一二三四五六七八九".index(digit.replace("零", "〇"))) for digit in match[1]))
        return year, _small_number(match[2]), _small_number(match[3])
    if re.fullmatch(r"\d{4} ?[-/.年] ?\d{1,2} ?月?", folded):
        raise CellProblem(_l("“%(raw)s”缺少日：请写成 2019-03-05 的样子", raw=folded))
    raise CellProblem(_l("“%(raw)s”不是能认的日期：请写成 2019-03-05 的样子", raw=folded))


def _small_number(digits: str) -> int:
    tens, ten, ones = digits.rpartition("十")
    value = "〇一二三四五六七八九"
    return (value.index(tens or "一") * 10 if ten else 0) + (value.index(ones) if ones else 0)


@lru_cache(maxsize=256)
def year(raw: str) -> int:
    """A calendar year: 2020, 2020年, 2020年度, or the year of a date."""
    match = re.fullmatch(r"(?:FY)?((?:19|20)\d\d)(?:\.0)?(?:年度?|-\d\d-\d\d)?", _fold(raw), re.IGNORECASE)
    if match is None:
        raise CellProblem(_l("“%(raw)s”不是年份：请写成 2020 的样子", raw=raw))
    return int(match[1])


@lru_cache(maxsize=256)
def yes_no(raw: str) -> bool:
    """是 or 否, in the usual spellings."""
    folded = _fold(raw).lower()
    if folded in ("是", "有", "y", "yes", "true", "1", "√", "✓", "对"):
        return True
    if folded in ("否", "不是", "n", "no", "false", "0", "×", "x", "✗"):
        return False
    raise CellProblem(_l("“%(raw)s”应为“是”或“否”", raw=raw))


def one_of(words: Mapping[str, T]) -> Callable[[str], T]:
    """One of the words; a cell that begins with a word means it (“存续（在营、开业）”), the longest word first."""
    longest_first = sorted(words, key=len, reverse=True)

    @lru_cache(maxsize=1024)
    def convert(raw: str) -> T:
        folded = _fold(raw).lower()
        for word in longest_first:
            if folded.startswith(word):
                return words[word]
        raise CellProblem(_l("“%(raw)s”不在可选的词里：%(words)s", raw=raw, words="、".join(words)))

    return convert


def unit_in(words: str) -> Decimal | None:
    """The money unit that a header (“营业收入（万元）”) or a line above the table (“单位：万元”) names."""
    match = _UNIT.search(words)
    return UNITS[(match[1] or match[2] or "") + "元"] if match else None


def _fold(raw: str) -> str:
    return raw if raw.isascii() else raw.translate(_FULL_WIDTH).strip()


def _decimal(raw: str) -> Decimal:
    if len(raw) > _LONGEST_AMOUNT:
        raise _not_a_number(raw, raw)
    folded = _fold(raw).replace(",", "").replace(" ", "")
    if folded.startswith("(") and folded.endswith(")"):
        folded = "-" + folded[1:-1]
    try:
        value = Decimal(folded)
    except InvalidOperation:
        raise _not_a_number(raw, folded) from None
    if not value.is_finite():
        raise _not_a_number(raw, folded)
    _check_size(raw, value)
    return value


def _to_the_fen(raw: str, amount: Decimal) -> Decimal:
    """An amount in its unit, rounded half to even."""
    _check_size(raw, amount)
    return amount.quantize(_FEN, rounding=ROUND_HALF_EVEN)


def _check_size(raw: str, value: Decimal) -> None:
    if abs(value) >= _LARGEST:
        raise CellProblem(_l("“%(raw)s”太大，请核对数字和单位", raw=raw))


def _amount(raw: str) -> tuple[Decimal, str, bool]:
    """The number, its currency, and whether the cell itself names the unit."""
    if raw.isascii() or len(raw) > _LONGEST_AMOUNT:
        return _decimal(raw), "CNY", False
    folded = _fold(raw).replace(" ", "")
    match = _AMOUNT.fullmatch(folded)
    if match is None:
        return _decimal(raw), "CNY", False
    named = match["currency"].removeprefix("元")
    currency = "CNY" if not named else CURRENCIES.get(named) or CURRENCIES.get(f"{named}元")
    if currency is None:
        raise _not_a_number(raw, folded)
    value = _decimal(match["number"]) * _SCALES.get(match["scale"] or "", 1)
    return value, currency, bool(match["scale"]) or folded.endswith(("元", "整")) or bool(named)


def _not_a_number(raw: str, folded: str) -> CellProblem:
    raw = raw if len(raw) <= _LONGEST_AMOUNT else f"{raw[:_LONGEST_AMOUNT]}…"
    if folded and all(character in _CHINESE_DIGITS for character in folded):
        return CellProblem(_l("“%(raw)s”是汉字写的数：请用阿拉伯数字，例如 3000000", raw=raw))
    return CellProblem(_l("“%(raw)s”不是数字：请只填阿拉伯数字，例如 1234567.89", raw=raw))
