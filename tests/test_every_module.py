"""The rules that every module keeps, in one loop each, with one list of what is wrong.

A rule is a test with a `page`: it yields one sentence for each thing that breaks it.
`every_module` runs it over all modules and fails once, with every sentence.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from nbformat import from_dict, validate
from nbgrader.nbgraderformat import SCHEMA_VERSION, MetadataValidator, ValidationError

from course import assessments, corpus, home, scoring
from course.assessments import Module, Play, Rubric

ROOT = Path(__file__).parents[1]
CONTENT = home.content()
EXERCISES = ROOT / "course" / "exercises"
RELEASED = CONTENT / "modules" / "released.json"


@dataclass(frozen=True)
class Call:
    """The one call of a code cell: `module.exercise("rubber-band.run")`."""

    what: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A module: its texts and its notebook, as they stand in the files."""

    name: str
    texts: Module
    notebook: dict[str, Any]

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.notebook["cells"]

    @cached_property
    def prose(self) -> str:
        """All its text to read, without fenced code."""
        texts = [source(c) for c in self.cells if c["cell_type"] == "markdown"]
        return re.sub(r"^```.*?^```", "", "\n\n".join(texts), flags=re.M | re.S)

    @cached_property
    def shown(self) -> list[str]:
        """The ids of all that it shows by `exercise` and `reflection`, in order."""
        calls = [call(c) for c in self.cells]
        return [n for c in calls if c and c.what in ("exercise", "reflection") for n in c.names]

    @cached_property
    def views(self) -> set[str]:
        """What the views of its exercises can show beside its items."""
        found: set[str] = set()
        for exercise in exercises(self.texts):
            folder = EXERCISES / exercise.replace("-", "_")
            if (folder / "view.py").exists():
                found |= set(import_module(f"course.exercises.{folder.name}.view").VIEWS)
        return found - {item.id for item in self.texts.items}


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def call(cell: dict[str, Any]) -> Call | None:
    """The call of a code cell, or None when it is anything else than one call of `module`."""
    if cell["cell_type"] != "code":
        return None
    match ast.parse(source(cell)).body:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name("module"), what), args, []))] if all(
                isinstance(a, ast.Constant) and isinstance(a.value, str) for a in args):
            return Call(what, tuple(a.value for a in args))
    return None


