"""The checkpoint file: its own run's, whole, or a clear error."""

import errno
import os

import numpy as np
import pytest

from skmiaug.exceptions import CheckpointError
from skmiaug.training import (
    Checkpoint,
    EarlyStopping,
    TrainingEvents,
    train_alignment,
)
from skmiaug.utils._tensor_file import write_tensor_file
from tests.training._toy_pairs import toy_align_weights, toy_model, toy_pair_batches

RUN = toy_pair_batches(), toy_align_weights()
STEPS = {"max_iter": 20, "eval_interval": 5}


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "run.ckpt", "of this run")


def test_what_is_written_is_read_back(checkpoint):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    checkpoint.write({"seed": 3, "rates": [0.1]}, {"w": weights, "step": np.array(4.0)})
    header, arrays = checkpoint.read()
    assert header["seed"] == 3
    assert header["rates"] == [0.1]
    np.testing.assert_array_equal(arrays["w"], weights)
    assert arrays["step"].shape == ()


def test_the_seed_is_that_of_the_run_on_the_disk(checkpoint):
    assert checkpoint.seed_of_run(5) == 5
    checkpoint.write({"seed": 3}, {})
    assert checkpoint.seed_of_run(5) == 3


def test_it_is_there_until_removed(checkpoint):
    assert not checkpoint.exists()
    checkpoint.write({"seed": 0}, {})
    assert checkpoint.exists()
    checkpoint.remove()
    assert not checkpoint.exists()
    checkpoint.remove()


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


def test_a_path_that_cannot_be_written_fails_at_once(tmp_path):
    with pytest.raises(CheckpointError, match="folder that exists"):
        Checkpoint(tmp_path / "absent" / "run.ckpt", "").check_writable()
    with pytest.raises(CheckpointError, match="this is a folder"):
        Checkpoint(tmp_path, "").check_writable()


def test_a_full_disk_names_the_file_and_the_remedy(checkpoint, monkeypatch):
    checkpoint.write({"seed": 3}, {})

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"run\.ckpt: .*No space left.*Free some"):
        checkpoint.write({"seed": 4}, {})
    assert checkpoint.read()[0]["seed"] == 3
    assert os.listdir(checkpoint.path.parent) == ["run.ckpt"]


def test_a_seed_that_is_none_is_damage(checkpoint):
    checkpoint.write({"seed": "three"}, {})
    with pytest.raises(CheckpointError, match=r"its seed is 'three'.*Delete it"):
        checkpoint.seed_of_run(0)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.pop("record"),
        lambda header, arrays: header.update(record=[]),
        lambda header, arrays: header["record"].update(n_iter="x"),
        lambda header, arrays: header["record"].update(more=1),
        lambda header, arrays: header.update(rates=[]),
        lambda header, arrays: header.update(n_stale=None),
        lambda header, arrays: arrays.pop("rng"),
        lambda header, arrays: arrays.update(rng=np.zeros(3)),
        lambda header, arrays: arrays.update(sums=np.zeros(7)),
        lambda header, arrays: arrays.update({k: a.ravel()[:1] for k, a in arrays.items()}),
    ],
)
def test_a_state_that_was_changed_is_refused_with_the_remedy(checkpoint, change):
    stop = TrainingEvents(lambda model: 0.0, lambda record: True, checkpoint, seed=3)
    train_alignment(toy_model(), *RUN, stopping=EarlyStopping(9, 0.0), events=stop, **STEPS)
    header, arrays = checkpoint.read()
    change(header, arrays)
    write_tensor_file(checkpoint.path, header, arrays)
    with pytest.raises(CheckpointError, match="Delete it to train from the start"):
        train_alignment(
            toy_model(), *RUN, stopping=EarlyStopping(9, 0.0), events=stop, **STEPS
        )


def test_a_look_at_the_path_leaves_nothing_behind(checkpoint, tmp_path):
    checkpoint.check_writable()
    assert os.listdir(tmp_path) == []
