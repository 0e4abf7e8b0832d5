"""From opening a module to its first live control, and to its first chart, in Chromium.

    python bench/opening.py            what is written into RESULTS.md
    python bench/opening.py --where    where the time goes, step by step
    python bench/opening.py --turns 3 --only 02-rubber-band

The measure is a bare notebook: one code cell that shows one ipywidgets button, opened and
run by the same extension in the same JupyterLab. It is opened in two ways: *by its address*,
in a browser with nothing cached, where most of the wait is JupyterLab itself; and *in a
JupyterLab that is open*, as from a list of modules, where the wait is only the notebook's,
the kernel's and ours. Each opening has a new page and a new kernel, which is ended
afterwards; all kinds of opening take turns, so that whatever else the computer does hits
all alike. By chance, for every notebook alike, JupyterLab misses a new kernel's first word
and asks again after half a second; such an opening is made once more, at most twice.

`live` is the first control of ours that can be used; `answered` is the kernel's answer to
its button, pressed at once. `chart` is the first chart drawn, for a fellow who has answered
everything (to a new one no chart is open yet).
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

from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright

from course import assessments, home, scoring
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
FILES = """() => Object.fromEntries(performance.getEntriesByType('resource').reverse().map((e) =>
  [new URL(e.name).pathname.split('/').pop(), [e.startTime, e.responseEnd]]))"""


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


BASE = Kind("bare", BARE, "answered")
Found = dict[tuple[Kind, Way], list[Opening]]


def kinds() -> list[Kind]:
    """The bare notebook, then every module as a new fellow and as one who has answered all."""
    found = [BASE]
    for module in home.modules():
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
                 "JUPYTER_CONFIG_PATH": os.pathsep.join(
                     [str(folder / "config"), os.environ.get("JUPYTER_CONFIG_PATH", "")]),
                 "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}, cwd=name,
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


def open_once(browser: Browser, served: Course, kind: Kind, way: Way,
              prepare: Callable[[BrowserContext], object] = lambda _: None) -> Opening:
    """When each thing happened in one opening; `prepare` may change what the browser gets."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    try:
        context.route(re.compile(r"/modules\.json"), _also_the_bare_one)
        prepare(context)
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
        found["files"] = page.evaluate(FILES)
        return found
    finally:
        context.close()
        served.end_kernels()


def measure(turns: int, ways: Sequence[Way], asked: Callable[[Kind], bool] = lambda _: True,
            prepare: Callable[[BrowserContext], object] = lambda _: None) -> Found:
    """Every kind of opening in each of the ways, one after the other, so many times."""
    chosen = [(kind, way) for way in ways for kind in kinds() if kind is BASE or asked(kind)]
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
                    one = open_once(browser, served, kind, way, prepare)
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


def rows(turns: int = 7, ways: Sequence[Way] = WAYS) -> list[tuple[str, str, str]]:
    """Rows of the table: what, measured, allowed."""
    found, table = measure(turns, ways), []
    for kind, way in found:
        if kind is BASE:
            bare = [one["live"] for one in found[kind, way]]
            table.append((f"{way}: a bare notebook's button, milliseconds",
                          f"{statistics.median(bare):.0f} ({min(bare):.0f} to {max(bare):.0f})",
                          ""))
        elif kind.until == "answered":
            table.append((f"{way}: {kind.label}, first live control",
                          ratio(found, kind, way, "live"), "1.5"))
            table.append((f"{way}: {kind.label}, a press made at once is answered",
                          ratio(found, kind, way, "answered"), ""))
        else:
            table.append((f"{way}: {kind.label}, first chart",
                          ratio(found, kind, way, "chart"), "2"))
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


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped: stop the course too
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--turns", type=int, default=7)
    asked.add_argument("--where", action="store_true", help="where the time goes")
    asked.add_argument("--way", choices=WAYS, help="one way of opening only")
    asked.add_argument("--only", default="", help="modules whose name holds this")
    given = asked.parse_args()
    chosen = [given.way] if given.way else WAYS
    if given.where or given.only:
        measured = measure(given.turns, chosen, lambda kind: given.only in kind.module)
        for one in chosen:
            print(where(measured, one), end="\n\n")
        for kind, one in measured:
            if kind is not BASE:
                print(f"{one}: {kind.label}: live {ratio(measured, kind, one, 'live')}, "
                      f"{kind.until} {ratio(measured, kind, one, kind.until)}")
    else:
        for row in rows(given.turns, chosen):
            print(" | ".join(row))
