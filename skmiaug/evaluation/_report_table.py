"""The measures of a report as a table."""

from typing import Any

import numpy as np
import pandas as pd

from skmiaug.evaluation._report_measures import Measures

__all__ = ["measures_table"]

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
            m.real_nearer,
            _NONE,
            _NONE,
            found.p_value,
            "as real",
            "than to as many held-out rows; p of as many by chance",
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
