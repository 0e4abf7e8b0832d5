"""The two-hour organisation: one psychology, three positions, twelve rounds of ten minutes.

A reading tells of an imaginary organisation run for two hours by people told to be its tops,
middles and bottoms: how quickly tribes formed, how high feelings ran, and how the bottoms felt
disempowered and angry (guest blog, King's Fund, 2016). The pattern was described by Barry Oshry,
whose account of tops, middles, bottoms and those they serve is gratefully followed here; nothing
of his materials is used. A comment under the blog objects that the exercise had no patients and
carers in it. This one has.

**Who.** Three tops; four wards, each with one middle and four bottoms; and each ward's patients
and carers. All twenty-three have *the same psychology*: the same start, the same rules. They
differ in three tables only: who meets whom (contact), who holds what and may act on it
(authority), and who hears what and when (information). No rule of control, anger or trust knows
which level a person is on. Whatever tells the levels apart at the end came out of the tables.

**A round.**

1. *The world.* Demand reaches the tops and joins their backlog. New problems reach each ward.
2. *Speaking.* Bottoms raise a share of their ward's problems: a smaller one the less control
   they feel.
3. *Fixing.* A ward fixes some itself: more with effort, which follows felt control; more where
   authority is devolved; more where middles work together.
4. *Passing up.* Middles pass on a share of what was raised.
5. *Tops' attention.* Time on the floor, explaining and a long backlog eat it. Part of what is
   left goes to ward problems they know of, the rest turns demand into directives.
6. *Directives.* They are carried out according to the wards' effort. They are carried out less,
   and make new ward problems, the more the tops are blind to the wards. Devolved authority
   without explanation carries them out less too.
7. *Control.* Everyone asks the same question: **of the matters I hold, what share moved this
   round?** Felt control goes part of the way to the answer. Anger grows where less than half
   moved, and fades.
8. *Trust.* Where two people hold the same kind of matter, trust goes towards how alike they feel.
   Elsewhere it goes towards what each can see was done about what they needed, with some benefit
   of the doubt where there is explaining and listening. The more contact, the faster.

**The price of devolving.** In the first version of this model devolved authority with
explanation won nearly everything. In life it has a price: practice drifts apart between wards.
So authority devolved beyond the ordinary makes each ward's way of fixing wander, some for better
and some for worse, and less where middles work together. Wards still gain on the whole, but less,
and the worst ward falls further behind the rest, though it too is better off than before. See
`Parameters.drift` and `Runs.inequity`.

**An assumption of ours**, which can be switched off: being asked on the floor and then left
without an answer costs felt control (`unanswered_penalty`).

**How far to trust it.** It illustrates an account; it is calibrated on no NHS data. Numbers of
ours were chosen so that two hours fit on one screen. With demand and arrivals half as high again
everything saturates: nobody feels in control and everyone is angry. Directions that survive a
change of a fifth in any one constant, and of seed, are worth talking about.

**Chance.** Everything random is drawn from the seed before the first round and does not depend on
policy, so two policies under one seed meet the same weather; playing five rounds and then a
sixth never changes the first five; and a seed gives the same run alone or among 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Structure = Literal["three levels", "null", "equal contact"]
Role = Literal["top", "middle", "bottom", "patient"]

WARDS = 4
LEVELS = ("top", "middle", "bottom")
LEVEL: tuple[int, ...] = (0,) * 3 + (1,) * WARDS + (2,) * (4 * WARDS)
"""The level of each of the 23: an index into `LEVELS`. For building tables and for measuring."""
WARD: tuple[int, ...] = (
    (-1,) * 3 + tuple(range(WARDS)) + tuple(g for g in range(WARDS) for _ in range(4))
)
"""The ward of each of the 23; -1 for those who have none."""
AGENTS = len(LEVEL)
MAX_ROUNDS = 24

# The matters that can be held: the demand on the whole; carrying directives out in each ward;
# each ward's problems.
_DEMAND, _CARRYING, _PROBLEMS = 0, slice(1, 1 + WARDS), slice(1 + WARDS, 1 + 2 * WARDS)
_MATTERS = 1 + 2 * WARDS
_KINDS = np.array([0] + [1] * WARDS + [2] * WARDS)


def _check(name: str, found: object, low: float, high: float) -> None:
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not number or not low <= found <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {found!r}; it must be a number from {low:g} to {high:g}.")


def _check_whole(name: str, found: object, low: int, high: int) -> None:
    whole = isinstance(found, (int, np.integer)) and not isinstance(found, bool)
    if not whole or not low <= found <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {found!r}; it must be a whole number from {low} to {high}.")


@dataclass(frozen=True)
class Policy:
    """What is decided for a round. Each is a share from 0 to 1."""

    alpha: float = 0.25
    """α. Tops: the share of their attention that goes to ward problems; the rest to demand."""
    listen: float = 0.05
    """ℓ. Tops: the share of their time spent on the floor, hearing problems where they are."""
    explain: float = 0.1
    """χ. Tops: how much of the why goes with a directive."""
    devolve: float = 0.15
    """δ. Tops: the authority wards have to fix things themselves. 0.15 is the ordinary."""
    pass_up: float = 0.5
    """φ. Middles: the share of what the ward raised that is passed up."""
    integrate: float = 0.1
    """ι. Middles: how much they work together."""
    speak: float = 0.8
    """σ. Bottoms: how readily they raise what is wrong."""

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), 0, 1)


@dataclass(frozen=True)
class Own:
    """The one ward whose middle or bottoms somebody plays. What is None follows the policy."""

    ward: int
    pass_up: float | None = None
    integrate: float | None = None
    speak: float | None = None

    def __post_init__(self) -> None:
        _check_whole("ward", self.ward, 0, WARDS - 1)
        for name in ("pass_up", "integrate", "speak"):
            if getattr(self, name) is not None:
                _check(name, getattr(self, name), 0, 1)


@dataclass(frozen=True)
class Parameters:
    """The constants. All are illustrative; none is calibrated on data."""

    demand: float = 1.3
    """Demand that reaches the tops in a round, on average."""
    demand_sd: float = 0.3
    demand_least: float = 0.2
    arrivals: float = 1.3
    """New problems a round in each ward, on average (Poisson)."""
    start_problems: float = 3.0
    start_backlog: float = 2.0
    start_spread: float = 0.03
    """Control and trust start at 0.5, give or take this."""

    speak_base: float = 0.4
    speak_control: float = 0.8
    """Share of problems raised: σ × (0.4 + 0.8 × felt control)."""
    effort_base: float = 0.5
    effort_control: float = 0.5
    """Effort: 0.5 + 0.5 × felt control."""
    fix_base: float = 0.3
    fix_devolved: float = 3.0
    fix_together: float = 0.3
    """Problems a ward fixes: (0.3 + 3δ) × effort × (1 + 0.3ι)."""
    pass_together: float = 0.5
    """Middles who work together pass up more: φ + 0.5ι(1 − φ)."""

    drift: float = 1.0
    """How fast wards' ways of fixing wander apart, for each unit of authority devolved beyond
    the ordinary. Ours: the price of devolving. 0 switches it off."""
    drift_kept: float = 0.8
    """Share of that wandering still there a round later."""
    drift_together: float = 0.3
    """Share of it that middles take away by working together fully."""
    ordinary: float = 0.15
    """Authority up to here has no such price, and does not loosen directives."""

    explain_cost: float = 0.25
    backlog_cost: float = 0.04
    attention_least: float = 0.1
    """Attention left to tops: 1 − ℓ − 0.25χ − 0.04 × backlog, at least 0.1."""
    capacity_problems: float = 12.0
    capacity_directives: float = 6.0
    """What full attention would do in a round, of ward problems or of directives."""

    blind_loss: float = 0.5
    blind_explained: float = 0.5
    devolved_loss: float = 0.6
    """Directives carried out: effort × (1 − 0.5μ(1 − 0.5χ)) × (1 − 0.6 max(0, δ − 0.15)(1 − χ))."""
    blind_harm: float = 0.8
    blind_harm_explained: float = 0.3
    """New problems in each ward: 0.8μ × directives to it × (1 − 0.3χ)."""

    learning: float = 0.35
    """How far felt control goes, in a round, towards the share that moved."""
    noise: float = 0.03
    enough: float = 0.5
    """Anger grows where less than this share moved."""
    anger_gain: float = 0.6
    anger_kept: float = 0.8

    trust_speed: float = 0.3
    doubt: float = 0.5
    """Benefit of the doubt: 0.5 × (χ + ℓ) of what is missing."""
    contact_tops: float = 0.7
    contact_ward: float = 0.8
    contact_middles: float = 0.2
    contact_together: float = 0.6
    contact_reporting: float = 0.4
    contact_floor: float = 0.5
    """Each unit of listening brings this much more contact between tops and bottoms."""
    contact_other_wards: float = 0.3
    contact_rest: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), 0, 1000)


@dataclass(frozen=True)
class _Tables:
    """All that tells one position from another. The rules read these and nothing else."""

    # Contact, between 23 and 23.
    contact: Floats
    on_the_floor: Floats  # pairs that listening brings together
    comparing_notes: Floats  # pairs that middles' working together brings together
    # Authority.
    holds: Floats  # 23 by matters: which matters are mine; each row adds to 1
    alike: Bools  # 23 by 23: do we hold the same kinds of matter?
    works: Floats  # wards by 23: whose effort and voice the ward's are; each row adds to 1
    asked: Floats  # 23 by wards: whose problems are asked about on the floor
    leads: Floats  # 23 by wards
    # Information.
    late: Bools  # 23: who hears one round late


def _tables(structure: Structure, p: Parameters) -> _Tables:
    """The only place where levels become differences."""
    level, ward = np.array(LEVEL), np.array(WARD)
    top, middle, bottom = (level == number for number in range(3))
    own = (ward[:, None] == ward) & (ward >= 0)

    def between(a: Bools, b: Bools) -> Bools:
        pairs: Bools = (a[:, None] & b) | (b[:, None] & a)
        return pairs

    in_ward = (ward[:, None] == np.arange(WARDS)).astype(np.float64)
    contact = np.full((AGENTS, AGENTS), p.contact_rest)
    contact[between(top, top)] = p.contact_tops
    contact[between(middle, middle)] = p.contact_middles
    contact[between(top, middle)] = p.contact_reporting
    contact[between(bottom, bottom)] = p.contact_other_wards
    contact[own] = p.contact_ward
    np.fill_diagonal(contact, 0.0)
    others = ~np.eye(AGENTS, dtype=bool)
    floor = np.where(between(top, bottom), p.contact_floor, 0.0)
    notes = np.where(between(middle, middle) & others, p.contact_together, 0.0)

    holds = np.zeros((AGENTS, _MATTERS))
    holds[top, _DEMAND] = 1
    holds[:, _CARRYING] = in_ward * middle[:, None]
    holds[:, _PROBLEMS] = in_ward
    works = in_ward * bottom[:, None]
    late = top

    if structure != "three levels":
        usual = Policy()
        met = contact + usual.listen * floor + usual.integrate * notes
        everyone = met.sum() / (AGENTS * (AGENTS - 1))
        contact = np.where(others, everyone, 0.0)
        floor, notes = np.zeros_like(floor), np.zeros_like(notes)
    if structure == "null":
        holds, works = np.ones_like(holds), np.ones_like(works)
        late = np.zeros(AGENTS, dtype=bool)

    holds = holds / holds.sum(axis=1, keepdims=True)
    kinds = np.stack([holds[:, kind == _KINDS].sum(axis=1) for kind in range(3)], axis=1)
    return _Tables(
        contact=contact,
        on_the_floor=floor,
        comparing_notes=notes,
        holds=holds,
        alike=np.isclose(kinds[:, None], kinds).all(axis=2),
        works=(works / works.sum(axis=0)).T.copy(),
        asked=works / np.maximum(1, works.sum(axis=1, keepdims=True)),
        leads=in_ward * middle[:, None],
        late=late,
    )


# The psychology: one for all. These three rules read the tables and never a level; a test reads
# them to make sure, and another swaps people about to see that nothing else changes.


def share_moved(moved: Floats, holds: Floats, unanswered: Floats, asked: Floats) -> Floats:
    """Of the matters I hold, the share that moved; less what asking without answering costs."""
    mine = _mix(moved, holds) - _mix(unanswered, asked)
    return np.clip(mine, 0.0, 1.0)


def control_after(control: Floats, share: Floats, temperament: Floats, p: Parameters) -> Floats:
    """Felt control goes part of the way to the share that moved. Temperament is the person's."""
    return np.clip(control + p.learning * (share + temperament - control), 0.0, 1.0)


