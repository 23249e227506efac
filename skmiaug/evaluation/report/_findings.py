"""The main results of a report in words."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skmiaug.evaluation.report._evidence import Evidence, SampleSet
from skmiaug.evaluation.report._samples import SIMILAR

_CHANCE = 0.05
PASS, WARN, FAIL = "pass", "warn", "fail"


class Finding(NamedTuple):
    """One sentence and its mark: "pass", "warn" or "fail"."""

    mark: str
    topic: str
    text: str


def findings(e: Evidence) -> list[Finding]:
    """The main results in words; the marks are rules of thumb."""
    found = {
        "Verdict": _verdict(e) if e.n_added else None,
        "Information": _information(e),
        "Variety": _variety(e),
        "Fidelity": _fidelity(e),
        "Copies": _copies(e),
        "Utility": _utility(e),
    }
    return [Finding(own[0], topic, own[1]) for topic, own in found.items() if own]


def _verdict(e: Evidence) -> tuple[str, str]:
    """Whether to use the samples, by the mean score over the models."""
    without = float(np.mean([found.without for found in e.utility]))
    with_them = float(np.mean([found.with_samples for found in e.utility]))
    best = max(e.baselines, key=lambda name: e.baselines[name], default="")
    mark, advice = PASS, "Use these samples"
    if best and e.baselines[best] > with_them:
        mark, advice = WARN, f"Rather use {best}"
    elif with_them <= without:
        mark, advice = FAIL, "Use no samples"
    elif _utility(e)[0] != PASS:
        mark, advice = WARN, "No gain beyond chance"
    others = "".join(f", {name} {100 * uar:.1f}" for name, uar in e.baselines.items())
    return mark, (
        f"{advice}: mean {e.score} {100 * with_them:.1f} % with them, "
        f"{100 * without:.1f} without{others}. One split, untuned classifiers: run "
        "skmiaug compare to decide."
    )


def _information(e: Evidence) -> tuple[str, str]:
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


def _variety(e: Evidence) -> tuple[str, str]:
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


def _fidelity(e: Evidence) -> tuple[str, str]:
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


def _copies(e: Evidence) -> tuple[str, str]:
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


def _utility(e: Evidence) -> tuple[str, str]:
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
