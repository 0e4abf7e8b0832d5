"""What is seen of the two hours: one seat's screen, the pauses, the replay, the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from pydantic import JsonValue

from course.assessments import Sentences
from course.exercises.two_hour_organisation import exercise as game
from course.exercises.two_hour_organisation import model
from course.exercises.two_hour_organisation.exercise import PAUSES, ROUNDS, RUN, Hours, Seat
from course.ui import cards
from course.ui import charts as chart
from course.ui.forms import ItemForm, in_words
from course.ui.html import Html, join, paragraphs, table, tag, text
from course.ui.widgets import Column, Field, Figure, Form, Panel, Reply, stack

if TYPE_CHECKING:
    import altair

    from course.module import Module

PREDICTIONS = tuple(f"two-hour-organisation.predict-{name}"
                    for name in ("tribe", "angry", "explain", "listen"))
SEATS: dict[str, str] = {"top": "A top", "middle": "The middle of the first ward",
                         "bottom": "The bottoms of the first ward"}
LEVELS = ("Tops", "Middles", "Bottoms")
NAMES = {"top": "What the tops see", "middle": "What the middle of the first ward sees",
         "bottom": "What the bottoms of the first ward see",
         "patient": "What patients and carers of the first ward meet"}
LEVERS: dict[str, tuple[str, str, str, str]] = {
    "alpha": ("Attention for ward problems", "the rest turns demand into directives", "none",
              "all of it"),
    "listen": ("Time on the wards", "you hear what was not passed up", "none", "half your time"),
    "explain": ("Explaining reasons", "takes a little of your attention", "none", "always"),
    "devolve": ("Authority given to wards", "they may fix more themselves", "none", "a great deal"),
    "pass_up": ("Passing problems up", "the share of what your ward raises", "none", "all"),
    "integrate": ("Working with the other middles", "you hear one another and share", "alone",
                  "together"),
    "speak": ("Speaking up", "how much of what you see you raise", "silent", "everything"),
}
PAUSE_ITEMS = {4: ("two-hour-organisation.pause-one", "two-hour-organisation.pause-one-after"),
               8: ("two-hour-organisation.pause-two", "two-hour-organisation.pause-two-after")}


def charts() -> dict[str, altair.Chart]:
    """Every chart of this exercise, for `course charts`."""
    return {
        "control": chart.lines("round", "Round of ten minutes", "control",
                               "Felt control (0 none, 1 full)", series="level",
                               names=list(LEVELS), y_max=1.0),
        "tribe": chart.lines("round", "Round of ten minutes", "index", "Tribe index",
                             series="organisation",
                             names=["With levels", "Without levels"], y_max=0.5, height=180),
        "pairs": chart.dots("run", "Runs, in order of the difference", "difference",
                            "Change in patients' problems", rule=0),
    }


def screen(seen: model.Screen, heading: str = "h4") -> Html:
    """One seat's screen: only what the screen object holds."""
    rows: list[tuple[str, Html]] = []
    if isinstance(seen, model.TopScreen):
        rows = [("Demand that arrived", text(seen.demand)),
                ("Waiting on your desks", text(_or_none(seen.backlog))),
                ("Passed up, by ward", text(_or_none(
                    None if seen.passed_up is None else _by_ward(seen.passed_up)))),
                ("Heard on the wards, by ward", text(_or_none(
                    None if seen.heard is None else _by_ward(seen.heard)))),
                ("Directives carried out", tag("span", seen.completion, class_="wb-light",
                                               data_light=seen.completion)
                 if seen.completion else text(_or_none(None)))]
    elif isinstance(seen, model.MiddleScreen):
        rows = [("Directives for your ward", text(seen.directives)),
                ("Your ward asks for", text(seen.requests)),
                ("Directives carried out", text(f"{seen.carried_out:.0%}")),
                ("Other wards ask for", text("not known to you; work with the other middles to hear"
                                             if seen.other_requests is None else
                                             "; ".join(map(str, seen.other_requests))))]
    elif isinstance(seen, model.BottomScreen):
        rows = [("Problems open on your ward", text(seen.open_problems)),
                ("Patients say", text(seen.patients_say)),
                ("Directives that came down", text(seen.directives)),
                ("Reasons", text("given" if seen.reasons_given else "none given"))]
    else:
        rows = [("Your problem waits", text(f"about {seen.wait} minutes" if seen.wait is not None
                                            else "nothing moved in these ten minutes")),
                ("Problems left open so far, added up", text(seen.harm)),
                ("A patient says", text(f"\u201c{seen.patients_say}\u201d")),
                ("A carer says", text(f"\u201c{seen.carer_says}\u201d")),
                ("Anybody's reasons", text("not told to you"))]
    role = {model.TopScreen: "top", model.MiddleScreen: "middle", model.BottomScreen: "bottom",
            model.PatientScreen: "patient"}[type(seen)]
    return tag("section", [tag(heading, f"{NAMES[role]}, round {seen.round}"),
                           tag("dl", [join(tag("dt", name), tag("dd", [value]))
                                      for name, value in rows])],
               class_="wb-screen", aria_label=f"{NAMES[role]}, round {seen.round}")


