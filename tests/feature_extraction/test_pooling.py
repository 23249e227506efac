"""Pooling over own frames; merged chunks equal pooling over all frames at once."""

import numpy as np
import pytest
import torch

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction.encoders import (
    POOLINGS,
    chunk_bounds,
    merge,
    plan_batches,
    pool,
)

from ._helpers import RATE, reference, voice


def by_hand(frames, pooling):
    return {
        "mean": lambda: frames.mean(0),
        "mean_std": lambda: np.concatenate([frames.mean(0), frames.std(0)]),
        "max": lambda: frames.max(0),
        "first": lambda: frames[0],
        "last": lambda: frames[-1],
    }[pooling]()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_padding_is_never_used(pooling):
    hidden = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(0)) - 5
    lengths = [7, 3, 1]
    for row, length in enumerate(lengths):
        hidden[row, length:] = torch.nan
    pooled = pool(hidden, lengths, pooling)
    for row, length in enumerate(lengths):
        got = merge([pooled[row]], [length], pooling)
        frames = hidden[row, :length].double().numpy()
        np.testing.assert_allclose(got, by_hand(frames, pooling), atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_chunks_merge_to_the_whole(pooling):
    frames = np.random.RandomState(0).standard_normal((12, 4)) + 3
    cuts = [frames[:5], frames[5:6], frames[6:]]
    pooled = [pool(torch.tensor(cut)[None], [len(cut)], pooling)[0] for cut in cuts]
    got = merge(pooled, [5, 1, 6], pooling)
    np.testing.assert_allclose(got, by_hand(frames, pooling), atol=1e-6)


def test_pooling_is_in_float32_for_every_dtype():
    hidden = torch.full((1, 1000, 1), 1.0, dtype=torch.bfloat16)
    hidden[0, 0] = 0.5
    assert pool(hidden, [1000], "mean")[0, 0, 0] == pytest.approx(0.9995, abs=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_of_a_model(tiny, clips, pooling):
    features = TransformerFeatures(
        model=tiny("wavlm-group"),
        pooling=pooling,
        layer=2,
        sampling_rate=RATE,
    )
    got = features.fit(clips).transform(clips)
    assert got.shape[1] == features.n_features_out_
    for clip, row in zip(clips, got, strict=True):
        (state,) = reference(tiny("wavlm-group"), clip, [2])
        expected = by_hand(state, pooling)
        np.testing.assert_allclose(
            row, expected, atol=1e-5 * max(1, np.abs(expected).max())
        )


def test_all_layers_are_averaged_before_pooling(tiny, clips):
    got = TransformerFeatures(
        model=tiny("hubert-layer"),
        pooling="max",
        layer="all",
        sampling_rate=RATE,
    ).transform(clips)
    for clip, row in zip(clips, got, strict=True):
        mean = np.mean(reference(tiny("hubert-layer"), clip, [0, 1, 2, 3]), axis=0)
        np.testing.assert_allclose(row, mean.max(0), atol=1e-5)


def test_all_layers_of_a_model_that_shortens_its_output(tiny):
    features = TransformerFeatures(
        model=tiny("wav2vec2-adapter"), layer="all", sampling_rate=RATE
    )
    with pytest.raises(ValueError, match="choose layers by index"):
        features.transform([voice(0.5)])


def test_chunk_bounds():
    assert chunk_bounds(10, 10, 2, 1) == [(0, 10)]
    assert chunk_bounds(11, 10, 2, 1) == [(0, 10), (8, 11)]
    assert chunk_bounds(26, 10, 2, 1) == [(0, 10), (8, 18), (16, 26)]
    assert chunk_bounds(21, 10, 0, 1) == [(0, 10), (10, 20), (20, 21)]
    # Too short for the model: dropped, but never the only one.
    assert chunk_bounds(21, 10, 0, 3) == [(0, 10), (10, 20)]
    assert chunk_bounds(2, 10, 0, 3) == [(0, 2)]


def test_plan_batches_sorts_and_keeps_to_the_budget():
    lengths = [3, 9, 4, 9, 1, 5]
    plan = plan_batches(lengths, batch_size=2, budget=12, may_pad=True)
    assert plan == [[1], [3], [5, 2], [0, 4]]
    plan = plan_batches(lengths, batch_size=10, budget=1e9, may_pad=False)
    assert plan == [[1, 3], [5], [2], [0], [4]]
    assert plan_batches([], batch_size=1, budget=1, may_pad=True) == []
    # Each costs the same window, whatever its length.
    plan = plan_batches(lengths, batch_size=9, budget=60, may_pad=True, cost=lambda n: 30)
    assert [len(batch) for batch in plan] == [2, 2, 2]


@pytest.mark.parametrize("family", ["wav2vec2-group", "hubert-layer"])
def test_long_audio_is_pooled_over_its_chunks(tiny, family):
    clip = voice(2.5)
    got = TransformerFeatures(
        model=tiny(family),
        sampling_rate=RATE,
        chunk_length=1.0,
        chunk_overlap=0.25,
        layer=-1,
        pooling="mean_std",
    ).transform([voice(0.3), clip, voice(1.7)])[1]
    step = int(0.75 * RATE)
    frames = [
        reference(tiny(family), clip[k * step : k * step + RATE], [3])[0] for k in range(3)
    ]
    expected = by_hand(np.concatenate(frames), "mean_std")
    np.testing.assert_allclose(got, expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_overlap_must_be_below_the_length(tiny):
    features = TransformerFeatures(model=tiny("bert"), chunk_length=1.0, chunk_overlap=1.0)
    with pytest.raises(
        ValueError, match="below chunk_length=1 s, got 1 s; lower chunk_overlap"
    ):
        features.fit(["words"])


@pytest.mark.parametrize("overlap", [0.49999, 0.4999999])
def test_chunks_that_would_not_advance_are_refused(tiny, overlap):
    features = TransformerFeatures(
        model=tiny("wav2vec2-group"),
        sampling_rate=RATE,
        chunk_length=0.5,
        chunk_overlap=overlap,
    )
    for call in (features.fit, features.transform):
        with pytest.raises(ValueError, match="got 8000 and 8000 samples at 16000 Hz"):
            call([voice(0.6)])


def test_fit_refuses_a_chunk_beyond_the_window(tiny, no_models, reads):
    features = TransformerFeatures(model=tiny("whisper"), chunk_length=3.5)
    with pytest.raises(ValueError, match=r"at most 3 s, the model's window, got 3\.5 s"):
        features.fit([])
    features.set_params(chunk_length=3).fit([])
    assert not reads  # without a look at the weights


def test_a_chunk_below_the_receptive_field_is_refused(tiny):
    features = TransformerFeatures(
        model=tiny("wav2vec2-group"),
        sampling_rate=RATE,
        chunk_length=0.003,
        chunk_overlap=0,
        on_error="nan",
    )
    for call in (features.fit, features.transform):
        with pytest.raises(ValueError, match="chunk_length of at least"):
            call([voice(0.5)])
