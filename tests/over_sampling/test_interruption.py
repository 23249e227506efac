"""Ctrl-C, SIGTERM and checkpoints: stop after a step, go on as if nothing had been."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from skmiaug import save
from skmiaug.exceptions import CheckpointError
from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import assert_same_fit, small, trained
from tests._internals import EVAL_INTERVAL

LONG = {"max_iter": 3 * EVAL_INTERVAL, "n_iter_no_change": 1000}
AT_A_LOOK = 2 * EVAL_INTERVAL
BETWEEN_LOOKS = EVAL_INTERVAL + 7


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


class Interrupt:
    """Stands in for gan_step: sends a signal in the course of the step named."""

    def __init__(self, monkeypatch, at, number=signal.SIGINT, poisoned=None):
        self.step, self.at, self.number = _gan_loop.gan_step, at, number
        self.poisoned, self.n_calls = poisoned, 0
        monkeypatch.setattr(_gan_loop, "gan_step", self)

    def __call__(self, *args):
        self.n_calls += 1
        losses = self.step(*args)
        if self.n_calls == self.at:
            os.kill(os.getpid(), self.number)
        return losses * np.nan if self.n_calls == self.poisoned else losses


def interrupted(monkeypatch, augmenter, data, at, **kwargs):
    """Fit until the signal ends it; the number of steps it came to."""
    with monkeypatch.context() as patch:
        step = Interrupt(patch, at, **kwargs)
        with pytest.raises(KeyboardInterrupt):
            augmenter.fit(*data)
    return step.n_calls


# ---------------------------------------------------------------- in this process


@pytest.mark.parametrize(
    ("make", "at"),
    [(trained, 3), (small, BETWEEN_LOOKS), (trained, BETWEEN_LOOKS), (small, AT_A_LOOK)],
)
def test_a_run_continued_after_ctrl_c_equals_one_in_one_go(
    skewed, monkeypatch, path, at, make
):
    augmenter = make(checkpoint=path, **LONG)
    assert interrupted(monkeypatch, augmenter, skewed, at) == at
    assert path.exists()
    augmenter.fit(*skewed)
    assert not path.exists()
    assert_same_fit(augmenter, make(**LONG).fit(*skewed))


def test_a_run_may_be_interrupted_twice(skewed, monkeypatch, path):
    augmenter = trained(checkpoint=path, **LONG)
    interrupted(monkeypatch, augmenter, skewed, 10)
    interrupted(monkeypatch, augmenter, skewed, 30)
    assert_same_fit(augmenter.fit(*skewed), trained(**LONG).fit(*skewed))


@pytest.mark.parametrize("interrupted_at", [EVAL_INTERVAL + 3, EVAL_INTERVAL + 9])
def test_continuing_rolls_back_as_far_as_the_run_in_one_go(
    skewed, monkeypatch, path, interrupted_at
):
    diverging = EVAL_INTERVAL + 6
    with monkeypatch.context() as patch:
        Interrupt(patch, at=None, poisoned=diverging)
        in_one_go = trained(**LONG).fit(*skewed)
    augmenter = trained(checkpoint=path, **LONG)
    interrupted(monkeypatch, augmenter, skewed, interrupted_at, poisoned=diverging)
    with monkeypatch.context() as patch:
        Interrupt(patch, at=None, poisoned=diverging - interrupted_at)
        augmenter.fit(*skewed)
    assert len(augmenter.loss_curve_) == 2
    assert_same_fit(augmenter, in_one_go)


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(3)])
def test_without_a_seed_the_run_continues_with_the_one_in_the_file(
    skewed, monkeypatch, path, random_state
):
    augmenter = trained(checkpoint=path, random_state=random_state, **LONG)
    interrupted(monkeypatch, augmenter, skewed, BETWEEN_LOOKS)
    before = path.read_bytes()
    first = trained(checkpoint=path, random_state=None, **LONG).fit(*skewed)
    path.write_bytes(before)
    second = trained(checkpoint=path, random_state=None, **LONG).fit(*skewed)
    assert first.loss_curve_ == second.loss_curve_
    assert first.mutual_information_ == second.mutual_information_


def test_fit_resample_continues_what_fit_began(skewed, monkeypatch, path):
    interrupted(monkeypatch, trained(checkpoint=path, **LONG), skewed, BETWEEN_LOOKS)
    X_new, _ = trained(checkpoint=path, **LONG).fit_resample(*skewed)
    np.testing.assert_array_equal(X_new, trained(**LONG).fit_resample(*skewed)[0])


def test_ctrl_c_without_a_checkpoint_leaves_the_estimator_as_it_was(skewed, monkeypatch):
    augmenter = trained(**LONG)
    interrupted(monkeypatch, augmenter, skewed, 3)
    assert not hasattr(augmenter, "_generator")
    augmenter.fit(*skewed)
    before = augmenter.sample(5)[0]
    interrupted(monkeypatch, augmenter, skewed, 3)
    np.testing.assert_array_equal(augmenter.sample(5)[0], before)


def test_ctrl_c_in_a_fit_to_other_rows_leaves_the_old_fit_whole(skewed, monkeypatch):
    X, y = skewed
    augmenter = trained(**LONG).fit(X, np.array(["a", "b", "c"])[y])
    before, drawn = dict(vars(augmenter)), augmenter.sample(9)
    # The same rows under names in another order: a mixture would have the wrong labels.
    other = X[:, :5], np.array(["c", "a", "b"])[y]
    interrupted(monkeypatch, augmenter, other, 3)
    assert vars(augmenter) == before
    for one, again in zip(drawn, augmenter.sample(9), strict=True):
        np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_an_error_in_a_fit_to_other_rows_leaves_the_old_fit_whole(skewed, method):
    X, y = skewed
    augmenter = small().fit(X, np.array(["a", "b", "c"])[y])
    before = dict(vars(augmenter))
    with pytest.raises(ValueError, match="pairing"):
        getattr(augmenter.set_params(pairing="all"), method)(X[:, :5], y)
    assert vars(augmenter) == before | {"pairing": "all"}


def test_a_first_fit_that_fails_leaves_nothing(skewed):
    augmenter = small(rejection_rate=0.5, mi_weight=0)
    before = dict(vars(augmenter))
    with pytest.raises(ValueError, match="untrained"):
        augmenter.fit(*skewed)
    assert vars(augmenter) == before


def test_a_checkpoint_does_not_change_the_result(skewed, path):
    with_one = trained(checkpoint=path, **LONG).fit(*skewed)
    assert not path.exists()
    assert_same_fit(with_one, trained(**LONG).fit(*skewed))


def test_a_handler_that_returns_lets_training_go_on(skewed, monkeypatch, path):
    seen = []
    former = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        step = Interrupt(monkeypatch, BETWEEN_LOOKS, signal.SIGTERM)
        augmenter = trained(checkpoint=path, **LONG).fit(*skewed)
        assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, former)
    finally:
        signal.signal(signal.SIGTERM, former)
    assert seen == [signal.SIGTERM]
    assert step.n_calls == augmenter.n_iter_ == 3 * EVAL_INTERVAL
    monkeypatch.undo()
    assert_same_fit(augmenter, trained(**LONG).fit(*skewed))


def test_training_in_a_thread_needs_no_handlers(skewed):
    fitted = []
    thread = threading.Thread(target=lambda: fitted.append(trained().fit(*skewed)))
    thread.start()
    thread.join()
    assert_same_fit(fitted[0], trained().fit(*skewed))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "change", [{"mi_weight": 0.5}, {"max_iter": 99}, {"random_state": 1}], ids=str
)
def test_a_checkpoint_of_other_parameters_is_refused(skewed, monkeypatch, path, change):
    interrupted(monkeypatch, trained(checkpoint=path, **LONG), skewed, 3)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        trained(**{"checkpoint": path} | LONG | change).fit(*skewed)
    assert path.read_bytes() == before


def test_a_checkpoint_of_other_data_is_refused(skewed, monkeypatch, path):
    X, y = skewed
    augmenter = trained(checkpoint=path, **LONG)
    interrupted(monkeypatch, augmenter, skewed, 3)
    for other in ((X + 1e-9, y), (X, y[::-1]), (X.astype(np.float32), y)):
        with pytest.raises(CheckpointError, match="other data or other parameters"):
            augmenter.fit(*other)


def test_a_damaged_checkpoint_is_refused(skewed, monkeypatch, path):
    augmenter = trained(checkpoint=path, **LONG)
    interrupted(monkeypatch, augmenter, skewed, 3)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    for damaged in (whole[:-1], whole[:100], b"", b"{}", bytes(flipped)):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="Delete it to train from the start"):
            augmenter.fit(*skewed)


def test_an_estimator_is_no_checkpoint(skewed, path):
    save(small().fit(*skewed), path)
    with pytest.raises(CheckpointError, match=r"'estimator', and stays.*Name another"):
        trained(checkpoint=path).fit(*skewed)


@pytest.mark.parametrize("kind", ["missing", "folder", "file as folder", "read-only"])
def test_a_place_without_access_is_refused_before_training(
    skewed, monkeypatch, tmp_path, kind
):
    monkeypatch.setattr(_gan_loop, "gan_step", None)
    if kind == "missing":
        target = tmp_path / "none" / "run"
    elif kind == "folder":
        target = tmp_path
    elif kind == "file as folder":
        (tmp_path / "file").touch()
        target = tmp_path / "file" / "run"
    else:
        tmp_path.chmod(0o500)
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        target = tmp_path / "run"
    with pytest.raises(CheckpointError, match=str(target)):
        trained(checkpoint=target).fit(*skewed)


# ---------------------------------------------------------------- real processes

CHILDREN = """
import os, signal, sys, time
import numpy as np
from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import trained

