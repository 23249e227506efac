"""A whole path of λ in one run: many augmenters fitted as stacks of models."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state

from skmiaug.base import torch_defaults
from skmiaug.over_sampling._migan import EVAL_INTERVAL, MEMORY_ADVICE, MIGANAugmenter
from skmiaug.over_sampling.columns._groups import check_expected
from skmiaug.over_sampling.generator._residual import Preparation, TrainingRun, ready_run
from skmiaug.training import EarlyStopping
from skmiaug.training.gan import GanRecord, StackBatches, StackedModel, train_gan_stack
from skmiaug.utils._device import (
    cpu_threads_for,
    memory_remedy,
    resolve_device,
    threads_to_spare,
)
from skmiaug.utils._fit import ProgressBar
from skmiaug.utils._random import draw_seed

DEFAULT_MI_WEIGHTS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class MIPath:
    """What :func:`mi_path` returns; one entry for each λ, in the order given.

    Attributes
    ----------
    mi_weights : ndarray of shape (n_weights,)
        The papers' λ.
    augmenters : tuple of MIGANAugmenter
        Fitted; ``augmenters[k].sample`` draws rows.
    mutual_information : ndarray of shape (n_weights,)
        Bound of I(c; x̂) by a classifier that was fitted to real rows, nats.
    best_validation_score : ndarray of shape (n_weights,)
        Score on held-out rows of the weights and the scale that are used, nats; NaN where
        no rows were held out. It is not a test score: early stopping has seen it.

    See Also
    --------
    mi_path : Fits the augmenters.
    """

    mi_weights: np.ndarray
    augmenters: tuple[MIGANAugmenter, ...]
    mutual_information: np.ndarray
    best_validation_score: np.ndarray


def mi_path(
    X: Any,
    y: Any,
    *,
    mi_weights: Sequence[float] = DEFAULT_MI_WEIGHTS,
    augmenter: MIGANAugmenter | None = None,
    condition: Any = None,
    covariates: Any = None,
    groups: Any = None,
    verbose: int = 0,
) -> MIPath:
    """Fit an augmenter for each λ, all of them as one batched model.

    Each equals ``augmenter.set_params(mi_weight=...).fit(X, y)`` but for rounding: rows,
    batches, noise and stopping are the same. What does not depend on λ is computed once,
    and a training step of all is a few large matrix products instead of many small ones.
    With ``modalities`` or a condition they are fitted one after another.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    mi_weights : sequence of float, default=(0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
        At least one λ, none below 0.
    augmenter : MIGANAugmenter, default=None
        All other parameters; None takes the defaults. It is not changed. Set its
        ``max_iter`` to train networks for rows alone.
    condition : array-like of shape (n_samples, n_condition_features), default=None
    covariates : array-like of shape (n_samples,) or (n_samples, n_covariates), \
            default=None
    groups : array-like of shape (n_samples,), default=None
        As for ``MIGANAugmenter.fit``.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    MIPath

    Raises
    ------
    ValueError
        No λ, or one below 0; the augmenter has a checkpoint or ``data_parallel=True``; or
        its ``fit`` would raise.

    See Also
    --------
    MIGANAugmenterCV : Chooses one of them.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug import mi_path
    >>> X, y = make_classification(n_samples=200, weights=[0.9], random_state=0)
    >>> path = mi_path(X, y, mi_weights=[0, 1, 10])
    >>> path.mutual_information.shape
    (3,)
    """
    weights = check_mi_weights(mi_weights)
    template = MIGANAugmenter() if augmenter is None else augmenter
    augmenters = augmenters_of(template, weights)
    named = {"condition": condition, "covariates": covariates, "groups": groups}
    data = {"X": X, "y": y, **named}
    fit_augmenters(augmenters, [data] * len(weights), verbose=verbose > 0)
    return MIPath(
        mi_weights=weights,
        augmenters=tuple(augmenters),
        mutual_information=np.array([a.mutual_information_ for a in augmenters]),
        # None becomes NaN.
        best_validation_score=np.array(
            [a.best_validation_score_ for a in augmenters], dtype=float
        ),
    )


def augmenters_of(
    template: MIGANAugmenter, mi_weights: Iterable[float]
) -> list[MIGANAugmenter]:
    """Copy an augmenter for each λ, all with one seed so that only λ differs."""
    seed = template.random_state
    if not isinstance(seed, Integral):
        seed = draw_seed(check_random_state(clone(template).random_state))
    return [
        clone(template).set_params(mi_weight=float(weight), random_state=seed)
        for weight in mi_weights
    ]


def check_mi_weights(mi_weights: Any) -> np.ndarray:
    """Return λ as numbers (n_weights,), at least one; an iterator is read once."""
    try:
        weights = np.asarray(list(mi_weights), dtype=float)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.ndim != 1 or len(weights) == 0 or not (weights >= 0).all():
        raise ValueError(
            "mi_weights must be at least one number, none below 0, such as [0, 1, 10]; "
            f"got {mi_weights!r}."
        )
    return weights


# ---- fitting many at once


@dataclass
class FitJob:
    """One augmenter that is ready to be trained, and what it was prepared from.

    `data` are the arguments of its ``fit``; `real` rows, to measure samples with, and
    `prepared` are shared by augmenters that differ in ``mi_weight`` alone.
    """

    augmenter: MIGANAugmenter
    data: dict[str, Any]
    real: tuple[np.ndarray, np.ndarray]
    prepared: Preparation
    run: TrainingRun

    @property
    def stack_key(self) -> Hashable:
        """Equal for jobs whose networks have one shape and one schedule."""
        own, means = self.augmenter, self.prepared.row_means
        schedule = own._n_steps(), own.n_iter_no_change, own.tol
        return len(means), self.prepared.parameters, str(means.device), schedule


def fit_augmenters(
    augmenters: Sequence[MIGANAugmenter],
    data: Sequence[dict[str, Any]],
    *,
    verbose: bool = False,
) -> None:
    """Fit each augmenter to its X, y, condition and so on, equal shapes as one model.

    Those that are given the very same dict, and differ in ``mi_weight`` alone, share what
    does not depend on it. Augmenters with several modalities or a condition are fitted one
    after another: what their heads measure is not a sum over models.

    Raises
    ------
    ValueError
        An augmenter has a checkpoint or ``data_parallel=True``, or its ``fit`` would raise.
    """
    for augmenter, own in zip(augmenters, data, strict=True):
        _check_alone(augmenter)
        check_expected(augmenter, "fit", own.get("condition"), own.get("covariates"))
    with ExitStack() as stack:
        stack.enter_context(torch_defaults())
        device = resolve_device(augmenters[0].device)
        stack.enter_context(memory_remedy(device, MEMORY_ADVICE))
        jobs: list[FitJob] = []
        for augmenter, own in zip(augmenters, data, strict=True):
            if augmenter.modalities is not None or own.get("condition") is not None:
                augmenter.fit(**own)
                continue
            like = next((j for j in jobs[::-1] if _share(j, augmenter, own)), None)
            jobs.append(_ready(augmenter, own, like, device))
        stacks: dict[Hashable, list[FitJob]] = defaultdict(list)
        for job in jobs:
            stacks[job.stack_key].append(job)
        for alike in stacks.values():
            records = _train_in_threads(alike, verbose)
            for job, record in zip(alike, records, strict=True):
                _end(job, record)


def _share(job: FitJob, augmenter: MIGANAugmenter, data: dict[str, Any]) -> bool:
    """Return whether an augmenter differs from that of a job in ``mi_weight`` alone."""
    if job.data is not data or not isinstance(augmenter.random_state, Integral):
        return False
    ours, theirs = augmenter.get_params(), job.augmenter.get_params()
    return all(ours[name] == theirs[name] for name in ours if name != "mi_weight")


def _check_alone(augmenter: MIGANAugmenter) -> None:
    augmenter._validate_params()
    for name, off in (("checkpoint", None), ("data_parallel", False)):
        value = getattr(augmenter, name)
        if value != off:
            raise ValueError(
                f"Augmenters that are fitted together do not support {name}, got "
                f"{name}={value!r}. Set {name}={off!r}."
            )


def _ready(
    augmenter: MIGANAugmenter, data: dict[str, Any], like: FitJob | None, device: Any
) -> FitJob:
    """Prepare an augmenter, or take what another one was prepared with."""
    if like is None:
        rows, indices, *_ = augmenter._read(data["X"], data["y"])
        sources, _ = augmenter._sources(rows, indices, None, data.get("covariates"))
        seed = draw_seed(check_random_state(augmenter.random_state))
        Z, T, options, real = augmenter._prepare(sources, indices, data.get("groups"), seed)
        prepared = augmenter._prepare_networks(Z, T, device=device, **options)
    else:
        real, prepared = like.real, like.prepared
        own = set(augmenter.get_params(deep=False))
        fitted = {k: v for k, v in vars(like.augmenter).items() if k not in own}
        augmenter.__dict__.update(fitted)
    run = ready_run(prepared, float(augmenter.mi_weight))
    return FitJob(augmenter, data, real, prepared, run)


def _end(job: FitJob, record: GanRecord | None) -> None:
    augmenter = job.augmenter
    if record is None:
        # Its losses diverged: alone, its learning rates are lowered.
        augmenter.fit(**job.data)
        return
    sampler = augmenter._end_run(job.run, record, job.prepared)
    augmenter._finish(sampler, job.real)


def _train_in_threads(jobs: list[FitJob], verbose: bool) -> list[GanRecord | None]:
    """Train jobs of one shape, on a CPU a part of them in each thread.

    Products too small for two threads to share (see ``cpu_threads_for``) are still worth
    a thread for each part of the stack: the parts never wait for each other.
    """
    device = jobs[0].prepared.row_means.device
    product = jobs[0].prepared.parameters.largest_product()
    n_parts = min(threads_to_spare(product, device), len(jobs))
    with cpu_threads_for(product, device):
        if n_parts == 1:
            return _train_stack(jobs, verbose)
        parts = [jobs[k::n_parts] for k in range(n_parts)]
        with ThreadPoolExecutor(n_parts - 1) as pool:
            others = [pool.submit(_one_thread, part) for part in parts[1:]]
            # The main thread takes a part, since only it receives signals.
            records = [_train_stack(parts[0], verbose), *(o.result() for o in others)]
    joined: list[GanRecord | None] = [None] * len(jobs)
    for k, part in enumerate(records):
        joined[k::n_parts] = part
    return joined


def _one_thread(jobs: list[FitJob]) -> list[GanRecord | None]:
    # The number of threads belongs to the thread that asks.
    torch.set_num_threads(1)
    with torch_defaults():
        return _train_stack(jobs, verbose=False)


def _train_stack(jobs: list[FitJob], verbose: bool) -> list[GanRecord | None]:
    """Train jobs of one shape; a record each, None where the losses diverged."""
    first = jobs[0]
    batches = StackBatches(
        [job.run.batches for job in jobs], [id(job.prepared) for job in jobs]
    )
    device = first.prepared.row_means.device
    mi_weights = torch.tensor([float(job.augmenter.mi_weight) for job in jobs])
    models = [
        StackedModel(
            job.run.networks,
            job.run.score,
            EarlyStopping(job.augmenter.n_iter_no_change, job.augmenter.tol),
        )
        for job in jobs
    ]
    max_iter = first.augmenter._n_steps()
    with ProgressBar(max_iter, f"{len(jobs)} augmenters", enabled=verbose) as bar:
        train_gan_stack(
            models,
            batches,
            first.run.weights,
            mi_weights.to(device),
            max_iter=max_iter,
            eval_interval=EVAL_INTERVAL,
            on_check=lambda step, n_active: bar.show(step, training=n_active),
        )
    return [None if model.diverged else model.record for model in models]
