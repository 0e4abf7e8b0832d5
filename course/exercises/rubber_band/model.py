"""The rubber band: goodwill as a stock that is drawn on, mends slowly and can snap.

A reading tells how a service turns again and again to its most willing people, until the band of
their goodwill gives way and they, and perhaps others, are lost to it (Kar, BMJ 2022). The model
turns that one image into rules that can be read, run and doubted.

**The people.** Sixty clinicians. Each has a willingness to say yes, a limit, and a stretch that
starts at nothing. At any time each of them is in one of four places: *active*; *absent* (here,
but saying no to everything for half a year); *left* for good; or *in training* (a replacement who
is on the way). The four always add up to sixty.

**A week.**

1. Extra work is asked for: so many asks. Each ask goes either to one of the keen (the more often
   someone has said yes of late, the likelier they are to be asked) or to anyone at random.
2. The person says yes with a chance of willingness × (0.4 + 0.6 × room left in the band), and a
   loud appeal adds to that chance. Somebody asked twice in a week answers both as they felt on
   the Monday.
3. A yes gives up to one unit of work, less when tired, never under 0.3; and it stretches the
   band by 0.22, less if the work is rewarded.
4. Rest: a tenth of the stretch goes each week, more with protected time.
   An appeal raises yeses. It never raises recovery.
5. A band may snap. The chance is tiny below six tenths of the limit and climbs steeply above.
   Of those whose band snaps, four in ten leave; fewer than a third of those are ever replaced,
   and only after half a year. The others say no to everything for half a year and come back half
   as willing. Each snap makes everyone else a little less willing; that mends only slowly.

**What the player sees** is `Seen`: work delivered, who is still there to ask, and rumours. The
stretch and the limits stay hidden until the debrief, as they do in life.

**How far to trust it.** The shape has precedents: a limit on sustained effort, as in Homer's
model of worker burnout (1985); demands, resources and recovery, as in the job demands-resources
model; reward against effort, as in effort-reward imbalance. The *numbers* are illustrative. They
are chosen so that a two-year story fits on one screen and are calibrated on no NHS data. A
result about direction (who is asked matters more than how loudly) is worth discussing; a
result about size ("five times the snaps") belongs to these numbers only.

**Chance.** Everything random is drawn from the seed before the first week and does not depend on
the settings, so two policies under one seed meet the same people and the same luck; a run of 52
weeks is the first half of the run of 104; and a seed gives the same run alone or among 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MAX_ASKS = 120
MAX_WEEKS = 260
RUMOURS = ("quiet", "some", "many")
"""What a number in `Seen.rumours` means: how much talk of tiredness reaches you."""

_ACTIVE, _ABSENT, _LEFT, _IN_TRAINING = range(4)
_PEOPLE_MET = 6


def _check(name: str, found: object, low: float, high: float) -> None:
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not number or not low <= found <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {found!r}; it must be a number from {low:g} to {high:g}.")


def _check_whole(name: str, found: object, low: int, high: int) -> None:
    whole = isinstance(found, (int, np.integer)) and not isinstance(found, bool)
    if not whole or not low <= found <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {found!r}; it must be a whole number from {low} to {high}.")


def _sums(weekly: Floats) -> Floats:
    total: Floats = weekly.sum(axis=1)
    return total


@dataclass(frozen=True)
class Settings:
    """What the player decides."""

    asks: int = 20
    """How many times a week somebody is asked to do a bit more (0 to 120)."""
    keen: float = 0.0
    """The share of asks that go to those who have said yes; the rest go to anyone (0 to 1)."""
    appeal: float = 0.25
    """How loud the call on goodwill is (0 to 1). 0.25 is an ordinary email; 0.9 a campaign."""
    protected: float = 0.0
    """Protected time (0 none, 1 all that is asked for): people recover up to 2.5 times faster."""
    reward: float = 0.0
    """Pay or recognition for the work (0 none, 1 full): each yes stretches the band less."""

    def __post_init__(self) -> None:
        _check_whole("asks", self.asks, 0, MAX_ASKS)
        for name in ("keen", "appeal", "protected", "reward"):
            _check(name, getattr(self, name), 0, 1)


@dataclass(frozen=True)
class Parameters:
    """The constants. All are illustrative: chosen for a readable story, fitted to no data."""

    people: int = 60
    limit_mean: float = 1.0
    """The average limit. It sets the unit of stretch: 1 is an average person's limit.
    `math.inf` means people without a limit."""
    limit_sd: float = 0.2
    limit_least: float = 0.4
    willing_a: float = 3.0
    willing_b: float = 3.0
    """Willingness is drawn from Beta(a, b): from 0 to 1, mostly in the middle, mean 0.5."""

    yes_when_spent: float = 0.4
    """A person with no room left says yes with this share of their willingness."""
    work_lost_to_stretch: float = 0.5
    work_least: float = 0.3
    """A yes gives 1 − 0.5 × stretch/limit units of work, never less than 0.3."""

    preference: float = 1.5
    """Above 1, so that those who said yes a little more are asked a lot more."""
    memory_kept: float = 0.95
    """Share of past yeses still remembered a week later: half is forgotten in three months."""
    stranger: float = 0.05
    """What someone who has never said yes counts for, in remembered yeses."""

    stretch_per_yes: float = 0.22
    reward_relief: float = 0.6
    """Full reward takes away this share of the stretch of a yes."""
    recovery: float = 0.10
    """Share of the stretch that goes in a week."""
    protected_gain: float = 1.5
    """Full protected time adds this many times the recovery again."""

    knee: float = 0.6
    """The share of the limit at which snapping becomes likely enough to matter."""
    snap_rate: float = 0.002
    """Chance of a snap in a week at the knee."""
    snap_steepness: float = 6.0
    """How fast that chance climbs beyond the knee."""
    leaves: float = 0.4
    """Share of those whose band snaps who leave."""
    replaced: float = 0.3
    """Share of leavers who are replaced; up to twice as many where work is rewarded."""
    weeks_away: int = 26
    """How long an absence lasts, and how long a replacement takes."""
    return_willing: float = 0.5
    """Share of their willingness with which an absent person comes back."""
    contagion: float = 0.03
    """Share of everyone else's willingness that goes with each snap."""
    mending: float = 0.004
    """Share of the lost willingness regained in a week without snaps: years, not weeks."""

    def __post_init__(self) -> None:
        _check_whole("people", self.people, 1, 1000)
        _check_whole("weeks_away", self.weeks_away, 1, MAX_WEEKS)
        shares = (
            "yes_when_spent", "work_least", "memory_kept", "reward_relief", "recovery",
            "snap_rate", "leaves", "replaced", "return_willing", "contagion", "mending",
        )  # fmt: skip
        above_nothing = ("limit_mean", "limit_least", "willing_a", "willing_b", "stranger")
        for field in fields(self):
            found = getattr(self, field.name)
            if field.name in shares:
                _check(field.name, found, 0, 1)
            elif field.name not in ("people", "weeks_away"):
                _check(field.name, found, 0, float("inf"))
                if field.name in above_nothing and found == 0:
                    raise ValueError(f"{field.name} is {found!r}; it must be above 0.")