signal.signal(signal.SIGINT, signal.default_int_handler)
data, max_iter, *paths = sys.argv[1:]
children = []
for path in paths:
    children.append(os.fork())
    if not children[-1]:
        break
else:
    print(*children, flush=True)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    print(*map(os.waitstatus_to_exitcode, statuses))
    sys.exit()

sys.stderr = open(path + ".errors", "w")
step = _gan_loop.gan_step
def slow_step(*args):
    # Slow enough, once there is a checkpoint, for the signal to come before the end.
    time.sleep(0.5 if os.path.exists(path) else 0)
    return step(*args)
_gan_loop.gan_step = slow_step

with np.load(data) as rows:
    X, y = rows["X"], rows["y"]
trained(checkpoint=path, max_iter=int(max_iter), n_iter_no_change=1000).fit(X, y)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_processes_ended_by_signals_leave_checkpoints_to_continue_from(skewed, tmp_path):
    np.savez(tmp_path / "data.npz", X=skewed[0], y=skewed[1])
    numbers = {tmp_path / n.name: n for n in (signal.SIGINT, signal.SIGTERM)}
    in_one_go = trained(**LONG).fit(*skewed)
    arguments = tmp_path / "data.npz", str(LONG["max_iter"]), *numbers
    with subprocess.Popen(
        [sys.executable, "-c", CHILDREN, *arguments],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as parent:  # fmt: skip
        children = map(int, parent.stdout.readline().split())
        for child, (path, number) in zip(children, numbers.items(), strict=True):
            while not path.exists() and parent.poll() is None:
                time.sleep(0.01)
            os.kill(child, number)
        printed, _ = parent.communicate(timeout=60)
    assert [int(code) for code in printed.split()] == [-n for n in numbers.values()]
    for path, number in numbers.items():
        errors = path.with_suffix(".errors")
        interrupt = "KeyboardInterrupt" in errors.read_text()
        assert interrupt == (number == signal.SIGINT)
        errors.unlink()
        assert len(list(tmp_path.glob(f"*{path.name}*"))) == 1
        continued = trained(checkpoint=path, **LONG).fit(*skewed)
        assert not path.exists()
        assert_same_fit(continued, in_one_go)
