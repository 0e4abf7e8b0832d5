"""The corpus: what it says, and how a reader's own copy is recognised.

The readings are in copyright and not in the project. Where they are at hand
(`../shared/readings`), every passage is looked for in them and in worse copies made from
them. Everywhere, the same is tried on texts of our own.
"""

import contextlib
import html
import io
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from course import corpus, home

ROOT = Path(__file__).parents[1]
COPIES = dict(zip("ABCDE", sorted((ROOT.parent / "shared" / "readings").glob("*.txt")),
                  strict=False))
CLAIMS = {"A": 19, "B": 37, "C": 21, "D": 19, "E": 27}

# Every way in which our own copies are spoiled is here as well, so that this text can
# stand in for a reading: hyphens, dashes, two kinds of quotes, an accent, a ligature.
STORY = """The Night Sister

Every evening the night sister walked the whole length of the ward, and every evening she
stopped at the same three beds. “Nobody told me to,” she said; ‘it is where the trouble
starts’.

The well-meaning management team drew a twenty-four-hour chart of it—a handsome thing—and
pinned it up beside the café. Nobody ﬁlled it in. The long-serving porter, who could not
read the chart, went on bringing her the keys at a quarter past nine.

In spring a new matron asked what the chart was for. There was a short silence. Then the
sister took it down, folded it twice, and used it to stop a window from rattling.
"""
PLACES = {"N2a": "2.1", "N2b": "2.2", "N3a": "3.1-2", "N3b": "3.3", "N4": "4.1-3"}


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> corpus.Reading:
    """A corpus of one reading, N, that is our own."""
    entries = yaml.safe_load("".join(corpus.passage_yaml(STORY, p) for p in PLACES.values()))
    for id, entry in zip(PLACES, entries, strict=True):
        entry |= {"id": id, "precis": "Something happens at night."}
    claim = {"id": "N1", "paragraphs": [2], "says": "She walks.", "modules": ["04"]}
    folder = tmp_path / "content" / "corpus"
    folder.mkdir(parents=True)
    (folder / "N-night.yml").write_text(yaml.safe_dump({
        "id": "N", "title": "The Night Sister", "author": "Ours", "publisher": "Ours",
        "date": "2026", "dated": "stated", "citation": "Ours.", "link": "https://example.org",
        "rights": "Ours.", "passages": entries, "claims": [claim]}), encoding="utf-8")
    monkeypatch.setattr(home, "content", lambda: tmp_path / "content")
    return corpus.reading("N")


