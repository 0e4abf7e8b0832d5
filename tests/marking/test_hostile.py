"""Bad submissions: none is run, followed or rendered, none stops the others, each is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.marking import loop
from tests.marking.ward import TRIAL, Ward, bot, lines, nbgrader, new_ward

SECRET = "the-tutor's-own-secret-4711"
SCRIPT = ("</pre><script>alert(1)</script><img src=x onerror=alert(1)> **bold** "
          "[a](javascript:alert(1)) $\\href{javascript:alert(1)}{x}$ ![i](http://x.invalid/i.png)")


@dataclass
class Bad:
    """One way to hand in something bad, and how much of it is answers after all."""

    make: Callable[[Ward, str, Path], None]
    says: str
    """What its line in the report tells."""
    scores: bool = False
    """The record is sound, so the points are earned whatever else came with it."""
    markable: bool = True


CASES: dict[str, Bad] = {}


def case(says: str, scores: bool = False, markable: bool = True) -> Callable[..., Any]:
    def keep(make: Callable[[Ward, str, Path], None]) -> Callable[..., Any]:
        CASES[make.__name__.replace("_", "-")] = Bad(make, says, scores, markable)
        return make
    return keep


def evil(space: Path) -> str:
    """Code that leaves a trace if anything, anywhere, runs it."""
    return f"open({str(space / 'ran')!r}, 'a').write(__name__)\n"


def changed(ward: Ward, how: Callable[[Any], None]) -> bytes:
    notebook = nbformat.read(ward.original, as_version=4)
    how(notebook)
    return json.dumps(notebook).encode()


# ---- code -----------------------------------------------------------------------------


@case("1 code cell added or changed", scores=True)
def added_cell(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=changed(
        ward, lambda nb: nb.cells.insert(0, new_code_cell(evil(space)))))


@case("1 code cell added or changed")
def always_equal(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "wrong"), notebook=changed(ward, lambda nb: nb.cells.insert(
        0, new_code_cell(evil(space) + "class T:\n    __eq__ = lambda *a: True\n"
                         "from course import scoring\nscoring.mark = lambda *a: T()"))))


@case("1 code cell added or changed")
def changed_test(ward: Ward, name: str, space: Path) -> None:
    def change(nb: Any) -> None:
        nb.cells[3].source = evil(space) + "2.0"
    ward.hand_in(name, bot(TRIAL, "wrong"), notebook=changed(ward, change))


@case("1 code cell added or changed", scores=True)
def duplicated_test(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=changed(
        ward, lambda nb: nb.cells.append(nb.cells[3] | {"id": "another"})))


@case("altair.py", scores=True)
def own_modules(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    for module in ("altair", "course", "numpy", "nbconvert", "sitecustomize", "trial"):
        (place / f"{module}.py").write_text(evil(space))


@case("ipykernel_launcher.py", scores=True)
def own_kernel(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"), notebook=changed(
        ward, lambda nb: nb.metadata.kernelspec.update(name="evil")))
    (place / "ipykernel_launcher.py").write_text(evil(space))


@case("nbgrader_config.py", scores=True)
def own_configuration(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    (place / "nbgrader_config.py").write_text(evil(space))


# ---- links and other things that are not files ------------------------------------------


@case("answers.jsonl is a link to another file")
def linked_answers(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, None)
    (place / "answers.jsonl").symlink_to(space / "secret.jsonl")


@case("90-trial.ipynb is a link to another file", scores=True)
def linked_notebook(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"), notebook=None)
    (place / ward.notebook).symlink_to(space / "private" / "secret.txt")


@case("timestamp.txt is a link to another file", scores=True)
def linked_time(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    (place / "timestamp.txt").unlink()
    (place / "timestamp.txt").symlink_to(space / "private" / "secret.txt")


@case("pictures does not belong", scores=True)
def linked_folder_inside(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    (place / "pictures").symlink_to(space / "private")


@case("The submission is a link", markable=False)
def linked_folder(ward: Ward, name: str, space: Path) -> None:
    (ward.course / "submitted" / name).mkdir(parents=True)
    (ward.course / "submitted" / name / TRIAL).symlink_to(space / "private")


@case("The submission is a link", markable=False)
def linked_fellow(ward: Ward, name: str, space: Path) -> None:
    (ward.course / "submitted").mkdir(exist_ok=True)
    (ward.course / "submitted" / name).symlink_to(space / "house")


@case("The submission is a link", markable=False)
def dangling(ward: Ward, name: str, space: Path) -> None:
    (ward.course / "submitted" / name).mkdir(parents=True)
    (ward.course / "submitted" / name / TRIAL).symlink_to(space / "nothing")


@case("The submission is not a folder", markable=False)
def file_for_folder(ward: Ward, name: str, space: Path) -> None:
    (ward.course / "submitted" / name).mkdir(parents=True)
    (ward.course / "submitted" / name / TRIAL).write_text("hello")


@case("answers.jsonl is not an ordinary file")
def pipe(ward: Ward, name: str, space: Path) -> None:
    os.mkfifo(ward.hand_in(name, None) / "answers.jsonl")


@case("timestamp.txt is not an ordinary file", scores=True)
def pipe_for_time(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    (place / "timestamp.txt").unlink()
    os.mkfifo(place / "timestamp.txt")


@case("90-trial.ipynb is not an ordinary file", scores=True)
def folder_for_notebook(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"), notebook=None)
    (place / ward.notebook).mkdir()


# ---- the record -------------------------------------------------------------------------


@case("answers.jsonl is 1 GB")
def one_gigabyte(ward: Ward, name: str, space: Path) -> None:
    with (ward.hand_in(name, "") / "answers.jsonl").open("wb") as file:
        file.truncate(1 << 30)


@case("answers.jsonl is 50 MB")
def one_long_line(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, b'{"v":1,"item":"trial.sum","value":"' + b"a" * (50 << 20) + b'"}')


@case("Line 3 of answers.jsonl is", scores=True)
def long_line_among_answers(ward: Ward, name: str, space: Path) -> None:
    first, *rest = bot(TRIAL, "right").splitlines(keepends=True)
    ward.hand_in(name, "".join([first, rest[0], "[" * (12 << 20), "\n", *rest[1:]]))


@case("answers.jsonl")
def binary(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bytes(range(256)) * 400)


@case("could not be read as JSON")
def nan(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, lines([("trial.predict", "grows"), ("trial.sum", 12)]).replace(
        '"value": 12', '"value": NaN').replace('"value": "grows"', '"value": Infinity'))


@case("")
def numbers_as_strings(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, lines([("trial.predict", 1), ("trial.sum", "12")]))


@case("is not text")
def reflection_of_numbers(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, lines([("trial.reflection", {"a": [1, 2]})]))


@case("")
def script(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, lines([("trial.difference", SCRIPT), ("trial.reflection", SCRIPT)]))


@case("is not an answer we know (student)")
def another_name(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right").replace('{"v"', '{"student": "zoe", "v"'))


@case("could not be read as JSON")
def deep(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, "[" * 60_000 + "\n" + '{"a":' * 10_000 + "\n")


@case("No answers.jsonl came with it")
def no_answers(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, None)


# ---- the notebook and the rest ----------------------------------------------------------


@case("No notebook came with it", scores=True)
def no_notebook(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=None)


@case("The notebook is damaged", scores=True)
def cut_notebook(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=ward.original.read_bytes()[:700])


@case("The notebook is damaged", scores=True)
def deep_notebook(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=b"[" * 1_000_000)


@case("", scores=True)
def odd_notebook(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), notebook=json.dumps(
        {"cells": [{"cell_type": [], "source": {"a": 1}, "metadata": {"nbgrader": 3}}],
         "metadata": 7, "nbformat": "x"}).encode())


@case("90-trial.ipynb is 1 GB", scores=True)
def huge_notebook(ward: Ward, name: str, space: Path) -> None:
    with (ward.hand_in(name, bot(TRIAL, "right")) / ward.notebook).open("wb") as file:
        file.truncate(1 << 30)


@case("typed into the cell trial-reflection", scores=True)
def typed_into_the_cell(ward: Ward, name: str, space: Path) -> None:
    def change(nb: Any) -> None:
        nb.cells[4].source = SCRIPT
        nb.cells.append(new_markdown_cell(SCRIPT))
    ward.hand_in(name, bot(TRIAL, "right"), notebook=changed(ward, change))


@case("timestamp.txt is not a time", scores=True)
def no_time(ward: Ward, name: str, space: Path) -> None:
    ward.hand_in(name, bot(TRIAL, "right"), sent="2026-11-22 18:04:11 ../../../../etc/passwd")


@case("gibberish", scores=True)
def odd_names(ward: Ward, name: str, space: Path) -> None:
    place = ward.hand_in(name, bot(TRIAL, "right"))
    (place / "gibberish\n[red]ann: 6 of 6\x1b[2J").write_text("")


# ---- both ways to mark ------------------------------------------------------------------


@dataclass
class Run:
    ward: Ward
    space: Path
    said: list[str] = field(default_factory=list)


@pytest.fixture(scope="module", params=["batch", "autograde"])
def run(request: pytest.FixtureRequest, released: Callable[[str], Path],
        tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Every bad submission in one cohort, with a good one before and one after."""
    space = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        ward = new_ward(released, TRIAL, space, patch)
        (space / "private").mkdir()
        (space / "private" / "secret.txt").write_text(SECRET)
        (space / "private" / ward.notebook).write_bytes(ward.original.read_bytes())
        (space / "private" / "answers.jsonl").write_text(
            lines([("trial.reflection", SECRET), ("trial.sum", 12)]))
        (space / "secret.jsonl").write_bytes((space / "private" / "answers.jsonl").read_bytes())
        (space / "house").mkdir()
        (space / "house" / TRIAL).symlink_to(space / "private")
        for good in ("ann", "zoe"):
            ward.hand_in(good, bot(TRIAL, "right"))
        for name, bad in CASES.items():
            bad.make(ward, f"eve-{name}", space)
        if request.param == "batch":
            said = loop.mark(TRIAL).sentences()
        else:
            code, log = nbgrader("autograde", TRIAL)
            assert code == 0, log
            said = [line.partition("] ")[2] for line in log.splitlines()]
        yield Run(ward, space, said)