def tags(cell: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader is told about a cell."""
    return cell["metadata"].get("nbgrader", {})


def exercises(module: Module) -> list[str]:
    return list(dict.fromkeys(item.exercise for item in module.items))


def page(name: str) -> Page:
    path = CONTENT / "modules" / name / f"{name}.ipynb"
    return Page(name, assessments.module(name), json.loads(path.read_text(encoding="utf-8")))


PAGES = [page(name) for name in home.modules()]
Rule = Callable[[Page], Iterator[str]]


def every_module(rule: Rule) -> Callable[[], None]:
    def test() -> None:
        report({page.name: rule(page) for page in PAGES})

    test.__name__, test.__doc__ = rule.__name__, rule.__doc__
    return test


def report(found: dict[str, Iterator[str]]) -> None:
    wrong = [f"{where}: {what}" for where, sentences in found.items() for what in sentences]
    assert not wrong, "\n  ".join([f"{len(wrong)} found", *wrong])


def test_there_are_modules_to_look_at() -> None:
    assert len(PAGES) >= 3
    assert [p.name for p in PAGES] == sorted(
        p.stem for p in (CONTENT / "assessments").glob("[0-9][0-9]-*.yml"))
    folders = [p.name for p in (CONTENT / "modules").iterdir() if p.is_dir()]
    assert sorted(folders) == [p.name for p in PAGES]


# ---- the frame ------------------------------------------------------------------------


@every_module
def test_a_module_has_one_title_and_it_is_the_one_in_the_texts(page: Page) -> Iterator[str]:
    titles = re.findall(r"^# (.+)$", page.prose, flags=re.M)
    if titles != [page.texts.title]:
        yield f"the titles are {titles}; it should be {page.texts.title!r}, once"
    if page.texts.name != page.name:
        yield f"its texts are named {page.texts.name}"


@every_module
def test_a_module_says_its_question_objectives_time_and_key_points(page: Page) -> Iterator[str]:
    opening = source(page.cells[0])
    if f"**The question:** {page.texts.question}" not in " ".join(opening.split()):
        yield f"the first cell does not ask **The question:** {page.texts.question}"
    objectives = re.search(r"\*\*By the end you will be able to\*\*\n\n((?:[-] .+\n(?:  .+\n)*)+)",
                           opening)
    if not objectives or objectives[1].count("\n- ") + 1 < 3:
        yield "the first cell does not say what you will be able to do, in three points or more"
    times = re.findall(r"\*\*Time:\*\* about (\d+) minutes", opening)
    if times != [str(page.texts.minutes)]:
        yield f"its Time line says {times}; the texts say {page.texts.minutes} minutes"
    if not 15 <= page.texts.minutes <= 75:
        yield f"{page.texts.minutes} minutes; a sitting is 15 to 75"
    points = re.findall(r"^## Key points\n\n((?:.+\n?)+)", page.prose, flags=re.M)
    if len(points) != 1 or not 3 <= len(re.findall(r"^- ", points[0], flags=re.M)) <= 8:
        yield "it has no one list of three to eight Key points"


@every_module
def test_heading_levels_never_skip(page: Page) -> Iterator[str]:
    found = re.findall(r"^(#{1,6}) (.+)$", page.prose, flags=re.M)
    for (before, _), (after, words) in pairwise([("", ""), *found]):
        if len(after) > len(before) + 1:
            yield f"{after} {words} comes after {before or 'nothing'}"
    names = Counter(words for _, words in found)
    yield from (f"the heading {words!r} stands {n} times" for words, n in names.items() if n > 1)
    yield from (f"{words!r} has nothing under it" for words in empty_sections(page))


def empty_sections(page: Page) -> Iterator[str]:
    """Headings followed at once by another of the same level or above, or by the end."""
    words, level = "", 7
    for cell in page.cells:
        if cell["cell_type"] == "code":
            words = ""
            continue
        for block in source(cell).split("\n\n"):
            heading = re.match(r"(#{1,6}) (.+)", block)
            if not heading:
                words = ""
                continue
            if words and len(heading[1]) <= level:
                yield words
            words, level = heading[2], len(heading[1])
    if words:
        yield words


# ---- the notebook ---------------------------------------------------------------------


@every_module
def test_a_notebook_in_the_project_has_never_run(page: Page) -> Iterator[str]:
    for cell in page.cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield f"{cell['id']} has an output or a count; clear all outputs before you commit"
        if extra := set(cell["metadata"]) - {"editable", "deletable", "jupyter", "nbgrader"}:
            yield f"{cell['id']} carries {sorted(extra)}, which a run or an editor left"
    if extra := set(page.notebook["metadata"]) - {"kernelspec", "language_info"}:
        yield f"it carries {sorted(extra)}, which a run or an editor left"
    if page.notebook["metadata"]["kernelspec"]["name"] != "python3":
        yield "its kernel is not python3, the one that everybody has"


@every_module
def test_a_notebook_is_one_that_jupyter_and_nbgrader_accept(page: Page) -> Iterator[str]:
    notebook = from_dict(page.notebook)
    try:
        validate(notebook)
        MetadataValidator().validate_nb(notebook)
    except (ValidationError, ValueError) as error:
        yield str(error).splitlines()[0]


@every_module
def test_a_code_cell_is_a_comment_and_one_short_call(page: Page) -> Iterator[str]:
    code = [c for c in page.cells if c["cell_type"] == "code"]
    if source(code[0]) != ("# Open this module\nfrom course import open_module\n\n"
                           f'module = open_module("{page.name}")'):
        yield f"its first code cell is not the one that opens {page.name}"
    for cell in code[1:]:
        comment, *rest = source(cell).split("\n")
        if not re.fullmatch(r"# [A-Z].{2,60}", comment) or len(rest) != 1 or not call(cell):
            yield f"{cell['id']} is not a comment in words and one call of the module"
        elif (found := call(cell)) and found.what not in (
                "excerpt", "exercise", "reflection", "progress"):
            yield f"{cell['id']} calls {found.what}"
    if page.cells and call(page.cells[-1]) != Call("progress", ()):
        yield "its last cell does not show progress and submit"


@every_module
def test_code_is_folded_away_and_no_cell_can_be_changed_or_deleted(page: Page) -> Iterator[str]:
    for cell in page.cells:
        metadata = cell["metadata"]
        if (metadata.get("editable"), metadata.get("deletable")) != (False, False):
            yield f"{cell['id']} can be changed or deleted by accident"
        folded = metadata.get("jupyter", {}).get("source_hidden")
        if (cell["cell_type"] == "code") != bool(folded):
            yield f"{cell['id']}: code is hidden, text is not"


@every_module
def test_a_cell_has_an_id_of_its_own_that_one_can_read(page: Page) -> Iterator[str]:
    ids = Counter(cell["id"] for cell in page.cells)
    yield from (f"{id} stands {n} times" for id, n in ids.items() if n > 1)
    for id in ids:
        made_by_a_program = re.fullmatch(r"(cell-)?[0-9a-f]{8,}|cell-.*", id)
        if made_by_a_program or not re.fullmatch(r"[a-z][a-z0-9-]{1,63}", id):
            yield f"{id} is not an id in words"


# ---- the items ------------------------------------------------------------------------


@every_module
def test_everything_asked_stands_in_the_texts_and_is_shown_once(page: Page) -> Iterator[str]:
    items = [item.id for item in page.texts.items]
    for name, count in Counter([*page.shown, *set(items), *page.views]).items():
        if name not in items and name not in page.views:
            yield f"{name} is shown, but is neither an item nor a view"
        elif count != 2:
            yield f"{name} is shown {count - 1} times"


@every_module
def test_items_are_shown_in_the_order_of_the_texts(page: Page) -> Iterator[str]:
    items = [item.id for item in page.texts.items]
    shown = [name for name in page.shown if name in items]
    expected = [name for name in items if name in shown]
    for here, there in zip(shown, expected, strict=False):
        if here != there:
            yield f"the notebook shows {here} where the texts have {there}"
            return


@every_module
def test_an_item_is_shown_by_the_call_that_fits_it(page: Page) -> Iterator[str]:
    for cell in page.cells:
        found = call(cell)
        for name in found.names if found else ():
            if name in page.texts:
                tutor = page.texts.item(name).marked == "tutor"
                if found and (found.what == "reflection") != tutor:
                    yield f"{name} is shown by module.{found.what}"


@every_module
def test_what_nbgrader_is_told_agrees_with_the_texts(page: Page) -> Iterator[str]:
    graded = {tags(c)["grade_id"]: c for c in page.cells if tags(c)}
    marked = {item.grade_id: item for item in page.texts.items if item.marked != "no"}
    yield from (f"{id} is a cell that nbgrader knows, but no marked item"
                for id in sorted(set(graded) - set(marked)))
    for id, item in marked.items():
        if id not in graded:
            yield f"{id} has no cell"
            continue
        cell, auto = graded[id], item.marked == "auto"
        expected = {"grade": True, "solution": not auto, "locked": auto, "task": False,
                    "grade_id": id, "points": item.points, "schema_version": SCHEMA_VERSION}
        for key in expected.keys() | tags(cell).keys():
            if tags(cell).get(key) != expected.get(key):
                yield f"{id}: {key} is {tags(cell).get(key)}, not {expected.get(key)}"
        if cell["cell_type"] != ("code" if auto else "markdown"):
            yield f"{id} is a {cell['cell_type']} cell"
        if auto and call(cell) != Call("exercise", (item.id,)):
            yield f"{id}: its cell does not show {item.id}"
        if auto and cell["id"] != id:
            yield f"{id}: its cell is called {cell['id']}"
        if not auto and boxes_after(page, cell)[:1] != [item.id]:
            yield f"{id}: the box to write in does not follow its question"


def boxes_after(page: Page, cell: dict[str, Any]) -> list[str]:
    after = page.cells[page.cells.index(cell) + 1:]
    return [n for c in after if (found := call(c)) for n in found.names]


@every_module
def test_a_prediction_is_asked_for_before_what_it_predicts(page: Page) -> Iterator[str]:
    needed = {name for item in page.texts.items for name in item.needs}
    for item in page.texts.items:
        if item.prediction and item.id not in needed:
            yield f"nothing waits for the prediction {item.id}"


# ---- excerpts and claims --------------------------------------------------------------


@every_module
def test_every_excerpt_is_in_the_corpus(page: Page) -> Iterator[str]:
    known = {p.id for r in corpus.readings() for p in r.passages}
    for cell in page.cells:
        found = call(cell)
        if found and found.what == "excerpt":
            if not found.names:
                yield f"{cell['id']} shows no passage"
            yield from (f"{cell['id']} shows {n}" for n in found.names if n not in known)


@every_module
def test_a_module_works_on_the_claims_that_are_its_own(page: Page) -> Iterator[str]:
    number = page.name[:2]
    known = {claim.id for claim in corpus.claims()}
    own = {claim.id for claim in corpus.claims(module=number)} if number != "00" else set()
    listed, asked = set(page.texts.claims), {c for item in page.texts.items for c in item.claims}
    yield from (f"{c} is not a claim of the corpus" for c in sorted((listed | asked) - known))
    yield from (f"{c} belongs to module {number}, not to its list" for c in sorted(own - listed))
    yield from (f"{c} is in its list and no item works on it" for c in sorted(listed - asked))
    yield from (f"an item works on {c}, which is not in its list" for c in sorted(asked - listed))


# ---- what tutors mark by --------------------------------------------------------------


@every_module
def test_the_points_of_a_reflection_are_those_of_its_rubric(page: Page) -> Iterator[str]:
    for item in page.texts.items:
        if item.rubric and (most := assessments.rubric(item.rubric).points) != item.points:
            yield f"{item.id} has {item.points:g} points, its rubric {most:g}"


RUBRICS = sorted(p.stem for p in (CONTENT / "assessments" / "rubrics").glob("*.yml"))


def test_every_rubric_is_used_and_can_be_marked_by() -> None:
    used = {item.rubric for page in PAGES for item in page.texts.items}
    report({name: faults(assessments.rubric(name), name, used) for name in RUBRICS})


def faults(rubric: Rubric, name: str, used: set[str]) -> Iterator[str]:
    if rubric.id != name:
        yield f"it calls itself {rubric.id}"
    if name not in used:
        yield "no item is marked by it"
    legal = {c.id: [level.score for level in c.levels] for c in rubric.criteria}
    for id, scores in legal.items():
        if scores != sorted(set(scores)) or len(scores) < 2:
            yield f"the levels of {id} do not rise: {scores}"
    if [a.strength for a in rubric.anchors] != ["weak", "sound", "strong"]:
        yield "its anchors are not a weak, a sound and a strong one"
    for anchor in rubric.anchors:
        if set(anchor.levels) != set(legal):
            yield f"the {anchor.strength} anchor is not marked by every criterion"
        yield from (f"the {anchor.strength} anchor has {score:g} for {id}"
                    for id, score in anchor.levels.items() if score not in legal.get(id, ()))
    for low, high in pairwise(rubric.anchors):
        if sum(low.levels.values()) >= sum(high.levels.values()):
            yield f"the {high.strength} anchor has no more points than the {low.strength} one"
        yield from (f"the {high.strength} anchor has less for {id} than the {low.strength} one"
                    for id in set(low.levels) & set(high.levels)
                    if low.levels[id] > high.levels[id])


# ---- exercises ------------------------------------------------------------------------

FOLDERS = sorted(p.parent.name for p in EXERCISES.glob("*/__init__.py"))


def test_every_exercise_is_asked_in_a_module() -> None:
    asked = {name.replace("-", "_") for page in PAGES for name in exercises(page.texts)}
    assert asked == set(FOLDERS)


def test_every_exercise_has_its_parts_and_two_bots_that_play_all_that_is_marked() -> None:
    report({folder: missing(folder) for folder in FOLDERS})


def missing(folder: str) -> Iterator[str]:
    name = folder.replace("_", "-")
    if folder != "start_here" and not (EXERCISES / folder / "model.py").is_file():
        yield "it has no model.py"
    if not (EXERCISES / folder / "exercise.py").is_file():
        yield "it has no exercise.py"
        return
    exercise = scoring.exercise(name)
    if exercise.id != name:
        yield f"its EXERCISE calls itself {exercise.id}"
    items = {i.id: i for page in PAGES for i in page.texts.items if i.exercise == name}
    marked = {id for id, item in items.items() if item.marked != "no"}
    waited_for = {need for item in items.values() for need in item.needs}
    for how, bot, needed in (("right", exercise.right, marked | waited_for),
                             ("wrong", exercise.wrong, marked)):
        yield from (f"the {how} bot does not answer {id}" for id in sorted(needed - set(bot)))
        yield from (f"the {how} bot answers {id}, which nobody asks"
                    for id in sorted(set(bot) - set(items)))
        yield from (f"the {how} bot gives {id} no list of runs" for id, value in bot.items()
                    if isinstance(items.get(id), Play) and not isinstance(value, list))
    yield from (f"{id} has a judge, and is not auto-marked" for id in exercise.judges
                if id not in items or items[id].marked != "auto")


# ---- words ----------------------------------------------------------------------------

CODE = [*sorted(EXERCISES.glob("*/exercise.py")), *sorted(EXERCISES.glob("*/view.py")),
        *sorted((ROOT / "course" / "ui").glob("*.py")), *sorted((ROOT / "course").glob("*.py"))]
SCRIPT = ROOT / "course" / "ui" / "static" / "course.js"


def fellow_facing() -> Iterator[tuple[str, str]]:
    """Every text that a fellow or a tutor reads, and where it stands."""
    for page in PAGES:
        for cell in page.cells:
            yield f"{page.name} {cell['id']}", source(cell)
    for file in sorted((CONTENT / "assessments").rglob("*.yml")):
        texts = yaml.safe_load(file.read_text(encoding="utf-8"))
        yield from ((file.name, words) for words in leaves(texts))
    for reading in corpus.readings():
        yield from ((f"précis of {p.id}", p.precis) for p in reading.passages)
    for file in CODE:
        yield from ((str(file.relative_to(ROOT)), words) for words in strings(file))
    for words in re.findall(r'"((?:[^"\\\n]|\\.)*)"', SCRIPT.read_text(encoding="utf-8")):
        if " " in words:
            yield SCRIPT.name, words


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)


def strings(file: Path) -> Iterator[str]:
    """The strings of a program that have words in them; not what explains the program."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
                and id(node) not in documentation and not node.value.startswith("\nconst")):
            yield node.value


