"""Every sentence a person can meet has its English, with the same placeholders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")
CHINESE = re.compile(r"[\u4e00-\u9fff，。；：、！？（）【】]")
# Shown in Chinese on purpose: the product's name and the numbers of documents, as in 国科发火〔2016〕195号.
KEPT_CHINESE = re.compile(r"梯度|中文|[\u4e00-\u9fff]+〔\d{4}〕\d+号")


def test_every_text_is_translated_with_its_placeholders(tmp_path: Path) -> None:
    wanted, english = _texts_of_the_source(tmp_path / "messages.pot"), _read(CATALOGUE)
    missing, broken, chinese = [], [], []
    for message in wanted:
        sources = _strings(message.id)
        found = english.get(sources[0], message.context)
        texts = _strings(found.string) if found and not found.fuzzy else ()
        if not texts or not all(texts):
            missing.append(sources[0])
        if any(_placeholders(text) != _placeholders(sources[0]) for text in texts if text):
            broken.append(f"{sources[0]} → {' / '.join(texts)}")
        if any(CHINESE.search(KEPT_CHINESE.sub("", text)) for text in texts):
            chinese.append(f"{sources[0]} → {' / '.join(texts)}")
    assert not missing, f"{len(missing)} texts without English; run `make translations`: {missing[:10]}"
    assert not broken, f"placeholders differ: {broken[:10]}"
    assert not chinese, f"Chinese left in the English: {chinese[:10]}"


def _texts_of_the_source(template: Path) -> list[Message]:
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml", "-k", "_l"]
    # By default Babel leaves out directories that begin with "_", as those of the shared parts of pages do.
    command += ["--ignore-dirs", ".*", "-o", str(template), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    texts = [message for message in _read(template) if message.id]
    assert "退出登录" in {message.id for message in texts}, "the frame of the pages was not read"
    return texts


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _strings(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """One text, or its forms by number."""
    return (text,) if isinstance(text, str) else tuple(text)


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))