def test_nobody_else_is_kept_waiting_by_a_bad_submission(run: Run) -> None:
    for good in ("ann", "zoe"):
        assert [s for s, _, _ in run.ward.scores(good).values()] == [1.0, 2.0, None]
    assert run.ward.students() == {"ann", "zoe"} | {
        f"eve-{name}" for name, bad in CASES.items() if bad.markable}


def test_nothing_that_was_handed_in_has_run(run: Run) -> None:
    assert not (run.space / "ran").exists()


def test_no_link_was_followed(run: Run) -> None:
    for folder, _, files in os.walk(run.ward.state):  # os.walk follows none either
        for name in files:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 28:
                assert SECRET.encode() not in path.read_bytes(), path
    assert {p.name for p in (run.space / "private").iterdir()} == {
        "secret.txt", "answers.jsonl", run.ward.notebook}


def test_what_was_marked_is_small_and_ordinary(run: Run) -> None:
    for path in (run.ward.course / "autograded").rglob("*"):
        assert not path.is_symlink()
        assert path.is_dir() or (path.is_file() and path.stat().st_size <= 16 << 20), path
        assert path.name in {run.ward.notebook, "answers.jsonl", "timestamp.txt",
                             "submission_secret.txt", TRIAL} or path.name in run.ward.students()