TEXTS = list(fellow_facing())

AMERICAN = re.compile(r"""\b(?:
    behavior \w* | colou?r(?<=color)\w* | center \w* | favorit\w* | favor \w* | honor(?!ar|if)\w*
    | labor \b | neighbor \w* | organiz \w* | recogniz \w* | realiz \w* | summariz \w*
    | prioritiz \w* | criticiz \w* | apologiz \w* | minimiz \w* | maximiz \w* | emphasiz \w*
    | analyz \w* | paralyz \w* | fulfill \b | enroll \b | skillful \w* | traveled | traveling
    | modeled | modeling | labeled | labeling | canceled | counsel(?:ed|or) \w* | (?-i:gray) \b
    | skeptic \w* | defense | offense | gotten | anesthe \w* | pediatric \w* | hospitaliz \w*
    | catalog \b | dialog \b | learned\ how )""", re.I | re.X)
NAMES = re.compile(r"World Health Organization")
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u26ff\ufe0f\u2705\u2728\u274c\u2764]")


def offences(shape: re.Pattern[str], text: str) -> Iterator[str]:
    for found in shape.finditer(text):
        around = text[max(0, found.start() - 30):found.end() + 30]
        yield f"{found[0]!r} in “{' '.join(around.split())}”"


def words_are_free_of(shape: re.Pattern[str]) -> None:
    wrong = [f"{where}: {what}" for where, text in TEXTS
             for what in offences(shape, NAMES.sub("", text))]
    assert not wrong, "\n  ".join([f"{len(wrong)} found", *wrong])


