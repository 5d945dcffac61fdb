"""What every page owes its reader, checked on whatever page a test fetches."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.test import TestResponse

UNLABELLED = {"hidden", "submit", "button", "reset"}


def parse(html: str) -> Element:
    """The page as a tree. Fails where a browser would have to guess."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parse(html)
    mistakes = [f"{position}: {code} {data}" for position, code, data in parser.errors if code != "eof-in-table"]
    assert not mistakes, f"invalid HTML: {mistakes[:5]}"
    return tree


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def check_page(answer: TestResponse) -> Element:
    """Assert that a whole page is valid, headed, labelled and free of inline script and style; return its tree."""
    tree = parse(answer.text)
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert not [name for name, times in ids.items() if times > 1], f"ids used twice: {ids.most_common(3)}"
    headings = list(tree.iter("h1"))
    assert len(headings) == 1, f"{len(headings)} h1 on the page"
    title = tree.find(".//title")
    assert title is not None, "the page has no title"
    heading_words = text_of(headings[0]).replace(" ", "")
    assert heading_words in text_of(title).replace(" ", ""), (
        f"title “{text_of(title)}” does not name “{text_of(headings[0])}”"
    )
    html = tree if tree.tag == "html" else tree.find(".//html")
    assert html is not None
    assert html.get("lang"), "the page does not say its language"
    _check_controls(tree)
    for element in tree.iter():
        assert "style" not in element.attrib, f"inline style on {element.tag}: the content policy refuses it"
        handlers = [name for name in element.attrib if name.startswith("on")]
        assert not handlers, f"inline {handlers} on {element.tag}"
        assert element.tag != "script" or element.get("src"), "inline script"
        assert element.tag != "a" or element.get("href", "x") not in ("", "#"), "a link that leads nowhere"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    return tree


def _check_controls(tree: Element) -> None:
    labelled = {label.get("for") for label in tree.iter("label")}
    wrapped = {id(control) for label in tree.iter("label") for control in label.iter()}
    for tag in ("input", "select", "textarea"):
        for control in tree.iter(tag):
            if control.get("type") in UNLABELLED:
                continue
            named = control.get("id") in labelled or id(control) in wrapped
            assert named or control.get("aria-label") or control.get("aria-labelledby"), (
                f"no label for {tag} {control.get('name')}"
            )
    for button in tree.iter("button"):
        assert text_of(button) or button.get("aria-label"), "a button without a name"
    for form in tree.iter("form"):
        if (form.get("method") or "get").lower() == "post":
            tokens = [control for control in form.iter("input") if control.get("name") == "csrf_token"]
            assert tokens, f"no CSRF token in the form to {form.get('action')}"
