"""The two hours: predictions, a run from one seat and another, checks. Rules: `model.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeGuard, get_args

import numpy as np
from pydantic import JsonValue

from course.answers import Record
from course.exercises.two_hour_organisation import model
from course.scoring import Exercise

RUN = "two-hour-organisation.run"
ROUNDS = 12
PAUSES = (4, 8)
MANY = tuple(range(1, 101))
"""The seeds of every many-run view and of every mark: one hundred runs."""
MOST_RUNS = 200
"""Saved steps looked at when marking, the newest: a record may hold thousands."""
TRIBE_SHOWS = 0.1
TRUST = ((0.0, 0.8, 0.3, 0.2), (0.7, 0.0, 0.4, 0.3), (0.2, 0.3, 0.0, 0.9), (0.3, 0.2, 0.8, 0.0))
"""The small table of the check: two tops, then two bottoms; who trusts whom."""
TRUST_LEVELS = (0, 0, 1, 1)

Seat = Literal["top", "middle", "bottom"]
LEVERS: Mapping[Seat, tuple[str, ...]] = {
    "top": ("alpha", "listen", "explain", "devolve"),
    "middle": ("pass_up", "integrate"),
    "bottom": ("speak",),
}
MOST = {"devolve": 0.6, "listen": 0.5}
"""Where a lever stops short of 1, so that a run stays a story one can tell."""

POLICIES = {
    "As usual": model.Policy(),
    "Explain more": model.Policy(explain=0.8),
    "Act on ward problems": model.Policy(alpha=0.6),
    "Act, and listen more": model.Policy(alpha=0.6, listen=0.3),
    "Devolve and explain": model.Policy(devolve=0.45, explain=0.6),
}


@dataclass(frozen=True)
class Hours:
    """One fellow's two hours so far: the seat, the weather, and what was decided."""

    seat: Seat
    seed: int
    rounds: tuple[Mapping[str, float], ...]

    @property
    def done(self) -> bool:
        return len(self.rounds) == ROUNDS

    def runs(self) -> model.Runs:
        """The run so far. Needs at least one round."""
        if self.seat == "top":
            return model.simulate([model.Policy(**r) for r in self.rounds], [self.seed],
                                  rounds=len(self.rounds))
        return model.simulate(model.Policy(), [self.seed], rounds=len(self.rounds),
                              own=[model.Own(ward=0, **r) for r in self.rounds])


def _is_seat(value: object) -> TypeGuard[Seat]:
    return value in get_args(Seat)


