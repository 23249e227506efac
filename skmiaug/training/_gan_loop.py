"""The training loop of generator and critic."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.training._checkpoint import Checkpoint
from skmiaug.training._gan_batches import GanBatches
from skmiaug.training._gan_players import GanPlayers
from skmiaug.training._gan_step import GanWeights, gan_step
from skmiaug.training._record import TrainingRecord
from skmiaug.training._stopping import EarlyStopping
from skmiaug.utils._interrupt import deferred_signals

_MAX_ROLLBACKS = 3
_ROLLBACK_RATE_FACTOR = 0.1


@dataclass
class GanEvents:
    """What the loop calls.

    Attributes
    ----------
    evaluate : callable
        The held-out measure of the present players; higher is better. None when nothing
        was held out: every look then counts as the best.
    on_look : callable
        Called with the record after each look; returns True to stop.
    checkpoint : Checkpoint or None
        Where the state goes at each look and when a signal ends the run.
    seed : int
        What the run was started with; kept in the checkpoint.
    """

    evaluate: Callable[[GanPlayers], float | None]
    on_look: Callable[[TrainingRecord], bool] = lambda record: False
    checkpoint: Checkpoint | None = None
    seed: int = 0


@dataclass
class _RunState:
    """What a run carries from step to step beside the players."""

    record: TrainingRecord
    stopping: EarlyStopping
    best: dict[str, Tensor]
    good: dict[str, Tensor]
    sums: Tensor
    steps_in_sum: int = 0


def train_gan(
    players: GanPlayers,
    batches: GanBatches,
    weights: GanWeights,
    *,
    max_iter: int,
    look_every: int,
    stopping: EarlyStopping,
    events: GanEvents,
) -> TrainingRecord:
    """Train until ``max_iter`` steps, early stopping or a callback; keep the best weights.

    SIGINT and SIGTERM end it after the step in progress: the checkpoint is written if one
    is asked for, and the signal acts; if its handler returns, training goes on. A loss, a
    weight or a held-out measure that is not finite takes the last good weights back and
    lowers the rates; the third time it is an error.

    Parameters
    ----------
    players, batches, weights
        Networks, data and term weights; ``players`` are changed in place.
    max_iter : int
        Training steps, each one update of both players.
    look_every : int
        Steps between looks at the losses and at the held-out measure, which are the only
        points where the device is waited for.
    stopping : EarlyStopping
    events : GanEvents

    Raises
    ------
    TrainingDivergedError
        The losses were not finite again after the rates were lowered.
    """
    state = _begin(players, batches, stopping, events)
    with deferred_signals() as request:
        while state.record.n_iter < max_iter and not stopping.should_stop:
            state.sums += gan_step(players, batches.draw(), weights)
            state.record.n_iter += 1
            state.steps_in_sum += 1
            due = state.record.n_iter % look_every == 0 or state.record.n_iter == max_iter
            if due and _look(state, players, batches, events):
                state.record.stop_reason = "callback"
                break
            if request:
                _save(state, players, batches, events)
                request.act()
    _finish(state, players)
    return state.record


def _begin(
    players: GanPlayers, batches: GanBatches, stopping: EarlyStopping, events: GanEvents
) -> _RunState:
    sums = torch.zeros(3, device=batches.rows.device)
    state = _RunState(TrainingRecord(), stopping, {}, {}, sums)
    if events.checkpoint is not None and events.checkpoint.exists():
        _resume(state, players, batches, events.checkpoint)
    else:
        # The untrained start is the first candidate: training must earn its place.
        start = events.evaluate(players)
        if start is not None:
            stopping.is_best(start)
        state.best = players.snapshot()
        state.good = players.snapshot()
    return state


def _look(
    state: _RunState, players: GanPlayers, batches: GanBatches, events: GanEvents
) -> bool:
    """Check losses and weights, measure, keep the best; True: a callback wants the end."""
    critic, generator, information = (state.sums / state.steps_in_sum).tolist()
    state.sums.zero_()
    state.steps_in_sum = 0
    healthy = all(map(math.isfinite, (critic, generator, information)))
    healthy = healthy and players.are_finite()
    score = events.evaluate(players) if healthy else None
    if not healthy or (score is not None and not math.isfinite(score)):
        _roll_back(state, players)
        return False
    record = state.record
    record.add(record.n_iter, (critic, generator, information), score)
    if score is None or state.stopping.is_best(score):
        state.best = players.snapshot()
        record.best_iter = record.n_iter
    state.good = players.snapshot()
    _save(state, players, batches, events)
    return events.on_look(record)


def _roll_back(state: _RunState, players: GanPlayers) -> None:
    record = state.record
    record.n_rollbacks += 1
    if record.n_rollbacks >= _MAX_ROLLBACKS:
        players.restore(state.best)
        raise TrainingDivergedError(
            f"The losses were not finite {record.n_rollbacks} times, the last time before "
            f"step {record.n_iter}, although the learning rates were lowered each time. "
            "Lower generator_learning_rate and critic_learning_rate, lower mi_weight, or "
            "look for extreme values in X."
        )
    players.restore(state.good)
    players.lower_rates(_ROLLBACK_RATE_FACTOR)


def _finish(state: _RunState, players: GanPlayers) -> None:
    record = state.record
    if state.stopping.should_stop:
        record.stop_reason = "early_stopping"
    elif record.stop_reason != "callback":
        record.stop_reason = "max_iter"
    players.restore(state.best)


def _save(
    state: _RunState, players: GanPlayers, batches: GanBatches, events: GanEvents
) -> None:
    if events.checkpoint is None:
        return
    arrays = {f"now.{name}": array for name, array in players.to_arrays().items()}
    arrays |= {f"best.{name}": t.cpu().numpy() for name, t in state.best.items()}
    if state.steps_in_sum > 0:
        # Between looks the last good weights are older than those of now.
        arrays |= {f"good.{name}": t.cpu().numpy() for name, t in state.good.items()}
    arrays["rng"] = batches.generator.get_state().numpy()
    arrays["sums"] = state.sums.cpu().numpy()
    rates = [g["lr"] for _, o in players.optimizers() for g in o.param_groups]
    best_score = state.stopping.best_score
    events.checkpoint.write(
        {
            "seed": events.seed,
            "record": state.record.to_dict(),
            "steps_in_sum": state.steps_in_sum,
            # None before the first score: JSON has no infinity.
            "best_score": best_score if math.isfinite(best_score) else None,
            "n_stale": state.stopping.n_stale,
            "rates": rates,
        },
        arrays,
    )


def _resume(
    state: _RunState, players: GanPlayers, batches: GanBatches, checkpoint: Checkpoint
) -> None:
    header, arrays = checkpoint.read()

    def part(key: str) -> dict[str, np.ndarray]:
        return {n.removeprefix(key): a for n, a in arrays.items() if n.startswith(key)}

    device = batches.rows.device
    players.load_arrays(part("now."))
    state.best = {n: torch.tensor(a, device=device) for n, a in part("best.").items()}
    state.good = {n: torch.tensor(a, device=device) for n, a in part("good.").items()}
    state.good = state.good or players.snapshot()
    batches.generator.set_state(torch.from_numpy(arrays["rng"].copy()))
    state.sums.copy_(torch.from_numpy(arrays["sums"].copy()))
    state.record = TrainingRecord(**header["record"])
    state.steps_in_sum = header["steps_in_sum"]
    if header["best_score"] is not None:
        state.stopping.best_score = header["best_score"]
    state.stopping.n_stale = header["n_stale"]
    groups = [g for _, o in players.optimizers() for g in o.param_groups]
    for group, rate in zip(groups, header["rates"], strict=True):
        group["lr"] = rate
