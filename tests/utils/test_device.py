"""Names of devices, and what stands in their way."""

import pytest
import torch

from skmiaug.exceptions import DeviceUnavailableError
from skmiaug.utils._device import memory_remedy, resolve_device


@pytest.fixture
def two_gpus(monkeypatch):
    """A machine with two CUDA devices, the second one current."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)


def test_auto_is_the_current_cuda_device(two_gpus):
    assert resolve_device("auto") == torch.device("cuda", 1)


def test_auto_is_the_cpu_without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:1", torch.device("cuda:0")], ids=str)
def test_a_device_that_is_here_is_taken(two_gpus, name):
    assert resolve_device(name) == torch.device(name)


def test_a_device_that_is_not_here_is_an_error(two_gpus):
    with pytest.raises(DeviceUnavailableError, match="numbered from 0"):
        resolve_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", None, 3.5])
def test_what_is_no_device_is_named(name):
    with pytest.raises(ValueError, match=r"device must be 'auto', 'cpu', 'cuda'"):
        resolve_device(name)


def test_the_remedy_is_added_to_errors_of_memory_alone():
    with (
        pytest.raises(torch.OutOfMemoryError, match="cpu ran out of memory: eat less") as e,
        memory_remedy(torch.device("cpu"), "eat less"),
    ):
        raise torch.OutOfMemoryError("full")
    assert str(e.value.__cause__) == "full"
    with (
        pytest.raises(RuntimeError, match=r"^other$"),
        memory_remedy(torch.device("cpu"), "eat less"),
    ):
        raise RuntimeError("other")
