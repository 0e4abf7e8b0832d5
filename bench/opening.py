"""From opening a module to its first live control, and to its first chart, in Chromium.

    python bench/opening.py            the rows of RESULTS.md, and where the time goes
    python bench/opening.py --turns 3 --only 02-rubber-band
    python bench/opening.py --turns 3 --way "in an open JupyterLab"

`live` is the first control of ours that can be used; `answered` is the kernel's answer to
its button, pressed at once. `chart` is the first chart drawn, for a fellow who has answered
everything (to a new one no chart is open yet). How it is measured stands in `ABOUT`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Route, sync_playwright

from course import assessments, home, lab, scoring
from course.answers import NAME, Answers

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Way = Literal["by its address", "in an open JupyterLab"]
WAYS: tuple[Way, ...] = ("by its address", "in an open JupyterLab")
ASKS_AGAIN = 500  # ms: jupyter_server's own pause before it asks a kernel a second time
BARE = "bare"
BUTTON = ("# One button\n"
          "import ipywidgets\n"
          "button = ipywidgets.Button(description='Go on')\n"
          "button.on_click(lambda _: setattr(button, 'description', 'Gone on'))\n"
          "button")

# Runs in the page before anything else, and writes down when each thing first happened, in
# milliseconds from the start of navigation, or from `openingBegins()`.
WATCH = r"""
(() => {
  let at, zero, form, before;
  const now = () => performance.now() - zero;
  const begin = (from) => {
    zero = from;
    form = null;
    at = window.opening = { replies: [], sent: 0 };
  };
  begin(0);
  window.openingBegins = () => begin(performance.now());
  const mark = (name) => { at[name] ??= now(); };
  const kind = (data) => (typeof data === 'string' ? data
    : new TextDecoder().decode(new Uint8Array(data.buffer ?? data).subarray(0, 1500)))
    .match(/"msg_type": ?"(\w+)"/)?.[1];
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...words) {
      super(...words);
      if (!/channels/.test(words[0])) return;
      mark('socket');
      this.addEventListener('message', ({ data }) => {
        const what = kind(data);
        if (what === 'kernel_info_reply') mark('kernel');
        if (what === 'comm_open') mark('comm');
        if (what === 'execute_reply') at.replies.push(now());
      });
    }
    send(data) {
      if (kind(data) === 'execute_request') { mark('run'); at.sent += 1; }
      return super.send(data);
    }
  };
  const seen = (node) => node?.getClientRects().length > 0;
  const first = (selector) => [...document.querySelectorAll(selector)].find(seen);
  const look = () => {
    if (!at.notebook && first('.jp-Notebook .jp-Cell')) mark('notebook');
    if (!at.live) {
      const control = first('.wb-form:not(.wb-locked) :is(input, textarea, button):enabled,'
        + '.jp-OutputArea .jupyter-button:enabled');
      if (control) {
        mark('live');
        form = control.closest('.wb-form') ?? control;
        before = form.textContent;
        const press = form === control ? control : form.querySelector('.wb-button');
        if (window.openingPress) press.click();
      }
    } else if (!at.answered && window.openingPress) {
      // Pressed with nothing chosen: what is missing is said by the kernel.
      const said = form.matches('.wb-form') ? form.querySelector('.wb-error:not([hidden])')
        : form.textContent !== before;
      if (said) mark('answered');
    }
    if (!at.chart && first('.wb-chart[data-drawn] svg')) mark('chart');
    if (at.sent && at.replies.length === at.sent && (at.answered || !window.openingPress)
      && !document.querySelector('.wb-chart:not([data-drawn])')) mark('settled');
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""

Opening = dict[str, Any]
"""When each thing happened in one opening, in milliseconds."""


@dataclass(frozen=True)
class Kind:
    """One kind of opening: a notebook in a folder, with a record of answers or none."""

    label: str
    module: str
    until: str
    """What is waited for: `answered` or `chart`."""

    @property
    def folder(self) -> str:
        return f"{self.module}-{self.until}"

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.module}.ipynb"


