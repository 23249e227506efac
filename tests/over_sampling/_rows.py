"""Small rows of classes or shares, and a prior fitted to them."""

from itertools import pairwise

import numpy as np

from skmiaug.over_sampling.columns import fit_columns
from skmiaug.over_sampling.prior import fit_prior


def one_hot(classes, n_classes=None) -> np.ndarray:
    return np.eye(n_classes or max(classes) + 1, dtype=np.float32)[classes]


def shares(n, q, seed=0) -> np.ndarray:
    """Vote shares of q targets; the last one seldom leads."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.append(np.ones(q - 1), 0.4), size=n).astype(np.float32)


def classed_rows(counts=(40, 20, 9), d=6, seed=0, apart=2.0):
    """Correlated float32 rows around the means of their classes, sorted by class."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts)), counts)
    mixing = rng.normal(size=(d, d)) / np.sqrt(d) + np.diag(np.linspace(0.5, 1.5, d))
    rows = rng.normal(size=(len(classes), d)) @ mixing
    rows += apart * rng.normal(size=(len(counts), d))[classes]
    return rows.astype(np.float32), classes


def columns_of(*parts):
    """Arrays side by side as the groups of columns of one source."""
    ends = np.cumsum([0, *(part.shape[1] for part in parts)])
    X = np.hstack(parts)
    return [(X, np.arange(a, b)) for a, b in pairwise(ends)]


def fitted(parts, T, *, keep_rows=True, seed=0, marginals="gaussian", **options):
    """Column transform and prior of groups of columns (or of one) with codes T.

    A bandwidth below 1 alone is that of "class_residuals".
    """
    if (options.get("bandwidth") or 1.0) < 1:
        options.setdefault("noise", "class_residuals")
    parts = parts if isinstance(parts, list) else [parts]
    n_generated = options.pop("n_generated", None)
    transform, Z = fit_columns(
        columns_of(*parts), T, marginals=marginals, n_generated=n_generated
    )
    rng = np.random.default_rng(seed)
    prior = fit_prior(Z, T, transform, rng=rng, **options)
    if keep_rows:
        prior.attach_residuals(Z.copy(), T)
    return transform, Z, prior
