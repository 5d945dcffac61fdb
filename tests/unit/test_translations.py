"""Every sentence a person can meet has its English, with the same placeholders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
HAN = re.compile(r"[\u4e00-\u9fff]")
# Shown in Chinese on purpose: names of documents, firms and the product itself.
KEPT_CHINESE = re.compile(r"梯度|〔|中文")


def test_every_text_is_translated_with_its_placeholders(tmp_path: Path) -> None:
    template = tmp_path / "messages.pot"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "babel.messages.frontend",
            "-q",
            "extract",
            "-F",
            "pyproject.toml",
            "-k",
            "_l",
            "-o",
            str(template),
            ".",
        ],
        cwd=ROOT,
        check=True,
    )
    with template.open("rb") as file:
        wanted = [message for message in read_po(file) if message.id]
    with (ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file)
    missing, broken, chinese = [], [], []
    for message in wanted:
        assert isinstance(message.id, str)
        found = catalog.get(message.id, message.context)
        if found is None or not found.string or found.fuzzy:
            missing.append(message.id)
            continue
        if set(PLACEHOLDER.findall(message.id)) != set(PLACEHOLDER.findall(found.string)):
            broken.append(message.id)
        if HAN.search(found.string) and not KEPT_CHINESE.search(found.string):
            chinese.append(f"{message.id} → {found.string}")
    assert not missing, f"{len(missing)} texts without English; run `make translations`: {missing[:10]}"
    assert not broken, f"placeholders differ: {broken[:10]}"
    assert not chinese, f"Chinese left in the English: {chinese[:10]}"
