"""Every module can be done from its first question to its last without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from course import home, scoring
from course.answers import NAME, Answers
from course.assessments import Play, module
from tests import bots
from tests.browser.conftest import Desk, Lab

PLAYED = {"rubber-band.run": "test_the_whole_loop.py",
          "two-hour-organisation.run": "test_the_two_hours.py"}
"""A play has keys of its own: where each is played by keyboard, from start to end."""


def test_every_play_is_played_by_keyboard_in_a_test_of_its_own() -> None:
    plays = {item.id for name in home.modules() for item in module(name).items
             if isinstance(item, Play)}
    assert plays == set(PLAYED), "a play without a keyboard test, or a test without its play"
    for play, file in PLAYED.items():
        assert play.split(".")[0] in (Path(__file__).parent / file).read_text()


@pytest.mark.parametrize("name", home.modules())
def test_every_question_of_a_module_is_answered_by_keyboard_alone(
        lab: Lab, desk: Callable[..., Desk], name: str) -> None:
    laid, texts = desk(name), module(name)
    right = {item: value for exercise in bots.exercises(texts)
             for item, value in scoring.exercise(exercise).right.items() if item in texts}
    assert set(right) == {item.id for item in texts.items}, "the right bot answers everything"
    lab.open(laid.address).run()
    lab.page.locator(".jp-Notebook .jp-Cell").first.focus()
    for item in texts.items:
        if isinstance(item, Play):
            for run in bots.runs(item, right[item.id]):
                Answers(laid.folder / NAME).save(item.id, run)
            lab.open(laid.address).run()
            lab.page.locator(".jp-Notebook .jp-Cell").first.focus()
        else:
            lab.answer(item, right[item.id])
    record = laid.record()
    given = {item.id: record.value(item.id) for item in texts.items if not isinstance(item, Play)}
    assert given == {item: right[item] for item in given}
    marks = [scoring.mark(texts, item, record) for item in texts.items if item.marked == "auto"]
    assert [mark for mark in marks if mark.points < mark.out_of] == []
    lab.page.wait_for_selector("text=Everything that is marked is answered.")
