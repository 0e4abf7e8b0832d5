"""The two hours played by keyboard alone: a seat, twelve rounds, two pauses, the replay.

The tests of this file are steps of one story and run in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import scoring
from course.assessments import Choice, module
from course.exercises.two_hour_organisation import exercise as game
from tests.browser.conftest import Desk, Lab, Served

NAME = "03-two-hour-organisation"
IT = "two-hour-organisation"
LEVERS = f'[data-wb-key="{IT}.run.%s"] .wb-slider:nth-of-type(%d) input'


@pytest.fixture(scope="module")
def hours(served: Served) -> Iterator[Desk]:
    found = Desk(served, NAME, served.state / "workspace" / NAME)
    found.answers.unlink(missing_ok=True)
    yield found
    found.close()


def predict(lab: Lab) -> None:
    for name in ("tribe", "angry", "explain", "listen"):
        item = module(NAME).item(f"{IT}.predict-{name}")
        if isinstance(item, Choice):
            lab.choose(item.id, 1)
        else:
            lab.type(item.id, "5")
        lab.choose(item.id, 1, field=1 if isinstance(item, Choice) else 0)
        lab.button(item.id)
        lab.wait_status(item.id, "Saved")


def play(lab: Lab, seat: str, number: int, lever: int = 1, steps: int = 0) -> None:
    """Move one lever and play a round, with the focus on the round's button before and after."""
    count = len(game.LEVERS[seat])  # type: ignore[index]
    if steps:
        back = count - lever + 1
        lab.press("Shift+Tab", back)
        assert lab.page.evaluate("s => document.activeElement.matches(s)",
                                 LEVERS % (seat, lever)), "Shift and Tab go back to the levers"
        lab.press("ArrowRight" if steps > 0 else "ArrowLeft", abs(steps))
        lab.press("Tab", back)
    lab.press("Enter")
    lab.page.wait_for_function(
        """([key, words]) => document.querySelector(`[data-wb-key="${key}"] .wb-status`)
             ?.textContent.includes(words)
           || (words.match(/Round (4|8|12) /)
               && !document.querySelector(`[data-wb-key="${key}"]`))""",
        arg=[f"{IT}.run.{seat}", f"Round {number} played"])


def pause(lab: Lab, at: int, screenshots: Path) -> None:
    """Say how it is in each seat before the screens open, then what one would change."""
    before, after = ((f"{IT}.pause-one", f"{IT}.pause-one-after") if at == 4 else
                     (f"{IT}.pause-two", f"{IT}.pause-two-after"))
    lab.page.wait_for_selector(f'[data-wb-key="{before}"] textarea')
    assert lab.page.locator("text=all four screens are open").count() == 0
    for place, words in enumerate(("Busy and blind.", "Pulled both ways.", "Nobody comes.",
                                   "Waiting.")):
        lab.tab_to(f'[data-wb-key="{before}"] textarea')
        lab.page.keyboard.type(words)
        if place == 0 and at == 4:
            # A fellow who thinks between two sentences has not finished yet.
            lab.wait_status(before, "Saved")
            lab.page.wait_for_timeout(500)
            assert lab.page.locator("text=all four screens are open").count() == 0
        if place == 2:
            lab.button(f"{IT}.run.pause-{at}.open")
            lab.wait_status(f"{IT}.run.pause-{at}.open", "Still empty: For patients and carers")
            lab.press("Shift+Tab", 3)
    if at == 4:
        picture(lab, screenshots, "pause-before")
    lab.button(f"{IT}.run.pause-{at}.open")
    lab.page.wait_for_selector("text=all four screens are open")
    assert lab.page.locator(".wb-cards .wb-screen").count() == 4
    if at == 4:
        picture(lab, screenshots, "pause-open")
    lab.type(after, "The tops: they cannot see it.")
    lab.wait_status(after, "Saved")
    lab.button(f"{IT}.run.pause-{at}")
    lab.page.wait_for_selector(f'[data-wb-key="{IT}.run.pause-{at}"]', state="detached")


def picture(lab: Lab, folder: Path, name: str) -> None:
    """The play at the size of a ward's computer and of a telephone."""
    lab.page.screenshot(path=folder / f"hours-{name}-1366.png")
    lab.page.evaluate("window.held = document.activeElement")
    lab.page.set_viewport_size({"width": 390, "height": 844})
    lab.page.wait_for_timeout(400)
    lab.page.evaluate("held.focus(); held.scrollIntoView({block: 'center'})")
    lab.page.wait_for_timeout(200)
    lab.page.screenshot(path=folder / f"hours-{name}-390.png")
    lab.page.set_viewport_size({"width": 1366, "height": 768})
    lab.page.evaluate("held.focus(); held.scrollIntoView({block: 'center'})")


