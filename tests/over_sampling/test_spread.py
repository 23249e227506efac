"""The choice of the spread against a slow twin that leaves each row out."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, logsumexp

from skmiaug.over_sampling._spread import (
    SPREAD_GRID,
    _information_told,
    _mixtures,
    _settle,
    _share_told,
    _standard_error,
    choose_spread,
    most_telling_spread,
)
from tests._helpers import small


def means_of(rows, classes):
    return torch.stack([rows[classes == c].mean(dim=0) for c in classes.unique()])


def fast(score, spread, rows, classes):
    means = means_of(rows, classes)
    mixtures = _mixtures(rows, classes, means, means)
    return score(spread, mixtures, classes, classes.bincount())


def slow(spread, rows, classes):
    """Share of rows told, and mean log posterior, with class means taken without each."""
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
        told[own].append([log_density.argmax() == own, log_softmax(log_density)[own]])
    return np.mean([np.mean(of_class, axis=0) for of_class in told if of_class], axis=0)


@pytest.mark.parametrize("spread", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("counts", [(9, 5, 2), (6, 6), (7, 1, 3)])
def test_the_scores_are_those_of_rows_left_out_one_by_one(spread, counts):
    rng = torch.Generator().manual_seed(sum(counts))
    classes = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), 3, generator=rng, dtype=torch.float64)
    rows += 0.5 * classes[:, None]
    scores = _share_told, _information_told
    found = [fast(score, spread, rows, classes) for score in scores]
    assert found == pytest.approx(slow(spread, rows, classes), rel=1e-6)


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


def test_few_rows_of_many_features_are_drawn_from_the_gaussian(seed):
    """Kernels around 30 rows of 200 features tell nothing that the means do not."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(3).repeat_interleave(30)
    rows = (
        torch.randn(90, 200, generator=rng)
        + torch.randn(3, 200, generator=rng)[classes] / 3
    )
    assert choose(rows, classes) == 1.0


