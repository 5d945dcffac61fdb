"""What holds of every form: a second submit while the first is under way does nothing."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.browser.conftest import Sit


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
    held: list[Route] = []
    page.clock.install()
    page.goto("/firms?status=active&industry=E")
    page.route("**/views", lambda route: held.append(route))
    page.locator("summary", has_text="保存这个视图").click()
    page.get_by_label("视图名称").fill("慢慢保存")
    save = page.get_by_role("button", name="保存", exact=True)
    with page.expect_request("**/views"):
        save.click(no_wait_after=True)
    page.clock.fast_forward(20_000)
    save.click(no_wait_after=True, force=True)
    page.get_by_label("视图名称").press("Enter", no_wait_after=True)
    held[0].continue_()
    expect(page.get_by_role("link", name="慢慢保存")).to_have_attribute("aria-current", "page")
    assert len(held) == 1