Plan = Settings | Sequence[tuple[int, Settings]]
"""Settings kept throughout, or settings that change: `[(0, first), (52, second)]`."""


@dataclass(frozen=True)
class Seen:
    """What the player may see while playing. Nothing here tells stretch or limits."""

    work: Floats
    """Work delivered each week."""
    willing: Ints
    """How many can still be asked each week."""
    rumours: Ints
    """Talk of tiredness each week, from the six people you happened to meet: see `RUMOURS`."""


@dataclass(frozen=True)
class Runs:
    """What happened. Every array is (runs, weeks); the totals are one number a run."""

    seeds: tuple[int, ...]
    work: Floats
    yeses: Ints
    active: Ints
    absent: Ints
    left: Ints
    in_training: Ints
    snaps: Ints
    mean_stretch: Floats
    """Mean stretch over limit of those active. Hidden until the debrief."""
    rumours: Ints

    @property
    def work_total(self) -> Floats:
        return _sums(self.work)

    @property
    def first_26(self) -> Floats:
        """Work in the first half-year."""
        return _sums(self.work[:, :26])

    @property
    def last_26(self) -> Floats:
        """Work in the last half-year."""
        return _sums(self.work[:, -26:])

    @property
    def snaps_total(self) -> Ints:
        totals: Ints = self.snaps.sum(axis=1)
        return totals

    @property
    def lost(self) -> Ints:
        """People gone for good, with nobody coming, at the end."""
        return self.left[:, -1]

    @property
    def seen(self) -> Seen:
        return Seen(work=self.work, willing=self.active, rumours=self.rumours)


