"""The rubber band behaves as its readings say, and tells the player only what life would."""

import dataclasses
import math
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from course.exercises.rubber_band.model import (
    MAX_WEEKS,
    RUMOURS,
    Parameters,
    Runs,
    Seen,
    Settings,
    safe_rate,
    simulate,
)

SEEDS = range(200)
USUAL = Parameters()

KEEN_12 = Settings(asks=12, keen=0.7)
SPREAD_12 = Settings(asks=12)
KEEN_20 = Settings(asks=20, keen=0.7)
SPREAD_20 = Settings(asks=20)
LOUD = Settings(asks=20, keen=0.7, appeal=0.9)
PROTECTED = Settings(asks=20, keen=0.7, protected=1.0)
REWARDED = Settings(asks=20, keen=0.7, reward=1.0)
SPREAD_PROTECTED = Settings(asks=20, protected=1.0)
KEEN_70 = Settings(asks=70, keen=0.7)


@pytest.fixture(scope="module")
def run():
    """Runs of a setting under the same 200 seeds, each made once."""
    made: dict[tuple[Settings, Parameters], Runs] = {}

    def get(settings: Settings, parameters: Parameters = USUAL) -> Runs:
        key = (settings, parameters)
        if key not in made:
            made[key] = simulate(settings, SEEDS, parameters=parameters)
        return made[key]

    return get


def surely_above(a: np.ndarray, b: np.ndarray) -> bool:
    """Paired by seed, the mean of a is above that of b by four standard errors or more."""
    gap = np.asarray(a, float) - np.asarray(b, float)
    return bool(gap.mean() > 4 * gap.std(ddof=1) / math.sqrt(len(gap)))


# Behaviours 1 to 10 of the specification.


@pytest.mark.parametrize("settings", [Settings(asks=0), SPREAD_20, LOUD, KEEN_70])
def test_nobody_appears_or_vanishes(run, settings):
    r = run(settings)
    assert (r.active + r.absent + r.left + r.in_training == 60).all()


def test_without_asks_or_without_limits_nothing_snaps(run):
    assert run(Settings(asks=0)).snaps.sum() == 0
    assert run(Settings(asks=0)).work.sum() == 0
    unlimited = run(KEEN_70, Parameters(limit_mean=math.inf))
    assert unlimited.snaps.sum() == 0
    assert (unlimited.active == 60).all()


@pytest.mark.parametrize("keen", [0.0, 0.7])
def test_more_asking_snaps_more_bands(run, keen):
    means = [run(Settings(asks=a, keen=keen)).snaps_total.mean() for a in (6, 12, 20, 40, 70, 120)]
    assert means == sorted(means)
    assert means[-1] > 5 * means[1]


@pytest.mark.parametrize("asks", [12, 20])
def test_asking_the_keenest_gives_less_work_and_several_times_the_snaps(run, asks):
    keen, spread = run(Settings(asks=asks, keen=0.7)), run(Settings(asks=asks))
    assert surely_above(spread.work_total, keen.work_total)
    assert keen.work_total.mean() < 0.8 * spread.work_total.mean()
    # About 5 times at 12 asks and 3 times at 20.
    assert keen.snaps_total.mean() > {12: 4, 20: 2.5}[asks] * spread.snaps_total.mean()


@pytest.mark.parametrize("more", [LOUD, Settings(asks=40, keen=0.7)])
def test_more_appeal_or_more_asks_is_better_before_it_is_worse(run, more):
    before, after = run(KEEN_20), run(more)
    gained_first = after.first_26 - before.first_26
    gained_last = after.last_26 - before.last_26
    assert surely_above(gained_first, gained_last)
    assert gained_first.mean() > 2 * gained_last.mean()


def test_a_louder_appeal_leaves_the_last_half_year_hardly_better(run):
    quiet, loud = run(KEEN_20), run(LOUD)
    assert loud.first_26.mean() > 1.25 * quiet.first_26.mean()
    assert loud.last_26.mean() < 1.10 * quiet.last_26.mean()
    assert loud.snaps_total.mean() > 1.5 * quiet.snaps_total.mean()


def test_protected_time_beats_a_louder_appeal_in_the_end(run):
    protected, loud = run(PROTECTED), run(LOUD)
    assert surely_above(protected.last_26, loud.last_26)
    assert protected.last_26.mean() > 1.4 * loud.last_26.mean()
    assert protected.snaps_total.mean() < loud.snaps_total.mean() / 3


def test_the_safe_rate_is_what_a_fellow_gets_by_hand():
    yes_at_the_knee = 0.5 * (0.4 + 0.6 * 0.4 + 0.25)
    by_hand = 60 * 0.10 * 0.6 * 1.0 / (0.22 * yes_at_the_knee * (1 - 0.10))
    assert yes_at_the_knee == pytest.approx(0.445)
    assert by_hand == pytest.approx(40.9, abs=0.05)
    assert safe_rate(Settings()) == pytest.approx(by_hand)
    # An appeal is answered with yeses, not with rest: the louder, the fewer asks are safe.
    assert safe_rate(LOUD) < safe_rate(SPREAD_20) < safe_rate(REWARDED) < safe_rate(PROTECTED)
    assert safe_rate(Settings(), Parameters(stretch_per_yes=0)) == math.inf


