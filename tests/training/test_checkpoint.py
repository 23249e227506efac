"""Checkpoint files: those of the same run are read, others are refused."""

import os

import numpy as np
import pytest

from skmiaug.exceptions import CheckpointError
from skmiaug.training import Checkpoint
from tests._internals import write_tensor_file


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "run.ckpt", "of this run")


def test_what_is_written_is_read_back(checkpoint):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert not checkpoint.exists()
    assert checkpoint.seed_of_run(5) == 5
    checkpoint.write({"seed": 3, "rates": [0.1]}, {"w": weights, "step": np.array(4.0)})
    header, arrays = checkpoint.read()
    assert header["seed"] == 3
    assert header["rates"] == [0.1]
    np.testing.assert_array_equal(arrays["w"], weights)
    assert arrays["step"].shape == ()
    assert checkpoint.seed_of_run(5) == 3
    for _ in range(2):
        checkpoint.remove()
        assert not checkpoint.exists()


def test_another_run_is_refused(checkpoint):
    checkpoint.write({"seed": 3}, {})
    other = Checkpoint(checkpoint.path, "of another run")
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        other.read()


def test_another_kind_of_file_is_refused(checkpoint):
    write_tensor_file(checkpoint.path, {"kind": "estimator"}, {})
    with pytest.raises(CheckpointError, match=r"not a checkpoint but .*Name another path"):
        checkpoint.read()


def test_a_damaged_file_is_refused_with_the_remedy(checkpoint):
    checkpoint.write({"seed": 3}, {"w": np.ones(100)})
    content = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="Delete it"):
        checkpoint.read()


def test_a_path_that_cannot_be_written_fails_at_once(checkpoint, tmp_path):
    checkpoint.check_writable()
    assert os.listdir(tmp_path) == []
    with pytest.raises(CheckpointError, match="folder that exists"):
        Checkpoint(tmp_path / "absent" / "run.ckpt", "").check_writable()
    with pytest.raises(CheckpointError, match="this is a folder"):
        Checkpoint(tmp_path, "").check_writable()
