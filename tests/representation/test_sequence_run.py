"""Seeds, interruption, checkpoints, callbacks and devices of all three estimators."""

import os
import signal

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone

from skmiaug import MaskedTimestepEncoder
from skmiaug.exceptions import CheckpointError, DeviceUnavailableError
from skmiaug.training import SequenceModel
from skmiaug.utils import _precision
from tests.representation._sequences import (
    assert_same_curves,
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

MAKERS = [small_encoder, small_classifier, small_regressor]
LONG = {"max_iter": 70, "n_iter_no_change": 1000, "validation_fraction": 0.2}
X, Y = toy(missing=0.05)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def interrupted(monkeypatch, estimator, at, number=signal.SIGINT):
    """Fit until a signal, sent in the course of step ``at``, ends it."""
    descend, calls = SequenceModel.descend, []

    def counted(self, loss):
        descend(self, loss)
        calls.append(loss)
        if len(calls) == at:
            os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(SequenceModel, "descend", counted)
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(X, Y)
    assert len(calls) == at


def outputs(estimator):
    for method in ("transform", "predict_proba", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)
    raise AssertionError


def assert_same_fit(one, other):
    assert_same_curves(one, other)
    np.testing.assert_array_equal(outputs(one), outputs(other))


# ---------------------------------------------------------------- seeds


@pytest.mark.parametrize("make", MAKERS)
def test_one_seed_gives_the_same_bits_and_leaves_the_global_state(make, seed):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    estimator = make(random_state=seed, validation_fraction=0.2).fit(X, Y)
    assert_same_fit(estimator, clone(estimator).fit(X, Y))
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_without_a_number_every_fit_differs(make, random_state):
    estimator = make(random_state=random_state)
    first = estimator.fit(X, Y).loss_curve_
    assert estimator.fit(X, Y).loss_curve_ != first


@pytest.mark.parametrize("make", MAKERS)
def test_fits_in_threads_give_the_bits_of_a_fit_alone(make):
    jobs = (delayed(make(random_state=s).fit)(X, Y) for s in (0, 1, 0))
    first, other, again = Parallel(n_jobs=2, backend="threading")(jobs)
    alone = make(random_state=0).fit(X, Y)
    assert_same_fit(first, alone)
    assert_same_fit(again, alone)
    assert other.loss_curve_ != alone.loss_curve_


# ---------------------------------------------------------------- Ctrl-C and checkpoints


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("at", [3, 57, 50])
def test_a_run_continued_after_ctrl_c_equals_one_in_one_go(monkeypatch, path, make, at):
    # Steps 57 and 50 lie between validation checks and at one, in a later epoch.
    estimator = make(checkpoint=path, **LONG)
    interrupted(monkeypatch, estimator, at)
    assert path.exists()
    assert not hasattr(estimator, "n_iter_")
    estimator.fit(X, Y)
    assert not path.exists()
    assert_same_fit(estimator, make(**LONG).fit(X, Y))


@pytest.mark.parametrize("changes", [{"dropout": 0.3}, {"replacement": "random"}], ids=str)
@pytest.mark.parametrize("backbone", ["transformer", "gru"])
def test_noise_is_continued_too(monkeypatch, path, backbone, changes):
    changes = changes | LONG | {"backbone": backbone}
    estimator = small_encoder(checkpoint=path, **changes)
    interrupted(monkeypatch, estimator, 60)
    assert_same_fit(estimator.fit(X), small_encoder(**changes).fit(X))


@pytest.mark.parametrize(
    "changes",
    [{"freeze_encoder": True, "head_penalty": None}, {"head_penalty": 0.5}],
    ids=["frozen", "solved head"],
)
def test_a_pretrained_start_is_continued_too(monkeypatch, path, changes):
    changes = changes | {"pretrained": small_encoder().fit(X)} | LONG
    estimator = small_classifier(checkpoint=path, **changes)
    interrupted(monkeypatch, estimator, 60)
    assert_same_fit(estimator.fit(X, Y), small_classifier(**changes).fit(X, Y))


@pytest.mark.parametrize("make", MAKERS)
def test_sigterm_writes_the_checkpoint_and_acts(monkeypatch, path, make):
    def handler(number, frame):
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, handler)
    try:
        estimator = make(checkpoint=path, **LONG)
        interrupted(monkeypatch, estimator, 33, signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, former)
    assert_same_fit(estimator.fit(X, Y), make(**LONG).fit(X, Y))


@pytest.mark.parametrize("make", MAKERS)
def test_ctrl_c_leaves_an_earlier_fit_as_it_was(monkeypatch, make):
    estimator = make(**LONG).fit(X, Y)
    before = outputs(estimator)
    interrupted(monkeypatch, estimator, 5)
    np.testing.assert_array_equal(outputs(estimator), before)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "changes",
    [{"learning_rate": 0.5}, {"max_iter": 71}, {"random_state": 1}, {"n_layers": 2}],
    ids=str,
)
def test_a_checkpoint_of_other_parameters_is_refused(monkeypatch, path, make, changes):
    interrupted(monkeypatch, make(checkpoint=path, **LONG), 3)
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        make(**{"checkpoint": path} | LONG | changes).fit(X, Y)


