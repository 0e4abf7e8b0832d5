"""The readings: what each says in our own words, and how a reader's own copy is recognised.

The five readings are in copyright, so no sentence of theirs is here. `corpus/` holds, for
each, the citation, our précis of every passage a module may show, the passage's
fingerprint, and the claims that the course covers. The words come from the reader's own
copy: `add` finds the passages in it and keeps them outside the project, `excerpt` gives
one back, and without a copy a card shows the précis and where to read the original.

**Two kinds of id look alike.** Passage `A12b` is the second passage of paragraph 12 of
reading A; claim `A12` is the twelfth claim that A makes.

**How a passage is recognised.** Of any text we take the letters and digits alone: lower
case, accents off, ligatures opened. So line breaks, end-of-line hyphens, quotation marks
and odd spaces cannot matter. A fingerprint is a list of segments, about a sentence each:
their length in letters, their SHA-256, and a 32-bit checksum of their first 32 letters.
A passage is found where its segments follow one another, so that a page number or a
running header may stand between sentences; one that stands inside a sentence is taken
out first, because it repeats from page to page or is only a number.

**Why it is quick.** The checksum of the 32 letters at each place of the text is looked up
in one table of all openings, and SHA-256 is taken only where it is there. The cost is one
pass over the text, whatever the number of passages: a 200-page book takes about a second.

**To add a passage**, have a copy of the reading as text or HTML, and run

    python -m course.corpus FILE                      every paragraph and sentence, numbered
    python -m course.corpus FILE 12.5-6               sentences 5 to 6 of paragraph 12
    python -m course.corpus FILE 23.2-24.1 20.1-2:1-22    over paragraphs; words 1 to 22 only

The second and third print the YAML of the passage: put it into the reading's file, give
it its id and write the précis in your own words. Paragraphs are the blocks of the file
between blank lines, counted from 1, whatever stands in them.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
import secrets
import stat
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zlib import crc32

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from course import home

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 20 * 1024 * 1024
"""A reader's copy of an article is smaller than this."""
MAX_PAGES = 2_000
SHORTEST = 40
"""Letters in a segment at least: fewer could stand in any text by chance."""
OPENING = 32
"""Letters whose checksum is looked up before anything is hashed."""
NEAR = 2_000
"""Letters that may stand between two segments: a page's footnotes, a box, a header."""
EDGE = 4
"""Lines at the top and foot of a page where a running header or footer is looked for."""

T = TypeVar("T")
# Strict models refuse a list where a tuple is due, and YAML knows only lists.
Some = Annotated[tuple[T, ...], Field(strict=False, min_length=1)]
Numbers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)]


class NotInCorpus(LookupError):
    """There is no such reading, passage or claim. The message names the id."""


class NotAReading(Exception):
    """A file cannot be used. The message is one sentence for the person who gave it."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Segment(_Shape):
    """About a sentence of a passage, known by its letters alone."""

    letters: Annotated[int, Field(ge=OPENING)]
    opening: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    """CRC-32 of the first `OPENING` letters: where to look."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    hyphens: Numbers = ()
    """After how many letters a word has a hyphen of its own, so that a hyphen at the end
    of a line is kept where the author wrote it and mended where the printer did."""


class Passage(_Shape):
    """What a card may show: our précis, and the place and fingerprint of the words."""

    id: Annotated[str, Field(pattern=r"^[A-Z][1-9][0-9]*[a-z]?$")]
    paragraphs: Some[Annotated[int, Field(ge=1)]]
    precis: Annotated[str, Field(min_length=1)]
    by: str = ""
    """Who speaks, where it is not the reading's author: a role, never a name."""
    fingerprint: Some[Segment]
    cut: Annotated[tuple[Literal["start", "end"], ...], Field(strict=False)] = ()
    """Where it leaves out part of a sentence, and an ellipsis says so."""

    @property
    def reading(self) -> Reading:
        """The reading it is a passage of."""
        return reading(self.id[0])