def _is_share(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def hours(value: JsonValue) -> Hours | None:
    """What a saved step says, or None when it is not one of ours."""
    if not isinstance(value, dict):
        return None
    seat, seed, rounds = value.get("seat"), value.get("seed"), value.get("rounds")
    if not _is_seat(seat):
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 1 <= seed <= 10_000:
        return None
    if not isinstance(rounds, list) or not 1 <= len(rounds) <= ROUNDS:
        return None
    decided = []
    for step in rounds:
        if not isinstance(step, dict) or set(step) != set(LEVERS[seat]):
            return None
        shares = {k: float(v) for k, v in step.items()
                  if _is_share(v) and 0 <= v <= MOST.get(k, 1)}
        if len(shares) < len(step):
            return None
        decided.append(shares)
    return Hours(seat, seed, tuple(decided))


def steps(record: Record) -> list[Hours]:
    """The saved steps that can be read, oldest first."""
    found = (hours(saved.value) for saved in record.all(RUN)[-MOST_RUNS:])
    return [step for step in found if step is not None]


def finished(record: Record) -> set[Seat]:
    """The seats from which the two hours were played to the end."""
    return {step.seat for step in steps(record) if step.done}


def _run(_value: JsonValue, record: Record) -> tuple[float, str]:
    seats = finished(record)
    if not seats:
        rounds = max((len(step.rounds) for step in steps(record)), default=0)
        return 0.0, f"You have played {rounds} of {ROUNDS} rounds. Play to the end."
    if len(seats) == 1:
        return 0.5, "One seat played to the end; play the same two hours from another."
    return 1.0, "You played the same two hours from more than one seat."


@cache
def many(name: str, structure: model.Structure = "three levels") -> model.Runs:
    """A hundred runs of one of `POLICIES`."""
    return model.simulate(POLICIES[name], MANY, structure=structure)


def harm_saved() -> Sequence[float]:
    """Harm with more explaining less harm as usual, seed by seed, in order of size."""
    difference = many("Explain more").harm - many("As usual").harm
    return [float(d) for d in np.sort(difference)]


def helped() -> int:
    """In how many of the hundred explaining more, alone, left less harm."""
    return sum(d < 0 for d in harm_saved())


def tribe_shows() -> float:
    """The first round, on average, in which the tribe index passes 0.1."""
    passed = many("As usual").tribe_index > TRIBE_SHOWS
    return float((passed.argmax(axis=1) + 1).mean())


def _tribe_index(value: JsonValue, _record: Record) -> tuple[float, str]:
    assert isinstance(value, int | float)
    right = float(model.tribe_index(np.array(TRUST), TRUST_LEVELS))
    if abs(value - right) <= 0.01:
        return 1.0, f"Trust among one's own is 0.80, across 0.275: the index is {right:.3f}."
    if abs(value + right) <= 0.01:
        return 0.0, "Right numbers, wrong way round: among one's own, less across."
    return 0.0, ("Average the four numbers within a level, average the eight across, and take the "
                 "second from the first. Leave out a person's trust in themselves.")


def _pairs(value: JsonValue, _record: Record) -> tuple[float, str]:
    assert isinstance(value, int | float)
    if abs(value - helped()) <= 3:
        return 1.0, (f"{helped()} of a hundred. Explaining mended trust in all of them and care in "
                     "hardly any: by itself it solves nobody's problem.")
    return 0.0, "Count the dots below the line at nothing: those are the runs with fewer problems."


def _played(seat: Seat, step: Mapping[str, float], rounds: int = ROUNDS) -> list[JsonValue]:
    """A bot's saved steps: one after each round."""
    return [{"seat": seat, "seed": 1, "rounds": [dict(step)] * n} for n in range(1, rounds + 1)]


EXERCISE = Exercise(
    id="two-hour-organisation",
    judges={RUN: _run, "two-hour-organisation.tribe-index": _tribe_index,
            "two-hour-organisation.pairs": _pairs},
    right={
        "two-hour-organisation.predict-tribe": 5,
        "two-hour-organisation.predict-angry": "chance",
        "two-hour-organisation.predict-explain": "both",
        "two-hour-organisation.predict-listen": "fewer",
        RUN: [
            *_played("top", {"alpha": 0.4, "listen": 0.2, "explain": 0.6, "devolve": 0.35}),
            *_played("bottom", {"speak": 1.0}),
        ],
        "two-hour-organisation.pause-one": {
            "top": "Busy and blind.", "middle": "Pulled both ways.",
            "bottom": "Nobody comes.", "patient": "Waiting."},
        "two-hour-organisation.pause-one-after": "The tops: they cannot see it.",
        "two-hour-organisation.pause-two": {"top": "Drowning.", "bottom": "Given up."},
        "two-hour-organisation.pause-two-after": "None.",
        "two-hour-organisation.top-sees": "problems",
        "two-hour-organisation.bottom-sees": "reasons",
        "two-hour-organisation.tribe-index": 0.525,
        "two-hour-organisation.pairs": 10,
        "two-hour-organisation.no-levels": "position",
        "two-hour-organisation.difference": "I expected listening to help; it cost the acting.",
        "two-hour-organisation.reflection": (
            "I thought our manager did not care. She saw an amber light and a letter; I saw the "
            "minutes. On Tuesday I bring her the three calls and ask what the letter said."),
        "two-hour-organisation.project": "On Tuesday, with our manager: what did the letter say?",
    },
    wrong={
        "two-hour-organisation.predict-tribe": 13,
        "two-hour-organisation.predict-angry": "tops",
        "two-hour-organisation.predict-explain": "none",
        "two-hour-organisation.predict-listen": "same",
        RUN: _played("middle", {"pass_up": 0.0, "integrate": 0.0}, rounds=3),
        "two-hour-organisation.top-sees": "demand",
        "two-hour-organisation.bottom-sees": "fools",
        "two-hour-organisation.tribe-index": -0.9,
        "two-hour-organisation.pairs": 90,
        "two-hour-organisation.no-levels": "people",
        "two-hour-organisation.reflection": "Managers do not listen.",
    },
)