def test_there_are_words_to_look_at() -> None:
    assert {w.split()[0] for w, _ in TEXTS} >= {
        *(p.name for p in PAGES), "framework.yml", "reflection.yml", "précis", "course.js",
        "course/ui/forms.py", "course/exercises/rubber_band/view.py"}


def test_spelling_is_british() -> None:
    words_are_free_of(AMERICAN)


def test_there_is_no_emoji() -> None:
    words_are_free_of(EMOJI)


def test_nothing_is_exclaimed() -> None:
    # After a word, so that ![an image](file) and a pattern's (?!\d) do not count.
    words_are_free_of(re.compile(r"\w[”\"')]*!(?![\w=\[])"))


def test_nothing_is_left_to_do() -> None:
    words_are_free_of(re.compile(r"\b(?:TODO|FIXME|XXX|TBC|lorem|ipsum)\b", re.I))


@pytest.mark.parametrize(("shape", "wrong", "fine"), [
    (AMERICAN, "organizational behavior in the center, in color, analyzed and realized",
     "organisation, behaviour, centre, colour, analysed, size, prize, seized, Oshry"),
    (EMOJI, "Well done \U0001f389 \u2705", "→ – “quoted” × 0.5 ≥ 3 é")])
def test_the_lists_of_words_find_what_they_are_for(
        shape: re.Pattern[str], wrong: str, fine: str) -> None:
    assert len(list(offences(shape, wrong))) >= 2
    assert not list(offences(shape, fine))


