"""All measures of a quality report, generated rows beside real ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skmiaug import metrics
from skmiaug.evaluation._cell import seeded_clone
from skmiaug.evaluation._labels import plain
from skmiaug.evaluation._report_data import ReportRows, Rows

__all__ = ["Against", "Calibration", "Measures", "Utility", "measure"]

_DRAW = 1


@dataclass(frozen=True)
class Against:
    """One set of rows measured against the held-out real rows."""

    information: metrics.InformationResult
    pointwise: dict[Any, float]
    frechet: float
    prdc: metrics.PRDC
    two_sample: metrics.TwoSampleResult
    mean_shift: float
    ks: NDArray[np.float64]
    covariance: float
    variance_ratio: dict[Any, float]


@dataclass(frozen=True)
class Utility:
    """What one classifier makes of the rows, UAR from 0 to 1."""

    classifier: str
    gain: metrics.UtilityGain
    on_made_alone: float


@dataclass(frozen=True)
class Calibration:
    """Brier score and expected calibration error of one set of probabilities."""

    rows: str
    brier: float
    error: float


@dataclass(frozen=True)
class Measures:
    """All that is measured.

    Attributes
    ----------
    made, real : Against
        The generated rows, and the real training rows in their place: what can be reached.
    leakage : LeakageResult
    real_nearer : float
        ``leakage.nearer_to_training`` of one half of the training rows, with the other half
        in the place of the training rows: what rows like them give that are no copies.
    utility : list of Utility
    calibration : list of Calibration
    n_compared : int
        Rows of each of the sets that the n² measures were taken on, at most.
    n_added : int
        Rows that resampling adds to the training part; none where it is balanced, and then
        there is no gain.
    """

    made: Against
    real: Against
    leakage: metrics.LeakageResult
    real_nearer: float
    utility: list[Utility]
    calibration: list[Calibration]
    n_compared: int
    n_added: int


def measure(
    rows: ReportRows,
    classifiers: Mapping[str, Any],
    *,
    n_permutations: int,
    max_rows: int,
    seed: int,
) -> Measures:
    """Measure the generated rows, and the real training rows as if generated."""
    rng = np.random.default_rng([seed, _DRAW])
    made, train, held_out = (
        _drawn(part, max_rows, rng) for part in (rows.made, rows.train, rows.held_out)
    )
    # Alike in their classes: those that were not made are not compared either.
    judged = np.isin(train[1], made[1])
    train = train[0][judged], train[1][judged]
    kept = np.isin(held_out[1], made[1])
    fresh = held_out[0][kept], held_out[1][kept]
    options = {"n_permutations": n_permutations, "random_state": seed}
    return Measures(
        made=_against(made, fresh, options),
        real=_against(train, fresh, options),
        leakage=metrics.nearest_row_leakage(
            made[0], train[0], fresh[0], scale=False, **options
        ),
        real_nearer=_nearer_by_halves(train[0], fresh[0], rng, seed),
        utility=[
            _utility(name, seeded_clone(classifier, seed), rows, seed)
            for name, classifier in classifiers.items()
        ],
        calibration=_calibration(rows),
        n_compared=min(max_rows, len(rows.train[0])),
        n_added=len(rows.resampled[0]) - len(rows.train[0]),
    )


def _against(some: Rows, fresh: Rows, options: dict[str, Any]) -> Against:
    X, y = some
    drift = metrics.feature_drift(fresh[0], X)
    points = metrics.pointwise_mutual_information(X, y, *fresh)
    return Against(
        information=metrics.mutual_information_score(X, y, *fresh, **options),
        pointwise={plain(c): float(points[y == c].mean()) for c in np.unique(y)},
        frechet=metrics.frechet_distance(fresh[0], X, scale=False),
        prdc=metrics.precision_recall_density_coverage(
            fresh[0], X, n_neighbors=min(5, len(X) - 1, len(fresh[0]) - 1), scale=False
        ),
        two_sample=metrics.classifier_two_sample_test(fresh[0], X, **options),
        mean_shift=float(np.abs(drift.mean_shift).mean()),
        ks=drift.ks,
        covariance=metrics.covariance_drift(fresh[0], X),
        variance_ratio=metrics.variance_ratio(*fresh, X, y),
    )


def _nearer_by_halves(
    train: NDArray[Any], fresh: NDArray[Any], rng: np.random.Generator, seed: int
) -> float:
    order = rng.permutation(len(train))
    half = len(order) // 2
    if half < 2:
        return float("nan")
    found = metrics.nearest_row_leakage(
        train[order[:half]],
        train[order[half:]],
        fresh,
        scale=False,
        n_permutations=0,
        random_state=seed,
    )
    return found.nearer_to_training


def _utility(name: str, classifier: Any, rows: ReportRows, seed: int) -> Utility:
    n = len(rows.train[0])
    extra = rows.resampled[0][n:], rows.resampled[1][n:]
    return Utility(
        name,
        metrics.utility_gain(
            *rows.train,
            *extra,
            *rows.held_out,
            classifier=classifier,
            random_state=seed,
        ),
        metrics.train_on_synthetic_test_on_real(
            *rows.all_made, *rows.held_out, classifier=classifier
        ),
    )


def _calibration(rows: ReportRows) -> list[Calibration]:
    """Of a logistic regression, for the class shares of the held-out rows."""
    plain = LogisticRegression(C=0.1, max_iter=200)
    X, y = rows.held_out
    labels, counts = np.unique(y, return_counts=True)
    trained = np.unique(rows.train[1]).tolist()
    shares = dict.fromkeys(trained, 0.0) | dict(
        zip(labels.tolist(), counts.tolist(), strict=True)
    )
    corrected = metrics.PriorCorrectedClassifier(plain, target_prior=shares)
    found = []
    for name, classifier, part in (
        ("real rows", plain, rows.train),
        ("resampled rows", plain, rows.resampled),
        ("resampled rows, priors corrected", corrected, rows.resampled),
    ):
        fitted = clone(classifier).fit(*part)
        known = np.isin(y, fitted.classes_)
        proba = fitted.predict_proba(X[known])
        judged = y[known], proba, fitted.classes_
        found.append(
            Calibration(
                name,
                metrics.brier_score(*judged),
                metrics.expected_calibration_error(*judged),
            )
        )
    return found


def _drawn(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    X, y = rows
    if len(y) <= most:
        return rows
    chosen = np.sort(rng.permutation(len(y))[:most])
    return X[chosen], y[chosen]