@dataclass(frozen=True)
class _Luck:
    """Everything random, drawn before the first week. Weekly arrays are (runs, weeks, ...)."""

    limit: Floats  # (runs, generations, people)
    willing: Floats
    whom: Floats
    answer: Floats
    snap: Floats
    leave: Floats
    replace: Floats
    met: Floats
    says: Floats


def _draw(seeds: Sequence[int], weeks: int, p: Parameters) -> _Luck:
    # Two things to keep if this is changed. The people come first and are as many as ever could
    # be needed, and the weeks come from one call, row by row: so a longer run begins with the
    # shorter one. And room is drawn for the most asks allowed: so the number of asks, which is
    # the player's, does not shift anyone's luck.
    n = p.people
    columns = {
        "whom": MAX_ASKS, "answer": MAX_ASKS, "snap": n, "leave": n, "replace": n,
        "met": _PEOPLE_MET, "says": _PEOPLE_MET,
    }  # fmt: skip
    generations = 1 + MAX_WEEKS // (p.weeks_away + 1)
    normal = np.empty((len(seeds), generations, n))
    willing = np.empty((len(seeds), generations, n))
    weekly = np.empty((len(seeds), weeks, sum(columns.values())))
    for run, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        normal[run] = rng.standard_normal((generations, n))
        willing[run] = rng.beta(p.willing_a, p.willing_b, (generations, n))
        rng.random(out=weekly[run])
    limit = np.maximum(p.limit_least, p.limit_mean + p.limit_sd * normal)
    ends = np.cumsum(list(columns.values()))[:-1]
    parts = np.split(weekly, ends, axis=2)
    return _Luck(limit, willing, **dict(zip(columns, parts, strict=True)))


def _settings_by_week(plan: Plan, weeks: int) -> list[Settings]:
    steps = [(0, plan)] if isinstance(plan, Settings) else list(plan)
    starts = [start for start, _ in steps]
    if not steps or starts[0] != 0 or any(b <= a for a, b in pairwise(starts)):
        raise ValueError(
            f"The plan's weeks are {starts}; they must begin with 0 and each be later than the one "
            "before."
        )
    by_week = [steps[0][1]] * weeks
    for start, settings in steps:
        by_week[start:] = [settings] * len(by_week[start:])
    return by_week


def _chance_of_yes(willing: Floats, room: Floats, appeal: float, p: Parameters) -> Floats:
    felt = p.yes_when_spent + (1 - p.yes_when_spent) * room
    return np.clip(willing * (felt + appeal), 0, 1)


def _who_is_asked(s: Settings, active: Bools, memory: Floats, luck: Floats, p: Parameters) -> Ints:
    """The person each ask goes to; `people` (one past the last) where nobody is left to ask."""
    keen = np.where(active, (p.stranger + memory) ** p.preference, 0.0)
    anyone = active.astype(np.float64)
    share = [
        weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300) for weight in (keen, anyone)
    ]
    ladder = np.cumsum(s.keen * share[0] + (1 - s.keen) * share[1], axis=1)
    # One row at a time in effect (no offsets between runs), so that a run does not depend, even
    # in the last bit, on which other runs are beside it.
    target = luck * ladder[:, -1:]
    whom: Ints = (ladder[:, None, :] <= target[:, :, None]).sum(axis=2)
    return whom


