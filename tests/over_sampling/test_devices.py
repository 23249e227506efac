"""Devices: absent, forked, out of memory; and what a GPU leaves to a CPU."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import skmiaug
from skmiaug.exceptions import DeviceUnavailableError
from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import assert_same_fit, small, trained

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")


@pytest.fixture
def forked(monkeypatch):
    """A process forked from one that has used CUDA."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: True)


@without_cuda
@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda")], ids=str)
def test_cuda_that_is_absent_is_an_error_with_the_remedy(skewed, device):
    with pytest.raises(DeviceUnavailableError, match=r"no CUDA device here.*device='cpu'"):
        small(device=device).fit(*skewed)


@without_cuda
def test_auto_is_the_cpu_where_there_is_no_cuda(skewed):
    automatic = small(device="auto").fit(*skewed)
    assert automatic.device_ == "cpu"
    assert_same_fit(automatic, small(device="cpu").fit(*skewed))
    assert_same_fit(automatic, small(device=torch.device("cpu")).fit(*skewed))


def test_cuda_in_a_forked_worker_is_an_error_with_the_remedy(skewed, forked):
    with pytest.raises(DeviceUnavailableError, match=r"forked .* 'spawn' or 'loky'"):
        small(device="cuda").fit(*skewed)


def test_auto_is_the_cpu_in_a_forked_worker(skewed, forked):
    assert small(device="auto", max_iter=0).fit(*skewed).device_ == "cpu"


def test_a_cuda_device_beyond_the_last_is_an_error(skewed, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(DeviceUnavailableError, match="there are 2 CUDA devices"):
        small(device="cuda:2").fit(*skewed)


def test_memory_that_runs_out_in_training_is_an_error_with_the_remedy(skewed, monkeypatch):
    def no_memory(*args, **given):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    monkeypatch.setattr(_gan_loop, "gan_step", no_memory)
    with pytest.raises(torch.OutOfMemoryError, match=r"lower batch_size.*80 GiB"):
        small().fit(*skewed)


def test_memory_that_runs_out_in_sampling_is_an_error_with_the_remedy(skewed, monkeypatch):
    def no_memory(*args, **given):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    augmenter = small().fit(*skewed)
    monkeypatch.setattr(type(augmenter._generator), "sample", no_memory)
    with pytest.raises(torch.OutOfMemoryError, match=r"lower batch_size.*80 GiB"):
        augmenter.sample(3)


@without_cuda
def test_an_estimator_from_a_gpu_loads_here_and_samples_once_it_may(skewed, tmp_path):
    augmenter = trained().fit(*skewed).set_params(device="cuda")
    expected, _ = trained().fit(*skewed).sample(5)
    skmiaug.save(augmenter, tmp_path / "saved")
    copies = skmiaug.load(tmp_path / "saved"), pickle.loads(pickle.dumps(augmenter))
    for copy in copies:
        with pytest.raises(DeviceUnavailableError):
            copy.sample(5)
        np.testing.assert_array_equal(copy.set_params(device="auto").sample(5)[0], expected)


# ---------------------------------------------------------------- with a GPU


@pytest.mark.gpu
def test_one_seed_gives_the_same_bits_on_a_gpu(skewed):
    first, second = (trained(device="cuda", max_iter=30).fit(*skewed) for _ in range(2))
    assert first.device_.startswith("cuda")
    assert_same_fit(first, second)


@pytest.mark.gpu
def test_training_on_a_gpu_leaves_nothing_there(skewed):
    augmenter = trained(device="cuda").fit(*skewed)
    augmenter.sample(3)
    tensors = [
        *augmenter._generator.generator.state_dict().values(),
        *augmenter._generator.critic.state_dict().values(),
    ]
    assert {tensor.device.type for tensor in tensors} == {"cpu"}


@pytest.mark.gpu
def test_what_was_trained_on_a_gpu_samples_in_a_process_without_one(skewed, tmp_path):
    augmenter = trained(device="auto").fit(*skewed)
    (tmp_path / "pickle").write_bytes(pickle.dumps(augmenter))
    skmiaug.save(augmenter, tmp_path / "saved")
    script = (
        "import pickle, sys, skmiaug;"
        "one = pickle.load(open(sys.argv[1], 'rb')); two = skmiaug.load(sys.argv[2]);"
        "assert (one.sample(4)[0] == two.sample(4)[0]).all()"
    )
    subprocess.run(
        [sys.executable, "-c", script, tmp_path / "pickle", tmp_path / "saved"],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        cwd=Path(__file__).parents[2],
        check=True,
    )
