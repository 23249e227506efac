"""Critic and recognition head: shapes, and the class in the score."""

import pytest
import torch

from skmiaug.nn import Critic, hidden_stack

N, FEATURES, CLASSES = 7, 5, 4


@pytest.fixture
def rows():
    return torch.randn(N, FEATURES, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def classes():
    return torch.arange(N) % CLASSES


def build(n_codes=2):
    torch.manual_seed(0)
    return Critic(FEATURES, CLASSES, n_codes, (16, 8))


@pytest.mark.parametrize("n_codes", [0, 1, 3])
def test_shapes(rows, classes, n_codes):
    score, class_logits, code_mean, code_log_variance = build(n_codes)(rows, classes)
    assert score.shape == (N,)
    assert class_logits.shape == (N, CLASSES)
    assert code_mean.shape == code_log_variance.shape == (N, n_codes)


def test_heads_and_projection_are_what_they_are_one_at_a_time(rows, classes):
    critic = build()
    weight, bias = critic.heads.weight, critic.heads.bias
    output = critic(rows, classes)
    for i in range(N):
        h = critic.trunk(rows[i])
        c = int(classes[i])
        # A score of the row plus the inner product with the vector of its class.
        realness = h @ weight[0] + bias[0]
        of_its_class = h @ weight[1 + c] + bias[1 + c]
        torch.testing.assert_close(output.score[i], realness + of_its_class)
        for k in range(CLASSES):
            row = 1 + CLASSES + k
            torch.testing.assert_close(
                output.class_logits[i, k], h @ weight[row] + bias[row]
            )


def test_the_class_changes_the_score_and_nothing_else(rows, classes):
    critic = build()
    first, other = critic(rows, classes), critic(rows, (classes + 1) % CLASSES)
    assert (first.score != other.score).all()
    for name in ("class_logits", "code_mean", "code_log_variance"):
        assert torch.equal(getattr(first, name), getattr(other, name))


def test_the_variance_of_the_codes_stays_within_bounds(rows, classes):
    critic = build()
    with torch.no_grad():
        critic.heads.weight.mul_(1e4)
    log_variance = critic(rows, classes).code_log_variance
    assert log_variance.abs().max() == 6


def test_outputs_are_float32_under_autocast(rows, classes):
    with torch.autocast("cpu", torch.bfloat16):
        output = build()(rows, classes)
    assert {part.dtype for part in output} == {torch.float32}


@pytest.mark.parametrize("sizes", [(), (3,), (4, 2)])
def test_a_stack_has_the_widths_asked_for(rows, sizes):
    stack, width = hidden_stack(FEATURES, sizes)
    assert width == [FEATURES, *sizes][-1]
    assert stack(rows).shape == (N, width)
    linear = [layer for layer in stack if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == list(sizes)


def test_units_leak_so_that_a_gradient_always_comes_through(rows):
    stack, _ = hidden_stack(FEATURES, (6,))
    with torch.no_grad():
        stack[0].bias.fill_(-100.0)
    rows.requires_grad_()
    stack(rows).sum().backward()
    assert (rows.grad != 0).all()
