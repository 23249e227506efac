"""The choice of the spread: what left-out rows tell, and which spread it makes of that."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skmiaug.over_sampling._left_out import FittedRows
from skmiaug.over_sampling._spread import (
    SPREAD_GRID,
    calibrated_log_posterior,
    choose_spread,
    information_told,
)

from skmiaug.over_sampling import _preparation, _spread
from tests._helpers import small


def fitted_to(rows, classes):
    """Unshrunken means, and rows that are taken as white."""
    counts = classes.bincount()
    means = torch.stack([rows[classes == c].mean(dim=0) for c in range(len(counts))])
    weight = 1 / (len(rows) - len(counts)) if len(rows) > len(counts) else 0.0
    return FittedRows(
        rows, classes, means, means, torch.ones(len(counts)), counts, weight=weight
    )


def choose(rows, classes):
    return choose_spread(fitted_to(rows, classes), SPREAD_GRID)


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


def test_gaussian_classes_are_drawn_far_from_their_rows(seed):
    """In a few columns a spread of 0.85 describes them as well as that of 1."""
    assert choose(*gaussian_classes(seed=seed)) >= 0.7


def test_classes_of_tight_clusters_are_drawn_around_their_rows(seed):
    assert choose(*clustered_classes(seed=seed)) == min(SPREAD_GRID)


def test_of_spreads_as_good_the_largest_is_taken():
    rows, classes = gaussian_classes()
    rows[:, 0] += 30.0 * classes
    assert choose(rows, classes) == 1.0


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([-0.9, -0.8, -0.7, -0.6, -0.5], 1.0),
        ([-0.9, -0.8, -0.7, -0.6, -0.6005], 1.0),
        ([-0.9, -0.8, -0.7, -0.6, -0.7], 0.7),
        ([-0.9, -0.6, -0.7, -0.8, -0.9], 0.3),
        ([-0.5, -0.6, -0.7, -0.8, -0.9], 0.3),
        (None, 1.0),
    ],
)
def test_the_most_telling_or_one_below_unless_it_is_the_gaussian(
    monkeypatch, told, expected
):
    told = None if told is None else torch.tensor(told)
    monkeypatch.setattr(_spread, "information_told", lambda *args: told)
    assert choose(*gaussian_classes(n=3)) == expected


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_where_nothing_is_told_no_class_has_an_advantage(seed, share):
    """Left-out rows tell nothing where there is nothing, however few a class has."""
    rng = torch.Generator().manual_seed(seed)
    classes = (torch.arange(400) < 400 * share).long()
    rows = torch.randn(400, 100, generator=rng)
    fitted = fitted_to(rows, classes)
    assert information_told(fitted, SPREAD_GRID).numpy() == pytest.approx(
        -np.log(2), abs=0.02
    )


def test_the_gaussian_tells_what_it_would_of_new_rows(seed):
    """Also with fewer rows than features, where the covariance has seen each row."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(2).repeat_interleave(60)
    n_features, apart = 200, 3.0

    def whitened(rows, shrinkage=0.5):
        """By the shrunken covariance of the first 120 rows, as a fit does it."""
        known = rows[:120]
        means = torch.stack([known[classes == c].mean(dim=0) for c in range(2)])
        r = known - means[classes]
        identity = torch.eye(n_features, dtype=torch.float64)
        S = (1 - shrinkage) * r.T @ r / 118 + shrinkage * identity
        values, axes = torch.linalg.eigh(S)
        return rows @ (axes / values.sqrt()), (1 - shrinkage) / 118

    new = torch.arange(2).repeat_interleave(4000)
    rows = torch.randn(8120, n_features, generator=rng, dtype=torch.float64)
    rows[:, 0] += apart * torch.cat([classes, new])
    rows, weight = whitened(rows)
    fitted = replace(fitted_to(rows[:120], classes), weight=weight)
    of_left_out = fitted.left_out_log_densities((1.0,))[0]
    of_new = -torch.cdist(rows[120:], fitted.means).square() / 2
    told = float((of_left_out.argmax(dim=1) == classes).double().mean())
    of_rows_to_come = float((of_new.argmax(dim=1) == new).double().mean())
    # The standard error of a share of 120 rows is 0.04.
    assert told == pytest.approx(of_rows_to_come, abs=0.1)
    as_if_new = -torch.cdist(rows[:120], fitted.means).square() / 2
    as_if_new = (as_if_new.argmax(dim=1) == classes).double().mean()
    assert float(as_if_new) > told + 0.1


