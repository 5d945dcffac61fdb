"""What holds of every form: a second submit while the first is under way does nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Sit

HASTE = "const wait = setTimeout; setTimeout = (work, time) => wait(work, time > 20000 ? time : 0)"  # 20 s pass at once
TWICE = """async (button) => {
  let sent = 0;
  addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sent += 1;
    event.preventDefault(); // the server has not answered yet
  });
  button.click();
  await new Promise((done) => setTimeout(done, 20000));
  button.click();
  return sent;
}"""


def test_a_double_click_saves_a_view_once(sit: Sit) -> None:
    page = sit("manager")
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto("/firms?status=active&industry=C")
    page.locator("summary", has_text="保存这个视图").click()
    page.get_by_label("视图名称").fill("双击保存")
    page.get_by_role("button", name="保存", exact=True).dblclick()
    expect(page.get_by_role("link", name="双击保存")).to_have_attribute("aria-current", "page")
    assert len(posts) == 1


def test_while_the_server_takes_its_time_a_second_click_does_nothing(sit: Sit) -> None:
    page = sit("manager")
    page.add_init_script(HASTE)
    page.goto("/firms?status=active&industry=E")
    page.locator("summary", has_text="保存这个视图").click()
    page.get_by_label("视图名称").fill("慢慢保存")
    assert page.get_by_role("button", name="保存", exact=True).evaluate(TWICE) == 1
