"""The reading edition: pages that need nothing, sheets that come back, marks that are the same."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import re
import shutil
import string
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from typer.testing import CliRunner

from course import assessments, cli, corpus, home, programme, scoring
from course.answers import NAME, Record, read
from course.assessments import Play, Ranking, Ratings, Sentences
from course.book import build, chapter, enter, filled, notebook, paper, typed
from course.book.chapter import Asked
from course.book.filled import Filled, NotASheet
from course.book.notebook import Call, NotOnPaper
from course.book.paper import Chart, Decisions
from course.marking.report import Trouble
from course.ui import charts as drawn_by
from tests import bots
from tests.marking.ward import Ward, bot

DAY = date(2026, 11, 22)
MODULES = home.modules()
RUBBER, HOURS = "02-rubber-band", "03-two-hour-organisation"
every_module = pytest.mark.parametrize("module", MODULES)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book as it is given to anybody, without a programme's own copies of readings."""
    folder = tmp_path_factory.mktemp("book")
    build.write(folder, readings=False, day=DAY)
    return folder


@pytest.fixture(scope="module")
def pages(book: Path) -> dict[str, BeautifulSoup]:
    return {path.name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            for path in sorted(book.glob("*.html"))}


def tags(page: Any, *names: str) -> list[Tag]:
    return [found for found in page(list(names)) if isinstance(found, Tag)]


# ---- pages ------------------------------------------------------------------------------


def test_the_book_has_a_way_in_and_for_each_module_a_page_and_two_sheets(book: Path) -> None:
    expected = {"index.html", "course.css"} | {
        f"{module}{end}" for module in MODULES for end in (".html", "-sheet.html", "-sheet.txt")}
    assert {path.name for path in book.iterdir()} == expected


def test_every_page_has_its_language_its_own_title_landmarks_and_one_first_heading(
        pages: dict[str, BeautifulSoup]) -> None:
    titles = Counter(page.title.string for page in pages.values() if page.title)
    assert max(titles.values()) == 1
    assert len(titles) == len(pages)
    for name, page in pages.items():
        [html] = tags(page, "html")
        assert html["lang"] == "en-GB", name
        assert page.find("meta", attrs={"name": "viewport"}), name
        assert [len(tags(page, one)) for one in ("h1", "main", "footer")] == [1, 1, 1], name
        skip = page.select_one("body > a.wb-skip")
        assert skip is not None, name
        assert page.find(id=str(skip["href"]).removeprefix("#")), name


