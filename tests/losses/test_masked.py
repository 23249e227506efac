"""Reconstruction error of masked timesteps against its definition."""

import pytest
import torch

from skmiaug.losses import masked_reconstruction_loss


def by_loops(restored, target, masked, known, error):
    """The definition, cell by cell."""
    cells = [
        abs(restored[i, t, j] - target[i, t, j]) ** (1 if error == "l1" else 2)
        for i in range(target.shape[0])
        for t in range(target.shape[1])
        for j in range(target.shape[2])
        if masked[i, t] and (known is None or known[i, t, j])
    ]
    return sum(cells) / len(cells)


@pytest.fixture
def drawn(seed):
    rng = torch.Generator().manual_seed(seed)
    restored, target = torch.randn(2, 3, 5, 4, generator=rng)
    masked = torch.rand(3, 5, generator=rng) < 0.5
    known = torch.rand(3, 5, 4, generator=rng) < 0.8
    return restored, target, masked, known


@pytest.mark.parametrize("error", ["l1", "l2"])
@pytest.mark.parametrize("holes", [False, True])
def test_it_is_the_mean_over_the_cells_that_count(drawn, error, holes):
    restored, target, masked, known = drawn
    known = known if holes else None
    loss = masked_reconstruction_loss(restored, target, masked, known, error=error)
    torch.testing.assert_close(loss, by_loops(restored, target, masked, known, error))


def test_by_hand():
    target = torch.zeros(1, 2, 2)
    restored = torch.tensor([[[1.0, 3.0], [100.0, 100.0]]])
    masked = torch.tensor([[True, False]])
    assert masked_reconstruction_loss(restored, target, masked).item() == 2.0
    assert masked_reconstruction_loss(restored, target, masked, error="l2").item() == 5.0
    known = torch.tensor([[[False, True], [True, True]]])
    assert masked_reconstruction_loss(restored, target, masked, known).item() == 3.0


def test_visible_and_unknown_cells_have_no_gradient(drawn):
    restored, target, masked, known = drawn
    restored.requires_grad_()
    masked_reconstruction_loss(restored, target, masked, known).backward()
    assert (restored.grad[~(masked[..., None] & known)] == 0).all()
    assert (restored.grad[masked[..., None] & known] != 0).all()


@pytest.mark.parametrize("holes", [False, True])
def test_nothing_masked_gives_zero(drawn, holes):
    restored, target, masked, known = drawn
    nothing = torch.zeros_like(masked)
    loss = masked_reconstruction_loss(restored, target, nothing, known if holes else None)
    assert loss.item() == 0


def test_half_precision_is_summed_in_float32():
    target = torch.zeros(1, 4000, 30)
    restored = torch.full_like(target, 0.1, dtype=torch.bfloat16)
    masked = torch.ones(1, 4000, dtype=torch.bool)
    loss = masked_reconstruction_loss(restored, target, masked)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(0.1, rel=1e-2)
