"""Distances to training rows, exact copies, and the permutation test."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

from skmiaug.metrics import nearest_row_leakage


def normal(n, seed, d=6):
    return np.random.default_rng(seed).normal(size=(n, d))


TRAIN, HELD_OUT = normal(400, 0), normal(400, 1)


def test_fresh_rows_leak_nothing():
    found = nearest_row_leakage(normal(400, 2), TRAIN, HELD_OUT)
    assert found.n_exact == 0
    assert found.n_near < 15
    assert found.near_expected == 4
    assert found.distance_ratio == pytest.approx(1, abs=0.1)
    assert found.nearer_to_training == pytest.approx(0.5, abs=0.08)
    assert found.p_value > 0.01
    assert len(found.held_out_distances) == 400


def test_copies_are_counted_exactly():
    synthetic = normal(50, 3)
    synthetic[:7] = TRAIN[:7]
    synthetic[7] = TRAIN[0] + 1e-13
    found = nearest_row_leakage(synthetic, TRAIN)
    assert found.n_exact == 7
    assert found.n_near >= 8
    assert np.isnan(found.nearer_to_training)
    single = nearest_row_leakage(synthetic.astype(np.float32), TRAIN)
    # In float32 the eighth is a copy too.
    assert single.n_exact == 8


def test_samples_around_training_rows_are_detected():
    rng = np.random.default_rng(4)
    close = TRAIN[rng.integers(400, size=300)] + 0.05 * rng.normal(size=(300, 6))
    found = nearest_row_leakage(close, TRAIN, HELD_OUT)
    assert found.n_exact == 0
    assert found.n_near > 200
    assert found.distance_ratio < 0.3
    assert found.nearer_to_training > 0.9
    assert found.p_value == pytest.approx(1 / 1001)


def test_smote_is_detected():
    y = np.repeat([0, 1], [300, 100])
    synthetic = SMOTE(random_state=0).fit_resample(TRAIN, y)[0][400:]
    found = nearest_row_leakage(synthetic, TRAIN, HELD_OUT)
    assert found.distance_ratio < 0.7
    assert found.n_near > 5 * found.near_expected
    assert found.p_value == pytest.approx(1 / 1001)


def test_distant_samples_leak_nothing():
    found = nearest_row_leakage(TRAIN + 50, TRAIN, HELD_OUT)
    assert found.n_near == 0
    assert found.distance_ratio > 10


def test_p_values_are_uniform_without_leakage():
    """Many samples share few reference rows; one of these may be nearest to many."""
    p_values = np.array(
        [
            nearest_row_leakage(
                *(normal(n, [s, part], d=10) for part, n in enumerate((1000, 100, 60))),
                random_state=s,
            ).p_value
            for s in range(100)
        ]
    )
    # P(p <= 0.05) is 0.05: 12 or more of 100 have a chance of 0.4 %; a binomial test of
    # the samples would give 25.
    assert np.sum(p_values <= 0.05) < 12
    assert 0.35 < np.mean(p_values <= 0.5) < 0.65


def test_a_single_reference_row_is_no_evidence():
    train, held_out = normal(50, 7), normal(50, 8)
    found = nearest_row_leakage(train[:1] + 0.01 * normal(500, 9), train, held_out)
    assert found.nearer_to_training == 1
    # It could as well have been a held-out row.
    assert found.p_value == pytest.approx(0.5, abs=0.06)


def test_ties_count_half():
    found = nearest_row_leakage(TRAIN[:100], TRAIN, TRAIN)
    assert found.nearer_to_training == 0.5
    assert found.p_value > 0.3


def test_permutations_are_optional():
    found = nearest_row_leakage(normal(50, 3), TRAIN, HELD_OUT, n_permutations=0)
    assert np.isnan(found.p_value)
    assert 0 < found.nearer_to_training < 1
    with pytest.raises(ValueError, match="n_permutations must be an integer >= 0"):
        nearest_row_leakage(normal(50, 3), TRAIN, HELD_OUT, n_permutations=-1)


def test_repeated_training_rows():
    found = nearest_row_leakage(normal(20, 5), np.repeat(TRAIN[:5], 4, axis=0), TRAIN)
    assert found.n_near == found.n_exact == 0
    assert np.isnan(found.distance_ratio)


def test_units_of_columns_do_not_matter_unless_asked_for():
    unit = np.array([1, 10, 100, 1, 1, 1.0])
    synthetic = normal(100, 6)
    one = nearest_row_leakage(synthetic, TRAIN)
    two = nearest_row_leakage(synthetic * unit, TRAIN * unit)
    assert two.distance_ratio == pytest.approx(one.distance_ratio, rel=1e-4)
    three = nearest_row_leakage(synthetic * unit, TRAIN * unit, scale=False)
    assert three.distance_ratio != pytest.approx(one.distance_ratio, rel=1e-4)
