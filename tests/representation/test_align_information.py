"""The bound of the information of class and shared code, where classes are small."""

import numpy as np
import pytest
import torch

from skmiaug.representation.alignment import validation_information
from skmiaug.training import AlignmentBatch, AlignmentWeights
from tests.representation._pairs import N_AUDIO, N_TEXT, pairs, small


def entropy(shares):
    return -(np.asarray(shares) * np.log(shares)).sum()


def test_classes_that_no_held_out_row_has_add_no_information():
    """Thirty classes of four rows look like one of 200: H(c) of all is not to be had."""
    y = np.repeat(np.arange(32), [200, 200] + 30 * [4])
    X = 0.3 * np.random.default_rng(0).normal(size=(len(y), N_AUDIO + N_TEXT))
    X[:, 0] += np.where(y == 1, 3.0, 0.0)
    aligner = small(max_iter=200).fit(X, y)
    assert aligner.mutual_information_max_ == pytest.approx(np.log(2))
    # All there is to know is whether a row is of class 1.
    share = 200 / len(y)
    assert 0.2 < aligner.mutual_information_ < entropy([share, 1 - share])


def test_held_out_rows_count_by_the_share_of_their_class():
    """Of 6 rows one is held out, as of 12: a mean over rows would count both alike."""
    X, y = pairs()
    network = small(max_iter=0).fit(X, y)._space.network
    shares = np.array([6, 12, 600]) / 618
    with torch.no_grad():
        network.shared_class_head.weight.zero_()
        network.shared_class_head.bias.copy_(torch.from_numpy(shares).log())
    classes = torch.tensor([0, 1] + 60 * [2])
    rows = tuple(torch.ones(62, n, dtype=torch.float64) for n in (N_AUDIO, N_TEXT))
    weights = AlignmentWeights(1.0, 1.0, 1.0, "negative", 0.0)
    information, max_information = validation_information(
        network, [AlignmentBatch(rows, None, classes)], shares, weights
    )
    # A q equal to the shares, whatever the row, has no information.
    assert information == pytest.approx(0.0, abs=1e-6)
    assert max_information == pytest.approx(entropy(shares))


def test_where_nothing_is_held_out_the_maximum_is_that_of_all():
    X, y = pairs(40)
    aligner = small(max_iter=5, validation_fraction=0.0).fit(X, y)
    assert aligner.mutual_information_ is None
    expected = entropy(np.unique(y, return_counts=True)[1] / 40)
    assert aligner.mutual_information_max_ == pytest.approx(expected)
