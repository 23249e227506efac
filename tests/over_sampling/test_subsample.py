"""Some rows of each class: evenly, and never without a class that is rare."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skmiaug.over_sampling._subsample import even_shares, subsample

from tests._helpers import small


@pytest.mark.parametrize(
    ("counts", "total", "shares"),
    [
        ([100, 100], 60, [30, 30]),
        ([100, 4], 60, [56, 4]),
        ([4, 100, 20], 60, [4, 36, 20]),
        ([5, 5], 60, [5, 5]),
        ([10, 10, 10], 11, [3, 4, 4]),
    ],
)
def test_what_a_class_leaves_over_is_for_those_with_more_rows(counts, total, shares):
    assert even_shares(np.array(counts), total).tolist() == shares


@given(
    counts=st.lists(st.integers(1, 500), min_size=1, max_size=8).map(np.array),
    total=st.integers(8, 1000),
)
def test_shares_are_as_even_as_the_rows_allow(counts, total):
    shares = even_shares(counts, total)
    assert (shares >= 1).all()
    assert (shares <= counts).all()
    assert 0 <= min(total, counts.sum()) - shares.sum() < len(counts)
    cut = shares < counts
    if cut.any():
        # A class that had to give rows up has no fewer than any other, but for a remainder.
        assert shares[cut].min() >= shares.max() - 1


def test_few_rows_are_all_there():
    assert subsample(np.zeros(2000, dtype=int), 0).tolist() == list(range(2000))


def test_rare_rows_among_many_are_all_there(seed):
    classes = np.random.default_rng(seed).permutation(
        np.repeat([0, 1, 2], [50_000, 900, 3])
    )
    picked = subsample(classes, seed)
    assert np.bincount(classes[picked]).tolist() == [1097, 900, 3]
    assert (np.diff(picked) > 0).all()
    assert (picked == subsample(classes, seed)).all()
    assert (picked != subsample(classes, seed + 1)).any()


@pytest.mark.parametrize("rare", [-1, 1, 3])
def test_four_rows_among_forty_thousand_are_fitted(rare):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 2, rare], [20_000, 20_000, 4])
    X = rng.normal(size=(len(y), 6)) + y[:, None]
    augmenter = small(max_iter=0).fit(X, y)
    # ln 2 is what two of the classes tell.
    assert augmenter.mutual_information_ > 0.5
    made, _ = augmenter.sample(200, y=rare)
    np.testing.assert_allclose(made.mean(axis=0), X[y == rare].mean(axis=0), atol=1.0)
