"""The same features from any number of jobs and any joblib backend."""

import numpy as np
import pytest
import torch
from joblib import parallel_config

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import AudioDecodeError, FailedInputWarning
from skmiaug.feature_extraction._items import read_items
from skmiaug.feature_extraction._parallel import _specs_of_jobs

from ._helpers import RATE, voice, write


def features(tiny, **kwargs):
    return TransformerFeatures(
        model=tiny("wav2vec2-group"), **{"dtype": "float32", "sampling_rate": RATE} | kwargs
    )


@pytest.fixture(scope="module")
def many():
    return [voice(0.05 + 0.01 * n, n) for n in range(40)]


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_jobs_give_what_one_job_gives(tiny, many, backend):
    expected = features(tiny).transform(many)
    with parallel_config(backend=backend):
        got = features(tiny, n_jobs=2).transform(many)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(
    "backend", ["multiprocessing", pytest.param("loky", marks=pytest.mark.slow)]
)
def test_failures_are_counted_and_named_over_all_jobs(tiny, many, tmp_path, backend):
    many = [*many]
    many[3] = many[38] = str(tmp_path / "nowhere.wav")
    with (
        parallel_config(backend=backend),
        pytest.warns(FailedInputWarning, match="2 of 40 inputs") as caught,
    ):
        got = features(tiny, n_jobs=2, on_error="nan").transform(many)
    # Beside it, Python from 3.12 on warns of forks.
    assert sum(issubclass(w.category, FailedInputWarning) for w in caught) == 1
    assert np.flatnonzero(np.isnan(got).any(axis=1)).tolist() == [3, 38]
    # Which of the two shards fails first is up to the scheduler.
    with (
        parallel_config(backend=backend),
        pytest.raises(AudioDecodeError, match=r"X\[(3|38)\].*nowhere.wav"),
    ):
        features(tiny, n_jobs=2).transform(many)


def test_what_is_sent_to_jobs_names_the_same_files_there(tiny, tmp_path, monkeypatch):
    (tmp_path / "model").symlink_to(tiny("wav2vec2-group"))
    monkeypatch.chdir(tmp_path)
    relative = TransformerFeatures(model="model", cache_dir="cache")
    spec = relative._spec()
    assert spec.source.name == str(tmp_path / "model")
    assert spec.cache_dir == str(tmp_path / "cache")
    (item,) = read_items(["a.wav"], modality="audio", sampling_rate=None)
    assert item.path == str(tmp_path / "a.wav")
    assert item.name == "X[0] (a.wav)"


@pytest.mark.slow
def test_processes_that_are_used_again_read_the_files_of_now(tiny, tmp_path, monkeypatch):
    families = ("wav2vec2-group", "wavlm-layer")
    for family in families:
        (tmp_path / family).mkdir()
        (tmp_path / family / "model").symlink_to(tiny(family))
        write(tmp_path / family / "a.wav", voice(0.5, len(family)))
    with parallel_config(backend="loky"):
        for family in families:
            monkeypatch.chdir(tmp_path / family)
            got = TransformerFeatures(model="model", dtype="float32", n_jobs=2).transform(
                ["a.wav"] * 2
            )
            expected = TransformerFeatures(
                model=tiny(family), dtype="float32", trusted=True
            ).transform(["a.wav"])
            np.testing.assert_allclose(got, expected.repeat(2, axis=0), atol=1e-5)


def test_the_backend_and_jobs_of_the_context_are_taken(tiny, many, monkeypatch):
    from skmiaug.feature_extraction import _parallel

    sizes = []
    extract = _parallel.extract_shard
    monkeypatch.setattr(
        _parallel,
        "extract_shard",
        lambda spec, items: sizes.append(len(items)) or extract(spec, items),
    )
    with parallel_config(backend="threading", n_jobs=2):
        got = features(tiny).transform(many)
    assert len(got) == 40
    assert len(sizes) > 1


def test_progress_of_jobs(tiny, many, capfd):
    with parallel_config(backend="threading"):
        features(tiny, n_jobs=2, verbose=1).transform(many)
    assert "40/40" in capfd.readouterr().err


def test_fewer_inputs_than_jobs(tiny):
    with parallel_config(backend="threading"):
        assert features(tiny, n_jobs=4).transform([voice(0.2)]).shape == (1, 24)
        assert features(tiny, n_jobs=4).transform([]).shape == (0, 24)
        assert features(tiny, n_jobs=4).transform([voice(0.2)] * 3).shape == (3, 24)


def test_one_process_a_gpu(tiny, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    spec = features(tiny)._spec()
    specs, jobs = _specs_of_jobs(replace(spec, device="cuda"), 8)
    assert [s.device for s in specs] == ["cuda:0", "cuda:1"]
    assert jobs == 2
    assert _specs_of_jobs(replace(spec, device="cuda:1"), 8)[1] == 1
    assert _specs_of_jobs(spec, 8) == ([spec], 8)


@pytest.mark.gpu
def test_cuda_gives_what_the_cpu_gives(tiny, many):
    expected = features(tiny, device="cpu").transform(many)
    got = features(tiny, device="cuda").transform(many)
    np.testing.assert_allclose(got, expected, atol=1e-4)