class Claim(_Shape):
    """One thing a reading says, in our words, and the modules that work on it."""

    id: Annotated[str, Field(pattern=r"^[A-Z][1-9][0-9]*$")]
    paragraphs: Some[Annotated[int, Field(ge=1)]]
    says: Annotated[str, Field(min_length=1)]
    modules: Some[Annotated[str, Field(pattern=r"^(0[1-9]|1[01])$")]]


class Reading(_Shape):
    """One reading: where it was published, whose it is, its passages and claims."""

    id: Annotated[str, Field(pattern=r"^[A-Z]$")]
    title: str
    author: str
    publisher: str
    date: str
    dated: Literal["stated", "inferred"]
    citation: str
    link: Annotated[str, Field(pattern=r"^https?://")]
    to_find: str = ""
    """How to find it where the link may not be enough."""
    doi: str = ""
    rights: str
    passages: Some[Passage]
    claims: Some[Claim]

    @model_validator(mode="after")
    def _ids_are_its_own(self) -> Reading:
        for rows in (self.passages, self.claims):
            ids = [row.id for row in rows]
            if len(set(ids)) != len(ids):
                raise ValueError("an id stands twice")
            if any(not i.startswith(self.id) for i in ids):
                raise ValueError(f"every id begins with {self.id}")
        for p in self.passages:
            if int(re.sub(r"\D", "", p.id)) != p.paragraphs[0]:
                raise ValueError(f"{p.id}: the number of a passage is its first paragraph")
        return self


class Refused(_Shape):
    """A file that was not used, and why, in one sentence."""

    file: str
    why: str


class Added(_Shape):
    """What came of giving files to `add`. Ids of passages, by id of reading."""

    found: Mapping[str, tuple[str, ...]]
    """What was found in these files; a reading of which nothing was found is not named."""
    missing: Mapping[str, tuple[str, ...]]
    """What the folder still lacks, for every reading of the corpus; empty when complete."""
    refused: tuple[Refused, ...]


# --- what the corpus says ------------------------------------------------------------


def reading(id: str) -> Reading:
    """The reading with this id, `"A"` to `"E"`. It is read once and kept.

    Raises `NotInCorpus` for an unknown id, `ValueError` naming the file if it is damaged.
    """
    files = sorted(_folder().glob(f"{id}-*.yml")) if re.fullmatch("[A-Z]", id) else []
    if not files:
        raise NotInCorpus(f"there is no reading {id!r} in the corpus")
    return _load(files[0])


def readings() -> tuple[Reading, ...]:
    """Every reading, in order of id. Raises as `reading` does."""
    return tuple(_load(file) for file in sorted(_folder().glob("[A-Z]-*.yml")))


def passage(id: str) -> Passage:
    """The passage with this id, as `"A12b"`; `.reading` leads to its reading.

    Only that reading is loaded. Raises `NotInCorpus` for an unknown id.
    """
    for p in reading(id[:1]).passages:
        if p.id == id:
            return p
    raise NotInCorpus(f"there is no passage {id!r} in the corpus")


def claims(module: str | None = None) -> tuple[Claim, ...]:
    """Every claim of every reading, in order; or those a module (`"02"`) works on."""
    return tuple(c for r in readings() for c in r.claims if module in (None, *c.modules))


def claim(id: str) -> Claim:
    """The claim with this id, as `"B17"`. Raises `NotInCorpus` for an unknown id."""
    for c in reading(id[:1]).claims:
        if c.id == id:
            return c
    raise NotInCorpus(f"there is no claim {id!r} in the corpus")


def _folder() -> Path:
    return home.content() / "corpus"


@cache
def _load(file: Path) -> Reading:
    try:
        # Bytes, so that the machine's own encoding cannot matter.
        return Reading.model_validate(yaml.load(file.read_bytes(), Loader=Loader))  # noqa: S506 (a safe one)
    except (yaml.YAMLError, ValidationError, OSError) as error:
        raise ValueError(f"corpus/{file.name} cannot be read: {error}") from error