def all_screens(runs: model.Runs, at_round: int) -> Html:
    roles = get_args(model.Role)
    return tag("div", [screen(model.screen(runs, role, at_round)) for role in roles],
               class_="wb-cards")


def _by_ward(values: Sequence[float]) -> str:
    return "; ".join(f"ward {i}: {value}" for i, value in enumerate(values, 1))


def _or_none(value: object) -> str:
    return "no report yet" if value is None else str(value)


class TwoHours:
    """Take a seat, play twelve rounds with two pauses, then see the others' screens."""

    def __init__(self, module: Module) -> None:
        self.module = module
        words = module.texts.words
        steps = game.steps(module.record)
        self.hours: Hours | None = steps[-1] if steps else None
        self.seat: Seat | None = self.hours.seat if self.hours else None
        self._rules = Panel(html=join(paragraphs(words["rules"]), paragraphs(words["patients"]),
                                      paragraphs(words["illustrative"], "wb-quiet")))
        self._gate = Panel(live=True)
        self._decide: dict[str, Form] = {}
        self._pauses: dict[int, _Pause] = {}
        self._body = stack()
        self.widget: Any = stack(self._rules, self._gate, self._body)

    # Made when they are first shown, like the levers and the pauses: every widget made is one
    # that a fellow waits for.

    @cached_property
    def _choose(self) -> Form:
        return Form(self._on_seat, key=f"{RUN}.seat", name="Take a seat", fields=[
            Field(id="seat", kind="choice", label="Which seat will you take?",
                  options=[{"id": k, "text": v} for k, v in SEATS.items()])], button="Take it")

    @cached_property
    def _screen(self) -> Panel:
        return Panel(live=True)

    @cached_property
    def _debrief(self) -> _Debrief:
        return _Debrief()

    # ---- what the fellow does ---------------------------------------------------------

    def _on_seat(self, _what: str, values: dict[str, Any]) -> Reply:
        seat = values.get("seat")
        if seat not in get_args(Seat):
            return {"ok": False, "errors": {"seat": "Choose a seat."}}
        self.seat, self.hours = seat, None
        self.refresh()
        return {"ok": True}

    def _on_decide(self, _what: str, values: dict[str, Any]) -> Reply:
        assert self.seat is not None
        before = self.hours.rounds if self.hours else ()
        step = {name: values.get(name) for name in game.LEVERS[self.seat]}
        rounds: list[JsonValue] = [dict(decided) for decided in before]
        value: JsonValue = {"seat": self.seat, "seed": 1, "rounds": [*rounds, step]}
        decided = game.hours(value)
        if decided is None:
            return {"ok": False, "errors": {game.LEVERS[self.seat][0]: "Set every slider."}}
        self.hours = decided
        problem = self.module.save(RUN, value)  # tells every part, this one too
        if problem:
            self.hours = Hours(decided.seat, decided.seed, before) if before else None
            return {"ok": False, "errors": {game.LEVERS[self.seat][0]: problem}}
        return {"ok": True}

    # ---- what is shown ----------------------------------------------------------------

    def refresh(self) -> None:
        waiting = self.module.waits_for(self.module.item(RUN).needs)
        if waiting:
            self._gate.html = cards.gate(waiting)
            self._body.children = ()
            return
        self._gate.html = ""
        done = len(self.hours.rounds) if self.hours else 0
        if self.seat is None:
            self._show(self._choose)
        elif self.hours is not None and self.hours.done:
            self._debrief.show(self.hours)
            played = game.finished(self.module.record)
            others = [SEATS[s] for s in get_args(Seat) if s not in played]
            self._choose.words = "The same two hours wait for you in another seat"
            self._choose.next = f"Not played yet: {'; '.join(others)}." if others else \
                "You have played every seat."
            self._show(self._debrief.widget, self._choose)
        elif done in PAUSES and not self._pause(done).over():
            self._pause(done).show(self.hours)
            self._show(self._screen, self._pause(done).widget)
        else:
            self._screen.html = self._words(done)
            self._show(self._screen, self._form(done))

    def _show(self, *widgets: Any) -> None:
        if self._body.children != widgets:  # a redraw would take the focus away
            self._body.children = widgets

    def _words(self, done: int) -> Html:
        assert self.seat is not None
        if self.hours is None:
            return tag("p", f"You are: {SEATS[self.seat].lower()}. The two hours begin. Decide for "
                            "the first ten minutes.", class_="wb-note")
        return screen(model.screen(self.hours.runs(), self.seat, done), "h3")

    def _pause(self, at: int) -> _Pause:
        if at not in self._pauses:
            self._pauses[at] = _Pause(self.module, at)
        return self._pauses[at]

    def _form(self, done: int) -> Form:
        """The levers of the seat, kept on the page from round to round so focus stays."""
        assert self.seat is not None
        if self.seat not in self._decide:
            usual = model.Policy()
            fields, values = [], {}
            for name in game.LEVERS[self.seat]:
                label, hint, low, high = LEVERS[name]
                start = float(getattr(usual, name))
                fields.append(Field(id=name, kind="slider", label=label, hint=hint, min=0,
                                    max=game.MOST.get(name, 1), step=0.05, start=start,
                                    percent=True, ends=[low, high]))
                values[name] = start
            self._decide[self.seat] = Form(
                self._on_decide, fields=fields, values=values, key=f"{RUN}.{self.seat}",
                name="Your decisions")
        form = self._decide[self.seat]
        with form.hold_sync():
            if self.hours is not None:
                form.values = dict(self.hours.rounds[-1])
            form.button = f"Play round {done + 1} of {ROUNDS}"
            form.state, form.words = ("saved", f"Round {done} played and saved") if done else (
                "open", "Round 1 is next")
            form.next = "Each round stands for ten minutes."
        return form


