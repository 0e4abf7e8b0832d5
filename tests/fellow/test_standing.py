"""The home page says where a fellow stands, from what is on the disk and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course import assessments, handin, home, programme
from course.answers import NAME, Answers, read
from course.fellow import standing
from tests import bots

MODULE = "02-rubber-band"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    root = tmp_path / "workspace"
    (root / MODULE).mkdir(parents=True)
    (root / MODULE / f"{MODULE}.ipynb").write_text("{}")
    return root


@pytest.fixture
def hand_in(root: Path) -> Callable[[datetime], handin.Submission]:
    """Leave the receipt that nbgrader leaves for a submission."""

    def leave(at: datetime) -> handin.Submission:
        name = f"someone+{MODULE}+{at:%Y-%m-%d %H:%M:%S.%f UTC}"
        folder = home.receipts() / home.COURSE_ID / name
        folder.mkdir(parents=True)
        if (root / MODULE / NAME).exists():
            (folder / NAME).write_bytes((root / MODULE / NAME).read_bytes())
        (folder / "submission_secret.txt").write_text(f"secret of {at}")
        (folder / "timestamp.txt").write_text(str(at))
        return handin.Submission(MODULE, at, folder)

    return leave


def stand(root: Path) -> standing.Standing:
    return standing.one(root, MODULE)


def test_each_state_comes_from_what_lies_on_the_disk(
        root: Path, hand_in: Callable[[datetime], handin.Submission]) -> None:
    assert stand(root).state == "not started"
    bots.play(root / MODULE, MODULE, "wrong")
    assert stand(root).state == "begun"
    sent = hand_in(AT)
    assert stand(root).state == "submitted"
    course = home.exchange() / home.COURSE_ID
    (course / "marked").mkdir(parents=True)
    (course / "marked" / sent.key("marked")).touch()
    assert stand(root).state == "marked"
    (course / "feedback").mkdir()
    (course / "feedback" / f"{sent.key(MODULE)}.html").write_text("<p>Well seen.")
    assert (stand(root).state, stand(root).fresh) == ("feedback ready", True)
    fetched = root / MODULE / "feedback" / "2026-11-22 12:00:00.000000 UTC"
    fetched.mkdir(parents=True)
    (fetched / f"{MODULE}.html").write_text("<p>Well seen.")
    assert (stand(root).state, stand(root).fresh) == ("feedback ready", False)
    (course / "feedback" / f"{sent.key(MODULE)}.html").write_text("<p>Released again.")
    assert stand(root).fresh


def test_the_name_of_a_fellows_feedback_is_nbgraders_own(
        root: Path, hand_in: Callable[[datetime], handin.Submission]) -> None:
    from nbgrader.utils import notebook_hash

    sent = hand_in(AT)
    assert sent.key(MODULE) == notebook_hash(secret=f"secret of {AT}", notebook_id=MODULE)


def test_a_module_that_was_not_released_is_not_open_and_not_offered(root: Path) -> None:
    path = standing.path(root)
    assert {s.state for s in path if s.name != MODULE} == {"closed"}
    assert standing.following(path) is not None
    assert standing.following(path).name == MODULE  # type: ignore[union-attr]


def test_complete_needs_every_answer_that_is_marked_and_no_other(root: Path) -> None:
    asked = [item for item in assessments.module(MODULE).items if item.marked != "no"]
    assert list(stand(root).missing) == asked
    bots.play(root / MODULE, MODULE, "right")
    assert stand(root).complete
    reflection = next(item for item in asked if item.marked == "tutor")
    Answers(root / MODULE / NAME).save(reflection.id, "   ")
    assert stand(root).missing == (reflection,), "a box that was emptied is no answer"


def test_a_change_after_submitting_is_seen_and_undone_by_changing_back_or_submitting(
        root: Path, hand_in: Callable[[datetime], handin.Submission]) -> None:
    bots.play(root / MODULE, MODULE, "right")
    hand_in(AT)
    assert not stand(root).changed
    reflection = next(item for item in stand(root).needed if item.marked == "tutor")
    before = read(root / MODULE / NAME).value(reflection.id)
    Answers(root / MODULE / NAME).save(reflection.id, "I see it otherwise now.")
    assert stand(root).changed
    assert standing.following(standing.path(root)) is not None
    Answers(root / MODULE / NAME).save(reflection.id, before)
    assert not stand(root).changed
    Answers(root / MODULE / NAME).save(reflection.id, "I see it otherwise now.")
    hand_in(AT + timedelta(hours=1))
    assert not stand(root).changed
    numbers = [s.number for s in handin.submissions(MODULE)]
    assert len(numbers) == len(set(numbers)) == 2, "a receipt's number is of its answers"


def test_half_a_receipt_is_no_receipt(
        root: Path, hand_in: Callable[[datetime], handin.Submission]) -> None:
    sent = hand_in(AT)
    (sent.folder / "timestamp.txt").unlink()
    assert stand(root).sent is None


def test_a_due_date_is_told_until_the_module_is_handed_in(
        root: Path, hand_in: Callable[[datetime], handin.Submission]) -> None:
    assert stand(root).due is None
    programme.write(programme.Programme(modules={
        MODULE: programme.Dates(due=datetime.now(UTC) - timedelta(days=2))}))
    assert stand(root).overdue
    assert "1 day after the due date" in handin.lateness(
        MODULE, datetime.now(UTC) - timedelta(hours=20))
    assert handin.lateness(MODULE, datetime.now(UTC) - timedelta(days=3)) == ""
    hand_in(AT)
    assert not stand(root).overdue


@pytest.mark.parametrize("damage", [
    "", "{", "[]", '{"modules": {"02-rubber-band": {"due": "yesterday"}}}', "\x00" * 100,
    '{"contact": 7}', json.dumps({"contact": "x" * 501})])
def test_a_damaged_programme_file_costs_the_dates_and_never_the_page(
        root: Path, damage: str) -> None:
    programme.write(programme.Programme(contact="the programme office"))
    assert programme.read().contact == "the programme office"
    programme.path().write_text(damage)
    assert programme.read() == programme.Programme()
    assert stand(root).due is None


def test_words_that_could_identify_somebody_are_named_before_they_are_sent(root: Path) -> None:
    reflection = next(item for item in stand(root).needed if item.marked == "tutor")
    Answers(root / MODULE / NAME).save(reflection.id, "Her number is 943 476 5919.")
    [(item, sentence)] = stand(root).seen
    assert item == reflection
    assert "NHS number" in sentence


@pytest.mark.parametrize("damage", [b"\xff\xfe torn", b'{"v":1,', b"x" * 70_000 + b"\n"])
def test_a_damaged_record_still_gives_a_standing_and_says_what_was_found(
        root: Path, damage: bytes) -> None:
    (root / MODULE / NAME).write_bytes(damage)
    assert stand(root).state == "not started"
    assert stand(root).notices
