"""The choice of the spread against a slow twin that leaves each row out."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, logsumexp

from skmiaug.over_sampling._spread import (
    SPREAD_GRID,
    _mixtures,
    _score,
    choose_spread,
)


def means_of(rows, classes):
    return torch.stack([rows[classes == c].mean(dim=0) for c in classes.unique()])


def fast_score(spread, rows, classes):
    means = means_of(rows, classes)
    mixtures = _mixtures(rows, classes, means, means)
    return _score(spread, mixtures, classes, classes.bincount())


def slow_score(spread, rows, classes):
    """Each row's mean log posterior, with class means taken anew without it."""
    rows, classes = rows.numpy(), classes.numpy()
    n_classes = classes.max() + 1
    told = [[] for _ in range(n_classes)]
    for i, (row, own) in enumerate(zip(rows, classes, strict=True)):
        if (classes == own).sum() == 1:
            continue
        log_density = np.empty(n_classes)
        for c in range(n_classes):
            others = rows[(classes == c) & (np.arange(len(rows)) != i)]
            mean = others.mean(axis=0)
            centres = mean + np.sqrt(1 - spread**2) * (others - mean)
            kernels = -np.square(row - centres).sum(axis=1) / (2 * spread**2)
            log_density[c] = logsumexp(kernels) - np.log(len(others))
        told[own].append(log_softmax(log_density)[own])
    return np.mean([np.mean(of_class) for of_class in told if of_class])


@pytest.mark.parametrize("spread", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("counts", [(9, 5, 2), (6, 6), (7, 1, 3)])
def test_the_score_is_that_of_rows_left_out_one_by_one(spread, counts):
    rng = torch.Generator().manual_seed(sum(counts))
    classes = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), 3, generator=rng, dtype=torch.float64)
    rows += classes[:, None]
    found = fast_score(spread, rows, classes)
    assert found == pytest.approx(slow_score(spread, rows, classes), rel=1e-6)


def gaussian_classes(n=150, d=8, seed=0):
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(2).repeat_interleave(n)
    rows = torch.randn(2 * n, d, generator=rng)
    rows[:, 0] += 2.0 * classes
    return rows, classes


def clustered_classes(n=150, seed=0):
    """Two classes in turns along a line: the same mean, and Gaussians that tell nothing."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(2).repeat_interleave(n)
    place = torch.randint(4, (2 * n,), generator=rng)
    rows = torch.randn(2 * n, 2, generator=rng)
    rows[:, 0] = (2 * place + classes) / 2.5 + 0.03 * rows[:, 0]
    return rows - rows.mean(dim=0), classes


def choose(rows, classes):
    means = means_of(rows, classes)
    return choose_spread(rows, classes, means, means, SPREAD_GRID)


def test_gaussian_classes_are_drawn_from_the_gaussian(seed):
    assert choose(*gaussian_classes(seed=seed)) == 1.0


def test_classes_of_tight_clusters_are_drawn_around_their_rows(seed):
    assert choose(*clustered_classes(seed=seed)) == min(SPREAD_GRID)


def test_the_order_of_the_rows_does_not_matter():
    rows, classes = clustered_classes(n=40)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))
    one = fast_score(0.5, rows, classes)
    other = fast_score(0.5, rows[order], classes[order])
    assert one == pytest.approx(other, rel=1e-4)


@pytest.mark.parametrize("counts", [(1, 1), (5, 1)])
def test_too_few_rows_to_leave_any_out_take_the_gaussian(counts):
    classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), 3, generator=torch.Generator().manual_seed(0))
    assert choose(rows, classes) == max(SPREAD_GRID)