class _Pause:
    """A time out: one sentence a seat, then all four screens, then what one would change."""

    def __init__(self, module: Module, at: int) -> None:
        self.module, self.at = module, at
        before, after = PAUSE_ITEMS[at]
        self._before, self._after = (ItemForm(module, module.item(name))
                                     for name in (before, after))
        self._screens = Panel(live=True)
        self._gone = self._asked = False
        self._open = Form(self._on_open, fields=[], key=f"{RUN}.pause-{at}.open",
                          name="Open the screens", button="Open the four screens", mode="live")
        self._go = Form(self._on_go, fields=[], key=f"{RUN}.pause-{at}", name="Go on",
                        button="Close the screens and go on", mode="live")
        self.widget: Any = stack()

    def over(self) -> bool:
        return all(name in self.module.record for name in PAUSE_ITEMS[self.at]) and self._left

    @property
    def _left(self) -> bool:
        """Whether the fellow has gone on: in this sitting, or in one before it."""
        return self._gone or any(len(step.rounds) > self.at
                                 for step in game.steps(self.module.record))

    def _on_open(self, _what: str, _values: dict[str, Any]) -> Reply:
        # By a button, not by what is saved: the boxes save themselves at the first sentence.
        if missing := self._missing():
            self._open.state, self._open.words = "problem", "First a sentence for each seat"
            self._open.next = missing
            return {"ok": False}
        self._asked = True
        self.module.tell()
        return {"ok": True}

    def _missing(self) -> str:
        """The seats without a sentence, in words; empty when every seat has one."""
        item = self.module.item(PAUSE_ITEMS[self.at][0])
        assert isinstance(item, Sentences)
        written = self.module.record.value(item.id)
        said = written if isinstance(written, dict) else {}
        missing = [row.text for row in item.rows if not str(said.get(row.id, "")).strip()]
        return f"Still empty: {'; '.join(missing)}." if missing else ""

    def _on_go(self, _what: str, _values: dict[str, Any]) -> Reply:
        if PAUSE_ITEMS[self.at][1] not in self.module.record:
            self._go.state, self._go.words = "problem", "One sentence more"
            self._go.next = "Write what you would change; \"nothing\" is an answer."
            return {"ok": False}
        self._gone = True
        self.module.tell()
        return {"ok": True}

    def show(self, hours: Hours | None) -> None:
        assert hours is not None
        self._before.refresh()
        self._after.refresh()
        children: Sequence[Any] = (self._before.widget, self._open)
        if self._open.state == "problem":
            self._open.next = self._missing()
            if not self._open.next:
                self._open.state, self._open.words = "open", ""
        if self._asked or PAUSE_ITEMS[self.at][1] in self.module.record:
            if not self._screens.html:
                self._screens.html = join(
                    tag("h3", "Time out: all four screens are open"),
                    all_screens(hours.runs(), self.at))
            self._open.state, self._open.words = "saved", "The four screens are open below"
            # The button stays: taken away, it would take the focus with it.
            children = (*children, self._screens, self._after.widget, self._go)
        if self.widget.children != tuple(children):
            self.widget.children = tuple(children)


