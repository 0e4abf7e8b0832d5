"""The two-hour organisation: its pattern comes out of the positions and is not put in.

What a first implementation showed (60 seeds) beside ours (200 seeds), after round 12. Felt
control of tops, middles, bottoms; harm; demand left waiting.

    policy                              first implementation              ours
                                   tribe  T    M    B  harm  K     tribe  T    M    B  harm  K
    default                         0.36 0.36 0.24 0.11  83  2.4    0.41 0.37 0.25 0.12  81  2.2
    explain only                    0.27 0.38 0.24 0.10  84  2.3    0.29 0.40 0.25 0.10  82  2.1
    listen and ignore               0.37 0.32 0.18 0.02 116  2.9    0.42 0.33 0.18 0.02 116  2.8
    the same, penalty off           0.36 0.37 0.21 0.05 113  2.3    0.40 0.38 0.21 0.05 112  2.2
    listen and act                  0.25 0.03 0.07 0.05  58 13.7    0.28 0.03 0.08 0.04  58 13.5
    heroic tops                     0.29 0.02 0.20 0.40  25 15.8    0.31 0.03 0.21 0.40  24 15.5
    middles together                0.35 0.42 0.29 0.16  67  1.9    0.38 0.43 0.31 0.19  65  1.8
    targets only                    0.40 0.33 0.18 0.03 136  2.6    0.46 0.33 0.18 0.02 136  2.6
    mixed                           0.16 0.16 0.38 0.57  29  6.4    0.14 0.16 0.33 0.41  33  6.5
    devolve and explain             0.19 0.60 0.66 0.71  26  0.8    0.13 0.56 0.57 0.57  34  1.1
    the same without drift                                          0.15 0.60 0.65 0.68  26  0.9
    null                            0.00 0.29 0.29 0.29  76  1.6    0.00 0.32 0.32 0.32  75  1.5
    equal contact                   0.42 0.36 0.24 0.11  83  2.4    0.44 0.37 0.25 0.12  81  2.2

Harm and backlog come out the same. Our tribe index is up to 0.06 higher where tribes are strong:
the specification leaves open just what each position sees of what was done for it. The last
policies differ most because devolving has a price here (`Parameters.drift`); without it they
meet the first implementation too.
"""

import ast
import dataclasses
import inspect
import itertools
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from course.exercises.two_hour_organisation import model
from course.exercises.two_hour_organisation.model import (
    AGENTS,
    LEVEL,
    LIGHTS,
    MAX_ROUNDS,
    PATIENTS_SAY,
    BottomScreen,
    MiddleScreen,
    Own,
    Parameters,
    PatientScreen,
    Policy,
    Runs,
    TopScreen,
    screen,
    simulate,
    tribe_index,
)

SEEDS = range(200)
TOP, MIDDLE, BOTTOM = range(3)
USUAL = Parameters()

DEFAULT = Policy()
EXPLAIN = Policy(explain=0.8)
LISTEN_AND_IGNORE = Policy(listen=0.3, alpha=0.05)
LISTEN_AND_ACT = Policy(listen=0.3, alpha=0.6, explain=0.5)
HEROIC = Policy(alpha=0.9, devolve=0.0)
TOGETHER = Policy(integrate=0.8)
TARGETS = Policy(alpha=0.0)
MIXED = Policy(listen=0.2, alpha=0.4, explain=0.6, devolve=0.35)
DEVOLVE = Policy(devolve=0.45, explain=0.6)


@pytest.fixture(scope="module")
def run():
    """Runs under the same 200 seeds, each made once."""
    made: dict[object, Runs] = {}

    def get(policy: Policy, **how: object) -> Runs:
        key = (policy, tuple(sorted(how.items())))
        if key not in made:
            made[key] = simulate(policy, SEEDS, **how)  # type: ignore[arg-type]
        return made[key]

    return get


def blind_tribes(trust: np.ndarray) -> np.ndarray:
    """Three groups from who trusts whom, told nothing of levels."""
    distance = 1 - (trust + trust.T) / 2
    np.fill_diagonal(distance, 0)
    groups = AgglomerativeClustering(n_clusters=3, metric="precomputed", linkage="average")
    return groups.fit_predict(distance)