@pytest.mark.parametrize("name", CASES)
def test_each_is_named_in_one_plain_line(run: Run, name: str) -> None:
    bad, who = CASES[name], f"eve-{name}"
    about = [line for line in run.said if line.startswith(f"{who}: ")]
    if bad.says:
        assert len(about) == 1, about
        assert bad.says in about[0]
        assert about[0].isprintable()
    else:
        assert not [line for line in about if "could not" in line]


@pytest.mark.parametrize("name", [n for n, bad in CASES.items() if bad.markable])
def test_points_are_for_answers_alone(run: Run, name: str) -> None:
    autos = [s for s, _, _ in run.ward.scores(f"eve-{name}").values()][:2]
    assert autos == ([1.0, 2.0] if CASES[name].scores else [0.0, 0.0])


def test_words_of_a_fellow_are_only_words(run: Run) -> None:
    for name in ("script", "typed-into-the-cell"):
        for cell in run.ward.marked(f"eve-{name}").cells:
            assert "<script" not in cell.source
            assert "onerror" not in cell.source or "&#61;alert" in cell.source
            assert "javascript:" not in cell.source
    assert SCRIPT not in json.dumps(run.ward.marked("eve-typed-into-the-cell"))


def test_nothing_is_lost_by_being_set_aside(run: Run) -> None:
    aside = run.ward.course / "set-aside" / TRIAL
    assert [p.name for p in aside.glob("eve-own-kernel/*/*.py")] == ["ipykernel_launcher.py"]
    assert [p.is_symlink() for p in aside.glob("eve-linked-answers/*/answers.jsonl")] == [True]
    assert [p.stat().st_size for p in aside.glob("eve-one-gigabyte/*/answers.jsonl")] == [1 << 30]
