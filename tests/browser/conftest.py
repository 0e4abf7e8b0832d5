"""Chromium, a course started with its own command, and a keyboard.

Where there is no Chromium these tests are skipped with a sentence; where
`COURSE_BROWSER=required` is set, as in CI, that is a failure.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from course.answers import Record, read
from course.assessments import Choice, Item, Number, Ranking, Ratings, Sentences, Text
from course.lab import free_port
from tests import bots

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]
PATIENCE = int(os.environ.get("COURSE_PATIENCE", "90000"))  # ms: these machines are shared

# Tests may run side by side: two that look for a free port at one moment find the same.
FIRST_PORT = 9000 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next((place for place in PLACES if Path(place).exists()), None)
    if found is None:
        if os.environ.get("COURSE_BROWSER") == "required":
            pytest.fail("Chromium is required here and was not found.")
        pytest.skip("These tests look at pages in Chromium, and there is none on this computer.")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Served:
    """A course that was started by its own command: where it is, and its state."""

    address: str
    state: Path

    def at(self, path: str) -> str:
        base, token = re.match(r"(http://[^/]+/).*(\?token=.*)", self.address).groups()  # type: ignore[union-attr]
        return f"{base}{path}{token}&reset"

    def module(self, name: str) -> str:
        return self.at(f"lab/tree/{name}/{name}.ipynb")

    def api(self, method: str, path: str) -> Any:
        """Ask the server itself, as JupyterLab does."""
        base, token = re.match(r"(http://[^/]+/).*\?token=(.*)", self.address).groups()  # type: ignore[union-attr]
        asked = Request(f"{base}api/{path}", method=method,
                        headers={"Authorization": f"token {token}"})
        with urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read() or "null")


@dataclass
class Desk:
    """One module in a folder of its own, so that no test meets another's answers."""

    served: Served
    module: str
    folder: Path

    @property
    def address(self) -> str:
        return self.served.at(f"lab/tree/{self.folder.name}/{self.module}.ipynb")

    @property
    def answers(self) -> Path:
        return self.folder / "answers.jsonl"

    def record(self) -> Record:
        return read(self.answers)

    def not_quite_ours(self) -> None:
        """Change a word of the code, so that JupyterLab does not run it unasked."""
        path = self.folder / f"{self.module}.ipynb"
        path.write_text(path.read_text().replace("# Open this module", "# Open the module"))

    def kernels(self) -> list[str]:
        """The kernels that have this folder's notebooks open."""
        return [session["kernel"]["id"] for session in self.served.api("GET", "sessions")
                if session["path"].startswith(f"{self.folder.name}/")]

    def kill(self) -> None:
        """End the kernel's process, as a full memory would."""
        for kernel in self.kernels():
            for process in psutil.process_iter(["cmdline"]):
                if any(kernel in word for word in process.info["cmdline"] or ()):
                    process.kill()

    def close(self) -> None:
        for session in self.served.api("GET", "sessions"):
            if session["path"].startswith(f"{self.folder.name}/"):
                self.served.api("DELETE", f"sessions/{session['id']}")