def test_headings_never_skip_a_level_and_no_id_stands_twice(
        pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        levels = [int(h.name[1]) for h in tags(page, "h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels[0] == 1, name
        assert all(b <= a + 1 for a, b in itertools.pairwise(levels)), (name, levels)
        ids = Counter(str(one["id"]) for one in page.select("[id]"))
        assert [i for i, n in ids.items() if n > 1] == [], name


def test_a_page_runs_no_script_and_loads_nothing_but_the_style_sheet(
        book: Path, pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        assert tags(page, "script", "iframe", "object", "embed", "form", "base") == [], name
        assert page.select("[src], [srcset], [style], [onclick], [onload], image, use") == [], name
        loaded = [str(link["href"]) for link in tags(page, "link")]
        assert loaded == ["course.css", "data:,"], name
        outside = [one for one in page.select("[href^=http]") if one.name != "a"]
        assert outside == [], name
    css = (book / "course.css").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\((?!#)", css)


def test_every_link_within_the_book_leads_to_something(
        book: Path, pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for link in page.select("a[href]"):
            target = str(link["href"])
            if target.startswith("https://"):
                assert link["rel"] == ["noopener"], (name, target)
                continue
            file, _, place = target.partition("#")
            assert not re.match(r"/|.*:", file), (name, target)
            assert (book / (file or name)).is_file(), (name, target)
            if place:
                assert pages[file or name].find(id=place), (name, target)


def test_every_chart_has_words_and_every_table_a_caption_and_heads(
        pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for chart in tags(page, "svg"):
            assert chart["role"] == "img", name
            assert len(str(chart["aria-label"])) > 40, name
            assert chart.select("[aria-label], [role]") == [], "its parts say nothing themselves"
        assert tags(page, "img") == []
        for table in tags(page, "table"):
            caption = table.find("caption")
            assert caption is not None, name
            assert caption.get_text(strip=True), name
            assert all(th["scope"] in ("row", "col") for th in tags(table, "th")), name
            assert all(row.find("th", attrs={"scope": "row"}) for row in table.select("tbody tr"))
        frames = [str(one["aria-label"]) for one in page.select("[role=region]")]
        assert len(frames) == len(set(frames)), (name, "frames of tables are told by their names")


def test_a_chart_is_in_the_pages_own_colours_and_two_share_no_id(
        pages: dict[str, BeautifulSoup]) -> None:
    drawn = [chart for page in pages.values() for chart in tags(page, "svg")]
    assert drawn
    for chart in drawn:
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', str(chart)))
        assert all(c in ("none", "transparent") or c.startswith("var(--wb-") for c in colours), \
            colours


@every_module
def test_every_question_stands_once_on_the_page_on_the_sheet_and_on_the_typed_sheet(
        book: Path, pages: dict[str, BeautifulSoup], module: str) -> None:
    items = assessments.module(module).items
    for kind in ("", "-sheet"):
        asked = [str(one["id"]) for one in pages[f"{module}{kind}.html"].select(".wb-asked")]
        assert asked == [item.grade_id for item in items]
    opened = [m[1] for line in typed.blank(chapter.read(module)).split("\n")
              if (m := typed.OPENS.match(line)) and not m[2]]
    whole = [item.id for item in items if not isinstance(item, Sentences)]
    assert opened == [typed.USERNAME, *whole]
    for item in items:
        prompt = " ".join(item.prompt.split())
        texts = [" ".join(pages[f"{module}{kind}.html"].get_text(" ").split())
                 for kind in ("", "-sheet")]
        for text in (*texts, (book / f"{module}-sheet.txt").read_text(encoding="utf-8-sig")):
            assert prompt in text


@every_module
def test_a_question_says_its_hint_its_options_its_points_and_what_comes_first(
        pages: dict[str, BeautifulSoup], module: str) -> None:
    one = chapter.read(module)
    for kind in ("", "-sheet"):
        for asked in one.asked:
            found = pages[f"{module}{kind}.html"].find(id=asked.id)
            assert isinstance(found, Tag)
            words = found.get_text(" ", strip=True)
            assert f"Question {asked.number} of {len(one.asked)}" in words
            assert " ".join(asked.hint.split()) in words
            assert one.facts(asked) in words
            assert all(o.text in words for o in getattr(asked.item, "options", ()))
            assert all(e.name in words and e.says in words for d in (
                asked.item.domains() if isinstance(asked.item, Ratings) else ())
                for e in d.elements)
            needed = [a.number for a in one.asked if a.item.id in asked.item.needs]
            assert all(str(number) in one.facts(asked) for number in needed)


@every_module
def test_results_come_after_the_questions_they_wait_for_and_are_closed(
        pages: dict[str, BeautifulSoup], module: str) -> None:
    one = chapter.read(module)
    page, sheet = pages[f"{module}.html"], pages[f"{module}-sheet.html"]
    reveals = page.select("details.wb-reveal")
    assert len(reveals) == len(one.results) == len(sheet.select(".wb-results"))
    for reveal, (number, results) in zip(reveals, one.results.values(), strict=True):
        assert "open" not in reveal.attrs
        assert f"Results {number}: {results.title}" in reveal.get_text(" ")
        assert results.after, "results wait for something"
        before = {str(p["id"]) for p in reveal.find_all_previous(class_="wb-asked")}
        assert before >= {one.texts.item(name).grade_id for name in results.after}
    last = sheet.select(".wb-asked")[-1]
    assert all(last in found.find_all_previous(class_="wb-asked")
               for found in sheet.select(".wb-results"))


@every_module
def test_every_prediction_is_followed_by_something_to_look_at(module: str) -> None:
    one = chapter.read(module)
    waited = {name for _, results in one.results.values() for name in results.after}
    assert {a.item.id for a in one.asked if a.item.prediction} <= waited


def charts(module: str) -> Iterator[Chart]:
    for _, results in chapter.read(module).results.values():
        yield from (block for block in results.blocks() if isinstance(block, Chart))


@every_module
def test_the_table_of_a_chart_holds_every_number_that_is_drawn(module: str) -> None:
    for chart in charts(module):
        cells = Counter(cell for row in chart.numbers.rows for cell in row[1:])
        spec = drawn_by.load(chart.exercise, chart.name)
        [height] = {layer["encoding"]["y"]["field"] for layer in spec.get("layer", [spec])
                    if "field" in layer["encoding"]["y"]}
        for row in chart.rows:
            shown = [f"{round(row[height], digits) + 0.0:.{digits}f}" for digits in (0, 1, 2)]
            assert any(cells[s] for s in shown), (chart.name, row)
        assert len(chart.rows) <= sum(cells.values())


def test_numbers_come_from_the_model_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from course.exercises.rubber_band import exercise

    def numbers() -> list[object]:
        found = chapter.read(RUBBER).results.values()
        return [block for _, results in found for block in results.blocks()]

    before = numbers()
    assert before == numbers()
    real = exercise.averages
    monkeypatch.setattr(exercise, "averages", lambda s: {
        k: v * 2 for k, v in real(s).items()})
    assert before != numbers()


def test_on_paper_every_check_after_a_play_can_be_answered() -> None:
    """The ways to ask hold what the checks ask about, and one reaches the goal and one does not."""
    from course.exercises.rubber_band import exercise as goodwill
    from course.exercises.rubber_band import paper as printed

    ways = list(printed.WAYS.values())
    for asked in (goodwill.KEEN, goodwill.SPREAD, goodwill.PRESSED, goodwill.LOUD,
                  replace(goodwill.PRESSED, protected=1.0), replace(goodwill.PRESSED, appeal=1.0),
                  replace(goodwill.PRESSED, asks=70)):
        assert asked in ways
    reached = [goodwill.reaches_goal(s) for s in ways]
    assert 1 <= sum(reached) < len(ways) / 2


# ---- what is not in it --------------------------------------------------------------------


def texts_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_no_key_and_no_word_of_feedback_is_in_it(book: Path) -> None:
    plain = {name: " ".join(BeautifulSoup(text, "html.parser").get_text(" ").split())
             for name, text in texts_of(book).items()}
    says = [option.says for module in MODULES for item in assessments.module(module).items
            for option in getattr(item, "options", ()) if option.says]
    assert says
    for sentence in says:
        assert [name for name, text in plain.items() if sentence[:40] in text] == []


def test_other_keys_and_other_feedback_make_the_very_same_book(
        book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = assessments.module

    def otherwise(item: Any) -> Any:
        if not getattr(item, "answer", ""):
            return item
        options = tuple(o.model_copy(update={"says": "Otherwise."}) for o in item.options)
        answer = options[0].id if item.answer != options[0].id else options[-1].id
        return item.model_copy(update={
            "options": options, "answer": (answer,) if isinstance(item, Ranking) else answer})

    changed = Counter[str]()

    def module(name: str) -> assessments.Module:
        found = real(name)
        items = tuple(map(otherwise, found.items))
        changed[name] += items != found.items
        return found.model_copy(update={"items": items})

    monkeypatch.setattr(assessments, "module", module)
    build.write(tmp_path, readings=False, day=DAY)
    assert all(changed[name] for name in MODULES), "each module has a key that was changed"
    assert texts_of(tmp_path) == texts_of(book)


def test_it_is_the_same_every_time_but_for_its_date(book: Path, tmp_path: Path) -> None:
    build.write(tmp_path / "again", readings=False, day=DAY)
    assert texts_of(tmp_path / "again") == texts_of(book)
    build.write(tmp_path / "later", readings=False, day=DAY + timedelta(days=1))
    later = {name: text.replace("2026-11-23", "2026-11-22").replace("23 Nov", "22 Nov")
             for name, text in texts_of(tmp_path / "later").items()}
    assert later == texts_of(book)


def test_nothing_on_a_page_speaks_of_what_only_jupyterlab_has(
        pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        words = " ".join(page.get_text(" ").split())
        for only_there in ("Run All Cells", "press the button", "Move a slider", "notebook",
                           "the box below", "list of files", "choose Submit", "sliders above"):
            assert only_there not in words, name


HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)> {{ 7 * 7 }} [bold]b[/bold]'


def test_hostile_words_of_a_reading_or_a_programme_stay_words(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "excerpt", lambda _id, _folder: HOSTILE)
    monkeypatch.setattr(programme, "read", lambda: programme.Programme(
        name=HOSTILE, contact=HOSTILE))
    build.write(tmp_path, day=DAY)
    for path in tmp_path.glob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert tags(page, "script", "img") == [], path.name
        footer = page.footer
        assert footer is not None
        assert HOSTILE in footer.get_text(), "shown as it was written"


def test_a_programmes_own_copies_are_in_it_only_where_they_were_added_and_it_says_so(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    words = "These are an author's words, and nobody else's."

    def run(*more: str) -> tuple[str, str]:
        done = CliRunner().invoke(cli.app, ["book", "--to", str(tmp_path / "book"), *more])
        assert done.exit_code == 0, done.output
        return done.output, (tmp_path / "book" / f"{RUBBER}.html").read_text(encoding="utf-8")

    said, page = run()
    assert "only" not in said
    assert "For this programme" not in page
    real = corpus.excerpt
    monkeypatch.setattr(corpus, "excerpt", lambda id_, folder: (
        words if Path(folder) == home.readings() else real(id_, folder)))
    said, page = run()
    assert "programme's fellows only" in " ".join(said.split())
    assert "nobody else" in page
    assert "For this programme’s fellows only" in page
    said, page = run("--without-readings")
    assert "only" not in said
    assert "nobody else" not in page
    assert "For this" not in page


# ---- writing it -------------------------------------------------------------------------


def test_somebody_elses_pages_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>My own</h1>")
    with pytest.raises(Trouble, match="other pages"):
        build.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]
    with pytest.raises(Trouble, match="is a file"):
        build.write(tmp_path / "index.html")


def test_what_else_is_in_the_folder_is_left_alone(book: Path, tmp_path: Path) -> None:
    shutil.copytree(book, tmp_path / "book")
    (tmp_path / "book" / "notes.txt").write_text("mine")
    build.write(tmp_path / "book", readings=False, day=DAY)
    assert (tmp_path / "book" / "notes.txt").read_text() == "mine"
    assert not list((tmp_path / "book").glob(".*"))


def test_a_folder_that_cannot_be_written_gets_a_sentence(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _content: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "_put", full)
    done = CliRunner().invoke(cli.app, ["book", "--to", str(tmp_path / "x")])
    assert done.exit_code == 1
    assert "No space left" in done.output
    assert "Traceback" not in done.output


def test_the_whole_book_takes_less_than_fifteen_seconds_of_work(tmp_path: Path) -> None:
    begun = time.process_time()
    build.write(tmp_path, day=DAY)
    assert time.process_time() - begun < 15


def test_a_bar_can_follow_it(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    build.write(tmp_path, day=DAY, tell=lambda *what: told.append(what))
    assert told[0][0] == 0
    assert told[-1][:2] == (len(MODULES), len(MODULES))


# ---- the contract with an exercise ----------------------------------------------------


@every_module
def test_no_call_of_a_notebook_is_left_without_a_printed_counterpart(module: str) -> None:
    calls = [p for p in notebook.parts(module) if isinstance(p, Call)]
    printed = [p for p in chapter.read(module).parts if not isinstance(p, notebook.Prose)]
    assert len(printed) == len(calls)


@every_module
def test_what_paper_py_gives_is_called_for(module: str) -> None:
    one = chapter.read(module)
    called = {n for p in notebook.parts(module) if isinstance(p, Call) for n in p.names}
    for exercise in {a.item.exercise for a in one.asked}:
        assert set(paper.on_paper(exercise)) <= called


@pytest.mark.parametrize(("part", "said"), [
    (Call("exercise", ("rubber-band.new-view",)), "rubber-band.new-view"),
    (Call("diagram", ("rubber-band.run",)), "module.diagram"),
])
def test_what_has_no_printed_counterpart_stops_the_book_and_is_named(
        part: Call, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = notebook.parts
    monkeypatch.setattr(notebook, "parts", lambda name: [*real(name), part])
    with pytest.raises(NotOnPaper, match=said):
        chapter.read(RUBBER)


def test_a_play_with_nothing_to_look_at_stops_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    real = paper.on_paper
    monkeypatch.setattr(paper, "on_paper", lambda exercise: {
        name: make for name, make in real(exercise).items() if name != "rubber-band.run"})
    with pytest.raises(NotOnPaper, match=r"rubber-band\.run is a play"):
        chapter.read(RUBBER)


@every_module
def test_words_that_paper_says_otherwise_are_still_in_the_text(
        module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chapter.read(module).stale == ()
    monkeypatch.setattr(paper, "words", lambda _exercise: {"No such words.": "Others."})
    assert chapter.read(module).stale == ("No such words.",)


def test_the_code_of_a_notebook_is_read_and_never_run(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "modules" / "02-x"
    folder.mkdir(parents=True)
    code = f"module.exercise(open({str(tmp_path / 'ran')!r}, 'w').name)"
    (folder / "02-x.ipynb").write_text(json.dumps(
        {"cells": [{"cell_type": "code", "source": [code]}]}))
    monkeypatch.setattr(home, "content", lambda: tmp_path)
    with pytest.raises(NotOnPaper, match="not one call"):
        notebook.parts("02-x")
    assert not (tmp_path / "ran").exists()


# ---- a typed sheet, filled in -------------------------------------------------------------


Places = Mapping[tuple[str, str], str]


def typed_in(module: str, places: Places, username: str = "ann") -> str:
    """The module's typed sheet with these words in its places."""
    lines: list[str] = []
    skipping = False
    for line in typed.blank(chapter.read(module)).split("\n"):
        opens = typed.OPENS.match(line)
        if line == "END OF ANSWER":
            skipping = False
        if not skipping:
            lines.append(line)
        if opens:
            words = {**places, (typed.USERNAME, ""): username}.get((opens[1], opens[2] or ""))
            if words is not None:
                lines.append(words)
                skipping = True
    return "\n".join(lines)


def as_typed(asked: Asked, values: list[JsonValue]) -> dict[tuple[str, str], str]:
    """How a fellow would type what a bot answers in JupyterLab."""
    item, value = asked.item, values[-1]
    if isinstance(item, Sentences) and isinstance(value, dict):
        return {(item.id, row): str(words) for row, words in value.items()}
    if asked.printed.decisions:
        return {(item.id, ""): decided(asked.printed.decisions, values)}
    if isinstance(item, Ratings) and isinstance(value, dict):
        letters = {id_: letter for letter, id_ in chapter.letters(item).items()}
        lines = [f"{e.name} ({e.says}): {letters.get(str(value.get(e.id)), '')}"
                 for d in item.domains() for e in d.elements]
        return {(item.id, ""): "\n".join(lines)}
    if options := chapter.letters(item):
        letters = {id_: letter for letter, id_ in options.items()}
        given = value if isinstance(value, list) else [value]
        return {(item.id, ""): ", ".join(letters[str(v)] for v in given)}
    return {(item.id, ""): str(value)}


def decided(decisions: Decisions, values: list[JsonValue]) -> str:
    """A play's runs on the lines of the sheet; of a play in rounds, the last of each seat."""
    lines = []
    for place, line in enumerate(decisions.lines):
        run = at_line(line, place, values)
        lines += [line.label, *(
            f"{lever.label} ({lever.range}): {lever.shown(run[lever.id]) if run else ''}"
            for lever in line.levers), ""]
    return "\n".join(lines)


def at_line(line: paper.Line, place: int, values: list[JsonValue]) -> dict[str, Any] | None:
    runs = [v for v in values if isinstance(v, dict)]
    if "rounds" not in runs[0]:
        return runs[place] if place < len(runs) else None
    first = int(re.findall(r"\d+", line.label)[0])
    levers = {lever.id for lever in line.levers}
    played = [v["rounds"] for v in runs if isinstance(v["rounds"], list)
              and set(v["rounds"][0]) == levers and len(v["rounds"]) >= first]
    return dict(played[-1][first - 1]) if played else None


def a_bots(module: str, how: Any) -> dict[tuple[str, str], str]:
    one = chapter.read(module)
    places: dict[tuple[str, str], str] = {}
    for asked in one.asked:
        value = getattr(scoring.exercise(asked.item.exercise), how).get(asked.item.id)
        if value is not None:
            places |= as_typed(asked, bots.runs(asked.item, value))
            if asked.item.prediction:
                places[asked.item.id, typed.HOW_SURE] = "B"
    return places


Reader = Callable[..., Filled]


@pytest.fixture
def given_back(tmp_path: Path) -> Reader:
    """Read words, or bytes, as a sheet that came back."""
    def read_sheet(words: str | bytes) -> Filled:
        path = tmp_path / "sheet.txt"
        path.write_bytes(words if isinstance(words, bytes) else words.encode("utf-8"))
        return filled.read(path)

    return read_sheet


def answer(sheet: Filled, name: str) -> filled.Found:
    return next(f for f in sheet.found if f.asked.item.id == name)


def record(sheet: Filled, folder: Path) -> Record:
    from course.answers import Answers

    answers = Answers(folder / NAME)
    for item, value, sure in sheet.answers():
        answers.save(item.id, value, sure)
    return read(folder / NAME)


@every_module
def test_an_empty_sheet_says_that_everything_is_missing_and_nothing_else(
        book: Path, module: str) -> None:
    sheet = filled.read(book / f"{module}-sheet.txt")
    assert {f.state for f in sheet.found} == {"missing"}
    assert (sheet.username, sheet.lost, sheet.whole) == ("", (), True)
    assert list(sheet.answers()) == []
    assert len(sheet.notes) == 1
    assert "whose" in sheet.notes[0]


@every_module
@pytest.mark.parametrize("how", ["right", "wrong"])
def test_what_a_bot_answers_earns_the_same_on_a_sheet_as_in_jupyterlab(
        module: str, how: Any, given_back: Reader, tmp_path: Path) -> None:
    sheet = given_back(typed_in(module, a_bots(module, how)))
    assert sheet.whole, list(sheet.sentences())
    assert sheet.username == "ann"
    (tmp_path / "lab").mkdir()
    there, here = read(bots.play(tmp_path / "lab", module, how)), record(sheet, tmp_path)
    texts = assessments.module(module)
    for item in texts.items:
        if item.marked == "auto":
            a, b = (scoring.mark(texts, item, r) for r in (there, here))
            assert (a.points, a.out_of) == (b.points, b.out_of), item.id
        elif not isinstance(item, Play):
            assert there.value(item.id) == here.value(item.id)
        if item.prediction:
            assert [s.sure for s in here.all(item.id)] == [s.sure for s in there.all(item.id)]
    if how == "right":
        assert all(scoring.mark(texts, i, here).points == i.points for i in texts.items
                   if i.marked == "auto")


@pytest.mark.slow
@every_module
def test_in_the_gradebook_too_a_sheet_and_a_notebook_are_worth_the_same(
        module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from course.marking import loop

    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    loop.release(module)
    ward = Ward(tmp_path / "state", module)
    for how in ("right", "wrong"):
        ward.hand_in(f"lab-{how}", bot(module, how))
        path = tmp_path / f"{how}.txt"
        path.write_text(typed_in(module, a_bots(module, how), f"paper-{how}"))
        enter.enter(filled.read(path), path, f"paper-{how}")
    report = loop.mark(module)
    assert report.ok, report.sentences()
    for how in ("right", "wrong"):
        assert ward.scores(f"paper-{how}") == ward.scores(f"lab-{how}")
        cells = {who: [c.source for c in ward.marked(f"{who}-{how}").cells
                       if "**Answer**" in c.source] for who in ("lab", "paper")}
        told = {who: [source.partition("What this rests on")[0] for source in sources]
                for who, sources in cells.items()}
        assert told["paper"] == told["lab"], "the tutor reads the same words"
    assert ward.scores("paper-right") != ward.scores("paper-wrong") or module == MODULES[0]
    sent = loop.feedback(module, everyone=True)
    assert sent.ok, sent.sentences()
    assert (ward.course / "feedback" / "paper-right" / module / f"{module}.html").is_file()


def test_predictions_stand_before_the_play_whatever_order_they_were_typed_in(
        given_back: Reader, tmp_path: Path) -> None:
    words = typed_in(RUBBER, a_bots(RUBBER, "right"))
    head, *sections = re.split(r"(?m)^(?=SECTION: )", words)
    random.Random(1).shuffle(sections)
    found = record(given_back(head + "\n".join(reversed(sections))), tmp_path)
    for item in assessments.module(RUBBER).items:
        assert all(found.before(need, item.id) for need in item.needs if item.id in found)


def test_what_should_have_come_first_and_is_missing_is_said_and_nothing_is_lost(
        given_back: Reader) -> None:
    places = a_bots(RUBBER, "right")
    del places["rubber-band.predict-keen", ""]
    sheet = given_back(typed_in(RUBBER, places))
    assert answer(sheet, "rubber-band.run").state == "read"
    assert any("Question 7 is answered and question 4" in note for note in sheet.notes)


PROSE = st.text(st.characters(blacklist_categories=("Cc", "Cs")) | st.sampled_from("\n\t"),
                max_size=300)


@given(PROSE)
def test_words_come_through_exactly_whatever_they_are(words: str) -> None:
    if any(typed.CLOSES.match(typed.tidy(line)) or typed.OPENS.match(typed.tidy(line))
           for line in words.split("\n")):
        return
    one = chapter.read("00-start-here")
    lines = typed_in("00-start-here", {("start-here.hope", ""): words}).split("\n")
    places, _ = filled._places(one, lines)
    [found] = [filled._trimmed(p.lines) for p in places if p.name == "start-here.hope"]
    kept = words.split("\n")
    while kept and not kept[0].strip():
        del kept[0]
    while kept and not kept[-1].strip():
        del kept[-1]
    assert found == "\n".join(kept)


PARAGRAPHS = """   I began with a doubt.

We had “three” beds – and four patients; naïve, perhaps.
\tAn indented line, and one with two spaces at its end:\x20\x20
QUESTION: why did nobody ask?
ANSWER honestly, I told myself: nobody would.

> Not mine, but quoted.

The end…"""


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_paragraphs_survive_every_editor_exactly(ends: str, encoding: str, given_back: Reader
                                                 ) -> None:
    words = typed_in(RUBBER, {("rubber-band.reflection", ""): PARAGRAPHS})
    if encoding == "cp1252":  # what Windows' old plain text cannot hold, Word writes otherwise
        words = words.replace("…", "...").replace("−", "-")
    sheet = given_back(words.replace("\n", ends).encode(encoding))
    [value] = answer(sheet, "rubber-band.reflection").values
    assert value == (PARAGRAPHS.replace("…", "...") if encoding == "cp1252" else PARAGRAPHS)
    assert sheet.whole
    assert any("Windows text" in note for note in sheet.notes) == (encoding == "cp1252")


def test_a_reply_to_an_email_is_read_with_its_marks_of_quoting(given_back: Reader) -> None:
    words = typed_in(RUBBER, {("rubber-band.motive-map", ""): "B"})
    quoted = "\n".join(line if line == "B" else f"> {line}" for line in words.split("\n"))
    sheet = given_back(quoted)
    assert answer(sheet, "rubber-band.motive-map").values == ("glory",)
    assert sheet.whole


CHOICE, NUMBER = "rubber-band.motive-map", "rubber-band.safe-rate"


@pytest.mark.parametrize("words", [
    "B", "b", " B. ", "b)", "(B)", "“B”", "'b'", "B – Power and glory", "B. Power and glory",
    "Power and glory", "power AND glory.", "glory", "\n\nB\n\n", "B Power and glory"])
def test_a_letter_is_read_however_it_is_written(words: str, given_back: Reader) -> None:
    sheet = given_back(typed_in(RUBBER, {(CHOICE, ""): words}))
    assert answer(sheet, CHOICE).values == ("glory",)


@pytest.mark.parametrize("words", ["E", "A and B", "A\nB", "AB", "B. Money", "yes", "?", "1"])
def test_what_is_no_letter_of_the_question_is_not_guessed_at(words: str, given_back: Reader
                                                            ) -> None:
    found = answer(given_back(typed_in(RUBBER, {(CHOICE, ""): words})), CHOICE)
    assert (found.state, found.values) == ("unreadable", ())
    assert "A, B or C" in found.says


@pytest.mark.parametrize(("words", "value"), [
    ("40.9", 40.9), (" 41 ", 41), ("41 asks a week", 41), ("“40.9”", 40.9), ("1,000", 1000),
    (".5", 0.5), ("41.", 41)])
def test_a_number_is_read_with_or_without_its_unit(words: str, value: float, given_back: Reader
                                                   ) -> None:
    assert answer(given_back(typed_in(RUBBER, {(NUMBER, ""): words})), NUMBER).values == (value,)


@pytest.mark.parametrize(("words", "said"), [
    ("40,9", "a point, not a comma: 40.9"), ("about 40", "in figures and nothing else"),
    ("forty", "in figures"), ("1001", "outside the range"), ("nan", "in figures"),
    ("1e400", "in figures"), ("40 to 41", "in figures"), ("-", "in figures"),
    ("10²", "in figures"), ("½", "in figures")])
def test_what_is_no_number_gets_the_way_to_put_it_right(words: str, said: str, given_back: Reader
                                                        ) -> None:
    found = answer(given_back(typed_in(RUBBER, {(NUMBER, ""): words})), NUMBER)
    assert found.state == "unreadable"
    assert said in found.says


RUN = "\n".join(["Run 1", "Asks a week: 20", "Whom to ask: 0", "How loud the appeal: 0.25",
                 "Protected time: 0.6", "Reward: 0"])


@pytest.mark.parametrize(("old", "new", "said"), [
    ("Reward: 0", "Reward:", "Run 1 lacks Reward"),
    ("Reward: 0", "", "Run 1 lacks Reward"),
    ("Reward: 0", "Reward 0", "type after its colon"),
    ("Asks a week: 20", "Asks a week: 200", "outside 0 to 80"),
    ("Asks a week: 20", "Asks a week: twenty", "in figures"),
    ("Run 1", "Run 7", "is not one of the sheet's"),
    ("Run 1\n", "", "does not stand under"),
    ("Reward: 0", "Reward: 0\nI liked this one", "is not one of the sheet's"),
])
def test_a_run_that_cannot_be_read_is_told_line_by_line(old: str, new: str, said: str,
                                                       given_back: Reader) -> None:
    found = answer(given_back(typed_in(RUBBER, {("rubber-band.run", ""): RUN.replace(old, new)})),
                   "rubber-band.run")
    assert found.state == "unreadable"
    assert said in found.says


def test_a_run_that_can_be_read_is_said_lever_by_lever(given_back: Reader) -> None:
    found = answer(given_back(typed_in(RUBBER, {("rubber-band.run", ""): RUN})), "rubber-band.run")
    assert found.values == ({"asks": 20, "keen": 0, "appeal": 0.25, "protected": 0.6, "reward": 0,
                             "seed": 1},)
    assert any("Asks a week 20" in note and "Protected time 0.6" in note for note in found.notes)


SEAT = "two-hour-organisation.run"


def seat(*shares: str) -> str:
    rounds = ("1 to 4", "5 to 8", "9 to 12")
    return "\n".join(f"The bottoms of the first ward, rounds {r}\nSpeaking up: {share}\n"
                     for r, share in zip(rounds, shares, strict=True))


@pytest.mark.parametrize("share", ["80%", "80", "0.8", "80 %"])
def test_a_share_is_read_as_a_percentage_or_a_part_of_one(share: str, given_back: Reader) -> None:
    found = answer(given_back(typed_in(HOURS, {(SEAT, ""): seat(share, share, share)})), SEAT)
    assert len(found.values) == 12
    assert found.values[-1] == {"seat": "bottom", "seed": 1, "rounds": [{"speak": 0.8}] * 12}


@pytest.mark.parametrize(("shares", "said"), [
    (("1", "80%", "80%"), "may be 1% or 100%"), (("80%", "", "80%"), "rounds 5 to 8"),
    (("180%", "80%", "80%"), "outside 0% to 100%")])
def test_decisions_that_make_no_two_hours_are_told(shares: tuple[str, ...], said: str,
                                                   given_back: Reader) -> None:
    found = answer(given_back(typed_in(HOURS, {(SEAT, ""): seat(*shares)})), SEAT)
    assert found.state == "unreadable"
    assert said in found.says


def test_an_order_is_read_as_letters(given_back: Reader) -> None:
    item = Ranking(id="x.order", kind="ranking", prompt="In what order?", options=(
        assessments.Option(id="one", text="One"), assessments.Option(id="two", text="Two"),
        assessments.Option(id="three", text="Three")))
    for words in ("C, A, B", "c a b", "CAB", "C > A > B", "C\nA\nB"):
        assert filled._order(words, item) == ["three", "one", "two"]
    for words in ("C, A", "A, A, B", "A, B, C, D", "first A"):
        with pytest.raises(paper.Undecided, match="Type each of them once"):
            filled._order(words, item)


def test_a_lost_end_and_marks_in_other_letters_are_read_all_the_same(given_back: Reader) -> None:
    words = typed_in(RUBBER, {(CHOICE, ""): "B", (NUMBER, ""): "40.9"})
    words = words.replace("ANSWER rubber-band", "answer  Rubber‑Band", 1)
    words = words.replace("B\nEND OF ANSWER", "B").replace("END OF ANSWER", "end of answer.")
    sheet = given_back(words)
    assert answer(sheet, CHOICE).values == ("glory",)
    assert answer(sheet, NUMBER).values == (40.9,)
    assert sheet.whole


def test_an_answer_behind_the_colon_counts(given_back: Reader) -> None:
    words = typed_in(RUBBER, {}).replace(f"ANSWER {CHOICE}:", f"ANSWER {CHOICE}: B")
    assert answer(given_back(words), CHOICE).values == ("glory",)


def twice(words: str, name: str, first: str, second: str) -> str:
    place = f"ANSWER {name}:\n\nEND OF ANSWER"
    assert place in words
    return words.replace(place, f"ANSWER {name}:\n{first}\nEND OF ANSWER\n\n"
                                f"ANSWER {name}:\n{second}\nEND OF ANSWER")


def test_an_answer_that_stands_twice_counts_once_if_it_is_the_same_and_is_told_if_not(
        given_back: Reader) -> None:
    words = typed_in(RUBBER, {})
    assert answer(given_back(twice(words, CHOICE, "B", "B")), CHOICE).values == ("glory",)
    assert answer(given_back(twice(words, CHOICE, "", "B")), CHOICE).values == ("glory",)
    found = answer(given_back(twice(words, CHOICE, "B", "C")), CHOICE)
    assert found.state == "unreadable"
    assert "“B” and “C”" in found.says
    assert "Leave one" in found.says


def test_an_answer_to_no_question_of_ours_is_told_with_the_nearest_name(given_back: Reader) -> None:
    words = typed_in(RUBBER, {(CHOICE, ""): "B"}).replace(f"ANSWER {CHOICE}:",
                                                          "ANSWER rubber-band.motive-mop:")
    sheet = given_back(words)
    assert not sheet.whole
    [lost] = sheet.lost
    assert "motive-mop" in lost
    assert "“B”" in lost
    assert f"ANSWER {CHOICE}?" in lost


def test_words_outside_every_place_are_told(given_back: Reader) -> None:
    words = typed_in(RUBBER, {}).replace("B. Power and glory", "B. Power and glory  X this one", 1)
    [note] = [n for n in given_back(words).notes if "Outside" in n]
    assert "X this one”" in note
    assert "is not read" in note


def test_lines_that_a_mail_program_broke_anew_are_no_words_of_the_fellow(given_back: Reader
                                                                        ) -> None:
    words = typed_in(RUBBER, {(CHOICE, ""): "B"})
    broken = "\n".join(textwrap.fill(line, 60, break_on_hyphens=False) if len(line) > 60 else line
                       for line in words.split("\n"))
    sheet = given_back(broken)
    assert answer(sheet, CHOICE).values == ("glory",)
    assert sheet.notes == ()


def test_a_great_deal_of_words_outside_is_read_in_a_moment(given_back: Reader) -> None:
    begun = time.process_time()
    sheet = given_back(typed_in(RUBBER, {}) + "the of and a to is in that " * 30_000)
    assert time.process_time() - begun < 5
    assert any("Outside" in note for note in sheet.notes)


def test_text_that_could_identify_somebody_is_pointed_out(given_back: Reader) -> None:
    sheet = given_back(typed_in(RUBBER, {
        ("rubber-band.own-rest", ""): "The patient, NHS number 943 476 5919, came back."}))
    [note] = answer(sheet, "rubber-band.own-rest").notes
    assert "an NHS number" in note


def test_a_text_longer_than_can_be_kept_is_told_and_not_cut(given_back: Reader) -> None:
    found = answer(given_back(typed_in(RUBBER, {("rubber-band.own-rest", ""): "word " * 3000})),
                   "rubber-band.own-rest")
    assert found.state == "unreadable"
    assert "10,000" in found.says


@pytest.mark.parametrize(("name", "content", "said"), [
    ("sheet.docx", b"PK\x03\x04" + b"\x00" * 200, "a Word or OpenDocument file"),
    ("sheet.doc", b"\xd0\xcf\x11\xe0\xa1\xb1" + b"\x00" * 99, "an old Word file"),
    ("sheet.rtf", rb"{\rtf1\ansi ANSWER rubber-band.motive-map: B}", "a rich-text file"),
    ("sheet.pdf", b"%PDF-1.7 ...", "a PDF"),
    ("scan.jpg", b"\xff\xd8\xff\xe0 JFIF", "a picture"),
    ("page.html", b"<!DOCTYPE html><html>", "a web page"),
    ("big.txt", b"ANSWER rubber-band.motive-map: B\n" * 160_000, "5 MB"),
    ("zeros.txt", b"\x00\x01\x02ANSWER", "not plain text"),
    ("empty.txt", b" \r\n ", "is empty"),
    ("letter.txt", b"Dear tutor, here is my sheet.", "is not a typed sheet"),
])
def test_a_file_that_is_no_typed_sheet_gets_a_sentence(
        tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotASheet, match=re.escape(name)) as why:
        filled.read(tmp_path / name)
    assert said in str(why.value)


def test_a_folder_or_nothing_gets_a_sentence_too(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.txt"):
        with pytest.raises(NotASheet, match=path.name):
            filled.read(path)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fall_over(data: bytes) -> None:
    blank = typed.blank(chapter.read("00-start-here"))
    middle = len(blank) // 2
    words = blank[:middle].encode() + data + blank[middle:].encode()
    path = Path(scratch()) / "sheet.txt"
    path.write_bytes(words)
    with contextlib.suppress(NotASheet):
        assert list(filled.read(path).sentences())


_scratch: list[str] = []


def scratch() -> str:
    """One folder for all examples of one test: hypothesis gives no fixture of its own to each."""
    import tempfile

    if not _scratch:
        _scratch.append(tempfile.mkdtemp())
    return _scratch[0]


# ---- entering it --------------------------------------------------------------------------


@pytest.fixture
def classroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state in which the module is released, as far as entering a sheet can see."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    release = home.classroom() / "release" / RUBBER
    release.mkdir(parents=True)
    shutil.copy(home.content() / "modules" / RUBBER / f"{RUBBER}.ipynb", release)
    return home.classroom()


@pytest.fixture
def paper_sheet(tmp_path: Path) -> Path:
    path = tmp_path / "back.txt"
    path.write_text(typed_in(RUBBER, a_bots(RUBBER, "right")), encoding="utf-8")
    return path


def put(path: Path, who: str = "ann", **how: Any) -> Any:
    return enter.enter(filled.read(path), path, who, **how)


def test_entering_leaves_what_collecting_leaves_and_keeps_the_sheet(
        classroom: Path, paper_sheet: Path) -> None:
    at = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    report = put(paper_sheet, received=at)
    place = classroom / "submitted" / "ann" / RUBBER
    assert {p.name for p in place.iterdir()} == {f"{RUBBER}.ipynb", NAME, "timestamp.txt",
                                                 "submission_secret.txt"}
    assert (place / "timestamp.txt").read_text() == "2026-11-20 17:30:00.000000 UTC"
    assert (place / f"{RUBBER}.ipynb").read_bytes() == (
        classroom / "release" / RUBBER / f"{RUBBER}.ipynb").read_bytes()
    [kept] = (classroom / "sheets" / RUBBER / "ann").iterdir()
    assert kept.read_bytes() == paper_sheet.read_bytes()
    assert "course mark" in " ".join(report.sentences())
    assert not list(classroom.glob(".sheet-*"))
    found = read(place / NAME)
    assert found.notices == []
    assert len(found.tabs()) == 1


def test_a_submission_that_is_there_is_never_replaced_unasked_and_never_lost(
        classroom: Path, paper_sheet: Path) -> None:
    put(paper_sheet)
    place = classroom / "submitted" / "ann" / RUBBER
    before = (place / NAME).read_bytes()
    early = datetime.now(UTC) - timedelta(days=3)
    with pytest.raises(Trouble, match=r"newer.*--replace"):
        put(paper_sheet, received=early)
    with pytest.raises(Trouble, match=r"older.*--replace"):
        put(paper_sheet)
    assert (place / NAME).read_bytes() == before
    report = put(paper_sheet, replace=True)
    assert (place / NAME).read_bytes() != before
    [aside] = (classroom / "set-aside" / RUBBER / "ann").glob(f"*/{RUBBER}/{NAME}")
    assert aside.read_bytes() == before
    assert "set aside" in " ".join(report.sentences())


@pytest.mark.parametrize(("who", "said"), [
    ("bob", "says that it is ann's"), ("../ann", "cannot be a username"),
    ("", "cannot be a username")])
def test_a_sheet_is_not_entered_for_somebody_else(
        classroom: Path, paper_sheet: Path, who: str, said: str) -> None:
    with pytest.raises(Trouble, match=said):
        put(paper_sheet, who)
    assert not (classroom / "submitted").exists()


def test_what_cannot_be_read_is_entered_only_when_asked_to_leave_it_out(
        classroom: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.txt"
    path.write_text(typed_in(RUBBER, {**a_bots(RUBBER, "right"), (CHOICE, ""): "E"}))
    with pytest.raises(Trouble, match="--partly"):
        put(path)
    assert not (classroom / "submitted").exists()
    put(path, partly=True)
    found = read(classroom / "submitted" / "ann" / RUBBER / NAME)
    assert CHOICE not in found
    assert NUMBER in found


def test_nothing_is_entered_that_is_empty_unreleased_or_of_tomorrow(
        classroom: Path, paper_sheet: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text(typed_in(RUBBER, {}))
    with pytest.raises(Trouble, match="no answer"):
        put(empty)
    with pytest.raises(Trouble, match="has not been yet"):
        put(paper_sheet, received=datetime.now(UTC) + timedelta(days=1))
    other = tmp_path / "other.txt"
    other.write_text(typed_in(HOURS, a_bots(HOURS, "right")))
    with pytest.raises(Trouble, match=f"course release {HOURS}"):
        put(other)
    assert not (classroom / "submitted").exists()


def test_a_full_disk_leaves_what_was_there(
        classroom: Path, paper_sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(paper_sheet)
    before = (classroom / "submitted" / "ann" / RUBBER / NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(enter.shutil, "copyfile", full)
    with pytest.raises(Trouble, match="No space left"):
        put(paper_sheet, replace=True)
    assert (classroom / "submitted" / "ann" / RUBBER / NAME).read_bytes() == before
    assert not list(classroom.glob(".sheet-*"))


def test_the_commands_say_what_was_understood_and_what_to_do(
        classroom: Path, paper_sheet: Path, tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["sheet", *words])
        assert "Traceback" not in done.output
        return done.exit_code, done.output

    code, said = run("check", str(paper_sheet))
    assert code == 0
    assert "1. rubber-band.motive-map: B. Power and glory" in said
    assert "4. rubber-band.predict-keen: A. The one that asks the keen; fairly sure" in said
    assert "15 understood, 0 missing, 0 that cannot be read." in said
    assert not (classroom / "submitted").exists(), "checking writes nothing"

    wrong = tmp_path / "wrong.txt"
    wrong.write_text(typed_in(RUBBER, {(CHOICE, ""): "[bold]E[/bold]",
                                       ("rubber-band.own-rest", ""): HOSTILE}))
    code, said = run("check", str(wrong))
    assert code == 1
    assert "CANNOT BE READ. “[bold]E[/bold]”" in said
    assert "<script>" in said
    code, said = run("add", str(wrong), "--fellow", "ann")
    assert code == 1
    assert "Nothing was entered" in said

    code, said = run("add", str(paper_sheet), "--fellow", "ann", "--received", "yesterday")
    assert code == 1
    assert "cannot be read as a date" in said
    code, said = run("add", str(paper_sheet), "--fellow", "ann", "--received", "20/11/2026 17:30")
    assert code == 0
    assert "course mark 02-rubber-band" in said
    code, said = run("add", str(paper_sheet), "--fellow", "ann")
    assert code == 1
    assert "--replace" in said
    assert run("add", str(paper_sheet), "--fellow", "ann", "--replace")[0] == 0


def test_letters_are_enough_for_every_question() -> None:
    for module in MODULES:
        for asked in chapter.read(module).asked:
            assert len(chapter.letters(asked.item)) <= len(string.ascii_uppercase)


