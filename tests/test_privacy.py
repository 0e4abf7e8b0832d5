"""What has the shape of an identifier is pointed out; what has not is left in peace."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs

from course import assessments, corpus, home, scoring
from course.privacy import look

# Telephone numbers, addresses and the first NHS number are ones set aside for examples.
SHAPES = {
    "an NHS number": [
        "943 476 5919", "9434765919", "943-476-5919", "NHS no. 943 476 5919.", "(9434765919)"],
    "a full date": [
        "12/03/1961", "3/4/61", "12-03-1961", "12.03.1961", "3 March 1961", "3rd March 1961",
        "born on 21st Dec 1999", "the 9 SEPTEMBER 2001"],
    "a postcode": [
        "PO6 3LY", "SW1A 1AA", "M1 1AE", "EC1A1BB", "who lives in W1A 0AX, alone", "po6 3ly"],
    "an e-mail address": [
        "someone@example.org", "first.last+ward@nhs.example.net", "write to a@b.example"],
    "a telephone number": [
        "020 7946 0958", "02079460958", "0161 496 0000", "07700 900123", "+44 7700 900123",
        "+447700900123", "0161-496-0000"],
}
HARMLESS = [
    "", "Patients waited.", "12% of 48 beds", "in 2021", "in 2021/22", "between 1948 and 2022",
    "March 2021", "last winter", "24/7", "Band 5/6/7", "a ratio of 1:4", "10.5 per 1,000",
    "£1,000,000 over 3 years", "104 weeks, 800 pieces of work, 2 bands", "B12 2mg", "ICD-10 E11.9",
    "0.05 < p < 0.10", "version 3.11.2", "bleep 4321", "ward 7, bay 2", "paragraphs 12 to 15",
    "on 12 May", "half past nine", "twenty-first of March", "A10 and A11a", "me@home", "1 in 10",
    "00:45", "Section 2 (28 days)", "943 476 5918", "1234567890", "12345678901", "94347659190",
    "19434765919",
]


@pytest.mark.parametrize(("what", "text"),
                         [(what, text) for what, texts in SHAPES.items() for text in texts])
def test_what_has_the_shape_of_an_identifier_is_named(what: str, text: str) -> None:
    for written in (text, f"She said {text} and left.", f"one\n{text}\ntwo"):
        assert look(written).startswith(f"This may contain {what}. "), written


@pytest.mark.parametrize("text", HARMLESS)
def test_what_identifies_nobody_is_left_in_peace(text: str) -> None:
    assert look(text) == ""


@given(st.integers(0, 10**9 - 1))
def test_a_number_is_an_nhs_number_by_its_check_digit_alone(nine: int) -> None:
    start = f"{nine:09}"
    digit = (11 - sum(int(d) * (10 - i) for i, d in enumerate(start)) % 11) % 11
    for last in range(10):
        number = f"{start}{last}"
        # What begins with a nought may be a telephone number, and is named as one.
        assert ("an NHS number" in look(number)) == (last == digit), number
    assert nhs.is_valid("9434765919")


def test_a_text_with_several_says_each_once() -> None:
    said = look("943 476 5919, born 12/03/1961, of PO6 3LY; and 9434765919 again, 0161 496 0000")
    assert said.startswith("This may contain an NHS number, a full date and a postcode. ")
    assert look("PO6 3LY, 1/2/1961").startswith("This may contain a full date and a postcode. ")


def test_the_sentence_says_what_to_do_and_who_has_seen_it() -> None:
    said = look("PO6 3LY")
    assert "please change it" in said
    assert "on your own space only" in said
    assert "PO6" not in said, "it does not repeat what it found"


def test_our_own_texts_and_answers_identify_nobody() -> None:
    texts = [anchor.answer for path in (home.content() / "assessments" / "rubrics").glob("*.yml")
             for anchor in assessments.rubric(path.stem).anchors]
    texts += [passage.precis for reading in corpus.readings() for passage in reading.passages]
    for name in home.modules():
        for item in assessments.module(name).items:
            texts += [item.prompt, str(scoring.exercise(item.exercise).right.get(item.id, ""))]
    assert len(texts) > 100
    assert [text for text in texts if look(text)] == []


@settings(deadline=None)
@given(st.text(st.characters()) | st.text(st.sampled_from("0123456789 -/.@+aZ\ud800\n")))
def test_no_text_whatever_makes_it_stumble(text: str) -> None:
    said = look(text)
    assert said == "" or said.startswith("This may contain ")


@pytest.mark.parametrize("piece", ["1", "0", "a", ".", "a.", "@", "a@", "a@a.", "1 ", "12/", "A1",
                                   "+44", "é"])
def test_a_long_paste_does_not_keep_the_page_waiting(piece: str) -> None:
    start = time.monotonic()
    look(piece * (30_000 // len(piece)))
    # It takes milliseconds; a pattern that goes back over what it has read takes seconds.
    assert time.monotonic() - start < 0.5
