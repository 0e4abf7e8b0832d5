"""The `course` command as a person at a terminal meets it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from course import home, lab

COURSE = str(Path(sys.executable).parent / "course")


def run(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COURSE, *words], env={**os.environ, "COURSE_HOME": str(state)},
                          cwd=state.parent, capture_output=True, text=True, timeout=300,
                          check=False)


@contextmanager
def started(state: Path, *words: str) -> Iterator[tuple[str, str]]:
    """`course start`, until its address answers: the address, and all it said before."""
    process = subprocess.Popen([COURSE, "start", "--no-browser", *words], text=True,
                               env={**os.environ, "COURSE_HOME": str(state)}, cwd=state.parent,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S+token=\S+", said):
                yield found[0], said
                return
        raise AssertionError(said)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        process.stdout.read()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli") / "state"


def answers(address: str) -> bool:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return bool(page.status == 200)
        except OSError:
            time.sleep(0.5)
    return False


def test_start_gives_an_address_that_answers_and_says_there_is_no_browser(state: Path) -> None:
    with started(state) as (address, said):
        assert answers(address)
        assert "00-start-here: added" in said
        assert "token=" in address


def test_starting_again_never_touches_a_fellows_work_and_takes_a_free_port(state: Path) -> None:
    module = state / "workspace" / "02-rubber-band"
    (module / "answers.jsonl").write_text("my words\n")
    (module / "02-rubber-band.ipynb").write_text("changed by me")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", lab.free_port()))
        taken.listen()
        with started(state) as (address, said):
            assert f":{taken.getsockname()[1]}/" not in address
            assert answers(address)
            assert "02-rubber-band: here already, left as it is" in said
    assert (module / "answers.jsonl").read_text() == "my words\n"
    assert (module / "02-rubber-band.ipynb").read_text() == "changed by me"


def test_stopping_it_from_outside_stops_jupyterlab_too(state: Path) -> None:
    with started(state) as (address, _):
        assert answers(address)
    port = int(re.search(r":(\d+)/", address)[1])  # type: ignore[index]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("words", [
    ["readings", "add", "no-such-file.pdf"], ["mark", "99-no-such-module"],
    ["collect", "../../etc"], ["release", "[bold]x"], ["export", "/no/such/folder/marks.csv"]])
def test_what_cannot_be_done_gets_a_sentence_and_no_traceback(state: Path,
                                                             words: list[str]) -> None:
    done = run(state, *words)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stdout.strip()) > 20


def test_every_step_before_anything_was_submitted_says_what_to_do_first(state: Path) -> None:
    for step in ("collect", "mark", "feedback"):
        done = run(state, step)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        for module in home.modules():
            assert module in done.stdout


def test_the_folder_of_state_can_be_chosen(tmp_path: Path) -> None:
    done = run(tmp_path / "unused", "--home", str(tmp_path / "chosen"), "release",
               "00-start-here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "chosen" / "exchange").is_dir()
    assert not (tmp_path / "unused").exists()
