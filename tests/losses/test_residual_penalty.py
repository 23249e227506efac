"""The penalty on the residual's length."""

import pytest
import torch

from skmiaug.losses import residual_penalty


def test_it_is_the_mean_squared_norm_of_the_rows():
    residual = torch.tensor([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    assert residual_penalty(residual).item() == pytest.approx((25 + 0 + 1 + 4) / 4)


def test_it_pulls_each_row_home():
    residual = torch.tensor([[3.0, -4.0], [0.0, 1.0]], requires_grad=True)
    residual_penalty(residual).backward()
    torch.testing.assert_close(residual.grad, residual.detach())  # 2 r / n, n = 2


def test_it_grows_with_the_number_of_directions_not_of_rows():
    assert residual_penalty(torch.ones(3, 8)) == residual_penalty(torch.ones(99, 8)) == 8


def test_half_precision_does_not_overflow():
    assert residual_penalty(torch.full((4, 4), 300.0, dtype=torch.float16)) == 4 * 300**2
