"""Sequences end to end, batches of them, and the order of the batches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.training import SequenceBatches, SequenceSet, in_chunks

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=9)


def numbered(lengths, holes=False):
    """Two features: the sequence's number and the timestep's."""
    steps = torch.tensor([[i, t] for i, n in enumerate(lengths) for t in range(n)])
    known = None
    if holes:
        known = torch.ones(len(steps), 2, dtype=torch.bool)
        known[::3, 0] = False
    return SequenceSet(steps.float(), torch.tensor(lengths), known)


@given(LENGTHS, st.randoms(use_true_random=False), st.booleans())
def test_a_batch_holds_the_sequences_that_were_asked_for(lengths, random, holes):
    sequences = numbered(lengths, holes)
    rows = random.sample(range(len(lengths)), random.randint(1, len(lengths)))
    batch = sequences.take(torch.tensor(rows))
    assert batch.values.shape == (len(rows), max(lengths[i] for i in rows), 2)
    begin = [sum(lengths[:i]) for i in rows]
    for place, i in enumerate(rows):
        own = slice(begin[place], begin[place] + lengths[i])
        assert batch.lengths[place] == lengths[i]
        assert torch.equal(batch.values[place, : lengths[i]], sequences.steps[own])
        assert (batch.values[place, lengths[i] :] == 0).all()
        if holes:
            assert torch.equal(batch.known[place, : lengths[i]], sequences.known[own])
            assert not batch.known[place, lengths[i] :].any()
    assert (batch.known is None) != holes


@given(LENGTHS, st.randoms(use_true_random=False), st.booleans())
def test_a_subset_holds_the_sequences_that_were_asked_for(lengths, random, holes):
    sequences = numbered(lengths, holes)
    rows = torch.tensor(random.sample(range(len(lengths)), random.randint(1, len(lengths))))
    subset = sequences.subset(rows)
    assert len(subset) == len(rows)
    expected, got = sequences.take(rows), subset.take(torch.arange(len(rows)))
    for one, other in zip(expected, got, strict=True):
        assert (one is other is None) or torch.equal(one, other)


@given(LENGTHS, st.integers(1, 10), st.integers(0, 3))
def test_in_an_epoch_every_sequence_comes_once(lengths, batch_size, seed):
    batches = SequenceBatches(torch.tensor(lengths), batch_size, seed=seed, stream=0)
    n = batches.n_batches
    for epoch in (0, 1):
        rows = torch.cat([batches.rows(epoch * n + place) for place in range(n)])
        assert sorted(rows.tolist()) == list(range(len(lengths)))


def test_batches_are_of_like_length_and_change_their_company():
    lengths = torch.randint(10, 400, (512,), generator=torch.Generator().manual_seed(0))
    batches = SequenceBatches(lengths, 32, seed=0, stream=0)
    epochs = [[batches.rows(e * 16 + i) for i in range(16)] for e in range(2)]
    for rows in epochs[0]:
        # A tenth of jitter, and the spread of a batch of even ones.
        assert lengths[rows].max() <= lengths[rows].min() * 1.25 + 60
    company = [{frozenset(rows.tolist()) for rows in epoch} for epoch in epochs]
    assert not company[0] & company[1]
    means = torch.tensor([lengths[rows].float().mean() for rows in epochs[0]])
    assert not torch.equal(means, means.sort().values)


def test_the_batch_of_a_step_does_not_depend_on_what_was_asked_before():
    lengths = torch.arange(1, 60)

    def new(seed=3):
        return SequenceBatches(lengths, 8, seed=seed, stream=1)

    one_by_one = new()
    in_order = [one_by_one.rows(step) for step in range(40)]
    assert torch.equal(new().rows(37), in_order[37])
    assert any(not torch.equal(new(4).rows(s), in_order[s]) for s in range(8))


def test_equal_lengths_are_shuffled():
    batches = SequenceBatches(torch.full((64,), 50), 64, seed=0, stream=0)
    assert not torch.equal(batches.rows(0), batches.rows(1))


def test_chunks_hold_everything_shortest_first():
    chunks = in_chunks(torch.tensor([5, 1, 3, 1, 9]), 2)
    assert [chunk.tolist() for chunk in chunks] == [[1, 3], [2, 0], [4]]


@pytest.mark.parametrize("batch_size", [32, np.int64(32)])
def test_a_long_sequence_does_not_stretch_a_chunk_of_short_ones(batch_size):
    chunks = in_chunks(torch.tensor([40, 3000, 50, 30, 90, 60]), batch_size)
    assert [chunk.tolist() for chunk in chunks] == [[3, 0, 2, 5], [4], [1]]


@pytest.mark.gpu
def test_on_a_gpu_a_batch_is_there_too():
    sequences = numbered([3, 1, 2], holes=True)
    moved = SequenceSet(sequences.steps.cuda(), sequences.lengths, sequences.known.cuda())
    rows = torch.tensor([2, 0])
    for one, other in zip(sequences.take(rows), moved.take(rows), strict=True):
        assert other.is_cuda
        assert torch.equal(one, other.cpu())
