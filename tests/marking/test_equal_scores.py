"""The three ways to mark agree: a kernel each, nbgrader with our exporter, and ours alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course.marking import configure, loop
from tests.marking.ward import TRIAL, Ward, bot, nbgrader, new_ward, real_modules

BOTS = ("right", "wrong", "untouched")


def stock() -> Any:
    """This course's configuration with nbgrader's own way to autograde: a kernel each."""
    config = configure.load()
    for name in ("exporter_class", "sanitize_preprocessors", "autograde_preprocessors"):
        config.Autograde.pop(name)
    return config


@pytest.mark.slow
@pytest.mark.parametrize("module", [TRIAL, *real_modules()])
def test_a_kernel_and_ours_give_equal_scores(module: str, released: Callable[[str], Path],
                                             tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                             ) -> None:
    from nbgrader.apps.api import NbGraderAPI

    records = {how: bot(module, how) for how in BOTS}
    scores: dict[str, dict[Any, Any]] = {}
    for way in ("kernel", "exporter", "batch"):
        (tmp_path / way).mkdir()
        ward = new_ward(released, module, tmp_path / way, monkeypatch)
        for how in BOTS:
            ward.hand_in(how, records[how])
        if way == "kernel":
            result = NbGraderAPI(config=stock()).autograde(module, "*")
            assert result["success"], result
        elif way == "exporter":
            code, log = nbgrader("autograde", module)
            assert code == 0, log
        else:
            assert loop.mark(module).ok
        scores[way] = {how: ward.scores(how) for how in BOTS}
        if way != "kernel":
            scores[f"{way} files"] = {
                path.relative_to(ward.course): path.read_bytes()
                for path in (ward.course / "autograded").rglob("*")
                if path.is_file() and path.name != "submission_secret.txt"}
    assert scores["exporter"] == scores["batch"]
    assert scores["exporter files"] == scores["batch files"]
    # With a kernel nbgrader sees the points, but never the words: those live in the record.
    written = {n for n, (auto, _, _) in scores["batch"]["right"].items() if auto is None}
    for how in BOTS:
        for name, (auto, _, waits) in scores["kernel"][how].items():
            if name not in written:
                assert (auto, waits) == scores["batch"][how][name][::2], (how, name)


def test_right_answers_earn_the_points_and_wrong_ones_do_not(ward: Ward) -> None:
    for how in BOTS:
        ward.hand_in(how, bot(TRIAL, how))
    report = loop.mark(TRIAL)
    assert ward.scores("right") == {"trial-predict": (1.0, None, False),
                                    "trial-sum": (2.0, None, False),
                                    "trial-reflection": (None, None, True)}
    assert ward.scores("wrong") == {"trial-predict": (0.0, None, False),
                                    "trial-sum": (0.0, None, False),
                                    "trial-reflection": (0.0, None, False)}
    assert ward.scores("untouched") == ward.scores("wrong")
    assert report.counts["marked"] == 3
    assert report.counts["waiting for a tutor"] == 1
