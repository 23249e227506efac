"""A linear discriminant in closed form: the classifier of the bounds.

Ridge regression onto class indicators, then a Gaussian for each class in the resulting
scores. It is refitted thousands of times for the null distributions, so everything that
does not depend on the classes (one singular value decomposition) is kept in `RidgeBasis`,
and a fit costs a few matrix products. The Gaussians are fitted to leave-one-out scores,
likewise in closed form, so that the probabilities are calibrated on unseen rows however
many features there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from skmiaug.metrics._checks import Floats, Indices

# Ridge penalties as shares of the number of rows; the leave-one-out likelihood chooses.
_PENALTIES = np.array([1e-3, 1e-2, 1e-1, 1.0, 10.0])
# Shrinkage of the scores' covariance towards a multiple of the identity.
_SCORE_SHRINKAGE = 0.1
# Weight of the class shares in every probability: it limits the loss of a single row.
_FLOOR = 0.01
_MIN_STRENGTH = 1e-5
# Mean scores below this are rounding: scores are differences of shares, in float32.
_MIN_SCORE = 1e-6
_MIN_VARIANCE = 1e-18


@dataclass(frozen=True)
class Discriminant:
    """Class densities in the scores of one regression."""

    weights: NDArray[np.float32]  # (rank, n_classes - 1): From projected rows to scores
    means: Floats  # (n_classes, n_classes - 1)
    precision: Floats  # (n_classes - 1, n_classes - 1)

    def log_density(self, projected: NDArray[np.float32]) -> Floats:
        """ln p(scores | class) up to a constant of the row (n, n_classes)."""
        return _log_density(projected @ self.weights, self.means, self.precision)


class RidgeBasis:
    """The part of the regression that depends on the rows alone.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Columns are given unit variance; at least two rows.
    """

    def __init__(self, X: NDArray[Any]) -> None:
        self._scaler = StandardScaler().fit(X)
        rows = self._scaled(X)
        if len(rows) >= rows.shape[1]:
            strength, directions = _eigen(rows.T @ rows)
            left = rows @ directions
            left /= strength
        else:
            strength, left = _eigen(rows @ rows.T)
            directions = rows.T @ left / strength
        self._left, self._directions = left, directions
        self._strength = strength.astype(np.float64)
        squares = self._strength**2
        # One column for each penalty: the share of each direction that is kept.
        self._kept = squares[:, None] / (squares[:, None] + len(rows) * _PENALTIES)
        self._leverage = left**2 @ self._kept.astype(np.float32) + 1 / len(rows)

    def project(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """Rows on the scale of the basis, in its directions (n, rank)."""
        return self._scaled(X) @ self._directions

    def _scaled(self, X: NDArray[Any]) -> NDArray[np.float32]:
        return self._scaler.transform(X).astype(np.float32, copy=False)

    def fit(self, classes: Indices, n_classes: int) -> Discriminant:
        """Fit to the class of each row of the basis; every class has rows."""
        return self.fit_many([classes], n_classes)[0]

    def fit_many(self, class_sets: Sequence[Indices], n_classes: int) -> list[Discriminant]:
        """A discriminant for each set of classes, by common matrix products."""
        indicators = np.zeros((len(self._left), len(class_sets), n_classes), np.float32)
        for i, classes in enumerate(class_sets):
            indicators[np.arange(len(classes)), i, classes] = 1.0
        shares = indicators.mean(axis=0, dtype=np.float64)
        targets = indicators - shares.astype(np.float32)
        seen = np.tensordot(self._left, targets, axes=(0, 0))
        kept = self._kept.astype(np.float32)[:, None, :, None] * seen[:, :, None, :]
        # (rows, sets, penalties, classes)
        fitted = np.tensordot(self._left, kept, axes=(1, 0))
        return [
            self._chosen(classes, fitted[:, i], indicators[:, i], shares[i], seen[:, i])
            for i, classes in enumerate(class_sets)
        ]

    def _chosen(
        self,
        classes: Indices,
        fitted: NDArray[np.float32],
        indicator: NDArray[np.float32],
        shares: Floats,
        seen: NDArray[np.float32],
    ) -> Discriminant:
        """The penalty of the highest leave-one-out likelihood, or class shares alone."""
        n, n_classes = indicator.shape
        best = (
            float(shares @ np.log(shares)),
            np.zeros_like(self._strength),
            np.zeros((n_classes, n_classes - 1)),
            np.eye(n_classes - 1),
        )
        for penalty in range(len(_PENALTIES)):
            scores = _left_out(
                fitted[:, penalty] + shares, indicator, shares, self._leverage[:, penalty]
            )
            # Leave-one-out scores of uninformative rows are lower for the own class than
            # for others, which a Gaussian would take for information.
            if scores[np.arange(n), classes].mean() <= _MIN_SCORE:
                continue
            means, precision = _class_gaussians(scores[:, :-1], classes, n_classes)
            log_q = class_log_probability(
                _log_density(scores[:, :-1], means, precision), classes, shares
            )
            if log_q.mean() > best[0]:
                best = (float(log_q.mean()), self._kept[:, penalty], means, precision)
        _, kept, means, precision = best
        weights = ((kept / self._strength)[:, None] * seen)[:, :-1]
        return Discriminant(weights.astype(np.float32), means, precision)


def class_log_probability(log_density: Floats, classes: Indices, shares: Floats) -> Floats:
    """ln q(c|x) of each row's own class, with ``shares`` as prior and as floor (n,)."""
    with np.errstate(divide="ignore"):
        log_prior = np.log(shares)
    joint = log_density + log_prior
    joint -= joint.max(axis=1, keepdims=True)
    own = joint[np.arange(len(classes)), classes] - np.log(np.exp(joint).sum(axis=1))
    return np.logaddexp(math.log1p(-_FLOOR) + own, math.log(_FLOOR) + log_prior[classes])