class _Debrief:
    """The two hours again, with every screen open."""

    def __init__(self) -> None:
        self._runs: model.Runs | None = None
        self._head, self._screens = Panel(live=True), Panel()
        self._round = Form(self._on_round, mode="live", key=f"{RUN}.replay", name="Replay",
                           values={"round": ROUNDS}, fields=[
                               Field(id="round", kind="slider", label="Round", min=1, max=ROUNDS,
                                     step=1, start=ROUNDS,
                                     hint="Move through the two hours with all screens open.")])
        self._control = Figure(spec=chart.load("two-hour-organisation", "control"), columns=[
            Column(field="round", title="Round"), Column(field="level", title="Level"),
            Column(field="control", title="Felt control")])
        self.widget: Any = stack(self._head, self._round, self._screens, self._control)

    def _on_round(self, _what: str, values: dict[str, Any]) -> Reply:
        at = values.get("round")
        if self._runs is not None and isinstance(at, int | float) and 1 <= at <= ROUNDS:
            self._screens.html = all_screens(self._runs, round(at))
        return {"ok": True}

    def show(self, hours: Hours) -> None:
        runs = self._runs = hours.runs()
        usual = model.simulate(model.Policy(), [hours.seed])  # the same weather
        control, anger = runs.control_by_level[0], runs.anger_by_level[0, -1]
        own = hours.seat != "top"
        mine, before = ((r.harm_by_ward[0, 0] if own else r.harm[0]) for r in (runs, usual))
        whose = "On your ward, patients'" if own else "Patients'"
        self._head.html = join(
            tag("h3", "The same two hours, with every screen open"),
            tag("p", f"You sat as: {SEATS[hours.seat].lower()}. {whose} open problems, added up "
                     f"over the rounds, came to {mine:.0f}{'' if own else ' a ward'}; with "
                     f"everybody doing what is usual in the same two hours they come to "
                     f"{before:.0f}. The tribe index ended at {runs.tribe_index[0, -1]:.2f}; as "
                     f"usual it ends at {usual.tribe_index[0, -1]:.2f}."),
            table("At the end of your two hours", ("Level", "Felt control", "Anger"),
                  [(name, f"{control[-1, i]:.2f}", f"{anger[i]:.2f}")
                   for i, name in enumerate(LEVELS)]))
        self._on_round("live", {"round": ROUNDS})
        self._control.show(
            [{"round": r + 1, "level": name, "control": float(control[r, i])}
             for i, name in enumerate(LEVELS) for r in range(ROUNDS)],
            "Felt control by level in your two hours",
            "Three lines over twelve rounds. At the end: " + "; ".join(
                f"{name} {control[-1, i]:.2f}" for i, name in enumerate(LEVELS)) + ".")


