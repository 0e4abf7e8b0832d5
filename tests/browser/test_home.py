"""A fellow's own pages: home, submitting, the receipt, feedback, help.

The tests of the first part are steps of one story and run in order.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from course import home as places
from course.answers import NAME
from tests import bots
from tests.browser import looks
from tests.browser.conftest import PATIENCE, Served, course

MODULE = "02-rubber-band"
ROOT = "ward-to-board"
PAGES = ("", "/help", "/accessibility", f"/submit/{MODULE}", f"/submitted/{MODULE}",
         "/feedback/00-start-here", "/submit/99-nothing")


@pytest.fixture(scope="module")
def fellow(serve: Callable[..., Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    served = serve(tmp_path_factory.mktemp("home") / "state", "start")
    told = course(served.state, "due", MODULE, "11/12/2090 17:00", "--zone", "Europe/London")
    assert "is due on" in told.stdout
    course(served.state, "contact", "the programme <office>, extension 4321")
    return served


@pytest.fixture
def context(chromium: Browser, fellow: Served) -> Iterator[BrowserContext]:
    # Far from the server's own time zone, whatever that is.
    context = chromium.new_context(viewport={"width": 1366, "height": 768},
                                   timezone_id="Pacific/Auckland")
    outside: list[str] = []
    context.on("request", lambda r: outside.append(r.url) if r.url.startswith("http")
               and not r.url.startswith("http://127.0.0.1") else None)
    yield context
    context.close()
    assert not outside, f"Something outside this computer was asked for: {outside}"


@pytest.fixture
def page(context: BrowserContext, fellow: Served) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    for _ in range(60):
        try:
            page.goto(fellow.at(ROOT))
            break
        except Exception:
            page.wait_for_timeout(500)
    return page


def at(fellow: Served, path: str) -> str:
    """An address of ours, without the token: the browser has its cookie by now."""
    return f"{fellow.address.partition('ward-to-board')[0]}{ROOT}{path}"


def row(page: Page, title: str) -> Any:
    return page.locator(".wb-path > li", has=page.get_by_role("heading", name=title, exact=True))


def inbound(fellow: Served) -> list[str]:
    exchange = fellow.state / "exchange" / "ward-to-board"
    return sorted(submission.name for submission in (exchange / "inbound").iterdir())


def test_the_course_opens_at_home_and_one_press_opens_the_next_module(
        page: Page, fellow: Served, screenshots: Path) -> None:
    assert page.title() == "Course home · Ward to Board"
    assert page.locator(".wb-path > li").count() == len(places.modules())
    assert page.locator(".wb-tag").all_inner_texts() == ["Not started"] * len(places.modules())
    page.screenshot(path=screenshots / "home-new.png")
    page.get_by_role("link", name="Start", exact=True).click()
    page.wait_for_selector("[data-wb-key=submit]", timeout=PATIENCE)
    assert "/doc/tree/00-start-here/" in page.url


def test_what_was_begun_is_offered_next_with_its_due_date_in_the_fellows_own_time(
        page: Page, fellow: Served, screenshots: Path) -> None:
    workspace = fellow.state / "workspace"
    bots.play(workspace / "00-start-here", "00-start-here", "right")
    bots.play(workspace / MODULE, MODULE, "right")
    record = workspace / MODULE / NAME
    lines = [line for line in record.read_text().splitlines() if line.strip()]
    record.write_text("\n".join(lines[:6]) + "\n")
    page.reload()
    here = row(page, "Why people lead, and what it costs them")
    assert here.locator(".wb-tag").inner_text() == "Begun"
    # Seventeen hours in London in December are six in the morning in Auckland.
    assert "Due on 12 December 2090 at 06:00" in here.inner_text()
    assert "Pacific/Auckland" in page.locator("footer").inner_text()
    here.get_by_text("Still to answer").click()
    missing = here.locator("details li").count()
    assert f"Marked answers done: {11 - missing} of 11" in here.inner_text()
    for width, height in looks.SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=screenshots / f"home-{width}.png")


def test_submitting_says_first_what_is_missing_then_gives_a_receipt(
        page: Page, fellow: Served, screenshots: Path) -> None:
    row(page, "Why people lead, and what it costs them").get_by_role("link", name="Submit").click()
    assert page.get_by_role("heading", name="Not answered yet").is_visible()
    page.screenshot(path=screenshots / "submit.png")
    page.get_by_role("button", name="Submit this module").press("Enter")
    page.wait_for_url(f"**/submitted/{MODULE}")
    assert "Your answers are with your programme" in page.inner_text("main")
    assert "still missing" in page.inner_text("main")
    page.screenshot(path=screenshots / "receipt.png")
    assert len(inbound(fellow)) == 1
    page.reload()  # a receipt is a page: looking again submits nothing
    assert len(inbound(fellow)) == 1
    page.get_by_role("link", name="Course home").first.click()
    assert row(page, "Why people lead, and what it costs them").locator(
        ".wb-tag").inner_text() == "Submitted"


def test_the_same_answers_are_not_sent_twice_and_a_change_is(page: Page, fellow: Served) -> None:
    page.goto(at(fellow, f"/submit/{MODULE}"))
    assert "nothing has changed since" in page.inner_text("main")
    assert page.get_by_role("button").count() == 0
    bots.play(fellow.state / "workspace" / MODULE, MODULE, "right")
    page.goto(at(fellow, f"/submitted/{MODULE}"))
    page.get_by_role("link", name="Submit again").click()
    # Two presses, and a second tab at the same moment: one submission.
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        tab.get_by_role("button").click(click_count=2, no_wait_after=True)
    for tab in (page, other):
        tab.wait_for_url(f"**/submitted/{MODULE}")
    assert len(inbound(fellow)) == 2
    assert "Earlier submissions" in other.inner_text("main") or \
        "Earlier submissions" in page.inner_text("main")


def test_with_the_exchange_away_there_is_a_sentence_and_nothing_is_lost(
        page: Page, fellow: Served) -> None:
    exchange, away = fellow.state / "exchange", fellow.state / "away"
    record = fellow.state / "workspace" / "00-start-here" / NAME
    before = record.read_bytes()
    page.goto(at(fellow, "/submit/00-start-here"))
    exchange.rename(away)
    try:
        page.get_by_role("button", name="Submit this module").click()
        page.get_by_role("alert").wait_for()
        said = page.get_by_role("alert").inner_text()
        assert said.startswith("Not submitted. ")
        assert "Your answers are safe" in said
        page.goto(at(fellow, ""))
        assert row(page, "Start here").locator(".wb-tag").inner_text() == "Begun"
    finally:
        shutil.rmtree(exchange, ignore_errors=True)
        away.rename(exchange)
    assert record.read_bytes() == before
    page.goto(at(fellow, "/submit/00-start-here"))
    page.get_by_role("button", name="Submit this module").click()
    page.wait_for_url("**/submitted/00-start-here")


def test_marks_and_feedback_are_seen_from_home(
        page: Page, fellow: Served, screenshots: Path) -> None:
    for command in ("collect", "mark"):
        assert course(fellow.state, command, "00-start-here").returncode == 0
    page.reload()
    assert row(page, "Start here").locator(".wb-tag").inner_text() == "Marked"
    assert course(fellow.state, "feedback", "00-start-here").returncode == 0
    page.reload()
    assert row(page, "Start here").locator(".wb-tag").inner_text() == "Feedback ready"
    row(page, "Start here").get_by_role("link", name="Read your feedback").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Open the feedback").click()
    assert "00-start-here" in page.url
    assert "feedback" in page.content()
    page.goto(at(fellow, ""))
    assert row(page, "Start here").get_by_role("link", name="Feedback on").is_visible()


# ---- what holds of every page ---------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_is_cut_off(
        page: Page, fellow: Served, path: str, screenshots: Path) -> None:
    answer = page.goto(at(fellow, path))
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert looks.violations(page) == [], scheme
        for width, height in looks.SIZES:
            page.set_viewport_size({"width": width, "height": height})
            name = path.strip("/").replace("/", "-") or "home"
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    assert looks.cut_off(page) == []
    assert looks.small_targets(page) == []
    assert page.locator("h1").count() == 1
    assert "<!--" not in page.inner_text("body")


def test_the_reading_edition_is_one_press_away_and_written_when_it_is_asked_for(
        page: Page, fellow: Served) -> None:
    book = fellow.state / "book"
    assert not book.exists()
    page.get_by_role("link", name="Read on paper or a phone").click()
    page.get_by_role("link", name="Why people lead, and what it costs them").first.click()
    page.wait_for_url(f"**/book/{MODULE}.html")
    assert looks.violations(page) == []
    assert page.locator(".wb-page svg").count() > 0
    assert page.evaluate("getComputedStyle(document.querySelector('header')).display") == "flex", (
        "its style is there")
    status, _ = ask(fellow, "GET", "/book/../answers.jsonl")
    assert status == 404


def test_a_keyboard_reaches_the_page_first_and_every_link_shows_its_focus(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("main", "#main")
    seen = 0
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(
            "parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 3
        seen += 1
    assert seen >= len(places.modules())


def test_the_pages_need_no_script(chromium: Browser, fellow: Served) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(fellow.at(ROOT))
    assert page.locator(".wb-path > li").count() == len(places.modules())
    bots.play(fellow.state / "workspace" / "03-two-hour-organisation",
              "03-two-hour-organisation", "wrong")
    page.goto(at(fellow, "/submit/03-two-hour-organisation"))
    page.get_by_role("button", name="Submit this module").click()
    page.wait_for_url("**/submitted/03-two-hour-organisation", timeout=PATIENCE)
    context.close()


def ask(fellow: Served, method: str, path: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(at(fellow, path), method=method, headers=headers), timeout=60) as page:
            return page.status, page.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_nobody_else_sees_them_and_no_other_page_can_submit(page: Page, fellow: Served) -> None:
    before = inbound(fellow)
    status, words = ask(fellow, "GET", "")
    assert "Your course" not in words
    status, words = ask(fellow, "POST", f"/submit/{MODULE}")
    assert status in (302, 403)
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())  # type: ignore[typeddict-item]
    status, words = ask(fellow, "POST", f"/submit/{MODULE}", Cookie=cookies)
    assert status == 403
    assert "Traceback" not in words
    assert inbound(fellow) == before


def test_a_page_that_cannot_be_made_says_so_in_words(page: Page, fellow: Served) -> None:
    token = parse_qs(urlsplit(fellow.address).query)["token"][0]
    status, words = ask(fellow, "GET", "/submit/99-nothing", Authorization=f"token {token}")
    assert status == 404
    assert "There is no such page" in words
    # What the programme writes is words, too.
    status, words = ask(fellow, "GET", "", Authorization=f"token {token}")
    assert "&lt;office&gt;" in words
    assert "<office>" not in words
