"""Which way things point: the four lines of the plan, held by import-linter and by running.

`.importlinter` says them; the tests below also prove that a wrong import would be seen, and
what is really loaded when a record is marked and when a fellow opens a module.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp
import pytest

from course import home
from tests import bots

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "course"
BEHIND_THE_COMMAND_LINE = ("course.desk", "course.hub")
WIDGETS = ("ipywidgets", "anywidget", "altair")


def lint(folder: Path) -> tuple[bool, str]:
    """Whether the imports of the `course` in a folder keep every contract, and what is said."""
    told = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()",
         "--no-cache", "--config", str(ROOT / ".importlinter")],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "100"})
    return told.returncode == 0, told.stdout + told.stderr


def test_every_import_points_the_right_way() -> None:
    kept, said = lint(ROOT)
    assert kept, said


def test_a_model_is_kept_from_every_room_there_is() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    forbidden = contracts["importlinter:contract:models"]["forbidden_modules"].split()
    rooms = {f"course.{path.stem}" for path in COURSE.iterdir()
             if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert sorted(rooms - {"course.__init__", "course.exercises"} - set(forbidden)) == [], (
        "name these in .importlinter, so that no model imports them")


def who_imports(rooms: Iterable[str], graph: grimp.ImportGraph) -> set[str]:
    """The modules outside these rooms that import something in them; a room may not exist yet."""
    inside = {m for room in rooms if room in graph.modules
              for m in (room, *graph.find_descendants(room))}
    return {m for module in inside
            for m in graph.find_modules_that_directly_import(module)} - inside


def test_nothing_but_the_command_line_imports_the_desk_or_the_hub() -> None:
    graph = grimp.build_graph("course", cache_dir=None)
    assert who_imports(["course.scoring"], graph) >= {"course.module"}
    assert who_imports(BEHIND_THE_COMMAND_LINE, graph) <= {"course.cli"}


def test_whoever_imports_the_desk_would_be_seen() -> None:
    graph = grimp.ImportGraph()
    graph.add_import(importer="course.cli", imported="course.desk.server")
    graph.add_import(importer="course.desk.server", imported="course.desk")
    graph.add_import(importer="course.home", imported="course.desk.server")
    assert who_imports(BEHIND_THE_COMMAND_LINE, graph) == {"course.cli", "course.home"}


@pytest.mark.parametrize(("file", "line", "contract"), [
    ("exercises/rubber_band/model.py", "from course import answers", "A model imports nothing"),
    ("exercises/rubber_band/model.py", "import altair", "A model imports nothing"),
    ("exercises/rubber_band/exercise.py", "from course.ui import forms", "An exercise does not"),
    ("exercises/rubber_band/exercise.py", "from course.exercises.rubber_band import view",
     "An exercise does not"),
    ("assessments.py", "from course.ui.html import text", "An exercise does not"),
    ("handin.py", "import ipywidgets", "Only views and course.ui"),
    ("module.py", "def later():\n    import altair", "Only views and course.ui"),
    ("scoring.py", "from course.ui import cards", "Marking and scoring"),
    ("privacy.py", "from course import module", "A fellow's pages"),
    ("cli.py", "from course import module\nfrom course import scoring", ""),
])
def test_an_import_that_points_the_wrong_way_is_seen(
        tmp_path: Path, file: str, line: str, contract: str) -> None:
    shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "course" / file).open("a", encoding="utf-8") as program:
        program.write(f"\n{line}\n")
    kept, said = lint(tmp_path)
    if contract:
        assert not kept
        assert any(row.startswith(contract) and "BROKEN" in row for row in said.splitlines()), said
    else:
        assert kept, said


# ---- what is really loaded ------------------------------------------------------------


def loaded(code: str, folder: Path, *names: str) -> list[str]:
    """Which of these a new Python has loaded after running `code` in a folder."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint()\n"
         f"print(*[name for name in {names!r} if name in sys.modules])"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "COURSE_HOME": str(folder / "state"), "COURSE_STRICT": "1"})
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()[-1].split()


def test_what_is_loaded_would_be_seen(tmp_path: Path) -> None:
    assert "anywidget" in loaded("import course.ui.widgets", tmp_path, *WIDGETS)


@pytest.mark.parametrize("module", home.modules())
def test_scoring_a_record_loads_no_widget(tmp_path: Path, module: str) -> None:
    bots.play(tmp_path, module, "right")
    code = f"""
from pathlib import Path
from course import answers, assessments, scoring
record, module = answers.read(Path(answers.NAME)), assessments.module({module!r})
marks = [scoring.mark(module, item, record) for item in module.items if item.marked == "auto"]
assert marks and all(mark.points == mark.out_of for mark in marks)
"""
    assert loaded(code, tmp_path, *WIDGETS, "IPython", "course.ui", "nbgrader") == []


def test_a_fellows_pages_load_no_widget_and_no_nbgrader(tmp_path: Path) -> None:
    assert loaded("import course.fellow.handlers", tmp_path, *WIDGETS, "IPython", "nbgrader",
                  "numpy") == []


MARKING = sorted(path.stem for path in (COURSE / "marking").glob("*.py"))


def test_marking_loads_no_widget(tmp_path: Path) -> None:
    code = "\n".join(f"import course.marking.{name}" for name in MARKING if name != "__init__")
    assert loaded(f"import course.marking\n{code}", tmp_path, *WIDGETS, "course.ui") == []


@pytest.mark.parametrize("module", home.modules())
def test_a_fellow_never_waits_for_what_only_we_use(tmp_path: Path, module: str) -> None:
    heavy = ("altair", "nbgrader", "papermill", "typer", "rich", "sqlalchemy", "bs4", "pypdf",
             "pandas", "course.marking", "course.cli")
    bots.play(tmp_path, module, "right")
    code = (f"from course import open_module\nmodule = open_module({module!r})\n"
            "for item in module.texts.items:\n    module.exercise(item.id)\nmodule.progress()")
    assert loaded(code, tmp_path, *heavy) == []


def test_importing_the_course_loads_nothing_but_itself(tmp_path: Path) -> None:
    code = "import course\nassert course.open_module"
    assert loaded(code, tmp_path, *WIDGETS, "IPython", "numpy", "pydantic", "yaml") == []