BASE = Kind("bare notebook", BARE, "answered")
Found = dict[tuple[Kind, Way], list[Opening]]


def kinds(way: Way) -> list[Kind]:
    """The bare notebook, then each module as a new fellow and as one who has answered all.

    In an open JupyterLab only the longest module: it has the most to draw.
    """
    modules = home.modules() if way == WAYS[0] else [
        max(home.modules(), key=lambda name: len(lab.code_of(name)))]
    found = [BASE]
    for module in modules:
        found.append(Kind(f"{module}, new", module, "answered"))
        if any(item.kind == "play" for item in assessments.module(module).items):
            found.append(Kind(f"{module}, all answered", module, "chart"))
    return found


class Course:
    """A course started by its own command, and a notebook laid out for every kind."""

    def __init__(self, address: str, workspace: Path) -> None:
        self.base, _, self.token = re.split(r"(?<=\d/)(.*)\?token=", address)
        self.workspace = workspace
        self._opened = 0
        for _ in range(240):  # the address is printed a moment before the server listens
            try:
                self.api("GET", "sessions")
                return
            except URLError:
                time.sleep(0.25)
        raise TimeoutError("the course did not start")

    def api(self, method: str, path: str) -> Any:
        asked = Request(f"{self.base}api/{path}", method=method,
                        headers={"Authorization": f"token {self.token}"})
        with urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def lay(self, kind: Kind) -> None:
        folder = self.workspace / kind.folder
        folder.mkdir()
        if kind.module == BARE:
            (folder / f"{BARE}.ipynb").write_text(json.dumps({
                "cells": [{"cell_type": "code", "id": "one", "metadata": {}, "outputs": [],
                           "execution_count": None, "source": BUTTON}],
                "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
                "nbformat": 4, "nbformat_minor": 5}))
            return
        shutil.copy(self.workspace / kind.module / f"{kind.module}.ipynb", folder)
        if kind.until == "chart":
            answer_all(folder / NAME, kind.module)

    def address(self, path: str = "") -> str:
        # A workspace of its own: JupyterLab would restore what was open the last time.
        self._opened += 1
        return f"{self.base}lab/workspaces/o{self._opened}{path}?token={self.token}"

    def end_kernels(self) -> None:
        for session in self.api("GET", "sessions"):
            self.api("DELETE", f"sessions/{session['id']}")


def answer_all(path: Path, module: str) -> None:
    """Every item of a module answered rightly, as its exercises' own bots would."""
    texts, answers = assessments.module(module), Answers(path)
    for name in dict.fromkeys(item.exercise for item in texts.items):
        for item, value in scoring.exercise(name).right.items():
            if item in texts:
                several = texts.item(item).kind == "play" and isinstance(value, list)
                for one in value if several and isinstance(value, list) else [value]:
                    answers.save(item, one, "fairly" if texts.item(item).prediction else None)


@contextmanager
def course() -> Iterator[Course]:
    """A fellow's course in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as name:
        folder, state = Path(name), Path(name) / "state"
        # So that a page can be asked to open a notebook in the JupyterLab that it shows.
        (folder / "config").mkdir()
        (folder / "config" / "jupyter_lab_config.json").write_text(json.dumps(
            {"LabApp": {"expose_app_in_browser": True}}))
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "course"), "start", "--no-browser"], text=True,
            env={**os.environ, "COURSE_HOME": str(state), "PYTHONDONTWRITEBYTECODE": "",
                 "JUPYTER_CONFIG_PATH": str(folder / "config")}, cwd=name,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            assert process.stdout is not None
            address = next(m[0] for line in process.stdout
                           if (m := re.search(r"http://\S+token=\S+", line)))
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Course(address, state / "workspace")
        finally:
            process.terminate()
            process.wait()


def _also_the_bare_one(route: Route) -> None:
    """The list of what may run by itself, with the bare notebook in it."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), BARE: [BUTTON]})


