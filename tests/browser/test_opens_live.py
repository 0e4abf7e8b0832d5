"""A module opens live: it runs by itself, once, and nothing else ever does."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from course import lab as jupyter
from tests.browser.conftest import FIRST_PORT, PATIENCE, Desk, Lab, Served

NAME = "03-two-hour-organisation"
BAND, HOURS = "02-rubber-band", "two-hour-organisation"
CELLS = len(jupyter.code_of(NAME))
SAFE = "Everything shown as saved is safe."
SUBMIT = "[data-wb-key=submit]"


def count_runs(lab: Lab) -> list[bytes]:
    """A list that grows by one for each cell that the page has the kernel run."""
    sent: list[bytes] = []

    def note(frame: str | bytes) -> None:
        words = frame.encode() if isinstance(frame, str) else frame
        if b'"execute_request"' in words:
            sent.append(words)

    lab.page.on("websocket", lambda socket: socket.on("framesent", note))
    return sent


def wait_until_run(lab: Lab, sent: list[bytes], number: int) -> None:
    for _ in range(PATIENCE // 250):
        if len(sent) >= number:
            break
        lab.page.wait_for_timeout(250)
    lab.page.wait_for_timeout(4000)  # long enough for a second run to show itself


def end_kernels(lab: Lab) -> None:
    lab.page.evaluate("""async () => {
        const site = JSON.parse(document.getElementById('jupyter-config-data').textContent);
        const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]*)/)[1]};
        for (const session of await (await fetch(site.baseUrl + 'api/sessions')).json())
            await fetch(`${site.baseUrl}api/sessions/${session.id}`, {method: 'DELETE', headers});
    }""")


def said(lab: Lab) -> str:
    """What the bar above the module says, its button too."""
    return lab.page.locator(".wb-bar").inner_text()


def press_bar(lab: Lab, words: str) -> None:
    """Press the bar's one button, by keyboard."""
    button = lab.page.locator(".wb-bar button")
    assert button.count() == 1
    assert button.inner_text() == words
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44
    button.focus()
    lab.press("Enter")


def scroll_to(lab: Lab, height: int) -> None:
    """Scroll with the wheel, as a reader does, and wait until it stands."""
    lab.page.mouse.move(600, 500)
    lab.page.mouse.wheel(0, height)
    lab.page.wait_for_timeout(800)


def tops(lab: Lab) -> list[int]:
    """How far down the view each cell of the open module begins."""
    found = lab.page.evaluate("""() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
        .map((cell) => Math.round(cell.getBoundingClientRect().top))""")
    return list(found)


def moved(lab: Lab, before: list[int]) -> int:
    """How far what the reader was looking at has moved, in pixels."""
    seen = min(range(len(before)), key=lambda cell: abs(before[cell] - 300))
    return abs(tops(lab)[seen] - before[seen])