def test_half_the_safe_rate_snaps_few_and_well_above_it_snaps_many(run):
    rate = safe_rate(Settings())
    half, above, twice = (
        run(Settings(asks=round(share * rate))).snaps_total.mean() for share in (0.5, 1.5, 2.0)
    )
    assert half < 8  # of sixty people, in two years
    assert above > 4 * half
    assert twice > 5 * half


def test_goodwill_comes_back_slowly(run):
    """After a year of far too much, half the asks still gives less than the always moderate."""
    after_collapse = simulate([(0, Settings(asks=60, keen=0.7)), (52, Settings(asks=30))], SEEDS)
    always_moderate = run(Settings(asks=30))
    gap = always_moderate.work[:, 52:78] - after_collapse.work[:, 52:78]
    assert (gap.mean(axis=0) > 0).all()  # in every one of the 26 weeks
    assert after_collapse.work[:, 52:78].mean() < 0.8 * always_moderate.work[:, 52:78].mean()


@pytest.mark.parametrize("settings", [KEEN_12, KEEN_20, Settings(asks=40)])
def test_without_contagion_the_late_fall_shrinks(run, settings):
    """The pool effect is real. It is also a brake, as the next test says."""
    real, none = run(settings), run(settings, Parameters(contagion=0))

    def fall(r: Runs) -> float:
        return float(1 - r.last_26.mean() / r.first_26.mean())

    assert fall(real) > fall(none) + 0.03
    assert surely_above(none.last_26, real.last_26)


def test_where_asks_are_far_too_many_reluctance_protects(run):
    """Not foreseen in the specification: people who stopped saying yes are people who stay."""
    real, none = run(KEEN_70), run(KEEN_70, Parameters(contagion=0))
    assert none.snaps_total.mean() > 2 * real.snaps_total.mean()
    assert none.lost.mean() > 2 * real.lost.mean()


# What a first implementation showed (24 seeds) beside ours (200 seeds). `work, first half-year,
# last half-year, snaps, lost`.
#
#   setting                     first implementation        ours
#   12 asks, keen               424 123  92 13.2  3.5       434 126  98 12.9  3.5
#   12 asks, spread             611 163 148  2.9  0.9       596 162 142  2.6  0.7
#   20 asks, keen               569 190 113 22.1  6.4       584 188 123 20.9  5.7
#   20 asks, keen, loud         629 240 115 37.5  9.4       670 248 127 36.2 10.4
#   20 asks, keen, protected    871 236 202  7.2  1.8       895 235 214  7.3  2.1
#   20 asks, keen, reward       893 247 203  6.7  1.4       886 241 209  6.5  1.1
#   20 asks, spread, protected 1132 288 280  0.9  0.3      1105 284 272  1.1  0.3
#   70 asks, keen               835 351 159 54.5 14.3       886 368 163 53.8 14.3
#
# The specification leaves four things open, which we chose for plain sense and then kept because
# the table came out: an ordinary appeal is 0.25 (which also makes the safe rate about 40); yeses
# are forgotten, half in three months; a week's asks are answered as people felt on the Monday;
# and what mends in a quiet week is a share (0.004) of what was lost. Were it 0.004 flat, most
# of the loss would mend within weeks, and contagion would make next to no difference.
FIRST_IMPLEMENTATION = [
    (KEEN_12, (424, 123, 92, 13.2, 3.5)),
    (SPREAD_12, (611, 163, 148, 2.9, 0.9)),
    (KEEN_20, (569, 190, 113, 22.1, 6.4)),
    (LOUD, (629, 240, 115, 37.5, 9.4)),
    (PROTECTED, (871, 236, 202, 7.2, 1.8)),
    (REWARDED, (893, 247, 203, 6.7, 1.4)),
    (SPREAD_PROTECTED, (1132, 288, 280, 0.9, 0.3)),
    (KEEN_70, (835, 351, 159, 54.5, 14.3)),
]


@pytest.mark.parametrize(("settings", "first"), FIRST_IMPLEMENTATION)
def test_the_table_of_the_first_implementation_is_met_in_size(run, settings, first):
    r = run(settings)
    work = (r.work_total.mean(), r.first_26.mean(), r.last_26.mean())
    assert work == pytest.approx(first[:3], rel=0.15)
    assert r.snaps_total.mean() == pytest.approx(first[3], rel=0.15, abs=0.5)
    assert r.lost.mean() == pytest.approx(first[4], rel=0.25, abs=0.5)


def test_three_times_the_asks_of_the_keenest_buys_less_than_spread_and_protected(run):
    greedy, wise = run(KEEN_70), run(SPREAD_PROTECTED)
    assert surely_above(wise.work_total, greedy.work_total)
    assert greedy.lost.mean() > 10 + wise.lost.mean()


# Chance.