def anger_after(anger: Floats, share: Floats, p: Parameters) -> Floats:
    """Anger fades, and grows where less than enough moved."""
    return np.clip(p.anger_kept * anger + p.anger_gain * np.maximum(0.0, p.enough - share), 0, 1)


def trust_after(
    trust: Floats,
    control: Floats,
    seen: Floats,
    benefit: float,
    contact: Floats,
    alike: Bools,
    p: Parameters,
) -> Floats:
    """Trust goes, with contact, to shared plight among those alike and to what was seen elsewhere.

    `trust[run, i, j]` is i's trust in j; `seen[run, i]` is what i saw done about i's needs.
    """
    shared_plight = 1 - np.abs(control[:, :, None] - control[:, None, :])
    across = seen + benefit * (1 - seen)
    towards = np.where(alike, shared_plight, across[:, :, None])
    after: Floats = trust + p.trust_speed * contact * (towards - trust)
    return after


def _mix(values: Floats, table: Floats) -> Floats:
    """For each run and each row of the table, the values weighted by that row.

    Not a matrix product: its last bits depend on how many runs there are, and a run must be the
    same alone and in company.
    """
    mixed: Floats = (values[:, None, :] * table).sum(axis=-1)
    return mixed


@dataclass(frozen=True)
class Runs:
    """What happened. Arrays begin (runs, rounds); the third axis is wards or the 23 people."""

    seeds: tuple[int, ...]
    policies: tuple[Policy, ...]
    together: Floats
    """How much each ward's middle worked with the others: (rounds, wards)."""
    demand: Floats
    backlog: Floats
    """Outside demands that wait at the end of the round."""
    raised: Floats
    passed_up: Floats
    fixed: Floats
    """Problems fixed by the ward."""
    solved: Floats
    """Problems solved by the tops."""
    heard: Floats
    """Problems the tops heard of on the wards themselves, by listening."""
    open_problems: Floats
    """Problems open in each ward at the end of the round."""
    directives: Floats
    carried_out: Floats
    """The share of directives carried out in each ward."""
    blindness: Floats
    """The share of open problems that the tops do not know of."""
    control: Floats
    anger: Floats
    trust: Floats
    """(runs, rounds, 23, 23): trust of the first in the second."""

    @property
    def harm_by_ward(self) -> Floats:
        """(runs, wards): open problems summed over rounds."""
        harm: Floats = self.open_problems.sum(axis=1)
        return harm

    @property
    def harm(self) -> Floats:
        """(runs,): mean open problems per ward, summed over rounds."""
        harm: Floats = self.harm_by_ward.mean(axis=1)
        return harm

    @property
    def inequity(self) -> Floats:
        """(runs,): harm in the worst ward, as times the average ward's. 1 is all alike."""
        ratio: Floats = self.harm_by_ward.max(axis=1) / np.maximum(self.harm, 1e-9)
        return np.where(self.harm > 0, ratio, 1.0)

    @property
    def tribe_index(self) -> Floats:
        """(runs, rounds)."""
        return tribe_index(self.trust)

    @property
    def control_by_level(self) -> Floats:
        """(runs, rounds, levels), in the order of `LEVELS`."""
        return _by_level(self.control)

    @property
    def disempowerment_by_level(self) -> Floats:
        return 1 - self.control_by_level

    @property
    def anger_by_level(self) -> Floats:
        return _by_level(self.anger)

    @property
    def middle_isolation(self) -> Floats:
        """(runs, rounds): the trust that middles do not have in one another."""
        first = LEVEL.index(1)
        among = self.trust[..., first : first + WARDS, first : first + WARDS]
        off = among[..., ~np.eye(WARDS, dtype=bool)]
        isolation: Floats = 1 - off.mean(axis=-1)
        return isolation