def wait_for(address: str) -> None:
    """Wait until a server listens: its address is known a moment before."""
    place = urlsplit(address)
    for _ in range(PATIENCE // 250):
        try:
            socket.create_connection((str(place.hostname), place.port or 80), timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)


@contextmanager
def serving(server: jupyter.Server, state: Path, *words: str, **environment: str
            ) -> Iterator[Served]:
    """Run one more JupyterLab on a course that is there, with words of its own."""
    process = subprocess.Popen([*server.command, *words], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env={**server.environment, **environment})
    try:
        wait_for(server.address)
        yield Served(server.address, state)
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def again(served: Served, monkeypatch: pytest.MonkeyPatch
          ) -> Callable[..., jupyter.Server]:
    """A fellow's Lab like the one that is served, not yet started."""
    monkeypatch.setenv("COURSE_HOME", str(served.state))
    wait_for(served.address)  # or its port would still look free
    return lambda: jupyter.fellow(jupyter.free_port(FIRST_PORT), browser=False)


def test_a_module_runs_by_itself_once_shows_no_code_and_stays_at_the_top(
        lab: Lab, served: Served, screenshots: Path) -> None:
    sent = count_runs(lab)
    lab.open(served.module(NAME))
    wait_until_run(lab, sent, CELLS)
    assert len(sent) == CELLS
    assert lab.page.locator(".jp-CodeCell .jp-Cell-inputWrapper:visible").count() == 0
    assert lab.page.evaluate(
        "[...document.querySelectorAll('.jp-WindowedPanel-outer')].pop().scrollTop") < 50
    assert said(lab) == ""
    lab.page.screenshot(path=screenshots / "open.png")

    # Again after a restart: once.
    lab.restart()
    wait_until_run(lab, sent, 2 * CELLS)
    assert len(sent) == 2 * CELLS

    # Opened again while its kernel lives: once more.
    lab.open(served.module(NAME))
    wait_until_run(lab, sent, 3 * CELLS)
    assert len(sent) == 3 * CELLS
    end_kernels(lab)


@pytest.mark.parametrize("view", ["doc/tree", "notebooks"])
def test_it_opens_live_in_the_other_views_too(lab: Lab, served: Served, view: str) -> None:
    sent = count_runs(lab)
    lab.go(served.at(f"{view}/{NAME}/{NAME}.ipynb"))
    lab.page.wait_for_selector(SUBMIT, timeout=PATIENCE)
    lab.wait_bar("live")
    assert len(sent) == CELLS
    end_kernels(lab)


def test_two_tabs_of_one_module_are_both_live_and_neither_asks_anything(
        tabs: Callable[[], Lab], desk: Callable[..., Desk]) -> None:
    laid = desk("00-start-here")
    cells, item = len(jupyter.code_of("00-start-here")), "start-here.hope"
    one, two = tabs(), tabs()
    runs = [count_runs(one), count_runs(two)]
    for lab, sent in zip((one, two), runs, strict=True):
        lab.open(laid.address).run()
        wait_until_run(lab, sent, cells)
    assert [len(sent) for sent in runs] == [cells, cells]
    assert len(set(laid.kernels())) == 1
    for lab, words in ((one, "From the first tab."), (two, "From the second.")):
        lab.page.bring_to_front()
        lab.type(item, words)
        lab.button(item)
        lab.wait_status(item, "Saved")
        lab.press("Control+s")  # a habit: it has nothing to save, and says so
        lab.wait_bar("nothing")
        assert laid.record().value(item) == words
    # Started again in one tab, the other is told when it speaks next, and runs again too.
    one.page.bring_to_front()
    one.restart()
    wait_until_run(one, runs[0], 2 * cells)
    two.page.bring_to_front()
    two.type(item, "From the second, later.")
    wait_until_run(two, runs[1], 2 * cells)
    two.wait_bar("live")
    two.wait_status(item, "Saved")
    assert laid.record().value(item) == "From the second, later."
    assert [len(sent) for sent in runs] == [2 * cells, 2 * cells]
    for lab in (one, two):
        assert lab.page.locator(".jp-Dialog").count() == 0


def test_it_opens_live_under_the_prefix_of_a_hub(
        lab: Lab, served: Served, again: Callable[[], jupyter.Server]) -> None:
    sent, prefix = count_runs(lab), "/user/fellow%40trust/"
    with serving(again(), served.state, f"--ServerApp.base_url={prefix}") as hub:
        lab.open(hub.at(f"{prefix[1:]}doc/tree/{BAND}/{BAND}.ipynb")).run()
        lab.wait_bar("live")
        wait_until_run(lab, sent, len(jupyter.code_of(BAND)))
        assert len(sent) == len(jupyter.code_of(BAND))
        style = lab.page.locator("link[data-wb]").first.get_attribute("href")
        assert style
        assert prefix in style
        lab.page.locator(".jp-Toolbar jp-button[aria-label='Course home']").click()
        lab.page.wait_for_url(f"**{prefix}ward-to-board**")


def test_a_kernel_that_is_slow_to_start_is_said_to_be(
        lab: Lab, served: Served, again: Callable[[], jupyter.Server], tmp_path: Path,
        screenshots: Path) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-slow.py").write_text("import time; time.sleep(20)")
    sent = count_runs(lab)
    with serving(again(), served.state, IPYTHONDIR=str(tmp_path)) as slow:
        lab.go(slow.module(NAME))
        lab.wait_bar("starting")
        assert said(lab) == "Starting this module …"
        before = tops(lab)
        lab.wait_bar("slow")
        assert "It may take a minute on a busy day. There is nothing you need to do." in said(lab)
        lab.page.screenshot(path=screenshots / "slow.png")
        lab.wait_bar("live")
        assert tops(lab)[0] == before[0], "the bar comes and goes over room kept for it"
        wait_until_run(lab, sent, CELLS)
        assert len(sent) == CELLS
        assert lab.page.locator(SUBMIT).count() == 1
        end_kernels(lab)


def test_a_kernel_that_dies_in_mid_module_comes_back_by_itself_and_moves_nobody(
        lab: Lab, desk: Callable[..., Desk], screenshots: Path) -> None:
    laid = desk(BAND, "right")
    sent, cells = count_runs(lab), len(jupyter.code_of(BAND))
    lab.open(laid.address).run()
    lab.wait_bar("live")
    scroll_to(lab, 5000)
    before = tops(lab)
    kept = lab.status("rubber-band.predict-snaps")
    assert kept.startswith("Saved")
    laid.kill()
    lab.wait_bar("again")
    assert said(lab) == f"This module stopped, and is starting again by itself. {SAFE}"
    lab.page.screenshot(path=screenshots / "again.png")
    assert lab.page.locator(".jp-Dialog").count() == 0
    lab.wait_bar("live")
    wait_until_run(lab, sent, 2 * cells)
    assert len(sent) == 2 * cells
    assert moved(lab, before) < 80
    assert lab.status("rubber-band.predict-snaps") == kept
    assert lab.page.locator(".jp-Dialog").count() == 0


def test_a_kernel_that_cannot_start_leaves_a_sentence_and_a_button_that_puts_it_right(
        lab: Lab, served: Served, again: Callable[[], jupyter.Server], tmp_path: Path,
        screenshots: Path) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    cause = tmp_path / "cause"
    cause.write_text("")
    (startup / "00-ends.py").write_text(
        f"import os\nif os.path.exists({str(cause)!r}): os._exit(1)")
    sent = count_runs(lab)
    with serving(again(), served.state, IPYTHONDIR=str(tmp_path)) as broken:
        lab.go(broken.module(NAME))
        lab.wait_bar("stopped", "failed")
        assert SAFE in said(lab)
        lab.page.screenshot(path=screenshots / "stopped.png")
        assert lab.page.locator(".jp-Dialog").count() == 0
        assert not sent
        press_bar(lab, "Start again")  # the cause is still there: a sentence once more
        assert lab.page.evaluate("document.activeElement.className") == "wb wb-bar"
        lab.wait_bar("starting")
        lab.wait_bar("stopped", "failed")
        cause.unlink()
        press_bar(lab, "Start again")
        lab.wait_bar("live")
        wait_until_run(lab, sent, CELLS)
        assert len(sent) == CELLS
        assert lab.page.locator(SUBMIT).count() == 1
        end_kernels(lab)


def test_a_server_that_goes_is_told_and_the_button_works_when_it_is_back(
        lab: Lab, served: Served, again: Callable[[], jupyter.Server], desk: Callable[..., Desk],
        screenshots: Path) -> None:
    laid, server, item = desk("00-start-here"), again(), "start-here.hope"
    with serving(server, served.state) as first:
        lab.open(first.at(f"doc/tree/{laid.folder.name}/00-start-here.ipynb")).run()
        lab.type(item, "Patients know what happens next.")
        lab.wait_status(item, "Saved")
    lab.wait_bar("lost")
    assert "The course cannot be reached. " + SAFE in said(lab)
    press_bar(lab, "Start again")
    lab.wait_bar("starting")
    lab.wait_bar("lost")
    assert lab.page.locator(".jp-Dialog").count() == 0
    lab.page.screenshot(path=screenshots / "lost.png")
    with serving(server, served.state):
        if lab.wait_bar("lost", "stopped"):
            press_bar(lab, "Start again")
        lab.wait_bar("live")
        lab.wait_status(item, "Saved")
        assert lab.page.locator(f'[data-wb-key="{item}"] textarea').input_value() == (
            "Patients know what happens next.")
        end_kernels(lab)


def test_a_reader_comes_back_to_the_place_they_left_and_elsewhere_to_the_next_question(
        tabs: Callable[[], Lab], desk: Callable[..., Desk], chromium: object,
        screenshots: Path) -> None:
    laid = desk(BAND, "right")
    lines = laid.answers.read_text().splitlines(keepends=True)
    part = next(number for number, line in enumerate(lines) if ".predict-snaps" in line)
    laid.answers.write_text("".join(lines[:part]))
    # Nothing is remembered here yet: the first question after the last one answered.
    lab = tabs()
    lab.open(laid.address).run()
    lab.wait_bar("live")
    form = lab.page.locator('[data-wb-key="rubber-band.predict-snaps"]')
    form.wait_for()
    lab.page.wait_for_timeout(3000)
    box = form.bounding_box()
    assert box
    assert 0 < box["y"] < 500
    assert lab.page.evaluate(
        "document.activeElement.closest('.jp-Cell')?.querySelector('[data-wb-key]')"
        "?.dataset.wbKey") == "rubber-band.predict-snaps", "Tab goes on from there"
    # From now on the place is remembered.
    scroll_to(lab, 1500)
    before = tops(lab)
    lab.page.reload()
    lab.wait_bar("live")
    lab.page.wait_for_timeout(3000)
    assert moved(lab, before) < 80
    lab.page.screenshot(path=screenshots / "place.png")


def test_who_scrolls_while_a_module_starts_is_not_pulled_back(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(BAND, "right")
    lab.open(laid.address).run()
    lab.wait_bar("live")
    scroll_to(lab, 6000)
    assert tops(lab)[0] < -4000
    lab.page.reload()
    lab.wait_bar("starting")
    for _ in range(3):
        scroll_to(lab, -6000)
    lab.wait_bar("live")
    lab.page.wait_for_timeout(2000)
    assert tops(lab)[0] > -1000


def test_a_changed_copy_starts_when_its_button_is_pressed_and_not_before(
        lab: Lab, desk: Callable[..., Desk], screenshots: Path) -> None:
    laid = desk(NAME)
    laid.not_quite_ours()
    sent = count_runs(lab)
    lab.open(laid.address)
    lab.wait_bar("changed")
    assert said(lab).startswith(
        "This copy of the module has been changed, so it does not start by itself.")
    lab.page.wait_for_timeout(3000)
    assert sent == []
    lab.page.screenshot(path=screenshots / "changed.png")
    press_bar(lab, "Start it")
    lab.wait_bar("live")
    wait_until_run(lab, sent, CELLS)
    assert len(sent) == CELLS
    assert lab.page.locator(SUBMIT).count() == 1


def test_a_run_that_breaks_off_is_said_in_a_sentence_with_a_button(
        lab: Lab, desk: Callable[..., Desk]) -> None:
    laid = desk(NAME)
    path = laid.folder / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["source"] = "1 / 0"
    path.write_text(json.dumps(notebook))
    lab.open(laid.address)
    lab.wait_bar("changed")
    press_bar(lab, "Start it")
    lab.wait_bar("partly")
    assert said(lab).startswith(f"Part of this module could not be shown. {SAFE}")
    lab.page.close()  # its one traceback is of a cell that is not ours


@pytest.mark.parametrize("change", ["a cell more", "a cell changed", "another name"])
def test_a_notebook_whose_code_is_not_exactly_ours_never_runs_unasked(
        lab: Lab, served: Served, change: str) -> None:
    workspace = served.state / "workspace"
    folder = workspace / change.replace(" ", "-")
    folder.mkdir()
    canary = folder / "ran"
    notebook = json.loads((workspace / NAME / f"{NAME}.ipynb").read_text())
    code = f"open({str(canary)!r}, 'w').close()"
    cells = notebook["cells"]
    if change == "a cell more":
        cells.insert(0, {"cell_type": "code", "id": "more", "metadata": {}, "outputs": [],
                         "execution_count": None, "source": code})
    else:
        first = next(cell for cell in cells if cell["cell_type"] == "code")
        first["source"] = code + "\n" + "".join(first["source"])
    name = "mine" if change == "another name" else NAME
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
    sent = count_runs(lab)
    lab.open(served.at(f"lab/tree/{folder.name}/{name}.ipynb"))
    lab.page.wait_for_timeout(6000)
    assert sent == []
    assert not canary.exists()
    assert lab.page.locator(".wb-form").count() == 0
    assert lab.page.locator(".wb-bar").count() == (0 if name == "mine" else 1)
    end_kernels(lab)
    shutil.rmtree(folder)