def rediscovered(runs: Runs, most: int = 200) -> np.ndarray:
    """How well blind groups agree with levels, in each run: 1 exactly, 0 as by chance."""
    return np.array(
        [adjusted_rand_score(LEVEL, blind_tribes(last)) for last in runs.trust[:most, -1]]
    )


def last_control(runs: Runs) -> np.ndarray:
    return runs.control_by_level[:, -1]


def last_anger(runs: Runs) -> np.ndarray:
    return runs.anger_by_level[:, -1]


def nearly_always(happened: np.ndarray) -> bool:
    return bool(np.mean(happened) >= 0.95)


# 1 to 3: tribes form quickly, bottoms fare worst, and none of it is wired in.


def tribes_form(r: Runs) -> bool:
    index = r.tribe_index
    return (
        nearly_always(index[:, -1] > index[:, 0])
        and nearly_always(index[:, -1] >= 0.2)
        and nearly_always(index[:, 3] > 0.1)
    )


def bottoms_fare_worst(r: Runs) -> bool:
    """Least control at the end, and most anger over the two hours.

    Not anger at the end: with anger that fades a fifth less, everyone's is full by then.
    """
    least_control = last_control(r).argmin(axis=1) == BOTTOM
    most_anger = r.anger_by_level.mean(axis=1).argmax(axis=1) == BOTTOM
    return nearly_always(least_control) and nearly_always(most_anger)


def test_tribes_form_and_quickly(run):
    assert tribes_form(run(DEFAULT))
    assert nearly_always(run(DEFAULT).tribe_index[:, 1] > 0.1)  # twenty minutes in


def test_bottoms_end_up_with_least_control_and_most_anger(run):
    assert bottoms_fare_worst(run(DEFAULT))
    assert nearly_always(last_anger(run(DEFAULT)).argmax(axis=1) == BOTTOM)
    control = last_control(run(DEFAULT))
    # Reported and not required: middles between.
    print("middle below top:", np.mean(control[:, MIDDLE] < control[:, TOP]))


def test_who_ends_lowest_depends_on_what_is_decided(run):
    heroic = last_control(run(HEROIC))
    assert nearly_always(
        (heroic[:, BOTTOM] > heroic[:, MIDDLE]) & (heroic[:, MIDDLE] > heroic[:, TOP])
    )
    mixed = last_control(run(MIXED))
    assert np.mean(mixed.argmin(axis=1) == TOP) > 0.85


def test_where_everyone_holds_everything_there_are_no_tribes(run):
    null = run(DEFAULT, structure="null")
    assert np.abs(null.tribe_index[:, -1]).max() < 0.03
    # The world is no kinder there: only the positions are gone.
    assert null.harm.mean() == pytest.approx(run(DEFAULT).harm.mean(), rel=0.15)


def test_the_blind_find_the_levels_and_find_nothing_where_there_are_none(run):
    """In the null, 94.5% of runs score 0.15 or less. Among the same groups dealt by chance 90%
    do, so that is what nothing looks like: to ask for 95% would be to ask for luck."""
    assert nearly_always(rediscovered(run(DEFAULT)) >= 0.8)
    null = run(DEFAULT, structure="null")
    found, rng = rediscovered(null), np.random.default_rng(2)
    dealt = [
        adjusted_rand_score(LEVEL, rng.permutation(blind_tribes(last)))
        for last in null.trust[:, -1]
    ]
    assert abs(found.mean()) < 0.03
    assert np.mean(found <= 0.15) >= np.mean(np.array(dealt) <= 0.15) - 0.03
    assert np.mean(found <= 0.15) > 0.9


def test_meeting_everyone_alike_does_not_remove_tribes(run):
    """They come from authority and information, not from seating."""
    equal = run(DEFAULT, structure="equal contact")
    assert nearly_always(equal.tribe_index[:, -1] >= 0.2)
    # And nobody's control comes from contact.
    assert np.array_equal(equal.control, run(DEFAULT).control)