# --- letters and fingerprints --------------------------------------------------------

_RUN = re.compile(r"[A-Za-z0-9]+|[^\x00-\x7f]")
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’)\]]*(?=\s)|(?=\n\s*\n)|\Z)", re.DOTALL)
_HYPHENS = "-\u2010\u2011"


@lru_cache(4096)
def _plain(char: str) -> str:
    """The letters of one character that is not ASCII; none for a footnote's raised number."""
    if unicodedata.decomposition(char).startswith("<super>"):
        return ""
    opened = unicodedata.normalize("NFKD", char).casefold().replace("æ", "ae")
    opened = unicodedata.normalize("NFKD", opened.replace("œ", "oe"))
    return "".join(c for c in opened if c.isalnum())


def _letters(text: str) -> tuple[str, array[int]]:
    """The normal form of a text, and where in the text each of its letters stands."""
    parts: list[str] = []
    where = array("I")
    for run in _RUN.finditer(text):
        found = run[0]
        if found.isascii():
            parts.append(found.lower())
            where.extend(range(run.start(), run.end()))
        elif letters := _plain(found):
            parts.append(letters)
            where.extend([run.start()] * len(letters))
    return "".join(parts), where


def _checksums(letters: str) -> Iterator[int]:
    """The checksum of the `OPENING` letters at each place, in order."""
    # One byte a letter, whatever the alphabet, so that places stay places: letters
    # outside Latin-1 look alike here, and SHA-256 tells them apart afterwards.
    raw = letters.encode("latin-1", "replace")
    for at in range(len(raw) - OPENING + 1):
        yield crc32(raw[at : at + OPENING])


