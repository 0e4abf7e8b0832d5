"""What a fellow was told is saved is there, whatever happens to the file afterwards.

In these tests a line of the record is *untouched* when its bytes still stand between two
line ends. That is all the oracle knows; it shares no code with the reader.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course import answers
from course.answers import (
    MAX_FILE,
    MAX_LINE,
    MAX_NOTICES,
    MAX_TEXT,
    NAME,
    Answers,
    NotSaved,
    Record,
    read,
)

ITEMS = ("band.predict", "band.run", "band.words")
# Every kind of character JSON writes in its own way: quotes, a line end, an emoji, Arabic.
WORDS = ("less", 'a "quoted" word', "two\nlines", "Zoë 🙂", "\u2028 \x01", "سلام", "")

values = st.recursive(
    st.none() | st.booleans() | st.integers(-10**20, 10**20) | st.sampled_from(WORDS)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner,
                                                                max_size=4), max_leaves=8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A new path for each of hypothesis's examples, which share their fixtures."""
    folder = tmp_path_factory.mktemp("records")
    numbers = iter(range(10**9))
    return lambda: folder / f"{next(numbers)}.jsonl"


def written(path: Path, count: int = 6) -> bytes:
    """A record of `count` answers by two writers, no two alike."""
    writers = Answers(path), Answers(path)
    for n in range(count):
        writers[n % 2].save(ITEMS[n % 3], f"{n}: {WORDS[n % len(WORDS)]}", "fairly")
    return path.read_bytes()


def untouched(data: bytes, acknowledged: bytes) -> list[dict[str, Any]]:
    """The acknowledged lines that still stand in `data`, each once, in the file's order."""
    known = {line for line in acknowledged.split(b"\n") if line}
    still = [line.strip() for line in data.split(b"\n") if line.strip() in known]
    return [json.loads(line) for line in dict.fromkeys(still)]


def found(record: Record) -> list[tuple[str, Any, str]]:
    saved = sorted((s for item in record.saved for s in record.all(item)), key=lambda s: s.place)
    return [(s.item, s.value, s.tab) for s in saved]


def assert_kept(record: Record, lines: list[dict[str, Any]]) -> None:
    """Every line is found, in order. Damage may have left something else readable between."""
    rest = iter(found(record))
    for line in lines:
        assert (line["item"], line["value"], line["tab"]) in rest, line


def assert_plain(notices: list[str]) -> None:
    assert len(notices) <= MAX_NOTICES + 1
    for notice in notices:
        assert notice.isprintable(), notice
        assert len(notice) < 250, notice
        assert notice.endswith("."), notice


# ---- one or several writers -----------------------------------------------------------


def test_an_answer_is_on_the_disk_when_save_returns(path: Path) -> None:
    saved = Answers(path).save("band.predict", "less", "guess")
    (line,) = path.read_bytes().split()
    assert json.loads(line)["value"] == "less"
    assert read(path).latest("band.predict") == saved
    assert (saved.value, saved.sure, saved.place) == ("less", "guess", 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ITEMS), values), max_size=15))
def test_writers_may_take_turns_in_any_order(
        scratch: Callable[[], Path], turns: list[tuple[int, str, Any]]) -> None:
    path = scratch()
    writers = [Answers(path) for _ in range(3)]
    for who, item, value in turns:
        assert writers[who].save(item, value).value == value
    for record in (read(path), *(w.record() for w in writers)):
        assert [(item, value) for item, value, _ in found(record)] == [t[1:] for t in turns]
        assert record.notices == []
    for item in ITEMS:
        mine = [value for _, name, value in turns if name == item]
        record = read(path)
        assert [s.value for s in record.all(item)] == mine
        if mine:
            first, latest = record.first(item), record.latest(item)
            assert first is not None
            assert latest is not None
            assert (first.value, latest.value) == (mine[0], mine[-1])


def test_the_first_commitment_is_kept_when_a_mind_is_changed(path: Path) -> None:
    mine = Answers(path)
    for value in ("less", "more", "less"):
        mine.save("band.predict", value)
    first, latest = mine.record().first("band.predict"), mine.record().latest("band.predict")
    assert first is not None
    assert latest is not None
    assert (first.value, latest.value) == ("less", "less")
    assert first.place < latest.place
    assert [s.value for s in mine.record().all("band.predict")] == ["less", "more", "less"]