@every_module
def test_links_say_where_they_lead_and_pictures_say_what_they_show(page: Page) -> Iterator[str]:
    for words, target in re.findall(r"(?<!!)\[([^\]]*)\]\(([^)]*)\)", page.prose):
        if words.strip(" .").lower() in ("", "here", "click here", "link", "this", "this link",
                                         "more", "read more"):
            yield f"the link to {target} says only {words!r}"
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", page.prose):
        if len(alt.split()) < 3:
            yield f"the picture {target} has no words for who cannot see it"
    for tag in re.findall(r"<(?:img|a|script|iframe|style)\b[^>]*>", page.prose):
        yield f"{tag} is HTML; write it in Markdown"
    for target in re.findall(r"\]\((?!https://)([^)]*)\)", page.prose):
        if not (CONTENT / "modules" / page.name / target.partition("#")[0]).exists():
            yield f"the link to {target} leads nowhere"


# ---- what is frozen once a cohort has it ----------------------------------------------
#
# `modules/released.json` holds, for each module that a cohort has, its cells as they were
# released. A module that is not in it may change. After release the words may be mended;
# nbgrader's gradebook and the fellows' own copies hold on to everything else.


def frozen(notebook: dict[str, Any]) -> list[list[str | None]]:
    """Of each cell: id, type, grade_id, and a digest of its code."""
    return [[cell["id"], cell["cell_type"], tags(cell).get("grade_id"),
             hashlib.sha256(source(cell).encode()).hexdigest()
             if cell["cell_type"] == "code" else None] for cell in notebook["cells"]]


