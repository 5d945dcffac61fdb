"""Reading edition files strictly: exact numbers, no repeated or unknown keys, every fault reported with file, key and cure."""

import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from crm.policy.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an edition file: where it is and how to mend it; `other` is the file it clashes with."""

    file: str
    key: str
    text: Text
    other: str | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text.zh} ({self.text.en})"


class EditionError(ValueError):
    """Edition files that cannot be used; `faults` names all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """YAML with exact decimals, ISO dates, true/false only (so that `on` stays a word), and no repeated keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node, but no `*alias`: definitions say the same openly, and a few nested ones fill the memory."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="an *alias; use definitions", problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?\d+(\.\d+)?$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:timestamp", re.compile(r"^\d{4}-\d\d-\d\d$"), list("0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Fraction(node.value))


def _date(loader: _Loader, node: yaml.ScalarNode) -> date:
    try:
        return date.fromisoformat(node.value)
    except ValueError as error:
        raise yaml.MarkedYAMLError(problem=f"no such day {node.value}", problem_mark=node.start_mark) from error


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        key = str(key) if isinstance(key, Fraction) else key
        if key in result:
            raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r}", problem_mark=key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


@lru_cache(maxsize=128)
def _parsed(text: str) -> Any:
    """What the text holds, read once: with every draft that is saved, all the other files are read again."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)


YAML_PROBLEMS = (  # what the parser says, in the reader's words
    ("duplicate key", "这个键重复了，请删去一个"),
    ("alias", "不能用 *引用，请写在 definitions 里"),
    ("no such day", "没有这一天"),
    ("could not find expected ':'", "缺少冒号"),
    ("mapping values are not allowed", "多了一个冒号，或缩进不对"),
    ("expected ',' or", "括号里缺少逗号，或括号没有合上"),
    ("unexpected end of stream", "引号没有合上"),
    ("cannot start any token", "有不能用在行首的字符（例如制表符），缩进请用空格"),
    ("expected <block end>", "缩进不一致"),
    ("could not determine a constructor", "不支持的标记（!…）"),
    ("expected the node content", "这里缺少内容，或括号没有合上"),
)


def parse_yaml(text: str, file: str) -> dict[str, Any]:
    """The content of one edition file. Raises EditionError with the line of the fault."""
    try:
        content = deepcopy(_parsed(text))
    except RecursionError as error:
        raise EditionError([Fault(file, "file", Text("嵌套太深", "nested too deeply"))]) from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        chinese = next((zh for en, zh in YAML_PROBLEMS if en in problem), "格式有误")
        where = f"line {mark.line + 1}" if mark else "file"
        cure = Text(
            f"不是可以读取的 YAML：{chinese}；请核对这一行和上一行的缩进、冒号、引号和括号",
            f"cannot be read as YAML: {problem}; mend this line",
        )
        raise EditionError([Fault(file, where, cure)]) from error
    if not isinstance(content, dict):
        raise EditionError([Fault(file, "file", Text("应为一份“键: 值”", "must be a mapping of keys to values"))])
    return content


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, of what a fault's key names (`criteria[GS-2].all[1].unit`, `line 3`): of as much of it as stands there."""
    if said := re.fullmatch(r"line (\d+)", key):
        return int(said[1])
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return None
    line = None
    for part in re.findall(r"\[[^\]]*\]|[^.\[\]]+", key):
        found = _inside(node, part.strip("[]"))
        if found is None:
            break
        mark, node = found
        line = mark.line + 1
    return line


def _inside(node: yaml.Node | None, name: str) -> tuple[yaml.Mark, yaml.Node] | None:
    """What stands under a key of a mapping, or in a list under its id or its number from 0; and where."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == name), None)
    for number, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
        given = _inside(item, "id") if isinstance(item, yaml.MappingNode) else None
        if name == (str(number) if given is None else given[1].value):
            return item.start_mark, item
    return None


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads: the same words need quotes, numbers stay exact, lists stand under their key."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers
    started = False  # the outermost mapping is never written in one line

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


LINE_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")
SHORT = 110  # characters of a mapping or list that is written in one line


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if LINE_BREAKS.search(value) else None)


def _one_line(node: yaml.Node) -> int:
    """How long the piece is in one line."""
    match node:
        case yaml.MappingNode():
            return 2 + sum(_one_line(key) + 2 + _one_line(value) + 2 for key, value in node.value)
        case yaml.SequenceNode():
            return 2 + sum(_one_line(item) + 2 for item in node.value)
    return len(node.value)


def _collection(dumper: _Dumper, value: dict[str, Any] | list[Any]) -> yaml.Node:
    outermost = not dumper.started
    dumper.started = True
    kind = "map" if isinstance(value, dict) else "seq"
    represent = dumper.represent_mapping if isinstance(value, dict) else dumper.represent_sequence
    node = represent(f"tag:yaml.org,2002:{kind}", value)
    mapping = isinstance(node, yaml.MappingNode)
    node.flow_style = not outermost and _one_line(node) <= SHORT and (not mapping or len(node.value) <= 4)
    return node


def decimal(number: Fraction) -> str:
    """The number in decimals, exactly. Raises ValueError where decimals cannot hold it (1/3)."""
    digits, rest = 0, number.denominator
    while rest > 1:
        if 10**digits % rest == 0:
            break
        digits += 1
        if digits > 60:
            raise ValueError(f"{number} has no exact decimals")
    text = f"{abs(number.numerator) * 10**digits // number.denominator:0{digits + 1}d}"
    whole = f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return f"-{whole}" if number < 0 else whole


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _collection)
_Dumper.add_representer(list, _collection)
_Dumper.add_representer(
    Fraction, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", decimal(value))
)


def write_yaml(content: dict[str, Any]) -> str:
    """The content as an edition file has it; `parse_yaml` gives it back. Comments are not kept: they are not content."""
    text: str = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**9)
    spaced = re.sub(r"^(  - id: |\w+:$)", r"\n\1", text, flags=re.MULTILINE).lstrip("\n")
    return re.sub(r"^(criteria|add):\n\n", r"\1:\n", spaced, flags=re.MULTILINE)


def read_yaml(path: Path) -> dict[str, Any]:
    """The content of one edition file on disk."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise EditionError([Fault(path.name, "file", Text("请存为 UTF-8", "must be saved as UTF-8"))]) from error