def test_what_came_before_what_is_known_across_writers(path: Path) -> None:
    mine, other = Answers(path), Answers(path)
    mine.save("band.predict", "less")
    other.save("band.run", {})
    mine.save("band.predict", "more")
    record = read(path)
    assert record.before("band.predict", "band.run")
    assert not record.before("band.run", "band.predict")
    assert record.before("band.run", "band.words"), "what is not there yet comes later"
    assert not record.before("band.words", "band.run")


def test_a_writer_sees_what_another_tab_saved_meanwhile(path: Path) -> None:
    mine, other = Answers(path), Answers(path)
    assert "band.run" not in mine.record()
    other.save("band.run", 1)
    assert mine.record().value("band.run") == 1
    assert len(mine.record().tabs() | other.record().tabs()) == 1
    mine.save("band.run", 2)
    assert len(other.record().tabs()) == 2


def save_many(path: Path, name: str, count: int) -> None:
    mine = Answers(path)
    for n in range(count):
        mine.save("band.run", f"{name} {n}")


def test_two_processes_appending_at_once_lose_nothing(path: Path) -> None:
    context, count = multiprocessing.get_context("spawn"), 150
    both = [context.Process(target=save_many, args=(path, name, count)) for name in ("one", "two")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    saved = [s.value for s in read(path).all("band.run")]
    for name in ("one", "two"):
        mine = [v for v in saved if str(v).startswith(name)]
        assert mine == [f"{name} {n}" for n in range(count)]
    assert len(saved) == 2 * count


def test_a_reader_keeps_up_with_a_file_that_grows(path: Path) -> None:
    writer = threading.Thread(target=save_many, args=(path, "mine", 200))
    mine = Answers(path)
    writer.start()
    counts = [0]
    while writer.is_alive():
        counts.append(len(mine.record().all("band.run")))
        assert mine.record().notices == [], "a line that is being written is not a fault"
    writer.join()
    assert counts == sorted(counts), "an answer once seen stays"
    assert len(mine.record().all("band.run")) == 200


def test_a_line_added_while_the_file_is_read_is_found(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other, real = Answers(path), Answers(path), os.pread
    mine.save("band.run", "before")

    def pread(handle: int, length: int, offset: int) -> bytes:
        chunk = real(handle, length, offset)
        monkeypatch.setattr(os, "pread", real)
        other.save("band.run", "meanwhile")
        return chunk

    monkeypatch.setattr(os, "pread", pread)
    assert [s.value for s in read(path).all("band.run")] == ["before", "meanwhile"]


def test_reading_again_reads_only_what_is_new(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, asked, real = Answers(path), [], os.pread
    mine.save("band.words", "x" * 5000)
    monkeypatch.setattr(os, "pread", lambda *a: asked.append(real(*a)) or asked[-1])
    mine.record()
    assert asked == [b""]


def test_a_file_that_was_replaced_or_cut_is_read_afresh(path: Path, tmp_path: Path) -> None:
    mine, elsewhere = Answers(path), Answers(tmp_path / "other")
    mine.save("band.run", 1)
    mine.save("band.run", 2)
    elsewhere.save("band.run", 3)
    elsewhere.path.replace(path)
    assert [s.value for s in mine.record().all("band.run")] == [3]
    path.unlink()
    assert mine.record().saved == {}
    mine.save("band.run", 4)
    os.truncate(path, 10)
    assert mine.record().saved == {}


# ---- a file that was damaged ----------------------------------------------------------


def test_a_record_cut_at_any_byte_keeps_every_answer_before_the_cut(path: Path) -> None:
    whole = written(path)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        lines = untouched(whole[:cut], whole)
        torn = whole[:cut].rpartition(b"\n")[2]
        cut_off = bool(torn) and torn not in whole.split(b"\n")
        for record in (Answers(path).record(), read(path)):
            assert found(record) == [(e["item"], e["value"], e["tab"]) for e in lines], cut
        assert Answers(path).record().notices == [], "another tab may be writing that line now"
        assert record.notices == cut_off * [
            f"The last line of {NAME} was cut off before it was saved; the answers before it "
            "are all here."], cut


def test_after_a_cut_at_any_byte_the_next_answer_is_saved_and_found(path: Path) -> None:
    whole = written(path)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        before = found(read(path))
        mine = Answers(path)
        mine.save("band.words", "after the power came back")
        for record in (mine.record(), read(path)):
            assert [f[:2] for f in found(record)] == [
                *(f[:2] for f in before), ("band.words", "after the power came back")], cut
            assert len(record.notices) <= 1


def line(data: bytes, place: int) -> int:
    """Where the line begins that `place` is in."""
    return data.rfind(b"\n", 0, place) + 1


DAMAGE: dict[str, Callable[[bytes, int, int, bytes], bytes]] = {
    "flip": lambda d, i, n, junk: d[:i] + bytes([d[i] ^ (n % 255 + 1)]) + d[i + 1:],
    "insert": lambda d, i, n, junk: d[:i] + junk + d[i:],
    "delete": lambda d, i, n, junk: d[:i] + d[i + n % 40:],
    "junk line": lambda d, i, n, junk: d[:line(d, i)] + junk + b"\n" + d[line(d, i):],
    "repeat lines": lambda d, i, n, junk: d[:line(d, i)] + d[line(d, max(0, i - n)):],
    "repeat bytes": lambda d, i, n, junk: d[:i] + d[max(0, i - n):],
    "append itself": lambda d, i, n, junk: d + d,
    "Windows line ends": lambda d, i, n, junk: d.replace(b"\n", b"\r\n"),
    "no blank lines": lambda d, i, n, junk: d.replace(b"\n\n", b"\n"),
    "overwrite with zeros": lambda d, i, n, junk: d[:i] + bytes(n % 300) + d[i + n % 300:],
}
JUNK = st.binary(max_size=30) | st.sampled_from(
    [b"{", b"}", b"null", b"[]", b"{}", b'"', b"\\", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00"])


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(sorted(DAMAGE)), st.floats(0, 1), st.integers(0, 500),
                          JUNK), min_size=1, max_size=3))
def test_whatever_damages_the_file_every_untouched_answer_is_found(
        scratch: Callable[[], Path], damage: list[tuple[str, float, int, bytes]]) -> None:
    path = scratch()
    whole = data = written(path, 8)
    for kind, where, much, junk in damage:
        if data:
            data = DAMAGE[kind](data, min(int(where * len(data)), len(data) - 1), much, junk)
    path.write_bytes(data)
    record = read(path)
    assert_kept(record, untouched(data, whole))
    assert_plain(record.notices)

    mine = Answers(path)
    assert mine.save("band.words", "after").value == "after"
    assert_kept(mine.record(), untouched(data, whole))
    latest = read(path).latest("band.words")
    assert latest is not None
    assert latest.value == "after"


def test_a_damaged_line_does_not_stand_in_for_its_neighbour(path: Path) -> None:
    mine = Answers(path)
    for n in range(3):
        mine.save("band.run", n)
    path.write_bytes(path.read_bytes().replace(b'"seq":1', b'"seq":2'))
    assert [s.value for s in read(path).all("band.run")] == [0, 1, 2]


def test_any_single_damaged_byte_costs_at_most_one_answer(path: Path) -> None:
    whole = written(path, 4)
    for place in range(len(whole)):
        for wrong in (b"\n", b"\x00", b"7", b'"'):
            path.write_bytes(whole[:place] + wrong + whole[place + 1:])
            assert len(found(read(path))) >= 3, (place, wrong)


def test_a_copy_of_a_line_counts_once_and_two_records_joined_keep_both(
        path: Path, tmp_path: Path) -> None:
    one, two = written(path, 4), written(tmp_path / "two", 4)
    path.write_bytes(one + two + one)
    both = [json.loads(line) for line in (one + two).split(b"\n") if line]
    assert found(read(path)) == [(e["item"], e["value"], e["tab"]) for e in both]
    assert len(read(path).tabs()) == 4


# ---- lines that are not answers -------------------------------------------------------

GOOD = ('{"v":1,"item":"band.run","value":%s,"at":"2026-11-22T18:04:11.402Z",'
        '"seq":%s,"tab":"9f3c21aa"}')
NOT_ANSWERS = {
    "NaN": GOOD % ("NaN", 2),
    "Infinity": GOOD % ("Infinity", 2),
    "minus Infinity": GOOD % ("-Infinity", 2),
    "a number beyond every float": GOOD % ("1e999", 2),
    "the same, well inside": GOOD % ('[{"a":[-1e999]}]', 2),
    "a whole number of 400 digits": GOOD % ("9" * 400, 2),
    "a number of 5,000 digits": GOOD % ("9" * 5000, 2),
    "nested 10,000 deep": GOOD % ("[" * 10_000 + "]" * 10_000, 2),
    "objects nested 5,000 deep": GOOD % ('{"a":' * 5000 + "1" + "}" * 5000, 2),
    "never closed": GOOD % ("[" * 10_000, 2),
    "half a surrogate pair": GOOD % (r'"\ud83d"', 2),
    "half a pair as a key": GOOD % (r'{"\udc00":1}', 2),
    "a number as text": GOOD % (1, '"2"'),
    "a number with a point": GOOD % (1, "2.5"),
    "a sequence below one": GOOD % (1, 0),
    "an unknown version": GOOD.replace('"v":1', '"v":2') % (1, 2),
    "no version": GOOD.replace('"v":1,', "") % (1, 2),
    "an item that is no item": GOOD.replace("band.run", "../run") % (1, 2),
    "a field too many": GOOD.replace('"seq"', '"who":"me","seq"') % (1, 2),
    "a thousand fields too many": GOOD.replace(
        '"seq"', "".join(f'"f{n}":0,' for n in range(1000)) + '"seq"') % (1, 2),
    "a field named with a line end": GOOD.replace('"seq"', r'"a\n\u202eb":1,"seq"') % (1, 2),
    "no time": GOOD.replace("2026-11-22T18:04:11.402Z", "yesterday") % (1, 2),
    "a 32nd of December": GOOD.replace("11-22", "12-32") % (1, 2),
    "a year no time zone can hold": GOOD.replace("2026", "9999") % (1, 2),
    "a year in other digits": GOOD.replace("2026", "٢٠٢٦") % (1, 2),
    "sure in another word": GOOD.replace('"seq"', '"sure":"rather","seq"') % (1, 2),
    "a list": "[1, 2]",
    "null": "null",
    "a word": "hello",
    "an empty object": "{}",
    "a line longer than any answer": GOOD % ('"' + "x" * MAX_LINE + '"', 2),
}


@pytest.mark.parametrize("what", NOT_ANSWERS)
def test_a_line_that_is_no_answer_gets_one_plain_notice(path: Path, what: str) -> None:
    good = GOOD % (1, 1), GOOD % (3, 3)
    path.write_text("\n".join((good[0], NOT_ANSWERS[what], good[1], "")), encoding="utf-8")
    for record in (read(path), Answers(path).record()):
        assert [s.value for s in record.all("band.run")] == [1, 3]
        assert len(record.notices) == 1
        assert "2" in record.notices[0], "it says which line"
        assert_plain(record.notices)


def test_bytes_that_are_not_text_are_left_out(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40 + b"\n" + (GOOD % (1, 1)).encode() + b"\n\xff\xfe")
    record = read(path)
    assert record.value("band.run") == 1
    assert_plain(record.notices)
    assert record.notices


def test_there_is_an_end_to_what_is_said_about_bad_lines(path: Path) -> None:
    path.write_text("{}\n" * 5000 + GOOD % (1, 1))
    record = read(path)
    assert len(record.notices) == MAX_NOTICES + 1
    assert "more such lines" in record.notices[-1]
    assert record.value("band.run") == 1


def test_an_answer_to_an_item_we_no_longer_ask_is_kept(path: Path) -> None:
    Answers(path).save("left-over.from-last-year", {"any": ["thing"]})
    record = read(path)
    assert record.value("left-over.from-last-year") == {"any": ["thing"]}
    assert record.notices == []


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_reading_never_raises_for_what_the_bytes_say(
        scratch: Callable[[], Path], data: bytes) -> None:
    path = scratch()
    path.write_bytes(data)
    assert_plain(read(path).notices)
    mine = Answers(path)
    mine.save("band.run", 1)
    assert mine.record().value("band.run") == 1


# ---- size -----------------------------------------------------------------------------


def peak_and_bytes_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Record, int, int]:
    """A record; the most memory that reading it took; how many bytes were read."""
    total, real = 0, os.pread

    def pread(handle: int, length: int, offset: int) -> bytes:
        nonlocal total
        chunk = real(handle, length, offset)
        total += len(chunk)
        return chunk

    monkeypatch.setattr(os, "pread", pread)
    tracemalloc.start()
    try:
        record = read(path)
        return record, tracemalloc.get_traced_memory()[1], total
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("what", "size"), [("sparse", 1 << 30), ("one line", 50 << 20)])
def test_a_file_too_large_costs_neither_memory_nor_time(
        path: Path, monkeypatch: pytest.MonkeyPatch, what: str, size: int) -> None:
    Answers(path).save("band.run", "before")
    if what == "sparse":
        os.truncate(path, size)
    else:
        with path.open("ab") as file:
            for _ in range(50):
                file.write(b"x" * (1 << 20))
    record, peak, total = peak_and_bytes_read(path, monkeypatch)
    assert record.value("band.run") == "before"
    assert any("larger than any real record" in n for n in record.notices)
    assert_plain(record.notices)
    assert total <= MAX_FILE
    assert peak < 3 << 20
    with pytest.raises(NotSaved, match="has reached 16 MB"):
        Answers(path).save("band.run", "after")
    assert path.stat().st_size >= size
    assert path.stat().st_size < size + 1000, "nothing was added"