def simulate(
    plan: Plan,
    seeds: Sequence[int],
    weeks: int = 104,
    parameters: Parameters = Parameters(),
) -> Runs:
    """Run the plan once for each seed, all together."""
    p = parameters
    _check_whole("weeks", weeks, 1, MAX_WEEKS)
    if not seeds:
        raise ValueError("seeds is empty; at least one is needed.")
    for seed in seeds:
        _check_whole("seed", seed, 0, 2**63 - 1)
    by_week = _settings_by_week(plan, weeks)
    luck = _draw(seeds, weeks, p)

    runs, n = len(seeds), p.people
    shape = (runs, n)
    first_seat = np.arange(runs)[:, None] * n
    place = np.full(shape, _ACTIVE)
    timer = np.zeros(shape, dtype=np.int64)
    generation = np.zeros(shape, dtype=np.int64)
    stretch, memory = np.zeros(shape), np.zeros(shape)
    limit, usual = luck.limit[:, 0].copy(), luck.willing[:, 0].copy()
    willing = usual.copy()

    def counts() -> Ints:
        return np.zeros((runs, weeks), dtype=np.int64)

    work, mean_stretch = np.zeros((runs, weeks)), np.zeros((runs, weeks))
    yeses, snaps, rumours = counts(), counts(), counts()
    places = np.zeros((4, runs, weeks), dtype=np.int64)

    for week, s in enumerate(by_week):
        # Who is back, and who is new.
        timer = np.maximum(0, timer - 1)
        back = (place == _ABSENT) & (timer == 0)
        new = (place == _IN_TRAINING) & (timer == 0)
        willing = np.where(back, willing * p.return_willing, willing)
        if new.any():
            generation = generation + new
            seat = generation[:, None, :]
            limit = np.take_along_axis(luck.limit, seat, axis=1)[:, 0]
            usual = np.take_along_axis(luck.willing, seat, axis=1)[:, 0]
            willing = np.where(new, usual, willing)
            memory = np.where(new, 0.0, memory)
        stretch = np.where(back | new, 0.0, stretch)
        place = np.where(back | new, _ACTIVE, place)
        active = place == _ACTIVE

        # Asking, answering, working.
        tight = stretch / limit
        chance = _chance_of_yes(willing, np.maximum(0, 1 - tight), s.appeal, p)
        gives = np.maximum(p.work_least, 1 - p.work_lost_to_stretch * tight)
        whom = _who_is_asked(s, active, memory, luck.whom[:, week, : s.asks], p)
        somebody = whom < n
        whom = np.minimum(whom, n - 1)
        says_yes = somebody & (
            luck.answer[:, week, : s.asks] < np.take_along_axis(chance, whom, axis=1)
        )
        said = np.bincount((first_seat + whom)[says_yes], minlength=runs * n).reshape(shape)
        yeses[:, week] = said.sum(axis=1)
        work[:, week] = (said * gives).sum(axis=1)
        memory = (memory + said) * p.memory_kept
        stretch = stretch + said * p.stretch_per_yes * (1 - p.reward_relief * s.reward)

        # Rest, then the strain that rest did not take away.
        recovery = min(1.0, p.recovery * (1 + p.protected_gain * s.protected))
        stretch = stretch * (1 - recovery)
        tight = stretch / limit
        # The exponent is held at 50, where the chance is long past certain, to stay a number.
        hazard = p.snap_rate * np.exp(np.minimum(p.snap_steepness * (tight - p.knee), 50))
        snap = active & (tight > 0) & (luck.snap[:, week] < hazard)
        leaves = snap & (luck.leave[:, week] < p.leaves)
        comes = leaves & (luck.replace[:, week] < p.replaced * (1 + s.reward))
        place = np.where(snap, _ABSENT, place)
        place = np.where(leaves, _LEFT, place)
        place = np.where(comes, _IN_TRAINING, place)
        timer = np.where(snap, p.weeks_away, timer)

        # The others notice.
        how_many = snap.sum(axis=1, keepdims=True)
        willing = np.where(snap, willing, willing * (1 - p.contagion) ** how_many)
        quiet = how_many == 0
        willing = np.where(quiet, willing + p.mending * (usual - willing), willing)

        # What is counted, and what is heard in the corridor.
        snaps[:, week] = how_many[:, 0]
        for where in range(4):
            places[where, :, week] = (place == where).sum(axis=1)
        here = place == _ACTIVE
        there = np.maximum(1, here.sum(axis=1))
        mean_stretch[:, week] = np.where(here, tight, 0.0).sum(axis=1) / there
        met = (luck.met[:, week] * n).astype(np.int64)
        complaint = np.where(here, tight, 0.0)
        heard = (luck.says[:, week] < np.take_along_axis(complaint, met, axis=1)).sum(axis=1)
        rumours[:, week] = np.where(heard == 0, 0, np.where(heard <= 2, 1, 2))

    for array in (work, mean_stretch, yeses, snaps, rumours, places):
        array.flags.writeable = False
    return Runs(
        seeds=tuple(int(seed) for seed in seeds),
        work=work,
        yeses=yeses,
        active=places[_ACTIVE],
        absent=places[_ABSENT],
        left=places[_LEFT],
        in_training=places[_IN_TRAINING],
        snaps=snaps,
        mean_stretch=mean_stretch,
        rumours=rumours,
    )


