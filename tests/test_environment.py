"""There is one list of dependencies, and what repeats it agrees with it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course import __version__, home

ROOT = Path(__file__).parents[1]
NAMED = {"jupyterlab", "nbgrader", "ipywidgets", "altair", "papermill", "pytest"}

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = {canonicalize_name(r.name): r for r in map(Requirement, PROJECT["dependencies"])}
EXTRA = {canonicalize_name(r.name): r
         for extra in PROJECT["optional-dependencies"].values() for r in map(Requirement, extra)}
CONDA_TEXT = (ROOT / "environment.yml").read_text()
CONDA: dict[str, Any] = yaml.safe_load(CONDA_TEXT)
CONSTRAINTS = ROOT / "constraints.txt"


def conda(dependencies: list[Any]) -> dict[str, str]:
    """The packages that conda installs, and their versions."""
    pairs = [re.split(r"=+", line) for line in dependencies if isinstance(line, str)]
    return {name: "".join(version) for name, *version in pairs}


def test_conda_has_the_six_named_packages_at_the_versions_of_the_one_list() -> None:
    found = conda(CONDA["dependencies"])
    assert set(found) == NAMED | {"python", "pip"}
    assert {name: f"=={found[name]}" for name in NAMED} == {
        name: str(REQUIRED[name].specifier) for name in NAMED}


def test_each_of_the_six_says_what_uses_it() -> None:
    for name in NAMED:
        (line,) = re.findall(rf"^  - {name}==.*$", CONDA_TEXT, flags=re.M)
        assert re.search(r"  # \S+ \S+ \S+", line), line


def test_conda_takes_nothing_but_conda_forge_and_then_the_course_itself() -> None:
    assert CONDA["name"] == home.COURSE_ID == PROJECT["name"]
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    assert [d for d in CONDA["dependencies"] if isinstance(d, dict)] == [{"pip": ["-e ."]}]


def test_the_python_of_conda_is_one_the_course_runs_on() -> None:
    version = conda(CONDA["dependencies"])["python"]
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{version}.0")
    assert version in ("3.11", "3.12")


def test_binder_serves_our_charts_and_controls() -> None:
    script = ROOT / "postBuild"
    assert os.access(script, os.X_OK)
    first, *rest = script.read_text().splitlines()
    assert first == "#!/bin/bash"
    assert rest[-1] == "course setup"
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert PROJECT["scripts"]["course"] == "course.cli:app"


def test_the_version_is_said_once() -> None:
    assert PROJECT["version"] == __version__


def test_the_exact_versions_are_ones_the_list_allows() -> None:
    pins = [Requirement(line) for line in CONSTRAINTS.read_text().splitlines()
            if line.strip() and not line.startswith("#")]
    versions = {canonicalize_name(p.name): str(p.specifier).removeprefix("==") for p in pins}
    for name, wanted in {**EXTRA, **REQUIRED}.items():
        assert name in versions, f"{name} has no exact version in constraints.txt"
        assert wanted.specifier.contains(versions[name], prereleases=True), (
            f"constraints.txt has {name} {versions[name]}; pyproject.toml asks for {wanted}")