def _by_level(people: Floats) -> Floats:
    level = np.array(LEVEL)
    return np.stack([people[..., level == number].mean(axis=-1) for number in range(3)], axis=-1)


def tribe_index(trust: Floats, level: Sequence[int] = LEVEL) -> Floats:
    """Mean trust within levels less mean trust between them. Trust in oneself does not count.

    By hand, for A and B of one level and C of another: average A→B and B→A; average A→C, C→A,
    B→C and C→B; take the second from the first. 0 is no tribes; from about 0.1 they show.
    """
    levels = np.asarray(level)
    if trust.shape[-2:] != (len(levels), len(levels)):
        raise ValueError(
            f"trust is {trust.shape[-2]} by {trust.shape[-1]}; it must be {len(levels)} by "
            f"{len(levels)}, a row and a column for each level given."
        )
    same = levels[:, None] == levels
    others = ~np.eye(len(levels), dtype=bool)
    if not (same & others).any() or same.all():
        raise ValueError(
            f"level is {list(level)}; it must put two people on one level and one on another."
        )
    within, between = trust[..., same & others], trust[..., ~same]
    index: Floats = within.mean(axis=-1) - between.mean(axis=-1)
    return index


@dataclass(frozen=True)
class _Luck:
    """Everything random, drawn before the first round."""

    control: Floats
    trust: Floats
    demand: Floats
    arrivals: Floats
    drift: Floats
    noise: Floats


