"""One person's way through all pages, and what is wrong with them: accessibility, width, weight.

A page is fetched first, and shown only if its like was not shown before: most pages of a manager are an officer's to
the letter. What was fetched is what is shown, so that no page is made twice.
"""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import APIResponse, Page, expect

from config import ROOT
from tests.browser.conftest import DESK, PHONE

MISSING = "/no-such-page"
OPTIONS = {"resultTypes": ["violations"], "preload": False, "rules": {"target-size": {"enabled": True}}}
WIDTHS = {"a phone": PHONE["viewport"], "a phone at 400 %": {"width": 320, "height": 640}}
ENCODING = ("content-encoding", "content-length", "transfer-encoding")  # of the way here, not of what came
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
# What axe says of a node follows from its tag and attributes, from those of what it lies in, and from what belongs to it: a
# page of which every visible node has the sign of one that axe saw before needs no axe. (Of an attribute with words the sign
# says only whether it has any, of one that names nodes only whether they are there.) What axe says of colours and sizes, which
# takes most of its time, follows from the classes alone: the texts and targets whose look is new are marked for it.
SIGNS = """() => {
  const NODES = /^(for|list|headers|form|aria-(labelledby|describedby|controls|owns|details|activedescendant|errormessage))$/;
  const WORDS = /^(id|name|value|src|href|alt|title|placeholder|content|datetime|action|aria-label|aria-value.*|d|points|[rxy][12]?|c[xy]|width|height|transform)$/;
  const PLAIN = /^(BODY|MAIN|HEADER|FOOTER|SECTION|ARTICLE|NAV|ASIDE|FORM|DIV|P|SPAN|LI|DD|DT|TD|TH)$/;  // may hold anything
  const hash = (text) => {
    let sum = 7;
    for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0;
    return sum.toString(36);
  };
  const says = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const isTarget = (node) => node.matches("a[href], button, input, select, textarea, summary, [tabindex]");
  const areThere = (names) => names.trim().split(/\\s+/).every((name) => document.getElementById(name));
  const told = ({ name, value }) => name + (
    NODES.test(name) ? areThere(value) : name === "href" && value[0] === "#" ? areThere(value.slice(1)) :
    /^(data|hx)-/.test(name) ? "" : WORDS.test(name) ? value.trim() !== "" : value);
  const scrolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX) && node.scrollWidth > node.clientWidth;
  const looks = new Map(), places = new Map(), signs = [];
  let heading = "";
  document.querySelectorAll("body, body *").forEach((node, number) => {
    const parent = node.parentElement;
    const look = hash(`${looks.get(parent)}/${node.tagName}.${node.getAttribute("class")}${node.disabled}${node.tagName === "A" && says(parent)}`);
    const place = hash(`${places.get(parent)}/${node.tagName}${[...node.attributes].map(told).sort()}`);
    looks.set(node, look);
    places.set(node, place);
    if (!node.checkVisibility()) return;
    if (says(node) || isTarget(node)) signs.push([look, number, true]);
    const children = PLAIN.test(node.tagName) && !node.role ? "" : [...new Set([...node.children].map((child) => child.tagName))].sort();
    const own = [place, node.labels?.length, says(node), node.textContent.trim() !== "", children, scrolls(node)];
    if (/^H[1-6]$/.test(node.tagName)) own.push(heading, heading = node.tagName);
    signs.push([hash(own.join("|")), number, false]);
  });
  return signs;
}"""
AXE = """([options, whole, fresh]) => {
  const nodes = [...document.querySelectorAll("body, body *")];
  for (const [number, isLook] of fresh) {
    if (isLook) nodes[number].setAttribute("data-look", "");
    // What is wrong with a cell or an entry is said of the table or the list.
    (nodes[number].parentElement.closest("table, ul, ol, dl, [role]") ?? nodes[number]).setAttribute("data-fresh", "");
  }
  axe.configure({ rules: ["color-contrast", "target-size"].map((id) => ({ id, selector: "[data-look]" })) });
  axe.configure({ rules: [{ id: "link-in-text-block", selector: "a[href][data-look]" }] });
  return axe.run({ include: [[whole ? "html" : "[data-fresh]"]] }, options).then(({ violations }) => violations);
}"""
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
    examined: set[str]  # pages and signs of nodes, shared by the walks of one language
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    fetched: APIResponse | None = None

    def __post_init__(self) -> None:
        self.page.add_init_script(AXE_SCRIPT)
        # Not page.route: it would stop every request, and have each page load all its styles and scripts anew.
        self.browser = self.page.context.new_cdp_session(self.page)
        self.browser.on("Fetch.requestPaused", self.give)
        self.browser.send("Fetch.enable", {"patterns": [{"resourceType": "Document"}]})

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

    def give(self, asked: dict[str, Any]) -> None:
        """Answer the browser with what was fetched."""
        assert self.fetched is not None and asked["request"]["url"] == self.fetched.url, asked
        kept = [each for each in self.fetched.headers_array if each["name"].lower() not in ENCODING]
        body = b64encode(self.fetched.body()).decode()
        whole = {"responseCode": self.fetched.status, "responseHeaders": kept, "body": body}
        self.browser.send("Fetch.fulfillRequest", {"requestId": asked["requestId"], **whole})

    def show(self, path: str, answer: APIResponse) -> None:
        self.fetched = answer
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
        """What axe finds: on the whole first page, then in what is new on a page."""
        first = len(self.seen) == 1
        signs = self.page.evaluate(SIGNS)
        new = {sign: (number, is_look) for sign, number, is_look in signs if sign not in self.examined}
        if not (new or first):
            return []
        self.examined |= new.keys()
        found = self.page.evaluate(AXE, (OPTIONS, first, list(new.values())))
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
