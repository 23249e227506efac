"""Models beyond the known families: exact, if slower, or refused with a reason."""

import re

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import (
    AudioDecodeError,
    FailedInputWarning,
    clear_model_cache,
)

from ._helpers import RATE, save_tiny, voice


def features(model, X, **kwargs):
    kwargs = {"sampling_rate": RATE} | kwargs
    return TransformerFeatures(model=model, **kwargs).transform(X)


def straight(path, clip, layer):
    """Hidden states of one clip from transformers, and what its extractor made of it."""
    model = transformers.AutoModel.from_pretrained(path).float().eval()
    if hasattr(model, "decoder"):
        model = model.get_encoder()
    processor = transformers.AutoFeatureExtractor.from_pretrained(path)
    inputs = processor(clip, sampling_rate=RATE, return_tensors="pt")
    with torch.inference_mode():
        output = model(**inputs, output_hidden_states=True)
    states = [*output.hidden_states[:-1], output.last_hidden_state]
    return states[layer][0].numpy(), inputs


def close(row, expected):
    np.testing.assert_allclose(row, expected, atol=1e-5 * max(1, abs(expected).max()))


@pytest.mark.parametrize("layer", [1, 3])
def test_a_model_of_filter_banks(tiny, clips, layer):
    got = features(tiny("w2v-bert"), clips, layer=layer)
    for clip, row in zip(clips, got, strict=True):
        states, inputs = straight(tiny("w2v-bert"), clip, layer)
        # Its extractor pads to an even number of frames and returns a mask.
        close(row, states[inputs["attention_mask"][0].bool()].mean(0))


