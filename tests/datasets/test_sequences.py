"""make_emotion_sequences: what tells the emotion, and what does not."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skmiaug.datasets import make_emotion_sequences


def test_shapes_and_types():
    X, y = make_emotion_sequences(
        30, n_features=5, n_emotions=3, min_length=4, max_length=9, random_state=0
    )
    assert len(X) == len(y) == 30
    assert {x.shape[1] for x in X} == {5}
    assert {len(x) for x in X} == set(range(4, 10))
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    assert np.bincount(y).tolist() == [10, 10, 10]


def test_one_seed_gives_the_same_sequences(seed):
    one, other, third = (
        make_emotion_sequences(5, random_state=s) for s in (seed, seed, 99)
    )
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(one[0][0], third[0][0])


def test_a_random_state_goes_on():
    rng = np.random.RandomState(0)
    first, second = (make_emotion_sequences(3, random_state=rng)[0][0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_dynamics_tell_the_emotion_and_means_do_not():
    X, y = make_emotion_sequences(400, random_state=0)
    means = np.stack([x.mean(axis=0) for x in X])

    def turns(x):
        """Lag-one products of all pairs of features: how fast they move."""
        centred = x - x.mean(axis=0)
        return (centred[1:].T @ centred[:-1] / len(x)).ravel()

    moves = np.stack([turns(x) for x in X])
    model = LogisticRegression(max_iter=2000)
    assert cross_val_score(model, means, y).mean() < 0.4
    assert cross_val_score(model, moves, y).mean() > 0.6


def test_intensities_are_often_zero_and_at_most_three():
    _, y = make_emotion_sequences(500, target="intensity", n_emotions=6, random_state=0)
    assert y.shape == (500, 6)
    assert y.min() == 0
    assert 2.9 < y.max() <= 3
    assert np.mean(y == 0) == pytest.approx(0.5, abs=0.05)


def test_as_many_cells_are_missing_as_asked():
    X, _ = make_emotion_sequences(100, missing=0.3, random_state=0)
    share = np.mean(np.isnan(np.concatenate(X)))
    assert share == pytest.approx(0.3, abs=0.01)
    assert all(np.isfinite(x[0, 0]) for x in X)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "valence"}, "target must be 'class' or 'intensity'"),
        ({"min_length": 9, "max_length": 8}, "1 <= min_length <= max_length"),
        ({"min_length": 0}, "1 <= min_length <= max_length"),
        ({"n_samples": 0}, "at least 1"),
        ({"n_emotions": 0}, "at least 1"),
        ({"missing": 1.0}, r"missing in \[0, 1\)"),
    ],
)
def test_parameters_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make_emotion_sequences(**changes)