def _sha256(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()


def _sentences(text: str) -> list[str]:
    return [found[0].strip() for found in _SENTENCE.finditer(text)]


def _paragraphs(text: str) -> list[str]:
    return [block for block in re.split(r"\n\s*\n", text) if block.strip()]


def fingerprint(text: str) -> tuple[Segment, ...]:
    """The fingerprint of a passage: its sentences, joined until each has 40 letters.

    Raises `ValueError` where the whole has fewer: it could not be told from chance.
    """
    letters, where = _letters(text)
    if len(letters) < SHORTEST:
        raise ValueError(f"a passage needs at least {SHORTEST} letters, and has {len(letters)}")
    lengths: list[int] = []
    open_ = 0
    for sentence in _sentences(text):
        open_ += len(_letters(sentence)[0])
        if open_ >= SHORTEST:
            lengths.append(open_)
            open_ = 0
    lengths[-1] += open_
    segments: list[Segment] = []
    start = 0
    for length in lengths:
        end = start + length
        own = tuple(
            k - start
            for k in range(start + 1, end)
            if where[k] - where[k - 1] == 2 and text[where[k] - 1] in _HYPHENS
        )
        found = letters[start:end]
        segments.append(Segment(letters=length, opening=f"{next(_checksums(found)):08x}",
                                sha256=_sha256(found), hyphens=own))
        start = end
    return tuple(segments)


# --- finding passages in a text ------------------------------------------------------


def match(text: str, passages: Iterable[Passage] | None = None) -> dict[str, str]:
    """The excerpts of the corpus that stand in a text: `{passage id: words}`.

    The words are the text's own, in its own punctuation; white space is tidied, hyphens
    at line ends are mended, what stood between sentences at a page break is left out, and
    an ellipsis shows where a sentence was cut. `passages` are looked for instead of the
    whole corpus when given. A text with none of them gives an empty dictionary.
    """
    wanted = tuple(p for r in readings() for p in r.passages) if passages is None \
        else tuple(passages)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    body = _without_furniture(text)
    found = _find(body, wanted)
    # What looks like furniture may be the reading's own words, so try the whole text too.
    if len(found) < len(wanted) and body != text:
        found |= _find(text, [p for p in wanted if p.id not in found])
    return {p.id: found[p.id] for p in wanted if p.id in found}


def _without_furniture(text: str) -> str:
    """A text without lines that are only a page number, or that repeat as a header does."""
    pages = [page.split("\n") for page in text.split("\f")]
    times: Counter[str] = Counter()
    for page in pages:
        keys = [key for line in page if (key := _wording(line))]
        # Without page breaks (words pasted from a page) any line may be a header.
        times.update(keys if len(pages) == 1 else {*keys[:EDGE], *keys[-EDGE:]})
    often = 3 if len(pages) == 1 else 2
    furniture = {key for key, n in times.items() if n >= often}
    return "\n".join(
        line for page in pages for line in page
        if _wording(line) not in furniture and not _is_page_number(line)
    )


def _wording(line: str) -> str:
    """What stays the same of a header whose page number changes."""
    return re.sub(r"[\W\d_]+", "", line).lower()


def _is_page_number(line: str) -> bool:
    return _wording(line) in {"", "p", "page", "of", "pof", "pageof"} and any(
        c.isdigit() for c in line
    )


def _find(text: str, passages: Sequence[Passage]) -> dict[str, str]:
    letters, where = _letters(text)
    openings: dict[int, set[Segment]] = {}
    for p in passages:
        for segment in p.fingerprint:
            openings.setdefault(int(segment.opening, 16), set()).add(segment)
    places: dict[Segment, list[int]] = {}
    for at, checksum in enumerate(_checksums(letters)):
        if checksum in openings:
            for segment in openings[checksum]:
                if _sha256(letters[at : at + segment.letters]) == segment.sha256:
                    places.setdefault(segment, []).append(at)
    found: dict[str, str] = {}
    for p in passages:
        starts = _in_order(p.fingerprint, places)
        if starts:
            found[p.id] = _quote(text, where, starts, p)
    return found


def _in_order(segments: Sequence[Segment], places: Mapping[Segment, list[int]]) -> list[int]:
    """Where the segments stand one after another, near each other; empty if they do not."""
    for first in places.get(segments[0], ()):
        starts = [first]
        for before, segment in pairwise(segments):
            end = starts[-1] + before.letters
            later = places.get(segment, [])
            i = bisect_left(later, end)
            if i == len(later) or later[i] > end + NEAR:
                break
            starts.append(later[i])
        else:
            return starts
    return []


# --- quoting -------------------------------------------------------------------------

_CLOSING = re.compile(r"[\u0300-\u036f]*[.,;:!?…)\]'\"’”»]*")
_OPENING = re.compile(r"[(\['\"‘“«]*\Z")
_LINE_END_HYPHEN = re.compile(rf"[{_HYPHENS}\u00ad]\s*\n\s*")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_PRINTERS = {c: unicodedata.normalize("NFKD", chr(c)) for c in range(0xFB00, 0xFB07)}


def _quote(text: str, where: array[int], starts: Sequence[int], p: Passage) -> str:
    """The words of a passage as they stand in the text, tidied."""
    place = where[starts[0]]
    parts = ["… " if "start" in p.cut else _before(text, place), text[place]]
    before = starts[0]
    for start, segment in zip(starts, p.fingerprint, strict=True):
        for k in range(max(start, starts[0] + 1), start + segment.letters):
            here = where[k]
            if k == before + 1:
                parts.append(_gap(text[place + 1 : here], k - start in segment.hyphens))
            else:  # a page break between sentences: its header is not the author's
                parts += [_after(text, place), " ", _before(text, here)]
            if here != place:  # one character may give two letters
                parts.append(text[here])
            before, place = k, here
    parts.append(" …" if "end" in p.cut else _after(text, place))
    return unicodedata.normalize("NFC", "".join(parts)).translate(_PRINTERS)


def _after(text: str, place: int) -> str:
    found = _CLOSING.match(text, place + 1)
    return found[0] if found else ""


def _before(text: str, place: int) -> str:
    found = _OPENING.search(text[max(0, place - 4) : place])
    return found[0] if found else ""


def _gap(gap: str, hyphen: bool) -> str:
    """What stands between two letters, with white space tidied and line ends mended."""
    if gap in ("", " "):
        return gap
    if _LINE_END_HYPHEN.fullmatch(gap):
        return "-" if hyphen else ""
    gap = _UNSEEN.sub("", gap)
    # A line that broke at an unspaced dash had no space there.
    if "\n" in gap and " " not in gap and re.search("[—–/]", gap):
        return re.sub(r"\s+", "", gap)
    return re.sub(r"\s+", " ", gap)


# --- a reader's own copy -------------------------------------------------------------

_KINDS = {b"PK\x03\x04": "a Word document or another zip file", b"\x89PNG": "a picture",
          b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"\x1f\x8b": "a gzip file",
          b"\xd0\xcf\x11\xe0": "an old Word document"}
_BLOCKS = ["address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption",
           "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
           "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"]
_HTML = re.compile(r"(?:\s|<\?xml[^>]*>|<!--.*?-->)*<(?:!doctype html|html|head|body|main|"
                   r"article|section|div|p)\b", re.IGNORECASE | re.DOTALL)
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")


def read_copy(path: str | os.PathLike[str]) -> str:
    """The text of a reader's own copy: a PDF, a saved web page, or plain text.

    What the file is, its content says; its name only helps. The pages of a PDF are
    separated by form feeds. Raises `NotAReading`, with one sentence that says what was
    found and what to do, for a file that is missing, a folder, not an ordinary file, not
    readable, empty, over 20 MB, binary, undecodable, a damaged or locked PDF, or a PDF
    without text.
    """
    name = _name(path)
    data = _bytes(Path(path), name)
    if b"%PDF-" in data[:1024]:
        text = _pdf(data, name)
    else:
        text = _decoded(data, name)
        if _HTML.match(text[:4096]) or name.lower().endswith((".html", ".htm", ".xhtml")):
            text = _html(text)
        else:
            text = _MARKDOWN_LINK.sub(r"\1", text)
    if not _RUN.search(text):
        raise NotAReading(f"{name} holds no words: save the article again and give that file.")
    return text


def _name(path: str | os.PathLike[str]) -> str:
    name = Path(path).name or str(path)
    return "".join(c if c.isprintable() else "?" for c in name)


def _bytes(path: Path, name: str) -> bytes:
    try:
        found = path.stat()  # before opening: to open a pipe is to wait for its writer
        if stat.S_ISDIR(found.st_mode):
            raise NotAReading(f"{name} is a folder: name the files in it one by one.")
        if not stat.S_ISREG(found.st_mode):
            raise NotAReading(f"{name} is a pipe or a device: give an ordinary file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotAReading(f"{name} was not found: check its name and folder.") from None
    except PermissionError:
        raise NotAReading(f"{name} may not be read from this account: copy it to a folder "
                          "of your own.") from None
    except (OSError, ValueError) as error:
        raise NotAReading(f"{name} could not be read ({error}): check its name and folder.") \
            from None
    if not data:
        raise NotAReading(f"{name} is empty: save the article again and give that file.")
    if len(data) > MAX_BYTES:
        raise NotAReading(f"{name} is larger than {MAX_BYTES // 1024**2} MB: give the article "
                          "alone, as a PDF, a web page or text.")
    return data


def _decoded(data: bytes, name: str) -> str:
    kind = next((said for head, said in _KINDS.items() if data.startswith(head)), "")
    encodings = ["utf-8-sig", "cp1252"]  # utf-8-sig reads plain UTF-8 as well
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in [] if kind else encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0e-\x1a]", text):
            kind = "not text"
            break
        return text
    if kind:
        raise NotAReading(f"{name} is {kind}: save the article as a PDF, a web page or text.")
    raise NotAReading(f"{name} is in an encoding we do not know: save it again as UTF-8 text.")


def _html(text: str) -> str:
    from bs4 import BeautifulSoup  # here, because a notebook never needs it

    page = BeautifulSoup(text, "html.parser")
    for tag in page(["script", "style", "noscript", "template", "nav", "head", "svg"]):
        tag.decompose()
    for tag in page("br"):
        tag.replace_with("\n")
    # Only blocks break lines: a word may be half in bold.
    for tag in page(_BLOCKS):
        tag.insert_before("\n\n")
        tag.insert_after("\n\n")
    return page.get_text()


def _pdf(data: bytes, name: str) -> str:
    from pypdf import PdfReader  # here, because a notebook never needs it
    from pypdf.errors import DependencyError

    # Its warnings about small faults would stand among our sentences.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    locked = (f"{name} is locked: open it, print it to a new PDF without a password, and "
              "give that.")
    try:
        pdf = PdfReader(io.BytesIO(data))
        # Publishers often lock against printing only, with an empty password.
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise NotAReading(locked)
        if len(pdf.pages) > MAX_PAGES:
            raise NotAReading(f"{name} has more than {MAX_PAGES} pages: give the article alone.")
        pages = [page.extract_text() for page in pdf.pages]
    except NotAReading:
        raise
    except DependencyError:
        raise NotAReading(locked) from None
    except Exception:  # a damaged PDF can fail in any way at all
        raise NotAReading(f"{name} is a damaged PDF: download or save it again.") from None
    if not any(_RUN.search(page) for page in pages):
        raise NotAReading(f"{name} is a PDF of pictures without text, as a scan is: give one "
                          "made from the web page or the publisher's own.")
    return "\f".join(pages)


