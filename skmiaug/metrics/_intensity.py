"""Measures of emotion intensities, as arXiv 2307.12343 reports them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

_HIGHEST = 3
_BASELINES = ("median", "zero")


@dataclass(frozen=True)
class IntensityScores:
    """Mean absolute error and four-class accuracy, overall and by emotion.

    Attributes
    ----------
    emotions : tuple of str
    mae : float
        Mean absolute error over all sequences and emotions, in the labels' unit.
    mae_per_emotion : dict of str to float
    accuracy : float
        Four-class accuracy, the mean over the emotions: the share of intensities that fall
        into the right one of 0, 1, 2 and 3 after rounding.
    accuracy_per_emotion : dict of str to float
    """

    emotions: tuple[str, ...]
    mae: float
    mae_per_emotion: dict[str, float]
    accuracy: float
    accuracy_per_emotion: dict[str, float]


def intensity_scores(
    y_true: Any, y_pred: Any, *, emotions: Sequence[str] | None = None
) -> IntensityScores:
    """Compare emotion intensities, from 0 to 3, with predictions.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n, n_emotions)
        One emotion may be of shape (n,). Predictions beyond 0 and 3 count as those in the
        accuracy, and as they are in the error.
    emotions : sequence of str or None, default=None
        Names of the columns; None takes ``"emotion_0"`` and so on.

    Returns
    -------
    IntensityScores

    Raises
    ------
    ValueError
        Shapes differ, values are not finite, labels lie beyond 0 and 3, or the number of
        names is wrong.

    Notes
    -----
    Halves are rounded up, so that the classes are [0, 0.5), [0.5, 1.5), [1.5, 2.5) and
    [2.5, 3]. Most labels of CMU-MOSEI are 0: read these beside :func:`intensity_baseline`.

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
    true, predicted = _columns(y_true, "y_true"), _columns(y_pred, "y_pred")
    check_consistent_length(true, predicted)
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape, got {true.shape} and "
            f"{predicted.shape}."
        )
    if true.min() < 0 or true.max() > _HIGHEST:
        raise ValueError(
            f"y_true must hold intensities from 0 to {_HIGHEST}, got {true.min():g} to "
            f"{true.max():g}."
        )
    if emotions is None:
        emotions = [f"emotion_{i}" for i in range(true.shape[1])]
    if len(emotions) != true.shape[1]:
        raise ValueError(
            f"emotions must name the {true.shape[1]} columns, got {len(emotions)} names."
        )
    errors = np.abs(true - predicted).mean(axis=0)
    right = (_four_classes(true) == _four_classes(predicted)).mean(axis=0)
    names = tuple(emotions)
    return IntensityScores(
        names,
        float(errors.mean()),
        dict(zip(names, errors.tolist(), strict=True)),
        float(right.mean()),
        dict(zip(names, right.tolist(), strict=True)),
    )


def intensity_baseline(
    y_train: Any,
    y_test: Any,
    *,
    emotions: Sequence[str] | None = None,
    baseline: str = "median",
) -> IntensityScores:
    """Return the scores of predicting the same intensities for every sequence.

    Parameters
    ----------
    y_train : array-like of shape (n_train, n_emotions)
        Where the median of each emotion is taken.
    y_test : array-like of shape (n_test, n_emotions)
    emotions : sequence of str or None, default=None
    baseline : {"median", "zero"}, default="median"
        The median has the least mean absolute error of all constants.

    Returns
    -------
    IntensityScores

    Raises
    ------
    ValueError
        Shapes or columns do not fit together, an intensity is not a number, or
        ``baseline`` is unknown.

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
    train, test = _columns(y_train, "y_train"), _columns(y_test, "y_test")
    constant = np.median(train, axis=0) if baseline == "median" else 0 * train[0]
    return intensity_scores(
        test, np.broadcast_to(constant, (len(test), len(constant))), emotions=emotions
    )


def _columns(y: Any, name: str) -> np.ndarray:
    y = np.asarray(y)
    y = y[:, None] if y.ndim == 1 else y
    return check_array(y, dtype=np.float64, input_name=name)


def _four_classes(intensities: np.ndarray) -> np.ndarray:
    return np.clip(np.floor(intensities + 0.5), 0, _HIGHEST)
