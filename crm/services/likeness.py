"""What words two short texts share: whole specialities, and pieces of them that say something. Pure; no register, no database.

A piece is a run of characters that stands in both. Words that any need and any expert may use (“技术”, “系统”) cut a text
into parts and are no reason; a piece of two characters counts only where a part begins or ends with it, so that the end of
one word and the beginning of the next (“飞控机构”, “数控机床”) are not taken for a word of their own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from crm.firms.naming import normal

SHORTEST = 2  # characters of a word that says something
SURE = 3  # characters of a piece that says something wherever it stands
# Say nothing, also as a whole speciality.
NOTHING = (
    "技术", "系统", "研发", "开发", "研究", "产品", "企业", "公司", "项目", "应用", "服务", "管理", "平台", "方法", "问题", "解决", "需要",
    "需求", "希望", "专家", "合作", "创新", "提高", "提升", "改进", "优化", "方面", "相关", "领域", "行业", "产业", "我们", "目前", "现在",
    "寻找", "帮助", "支持", "进行", "实现", "使用", "方案", "能力", "水平", "质量", "效率", "成本", "性能", "高新", "科技", "新型", "关键",
    "核心", "一种", "用于", "及其", "基于", "专业", "指导", "咨询", "人员", "人才", "老师", "教授", "团队", "单位", "机构", "中心", "大学",
    "学院", "公共", "国家", "省级", "市级", "工作", "情况", "要求", "左右", "以上", "以下", "没有", "不能", "可以", "成果", "转化",
    "引进", "购买", "采购", "购置", "更换", "急需", "缺少", "缺乏", "了解", "想找", "想要", "想做", "能否", "能够", "怎么", "如何", "哪些", "这个", "现有",
)  # fmt: skip
# Say something as a speciality of their own, and nothing as a piece of another.
VAGUE = (
    "生产", "设备", "装置", "工艺", "工程", "加工", "制造", "处理", "控制", "设计", "检测", "测试", "检验", "分析", "材料", "数据", "信息",
    "过程", "流程", "结构", "智能", "培训", "制备", "改性", "高性能", "高效", "新材料",
    "试验", "实验", "测量", "仪器", "评价", "计算", "保护", "运输", "销售", "市场",
)  # fmt: skip
_FUNCTION = "的了和与或及是把被让也都很就请们这那其将于"
_EMPTY = re.compile("|".join(NOTHING))
_CUT = re.compile("|".join([*sorted((*NOTHING, *VAGUE), key=len, reverse=True), f"[{_FUNCTION}]", r"[^一-鿿]+"]))
_TOKEN = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")


@dataclass(frozen=True)
class Spoken:
    """A text to hold others against: what a firm asks for."""

    written: str

    @cached_property
    def text(self) -> str:
        return normal(self.written)

    @cached_property
    def parts(self) -> list[str]:
        return parts_of(self.written)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return _tokens(self.written)

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Every pair of characters by which a record may share something with it."""
        pairs = {self.text[place : place + 2] for place in range(len(self.text) - 1)}
        return frozenset(pair for pair in pairs if pair not in NOTHING and not set(pair) & set(_FUNCTION))

    def holds(self, word: str) -> bool:
        """Whether a speciality stands in it as a whole."""
        plain = normal(word)
        return len(plain) >= SHORTEST and _EMPTY.sub("", plain) != "" and plain in self.text

    def names(self, title: str) -> str | None:
        """The longest run of a title that stands in it, common words and all: a need for “检测机构”, a “检验检测机构”."""
        plain = normal(title)
        runs = (plain[start:end] for start in range(len(plain)) for end in range(start + SURE, len(plain) + 1))
        found = [run for run in runs if run in self.text and len(_EMPTY.sub("", run)) >= SHORTEST]
        return max(found, key=len, default=None)

    def shares(self, phrase: str) -> list[str]:
        """The pieces of a phrase that stand in it, the longest first; none where only common words do."""
        found = {token for token in _tokens(phrase) if token in self.tokens}
        for part in parts_of(phrase):
            for own in self.parts:
                found.update(_common(part, own))
        longest = sorted(found, key=lambda piece: (-len(piece), piece))
        return [piece for place, piece in enumerate(longest) if not any(piece in other for other in longest[:place])]


def parts_of(written: str) -> list[str]:
    """The parts of a text between the words that say nothing, of at least two characters."""
    plain = unicodedata.normalize("NFKC", written).lower()
    return [part for part in _CUT.split(plain) if len(part) >= SHORTEST]


def _tokens(written: str) -> frozenset[str]:
    """Names in Latin letters, with their digits: “CNC”, “5G”, “PLC”."""
    plain = unicodedata.normalize("NFKC", written).lower()
    return frozenset(token for token in _TOKEN.findall(plain) if len(token) >= SHORTEST)


def _common(one: str, other: str) -> set[str]:
    """The runs that both parts have, none of them within a longer one."""
    found: set[str] = set()
    start = 0
    while start < len(one) - 1:
        end = start + 1
        while end < len(one) and one[start : end + 1] in other:
            end += 1
        run = one[start:end]
        if len(run) >= SURE or (len(run) == SHORTEST and _at_an_end(run, one, other)):
            found.add(run)
        start = max(end - 1, start + 1)
    return found


def _at_an_end(run: str, *parts: str) -> bool:
    return any(part.startswith(run) or part.endswith(run) for part in parts)
