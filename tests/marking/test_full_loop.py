"""nbgrader's own commands, each a program of its own, from one end to the other."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from nbgrader.utils import get_username

from tests.marking.ward import TRIAL, Ward, bot, nbgrader, real_modules, run_nbgrader

MODULE = next((m for m in reversed(real_modules()) if m != "00-start-here"), TRIAL)
LEAVES = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//|"""
                    r"""@import\s+["'](?:https?:)?//|<script[^>]*>[^<]*\b(?:import|fetch)\b""",
                    re.IGNORECASE)


def leaving(html: str) -> list[str]:
    """What in a page makes a browser ask another machine. A link to click is no request."""
    found = re.findall(r"<(?:script|link|img|iframe|object|embed|source)\b[^>]*>", html, re.I)
    asked = [tag for tag in found if re.search(r"(?:https?:)?//", tag)]
    return asked + [m.group() for m in LEAVES.finditer(html) if not m.group().startswith("href")]


@pytest.mark.slow
def test_every_command_of_nbgrader_works_from_our_configuration(
        site: Path, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    monkeypatch.setenv("COURSE_HOME", str(state))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    elsewhere = {"JUPYTER_CONFIG_PATH": str(site)}

    def tutor(*argv: str) -> str:
        done = run_nbgrader(site, *argv)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def fellow(*argv: str) -> str:
        done = run_nbgrader(site, *argv, cwd=workspace, **elsewhere)
        assert done.returncode == 0, done.stderr
        return done.stderr

    tutor("generate_assignment", MODULE)
    tutor("release_assignment", MODULE)
    fellow("fetch_assignment", MODULE)
    (workspace / MODULE / "answers.jsonl").write_text(bot(MODULE, "right"))
    fellow("submit", MODULE)
    assert "WARNING" not in tutor("collect", MODULE)
    tutor("autograde", MODULE)
    ward, me = Ward(state, MODULE), get_username()
    scores = ward.scores(me)
    assert any(auto for auto, _, _ in scores.values())
    assert any(waits for _, _, waits in scores.values()) or MODULE == "00-start-here"
    tutor("generate_feedback", MODULE)
    tutor("release_feedback", MODULE)
    fellow("fetch_feedback", MODULE)
    [page] = (workspace / MODULE).glob(f"feedback/*/{MODULE}.html")
    assert not leaving(page.read_text())
    assert "MathJax" not in page.read_text()
    tutor("export", "--to", str(tmp_path / "marks.csv"))
    rows = list(csv.DictReader((tmp_path / "marks.csv").open()))
    assert [(r["assignment"], r["student_id"]) for r in rows] == [(MODULE, me)]
    assert float(rows[0]["score"]) == sum(auto or 0 for auto, _, _ in scores.values())
    # Everything nbgrader made is in the one folder of state, or in the fellow's.
    assert {p.name for p in tmp_path.iterdir()} == {"state", "workspace", "marks.csv"}


def test_a_record_left_in_modules_by_trying_it_out_is_not_released(
        site: Path, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    tried = site / "modules" / TRIAL / "answers.jsonl"
    tried.write_text(bot(TRIAL, "right"))
    try:
        assert nbgrader("generate_assignment", TRIAL)[0] == 0
        ward = Ward(tmp_path / "state")
        assert [p.name for p in ward.original.parent.iterdir()] == [ward.notebook]
        ward.hand_in("ann", bot(TRIAL, "wrong"))
        assert nbgrader("autograde", TRIAL)[0] == 0
        assert ward.scores("ann")["trial-sum"][0] == 0
    finally:
        tried.unlink()