def _draw(seeds: Sequence[int], p: Parameters) -> _Luck:
    # Always for the most rounds allowed, whatever is asked for: so that a longer run begins with
    # the shorter one, and somebody who decides round by round never sees the past change.
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn.append(
            (
                0.5 + p.start_spread * rng.standard_normal(AGENTS),
                0.5 + p.start_spread * rng.standard_normal((AGENTS, AGENTS)),
                np.maximum(
                    p.demand_least, p.demand + p.demand_sd * rng.standard_normal(MAX_ROUNDS)
                ),
                rng.standard_normal((MAX_ROUNDS, WARDS)),
                p.noise * rng.standard_normal((MAX_ROUNDS, AGENTS)),
                # Last, for how many draws a Poisson takes depends on its mean.
                rng.poisson(p.arrivals, (MAX_ROUNDS, WARDS)).astype(np.float64),
            )
        )
    control, trust, demand, drift, noise, arrivals = (
        np.stack(part) for part in zip(*drawn, strict=True)
    )
    return _Luck(np.clip(control, 0, 1), np.clip(trust, 0, 1), demand, arrivals, drift, noise)


def _levers(
    policies: Sequence[Policy], own: Own | Sequence[Own] | None
) -> tuple[Floats, Floats, Floats]:
    """What middles pass up, how they work together and how bottoms speak: (rounds, wards)."""
    owns = [own] * len(policies) if own is None or isinstance(own, Own) else list(own)
    if len(owns) != len(policies):
        raise ValueError(
            f"own has {len(owns)} rounds; it must have {len(policies)}, as are played."
        )
    levers = []
    for name in ("pass_up", "integrate", "speak"):
        lever = np.repeat([[getattr(policy, name)] for policy in policies], WARDS, axis=1)
        for row, mine in zip(lever, owns, strict=True):
            if mine is not None and getattr(mine, name) is not None:
                row[mine.ward] = getattr(mine, name)
        levers.append(lever.astype(np.float64))
    return levers[0], levers[1], levers[2]


