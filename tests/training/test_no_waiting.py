"""Between two validation checks nothing waits for the device, as a CUDA graph needs.

Run on the CPU under a watch, and once more on torch's device without values, where whatever
needs a value raises.
"""

import pytest
import torch

from skmiaug.training import EarlyStopping, LoopParameters
from skmiaug.training.gan import (
    StackBatches,
    gan_step,
    heads_step,
    stack_networks,
    train_gan,
)
from tests._internals import fixed_state
from tests._waiting import Waiting
from tests.training._toy import (
    CONDITION,
    CPU,
    ONE,
    PAIR,
    THREE,
    toy_batches,
    toy_networks,
    toy_weights,
)

META = torch.device("meta")


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


class Step:
    """Networks and batches on a device, and what updates them."""

    def __init__(self, device, layout=ONE, *, heads_alone=False, weights=None, **how):
        of_networks = {k: how.pop(k) for k in ("gaussian_head",) if k in how}
        codes = {"n_codes": how.pop("n_codes")} if "n_codes" in how else {}
        self.layout, self.heads_alone = layout, heads_alone
        self.networks = toy_networks(layout, **of_networks, **codes)
        for _, module in self.networks.modules():
            module.to(device)
        self.batches = toy_batches(layout, device=device, **codes, **how)
        self.weights = toy_weights(**weights or {})

    def __call__(self):
        if self.heads_alone:
            return heads_step(self.networks, *self.batches.draw_rows(), self.layout)
        return gan_step(self.networks, self.batches.draw(), self.weights, self.layout)


class StackStep(Step):
    def __init__(self, device, seeds):
        super().__init__(device)
        self.networks = stack_networks([toy_networks(seed=k) for k in range(3)])
        for _, module in self.networks.modules():
            module.to(device)
        single = [toy_batches(seed=s, shift=float(s), device=device) for s in seeds]
        self.batches = StackBatches(single, seeds)
        mi_weights = torch.tensor([0.0, 1.0, 3.0]).to(device)
        self.weights = toy_weights(information=mi_weights)


STEPS = {
    "plain": lambda device: Step(device),
    "no codes": lambda device: Step(device, n_codes=0),
    "no information": lambda device: Step(device, weights={"information": 0.0}),
    "Gaussian alone": lambda device: Step(device, bandwidth=1.0),
    "bfloat16": lambda device: Step(device, weights={"autocast": torch.bfloat16}),
    "stack": lambda device: StackStep(device, (0, 0, 0)),
    "stack of two data sets": lambda device: StackStep(device, (0, 1, 0)),
    "pairs": lambda device: Step(device, PAIR),
    "pairs, no information": lambda device: Step(
        device, PAIR, weights={"information": 0.0}
    ),
    "pairs, none held out": lambda device: Step(device, PAIR, n_held_out=0),
    "three groups": lambda device: Step(device, THREE, bandwidth=1.0),
    "condition": lambda device: Step(device, CONDITION, given_bandwidth=1.0),
    "condition, Gaussian head": lambda device: Step(
        device, CONDITION, gaussian_head=True, given_bandwidth=0.0
    ),
    "heads": lambda device: Step(device, PAIR, heads_alone=True),
}


@pytest.mark.parametrize("name", STEPS)
def test_no_step_waits_from_the_first_on_and_addresses_and_shapes_stay(name):
    step = STEPS[name](CPU)
    with Waiting() as watch:
        for _ in range(3):
            step()
    assert watch.seen == []
    states = []
    for _ in range(2):
        states.append(fixed_state(step.networks, step.batches.draw()))
        step()
    assert states[0] == states[1]


# Autocast does not know that device.
@pytest.mark.parametrize("name", [name for name in STEPS if name != "bfloat16"])
def test_no_step_needs_a_value_or_another_device(name):
    step = STEPS[name](META)
    with Waiting() as watch:
        figures = [step() for _ in range(2)]
    assert all(figure.device.type == "meta" for figure in figures)
    assert watch.seen == []


@pytest.mark.parametrize("layout", [ONE, PAIR])
def test_a_loop_waits_at_its_validation_checks_alone(layout):
    def waits(max_iter, eval_interval):
        networks, batches = toy_networks(layout), toy_batches(layout)
        with Waiting() as watch:
            train_gan(
                networks,
                batches,
                toy_weights(),
                LoopParameters(
                    max_iter=max_iter,
                    eval_interval=eval_interval,
                    stopping=EarlyStopping(99, 0.0),
                    evaluate=lambda networks: None,
                ),
            )
        return watch.seen

    few, many = waits(2, 1), waits(20, 10)
    assert few
    assert many == few
