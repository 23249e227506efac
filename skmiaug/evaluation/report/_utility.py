"""What models gain by synthetic samples, and by methods that need none."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skmiaug import metrics
from skmiaug.evaluation._labels import plain
from skmiaug.evaluation.comparison._cell import run_sampler_on_fold
from skmiaug.evaluation.comparison._compare import results_table
from skmiaug.evaluation.comparison._folds import Fold
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, default_samplers
from skmiaug.evaluation.comparison._scores import scores_of
from skmiaug.evaluation.report._samples import ReportSamples, joined
from skmiaug.model_selection import PriorCorrectedClassifier

WITH_SAMPLES = "with the samples"
# Methods that are compared, by target type.
BASELINES = {
    "multiclass": (
        "class weights",
        "logit adjustment",
        "equal-prior LDA",
        "RandomOverSampler",
        "SMOTE",
    ),
    "distribution": ("hard labels", "class weights", "logit adjustment"),
    "multilabel": ("label weights",),
    "continuous": ("inverse-density weights", "random oversampling"),
}
_BOOTSTRAP = 2
_N_BOOTSTRAP = 60


class Utility(NamedTuple):
    """Score on held-out rows, 0 to 1, of one model with and without the samples."""

    model: str
    without: float
    with_samples: float
    interval: tuple[float, float]
    on_synthetic_only: float

    @property
    def gain(self) -> float:
        """The difference, whose 95 % interval is `interval`."""
        return self.with_samples - self.without


def class_utility(name: str, classifier: Any, samples: ReportSamples, seed: int) -> Utility:
    """By UAR, with a bootstrap of the held-out rows of each class."""
    n = len(samples.train[0])
    added = samples.resampled[0][n:], samples.resampled[1][n:]
    gain = metrics.utility_gain(
        *samples.train,
        *added,
        *samples.held_out,
        classifier=classifier,
        random_state=seed,
    )
    alone = metrics.train_on_synthetic_test_on_real(
        *samples.in_their_place, *samples.held_out, classifier=classifier
    )
    return Utility(name, gain.uar_without, gain.uar_with, gain.interval, alone)


def target_utility(name: str, model: Any, samples: ReportSamples, seed: int) -> Utility:
    """By the main score of the target type.

    The interval is normal, with the standard error of a bootstrap of the held-out rows
    within their strata.

    Raises
    ------
    ValueError
        The model cannot be fitted to such targets.
    """
    target, (X, y) = samples.target, samples.held_out
    main = target.scores[0]
    fitted = []
    for part in (samples.train, samples.resampled, samples.in_their_place):
        try:
            found = target.fit(clone(model), None, *part, None, seed)
        except ValueError as error:
            raise ValueError(
                f"target_type={target.name!r}, {name}: {error}; leave that model out."
            ) from error
        fitted.append(_Remembered(found, X))

    def score(place: int, rows: NDArray[np.intp]) -> float:
        return float(target.scores_of(fitted[place], rows, y[rows])[main])

    every = np.arange(len(y))
    without, with_samples, alone = (score(place, every) for place in range(3))
    rng = np.random.default_rng([seed, _BOOTSTRAP])
    strata = [np.flatnonzero(samples.strata == s) for s in np.unique(samples.strata)]
    gains = []
    for _ in range(_N_BOOTSTRAP):
        rows = np.concatenate([rng.choice(own, len(own)) for own in strata])
        gains.append(score(1, rows) - score(0, rows))
    reach = 1.96 * float(np.std(gains))
    gain = with_samples - without
    return Utility(name, without, with_samples, (gain - reach, gain + reach), alone)


class _Remembered:
    """Predictions of a fitted model, made once, for rows that are given by number."""

    def __init__(self, fitted: Any, X: NDArray[Any]) -> None:
        self.classes_ = getattr(fitted, "classes_", None)
        for method in ("predict", "predict_proba", "decision_function"):
            if hasattr(fitted, method):
                setattr(self, method, partial(_rows_of, getattr(fitted, method)(X)))


def _rows_of(found: Any, rows: NDArray[np.intp]) -> Any:
    return [part[rows] for part in found] if isinstance(found, list) else found[rows]


def compared(samples: ReportSamples, models: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """Scores of all models without and with the samples, and with `BASELINES`.

    A cell of `compare_samplers` each, `WITH_SAMPLES` being the training part as resampled.
    """
    target, m = samples.target, len(samples.held_out[1])
    names = [NO_RESAMPLING, *BASELINES[target.name]]
    methods = [
        (name, samples.train, target.sampler(name, method))
        for name, method in default_samplers(names, target_type=target.name).items()
    ]
    methods.append((WITH_SAMPLES, samples.resampled, None))
    rows = []
    for name, part, method in methods:
        n = len(part[1])
        fold = Fold(seed, 0, np.arange(n), np.arange(n, n + m))
        X, y = joined(part, samples.held_out)
        rows += run_sampler_on_fold(
            X,
            y,
            None,
            fold,
            name,
            method,
            models,
            scale=False,
            on_error="record",
            target=target,
        )
    return results_table(rows)


def calibration(samples: ReportSamples) -> dict[str, tuple[float, float]]:
    """Brier score and expected calibration error by the samples of training.

    Of a logistic regression, for the class shares of the held-out rows.
    """
    model = LogisticRegression(C=0.1, max_iter=200)
    (X, y), trained = samples.held_out, samples.train[1]
    classes = np.union1d(trained, y)
    shares = {plain(c): int(np.sum(y == c)) for c in classes}
    corrected = PriorCorrectedClassifier(model, target_prior=shares)
    found = {}
    for name, classifier, part in (
        ("real rows", model, samples.train),
        ("resampled", model, samples.resampled),
        ("resampled, priors corrected", corrected, samples.resampled),
    ):
        scores = scores_of(clone(classifier).fit(*part), X, y, classes)
        found[name] = scores["brier"], scores["calibration_error"]
    return found
