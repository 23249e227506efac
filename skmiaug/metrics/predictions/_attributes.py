"""Scores of predicted attributes: valence, activation, intensities of emotions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import mean_absolute_error
from sklearn.utils import check_consistent_length

from skmiaug.metrics._checks import check_columns

_MAX_INTENSITY = 3
_BASELINES = ("median", "zero")


def concordance_correlation_coefficient(
    y_true: ArrayLike, y_pred: ArrayLike, *, multioutput: str = "uniform_average"
) -> float | NDArray[np.float64]:
    """Lin's concordance correlation: 2 s_ty / (s_t² + s_y² + (t̄ - ȳ)²).

    The usual score of predicted valence, activation and dominance. Unlike Pearson's
    correlation it penalises predictions of another mean or variance.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
    multioutput : {"uniform_average", "raw_values"}, default="uniform_average"
        The mean over the outputs, or the value of each.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        -1 to 1, 1 is best; 0 for constant predictions, 1 where both are constant and equal.

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, or ``multioutput`` is unknown.

    See Also
    --------
    mean_absolute_error_by_band : Errors at rare values of the target.
    sklearn.metrics.make_scorer : Use it in a search.

    References
    ----------
    Lin (1989), A concordance correlation coefficient to evaluate reproducibility,
    Biometrics 45, 255-268.

    Examples
    --------
    >>> from skmiaug.metrics import concordance_correlation_coefficient
    >>> round(concordance_correlation_coefficient([1, 2, 3], [2, 3, 4]), 3)
    0.571
    """
    if multioutput not in ("uniform_average", "raw_values"):
        raise ValueError(
            f"multioutput must be 'uniform_average' or 'raw_values', got {multioutput!r}."
        )
    true, predicted = _same_shape(y_true, y_pred)
    mean, other = true.mean(axis=0), predicted.mean(axis=0)
    products = ((true - mean) * (predicted - other)).mean(axis=0)
    total = true.var(axis=0) + predicted.var(axis=0) + (mean - other) ** 2
    ccc = np.divide(2 * products, total, out=np.ones_like(total), where=total > 0)
    return ccc if multioutput == "raw_values" else float(ccc.mean())


def mean_absolute_error_by_band(
    y_true: ArrayLike, y_pred: ArrayLike, edges: ArrayLike
) -> NDArray[np.float64]:
    """Mean absolute error of the rows whose target lies in each band.

    The extremes of an attribute are rare: the error over all rows hides them.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
    edges : array-like of shape (n_bands - 1,)
        Increasing. A band includes its lower edge; the first and last are open.

    Returns
    -------
    ndarray of shape (n_bands,)
        NaN for bands without rows; ``numpy.nanmean`` gives every band the same weight.

    Raises
    ------
    ValueError
        Shapes differ, there is more than one target, or the edges do not increase.

    See Also
    --------
    imblearn.metrics.macro_averaged_mean_absolute_error : Its mean for ordinal classes.

    References
    ----------
    Baccianella, Esuli, Sebastiani (2009), Evaluation measures for ordinal regression.

    Examples
    --------
    >>> from skmiaug.metrics import mean_absolute_error_by_band
    >>> mean_absolute_error_by_band([1, 4, 4, 7], [2, 4, 5, 4], edges=[3, 6])
    array([1. , 0.5, 3. ])
    """
    true, predicted = _same_shape(y_true, y_pred)
    if true.shape[1] != 1:
        raise ValueError(f"expected one target, got {true.shape[1]}; pass one at a time.")
    limits = np.asarray(edges, dtype=np.float64)
    if limits.ndim != 1 or not (np.diff(limits) > 0).all():
        raise ValueError(f"edges must be increasing numbers, got {edges!r}.")
    band = np.searchsorted(limits, true[:, 0], side="right")
    error = np.abs(true - predicted)[:, 0]
    n_rows = np.bincount(band, minlength=len(limits) + 1)
    total = np.bincount(band, weights=error, minlength=len(limits) + 1)
    return np.divide(total, n_rows, out=np.full(len(total), np.nan), where=n_rows > 0)


@dataclass(frozen=True)
class IntensityScores:
    """Mean absolute error and four-class accuracy, overall and by emotion.

    Attributes
    ----------
    emotions : tuple of str
    mae : float
        Mean absolute error over all sequences and emotions, in the unit of the labels.
    mae_per_emotion : dict of str to float
    accuracy : float
        Mean over the emotions of the four-class accuracy: the share of intensities whose
        prediction rounds to the same of 0, 1, 2 and 3.
    accuracy_per_emotion : dict of str to float

    See Also
    --------
    intensity_scores : Computes the scores.
    """

    emotions: tuple[str, ...]
    mae: float
    mae_per_emotion: dict[str, float]
    accuracy: float
    accuracy_per_emotion: dict[str, float]


def intensity_scores(
    y_true: ArrayLike, y_pred: ArrayLike, *, emotions: Sequence[str] | None = None
) -> IntensityScores:
    """Compare predicted emotion intensities, from 0 to 3, with the true ones.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples, n_emotions) or (n_samples,)
        Predictions beyond 0 and 3 are clipped for the accuracy, not for the error.
    emotions : sequence of str or None, default=None
        Names of the columns; None uses ``"emotion_0"`` and so on.

    Returns
    -------
    IntensityScores

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, labels lie beyond 0 and 3, or the number of
        names is wrong.

    See Also
    --------
    intensity_baseline : Most labels of CMU-MOSEI are 0: compare with constants.

    Notes
    -----
    Halves are rounded up: the classes are [0, 0.5), [0.5, 1.5), [1.5, 2.5) and [2.5, 3].

    References
    ----------
    Nimitsurachat and Washington, arXiv 2307.12343.

    Examples
    --------
    >>> from skmiaug.metrics import intensity_scores
    >>> scores = intensity_scores([[0, 2], [1, 3]], [[0.2, 1], [1, 3]])
    >>> round(scores.mae, 2), scores.accuracy
    (0.3, 0.75)
    """
    true, predicted = _same_shape(y_true, y_pred)
    if true.min() < 0 or true.max() > _MAX_INTENSITY:
        raise ValueError(
            f"y_true must hold intensities from 0 to {_MAX_INTENSITY}, got "
            f"{true.min():g} to {true.max():g}."
        )
    if emotions is None:
        emotions = [f"emotion_{i}" for i in range(true.shape[1])]
    if len(emotions) != true.shape[1]:
        raise ValueError(
            f"emotions must name the {true.shape[1]} columns, got {len(emotions)} names."
        )
    errors = mean_absolute_error(true, predicted, multioutput="raw_values")
    one, other = (
        np.clip(np.floor(values + 0.5), 0, _MAX_INTENSITY) for values in (true, predicted)
    )
    right = (one == other).mean(axis=0)
    return IntensityScores(
        tuple(emotions),
        float(errors.mean()),
        dict(zip(emotions, errors.tolist(), strict=True)),
        float(right.mean()),
        dict(zip(emotions, right.tolist(), strict=True)),
    )


def intensity_baseline(
    y_train: ArrayLike,
    y_test: ArrayLike,
    *,
    emotions: Sequence[str] | None = None,
    baseline: str = "median",
) -> IntensityScores:
    """Scores of predicting the same intensities for every sequence.

    Parameters
    ----------
    y_train : array-like of shape (n_train, n_emotions)
        Source of the median of each emotion.
    y_test : array-like of shape (n_test, n_emotions)
    emotions : sequence of str or None, default=None
        Names of the columns.
    baseline : {"median", "zero"}, default="median"
        The median has the least mean absolute error of all constants.

    Returns
    -------
    IntensityScores

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, or ``baseline`` is unknown.

    See Also
    --------
    intensity_scores : Scores of predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug.metrics import intensity_baseline
    >>> y_train, y_test = np.zeros((4, 6)), np.full((2, 6), 0.5)
    >>> intensity_baseline(y_train, y_test).mae
    0.5
    """
    if baseline not in _BASELINES:
        raise ValueError(f"baseline must be one of {_BASELINES}, got {baseline!r}.")
    train, test = check_columns(y_train, "y_train"), check_columns(y_test, "y_test")
    constant = np.median(train, axis=0) if baseline == "median" else 0 * train[0]
    return intensity_scores(
        test, np.broadcast_to(constant, (len(test), len(constant))), emotions=emotions
    )


def _same_shape(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns (n, n_outputs) of both."""
    true, predicted = check_columns(y_true, "y_true"), check_columns(y_pred, "y_pred")
    check_consistent_length(true, predicted)
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape, got {true.shape} and "
            f"{predicted.shape}."
        )
    return true, predicted