@pytest.mark.parametrize("make", MAKERS)
def test_a_checkpoint_of_other_data_is_refused(monkeypatch, path, make):
    estimator = make(checkpoint=path, **LONG)
    interrupted(monkeypatch, estimator, 3)
    others = [[X[0] + 1e-3, *X[1:]], [X[0][:-1], *X[1:]], X[::-1]]
    for other in others:
        with pytest.raises(CheckpointError, match="other data or other parameters"):
            estimator.fit(other, Y)


def test_a_checkpoint_of_other_labels_or_another_start_is_refused(monkeypatch, path):
    estimator = small_classifier(pretrained=small_encoder().fit(X), checkpoint=path, **LONG)
    interrupted(monkeypatch, estimator, 3)
    with pytest.raises(CheckpointError, match="other data"):
        estimator.fit(X, 2 - Y)
    estimator.set_params(pretrained=small_encoder(random_state=5).fit(X))
    with pytest.raises(CheckpointError, match="other data"):
        estimator.fit(X, Y)


# ---------------------------------------------------------------- callbacks, bars, devices


@pytest.mark.parametrize("make", MAKERS)
def test_a_bar_is_shown_where_it_is_asked_for(make, capsys):
    make(verbose=1).fit(X, Y)
    shown = capsys.readouterr().err
    assert type(make()).__name__ in shown
    assert "loss=" in shown
    make().fit(X, Y)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("make", MAKERS)
def test_a_callback_of_scikit_learn_is_told_and_may_stop(make):
    callback = pytest.importorskip("sklearn.callback")
    if not hasattr(make(), "set_callbacks"):
        pytest.skip("this scikit-learn has no callbacks")

    class StopAtTheSecondCheck:
        checks = 0

        def setup(self, *args, **kwargs):
            pass

        def teardown(self, *args, **kwargs):
            pass

        def on_fit_task_begin(self, *args, **kwargs):
            pass

        def on_fit_task_end(self, *args, **kwargs):
            self.checks += 1
            return self.checks == 2

    assert callback is not None
    stopper = StopAtTheSecondCheck()
    estimator = make(**LONG | {"max_iter": 1000}).set_callbacks(stopper).fit(X, Y)
    eval_interval = 50 if make is small_encoder else 25
    assert estimator.n_iter_ == 2 * eval_interval


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_cuda_that_is_absent_is_an_error_with_the_remedy(make):
    with pytest.raises(DeviceUnavailableError, match="no CUDA device here"):
        make(device="cuda").fit(X, Y)
    assert make(device="auto").fit(X, Y).device_ == "cpu"


@pytest.mark.parametrize("make", MAKERS)
def test_memory_that_runs_out_is_an_error_with_the_remedy(make, monkeypatch):
    def no_memory(*args):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    monkeypatch.setattr(SequenceModel, "descend", no_memory)
    with pytest.raises(torch.OutOfMemoryError, match=r"lower batch_size.*80 GiB"):
        make().fit(X, Y)


@pytest.mark.parametrize("make", MAKERS)
def test_bfloat16_trains_and_differs(make):
    half = make(precision="bfloat16").fit(X, Y)
    assert np.isfinite(outputs(half).astype(float)).all()
    assert half.loss_curve_ != make().fit(X, Y).loss_curve_


def test_bfloat16_learns_as_much():
    losses = {}
    for precision in ("float32", "bfloat16"):
        encoder = small_encoder(precision=precision, max_iter=150, learning_rate=1e-2)
        curve = encoder.fit(X).loss_curve_
        losses[precision] = curve[-1]
        assert curve[-1] < 0.95 * curve[0]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.03)


def test_auto_takes_bfloat16_where_the_encoder_is_wide(monkeypatch):
    monkeypatch.setattr(_precision, "has_bfloat16_units", lambda: True)

    def curve(precision, shape):
        encoder = MaskedTimestepEncoder(
            precision=precision, max_iter=2, n_layers=1, random_state=0, **shape
        )
        return encoder.fit(X).loss_curve_

    for shape, taken in (
        ({}, "bfloat16"),
        ({"hidden_size": 64}, "float32"),
        ({"backbone": "gru"}, "float32"),
    ):
        assert curve("auto", shape) == curve(taken, shape)
    assert curve("bfloat16", {}) != curve("float32", {})


@pytest.mark.gpu
@pytest.mark.parametrize("make", MAKERS)
def test_what_was_trained_on_a_gpu_is_kept_on_the_cpu(make):
    estimator = make(device="cuda").fit(X, Y)
    on_gpu = outputs(estimator)
    on_cpu = outputs(estimator.set_params(device="cpu"))
    if on_gpu.dtype.kind == "f":
        np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-3)
    fitted = getattr(estimator, "_fitted", estimator)
    space = fitted.space if hasattr(fitted, "space") else estimator._space
    assert {t.device.type for t in space.encoder.state_dict().values()} == {"cpu"}
