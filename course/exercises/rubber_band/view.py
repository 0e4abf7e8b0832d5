"""What is seen of "Spend the goodwill": levers, charts, the debrief, the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from course.assessments import Play, Setting
from course.exercises.rubber_band import exercise as goodwill
from course.exercises.rubber_band import model
from course.ui import cards
from course.ui import charts as chart
from course.ui.forms import in_words
from course.ui.html import join, paragraphs, table, tag, text
from course.ui.widgets import Column, Field, Figure, Form, Panel, Reply, stack

if TYPE_CHECKING:
    import altair

    from course.module import Module

RUN = "rubber-band.run"
PREDICTIONS = ("rubber-band.predict-keen", "rubber-band.predict-snaps",
               "rubber-band.predict-appeal")
SMOOTH = 4  # weeks in a mean: a single week is mostly luck


def charts() -> dict[str, altair.Chart]:
    """Every chart of this exercise, for `course charts`."""
    return {
        "work": chart.lines("week", "Week", "work", "Pieces of work a week"),
        "willing": chart.lines("week", "Week", "willing", "People who can still be asked",
                               y_max=60, height=150),
        "stretch": chart.lines("week", "Week", "stretch", "Stretch, as % of the limit",
                               y_max=100, height=150, rule=60),
        "appeal": chart.lines("week", "Week", "work", "Pieces of work a week", series="service",
                              names=["Ordinary appeal", "Loud appeal"], y_max=16),
        "sweep": chart.lines("asks", "Asks a week, spread evenly", "snaps",
                             "Snapped bands in two years", y_max=45, height=260),
    }


def slider(setting: Setting) -> Field:
    shape: Field = {"id": setting.id, "kind": "slider", "label": setting.label,
                    "hint": setting.hint, "min": setting.minimum, "max": setting.maximum,
                    "step": setting.step, "start": setting.start, "unit": setting.unit}
    if any(setting.ends):
        shape["ends"] = list(setting.ends)
    return shape


def smooth(weekly: Any) -> Any:
    """The mean of each week and the three before it (of fewer at the start); (weeks,)."""
    sums = np.cumsum(np.concatenate([[0.0], weekly]))
    first = np.maximum(0, np.arange(len(weekly)) - SMOOTH + 1)
    last = np.arange(1, len(weekly) + 1)
    return (sums[last] - sums[first]) / (last - first)


class Goodwill:
    """The rules, and the play itself as soon as it opens."""

    def __init__(self, module: Module) -> None:
        self.module = module
        words = module.texts.words
        self._rules = Panel(html=join(
            paragraphs(words["rules"]), paragraphs(words["price"]),
            paragraphs(words["illustrative"], "wb-quiet"),
            tag("div", [tag("strong", "A goal to play for"),
                        paragraphs(words["goal"])], class_="wb-note")))
        self._gate = Panel(live=True)
        self._play: _Play | None = None
        self._body = stack()
        self.widget: Any = stack(self._rules, self._gate, self._body)

    def refresh(self) -> None:
        waiting = self.module.waits_for(self.module.item(RUN).needs)
        self._gate.html = cards.gate(waiting)
        if waiting:
            self._body.children = ()
            return
        # Not before: every widget made is one that a fellow waits for.
        self._play = self._play or _Play(self.module)
        self._play.refresh()
        if not self._body.children:
            self._body.children = self._play.parts


class _Play:
    """Levers, what a service sees of a run, and after three kept runs what it does not."""

    def __init__(self, module: Module) -> None:
        self.module = module
        item = module.item(RUN)
        assert isinstance(item, Play)
        self.item = item
        self.seed = 1
        last = goodwill.kept(module.record)[-1:]
        start = {s.id: s.start for s in item.settings}
        self.now = {s.id: (last[0][s.id] if last else start[s.id]) for s in item.settings}
        self._runs: model.Runs | None = None
        self._levers = Form(self._move, fields=[slider(s) for s in item.settings], mode="live",
                            key=RUN, name="The levers", values=dict(self.now))
        self._work = Figure(spec=chart.load("rubber-band", "work"), columns=[
            Column(field="week", title="Week"),
            Column(field="work", title="Work a week, mean of four weeks", digits=1)])
        self._willing = Figure(spec=chart.load("rubber-band", "willing"), columns=[
            Column(field="week", title="Week"),
            Column(field="willing", title="Can still be asked", digits=0)])
        self._seen, self._many, self._debrief = Panel(live=True), Panel(), Panel(live=True)
        self._stretch: Figure | None = None
        self._keep = Form(self._on_keep, fields=[], key=f"{RUN}.keep", name="Keep this run",
                          button="Keep this run")
        self._luck = Form(self._on_luck, fields=[], key=f"{RUN}.luck", mode="live",
                          name="The same again", button="Same settings, other luck")
        self._hidden = stack()
        self.parts = (self._levers, self._work, self._willing, self._seen, self._many,
                      self._luck, self._keep, self._debrief, self._hidden)

    # ---- what the fellow does ---------------------------------------------------------

    def _move(self, _what: str, values: dict[str, Any]) -> Reply:
        value = {**values, "seed": self.seed}
        if problem := self.item.problem(value):
            return {"ok": False, "errors": {self.item.settings[0].id: problem}}
        self.now = {s.id: values[s.id] for s in self.item.settings}
        self._draw()
        return {"ok": True}

    def _on_luck(self, _what: str, _values: dict[str, Any]) -> Reply:
        self.seed = self.seed % 1000 + 1
        self._draw()
        return {"ok": True}

    def _on_keep(self, _what: str, _values: dict[str, Any]) -> Reply:
        problem = self.module.save(RUN, {**self.now, "seed": self.seed})
        if problem:
            self._keep.state, self._keep.words, self._keep.next = "problem", "Not kept", problem
        return {"ok": not problem}

    # ---- what is shown ----------------------------------------------------------------

    def refresh(self) -> None:
        kept = goodwill.kept(self.module.record)
        with self._keep.hold_sync():
            if kept:
                self._keep.state = "saved"
                self._keep.words = f"{len(kept)} {'run' if len(kept) == 1 else 'runs'} kept"
                more = 3 - len(goodwill.different(self.module.record))
                self._keep.next = (f"Keep {more} more that "
                                   f"{'differs' if more == 1 else 'differ'} to open the debrief."
                                   if more > 0 else "The debrief is open below.")
            else:
                self._keep.state, self._keep.words = "open", "No run kept yet"
                self._keep.next = "Find a run worth remembering, then press the button."
        if self._runs is None:
            self._draw()
        else:
            self._reveal(self._runs)

    def _draw(self) -> None:
        s = goodwill.settings(self.now)
        runs = self._runs = model.simulate(s, [self.seed])
        weeks, seen = range(1, runs.work.shape[1] + 1), runs.seen
        work = smooth(seen.work[0])
        self._work.show(
            [{"week": w, "work": float(v)} for w, v in zip(weeks, work, strict=True)],
            "Work delivered each week of your run, as a mean of four weeks",
            f"Line over 104 weeks. Work a week is about {work[:26].mean():.0f} in the first "
            f"half-year and {work[-26:].mean():.0f} in the last.")
        self._willing.show(
            [{"week": w, "willing": int(v)} for w, v in zip(weeks, seen.willing[0], strict=True)],
            "People who can still be asked, of sixty",
            f"Line over 104 weeks, from {seen.willing[0][0]} people to {seen.willing[0][-1]}.")
        tired = int((seen.rumours[0][-26:] > 0).sum())
        self._seen.html = tag("p", [
            tag("strong", f"Your run: {seen.work[0].sum():.0f} pieces of work in two years. "),
            text(f"{seen.willing[0][-1]} of 60 can still be asked. In the last half-year you heard "
                 f"talk of tiredness in {tired} of 26 weeks.")])
        means = goodwill.averages(s)
        self._many.html = tag("p", [
            tag("strong", "A hundred runs with these settings: "),
            text(f"{means['work_total']:.0f} pieces of work on average, "
                 f"{means['first_26']:.0f} in the first half-year and {means['last_26']:.0f} in "
                 f"the last; {means['snaps_total']:.1f} bands snapped; {means['lost']:.1f} people "
                 f"gone for good. "),
            tag("strong", "This reaches the goal." if goodwill.reaches_goal(s) else "")])
        self._reveal(runs)

    def _reveal(self, runs: model.Runs) -> None:
        """What was hidden in the run above, once three different runs are kept."""
        different = goodwill.different(self.module.record)
        if len(different) < 3:
            self._debrief.html, self._hidden.children = "", ()
            return
        rows = []
        for s in different[-8:]:
            means = goodwill.averages(s)
            rows.append((str(s.asks), f"{s.keen:g}", f"{s.appeal:g}", f"{s.protected:g}",
                         f"{s.reward:g}", f"{means['work_total']:.0f}",
                         f"{means['first_26']:.0f}", f"{means['last_26']:.0f}",
                         f"{means['snaps_total']:.1f}"))
        self._debrief.html = join(
            tag("h3", "Debrief: what you could not see"),
            tag("p", "The line below is how far the bands of those still active are stretched, on "
                     "average, in the run above. The dashed line is the knee: above it snapping "
                     "becomes likely. Move the levers and watch it."),
            table("The runs you kept, each as a mean of a hundred", (
                "Asks", "Keen", "Appeal", "Protected", "Reward", "Work", "First half-year",
                "Last half-year", "Snapped"), rows))
        if self._stretch is None:
            self._stretch = Figure(spec=chart.load("rubber-band", "stretch"), columns=[
                Column(field="week", title="Week"),
                Column(field="stretch", title="Stretch, % of the limit", digits=0)])
        stretch = runs.mean_stretch[0] * 100
        self._stretch.show(
            [{"week": w + 1, "stretch": float(v)} for w, v in enumerate(stretch)],
            "Mean stretch of those still active, as a share of their limit (the knee is 60%)",
            f"Line over 104 weeks; it reaches {stretch.max():.0f}% at its highest and ends at "
            f"{stretch[-1]:.0f}%.")
        self._hidden.children = (self._stretch,)


class Compare:
    """What was predicted beside what a hundred runs show."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._words = Panel(live=True)
        self._body = stack()
        self.widget: Any = stack(self._words, self._body)

    def refresh(self) -> None:
        record = self.module.record
        waiting = self.module.waits_for((*PREDICTIONS, RUN))
        if waiting:
            self._words.html = cards.gate(waiting)
            self._body.children = ()
            return
        if self._body.children:
            return
        keen, spread = goodwill.averages(goodwill.KEEN), goodwill.averages(goodwill.SPREAD)
        pressed, loud = (model.simulate(s, goodwill.MANY)
                         for s in (goodwill.PRESSED, goodwill.LOUD))
        found = (
            f"Asking anybody gave {spread['work_total']:.0f} pieces of work, asking the keen "
            f"{keen['work_total']:.0f}.",
            f"{keen['snaps_total']:.1f} bands against {spread['snaps_total']:.1f}: "
            f"{keen['snaps_total'] / spread['snaps_total']:.1f} times as many.",
            f"The loud appeal lifted the first half-year from {pressed.first_26.mean():.0f} to "
            f"{loud.first_26.mean():.0f}, and left the last at {loud.last_26.mean():.0f} "
            f"(it was {pressed.last_26.mean():.0f}); bands snapped rose from "
            f"{pressed.snaps_total.mean():.0f} to {loud.snaps_total.mean():.0f}.")
        rows = []
        for name, result in zip(PREDICTIONS, found, strict=True):
            item, first = self.module.item(name), record.first(name)
            assert first is not None
            sure = {"guess": "a guess", "fairly": "fairly sure", "certain": "certain"}
            rows.append((item.prompt, f"{in_words(item, first.value)} "
                                      f"({sure.get(first.sure or '', 'not said')})", result))
        weekly = {"Ordinary appeal": pressed.work.mean(axis=0),
                  "Loud appeal": loud.work.mean(axis=0)}
        self._words.html = table("Your predictions and what a hundred runs show",
                                 ("Asked", "You said", "The model, on average"), rows)
        figure = Figure(spec=chart.load("rubber-band", "appeal"), columns=[
            Column(field="week", title="Week"), Column(field="service", title="Service"),
            Column(field="work", title="Work a week", digits=1)])
        figure.show(
            [{"week": w + 1, "service": name, "work": float(v)}
             for name, means in weekly.items() for w, v in enumerate(means)],
            "Twenty asks a week to the keenest, with an ordinary and with a loud appeal "
            "(means of a hundred runs)",
            "Two lines over 104 weeks. The loud appeal starts higher, falls faster, and from about "
            "the end of the first year the two run together.")
        self._body.children = (figure,)


class Sweep:
    """Snaps against asks: the chart that the threshold is read from."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._gate = Panel(live=True)
        self._body = stack()
        self.widget: Any = stack(self._gate, self._body)

    def refresh(self) -> None:
        waiting = self.module.waits_for((RUN,))
        self._gate.html = cards.gate(waiting)
        if waiting or self._body.children:
            return
        points = goodwill.sweep()
        figure = Figure(spec=chart.load("rubber-band", "sweep"), columns=[
            Column(field="asks", title="Asks a week", digits=0),
            Column(field="snaps", title="Snapped bands, mean of a hundred runs", digits=1)])
        figure.show(
            [{"asks": asks, "snaps": snaps} for asks, snaps in points],
            "Snapped bands in two years against asks a week, spread evenly (means of a hundred "
            "runs)",
            f"A line that rises slowly at first and then steadily: none at no asks, "
            f"{points[4][1]:.0f} at {points[4][0]}, {points[8][1]:.0f} at {points[8][0]}, "
            f"{points[-1][1]:.0f} at {points[-1][0]} asks a week.")
        self._body.children = (figure,)


VIEWS = {RUN: Goodwill, "rubber-band.compare": Compare, "rubber-band.sweep": Sweep}