@dataclass
class Spec:
    """A piece of an edition file being read. Asking for a key marks it as known; `close` refuses what nobody asked for."""

    file: str
    path: str
    value: Any
    faults: list[Fault]
    asked: set[str] = field(default_factory=set)

    def refuse(self, zh: str, en: str, key: str = "") -> None:
        where = f"{self.path}.{key}".strip(".") if key else self.path
        self.faults.append(Fault(self.file, where or "file", Text(zh, en)))

    def below(self, key: object, value: Any) -> "Spec":
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Spec(self.file, f"{self.path}{step}".lstrip("."), value, self.faults)

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def get(self, key: str) -> "Spec | None":
        """The piece under a key, or None; asking makes the key known."""
        self.asked.add(key)
        if self.has(key) and self.value[key] is not None:
            return self.below(key, self.value[key])
        return None

    def need(self, key: str) -> "Spec":
        """The piece under a key that has to be there."""
        found = self.get(key)
        if found is None:
            self.refuse("缺少这一键，请补上", "is missing; add it", key)
            return self.below(key, None)
        return found

    def close(self) -> None:
        """Refuse keys that nobody asked for."""
        if not isinstance(self.value, dict):
            if self.value is not None:
                self.refuse("应为“键: 值”", "must be a mapping of keys to values")
            return
        for key in self.value:
            if key not in self.asked:
                near = get_close_matches(str(key), self.asked, 1)
                hint = (
                    (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("，请删去", "; remove it")
                )
                self.refuse(f"未知的键{hint[0]}", f"unknown key{hint[1]}", str(key))

    def items(self) -> Iterator["Spec"]:
        if not isinstance(self.value, list):
            if self.value is not None:
                self.refuse("应为列表", "must be a list")
            return
        for index, item in enumerate(self.value):
            yield self.below(index, item)

    def entries(self) -> Iterator[tuple[str, "Spec"]]:
        if not isinstance(self.value, dict):
            if self.value is not None:
                self.refuse("应为“键: 值”", "must be a mapping of keys to values")
            return
        for key, item in self.value.items():
            yield str(key), self.below(key, item)

    def text(self, among: Collection[str] | None = None, what: str = "text") -> str:
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            self.refuse("应为文字", f"must be {what}")
            return ""
        if among is not None and self.value not in among:
            near = get_close_matches(self.value, list(among), 1)
            hint = (
                (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?")
                if near
                else (f"，可用：{'、'.join(sorted(among))}", f"; use one of {', '.join(sorted(among))}")
            )
            self.refuse(f"{self.value}：没有这个{hint[0]}", f"unknown {what} {self.value!r}{hint[1]}")
        return self.value

    def number(self) -> Fraction:
        if isinstance(self.value, Fraction):
            return self.value
        if self.value is not None:
            self.refuse("应为数字", "must be a number")
        return Fraction(0)

    def whole(self, at_least: int | None = None, at_most: int | None = None) -> int:
        number = self.number()
        if number.denominator != 1:
            self.refuse("应为整数", "must be a whole number")
        elif self.value is not None and at_least is not None and number < at_least:
            self.refuse(f"不能小于 {at_least}", f"must be {at_least} or more")
        elif at_most is not None and number > at_most:
            self.refuse(f"不能大于 {at_most}", f"must be {at_most} or less")
        return int(number)

    def flag(self) -> bool:
        if not isinstance(self.value, bool) and self.value is not None:
            self.refuse("应为 true 或 false", "must be true or false")
        return bool(self.value)

    def day(self) -> date | None:
        if isinstance(self.value, date):
            return self.value
        if self.value is not None:
            self.refuse("应为日期，例如 2026-04-01", "must be a date such as 2026-04-01")
        return None

    def bilingual(self) -> Text:
        zh, en = self.need("zh").text(), self.need("en").text()
        self.close()
        return Text(zh, en)

    def texts(self, among: Collection[str] | None = None, what: str = "text") -> tuple[str, ...]:
        if isinstance(self.value, list):
            return tuple(item.text(among, what) for item in self.items())
        return (self.text(among, what),)
