"""Spend the goodwill on paper: fourteen ways to ask, what came of each, and what was hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course import assessments
from course.assessments import Play
from course.book.paper import Block, Chart, Decisions, Printed, Results, Table, Words, of_settings
from course.exercises.rubber_band import exercise as goodwill
from course.exercises.rubber_band import model
from course.exercises.rubber_band.model import Settings

MODULE = "02-rubber-band"
RUN = "rubber-band.run"
PREDICTIONS = ("rubber-band.predict-keen", "rubber-band.predict-snaps",
               "rubber-band.predict-appeal")
WEEKS = 8
"""Weeks in one point of a chart, so that its numbers fit into a table one can read."""

WAYS: Mapping[str, Settings] = {
    "As the levers begin": Settings(asks=12, keen=0.5),
    "The same, anybody asked": goodwill.SPREAD,
    "The same, the keen asked": goodwill.KEEN,
    "Twenty asks, to the keen": goodwill.PRESSED,
    "… with a loud appeal": goodwill.LOUD,
    "… with the loudest appeal": Settings(asks=20, keen=0.7, appeal=1.0),
    "… with full protected time": Settings(asks=20, keen=0.7, protected=1.0),
    "… with full reward": Settings(asks=20, keen=0.7, reward=1.0),
    "Seventy asks, to the keen": Settings(asks=70, keen=0.7),
    "Twenty asks, to anybody": Settings(asks=20),
    "… with some protected time": Settings(asks=20, protected=0.6),
    "… with some of both": Settings(asks=20, protected=0.3, reward=0.3),
    "Thirty asks, to anybody, some protected time": Settings(asks=30, protected=0.6),
    "Sixteen asks, to anybody, a little protected time": Settings(asks=16, protected=0.3),
}
"""Sets of decisions in which each surprise can be seen and each check answered."""


def play() -> Printed:
    module = assessments.module(MODULE)
    item, words = module.item(RUN), module.words
    assert isinstance(item, Play)
    asked = of_settings(item)
    return Printed(
        # What follows in the rules is said of the page in JupyterLab.
        first=(Words(words["rules"].partition("Your run shows")[0]), Words(words["price"]),
               Words(words["illustrative"], "quiet"),
               Words(words["goal"], "note", "A goal to play for")),
        hint="When your predictions are written down, look at the results. Choose three different "
             "ways to ask that you want to remember, of those in the table or others of your own, "
             "at least one of which reaches the goal. Write down their levers.",
        # What JupyterLab keeps of a run beside its levers: which luck it was shown with.
        decisions=Decisions(asked.lines, lambda filled: [{**values, "seed": 1}
                                                         for _, values in filled]),
        results=Results(f"What came of {len(WAYS)} ways to ask", PREDICTIONS, _ways))


def _ways() -> tuple[Block, ...]:
    rows = []
    for name, s in WAYS.items():
        means = goodwill.averages(s)
        rows.append((name, str(s.asks), f"{s.keen:g}", f"{s.appeal:g}", f"{s.protected:g}",
                     f"{s.reward:g}", *(f"{means[k]:.0f}" for k in (
                         "work_total", "first_26", "last_26")),
                     f"{means['snaps_total']:.1f}", f"{means['lost']:.1f}"))
    return (
        Words("Each row is the mean of a hundred runs. Work is in pieces: in the two years, in the "
              "first half-year and in the last. Rows that begin with … start from the last "
              "row that does not, and change what they name."),
        Table("What each way to ask brings and costs in two years, as a mean of a hundred runs",
              ("Way to ask", "Asks a week", "To the keen", "Appeal", "Protected", "Reward", "Work",
               "First half-year", "Last half-year", "Bands snapped", "People gone"),
              tuple(rows)),
        *_one_run())


def _one_run() -> tuple[Block, ...]:
    """What a service sees of one run, and what it does not."""
    run = model.simulate(goodwill.PRESSED, [1])
    work, stretch = _by_eight(run.work[0]), _by_eight(run.mean_stretch[0] * 100)
    willing = run.seen.willing[0][WEEKS - 1::WEEKS]
    weeks = [WEEKS * (n + 1) for n in range(len(work))]
    numbers = Table(
        "One run of twenty asks to the keen, by eight weeks",
        ("Up to week", "Work a week", "Can still be asked"),
        tuple((str(w), f"{a:.1f}", str(int(b)))
              for w, a, b in zip(weeks, work, willing, strict=True)))
    return (
        Words("Below is one run of twenty asks to the keen. The first chart is what a service can "
              "see. The second is what it cannot: how far the bands are stretched. The dashed "
              "line is the knee, above which snapping becomes likely.",
              title="One run, and what stays hidden"),
        Chart("rubber-band", "work",
              [{"week": w, "work": v} for w, v in zip(weeks, work, strict=True)],
              "What is seen: work a week in one run of twenty asks to the keen, by eight weeks",
              f"Line over two years: about {work[0]:.0f} pieces of work a week in the first two "
              f"months, {work[-1]:.0f} in the last. The table gives them all.", numbers),
        Chart("rubber-band", "stretch",
              [{"week": w, "stretch": v} for w, v in zip(weeks, stretch, strict=True)],
              "What is hidden: mean stretch of those still active in the same run, as a share of "
              "their limit (the knee is 60%)",
              f"Line over two years: {stretch[0]:.0f}% in the first two months, "
              f"{max(stretch):.0f}% at its highest, {stretch[-1]:.0f}% in the last.",
              Table("Mean stretch in the same run, by eight weeks",
                    ("Up to week", "Stretch, % of the limit"),
                    tuple((str(w), f"{c:.0f}") for w, c in zip(weeks, stretch, strict=True)))))


def _by_eight(weekly: Any) -> list[float]:
    return [float(v) for v in weekly.reshape(-1, WEEKS).mean(axis=1)]


def compare() -> Printed:
    return Printed(results=Results("What a hundred runs show", PREDICTIONS, _compared))


def _compared() -> tuple[Block, ...]:
    keen, spread = goodwill.averages(goodwill.KEEN), goodwill.averages(goodwill.SPREAD)
    pressed, loud = goodwill.averages(goodwill.PRESSED), goodwill.averages(goodwill.LOUD)
    module = assessments.module(MODULE)
    found = (
        f"Asking anybody gave {spread['work_total']:.0f} pieces of work, asking the keen "
        f"{keen['work_total']:.0f}.",
        f"{keen['snaps_total']:.1f} bands against {spread['snaps_total']:.1f}: "
        f"{keen['snaps_total'] / spread['snaps_total']:.1f} times as many.",
        f"The loud appeal lifted the first half-year from {pressed['first_26']:.0f} to "
        f"{loud['first_26']:.0f}, and left the last at {loud['last_26']:.0f} (it was "
        f"{pressed['last_26']:.0f}); bands snapped rose from {pressed['snaps_total']:.0f} to "
        f"{loud['snaps_total']:.0f}.")
    weekly = {name: _by_eight(model.simulate(s, goodwill.MANY).work.mean(axis=0))
              for name, s in (("Ordinary appeal", goodwill.PRESSED),
                              ("Loud appeal", goodwill.LOUD))}
    weeks = [WEEKS * (n + 1) for n in range(len(weekly["Loud appeal"]))]
    return (
        Words("Lay what you wrote beside it."),
        Table("What was asked, and what a hundred runs show", ("Asked", "The model, on average"),
              tuple((module.item(name).prompt, result)
                    for name, result in zip(PREDICTIONS, found, strict=True))),
        Chart("rubber-band", "appeal",
              [{"week": w, "service": name, "work": v} for name, values in weekly.items()
               for w, v in zip(weeks, values, strict=True)],
              "Twenty asks a week to the keenest, with an ordinary and with a loud appeal (means "
              "of a hundred runs, by eight weeks)",
              "Two lines over 104 weeks. The loud appeal starts higher, falls faster, and from "
              "about the end of the first year the two run together.",
              Table("Work a week with an ordinary and with a loud appeal, by eight weeks",
                    ("Up to week", *weekly),
                    tuple((str(w), *(f"{values[n]:.1f}" for values in weekly.values()))
                          for n, w in enumerate(weeks)))))


def sweep() -> Printed:
    return Printed(results=Results("Snapped bands against asks", (RUN,), _swept))


def _swept() -> tuple[Block, ...]:
    points = goodwill.sweep()
    return (
        Chart("rubber-band", "sweep", [{"asks": a, "snaps": s} for a, s in points],
              "Snapped bands in two years against asks a week, spread evenly (means of a hundred "
              "runs)",
              f"A line that rises slowly at first and then steadily: none at no asks, "
              f"{points[4][1]:.0f} at {points[4][0]}, {points[8][1]:.0f} at {points[8][0]}, "
              f"{points[-1][1]:.0f} at {points[-1][0]} asks a week.",
              Table("Snapped bands in two years, by asks a week",
                    ("Asks a week", "Snapped bands, mean of a hundred runs"),
                    tuple((str(a), f"{s:.1f}") for a, s in points))),)


ON_PAPER = {
    RUN: play,
    "rubber-band.compare": compare,
    "rubber-band.sweep": sweep,
    "rubber-band.best-lever": lambda: Printed(
        hint="If you are not sure, find each change in the table of ways to ask."),
}
WORDS = {
    "You may try again; a right answer at the first try earns the most.":
        "On the sheet you answer once, and a right answer earns all its points.",
    "You are about to play with a small model": "You are about to meet a small model",
    "Things to try, one at a time: … add protected time.":
        "Things to look for: what the keen bring when they are asked, and what anybody brings. "
        "What a loud appeal does to the first half-year, and to the last. What protected time "
        "does with the appeal left alone.",
}
