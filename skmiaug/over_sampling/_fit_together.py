"""Many fits at once: a λ grid times folds times seeds as stacks of models."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch

from skmiaug.over_sampling._preparation import Preparation, prepare
from skmiaug.over_sampling._row_fit import (
    FittedSampler,
    ReadyRun,
    finish_run,
    fit_row_sampler,
    ready_run,
)
from skmiaug.over_sampling._settings import EVAL_INTERVAL, FitSettings
from skmiaug.training import GanRecord, StackBatches, StackedModel, train_gan_stack
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._threads import cpu_threads_for, threads_to_spare


@dataclass(frozen=True)
class FitJob:
    """One fit of a grid.

    Attributes
    ----------
    X : ndarray of shape (n, n_features)
        Fits to the same rows share this very array, and with it what is computed of it.
    classes : ndarray of shape (n,)
        Class indices, shared likewise.
    n_classes : int
    settings : FitSettings
    seed : int
    device : torch.device
    """

    X: np.ndarray
    classes: np.ndarray
    n_classes: int
    settings: FitSettings
    seed: int
    device: torch.device

    @property
    def rows_key(self) -> Hashable:
        """Equal for jobs that differ in ``mi_weight`` and in nothing else."""
        common = replace(self.settings, mi_weight=0.0)
        return id(self.X), id(self.classes), self.seed, str(self.device), common

    @property
    def stack_key(self) -> Hashable:
        """Equal for jobs whose networks have one shape and one schedule."""
        return self.n_classes, str(self.device), replace(self.settings, mi_weight=0.0)


def fit_together(jobs: Sequence[FitJob], *, verbose: bool = False) -> list[FittedSampler]:
    """Fit every job; those of one shape train as one batched model.

    Returns
    -------
    list of FittedSampler
        In the order of ``jobs``; each what :func:`fit_row_sampler` returns for it, but
        for rounding.
    """
    prepared: dict[Hashable, Preparation] = {}
    stacks: dict[Hashable, list[int]] = defaultdict(list)
    runs: list[ReadyRun] = []
    for k, job in enumerate(jobs):
        with cpu_threads_for(job.settings.largest_product(), job.device):
            if job.rows_key not in prepared:
                prepared[job.rows_key] = _prepare(job)
            run = ready_run(prepared[job.rows_key], job.settings, job.seed)
        runs.append(run)
        # Few rows in a fold can make its batches smaller than those of another.
        stacks[job.stack_key, run.batches.batch_size].append(k)

    fitted: list[FittedSampler | None] = [None] * len(jobs)
    for places in stacks.values():
        records = _train_in_threads([runs[k] for k in places], verbose)
        for k, record in zip(places, records, strict=True):
            fitted[k] = (
                _fit_alone(jobs[k]) if record is None else finish_run(runs[k], record)
            )
    return fitted  # type: ignore[return-value]


def _prepare(job: FitJob) -> Preparation:
    return prepare(
        job.X, job.classes, job.n_classes, job.settings, seed=job.seed, device=job.device
    )


def _train_in_threads(runs: list[ReadyRun], verbose: bool) -> list[GanRecord | None]:
    """Train runs of one shape, on a CPU a part of them in each thread.

    Products too small for two threads to share (see ``cpu_threads_for``) are still worth
    a thread for each part of the stack: the parts never wait for each other.
    """
    device = runs[0].prepared.rows.device
    product = runs[0].settings.largest_product()
    n_parts = min(threads_to_spare(product, device), len(runs))
    if n_parts == 1:
        with cpu_threads_for(product, device):
            return _train_stack(runs, verbose)
    parts = [runs[k::n_parts] for k in range(n_parts)]
    with cpu_threads_for(product, device), ThreadPoolExecutor(n_parts - 1) as pool:
        others = [pool.submit(_one_thread, part) for part in parts[1:]]
        # The main thread takes a part, since signals reach it alone.
        records = [_train_stack(parts[0], verbose), *(other.result() for other in others)]
    joined: list[GanRecord | None] = [None] * len(runs)
    for k, part in enumerate(records):
        joined[k::n_parts] = part
    return joined


def _one_thread(runs: list[ReadyRun]) -> list[GanRecord | None]:
    # The number of threads belongs to the thread that asks.
    torch.set_num_threads(1)
    return _train_stack(runs, verbose=False)


def _train_stack(runs: list[ReadyRun], verbose: bool) -> list[GanRecord | None]:
    """Train runs of one shape; a record each, None where the losses diverged."""
    settings, device = runs[0].settings, runs[0].prepared.rows.device
    groups = {id(run.prepared): run.batches for run in runs}
    numbers = {key: number for number, key in enumerate(groups)}
    keys = [id(run.prepared) for run in runs]
    offsets = [
        c.batches.means - groups[key].means for c, key in zip(runs, keys, strict=True)
    ]
    batches = StackBatches(
        list(groups.values()), [numbers[key] for key in keys], torch.stack(offsets)
    )
    mi_weights = torch.tensor([c.settings.mi_weight for c in runs], device=device)
    models = [StackedModel(c.players, c.score, settings.early_stopping()) for c in runs]
    name = f"{len(runs)} augmenters"
    with ProgressBar(settings.max_iter, name, enabled=verbose) as bar:
        train_gan_stack(
            models,
            batches,
            settings.weights(runs[0].prepared.n_classes),
            mi_weights,
            max_iter=settings.max_iter,
            eval_interval=EVAL_INTERVAL,
            on_check=lambda step, n_active: bar.show(step, training=n_active),
        )
    return [None if model.diverged else model.record for model in models]


def _fit_alone(job: FitJob) -> FittedSampler:
    """Fit one job by itself: its losses diverged, and its rates alone are lowered."""
    return fit_row_sampler(
        job.X, job.classes, job.n_classes, job.settings,
        seed=job.seed, device=job.device, on_check=lambda record: False, checkpoint=None,
    )  # fmt: skip