# 3, in the code: the rules cannot tell who is what.

RULES = ("share_moved", "control_after", "anger_after", "trust_after", "_mix")
TELLING = re.compile(r"level|top|middle|bottom|(?<!to)ward|agent|role|structure", re.IGNORECASE)


def function(name: str) -> ast.FunctionDef:
    [found] = ast.parse(inspect.getsource(getattr(model, name))).body
    assert isinstance(found, ast.FunctionDef)
    if isinstance(found.body[0], ast.Expr):  # the docstring
        found.body = found.body[1:]
    return found


def words(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {node.arg for node in nodes if isinstance(node, ast.arg)}
        | {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    )


@pytest.mark.parametrize("name", RULES)
def test_no_rule_of_control_anger_or_trust_reads_a_level(name):
    tree = function(name)
    assert not [word for word in words(tree) if TELLING.search(word)]
    # Nor may a rule pick people out by their number.
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            picked = [n.value for n in ast.walk(node.slice) if isinstance(n, ast.Constant)]
            assert all(value is None for value in picked)


def test_the_rules_know_only_constants_that_are_everyones():
    known = {
        node.attr
        for name in RULES
        for node in ast.walk(function(name))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "p"
    }
    assert known == {"learning", "anger_kept", "anger_gain", "enough", "trust_speed"}


def test_levels_become_differences_in_the_tables_alone():
    """A round itself never reads who is of which level or ward."""
    assert not {"LEVEL", "LEVELS", "WARD"} & words(function("simulate"))
    assert {"LEVEL", "WARD"} <= words(function("_tables"))


def test_people_who_change_places_change_nothing_else():
    """Every rule treats the twenty-three alike: shuffled in, shuffled out."""
    rng = np.random.default_rng(5)
    shuffle = rng.permutation(AGENTS)
    moved, unanswered = rng.random((3, 9)), rng.random((3, 4))
    holds, asked = rng.random((AGENTS, 9)), rng.random((AGENTS, 4))
    share, control, anger, seen = rng.random((4, 3, AGENTS))
    trust, contact = rng.random((3, AGENTS, AGENTS)), rng.random((AGENTS, AGENTS))
    alike = rng.random((AGENTS, AGENTS)) < 0.5

    def pairs(table: np.ndarray) -> np.ndarray:
        return table[..., shuffle, :][..., shuffle]

    for a, b in (
        (
            model.share_moved(moved, holds, unanswered, asked)[:, shuffle],
            model.share_moved(moved, holds[shuffle], unanswered, asked[shuffle]),
        ),
        (
            model.control_after(control, share, seen, USUAL)[:, shuffle],
            model.control_after(control[:, shuffle], share[:, shuffle], seen[:, shuffle], USUAL),
        ),
        (
            model.anger_after(anger, share, USUAL)[:, shuffle],
            model.anger_after(anger[:, shuffle], share[:, shuffle], USUAL),
        ),
        (
            pairs(model.trust_after(trust, control, seen, 0.2, contact, alike, USUAL)),
            model.trust_after(
                pairs(trust), control[:, shuffle], seen[:, shuffle], 0.2, pairs(contact),
                pairs(alike), USUAL,
            ),
        ),
    ):  # fmt: skip
        assert np.array_equal(a, b)


# 4: position, not person.


def test_it_is_the_position_and_not_the_person(run):
    """Temperaments dealt anew over the positions in every run.

    They lean by 0.05 (one standard deviation): one person's felt control then stands up to about
    0.2 above another's in the same place, for good. Position explains about two thirds of the
    differences in control and a quarter is temperament; of those in anger, nearly all. At twice
    the temperament the two are about equal for control, and position still has nearly all the
    anger.
    """
    rng = np.random.default_rng(1)
    people = rng.standard_normal(AGENTS)
    people = 0.05 * (people - people.mean()) / people.std()
    dealt = np.stack([rng.permutation(people) for _ in SEEDS])
    r = simulate(DEFAULT, SEEDS, temperament=dealt)
    assert bottoms_fare_worst(r)
    assert nearly_always((np.diff(last_control(r), axis=1) < 0).all(axis=1))

    for felt, by_level in (
        (r.control[:, -1], last_control(r)),
        (r.anger[:, -1], last_anger(r)),
    ):
        spread = felt - felt.mean(axis=1, keepdims=True)
        of_position = by_level[:, LEVEL] - felt.mean(axis=1, keepdims=True)
        position = (of_position**2).sum(axis=1) / (spread**2).sum(axis=1)
        together = (spread * dealt).sum(axis=1) ** 2
        person = together / ((spread**2).sum(axis=1) * (dealt**2).sum(axis=1))
        assert nearly_always(position > person)
        assert position.mean() > 2 * person.mean()


# 5 and 6: what helps, and what does not.


def test_listening_that_acts_and_explains_lowers_tribes_and_harm(run):
    before, after = run(DEFAULT), run(LISTEN_AND_ACT)
    assert nearly_always(after.tribe_index[:, -1] < before.tribe_index[:, -1])
    assert nearly_always(after.harm < before.harm)
    # At a price: demand is left waiting, and nobody feels in control.
    assert nearly_always(after.backlog[:, -1] > 3 * before.backlog[:, -1])
    assert last_control(after).mean(axis=0).max() < 0.1


@pytest.mark.parametrize("penalty", [True, False])
def test_listening_without_acting_gives_bottoms_no_more_control(run, penalty):
    ignored = run(LISTEN_AND_IGNORE, unanswered_penalty=penalty)
    unasked = run(Policy(alpha=0.05), unanswered_penalty=penalty)
    default = run(DEFAULT, unanswered_penalty=penalty)
    assert nearly_always(last_control(ignored)[:, BOTTOM] < last_control(default)[:, BOTTOM])
    assert nearly_always(ignored.harm > default.harm)
    # Beside tops who act as little and do not listen either, it is no better for bottoms.
    gain = last_control(ignored)[:, BOTTOM] - last_control(unasked)[:, BOTTOM]
    assert gain.mean() < 0.005


@pytest.mark.parametrize("penalty", [True, False])
def test_listening_eats_the_attention_that_acting_needs(run, penalty):
    """No resentment need be built in: with the penalty off it hurts too, if less."""
    acting = run(Policy(alpha=0.6), unanswered_penalty=penalty)
    listening = run(Policy(alpha=0.6, listen=0.3), unanswered_penalty=penalty)
    assert nearly_always(listening.harm > acting.harm)
    assert nearly_always(last_control(listening)[:, BOTTOM] < last_control(acting)[:, BOTTOM])


def test_listening_pays_where_middles_pass_little_up(run):
    """What the floor is for: hearing what does not come up by itself."""
    deaf = run(Policy(alpha=0.6, pass_up=0.1))
    listening = run(Policy(alpha=0.6, pass_up=0.1, listen=0.15))
    assert nearly_always(listening.harm < deaf.harm)
    assert listening.harm.mean() < 0.7 * deaf.harm.mean()
    assert last_control(listening)[:, BOTTOM].mean() > 0.1 + last_control(deaf)[:, BOTTOM].mean()


def test_explaining_mends_trust_and_leaves_care_where_it_was(run):
    before, after = run(DEFAULT), run(EXPLAIN)
    assert nearly_always(after.tribe_index[:, -1] < before.tribe_index[:, -1])
    assert after.tribe_index[:, -1].mean() < before.tribe_index[:, -1].mean() - 0.08
    assert after.harm.mean() == pytest.approx(before.harm.mean(), rel=0.05)


def test_middles_who_work_together_have_more_control_and_are_less_alone(run):
    before, after = run(DEFAULT), run(TOGETHER)
    assert nearly_always(last_control(after)[:, MIDDLE] > last_control(before)[:, MIDDLE])
    assert nearly_always(after.middle_isolation[:, -1] < before.middle_isolation[:, -1])
    assert nearly_always(after.harm < before.harm)


def test_the_heroic_top_helps_the_wards_and_drowns(run):
    before, after = run(DEFAULT), run(HEROIC)
    assert nearly_always(after.harm < 0.5 * before.harm)
    assert nearly_always(after.backlog[:, -1] > 4 * before.backlog[:, -1])
    assert last_control(after)[:, TOP].mean() < 0.05


# 7: a real trade-off, and the price of devolving that makes it so.


def test_devolving_has_a_price_and_the_ordinary_has_none(run):
    free = Parameters(drift=0)
    dear, cheap = run(DEVOLVE), run(DEVOLVE, parameters=free)
    assert dear.harm.mean() > 1.2 * cheap.harm.mean()
    assert dear.inequity.mean() > cheap.inequity.mean() + 0.1
    assert dear.inequity.mean() > run(DEFAULT).inequity.mean() + 0.4
    # It is still far better for patients on the whole than not devolving.
    assert nearly_always(dear.harm < run(DEFAULT).harm)
    assert np.array_equal(run(DEFAULT).trust, run(DEFAULT, parameters=free).trust)
    # The more is devolved, the further the worst ward falls behind; comparing notes helps.
    worst = [run(Policy(devolve=d, explain=1.0)).inequity.mean() for d in (0.15, 0.45, 1.0)]
    assert worst == sorted(worst)
    all_in = Policy(devolve=1.0, explain=1.0)
    assert run(dataclasses.replace(all_in, integrate=0.8)).harm.mean() < run(all_in).harm.mean()


def forgone(parameters: Parameters, together: float) -> tuple[np.ndarray, np.ndarray]:
    """Each policy's losses against the best of the grid, measure by measure: the share it forgoes
    of what could be gained over the default. Measures: harm, backlog, control of each level."""
    grid = [
        Policy(alpha, listen, explain, devolve, integrate=together)
        for alpha, listen, explain, devolve in itertools.product(
            (0.0, 0.1, 0.25, 0.5, 0.75, 0.9),
            (0.05, 0.3),
            (0.0, 0.3, 0.6, 1.0),
            (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0),
        )
    ]

    def measures(policy: Policy) -> list[float]:
        r = simulate(policy, range(40), parameters=parameters)
        return [r.harm.mean(), r.backlog[:, -1].mean(), *-last_control(r).mean(axis=0)]

    found = np.array([measures(policy) for policy in grid])
    best = found.min(axis=0)
    return found, (found - best) / (np.array(measures(DEFAULT)) - best)


@pytest.mark.parametrize(("together", "at_least"), [(0.1, 0.3), (0.8, 0.15)])
def test_no_policy_is_best_at_everything_nor_nearly(together, at_least):
    """336 policies of tops, 40 seeds each. Whatever they decide, they give up on something at
    least this share of what can be gained over the default: 37% at the default, 21% where middles
    work together."""
    found, loss = forgone(USUAL, together)
    assert not (found == found.min(axis=0)).all(axis=1).any()
    assert loss.max(axis=1).min() > at_least


def test_without_the_price_one_policy_would_win_nearly_everything():
    _, loss = forgone(Parameters(drift=0), 0.1)
    assert loss.max(axis=1).min() < 0.06


# 8: chance, and screens.


def test_one_seed_gives_one_run_alone_or_in_company():
    many, alone = simulate(MIXED, range(30)), simulate(MIXED, [7])
    for field in dataclasses.fields(Runs):
        whole = getattr(many, field.name)
        if isinstance(whole, np.ndarray) and len(whole) == 30:
            assert np.array_equal(whole[7], getattr(alone, field.name)[0]), field.name
    assert not np.array_equal(many.trust[7], many.trust[8])


def test_deciding_round_by_round_never_changes_the_past():
    five = simulate([DEFAULT, HEROIC, DEFAULT, EXPLAIN, DEVOLVE], [3, 4])
    assert five.trust.shape[1] == 5
    six = simulate([DEFAULT, HEROIC, DEFAULT, EXPLAIN, DEVOLVE, TARGETS], [3, 4])
    assert np.array_equal(five.trust, six.trust[:, :5])
    assert np.array_equal(
        simulate(DEFAULT, [3], rounds=MAX_ROUNDS).control[:, :12], simulate(DEFAULT, [3]).control
    )


def test_two_policies_meet_the_same_weather(run):
    assert np.array_equal(run(DEFAULT).demand, run(HEROIC).demand)


ROLES = ("top", "middle", "bottom", "patient")
SHOWN = {
    TopScreen: {"round", "demand", "backlog", "passed_up", "heard", "completion"},
    MiddleScreen: {
        "round", "ward", "directives", "requests", "carried_out", "other_requests",
    },
    BottomScreen: {
        "round", "ward", "open_problems", "patients_say", "directives", "reasons_given",
    },
    PatientScreen: {"round", "ward", "wait", "harm", "patients_say", "carer_says"},
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_a_screen_holds_plain_values_and_only_what_its_role_may_see(run, role):
    shown = screen(run(DEFAULT), role, 5, ward=2)
    assert {field.name for field in dataclasses.fields(shown)} == SHOWN[type(shown)]
    for value in vars(shown).values():
        for part in value if isinstance(value, tuple) else (value,):
            assert type(part) in (int, float, str, bool, type(None))
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.round = 1


def may_be_read(role: str, t: int, ward: int) -> dict[str, tuple]:
    """The places of the books that each role's screen may depend on, after round t + 1."""
    return {
        "top": {
            "demand": (t,),
            "backlog": (t - 1,),
            "passed_up": (t - 1,),
            "heard": (t - 1,),
            "carried_out": (t - 1,),
        },
        "middle": {"directives": (t,), "raised": (t, ward), "carried_out": (t, ward)},
        "bottom": {"open_problems": (t, ward), "directives": (t,)},
        "patient": {
            "open_problems": (slice(t + 1), ward),
            "fixed": (t, ward),
            "solved": (t, ward),
        },
    }[role]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("at_round", [2, 7, 12])
def test_nothing_hidden_can_change_a_screen(run, role, at_round):
    """Everything the role may not see is replaced by nonsense: the screen stays the same."""
    real, ward, rng = run(DEFAULT), 1, np.random.default_rng(9)
    visible = may_be_read(role, at_round - 1, ward)
    nonsense = {}
    for field in dataclasses.fields(Runs):
        books = getattr(real, field.name)
        if not isinstance(books, np.ndarray) or field.name == "together":
            continue
        nonsense[field.name] = 50 * rng.random(books.shape)
        if field.name in visible:
            where = (3, *visible[field.name])
            nonsense[field.name][where] = books[where]
    scrambled = dataclasses.replace(real, **nonsense)
    assert screen(scrambled, role, at_round, ward, run=3) == screen(real, role, at_round, ward, 3)
    # And the test would notice: what may be seen does change it.
    for name in visible:
        changed = dataclasses.replace(real, **{name: getattr(real, name) * 0.5 + 7})
        if (role, name) != ("top", "carried_out"):
            assert screen(changed, role, at_round, ward, 3) != screen(real, role, at_round, ward, 3)


def test_the_tops_screen_is_one_round_late(run):
    r = run(DEFAULT)
    first, second = screen(r, "top", 1), screen(r, "top", 2)
    assert (first.backlog, first.passed_up, first.heard, first.completion) == (None,) * 4
    assert second.backlog == round(r.backlog[0, 0], 1)
    assert second.passed_up == tuple(round(float(x), 1) for x in r.passed_up[0, 0])
    assert second.completion in LIGHTS
    lights = [
        screen(dataclasses.replace(r, carried_out=np.full_like(r.carried_out, k)), "top", 2)
        for k in (0.39, 0.4, 0.59, 0.6)
    ]
    assert [light.completion for light in lights] == ["red", "amber", "amber", "green"]


def test_middles_see_each_other_and_bottoms_see_reasons_only_when_somebody_acts_so(run):
    assert screen(run(DEFAULT), "middle", 3).other_requests is None
    others = screen(run(TOGETHER), "middle", 3, ward=1).other_requests
    assert others == tuple(round(float(x), 1) for x in run(TOGETHER).raised[0, 2, [0, 2, 3]])
    assert not screen(run(DEFAULT), "bottom", 3).reasons_given
    assert screen(run(EXPLAIN), "bottom", 3).reasons_given


def test_patients_say_more_the_longer_they_wait(run):
    said = []
    for problems in (1.9, 2.0, 5.0, 9.0):
        books = np.full_like(run(DEFAULT).open_problems, problems)
        shown = screen(dataclasses.replace(run(DEFAULT), open_problems=books), "bottom", 1)
        said.append(shown.patients_say)
    assert said == list(PATIENTS_SAY)


def test_one_ward_can_be_played_while_the_others_follow(run):
    plain = simulate(DEFAULT, [1, 2])
    same = simulate(DEFAULT, [1, 2], own=Own(2))
    assert np.array_equal(plain.trust, same.trust)
    mine = simulate(DEFAULT, [1, 2], own=Own(2, pass_up=1.0))
    other_wards = [0, 1, 3]
    assert (mine.passed_up[:, 0, 2] > plain.passed_up[:, 0, 2]).all()
    assert np.array_equal(mine.passed_up[:, 0, other_wards], plain.passed_up[:, 0, other_wards])
    assert (mine.solved[:, 0, 2] > plain.solved[:, 0, 2]).all()
    silent = simulate(DEFAULT, [1, 2], own=Own(0, speak=0.0))
    assert (silent.raised[:, :, 0] == 0).all()
    late = simulate([DEFAULT] * 3, [1], own=[Own(1), Own(1), Own(1, integrate=1.0)])
    assert late.together[:, 1].tolist() == [0.1, 0.1, 1.0]
    assert screen(late, "middle", 2, ward=1).other_requests is None
    assert screen(late, "middle", 3, ward=1).other_requests is not None
    assert screen(late, "middle", 3, ward=0).other_requests is None


# 9: not a matter of one number.

NUMBERS = [field.name for field in dataclasses.fields(Parameters)]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_the_pattern_survives_a_fifth_more_or_less_of_any_constant(name, factor):
    """Every constant of the model, not only twelve. 40 seeds each."""
    shifted = dataclasses.replace(USUAL, **{name: getattr(USUAL, name) * factor})
    r = simulate(DEFAULT, range(40), parameters=shifted)
    assert tribes_form(r)
    assert bottoms_fare_worst(r)
    assert nearly_always(rediscovered(r, 40) >= 0.8)
    null = simulate(DEFAULT, range(40), parameters=shifted, structure="null")
    assert np.abs(null.tribe_index[:, -1]).max() < 0.03
    assert abs(rediscovered(null, 40).mean()) < 0.07


# The table above.


@pytest.mark.parametrize(
    ("policy", "how", "tribe", "control", "harm", "backlog"),
    [
        (DEFAULT, {}, 0.36, (0.36, 0.24, 0.11), 83, 2.4),
        (EXPLAIN, {}, 0.27, (0.38, 0.24, 0.10), 84, 2.3),
        (LISTEN_AND_IGNORE, {}, 0.37, (0.32, 0.18, 0.02), 116, 2.9),
        (LISTEN_AND_IGNORE, {"unanswered_penalty": False}, 0.36, (0.37, 0.21, 0.05), 113, 2.3),
        (LISTEN_AND_ACT, {}, 0.25, (0.03, 0.07, 0.05), 58, 13.7),
        (HEROIC, {}, 0.29, (0.02, 0.20, 0.40), 25, 15.8),
        (TOGETHER, {}, 0.35, (0.42, 0.29, 0.16), 67, 1.9),
        (TARGETS, {}, 0.40, (0.33, 0.18, 0.03), 136, 2.6),
        (DEVOLVE, {"parameters": Parameters(drift=0)}, 0.19, (0.60, 0.66, 0.71), 26, 0.8),
        (DEFAULT, {"structure": "null"}, 0.00, (0.29, 0.29, 0.29), 76, 1.6),
        (DEFAULT, {"structure": "equal contact"}, 0.42, (0.36, 0.24, 0.11), 83, 2.4),
    ],
)
def test_the_table_of_the_first_implementation_is_met(
    run, policy, how, tribe, control, harm, backlog
):
    r = run(policy, **how)
    assert r.tribe_index[:, -1].mean() == pytest.approx(tribe, abs=0.065)
    assert last_control(r).mean(axis=0) == pytest.approx(control, abs=0.04)
    assert r.harm.mean() == pytest.approx(harm, rel=0.05)
    assert r.backlog[:, -1].mean() == pytest.approx(backlog, rel=0.05, abs=0.25)


# What a fellow works out by hand, refusals, edges, speed.


def test_the_tribe_index_can_be_worked_out_by_hand():
    trust = np.array([[9.0, 0.8, 0.3], [0.6, 9.0, 0.4], [0.2, 0.5, 9.0]])
    # Within: A→B 0.8, B→A 0.6. Between: 0.3, 0.4, 0.2, 0.5.
    assert tribe_index(trust, [0, 0, 1]) == pytest.approx(0.7 - 0.35)
    assert tribe_index(np.stack([trust, trust]), ["x", "x", "y"]).shape == (2,)
    with pytest.raises(ValueError, match=r"trust is 3 by 3; it must be 2 by 2"):
        tribe_index(trust, [0, 1])
    for hopeless in ([0, 1, 2], [0, 0, 0]):
        with pytest.raises(ValueError, match="two people on one level"):
            tribe_index(trust, hopeless)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Policy)])
