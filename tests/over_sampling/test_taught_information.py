"""The held-out measure against a readable twin and known information."""

import math

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from skmiaug.over_sampling._taught_information import taught_information

from skmiaug.over_sampling import _taught_information


def gaussian_classes(n, d=3, n_classes=2, apart=2.0, seed=0):
    """Unit normals around the first corners of a cube; n rows of each class."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.arange(n_classes).repeat_interleave(n)
    means = apart * torch.eye(n_classes, d)
    rows = torch.randn(len(classes), d, generator=rng)
    return rows + means[classes], classes, means


def twin(made, made_classes, real, real_classes, n_classes):
    """Linear discriminant analysis, class by class and row by row."""
    made, made_classes = made.double().numpy(), made_classes.numpy()
    means = [made[made_classes == c].mean(axis=0) for c in range(n_classes)]
    r = made - np.array(means)[made_classes]
    ridge = _taught_information._RIDGE
    covariance = (1 - ridge) * r.T @ r / len(r) + ridge * np.eye(r.shape[1])
    precision = np.linalg.inv(covariance)
    told = [[] for _ in range(n_classes)]
    for row, c in zip(real.numpy(), real_classes.tolist(), strict=True):
        logits = [-0.5 * (row - m) @ precision @ (row - m) for m in means]
        told[c].append(log_softmax(logits)[c])
    return math.log(n_classes) + np.mean([np.mean(t) for t in told if t])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_is_the_information_of_a_linear_discriminant(n_classes):
    made, made_classes, _ = gaussian_classes(20, n_classes=n_classes)
    real, real_classes, _ = gaussian_classes(5, n_classes=n_classes, seed=1)
    real, real_classes = real[:-2], real_classes[:-2]  # not balanced
    found = taught_information(made, made_classes, real, real_classes, n_classes)
    expected = twin(made, made_classes, real, real_classes, n_classes)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_class_without_real_rows_is_left_out():
    made, made_classes, _ = gaussian_classes(20, n_classes=3)
    real, real_classes, _ = gaussian_classes(5, n_classes=3, seed=1)
    some = real_classes != 1
    found = taught_information(made, made_classes, real[some], real_classes[some], 3)
    assert found == pytest.approx(
        twin(made, made_classes, real[some], real_classes[some], 3)
    )


@pytest.mark.parametrize("apart", [1.0, 2.0, 4.0])
def test_large_samples_of_gaussian_classes_teach_what_there_is_to_know(apart):
    made, made_classes, means = gaussian_classes(20_000, apart=apart)
    real, real_classes, _ = gaussian_classes(20_000, apart=apart, seed=1)
    found = taught_information(made, made_classes, real, real_classes, 2)
    # The true posterior, averaged over the same rows.
    log_q = torch.log_softmax(-0.5 * torch.cdist(real, means).square(), dim=1)
    truth = math.log(2) + log_q.gather(1, real_classes[:, None]).mean().item()
    assert found == pytest.approx(truth, abs=0.02)
    assert found < truth + 1e-3


def test_shuffled_labels_teach_nothing():
    made, made_classes, _ = gaussian_classes(2000)
    real, real_classes, _ = gaussian_classes(2000, seed=1)
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(0))
    shuffled = taught_information(made, made_classes[order], real, real_classes, 2)
    assert shuffled == pytest.approx(0, abs=0.02)
    assert taught_information(made, made_classes, real, real_classes, 2) > 0.3


def test_swapped_labels_mislead():
    made, made_classes, _ = gaussian_classes(2000)
    real, real_classes, _ = gaussian_classes(2000, seed=1)
    assert taught_information(made, 1 - made_classes, real, real_classes, 2) < -1


def test_rows_off_their_place_teach_less():
    made, made_classes, _ = gaussian_classes(2000)
    real, real_classes, _ = gaussian_classes(2000, seed=1)
    aside = torch.tensor([1.0, 0.0, 0.0])
    told = [
        taught_information(made + shift * aside, made_classes, real, real_classes, 2)
        for shift in (0.0, 0.7, 1.5)
    ]
    assert told == sorted(told, reverse=True)
    assert told[0] > told[-1] + 0.1


def test_it_is_below_its_ceiling():
    made, made_classes, _ = gaussian_classes(100, n_classes=3, apart=50.0)
    found = taught_information(made, made_classes, made, made_classes, 3)
    assert math.log(3) - 1e-3 < found <= math.log(3)
