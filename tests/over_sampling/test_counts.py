"""How many rows of each class: sums, requests of sample(), combinations, subsamples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug import GaussianAugmenter
from skmiaug.over_sampling.targets import (
    even_shares,
    expanded_counts,
    plain_labels,
    requested_classes,
    subsample,
)
from tests._internals import combinations_of

CLASSES = np.array(["anger", "fear", "joy"])
SHARES = np.array([0.5, 0.3, 0.2])


# ---- sample()


@given(st.integers(0, 500), st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_the_training_shares_are_met_as_near_as_whole_rows_come(n, counts):
    shares = np.array(counts) / sum(counts)
    wanted = requested_classes(n, None, np.arange(len(counts)), shares)
    found = np.bincount(wanted, minlength=len(counts))
    assert found.sum() == n
    assert (np.abs(found - n * shares) < 1).all()
    assert (np.diff(wanted) >= 0).all()


def test_the_largest_remainders_get_the_odd_rows():
    # 2.5, 1.5 and 1.0 rows: the first of equal remainders is rounded up.
    assert requested_classes(5, None, CLASSES, SHARES).tolist() == [0, 0, 0, 1, 2]


def test_one_class():
    assert requested_classes(3, "joy", CLASSES, SHARES).tolist() == [2, 2, 2]


@pytest.mark.parametrize("container", [list, tuple, np.array])
def test_a_class_for_each_row_in_its_order(container):
    y = container(["joy", "anger", "joy", "fear"])
    assert requested_classes(4, y, CLASSES, SHARES).tolist() == [2, 0, 2, 1]


def test_numbers_as_classes():
    wanted = requested_classes(2, [7, 3], np.array([3, 7]), np.array([0.5, 0.5]))
    assert wanted.tolist() == [1, 0]
    assert requested_classes(1, 7.0, np.array([3, 7]), np.array([0.5, 0.5])).tolist() == [1]


def test_unknown_classes_are_named_beside_the_known():
    with pytest.raises(ValueError, match=r"training data: awe, rage\..*anger, fear, joy"):
        requested_classes(3, ["rage", "joy", "awe"], CLASSES, SHARES)


@pytest.mark.parametrize("y", [["joy"], ["joy"] * 3, [["joy", "joy"]]])
def test_an_array_of_another_shape_is_refused(y):
    with pytest.raises(ValueError, match="n_samples=2"):
        requested_classes(2, y, CLASSES, SHARES)


# ---- expansion

present = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100), min_size=2)


@given(present)
def test_without_expansion_the_strategy_stands(counts):
    to_generate = dict.fromkeys(counts, 5)
    found = expanded_counts(to_generate, counts, 1.0)
    assert found == to_generate
    assert found is not to_generate


@given(present, st.floats(1.01, 5))
def test_every_class_grows_to_the_same_size(counts, expansion):
    largest = max(counts.values())
    balance = {c: largest - n for c, n in counts.items() if n < largest}
    found = expanded_counts(balance, counts, expansion)
    sizes = {n + found[c] for c, n in counts.items()}
    assert sizes == {int(np.rint(expansion * largest))}
    assert min(found.values()) >= 0


def test_expansion_starts_from_what_the_strategy_asks_for():
    # "a" is to grow to 50 rows first: everything doubles from there.
    found = expanded_counts({"a": 40}, {"a": 10, "b": 30}, 2.0)
    assert found == {"a": 90, "b": 70}


# ---- combinations of modalities


@pytest.mark.parametrize(("n_modalities", "n_real", "n_more"), [(2, 5, 3), (3, 4, 0)])
def test_each_combination_of_modalities_has_as_many_rows(n_modalities, n_real, n_more):
    jobs = combinations_of(n_modalities, n_real, n_more)
    n_balanced = n_real + n_more
    assert sum(job.n for job in jobs) + n_real == 2**n_modalities * n_balanced
    whole = tuple(range(n_modalities))
    # Whole synthetic rows replace the real ones that are missing.
    assert {job.n for job in jobs if job.generated != whole} == {n_balanced}
    assert jobs[-1] == (whole, n_balanced + n_more)
    assert len({job.generated for job in jobs}) == 2**n_modalities - 1


# ---- labels in files


def test_labels_are_numbers_or_text_in_a_file():
    assert plain_labels(np.array(["a", "bc"], dtype=object)).dtype.kind == "U"
    assert plain_labels(np.array([1, 2])).tolist() == [1, 2]
    with pytest.raises(ValueError, match="labels of one kind"):
        plain_labels(np.array([1, "a"], dtype=object))


# ---- some rows of each class


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
def test_rows_that_a_class_lacks_come_from_the_larger_ones(counts, total, shares):
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


def picked(classes, seed=0):
    return subsample(classes, np.random.default_rng(seed))


def test_few_rows_are_all_there():
    assert picked(np.zeros(2000, dtype=int)).tolist() == list(range(2000))


def test_rare_rows_among_many_are_all_there(seed):
    classes = np.random.default_rng(seed).permutation(
        np.repeat([0, 1, 2], [50_000, 900, 3])
    )
    rows = picked(classes, seed)
    assert np.bincount(classes[rows]).tolist() == [1097, 900, 3]
    assert (np.diff(rows) > 0).all()
    assert (rows == picked(classes, seed)).all()
    assert (rows != picked(classes, seed + 1)).any()


@pytest.mark.parametrize("rare", [-1, 1, 3])
def test_four_rows_among_forty_thousand_are_fitted(rare):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 2, rare], [20_000, 20_000, 4])
    X = rng.normal(size=(len(y), 6)) + y[:, None]
    augmenter = GaussianAugmenter(random_state=0).fit(X, y)
    # Two of the classes have ln 2.
    assert augmenter.mutual_information_ > 0.5
    samples, _ = augmenter.sample(200, y=rare)
    np.testing.assert_allclose(samples.mean(axis=0), X[y == rare].mean(axis=0), atol=1.0)


@pytest.mark.parametrize("n_classes", [2, 200])
def test_many_classes_are_measured_too(n_classes):
    y = np.repeat(np.arange(n_classes), 2)
    X = np.random.default_rng(0).normal(size=(len(y), 3))
    augmenter = GaussianAugmenter(random_state=0).fit(X, y)
    assert augmenter.mutual_information_max_ == pytest.approx(np.log(n_classes))
    assert augmenter.mutual_information_ < np.log(n_classes)
