"""Between two looks nothing waits for the device: what a GPU, and a CUDA graph, ask for.

Run on the CPU under a watch, and once more on torch's device without values, where whatever
needs a value raises.
"""

from dataclasses import fields, replace

import pytest
import torch
from skmiaug.training.gan._joint_step import heads_step

from skmiaug.training import (
    EarlyStopping,
    StackBatches,
    TrainingEvents,
    gan_step,
    joint_step,
    stack_players,
    train_gan,
    train_joint_gan,
)
from skmiaug.training.loop._cuda_graph import fixed_state
from tests._waiting import Waiting
from tests.training._toy import toy_batches, toy_players, toy_weights
from tests.training._toy_joint import (
    toy_joint_batches,
    toy_joint_players,
    toy_joint_weights,
    toy_layout,
)


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: bool(x.isfinite().all()),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x.unique(),
        lambda x: torch.tensor([1.0, 2.0]) + x[:2],
        lambda x: x.to("meta"),
        lambda x: torch.empty(3, device="meta").copy_(x),
        lambda x: x.repeat_interleave(torch.arange(3)),
    ],
)
def test_the_watch_sees_what_waits(wait):
    x = torch.ones(3)
    with Waiting() as watch:
        wait(x)
    assert watch.seen


def test_the_watch_lets_pass_what_does_not_wait():
    x, picked = torch.ones(3), torch.arange(2)
    with Waiting() as watch:
        (2 * x + 0.5).index_select(0, picked).clamp(max=1.0).to(torch.int64)
    assert watch.seen == []


# ---- every kind of step


def plain(move, *, n_codes=2, spread=0.7, **weights):
    players = move(toy_players(n_codes=n_codes))
    batches = move(toy_batches(n_codes=n_codes, spread=spread))
    weights = toy_weights(**weights)
    return lambda: gan_step(players, batches.draw(), weights)


def stack(move, *, n_groups=1):
    one_player = [toy_players(seed=k) for k in range(3)]
    players = move(stack_players(one_player))
    groups = [move(toy_batches(seed=k)) for k in range(n_groups)]
    offsets = move(torch.ones(3, *groups[0].means.shape))
    batches = StackBatches(groups, [k % n_groups for k in range(3)], offsets)
    weights = toy_weights(information=move(torch.tensor([0.0, 1.0, 3.0])))
    return lambda: gan_step(players, batches.draw(), weights)


def joint(move, *, conditioned=False, gaussian_head=False, sizes=(3, 2), **how):
    layout = toy_layout(conditioned=conditioned, sizes=sizes)
    players = move(toy_joint_players(layout, gaussian_head=gaussian_head))
    weights = toy_joint_weights(information=how.pop("information", 1.0))
    batches = move(toy_joint_batches(layout, **how))
    return lambda: joint_step(players, batches.draw(), weights, layout)


def heads(move):
    layout = toy_layout()
    players, batches = move(toy_joint_players(layout)), move(toy_joint_batches(layout))
    return lambda: heads_step(players, *batches.draw_pairs(), layout)


STEPS = {
    "plain": plain,
    "no codes": lambda move: plain(move, n_codes=0),
    "no information": lambda move: plain(move, information=0.0),
    "Gaussian alone": lambda move: plain(move, spread=1.0),
    "bfloat16": lambda move: plain(move, autocast=torch.bfloat16),
    "stack": stack,
    "stack of two groups": lambda move: stack(move, n_groups=2),
    "paired": joint,
    "three modalities": lambda move: joint(move, sizes=(3, 2, 2)),
    "paired, no information": lambda move: joint(move, information=0.0),
    "paired, near rows": lambda move: joint(move, spread=0.5),
    "paired, none held out": lambda move: joint(move, held_out=False),
    "condition": lambda move: joint(move, conditioned=True, given_spread=1.0),
    "condition of rows": lambda move: joint(move, conditioned=True, given_spread=0.0),
    "condition, Gaussian head": lambda move: joint(
        move, conditioned=True, gaussian_head=True, given_spread=0.5
    ),
    "heads": heads,
}


@pytest.mark.parametrize("name", STEPS)
def test_no_step_waits_from_the_first_on(name):
    step = STEPS[name](lambda thing: thing)
    with Waiting() as watch:
        for _ in range(3):
            step()
    assert watch.seen == []


def without_values(thing):
    """The same on the device without values."""
    if isinstance(thing, torch.Tensor):
        return thing.to("meta")
    if isinstance(thing, dict):
        return {key: without_values(value) for key, value in thing.items()}
    if hasattr(thing, "modules"):
        for _, module in thing.modules():
            module.to("meta")
        return thing
    # What batches compute once, when they are made, is moved behind that.
    computed = {k: v for k, v in vars(thing).items() if k == "_held_counts"}
    moved = object.__new__(type(thing))
    for field in fields(thing):
        value = getattr(thing, field.name)
        kept = field.name in ("generator", "layout")
        setattr(moved, field.name, value if kept else without_values_or_plain(value))
    for key, value in computed.items():
        setattr(moved, key, tuple(part.to("meta") for part in value))
    return moved


def without_values_or_plain(value):
    return without_values(value) if isinstance(value, (torch.Tensor, dict)) else value


# Autocast does not know that device.
@pytest.mark.parametrize("name", [name for name in STEPS if name != "bfloat16"])
def test_no_step_needs_a_value_or_another_device(name):
    step = STEPS[name](without_values)
    with Waiting() as watch:
        figures = [step() for _ in range(2)]
    assert all(figure.device.type == "meta" for figure in figures)
    assert watch.seen == []


# ---- the loop around them


@pytest.mark.parametrize("kind", ["plain", "paired"])
def test_a_loop_waits_at_its_looks_alone(kind):
    layout = toy_layout()

    def waits(max_iter, eval_interval):
        how = {
            "max_iter": max_iter,
            "eval_interval": eval_interval,
            "stopping": EarlyStopping(99, 0.0),
            "events": TrainingEvents(evaluate=lambda players: None),
        }
        with Waiting() as watch:
            if kind == "plain":
                train_gan(toy_players(), toy_batches(), toy_weights(), **how)
            else:
                players, batches = toy_joint_players(layout), toy_joint_batches(layout)
                train_joint_gan(players, batches, toy_joint_weights(), **how)
        return watch.seen

    few, many = waits(2, 1), waits(20, 10)
    assert few  # it does look
    assert many == few


# ---- what a graph holds fast


@pytest.mark.parametrize("name", [name for name in STEPS if name != "heads"])
def test_addresses_and_shapes_stay_over_the_steps(name):
    step = STEPS[name](lambda thing: thing)
    inside = dict(zip(step.__code__.co_freevars, step.__closure__, strict=True))
    players, batches = (inside[key].cell_contents for key in ("players", "batches"))
    step()  # the moments are made
    states = []
    for _ in range(3):
        batch = batches.draw()
        states.append(fixed_state(players, batch))
        step()
    assert states[0] == states[1] == states[2]


def test_a_step_is_a_function_of_state_and_batch_alone():
    players, batches = toy_players(moved=True), toy_batches()
    batch, weights = batches.draw(), toy_weights()
    gan_step(players, batch, weights)
    before, state = players.snapshot(), torch.get_rng_state()
    first = gan_step(players, batch, weights)
    after = players.snapshot()
    players.restore(before)
    torch.manual_seed(123)
    try:
        again = gan_step(players, batch, replace(weights))
    finally:
        torch.set_rng_state(state)
    assert torch.equal(first, again)
    assert all(torch.equal(after[k], v) for k, v in players.snapshot().items())