def simulate(
    policies: Policy | Sequence[Policy],
    seeds: Sequence[int],
    rounds: int = 12,
    parameters: Parameters = Parameters(),
    structure: Structure = "three levels",
    unanswered_penalty: bool = True,
    temperament: Floats | None = None,
    own: Own | Sequence[Own] | None = None,
) -> Runs:
    """Run once for each seed, all together.

    `policies`: one kept throughout, or one for each round; a list of five plays five rounds.
    `own`: the ward that somebody plays, likewise. `temperament`: a lasting leaning of each of the
    23 (or of each in each run) to feel more control, or less, than the share that moved.
    `structure`: as the readings have it; "null", in which everyone holds every matter, hears at
    once and meets everyone alike; or "equal contact", in which they only meet alike.
    """
    p = parameters
    if structure not in ("three levels", "null", "equal contact"):
        raise ValueError(
            f"structure is {structure!r}; it must be 'three levels', 'null' or 'equal contact'."
        )
    _check_whole("rounds", rounds, 1, MAX_ROUNDS)
    played = [policies] * rounds if isinstance(policies, Policy) else list(policies)
    if not 1 <= len(played) <= MAX_ROUNDS:
        raise ValueError(f"policies has {len(played)} rounds; it must have from 1 to {MAX_ROUNDS}.")
    if not seeds:
        raise ValueError("seeds is empty; at least one is needed.")
    for seed in seeds:
        _check_whole("seed", seed, 0, 2**63 - 1)
    leaning = np.zeros(AGENTS) if temperament is None else np.asarray(temperament, np.float64)
    if leaning.shape not in ((AGENTS,), (len(seeds), AGENTS)):
        raise ValueError(
            f"temperament has shape {leaning.shape}; it must be ({AGENTS},) or "
            f"({len(seeds)}, {AGENTS})."
        )
    pass_up, integrate, speak = _levers(played, own)
    table = _tables(structure, p)
    luck = _draw(seeds, p)

    runs = len(seeds)
    control, trust = luck.control, luck.trust
    anger = np.zeros((runs, AGENTS))
    problems = np.full((runs, WARDS), p.start_problems)
    backlog = np.full(runs, p.start_backlog)
    drift = np.zeros((runs, WARDS))
    # Before the first report, no news is taken as neither good nor bad.
    reported = np.full((runs, _MATTERS), 0.5)
    kept: dict[str, list[Floats]] = {}

    for t, policy in enumerate(played):
        together = integrate[t]
        explain, listen, devolve = policy.explain, policy.listen, policy.devolve
        beyond = max(0.0, devolve - p.ordinary)

        # 1-4. The world; speaking; fixing; passing up.
        demand = luck.demand[:, t]
        backlog = backlog + demand
        problems = problems + luck.arrivals[:, t]
        felt = _mix(control, table.works)
        raised = problems * np.clip(speak[t] * (p.speak_base + p.speak_control * felt), 0, 1)
        effort = p.effort_base + p.effort_control * felt
        wander = beyond * p.drift * (1 - p.drift_together * together)
        drift = p.drift_kept * drift + wander * luck.drift[:, t]
        able = (p.fix_base + p.fix_devolved * devolve) * (1 + p.fix_together * together)
        fixed = np.minimum(problems, able * effort * np.clip(1 + drift, 0, 2))
        passed_up = raised * (pass_up[t] + p.pass_together * together * (1 - pass_up[t]))

        # 5. What tops know, and what they do with their attention.
        heard_on_floor = listen * problems
        known = np.minimum(problems, passed_up + heard_on_floor)
        tired = p.explain_cost * explain + p.backlog_cost * backlog
        attention = np.maximum(p.attention_least, 1 - listen - tired)
        all_known = known.sum(axis=1, keepdims=True)
        spent = p.capacity_problems * attention[:, None] * policy.alpha
        solved = np.minimum(known, spent * known / np.maximum(all_known, 1e-12))
        solved = np.minimum(solved, problems - fixed)
        directives = np.minimum(backlog, p.capacity_directives * attention * (1 - policy.alpha))

        # 6. Directives meet the wards.
        blindness = 1 - _share(known.sum(axis=1), problems.sum(axis=1))
        sight = 1 - p.blind_loss * blindness * (1 - p.blind_explained * explain)
        carried_out = effort * sight[:, None] * (1 - p.devolved_loss * beyond * (1 - explain))
        made = p.blind_harm * blindness * (directives / WARDS)
        made = made * (1 - p.blind_harm_explained * explain)

        # 7. Control: of what I hold, what moved. The same measure for everyone.
        acted_on = directives / backlog
        done_in_ward = _share(fixed + solved, problems)
        completion = carried_out.mean(axis=1)
        moved = _matters(completion * acted_on, carried_out * acted_on[:, None], done_in_ward)
        unanswered = np.zeros_like(problems)
        if unanswered_penalty:
            unanswered = listen * (1 - np.minimum(1, _share(solved, heard_on_floor)))
        share = share_moved(moved, table.holds, unanswered, table.asked)
        control = control_after(control, share, leaning, p)
        control = np.clip(control + luck.noise[:, t], 0, 1)
        anger = anger_after(anger, share, p)

        # 8. Trust: what can be seen to have been done. Of directives, that is their completion,
        # whatever share of demand they were; and those who hear late see the round before.
        report = _matters(completion, carried_out, done_in_ward)
        now, before = _mix(report, table.holds), _mix(reported, table.holds)
        seen, reported = np.where(table.late, before, now), report
        notes = (table.leads * together).sum(axis=1)
        contact = (
            table.contact
            + listen * table.on_the_floor
            + (notes[:, None] + notes) / 2 * table.comparing_notes
        )
        benefit = p.doubt * (explain + listen)
        trust = trust_after(trust, control, seen, benefit, contact, table.alike, p)

        # The books.
        problems = problems - fixed - solved + made[:, None]
        backlog = backlog - directives * completion
        now_known = {
            "demand": demand, "backlog": backlog, "raised": raised, "passed_up": passed_up,
            "fixed": fixed, "solved": solved, "heard": heard_on_floor, "open_problems": problems,
            "directives": directives, "carried_out": carried_out, "blindness": blindness,
            "control": control, "anger": anger, "trust": trust,
        }  # fmt: skip
        for name, array in now_known.items():
            kept.setdefault(name, []).append(array)

    books = {name: np.stack(arrays, axis=1) for name, arrays in kept.items()}
    for array in (integrate, *books.values()):
        array.flags.writeable = False
    return Runs(
        seeds=tuple(int(seed) for seed in seeds),
        policies=tuple(played),
        together=integrate,
        **books,
    )


