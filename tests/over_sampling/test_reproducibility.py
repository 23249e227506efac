"""One seed, the same bits; nothing global is touched."""

import random

import numpy as np
import pytest
import torch
from sklearn.base import clone

from tests._helpers import assert_same_fit, small, trained
from tests._internals import EVAL_INTERVAL


def global_states():
    torch_state = torch.random.get_rng_state().numpy()
    return random.getstate(), np.random.get_state(), torch_state


@pytest.mark.parametrize("make", [small, trained])
def test_one_seed_gives_the_same_bits_at_every_fit(skewed, make, seed):
    X, y = skewed
    augmenter = make(random_state=seed, max_iter=EVAL_INTERVAL + 5)
    first, _ = augmenter.fit_resample(X, y)
    again, _ = augmenter.fit_resample(X, y)
    np.testing.assert_array_equal(first, again)
    copy = clone(augmenter)
    np.testing.assert_array_equal(first, copy.fit_resample(X, y)[0])
    assert_same_fit(augmenter, copy)
    assert_same_fit(augmenter, clone(augmenter).fit(X, y))


def test_different_seeds_differ(skewed):
    X, y = skewed
    first, second = (trained(random_state=s).fit(X, y) for s in (0, 1))
    assert first.loss_curve_ != second.loss_curve_
    assert not np.array_equal(first.sample(5, 0)[0], second.sample(5, 0)[0])


def test_without_a_seed_every_fit_differs(skewed):
    X, y = skewed
    augmenter = small(random_state=None)
    first, _ = augmenter.fit_resample(X, y)
    assert not np.array_equal(first, augmenter.fit_resample(X, y)[0])


def test_a_random_state_moves_on_and_can_be_replayed(skewed):
    X, y = skewed
    augmenter = small(random_state=np.random.RandomState(7))
    first, second = (augmenter.fit_resample(X, y)[0] for _ in range(2))
    assert not np.array_equal(first, second)
    replayed, _ = small(random_state=np.random.RandomState(7)).fit_resample(X, y)
    np.testing.assert_array_equal(first, replayed)


@pytest.mark.parametrize(
    "random_state", [0, np.random.RandomState(0)], ids=["int", "state"]
)
def test_global_random_states_are_untouched(skewed, random_state):
    before = global_states()
    small(random_state=random_state).fit(*skewed).sample(5)
    for old, new in zip(before, global_states(), strict=True):
        np.testing.assert_equal(new, old)


def test_global_seeds_do_not_matter(skewed):
    first = trained().fit(*skewed)
    torch.manual_seed(99)
    np.random.seed(99)
    assert_same_fit(first, trained().fit(*skewed))


def test_without_a_seed_numpys_global_one_decides_as_in_scikit_learn(skewed):
    torch_state = torch.random.get_rng_state()
    fits = []
    for _ in range(2):
        np.random.seed(4)
        fits.append(small(random_state=None).fit_resample(*skewed)[0])
    np.testing.assert_array_equal(*fits)
    assert torch.equal(torch.random.get_rng_state(), torch_state)


def test_labels_do_not_change_the_rows(skewed):
    X, y = skewed
    numbers, _ = trained().fit_resample(X, y)
    text, _ = trained().fit_resample(X, np.array(["a", "b", "c"])[y])
    np.testing.assert_array_equal(numbers, text)


def distance_to_nearest(rows, others):
    return np.linalg.norm(rows[:, None] - others, axis=2).min(axis=1)


@pytest.mark.parametrize("random_state", [None, 0], ids=["the fit's", "the same int"])
def test_rows_sampled_are_no_copies_of_those_that_fit_resample_made(skewed, random_state):
    augmenter = trained(bandwidth=1.0)
    X_new, y_new = augmenter.fit_resample(*skewed)
    made = X_new[augmenter.synthetic_mask_ & (y_new == 2)]
    # One more and one less: noise of the same seed is hardly changed by the number.
    for n in (len(made) - 1, len(made), len(made) + 1):
        more, _ = augmenter.sample(n, 2, random_state=random_state)
        assert np.median(distance_to_nearest(more, made)) > 0.5 * np.median(
            distance_to_nearest(made, skewed[0])
        )


def test_a_seed_for_a_call_gives_its_rows_at_each_call(skewed):
    augmenter = small().fit(*skewed)
    first, again, other = (augmenter.sample(9, random_state=s)[0] for s in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(first, other).any()
    np.testing.assert_array_equal(augmenter.sample(9)[0], augmenter.sample(9)[0])
    state = np.random.RandomState(5)
    np.testing.assert_array_equal(augmenter.sample(9, random_state=state)[0], first)
    assert not np.isin(augmenter.sample(9, random_state=state)[0], first).any()


def test_a_fit_without_a_seed_takes_one_for_a_call(skewed):
    augmenter = small(random_state=None).fit(*skewed)
    assert not np.array_equal(augmenter.sample(9)[0], augmenter.sample(9)[0])
    np.testing.assert_array_equal(
        augmenter.sample(9, random_state=1)[0], augmenter.sample(9, random_state=1)[0]
    )