def decided(hours: Desk) -> list[dict[str, float]]:
    value = hours.record().value(f"{IT}.run")
    assert isinstance(value, dict)
    return list(value["rounds"])  # type: ignore[arg-type]


def test_the_play_opens_when_the_four_predictions_are_committed(lab: Lab, hours: Desk) -> None:
    lab.open(hours.address).run()
    lab.page.locator(".jp-Notebook .jp-Cell").first.focus()
    assert lab.page.locator(f'[data-wb-key="{IT}.run.seat"]').count() == 0
    predict(lab)
    lab.page.wait_for_selector(f'[data-wb-key="{IT}.run.seat"]')


def test_a_top_plays_six_rounds_and_one_pause_and_sees_no_ward_problems(
        lab: Lab, hours: Desk, screenshots: Path) -> None:
    lab.open(hours.address).run()
    lab.choose(f"{IT}.run.seat", 0)
    picture(lab, screenshots, "seats")
    lab.button(f"{IT}.run.seat")
    lab.tab_to(f'[data-wb-key="{IT}.run.top"] button')
    for number in range(1, 7):
        play(lab, "top", number, lever=1 + number % 4, steps=2 if number < 5 else -1)
        if number == 4:
            pause(lab, 4, screenshots)
            lab.tab_to(f'[data-wb-key="{IT}.run.top"] button')
        elif number < 4:
            seen = lab.page.locator(".wb-screen").inner_text()
            assert "What the tops see" in seen
            assert "open on" not in seen
            assert "Patients" not in seen
            assert lab.page.evaluate("document.activeElement.tagName") == "BUTTON"
    picture(lab, screenshots, "seat")
    assert len(decided(hours)) == 6


def test_after_a_restart_the_play_goes_on_at_the_seventh_round(
        lab: Lab, hours: Desk, screenshots: Path) -> None:
    before = decided(hours)
    lab.open(hours.address)
    hours.kill()
    lab.page.wait_for_timeout(6000)  # JupyterLab looks every few seconds, and says so
    lab.run()
    lab.shut_dialogs()
    button = lab.page.locator(f'[data-wb-key="{IT}.run.top"] button')
    assert button.inner_text() == "Play round 7 of 12"
    shown = lab.page.locator(f'[data-wb-key="{IT}.run.top"] input[type=range]')
    values = [float(shown.nth(i).input_value()) for i in range(4)]
    assert values == list(before[-1].values())
    lab.tab_to(f'[data-wb-key="{IT}.run.top"] button')
    play(lab, "top", 7)
    play(lab, "top", 8)
    pause(lab, 8, screenshots)
    lab.tab_to(f'[data-wb-key="{IT}.run.top"] button')
    for number in range(9, 13):
        play(lab, "top", number)
    assert decided(hours)[:6] == before
    assert decided(hours)[6:] == [before[-1]] * 6


def test_the_debrief_replays_every_round_with_every_screen_open(
        lab: Lab, hours: Desk, screenshots: Path) -> None:
    lab.open(hours.address).run()
    lab.page.wait_for_selector("text=The same two hours, with every screen open")
    lab.tab_to(f'[data-wb-key="{IT}.run.replay"] input')
    lab.press("Home")
    lab.page.wait_for_selector("text=What the tops see, round 1")
    lab.press("ArrowRight", 4)
    for who in ("the tops see", "the middle of the first ward sees",
                "the bottoms of the first ward see", "patients and carers of the first ward meet"):
        lab.page.wait_for_selector(f"text=What {who}, round 5")
    assert lab.page.evaluate("document.activeElement.type") == "range", "the focus stays"
    picture(lab, screenshots, "debrief")
    table = '.wb-scroll[aria-label="Your predictions and what a hundred runs show"]'
    lab.page.locator(table).focus()
    picture(lab, screenshots, "comparison")


def test_a_second_seat_played_to_the_end_earns_both_points(
        lab: Lab, hours: Desk, screenshots: Path) -> None:
    lab.open(hours.address).run()
    lab.page.wait_for_selector("text=Not played yet: The middle of the first ward; The bottoms")
    lab.choose(f"{IT}.run.seat", 2)
    lab.button(f"{IT}.run.seat")
    lab.tab_to(f'[data-wb-key="{IT}.run.bottom"] button')
    for number in range(1, 13):
        play(lab, "bottom", number, steps=4 if number == 1 else 0)
    lab.page.wait_for_selector("text=You sat as: the bottoms of the first ward")
    mark = scoring.mark(module(NAME), module(NAME).item(f"{IT}.run"), hours.record())
    assert (mark.points, mark.out_of) == (2, 2)
    saved = [json.loads(line) for line in hours.answers.read_text().splitlines() if line.strip()]
    assert sum(line["item"] == f"{IT}.run" for line in saved) == 24
