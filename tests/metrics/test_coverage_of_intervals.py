"""Known distributions: the estimates, and how often the intervals hold the truth."""

import numpy as np
import pytest

from skmiaug.metrics import (
    classifier_bound,
    gaussian_information,
    infonce_information,
    ksg_information,
    mixed_information,
    mutual_information_score,
)
from tests.metrics import _known as known

N_ROWS, N_SEEDS = 2000, 100


def gaussian(d, rho):
    return lambda rng: known.gaussian_pair(N_ROWS, d, rho, rng), known.gaussian_truth(
        d, rho
    )


def uniform(width):
    return lambda rng: known.uniform_noise(N_ROWS, width, rng), known.uniform_truth(width)


def student(d, rho, v):
    return (
        lambda rng: known.student_pair(N_ROWS, d, rho, v, rng),
        known.student_truth(d, rho, v),
    )


def mixture(d, apart, k):
    return (
        lambda rng: known.class_mixture(N_ROWS, d, apart, k, rng),
        known.mixture_truth(apart, k),
    )


def infonce(x, y, **options):
    return infonce_information(x, y, critic="gaussian", **options)


def score_of_fresh_rows(X, y, **options):
    """Half of the rows in the place of generated ones, the critic from the other half."""
    half = len(y) // 2
    return mutual_information_score(X[:half], y[:half], X[half:], y[half:], **options)


PAIRS = {
    "independent": gaussian(1, 0.0),
    "gaussian 0.3": gaussian(1, 0.3),
    "gaussian 0.9": gaussian(1, 0.9),
    "2 x gaussian 0.6": gaussian(2, 0.6),
}
OTHER_PAIRS = {
    "uniform 0.75": uniform(0.75),
    "uniform 0.2": uniform(0.2),
    "student 3": student(1, 0.6, 3),
    "student 5, uncorrelated": student(1, 0.0, 5),
}
MANY = {"5 x independent": gaussian(5, 0.0), "5 x gaussian 0.6": gaussian(5, 0.6)}
CLASSES = {
    "2 classes, nothing": mixture(5, 0.0, 2),
    "2 classes, 1 apart": mixture(1, 1.0, 2),
    "2 classes in 5 d": mixture(5, 2.0, 2),
    "2 classes far apart": mixture(2, 4.0, 2),
    "5 classes in 3 d": mixture(3, 2.0, 5),
}
CASES = [
    (estimator, name, case)
    for estimator, cases in (
        (gaussian_information, PAIRS | MANY),
        (ksg_information, PAIRS | OTHER_PAIRS | MANY),
        (infonce, PAIRS | MANY),
        (mixed_information, CLASSES),
        (classifier_bound, CLASSES),
        (score_of_fresh_rows, CLASSES),
    )
    for name, case in cases.items()
]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("estimator", "name", "case"), CASES, ids=[f"{e.__name__}, {n}" for e, n, _ in CASES]
)
def test_estimates_and_intervals(estimator, name, case):
    draw, truth = case
    # Where it is cheap, more: a share of 95 % comes out as 90 of 100 once in 30 runs.
    n_seeds = 4 * N_SEEDS if estimator is gaussian_information else N_SEEDS
    estimates, covered = [], 0
    for seed in range(n_seeds):
        found = estimator(
            *draw(np.random.default_rng(seed)), n_permutations=0, random_state=seed
        )
        estimates.append(found.estimate)
        covered += found.interval[0] <= truth <= found.interval[1]
    mean = float(np.mean(estimates))
    print(f"\n{truth:.3f} found {mean:.3f} ± {np.std(estimates):.3f}, {covered}/{n_seeds}")
    assert abs(mean - truth) <= max(0.05, 0.05 * truth)
    assert covered >= 0.9 * n_seeds
