"""Fitting many augmenters at once, each as its own ``fit`` would."""

from collections.abc import Sequence
from typing import Any

from sklearn.utils import check_random_state

from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._settings import FitSettings
from skmiaug.over_sampling._together import FitJob, fit_together
from skmiaug.over_sampling._training_run import (
    MEMORY_ADVICE,
    TrainingData,
    TrainingPlan,
    TrainingRun,
)
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
        An augmenter has a checkpoint, or several modalities; or its ``fit`` would raise.
    """
    plans: list[TrainingPlan] = []
    seeds: list[int] = []
    jobs: list[FitJob] = []
    checked: dict[tuple[int, int], TrainingData] = {}
    for augmenter, (X, y) in zip(augmenters, data, strict=True):
        _check_plain(augmenter)
        augmenter._validate_params()
        plan = augmenter._plan(*augmenter._check_rows(X, y))
        shared = checked.setdefault((id(X), id(y)), plan.data)
        plan = plan._replace(data=shared)
        assert isinstance(plan.settings, FitSettings)
        seed = draw_seed(check_random_state(augmenter.random_state))
        n_classes = len(augmenter.classes_)
        jobs.append(
            FitJob(shared.X, shared.classes, n_classes, plan.settings, seed, plan.device)
        )
        plans.append(plan)
        seeds.append(seed)
    with memory_remedy(plans[0].device, MEMORY_ADVICE):
        fitted = fit_together(jobs, verbose=verbose)
    for augmenter, plan, sampler, seed in zip(
        augmenters, plans, fitted, seeds, strict=True
    ):
        augmenter._take_over(plan, TrainingRun(sampler, seed))


def _check_plain(augmenter: MIGANAugmenter) -> None:
    if augmenter.checkpoint is not None:
        raise ValueError(
            "Augmenters that are fitted together write no checkpoint, got "
            f"checkpoint={augmenter.checkpoint!r}. Set checkpoint=None."
        )
    if augmenter.modalities is not None:
        raise ValueError(
            "Augmenters of several modalities cannot be fitted together. Set "
            "modalities=None, or search over mi_weight with GridSearchCV."
        )
