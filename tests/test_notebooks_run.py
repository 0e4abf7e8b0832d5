"""Every notebook runs from top to bottom, whatever has been answered, with no network.

Papermill runs each of them in four states: untouched, with a bot's right answers, with its
wrong ones, and with the readings added. Their kernels cannot reach the network: they live
in a network namespace of their own (`unshare`) or, where the system does not allow that,
under a guard that lets sockets reach this computer only. The kernel is spoken to through
files (ZeroMQ's `ipc`), which neither cuts.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
import papermill
import pytest
from traitlets.config import Config

from course import assessments, corpus, home
from course.assessments import Item
from tests import bots

State = Literal["untouched", "right", "wrong", "with the readings"]
STATES: tuple[State, ...] = ("untouched", "right", "wrong", "with the readings")
READINGS = sorted((Path(__file__).parents[2] / "shared" / "readings").glob("*.txt"))
MOST_BYTES = 300_000
AT_ONCE = 2
PATIENCE = 120  # seconds for one cell, on a computer that has other things to do

GUARD = '''
"""Lets sockets reach this computer only, where no network namespace can be made."""
import ipaddress, socket

class Guarded(socket.socket):
    def _check(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            try:
                inside = ipaddress.ip_address(address[0]).is_loopback
            except ValueError:
                inside = address[0] == "localhost"
            if not inside:
                raise OSError("no network in this test")
    def connect(self, address): self._check(address); return super().connect(address)
    def connect_ex(self, address): self._check(address); return super().connect_ex(address)
    def sendto(self, data, *rest): self._check(rest[-1]); return super().sendto(data, *rest)

socket.socket = Guarded
'''


def may_unshare() -> bool:
    program = shutil.which("unshare")
    return bool(program) and subprocess.run(
        [str(program), "-rn", "true"], capture_output=True, check=False).returncode == 0


WAYS = ("namespace", "guard")
needs_namespace = pytest.mark.skipif(
    not may_unshare(), reason="this system makes no network namespace for ordinary accounts")


class Kernels:
    """Where kernels are described and started, and how they are cut off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "guard").mkdir()
        (folder / "guard" / "sitecustomize.py").write_text(GUARD)

    def make(self, name: str, way: str, state: Path) -> str:
        """A kernel that is cut off in this way and has this folder of state."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # Strict: a fellow is shown a sentence when we are at fault; here it has to be seen.
        environment = {"COURSE_HOME": str(state), "COURSE_STRICT": "1",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        if way == "namespace":
            command = ["unshare", "-rn", *command]
        else:
            environment["PYTHONPATH"] = os.pathsep.join(
                filter(None, [str(self.folder / "guard"), os.environ.get("PYTHONPATH")]))
        place = self.folder / "share" / "kernels" / name
        place.mkdir(parents=True)
        (place / "kernel.json").write_text(json.dumps({
            "argv": command, "env": environment, "display_name": name, "language": "python"}))
        return name

    def execute(self, notebook: Path | Any, into: Path, kernel: str) -> Any:
        """Run a notebook in the folder of `into`, as papermill does; a failing cell is no error."""
        # Every kernel has its own sockets, named after this file.
        connection = self.folder / "run" / f"{secrets.token_hex(4)}.json"
        try:
            return papermill.execute_notebook(
                notebook, into, kernel_name=kernel, progress_bar=False, start_timeout=PATIENCE,
                execution_timeout=PATIENCE, request_save_on_cell_execute=False,
                # Not papermill's `cwd`: that moves this whole process, and two run at once.
                resources={"metadata": {"path": str(into.parent)}},
                config=Config(KernelManager={"transport": "ipc",
                                             "connection_file": str(connection)}))
        except papermill.PapermillExecutionError:
            return nbformat.read(into, as_version=4)


@pytest.fixture(scope="session")
def kernels() -> Iterator[Kernels]:
    # A path in /tmp and not in pytest's own folder: the name of a socket has 107 bytes at most.
    with (tempfile.TemporaryDirectory(prefix="wb") as short,
          pytest.MonkeyPatch.context() as environment):
        folder = Path(short)
        (folder / "run").mkdir()
        environment.setenv("JUPYTER_PATH", str(folder / "share"))
        environment.setenv("JUPYTER_RUNTIME_DIR", str(folder / "run"))
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        yield Kernels(folder)




# ---- the runs -------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """A notebook that was run: the file, and what is in it."""

    file: Path
    notebook: Any

    @property
    def code(self) -> list[Any]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    def outputs(self, kind: str) -> list[tuple[str, Any]]:
        return [(cell.id, output) for cell in self.code for output in cell.outputs
                if output.output_type == kind]


@pytest.fixture(scope="session")
def runs(kernels: Kernels, tmp_path_factory: pytest.TempPathFactory,
         request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, State], Future[Run]]]:
    """Every run that a selected test asks for, started here, two at a time."""
    way = WAYS[0] if may_unshare() else WAYS[1]
    folder = tmp_path_factory.mktemp("runs")
    plain, rich = folder / "plain", folder / "rich"
    kernels.make("plain", way, plain)
    kernels.make("rich", way, rich)
    if READINGS:
        added = corpus.add(READINGS, rich / "readings")
        assert added.found, "the readings are here and none of them was recognised"

    def run(name: str, state: State) -> Run:
        place = folder / state.replace(" ", "-") / name
        place.mkdir(parents=True)
        if state in ("right", "wrong"):
            bots.play(place, name, state)
        source = home.content() / "modules" / name / f"{name}.ipynb"
        kernel = "rich" if state == "with the readings" else "plain"
        notebook = kernels.execute(source, place / f"{name}.ipynb", kernel)
        return Run(place / f"{name}.ipynb", notebook)

    wanted = {(item.callspec.params["module"], item.callspec.params["state"])
              for item in request.session.items
              if item.path == Path(__file__) and "state" in getattr(item, "fixturenames", ())}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {(name, state): pool.submit(run, name, state)
               for name in home.modules() for state in STATES
               if (name, state) in wanted and (READINGS or state != "with the readings")}


@pytest.fixture
def ran(runs: dict[tuple[str, State], Future[Run]], module: str, state: State) -> Run:
    if state == "with the readings" and not READINGS:
        pytest.skip("the readings are in copyright and not here, so none could be added")
    return runs[module, state].result()


every_run = pytest.mark.parametrize(
    ("module", "state"), [(name, state) for name in home.modules() for state in STATES])


@every_run
def test_a_notebook_runs_from_top_to_bottom_without_a_complaint(
        ran: Run, module: str, state: State) -> None:
    assert [(id, o.ename, o.evalue) for id, o in ran.outputs("error")] == []
    assert [(id, o.name, o.text) for id, o in ran.outputs("stream")] == []
    assert all(cell.execution_count for cell in ran.code), "every cell was run"
    assert all(cell.outputs for cell in ran.code), "every cell shows something"


@every_run
def test_every_marked_question_shows_its_points(ran: Run, module: str, state: State) -> None:
    found = points(ran, module)
    for item, value in found:
        assert 0 <= value <= item.points, item.id
    if state == "right":
        assert [(item.id, value) for item, value in found] == [(i.id, i.points) for i, _ in found]
    elif state == "wrong":
        assert sum(v for _, v in found) < sum(i.points for i, _ in found) / 2
    else:
        assert [v for _, v in found] == [0] * len(found)


def points(ran: Run, module: str) -> list[tuple[Item, float]]:
    """Each auto-marked item with the points that nbgrader would read from its cell."""
    items = {i.grade_id: i for i in assessments.module(module).items if i.marked == "auto"}
    found = []
    for cell in ran.code:
        if item := items.pop(cell.metadata.get("nbgrader", {}).get("grade_id"), None):
            (result,) = [o for o in cell.outputs if o.output_type == "execute_result"]
            found.append((item, float(result.data["text/plain"])))
    assert not items
    assert found
    return found


@every_run
def test_a_notebook_that_was_run_stays_small(ran: Run, module: str, state: State) -> None:
    assert ran.file.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("state", ["with the readings"])
@pytest.mark.parametrize("module", [
    m for m in home.modules() if "excerpt" in (home.content() / "modules" / m / f"{m}.ipynb")
    .read_text(encoding="utf-8")])
def test_with_the_readings_added_the_authors_words_stand_beside_ours(
        ran: Run, runs: dict[tuple[str, State], Future[Run]], module: str, state: State) -> None:
    quoted = json.dumps(ran.notebook).count("<blockquote>")
    assert quoted > 0
    if (module, "untouched") in runs:
        plain = runs[module, "untouched"].result()
        assert "<blockquote>" not in json.dumps(plain.notebook)


# ---- no network -----------------------------------------------------------------------

REACH = """
import errno, socket
def reach(host, port):
    try:
        socket.create_connection((host, port), timeout=20).close()
        return "reached"
    except OSError as error:
        return str(error)
