"""A module opens live: it runs by itself, once, and nothing else ever does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from course import lab as jupyter
from tests.browser.conftest import PATIENCE, Lab, Served

NAME = "03-two-hour-organisation"
CELLS = len(jupyter.code_of(NAME))

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


def test_a_module_runs_by_itself_once_shows_no_code_and_stays_at_the_top(
        lab: Lab, served: Served, screenshots: Path) -> None:
    sent = count_runs(lab)
    lab.open(served.module(NAME))
    wait_until_run(lab, sent, CELLS)
    assert len(sent) == CELLS
    assert lab.page.locator(".jp-CodeCell .jp-Cell-inputWrapper:visible").count() == 0
    assert lab.page.evaluate(
        "[...document.querySelectorAll('.jp-WindowedPanel-outer')].pop().scrollTop") < 50
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
    lab.go(served.at(f"{view}/{NAME}/{NAME}.ipynb"))
    lab.page.wait_for_selector("[data-wb-key=submit]", timeout=PATIENCE)
    end_kernels(lab)


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
    end_kernels(lab)
    shutil.rmtree(folder)