def safe_rate(settings: Settings, parameters: Parameters = Parameters()) -> float:
    """Asks a week that hold an average person at the knee, if asks are spread evenly.

    A fellow needs to be told seven numbers: 60 people; recovery 0.10 a week; the knee at 0.6 of
    the limit; an average limit of 1; 0.22 of stretch for a yes; average willingness 0.5; and an
    appeal of 0.25. Then:

    1. *Chance of a yes at the knee.* At the knee 0.6 of the band is used, so the room is 0.4.
       p = 0.5 × (0.4 + 0.6 × 0.4 + 0.25) = 0.5 × 0.89 = 0.445.
    2. *Stretch that rest can carry.* Someone at 0.6 at the end of each week was at
       0.6 ÷ (1 − 0.10) = 0.667 before the rest: 0.067 a week is what rest takes away, and so
       what may be added.
    3. *Yeses a week* that add this much: 0.067 ÷ 0.22 = 0.303 a person.
    4. *Asks* that give so many yeses: 60 × 0.303 ÷ 0.445 = 40.9. About 40 a week.

    In one line: a* = N · ρ · θ · L ÷ (u · p · (1 − ρ))
    = 60 × 0.10 × 0.6 × 1 ÷ (0.22 × 0.445 × 0.90) = 3.6 ÷ 0.0881 = 40.9.

    With protected time ρ is 0.10 × (1 + 1.5 × protected); with reward u is
    0.22 × (1 − 0.6 × reward). `keen` plays no part: the sum is for an average person, and asking
    the keen means that there is none. It is a ceiling and not a target, for the same reason: at
    the rate that holds the average at the knee, about half would be beyond it.
    """
    p, s = parameters, settings
    recovery = p.recovery * (1 + p.protected_gain * s.protected)
    stretch = p.stretch_per_yes * (1 - p.reward_relief * s.reward)
    willing = np.array(p.willing_a / (p.willing_a + p.willing_b))
    yes = float(_chance_of_yes(willing, np.array(1 - p.knee), s.appeal, p))
    free = stretch * yes * (1 - recovery)
    return p.people * recovery * p.knee * p.limit_mean / free if free > 0 else float("inf")
