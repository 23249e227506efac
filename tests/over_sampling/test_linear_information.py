"""What modalities say of each other linearly, against closed forms."""

import math

import numpy as np
import pytest
import torch
from skmiaug.over_sampling._linear_information import linear_information

from skmiaug.datasets import make_gaussian_pairs


def as_tensors(rows, classes):
    return torch.from_numpy(rows.astype(np.float32)), torch.from_numpy(classes)


def test_it_is_the_information_of_gaussian_pairs(seed):
    pairs = make_gaussian_pairs(3000, random_state=seed)
    rows, classes = as_tensors(np.hstack([pairs.audio, pairs.text]), pairs.y)
    sizes = pairs.audio.shape[1], pairs.text.shape[1]
    found = linear_information(rows, classes, sizes)
    assert found == pytest.approx(pairs.information, abs=0.1)


def test_chance_in_many_columns_counts_for_nothing(seed):
    rng = np.random.default_rng(seed)
    rows, classes = as_tensors(rng.normal(size=(400, 150)), np.arange(400) % 3)
    found = [linear_information(rows, classes, sizes) for sizes in ([75, 75], [50] * 3)]
    np.testing.assert_allclose(found, 0.0, atol=2.0)  # plug-in: 9 and 12 nats


def test_of_three_modalities_it_is_the_total_correlation(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(20_000, 1))
    rows = 0.6**0.5 * common + 0.4**0.5 * rng.normal(size=(20_000, 3))
    rows, classes = as_tensors(rows, np.zeros(20_000, dtype=int))
    wanted = -0.5 * math.log(np.linalg.det(np.full((3, 3), 0.6) + 0.4 * np.eye(3)))
    assert linear_information(rows, classes, [1, 1, 1]) == pytest.approx(wanted, abs=0.03)


def test_class_means_say_nothing_and_classes_may_lack_rows(seed):
    rng = np.random.default_rng(seed)
    classes = 2 * (np.arange(2000) % 2)
    rows, classes = as_tensors(
        rng.normal(size=(2000, 2)) + 50.0 * classes[:, None], classes
    )
    assert abs(linear_information(rows, classes, [1, 1])) < 0.02


def test_too_few_rows_say_nothing():
    rows, classes = as_tensors(np.eye(6), np.arange(6) % 2)
    assert math.isnan(linear_information(rows, classes, [3, 3]))
