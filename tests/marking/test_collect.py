"""Collecting: what is in the exchange is looked at, copied if it is a submission, and told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from course import home
from course.marking import intake, loop
from tests.marking.ward import TRIAL, Ward, bot, lines, nbgrader

SENT = "2026-11-22 18:04:11.402000 UTC"
LATER = "2026-11-23 09:00:00.000000 UTC"
SECRET = "the tutor's own 4711"


def by_command() -> list[str]:
    code, log = nbgrader("collect", TRIAL, "--update")
    assert code == 0, log
    return [line.partition("] ")[2] for line in log.splitlines()]


def by_course() -> list[str]:
    return loop.collect(TRIAL).sentences()


ways = pytest.mark.parametrize("collect", [by_command, by_course])


@ways
def test_a_bad_entry_of_the_exchange_stops_nobody(ward: Ward, tmp_path: Path,
                                                  collect: Callable[[], list[str]]) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "answers.jsonl").write_text(lines([("trial.reflection", SECRET)]))
    (private / ward.notebook).write_text(SECRET)
    inbound = ward.state / "exchange" / home.COURSE_ID / "inbound"
    ward.send("ann", bot(TRIAL, "right"))
    ward.send("zoe", bot(TRIAL, "right"))
    (inbound / f"eve-link+{TRIAL}+{SENT}+r").symlink_to(private)
    (inbound / f"eve-gone+{TRIAL}+{SENT}+r").symlink_to(tmp_path / "nothing")
    (inbound / f"eve-file+{TRIAL}+{SENT}+r").write_text(SECRET)
    for name in (f"..+{TRIAL}+{SENT}+r", f"eve-when+{TRIAL}+yesterday+r", f"+{TRIAL}+{SENT}+r",
                 f"eve[1]+{TRIAL}+{SENT}+r", f"eve-zone+{TRIAL}+{SENT[:19]} ..-..-x+r"):
        shutil.copytree(private, inbound / name)
    place = ward.send("eve-inside", None, notebook=None)
    (place / "answers.jsonl").symlink_to(private / "answers.jsonl")
    (place / ward.notebook).symlink_to(private / ward.notebook)
    os.mkfifo(place / "pipe")
    (place / "altair.py").write_text("1/0")
    with (ward.send("eve-large", None) / "answers.jsonl").open("wb") as file:
        file.truncate(1 << 30)
    with (ward.send("eve-extra", bot(TRIAL, "right")) / "film.mov").open("wb") as file:
        file.truncate(1 << 40)

    said = collect()

    submitted = ward.course / "submitted"
    assert {p.name for p in submitted.iterdir()} == {"ann", "zoe", "eve-inside", "eve-large",
                                                     "eve-extra"}
    assert not (ward.course / TRIAL).exists()
    everything = [p for p in submitted.rglob("*") if p.is_file()]
    assert not any(p.is_symlink() for p in submitted.rglob("*"))
    assert not any(SECRET.encode() in p.read_bytes() for p in everything)
    assert max(p.stat().st_size for p in everything) <= 16 << 20
    told = {line.partition(":")[0].partition("+")[0]: line for line in said}
    for who, what in {"eve-link": "not a folder", "eve-gone": "not a folder",
                      "eve-file": "not a folder", "eve-zone": "its name",
                      "eve-when": "left alone", "eve?1?": "its name",
                      "eve-extra": "film.mov", "eve-large": "1 GB"}.items():
        assert what in told[who], (who, said)
    inside = " ".join(line for line in said if line.startswith("eve-inside"))
    for what in ("answers.jsonl is a link", f"{ward.notebook} is a link", "altair.py", "pipe",
                 "No notebook came with it"):
        assert what in inside


@ways
def test_the_newest_submission_counts_and_is_fetched_once(
        ward: Ward, collect: Callable[[], list[str]]) -> None:
    ward.send("ann", bot(TRIAL, "wrong"))
    collect()
    loop.mark(TRIAL)
    assert ward.scores("ann")["trial-sum"][0] == 0
    ward.send("ann", bot(TRIAL, "right"), sent=LATER)
    collect()
    loop.mark(TRIAL)
    assert ward.scores("ann")["trial-sum"][0] == 2
    here = ward.course / "submitted" / "ann" / TRIAL / "timestamp.txt"
    before = here.stat().st_mtime_ns
    collect()
    assert here.stat().st_mtime_ns == before


def test_what_was_set_aside_is_told_again_when_marking(ward: Ward) -> None:
    place = ward.send("eve", bot(TRIAL, "right"))
    (place / "altair.py").write_text("1/0")
    loop.collect(TRIAL)
    for _ in range(2):
        [line] = loop.mark(TRIAL).lines
        assert "altair.py does not belong to a submission" in line
    ward.send("eve", bot(TRIAL, "right"), sent=LATER)
    loop.collect(TRIAL)
    assert loop.mark(TRIAL).lines == []


def test_a_submission_without_its_time_has_that_of_the_exchange(ward: Ward) -> None:
    place = ward.send("ann", bot(TRIAL, "right"), sent=SENT)
    (place / "timestamp.txt").unlink()
    loop.collect(TRIAL)
    assert (ward.course / "submitted" / "ann" / TRIAL / "timestamp.txt").read_text() == SENT


def test_what_is_left_in_the_exchange_is_untouched(ward: Ward) -> None:
    place = ward.send("eve", None, notebook=None)
    (place / "thesis.docx").write_text("mine")
    loop.collect(TRIAL)
    assert (place / "thesis.docx").read_text() == "mine"


def test_another_accounts_file_in_a_submission_is_not_read(
        ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ward.send("eve", bot(TRIAL, "right"))
    real = os.fstat

    def other(handle: int) -> os.stat_result:
        found = real(handle)
        if Path(f"/proc/self/fd/{handle}").resolve().name != "answers.jsonl":
            return found
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:10]])

    monkeypatch.setattr(intake.os, "fstat", other)
    [line] = loop.collect(TRIAL).lines
    assert "answers.jsonl belongs to another account" in line
    assert place.is_dir()


@pytest.mark.parametrize(("text", "fits"), [
    (SENT, True), ("2015-02-02 15:58:23.948203 America/Los_Angeles", True),
    ("2026-11-22 18:04:11 +0100", True), ("2026-11-22T18:04:11", True),
    ("2026-13-22 18:04:11 UTC", False), ("2026-11-22 18:04:11 /etc/passwd", False),
    ("2026-11-22 18:04:11 ../../zone", False), ("now", False), ("", False)])
def test_only_a_time_is_read_as_a_time(text: str, fits: bool) -> None:
    assert intake.is_time(text) is fits
