"""A mark is always there, always within its bounds, and earned by what was answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course import assessments, home, scoring
from course.answers import Record, read
from course.assessments import Choice, Item, Module, Number, Play, Ranking
from tests.bots import How, exercises, play

MODULES = [assessments.module(name) for name in home.modules()]
EVERY = [(module, item) for module in MODULES for item in module.items]
PREDICTIONS = [item.id for _, item in EVERY if item.marked == "auto" and item.prediction]
CHECKS = [item.id for _, item in EVERY
          if item.marked == "auto" and not item.prediction and not isinstance(item, Play)]


def asked(name: str) -> tuple[Module, Item]:
    """The item of that id, and the module that asks it."""
    return next((module, item) for module, item in EVERY if item.id == name)


def recorded(*answers: tuple[str, Any]) -> Record:
    """A record of these answers, in this order, as it is read from a file."""
    record = Record()
    for n, (item, value) in enumerate(answers, 1):
        line = {"v": 1, "item": item, "value": value, "at": "2026-11-22T18:04:11Z", "seq": n,
                "tab": "9f3c21aa"}
        record.take(json.dumps(line).encode(), n)
    return record


def right(item: Item) -> Any:
    return scoring.exercise(item.exercise).right[item.id]


def wrong(item: Item) -> Any:
    return scoring.exercise(item.exercise).wrong[item.id]


def all_right(module: Module) -> list[tuple[str, Any]]:
    return [(item, one) for name in exercises(module)
            for item, value in scoring.exercise(name).right.items() if item in module
            for one in (value if isinstance(module.item(item), Play) else [value])]


def total(module: Module, record: Record) -> tuple[float, float]:
    """Points and the most points of the auto-marked items."""
    marks = [scoring.mark(module, item, record) for item in module.items if item.marked == "auto"]
    return sum(m.points for m in marks), sum(m.out_of for m in marks)


# ---- any record at all ----------------------------------------------------------------

numbers = (st.integers() | st.integers(-10**300, 10**300) | st.sampled_from([0, 1, -1, 2**63])
           | st.floats(allow_nan=False, allow_infinity=False))
anything = st.recursive(st.none() | st.booleans() | numbers | st.text(max_size=10),
                        lambda inner: st.lists(inner, max_size=4)
                        | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=12)


def nearly(value: Any) -> st.SearchStrategy[Any]:
    """A value like this one with some of its parts replaced: what a slip or a hand would make."""
    if isinstance(value, dict):
        parts = {key: nearly(inner) for key, inner in value.items()}
        return anything | st.fixed_dictionaries({}, optional=parts) | st.fixed_dictionaries(parts)
    if isinstance(value, list) and value:
        return anything | st.lists(st.one_of([nearly(inner) for inner in value[:3]]), max_size=15)
    return anything | st.just(value)


@pytest.mark.parametrize("name", [item.id for _, item in EVERY])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_value_whatever_breaks_an_item_or_its_bounds(name: str, data: st.DataObject) -> None:
    module, item = asked(name)
    script = all_right(module)
    known = [value for name, value in script if name == item.id] or [None]
    value = data.draw(st.one_of([nearly(one) for one in known[:3]]), label=item.id)
    others = [answer for answer in script if answer[0] != item.id]
    place = data.draw(st.sampled_from([0, len(others)]), label="before or after the others")
    mended = [(item.id, known[-1])] if data.draw(st.booleans(), label="put right later") else []
    record = recorded(*others[:place], (item.id, value), *others[place:], *mended)
    assert record.notices == []

    problem = item.problem(value)
    assert problem is None or problem.endswith(".")
    for one in module.items:
        if one.marked == "auto":
            mark = scoring.mark(module, one, record)
            assert 0 <= mark.points <= mark.out_of == one.points
            assert mark.says.strip()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_record_in_which_every_value_is_nonsense_is_marked(data: st.DataObject) -> None:
    for module in MODULES:
        record = recorded(*((item.id, data.draw(anything)) for item in module.items))
        points, most = total(module, record)
        assert 0 <= points <= most


# ---- bots -----------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_somebody_who_has_everything_right_earns_every_point(
        module: Module, tmp_path: Path) -> None:
    points, most = total(module, read(play(tmp_path, module.name, "right")))
    assert points == most > 0


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_somebody_who_has_everything_wrong_earns_less_than_half(
        module: Module, tmp_path: Path) -> None:
    record = read(play(tmp_path, module.name, "wrong"))
    points, most = total(module, record)
    assert points < most / 2
    for item in module.items:
        if item.marked == "auto" and not item.prediction:
            assert scoring.mark(module, item, record).points < item.points, item.id


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_somebody_who_answers_at_random_stays_within_the_bounds(
        module: Module, tmp_path: Path) -> None:
    seen = set()
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()
        points, most = total(module, read(play(folder, module.name, "random", seed)))
        assert 0 <= points <= most
        seen.add(points)
    assert len(seen) > 1, "chance makes a difference"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
@pytest.mark.parametrize("how", ["right", "wrong", "random"])
def test_a_bot_gives_only_answers_that_the_page_would_take(
        module: Module, how: How, tmp_path: Path) -> None:
    record = read(play(tmp_path, module.name, how))
    assert record.notices == []
    for item in module.items:
        for saved in record.all(item.id):
            assert item.problem(saved.value) is None, (item.id, saved.value)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_an_empty_record_earns_nothing_and_says_so(module: Module) -> None:
    for item in module.items:
        if item.marked == "auto":
            mark = scoring.mark(module, item, Record())
            assert (mark.points, mark.says) == (0, "Not answered yet.")


# ---- predictions, tries ---------------------------------------------------------------


def reveal(module: Module, prediction: Item) -> Item:
    return next(i for i in module.items if prediction.id in i.needs)


def values(item: Item, value: Any) -> list[tuple[str, Any]]:
    return [(item.id, one) for one in (value if isinstance(item, Play) else [value])]


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_earns_its_point_for_being_made_right_or_wrong(name: str) -> None:
    module, item = asked(name)
    for value in (right(item), wrong(item)):
        assert scoring.mark(module, item, recorded((item.id, value))).points == item.points


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_made_after_its_reveal_earns_nothing(name: str) -> None:
    module, item = asked(name)
    shown = values(reveal(module, item), right(reveal(module, item)))
    prediction = (item.id, right(item))
    after = scoring.mark(module, item, recorded(*shown, prediction))
    assert after.points == 0
    assert "after" in after.says
    again = recorded(prediction, *shown, (item.id, wrong(item)))
    assert scoring.mark(module, item, again).points == item.points, "a change of mind is allowed"


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_first_prediction_that_cannot_be_read_is_not_mended_by_a_later_one(name: str) -> None:
    module, item = asked(name)
    record = recorded((item.id, {"no": "prediction"}), (item.id, right(item)))
    assert scoring.mark(module, item, record).points == 0


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_right_at_the_second_try_earns_half(name: str) -> None:
    module, item = asked(name)
    first = scoring.mark(module, item, recorded((item.id, right(item))))
    assert first.points == item.points
    second = scoring.mark(module, item, recorded((item.id, wrong(item)), (item.id, right(item))))
    assert second.points == item.points / 2
    assert "first try" in second.says
    for tries in ([right(item), wrong(item)], [wrong(item)]):
        record = recorded(*((item.id, value) for value in tries))
        mark = scoring.mark(module, item, record)
        assert mark.points < item.points / 2 or isinstance(item, Ranking)


@pytest.mark.parametrize("name", CHECKS)
def test_feedback_says_why_and_does_not_give_the_number_away_before_it_is_right(name: str) -> None:
    module, item = asked(name)
    says = scoring.mark(module, item, recorded((item.id, wrong(item)))).says
    assert len(says.split()) >= 5, "a sentence, not a tick"
    if isinstance(item, Number):
        assert f"{right(item):g}" not in says
    if isinstance(item, Choice):
        assert says != scoring.mark(module, item, recorded((item.id, right(item)))).says


def test_an_order_earns_the_share_of_pairs_that_stand_right() -> None:
    item = Ranking.model_validate({
        "id": "start-here.order", "kind": "ranking", "prompt": "In what order?", "marked": "auto",
        "points": 6, "answer": list("abcd"), "options": [{"id": o, "text": o} for o in "abcd"]})
    module = MODULES[0].model_copy(update={"items": (item,)})
    for order, points in (("abcd", 6), ("bacd", 5), ("dcba", 0), ("badc", 4)):
        assert scoring.mark(module, item, recorded((item.id, list(order)))).points == points


def test_an_item_that_nothing_can_mark_is_our_mistake_and_not_a_nought() -> None:
    item = Number.model_validate({"id": "start-here.sum", "kind": "number", "prompt": "?",
                                  "marked": "auto", "points": 1, "minimum": 0, "maximum": 9})
    with pytest.raises(TypeError, match="neither a key nor a judge"):
        scoring.mark(MODULES[0], item, recorded((item.id, 3)))
