"""The two hours on paper: decide for a seat, write the pauses, then every screen opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import get_args

from pydantic import JsonValue

from course import assessments
from course.book.paper import (
    Block,
    Chart,
    Decisions,
    Lever,
    Line,
    Piece,
    Printed,
    Results,
    Table,
    Undecided,
    Words,
)
from course.exercises.two_hour_organisation import exercise as game
from course.exercises.two_hour_organisation import model
from course.exercises.two_hour_organisation.exercise import PAUSES, ROUNDS, RUN, Seat
from course.exercises.two_hour_organisation.view import LEVELS, LEVERS, PAUSE_ITEMS, SEATS, screen
from course.ui.html import tag

MODULE = "03-two-hour-organisation"
PREDICTIONS = tuple(f"two-hour-organisation.predict-{name}"
                    for name in ("tribe", "angry", "explain", "listen"))
SEED = 1
STRETCHES = tuple(zip((1, *(at + 1 for at in PAUSES)), (*PAUSES, ROUNDS), strict=True))
"""First and last round of what is decided at once: up to a pause, and between pauses."""

WAYS: Mapping[Seat, Mapping[str, Mapping[str, float]]] = {
    "top": {"As usual": {}, "Act on ward problems": {"alpha": 0.6},
            "Explain more": {"explain": 0.8}, "Devolve and explain": {"devolve": 0.45,
                                                                      "explain": 0.6}},
    "middle": {"As usual": {}, "Pass nothing up": {"pass_up": 0.0},
               "Pass everything up": {"pass_up": 1.0},
               "Work with the other middles": {"integrate": 1.0}},
    "bottom": {"As usual": {}, "Stay silent": {"speak": 0.0},
               "Speak of everything": {"speak": 1.0}},
}


def play() -> Printed:
    words = assessments.module(MODULE).words
    return Printed(
        first=(Words(words["rules"]), Words(words["patients"]),
               Words(words["illustrative"], "quiet"),
               Words("You decide for four rounds at a time, up to each pause, without seeing what "
                     "comes of it. At the pauses the screens show the same two hours with "
                     "everybody doing what is usual. What other decisions lead to stands under "
                     "“What you said, and what happened”.", "note", "On paper")),
        hint="Take one seat and decide for all its rounds. Then decide for the same two hours in "
             "another seat. Leave the third empty.",
        decisions=Decisions(_lines(), _runs))


def _lines() -> tuple[Line, ...]:
    usual = model.Policy()
    lines = []
    for seat, names in game.LEVERS.items():
        levers = []
        for name in names:
            label, hint, low, high = LEVERS[name]
            levers.append(Lever(name, label, 0, game.MOST.get(name, 1), getattr(usual, name),
                                hint[0].upper() + hint[1:] + ".", (low, high), percent=True))
        lines += [Line(_label(seat, a, b), tuple(levers)) for a, b in STRETCHES]
    return tuple(lines)


def _label(seat: Seat, first: int, last: int) -> str:
    return f"{SEATS[seat]}, rounds {first} to {last}"


def _runs(filled: Sequence[tuple[Line, Mapping[str, float]]]) -> list[JsonValue]:
    """What JupyterLab would have saved: a step after each round, seat by seat."""
    known = {_label(seat, a, b): (seat, b - a + 1, n) for seat in game.LEVERS
             for n, (a, b) in enumerate(STRETCHES)}
    steps: list[JsonValue] = []
    for seat, lines in groupby(filled, key=lambda pair: known[pair[0].label][0]):
        rounds: list[JsonValue] = []
        for expected, (line, values) in enumerate(lines):
            _, length, place = known[line.label]
            if place != expected:
                raise Undecided(f"{SEATS[seat]}: rounds {STRETCHES[expected][0]} to "
                                f"{STRETCHES[expected][1]} come before “{line.label}”, and are "
                                "empty.")
            for _ in range(length):
                rounds.append(dict(values))
                steps.append({"seat": seat, "seed": SEED, "rounds": list(rounds)})
    return steps


@cache
def _usual() -> model.Runs:
    """The same two hours with everybody doing what is usual."""
    return model.simulate(model.Policy(), [SEED])


def _pause(at: int) -> Printed:
    def screens() -> tuple[Block, ...]:
        return (Words("The same two hours, with everybody doing what is usual."),
                Piece(lambda level: tag("div", [
                    screen(model.screen(_usual(), role, at), f"h{level}")
                    for role in get_args(model.Role)], class_="wb-cards")))

    return Printed(hint="One sentence each. Then look at the four screens.",
                   results=Results(f"Time out: the four screens after round {at}",
                                   (PAUSE_ITEMS[at][0],), screens))


def compare() -> Printed:
    return Printed(results=Results("What came of it, and what a hundred runs show",
                                   (*PREDICTIONS, RUN), _compared))


def _compared() -> tuple[Block, ...]:
    return (*_seats(), *_answers(), *_policies())


def _seats() -> tuple[Block, ...]:
    """What decisions of one seat, kept for all rounds, lead to in the same two hours."""
    found: list[Block] = [Words(
        "These rows are decisions kept for all twelve rounds, under the same weather; every lever "
        "not named is as usual. Find the row nearest to what you decided.",
        title="The same two hours, decided otherwise")]
    for level, (seat, ways) in enumerate(WAYS.items()):
        rows = []
        for name, decided in ways.items():
            usual = {lever: getattr(model.Policy(), lever) for lever in game.LEVERS[seat]}
            hours = game.Hours(seat, SEED, ({**usual, **decided},) * ROUNDS)
            runs = hours.runs()
            harm = runs.harm[0] if seat == "top" else runs.harm_by_ward[0, 0]
            moved = "; ".join(f"{LEVERS[k][0].lower()} {v:.0%}" for k, v in decided.items())
            rows.append((f"{name} ({moved})" if moved else name, f"{harm:.0f}",
                         f"{runs.control_by_level[0, -1, level]:.2f}",
                         f"{runs.tribe_index[0, -1]:.2f}"))
        whose = "of a ward" if seat == "top" else "of the first ward"
        found.append(Table(f"Decided by: {SEATS[seat].lower()}",
                           ("Decision", f"Patients' problems {whose}, added up",
                            f"{LEVELS[level]}' felt control at the end", "Tribe index at the end"),
                           tuple(rows)))
    control = _usual().control_by_level[0]
    ends = "; ".join(f"{name} {control[-1, i]:.2f}" for i, name in enumerate(LEVELS))
    found.append(Chart(
        "two-hour-organisation", "control",
        [{"round": r + 1, "level": name, "control": float(control[r, i])}
         for i, name in enumerate(LEVELS) for r in range(ROUNDS)],
        "Felt control by level, with everybody doing what is usual",
        f"Three lines over twelve rounds. At the end: {ends}.",
        Table("Felt control by level and round", ("Round", *LEVELS),
              tuple((str(r + 1), *(f"{control[r, i]:.2f}" for i in range(3)))
                    for r in range(ROUNDS)))))
    return tuple(found)


def _answers() -> tuple[Block, ...]:
    """What was predicted, beside what a hundred runs show; and the organisation without levels."""
    usual, explained = game.many("As usual"), game.many("Explain more")
    act, listen = game.many("Act on ward problems"), game.many("Act, and listen more")
    none = game.many("As usual", "null")
    angriest = (usual.anger_by_level[:, -1].argmax(axis=1) == 2).sum()
    index = usual.tribe_index[:, -1].mean()
    module = assessments.module(MODULE)
    found = (
        f"The index passes {game.TRIBE_SHOWS} in round {game.tribe_shows():.0f}, and ends at "
        f"{index:.2f}.",
        f"The bottoms, in {angriest} of a hundred runs: seats, not people, for everyone has the "
        "same mind.",
        f"The tribe index falls from {index:.2f} to {explained.tribe_index[:, -1].mean():.2f}; "
        f"patients' problems stay at {explained.harm.mean():.0f} (they were "
        f"{usual.harm.mean():.0f}).",
        f"More: {listen.harm.mean():.0f} instead of {act.harm.mean():.0f}. Tops act with what "
        "attention is left, and their own backlog grows too.")
    # Adding nothing turns −0.00, which rounding leaves, into 0.00.
    lines = {name: [round(float(v), 2) + 0.0 for v in runs.tribe_index.mean(axis=0)]
             for name, runs in (("With levels", usual), ("Without levels", none))}
    return (
        Words("Lay what you wrote beside it.", title="Your predictions"),
        Table("What was asked, and what a hundred runs show", ("Asked", "The model, on average"),
              tuple((module.item(name).prompt, result)
                    for name, result in zip(PREDICTIONS, found, strict=True))),
        Chart("two-hour-organisation", "tribe",
              [{"round": r + 1, "organisation": name, "index": v}
               for name, values in lines.items() for r, v in enumerate(values)],
              "Tribe index over the two hours, with levels and without (means of a hundred runs)",
              f"Two lines. With levels the index climbs to {index:.2f}; with the same people and "
              "no levels it stays at nothing.",
              Table("Tribe index by round", ("Round", *lines),
                    tuple((str(r + 1), *(f"{values[r]:.2f}" for values in lines.values()))
                          for r in range(ROUNDS)))))


def _policies() -> tuple[Block, ...]:
    return (
        Words("", title="What tops can do, and what it costs"),
        Table("Five ways for the tops, each as a mean of a hundred runs",
              ("Tops' policy", "Patients' problems", "Tribe index", "Tops' backlog",
               "Problems in the worst ward", "Worst ward against average", "Bottoms' control",
               "Tops' control"),
              tuple((name, f"{runs.harm.mean():.0f}", f"{runs.tribe_index[:, -1].mean():.2f}",
                     f"{runs.backlog[:, -1].mean():.1f}",
                     f"{runs.harm_by_ward.max(axis=1).mean():.0f}", f"{runs.inequity.mean():.2f}",
                     f"{runs.control_by_level[:, -1, 2].mean():.2f}",
                     f"{runs.control_by_level[:, -1, 0].mean():.2f}")
                    for name, runs in ((n, game.many(n)) for n in game.POLICIES))),
        Words("No row is best in every column. Giving authority away, with reasons, does well by "
              "patients and by trust at once. It lets the wards drift apart, though even the "
              "worst of them is better off than as usual."))


def pairs() -> Printed:
    return Printed(results=Results("A hundred paired runs", (RUN,), _paired))


def _paired() -> tuple[Block, ...]:
    differences = game.harm_saved()
    return (
        Chart("two-hour-organisation", "pairs",
              [{"run": i + 1, "difference": d} for i, d in enumerate(differences)],
              "Change in patients' problems when tops explain more, run by run under the same "
              "weather, in order of size (below the line: fewer problems)",
              f"A hundred dots in rising order, from {differences[0]:.1f} to "
              f"{differences[-1]:.1f}. A few lie below the line at nothing and most above it; the "
              "table gives each.",
              Table("The change in each of the hundred runs, in order of size",
                    ("Runs", *(str(n) for n in range(1, 11))),
                    tuple((f"{n + 1} to {n + 10}", *(f"{d:.1f}" for d in differences[n:n + 10]))
                          for n in range(0, len(differences), 10)))),)


ON_PAPER = {
    RUN: play,
    PAUSE_ITEMS[4][0]: lambda: _pause(4),
    PAUSE_ITEMS[8][0]: lambda: _pause(8),
    "two-hour-organisation.compare": compare,
    "two-hour-organisation.paired-runs": pairs,
}
WORDS = {
    "You are about to play those two hours.": "You are about to decide in those two hours.",
    "The play opens these boxes when their time comes; … come back to them.":
        "Twice in the two hours there is a pause. Write before you look.",
}
