"""The marked notebook: the release's own, with points, and with words that are only words."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbgrader import utils

from course import home
from course.answers import Record
from course.marking import rebuild
from course.marking.report import Trouble
from tests.marking.ward import TRIAL, Ward, bot, lines, real_modules

NASTY = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</pre></div><h1>Full marks",
         "[link](javascript:alert(1))", "![i](http://x.invalid/i.png)", "<http://x.invalid>",
         "http://x.invalid/auto www.x.invalid", "**bold** _it_ `code` ~~gone~~", "# Heading",
         "- list\n- list\n\n1. one", "| a | b |\n|---|---|\n| 1 | 2 |",
         "$x^2$ $$y$$ \\(z\\) \\[w\\]",
         "\\begin{align}x\\end{align}", "```\ncode\n```", "&lt;script&gt;", "&#60;script&#62;",
         "<!-- -->", "<![CDATA[", "{{ 7*7 }} {% raw %}", "\n\n<b>after a blank line</b>",
         "    indented", "\u202eright to left", "\x1b[31mred\x07", "a\r\nb\rc\u2028d\x85e")


class Seen(HTMLParser):
    """What a browser would show and do inside the fellow's own block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.text, self.tags = False, "", []  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if self.inside:
            self.tags.append(tag)
        if tag == "pre" and "wb-answer" in (dict(attrs).get("class") or ""):
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        self.text += data if self.inside else ""


def record(text: str) -> Record:
    found = Record()
    for n, line in enumerate(text.encode().splitlines()):
        found.take(line, n)
    return found


def released(ward: Ward) -> rebuild.Released:
    return rebuild.read(ward.original, TRIAL)


def reflection(ward: Ward, words: str) -> str:
    made = released(ward)
    cells, _ = rebuild.marked_cells(made, record(lines([("trial.reflection", words)])))
    return str(next(c for c in cells.values() if c.cell_type == "markdown").source)


def page(source: str, template: str) -> str:
    """A cell's text as our feedback page and nbgrader's formgrader show it."""
    from traitlets.config import Config

    from course.marking import configure
    from course.marking.feedback import FeedbackPage

    config = Config(configure.load())
    # As nbgrader sets them, after any configuration file.
    templates = Path(utils.__file__).parent / "server_extensions" / "formgrader" / "templates"
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [str(templates)]
    config.Exporter.default_preprocessors = []
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(
        source, metadata={"nbgrader": {"grade": True, "solution": True, "points": 3, "score": 0,
                                       "grade_id": "r", "locked": False}})])
    static = Path(utils.__file__).parent.joinpath(
        "server_extensions", "formgrader", "static", "node_modules", "bootstrap", "dist", "css")
    config.HTMLExporter.extra_template_paths = [str(static)]
    exporter = FeedbackPage if template == "feedback" else HTMLExporter
    made, _ = exporter(config=config).from_notebook_node(notebook, resources={
        "nbgrader": {"notebook": "n", "score": 0, "max_score": 3, "late_penalty": 0},
        "base_url": "", "index": 0, "total": 1, "submission_id": "s", "notebook_id": "n",
        "assignment_id": "a", "student": "ann", "last_name": None, "first_name": None,
        "notebook_path": "n"})
    return str(made)


@pytest.mark.parametrize("template", ["feedback", "formgrade"])
def test_what_a_fellow_wrote_is_shown_as_written_and_does_nothing(
        ward: Ward, template: str) -> None:
    words = "\n".join(NASTY)
    plain = page(reflection(ward, "harmless"), template)
    made = page(reflection(ward, words), template)
    seen = Seen()
    seen.feed(made)
    assert seen.tags == []
    shown = re.sub(r"\r\n?|\u2028|\x85", "\n", words).replace("\u202e", "\ufffd")
    assert seen.text == shown.replace("\x1b", "\u241b").replace("\x07", "\u2407")
    # Outside the block the page is the same as for a harmless answer.
    block = re.compile(r'<pre class="wb-answer.*?</pre>', re.S)
    assert block.sub("", made) == block.sub("", plain)


@pytest.mark.parametrize("template", ["feedback", "formgrade"])
def test_no_page_asks_another_machine_for_anything(ward: Ward, template: str) -> None:
    made = page(reflection(ward, "http://x.invalid/ <img src=http://x.invalid>"), template)
    asks = re.findall(r"<(?:script|link|img|iframe|object|embed|source)\b[^>]*//[^>]*>", made)
    assert asks == []
    assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", made)
    assert "MathJax" not in made


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_inert_text_is_letters_and_numeric_signs_on_one_line(words: str) -> None:
    made = rebuild.inert(words)
    assert made.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f]", made)
    left = re.sub(r"&#\d+;", "", made)
    assert not re.search(r"[!-/:-@\[-`{-~\n\r\t]", left)
    made.encode("utf-8")
    kept = [c for c in words if c.isalnum() and ord(c) < 0xd800]
    assert [c for c in html.unescape(made) if c.isalnum() and ord(c) < 0xd800] == kept


