"""What the measures of a quality report share: samples, and what was measured on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skmiaug import metrics
from skmiaug.evaluation._labels import plain
from skmiaug.evaluation.comparison._cell import run_sampler_on_fold, seeded_clone
from skmiaug.evaluation.comparison._compare import results_table
from skmiaug.evaluation.comparison._folds import Fold
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, SCORES, default_samplers
from skmiaug.evaluation.comparison._summary import MEAN, complete_scores, recalls_by_class
from skmiaug.evaluation.comparison._targets import scores_of
from skmiaug.evaluation.report._samples import Labelled, ReportSamples, joined
from skmiaug.model_selection import PriorCorrectedClassifier, SoftLabelClassifier
from skmiaug.over_sampling.targets import attribute_information

_DRAW = 1
_NAN = float("nan")
# The penalty of `metrics.classifier_information`.
_C = 0.01


Pair = tuple[Labelled, Labelled]
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


class SampleSet:
    """One set of samples, each time with held-out rows; computed on first use.

    Those of `mixed` have the same class mix. Those of `whole` may not: for measures of each
    class by itself. Those of `coded` have at least two classes. `information` measures
    that of other targets than classes.
    """

    def __init__(
        self,
        mixed: Pair,
        whole: Pair,
        coded: Pair,
        options: dict[str, Any],
        information: Callable[[], metrics.InformationResult] | None,
    ) -> None:
        self.X, self.fresh = mixed[0][0], mixed[1][0]
        self._whole, self._coded, self._options = whole, coded, options
        self._information = information

    @cached_property
    def information(self) -> metrics.InformationResult:
        if self._information is not None:
            return self._information()
        own, fresh = self._coded
        return metrics.mutual_information_score(*own, *fresh, **self._options)

    @cached_property
    def pointwise(self) -> dict[Any, float]:
        (X, y), fresh = self._coded
        found = metrics.mutual_information_score(
            X, y, *fresh, n_permutations=0, n_bootstrap=1
        )
        points = found.row_values
        return {plain(c): float(points[y == c].mean()) for c in np.unique(y)}

    @cached_property
    def prdc(self) -> metrics.PRDC:
        n_neighbors = min(5, len(self.X) - 1, len(self.fresh) - 1)
        return metrics.precision_recall_density_coverage(
            self.fresh, self.X, n_neighbors=n_neighbors, scale=False
        )

    @cached_property
    def two_sample(self) -> metrics.TwoSampleResult:
        return metrics.classifier_two_sample_test(self.fresh, self.X, **self._options)

    @cached_property
    def drift(self) -> metrics.FeatureDrift:
        return metrics.feature_drift(self.fresh, self.X)

    @cached_property
    def variance_ratio(self) -> dict[Any, float]:
        own, fresh = self._whole
        return metrics.variance_ratio(*fresh, *own)


class Evidence:
    """The samples of a report and the measurements that several measures share.

    `real` has the real training rows in the place of the synthetic samples: the best that
    these can be expected to reach. `real_nearer` is ``leakage.nearer_to_training`` of one
    half of the training rows, measured against the other half. `score` names what `utility`
    holds. `n_compared` rows of each set, at most, are behind the n² measures.

    Balancing adds most samples to the rarest classes. Where whole sets are compared, they
    are therefore thinned to the class mix of the training part: a test could otherwise tell
    them apart by their classes alone.
    """

    def __init__(
        self,
        samples: ReportSamples,
        models: Mapping[str, Any],
        *,
        n_permutations: int,
        max_rows: int,
        seed: int,
    ) -> None:
        self.samples, self.models, self.seed = samples, models, seed
        title = SCORES[samples.target.scores[0]].title
        self.score = title.removesuffix(" %").removesuffix(" × 100")
        self.n_compared = min(max_rows, len(samples.train[0]))
        self.n_added = len(samples.resampled[0]) - len(samples.train[0])
        rng = np.random.default_rng([seed, _DRAW])
        synthetic, train, held_out = (
            _drawn(part, max_rows, rng)
            for part in (
                samples.synthetic,
                (samples.train[0], samples.train_strata),
                (samples.held_out[0], samples.strata),
            )
        )
        every = train, held_out
        # The same classes in all: those without synthetic samples are left out.
        train, fresh = (_of_classes(part, synthetic[1]) for part in every)
        options: dict[str, Any] = {"n_permutations": n_permutations, "random_state": seed}
        own, real, mixed = _in_training_mix(synthetic, train, fresh, rng)
        self.n_mixed = len(own[1])
        of_classes = samples.target.name == "multiclass"
        coded, coded_real, coded_fresh = own, real, mixed
        if len(np.unique(own[1])) < 2:
            # Information about the class needs a second one: its real rows.
            labels, counts = np.unique(held_out[1], return_counts=True)
            second = np.setdiff1d(labels[counts > 1], synthetic[1])
            others, others_fresh = (_of_classes(part, second) for part in every)
            coded, coded_real = joined(own, others), joined(real, others)
            coded_fresh = joined(mixed, others_fresh)
        self.synthetic, self.real = (
            SampleSet(
                (part, mixed),
                (whole, fresh),
                (part_coded, coded_fresh),
                options,
                None if of_classes else partial(target_information, samples, measured),
            )
            for part, whole, part_coded, measured in (
                (own, synthetic, coded, samples.in_their_place),
                (real, train, coded_real, samples.train),
            )
        )
        self.leakage = metrics.nearest_row_leakage(
            synthetic[0], train[0], fresh[0], scale=False, **options
        )
        self.real_nearer = _nearer_by_halves(train[0], fresh[0], rng, seed)

    @cached_property
    def utility(self) -> list[Utility]:
        """The effect of the samples on each model."""
        kind = class_utility if self.samples.target.name == "multiclass" else target_utility
        return [
            kind(name, seeded_clone(model, self.seed), self.samples, self.seed)
            for name, model in self.models.items()
        ]

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Results without and with the samples, and of `BASELINES`."""
        return compared(self.samples, self.models, self.seed)

    @property
    def recalls(self) -> pd.DataFrame:
        """Of held-out rows, 0 to 1: samplers by classes, means over the models."""
        return recalls_by_class(self.compared).dropna(axis=1, how="all")

    @property
    def baselines(self) -> dict[str, float]:
        """Mean score of `BASELINES`; those that fail for lack of rows are left out."""
        means = complete_scores(self.compared, MEAN).iloc[0].dropna()
        names = BASELINES[self.samples.target.name]
        return {name: means[name] for name in names if name in means}

    @cached_property
    def calibration(self) -> dict[str, tuple[float, float]]:
        """Brier score and calibration error by the samples of training."""
        return calibration(self.samples)


