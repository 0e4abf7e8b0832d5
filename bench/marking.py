"""Marking with and without a kernel, in one run on one machine: ratios, not seconds.

    python bench/marking.py            20 with a kernel each, 200 and 2,000 with ours
    python bench/marking.py --quick    4, 40 and 400
    python bench/marking.py --module 02-rubber-band

Times leave imports out on both sides; nbgrader's command pays them once, as ours does.
"""


from __future__ import annotations

import argparse
import json
import os
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SENT = "2026-11-22 18:04:11.402000 UTC"


def record(module: str, luck: random.Random) -> str:
    """One fellow's answers: each item right or wrong by chance, now and then none at all."""
    from course import assessments, scoring

    pairs = []
    for item in assessments.module(module).items:
        bot = scoring.exercise(item.exercise)
        value = (bot.right if luck.random() < 0.6 else bot.wrong).get(item.id)
        if value is not None and luck.random() < 0.95:
            # A play's bot gives its runs as a list, one after the other.
            runs = value if item.kind == "play" and isinstance(value, list) else [value]
            pairs += [(item.id, run) for run in runs]
    tab = f"{luck.getrandbits(32):08x}"
    return "".join(json.dumps({"v": 1, "item": item, "value": value, "seq": n, "tab": tab,
                               "at": "2026-11-22T18:04:11.402Z"}) + "\n"
                   for n, (item, value) in enumerate(pairs, 1))


def cohort(module: str, number: int) -> None:
    """Submissions of so many fellows, as `collect` leaves them; always the same ones."""
    from course import home

    released = home.classroom() / "release" / module / f"{module}.ipynb"
    for n in range(number):
        place = home.classroom() / "submitted" / f"fellow-{n:05}" / module
        place.mkdir(parents=True)
        (place / released.name).write_bytes(released.read_bytes())
        (place / "answers.jsonl").write_text(record(module, random.Random(n)))
        (place / "timestamp.txt").write_text(SENT)
        (place / "submission_secret.txt").write_text(secrets.token_hex(64))


def warm(module: str) -> None:
    from course import answers, assessments, home, scoring

    texts = assessments.module(module)
    for n in range(20):
        path = home.state() / "warm.jsonl"
        path.write_text(record(module, random.Random(n)))
        for item in texts.items:
            if item.marked == "auto":
                scoring.mark(texts, item, answers.read(path))


def scores(module: str, number: int) -> dict[str, dict[str, float | None]]:
    from nbgrader.api import Gradebook

    from course import home

    with Gradebook(home.gradebook(), home.COURSE_ID) as book:
        return {f"fellow-{n:05}": {g.name: g.auto_score for g in book.find_submission_notebook(
            module, module, f"fellow-{n:05}").grades} for n in range(number)}


def child(way: str, module: str, number: int) -> dict[str, Any]:
    """One timed run in this process, in its own state."""
    import nbgrader.apps.api
    import nbgrader.converters  # imports are not what is timed

    from course.marking import batch, configure, loop  # noqa: F401

    loop.release(module)
    cohort(module, number)
    found: dict[str, Any] = {}
    if way == "ours":
        # What a scorer works out once, whoever the fellow is; each kernel does it anew.
        start = time.perf_counter()
        warm(module)
        found["once"] = time.perf_counter() - start
    start = time.perf_counter()
    if way == "kernel":
        config = configure.load()
        for name in ("exporter_class", "sanitize_preprocessors", "autograde_preprocessors"):
            config.Autograde.pop(name)
        result = nbgrader.apps.api.NbGraderAPI(config=config).autograde(module, "*")
        if not result["success"]:
            raise SystemExit(result["error"])
    else:
        report = loop.mark(module)
        if not report.ok:
            raise SystemExit("\n".join(report.sentences()))
    found["seconds"] = time.perf_counter() - start
    if way == "ours":
        start = time.perf_counter()
        loop.mark(module)
        found["again"] = time.perf_counter() - start
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["scores"] = scores(module, min(number, 20))
    return found


def run(way: str, module: str, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as state:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            [sys.executable, __file__, "--child", way, "--module", module, "--number", str(number)],
            env={**os.environ, "COURSE_HOME": f"{state}/state", "PATH": path,
                 "JUPYTER_CONFIG_PATH": "", "JUPYTER_CONFIG_DIR": f"{state}/jupyter"},
            capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(quick: bool = False, module: str = "02-rubber-band") -> list[tuple[str, str, str]]:
    """Rows of the table: what, measured, allowed."""
    few, some, many = (4, 40, 400) if quick else (20, 200, 2000)
    kernel, small, large = run("kernel", module, few), run("ours", module, some), run(
        "ours", module, many)
    one = kernel["seconds"] / few
    ours, ours_many = ((r["seconds"] + r["once"]) / n for r, n in ((small, some), (large, many)))
    # What a tutor marks has no automatic score; a kernel never sees those words.
    equal = all(score is None or score == kernel["scores"][fellow][name]
                for fellow in kernel["scores"] for name, score in small["scores"][fellow].items())
    return [
        (f"marking a submission: a kernel each ({few}), times ours ({some})",
         f"{one / ours:.0f}", "at least 40"),
        (f"the same, ours with {many:,}", f"{one / ours_many:.0f}", "at least 40"),
        (f"{many:,} submissions, times {some}, leaving out what is worked out once",
         f"{large['seconds'] / small['seconds']:.1f}", f"about {many // some}"),
        (f"peak memory, {many:,} above {some}",
         f"{large['memory'] - small['memory']:.0f} MB of {large['memory']:.0f}", "flat"),
        ("marking again what is unchanged: a kernel each, times ours",
         f"{one / (large['again'] / many):.0f}", ""),
        ("automatic scores equal", "yes" if equal else "NO", "yes"),
        (f"milliseconds a submission: a kernel each; ours with {some}; with {many:,}",
         f"{one * 1000:.0f}; {ours * 1000:.1f}; {ours_many * 1000:.1f}", "")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="4, 40 and 400 submissions")
    parser.add_argument("--module", default="02-rubber-band")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(child(asked.child, asked.module, asked.number)))
        return
    table = rows(asked.quick, asked.module)
    print(f"{asked.module}\n\n| what | measured | allowed |\n|---|---|---|")
    for row in table:
        print(f"| {' | '.join(row)} |")
    if ("automatic scores equal", "yes", "yes") not in table:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
