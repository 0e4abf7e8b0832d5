"""Every benchmark in one run, written as the table that is kept in the repository."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import chart
import marking
import notebook
import opening

HEAD = """# Measured

Ratios in one run on one machine; seconds would only tell how busy it was. Written by `make bench`
on {day}, Python {python}, {cores} cores.

| what | measured | allowed |
|---|---|---|
"""


def main() -> None:
    quick = "--quick" in sys.argv
    rows = [*marking.rows(quick=quick), *notebook.rows(), *chart.rows()]
    opened = opening.measure(turns=3 if quick else 7)
    rows += opening.rows(opened)
    text = HEAD.format(day=f"{datetime.now(UTC):%-d %B %Y}", python=platform.python_version(),
                       cores=os.cpu_count())
    text += "".join(f"| {what} | {found} | {allowed} |\n" for what, found, allowed in rows)
    text += "\n" + opening.section(opened)
    (Path(__file__).parent / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
