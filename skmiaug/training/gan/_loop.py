"""The training loops: of one generator and critic, and of many as one batched model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from skmiaug.nn import load_model, stack_modules
from skmiaug.training.gan._batches import GanBatch, GanBatches
from skmiaug.training.gan._networks import GanNetworks, adam
from skmiaug.training.gan._step import GanWeights, gan_step, heads_step
from skmiaug.training.loop._cuda_graph import graphed
from skmiaug.training.loop._run import Candidate, LoopParameters, RunRecord, run_loop
from skmiaug.utils._fit import deferred_signals

N_HEAD_STEPS = 100


@dataclass
class GanRecord(RunRecord):
    """The record of generator and critic."""

    # Means over the steps since the last validation check
    critic_loss: list[float] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    # The bound H(c) + E[log Q(c|x̂)] of generated rows, nats, likewise
    information: list[float] = field(default_factory=list)
    # Bound of the information between the groups of columns of generated rows given the
    # class, summed over the pairs of groups, nats; 0 with a single group
    pair_information: list[float] = field(default_factory=list)


def train_gan(
    networks: GanNetworks,
    batches: GanBatches,
    weights: GanWeights,
    loop: LoopParameters,
) -> GanRecord:
    """Train generator and critic by :func:`run_loop`; each step updates both.

    With several groups of columns the heads are trained first, alone: untrained they give
    the generator no direction, and early stopping would not wait for them.
    """
    layout, checkpoint = batches.layout, loop.checkpoint
    is_new = loop.max_iter > 0 and (checkpoint is None or not checkpoint.exists())
    if networks.heads is not None and weights.informed and is_new:
        for _ in range(N_HEAD_STEPS):
            heads_step(networks, *batches.draw_rows(), layout)
    step = graphed(
        networks,
        lambda batch: gan_step(networks, batch, weights, layout),
        batches.generator.device,
    )
    return run_loop(
        networks,
        lambda: step(batches.draw()),
        GanRecord(),
        loop,
        generator=batches.generator,
    )


# ---------------------------------------------------------------- many models


@dataclass
class GanStack(GanNetworks):
    """Networks for a single group of columns; weights have a first axis of n_models."""

    def keep(self, models: Tensor) -> None:
        """Go on with these models (n_kept,) alone; their moments stay theirs."""
        with torch.no_grad():
            for _, optimizer in self.optimizers():
                for parameter in optimizer.param_groups[0]["params"]:
                    parameter.data = parameter.data.index_select(0, models)
                    parameter.grad = None
                    moments = optimizer.state[parameter]
                    for name, value in moments.items():
                        # The count of steps is one number for all.
                        if value.ndim > 0:
                            moments[name] = value.index_select(0, models)

    def finite_models(self) -> Tensor:
        """Return which models have only finite weights and moments, bool (n_models,)."""
        tensors = [tensor for _, tensor in self._tensors() if tensor.ndim > 0]
        finite = [tensor.isfinite().flatten(1).all(dim=1) for tensor in tensors]
        return torch.stack(finite).all(dim=0)

    def load_into(self, networks: GanNetworks, index: int) -> None:
        """Copy the weights of one model into single networks."""
        load_model(networks.generator, self.generator, index)
        load_model(networks.critic, self.critic, index)


def stack_networks(networks: Sequence[GanNetworks]) -> GanStack:
    """Join untrained networks of one shape and one pair of learning rates."""
    first = networks[0]
    generator = stack_modules([one.generator for one in networks])
    critic = stack_modules([one.critic for one in networks])

    def like(module: nn.Module, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        return adam(module, optimizer.param_groups[0]["lr"])

    return GanStack(
        generator,
        critic,
        None,
        like(generator, first.generator_optimizer),
        like(critic, first.critic_optimizer),
    )


class StackBatches:
    """Batches for a stack: models of one data set and seed share every draw.

    ``keys`` are equal for models that share their draws; the batches of these differ in
    ``means`` alone.
    """

    def __init__(self, batches: Sequence[GanBatches], keys: Sequence[Any]):
        self.layout = batches[0].layout
        self._keys = list(keys)
        self._draws: dict[Any, GanBatches] = {}
        for key, own in zip(keys, batches, strict=True):
            self._draws.setdefault(key, own)
        pairs = zip(keys, batches, strict=True)
        # The means of the prior differ by λ.
        self._offsets = torch.stack(
            [own.means - self._draws[key].means for key, own in pairs]
        )

    def keep(self, models: Sequence[int]) -> None:
        """Draw for these models alone; a data set without a model draws no more."""
        self._keys = [self._keys[k] for k in models]
        self._draws = {key: self._draws[key] for key in dict.fromkeys(self._keys)}
        self._offsets = self._offsets[list(models)]

    def draw(self) -> GanBatch:
        """Draw the next batch of each data set; every tensor is (n_models, n, ...)."""
        drawn = {key: batches.draw() for key, batches in self._draws.items()}
        batch = _stacked([drawn[key] for key in self._keys])
        batch.prior.values.baddbmm_(batch.prior.targets, self._offsets)
        return batch


def _stacked(parts: Sequence[Any]) -> Any:
    """Stack nested named tuples of tensors along a new first axis."""
    if isinstance(parts[0], Tensor):
        return torch.stack(list(parts))
    return type(parts[0])(*(_stacked(own) for own in zip(*parts, strict=True)))


@dataclass
class StackedModel(Candidate[GanNetworks, GanRecord]):
    """One model of a stack, untrained at first, with the best weights in the end."""

    record: GanRecord = field(default_factory=GanRecord)
    # A loss, a weight or a score was not finite. The model left the stack then, its
    # networks are of no use, and it must be trained alone, at lower learning rates.
    diverged: bool = False


def train_gan_stack(
    models: Sequence[StackedModel],
    batches: StackBatches,
    weights: GanWeights,
    mi_weights: Tensor,
    *,
    max_iter: int,
    eval_interval: int,
    on_check: Callable[[int, int], None] = lambda step, n_active: None,
) -> None:
    """Train all models together; each ends as it would have ended alone.

    The batches, the noise, the validation score and the stopping rule of a model are those
    of :func:`train_gan`; only the order of sums inside the matrix products differs. A
    model that has stopped leaves the stack and costs no more time. λ of each model,
    ``mi_weights`` (n_models,), stand in the place of ``weights.information``; ``on_check``
    takes the step and the number of models that still train.
    """
    for model in models:
        model.begin()
    stack = stack_networks([model.model for model in models])
    layout = batches.layout
    active = list(models)
    sums = torch.zeros(len(active), len(GanRecord.figures()), device=mi_weights.device)
    weights = replace(weights, information=mi_weights)
    steps = 0
    step = graphed(
        stack, lambda batch: gan_step(stack, batch, weights, layout), sums.device
    )
    with deferred_signals() as request:
        while active and steps < max_iter:
            sums += step(batches.draw())
            steps += 1
            if steps % eval_interval == 0 or steps == max_iter:
                since = steps % eval_interval or eval_interval
                going_on = _check(active, stack, sums / since, steps)
                if len(going_on) < len(active):
                    active = [active[k] for k in going_on]
                    if active:
                        places = torch.tensor(going_on, device=sums.device)
                        stack.keep(places)
                        batches.keep(going_on)
                        mi_weights = mi_weights.index_select(0, places)
                        weights = replace(weights, information=mi_weights)
                sums = torch.zeros(len(active), sums.shape[1], device=sums.device)
                on_check(steps, len(active))
            if request:
                request.act()
    for model in models:
        model.finish(model.model.snapshot())


def _check(
    active: Sequence[StackedModel], stack: GanStack, means: Tensor, steps: int
) -> list[int]:
    """Score every model; return the places of those that go on."""
    healthy = (stack.finite_models() & means.isfinite().all(dim=1)).tolist()
    going_on = []
    for k, (model, figures) in enumerate(zip(active, means.tolist(), strict=True)):
        stack.load_into(model.model, k)
        model.record.n_iter = steps
        model.diverged = not (healthy[k] and model.check(figures))
        if not model.diverged and not model.stopping.should_stop:
            going_on.append(k)
    return going_on
