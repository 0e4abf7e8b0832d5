"""Marking a cohort: what a tutor did survives, what is unchanged is left alone."""

from __future__ import annotations

import fcntl
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader import utils
from sqlalchemy.exc import OperationalError

from course import scoring
from course.marking import batch, configure, intake, loop
from tests.marking.ward import TRIAL, Ward, bot, lines, nbgrader

LATER = "2026-11-23 09:00:00.000000 UTC"


def mark_by_hand(ward: Ward, student: str, score: float, comment: str) -> None:
    """What the formgrader does when a tutor has marked a reflection."""
    with ward.gradebook() as book:
        grade = book.find_grade("trial-reflection", TRIAL, TRIAL, student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, 0.5, False
        book.find_comment("trial-reflection", TRIAL, TRIAL, student).manual_comment = comment
        book.db.commit()


def comment(ward: Ward, student: str) -> tuple[str | None, str | None]:
    with ward.gradebook() as book:
        found = book.find_comment("trial-reflection", TRIAL, TRIAL, student)
        return found.auto_comment, found.manual_comment


def penalty(ward: Ward, student: str) -> float | None:
    with ward.gradebook() as book:
        found: float | None = book.find_submission_notebook(
            TRIAL, TRIAL, student).late_submission_penalty
        return found


def due(ward: Ward, when: datetime) -> None:
    with ward.gradebook() as book:
        book.update_or_create_assignment(TRIAL, duedate=when)


@pytest.mark.parametrize("way", ["batch", "autograde"])
def test_marks_given_by_hand_survive_a_second_marking(ward: Ward, way: str) -> None:
    def mark() -> None:
        if way == "batch":
            loop.mark(TRIAL, again=True)
        else:
            assert nbgrader("autograde", TRIAL, "--force")[0] == 0

    ward.hand_in("ann", bot(TRIAL, "right"))
    mark()
    mark_by_hand(ward, "ann", 2.5, "Say who noticed.")
    mark()
    assert ward.scores("ann")["trial-reflection"] == (None, 2.5, True)
    assert comment(ward, "ann") == (None, "Say who noticed.")
    with ward.gradebook() as book:
        assert book.find_submission(TRIAL, "ann").score == 1 + 2 + 2.5 + 0.5


def test_an_empty_reflection_is_no_response_and_scores_nothing(ward: Ward) -> None:
    for name, words in {"never": None, "blank": " \n\t ", "unseen": "\u200b\u2060\x07"}.items():
        ward.hand_in(name, lines([("trial.reflection", words)] if words is not None else []))
    loop.mark(TRIAL)
    for name in ("never", "blank", "unseen"):
        assert ward.scores(name)["trial-reflection"] == (0.0, None, False)
        assert comment(ward, name) == ("No response.", None)


def test_every_score_is_what_nbgrader_reads_from_the_marked_notebook(ward: Ward) -> None:
    for how in ("right", "wrong", "untouched"):
        ward.hand_in(how, bot(TRIAL, how))
    loop.mark(TRIAL)
    for how in ("right", "wrong", "untouched"):
        read = {c.metadata.nbgrader.grade_id: utils.determine_grade(c)[0]
                for c in ward.marked(how).cells if utils.is_grade(c)}
        assert read == {name: auto for name, (auto, _, _) in ward.scores(how).items()}


def test_what_is_unchanged_is_left_alone_and_said_so(ward: Ward) -> None:
    ward.hand_in("ann", bot(TRIAL, "right"))
    ward.hand_in("ben", bot(TRIAL, "right"))
    loop.mark(TRIAL)
    mark_by_hand(ward, "ann", 3, "")
    assert ward.scores("ann")["trial-reflection"] == (None, 3, False)
    (ward.course / "submitted" / "ben" / TRIAL / "answers.jsonl").write_text(bot(TRIAL, "wrong"))
    report = loop.mark(TRIAL)
    assert (report.counts[batch.MARKED], report.counts[batch.UNCHANGED]) == (1, 1)
    assert ward.scores("ann")["trial-reflection"] == (None, 3, False)  # still finished
    assert ward.scores("ben")["trial-sum"][0] == 0
    assert "1 unchanged since they were marked" in report.sentences()[-1]
    assert loop.mark(TRIAL, again=True).counts[batch.MARKED] == 2


def test_what_nbgrader_has_marked_counts_as_marked(ward: Ward) -> None:
    for how in ("right", "wrong"):
        ward.hand_in(how, bot(TRIAL, how))
    assert nbgrader("autograde", TRIAL)[0] == 0
    mark_by_hand(ward, "right", 3, "")
    assert loop.mark(TRIAL).counts[batch.UNCHANGED] == 2
    assert ward.scores("right")["trial-reflection"] == (None, 3, False)


def test_marks_lost_from_the_gradebook_are_made_again(ward: Ward) -> None:
    ward.hand_in("ann", bot(TRIAL, "right"))
    shutil.copy(ward.course / "gradebook.db", ward.course / "older.db")
    loop.mark(TRIAL)
    shutil.copy(ward.course / "older.db", ward.course / "gradebook.db")
    assert loop.mark(TRIAL).counts[batch.MARKED] == 1
    assert ward.scores("ann")["trial-sum"][0] == 2


def test_a_mended_score_is_given_without_being_asked_for(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.hand_in("ann", bot(TRIAL, "wrong"))
    loop.mark(TRIAL)
    monkeypatch.setitem(scoring.exercise("trial").judges, "trial.sum",  # type: ignore[arg-type]
                        lambda value, record: (1.0, "Thirteen will do."))
    assert loop.mark(TRIAL).counts[batch.MARKED] == 1
    assert ward.scores("ann")["trial-sum"][0] == 2


@pytest.mark.parametrize("way", ["batch", "autograde"])
@pytest.mark.parametrize("method", ["none", "zero"])
def test_late_submissions_are_penalised_as_nbgrader_is_configured(
        ward: Ward, way: str, method: str, monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path) -> None:
    due(ward, datetime(2026, 11, 22, 19))
    ward.hand_in("early", bot(TRIAL, "right"))
    ward.hand_in("late", bot(TRIAL, "right"), sent=LATER)
    (tmp_path / "jupyter").mkdir()
    (tmp_path / "jupyter" / "nbgrader_config.py").write_text(
        f"get_config().LateSubmissionPlugin.penalty_method = {method!r}\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "jupyter"))
    if way == "batch":
        loop.mark(TRIAL)
    else:
        assert nbgrader("autograde", TRIAL)[0] == 0
    assert penalty(ward, "early") is None
    assert penalty(ward, "late") == (3.0 if method == "zero" else None)


def test_an_extension_counts_when_marked_again(ward: Ward, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    due(ward, datetime(2026, 11, 22, 19))
    ward.hand_in("late", bot(TRIAL, "right"), sent=LATER)
    (tmp_path / "nbgrader_config.py").write_text(
        "get_config().LateSubmissionPlugin.penalty_method = 'zero'\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    loop.mark(TRIAL)
    assert penalty(ward, "late") == 3.0
    with ward.gradebook() as book:
        book.grant_extension(TRIAL, "late", hours=20)
    loop.mark(TRIAL, again=True)
    assert penalty(ward, "late") is None


def test_a_copied_record_is_told_in_one_line_and_changes_nothing(ward: Ward) -> None:
    record = bot(TRIAL, "right")
    ward.hand_in("ann", record)
    ward.hand_in("ben", record)
    ward.hand_in("cat", bot(TRIAL, "right"))
    report = loop.mark(TRIAL)
    [line] = report.lines
    assert line.startswith("ben: This record and that of ann")
    assert ward.scores("ben") == ward.scores("ann") == ward.scores("cat")
    code, log = nbgrader("autograde", TRIAL, "--force")
    assert code == 0
    assert log.count("This record and that of ann") == 1


def test_a_scorer_that_fails_for_one_fellow_is_told_and_the_rest_are_marked(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(value: Any, record: Any) -> tuple[float, str]:
        if value == 13:
            raise ZeroDivisionError("a\nmistake")
        return (float("nan") if value == 14 else 1.0), ""

    monkeypatch.setitem(scoring.exercise("trial").judges, "trial.sum",  # type: ignore[arg-type]
                        judge)
    for name, value in {"ann": 12, "ben": 13, "cat": 14, "dan": 12}.items():
        ward.hand_in(name, lines([("trial.sum", value)]))
    report = loop.mark(TRIAL)
    assert report.could_not == ["ben", "cat"]
    assert not report.ok
    assert [line.partition(":")[0] for line in report.lines] == ["ben", "cat"]
    assert all(line.isprintable() for line in report.lines)
    assert ward.students() == {"ann", "dan"}


def test_marking_is_stopped_between_batches_without_loss(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BATCH", 2)
    for n in range(5):
        ward.hand_in(f"fellow-{n}", bot(TRIAL, "right"))

    def stop(done: int, total: int, what: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.mark(TRIAL, tell=stop)
    assert ward.students() == {"fellow-0", "fellow-1"}
    assert loop.mark(TRIAL).counts[batch.MARKED] == 3
    assert not list(ward.course.glob(".marking-*"))


def test_a_marked_folder_in_place_means_its_marks_are_in_the_gradebook(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.hand_in("ann", bot(TRIAL, "right"))

    def full(ledger: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(batch._Ledger, "commit", full)
        with pytest.raises(loop.Trouble, match="in use by another program"):
            loop.mark(TRIAL)
    assert ward.students() == set()
    assert loop.mark(TRIAL).counts[batch.MARKED] == 1


def test_two_runs_at_once_do_not_meet(ward: Ward) -> None:
    ward.hand_in("ann", bot(TRIAL, "right"))
    with (ward.course / "marking.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(loop.Trouble, match="already under way"):
            loop.mark(TRIAL)


def test_only_those_named_are_marked(ward: Ward) -> None:
    for name in ("ann", "ben"):
        ward.hand_in(name, bot(TRIAL, "right"))
    loop.mark(TRIAL, only=["ben"])
    assert ward.students() == {"ben"}


def test_pictures_that_were_released_stand_beside_the_marked_notebook(ward: Ward) -> None:
    (ward.original.parent / "figures").mkdir()
    (ward.original.parent / "figures" / "one.svg").write_text("<svg/>")
    ward.hand_in("ann", bot(TRIAL, "right"))
    loop.mark(TRIAL)
    place = ward.course / "autograded" / "ann" / TRIAL
    assert (place / "figures" / "one.svg").read_text() == "<svg/>"
    assert {p.name for p in place.iterdir()} == {
        "figures", ward.notebook, "answers.jsonl", "timestamp.txt", "submission_secret.txt"}


def test_progress_goes_from_nothing_to_all(ward: Ward) -> None:
    for name in ("ann", "ben"):
        ward.hand_in(name, bot(TRIAL, "right"))
    told: list[tuple[int, int, str]] = []
    loop.mark(TRIAL, tell=lambda *step: told.append(step))
    assert told == [(0, 2, "ann"), (1, 2, "ben"), (2, 2, "")]


def test_marking_loads_neither_widgets_nor_charts(ward: Ward, site: Path) -> None:
    import subprocess
    import sys

    ward.hand_in("ann", bot(TRIAL, "right"))
    code = ("import sys\nfrom course.marking import loop\n"
            f"assert loop.mark({TRIAL!r}).ok\n"
            "loaded = {n.partition('.')[0] for n in sys.modules}\n"
            "assert not loaded & {'ipywidgets', 'anywidget', 'altair'}, loaded\n"
            "assert 'course.ui.widgets' not in sys.modules\n")
    # From the submission's own folder: neither its code nor its configuration is looked at.
    place = ward.course / "submitted" / "ann" / TRIAL
    for name in ("nbgrader_config.py", "sqlalchemy.py", "jupyter_nbgrader_config.py"):
        (place / name).write_text("raise SystemExit('ran')\n")
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=place, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_state_of_a_submission_is_read_from_its_folder_alone(ward: Ward) -> None:
    """Times and records are what they were, however often they are looked at."""
    place = ward.hand_in("ann", bot(TRIAL, "right"))
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    for _ in range(2):
        loop.mark(TRIAL, again=True)
    assert {p.name: p.read_bytes() for p in place.iterdir()} == before
    with ward.gradebook() as book:
        sent = book.find_submission(TRIAL, "ann").timestamp
    assert abs(sent - datetime(2026, 11, 22, 18, 4, 11)) < timedelta(seconds=1)
    assert json.loads((place / "answers.jsonl").read_text().splitlines()[0])["v"] == 1
    assert intake.is_name("ann")
    assert configure.load().Autograde.exporter_class == "course.marking.hooks.FromRelease"
