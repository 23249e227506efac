"""Two processes that train one model give what one process gives."""

import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from skmiaug import mi_path
from skmiaug.exceptions import ProcessGroupError
from tests._helpers import small, trained
from tests.over_sampling._processes import SETTINGS, rows, what_is_fitted

pytestmark = [
    pytest.mark.skipif(not dist.is_gloo_available(), reason="torch without gloo"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.timeout(600),
]
ROOT = Path(__file__).parents[2]


def run(folder, *scenarios):
    """Run both processes of scenarios to the end of the first."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.over_sampling._processes", folder, *scenarios]
    # A file, since a pipe would be open until the second process has ended too.
    with (folder / "errors").open("w") as errors:
        first = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=errors, start_new_session=True
        )
    try:
        assert first.wait(500) == 0, (folder / "errors").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)


def found_by(folder, scenario, rank):
    return pickle.loads((folder / f"{scenario}-{rank}.pickle").read_bytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where both processes have written what they found, and the second has died."""
    folder = tmp_path_factory.mktemp("pair")
    run(folder, "fits", "dies")
    return folder


@pytest.fixture(scope="module")
def pair(folder):
    """What each of two processes found."""
    return [found_by(folder, "fits", rank) for rank in range(2)]


def assert_close(one, other, atol):
    if isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_close(a, b, atol)
    else:
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


@pytest.mark.parametrize("name", ["even", "all used"])
def test_two_processes_train_what_one_does(pair, name):
    alone = what_is_fitted(trained(**SETTINGS[name]).fit(*rows()))
    for figure, expected in alone.items():
        assert_close(pair[0][name][figure], expected, 1e-4)


def test_so_do_shares_of_different_size(pair):
    alone = what_is_fitted(trained(**SETTINGS["uneven"]).fit(*rows()))
    together = pair[0]["uneven"]
    for figure in ("information", "scores", "chosen", "rows"):
        assert_close(together[figure], alone[figure], 1e-4)
    # What the critic adds to every score cancels from all gradients but for rounding, of
    # which Adam makes steps: it may drift, and the generator's loss with it.
    assert_close(together["losses"][1], alone["losses"][1], 1e-4)
    assert_close(together["losses"][0], alone["losses"][0], 1e-2)


def test_both_hold_the_same_in_the_end(pair):
    for name in (*SETTINGS, "continued"):
        for figure, value in pair[0][name].items():
            assert_close(value, pair[1][name][figure], 0)
    for one, other in zip(pair[0]["resampled"], pair[1]["resampled"], strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_seed_they_agree_on_one(pair):
    assert_close(pair[0]["no seed"], pair[1]["no seed"], 0)


def test_the_first_alone_writes_the_checkpoint_and_both_continue(pair):
    assert all(found["interrupted"][0] == "ValueError" for found in pair)
    assert [found["written"] for found in pair] == [True, False]
    assert [found["left"] for found in pair] == [False, False]
    alone = what_is_fitted(trained(max_iter=60).fit(*rows()))
    for figure in ("information", "chosen", "rows"):
        assert_close(pair[1]["continued"][figure], alone[figure], 1e-4)


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("other rows", "ProcessGroupError", "must be given the same rows"),
        ("fewer rows", "ProcessGroupError", "must be given the same rows"),
        ("tiny batch", "ValueError", "Batches of 1 rows cannot be shared by 2 processes"),
        ("bad file", "CheckpointError", "this is a folder"),
    ],
)
def test_both_are_told_what_is_wrong(pair, name, error, text):
    for found in pair:
        assert found[name][0] == error
        assert text in found[name][1]


@pytest.mark.parametrize("what", ["dies", pytest.param("hangs", marks=pytest.mark.slow)])
def test_the_death_of_one_ends_the_other_with_an_error(folder, what):
    if what == "hangs":
        run(folder, what)
    found = found_by(folder, what, 0)
    kind, text = found["error"]
    assert kind == "ProcessGroupError"
    assert "Another process of the group ended, or did not answer" in text
    # Within the group's timeout, 10 s, and what a busy machine adds.
    assert found["seconds"] < 100


def test_without_a_group_the_way_to_one_is_said():
    with pytest.raises(ProcessGroupError, match=r"init_process_group.*torchrun"):
        small(data_parallel=True).fit(*rows())


@pytest.fixture
def group_of_one(tmp_path):
    dist.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1
    )
    yield
    dist.destroy_process_group()


def test_a_group_of_one_gives_the_bits_of_none(group_of_one):
    together, alone = (
        what_is_fitted(trained(data_parallel=p, max_iter=30).fit(*rows()))
        for p in (True, False)
    )
    for figure, expected in alone.items():
        assert_close(together[figure], expected, 0)


def test_pairs_and_conditions_are_refused():
    X, y = rows()
    modalities = {"audio": slice(0, 4), "text": slice(4, None)}
    with pytest.raises(ValueError, match="not supported with modalities"):
        small(data_parallel=True, modalities=modalities).fit(X, y)
    with pytest.raises(ValueError, match="not supported with modalities or a condition"):
        small(data_parallel=True).fit(X, y, condition=X)


def test_augmenters_that_are_fitted_together_are_refused():
    with pytest.raises(ValueError, match="data_parallel=False"):
        mi_path(*rows(), mi_weights=[0.0, 1.0], augmenter=small(data_parallel=True))
