"""One person's way through all pages, and what is wrong with them: accessibility, width, weight.

A page is fetched first, and shown only if its like was not shown before: most pages of a manager are an officer's to
the letter. What was fetched is what is shown, so that no page is made twice.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import APIResponse, Page, Route, expect

from config import ROOT
from tests.browser.conftest import DESK, PHONE

MISSING = "/no-such-page"
BY_LIKENESS = ["color-contrast", "target-size"]
OPTIONS = {"resultTypes": ["violations"], "preload": False, "rules": {rule: {"enabled": False} for rule in BY_LIKENESS}}
FRESH_OPTIONS = {"resultTypes": ["violations"], "preload": False, "runOnly": BY_LIKENESS}
WIDTHS = {"a phone": PHONE["viewport"], "a phone at 400 %": {"width": 320, "height": 640}}
MOST = {"without charts": 150, "with charts": 400}  # KB, compressed, all that a first visit loads
CHANGING = re.compile(r'name="csrf_token"[^>]*|data-draft="[^"]*"|value="[0-9a-f-]{36}"')

# Of rows and entries of one shape axe sees the first three: the others are told by the same words of the template.
# Bars that lie over the page make nothing small: it can be scrolled (test_keyboard.py: what has the focus is).
ALIKE = """() => {
  for (const bar of document.querySelectorAll(".tabbar, .form > .actions, .visit__save")) bar.style.position = "static";
  const shape = (node) => node.tagName + node.className + [...node.children].map(shape).join();
  for (const list of document.querySelectorAll("main :is(tbody, ul, ol, dl, select)")) {
    const seen = new Map();
    for (const child of [...list.children]) {
      const like = shape(child), times = seen.get(like) ?? 0;
      seen.set(like, times + 1);
      if (times > 2) child.remove();
    }
  }
}"""
# Contrast and the size of targets take most of axe's time, and follow from the classes of a node and of what lies around it:
# marks the texts and the targets whose like was not seen on an earlier page of this browser.
FRESH = """() => {
  const seen = new Set(JSON.parse(sessionStorage.getItem("seen nodes") ?? "[]"));
  const says = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const isTarget = (node) => node.matches("a[href], button, input, select, textarea, summary, [tabindex]");
  const hash = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
  const sign = (node) => (node === document.body ? "" : sign(node.parentElement) + "/" + node.tagName + "." + node.getAttribute("class") + (node.disabled ?? ""));
  let fresh = 0;
  for (const node of document.body.querySelectorAll("*")) {
    if (!(says(node) || isTarget(node)) || !node.checkVisibility()) continue;
    const like = hash(sign(node));
    if (seen.has(like)) continue;
    seen.add(like);
    node.setAttribute("data-fresh", ++fresh);
  }
  sessionStorage.setItem("seen nodes", JSON.stringify([...seen]));
  return fresh;
}"""
AXE = "([context, options]) => axe.run(context, options).then(({ violations }) => violations)"
# What lies beyond the right edge without a box of its own to push it in.
TOO_WIDE = "() => [document.documentElement.scrollWidth, window.innerWidth]"
TWICE = """() => {
  const names = [...document.querySelectorAll("[id]")].map((node) => node.id);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}"""
# Under a finger: 44 px, apart from links within a sentence. What lies too close is axe's rule of 24 px.
SMALL = """() => [...document.querySelectorAll("button, summary, select, input:not([type=hidden]), textarea, a.btn, .tabbar a, .tabs a, .menu__item")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }))
  .map((node) => [node, (node.closest("label, [data-upload]") ?? node).getBoundingClientRect()])
  .filter(([node, box]) => box.height > 1 && box.height < 43.5 && box.bottom > 0)
  .map(([node, box]) => `${node.tagName.toLowerCase()}.${node.className} “${(node.textContent || node.name || "").trim().slice(0, 20)}” ${Math.round(box.height)} px`)"""


@dataclass
class Walk:
    page: Page
    phone: bool
    examined: set[str]  # shared by the walks of one language
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    def open(self, path: str) -> None:
        """Fetch the page; look at it if it is one, and not yet known."""
        answer = self.page.context.request.get(path)
        if answer.status != (404 if path == MISSING else 200):
            self.wrong.append(f"{path}: {answer.status}")
            return
        if "html" not in answer.headers.get("content-type", "") or answer.url in self.seen:
            return
        text = answer.text()
        if not text[:200].lower().lstrip().startswith("<!doctype html>"):
            return  # a fragment
        self.seen.add(answer.url)
        likeness = f"{self.phone} {CHANGING.sub('', text[text.find('<main') :])}"
        if likeness in self.examined and len(self.seen) > 1:
            return
        self.examined.add(likeness)
        self.show(path, answer)

    def show(self, path: str, answer: APIResponse) -> None:
        def give(route: Route) -> None:
            route.fulfill(response=answer)

        self.page.route(answer.url, give, times=1)
        self.page.goto(answer.url)
        # Until the parts that a page loads after itself are there.
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        self.wrong += [f"{path}: {what}" for what in self.faults(answer.text())]

    def faults(self, text: str) -> list[str]:
        found = [f"the id {name} twice" for name in self.page.evaluate(TWICE)]
        found += self.too_heavy(text)
        if self.page.locator("h1").count() != 1 or self.page.title().startswith(" ·"):
            found.append("no heading or title of its own")
        if self.phone:
            found += [f"too small under a finger: {small}" for small in self.page.evaluate(SMALL)]
        here = PHONE if self.phone else DESK
        found += self.too_wide(str(here["viewport"]["width"]))
        for name, size in WIDTHS.items():
            if size != here["viewport"]:
                self.page.set_viewport_size(size)
                found += self.too_wide(name)
        self.page.set_viewport_size(here["viewport"])
        self.page.evaluate(ALIKE)
        return found + self.violations()

    def violations(self) -> list[str]:
        """What axe finds: the whole first page, then what stands in the frame; some rules where a text or a target is new."""
        self.page.evaluate(AXE_SCRIPT)
        runs = [({"include": [["html" if len(self.seen) == 1 else "main"]]}, OPTIONS)]
        if self.page.evaluate(FRESH):
            runs.append(({"include": [["[data-fresh]"]]}, FRESH_OPTIONS))
        found = [each for run in runs for each in self.page.evaluate(AXE, run)]
        return [f"{each['id']} at {'; '.join(str(node['target']) for node in each['nodes'][:3])}" for each in found]

    def too_wide(self, name: str) -> list[str]:
        width, screen = self.page.evaluate(TOO_WIDE)
        return [f"{width} px wide on {name}"] if width > screen else []

    def too_heavy(self, text: str) -> list[str]:
        """All that this page asks of the server on a first visit, compressed."""
        weight = len(gzip.compress(text.encode()))
        for url in self.page.evaluate('() => performance.getEntriesByType("resource").map((each) => each.name)'):
            weight += asset(urlsplit(url).path) or len(self.page.context.request.get(url).body())
        kind = "with charts" if self.page.locator("main svg[role=img]").count() else "without charts"
        self.weights[self.page.url] = weight
        return [f"{weight // 1000} KB {kind}"] if weight > MOST[kind] * 1000 else []


@cache
def asset(path: str) -> int:
    """The compressed bytes of a built file; 0: none of ours."""
    file = Path(ROOT, path.lstrip("/"))
    return len(gzip.compress(file.read_bytes())) if path.startswith("/static/") and file.is_file() else 0
