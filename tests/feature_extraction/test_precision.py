"""The same features in float32 everywhere; faster types by choice."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import clear_model_cache
from tests._torch_states import TORCH_STATES

from ._helpers import RATE, SPEECH, TEXT, voice


def features(model, **kwargs):
    return TransformerFeatures(model=model, **{"layer": -1, "sampling_rate": RATE} | kwargs)


def test_float32_is_the_default(tiny):
    assert TransformerFeatures().dtype == "float32"
    X = [voice(0.5)]
    plain, chosen = features(tiny("whisper")), features(tiny("whisper"), dtype="float32")
    np.testing.assert_array_equal(plain.transform(X), chosen.transform(X))


SCRIPT = """
import sys, numpy as np
from skmiaug import TransformerFeatures
clips = list(np.load(sys.argv[1]))
rows = [
    TransformerFeatures(model=model, layer=[1, 3], sampling_rate=16000).transform(clips)
    for model in sys.argv[3:]
]
np.save(sys.argv[2], rows)
"""


def test_float32_is_equal_on_other_processors(tiny, tmp_path):
    clips, out = tmp_path / "clips.npy", tmp_path / "features.npy"
    np.save(clips, [voice(0.5, seed) for seed in range(3)])
    models = [tiny("whisper"), tiny("wavlm-group")]
    subprocess.run(
        [sys.executable, "-c", SCRIPT, clips, out, *models],
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        check=True,
    )
    for model, other in zip(models, np.load(out), strict=True):
        here = features(model, layer=[1, 3]).transform(list(np.load(clips)))
        np.testing.assert_allclose(other, here, rtol=0, atol=1e-4 * abs(here).max())


@pytest.mark.parametrize("pooling", ["mean", "mean_std"])
def test_bfloat16_stays_within_the_stated_tolerance(whisper_base, nemo_clips, pooling):
    X, layers = nemo_clips[::80], [1, 3, 5, 6]
    exact, fast = (
        features(whisper_base, dtype=dtype, layer=layers, pooling=pooling).transform(X)
        for dtype in ("float32", "bfloat16")
    )
    blocks = (len(X), len(layers), -1)
    error = np.linalg.norm((fast - exact).reshape(blocks), axis=2)
    assert 0 < (error / np.linalg.norm(exact.reshape(blocks), axis=2)).max() <= 0.05


@pytest.mark.parametrize("family", [*SPEECH, *TEXT, "whisper"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_result_is_float32_for_every_dtype(tiny, clips, family, dtype):
    X = ["few words", "model"] if family in TEXT else clips[:2]
    got = features(tiny(family), dtype=dtype).transform(X)
    assert got.dtype == np.float32
    assert np.isfinite(got).all()
    exact = features(tiny(family)).transform(X)
    assert 0 < np.linalg.norm(got - exact) < 0.3 * np.linalg.norm(exact)


def test_pickles_record_the_dtype(tiny):
    estimator = features(tiny("whisper"), dtype="bfloat16")
    again = pickle.loads(pickle.dumps(estimator))
    assert again.dtype == "bfloat16"
    X = [voice(0.5)]
    np.testing.assert_array_equal(again.transform(X), estimator.transform(X))


@pytest.mark.parametrize("state", TORCH_STATES)
@pytest.mark.parametrize("family", ["whisper", "wav2vec2-group", "bert"])
def test_the_global_state_of_torch_has_no_effect(tiny, family, state):
    X = ["few words"] if family == "bert" else [voice(0.5), voice(0.3)]
    expected = features(tiny(family)).transform(X)
    clear_model_cache()
    with TORCH_STATES[state]():
        got = features(tiny(family)).transform(X)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(features(tiny(family)).transform(X), expected)
