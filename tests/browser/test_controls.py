"""The controls, by keyboard and as a screen reader is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Desk, Lab, Served, lines

NAME = "02-rubber-band"
NUMBER = "rubber-band.predict-snaps"
CHOICE = "rubber-band.predict-keen"
SMALL = """() => [...document.querySelectorAll(
    '.wb button, .wb input, .wb textarea, .wb summary')].filter((el) => {
      const box = el.getBoundingClientRect();
      return box.width && (box.width < 24 || box.height < 24); })
    .map((el) => el.outerHTML.slice(0, 120))"""
TINY = """
from course.ui.widgets import Form, stack
from IPython.display import display
seen = []
def answer(what, values):
    seen.append(values)
    missing = values.get("order") is None
    return {"ok": not missing, "errors": {"order": "Move a line."} if missing else {}}
order = Form(answer, key="order", name="An order", button="Save", fields=[
    {"id": "order", "kind": "ranking", "label": "Put these in order", "options": [
        {"id": "a", "text": "Apples"}, {"id": "b", "text": "Bread"},
        {"id": "c", "text": "Cheese"}]}])
display(order, Form(answer, fields=[], key="submit", button="Nothing"))
"""


@pytest.fixture(scope="module")
def page(served: Served, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
         ) -> Iterator[tuple[Lab, Desk]]:
    """Module 02 opened once, nothing answered, for every test that leaves it so."""
    folder = served.state / "workspace" / "controls"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_bytes(
        (served.state / "workspace" / NAME / f"{NAME}.ipynb").read_bytes())
    found = Desk(served, NAME, folder)
    opened = Lab(chromium.new_page(viewport={"width": 1366, "height": 768}))
    opened.open(found.address).run()
    yield opened, found
    trouble = opened.trouble()
    opened.page.close()
    found.close()
    assert not trouble
    assert not opened.outside


def test_radios_share_a_name_and_sit_in_a_fieldset_with_a_legend(page: tuple[Lab, Desk]) -> None:
    alone = page[0].page.evaluate("""() => [...document.querySelectorAll('.wb fieldset')]
        .filter((set) => !set.querySelector(':scope > legend')?.textContent.trim()
            || new Set([...set.querySelectorAll('input')].map((i) => i.name)).size !== 1
            || [...set.querySelectorAll('input')].some((i) => !i.labels.length)).length""")
    names = page[0].page.evaluate("""() => [...document.querySelectorAll('.wb fieldset')]
        .map((set) => set.querySelector('input').name)""")
    assert alone == 0
    assert len(set(names)) == len(names), "two questions never share their radios"


def test_nothing_is_chosen_for_the_fellow(page: tuple[Lab, Desk]) -> None:
    assert page[0].page.locator(".wb input:checked").count() == 0
    assert set(page[0].page.evaluate(
        "() => [...document.querySelectorAll('.wb textarea, .wb-number')].map((e) => e.value)"
    )) == {""}


def test_a_control_shown_before_its_time_is_locked_and_says_what_comes_first(
        page: tuple[Lab, Desk]) -> None:
    lab, _ = page
    assert "Not open yet" in lab.status("rubber-band.safe-rate")
    form = lab.page.locator('[data-wb-key="rubber-band.safe-rate"]')
    assert form.locator("input").is_disabled()
    assert form.locator("button").is_disabled()
    box = lab.page.locator('[data-wb-key="rubber-band.difference"] textarea')
    assert box.get_attribute("readonly") is not None
    box.focus()
    lab.page.keyboard.type("too soon")
    assert box.input_value() == ""


def test_arrow_keys_move_within_one_question_only(page: tuple[Lab, Desk]) -> None:
    lab, desk = page
    lab.choose("rubber-band.motive-map", 0)
    for _ in range(3):  # round and back to where one began
        lab.press("ArrowDown")
        assert lab.page.evaluate("document.activeElement.closest('[data-wb-key]').dataset.wbKey"
                                 ) == "rubber-band.motive-map"
    assert lab.page.locator(".wb input:checked").count() == 1
    assert not desk.answers.exists(), "nothing is sent before the button"


@pytest.mark.parametrize("where", [
    '[data-wb-key="rubber-band.motive-map"] input', '[data-wb-key="rubber-band.motive-map"] button',
    f'[data-wb-key="{NUMBER}"] .wb-number'])
def test_keys_on_a_control_are_never_commands_to_the_notebook(
        page: tuple[Lab, Desk], where: str) -> None:
    keys_do_nothing(page[0], where)


def keys_do_nothing(lab: Lab, where: str) -> None:
    """No key typed on a control cuts, deletes, turns, folds or runs a cell."""
    state = """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map((c) => [
        c.className.match(/jp-(Code|Markdown|Raw)Cell/)[0], c.getBoundingClientRect().height > 0,
        c.querySelector('.jp-InputPrompt')?.textContent])"""
    lab.tab_to(where)
    before = lab.page.evaluate(state)
    assert len(before) > 20
    for key in ("x", "d", "d", "m", "y", "r", "z", "a", "b", "0", "0", "ArrowLeft", "ArrowRight",
                "ArrowUp", "ArrowDown", "Shift+Enter", "Control+Enter", "Alt+Enter", "Enter"):
        lab.press(key)
    lab.page.wait_for_timeout(400)
    assert lab.page.evaluate(state) == before
    assert lab.page.locator(".jp-Dialog").count() == 0


@pytest.mark.parametrize(("typed", "said"), [
    ("abc", "“abc” cannot be read as a number. Enter a number from 0 to 50"),
    ("1e9", "“1e9” cannot be read as a number. Enter a number from 0 to 50"),
    ("", "Enter a number from 0 to 50"),
    ("-5", "-5 is outside the range. Enter a number from 0 to 50"),
    ("12,5", "Write a point, not a comma: 12.5"),
    ("1,234", "is outside the range"),
])
def test_a_number_that_cannot_be_taken_is_named_beside_its_box(
        page: tuple[Lab, Desk], typed: str, said: str) -> None:
    lab, desk = page
    lab.type(NUMBER, typed)
    if not typed:
        lab.press("Delete")
    lab.button(NUMBER)
    lab.wait_status(NUMBER, "Not saved")
    form = lab.page.locator(f'[data-wb-key="{NUMBER}"]')
    box = form.locator(".wb-number")
    assert said in form.locator(".wb-error").first.inner_text()
    assert box.get_attribute("aria-invalid") == "true"
    assert form.locator(".wb-error").first.get_attribute("id") in str(
        box.get_attribute("aria-describedby"))
    assert lab.page.evaluate("document.activeElement.className") == "wb-number"
    assert box.input_value() == typed, "what was typed stays to be put right"
    assert not desk.answers.exists() or NUMBER not in desk.answers.read_text()


def test_a_prediction_without_its_sureness_says_so_and_keeps_the_choice(
        page: tuple[Lab, Desk]) -> None:
    lab, desk = page
    lab.choose(CHOICE, 2)
    lab.button(CHOICE)
    lab.wait_status(CHOICE, "Not saved")
    form = lab.page.locator(f'[data-wb-key="{CHOICE}"]')
    assert "Choose how sure you are" in form.inner_text()
    assert form.locator("input:checked").get_attribute("value") == "spread"
    assert lab.page.evaluate("document.activeElement.value") == "guess", "focus goes to what lacks"
    lab.press("Space")
    lab.button(CHOICE)
    lab.wait_status(CHOICE, "Saved")
    assert lab.page.evaluate("document.activeElement.className") == "wb-button"
    assert "Choose how sure" not in form.inner_text()
    last = lines(desk.served.state, "controls")[-1]
    assert (last["value"], last["sure"]) == ("spread", "guess")


def test_space_around_a_number_is_no_mistake(page: tuple[Lab, Desk]) -> None:
    lab, desk = page
    lab.type(NUMBER, " 40.9 ")
    lab.choose(NUMBER, 0)
    lab.button(NUMBER)
    lab.wait_status(NUMBER, "Saved")
    assert lines(desk.served.state, "controls")[-1]["value"] == 40.9


def test_everything_one_presses_is_at_least_24_pixels(page: tuple[Lab, Desk]) -> None:
    assert page[0].page.evaluate(SMALL) == []


def test_what_changes_by_itself_is_told_to_a_screen_reader(page: tuple[Lab, Desk]) -> None:
    lab = page[0].page
    assert lab.locator(".wb-status:not([role=status])").count() == 0
    assert lab.locator(".wb-feedback:not([aria-live=polite])").count() == 0
    assert lab.locator(".wb-form").count() == lab.locator(".wb-form[role=group]").count()


def test_a_slider_has_a_name_and_says_its_value_and_keeps_the_focus(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(NAME, "right")
    lab.open(laid.address).run()
    lab.page.wait_for_selector(".wb-chart svg")
    for found in lab.page.locator(".wb input[type=range]").all():
        assert found.evaluate("el => el.labels[0]?.textContent.trim()")
        assert found.get_attribute("aria-valuetext")
    keys_do_nothing(lab, '[data-wb-key="rubber-band.run"] input[type=range]')
    drawn = lab.page.locator(".wb-chart").first
    before, caption = drawn.get_attribute("data-drawn"), lab.page.locator(".wb-note").count()
    lab.press("ArrowRight", 3)
    lab.page.wait_for_function("n => document.querySelector('.wb-chart').dataset.drawn > n",
                               arg=before)
    assert lab.page.evaluate("document.activeElement.type") == "range"
    assert lab.page.locator(".wb-note").count() == caption
    keys_do_nothing(lab, ".wb-numbers summary")
    assert lab.page.evaluate(SMALL) == []

    # Every figure: an image with words, a caption, and the same numbers as a table.
    figures = lab.page.locator(".wb-figure")
    assert figures.count() >= 4
    for figure in figures.all():
        assert figure.locator(".wb-chart").get_attribute("role") == "img"
        assert len(str(figure.locator(".wb-chart").get_attribute("aria-label"))) > 20
        assert figure.locator("figcaption").inner_text().strip()
        figure.locator("details").evaluate("el => { el.open = true; }")
        figure.locator("tbody tr").first.wait_for()
        assert figure.locator("thead th").count() >= 2
        assert figure.locator("caption").inner_text().strip()
    assert figures.first.locator("tbody tr").count() == 104


def test_a_ranking_is_ordered_by_buttons_and_keeps_the_focus(
        lab: Lab, served: Served) -> None:
    folder = served.state / "workspace" / "tiny"
    folder.mkdir(exist_ok=True)
    write(folder / "tiny.ipynb", TINY)
    laid = Desk(served, "tiny", folder)
    try:
        lab.open(laid.address).run()
        form = lab.page.locator('[data-wb-key="order"]')
        lab.button("order")
        form.locator("text=Move a line.").wait_for()
        first = form.locator("li").first
        assert first.locator("button").first.is_disabled(), "the first cannot go up"
        assert lab.page.evaluate("document.activeElement.innerText").startswith("Move down")
        lab.press("Enter")
        assert [li.locator("span").first.inner_text() for li in form.locator("li").all()] == [
            "Bread", "Apples", "Cheese"]
        assert "Apples: now 2 of 3." in form.locator("[role=status]").first.inner_text()
        assert "Apples" in lab.page.evaluate("document.activeElement.textContent")
        lab.press("Enter")
        # At the end its own button can go no further: the focus stays in the same line.
        assert "Apples" in lab.page.evaluate("document.activeElement.textContent")
        for button in form.locator("button").all():
            assert "Move" not in button.inner_text() or len(str(button.text_content())) > 9
    finally:
        laid.close()


def write(path: Path, source: str) -> None:
    path.write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [{"id": "a", "cell_type": "code", "source": source, "metadata": {},
                   "outputs": [], "execution_count": None}]}))
