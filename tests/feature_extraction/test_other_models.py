"""Models beyond the known families: exact, if less fast, or refused with a reason."""

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures

from ._helpers import RATE, save_tiny, voice


def features(model, X, **kwargs):
    kwargs = {"dtype": "float32", "sampling_rate": RATE} | kwargs
    return TransformerFeatures(model=model, **kwargs).transform(X)


@pytest.mark.parametrize("family", ["ast", "w2v-bert"])
@pytest.mark.parametrize("layer", [1, 3])
def test_models_of_filter_banks(tiny, clips, family, layer):
    got = features(tiny(family), clips, layer=layer)
    model = transformers.AutoModel.from_pretrained(tiny(family)).float().eval()
    processor = transformers.AutoFeatureExtractor.from_pretrained(tiny(family))
    for clip, row in zip(clips, got, strict=True):
        inputs = processor(clip, sampling_rate=RATE, return_tensors="pt")
        with torch.inference_mode():
            output = model(**inputs, output_hidden_states=True)
        states = [*output.hidden_states[:-1], output.last_hidden_state][layer][0]
        # Its extractor fills up to an even number of frames, which the mask tells.
        mask = inputs.get("attention_mask", torch.ones(1, len(states)))[0].bool()
        expected = states[mask].mean(0).numpy()
        np.testing.assert_allclose(row, expected, atol=1e-5 * max(1, abs(expected).max()))


def test_a_model_without_a_list_of_layers(tiny):
    # ALBERT runs one layer again and again: its last output can be had, no other.
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
    # Its configuration says that there is none, and transformers loads one all the same.
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
    # XLNet's have time first: of one text, the mean of one row would be a token's.
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


def test_code_that_comes_with_a_model_runs_only_if_trusted(tmp_path, monkeypatch):
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
