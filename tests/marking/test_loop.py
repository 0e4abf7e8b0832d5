"""release, collect, mark, feedback, export: plain sentences, and never a traceback."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from course import handin, home, programme
from course.marking import configure, loop
from course.marking.report import Report
from tests.marking.ward import TRIAL, Ward, bot, nbgrader


@pytest.fixture
def state(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a state that does not exist yet."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_module_goes_out_comes_in_is_marked_and_goes_back(state: Path, tmp_path: Path) -> None:
    assert loop.release(TRIAL).sentences() == ["90-trial is released"]
    assert state.stat().st_mode & 0o077 == 0  # nobody else's business
    ward = Ward(state)
    ward.send("ann", bot(TRIAL, "right"))
    ward.send("ben", bot(TRIAL, "untouched"))
    assert loop.collect(TRIAL).sentences() == [
        "90-trial collected: 2 new or renewed, 2 in all, 0 could not be collected."]
    assert loop.mark(TRIAL).sentences() == [
        "90-trial marked: 2 marked, 0 unchanged since they were marked, 1 waiting for a tutor, "
        "0 could not be marked."]
    assert loop.feedback(TRIAL).counts == {
        "sent": 1, "waiting for a tutor, so not sent": 1, "could not be sent": 0}
    assert loop.feedback(TRIAL, everyone=True).counts["sent"] == 2
    pages = list((state / "exchange" / home.COURSE_ID / "feedback").glob("*.html"))
    assert len(pages) == 2
    out = tmp_path / "marks.csv"
    assert loop.export(out).sentences() == [f"The marks are in {out}"]
    rows = {r["student_id"]: r for r in csv.DictReader(out.open())}
    assert (rows["ann"]["score"], rows["ann"]["max_score"]) == ("3.0", "6.0")
    assert (rows["ann"]["waits_for_tutor"], rows["ben"]["waits_for_tutor"]) == ("yes", "no")


def test_a_fellow_is_told_that_a_submission_is_marked_only_when_all_of_it_is(
        state: Path) -> None:
    loop.release(TRIAL)
    ward = Ward(state)
    ward.send("ann", bot(TRIAL, "right"))  # a tutor has words of hers to read
    ward.send("ben", bot(TRIAL, "untouched"))
    loop.collect(TRIAL)
    loop.mark(TRIAL)
    told = {path.name for path in (state / "exchange" / home.COURSE_ID / "marked").iterdir()}
    keys = {who: handin.Submission(TRIAL, datetime.now(UTC), state / "course" / "submitted" / who
                                   / TRIAL).key("marked") for who in ("ann", "ben")}
    assert keys["ann"] != keys["ben"]
    assert told == {keys["ben"]}
    assert "ben" not in str(told)


def test_a_due_date_means_the_same_to_nbgrader_and_to_the_fellows(state: Path) -> None:
    loop.release(TRIAL)
    at = datetime(2026, 7, 10, 17, 0, tzinfo=ZoneInfo("Europe/London"))
    assert "90-trial is due on" in loop.due(TRIAL, at).sentences()[0]
    with sqlite3.connect(state / "course" / "gradebook.db") as db:
        assert db.execute("select duedate from assignment").fetchone()[0].startswith(
            "2026-07-10 16:00:00")  # nbgrader keeps UTC and no zone
    assert programme.read().due(TRIAL) == at
    loop.due(TRIAL, None)
    assert programme.read().due(TRIAL) is None
    with sqlite3.connect(state / "course" / "gradebook.db") as db:
        assert db.execute("select duedate from assignment").fetchone()[0] is None
    with pytest.raises(loop.Trouble, match="There is no module"):
        loop.due("99-none", at)


def test_the_prompt_of_a_reflection_is_released_as_it_was_written(ward: Ward) -> None:
    cells = json.loads(ward.original.read_text())["cells"]
    assert "".join(cells[-1]["source"]) == "**What surprised you?**"


def test_a_released_module_is_left_alone_unless_asked(ward: Ward) -> None:
    out = ward.state / "exchange" / home.COURSE_ID / "outbound" / TRIAL / ward.notebook
    before = out.stat().st_ino, out.stat().st_mtime_ns
    assert "already" in loop.release(TRIAL).sentences()[0]
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == before
    assert loop.release(TRIAL, again=True).sentences() == ["90-trial is released"]


def test_questions_cannot_change_once_handed_in_and_nothing_is_lost(
        ward: Ward, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.hand_in("ann", bot(TRIAL, "right"))
    loop.mark(TRIAL)
    source = site / "modules" / TRIAL / ward.notebook
    texts = site / "assessments" / f"{TRIAL}.yml"
    kept = source.read_text(), texts.read_text()
    from course import assessments

    try:
        notebook = json.loads(kept[0])
        del notebook["cells"][3]
        source.write_text(json.dumps(notebook))
        texts.write_text(kept[1].replace("kind: number\n    marked: auto\n    points: 2",
                                         "kind: number"))
        assessments.module.cache_clear()
        with pytest.raises(loop.Trouble, match="handed in already"):
            loop.release(TRIAL, again=True)
    finally:
        source.write_text(kept[0])
        texts.write_text(kept[1])
        assessments.module.cache_clear()
    assert loop.mark(TRIAL).counts["unchanged since they were marked"] == 1


def trouble(call: Callable[[], Report]) -> str:
    with pytest.raises(loop.Trouble) as caught:
        call()
    said = str(caught.value)
    assert said.isprintable()
    assert "Traceback" not in said
    assert said.endswith(".") or "course " in said or "/logs/" in said
    return said


def test_each_foreseeable_trouble_is_one_plain_sentence(
        state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no module 99-none" in trouble(lambda: loop.release("99-none"))
    assert "There is no module ../../x" not in trouble(lambda: loop.mark("../../x"))
    assert "has not been released" in loop.collect(TRIAL).sentences()[0]
    assert "nothing has come in" in loop.mark(TRIAL).sentences()[0]
    assert "no folder" in trouble(lambda: loop.export(tmp_path / "none" / "marks.csv"))
    loop.release(TRIAL)
    assert loop.collect(TRIAL).counts["in all"] == 0
    assert "nothing has come in" in loop.mark(TRIAL).sentences()[0]
    assert "nothing is marked" in loop.feedback(TRIAL).sentences()[0]
    ward = Ward(state)
    ward.hand_in("ann", bot(TRIAL, "right"))
    ward.original.rename(ward.course / "elsewhere")
    assert "has not been released" in trouble(lambda: loop.mark(TRIAL))
    (ward.course / "elsewhere").rename(ward.original)
    loop.mark(TRIAL)
    shutil.rmtree(state / "exchange")
    assert "no exchange" in trouble(lambda: loop.feedback(TRIAL))
    (ward.course / "gradebook.db").write_text("not a database, but long enough to be taken for one")
    assert "gradebook could not be used" in trouble(lambda: loop.mark(TRIAL))
    (ward.course / "gradebook.db").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: None)
        assert "alembic is missing" in trouble(lambda: loop.mark(TRIAL))
    assert "not in the gradebook" in trouble(lambda: loop.mark(TRIAL))


def test_a_gradebook_in_use_is_told_and_nothing_is_half_done(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_GRADEBOOK",
                       f"sqlite:///{ward.course / 'gradebook.db'}?timeout=0.2")
    ward.hand_in("ann", bot(TRIAL, "right"))
    with sqlite3.connect(ward.course / "gradebook.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "in use by another program" in trouble(lambda: loop.mark(TRIAL))
        other.rollback()
    assert ward.students() == set()


def test_feedback_that_cannot_be_sent_stops_nobody(ward: Ward) -> None:
    for name in ("ann", "ben", "cat"):
        ward.hand_in(name, bot(TRIAL, "wrong"))
    (ward.course / "submitted" / "ben" / TRIAL / "submission_secret.txt").unlink()
    loop.mark(TRIAL)
    damaged = ward.course / "autograded" / "dan" / TRIAL
    damaged.mkdir(parents=True)
    (damaged / ward.notebook).write_text("not a notebook")
    report = loop.feedback(TRIAL)
    assert report.could_not == ["ben", "dan"]
    line, other = report.lines
    assert other.startswith("dan: No feedback was sent: the page could not be made.")
    assert line == ("ben: No feedback was sent: it did not come through the exchange, so there is "
                    "no address to send to.")
    assert report.counts["sent"] == 2


def test_what_nbgrader_said_is_kept_for_whoever_looks_into_it(ward: Ward) -> None:
    loop.release(TRIAL, again=True)
    assert "Released as" in (ward.state / "logs" / "release.log").read_text()


def test_a_new_gradebook_finds_alembic_without_help(
        state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert nbgrader("generate_assignment", TRIAL)[0] == 0
    with sqlite3.connect(state / "course" / "gradebook.db") as db:
        assert db.execute("select count(*) from alembic_version").fetchone() == (1,)


def test_the_exchange_may_be_closed_to_others(ward: Ward) -> None:
    exchange = ward.state / "exchange"
    exchange.chmod(0o700)
    loop.release(TRIAL, again=True)
    assert nbgrader("release_assignment", TRIAL, "--force")[0] == 0
    assert exchange.stat().st_mode & 0o777 == 0o700


def test_an_exported_name_is_never_a_formula(ward: Ward, tmp_path: Path) -> None:
    with ward.gradebook() as book:
        book.add_student("ann", first_name='=HYPERLINK("x")', last_name='O"Neill, PhD',
                         email="+44@x.invalid")
    loop.export(tmp_path / "marks.csv")
    [row] = csv.DictReader((tmp_path / "marks.csv").open())
    assert row["first_name"] == "'=HYPERLINK(\"x\")"
    assert row["last_name"] == 'O"Neill, PhD'
    assert row["email"] == "'+44@x.invalid"


def test_a_sites_own_configuration_comes_after_ours_and_never_from_here(
        here: Path, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "nbgrader_config.py").write_text(
        "get_config().CourseDirectory.groupshared = True\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "site"))
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "nbgrader_config.py").write_text("raise SystemExit('ran')\n")
    monkeypatch.chdir(tmp_path / "cwd")
    config = configure.load()
    assert config.CourseDirectory.groupshared is True
    assert config.CourseDirectory.course_id == home.COURSE_ID
    assert Path(config.CourseDirectory.root) == Path(os.environ["COURSE_HOME"]) / "course"
