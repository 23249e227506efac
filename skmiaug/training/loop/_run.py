"""The training loop of every model: validation, early stopping, recovery, checkpoints."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from inspect import get_annotations
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.training.loop._checkpoint import Checkpoint
from skmiaug.training.loop._model_state import ModelState
from skmiaug.utils._fit import deferred_signals

_MAX_ROLLBACKS = 3
_ROLLBACK_RATE_FACTOR = 0.1
# What a checkpoint that was changed by hand can raise.
_DAMAGE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass
class EarlyStopping:
    """Stop when a score has not risen by ``tol`` for ``patience`` checks in a row."""

    patience: int
    tol: float
    best_score: float = float("-inf")
    n_stale: int = 0  # validation checks since the last rise

    def update(self, score: float) -> bool:
        """Record a score; return True when it is a new best."""
        if score > self.best_score + self.tol:
            self.best_score = score
            self.n_stale = 0
            return True
        self.n_stale += 1
        return False

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return self.n_stale >= self.patience


@dataclass
class RunRecord:
    """Curves of a run; one entry a validation check.

    A subclass adds a list for each figure that its training step returns, in its order.
    """

    n_iter: int = 0
    best_iter: int = 0  # the step whose weights are kept; 0 for the untrained ones
    iterations: list[int] = field(default_factory=list)  # at which the curves were taken
    # Higher is better; None when nothing was held out
    validation_scores: list[float | None] = field(default_factory=list)
    n_rollbacks: int = 0  # how often the last good weights were taken back

    @classmethod
    def figures(cls) -> list[str]:
        """Names of the lists that the subclass adds."""
        return list(get_annotations(cls))

    def add(self, means: Sequence[float], score: float | None) -> None:
        """Append one validation check: mean figures since the last one, and the score."""
        self.iterations.append(self.n_iter)
        for name, mean in zip(self.figures(), means, strict=True):
            getattr(self, name).append(mean)
        self.validation_scores.append(score)


@dataclass(kw_only=True)
class LoopParameters:
    """How long a loop runs, how it is scored, and what is told of it."""

    max_iter: int
    eval_interval: int  # Steps between validation checks
    stopping: EarlyStopping
    # Returns the validation score of the model; higher is better. None when nothing was
    # held out: every check then counts as the best.
    evaluate: Callable[[Any], float | None] = lambda model: None
    # Called with the record after each validation check; returns True to stop
    on_check: Callable[[Any], bool] = lambda record: False
    # Where the state goes at each validation check and when a signal ends the run
    checkpoint: Checkpoint | None = None
    seed: int = 0  # What the run was started with; kept in the checkpoint
    # Turns the figures (n_figures,) of this process into those of all that train the model;
    # called at each validation check
    average: Callable[[Tensor], Tensor] = lambda figures: figures


ModelT = TypeVar("ModelT", bound=ModelState)
RecordT = TypeVar("RecordT", bound=RunRecord)


@dataclass
class Candidate(Generic[ModelT, RecordT]):
    """A model in training, its record, and its best weights so far."""

    model: ModelT
    evaluate: Callable[[Any], float | None]
    stopping: EarlyStopping
    record: RecordT
    best: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def begin(self) -> None:
        """Score the untrained model: training has to improve on it."""
        score = self.evaluate(self.model)
        if score is not None:
            self.stopping.update(score)
        self.best = self.model.snapshot()

    def check(self, means: Sequence[float]) -> bool:
        """Score the model as it is now and keep the best; False: not finite."""
        score = self.evaluate(self.model)
        if score is not None and not math.isfinite(score):
            return False
        self.record.add(means, score)
        if score is None or self.stopping.update(score):
            self.best = self.model.snapshot()
            self.record.best_iter = self.record.n_iter
        return True

    def finish(self, last: dict[str, Tensor]) -> None:
        """Take the best weights; ``last`` ones of discriminators if that is untrained."""
        kept = self.best
        if self.record.best_iter == 0:
            kept = kept | self.model.discriminator_weights(last)
        self.model.restore(kept)


@dataclass(kw_only=True)
class _Run(Candidate[ModelState, RecordT]):
    """The state of ``run_loop``."""

    loop: LoopParameters
    generator: torch.Generator
    sums: Tensor  # of the figures since the last check
    steps_in_sum: int = 0
    good: dict[str, Tensor] = field(default_factory=dict)  # weights of the last check


def run_loop(
    model: ModelState,
    step: Callable[[], Tensor],
    record: RecordT,
    loop: LoopParameters,
    *,
    generator: torch.Generator,
) -> RecordT:
    """Train until ``max_iter`` steps, early stopping or a callback; keep the best weights.

    Where those are the untrained ones, ``model.discriminators`` keep the last good ones.

    ``step`` draws a batch, updates ``model`` and returns the figures (n_figures,) that the
    class of ``record`` names, detached and on the device; ``generator`` is its only source
    of randomness. Validation checks are the only points where the host waits for the
    device.

    SIGINT and SIGTERM end it after the step in progress: the checkpoint is written if one
    is asked for, and the signal acts; if its handler returns, training goes on. A loss, a
    weight or a validation score that is not finite takes the last good weights back and
    lowers the rates; the third time it is a TrainingDivergedError.
    """
    run = _Run(
        model,
        loop.evaluate,
        loop.stopping,
        record,
        loop=loop,
        generator=generator,
        sums=torch.zeros(len(record.figures()), device=generator.device),
    )
    _begin(run)
    with deferred_signals() as request:
        while run.record.n_iter < loop.max_iter and not loop.stopping.should_stop:
            run.sums += step()
            run.record.n_iter += 1
            run.steps_in_sum += 1
            n_iter = run.record.n_iter
            due = n_iter % loop.eval_interval == 0 or n_iter == loop.max_iter
            if due and _check(run):
                break
            if request:
                _save(run)
                request.act()
    run.finish(run.good)
    return run.record


def _begin(run: _Run) -> None:
    checkpoint = run.loop.checkpoint
    if checkpoint is not None and checkpoint.exists():
        header, arrays = checkpoint.read()
        try:
            _resume(run, header, arrays)
        except _DAMAGE as error:
            raise checkpoint.damaged(error) from error
    else:
        run.begin()
        run.good = run.best


def _check(run: _Run) -> bool:
    """Check losses and weights, measure, keep the best; True: a callback wants the end."""
    means = run.loop.average(run.sums / run.steps_in_sum).tolist()
    run.sums.zero_()
    run.steps_in_sum = 0
    healthy = all(map(math.isfinite, means)) and run.model.are_finite()
    if not (healthy and run.check(means)):
        _roll_back(run)
        return False
    run.good = run.model.snapshot()
    _save(run)
    return run.loop.on_check(run.record)


def _roll_back(run: _Run) -> None:
    record = run.record
    record.n_rollbacks += 1
    if record.n_rollbacks >= _MAX_ROLLBACKS:
        run.model.restore(run.best)
        raise TrainingDivergedError(
            f"The losses were not finite {record.n_rollbacks} times, the last time before "
            f"step {record.n_iter}, although the learning rates were lowered each time. "
            f"{run.model.remedy}"
        )
    run.model.restore(run.good)
    run.model.lower_rates(_ROLLBACK_RATE_FACTOR)


def _save(run: _Run) -> None:
    if run.loop.checkpoint is None:
        return
    arrays = {f"now.{name}": array for name, array in run.model.to_arrays().items()}
    arrays |= {f"best.{name}": t.cpu().numpy() for name, t in run.best.items()}
    if run.steps_in_sum > 0:
        # Between checks the last good weights are older than those of now.
        arrays |= {f"good.{name}": t.cpu().numpy() for name, t in run.good.items()}
    arrays["rng"] = run.generator.get_state().numpy()
    arrays["sums"] = run.sums.cpu().numpy()
    rates = [g["lr"] for _, o in run.model.optimizers() for g in o.param_groups]
    best_score = run.stopping.best_score
    run.loop.checkpoint.write(
        {
            "seed": run.loop.seed,
            "record": asdict(run.record),
            "steps_in_sum": run.steps_in_sum,
            # None before the first score: JSON has no infinity.
            "best_score": best_score if math.isfinite(best_score) else None,
            "n_stale": run.stopping.n_stale,
            "rates": rates,
        },
        arrays,
    )


def _resume(run: _Run, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    def part(key: str) -> dict[str, np.ndarray]:
        return {n.removeprefix(key): a for n, a in arrays.items() if n.startswith(key)}

    device = run.sums.device
    run.model.load_arrays(part("now."))
    run.best = {n: torch.tensor(a, device=device) for n, a in part("best.").items()}
    run.good = {n: torch.tensor(a, device=device) for n, a in part("good.").items()}
    run.good = run.good or run.model.snapshot()
    run.generator.set_state(torch.from_numpy(arrays["rng"].copy()))
    run.sums.copy_(torch.from_numpy(arrays["sums"].copy()))
    run.record = type(run.record)(**header["record"])
    counts = (run.record.n_iter, run.record.best_iter, run.record.n_rollbacks)
    if min(map(operator.index, counts)) < 0:
        raise ValueError(f"its steps are {counts}")
    run.steps_in_sum = operator.index(header["steps_in_sum"])
    if header["best_score"] is not None:
        run.stopping.best_score = float(header["best_score"])
    run.stopping.n_stale = operator.index(header["n_stale"])
    groups = [g for _, o in run.model.optimizers() for g in o.param_groups]
    for group, rate in zip(groups, header["rates"], strict=True):
        group["lr"] = float(rate)
