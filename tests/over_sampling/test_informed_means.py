"""Which part of the class means is noise, where, and what λ makes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from skmiaug.over_sampling._class_gaussian import fit_class_gaussian, means_by_class
from skmiaug.over_sampling._informed_means import informed, informing_factors
from skmiaug.over_sampling._mean_shrinkage import (
    direction_blocks,
    james_stein_shrinkage,
    shrinkage_by_direction,
    weighed_shrinkage,
)

from skmiaug.over_sampling import _row_fit
from skmiaug.training import train_gan
from tests._helpers import small

COUNTS = (2000, 60, 12)
D = 96


def falling(d):
    """Standard deviations along the columns."""
    return np.logspace(0, -1, d)


def rows_of(counts=COUNTS, telling=slice(0, D), d=D, apart=0.2, seed=0):
    """Rows of falling variance whose classes differ in the ``telling`` directions."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(counts)), counts)
    means = np.zeros((len(counts), d))
    width = telling.stop - telling.start
    means[:, telling] = apart * np.sqrt(d / width) * rng.normal(size=(len(counts), width))
    rows = rng.normal(size=(len(classes), d)) + means[classes]
    return (rows * falling(d)).astype(np.float32), classes, means


def start(counts=COUNTS, **options):
    rows, classes, _ = rows_of(counts, **options)
    return fit_class_gaussian(rows, classes, len(counts))


# ---- blocks


@given(d=st.integers(1, 3000), n_free=st.integers(1, 3000), k=st.integers(1, 60))
def test_blocks_part_all_directions_in_order(d, n_free, k):
    blocks = direction_blocks(d, n_free, k)
    directions = np.concatenate([np.arange(b.start, b.stop) for b in blocks])
    np.testing.assert_array_equal(directions, np.arange(d))
    varying = [b for b in blocks if b.start < min(n_free, d)]
    assert len(varying) <= 12
    sizes = [b.stop - b.start for b in varying]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) * max(k - 1, 1) >= 40 or len(varying) == 1


def test_directions_without_rows_are_a_block_of_their_own():
    assert direction_blocks(100, 16, 6) == [slice(0, 8), slice(8, 16), slice(16, 100)]
    assert direction_blocks(15, 1000, 6) == [slice(0, 15)]


# ---- shares


@given(seed=st.integers(0, 1000), d=st.integers(1, 60), n_free=st.integers(1, 80))
def test_each_block_has_the_share_it_has_alone(seed, d, n_free):
    rng = np.random.default_rng(seed)
    means, counts = rng.normal(size=(3, d)), rng.integers(1, 50, size=3)
    found = shrinkage_by_direction(means, counts, n_free)
    for block in direction_blocks(d, n_free, 3):
        alone = james_stein_shrinkage(means[:, block], counts)
        np.testing.assert_allclose(found[block], alone)


def test_classes_that_tell_nothing_have_noise_alone():
    """E |mean of n rows|² = d / n: the share of noise is 1 on average, and held at 0.8."""
    rng = np.random.default_rng(0)
    counts = np.array([10, 40])
    means = rng.normal(size=(2, 2400)) / np.sqrt(counts)[:, None]
    np.testing.assert_allclose(shrinkage_by_direction(means, counts, 5000), 0.8)


def test_the_share_is_that_of_the_squared_error_that_is_least():
    """Known means plus noise: no other factor on the block comes nearer by a tenth."""
    rng = np.random.default_rng(1)
    counts, true = np.array([10, 20, 40]), rng.normal(size=(3, 4000)) * 0.3
    seen = true + rng.normal(size=true.shape) / np.sqrt(counts)[:, None]
    share = james_stein_shrinkage(seen, counts)
    factors = np.linspace(0, 1, 101)
    errors = [np.square(f * seen - true).sum() for f in factors]
    assert 1 - share == pytest.approx(factors[np.argmin(errors)], abs=0.03)


@given(
    share=st.floats(0, 0.8),
    own=st.lists(st.floats(0, 0.8), min_size=1, max_size=5),
    weight=st.floats(0, 100),
)
def test_shares_stay_in_bounds_and_part_with_the_weight(share, own, weight):
    own = np.array(own)
    found = weighed_shrinkage(share, own, weight)
    assert ((found >= 0) & (found <= 0.8)).all()
    assert (np.sign(found - share) * np.sign(own - share) >= 0).all()
    np.testing.assert_allclose(weighed_shrinkage(share, own, 0.0), share)
    for enough in (1.0, 10.0):
        np.testing.assert_allclose(weighed_shrinkage(share, own, enough), own, atol=1e-12)


# ---- the start


@pytest.mark.parametrize("telling", [slice(0, 24), slice(72, 96)])
def test_means_are_kept_where_rows_tell_of_the_class(telling):
    factors = informing_factors(start(telling=telling), 1.0)
    told = np.zeros(D, dtype=bool)
    told[telling] = True
    assert factors[:, told].min() > 1.1
    assert np.median(factors[:, ~told]) < 0.6


@pytest.mark.parametrize("telling", [slice(0, 24), slice(30, 60), slice(0, 96)])
def test_the_means_come_nearer_to_the_true_ones(telling):
    """Squared error, in units in which rows vary by 1, over ten draws."""
    error = np.zeros((10, 2))
    for seed in range(10):
        rows, classes, means = rows_of(telling=telling, seed=seed)
        gaussian = fit_class_gaussian(rows, classes, len(COUNTS))
        true = falling(D) * means - gaussian.grand_mean
        whitened = true @ gaussian.axes / gaussian.deviation
        for k, weight in enumerate((0.0, 1.0)):
            error[seed, k] = np.square(informed(gaussian, weight).means - whitened).sum()
    before, after = error.mean(axis=0)
    assert after < before * (1.05 if telling == slice(0, 96) else 0.85)