def test_one_seed_gives_one_run_alone_or_in_company():
    plan = [(0, KEEN_70), (30, SPREAD_PROTECTED)]
    many, alone, again = (simulate(plan, seeds) for seeds in (range(40), [7], [3, 7, 7]))
    for name in ("work", "yeses", "snaps", "active", "mean_stretch", "rumours"):
        whole = getattr(many, name)[7]
        assert np.array_equal(whole, getattr(alone, name)[0])
        assert np.array_equal(whole, getattr(again, name)[1])
        assert np.array_equal(whole, getattr(again, name)[2])
    assert not np.array_equal(many.work[7], many.work[8])


def test_a_longer_run_begins_with_the_shorter_one():
    """So a player who decides again each quarter never sees the past change."""
    short, long = (simulate(KEEN_70, [11, 12], weeks=weeks) for weeks in (26, MAX_WEEKS))
    assert np.array_equal(short.work, long.work[:, :26])
    changed = simulate([(0, KEEN_70), (26, SPREAD_12)], [11, 12])
    assert np.array_equal(short.work, changed.work[:, :26])
    assert not np.array_equal(long.work[:, 26:104], changed.work[:, 26:])


# What is seen, and what is not.


def test_the_player_sees_neither_stretch_nor_limits(run):
    assert [field.name for field in dataclasses.fields(Seen)] == ["work", "willing", "rumours"]
    seen = run(KEEN_20).seen
    assert np.array_equal(seen.willing, run(KEEN_20).active)
    assert set(np.unique(seen.rumours)) <= set(range(len(RUMOURS)))
    for value in vars(seen).values():
        assert isinstance(value, np.ndarray)
        with pytest.raises(ValueError, match="read-only"):
            value[0, 0] = 1


def test_rumours_know_something_but_not_much(run):
    runs = [run(Settings(asks=a)) for a in (0, 12, 20, 41)]
    assert (runs[0].rumours == 0).all()
    talk = [r.rumours[:, 52:].mean() for r in runs]
    assert talk == sorted(talk)
    stretch, rumours = runs[-1].mean_stretch.ravel(), runs[-1].rumours.ravel()
    assert 0.1 < np.corrcoef(stretch, rumours)[0, 1] < 0.8


def test_rumours_miss_the_few_who_carry_the_load(run):
    """Asking the keen gives three times the snaps and yet a quieter corridor."""
    keen, spread = run(KEEN_20), run(SPREAD_20)
    assert keen.snaps_total.mean() > 2.5 * spread.snaps_total.mean()
    assert keen.rumours.mean() < spread.rumours.mean()


# Settings, plans, speed, lightness.


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"asks": -1}, "asks is -1; it must be a whole number from 0 to 120."),
        ({"asks": 121}, "asks is 121; it must be a whole number from 0 to 120."),
        ({"asks": 12.5}, "asks is 12.5; it must be a whole number from 0 to 120."),
        ({"asks": True}, "asks is True; it must be a whole number from 0 to 120."),
        ({"keen": 1.01}, "keen is 1.01; it must be a number from 0 to 1."),
        ({"appeal": -0.1}, "appeal is -0.1; it must be a number from 0 to 1."),
        ({"protected": float("nan")}, "protected is nan; it must be a number from 0 to 1."),
        ({"reward": "all"}, "reward is 'all'; it must be a number from 0 to 1."),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Settings(**wrong)


def test_wrong_parameters_plans_and_seeds_are_refused():
    with pytest.raises(ValueError, match=r"recovery is 2; it must be a number from 0 to 1\."):
        Parameters(recovery=2)
    with pytest.raises(ValueError, match=r"limit_least is 0; it must be above 0\."):
        Parameters(limit_least=0)
    for plan in ([], [(1, KEEN_12)], [(0, KEEN_12), (0, KEEN_20)]):
        with pytest.raises(ValueError, match="must begin with 0"):
            simulate(plan, [1])
    with pytest.raises(ValueError, match="weeks is 261"):
        simulate(KEEN_12, [1], weeks=261)
    with pytest.raises(ValueError, match="at least one"):
        simulate(KEEN_12, [])
    with pytest.raises(ValueError, match="seed is -1"):
        simulate(KEEN_12, [-1])


def test_the_edges_of_every_setting_run():
    for asks in (0, 1, 120):
        for extreme in (0.0, 1.0):
            r = simulate(
                Settings(asks, extreme, extreme, extreme, extreme), [1, 2], weeks=MAX_WEEKS
            )
            assert np.isfinite(r.work).all()
            assert np.isfinite(r.mean_stretch).all()
    everyone_goes = Parameters(snap_rate=1.0, leaves=1.0, replaced=0.0)
    r = simulate(KEEN_70, [1, 2], parameters=everyone_goes)
    assert (r.active[:, -1] <= 5).all()
    assert r.work[:, -1].max() <= 5


def test_a_run_is_quick_enough_to_play():
    start = time.perf_counter()
    simulate(KEEN_70, [1])
    assert time.perf_counter() - start < 0.2


def test_importing_the_model_brings_numpy_and_nothing_else_of_weight():
    code = (
        "import sys; import course.exercises.rubber_band.model; "
        "print([m for m in ('ipywidgets', 'altair', 'pydantic', 'pandas', 'scipy', 'IPython') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
