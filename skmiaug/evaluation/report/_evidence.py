"""What the measures of a quality report share: samples, and what was measured on them."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skmiaug import metrics
from skmiaug.evaluation._labels import plain
from skmiaug.evaluation.comparison._cell import run_sampler_on_fold, seeded_clone
from skmiaug.evaluation.comparison._compare import results_table
from skmiaug.evaluation.comparison._folds import Fold
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, default_samplers
from skmiaug.evaluation.comparison._scores import scores_of
from skmiaug.evaluation.comparison._summary import (
    MEAN,
    complete_scores,
    confusion_matrix_of,
    recalls_by_class,
)
from skmiaug.evaluation.report._samples import Labelled, ReportSamples, joined
from skmiaug.evaluation.report._targets import SCORES, predictions
from skmiaug.model_selection import PriorCorrectedClassifier

_DRAW = 1
_BASELINES = (
    "class weights",
    "logit adjustment",
    "equal-prior LDA",
    "RandomOverSampler",
    "SMOTE",
)
WITH_SAMPLES = "with the samples"
_NAN = float("nan")


class SampleSet:
    """One set of samples compared with the held-out real rows; computed on first use.

    `X` and `fresh`, rows alone, have the same class mix. `whole`, synthetic and fresh rows
    with their classes, may not: for measures of each class by itself. `coded`, the same,
    has at least two classes. `information` measures that of the set.
    """

    def __init__(
        self,
        X: NDArray[Any],
        fresh: NDArray[Any],
        whole: tuple[Labelled, Labelled],
        coded: tuple[Labelled, Labelled],
        options: dict[str, Any],
        information: Callable[[], metrics.InformationResult] | None = None,
    ) -> None:
        self.X, self.fresh = X, fresh
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
        points = metrics.pointwise_mutual_information(X, y, *fresh)
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


class Utility(NamedTuple):
    """Score on held-out rows, 0 to 1, of one model with and without the samples."""

    model: str
    without: float
    with_samples: float
    interval: tuple[float, float]
    on_synthetic_only: float

    @property
    def gain(self) -> float:
        return self.with_samples - self.without


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

    score = "UAR"

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
        self.n_compared = min(max_rows, len(samples.train[0]))
        self.n_added = len(samples.resampled[0]) - len(samples.train[0])
        rng = np.random.default_rng([seed, _DRAW])
        synthetic, train, held_out = (
            _drawn(part, max_rows, rng)
            for part in (samples.synthetic, samples.train, samples.held_out)
        )
        every = train, held_out
        # The same classes in all: those without synthetic samples are left out.
        train, fresh = (_of_classes(part, synthetic[1]) for part in every)
        options: dict[str, Any] = {"n_permutations": n_permutations, "random_state": seed}
        own, real, mixed = _in_training_mix(synthetic, train, fresh, rng)
        self.n_mixed = len(own[1])
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
                part[0],
                mixed[0],
                (whole, fresh),
                (part_coded, coded_fresh),
                options,
                self._information_of(name),
            )
            for name, part, whole, part_coded in (
                ("synthetic", own, synthetic, coded),
                ("train", real, train, coded_real),
            )
        )
        self.leakage = metrics.nearest_row_leakage(
            synthetic[0], train[0], fresh[0], scale=False, **options
        )
        self.real_nearer = _nearer_by_halves(train[0], fresh[0], rng, seed)

    def _information_of(self, which: str) -> Callable[[], Any] | None:
        """How to measure the information of a part; None is by classes."""
        return None

    @cached_property
    def utility(self) -> list[Utility]:
        n, found = len(self.samples.train[0]), []
        added = self.samples.resampled[0][n:], self.samples.resampled[1][n:]
        for name, model in self.models.items():
            classifier = seeded_clone(model, self.seed)
            gain = metrics.utility_gain(
                *self.samples.train,
                *added,
                *self.samples.held_out,
                classifier=classifier,
                random_state=self.seed,
            )
            alone = metrics.train_on_synthetic_test_on_real(
                *self.samples.in_their_place, *self.samples.held_out, classifier=classifier
            )
            found.append(
                Utility(name, gain.uar_without, gain.uar_with, gain.interval, alone)
            )
        return found

    @cached_property
    def _compared(self) -> pd.DataFrame:
        """Scores of all classifiers without and with the samples, and with free methods.

        A cell of `compare_samplers` each, `WITH_SAMPLES` being the training part as
        resampled.
        """
        samples, m = self.samples, len(self.samples.held_out[1])
        free = default_samplers([NO_RESAMPLING, *_BASELINES])
        methods = [(name, samples.train, method) for name, method in free.items()]
        methods.append((WITH_SAMPLES, samples.resampled, None))
        rows = []
        for name, part, method in methods:
            n = len(part[1])
            fold = Fold(self.seed, 0, np.arange(n), np.arange(n, n + m))
            X, y = joined(part, samples.held_out)
            rows += run_sampler_on_fold(
                X, y, None, fold, name, method, self.models, scale=False, on_error="record"
            )
        return results_table(rows)

    @property
    def recalls(self) -> pd.DataFrame:
        """Of held-out rows, 0 to 1: samplers by classes, means over the classifiers."""
        return recalls_by_class(self._compared).dropna(axis=1, how="all")

    @property
    def confusion(self) -> pd.DataFrame:
        """Counts of held-out rows with the samples, summed over the classifiers."""
        return confusion_matrix_of(self._compared, WITH_SAMPLES)

    @property
    def baselines(self) -> dict[str, float]:
        """Mean UAR of free methods; those that fail for lack of rows are left out."""
        uar = complete_scores(self._compared, MEAN).iloc[0].dropna()
        return {name: uar[name] for name in _BASELINES if name in uar}

    @cached_property
    def calibration(self) -> dict[str, tuple[float, float]]:
        """Brier score and expected calibration error by samples of training.

        Of a logistic regression, for the class shares of the held-out rows.
        """
        model = LogisticRegression(C=0.1, max_iter=200)
        (X, y), train = self.samples.held_out, self.samples.train
        classes = np.unique(np.concatenate([train[1], y]))
        trained = np.unique(train[1])
        shares = {plain(c): int(np.sum(y == c)) for c in np.union1d(trained, y)}
        corrected = PriorCorrectedClassifier(model, target_prior=shares)
        found = {}
        for name, classifier, part in (
            ("real rows", model, train),
            ("resampled", model, self.samples.resampled),
            ("resampled, priors corrected", corrected, self.samples.resampled),
        ):
            scores = scores_of(clone(classifier).fit(*part), X, y, classes)
            found[name] = scores["brier"], scores["calibration_error"]
        return found


class TargetEvidence(Evidence):
    """The same for vote shares, label sets and attributes, without free methods."""

    def __init__(self, samples: ReportSamples, models: Any, **options: Any) -> None:
        assert samples.targets is not None
        self.targets = samples.targets
        self.score = next(iter(SCORES[samples.target_type]))
        super().__init__(samples, models, **options)

    def _information_of(self, which: str) -> Callable[[], Any]:
        samples = self.samples
        real = samples.held_out[0], samples.values["held_out"]
        X = samples.train[0] if which == "train" else samples.in_their_place[0]
        return partial(self.targets.information, real, X, samples.values["train"])

    @cached_property
    def _predicted(self) -> dict[str, list[NDArray[Any]]]:
        """By model: trained on real rows, with the samples, and on samples alone."""
        samples = self.samples
        parts = (
            (samples.train[0], samples.values["train"]),
            (samples.resampled[0], samples.values["resampled"]),
            samples.in_their_place,
        )
        return {
            name: [
                predictions(
                    samples.target_type,
                    name,
                    seeded_clone(model, self.seed).fit(X, self.targets.observed(values)),
                    samples.held_out[0],
                )
                for X, values in parts
            ]
            for name, model in self.models.items()
        }

    @cached_property
    def utility(self) -> list[Utility]:
        score = SCORES[self.samples.target_type][self.score]
        y = self.targets.observed(self.samples.values["held_out"])
        found = []
        for name, predicted in self._predicted.items():
            without, with_them, alone = (float(score(y, own)) for own in predicted)
            gains = [
                score(y[rows], predicted[1][rows]) - score(y[rows], predicted[0][rows])
                for rows in self.targets.bootstrap(self.samples.values["held_out"])
            ]
            low, high = np.quantile(gains, [0.025, 0.975]).tolist()
            found.append(Utility(name, without, with_them, (low, high), alone))
        return found

    @property
    def other_scores(self) -> dict[str, tuple[float, float]]:
        """The second score of the target type by model, without and with the samples."""
        _, score = SCORES[self.samples.target_type].values()
        y = self.targets.observed(self.samples.values["held_out"])
        return {
            name: (score(y, without), score(y, with_samples))
            for name, (without, with_samples, _) in self._predicted.items()
        }

    @property
    def baselines(self) -> dict[str, float]:
        return {}


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
