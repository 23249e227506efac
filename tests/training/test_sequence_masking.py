"""Which timesteps are hidden, and what is shown instead."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.training import REPLACEMENTS, SequenceBatch, corrupt, draw_spans


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=8),
    st.floats(0.01, 0.99),
    st.integers(1, 20),
    st.integers(0, 99),
)
def test_something_is_hidden_something_is_left_and_padding_never(
    lengths, ratio, span, seed
):
    lengths = torch.tensor(lengths)
    hidden = draw_spans(lengths, 12, ratio, span, generator(seed))
    inside = torch.arange(12) < lengths[:, None]
    assert not (hidden & ~inside).any()
    assert hidden.any(dim=1).all()
    assert ((inside & ~hidden).any(dim=1) == (lengths > 1)).all()


@pytest.mark.parametrize("ratio", [0.15, 0.5, 0.8])
@pytest.mark.parametrize("span", [1, 3, 8])
def test_each_timestep_is_hidden_as_often_as_asked(ratio, span):
    n, n_steps = 4000, 40
    lengths = torch.full((n,), n_steps)
    hidden = draw_spans(lengths, n_steps, ratio, span, generator()).float()
    # Where no span falls into a sequence, one step of it is hidden all the same.
    expected = ratio + (1 - ratio) ** ((n_steps + span - 1) / span) / n_steps
    # Standard error of a step: at most 0.5 / sqrt(4000) = 0.008.
    assert (hidden.mean(dim=0) - expected).abs().max() < 0.035
    assert hidden.mean().item() == pytest.approx(expected, abs=0.01)


def test_spans_are_as_long_as_asked():
    lengths = torch.full((2000,), 60)
    hidden = draw_spans(lengths, 60, 0.1, 5, generator())
    # Where no span fell, one step is hidden.
    hidden = hidden[hidden.sum(dim=1) > 1]
    # Runs that begin and end inside.
    changes = hidden[:, 1:].int() - hidden[:, :-1].int()
    runs = []
    for row in changes:
        starts = (row == 1).nonzero().flatten().tolist()
        for start in starts:
            ends = (row[start:] == -1).nonzero().flatten()
            if len(ends):
                runs.append(int(ends[0]))
    runs = torch.tensor(runs)
    assert runs.min() == 5
    assert (runs == 5).float().mean() > 0.6


def batch_of(n=300, n_steps=20, width=4):
    values = torch.randn(n, n_steps, width, generator=generator(7))
    lengths = torch.randint(2, n_steps + 1, (n,), generator=generator(8))
    values *= (torch.arange(n_steps) < lengths[:, None])[..., None]
    return SequenceBatch(values, lengths, None)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_what_is_shown_stays_as_it_was(replacement):
    batch = batch_of()
    before = batch.values.clone()
    masked = draw_spans(batch.lengths, 20, 0.4, 2, generator())
    shown = corrupt(batch, masked, replacement, generator())
    assert torch.equal(batch.values, before)
    assert torch.equal(shown.values[~masked], before[~masked])
    if shown.replaced is not None:
        assert not (shown.replaced & ~masked).any()


def test_zero_hides_by_the_mean():
    batch = batch_of()
    masked = draw_spans(batch.lengths, 20, 0.4, 2, generator())
    shown = corrupt(batch, masked, "zero", generator())
    assert shown.replaced is None
    assert (shown.values[masked] == 0).all()


def test_learned_leaves_all_to_the_network():
    batch = batch_of()
    masked = draw_spans(batch.lengths, 20, 0.4, 2, generator())
    assert torch.equal(corrupt(batch, masked, "learned", generator()).replaced, masked)


def test_random_replaces_eight_swaps_one_and_keeps_one_of_ten():
    batch = batch_of(2000)
    masked = draw_spans(batch.lengths, 20, 0.5, 1, generator())
    shown = corrupt(batch, masked, "random", generator(1))
    rest = masked & ~shown.replaced
    same = (shown.values == batch.values).all(dim=2)
    n = masked.sum()
    assert (shown.replaced.sum() / n).item() == pytest.approx(0.8, abs=0.02)
    assert ((rest & ~same).sum() / n).item() == pytest.approx(0.1, abs=0.01)
    assert ((rest & same).sum() / n).item() == pytest.approx(0.1, abs=0.01)
    known = {tuple(step.tolist()) for step in batch.values.view(-1, 4)}
    swapped = shown.values[rest & ~same]
    assert all(tuple(step.tolist()) in known for step in swapped)
    # Padding is all zeros, and no sequence has such a step.
    assert (swapped != 0).all()