@pytest.fixture(params="ABCDE")
def copy(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A reading's id and the text of a copy of it."""
    if request.param not in COPIES:
        pytest.skip("the readings are in copyright and not here: nothing to look in")
    return request.param, corpus.read_copy(COPIES[request.param])


# --- copies worse than the original --------------------------------------------------


def rewrapped(text: str, width: int = 40) -> str:
    """Lines of at most `width`, words broken with hyphens wherever one would fit."""
    return "\n\n".join("\n".join(lines_of(block, width)) for block in re.split(r"\n\s*\n", text))


def lines_of(block: str, width: int) -> list[str]:
    lines = [""]
    for word in block.split():
        while word:
            room = width - len(lines[-1]) - bool(lines[-1])
            own = word.rfind("-", 0, room) + 1
            if len(word) <= room or (not lines[-1] and len(word) > width):
                part, word = word, ""
            elif own and own < len(word) and not word.startswith("http"):
                part, word = word[:own], word[own:]  # at a hyphen of its own
            elif room > 3 and word[: room + 1].isalpha():
                part, word = word[: room - 1] + "-", word[room - 1 :]
            else:
                part = ""
            lines[-1] = f"{lines[-1]} {part}".strip()
            if word:
                lines.append("")
    return lines


def straight(text: str) -> str:
    return text.translate(str.maketrans("‘’“”", "''\"\""))


def curly(text: str) -> str:
    return re.sub(r"(?<!\S)\"", "“", re.sub(r"(?<!\S)'", "‘", text)) \
        .replace('"', "”").replace("'", "’")


def odd_spaces(text: str) -> str:
    """No-break spaces, soft hyphens and line ends as Windows has them."""
    return re.sub(r"(\w{4})(\w{4})", "\\1\u00ad\\2", text).replace(" ", "\u00a0") \
        .replace("\n", "\r\n")


def web_page(text: str) -> str:
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        inner = re.sub(r"\b(\w)(\w{6,})", r"<b>\1</b>\2", html.escape(block))
        blocks.append(f"<p>{inner}</p>")
    return ("<!doctype html><html><head><title>Saved</title><style>p{}</style></head><body>"
            "<nav><ul><li>Home<li>About</ul></nav><main>" + "<aside>Advert</aside>".join(blocks)
            + "</main><script>var a = 'b';</script><footer>All rights reserved</footer></body>")


def pages_of(text: str, lines: int = 5, width: int = 60) -> list[list[str]]:
    """Pages so short that most passages run over a page break, with header and footer."""
    body = rewrapped(text, width).split("\n")
    return [[f"The Journal of Examples 2026;{n}", *body[i : i + lines],
             "Downloaded by a reader. All rights reserved.", f"Page {n} of 99", str(n)]
            for n, i in enumerate(range(0, len(body), lines), 1)]


def pdf(pages: list[list[str]]) -> bytes:
    """A plain PDF: one line of text after another, in Helvetica."""
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
               "/Encoding /WinAnsiEncoding >>"]
    kids = []
    for lines in pages:
        shown = "".join("({}) Tj T*\n".format(re.sub(r"([()\\])", r"\\\1", line))
                        for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 40 800 Td\n{shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
                       f"/Contents {len(objects)} 0 R "
                       "/Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(f"{len(objects)} 0 R")
    objects[0] = "<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n{body}\nendobj\n".encode("cp1252", "replace")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return out + (f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
                  f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
                  f"startxref\n{len(out)}\n%%EOF\n").encode()


def as_pdf(text: str, folder: Path) -> str:
    file = folder / "copy.pdf"
    # NFKC, because a PDF of this simple kind has no ligatures.
    file.write_bytes(pdf(pages_of(text.replace("ﬁ", "fi"))))
    return corpus.read_copy(file)


def as_html(text: str, folder: Path) -> str:
    file = folder / "copy.html"
    file.write_text(web_page(text), encoding="utf-8")
    return corpus.read_copy(file)


SPOILED: dict[str, Callable[[str, Path], str]] = {
    "rewrapped at 40 columns and hyphenated": lambda text, _: rewrapped(text),
    "with straight quotes": lambda text, _: straight(text),
    "with curly quotes": lambda text, _: curly(text),
    "with odd spaces": lambda text, _: odd_spaces(text),
    "all on one line": lambda text, _: " ".join(text.split()),
    "pasted with page numbers": lambda text, _: "\n".join(
        line for page in pages_of(text) for line in page),
    "as a web page": as_html,
    "as a PDF with headers, footers and page breaks": as_pdf,
}


def unquoted(text: str) -> str:
    return straight(text).replace('"', "").replace("'", "")


# --- the corpus itself ---------------------------------------------------------------


def test_the_five_readings_make_123_claims() -> None:
    assert {r.id: len(r.claims) for r in corpus.readings()} == CLAIMS
    assert len(corpus.claims()) == 123
    for r in corpus.readings():
        assert [c.id for c in r.claims] == [f"{r.id}{n}" for n in range(1, CLAIMS[r.id] + 1)]


def test_every_claim_has_a_module_and_every_module_has_claims() -> None:
    modules = {f"{n:02}" for n in range(1, 12)}
    assert all(c.modules and set(c.modules) <= modules for c in corpus.claims())
    assert all(corpus.claims(module) for module in modules)


def test_every_paragraph_that_carries_a_claim_has_a_passage() -> None:
    for r in corpus.readings():
        shown = {n for p in r.passages for n in p.paragraphs}
        assert {n for c in r.claims for n in c.paragraphs} <= shown


def test_every_reading_says_whose_it_is_and_where_to_read_it() -> None:
    for r in corpus.readings():
        assert r.title in r.citation
        assert "copyright" in r.rights
        assert r.link.startswith("https://")
    assert corpus.reading("A").doi in corpus.reading("A").link


def test_a_precis_is_one_to_three_short_sentences() -> None:
    for r in corpus.readings():
        for p in r.passages:
            assert p.precis[-1] in ".?!", p.id
            assert len(p.precis.split()) <= 45, p.id


def test_words_that_are_not_the_authors_say_whose_they_are() -> None:
    comments_begin = {"B": 17, "C": 13}
    for r in corpus.readings():
        for p in r.passages:
            if p.paragraphs[0] >= comments_begin.get(r.id, 999):
                assert p.by.endswith("in a comment"), p.id


def test_a_passage_leads_to_its_reading_and_only_that_reading_is_loaded() -> None:
    corpus._load.cache_clear()
    assert corpus.passage("A12b").reading is corpus.reading("A")
    assert corpus._load.cache_info().currsize == 1


@pytest.mark.parametrize("id", ["", "F", "a", "AB", "*", "../A", "A\n", "é"])
def test_an_unknown_reading_is_named_and_never_looked_for_elsewhere(id: str) -> None:
    with pytest.raises(corpus.NotInCorpus, match=re.escape(repr(id))):
        corpus.reading(id)


def test_an_unknown_passage_or_claim_is_named() -> None:
    with pytest.raises(corpus.NotInCorpus, match="A99"):
        corpus.passage("A99")
    with pytest.raises(corpus.NotInCorpus, match="A99"):
        corpus.claim("A99")
    assert corpus.claim("B29").paragraphs == (22,)


def test_nothing_in_the_corpus_can_be_changed_by_a_notebook() -> None:
    with pytest.raises(ValueError, match="frozen"):
        corpus.passage("A10").precis = "otherwise"  # type: ignore[misc]


@pytest.mark.parametrize(("damage", "said"), [
    (lambda text: text.replace("letters", "leters", 1), "leters"),
    (lambda text: "[" + text, "N-night.yml"),
    (lambda text: text.replace("N2b", "N2a"), "twice"),
    (lambda text: text.replace("N2b", "N3c"), "first paragraph"),
    (lambda text: text.replace("id: N1", "id: M1"), "begins with N"),
    (lambda text: text.replace("'04'", "'12'"), "modules"),
])
def test_a_damaged_file_of_the_corpus_is_named(
    night: corpus.Reading, damage: Callable[[str], str], said: str
) -> None:
    file = corpus._folder() / "N-night.yml"
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    corpus._load.cache_clear()
    with pytest.raises(ValueError, match=r"N-night\.yml") as caught:
        corpus.reading("N")
    assert said in str(caught.value)


def test_importing_the_corpus_brings_in_no_reader_of_html_or_pdf() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, course.corpus as c; c.passage('B9a');"
         "print([m for m in ('bs4', 'pypdf', 'numpy', 'typer') if m in sys.modules])"],
        cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


# --- with the readings at hand -------------------------------------------------------


def test_every_passage_is_found_in_its_reading_and_in_no_other(copy: tuple[str, str]) -> None:
    id, text = copy
    assert list(corpus.match(text)) == [p.id for p in corpus.reading(id).passages]


@pytest.mark.parametrize("way", SPOILED)
def test_every_passage_is_found_in_a_worse_copy(
    copy: tuple[str, str], way: str, tmp_path: Path
) -> None:
    id, text = copy
    found = corpus.match(SPOILED[way](text, tmp_path))
    assert list(found) == [p.id for p in corpus.reading(id).passages]
    # Not only found: said as the author says it, hyphens and all.
    assert {k: unquoted(v) for k, v in found.items()} \
        == {k: unquoted(v) for k, v in corpus.match(text).items()}


def test_an_excerpt_is_short_and_carries_no_address(copy: tuple[str, str]) -> None:
    for id, words in corpus.match(copy[1]).items():
        assert len(words.split()) <= 75, id
        assert "\n" not in words
        assert "  " not in words
        assert not re.search(r"@|https?:|www\.", words), id


def test_the_passages_of_a_reading_never_add_up_to_the_reading(copy: tuple[str, str]) -> None:
    id, text = copy
    shown = sum(s.letters for p in corpus.reading(id).passages for s in p.fingerprint)
    assert shown <= 0.8 * len(corpus._letters(text)[0])


def test_the_corpus_names_nobody_who_commented(copy: tuple[str, str]) -> None:
    id, text = copy
    file = next((ROOT / "corpus").glob(f"{id}-*.yml")).read_text(encoding="utf-8").lower()
    names = [name.split()[-1].lower() for name in re.findall(r"^#\d+ (.+)$", text, re.MULTILINE)]
    assert len(names) == {"B": 5, "C": 1}.get(id, 0)
    assert not [name for name in names if re.search(rf"\b{name}\b", file)]


def test_all_five_copies_make_the_folder_complete(tmp_path: Path) -> None:
    if len(COPIES) < 5:
        pytest.skip("the readings are in copyright and not here: nothing to add")
    added = corpus.add(COPIES.values(), tmp_path / "readings")
    assert not added.refused
    assert set(added.missing) == set("ABCDE")
    assert not any(added.missing.values())
    for r in corpus.readings():
        assert added.found[r.id] == tuple(p.id for p in r.passages)
        assert all(corpus.excerpt(p.id, tmp_path / "readings") for p in r.passages)


# --- matching, on texts of our own ---------------------------------------------------


@pytest.mark.parametrize("way", SPOILED)
def test_a_worse_copy_gives_the_same_words(
    night: corpus.Reading, way: str, tmp_path: Path
) -> None:
    found = corpus.match(SPOILED[way](STORY, tmp_path))
    assert {k: unquoted(v) for k, v in found.items()} \
        == {k: unquoted(v) for k, v in corpus.match(STORY).items()}
    assert list(found) == list(PLACES)


def test_an_excerpt_keeps_the_punctuation_of_the_copy(night: corpus.Reading) -> None:
    assert corpus.match(STORY)["N2b"] \
        == "“Nobody told me to,” she said; ‘it is where the trouble starts’."
    assert corpus.match(straight(STORY))["N2b"].startswith('"Nobody told me to,"')


def test_a_hyphen_at_the_end_of_a_line_is_kept_only_where_the_author_wrote_one(
    night: corpus.Reading,
) -> None:
    spoiled = STORY.replace("well-meaning", "well-\nmeaning").replace("management", "man-\nagement")
    assert "The well-meaning management team" in corpus.match(spoiled)["N3a"]


def test_a_header_inside_a_sentence_is_left_out(night: corpus.Reading) -> None:
    first, second = STORY.split("who could not\nread")
    header = "The Journal\n"
    text = f"{header}{first}who could not\n12\n\f{header}read{second}\n13\n"
    assert "who could not read the chart" in corpus.match(text)["N3b"]


def test_what_stands_between_two_sentences_of_a_passage_is_left_out(
    night: corpus.Reading,
) -> None:
    text = STORY.replace("There was a short", "[Advert: buy now!] There was a short")
    assert "Advert" not in corpus.match(text)["N4"]


def test_words_that_look_like_furniture_are_still_found() -> None:
    text = "Do you agree with all of this?\n" * 4 + "Then say so at the next meeting.\n"
    p = corpus.Passage(id="N1", paragraphs=(1,), precis="-", fingerprint=corpus.fingerprint(text))
    assert "N1" in corpus.match(text, [p])


def test_a_sentence_that_was_cut_shows_an_ellipsis() -> None:
    text = "It was late, and the lift was broken, so they carried the trolley, up the stairs."
    (entry,) = yaml.safe_load(corpus.passage_yaml(text, "1.1:4-13"))
    p = corpus.Passage.model_validate(entry | {"id": "N1", "precis": "-"})
    assert corpus.match(text, [p])["N1"] \
        == "… and the lift was broken, so they carried the trolley …"


def test_a_footnote_number_does_not_matter(night: corpus.Reading) -> None:
    assert "N3b" in corpus.match(STORY.replace("porter,", "porter,²"))


def test_one_altered_word_is_not_the_passage(night: corpus.Reading) -> None:
    assert "N3b" not in corpus.match(STORY.replace("quarter past", "quarter to"))
    assert "N3a" in corpus.match(STORY.replace("quarter past", "quarter to"))


def test_sentences_of_a_passage_that_stand_far_apart_are_not_the_passage(
    night: corpus.Reading,
) -> None:
    text = STORY.replace("Then the\nsister", "word " * 1000 + " Then the\nsister")
    assert "N4" not in corpus.match(text)


def test_markdown_links_and_ligatures_do_not_matter(
    night: corpus.Reading, tmp_path: Path
) -> None:
    file = tmp_path / "copy.md"
    file.write_text(STORY.replace("the chart,", "[the chart](https://example.org/c?d=1),"),
                    encoding="utf-8")
    found = corpus.match(corpus.read_copy(file))
    assert list(found) == list(PLACES)
    assert "filled" in found["N3a"]


def test_a_book_of_200_pages_takes_seconds(night: corpus.Reading) -> None:
    book = "The ward round began at eight and the clinic began at nine, as ever. " * 8_000
    text = book[:300_000] + "\n\n" + STORY + "\n\n" + book[300_000:]
    began = time.perf_counter()
    assert list(corpus.match(text)) == list(PLACES)
    assert time.perf_counter() - began < 10


def test_a_text_too_short_to_be_told_from_chance_has_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="at least 40 letters"):
        corpus.fingerprint("I believe so.")


