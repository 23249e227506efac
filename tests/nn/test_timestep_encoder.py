"""The sequence encoder: blind to padding, to what is hidden and to its company."""

import pytest
import torch

from skmiaug.nn import SequenceHead, TimestepArchitecture, TimestepEncoder, channel_dropout

BACKBONES = ["transformer", "gru"]


def architecture(backbone, **changes):
    shape = {"n_features": 5, "hidden_size": 16, "n_layers": 2, "n_heads": 2}
    return TimestepArchitecture(backbone=backbone, **shape | changes)


@pytest.fixture(params=BACKBONES)
def encoder(request, seed):
    torch.manual_seed(seed)
    return TimestepEncoder(architecture(request.param)).requires_grad_(False)


@pytest.fixture
def sequences(seed):
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(length, 5, generator=rng) for length in (9, 1, 4, 7)]


def padded(sequences, n_steps, filling=0.0):
    values = torch.full((len(sequences), n_steps, 5), filling)
    for row, own in zip(values, sequences, strict=True):
        row[: len(own)] = own
    return values, torch.tensor([len(own) for own in sequences])


@pytest.mark.parametrize("n_steps", [9, 30])
@pytest.mark.parametrize("filling", [0.0, 7.0])
def test_hidden_states_are_those_of_the_sequence_alone(
    encoder, sequences, n_steps, filling
):
    together = encoder(*padded(sequences, n_steps, filling))
    for states, own in zip(together, sequences, strict=True):
        alone = encoder(own[None], torch.tensor([len(own)]))[0]
        torch.testing.assert_close(states[: len(own)], alone, atol=1e-5, rtol=0)


def test_every_state_depends_on_every_timestep(encoder, sequences):
    values = sequences[0][None].clone().requires_grad_()
    states = encoder(values, torch.tensor([9]))
    for t in (0, 4, 8):
        (gradient,) = torch.autograd.grad(
            states[0, t].square().sum(), values, retain_graph=True
        )
        assert (gradient[0].abs().sum(dim=1) > 0).all()


def test_the_order_of_the_timesteps_matters(encoder, sequences):
    values = sequences[0][None]
    states = encoder(values, torch.tensor([9]))
    swapped = encoder(values.flip(1), torch.tensor([9])).flip(1)
    assert (states - swapped).abs().max() > 1e-2


def test_hidden_timesteps_are_not_looked_at(encoder, sequences):
    values, lengths = padded(sequences, 9)
    masked = torch.zeros(4, 9, dtype=torch.bool)
    masked[:, ::2] = True
    expected = encoder(values, lengths, masked)
    other = torch.where(masked[..., None], 99.0, values)
    assert torch.equal(encoder(other, lengths, masked), expected)
    assert not torch.equal(encoder(values, lengths), expected)


def test_it_restores_as_many_features_as_it_takes(encoder, sequences):
    values, lengths = padded(sequences, 9)
    assert encoder.restore(encoder(values, lengths)).shape == values.shape


def test_dropout_comes_from_its_generator(encoder, sequences):
    values, lengths = padded(sequences, 9)

    def states(seed):
        generator = torch.Generator().manual_seed(seed)
        return encoder(values, lengths, drop=channel_dropout(0.5, generator))

    assert torch.equal(states(0), states(0))
    assert not torch.equal(states(0), states(1))


def test_a_gru_reads_in_both_directions(seed):
    torch.manual_seed(seed)
    gru = TimestepEncoder(architecture("gru", n_layers=1)).requires_grad_(False)
    values, lengths = torch.randn(2, 9, 5), torch.tensor([9, 6])
    hidden = gru(values, lengths)
    for changed, first in ((0, 8), (5, 0)):  # from either end to the other
        other = values.clone()
        other[:, changed] += 1.0
        moved = (gru(other, lengths) - hidden).abs().amax(dim=2) > 0
        assert moved[1, min(first, 5)]
        assert moved[0, first]


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"backbone": "gru", "hidden_size": 15}, "even"),
        ({"backbone": "transformer", "hidden_size": 18}, r"multiple of 2 \* n_heads"),
    ],
)
def test_widths_that_cannot_be_shared_are_refused(changes, need):
    with pytest.raises(ValueError, match=rf"hidden_size must be (a )?{need}"):
        architecture(**changes)


def test_a_gru_does_not_ask_for_heads():
    assert architecture("gru", hidden_size=18, n_heads=4).hidden_size == 18


def test_the_head_takes_columns_of_any_scale():
    pooled = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    pooled = pooled * torch.tensor([1e-2, 1.0, 1e3]) + 5
    head = SequenceHead(3, 2).requires_grad_(False)
    head.linear.weight.copy_(torch.eye(3)[:2])
    head.linear.bias.zero_()
    head.measure(pooled)
    outputs = head(pooled)
    torch.testing.assert_close(outputs.mean(dim=0), torch.zeros(2), atol=1e-4, rtol=0)
    assert 0.85 < outputs[:, 0].std() < 1.01
    assert outputs[:, 1].std().item() == pytest.approx(1.0, abs=1e-2)


def test_the_head_stands_a_constant_column():
    head = SequenceHead(1, 1)
    head.measure(torch.full((4, 1), 7.0))
    assert head(torch.full((4, 1), 7.0)).isfinite().all()
