"""A fellow's page of feedback: what a tutor said, then what was marked at once; no code."""

from __future__ import annotations

import re
from typing import Any

import nbformat

from course.marking.feedback import FeedbackPage

GRADES = {"notebook": "90-trial", "score": 3.456, "max_score": 5, "late_penalty": 0}


def page(*cells: Any, **grades: float) -> str:
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("# A trial of it\n\nWords."), *cells])
    made, _ = FeedbackPage().from_notebook_node(notebook, {"nbgrader": GRADES | grades})
    return made


def auto(**tags: Any) -> Any:
    cell = nbformat.v4.new_code_cell("# Read the chart\nmodule.exercise('trial.chart')", metadata={
        "nbgrader": {"grade": True, "points": 2, "score": 2, "grade_id": "c", **tags}})
    cell.outputs = [nbformat.v4.new_output("execute_result", {
        "text/plain": "2.0", "text/html": "<p>2 of 2 points. It passes ten at 26.</p>"})]
    return cell


def reflection(**tags: Any) -> Any:
    return nbformat.v4.new_markdown_cell("## 7. Reflection\n\nWrite.", metadata={"nbgrader": {
        "grade": True, "solution": True, "points": 3, "score": 1.5, "grade_id": "r", **tags}})


def test_it_shows_marks_words_and_comments_and_no_code() -> None:
    made = page(auto(), reflection(comment="You saw the other side.\nNext: who tells you?"))
    assert "<h1>Feedback: A trial of it</h1>" in made
    assert "Together 3.46 of 5 points." in made
    assert "Your tutor: 1.5 of 3 points" in made
    assert "You saw the other side.\nNext: who tells you?" in made
    assert "It passes ten at 26." in made
    assert "module.exercise" not in made
    assert "late" not in re.sub(r"<style>.*?</style>", "", made, flags=re.S)


def test_a_comment_is_words_and_never_a_tag() -> None:
    made = page(auto(comment="<script>alert(1)</script>"),
                reflection(comment="<img src=x onerror=alert(1)>"))
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;img src=x onerror=alert(1)&gt;" in made


def test_points_that_were_taken_off_for_lateness_are_told() -> None:
    assert "0.5 points were taken off" in page(auto(), late_penalty=0.5)


def test_it_is_one_file_that_asks_for_nothing() -> None:
    made = page(auto(), reflection())
    assert not re.search(r"<(script|link|img|iframe)\b|url\(", made)
    assert len(made) < 40_000