PROSE = st.text(st.sampled_from("abcdeé ÅßæﬁΩжX19 .,;:!?-—‘’“”'\"()\n"), min_size=60, max_size=900)


@given(PROSE | st.text(min_size=60), st.integers(20, 70))
@settings(max_examples=150, deadline=None)
def test_any_text_is_found_however_it_is_wrapped_quoted_and_hyphenated(
    text: str, width: int
) -> None:
    if len(corpus._letters(text)[0]) < corpus.SHORTEST:
        return
    p = corpus.Passage(id="N1", paragraphs=(1,), precis="-", fingerprint=corpus.fingerprint(text))
    for spoiled in (text, rewrapped(text, width), straight(text), odd_spaces(text)):
        found = corpus.match(f"Before it.\n\n{spoiled}\n\nAfter it.", [p])
        assert "N1" in found
        assert corpus._checked(p, found["N1"])


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_can_be_looked_through(text: str) -> None:
    assert corpus.match(text) == {}


# --- what is refused -----------------------------------------------------------------


def refusal(path: Path) -> str:
    with pytest.raises(corpus.NotAReading) as caught:
        corpus.read_copy(path)
    said = str(caught.value)
    assert path.name in said
    assert said.endswith(".")
    assert "\n" not in said
    return said


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.txt", b"", "is empty"),
    ("a.txt", b" \n\t\n", "holds no words"),
    ("a.html", b"<html><script>only code</script></html>", "holds no words"),
    ("a.txt", b"x" * (corpus.MAX_BYTES + 1), "larger than 20 MB"),
    ("a.docx", b"PK\x03\x04rest", "Word document"),
    ("a.doc", b"\xd0\xcf\x11\xe0rest", "old Word document"),
    ("a.pdf", b"\x89PNG\r\n\x1a\n", "a picture"),
    ("a.txt", b"\xff\xd8\xff\xe0", "a picture"),
    ("a.txt.gz", b"\x1f\x8b\x08", "a gzip file"),
    ("a.txt", b"words\x00words", "not text"),
    ("a.txt", "words".encode("utf-16-le"), "not text"),
    ("a.txt", b"caf\x81 au lait", "encoding we do not know"),
    ("a.txt", b"\xff\xfeodd", "encoding we do not know"),
    ("a.pdf", b"%PDF-1.7\nnothing more", "damaged PDF"),
    ("a.txt", b"%PDF-1.7\nnothing more", "damaged PDF"),
    ("a.pdf", pdf([["some words"]])[:300], "damaged PDF"),
    ("a.pdf", pdf([[], []]), "a scan"),
])
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert said in refusal(file)