def test_after_a_line_of_a_megabyte_the_next_answer_is_found(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b'{"v":1,"item":"' + b"x" * (1 << 20) + b"\n")
    Answers(path).save("band.run", "after")
    record, peak, _ = peak_and_bytes_read(path, monkeypatch)
    assert record.value("band.run") == "after"
    assert len(record.notices) == 1
    assert peak < 3 << 20


def test_an_answer_of_the_most_characters_fits_in_a_line(path: Path) -> None:
    # "\x01" takes six bytes in JSON, an emoji four: the longest that text can become.
    for char in ("a", "é", "🙂", "\x01", '"'):
        assert Answers(path).save("band.words", char * MAX_TEXT).value == char * MAX_TEXT
    assert len(read(path).all("band.words")) == 5


def test_a_full_record_refuses_and_stays_as_it_is(path: Path) -> None:
    Answers(path).save("band.run", 1)
    os.truncate(path, MAX_FILE - 5)
    with pytest.raises(NotSaved, match="tell your programme"):
        Answers(path).save("band.run", 2)
    assert path.stat().st_size == MAX_FILE - 5


# ---- what cannot be saved -------------------------------------------------------------


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [
    float("nan"), float("inf"), [float("-inf")], 10**400, "\ud83d", {"\udc00": 1}, deep(10_000),
    object(), {1, 2}, b"bytes", "x" * MAX_LINE,
], ids=lambda value: repr(value)[:15] if not isinstance(value, list) else "a list")
def test_a_value_that_could_not_be_read_back_is_refused_in_words(path: Path, value: Any) -> None:
    mine = Answers(path)
    mine.save("band.run", "earlier")
    before = path.read_bytes()
    with pytest.raises(NotSaved, match=r"^Not saved: .*\.$"):
        mine.save("band.run", value)
    assert path.read_bytes() == before
    mine.save("band.run", "later")
    assert [s.value for s in mine.record().all("band.run")] == ["earlier", "later"]