def _share(part: Floats, whole: Floats) -> Floats:
    """Part of whole; all of it where there was nothing to do."""
    return np.where(whole > 1e-12, part / np.maximum(whole, 1e-12), 1.0)


def _matters(demand: Floats, carrying: Floats, problems: Floats) -> Floats:
    return np.concatenate([demand[:, None], carrying, problems], axis=1)


# What each role sees. A screen holds plain values and nothing that leads back to the run.

LIGHTS = ("red", "amber", "green")
"""Under two fifths of directives carried out; under three fifths; from there."""
PATIENTS_SAY = (
    "We are looked after.",
    "It takes a while, but somebody comes.",
    "We wait, and nobody says how long.",
    "Things are being missed.",
)
"""What patients say as open problems in the ward reach 2, 5 and 9."""
CARERS_SAY = (
    "They told me what happens next.",
    "I asked twice, and then somebody came back to me.",
    "I ring, and each time it is another person who does not know.",
    "I have stopped going home, in case something is missed.",
)
"""What a carer says at the same points."""
_USED = 0.25  # explaining, or working together, below this is not noticed by others


@dataclass(frozen=True)
class TopScreen:
    """Demand as it arrives; everything from inside one round late."""

    round: int
    demand: float
    backlog: float | None
    """At the end of the round before; None before the first report."""
    passed_up: tuple[float, ...] | None
    """By ward, in the round before."""
    heard: tuple[float, ...] | None
    """By ward, in the round before: what they heard themselves, which listening brings."""
    completion: str | None
    """Directives carried out in the round before: one of `LIGHTS`."""