# --- keeping excerpts ----------------------------------------------------------------


def add(paths: Iterable[str | os.PathLike[str]], folder: str | os.PathLike[str]) -> Added:
    """Find the passages of the corpus in the reader's own files and keep them in `folder`.

    One JSON file a reading, `{"reading": "A", "passages": {"A9": "…"}}`, replaced whole or
    not at all, and merged with what is already there. A file that is refused, or holds no
    passage, changes nothing; the others are still used. Giving the same files again
    changes nothing. Raises `OSError` if the folder cannot be written.
    """
    folder = Path(folder)
    new: dict[str, str] = {}
    refused: list[Refused] = []
    for path in paths:
        try:
            excerpts = match(read_copy(path))
            if not excerpts:
                raise NotAReading(f"{_name(path)} is not one of the readings, or holds only a "
                                  "summary: none of their passages was found in it.")
            new |= excerpts
        except NotAReading as error:
            refused.append(Refused(file=_name(path), why=str(error)))
    missing: dict[str, tuple[str, ...]] = {}
    for r in readings():
        stored = _stored(folder, r.id)
        kept = {p.id: words for p in r.passages
                if (words := new.get(p.id) or _checked(p, stored.get(p.id)))}
        if kept != stored and any(p.id in new for p in r.passages):
            _replace(folder / f"{r.id}.json", {"reading": r.id, "passages": kept})
        missing[r.id] = tuple(p.id for p in r.passages if p.id not in kept)
    found = {r.id: ids for r in readings()
             if (ids := tuple(p.id for p in r.passages if p.id in new))}
    return Added(found=found, missing=missing, refused=tuple(refused))