def course(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the `course` command and return what it said."""
    return subprocess.run([str(Path(sys.executable).parent / "course"), *words],
                          env={**os.environ, "COURSE_HOME": str(state)}, cwd=state.parent,
                          capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path, str], Served]]:
    """Start `course start` or `course tutor`; stopped, by id, at the end."""
    running: list[subprocess.Popen[str]] = []

    def start(state: Path, command: str = "start") -> Served:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "course"), command, "--no-browser",
             "--port", str(free_port(FIRST_PORT))],
            env={**os.environ, "COURSE_HOME": str(state)}, cwd=state.parent, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(process)
        said: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S+token=\S+", line):
                # Nobody reads on from here: a full pipe would stop the server.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return Served(found[0], state)
        raise AssertionError("course " + command + " did not give an address:\n" + "".join(said))

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def served(serve: Callable[..., Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One fellow's course, started once for the session."""
    return serve(tmp_path_factory.mktemp("fellow") / "state", "start")


@pytest.fixture
def desk(served: Served, request: pytest.FixtureRequest) -> Iterator[Callable[..., Desk]]:
    """Lay out a module for one test, empty or with a bot's answers in it."""
    laid: list[Desk] = []

    def lay(module: str, bot: bots.How | None = None, folder: str = "") -> Desk:
        workspace = served.state / "workspace"
        name = folder or re.sub(r"\W+", "-", f"{request.node.name[5:]}-{len(laid)}")[-60:]
        (workspace / name).mkdir(exist_ok=True)
        if name != module:
            shutil.copy(workspace / module / f"{module}.ipynb", workspace / name)
        found = Desk(served, module, workspace / name)
        if bot:
            bots.play(found.folder, module, bot)
        laid.append(found)
        return found

    yield lay
    for found in laid:
        found.close()


@dataclass
class Lab:
    """A notebook open in JupyterLab, used with the keyboard alone."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """Requests that left this computer: there must be none."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", lambda r: self.outside.append(r.url) if r.url.startswith("http")
                     and not r.url.startswith("http://127.0.0.1") else None)

    def go(self, address: str) -> Lab:
        # The server prints its address a moment before it listens.
        for _ in range(60):
            try:
                self.page.goto(address, timeout=PATIENCE)
                break
            except Exception:
                time.sleep(0.5)
        return self

    def open(self, address: str) -> Lab:
        self.go(address)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE)
        self.idle()
        return self

    def idle(self) -> None:
        """Wait until the page is connected to its kernel, and the kernel has nothing to do."""
        self.page.wait_for_function("""async () => {
            const site = JSON.parse(document.getElementById('jupyter-config-data').textContent);
            const path = decodeURIComponent(location.pathname).match(
                /\\/(?:tree|notebooks)\\/(.*)$/)[1];
            const sessions = await (await fetch(site.baseUrl + 'api/sessions')).json();
            return sessions.some(({path: open, kernel}) => open === path && kernel
                && kernel.connections > 0 && kernel.execution_state === 'idle'); }""",
            timeout=PATIENCE, polling=250)

    def wait_bar(self, *states: str) -> str:
        """Wait for the bar above a module to say one of these; "live" is to say nothing."""
        found = self.page.wait_for_selector(
            ", ".join(f'.wb-bar[data-state="{state}"]' for state in states),
            timeout=PATIENCE, state="attached")
        return str(found.get_attribute("data-state")) if found else ""

    def restart(self) -> None:
        """Start the module again with the button above it."""
        self.page.locator(".jp-Toolbar jp-button[aria-label='Start again']").focus()
        self.press("Enter")

    def shut_dialogs(self) -> None:
        """Lab's own words on a dead kernel: read and put away."""
        self.page.wait_for_timeout(300)
        while self.page.locator(".jp-Dialog").count():
            self.page.locator(".jp-Dialog button.jp-mod-accept").last.click()
            self.page.wait_for_timeout(300)

    def run(self) -> Lab:
        """Wait until the module has run: by itself, or else as a keyboard user is told to."""
        with contextlib.suppress(TimeoutError):
            self.page.wait_for_selector(".wb-module", timeout=PATIENCE / 15)
        for turn in range(6):
            if turn or not self.page.locator(".wb-module").count():
                self.page.locator(".jp-Notebook .jp-Cell").first.focus()
                self.page.keyboard.press("Control+a")
                self.page.keyboard.press("Control+Enter")
            try:
                self.page.wait_for_selector("[data-wb-key=submit]:not([data-old])",
                                            timeout=PATIENCE / 5, state="attached")
                break
            except TimeoutError:
                continue
        self.idle()
        # What this run left on the page must not pass for the next one.
        self.page.evaluate("""document.querySelectorAll('[data-wb-key=submit]').forEach(
            (el) => el.setAttribute('data-old', ''))""")
        return self

    def tab_to(self, selector: str, most: int = 250) -> None:
        """Press Tab until what has the focus matches; nothing but the keyboard is used."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
        raise AssertionError(f"Tab never reaches {selector}")

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)

    def status(self, key: str) -> str:
        return self.page.locator(f'[data-wb-key="{key}"] .wb-status').first.inner_text()

    def wait_status(self, key: str, words: str) -> None:
        self.page.wait_for_function(
            """([key, words]) => document.querySelector(`[data-wb-key="${key}"] .wb-status`)
                 ?.textContent.includes(words)""", arg=[key, words], timeout=PATIENCE)

    def trouble(self) -> str:
        """Program's talk that a fellow can see: a traceback, or anything on stderr."""
        return str(self.page.evaluate("""() => [...document.querySelectorAll(
            '[data-mime-type*="stderr"], [data-mime-type*="jupyter.error"]')]
            .map((el) => el.innerText).concat(
                document.body.innerText.match(/Traceback[^]{0,400}/) ?? []).join("\\n")"""))

    # ---- answering, each by keyboard --------------------------------------------------

    def choose(self, key: str, place: int, field: int = 0) -> None:
        """Take the option at `place` (from 0) of the choice numbered `field` in a form."""
        self.tab_to(f'[data-wb-key="{key}"] fieldset:nth-of-type({field + 1}) input')
        self.press("Space")
        self.press("ArrowDown", place)

    def type(self, key: str, words: str) -> None:
        self.tab_to(f'[data-wb-key="{key}"] :is(textarea, input.wb-number)')
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)

    def rate(self, key: str, places: list[int | None]) -> None:
        """Take one option in each of a form's groups, in order; None leaves a group out."""
        for place in places:
            self.tab_to(f'[data-wb-key="{key}"] fieldset input')
            if place is not None:
                self.press("Space")
                self.press("ArrowDown", place)

    def rank(self, key: str, now: list[str], wanted: list[str]) -> None:
        """Bring a list into order: each line, from the top, moved up to its place."""
        rows = f'[data-wb-key="{key}"] .wb-ranking li'
        self.tab_to(f"{rows} button")
        for place, name in enumerate(wanted):
            for above in range(now.index(name), place, -1):
                self.tab_to(f"{rows}:nth-of-type({above + 1}) button:first-child")
                self.press("Enter")
            now.insert(place, now.pop(now.index(name)))
            self.press("Shift+Tab", 3 * len(now))

    def answer(self, item: Item, value: Any, sure: int = 1) -> None:
        """Give an answer to any item but a play, say how sure, save it, and see it saved."""
        if isinstance(item, Choice):
            self.choose(item.id, [option.id for option in item.options].index(value))
        elif isinstance(item, Number) and item.step:
            self.tab_to(f'[data-wb-key="{item.id}"] input[type=range]')
            self.press("Home")
            self.press("ArrowRight", round((value - item.minimum) / item.step))
        elif isinstance(item, Number | Text):
            self.type(item.id, str(value))
        elif isinstance(item, Sentences):
            for row in item.rows:
                self.tab_to(f'[data-wb-key="{item.id}"] textarea')
                self.page.keyboard.type(value.get(row.id, ""))
        elif isinstance(item, Ratings):
            levels = [level.id for level in item.levels]
            self.rate(item.id, [levels.index(value[e.id]) if e.id in value else None
                                for domain in item.domains() for e in domain.elements])
        elif isinstance(item, Ranking):
            self.rank(item.id, [option.id for option in item.options], value)
        else:
            raise TypeError(f"{item.id}: a {item.kind} has a way of its own")
        if item.prediction:
            self.choose(item.id, sure, field=1 if isinstance(item, Choice) else 0)
        self.button(item.id)
        self.wait_status(item.id, "Saved")

    def button(self, key: str) -> None:
        self.tab_to(f'[data-wb-key="{key}"] button.wb-button')
        self.press("Enter")