def test_a_wrong_policy_is_refused_in_a_sentence(name):
    for wrong in (-0.1, 1.1, float("nan"), "all", True):
        sentence = f"{name} is {wrong!r}; it must be a number from 0 to 1."
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            Policy(**{name: wrong})


def test_other_mistakes_are_refused_in_a_sentence(run):
    for mistake, sentence in (
        (lambda: Own(4), "ward is 4; it must be a whole number from 0 to 3."),
        (lambda: Own(0, speak=2), "speak is 2; it must be a number from 0 to 1."),
        (lambda: simulate(DEFAULT, []), "seeds is empty; at least one is needed."),
        (lambda: simulate([], [1]), "policies has 0 rounds; it must have from 1 to 24."),
        (lambda: simulate(DEFAULT, [1], rounds=25), "rounds is 25; it must be a whole number"),
        (lambda: simulate(DEFAULT, [1], structure="flat"), "structure is 'flat'; it must be"),
        (lambda: simulate(DEFAULT, [1], temperament=np.zeros(3)), "temperament has shape (3,)"),
        (lambda: simulate(DEFAULT, [1], own=[Own(0)]), "own has 1 rounds; it must have 12"),
        (lambda: screen(run(DEFAULT), "nurse", 1), "role is 'nurse'; it must be"),
        (lambda: screen(run(DEFAULT), "top", 13), "at_round is 13; it must be"),
        (lambda: screen(run(DEFAULT), "bottom", 1, ward=4), "ward is 4; it must be"),
        (lambda: Parameters(noise=-1), "noise is -1; it must be"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
            mistake()


def test_the_edges_of_every_lever_run():
    for levers in itertools.product((0.0, 1.0), repeat=7):
        r = simulate(Policy(*levers), [1, 2], rounds=MAX_ROUNDS)
        for name in ("control", "anger", "trust", "carried_out", "blindness"):
            array = getattr(r, name)
            assert np.isfinite(array).all()
            assert array.min() >= -1e-9
            assert array.max() <= 1 + 1e-9
        assert r.open_problems.min() >= -1e-9
        assert r.backlog.min() >= -1e-9
        for role in ROLES:
            screen(r, role, MAX_ROUNDS)


def test_it_is_quick_enough_to_play():
    start = time.perf_counter()
    simulate(DEFAULT, [1])
    single = time.perf_counter()
    simulate(DEFAULT, SEEDS)
    assert single - start < 0.2
    assert time.perf_counter() - single < 1


def test_importing_the_model_brings_numpy_and_nothing_else_of_weight():
    code = (
        "import sys; import course.exercises.two_hour_organisation.model; "
        "print([m for m in ('ipywidgets', 'altair', 'pydantic', 'pandas', 'scipy', 'sklearn') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