@dataclass(frozen=True)
class MiddleScreen:
    round: int
    ward: int
    directives: float
    """Handed down to my ward."""
    requests: float
    """Raised by my ward."""
    carried_out: float
    """Share of directives my ward carried out."""
    other_requests: tuple[float, ...] | None
    """What other wards raised, in their order: only if I work with the other middles."""


@dataclass(frozen=True)
class BottomScreen:
    round: int
    ward: int
    open_problems: float
    patients_say: str
    directives: float
    reasons_given: bool


@dataclass(frozen=True)
class PatientScreen:
    round: int
    ward: int
    wait: int | None
    """Minutes a problem waits at this round's pace; None if nothing moved."""
    harm: float
    """Open problems, added up over the rounds so far."""
    patients_say: str
    carer_says: str


Screen = TopScreen | MiddleScreen | BottomScreen | PatientScreen


def screen(runs: Runs, role: Role, at_round: int, ward: int = 0, run: int = 0) -> Screen:
    """What one role can see after a round (counted from 1), in one run of those made."""
    _check_whole("at_round", at_round, 1, len(runs.policies))
    _check_whole("ward", ward, 0, WARDS - 1)
    _check_whole("run", run, 0, len(runs.seeds) - 1)
    t = at_round - 1

    def tenth(value: float) -> float:
        return round(float(value), 1)

    if role == "top":
        demand = tenth(runs.demand[run, t])
        if t == 0:
            return TopScreen(at_round, demand, None, None, None, None)
        completion = float(runs.carried_out[run, t - 1].mean())
        return TopScreen(
            at_round,
            demand,
            backlog=tenth(runs.backlog[run, t - 1]),
            passed_up=tuple(tenth(value) for value in runs.passed_up[run, t - 1]),
            heard=tuple(tenth(value) for value in runs.heard[run, t - 1]),
            completion=LIGHTS[(completion >= 0.4) + (completion >= 0.6)],
        )
    directives = tenth(runs.directives[run, t] / WARDS)
    if role == "middle":
        others = tuple(tenth(value) for g, value in enumerate(runs.raised[run, t]) if g != ward)
        return MiddleScreen(
            at_round,
            ward,
            directives,
            requests=tenth(runs.raised[run, t, ward]),
            carried_out=round(float(runs.carried_out[run, t, ward]), 2),
            other_requests=others if runs.together[t, ward] >= _USED else None,
        )
    problems = float(runs.open_problems[run, t, ward])
    state = sum(problems >= bar for bar in (2, 5, 9))
    if role == "bottom":
        return BottomScreen(
            at_round,
            ward,
            open_problems=tenth(problems),
            patients_say=PATIENTS_SAY[state],
            directives=directives,
            reasons_given=runs.policies[t].explain >= _USED,
        )
    if role == "patient":
        done = float(runs.fixed[run, t, ward] + runs.solved[run, t, ward])
        return PatientScreen(
            at_round,
            ward,
            wait=round(10 * problems / done) if done > 1e-9 else None,
            harm=tenth(runs.open_problems[run, : t + 1, ward].sum()),
            patients_say=PATIENTS_SAY[state],
            carer_says=CARERS_SAY[state],
        )
    raise ValueError(f"role is {role!r}; it must be 'top', 'middle', 'bottom' or 'patient'.")
