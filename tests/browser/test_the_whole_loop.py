"""One fellow and one tutor, from `course start` to feedback read; the fellow by keyboard alone.

The tests of this file are steps of one story and run in order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from course import scoring
from course.answers import read
from course.assessments import Choice, Text, module
from tests.browser.conftest import PATIENCE, Lab, Served, course, lines

NAME = "02-rubber-band"
COMMENT = "You saw the other side of it. Next: who will tell you?"


def answer(lab: Lab, item_id: str) -> None:
    """Give the bot's right answer to one item, by keyboard."""
    lab.answer(module(NAME).item(item_id), scoring.exercise("rubber-band").right[item_id])


def keep_run(lab: Lab, moves: list[tuple[str, int]]) -> None:
    """Move sliders (name, steps) and keep the run, by keyboard."""
    names = ["asks", "keen", "appeal", "protected", "reward"]
    for name, steps in moves:
        lab.tab_to('[data-wb-key="rubber-band.run"] .wb-slider:nth-of-type'
                   f"({names.index(name) + 1}) input")
        lab.press("ArrowRight" if steps > 0 else "ArrowLeft", abs(steps))
    lab.button("rubber-band.run.keep")


def test_a_fellow_works_through_a_module_by_keyboard_alone(
        lab: Lab, served: Served, screenshots: Path) -> None:
    lab.open(served.module(NAME)).run()
    lab.page.locator(".jp-Notebook .jp-Cell").first.focus()
    # The run is shut until the predictions are in; so is what follows it.
    assert "Not open yet" in lab.status("rubber-band.safe-rate")
    assert lab.page.locator('[data-wb-key="rubber-band.run"]').count() == 0

    items = [item.id for item in module(NAME).items]
    before, after = items[:items.index("rubber-band.run")], items[items.index("rubber-band.run"):]
    for item_id in before:
        answer(lab, item_id)
    lab.page.wait_for_selector('[data-wb-key="rubber-band.run"]')
    lab.page.wait_for_selector(".wb-chart svg")
    lab.page.screenshot(path=screenshots / "predictions.png")

    keep_run(lab, [("keen", 2)])
    lab.wait_status("rubber-band.run.keep", "1 run kept")
    lab.page.screenshot(path=screenshots / "play.png")
    lab.press("Shift+Tab", 12)
    keep_run(lab, [("asks", 4), ("appeal", 6)])
    lab.wait_status("rubber-band.run.keep", "2 runs kept")
    lab.press("Shift+Tab", 12)
    keep_run(lab, [("keen", -7), ("appeal", -6), ("protected", 6)])
    lab.wait_status("rubber-band.run.keep", "3 runs kept")
    lab.page.wait_for_selector("text=Debrief: what you could not see")
    lab.page.screenshot(path=screenshots / "debrief.png")

    for item_id in after[1:]:
        answer(lab, item_id)
    lab.page.screenshot(path=screenshots / "reflection.png")

    record = read(served.state / "workspace" / NAME / "answers.jsonl")
    assert not record.notices
    marks = [scoring.mark(module(NAME), item, record) for item in module(NAME).items
             if item.marked == "auto"]
    assert [m for m in marks if m.points < m.out_of] == []
    assert len(lines(served.state, NAME)) >= len(items)


def test_every_answer_is_back_after_the_kernel_was_restarted(lab: Lab, served: Served) -> None:
    lab.open(served.module(NAME)).run()
    lab.restart()
    lab.run()
    right = scoring.exercise("rubber-band").right
    for item in module(NAME).items:
        if isinstance(item, Text):
            box = lab.page.locator(f'[data-wb-key="{item.id}"] textarea')
            assert box.input_value() == right[item.id]
        elif isinstance(item, Choice):
            checked = lab.page.locator(
                f'[data-wb-key="{item.id}"] fieldset:nth-of-type(1) input:checked')
            assert checked.get_attribute("value") == right[item.id]
    assert "3 runs kept" in lab.status("rubber-band.run.keep")


def test_the_fellow_submits_with_one_button(lab: Lab, served: Served, screenshots: Path) -> None:
    lab.open(served.module(NAME)).run()
    lab.button("submit")
    lab.page.wait_for_selector("text=Submitted on", timeout=PATIENCE)
    lab.page.screenshot(path=screenshots / "submitted.png")


def test_the_tutor_collects_and_marks_from_the_command_line(served: Served) -> None:
    collected = course(served.state, "collect", NAME)
    assert "1 new or renewed" in collected.stdout, collected.stdout + collected.stderr
    marked = course(served.state, "mark", NAME)
    assert "1 marked" in marked.stdout, marked.stdout + marked.stderr
    assert "Traceback" not in collected.stdout + collected.stderr + marked.stdout + marked.stderr


@pytest.fixture(scope="module")
def marking(served: Served, serve: Callable[[Path, str], Served]) -> Served:
    return serve(served.state, "tutor")


def test_the_tutor_reads_and_marks_the_reflection_in_formgrader(
        chromium: Browser, marking: Served, screenshots: Path) -> None:
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    page.set_default_timeout(PATIENCE)
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url)
            if r.url.startswith("http") and not r.url.startswith("http://127.0.0.1") else None)
    for _ in range(60):
        try:
            page.goto(marking.address)  # the address that `course tutor` prints
            break
        except Exception:
            page.wait_for_timeout(500)
    page.get_by_role("link", name="Manual Grading").first.click()
    for name in (NAME, NAME, "Submission #1"):  # the module, its notebook, the fellow
        page.get_by_role("link", name=name).click()
    page.wait_for_selector("text=I led the handover group")
    page.screenshot(path=screenshots / "formgrader.png", full_page=True)
    box = page.locator("#rubber-band-reflection")
    box.fill("7")
    box.press("Tab")
    comment = page.locator("textarea.comment").first
    comment.fill(COMMENT)
    comment.press("Tab")
    page.wait_for_timeout(1500)
    page.reload()
    page.wait_for_selector("text=I led the handover group")
    assert page.locator("#rubber-band-reflection").input_value() == "7"
    assert not outside, outside
    page.close()


def test_marks_and_comments_given_by_hand_survive_marking_again(served: Served) -> None:
    again = course(served.state, "mark", "--again", NAME)
    assert again.returncode == 0, again.stdout
    exported = served.state.parent / "marks.csv"
    done = course(served.state, "export", str(exported))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "19" in exported.read_text()  # 12 by rule and 7 by hand


def test_the_fellow_reads_the_feedback(lab: Lab, served: Served, chromium: Browser,
                                       screenshots: Path) -> None:
    sent = course(served.state, "feedback", "--everyone", NAME)
    assert "1 sent" in sent.stdout, sent.stdout + sent.stderr
    lab.open(served.module(NAME)).run()
    lab.button("feedback")
    link = lab.page.get_by_role("link", name="Open the feedback of")
    link.wait_for(timeout=PATIENCE)
    with lab.page.context.expect_page() as opened:
        link.first.click()
    page = opened.value
    page.wait_for_load_state()
    words = page.locator("body").inner_text()
    page.screenshot(path=screenshots / "feedback.png", full_page=True)
    assert COMMENT in words
    assert "I led the handover group" in words
    page.close()