def test_made_rows_tell_more_of_the_true_classes():
    """A lower bound of I(c; x) of new real rows, by the discriminant of the made means."""
    told = []
    for weight in (0.0, 1.0):
        bounds = []
        for seed in range(5):
            rows, classes, means = rows_of(telling=slice(0, 24), seed=seed)
            gaussian = informed(fit_class_gaussian(rows, classes, 3), weight)
            rng = np.random.default_rng(100 + seed)
            own = rng.integers(3, size=3000)
            new = (rng.normal(size=(3000, D)) + means[own]) * falling(D)
            x = gaussian.whiten_in_place(new.astype(np.float32))
            log_q = log_softmax(
                x @ gaussian.means.T - 0.5 * np.square(gaussian.means).sum(axis=1), axis=1
            )
            bounds.append(np.log(3) + log_q[np.arange(3000), own].mean())
        told.append(np.mean(bounds))
    assert told[1] > told[0] + 0.02


def test_without_weight_nothing_moves():
    gaussian = start()
    assert (informing_factors(gaussian, 0.0) == 1).all()
    assert (informed(gaussian, 0.0).means == gaussian.means).all()


@given(mi_weight=st.floats(0, 1000), seed=st.integers(0, 5))
def test_no_mean_gets_longer_than_the_mean_of_its_rows(mi_weight, seed):
    rows, classes, _ = rows_of(seed=seed)
    gaussian = fit_class_gaussian(rows, classes, len(COUNTS))
    of_rows = means_by_class(gaussian.whiten_in_place(rows), classes, len(COUNTS))
    moved = np.abs(informed(gaussian, mi_weight).means)
    assert (moved <= np.abs(of_rows) * (1 + 1e-3) + 1e-4).all()
    assert (moved >= 0.2 * np.abs(of_rows) * (1 - 1e-3) - 1e-4).all()


def test_a_class_of_one_row_keeps_it():
    factors = informing_factors(start((200, 60, 1)), 3.0)
    assert (factors[2] == 1).all()
    assert (factors[:2] != 1).any()


def test_a_class_of_one_row_has_no_say_in_the_shares():
    gaussian = start((200, 60, 1))
    of_rows = gaussian.means[:2] / (1 - gaussian.mean_shrinkage[:2, None])
    expected = shrinkage_by_direction(of_rows, np.array([200, 60]), 258)
    np.testing.assert_allclose(gaussian.direction_shrinkage, expected, rtol=1e-4)


def test_directions_that_no_row_varies_in_have_one_share():
    gaussian = start((20, 10, 8), apart=0.5)
    varying, others = np.split(gaussian.direction_shrinkage, [38 - 3])
    assert len(set(varying)) == len(set(others)) == 1
    assert varying[0] != others[0]


def test_means_of_many_rows_stay():
    sizes = (20, 5000)
    few, many = (np.abs(informing_factors(start((n, n, n)), 1.0) - 1).max() for n in sizes)
    assert many < 0.02 < few


def test_tables_of_few_columns_have_one_share():
    gaussian = start((40, 10), telling=slice(0, 4), d=12)
    np.testing.assert_allclose(gaussian.direction_shrinkage, gaussian.mean_shrinkage[0])
    assert (informing_factors(gaussian, 5.0) == 1).all()


def test_classes_of_one_mean_stay_there():
    rows = np.tile(np.random.default_rng(0).normal(size=(10, 40)), (2, 1))
    gaussian = fit_class_gaussian(rows.astype(np.float32), np.repeat([0, 1], 10), 2)
    assert np.isfinite(informing_factors(gaussian, 1.0)).all()


def test_made_rows_have_the_means_that_were_moved():
    X, y, _ = rows_of((60, 30, 12))
    augmenter = small(max_iter=0, mi_weight=1.0, bandwidth=1.0).fit(X, y)
    plain = small(max_iter=0, mi_weight=0.0, bandwidth=1.0).fit(X, y)
    gaussian = plain._sampler.gaussian
    factors = informing_factors(gaussian, 1.0)
    for c in range(3):
        means = [one.sample(500, y=c)[0].mean(axis=0) for one in (plain, augmenter)]
        shift = (factors[c] - 1) * gaussian.means[c] @ gaussian.colour()
        np.testing.assert_allclose(
            means[1] - means[0], shift * X.std(axis=0), rtol=1e-2, atol=1e-4
        )


def test_training_starts_at_the_means_that_are_drawn_from(monkeypatch):
    X, y, _ = rows_of((60, 30, 12))
    batches = []

    def remember(players, drawn, *args, **kwargs):
        batches.append(drawn)
        return train_gan(players, drawn, *args, **kwargs)

    monkeypatch.setattr(_row_fit, "train_gan", remember)
    # Without rows held out, training and drawing have means of the same rows.
    for mi_weight in (0.0, 1.0):
        fitted = small(mi_weight=mi_weight, validation_fraction=0.0).fit(X, y)
        means = batches.pop().means.numpy()
        drawn_from = fitted._sampler.gaussian.means[:, : means.shape[1]]
        np.testing.assert_allclose(means, drawn_from, atol=1e-4)