@pytest.mark.parametrize("layer", [1, 3])
@pytest.mark.parametrize("family", ["qwen2-audio", "voxtral"])
def test_models_of_one_window_are_pooled_over_the_clips_own_frames(
    tiny, clips, family, layer
):
    for batch_size in (1, 32):
        got = features(tiny(family), clips, layer=layer, batch_size=batch_size)
        for clip, row in zip(clips, got, strict=True):
            states, _ = straight(tiny(family), clip, layer)
            # 3 s are 300 log-mel frames; Qwen2-Audio's last layer halves the others' 150.
            assert len(states) == (75 if (family, layer) == ("qwen2-audio", 3) else 150)
            own = np.ceil(len(clip) // 160 * len(states) / 300)
            close(row, states[: int(own)].mean(0))
    assert not np.allclose(got[0], straight(tiny(family), clips[0], layer)[0].mean(0), 0.01)


def test_the_spectrogram_transformer_is_pooled_over_the_clips_own_patches(tiny, clips):
    # 64 frames of 10 ms in patches of 8 frames and 8 of 16 bands: two rows of 8 patches.
    clips = [clip[: int(0.6 * RATE)] for clip in clips]
    for batch_size in (1, 32):
        got = features(tiny("ast"), clips, layer=3, batch_size=batch_size)
        for clip, row in zip(clips, got, strict=True):
            states, _ = straight(tiny("ast"), clip, 3)
            n = int(np.ceil((1 + (len(clip) - 400) // 160) / 8))
            own = np.concatenate([states[:2], states[2 : 2 + n], states[10 : 10 + n]])
            close(row, own.mean(0))


def test_long_clips_are_not_truncated_by_the_spectrogram_transformer(tiny):
    # Its extractor truncates to the window, here of 0.64 s.
    clip = voice(1.0)
    got, other = features(tiny("ast"), [clip, np.r_[clip[:-3200], np.zeros(3200)]])
    assert np.abs(got - other).max() > 1e-3
    with pytest.raises(ValueError, match=r"at most 0\.64 s, the model's window, got 1 s"):
        TransformerFeatures(model=tiny("ast"), chunk_length=1, chunk_overlap=0).fit()


def test_an_extractor_that_pads_without_a_mask_is_refused(tiny, monkeypatch):
    call = transformers.WhisperFeatureExtractor.__call__

    def silent(self, *args, return_attention_mask=None, **kwargs):
        return call(self, *args, **kwargs)

    monkeypatch.setattr(transformers.WhisperFeatureExtractor, "__call__", silent)
    clear_model_cache()
    with pytest.raises(ValueError, match="mask of a clip's own frames, WhisperFeature"):
        features(tiny("voxtral"), [voice(0.5)])
    clear_model_cache()


def test_an_extractor_that_truncates_is_named(tiny, monkeypatch):
    call = transformers.SeamlessM4TFeatureExtractor.__call__

    def cutting(self, clip, **kwargs):
        return call(self, clip[: 2 * RATE], **kwargs)

    monkeypatch.setattr(transformers.SeamlessM4TFeatureExtractor, "__call__", cutting)
    clear_model_cache()
    assert features(tiny("w2v-bert"), [voice(2.0)]).shape == (1, 24)
    with pytest.raises(
        ValueError, match=r"keeps all 3\.0 s of a clip, it truncates to 2\.. s"
    ):
        features(tiny("w2v-bert"), [voice(3.0)])
    clear_model_cache()


@pytest.mark.parametrize("family", ["sew", "sew-d", "moonshine"])
def test_clips_too_short_for_a_model_are_failures(tiny, family):
    X = [voice(0.5), voice(0.03), voice(0.2)]
    with pytest.raises(AudioDecodeError, match=r"X\[1\]: expected at least \d+ samples"):
        features(tiny(family), X)
    with pytest.warns(FailedInputWarning, match=r"1 of 3 inputs.*X\[1\]"):
        got = features(tiny(family), X, on_error="nan")
    assert np.isnan(got).any(axis=1).tolist() == [False, True, False]
    # A clip of the stated minimum length is accepted.
    with pytest.raises(AudioDecodeError) as error:
        features(tiny(family), X)
    least = int(re.search(r"at least (\d+)", str(error.value))[1])
    assert np.isfinite(features(tiny(family), [voice(0.5)[:least]])).all()
    with pytest.raises(AudioDecodeError, match=f"at least {least} samples"):
        features(tiny(family), [voice(0.5)[: least - 1]])


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("speecht5", "encodes a short test input, SpeechT5.*not supported, choose another"),
        ("clap", "of type 'clap', which takes both; choose a model of one of them"),
    ],
)
@pytest.mark.parametrize("on_error", ["raise", "nan"])
def test_unsupported_models_are_refused(tiny, family, message, on_error):
    with pytest.raises(ValueError, match=message):
        features(tiny(family), [voice(0.5)], on_error=on_error)


def test_a_model_without_a_list_of_layers(tiny):
    # ALBERT runs one layer repeatedly, so that only its last output is available.
    texts = ["this is a text", "few words"]
    got = features(tiny("albert"), texts)
    model = transformers.AutoModel.from_pretrained(tiny("albert")).float().eval()
    tokens = transformers.AutoTokenizer.from_pretrained(tiny("albert"))(
        texts[0], return_tensors="pt"
    )
    with torch.inference_mode():
        expected = model(**tokens).last_hidden_state[0].mean(0).numpy()
    np.testing.assert_allclose(got[0], expected, atol=1e-5)
    with pytest.raises(ValueError, match="a list of 3 layers, AlbertModel has none"):
        features(tiny("albert"), texts, layer=1)


def test_an_encoder_that_was_saved_without_its_decoder(tmp_path, tiny):
    # Its configuration has no decoder, but transformers loads one nevertheless.
    config = transformers.T5Config(
        vocab_size=17, d_model=24, num_layers=3, num_heads=4, d_kv=6, d_ff=32
    )
    model = transformers.T5EncoderModel(config).eval()
    model.save_pretrained(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny("bert"))
    tokenizer.save_pretrained(tmp_path)
    tokens = tokenizer("few words", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        states = model(tokens, output_hidden_states=True).hidden_states
    for layer in (1, 3):
        got = features(tmp_path, ["few words", "this is a text"], layer=layer)
        expected = states[layer][0].mean(0).numpy()
        np.testing.assert_allclose(got[0], expected, atol=1e-5)


def test_layers_are_those_of_the_encoder(tmp_path):
    config = transformers.MoonshineConfig(
        hidden_size=24,
        intermediate_size=32,
        encoder_num_hidden_layers=3,
        decoder_num_hidden_layers=1,
        encoder_num_attention_heads=4,
        decoder_num_attention_heads=4,
        vocab_size=17,
    )
    config.save_pretrained(tmp_path)
    assert TransformerFeatures(model=tmp_path).fit().n_layers_ == 3


def test_hidden_states_of_another_shape_are_refused(tmp_path, tiny):
    # Those of XLNet have time first: the mean of a row would be that of a token.
    config = transformers.XLNetConfig(vocab_size=17, d_model=24, n_layer=3, n_head=4)
    transformers.XLNetModel(config).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(tiny("bert")).save_pretrained(tmp_path)
    assert features(tmp_path, ["few words"], layer=-1).shape == (1, 24)
    with pytest.raises(
        ValueError, match=r"\(1, frames, 24\) from layer 1, got \(4, 1, 24\)"
    ):
        features(tmp_path, ["few words"], layer=1)


def test_layers_that_are_not_run_one_after_another(tmp_path, tiny):
    config = transformers.FunnelConfig(
        vocab_size=17, block_sizes=[1, 1, 1], d_model=24, n_head=4, d_head=6, d_inner=32
    )
    transformers.FunnelModel(config).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(tiny("bert")).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"hidden states \[1\].*layer=-1"):
        features(tmp_path, ["this is a tiny model of text"], layer=1)


CODE = """
from transformers import BertConfig, BertModel

class TinyConfig(BertConfig):
    model_type = "tiny-remote"

class TinyModel(BertModel):
    config_class = TinyConfig

    def forward(self, *args, **kwargs):
        output = super().forward(*args, **kwargs)
        output.last_hidden_state = 2 * output.last_hidden_state
        return output
"""


def test_remote_code_runs_only_if_trusted(tmp_path, monkeypatch):
    import json

    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    plain = features(save_tiny("bert", tmp_path / "plain"), ["few words"])
    folder = tmp_path / "remote"
    save_tiny("bert", folder)
    (folder / "tiny_code.py").write_text(CODE)
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "tiny-remote"
    config["auto_map"] = {
        "AutoConfig": "tiny_code.TinyConfig",
        "AutoModel": "tiny_code.TinyModel",
    }
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(OSError, match="trust_remote_code"):
        features(folder, ["few words"])
    got = features(folder, ["few words"], trust_remote_code=True)
    np.testing.assert_allclose(got, 2 * plain, atol=1e-5)


def test_a_clip_too_short_for_any_window(tiny):
    with pytest.raises(ValueError, match=r"at least 400 samples at 16000 Hz \(25 ms"):
        features(tiny("ast"), [voice(0.02)])