@pytest.mark.parametrize("counts", [(1, 1), (5, 1)])
def test_too_few_rows_to_leave_any_out_take_the_gaussian(counts):
    classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
    rows = torch.randn(len(classes), 3, generator=torch.Generator().manual_seed(0))
    assert choose(rows, classes) == max(SPREAD_GRID)


def test_a_class_of_one_row_beside_others_is_passed_over():
    rows, classes = gaussian_classes()
    far = torch.cat([rows, rows[:1] + 50]), torch.cat([classes, classes[-1:] + 1])
    told, alone = (
        information_told(fitted_to(*data), SPREAD_GRID) for data in (far, (rows, classes))
    )
    assert told.numpy() == pytest.approx(alone.numpy(), rel=0.01)


def test_the_order_of_the_rows_does_not_matter():
    rows, classes = clustered_classes(n=40)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))
    one = information_told(fitted_to(rows, classes), SPREAD_GRID)
    other = information_told(fitted_to(rows[order], classes[order]), SPREAD_GRID)
    assert one.numpy() == pytest.approx(other.numpy(), rel=1e-4)


@given(st.integers(0, 10_000), st.floats(-0.3, 2))
def test_calibration_undoes_a_power_and_is_the_best_of_a_grid(seed, log_power):
    rng = torch.Generator().manual_seed(seed)
    log_densities = torch.randn(30, 3, generator=rng, dtype=torch.float64)
    rows, classes = torch.arange(30), torch.arange(30) % 3
    log_densities[rows, classes] += 1
    weights = torch.full((30,), 1 / 30, dtype=torch.float64)

    found = calibrated_log_posterior(10**log_power * log_densities, classes, weights)
    powers = torch.logspace(-3, 0.7, 400, dtype=torch.float64)[:, None, None]
    of_powers = torch.log_softmax(powers * log_densities, dim=2)[:, rows, classes]
    assert float(found) == pytest.approx(float(of_powers.mean(dim=1).max()), abs=1e-4)


def rings_in_sixteen_columns():
    """Classes whose kernels tell most rows apart, but are far too sure of themselves."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [300, 60, 60])
    X = 0.5 * rng.normal(size=(len(y), 16))
    angle = rng.uniform(0, 2 * np.pi, len(y))
    radius = 1 + y + 0.2 * rng.normal(size=len(y))
    X[:, 0], X[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
    return X, y


def test_kernels_that_are_too_sure_are_judged_by_what_they_tell():
    X, y = rings_in_sixteen_columns()
    assert small(max_iter=0).fit(X, y).bandwidth_ <= 0.7


def test_rows_of_modalities_stay_further_from_real_ones():
    X, y = rings_in_sixteen_columns()
    modalities = {"audio": slice(0, 8), "text": slice(8, None)}
    alone, together = (
        small(max_iter=0, modalities=parts).fit(X, y).bandwidth_
        for parts in (None, modalities)
    )
    assert alone == SPREAD_GRID[SPREAD_GRID.index(together) - 1]


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
    assert small(max_iter=0, n_components=20).fit(X, y).bandwidth_ == 1.0


def test_speech_embeddings_of_any_layer_are_drawn_from_the_gaussian(emodb):
    spreads = [
        small(max_iter=0).fit(layer.astype(np.float32), emodb["y"]).bandwidth_
        for layer in emodb["X_whisper_layers"].swapaxes(0, 1)
    ]
    assert spreads == [1.0] * 7


def test_a_fit_says_what_its_rows_were_fitted_to(monkeypatch):
    """Also where some rows are looked at: means and covariance are of all of them."""
    X, y = classes_behind_large_columns(0)
    X, y = np.tile(X, (5, 1)), np.tile(y, 5)
    seen = []
    monkeypatch.setattr(
        _preparation, "choose_spread", lambda *args: seen.append(args[0]) or 1
    )
    gaussian = small(max_iter=0).fit(X, y)._sampler.gaussian
    (fitted,) = seen
    assert len(fitted.rows) < len(X)
    assert fitted.counts.tolist() == np.bincount(y).tolist()
    assert fitted.kept.numpy() == pytest.approx(1 - gaussian.mean_shrinkage)
    assert fitted.weight == pytest.approx((1 - gaussian.shrinkage) / (len(y) - 3))
    assert fitted.deviations.mean(dim=0).abs().max() < 0.5
