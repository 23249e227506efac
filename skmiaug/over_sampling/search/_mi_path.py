"""A whole path of λ in one run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling.search._fit_together import fit_augmenters
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
    data = X, y, condition, groups
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
