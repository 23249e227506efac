"""Rows left out of the class mixtures, against a slow twin that fits without each."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from skmiaug.over_sampling._left_out import FittedRows

SPREADS = (0.3, 0.7, 1.0)
KEPT, COVARIANCE_SHRINKAGE = 0.6, 0.2


def rows_of(counts, n_features, seed=0):
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = rng.normal(size=(len(classes), n_features)) * rng.uniform(0.5, 2, n_features)
    return rows + 0.5 * rng.normal(size=(len(counts), n_features))[classes], classes


def fit(rows, classes, left_out=None):
    """Means and covariance; without a row, with the scale of those of all rows."""
    n_classes = classes.max() + 1
    used = np.arange(len(rows)) != left_out
    means = [rows[used & (classes == c)].mean(axis=0) for c in range(n_classes)]
    r = (rows - np.array(means)[classes])[used]
    return np.array(means), r.T @ r / (len(rows) - n_classes)


def shrunken(covariance, variance):
    identity = np.eye(len(covariance))
    return (1 - COVARIANCE_SHRINKAGE) * covariance + COVARIANCE_SHRINKAGE * variance * (
        identity
    )


def slow(rows, classes, spread):
    """Log densities (n, n_classes) up to a constant of each row."""
    n, n_classes = len(rows), classes.max() + 1
    variance = np.trace(fit(rows, classes)[1]) / rows.shape[1]
    pull = np.sqrt(1 - spread**2)
    out = np.empty((n, n_classes))
    for i in range(n):
        means, covariance = fit(rows, classes, i)
        precision = np.linalg.inv(shrunken(covariance, variance))
        for c in range(n_classes):
            others = rows[(classes == c) & (np.arange(n) != i)]
            v = rows[i] - (KEPT * means[c] + pull * (others - means[c]))
            kernels = -np.einsum("jd,de,je->j", v, precision, v) / (2 * spread**2)
            out[i, c] = logsumexp(kernels) - np.log(len(others))
    return out


def whitened(rows, classes):
    """As a fit has it: whitened by the shrunken covariance of all rows."""
    means, covariance = fit(rows, classes)
    variance = np.trace(covariance) / rows.shape[1]
    values, axes = np.linalg.eigh(shrunken(covariance, variance))
    to_white = axes / np.sqrt(values)
    return FittedRows.of(
        rows=rows @ to_white,
        classes=classes,
        row_means=means @ to_white,
        means=KEPT * means @ to_white,
        kept=np.full(len(means), KEPT),
        counts=np.bincount(classes),
        shrinkage=COVARIANCE_SHRINKAGE,
        device=torch.device("cpu"),
    )


@pytest.mark.parametrize("n_features", [3, 40])
@pytest.mark.parametrize("counts", [(9, 5, 2), (6, 6)])
def test_densities_are_those_of_fits_without_the_row(counts, n_features):
    rows, classes = rows_of(counts, n_features)
    found = whitened(rows, classes).left_out_log_densities(SPREADS).numpy()
    for spread, log_densities in zip(SPREADS, found, strict=True):
        expected = slow(rows, classes, spread)
        assert np.diff(log_densities) == pytest.approx(
            np.diff(expected), rel=1e-6, abs=1e-6
        )
