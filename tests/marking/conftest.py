"""A copy of the course with one small module more, and a state in which it is released."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from course import assessments, home
from tests.marking.ward import (
    EXERCISE,
    REPOSITORY,
    TEXTS,
    TRIAL,
    Ward,
    new_ward,
    trial_notebook,
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's content and code, so that others may edit meanwhile."""
    site = tmp_path_factory.mktemp("site")
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "answers.jsonl")
    for folder in ("course", "modules", "assessments", "corpus"):
        shutil.copytree(REPOSITORY / folder, site / folder, ignore=ignore)
    shutil.copy(REPOSITORY / "nbgrader_config.py", site)
    (site / "assessments" / f"{TRIAL}.yml").write_text(TEXTS)
    (site / "modules" / TRIAL).mkdir()
    nbformat.write(trial_notebook(), site / "modules" / TRIAL / f"{TRIAL}.ipynb")
    exercise = site / "course" / "exercises" / "trial"
    exercise.mkdir()
    (exercise / "__init__.py").write_text("")
    (exercise / "exercise.py").write_text(EXERCISE)
    return site


@pytest.fixture(scope="package")  # no longer: other tests look at the real course
def here(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """This process uses the copy's content, and no Jupyter configuration of the machine's."""
    import course.exercises

    patch = pytest.MonkeyPatch()
    patch.setattr(home, "content", lambda: site)
    patch.setattr(course.exercises, "__path__",
                  [*course.exercises.__path__, str(site / "course" / "exercises")])
    nowhere = tmp_path_factory.mktemp("jupyter")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        patch.setenv(name, str(nowhere))
    patch.setenv("JUPYTER_CONFIG_PATH", "")
    patch.setenv("PYTHONPATH", str(site))  # for kernels
    patch.delenv("COURSE_GRADEBOOK", raising=False)
    patch.chdir(site)
    assessments.module.cache_clear()
    yield site
    patch.undo()
    assessments.module.cache_clear()


@pytest.fixture(scope="package")
def released(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """States in which one module is released, made once each and then copied."""
    made: dict[str, Path] = {}

    def state(module: str) -> Path:
        if module not in made:
            from course.marking import loop

            made[module] = tmp_path_factory.mktemp("state") / "state"
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("COURSE_HOME", str(made[module]))
                loop.release(module)
        return made[module]

    return state


@pytest.fixture
def ward(released: Callable[[str], Path], tmp_path: Path,
         monkeypatch: pytest.MonkeyPatch) -> Ward:
    """A released trial module and nobody's submission yet."""
    return new_ward(released, TRIAL, tmp_path, monkeypatch)


