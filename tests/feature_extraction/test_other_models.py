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
