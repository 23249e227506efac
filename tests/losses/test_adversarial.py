"""Hinge losses against their closed forms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.losses import critic_hinge_loss, generator_hinge_loss

scores = st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=20)


def test_rows_told_apart_by_the_margin_cost_nothing():
    loss = critic_hinge_loss(torch.tensor([1.0, 7.0]), torch.tensor([-1.0, -3.0]))
    assert loss == 0


def test_a_critic_that_knows_nothing_pays_two():
    assert critic_hinge_loss(torch.zeros(5), torch.zeros(3)) == 2


@given(scores, scores)
def test_critic_loss_is_the_mean_of_hinges(real, generated):
    expected = sum(max(0, 1 - s) for s in real) / len(real)
    expected += sum(max(0, 1 + s) for s in generated) / len(generated)
    found = critic_hinge_loss(torch.tensor(real), torch.tensor(generated))
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_critic_is_pulled_only_by_rows_within_the_margin():
    real = torch.tensor([0.5, 2.0], requires_grad=True)
    generated = torch.tensor([-2.0, 0.5], requires_grad=True)
    critic_hinge_loss(real, generated).backward()
    assert real.grad.tolist() == [-0.5, 0.0]
    assert generated.grad.tolist() == [0.0, 0.5]


@given(scores)
def test_generator_loss_is_the_mean_score_turned_round(generated):
    found = generator_hinge_loss(torch.tensor(generated))
    assert found.item() == pytest.approx(-sum(generated) / len(generated), abs=1e-5)
