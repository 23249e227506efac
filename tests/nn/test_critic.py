"""Critic and recognition head: shapes, and the target in the score."""

import inspect

import pytest
import torch
from torch.nn.functional import one_hot

from skmiaug.nn import Critic, hidden_stack

N, FEATURES, CLASSES, CONTEXT = 7, 5, 4, 3


@pytest.fixture
def rows():
    return torch.randn(N, FEATURES, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def targets():
    return torch.rand(N, CLASSES, generator=torch.Generator().manual_seed(1))


def build(n_codes=2, n_context=0):
    torch.manual_seed(0)
    return Critic(FEATURES, CLASSES, n_codes, (16, 8), n_context)


def test_heads_and_projection_row_by_row(rows, targets):
    critic = build()
    weight, bias = critic.heads.weight, critic.heads.bias
    output = critic(rows, targets)
    for i in range(N):
        h = critic.trunk(rows[i])
        # A score of the row plus the inner product with a vector for each target.
        score = h @ weight[0] + bias[0]
        for k, share in enumerate(targets[i]):
            score = score + share * (h @ weight[1 + k] + bias[1 + k])
            row = 1 + CLASSES + k
            logit = h @ weight[row] + bias[row]
            torch.testing.assert_close(output.class_logits[i, k], logit)
        torch.testing.assert_close(output.score[i], score)


def test_target_and_context_change_the_score_and_nothing_else(rows):
    critic = build(n_context=CONTEXT)
    torch.nn.init.normal_(critic.context.weight)
    classes = torch.arange(N) % CLASSES
    targets = one_hot(classes, CLASSES).float()
    context = torch.ones(N, CONTEXT)
    first = critic(rows, targets, context)
    for other in (
        critic(rows, targets.roll(1, 1), context),
        critic(rows, targets, -context),
    ):
        assert (first.score != other.score).all()
        for name in ("class_logits", "code_mean", "code_log_variance"):
            assert torch.equal(getattr(first, name), getattr(other, name))


def test_the_context_adds_an_inner_product_which_is_zero_before_training(rows, targets):
    critic, context = build(n_context=CONTEXT), torch.randn(N, CONTEXT)
    without = critic(rows, targets, torch.zeros(N, CONTEXT)).score
    assert torch.equal(critic(rows, targets, context).score, without)
    torch.nn.init.normal_(critic.context.weight)
    expected = [
        h @ critic.context(c) for h, c in zip(critic.trunk(rows), context, strict=True)
    ]
    found = critic(rows, targets, context).score - without
    torch.testing.assert_close(found, torch.stack(expected))


def test_the_variance_of_the_codes_stays_within_bounds(rows, targets):
    critic = build()
    with torch.no_grad():
        critic.heads.weight.mul_(1e4)
    log_variance = critic(rows, targets).code_log_variance
    assert log_variance.abs().max() == 6


def test_outputs_are_float32_under_autocast(rows, targets):
    with torch.autocast("cpu", torch.bfloat16):
        output = build(n_context=CONTEXT)(rows, targets, torch.ones(N, CONTEXT))
    assert {part.dtype for part in output} == {torch.float32}


def test_its_arguments_are_kept_and_build_another():
    critic = build(n_context=CONTEXT)
    names = inspect.signature(Critic).parameters
    again = Critic(**{name: getattr(critic, name) for name in names})
    again.load_state_dict(critic.state_dict())
    assert all(getattr(again, name) == getattr(critic, name) for name in names)


@pytest.mark.parametrize("sizes", [(), (3,), (4, 2)])
def test_hidden_layers_have_the_given_widths(rows, sizes):
    stack, width = hidden_stack(FEATURES, sizes)
    assert width == [FEATURES, *sizes][-1]
    assert stack(rows).shape == (N, width)
    linear = [layer for layer in stack if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == list(sizes)


def test_a_gradient_comes_through_units_that_are_off(rows):
    stack, _ = hidden_stack(FEATURES, (6,))
    with torch.no_grad():
        stack[0].bias.fill_(-100.0)
    rows.requires_grad_()
    stack(rows).sum().backward()
    assert (rows.grad != 0).all()