def open_once(browser: Browser, served: Course, kind: Kind, way: Way) -> Opening:
    """When each thing happened in one opening."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        context.route(re.compile(r"/modules\.json"), _also_the_bare_one)
        context.add_init_script(WATCH)
        # Only a new fellow presses: a press with nothing chosen saves nothing.
        context.add_init_script(f"window.openingPress = {json.dumps(kind.until == 'answered')};")
        page = context.new_page()
        if way == "by its address":
            page.goto(served.address(f"/tree/{kind.path}"))
        else:
            page.goto(served.address())
            page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
            page.wait_for_load_state("networkidle")
            page.evaluate("""path => { window.openingBegins();
                window.jupyterapp.commands.execute('docmanager:open', { path }); }""", kind.path)
        page.wait_for_function("window.opening?.settled", timeout=120_000)
        found: Opening = page.evaluate("window.opening")
        return found
    finally:
        context.close()
        served.end_kernels()


def measure(turns: int = 7, ways: Sequence[Way] = WAYS,
            asked: Callable[[Kind], bool] = lambda _: True) -> Found:
    """Every kind of opening in each of the ways, one after the other, so many times."""
    chosen = [(kind, way) for way in ways for kind in kinds(way) if kind is BASE or asked(kind)]
    found: Found = {one: [] for one in chosen}
    with course() as served, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for kind in {kind for kind, _ in chosen}:
            served.lay(kind)
        open_once(browser, served, *chosen[0])  # slower: bytecode, the disk, Chromium itself
        for turn in range(turns):
            # Forwards, then backwards: nothing always comes after the heaviest.
            for kind, way in chosen if turn % 2 == 0 else reversed(chosen):
                for _ in range(3):
                    one = open_once(browser, served, kind, way)
                    if one["kernel"] - one["socket"] < ASKS_AGAIN:
                        break
                found[kind, way].append(one)
        browser.close()
    return found


def ratio(found: Found, kind: Kind, way: Way, what: str) -> str:
    """The ratio of the medians, and the lowest and highest of the single turns."""
    against = "answered" if what == "answered" else "live"
    ours, bare = ([one[name] for one in found[k, way]]
                  for k, name in ((kind, what), (BASE, against)))
    each = sorted(a / b for a, b in zip(ours, bare, strict=True))
    return (f"{statistics.median(ours) / statistics.median(bare):.2f} "
            f"({each[0]:.2f} to {each[-1]:.2f})")


def rows(found: Found) -> list[tuple[str, str, str]]:
    """Rows of the table: what, measured, allowed."""
    table = []
    for kind, way in found:
        # Goals are for how a fellow opens a module: by a link on the course's own page.
        control, chart = ("1.5", "2") if way == WAYS[0] else ("", "")
        if kind is BASE:
            bare = [one["live"] for one in found[kind, way]]
            table.append((f"opened {way}: a bare notebook's button, milliseconds",
                          f"{statistics.median(bare):.0f} ({min(bare):.0f} to {max(bare):.0f})",
                          ""))
        elif kind.until == "answered":
            table.append((f"opened {way}: {kind.label}: first live control, times the bare one's",
                          ratio(found, kind, way, "live"), control))
            table.append((f"opened {way}: {kind.label}: a press made at once is answered, likewise",
                          ratio(found, kind, way, "answered"), ""))
        else:
            table.append((f"opened {way}: {kind.label}: first chart, times the bare one's button",
                          ratio(found, kind, way, "chart"), chart))
    return table


STEPS = {
    "JupyterLab and the notebook are shown": lambda one: one["notebook"],
    "the kernel's socket is asked for": lambda one: one["socket"],
    "the kernel answers": lambda one: one["kernel"],
    "the cells are sent": lambda one: one["run"],
    "the first cell is done": lambda one: one["replies"][0],
    "the first widget arrives": lambda one: one["comm"],
    "the first live control": lambda one: one["live"],
    "the last cell is done": lambda one: one["replies"][-1],
    "a press is answered": lambda one: one.get("answered"),
    "the first chart": lambda one: one.get("chart"),
    "every cell run and every chart drawn": lambda one: one["settled"],
}


def where(found: Found, way: Way) -> str:
    """Medians of every step, in milliseconds from the start, one column a kind."""
    columns = {kind: times for (kind, one), times in found.items() if one == way}
    lines = [f"| milliseconds, {way} | " + " | ".join(k.label for k in columns) + " |",
             "|---" * (len(columns) + 1) + "|"]
    for words, step in STEPS.items():
        cells = []
        for times in columns.values():
            at = [t for one in times if (t := step(one)) is not None]
            cells.append(f"{statistics.median(at):.0f}" if at else "")
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


ABOUT = """## Opening a module