def test_rings_are_drawn_around_their_rows(seed):
    """Classes of one mean and one covariance: the Gaussians tell nothing."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(2).repeat_interleave(200)
    rows = torch.randn(400, 6, generator=rng)
    radius = (1.0 + classes[:, None]) / rows[:, :2].norm(dim=1, keepdim=True)
    rows[:, :2] *= radius
    assert choose(rows, classes) <= 0.7


def test_by_information_gaussian_classes_are_drawn_from_the_gaussian(seed):
    rows, classes = gaussian_classes(seed=seed)
    means = means_of(rows, classes)
    assert most_telling_spread(rows, classes, means, means, SPREAD_GRID) >= 0.85


def test_what_is_told_anyway_is_drawn_half_way():
    rows, classes = gaussian_classes()
    rows[:, 0] += 30.0 * classes
    assert choose(rows, classes) == 0.5


def test_a_dozen_rows_among_many_do_not_argue_for_the_ends(seed):
    """The share told of a rare class says little: neither islands nor the Gaussian."""
    rng = torch.Generator().manual_seed(seed)
    classes = (torch.arange(600) < 12).long()
    rows = torch.randn(600, 6, generator=rng)
    rows[:, 0] += 0.5 * classes
    assert 0.5 <= choose(rows, classes) <= 0.7


def test_classes_of_tight_clusters_are_drawn_around_their_rows(seed):
    assert choose(*clustered_classes(seed=seed)) == min(SPREAD_GRID)


def test_the_order_of_the_rows_does_not_matter():
    rows, classes = clustered_classes(n=40)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))
    one = fast(_information_told, 0.5, rows, classes)
    other = fast(_information_told, 0.5, rows[order], classes[order])
    assert one == pytest.approx(other, rel=1e-4)


@pytest.mark.parametrize("counts", [(1, 1), (5, 1)])
def test_too_few_rows_to_leave_any_out_take_the_gaussian(counts):
    classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), 3, generator=torch.Generator().manual_seed(0))
    assert choose(rows, classes) == max(SPREAD_GRID)


@pytest.mark.parametrize(
    ("told", "many_rows", "few_rows"),
    [
        # 50 rows of each class: a standard error is 0.04 at 0.8.
        ({0.3: 0.70, 0.5: 0.70, 0.7: 0.77, 1.0: 0.80}, 0.5, 1.0),
        ({0.3: 0.70, 0.5: 0.70, 0.7: 0.75, 1.0: 0.80}, 0.7, 1.0),
        ({0.3: 0.77, 0.5: 0.77, 0.7: 0.77, 1.0: 0.80}, 0.5, 1.0),
        ({0.3: 0.80, 0.5: 0.75, 0.7: 0.70, 1.0: 0.70}, 0.3, 0.3),
        ({0.3: 0.70, 0.5: 0.80, 0.7: 0.70, 1.0: 0.70}, 0.5, 0.5),
        ({0.3: 0.80, 0.5: 0.80, 0.7: 0.77, 1.0: 0.70}, 0.5, 0.7),
        # All are told.
        ({0.3: 1.0, 0.5: 1.0, 0.7: 1.0, 1.0: 0.99}, 0.5, 0.7),
        ({0.3: 0.9, 0.5: 0.9, 0.7: 0.9, 1.0: 1.0}, 0.7, 1.0),
        # Chance is 0.5, and its standard error 0.05.
        ({0.3: 0.54, 0.5: 0.52, 0.7: 0.40, 1.0: 0.40}, 0.5, 1.0),
        ({0.3: 0.56, 0.5: 0.52, 0.7: 0.40, 1.0: 0.40}, 0.5, 0.5),
    ],
)
def test_settled_within_a_standard_error_of_the_best(told, many_rows, few_rows):
    counts = torch.tensor([50, 50])
    assert _settle(told, counts, few_rows=False) == many_rows
    assert _settle(told, counts, few_rows=True) == few_rows


@pytest.mark.parametrize(("n", "most"), [(300, 60), (800, 100)])
def test_few_rows_are_fewer_than_five_a_feature_or_in_over_100_features(n, most):
    """Features that are always 0 change no distance: the same spreads are as good."""
    rng = torch.Generator().manual_seed(0)
    classes = torch.arange(2).repeat_interleave(n // 2)
    rows = torch.zeros(n, most + 1)
    rows[:, 0] = 2 * classes + torch.randn(n, generator=rng)
    assert choose(rows[:, :most], classes) == choose(rows[:, :1], classes) == 0.5
    assert choose(rows, classes) == 1.0


def test_the_standard_error_is_that_of_simulated_shares():
    counts = torch.tensor([40, 10, 1])
    rng = np.random.default_rng(0)
    shares = [
        (rng.binomial(40, 0.7) / 40 + rng.binomial(10, 0.7) / 10) / 2 for _ in range(4000)
    ]
    assert _standard_error(0.7, counts) == pytest.approx(np.std(shares), rel=0.05)


def rings_in_sixteen_columns():
    """Classes whose kernels tell most rows apart, but are far too sure of themselves."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [300, 60, 60])
    X = 0.5 * rng.normal(size=(len(y), 16))
    angle = rng.uniform(0, 2 * np.pi, len(y))
    radius = 1 + y + 0.2 * rng.normal(size=len(y))
    X[:, 0], X[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
    return X, y


def test_a_fit_goes_by_the_share_and_one_of_modalities_by_information():
    X, y = rings_in_sixteen_columns()
    alone = small(max_iter=0).fit(X, y)
    modalities = {"audio": slice(0, 8), "text": slice(8, None)}
    together = small(max_iter=0, modalities=modalities).fit(X, y)
    assert alone.spread_ <= 0.7 < together.spread_


def classes_behind_large_columns(seed):
    """Clear classes in 200 features; what varies most says nothing of them."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1, 2], [300, 250, 150])
    X = rng.normal(size=(len(y), 200)) + 0.3 * rng.normal(size=(3, 200))[y]
    nuisance = 10 * rng.normal(size=(len(y), 40))
    return X + nuisance @ rng.normal(size=(40, 200)) / np.sqrt(40), y


def test_the_spread_is_chosen_in_all_columns(seed):
    """In the leading ones, where the networks are, no spread tells the classes apart."""
    X, y = classes_behind_large_columns(seed)
    assert small(max_iter=0, n_components=20).fit(X, y).spread_ == 1.0


def test_speech_embeddings_of_any_layer_are_drawn_from_the_gaussian(emodb):
    spreads = [
        small(max_iter=0).fit(layer.astype(np.float32), emodb["y"]).spread_
        for layer in emodb["X_whisper_layers"].swapaxes(0, 1)
    ]
    assert spreads == [1.0] * 7