print(reach({host!r}, {port}))
"""


def run_code(kernels: Kernels, kernel: str, folder: Path, code: str) -> Run:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata={
        "kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}})
    file = folder / "out.ipynb"
    return Run(file, kernels.execute(notebook, file, kernel))


def said(ran: Run) -> str:
    return "".join(output.text for _, output in ran.outputs("stream")).strip()


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this computer on which somebody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()  # it is there
        yield port


@needs_namespace
def test_a_kernel_in_a_namespace_reaches_nothing_not_even_this_computer(
        kernels: Kernels, tmp_path: Path, listening: int) -> None:
    kernel = kernels.make("cut-off", "namespace", tmp_path)
    for host, port in (("127.0.0.1", listening), ("192.0.2.1", 80)):
        ran = run_code(kernels, kernel, tmp_path, REACH.format(host=host, port=port))
        assert "unreachable" in said(ran), "a namespace of its own has no way to anywhere"


def test_a_kernel_under_the_guard_reaches_this_computer_only(
        kernels: Kernels, tmp_path: Path, listening: int) -> None:
    kernel = kernels.make("guarded", "guard", tmp_path)
    inside = REACH.format(host="127.0.0.1", port=listening)
    # 192.0.2.0/24 is for documentation: nobody is there, so this cannot reach anyone either.
    outside = REACH.format(host="192.0.2.1", port=80)
    assert said(run_code(kernels, kernel, tmp_path, inside)) == "reached"
    assert said(run_code(kernels, kernel, tmp_path, outside)) == "no network in this test"


def test_what_goes_wrong_in_a_notebook_is_seen(kernels: Kernels, tmp_path: Path) -> None:
    kernel = kernels.make("faulty", "guard", tmp_path)
    code = textwrap.dedent("""
        import sys
        print("beware", file=sys.stderr)
        1 / 0""")
    ran = run_code(kernels, kernel, tmp_path, code)
    assert [o.ename for _, o in ran.outputs("error")] == ["ZeroDivisionError"]
    assert [o.text.strip() for _, o in ran.outputs("stream")] == ["beware"]
    assert os.getcwd() != str(tmp_path)