**How.** The measure is a bare notebook: one code cell that shows one ipywidgets button, opened and
run by the same extension in the same JupyterLab. *By its address* is how a fellow opens a module,
from the course's own page: the browser has nothing cached, and most of the wait is JupyterLab
itself. *In an open JupyterLab* that part is over, and what is left is the notebook's, the kernel's
and ours: the stricter look. Each opening has a new page and a new kernel; all kinds take turns, so
that whatever else the computer does hits all alike. Ratios are of medians; in brackets, the lowest
and highest of the single turns. By chance, and for every notebook alike, JupyterLab misses a new
kernel's first word and asks again after half a second: such an opening is made once more, at most
twice. A new fellow presses the first button as soon as it is there; to one who has answered all,
every chart is open.

**Where the time goes.** Medians, in milliseconds from the start.

{tables}

By its address, most is JupyterLab's and the same for the bare notebook; half a second to a second
of it is spent idle, before it looks at the address, on saving the layout of its panels. Then:

- JupyterLab draws a module's texts and cells before it asks for a kernel: 0.3 to 0.4 s. A quarter
  of it loads a typesetter of formulas, of which a module has none.
- The kernel imports the course before the first control: 0.1 s more than ipywidgets alone, two
  thirds of it pydantic. Nothing heavier is loaded: no altair, no nbgrader, and numpy only when a
  play is shown.
- Each cell costs the kernel about 5 ms, each widget the page about 5: all are there 0.2 s later.
- A chart costs the page 0.1 s for the library and 30 ms each.
- A fellow who comes back to the goodwill play waits for its hundred runs, worked out anew at each
  opening: three kept settings before the first chart (0.2 s), the sweep below it (1.2 s).

**What was done**, measured in an open JupyterLab, before and after: first control of a new fellow
2.3 and 1.7 to 1.8 times the bare notebook's, first chart 3.1 to 3.7 and 2.5 to 2.6. A view, with
its model and numpy, is loaded when it is shown and not with the first question of its exercise;
widgets of a part that is closed are not made (43 became 31, and 55 became 33); the chart library
is fetched when a chart is announced, while its numbers are worked out; charts are drawn one at a
time, nearest first. `tests/test_begins_fast.py` holds the first two.

**What was tried and did not help.** A lean kernel environment: what makes ours large is never
imported. Compiled bytecode: 20 ms, and only where nobody may write beside the course. pydantic
without plugins: nothing. One message for each widget instead of two: 20 ms, for a hook into the
inside of ipywidgets. Charts only when scrolled to: the first is not sooner, and a page that is
printed or searched must have them all. Importing the course in a kernel before it is asked to:
0.1 s, but in every kernel of the computer.
"""


def section(found: Found) -> str:
    """What is said under the table: how, where the time goes, what helped and what did not."""
    ways = dict.fromkeys(way for _, way in found)
    return ABOUT.format(tables="\n\n".join(where(found, way) for way in ways))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped: stop the course too
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--turns", type=int, default=7)
    asked.add_argument("--way", choices=WAYS, help="one way of opening only")
    asked.add_argument("--only", default="", help="modules whose name holds this")
    given = asked.parse_args()
    measured = measure(given.turns, [given.way] if given.way else WAYS,
                       lambda kind: given.only in kind.module)
    for row in rows(measured):
        print(" | ".join(row))
    for one in dict.fromkeys(way for _, way in measured):
        print(f"\n{where(measured, one)}")