class Compare:
    """What was predicted beside what a hundred runs show, and the organisation without levels."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._words = Panel(live=True)
        self._body = stack()
        self.widget: Any = stack(self._words, self._body)

    def refresh(self) -> None:
        waiting = self.module.waits_for((*PREDICTIONS, RUN))
        if not waiting and not game.finished(self.module.record):
            waiting = "play the two hours to the end in one seat"
        if waiting:
            self._words.html = cards.gate(waiting)
            self._body.children = ()
            return
        if self._body.children:
            return
        usual, explained = game.many("As usual"), game.many("Explain more")
        act, listen = game.many("Act on ward problems"), game.many("Act, and listen more")
        none = game.many("As usual", "null")
        anger = usual.anger_by_level[:, -1]
        found = (
            f"The index passes {game.TRIBE_SHOWS} in round {game.tribe_shows():.0f}, and ends at "
            f"{usual.tribe_index[:, -1].mean():.2f}.",
            f"The bottoms, in {(anger.argmax(axis=1) == 2).sum()} of a hundred runs: seats, not "
            "people, for everyone has the same mind.",
            f"The tribe index falls from {usual.tribe_index[:, -1].mean():.2f} to "
            f"{explained.tribe_index[:, -1].mean():.2f}; patients' problems stay at "
            f"{explained.harm.mean():.0f} (they were {usual.harm.mean():.0f}).",
            f"More: {listen.harm.mean():.0f} instead of {act.harm.mean():.0f}. Tops act with what "
            "attention is left, and their own backlog grows too.")
        rows = []
        for name, result in zip(PREDICTIONS, found, strict=True):
            item, first = self.module.item(name), self.module.record.first(name)
            assert first is not None
            rows.append((item.prompt, in_words(item, first.value), result))
        self._words.html = table("Your predictions and what a hundred runs show",
                                 ("Asked", "You said", "The model, on average"), rows)
        figure = Figure(spec=chart.load("two-hour-organisation", "tribe"), columns=[
            Column(field="round", title="Round"),
            Column(field="organisation", title="Organisation"),
            Column(field="index", title="Tribe index")])
        figure.show(
            [{"round": r + 1, "organisation": name, "index": float(runs.tribe_index[:, r].mean())}
             for name, runs in (("With levels", usual), ("Without levels", none))
             for r in range(ROUNDS)],
            "Tribe index over the two hours, with levels and without (means of a hundred runs)",
            f"Two lines. With levels the index climbs to {usual.tribe_index[:, -1].mean():.2f}; "
            "with the same people and no levels it stays at nothing.")
        policies = Panel(html=join(
            tag("h3", "What tops can do, and what it costs"),
            table("Five ways for the tops, each as a mean of a hundred runs",
                  ("Tops' policy", "Patients' problems", "Tribe index", "Tops' backlog",
                   "Problems in the worst ward", "Worst ward against average",
                   "Bottoms' control", "Tops' control"),
                  [(name, f"{runs.harm.mean():.0f}", f"{runs.tribe_index[:, -1].mean():.2f}",
                    f"{runs.backlog[:, -1].mean():.1f}",
                    f"{runs.harm_by_ward.max(axis=1).mean():.0f}", f"{runs.inequity.mean():.2f}",
                    f"{runs.control_by_level[:, -1, 2].mean():.2f}",
                    f"{runs.control_by_level[:, -1, 0].mean():.2f}")
                   for name, runs in ((n, game.many(n)) for n in game.POLICIES)]),
            tag("p", "No row is best in every column. Giving authority away, with reasons, does "
                     "well by patients and by trust at once. It lets the wards drift apart, "
                     "though even the worst of them is better off than as usual.")))
        self._body.children = (figure, policies)


class Pairs:
    """A hundred paired runs: the chart that the count is read from."""

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
        differences = game.harm_saved()
        figure = Figure(spec=chart.load("two-hour-organisation", "pairs"), columns=[
            Column(field="run", title="Run, in order", digits=0),
            Column(field="difference", title="Patients' problems, more explaining less as usual",
                   digits=1)])
        figure.show(
            [{"run": i + 1, "difference": d} for i, d in enumerate(differences)],
            "Change in patients' problems when tops explain more, run by run under the same "
            "weather, in order of size (below the line: fewer problems)",
            f"A hundred dots in rising order, from {differences[0]:.1f} to {differences[-1]:.1f}. "
            "A few lie below the line at nothing and most above it; the table gives each.")
        self._body.children = (figure,)


VIEWS = {RUN: TwoHours, "two-hour-organisation.compare": Compare,
         "two-hour-organisation.paired-runs": Pairs}
