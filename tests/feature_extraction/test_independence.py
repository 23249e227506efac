"""The features of a clip equal those of the model on this clip alone, in any batch."""

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures

from ._helpers import RATE, SPEECH, reference, voice

LAYERS = [0, 1, 2, 3]


def features(path, clips, **kwargs):
    kwargs = {"layer": LAYERS, "sampling_rate": RATE} | kwargs
    return TransformerFeatures(model=path, **kwargs).transform(clips)


def close(actual, expected):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("family", SPEECH)
def test_speech_equals_transformers_alone_and_unpadded(tiny, clips, family):
    got = features(tiny(family), clips)
    for clip, row in zip(clips, got, strict=True):
        states = reference(tiny(family), clip, LAYERS)
        close(row, np.concatenate([state.mean(0) for state in states]))


@pytest.mark.parametrize("family", SPEECH)
def test_speech_does_not_depend_on_batch_or_order(tiny, clips, family):
    together = features(tiny(family), clips)
    close(features(tiny(family), clips, batch_size=1), together)
    close(features(tiny(family), clips, batch_size=3, batch_seconds=2.0), together)
    close(features(tiny(family), clips[::-1])[::-1], together)


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize("family", ["wav2vec2-group", "hubert-group", "wavlm-group"])
def test_plain_padding_changes_the_result(tiny, clips, family):
    # Otherwise the tests above could not fail: masks do not correct the group norm.
    path = tiny(family)
    model = transformers.AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    processor = transformers.AutoFeatureExtractor.from_pretrained(path)
    inputs = processor(
        clips[:2],
        sampling_rate=RATE,
        padding=True,
        return_tensors="pt",
        return_attention_mask=True,
    )
    with torch.inference_mode():
        padded = model(**inputs).last_hidden_state[0]
    (alone,) = reference(path, clips[0], [3])
    assert np.abs(padded[: len(alone)].mean(0).numpy() - alone.mean(0)).max() > 1e-2


def test_clips_share_batches_only_where_that_is_known_to_be_safe(tiny, clips, encoded):
    features(tiny("wav2vec2-group"), clips)
    assert [len(batch) for batch in encoded] == [7]
    encoded.clear()
    features(tiny("data2vec"), clips)
    # Two of the clips are equally long.
    assert sorted(len(batch) for batch in encoded) == [1, 1, 1, 1, 1, 2]


def test_batches_keep_to_their_budget(tiny, clips, encoded):
    features(tiny("wav2vec2-group"), clips, batch_size=3, batch_seconds=1.5)
    padded = [(len(batch), len(batch) * max(batch) / RATE) for batch in encoded]
    assert all(n <= 3 for n, _ in padded)
    assert all(seconds <= 1.5 or n == 1 for n, seconds in padded)
    assert any(n > 1 for n, _ in padded)


def test_two_estimators_share_one_model_and_do_not_disturb_each_other(tiny, clips):
    low = TransformerFeatures(model=tiny("wav2vec2-group"), layer=1)
    high = TransformerFeatures(model=tiny("wav2vec2-group"), layer=3)
    pairs = [(clip, RATE) for clip in clips]
    both = features(tiny("wav2vec2-group"), clips)
    for _ in range(2):
        close(low.transform(pairs), both[:, 24:48])
        close(high.transform(pairs), both[:, 72:])


def test_silence_gives_finite_features(tiny):
    for family in ("wav2vec2-group", "wavlm-layer", "whisper"):
        got = features(tiny(family), [np.zeros(8000, np.float32), voice(1.0)])
        assert np.isfinite(got).all()
        close(features(tiny(family), [np.zeros(8000, np.float32)])[0], got[0])