def target_information(samples: ReportSamples, part: Labelled) -> metrics.InformationResult:
    """Information about the target by a model of held-out rows; no interval, no null.

    About attributes, see `attribute_information`. About a class that is drawn by the
    shares of its row, or one of its labels: H(mean shares) less the soft cross-entropy.
    Unlike that of the augmenters, the model knows the class mix, which is the same here.
    """
    (X, y), (X_real, y_real) = part, samples.held_out
    if samples.target.name == "continuous":
        columns = (np.reshape(values, (len(values), -1)) for values in (y_real, y))
        value, bound = attribute_information(X_real, next(columns), X, next(columns))
    else:
        P_real, P = _shares(y_real), _shares(y)
        seen = P_real.any(axis=0)
        known = P[:, seen].any(axis=1)
        P = P[known][:, seen] / P[known][:, seen].sum(axis=1, keepdims=True)
        critic = SoftLabelClassifier(LogisticRegression(C=_C, max_iter=200))
        Q = critic.fit(X_real, P_real[:, seen]).predict_proba(X[known])
        cross = -(P * np.log(np.maximum(Q, 1e-12))).sum(axis=1).mean()
        entropy = entr(P.mean(axis=0)).sum()
        value, bound = entropy - cross, entropy - entr(P).sum(axis=1).mean()
    return metrics.InformationResult(
        float(value), float(bound), (_NAN, _NAN), _NAN, _NAN, np.empty(0), len(X), ""
    )


def _shares(y: NDArray[Any]) -> NDArray[np.float64]:
    """Shares of classes, or of the labels of a row, the last for a row without any."""
    masses = np.column_stack([y, ~y.any(axis=1)])
    return np.asarray(masses / masses.sum(axis=1, keepdims=True))


def _nearer_by_halves(
    train: NDArray[Any], fresh: NDArray[Any], rng: np.random.Generator, seed: int
) -> float:
    order = rng.permutation(len(train))
    half = len(order) // 2
    if half < 2:
        return _NAN
    found = metrics.nearest_row_leakage(
        train[order[:half]],
        train[order[half:]],
        fresh,
        scale=False,
        n_permutations=0,
        random_state=seed,
    )
    return found.nearer_to_training


def _drawn(part: Labelled, most: int, rng: np.random.Generator) -> Labelled:
    X, y = part
    if len(y) <= most:
        return part
    chosen = np.sort(rng.permutation(len(y))[:most])
    return X[chosen], y[chosen]


def _in_training_mix(
    synthetic: Labelled, train: Labelled, fresh: Labelled, rng: np.random.Generator
) -> tuple[Labelled, Labelled, Labelled]:
    """The three sets thinned to one class mix, that of ``train`` as far as possible.

    A class with fewer synthetic samples than training rows is thinned in the others.
    """
    labels, counts = np.unique(train[1], return_counts=True)
    kept: list[list[NDArray[np.intp]]] = [[], [], []]
    for label, n in zip(labels, counts, strict=True):
        rows = [np.flatnonzero(part[1] == label) for part in (synthetic, train, fresh)]
        share = min(1.0, len(rows[0]) / n)
        sizes = len(rows[0]), share * n, share * len(rows[2])
        wanted = (min(sizes[0], n), *(max(2, math.ceil(size)) for size in sizes[1:]))
        for place, own, size in zip(kept, rows, wanted, strict=True):
            place.append(np.sort(rng.permutation(own)[: int(size)]))
    found = [
        (part[0][np.concatenate(place)], part[1][np.concatenate(place)])
        for part, place in zip((synthetic, train, fresh), kept, strict=True)
    ]
    return found[0], found[1], found[2]


def _of_classes(part: Labelled, labels: NDArray[Any]) -> Labelled:
    kept = np.isin(part[1], labels)
    return part[0][kept], part[1][kept]


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
