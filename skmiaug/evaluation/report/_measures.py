"""The measures of a quality report, and its main results in words.

Each measures synthetic samples and, for comparison, real rows in their place.
To add a measure, write its function in `skmiaug.metrics`, an entry in `MEASURES` and a
test. Information is in nats.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skmiaug import metrics
from skmiaug.evaluation.comparison._methods import NO_RESAMPLING, SCORES
from skmiaug.evaluation.report._evidence import WITH_SAMPLES, Evidence, SampleSet
from skmiaug.evaluation.report._samples import SIMILAR
from skmiaug.over_sampling.targets import TARGET_TYPES

_NAN = float("nan")
_CLASSES, _OTHERS = ("multiclass",), ("distribution", "multilabel", "continuous")
_CHANCE = 0.05
PASS, WARN, FAIL = "pass", "warn", "fail"


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


# ---- the main results in words


class Finding(NamedTuple):
    """One sentence and its mark: "pass", "warn" or "fail"."""

    mark: str
    topic: str
    text: str


def findings(e: Evidence) -> list[Finding]:
    """The main results in words; the marks are rules of thumb."""
    found = {
        "Verdict": _on_verdict(e) if e.n_added else None,
        "Information": _on_information(e),
        "Variety": _on_variety(e),
        "Fidelity": _on_fidelity(e),
        "Copies": _on_copies(e),
        "Utility": _on_utility(e),
    }
    return [Finding(own[0], topic, own[1]) for topic, own in found.items() if own]


def _on_verdict(e: Evidence) -> tuple[str, str]:
    """Whether to use the samples, by the mean score over the models."""
    without = float(np.mean([found.without for found in e.utility]))
    with_them = float(np.mean([found.with_samples for found in e.utility]))
    best = max(e.baselines, key=lambda name: e.baselines[name], default="")
    mark, advice = PASS, "Use these samples"
    if best and e.baselines[best] > with_them:
        mark, advice = WARN, f"Rather use {best}"
    elif with_them <= without:
        mark, advice = FAIL, "Use no samples"
    elif _on_utility(e)[0] != PASS:
        mark, advice = WARN, "No gain beyond chance"
    others = "".join(f", {name} {100 * uar:.1f}" for name, uar in e.baselines.items())
    return mark, (
        f"{advice}: mean {e.score} {100 * with_them:.1f} % with them, "
        f"{100 * without:.1f} without{others}. One split, untuned classifiers: run "
        "skmiaug compare to decide."
    )


def _on_information(e: Evidence) -> tuple[str, str]:
    synthetic, real = e.synthetic.information, e.real.information
    least = real.estimate - 0.2 * abs(real.estimate)
    mark = PASS if synthetic.estimate >= least else WARN
    if _by_chance(e.synthetic):
        # Where real rows carry no information either, the samples are not at fault.
        mark = WARN if _by_chance(e.real) else FAIL
    topic, of_all, interval = "target", "", ""
    if math.isfinite(synthetic.maximum):
        of_all = f"of {synthetic.maximum:.2f} "
    if e.samples.target.name == "multiclass":
        (low, high), level = synthetic.interval, 100 * synthetic.confidence_level
        topic, interval = "class", f"{level:g} % interval {low:.2f} to {high:.2f}; "
    return mark, (
        f"In synthetic samples, a critic of held-out rows finds {synthetic.estimate:.2f} "
        f"{of_all}nats about the {topic} ({interval}real training rows "
        f"{real.estimate:.2f}{_p_value('; shuffled classes', synthetic)})."
    )


def _p_value(head: str, found: Any) -> str:
    return f"{head} p = {found.p_value:.2g}" if len(found.null_distribution) else ""


def _by_chance(some: SampleSet) -> bool:
    """Whether shuffled classes give as much; few shuffles, or none, cannot show it."""
    found = some.information
    least = 1 / (len(found.null_distribution) + 1)
    return found.p_value >= _CHANCE and found.p_value > least


def _on_variety(e: Evidence) -> tuple[str, str]:
    ratio, real = (
        float(pd.Series(one.variance_ratio, dtype=float).median())
        for one in (e.synthetic, e.real)
    )
    recall, real_recall = e.synthetic.prdc.recall, e.real.prdc.recall
    # The variance of held-out rows is right, and so is that of real training rows, which
    # may be higher for one outlier or lower for few speakers.
    low, high = min(1.0, real), max(1.0, real)
    mark = PASS if 0.85 * low <= ratio <= 1.5 * high else WARN
    if ratio < 0.3 * low or recall < 0.1 * real_recall:
        mark = FAIL
    similar = "Within a class (median over the classes)"
    if e.samples.target.name != "multiclass":
        similar = f"Among {SIMILAR[e.samples.target.name]} (median)"
    variance = "The held-out rows of a class do not vary, so variances cannot be compared"
    if math.isfinite(ratio) and math.isfinite(real):
        variance = (
            f"{similar}, synthetic samples have {ratio:.2f} times the variance of held-out "
            f"rows (real training rows {real:.2f})"
        )
    return mark, (
        f"{variance}; {100 * recall:.0f} % of the held-out rows lie among synthetic "
        f"samples (real {100 * real_recall:.0f} %)."
    )


def _on_fidelity(e: Evidence) -> tuple[str, str]:
    synthetic, real = e.synthetic.two_sample, e.real.two_sample
    precision, typical = e.synthetic.prdc.precision, e.real.prdc.precision
    mark = PASS
    if synthetic.auc > max(0.65, real.auc + 0.1) or precision < 0.5 * typical:
        mark = WARN
    if synthetic.auc > max(0.95, real.auc + 0.05) or precision < 0.1 * typical:
        mark = FAIL
    return mark, (
        f"A classifier separates synthetic samples from held-out rows with AUC "
        f"{synthetic.auc:.2f} (real training rows {real.auc:.2f}; 0.5 is chance"
        f"{_p_value(',', synthetic)}); {100 * precision:.0f} % of synthetic samples lie "
        f"among held-out rows (real {100 * typical:.0f} %)."
    )


def _on_copies(e: Evidence) -> tuple[str, str]:
    found, n = e.leakage, len(e.leakage.distances)
    share, nearer = found.n_near / n, found.nearer_to_training
    mark = PASS
    if share > 0.05 or nearer > e.real_nearer + 0.1:
        mark = WARN
    distance = (
        f"the nearest training row is {found.distance_ratio:.2f} times as far as among "
        "training rows"
    )
    if not math.isfinite(found.distance_ratio):
        mark = WARN
        distance = "most training rows are duplicates, so distances cannot be compared"
    if found.n_exact:
        mark = FAIL
    real = ""
    if math.isfinite(e.real_nearer):
        real = f" (real training rows {100 * e.real_nearer:.0f} %)"
    return mark, (
        f"{found.n_exact} of {n} synthetic samples are exact copies and {100 * share:.0f} "
        f"% near copies of training rows (1 % expected of real rows); {distance}; "
        f"{100 * nearer:.0f} % lie nearer to training rows than to held-out ones{real}."
    )


def _on_utility(e: Evidence) -> tuple[str, str]:
    if not e.n_added:
        return WARN, (
            "The training part is balanced and the sampler added no samples: there is no "
            "gain to measure."
        )
    mark = WARN
    if all(u.gain >= 0 for u in e.utility) and any(u.interval[0] > 0 for u in e.utility):
        mark = PASS
    if all(found.interval[1] < 0 for found in e.utility):
        mark = FAIL
    changes = ", ".join(
        f"{u.model} {100 * u.gain:+.1f} "
        f"({100 * u.interval[0]:+.1f} to {100 * u.interval[1]:+.1f})"
        for u in e.utility
    )
    score = e.score[0].upper() + e.score[1:]
    return mark, f"{score} on held-out rows, gain in points over no resampling: {changes}."
