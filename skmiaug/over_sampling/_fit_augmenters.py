"""Fitting many augmenters at once, each as its own ``fit`` would."""

from collections.abc import Sequence
from typing import Any

from sklearn.utils import check_random_state

from skmiaug.over_sampling._fit_together import FitJob, fit_together
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._modal_input import expects_condition
from skmiaug.over_sampling._settings import FitSettings
from skmiaug.over_sampling._training_run import MEMORY_ADVICE, TrainingRun
from skmiaug.utils._device import memory_remedy
from skmiaug.utils._random import draw_seed


def fit_augmenters(
    augmenters: Sequence[MIGANAugmenter],
    data: Sequence[tuple[Any, Any]],
    *,
    verbose: bool = False,
) -> None:
    """Fit each augmenter to its rows and classes, those of one shape as one model.

    Parameters
    ----------
    augmenters : sequence of MIGANAugmenter
        Fitted in place.
    data : sequence of (X, y)
        One for each; augmenters that are given the very same ``X`` and ``y`` share what
        is computed of them.
    verbose : bool
        Whether to show a bar for each stack.

    Raises
    ------
    ValueError
        An augmenter has a checkpoint, several modalities or several processes, or
        requires a condition, or its ``fit`` would raise.
    """
    jobs: list[FitJob] = []
    like: dict[tuple[int, int], FitJob] = {}
    for augmenter, (X, y) in zip(augmenters, data, strict=True):
        job = job_of(augmenter, X, y, like=like.get((id(X), id(y))))
        like[id(X), id(y)] = job
        jobs.append(job)
    with memory_remedy(jobs[0].device, MEMORY_ADVICE):
        fitted = fit_together(jobs, verbose=verbose)
    for augmenter, job, sampler in zip(augmenters, jobs, fitted, strict=True):
        augmenter._take_over(job.device, TrainingRun(sampler, job.seed))


def job_of(
    augmenter: MIGANAugmenter, X: Any, y: Any, *, like: FitJob | None = None
) -> FitJob:
    """Check rows and classes as ``augmenter.fit`` does, and resolve its parameters.

    Parameters
    ----------
    augmenter : MIGANAugmenter
        What is known before training is set in place.
    X : array-like or DataFrame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    like : FitJob or None
        A job of the same rows, to share its arrays with.
    """
    _check_plain(augmenter)
    augmenter._validate_params()
    plan = augmenter._plan(*augmenter._check_rows(X, y))
    assert isinstance(plan.settings, FitSettings)
    rows = (plan.data.X, plan.data.classes) if like is None else (like.X, like.classes)
    seed = draw_seed(check_random_state(augmenter.random_state))
    return FitJob(*rows, len(augmenter.classes_), plan.settings, seed, plan.device)


def _check_plain(augmenter: MIGANAugmenter) -> None:
    if augmenter.checkpoint is not None:
        raise ValueError(
            "Augmenters that are fitted together write no checkpoint, got "
            f"checkpoint={augmenter.checkpoint!r}. Set checkpoint=None."
        )
    if augmenter.data_parallel:
        raise ValueError(
            "Augmenters that are fitted together are trained by one process each. Set "
            "data_parallel=False."
        )
    if augmenter.modalities is not None:
        raise ValueError(
            "Augmenters of several modalities cannot be fitted together. Set "
            "modalities=None, or search over mi_weight with GridSearchCV."
        )
    if expects_condition(augmenter):
        raise ValueError(
            "Augmenters that are fitted together are fitted without a condition, and this "
            "one was told to expect one (require_condition=True, or "
            "set_fit_resample_request). Take that back, or search over mi_weight with "
            "GridSearchCV."
        )