@pytest.fixture
def tabs(chromium: Browser) -> Iterator[Callable[[], Lab]]:
    """Open one more tab of one browser; what must hold of every page is looked at in the end."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    opened: list[Lab] = []

    def tab() -> Lab:
        opened.append(Lab(context.new_page()))
        return opened[-1]

    yield tab
    if os.environ.get("COURSE_SCREENSHOTS"):  # what a failing test was looking at
        for number, lab in enumerate(opened):
            if not lab.page.is_closed():
                lab.page.screenshot(path=Path(os.environ["COURSE_SCREENSHOTS"])
                                    / f"last-{number}.png")
    said = [lab.trouble() for lab in opened if not lab.page.is_closed()]
    context.close()
    for lab in opened:
        assert not lab.outside, f"Something outside this computer was asked for: {lab.outside}"
    assert not any(said), f"A page showed a fellow what is for programmers: {said}"


@pytest.fixture
def lab(tabs: Callable[[], Lab]) -> Lab:
    return tabs()


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Where screenshots go: a folder given in COURSE_SCREENSHOTS, or a temporary one."""
    chosen = os.environ.get("COURSE_SCREENSHOTS")
    folder = Path(chosen) if chosen else Path(
        request.getfixturevalue("tmp_path_factory").mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def lines(state: Path, module: str) -> list[dict[str, object]]:
    """What stands in a fellow's record."""
    path = state / "workspace" / module / "answers.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
