"""What a notebook's cells promise a fellow, with no browser and no kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from course import module as talk
from course import scoring
from course.answers import MAX_FILE, NAME
from course.module import Module, Points
from course.ui.forms import ItemForm

BAND = "02-rubber-band"
RIGHT = scoring.exercise("rubber-band").right


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cells displayed, in order."""
    seen: list[Any] = []
    monkeypatch.setattr(talk, "display", seen.append)
    return seen


@pytest.fixture
def band(tmp_path: Path, shown: list[Any]) -> Module:
    return Module(BAND, tmp_path)


def form(module: Module, name: str) -> ItemForm:
    part = ItemForm(module, module.item(name))
    module._parts[name] = part
    part.refresh()
    return part


def commit(part: ItemForm, value: Any, **more: Any) -> Any:
    return part.widget.play("commit", {part.item.id: value, **more})


def predict(module: Module) -> None:
    for item in module.texts.items:
        if item.prediction:
            assert commit(form(module, item.id), RIGHT[item.id], sure="guess")["ok"]


def test_a_run_before_its_predictions_is_refused_in_python_and_not_only_hidden(
        band: Module) -> None:
    run = RIGHT["rubber-band.run"][0]  # type: ignore[index]
    assert band.save("rubber-band.run", run).startswith("First answer:")
    assert "rubber-band.run" not in band.record
    predict(band)
    assert band.save("rubber-band.run", run) == ""


def test_a_prediction_needs_a_confidence_and_none_is_chosen_beforehand(band: Module) -> None:
    part = form(band, "rubber-band.predict-keen")
    assert part.widget.values == {}
    reply = commit(part, "keen")
    assert not reply["ok"]
    assert "sure" in reply["errors"]
    assert "rubber-band.predict-keen" not in band.record
    assert part.widget.state == "problem"
    assert part.widget.next


def test_the_first_prediction_is_kept_and_a_change_of_mind_is_shown_beside_it(
        band: Module) -> None:
    part = form(band, "rubber-band.predict-keen")
    commit(part, "keen", sure="certain")
    commit(part, "spread", sure="guess")
    assert band.record.first(part.item.id).value == "keen"  # type: ignore[union-attr]
    assert band.record.value(part.item.id) == "spread"
    assert part.widget.feedback[0]["title"] == "A change of mind"


def test_a_check_says_why_it_is_not_right_and_half_is_left_for_a_second_try(band: Module) -> None:
    part = form(band, "rubber-band.motive-map")
    commit(part, "money")
    assert part.widget.feedback[0]["tone"] == "bad"
    assert "0 of 1" in part.widget.feedback[0]["text"]
    commit(part, "glory")
    assert "0.5 of 1" in part.widget.feedback[0]["text"]
    assert part.widget.locked, "a right check has nothing left to change"


def test_each_of_the_four_states_comes_with_a_next_step(band: Module) -> None:
    waiting = form(band, "rubber-band.safe-rate").widget
    opened = form(band, "rubber-band.motive-map")
    assert (waiting.state, opened.widget.state) == ("waiting", "open")
    assert waiting.locked
    assert waiting.next.startswith("First answer:")
    commit(opened, None)
    assert opened.widget.state == "problem"
    commit(opened, "glory")
    assert opened.widget.state == "saved"
    assert all(w.next for w in (waiting, opened.widget))


def test_everything_is_restored_when_the_cells_run_again(tmp_path: Path, band: Module) -> None:
    predict(band)
    commit(form(band, "rubber-band.own-rest"), "The rota.")
    again = Module(BAND, tmp_path)
    for name in ("rubber-band.predict-keen", "rubber-band.own-rest"):
        part = form(again, name)
        assert part.widget.values[name] == band.record.value(name)
        assert part.widget.state == "saved"
    assert form(again, "rubber-band.predict-keen").widget.values["sure"] == "guess"


def test_showing_a_part_again_replaces_it_and_never_doubles_it(band: Module) -> None:
    band.exercise("rubber-band.motive-map")
    first = band._parts["rubber-band.motive-map"]
    band.exercise("rubber-band.motive-map")
    assert band._parts["rubber-band.motive-map"] is not first


def test_an_emptied_box_is_a_change_of_mind_and_the_words_stay_in_the_record(
        band: Module) -> None:
    part = form(band, "rubber-band.own-rest")
    part.widget.play("draft", {part.item.id: "The rota."})
    part.widget.play("draft", {part.item.id: None})
    assert band.record.value(part.item.id) == ""
    assert band.record.first(part.item.id).value == "The rota."  # type: ignore[union-attr]


def test_a_draft_that_has_not_changed_is_not_written_again(band: Module) -> None:
    part = form(band, "rubber-band.own-rest")
    for _ in range(5):
        part.widget.play("draft", {part.item.id: "The rota."})
    assert len(band.record.all(part.item.id)) == 1


def test_an_identifier_is_pointed_out_and_saved_all_the_same(band: Module) -> None:
    part = form(band, "rubber-band.reflection")
    reply = part.widget.play("draft", {part.item.id: "She, 943 476 5919, waited."})
    assert "NHS number" in reply["warnings"][part.item.id]
    assert reply["ok"]
    assert band.record.value(part.item.id)


def test_what_is_not_saved_says_so_and_the_earlier_answer_stays(
        band: Module, tmp_path: Path) -> None:
    part = form(band, "rubber-band.own-rest")
    commit(part, "First.")
    (tmp_path / NAME).write_bytes((tmp_path / NAME).read_bytes() + b"\n" * MAX_FILE)
    reply = commit(part, "Second.")
    assert not reply["ok"]
    assert reply["errors"][part.item.id].startswith("Not saved")
    assert part.widget.state == "problem"


@pytest.mark.parametrize("value", [
    "<script>x</script>", ["glory"], {"a": 1}, 7, True, float("nan"), "x" * 70_000, None])
def test_nothing_the_browser_sends_raises(band: Module, value: Any) -> None:
    for item in band.texts.items:
        if item.kind != "play":
            reply = commit(form(band, item.id), value, sure=value)
            assert set(reply) == {"ok", "errors", "warnings"}


def test_the_points_of_a_cell_read_as_a_number_and_show_as_nothing(
        band: Module, shown: list[Any]) -> None:
    points = band.exercise("rubber-band.motive-map")
    assert isinstance(points, Points)
    assert float(repr(points)) == 0.0
    assert points._repr_html_() == ""
    band.save("rubber-band.motive-map", "glory")
    again = band.exercise("rubber-band.motive-map")
    assert again == 1.0
    assert band.exercise("rubber-band.own-yes") is None


def test_an_error_of_our_own_is_a_sentence_a_log_and_no_points(
        band: Module, shown: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(ItemForm, "refresh", lambda self: 1 / 0)
    assert band.exercise("rubber-band.motive-map") == 0.0  # None would earn full marks
    assert "Your answers are safe" in shown[-1].html
    assert "ZeroDivisionError" in (tmp_path / "state" / "logs" / "notebook.log").read_text()


def test_a_failing_control_tells_the_page_and_keeps_it_open(
        band: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "state"))
    part, sent = form(band, "rubber-band.own-rest"), []
    monkeypatch.setattr(part.widget, "send", sent.append)
    monkeypatch.setattr(part.widget, "_answer", lambda *_: 1 / 0)
    part.widget._take(part.widget, {"do": "draft", "values": {}, "n": 3}, [])
    assert sent[0]["ack"] == 3
    assert not sent[0]["ok"]
    assert part.widget.state == "problem"
    assert "Keep this page open" in part.widget.next
