"""The readings are in copyright: no sentence of theirs may be in the project.

Every file that git tracks, or would track, is compared with the readings where they are
at hand (`../shared/readings`): eight words in a row are too many.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READINGS = sorted((ROOT.parent / "shared" / "readings").glob("*.txt"))
RUN = 8

ALLOWED = (
    # Titles: a citation has to name what it cites.
    "Partha Kar: To improve clinical leadership we need a dose of realism",
    "Why is medical leadership important in the health service?",
    "Medical leadership must move from the margins to the mainstream",
    # The author of A as the BMJ prints him, and the article's address: a citation again.
    "Partha Kar, consultant in diabetes and endocrinology",
    "https://doi.org/10.1136/bmj.o651",
    # The name of an institution: it has no other.
    "Health Services Management Centre at the University of Birmingham",
)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub("['’‘ʼ]", "", text.lower()))


def runs(text: str, length: int = RUN) -> Iterator[str]:
    found = words(text)
    for i in range(len(found) - length + 1):
        yield " ".join(found[i : i + length])


def shared(text: str, readings: list[str], length: int = RUN) -> list[str]:
    """The runs of words that a text has in common with a reading."""
    theirs = {run for reading in readings for run in runs(reading, length)}
    theirs -= {run for phrase in ALLOWED for run in runs(phrase, length)}
    return [run for run in runs(text, length) if run in theirs]


def prose(file: Path) -> str:
    """What a file says; of a notebook, the text of its cells and of their outputs.

    The lines of a cell are strings of their own in the JSON, so that its raw text has a
    stray "n" between them, enough to hide a sentence.
    """
    text = file.read_bytes().decode("utf-8", "replace")
    if file.suffix == ".ipynb":
        try:
            return "\n".join(_leaves(json.loads(text)))
        except ValueError:
            pass
    return text


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(v, str) for v in value):
        yield "".join(value)
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)


def project_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a git checkout, so there is no list of the project's files")
    return [file for name in listed.split("\0") if name and (file := ROOT / name).is_file()]


def readings() -> list[str]:
    if not READINGS:
        pytest.skip("the readings are in copyright and not here, so nothing can be compared")
    return [file.read_text(encoding="utf-8") for file in READINGS]


def test_no_file_of_the_project_holds_eight_words_of_a_reading_in_a_row() -> None:
    theirs = {run for text in readings() for run in runs(text)}
    theirs -= {run for phrase in ALLOWED for run in runs(phrase)}
    found = [f"{file.relative_to(ROOT)}: {run}"
             for file in project_files() for run in runs(prose(file)) if run in theirs]
    assert not found, "\n".join(found)


def test_the_corpus_keeps_well_inside_the_limit() -> None:
    texts = readings()
    found = [f"{file.name}: {run}" for file in (ROOT / "corpus").iterdir()
             for run in shared(prose(file), texts, length=5)]
    assert not found, "\n".join(found)


READING = "One two three four five six seven eight nine ten."


def test_a_lifted_sentence_is_seen_through_case_quotes_and_line_breaks() -> None:
    assert shared("x TWO, three\n> “four” five—six *seven* eight nine", [READING])


def test_seven_words_may_be_chance() -> None:
    assert not shared("two three four five six seven eight and more", [READING])


def test_a_lifted_sentence_is_seen_across_the_lines_of_a_notebook_cell(tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    lines = ["one two three four\n", "five six seven eight\n"]
    notebook.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": lines}]}))
    assert shared(prose(notebook), [READING])


def test_a_title_may_be_cited_and_its_words_used_nowhere_else() -> None:
    title = ALLOWED[2]
    assert not shared(title, [f"Before {title} and after it"])
    assert shared(f"{title} and after it", [f"Before {title} and after it"])
