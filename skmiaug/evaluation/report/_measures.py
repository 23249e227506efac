"""The measures of a quality report: synthetic samples and real ones in their place.

To add a measure, write its function in `skmiaug.metrics`, an entry in `MEASURES` and a
test. Information is in nats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skmiaug import metrics
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, SCORES
from skmiaug.evaluation.report._evidence import Evidence, SampleSet
from skmiaug.evaluation.report._utility import WITH_SAMPLES
from skmiaug.over_sampling.targets import TARGET_TYPES

_NAN = float("nan")
_CLASSES, _OTHERS = ("multiclass",), ("distribution", "multilabel", "continuous")


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
    real" or a number. `target_types` are those for which it has a meaning.
    """

    name: str
    section: str
    compute: Callable[[Evidence], Value | Mapping[Any, Value]]
    better: str
    meaning: str
    target_types: Sequence[str] = tuple(TARGET_TYPES)


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
        f"{e.score} gain, {found.model}": Value(
            100 * found.gain,
            low=100 * found.interval[0],
            high=100 * found.interval[1],
            meaning=f"from {100 * found.without:.1f} to {100 * found.with_samples:.1f} %",
        )
        for found in e.utility
    }


def _baseline_scores(e: Evidence) -> dict[str, Value]:
    without = 100 * float(np.mean([found.without for found in e.utility]))
    return {
        f"{e.score}, {name}": Value(100 * score, without)
        for name, score in e.baselines.items()
    }


def _other_scores(higher_is_better: bool) -> Callable[[Evidence], dict[str, Value]]:
    """All scores of the target type but the main one."""

    def compute(e: Evidence) -> dict[str, Value]:
        found = {}
        for name in e.samples.target.scores[1:]:
            if SCORES[name].higher_is_better is higher_is_better:
                scores = 100 * e.compared.pivot(
                    index="sampler", columns="classifier", values=name
                )
                for model in e.models:
                    own = scores[model]
                    key = f"{SCORES[name].title}, {model}"
                    found[key] = Value(own[WITH_SAMPLES], own[NO_RESAMPLING])
        return found

    return compute


def _on_synthetic_only(e: Evidence) -> dict[str, Value]:
    return {
        f"{e.score}, {found.model}": Value(
            100 * found.on_synthetic_only, 100 * found.without
        )
        for found in e.utility
    }


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
            _both(lambda s: s.information.maximum), "", "the largest possible value",
            ("multiclass", "distribution", "multilabel")),
    Measure("null distribution, 95 % (nats)", "information",
            _both(lambda s: s.information.null_quantile()), "",
            "the critic's value when the classes are shuffled", _CLASSES),
    Measure("Fréchet distance", "fidelity",
            _both(lambda s: metrics.frechet_distance(s.fresh, s.X, scale=False)), "low",
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
            _both(lambda s: metrics.covariance_drift(s.fresh, s.X)), "low",
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
    Measure("{} (points)", "utility", _gains, "high", ""),
    Measure("{} (%)", "utility", _baseline_scores, "",
            "mean over the classifiers; real: without resampling"),
    Measure("recall, {} (%)", "utility",
            lambda e: {c: Value(100 * own[WITH_SAMPLES], 100 * own[NO_RESAMPLING])
                       for c, own in e.recalls.items()},
            "high", "mean over the classifiers; real: without synthetic samples",
            ("multiclass", "distribution", "multilabel")),
    Measure("TSTR {} (%)", "utility", _on_synthetic_only, "high",
            "trained on synthetic samples (real rows of classes without any), tested on "
            "held-out real rows"),
    Measure("{}", "utility", _other_scores(True), "high",
            "real: without synthetic samples", _OTHERS),
    Measure("{}", "utility", _other_scores(False), "low",
            "real: without synthetic samples", _OTHERS),
    Measure("Brier score, {}", "calibration", _calibrated(0), "low",
            "logistic regression; real: without resampling", _CLASSES),
    Measure("calibration error, {}", "calibration", _calibrated(1), "low",
            "expected calibration error, 15 bins", _CLASSES),
]  # fmt: skip


def measures_table(evidence: Evidence) -> pd.DataFrame:
    """One row for each measure, section by section, in the order of `MEASURES`."""
    known = [m for m in MEASURES if evidence.samples.target.name in m.target_types]
    rows = []
    for section in dict.fromkeys(measure.section for measure in known):
        for measure in (m for m in known if m.section == section):
            found = measure.compute(evidence)
            values = {"": found} if isinstance(found, Value) else found
            for key, value in values.items():
                name, meaning = measure.name.format(key), value.meaning or measure.meaning
                rows.append((section, name, *value[:5], measure.better, meaning))
    numbers = Value._fields[:5]
    return pd.DataFrame(rows, columns=["section", "measure", *numbers, "better", "meaning"])


def left_out(target_type: str) -> str:
    """The measures of classes that have no meaning for a target type; "" for none."""
    names = [
        measure.name.replace("{}", "…")
        for measure in MEASURES
        if "multiclass" in measure.target_types and target_type not in measure.target_types
    ]
    kind = f"target_type={target_type!r}: left out, since they need one class a row: "
    return kind + "; ".join(names) if names else ""
