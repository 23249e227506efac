"""The network of the aligned space."""

import math

import pytest
import torch
from torch.nn import functional

from skmiaug.nn import AlignmentNetwork, ProjectionHead, on_sphere, shared_code


def network(**changes) -> AlignmentNetwork:
    torch.manual_seed(0)
    parameters = {
        "n_features": (5, 3),
        "n_classes": 4,
        "n_components": 6,
        "hidden_layer_sizes": (),
        "temperature": 0.07,
    }
    return AlignmentNetwork(**parameters | changes)


def test_a_head_is_a_linear_map():
    head = ProjectionHead(5, 3, ())
    rows = torch.randn(7, 5)
    torch.testing.assert_close(head(rows), rows @ head.linear.weight.T + head.linear.bias)


def test_hidden_layers_begin_at_zero_and_can_learn():
    head = ProjectionHead(5, 3, (8, 4))
    rows = torch.randn(7, 5)
    torch.testing.assert_close(head(rows), head.linear(rows))
    head(rows).square().sum().backward()
    assert (head.residual[-1].weight.grad != 0).any()
    with torch.no_grad():
        head.residual[-1].weight.normal_()
    assert not torch.allclose(head(rows), head.linear(rows))


@pytest.mark.parametrize("n_components", [1, 6])
def test_codes_have_mean_square_one(n_components):
    codes = on_sphere(torch.randn(9, n_components))
    torch.testing.assert_close(codes.square().mean(dim=1), torch.ones(9))
    assert torch.equal(
        on_sphere(torch.zeros(2, n_components)), torch.zeros(2, n_components)
    )


def test_the_shared_code_points_between_those_that_are_there():
    first, second = on_sphere(torch.randn(8, 6)).split(4)
    present = torch.tensor([[True, True], [True, False], [False, True], [False, False]])
    shared = shared_code((first, second), present)
    torch.testing.assert_close(shared[0], on_sphere((first + second)[:1])[0])
    torch.testing.assert_close(shared[1], first[1])
    torch.testing.assert_close(shared[2], second[2])
    assert torch.equal(shared[3], torch.zeros(6))


def test_what_stands_where_a_modality_is_missing_does_not_matter():
    net = network()
    audio, text = torch.randn(4, 5), torch.randn(4, 3)
    present = torch.tensor([[True, True], [True, False]] * 2)
    spoilt = text.clone()
    spoilt[1::2] = 1e6
    one, other = net((audio, text), present), net((audio, spoilt), present)
    torch.testing.assert_close(one.shared_logits, other.shared_logits)
    assert torch.equal(one.codes[0], other.codes[0])


def test_each_modality_is_read_by_its_own_head():
    net = network(n_features=(5, 3, 2))
    rows = [torch.randn(4, n) for n in (5, 3, 2)]
    output = net(rows, torch.ones(4, 3, dtype=torch.bool))
    assert [tuple(c.shape) for c in output.codes] == [(4, 6)] * 3
    assert [tuple(c.shape) for c in output.class_logits] == [(4, 4)] * 3
    assert output.shared_logits.shape == (4, 4)
    for code, logits, head in zip(
        output.codes, output.class_logits, net.class_heads, strict=True
    ):
        torch.testing.assert_close(logits, functional.linear(code, head.weight, head.bias))


def test_the_temperature_is_learned_from_where_it_was_put():
    net = network(temperature=0.2)
    assert math.exp(-net.log_scale.item()) == pytest.approx(0.2)
    assert net.log_scale.requires_grad


def test_half_precision_gives_float32_logits():
    net = network().bfloat16()
    rows = [torch.randn(4, n).bfloat16() for n in (5, 3)]
    output = net(rows, torch.ones(4, 2, dtype=torch.bool))
    assert output.codes[0].dtype == torch.bfloat16
    assert output.shared_logits.dtype == output.class_logits[1].dtype == torch.float32