def test_a_missing_file_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    assert "was not found" in refusal(tmp_path / "nowhere.txt")
    assert "is a folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "pipe or a device" in refusal(tmp_path / "pipe")
    assert "pipe or a device" in refusal(Path("/dev/zero"))
    with pytest.raises(corpus.NotAReading, match="could not be read"):
        corpus.read_copy("a\0b")
    assert "could not be read" in refusal(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("words")
    file.chmod(0)
    assert "may not be read" in refusal(file)


def locked(content: bytes, password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(content)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_with_a_password_is_refused_and_one_locked_only_for_printing_is_read(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(locked(pdf([["some words"]]), "secret"))
    assert "is locked" in refusal(file)
    file.write_bytes(locked(pdf([["some words"]]), ""))
    assert "some words" in corpus.read_copy(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.pdf", "a"])
def test_what_a_file_is_its_content_says(
    night: corpus.Reading, tmp_path: Path, encoding: str, name: str
) -> None:
    file = tmp_path / name
    text = STORY.replace("ﬁ", "fi")
    file.write_bytes((web_page(text) if name == "a.html" else text).encode(encoding))
    assert list(corpus.match(corpus.read_copy(file))) == list(PLACES)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory,
                                       content: bytes) -> None:
    for head in (b"", b"%PDF-1.4\n", b"<html>"):
        file = tmp_path_factory.getbasetemp() / "bytes"
        file.write_bytes(head + content)
        with contextlib.suppress(corpus.NotAReading):
            corpus.read_copy(file)


# --- keeping excerpts ----------------------------------------------------------------


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(f.relative_to(folder)): (f.read_bytes(), f.stat().st_mtime_ns)
            for f in folder.rglob("*") if f.is_file()}


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-8")
    return file


def test_adding_a_copy_gives_its_excerpts(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    added = corpus.add([story], tmp_path / "kept")
    assert added.found == {"N": tuple(PLACES)}
    assert added.missing == {"N": ()}
    assert not added.refused
    assert corpus.excerpt("N4", tmp_path / "kept") == corpus.match(STORY)["N4"]
    assert [f.name for f in (tmp_path / "kept").iterdir()] == ["N.json"]


def test_adding_it_again_changes_nothing(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    corpus.add([story], tmp_path / "kept")
    before = snapshot(tmp_path / "kept")
    corpus.add([story, story], tmp_path / "kept")
    assert snapshot(tmp_path / "kept") == before


def test_half_a_copy_says_what_is_missing_and_the_other_half_completes_it(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    first, second = STORY.split("The well-meaning")
    story.write_text(first, encoding="utf-8")
    assert corpus.add([story], tmp_path / "kept").missing == {"N": ("N3a", "N3b", "N4")}
    story.write_text("The well-meaning" + second, encoding="utf-8")
    added = corpus.add([story], tmp_path / "kept")
    assert added.found == {"N": ("N3a", "N3b", "N4")}
    assert added.missing == {"N": ()}


def test_a_wrong_file_changes_nothing_and_says_so(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("An article about something else, of a decent length, with words in it.")
    added = corpus.add([wrong, tmp_path / "nowhere.pdf"], tmp_path / "kept")
    assert not added.found
    assert not (tmp_path / "kept").exists()
    assert [r.file for r in added.refused] == ["wrong.txt", "nowhere.pdf"]
    assert "wrong.txt is not one of the readings" in added.refused[0].why
    corpus.add([story], tmp_path / "kept")
    before = snapshot(tmp_path / "kept")
    corpus.add([wrong], tmp_path / "kept")
    assert snapshot(tmp_path / "kept") == before


def test_a_wrong_file_does_not_keep_the_right_one_out(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    added = corpus.add([tmp_path, story], tmp_path / "kept")
    assert len(added.refused) == 1
    assert added.found == {"N": tuple(PLACES)}


def test_a_reading_is_replaced_whole_or_not_at_all(
    night: corpus.Reading, story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = STORY.split("The well-meaning")
    half = tmp_path / "half.txt"
    half.write_text(first, encoding="utf-8")
    corpus.add([half], tmp_path / "kept")
    before = snapshot(tmp_path / "kept")

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        corpus.add([story], tmp_path / "kept")
    assert snapshot(tmp_path / "kept") == before


def test_the_fellows_of_a_programme_may_read_what_its_lead_added(
    night: corpus.Reading, story: Path, tmp_path: Path
) -> None:
    mask = os.umask(0o022)
    try:
        corpus.add([story], tmp_path / "kept")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "kept" / "N.json").stat().st_mode) == 0o644


@pytest.mark.parametrize("damage", [
    b"", b"{", b"[]", b"null", b'"passages"', b'{"passages": []}', b'{"passages": {"N4": 7}}',
    b'{"passages": {"N4": "Words that are not the author\'s at all, whatever they say."}}',
    b"\xff\xfe\x00", b"[" * 100_000, "café".encode("utf-16"),
])
def test_a_damaged_or_altered_excerpt_counts_as_none_and_is_mended_by_adding(
    night: corpus.Reading, story: Path, tmp_path: Path, damage: bytes
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "N.json").write_bytes(damage)
    assert corpus.excerpt("N4", folder) is None
    corpus.add([story], folder)
    assert corpus.excerpt("N4", folder) == corpus.match(STORY)["N4"]


def test_without_a_copy_there_is_no_excerpt(night: corpus.Reading, tmp_path: Path) -> None:
    assert corpus.excerpt("N4", tmp_path / "nowhere") is None
    (tmp_path / "kept").mkdir()
    os.mkfifo(tmp_path / "kept" / "N.json")
    assert corpus.excerpt("N4", tmp_path / "kept") is None
    with pytest.raises(corpus.NotInCorpus):
        corpus.excerpt("N9", tmp_path / "nowhere")


def test_what_is_kept_is_plain_json(night: corpus.Reading, story: Path, tmp_path: Path) -> None:
    corpus.add([story], tmp_path / "kept")
    kept = json.loads((tmp_path / "kept" / "N.json").read_text(encoding="utf-8"))
    assert kept["reading"] == "N"
    assert list(kept["passages"]) == list(PLACES)


# --- for maintainers -----------------------------------------------------------------


def test_a_maintainer_sees_the_places_and_gets_the_yaml_of_a_passage(story: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "course.corpus", str(story), *arguments],
                              cwd=ROOT, capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    assert "3.2\t4 words\tNobody ﬁlled it in." in run().stdout
    (entry,) = yaml.safe_load(run("2.1-3.1:1-30").stdout)
    assert entry["paragraphs"] == [2, 3]
    assert "sister" not in run("2.1").stdout
    wrong = run("9.9")
    assert wrong.returncode != 0
    assert "no such sentence" in wrong.stderr


@pytest.mark.parametrize("place", ["", "2", "2.1-", "x", "2.1:5", "2.2-2.1", "2.1:90-99"])
def test_a_place_that_is_not_in_the_text_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(place)}: "):
        corpus.passage_yaml(STORY, place)


def test_a_stored_fingerprint_holds_no_words(night: corpus.Reading) -> None:
    for p in night.passages:
        for segment in p.fingerprint:
            assert set(segment.model_dump()) == {"letters", "opening", "sha256", "hyphens"}
