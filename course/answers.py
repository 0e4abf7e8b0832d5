"""The append-only record of a fellow's answers: `answers.jsonl`, beside the notebook.

Every commitment is one line, one JSON object, written before the page says "saved":

    {"v":1,"item":"rubber-band.predict-keen","value":"less","sure":"fairly",
     "at":"2026-11-22T18:04:11.402Z","seq":7,"tab":"9f3c21aa"}

The present state is a fold over the lines, in the order they stand in the file. The
first value of an item is never lost; a later one is a change of mind. `tab` names the
kernel that wrote the line and `seq` counts that kernel's lines, so that two tabs may
append at once and a copy of a line counts once.

A record is data from outside, also when it is our own: reading never follows a link,
never reads more than `MAX_FILE` bytes, and never raises for what the bytes say. What
cannot be read is reported in `Record.notices`, one plain sentence each.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import from_json

NAME = "answers.jsonl"
VERSION = 1
MAX_TEXT = 10_000
"""Characters in one free-text answer; four bytes each still fit in one line."""
MAX_LINE = 64 * 1024
"""Bytes in one line."""
MAX_FILE = 16 * 1024 * 1024
"""Bytes in one record: some thousand drafts of a long reflection."""
MAX_NOTICES = 20

Sure = Literal["guess", "fairly", "certain"]


class NotSaved(Exception):
    """An answer did not reach the disk. The message is for the fellow."""


def _finite(value: JsonValue) -> JsonValue:
    """1e999 and a whole number of 400 digits are JSON, but nothing one can reckon with."""
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            _finite(inner)
    elif isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        raise ValueError("a number too large to reckon with")
    return value


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    v: Literal[1]
    item: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}\.[a-z0-9-]{1,60}$")]
    value: Annotated[JsonValue, AfterValidator(_finite)]
    sure: Sure | None = None
    # Our century only: the years 1 and 9999 leave the calendar in some time zones.
    at: Annotated[str, Field(pattern=r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
    seq: Annotated[int, Field(ge=1)]
    tab: Annotated[str, Field(pattern=r"^[0-9a-f]{8,16}$")]


@dataclass(frozen=True)
class Saved:
    """One value that was saved for an item, and when."""

    item: str
    value: JsonValue
    sure: Sure | None
    at: datetime
    place: int
    """Position among all lines of the record: which answer came before which."""
    tab: str


@dataclass
class Record:
    """The present state of a fellow's answers: a fold over the lines read so far."""

    saved: dict[str, list[Saved]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _lines: int = 0

    def __contains__(self, item: object) -> bool:
        return item in self.saved

    def first(self, item: str) -> Saved | None:
        """The first commitment: kept for good."""
        return self.saved[item][0] if item in self.saved else None

    def latest(self, item: str) -> Saved | None:
        """What the fellow holds now."""
        return self.saved[item][-1] if item in self.saved else None

    def all(self, item: str) -> list[Saved]:
        """Every value saved for the item, oldest first."""
        return list(self.saved.get(item, ()))

    def value(self, item: str) -> JsonValue:
        """The latest value, or None when there is none."""
        latest = self.latest(item)
        return latest.value if latest else None

    def answered(self, item: str) -> bool:
        """Whether something is held now: a box that was emptied again is no answer."""
        value = self.value(item)
        if isinstance(value, str):
            return bool(value.strip())
        if isinstance(value, dict):
            return any(str(part).strip() for part in value.values())
        return value is not None

    def before(self, earlier: str, later: str) -> bool:
        """Whether `earlier` was first committed before `later` (or `later` not yet)."""
        a, b = self.first(earlier), self.first(later)
        return a is not None and (b is None or a.place < b.place)

    def tabs(self) -> frozenset[str]:
        """The kernels that wrote this record; two fellows never share one."""
        return frozenset(s.tab for values in self.saved.values() for s in values)

    def notice(self, sentence: str) -> None:
        """Keep a sentence about what could not be read, up to `MAX_NOTICES`."""
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(sentence)
        elif len(self.notices) == MAX_NOTICES:
            self.notices.append("There are more such lines; the rest are not listed.")

    def take(self, line: bytes, number: int, quiet: bool = False) -> None:
        """Fold one line in. Never raises: a bad line becomes a notice (unless `quiet`)."""
        kept = len(self.notices)
        self._take(line, number)
        if quiet:
            del self.notices[kept:]

    def _take(self, line: bytes, number: int) -> None:
        line = line.strip()
        # A copy counts once. Told by the whole line: a damaged neighbour may have its seq.
        if not line or line in self._seen:
            return
        if len(line) > MAX_LINE:
            self.notice(f"Line {number} of {NAME} is longer than the {size(MAX_LINE)} a real "
                        "answer can have; it was left out.")
            return
        try:
            # Not json.loads: that takes NaN and recurses as deep as it is told.
            entry = _Line.model_validate(from_json(line, allow_inf_nan=False))
            at = datetime.fromisoformat(entry.at)
        except ValidationError as error:
            # Naming the fields is slow, and a hostile file has millions of such lines.
            where = _fields(error) if len(self.notices) < MAX_NOTICES else ""
            self.notice(f"Line {number} of {NAME} is not an answer we know "
                        f"({where or 'not one JSON object'}); it was left out.")
            return
        except (ValueError, RecursionError):
            self.notice(f"Line {number} of {NAME} could not be read as JSON; it was left out.")
            return
        self._seen.add(line)
        self.saved.setdefault(entry.item, []).append(
            Saved(entry.item, entry.value, entry.sure, at, self._lines, entry.tab))
        self._lines += 1


def read(path: Path) -> Record:
    """Read a record from outside; a missing one is empty.

    Never follows a link, opens a device, or reads more than `MAX_FILE` bytes; never
    raises for what the file is or says. Look in `notices` for what was left out.
    """
    reader = _Reader(path)
    reader.catch_up()
    reader.finish()
    return reader.record


class Answers:
    """The record of one fellow for one module, for reading and appending.

    `tab` is new for every kernel. Nothing is cached that another tab could have
    changed: `record()` looks at the file each time and reads only what is new.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tab = secrets.token_hex(8)
        self._seq = 0
        self._reader = _Reader(path)

    def record(self) -> Record:
        """The present state, with every line any tab has completed."""
        return self._reader.catch_up()

    def save(self, item: str, value: JsonValue, sure: Sure | None = None) -> Saved:
        """Append one answer; when this returns it is on the disk.

        Raises NotSaved, with a sentence for the fellow, when it is not.
        """
        now = datetime.now(UTC)
        self._seq += 1
        fields = {"v": VERSION, "item": item, "value": value, "sure": sure,
                  "at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                  "seq": self._seq, "tab": self._tab}
        try:
            line = json.dumps({k: v for k, v in fields.items() if k != "sure" or v is not None},
                              ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            # Our own schema, on our own line: what we could not read back is not saved.
            _Line.model_validate(from_json(line, allow_inf_nan=False))
            data = line.encode("utf-8")
        except (ValueError, TypeError, RecursionError) as error:
            # A lone half of a surrogate pair (a cut emoji) is text that UTF-8 cannot hold.
            raise NotSaved("Not saved: this answer holds a character or value that cannot be "
                           "kept. Please type it again.") from error
        if len(data) > MAX_LINE:
            raise NotSaved(f"Not saved: an answer may have up to {MAX_TEXT:,} characters. "
                           "Please shorten it.")
        self._append(data)
        found = self.record().latest(item)
        if found is None or (found.value, found.tab) != (value, self._tab):
            # Another tab may have saved this item in between: ours still stands in the file.
            return Saved(item, value, sure, now, -1, self._tab)
        return found

    def _append(self, data: bytes) -> None:
        # NONBLOCK: opening a named pipe must not wait for a reader.
        flags = (os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
                 | os.O_CLOEXEC)
        try:
            new = not self.path.exists()
            handle = os.open(self.path, flags, 0o600)
            try:
                now = os.fstat(handle)
                if not stat.S_ISREG(now.st_mode):
                    raise NotSaved(f"Not saved: {NAME} is not an ordinary file. "
                                   "Please tell your programme.")
                if now.st_size + len(data) + 2 > MAX_FILE:
                    raise NotSaved(f"Not saved: your record of answers has reached "
                                   f"{size(MAX_FILE)}. Please tell your programme.")
                # A newline on both sides: after a torn line (power cut, full disk) the
                # next answer still stands on a line of its own, with no lock and no repair.
                packet = b"\n" + data + b"\n"
                if os.write(handle, packet) != len(packet):
                    raise OSError(errno.ENOSPC, "short write")
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                _fsync_folder(self.path.parent)
        except OSError as error:
            raise NotSaved(_why_not(error)) from error


class _Reader:
    """Reads a growing file once: each call takes up only the lines completed since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.record = Record()
        self._file: tuple[int, int] | None = None
        self._offset = 0
        self._number = 0
        self._tail = b""
        self._skipping = False
        self._full = False

    def catch_up(self) -> Record:
        try:
            # NONBLOCK: opening a named pipe must not wait for a writer.
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            if self._file is not None:
                self._forget()
            return self.record
        except OSError as error:
            self._forget()
            if error.errno == errno.ELOOP:
                self.record.notice(f"{NAME} is a link to another file; it was not followed.")
            else:
                self.record.notice(f"{NAME} could not be opened ({error.strerror}).")
            return self.record
        try:
            now = os.fstat(handle)
            if not stat.S_ISREG(now.st_mode):
                self._forget()
                self.record.notice(f"{NAME} is not an ordinary file; it was not read.")
                return self.record
            if self._file != (now.st_dev, now.st_ino) or now.st_size < self._offset:
                self._forget()
                self._file = (now.st_dev, now.st_ino)
            for chunk in self._chunks(handle, now.st_size):
                self._feed(chunk)
        except OSError as error:
            self.record.notice(f"{NAME} could not be read to its end ({error.strerror}).")
        finally:
            os.close(handle)
        # A line cut off exactly at its newline is whole; a second reading counts once.
        self.record.take(self._tail, self._number + 1, quiet=True)
        return self.record

    def finish(self) -> None:
        """Take a last line that has no newline: whole, it is an answer; torn, a notice."""
        if self._tail.strip() and not self._skipping:
            self._number += 1
            before = len(self.record.notices)
            self.record.take(self._tail, self._number)
            if len(self.record.notices) > before and not self._full:
                self.record.notices[-1] = (f"The last line of {NAME} was cut off before it was "
                                           "saved; the answers before it are all here.")
        self._tail = b""

    def _chunks(self, handle: int, length: int) -> Iterator[bytes]:
        while self._offset < MAX_FILE:
            chunk = os.pread(handle, min(1 << 18, MAX_FILE - self._offset), self._offset)
            if not chunk:
                return
            self._offset += len(chunk)
            yield chunk
        if length > MAX_FILE and not self._full:
            self._full = True
            self.record.notice(f"{NAME} is {size(length)}, larger than any real record "
                               f"({size(MAX_FILE)}); the rest was not read.")

    def _feed(self, chunk: bytes) -> None:
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            self._number += 1
            line, self._tail = self._tail + piece, b""
            if self._skipping:
                self._skipping = False
            else:
                self.record.take(line, self._number)
        self._tail += rest
        if len(self._tail) > MAX_LINE and not self._skipping:
            # Do not hold a line that can never be an answer.
            self._number += 1
            self.record.take(self._tail, self._number)
            self._number -= 1
            self._skipping = True
        if self._skipping:
            self._tail = b""


def size(count: int) -> str:
    """A number of bytes in plain words."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if count >= unit:
            return f"{count / unit:.0f} {name}"
    return f"{count} bytes"


def _fields(error: ValidationError) -> str:
    names = sorted({_plain(e["loc"][0]) for e in error.errors() if e["loc"]})
    return ", ".join(names[:5]) + (" and more" if len(names) > 5 else "")


def _plain(name: object) -> str:
    """A field name out of a hostile file, safe to print on one line."""
    return re.sub(r"[^\w-]", "?", str(name))[:30]


def _why_not(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ("Not saved: there is no room left on the disk. Keep this page open, copy your "
                "words somewhere safe, and tell your programme.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ("Not saved: this folder does not allow writing. Keep this page open, copy your "
                "words somewhere safe, and tell your programme.")
    if error.errno == errno.ELOOP:
        return f"Not saved: {NAME} is a link to another file. Please tell your programme."
    if error.errno in (errno.ENXIO, errno.EISDIR):
        return f"Not saved: {NAME} is not an ordinary file. Please tell your programme."
    return (f"Not saved ({error.strerror}). Keep this page open, copy your words somewhere "
            "safe, and try again.")


def _fsync_folder(folder: Path) -> None:
    """Make the file's name as durable as its content."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
