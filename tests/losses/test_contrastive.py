"""InfoNCE against closed forms and a slow twin in loops."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn import functional

from skmiaug.losses import (
    SAME_CLASS_ROLES,
    cosine_scores,
    info_nce_information,
    symmetric_info_nce,
)


def random_scores(n, seed=0, scale=3.0):
    rng = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, n, generator=rng, dtype=torch.float64)


def slow_loss(scores, classes, same_class, present):
    """The loss by its definition, pair by pair."""
    n = len(scores)
    rows = [i for i in range(n) if present[i]]
    losses = []
    for matrix in (scores, scores.T):
        for i in rows:
            alike = [j for j in rows if classes[j] == classes[i] and j != i]
            candidates = [j for j in rows if same_class != "masked" or j not in alike]
            total = math.log(sum(math.exp(matrix[i, j]) for j in candidates))
            positives = [i, *alike] if same_class == "positive" else [i]
            errors = [total - float(matrix[i, j]) for j in positives]
            losses.append(sum(errors) / len(errors))
    return sum(losses) / len(losses) if losses else 0.0


@pytest.mark.parametrize("same_class", SAME_CLASS_ROLES)
@given(data=st.data())
def test_the_loss_is_that_of_its_slow_twin(same_class, data):
    n = data.draw(st.integers(1, 7))
    scores = data.draw(hnp.arrays(np.float64, (n, n), elements=st.floats(-20, 20)))
    classes = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    present = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    loss = symmetric_info_nce(
        torch.from_numpy(scores),
        torch.tensor(classes),
        same_class=same_class,
        present=torch.tensor(present),
    )
    expected = slow_loss(scores, classes, same_class, present)
    assert float(loss) == pytest.approx(expected, abs=1e-9)


def test_without_classes_it_is_the_cross_entropy_of_clip():
    scores = random_scores(9)
    labels = torch.arange(9)
    expected = (
        functional.cross_entropy(scores, labels)
        + functional.cross_entropy(scores.T, labels)
    ) / 2
    assert symmetric_info_nce(scores).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("same_class", SAME_CLASS_ROLES)
def test_roles_agree_if_all_classes_differ(same_class):
    scores = random_scores(6)
    loss = symmetric_info_nce(scores, torch.arange(6), same_class=same_class)
    assert loss.item() == pytest.approx(symmetric_info_nce(scores).item())


def test_equal_scores_have_the_log_of_their_number_as_loss():
    scores, classes = torch.zeros(8, 8), torch.arange(8) % 2
    for same_class, candidates in (("negative", 8), ("positive", 8), ("masked", 5)):
        loss = symmetric_info_nce(scores, classes, same_class=same_class)
        assert loss.item() == pytest.approx(math.log(candidates), rel=1e-6)


def test_masked_rows_of_one_class_have_zero_loss():
    scores = random_scores(5).requires_grad_()
    loss = symmetric_info_nce(scores, torch.zeros(5, dtype=torch.long), same_class="masked")
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(scores.grad, torch.zeros_like(scores))


@pytest.mark.parametrize("same_class", SAME_CLASS_ROLES)
@pytest.mark.parametrize("present", [[True] * 6, [True, False] * 3, [False] * 6])
def test_gradients_are_finite_and_zero_for_missing_pairs(same_class, present):
    scores = random_scores(6).requires_grad_()
    present = torch.tensor(present)
    classes = torch.tensor([0, 0, 1, 1, 2, 2])
    symmetric_info_nce(scores, classes, same_class=same_class, present=present).backward()
    assert torch.isfinite(scores.grad).all()
    assert (scores.grad[~present] == 0).all()
    assert (scores.grad[:, ~present] == 0).all()
    assert (scores.grad != 0).any() == present.any()


@pytest.mark.parametrize("same_class", ["positive", "masked"])
def test_roles_that_need_classes_raise_without(same_class):
    with pytest.raises(ValueError, match=f"'{same_class}' needs the classes"):
        symmetric_info_nce(random_scores(3), same_class=same_class)


# ---- scores


def test_scores_are_cosines_over_the_temperature():
    first, second = torch.randn(4, 3), torch.randn(5, 3)
    scores = cosine_scores(first, second, torch.tensor(math.log(1 / 0.07)))
    expected = functional.cosine_similarity(first[:, None], second[None], dim=2) / 0.07
    torch.testing.assert_close(scores, expected)


def test_the_scale_is_clamped_at_100_and_zeros_are_finite():
    first = torch.eye(3)
    assert cosine_scores(first, first, torch.tensor(20.0)).max().item() == 100
    assert (cosine_scores(torch.zeros(2, 3), first, torch.tensor(0.0)) == 0).all()


def test_half_precision_gives_float32_scores():
    first = torch.randn(4, 3).bfloat16()
    assert cosine_scores(first, first, torch.tensor(1.0)).dtype == torch.float32


# ---- the bound


def gaussian_pairs(rho, n, seed):
    """Pairs of correlated normals, and ln p(t|h) - ln p(t), the optimal scores."""
    rng = np.random.default_rng(seed)
    h, e = rng.normal(size=(2, n))
    t = rho * h + math.sqrt(1 - rho**2) * e
    conditional = -0.5 * (t[None, :] - rho * h[:, None]) ** 2 / (1 - rho**2)
    scores = conditional - 0.5 * math.log(1 - rho**2) + 0.5 * t[None, :] ** 2
    return torch.from_numpy(scores)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_best_scores_reach_the_information_of_a_gaussian_pair(rho):
    bounds = [info_nce_information(gaussian_pairs(rho, 1000, s)).item() for s in range(5)]
    assert np.mean(bounds) == pytest.approx(-0.5 * math.log(1 - rho**2), abs=0.04)


def test_the_bound_is_at_most_the_log_of_the_pairs():
    assert info_nce_information(1e3 * torch.eye(32)).item() == pytest.approx(math.log(32))
    assert info_nce_information(gaussian_pairs(0.9999, 16, 0)).item() < math.log(16)


@given(st.integers(1, 12), st.integers(0, 100))
def test_the_bound_is_the_log_of_the_pairs_minus_the_loss(n, seed):
    scores = random_scores(n, seed)
    bound = info_nce_information(scores)
    expected = math.log(n) - symmetric_info_nce(scores).item()
    assert bound.item() == pytest.approx(expected, abs=1e-9)


def test_class_information_is_excluded_among_pairs_of_a_class():
    # Both parts are the class and nothing else: I(h; t) = ln 4 and I(h; t | c) = 0.
    classes = torch.arange(400) % 4
    alike = classes[:, None] == classes[None, :]
    scores = 50.0 * alike
    assert info_nce_information(scores).item() == pytest.approx(math.log(4), abs=1e-3)
    assert info_nce_information(scores, alike).item() == pytest.approx(0, abs=1e-5)


def test_numbers_of_candidates_may_differ():
    classes = torch.tensor([0, 0, 0, 1])
    alike = classes[:, None] == classes[None, :]
    bound = info_nce_information(1e3 * torch.eye(4), alike)
    assert bound.item() == pytest.approx(0.75 * math.log(3))
