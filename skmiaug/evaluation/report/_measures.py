"""The measures of a quality report: synthetic samples and real ones in their place.

To add a measure, write its function in `skmiaug.metrics`, an entry in `MEASURES` and a
test. Information is in nats.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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
from skmiaug.evaluation.report._samples import Labelled, ReportSamples
from skmiaug.model_selection import PriorCorrectedClassifier

__all__ = [
    "MEASURES",
    "WITH_SAMPLES",
    "Evidence",
    "Measure",
    "SampleSet",
    "Value",
    "measures_table",
]

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
COLUMNS = (
    "section",
    "measure",
    "value",
    "real",
    "low",
    "high",
    "p_value",
    "better",
    "meaning",
)


class SampleSet:
    """One set of samples compared with the held-out real rows; computed on first use.

    `own` and `fresh` have the same class mix. `whole` and `whole_fresh` may not, for
    measures of each class by itself, and `coded` has at least two classes.
    """

    def __init__(
        self,
        own: Labelled,
        fresh: Labelled,
        whole: tuple[Labelled, Labelled],
        coded: tuple[Labelled, Labelled],
        options: dict[str, Any],
    ) -> None:
        self.X, self.y = own
        self.fresh = fresh
        self._whole, self._coded = whole, coded
        self._options = options

    @cached_property
    def information(self) -> metrics.InformationResult:
        own, fresh = self._coded
        return metrics.mutual_information_score(*own, *fresh, **self._options)

    @property
    def upper_bound(self) -> float:
        """H(c) in nats."""
        return self.information.maximum

    @cached_property
    def pointwise(self) -> dict[Any, float]:
        (X, y), fresh = self._coded
        points = metrics.pointwise_mutual_information(X, y, *fresh)
        return {plain(c): float(points[y == c].mean()) for c in np.unique(y)}

    @cached_property
    def prdc(self) -> metrics.PRDC:
        n_neighbors = min(5, len(self.X) - 1, len(self.fresh[0]) - 1)
        return metrics.precision_recall_density_coverage(
            self.fresh[0], self.X, n_neighbors=n_neighbors, scale=False
        )

    @cached_property
    def two_sample(self) -> metrics.TwoSampleResult:
        return metrics.classifier_two_sample_test(self.fresh[0], self.X, **self._options)

    @cached_property
    def drift(self) -> metrics.FeatureDrift:
        return metrics.feature_drift(self.fresh[0], self.X)

    @cached_property
    def variance_ratio(self) -> dict[Any, float]:
        own, fresh = self._whole
        return metrics.variance_ratio(*fresh, *own)


class Utility(NamedTuple):
    """The effect of the synthetic samples on one classifier, UAR from 0 to 1."""

    classifier: str
    gain: metrics.UtilityGain
    on_synthetic_only: float


class Evidence:
    """The samples of a report and the measurements that several measures share.

    `real` has the real training rows in the place of the synthetic samples: the best that
    these can be expected to reach. `real_nearer` is ``leakage.nearer_to_training`` of one
    half of the training rows, measured against the other half. `calibration` goes from the
    samples of training to (Brier score, expected calibration error), and `baselines` from
    a free method to its mean UAR, those that fail for lack of rows left out. `recalls`
    (samplers by classes, means over the classifiers, 0 to 1) and `confusion` (counts summed
    over the classifiers, with the samples) are of the held-out rows. `n_compared` rows of
    each set, at most, are behind the n² measures.

    Balancing adds most samples to the rarest classes. Where whole sets are compared, they
    are therefore thinned to the class mix of the training part: a test could otherwise tell
    them apart by their classes alone.
    """

    def __init__(
        self,
        samples: ReportSamples,
        classifiers: Mapping[str, Any],
        *,
        n_permutations: int,
        max_rows: int,
        seed: int,
    ) -> None:
        self.samples = samples
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
            coded, coded_real = _joined(own, others), _joined(real, others)
            coded_fresh = _joined(mixed, others_fresh)
        self.synthetic = SampleSet(
            own, mixed, (synthetic, fresh), (coded, coded_fresh), options
        )
        self.real = SampleSet(
            real, mixed, (train, fresh), (coded_real, coded_fresh), options
        )
        self.leakage = metrics.nearest_row_leakage(
            synthetic[0], train[0], fresh[0], scale=False, **options
        )
        self.real_nearer = _nearer_by_halves(train[0], fresh[0], rng, seed)
        self.utility = [
            _utility(name, seeded_clone(classifier, seed), samples, seed)
            for name, classifier in classifiers.items()
        ]
        compared = _compared(samples, classifiers, seed)
        self.recalls = recalls_by_class(compared).dropna(axis=1, how="all")
        self.confusion = confusion_matrix_of(compared, WITH_SAMPLES)
        uar = complete_scores(compared, MEAN).iloc[0].dropna()
        self.baselines = {name: uar[name] for name in _BASELINES if name in uar}
        self.calibration = _calibration(samples)


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


def _utility(name: str, classifier: Any, samples: ReportSamples, seed: int) -> Utility:
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
    return Utility(name, gain, alone)


def _compared(
    samples: ReportSamples, classifiers: Mapping[str, Any], seed: int
) -> pd.DataFrame:
    """Scores of all classifiers without and with the samples, and with free methods.

    A cell of `compare_samplers` each, `WITH_SAMPLES` being the training part as resampled.
    """
    m = len(samples.held_out[1])
    free = default_samplers([NO_RESAMPLING, *_BASELINES])
    methods = [(name, samples.train, method) for name, method in free.items()]
    methods.append((WITH_SAMPLES, samples.resampled, None))
    rows = []
    for name, part, method in methods:
        n = len(part[1])
        fold = Fold(seed, 0, np.arange(n), np.arange(n, n + m))
        X, y = _joined(part, samples.held_out)
        rows += run_sampler_on_fold(
            X, y, None, fold, name, method, classifiers, scale=False, on_error="record"
        )
    return results_table(rows)


def _calibration(samples: ReportSamples) -> dict[str, tuple[float, float]]:
    """Of a logistic regression, for the class shares of the held-out rows."""
    model = LogisticRegression(C=0.1, max_iter=200)
    X, y = samples.held_out
    labels, counts = np.unique(y, return_counts=True)
    trained = np.unique(samples.train[1]).tolist()
    shares = dict.fromkeys(trained, 0.0) | dict(
        zip(labels.tolist(), counts.tolist(), strict=True)
    )
    corrected = PriorCorrectedClassifier(model, target_prior=shares)
    classes = np.unique(np.concatenate([samples.train[1], y]))
    found = {}
    for name, classifier, part in (
        ("real rows", model, samples.train),
        ("resampled", model, samples.resampled),
        ("resampled, priors corrected", corrected, samples.resampled),
    ):
        scores = scores_of(clone(classifier).fit(*part), X, y, classes)
        found[name] = scores["brier"], scores["calibration_error"]
    return found


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


def _joined(one: Labelled, other: Labelled) -> Labelled:
    return np.vstack([one[0], other[0]]), np.concatenate([one[1], other[1]])


# ---- the registry


class Value(NamedTuple):
    """A measured value of the synthetic samples and of real rows, NaN where there is none.

    `low` and `high` end the 95 % interval; `meaning` replaces that of the measure.
    """

    value: float
    real: float = _NAN
    low: float = _NAN
    high: float = _NAN
    p_value: float = _NAN
    meaning: str = ""


@dataclass(frozen=True)
class Measure:
    """One entry of the report's table.

    `compute` goes from `Evidence` to a `Value`, or to a mapping from key to `Value`, and
    ``{}`` in `name` then stands for the key. `section` is "information", "fidelity",
    "leakage", "utility" or "calibration"; `better` the desired value: "low", "high", "as
    real" or a number.
    """

    name: str
    section: str
    compute: Callable[[Evidence], Value | Mapping[Any, Value]]
    better: str
    meaning: str


def _both(measured: Callable[[SampleSet], float]) -> Callable[[Evidence], Value]:
    """The same measurement of the synthetic samples and of the real rows."""
    return lambda e: Value(measured(e.synthetic), measured(e.real))


def _information(e: Evidence) -> Value:
    found = e.synthetic.information
    return Value(
        found.estimate, e.real.information.estimate, *found.interval, found.p_value
    )


def _variance_ratios(e: Evidence) -> dict[Any, Value]:
    real = e.real.variance_ratio
    ratios = e.synthetic.variance_ratio
    return {label: Value(ratio, real.get(label, _NAN)) for label, ratio in ratios.items()}


def _near_copies(e: Evidence) -> Value:
    found = e.leakage
    limit = np.quantile(found.real_distances, 0.01, method="lower")
    fresh = float(np.mean(found.held_out_distances < limit))
    return Value(found.n_near / len(found.distances), fresh)


def _nearest_distance(e: Evidence) -> Value:
    found = e.leakage
    typical = float(np.median(found.real_distances))
    fresh = float(np.median(found.held_out_distances)) / typical if typical else _NAN
    return Value(found.distance_ratio, fresh)


def _gains(e: Evidence) -> dict[str, Value]:
    return {
        name: Value(
            100 * gain.gain,
            low=100 * gain.interval[0],
            high=100 * gain.interval[1],
            meaning=f"from {100 * gain.uar_without:.1f} to {100 * gain.uar_with:.1f} %",
        )
        for name, gain, _ in e.utility
    }


def _baseline_scores(e: Evidence) -> dict[str, Value]:
    without = 100 * float(np.mean([found.gain.uar_without for found in e.utility]))
    return {name: Value(100 * uar, without) for name, uar in e.baselines.items()}


def _calibrated(place: int) -> Callable[[Evidence], dict[str, Value]]:
    def compute(e: Evidence) -> dict[str, Value]:
        (_, before), *others = e.calibration.items()
        return {name: Value(found[place], before[place]) for name, found in others}

    return compute


MEASURES: list[Measure] = [
    Measure("mutual information (nats)", "information", _information, "as real",
            "information about the class that a critic of held-out rows finds: lower bound "
            "of I(c; x̂)"),
    Measure("upper bound H(c) (nats)", "information",
            _both(lambda s: s.upper_bound), "", "the largest possible value"),
    Measure("null distribution, 95 % (nats)", "information",
            _both(lambda s: s.information.null_quantile()), "",
            "the critic's value when the classes are shuffled"),
    Measure("Fréchet distance", "fidelity",
            _both(lambda s: metrics.frechet_distance(s.fresh[0], s.X, scale=False)), "low",
            "of means and covariances, standardised columns"),
    Measure("precision", "fidelity", _both(lambda s: s.prdc.precision), "as real",
            "share of synthetic samples among real rows"),
    Measure("recall", "fidelity", _both(lambda s: s.prdc.recall), "as real",
            "share of real rows among synthetic samples"),
    Measure("density", "fidelity", _both(lambda s: s.prdc.density), "as real",
            "how deep among real rows the synthetic samples lie"),
    Measure("coverage", "fidelity", _both(lambda s: s.prdc.coverage), "as real",
            "share of real rows with a synthetic sample near"),
    Measure("two-sample test, AUC", "fidelity",
            lambda e: Value(e.synthetic.two_sample.auc, e.real.two_sample.auc,
                            p_value=e.synthetic.two_sample.p_value), "0.5",
            "how well a classifier separates synthetic from real"),
    Measure("mean shift", "fidelity",
            _both(lambda s: float(np.abs(s.drift.mean_shift).mean())), "low",
            "mean over columns, in standard deviations"),
    Measure("Kolmogorov-Smirnov distance", "fidelity",
            _both(lambda s: float(s.drift.ks.mean())), "low", "mean over columns"),
    Measure("covariance drift", "fidelity",
            _both(lambda s: metrics.covariance_drift(s.fresh[0], s.X)), "low",
            "distance of the covariances over the norm of the real one"),
    Measure("variance ratio, {}", "fidelity", _variance_ratios, "1",
            "variance of synthetic samples over that of held-out rows"),
    Measure("exact copies", "leakage", lambda e: Value(e.leakage.n_exact), "0",
            "synthetic samples that equal a training row"),
    Measure("near copies (share)", "leakage", _near_copies, "as real",
            "nearer to a training row than 99 % of those are to others"),
    Measure("nearest-row distance", "leakage", _nearest_distance, "as real",
            "median distance to the nearest training row, over that among training rows"),
    Measure("nearer to training rows (share)", "leakage",
            lambda e: Value(e.leakage.nearer_to_training, e.real_nearer,
                            p_value=e.leakage.p_value), "as real",
            "than to as many held-out rows; p: as many by chance"),
    Measure("UAR gain, {} (points)", "utility", _gains, "high", ""),
    Measure("UAR, {} (%)", "utility", _baseline_scores, "",
            "mean over the classifiers; real: without resampling"),
    Measure("recall, {} (%)", "utility",
            lambda e: {c: Value(100 * own[WITH_SAMPLES], 100 * own[NO_RESAMPLING])
                       for c, own in e.recalls.items()},
            "high", "mean over the classifiers; real: without synthetic samples"),
    Measure("TSTR UAR, {} (%)", "utility",
            lambda e: {u.classifier: Value(100 * u.on_synthetic_only,
                                           100 * u.gain.uar_without) for u in e.utility},
            "high", "trained on synthetic samples (real rows of classes without any), "
            "tested on held-out real rows"),
    Measure("Brier score, {}", "calibration", _calibrated(0), "low",
            "logistic regression; real: without resampling"),
    Measure("calibration error, {}", "calibration", _calibrated(1), "low",
            "expected calibration error, 15 bins"),
]  # fmt: skip


def measures_table(evidence: Evidence) -> pd.DataFrame:
    """One row for each measure, section by section, in the order of `MEASURES`."""
    rows: list[tuple[Any, ...]] = []
    for section in dict.fromkeys(measure.section for measure in MEASURES):
        for measure in (m for m in MEASURES if m.section == section):
            found = measure.compute(evidence)
            values = {"": found} if isinstance(found, Value) else found
            for key, value in values.items():
                numbers = value[:5]
                meaning = value.meaning or measure.meaning
                name = measure.name.format(key)
                rows.append((section, name, *numbers, measure.better, meaning))
    return pd.DataFrame(rows, columns=list(COLUMNS))
