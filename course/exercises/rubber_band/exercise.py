"""Spend the goodwill: predictions, runs, sums to check. See `model.py` for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import JsonValue

from course.answers import Record
from course.exercises.rubber_band import model
from course.scoring import Exercise

MANY = tuple(range(1, 101))
"""The seeds of every many-run view and of every mark: one hundred runs."""
GOAL_WORK, GOAL_SNAPS, GOAL_PRICE = 800, 2, 0.6
KEEN = model.Settings(asks=12, keen=0.7)
SPREAD = model.Settings(asks=12, keen=0.0)
PRESSED = model.Settings(asks=20, keen=0.7)
LOUD = model.Settings(asks=20, keen=0.7, appeal=0.9)
TEN_SNAPS = 10
MOST_RUNS = 50
"""Kept runs looked at when marking, the newest: a record may hold thousands."""


def settings(value: Mapping[str, Any]) -> model.Settings:
    """The model's settings out of a kept run. Raises ValueError or KeyError."""
    return model.Settings(asks=round(value["asks"]),
                          **{k: float(value[k]) for k in ("keen", "appeal", "protected", "reward")})


@cache
def averages(s: model.Settings) -> dict[str, float]:
    """Means over the many runs: work, first and last half-year, snaps, people lost."""
    runs = model.simulate(s, MANY)
    return {name: float(getattr(runs, name).mean())
            for name in ("work_total", "first_26", "last_26", "snaps_total", "lost")}


def kept(record: Record) -> list[dict[str, Any]]:
    """The fellow's kept runs that can be read, oldest first."""
    runs = []
    for saved in record.all("rubber-band.run")[-MOST_RUNS:]:
        if isinstance(saved.value, dict):
            try:
                settings(saved.value)
            except (KeyError, TypeError, ValueError, OverflowError):
                continue
            runs.append(saved.value)
    return runs


def different(record: Record) -> list[model.Settings]:
    """The settings of the kept runs, each once, in the order first kept."""
    return list(dict.fromkeys(settings(run) for run in kept(record)))


def reaches_goal(s: model.Settings) -> bool:
    if round(s.protected + s.reward, 6) > GOAL_PRICE:
        return False
    means = averages(s)
    return means["work_total"] >= GOAL_WORK and means["snaps_total"] <= GOAL_SNAPS


def _run(_value: JsonValue, record: Record) -> tuple[float, str]:
    runs = different(record)
    enough = len(runs) >= 3
    reached = any(reaches_goal(s) for s in runs)
    says = {
        (False, False): f"You kept {len(runs)} of the three different runs asked for.",
        (True, False): "You kept three different runs; none of them reaches the goal yet.",
        (False, True): "One of your runs reaches the goal; keep three that differ.",
        (True, True): "You kept three different runs, and at least one reaches the goal.",
    }[enough, reached]
    return (enough + reached) / 2, says


def _safe_rate(value: JsonValue, _record: Record) -> tuple[float, str]:
    assert isinstance(value, int | float)
    right = model.safe_rate(model.Settings())
    if abs(value - right) <= 1:
        return 1.0, (f"The sum gives {right:.1f}. It holds the average person at the knee, so "
                     "about half would be beyond it: a ceiling, not a target.")
    if abs(value - right * 0.9) <= 1:
        return 0.0, "Close: in step 2 the rest comes at the week's end, so divide by 1 − 0.10."
    if abs(value - right * 0.445) <= 1:
        return 0.0, "That is yeses a week. Not every ask is a yes: divide by the chance of one."
    if value < 1:
        return 0.0, "That is for one person; there are sixty."
    return 0.0, "Not this. Go through the four steps one at a time; each has one line."


@cache
def sweep() -> tuple[tuple[int, float], ...]:
    """Mean snaps against asks a week, spread evenly: what the chart in the check shows."""
    return tuple((asks, averages(model.Settings(asks=asks))["snaps_total"])
                 for asks in range(0, 81, 5))


def threshold() -> float:
    """The asks a week at which the mean of snaps passes ten, between the chart's points."""
    points = sweep()
    for (a, low), (b, high) in pairwise(points):
        if low <= TEN_SNAPS < high:
            return a + (b - a) * (TEN_SNAPS - low) / (high - low)
    raise ValueError("the sweep never passes ten snaps")


def _threshold(value: JsonValue, _record: Record) -> tuple[float, str]:
    assert isinstance(value, int | float)
    right = threshold()
    if abs(value - right) <= 5:
        return 1.0, (f"The line passes ten at about {right:.0f} asks, well below the ceiling that "
                     "the sum for an average person gave: people differ.")
    return 0.0, "Find 10 on the upright axis, go across to the line, then down."


EXERCISE = Exercise(
    id="rubber-band",
    judges={"rubber-band.run": _run, "rubber-band.safe-rate": _safe_rate,
            "rubber-band.threshold": _threshold},
    right={
        "rubber-band.motive-map": "glory",
        "rubber-band.motive-gap": "altruism",
        "rubber-band.motive-reward": "split",
        "rubber-band.predict-keen": "keen",
        "rubber-band.predict-snaps": 2,
        "rubber-band.predict-appeal": "both",
        "rubber-band.run": [
            {"asks": 12, "keen": 0.7, "appeal": 0.25, "protected": 0, "reward": 0, "seed": 1},
            {"asks": 20, "keen": 0.7, "appeal": 0.9, "protected": 0, "reward": 0, "seed": 1},
            {"asks": 20, "keen": 0.0, "appeal": 0.25, "protected": 0.6, "reward": 0, "seed": 2},
        ],
        "rubber-band.safe-rate": 40.9,
        "rubber-band.threshold": 25,
        "rubber-band.best-lever": "protected",
        "rubber-band.difference": "I expected the keen to carry it; asking them broke them.",
        "rubber-band.own-yes": 9,
        "rubber-band.own-rest": "The rota group; our manager has to agree.",
        "rubber-band.reflection": (
            "I led the handover group because I wanted it to be copied. I was near my limit in the "
            "winter and a colleague noticed first. From January two people share each task."),
        "rubber-band.project": "Two nurses and a pharmacist, three asks a week; one session.",
    },
    wrong={
        "rubber-band.motive-map": "money",
        "rubber-band.motive-gap": "glory",
        "rubber-band.motive-reward": "agree",
        "rubber-band.predict-keen": "same",
        "rubber-band.predict-snaps": 0,
        "rubber-band.predict-appeal": "falls",
        "rubber-band.run": [
            {"asks": 80, "keen": 1, "appeal": 1, "protected": 0, "reward": 0, "seed": 1}],
        "rubber-band.safe-rate": 500,
        "rubber-band.threshold": 150,
        "rubber-band.best-lever": "appeal",
        "rubber-band.reflection": "It is hard.",
    },
)

