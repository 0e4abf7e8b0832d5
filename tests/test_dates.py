"""A date is read with the day first, in a zone that is named, and never guessed at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from course.dates import NotADate, distance, moment, when

FIVE = datetime(2026, 12, 11, 17, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("words", [
    "11/12/2026 17:00", "11.12.2026 17.00", "11-12-2026 5pm", "2026-12-11 17:00",
    "2026-12-11T17:00", "11 December 2026 17:00", "11th December 2026, 5 pm",
    "Friday 11 Dec 2026 at 5:00pm", "  11   December  2026   17:00 "])
def test_the_day_comes_first_however_it_is_written(words: str) -> None:
    assert moment(words, "Europe/London") == FIVE


def test_a_date_alone_means_its_last_minute() -> None:
    assert moment("11/12/2026", "Europe/London") == datetime(2026, 12, 11, 23, 59, tzinfo=UTC)


def test_an_hour_in_summer_is_the_hour_the_clock_on_the_wall_shows() -> None:
    assert moment("11/7/2026 17:00", "Europe/London").hour == 16
    assert moment("11/7/2026 17:00", "Asia/Tokyo").hour == 8


@pytest.mark.parametrize(("words", "zone", "said"), [
    ("12/31/2026", "", "cannot be read as a date"), ("soon", "", "“soon” cannot be read"),
    ("", "", "cannot be read"), ("31/02/2026", "", "cannot be read"),
    ("11/12/26", "", "cannot be read"),
    ("11/12/2026", "Europe/Lodnon", "no time zone “Europe/Lodnon”"),
    ("11/12/2026", "../../etc/passwd", "no time zone"),
    ("29/03/2026 01:30", "Europe/London", "the clocks go forward")])
def test_what_is_no_date_is_said_and_not_guessed_at(words: str, zone: str, said: str) -> None:
    with pytest.raises(NotADate, match=said):
        moment(words, zone)


def test_a_date_written_out_is_read_back_as_the_same() -> None:
    assert moment(when(FIVE)) == FIVE


@pytest.mark.parametrize(("at", "words"), [
    (NOW + timedelta(days=19, hours=5), "in 19 days"), (NOW + timedelta(hours=25), "in 1 day"),
    (NOW - timedelta(hours=2), "2 hours ago"), (NOW - timedelta(minutes=1), "1 minute ago"),
    (NOW + timedelta(seconds=20), "now")])
def test_how_far_off_it_is_is_said_in_words(at: datetime, words: str) -> None:
    assert distance(at, NOW) == words