def _eigen(gram: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Singular values and vectors of a Gram matrix, without those that are rounding."""
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    strength = np.sqrt(np.maximum(values, 0.0))
    large = strength > max(_MIN_STRENGTH * strength.max(initial=0.0), 1e-12)
    return strength[large].astype(np.float32), vectors[:, large].astype(np.float32)


def _left_out(
    fitted: Floats,
    indicator: NDArray[np.float32],
    shares: Floats,
    leverage: NDArray[np.float32],
) -> Floats:
    """Scores (n, n_classes) of each row by the regression without it.

    Minus the mean of the indicators without it, which alone would reveal the class.
    """
    n = len(indicator)
    of_own = np.minimum(leverage, 1 - 1e-6)[:, None]
    left_out = (fitted - of_own * indicator) / (1 - of_own)
    return left_out - (n * shares - indicator) / (n - 1)


def _class_gaussians(
    scores: Floats, classes: Indices, n_classes: int
) -> tuple[Floats, Floats]:
    counts = np.bincount(classes, minlength=n_classes).astype(np.float64)
    means: Floats = np.stack(
        [np.bincount(classes, weights=column, minlength=n_classes) for column in scores.T],
        axis=1,
    )
    means /= counts[:, None]
    around = scores - means[classes]
    covariance = around.T @ around / len(scores)
    width = len(covariance)
    equal = np.trace(covariance) / width * np.eye(width)
    covariance = (1 - _SCORE_SHRINKAGE) * covariance + _SCORE_SHRINKAGE * equal
    # Constant scores have a singular covariance.
    return means, np.linalg.inv(covariance + _MIN_VARIANCE * np.eye(width))


def _log_density(scores: NDArray[Any], means: Floats, precision: Floats) -> Floats:
    directions = means @ precision
    return scores @ directions.T - 0.5 * np.einsum("ij,ij->i", directions, means)
