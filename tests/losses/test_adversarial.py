"""Hinge losses and residual penalty against their closed forms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.losses import critic_hinge_loss, generator_hinge_loss, residual_penalty

scores = st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=20)


def test_samples_beyond_the_margin_contribute_nothing():
    loss = critic_hinge_loss(torch.tensor([1.0, 7.0]), torch.tensor([-1.0, -3.0]))
    assert loss == 0


def test_an_uninformative_critic_has_loss_two():
    assert critic_hinge_loss(torch.zeros(5), torch.zeros(3)) == 2


@given(scores, scores)
def test_critic_loss_is_the_mean_of_hinges(real, generated):
    expected = sum(max(0, 1 - s) for s in real) / len(real)
    expected += sum(max(0, 1 + s) for s in generated) / len(generated)
    found = critic_hinge_loss(torch.tensor(real), torch.tensor(generated))
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_the_gradient_is_zero_beyond_the_margin():
    real = torch.tensor([0.5, 2.0], requires_grad=True)
    generated = torch.tensor([-2.0, 0.5], requires_grad=True)
    critic_hinge_loss(real, generated).backward()
    assert real.grad.tolist() == [-0.5, 0.0]
    assert generated.grad.tolist() == [0.0, 0.5]


@given(scores)
def test_generator_loss_is_the_negative_mean_score(generated):
    found = generator_hinge_loss(torch.tensor(generated))
    assert found.item() == pytest.approx(-sum(generated) / len(generated), abs=1e-5)


def test_the_penalty_is_the_mean_squared_norm():
    residual = torch.tensor([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    assert residual_penalty(residual).item() == pytest.approx((25 + 0 + 1 + 4) / 4)
    assert residual_penalty(torch.ones(3, 8)) == residual_penalty(torch.ones(99, 8)) == 8


def test_the_gradient_of_the_penalty():
    residual = torch.tensor([[3.0, -4.0], [0.0, 1.0]], requires_grad=True)
    residual_penalty(residual).backward()
    torch.testing.assert_close(residual.grad, residual.detach())  # 2 r / n, n = 2


def test_the_penalty_does_not_overflow_in_half_precision():
    half = torch.full((4, 4), 300.0, dtype=torch.float16)
    assert residual_penalty(half) == 4 * 300**2
