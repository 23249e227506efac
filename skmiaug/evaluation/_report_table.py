"""The measures of a report as a table, and what they say in words."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skmiaug.evaluation._report_measures import Measures

__all__ = ["Finding", "findings", "measures_table"]

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
_NONE = float("nan")
_CHANCE = 0.05


class Finding(NamedTuple):
    """One sentence and its mark: "good", "look" or "bad"."""

    mark: str
    topic: str
    text: str


def measures_table(measures: Measures) -> pd.DataFrame:
    """One row for each measure.

    ``value`` is of the generated rows, ``real`` of real training rows in their place,
    ``low`` and ``high`` the interval, ``better`` what to wish for.
    """
    rows = [
        *_information(measures),
        *_fidelity(measures),
        *_leakage(measures),
        *_utility(measures),
        *_calibration(measures),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _information(m: Measures) -> list[tuple[Any, ...]]:
    made, real = m.made.information, m.real.information
    rows: list[tuple[Any, ...]] = [
        (
            "information",
            "mutual information (nats)",
            made.estimate,
            real.estimate,
            *made.interval,
            made.p_value,
            "as real",
            "what a critic of held-out rows reads of the class: lower bound of I(c; x̂)",
        ),
        (
            "information",
            "ceiling H(c) (nats)",
            made.ceiling,
            real.ceiling,
            _NONE,
            _NONE,
            _NONE,
            "",
            "the most it can be",
        ),
        (
            "information",
            "permutation null, 95 % (nats)",
            made.null_quantile(),
            real.null_quantile(),
            _NONE,
            _NONE,
            _NONE,
            "",
            "what the critic reads when the classes are shuffled",
        ),
    ]
    return rows


def _fidelity(m: Measures) -> list[tuple[Any, ...]]:
    made, real = m.made, m.real
    texts = {
        "precision": "share of made rows among real ones",
        "recall": "share of real rows among made ones",
        "density": "how deep among real rows made ones lie",
        "coverage": "share of real rows with a made one near",
    }
    rows = [
        _row("fidelity", "Fréchet distance", made.frechet, real.frechet, "low",
             "of means and covariances, standardised columns"),
        *(
            _row("fidelity", name, getattr(made.prdc, name), getattr(real.prdc, name),
                 "as real", text)
            for name, text in texts.items()
        ),
        (
            "fidelity",
            "two-sample test, AUC",
            made.two_sample.auc,
            real.two_sample.auc,
            _NONE,
            _NONE,
            made.two_sample.p_value,
            "0.5",
            "how well a classifier tells made from real rows",
        ),
        _row("fidelity", "mean shift", made.mean_shift, real.mean_shift, "low",
             "mean over columns, in standard deviations"),
        _row("fidelity", "Kolmogorov-Smirnov distance", float(made.ks.mean()),
             float(real.ks.mean()), "low", "mean over columns"),
        _row("fidelity", "covariance drift", made.covariance, real.covariance, "low",
             "distance of the covariances over the norm of the real one"),
    ]  # fmt: skip
    rows += [
        _row("fidelity", f"variance ratio, {label}", ratio,
             real.variance_ratio.get(label, _NONE), "1",
             "variance of made over that of held-out rows")
        for label, ratio in made.variance_ratio.items()
    ]  # fmt: skip
    return rows


def _leakage(m: Measures) -> list[tuple[Any, ...]]:
    found = m.leakage
    limit = np.quantile(found.real_distances, 0.01, method="lower")
    near = float(np.mean(found.held_out_distances < limit))
    typical = float(np.median(found.real_distances))
    fresh = float(np.median(found.held_out_distances)) / typical if typical else _NONE
    return [
        _row("leakage", "exact copies", found.n_exact, _NONE, "0",
             "made rows that equal a training row"),
        _row("leakage", "near copies (share)", found.n_near / len(found.distances), near,
             "as real", "nearer to a training row than 99 % of those are to others"),
        _row("leakage", "nearest-row distance", found.distance_ratio, fresh, "as real",
             "median distance to the nearest training row, over that among training rows"),
        (
            "leakage",
            "nearer to training rows (share)",
            found.nearer_to_training,
            _NONE,
            _NONE,
            _NONE,
            found.p_value,
            "0.5",
            "than to as many held-out rows",
        ),
    ]  # fmt: skip


def _utility(m: Measures) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for found in m.utility:
        gain = found.gain
        rows += [
            (
                "utility",
                f"UAR gain, {found.classifier} (points)",
                100 * gain.gain,
                _NONE,
                100 * gain.interval[0],
                100 * gain.interval[1],
                _NONE,
                "high",
                f"from {100 * gain.uar_without:.1f} to {100 * gain.uar_with:.1f} %",
            ),
            _row("utility", f"UAR on made rows alone, {found.classifier} (%)",
                 100 * found.on_made_alone, 100 * gain.uar_without, "high",
                 "trained on made rows, tested on held-out real ones"),
        ]  # fmt: skip
    return rows


def _calibration(m: Measures) -> list[tuple[Any, ...]]:
    before = m.calibration[0]
    rows = []
    for found in m.calibration[1:]:
        rows += [
            _row("calibration", f"Brier score, {found.rows}", found.brier, before.brier,
                 "low", "logistic regression; real: without resampling"),
            _row("calibration", f"calibration error, {found.rows}", found.error,
                 before.error, "low", "expected calibration error, 15 bins"),
        ]  # fmt: skip
    return rows


def _row(
    section: str, measure: str, value: float, real: float, better: str, meaning: str
) -> tuple[Any, ...]:
    return (section, measure, value, real, _NONE, _NONE, _NONE, better, meaning)


def findings(m: Measures) -> list[Finding]:
    """The main points in words; the marks are rules of thumb."""
    return [
        _about_information(m),
        _about_variety(m),
        _about_likeness(m),
        _about_copies(m),
        _about_utility(m),
    ]


def _about_information(m: Measures) -> Finding:
    made, real = m.made.information, m.real.information
    mark = "good" if made.estimate >= 0.8 * real.estimate else "look"
    if not made.p_value < _CHANCE:
        mark = "bad"
    return Finding(
        mark,
        "Information",
        f"A critic of held-out rows reads {made.estimate:.2f} of {made.ceiling:.2f} nats "
        f"about the class from made rows ({100 * made.confidence_level:g} % interval "
        f"{made.interval[0]:.2f} to {made.interval[1]:.2f}; real training rows "
        f"{real.estimate:.2f}; shuffled classes p = {made.p_value:.2g}).",
    )


def _about_variety(m: Measures) -> Finding:
    ratio = _mean(m.made.variance_ratio)
    real = _mean(m.real.variance_ratio)
    mark = "good" if ratio >= 0.85 * real else "look"
    if ratio < 0.3 * real or m.made.prdc.recall < 0.1 * m.real.prdc.recall:
        mark = "bad"
    return Finding(
        mark,
        "Variety",
        f"Within a class, made rows have {ratio:.2f} of the variance of held-out rows "
        f"(real training rows {real:.2f}), and {100 * m.made.prdc.recall:.0f} % of the "
        f"held-out rows lie among them (real {100 * m.real.prdc.recall:.0f} %).",
    )


def _about_likeness(m: Measures) -> Finding:
    made, real = m.made.two_sample, m.real.two_sample
    precision = m.made.prdc.precision
    mark = "good"
    if made.auc > max(0.65, real.auc + 0.1):
        mark = "look"
    if made.auc > 0.95 or precision < 0.1 * m.real.prdc.precision:
        mark = "bad"
    return Finding(
        mark,
        "Likeness",
        f"A classifier tells made from real rows with AUC {made.auc:.2f} (real training "
        f"rows {real.auc:.2f}; 0.5 is chance, p = {made.p_value:.2g}); "
        f"{100 * precision:.0f} % of made rows lie among held-out ones (real "
        f"{100 * m.real.prdc.precision:.0f} %).",
    )


def _about_copies(m: Measures) -> Finding:
    found = m.leakage
    share = found.n_near / len(found.distances)
    mark = "good" if share <= 0.05 else "look"
    if found.n_exact:
        mark = "bad"
    return Finding(
        mark,
        "Copies",
        f"{found.n_exact} of {len(found.distances)} made rows are exact copies and "
        f"{100 * share:.0f} % near copies of training rows (1 % expected of real rows); "
        f"the nearest training row is {found.distance_ratio:.2f} times as far as among "
        "training rows.",
    )


def _about_utility(m: Measures) -> Finding:
    gains = [found.gain for found in m.utility]
    mark = "look"
    if all(gain.gain >= 0 for gain in gains) and any(g.interval[0] > 0 for g in gains):
        mark = "good"
    if all(gain.interval[1] < 0 for gain in gains):
        mark = "bad"
    told = ", ".join(
        f"{found.classifier} {100 * found.gain.gain:+.1f} "
        f"({100 * found.gain.interval[0]:+.1f} to {100 * found.gain.interval[1]:+.1f})"
        for found in m.utility
    )
    return Finding(
        mark, "Use", f"UAR on held-out rows, in points against no resampling: {told}."
    )


def _mean(ratios: dict[Any, float]) -> float:
    values = [ratio for ratio in ratios.values() if math.isfinite(ratio)]
    return float(np.mean(values)) if values else _NONE
