"""The same features from any number of jobs and any joblib backend."""

import copy
from typing import ClassVar

import numpy as np
import pytest
import torch
from joblib import parallel_config

from skmiaug import TransformerFeatures
from skmiaug.feature_extraction import AudioDecodeError, FailedInputWarning

from ._helpers import RATE, voice, write


def features(tiny, **kwargs):
    return TransformerFeatures(
        model=tiny("wav2vec2-group"), **{"sampling_rate": RATE} | kwargs
    )


@pytest.fixture(scope="module")
def many():
    return [voice(0.05 + 0.01 * n, n) for n in range(40)]


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_the_number_of_jobs_has_no_effect(tiny, many, backend):
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
    # Python 3.12 and later warn of forks as well.
    assert sum(issubclass(w.category, FailedInputWarning) for w in caught) == 1
    assert np.flatnonzero(np.isnan(got).any(axis=1)).tolist() == [3, 38]
    # The scheduler decides which of the two shards fails first.
    with (
        parallel_config(backend=backend),
        pytest.raises(AudioDecodeError, match=r"X\[(3|38)\].*nowhere.wav"),
    ):
        features(tiny, n_jobs=2).transform(many)


@pytest.mark.slow
def test_reused_processes_follow_the_working_directory(tiny, tmp_path, monkeypatch):
    families = ("wav2vec2-group", "wavlm-layer")
    for family in families:
        (tmp_path / family).mkdir()
        (tmp_path / family / "model").symlink_to(tiny(family))
        write(tmp_path / family / "a.wav", voice(0.5, len(family)))
    with parallel_config(backend="loky"):
        for family in families:
            monkeypatch.chdir(tmp_path / family)
            got = TransformerFeatures(model="model", n_jobs=2).transform(["a.wav"] * 2)
            expected = TransformerFeatures(model=tiny(family), trusted=True).transform(
                ["a.wav"]
            )
            np.testing.assert_allclose(got, expected.repeat(2, axis=0), atol=1e-5)


def test_the_backend_and_jobs_of_the_context_are_taken(tiny, many, encoded):
    with parallel_config(backend="threading", n_jobs=2):
        assert len(features(tiny).transform(many)) == 40
    # One job would encode these 10 s in one batch.
    assert len(encoded) > 1


def test_progress_of_jobs(tiny, many, capfd):
    with parallel_config(backend="threading"):
        features(tiny, n_jobs=2, verbose=1).transform(many)
    assert "40/40" in capfd.readouterr().err


def test_fewer_inputs_than_jobs(tiny):
    with parallel_config(backend="threading"):
        assert features(tiny, n_jobs=4).transform([voice(0.2)]).shape == (1, 24)
        assert features(tiny, n_jobs=4).transform([]).shape == (0, 24)
        assert features(tiny, n_jobs=4).transform([voice(0.2)] * 3).shape == (3, 24)


class OnTheCPU(TransformerFeatures):
    """Records the devices of its jobs, and computes on the CPU."""

    devices: ClassVar[list[str]] = []

    def _open(self):
        self.devices.append(self.device)
        job = copy.copy(self)
        job.device = "cpu"
        return TransformerFeatures._open(job)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("auto", {"cuda:0", "cuda:1"}),
        ("cuda", {"cuda:0", "cuda:1"}),
        ("cuda:1", {"cuda:1"}),
    ],
)
def test_one_process_per_gpu(tiny, many, monkeypatch, device, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    OnTheCPU.devices.clear()
    model = OnTheCPU(
        model=tiny("wav2vec2-group"), sampling_rate=RATE, device=device, n_jobs=8
    )
    with parallel_config(backend="threading"):
        got = model.transform(many)
    assert set(OnTheCPU.devices) == expected
    assert np.isfinite(got).all()


@pytest.mark.gpu
def test_cuda_equals_cpu(tiny, many):
    expected = features(tiny, device="cpu").transform(many)
    got = features(tiny, device="cuda").transform(many)
    np.testing.assert_allclose(got, expected, atol=1e-4)