def changes(page: Page, released: dict[str, Any]) -> Iterator[str]:
    if page.name not in released:
        return
    now, then = frozen(page.notebook), released[page.name]["cells"]
    ids_now, ids_then = [c[0] for c in now], [c[0] for c in then]
    yield from (f"the cell {id} is gone" for id in ids_then if id not in ids_now)
    yield from (f"the cell {id} is new" for id in ids_now if id not in ids_then)
    if ids_now != ids_then and sorted(map(str, ids_now)) == sorted(map(str, ids_then)):
        yield "its cells are in another order"
    before = {c[0]: c for c in then}
    for cell in now:
        if cell[0] in before and cell != before[cell[0]]:
            what = [name for name, a, b in zip(("id", "type", "grade_id", "code"), cell,
                                               before[cell[0]], strict=True) if a != b]
            yield f"the {' and '.join(what)} of the cell {cell[0]} changed"


def test_what_a_cohort_has_does_not_change_under_it() -> None:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    assert set(released) <= set(home.modules()), "a released module cannot go away"
    report({page.name: changes(page, released) for page in PAGES})


Alter = Callable[[list[dict[str, Any]]], object]


def altered(page: Page, alter: Alter) -> Page:
    notebook = json.loads(json.dumps(page.notebook))
    alter(notebook["cells"])
    return Page(page.name, page.texts, notebook)


def graded(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return next(c for c in cells if tags(c))


@pytest.mark.parametrize("alter", [
    lambda cells: cells.pop(3),
    lambda cells: cells.insert(3, {**cells[3], "id": "another"}),
    lambda cells: cells.reverse(),
    lambda cells: cells[1].update(id="renamed"),
    lambda cells: cells[1].update(source=["# Something else\n", "module.progress()"]),
    lambda cells: cells[0].update(cell_type="raw"),
    lambda cells: tags(graded(cells)).update(grade_id="renamed"),
    lambda cells: graded(cells)["metadata"].pop("nbgrader"),
], ids=["gone", "new", "order", "id", "code", "type", "grade_id", "no longer graded"])
def test_a_change_of_what_is_frozen_is_seen(alter: Alter) -> None:
    page = PAGES[1]
    released = {page.name: {"cells": json.loads(json.dumps(frozen(page.notebook)))}}
    assert not list(changes(page, released))
    assert list(changes(altered(page, alter), released))
    assert not list(changes(altered(page, alter), {})), "not released: it may change"


@pytest.mark.parametrize("alter", [
    lambda cells: cells[0].update(source=["# Another title"]),
    lambda cells: tags(graded(cells)).update(points=7),
    lambda cells: cells[1]["metadata"].pop("jupyter"),
], ids=["wording", "points", "folding"])
def test_words_and_points_may_be_mended_after_release(alter: Alter) -> None:
    page = PAGES[1]
    released = {page.name: {"cells": json.loads(json.dumps(frozen(page.notebook)))}}
    assert altered(page, alter).notebook != page.notebook
    assert not list(changes(altered(page, alter), released))