def excerpt(passage_id: str, folder: str | os.PathLike[str]) -> str | None:
    """The words of a passage from the reader's own copy, or None if there are none.

    A missing, damaged or altered file counts as none: words that no longer match the
    fingerprint are never shown as the author's. Raises `NotInCorpus` for an unknown id.
    """
    p = passage(passage_id)
    return _checked(p, _stored(Path(folder), p.id[0]).get(p.id))


def _stored(folder: Path, id: str) -> dict[str, object]:
    file = folder / f"{id}.json"
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return {}
        found = json.loads(file.read_bytes())["passages"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _checked(p: Passage, words: object) -> str | None:
    """The words, if they are still this passage."""
    if not isinstance(words, str):
        return None
    letters, _ = _letters(words)
    at = 0
    for segment in p.fingerprint:
        if _sha256(letters[at : at + segment.letters]) != segment.sha256:
            return None
        at += segment.letters
    return words if at == len(letters) else None


def _replace(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # An ordinary `open`, because `tempfile` makes files that only their owner may read
    # and a programme's folder is read by its fellows.
    new = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with new.open("x", encoding="utf-8") as out:
            json.dump(content, out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


# --- for maintainers -----------------------------------------------------------------

_PLACE = re.compile(r"(\d+)\.(\d+)(?:-(?:(\d+)\.)?(\d+))?(?::(\d+)-(\d+))?")


def passage_yaml(text: str, place: str) -> str:
    """The YAML of a passage of a text, without its words: the module's head has examples.

    Raises `ValueError` for a place that is not written so, or not in the text.
    """
    asked = _PLACE.fullmatch(place)
    if not asked:
        raise ValueError(f"{place}: write paragraph.sentence, as 12.5-6 or 23.2-24.1:1-22")
    p, s, p2, s2, w, w2 = (int(n) if n else 0 for n in asked.groups())
    first, last = (p, s), (p2 or p, s2 or s)
    sentences = dict(_numbered(text))
    if first not in sentences or last not in sentences:
        raise ValueError(f"{place}: there is no such sentence in this copy")
    # Blank lines between, so that each sentence is still one when it is cut into segments.
    chosen = "\n\n".join(said for at, said in sentences.items() if first <= at <= last)
    spans = [word.span() for word in re.finditer(r"\S+", chosen)]
    words = spans[max(w - 1, 0) : w2 or None]
    if not words:
        raise ValueError(f"{place}: those sentences have fewer words")
    paragraphs = ", ".join(str(n) for n in range(first[0], last[0] + 1))
    lines = ["- id: ", f"  paragraphs: [{paragraphs}]", "  precis: ",
             f"  fingerprint:  # {place}, {len(words)} words"]
    cut = ["start"] * (words[0] != spans[0]) + ["end"] * (words[-1] != spans[-1])
    if cut:
        lines.insert(3, f"  cut: [{', '.join(cut)}]")
    for segment in fingerprint(chosen[words[0][0] : words[-1][1]]):
        hyphens = f", hyphens: {list(segment.hyphens)}" if segment.hyphens else ""
        # Quoted, because a checksum of digits alone would be read as a number.
        lines.append(f'    - {{letters: {segment.letters}, opening: "{segment.opening}", '
                     f'sha256: "{segment.sha256}"{hyphens}}}')
    return "\n".join(lines) + "\n"


def _numbered(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Every sentence of a text, at its paragraph and its place in it."""
    for i, block in enumerate(_paragraphs(text), 1):
        for j, sentence in enumerate(_sentences(block), 1):
            yield (i, j), sentence


if __name__ == "__main__":
    import typer

    def show(file: Path, places: Annotated[list[str] | None, typer.Argument()] = None) -> None:
        """Number the sentences of a reading, or print the YAML of passages of it."""
        try:
            text = read_copy(file)
            for place in places or ():
                typer.echo(passage_yaml(text, place), nl=False)
        except (NotAReading, ValueError) as error:
            raise typer.BadParameter(str(error)) from None
        for (i, j), sentence in _numbered(text) if not places else ():
            words = sentence.split()
            typer.echo(f"{i}.{j}\t{len(words)} words\t{' '.join(words)}")

    typer.run(show)