@pytest.mark.parametrize("item", ["", "run", "band.", "Band.run", "../band.run", "band.run\n",
                                  "b" * 61 + ".run"])
def test_an_item_needs_a_readable_id(path: Path, item: str) -> None:
    with pytest.raises(NotSaved):
        Answers(path).save(item, 1)
    assert not path.exists()


# ---- things that are no file of ours --------------------------------------------------


def test_a_missing_record_is_an_empty_one_and_the_first_answer_makes_it(path: Path) -> None:
    assert read(path) == Record()
    assert not path.exists(), "reading makes nothing"
    Answers(path).save("band.run", 1)
    assert path.stat().st_mode & 0o777 == 0o600, "nobody else may read it"


def test_a_link_is_never_followed(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "somebody-elses"
    target.write_text(GOOD % (1, 1))
    path.symlink_to(target)
    record = read(path)
    assert record.saved == {}
    assert record.notices == [f"{NAME} is a link to another file; it was not followed."]
    with pytest.raises(NotSaved, match="is a link to another file"):
        Answers(path).save("band.run", 2)
    assert target.read_text() == GOOD % (1, 1)


def within(seconds: float, work: Callable[[], object]) -> Any:
    """What `work` gives or raises; a failure, not a hang, when it waits for ever."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert outcome, "it waits for ever"
    return outcome[0]


def test_a_named_pipe_keeps_nobody_waiting(path: Path) -> None:
    os.mkfifo(path)
    assert within(20, lambda: read(path)).notices == [
        f"{NAME} is not an ordinary file; it was not read."]
    said = within(20, lambda: Answers(path).save("band.run", 1))
    assert isinstance(said, NotSaved)
    assert "not an ordinary file" in str(said)


def test_a_folder_in_its_place_is_said_in_words(path: Path) -> None:
    path.mkdir()
    assert read(path).notices == [f"{NAME} is not an ordinary file; it was not read."]
    with pytest.raises(NotSaved, match="not an ordinary file"):
        Answers(path).save("band.run", 1)


def test_a_device_is_not_read() -> None:
    assert read(Path("/dev/zero")).notices == [f"{NAME} is not an ordinary file; it was not read."]


def test_a_file_that_may_not_be_opened_is_said_in_words(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Answers(path).save("band.run", 1)

    def refuse(*_args: object, **_kwargs: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    # Not chmod: the tests may run as an account that may read everything.
    monkeypatch.setattr(os, "open", refuse)
    assert read(path).notices == [f"{NAME} could not be opened (Permission denied)."]
    with pytest.raises(NotSaved, match="does not allow writing"):
        Answers(path).save("band.run", 2)


def test_a_disk_that_fails_while_reading_loses_nothing_read_before(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = Answers(path), Answers(path)
    mine.save("band.run", 1)

    def fail(*_args: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "pread", fail)
        assert mine.record().value("band.run") == 1
        assert "could not be read to its end" in mine.record().notices[0]
    other.save("band.run", 2)
    assert mine.record().value("band.run") == 2


# ---- a disk that is full or fails -----------------------------------------------------


def test_a_disk_that_fills_up_at_any_byte_keeps_the_earlier_answers(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, longest = os.write, 200
    for room in range(0, longest, 7):
        path.unlink(missing_ok=True)
        mine = Answers(path)
        mine.save("band.run", "earlier")
        with monkeypatch.context() as full:
            full.setattr(os, "write", lambda handle, data, room=room: real(handle, data[:room]))
            with pytest.raises(NotSaved, match="no room left on the disk"):
                mine.save("band.run", "x" * longest)
        assert [s.value for s in mine.record().all("band.run")] == ["earlier"]
        mine.save("band.run", "later")
        assert [s.value for s in read(path).all("band.run")] == ["earlier", "later"]
        assert [s.value for s in mine.record().all("band.run")] == ["earlier", "later"]


@pytest.mark.parametrize(("number", "says"), [
    (errno.ENOSPC, "no room left"), (errno.EDQUOT, "no room left"), (errno.EIO, "try again"),
    (errno.EROFS, "does not allow writing")])
@pytest.mark.parametrize("call", ["write", "fsync", "close", "open"])
def test_a_disk_that_refuses_is_said_in_words_and_keeps_the_earlier_answers(
        path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, says: str) -> None:
    mine, real = Answers(path), getattr(os, call)
    mine.save("band.run", "earlier")

    def fail(*args: Any, **kwargs: Any) -> None:
        if call == "close":
            real(*args)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail)
        with pytest.raises(NotSaved, match=says) as caught:
            mine.save("band.run", "lost")
    assert str(caught.value).startswith("Not saved")
    mine.save("band.run", "later")
    first, latest = read(path).first("band.run"), read(path).latest("band.run")
    assert first is not None
    assert latest is not None
    assert (first.value, latest.value) == ("earlier", "later")


def test_nothing_is_called_saved_before_it_is_synced(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    for call in ("write", "fsync"):
        real = getattr(os, call)
        monkeypatch.setattr(os, call, lambda *a, call=call, real=real: (
            order.append(call), real(*a))[1])
    Answers(path).save("band.run", 1)
    assert order == ["write", "fsync", "fsync"], "one write; the file; the name of a new file"
    order.clear()
    Answers(path).save("band.run", 2)
    assert order == ["write", "fsync"]


def test_a_folder_that_is_gone_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match=r"^Not saved"):
        Answers(tmp_path / "gone" / NAME).save("band.run", 1)


def test_a_killed_kernel_loses_nothing_it_called_saved(path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import os, sys\nfrom pathlib import Path\n"
         "from course.answers import Answers\nmine = Answers(Path(sys.argv[1]))\n"
         "for n in range(20):\n    mine.save('band.run', n)\n    print(n, flush=True)\n"
         "os.kill(os.getpid(), 9)", str(path)], capture_output=True, text=True, check=False)
    assert told.returncode == -9
    assert [s.value for s in read(path).all("band.run")] == [int(n) for n in told.stdout.split()]
    assert len(told.stdout.split()) == 20


def test_the_limits_leave_room_for_one_another() -> None:
    assert answers.MAX_TEXT * 6 + 500 < MAX_LINE
    assert MAX_LINE * 100 < MAX_FILE
