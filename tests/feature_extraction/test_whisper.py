"""Whisper's encoder: the full window as transformers runs it, and the trimmed one."""

import copy
import math

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures

from ._helpers import RATE, voice

WINDOW = 3.0  # seconds, of the tiny model


def features(path, clips, **kwargs):
    kwargs = {"layer": -1, "sampling_rate": RATE} | kwargs
    return TransformerFeatures(model=path, **kwargs).transform(clips)


def straight(path, clip, window):
    """Hidden states of the clip's own frames from transformers, at batch size 1."""
    model = transformers.AutoModel.from_pretrained(path, dtype=torch.float32)
    encoder = model.get_encoder().eval()
    processor = transformers.AutoFeatureExtractor.from_pretrained(path)
    log_mel = processor(clip, sampling_rate=RATE, return_tensors="pt").input_features
    n_frames = math.ceil(len(clip) / 320)
    if window == "trimmed":
        # The same class, built for a window of exactly this clip's frames.
        log_mel = log_mel[..., : 2 * n_frames]
        config = copy.deepcopy(model.config)
        config.max_source_positions = n_frames
        weights = encoder.state_dict()
        weights["embed_positions.weight"] = weights["embed_positions.weight"][:n_frames]
        encoder = type(encoder)(config).eval()
        encoder.load_state_dict(weights)
    with torch.inference_mode():
        output = encoder(log_mel, output_hidden_states=True)
    states = [*output.hidden_states[:-1], output.last_hidden_state]
    return [state[0, :n_frames].numpy() for state in states]


def close(actual, expected):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("window", ["trimmed", "full"])
def test_equals_transformers_at_batch_size_one(tiny, clips, window):
    path = tiny("whisper")
    got = features(path, clips, window=window, layer=[0, 1, 2, 3])
    for clip, row in zip(clips, got, strict=True):
        close(
            row, np.concatenate([state.mean(0) for state in straight(path, clip, window)])
        )


@pytest.mark.parametrize("window", ["trimmed", "full"])
def test_real_encoder_equals_transformers(whisper_base, nemo_clips, window):
    chosen = nemo_clips[::150] if window == "trimmed" else nemo_clips[:1]
    import soundfile

    got = features(whisper_base, chosen, window=window, layer=[3, 6])
    for path, row in zip(chosen, got, strict=True):
        clip, _ = soundfile.read(path, dtype="float32")
        states = straight(whisper_base, clip, window)
        close(row[:512], states[3].mean(0))
        close(row[512:], states[6].mean(0))


@pytest.mark.parametrize("window", ["trimmed", "full"])
def test_does_not_depend_on_batch_or_order(tiny, clips, window):
    together = features(tiny("whisper"), clips, window=window)
    close(features(tiny("whisper"), clips, window=window, batch_size=1), together)
    close(features(tiny("whisper"), clips, window=window, batch_size=3), together)
    close(features(tiny("whisper"), clips[::-1], window=window)[::-1], together)


def test_windows_differ_after_attention_only(tiny):
    clip = voice(1.0)
    trimmed, full = (
        features(tiny("whisper"), [clip], window=window, layer=[0, 3], pooling="first")[0]
        for window in ("trimmed", "full")
    )
    # The first frame's convolutions see the same log-mel frames; attention does not.
    close(trimmed[:24], full[:24])
    assert np.abs(trimmed[24:] - full[24:]).max() > 1e-2


@pytest.mark.parametrize("seconds", [WINDOW, WINDOW - 0.01, WINDOW - 0.03, 0.025])
def test_clips_at_the_ends_of_the_window(tiny, seconds):
    path, clip = tiny("whisper"), voice(seconds)
    for window in ("trimmed", "full"):
        close(
            features(path, [clip, voice(0.4)], window=window)[0],
            straight(path, clip, window)[-1].mean(0),
        )


def test_audio_beyond_the_window_is_cut_into_chunks(tiny):
    path, clip = tiny("whisper"), voice(4.0)
    whole = features(path, [clip], chunk_overlap=1.0)[0]
    chunks = [clip[: 3 * RATE], clip[2 * RATE :]]
    each = [straight(path, chunk, "trimmed")[-1].mean(0) for chunk in chunks]
    # 150 frames and 100.
    close(whole, 0.6 * each[0] + 0.4 * each[1])


def test_chunks_longer_than_the_window_are_refused(tiny):
    with pytest.raises(ValueError, match="at most 3 s, the model's window, got 4 s"):
        features(tiny("whisper"), [voice(1.0)], chunk_length=4.0)


@pytest.mark.parametrize(
    "family", ["whisper", "wav2vec2-group", "hubert-layer", "wavlm-group"]
)
def test_layers_above_the_requested_one_are_not_run(tiny, clips, family):
    ran = []
    handle = torch.nn.modules.module.register_module_forward_hook(
        lambda module, *_: ran.append(type(module).__name__)
    )
    try:
        features(tiny(family), clips, layer=1)
    finally:
        handle.remove()
    layers = [name for name in ran if "EncoderLayer" in name]
    assert len(layers) == 1
