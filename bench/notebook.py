"""A module under papermill against an empty notebook under papermill, in one run.

Wall time of the whole command and resident memory of the kernel at its end, as ratios and
differences; the median of several turns taken one after the other.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course import home

PROBE = "\n".join([
    "import re as _re",
    "_status = open('/proc/self/status').read()",
    "print('KB', _re.search(r'VmRSS:\\s+(\\d+)', _status)[1])",
])


def _with_probe(source: Path | None, target: Path) -> None:
    """A copy of a notebook (or an empty one) whose last cell prints the kernel's memory."""
    notebook = json.loads(source.read_text()) if source else {
        "cells": [], "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}}}
    notebook["cells"].append({"cell_type": "code", "id": "memory-probe", "metadata": {},
                              "execution_count": None, "outputs": [], "source": PROBE})
    target.write_text(json.dumps(notebook))


def _once(notebook: Path, folder: Path) -> tuple[float, float, int]:
    """Seconds, kernel MB and size in bytes of one run."""
    out = folder / "out.ipynb"
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "papermill", "--no-progress-bar", "--log-level", "ERROR",
                    "--cwd", str(folder), str(notebook), str(out)], check=True,
                   stderr=subprocess.DEVNULL,
                   env={**os.environ, "COURSE_HOME": str(folder / "state")})
    seconds = time.perf_counter() - begun
    printed = json.loads(out.read_text())["cells"][-1]["outputs"][-1]["text"]
    kb = int("".join(printed).split("KB")[1])
    return seconds, kb / 1024, out.stat().st_size


def rows(turns: int = 5) -> list[tuple[str, str, str]]:
    """Rows of the table: what, measured, allowed."""
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notebooks: dict[str, Path] = {"empty": folder / "empty.ipynb"}
        _with_probe(None, notebooks["empty"])
        for module in home.modules():
            notebooks[module] = folder / f"{module}.ipynb"
            _with_probe(home.content() / "modules" / module / f"{module}.ipynb", notebooks[module])
        found: dict[str, list[tuple[float, float, int]]] = {n: [] for n in notebooks}
        for _ in range(turns):
            for kind, notebook in notebooks.items():  # in turn, so that noise hits all alike
                found[kind].append(_once(notebook, folder))
        empty_s = statistics.median(s for s, _, _ in found["empty"])
        empty_mb = statistics.median(mb for _, mb, _ in found["empty"])
        for module in home.modules():
            ratio = statistics.median(s for s, _, _ in found[module]) / empty_s
            more = statistics.median(mb for _, mb, _ in found[module]) - empty_mb
            size = max(size for _, _, size in found[module]) / 1000
            table += [(f"{module}: wall time, times an empty notebook's", f"{ratio:.2f}", "1.5"),
                      (f"{module}: kernel memory above an empty one's", f"{more:.0f} MB", "45 MB"),
                      (f"{module}: executed notebook", f"{size:.0f} KB", "300 KB")]
    return table


if __name__ == "__main__":
    for row in rows(turns=3):
        print(" | ".join(row))
