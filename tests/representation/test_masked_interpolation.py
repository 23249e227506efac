"""Straight lines between the timesteps that are not hidden, against numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.representation.sequences import (
    _restoration_score,
    draw_masks,
    interpolate_masked,
    read_sequences,
)
from tests.representation._sequences import small_encoder


def by_numpy(values, shown, hidden):
    """Each feature of one sequence by np.interp; 0 where nothing of it is shown."""
    expected = values.copy()
    for column, there in zip(expected.T, shown.T, strict=True):
        steps = np.flatnonzero(there)
        column[hidden] = 0.0
        if len(steps):
            column[hidden] = np.interp(np.flatnonzero(hidden), steps, column[steps])
    return expected


@pytest.mark.parametrize("holes", [False, True])
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    seed=st.integers(0, 99),
    ratio=st.floats(0.05, 0.95),
    chunk=st.integers(1, 40),
)
def test_it_is_numpys_interpolation_of_each_feature(holes, lengths, seed, ratio, chunk):
    rng = np.random.default_rng(seed)
    lengths = np.array(lengths)
    values = rng.normal(size=(lengths.sum(), 3))
    masked = rng.uniform(size=len(values)) < ratio
    known = rng.uniform(size=values.shape) < 0.7 if holes else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_restoration_score, "_CHUNK_STEPS", chunk)
        restored = interpolate_masked(values, lengths, masked, known)
    shown = ~masked[:, None] & (np.ones(values.shape, bool) if known is None else known)
    cuts = np.cumsum(lengths)[:-1]
    parts = (np.split(array, cuts) for array in (values, shown, masked))
    expected = np.concatenate([by_numpy(*one) for one in zip(*parts, strict=True)])
    np.testing.assert_allclose(restored, expected, atol=1e-12)


def test_hidden_and_unknown_values_are_not_looked_at():
    values = np.array([[0.0], [np.nan], [np.nan], [3.0], [np.nan]])
    hidden = np.array([False, True, True, False, True])
    lengths = np.array([5])
    restored = interpolate_masked(values, lengths, hidden)
    np.testing.assert_allclose(restored[:, 0], [0, 1, 2, 3, 3])
    hidden[2], values[2] = False, 99.0
    restored = interpolate_masked(values, lengths, hidden, hidden[:, None] | (values < 50))
    np.testing.assert_allclose(restored[1], 1.0)


def test_masks_of_a_score_hide_a_share_of_every_sequence():
    """A sequence of 3,000 timesteps among 1,000 of 10 takes no memory for all of them."""
    lengths = np.array(500 * [10] + [3000] + 500 * [10] + [1, 2])
    sequences = read_sequences([np.zeros((n, 1)) for n in lengths])
    masked = draw_masks(sequences, 0.3, 3, 0)
    parts = np.split(masked, np.cumsum(lengths)[:-1])
    assert not parts[-2].any()
    assert all(0 < part.sum() < len(part) for part in parts if len(part) > 1)
    assert masked.mean() == pytest.approx(0.3, abs=0.02)


def test_holes_are_no_handicap_for_straight_lines():
    """On ramps straight lines are all but perfect, also where values are unknown."""
    rng = np.random.default_rng(0)
    ramps = [np.arange(30.0)[:, None] * slope for slope in rng.normal(size=(30, 1, 4))]
    holed = [np.where(rng.uniform(size=x.shape) < 0.4, np.nan, x) for x in ramps]
    assert small_encoder(max_iter=50, random_state=0).fit(holed).score(holed) < -3
