"""The training loop of a stack: every model has its own curves and its own end."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from skmiaug.training.gan._loop import GanRecord
from skmiaug.training.gan._players import GanPlayers
from skmiaug.training.gan._stack import GanStack, StackBatches, stack_players
from skmiaug.training.gan._step import GanWeights, gan_step
from skmiaug.training.loop._cuda_graph import graphed
from skmiaug.training.loop._stopping import EarlyStopping
from skmiaug.utils._interrupt import deferred_signals


@dataclass
class StackedModel:
    """One model of a stack and what becomes of it.

    Attributes
    ----------
    players : GanPlayers
        Untrained; in the end they have the best weights.
    evaluate : callable
        The held-out measure of ``players``, or None where nothing was held out.
    stopping : EarlyStopping
    record : GanRecord
    diverged : bool
        A loss, a weight or a measure was not finite. The model left the stack then, its
        players are of no use, and it must be trained alone, at lower rates.
    """

    players: GanPlayers
    evaluate: Callable[[GanPlayers], float | None]
    stopping: EarlyStopping
    record: GanRecord = field(default_factory=GanRecord)
    diverged: bool = False
    best: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def begin(self) -> None:
        """Take the untrained players as the first candidate, as ``run_loop`` does."""
        score = self.evaluate(self.players)
        if score is not None:
            self.stopping.update(score)
        self.best = self.players.snapshot()

    def look(self, means: Sequence[float]) -> bool:
        """Measure the players as they are now and keep the best; False: not finite."""
        score = self.evaluate(self.players)
        if score is not None and not math.isfinite(score):
            return False
        self.record.add(self.record.n_iter, means, score)
        if score is None or self.stopping.update(score):
            self.best = self.players.snapshot()
            self.record.best_iter = self.record.n_iter
        return True

    def finish(self) -> None:
        """Give the players the weights that ``run_loop`` would, and say why it ended."""
        stopped = self.stopping.should_stop
        self.record.stop_reason = "early_stopping" if stopped else "max_iter"
        kept = self.best
        if self.record.best_iter == 0:
            kept = kept | self.players.discriminator_weights(self.players.snapshot())
        self.players.restore(kept)


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

    The batches, the noise, the held-out measure and the stopping rule of a model are those
    of :func:`train_gan`; what differs is the order of sums inside the matrix products. A
    model that has stopped leaves the stack, so that the others do not pay for it.

    Parameters
    ----------
    models : sequence of StackedModel
        Changed in place.
    batches : StackBatches
        In the order of ``models``.
    weights : GanWeights
        Of all models.
    mi_weights : Tensor of shape (n_models,)
        The λ of each, which stands in for ``weights.information``.
    max_iter, eval_interval : int
        As for ``train_gan``.
    on_check : callable
        Called after each look with the step and the number of models still training.
    """
    for model in models:
        model.begin()
    stack = stack_players([model.players for model in models])
    active = list(models)
    sums = torch.zeros(len(active), 3, device=mi_weights.device)
    weights = replace(weights, information=mi_weights)
    steps = 0
    step = graphed(stack, lambda batch: gan_step(stack, batch, weights), sums.device)
    with deferred_signals() as request:
        while active and steps < max_iter:
            sums += step(batches.draw())
            steps += 1
            if steps % eval_interval == 0 or steps == max_iter:
                since = steps % eval_interval or eval_interval
                going_on = _look(active, stack, sums / since, steps)
                if len(going_on) < len(active):
                    active = [active[k] for k in going_on]
                    if active:
                        places = torch.tensor(going_on, device=sums.device)
                        stack.keep(places)
                        batches.keep(going_on)
                        mi_weights = mi_weights.index_select(0, places)
                        weights = replace(weights, information=mi_weights)
                sums = torch.zeros(len(active), 3, device=sums.device)
                on_check(steps, len(active))
            if request:
                request.act()
    for model in models:
        model.finish()


def _look(
    active: Sequence[StackedModel], stack: GanStack, means: Tensor, steps: int
) -> list[int]:
    """Look at every model; return the places of those that go on."""
    healthy = (stack.finite_models() & means.isfinite().all(dim=1)).tolist()
    going_on = []
    for k, (model, figures) in enumerate(zip(active, means.tolist(), strict=True)):
        stack.load_into(model.players, k)
        model.record.n_iter = steps
        model.diverged = not (healthy[k] and model.look(figures))
        if not model.diverged and not model.stopping.should_stop:
            going_on.append(k)
    return going_on