@pytest.mark.parametrize("how", ["right", "wrong", "untouched"])
@pytest.mark.parametrize("module", [TRIAL, *real_modules()])
def test_the_file_and_the_notebook_in_memory_are_the_same(
        here: Path, module: str, how: str) -> None:
    source = rebuild.read(home.content() / "modules" / module / f"{module}.ipynb", module)
    cells, notes = rebuild.marked_cells(source, record(bot(module, how)))
    assert notes == []
    written = nbformat.reads(source.write(cells), as_version=4)
    assert written == source.with_cells(cells)
    assert source.write(cells) == nbformat.writes(source.with_cells(cells)) + "\n"
    nbformat.validate(written)
    assert [c.source for c in written.cells if c.cell_type == "code"] == [
        c.source for c in source.notebook.cells if c.cell_type == "code"]


@pytest.mark.parametrize("module", [TRIAL, *real_modules()])
def test_a_right_fellow_earns_every_automatic_point_and_a_silent_one_none(
        here: Path, module: str) -> None:
    source = rebuild.read(home.content() / "modules" / module / f"{module}.ipynb", module)
    for how, share in (("right", 1.0), ("untouched", 0.0)):
        cells, _ = rebuild.marked_cells(source, record(bot(module, how)))
        for cell in cells.values():
            if cell.cell_type == "code":
                points, most = utils.determine_grade(cell)
                assert points == share * most, cell.metadata.nbgrader.grade_id


def test_a_score_cell_says_why_in_text_a_tutor_can_read(ward: Ward) -> None:
    cells, _ = rebuild.marked_cells(released(ward), record(bot(TRIAL, "right")))
    data = next(c for c in cells.values()
                if c.metadata.nbgrader.grade_id == "trial-sum").outputs[0].data
    assert data["text/plain"] == "2.0"
    assert html.unescape(re.sub("<.*?>", "", data["text/html"])) == (
        "2 of 2 points. Twenty less eight.")


def test_the_prompt_is_released_and_stays_above_the_answer(ward: Ward) -> None:
    source = reflection(ward, "It grew.")
    assert source.startswith("**What surprised you?**\n\n**Answer**\n\n<pre ")


def test_what_the_reflection_rests_on_stands_below_it(ward: Ward) -> None:
    cells, _ = rebuild.marked_cells(released(ward), record(lines([
        ("trial.predict", "grows"), ("trial.run", {"beds": 10}), ("trial.run", {"beds": 11}),
        ("trial.predict", "same"), ("trial.difference", "<b>Beds</b>\nare not people"),
        ("trial.reflection", "I learned.")])))
    source = next(c for c in cells.values() if c.cell_type == "markdown").source
    found = [html.unescape(line) for line in re.findall("<li>(.*?)</li>", source)]
    assert found == ["Predicted: Will the queue grow? – It grows",
                     "Ran: Run the ward – 2 times",
                     "Wrote: The difference in one sentence – <b>Beds</b> are not people"]
    assert "<b>" not in source


def test_the_latest_words_count_and_the_longest_are_cut_in_sight(ward: Ward) -> None:
    made = released(ward)
    cells, notes = rebuild.marked_cells(made, record(lines([
        ("trial.reflection", "draft"), ("trial.reflection", "x" * 10_001)])))
    source = next(c for c in cells.values() if c.cell_type == "markdown").source
    assert "draft" not in source
    assert source.count("x") < 10_100
    assert "10,001 characters" in notes[0]


def test_the_release_is_never_changed_by_marking_with_it(ward: Ward) -> None:
    made = released(ward)
    before = json.dumps(made.notebook)
    for how in ("right", "wrong"):
        rebuild.marked_cells(made, record(bot(TRIAL, how)))
    assert json.dumps(made.notebook) == before


@pytest.mark.parametrize(("change", "says"), [
    (lambda nb: nb.cells.pop(3), "has no cell for trial-sum"),
    (lambda nb: nb.cells[3].metadata.nbgrader.update(points=5), "5 points in the notebook"),
    (lambda nb: nb.cells[3].metadata.nbgrader.update(grade_id="other"), "not a marked item"),
    (lambda nb: nb.cells.append(nb.cells[3]), "stands twice"),
    (lambda nb: nb.cells[4].metadata.nbgrader.update(solution=False), "a markdown cell with"),
    (lambda nb: nb.cells[4].metadata.nbgrader.update(grade=False, solution=False, task=True),
     "it is a task cell")])
def test_a_notebook_that_does_not_fit_its_texts_is_refused(
        ward: Ward, tmp_path: Path, change: Any, says: str) -> None:
    notebook = nbformat.read(ward.original, as_version=4)
    change(notebook)
    path = tmp_path / "changed.ipynb"
    path.write_text(json.dumps(notebook))
    with pytest.raises(Trouble, match=says):
        rebuild.read(path, TRIAL)
