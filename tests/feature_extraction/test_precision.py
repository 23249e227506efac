"""bfloat16 where it is fast and close, float32 else."""

import numpy as np
import pytest
import torch

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import _build, _loading, _precision, _source
from skmiaug.feature_extraction._encoders import Encoder
from skmiaug.feature_extraction._precision import BFLOAT16_TOLERANCE, has_fast_bfloat16

from ._helpers import RATE, SPEECH, TEXT, voice

CPU = torch.device("cpu")


@pytest.fixture
def fast(monkeypatch):
    """Hardware that is said to be fast in bfloat16, and no remembered probe."""
    monkeypatch.setattr(_build, "has_fast_bfloat16", lambda device: True)
    monkeypatch.setattr(_source, "_facts", {})


@pytest.fixture
def dtypes(monkeypatch):
    """The dtypes that inputs were encoded in."""
    seen = []
    encode = Encoder.encode
    monkeypatch.setattr(
        Encoder,
        "encode",
        lambda self, u, wanted: seen.append(self.loaded.dtype) or encode(self, u, wanted),
    )
    return seen


def features(model, **kwargs):
    return TransformerFeatures(model=model, **{"layer": -1, "sampling_rate": RATE} | kwargs)


def errors(model, X, **kwargs):
    exact = features(model, dtype="float32", **kwargs).transform(X)
    auto = features(model, dtype="auto", **kwargs).transform(X)
    return np.linalg.norm(auto - exact, axis=1) / np.linalg.norm(exact, axis=1)


@pytest.mark.parametrize("pooling", ["mean", "mean_std"])
def test_auto_stays_within_the_stated_tolerance(
    whisper_base, nemo_clips, fast, dtypes, pooling
):
    X, layers = nemo_clips[::40], [1, 3, 5, 6]
    exact, auto = (
        features(whisper_base, dtype=dtype, layer=layers, pooling=pooling).transform(X)
        for dtype in ("float32", "auto")
    )
    assert dtypes[-1] == torch.bfloat16
    blocks = (len(X), len(layers), -1)
    error = np.linalg.norm((auto - exact).reshape(blocks), axis=2)
    worst = (error / np.linalg.norm(exact.reshape(blocks), axis=2)).max()
    assert 0 < worst <= BFLOAT16_TOLERANCE


@pytest.mark.parametrize("family", SPEECH + TEXT + ["whisper"])
def test_auto_is_within_the_tolerance_for_every_family(tiny, clips, fast, family):
    # Where bfloat16 does worse on the probe, or does not run, float32 is taken.
    X = ["this is a text", "few words", "model"] if family in TEXT else clips
    assert errors(tiny(family), X).max() <= BFLOAT16_TOLERANCE


def test_fast_hardware_and_a_close_result_take_bfloat16(tiny, fast, dtypes, monkeypatch):
    monkeypatch.setattr(_build, "PROBE_LIMIT", 1.0)
    features(tiny("whisper")).transform([voice(0.5)])
    assert dtypes == [torch.float32, torch.bfloat16, torch.bfloat16]


def test_a_result_too_far_off_takes_float32(tiny, fast, dtypes, monkeypatch):
    monkeypatch.setattr(_build, "PROBE_LIMIT", 0.0)
    features(tiny("whisper")).transform([voice(0.5)])
    assert dtypes == [torch.float32, torch.bfloat16, torch.float32]


def test_a_model_that_does_not_run_in_bfloat16_takes_float32(
    tiny, fast, dtypes, monkeypatch
):
    cast = _loading._cast

    def broken(exact, dtype):
        loaded = cast(exact, dtype)
        loaded.model.conv2.to(torch.float64)
        return loaded

    monkeypatch.setattr(_loading, "_cast", broken)
    _loading.release()
    features(tiny("whisper")).transform([voice(0.5)])
    assert dtypes[-1] == torch.float32
    _loading.release()


def test_slow_hardware_takes_float32_without_a_probe(tiny, dtypes, monkeypatch):
    monkeypatch.setattr(_build, "has_fast_bfloat16", lambda device: False)
    features(tiny("whisper")).transform([voice(0.5)])
    assert dtypes == [torch.float32]


def test_the_probe_runs_once_for_a_model_and_recipe(tiny, fast, dtypes):
    for _ in range(3):
        features(tiny("whisper")).transform([voice(0.5)])
    assert len(dtypes) == 2 + 3
    features(tiny("whisper"), layer=1).transform([voice(0.5)])
    assert len(dtypes) == 2 + 3 + 3


def test_auto_reads_the_weights_once_and_keeps_one_copy(tiny, fast, no_models, monkeypatch):
    reads = []
    read = _loading._read
    monkeypatch.setattr(_loading, "_read", lambda *args: reads.append(args) or read(*args))
    features(tiny("whisper")).transform([voice(0.5)])
    assert len(reads) == 1
    assert len(_loading._kept) == 1


def test_the_result_is_float32_in_any_dtype(tiny):
    for dtype in ("float32", "bfloat16", "float16", "auto"):
        got = features(tiny("bert"), dtype=dtype).transform(["words"])
        assert got.dtype == np.float32
        assert np.isfinite(got).all()


def test_what_counts_as_fast(monkeypatch):
    for query in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, query, lambda: False, raising=False)
    assert not has_fast_bfloat16(CPU)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert has_fast_bfloat16(CPU)
    for capability, expected in (((7, 5), False), ((8, 0), True), ((9, 0), True)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda d, c=capability: c)
        assert has_fast_bfloat16(torch.device("cuda")) is expected
    assert not has_fast_bfloat16(torch.device("meta"))


def test_a_model_that_overflows_is_refused():
    vectors = {torch.float32: np.ones(3), torch.bfloat16: np.array([1, np.inf, 1])}
    error = _precision.measure_bfloat16(lambda dtype: (vectors[dtype], None))
    assert error == float("inf")
