"""Seeds, interruption, checkpoints, callbacks and devices of the four estimators' fits."""

import os
import signal
from itertools import count

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone

from skmiaug import MaskedTimestepEncoder
from skmiaug.exceptions import CheckpointError, DeviceUnavailableError
from skmiaug.training import AlignmentModel, SequenceModel
from skmiaug.utils import _device
from tests.representation._pairs import AUDIO, TEXT, pairs, without_text
from tests.representation._pairs import small as small_aligner
from tests.representation._sequences import (
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, Y = toy(missing=0.05)
PAIRS = without_text(pairs()[0], range(40)), pairs()[1]
MAKERS = [small_aligner, small_encoder, small_classifier, small_regressor]
LONG = {"max_iter": 70, "n_iter_no_change": 1000, "validation_fraction": 0.2}

each = pytest.mark.parametrize("make", MAKERS)


def data_of(make):
    return PAIRS if make is small_aligner else (X, Y)


def eval_interval(make):
    return 50 if make is small_encoder else 25


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def interrupted(monkeypatch, estimator, data, at, number=signal.SIGINT):
    """Fit until a signal, sent in the course of step ``at``, ends it."""
    steps = count(1)
    with monkeypatch.context() as patch:
        for model in (AlignmentModel, SequenceModel):

            def descend(self, loss, former=model.descend):
                taken = former(self, loss)
                if next(steps) == at:
                    os.kill(os.getpid(), number)
                return taken

            patch.setattr(model, "descend", descend)
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(*data)
    assert next(steps) == at + 1


def outputs(estimator, data):
    for method in ("transform", "predict_proba", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(data[0])
    raise AssertionError


def assert_same_fit(one, other, data):
    for name in ("n_iter_", "best_iter_", "loss_curve_", "validation_scores_"):
        assert getattr(one, name) == getattr(other, name)
    np.testing.assert_array_equal(outputs(one, data), outputs(other, data))


# ---------------------------------------------------------------- seeds


@each
def test_one_seed_gives_the_same_bits_and_leaves_the_global_state(make, seed):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    data = data_of(make)
    estimator = make(random_state=seed, validation_fraction=0.2).fit(*data)
    assert_same_fit(estimator, clone(estimator).fit(*data), data)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


@each
@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_without_a_number_every_fit_differs(make, random_state):
    estimator = make(random_state=random_state, max_iter=3)
    first = estimator.fit(*data_of(make)).loss_curve_
    assert estimator.fit(*data_of(make)).loss_curve_ != first


@each
def test_fits_in_threads_give_the_bits_of_a_fit_alone(make):
    data = data_of(make)
    jobs = (delayed(make(random_state=s, max_iter=6).fit)(*data) for s in (0, 1, 0))
    first, other, again = Parallel(n_jobs=2, backend="threading")(jobs)
    alone = make(random_state=0, max_iter=6).fit(*data)
    assert_same_fit(first, alone, data)
    assert_same_fit(again, alone, data)
    assert other.loss_curve_ != alone.loss_curve_


# ---------------------------------------------------------------- Ctrl-C and checkpoints


INT, TERM = signal.SIGINT, signal.SIGTERM
FROZEN = {"pretrained": "encoder", "freeze_encoder": True, "head_penalty": None}
CASES = [
    (INT, small_aligner, 3, {}),
    (TERM, small_aligner, 50, {"dropout": 0.5}),
    (INT, small_aligner, 57, {}),
    (TERM, small_encoder, 57, {"dropout": 0.3, "replacement": "random"}),
    (INT, small_encoder, 50, {"backbone": "gru"}),
    (TERM, small_classifier, 3, {}),
    (INT, small_classifier, 57, {"pretrained": "encoder", "head_penalty": 0.5}),
    (INT, small_classifier, 60, FROZEN),
    (TERM, small_regressor, 57, {}),
]


@pytest.mark.parametrize(("number", "make", "at", "changes"), CASES)
def test_a_resumed_run_equals_one_in_one_go(monkeypatch, path, number, make, at, changes):
    """At a validation check or between two, in a later epoch."""
    if "pretrained" in changes:
        changes = changes | {"pretrained": small_encoder().fit(X)}
    handler = signal.getsignal(signal.SIGINT)
    former = signal.signal(signal.SIGTERM, handler)
    data = data_of(make)
    try:
        estimator = make(checkpoint=path, **LONG | changes)
        interrupted(monkeypatch, estimator, data, at, number)
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(signal.SIGTERM, former)
    assert path.exists()
    assert not hasattr(estimator, "n_iter_")
    assert not hasattr(estimator, "classes_")
    estimator.fit(*data)
    assert not path.exists()
    assert_same_fit(estimator, make(**LONG | changes).fit(*data), data)


@each
def test_ctrl_c_leaves_an_earlier_fit_as_it_was(monkeypatch, make):
    data = data_of(make)
    estimator = make(**LONG).fit(*data)
    before = outputs(estimator, data)
    interrupted(monkeypatch, estimator, (data[0][20:], data[1][20:]), 5)
    np.testing.assert_array_equal(outputs(estimator, data), before)


def test_a_fit_that_fails_leaves_an_earlier_one_as_it_was():
    X, y = pairs()
    aligner = small_aligner(max_iter=5).fit(X, y)
    before = aligner.transform(X)
    with pytest.raises(ValueError, match="beyond the 15 columns"):
        aligner.fit(X[:, :15], y)
    assert aligner.n_features_in_ == 20
    np.testing.assert_array_equal(aligner.transform(X), before)


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (small_aligner, {"contrastive_weight": 0.5}),
        (small_aligner, {"modalities": {"text": TEXT, "audio": AUDIO}}),
        (small_encoder, {"n_layers": 2}),
        (small_classifier, {"learning_rate": 0.5}),
        (small_regressor, {"max_iter": 71}),
    ],
)
def test_a_checkpoint_of_other_parameters_is_refused(monkeypatch, path, make, changes):
    interrupted(monkeypatch, make(checkpoint=path, **LONG), data_of(make), 3)
    with pytest.raises(CheckpointError, match="other data or other parameters"):
        make(**{"checkpoint": path} | LONG | changes).fit(*data_of(make))


@pytest.mark.parametrize(
    ("make", "changes"),
    [(small_aligner, {"output": "shared"}), (small_encoder, {"pooling": "max"})],
)
def test_parameters_of_transform_may_change(monkeypatch, path, make, changes):
    estimator = make(checkpoint=path, **LONG)
    interrupted(monkeypatch, estimator, data_of(make), 30)
    resumed = estimator.set_params(**changes).fit(*data_of(make))
    assert_same_fit(resumed, make(**LONG | changes).fit(*data_of(make)), data_of(make))


def test_a_checkpoint_of_other_data_is_refused(monkeypatch, path):
    encoder, other = small_encoder().fit(X), small_encoder(random_state=5).fit(X)
    classifier = small_classifier(checkpoint=path, pretrained=encoder, **LONG)
    aligner = small_aligner(checkpoint=path, **LONG)
    moved = PAIRS[0] + 1e-9, PAIRS[1]
    for estimator, data, changed in (
        (classifier, (X, Y), [([X[0] + 1e-3, *X[1:]], Y), (X[::-1], Y), (X, 2 - Y)]),
        (aligner, PAIRS, [moved, (PAIRS[0], PAIRS[1][::-1])]),
    ):
        interrupted(monkeypatch, estimator, data, 3)
        for others in changed:
            with pytest.raises(CheckpointError, match="other data or other parameters"):
                estimator.fit(*others)
        if estimator is classifier:
            with pytest.raises(CheckpointError, match="other data"):
                clone(classifier).set_params(pretrained=other).fit(X, Y)
        path.unlink()


# ---------------------------------------------------------------- callbacks, bars, devices


@each
def test_a_bar_is_shown_where_it_is_asked_for(make, capsys):
    make(verbose=1).fit(*data_of(make))
    shown = capsys.readouterr().err
    assert type(make()).__name__ in shown
    assert "loss=" in shown
    assert ("mi=" in shown) == (make is small_aligner)
    make().fit(*data_of(make))
    assert capsys.readouterr().err == ""


class StopAfterTwo:
    """A callback that asks for the end after two validation checks."""

    def __init__(self):
        self.n_checks, self.is_torn_down = 0, False

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.is_torn_down = True

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.n_checks += context.task_name == "validation check"
        return self.n_checks >= 2


@each
def test_a_callback_of_scikit_learn_may_stop(make):
    pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 on")
    callback = StopAfterTwo()
    estimator = make(**LONG | {"max_iter": 1000}).set_callbacks(callback)
    estimator.fit(*data_of(make))
    assert estimator.n_iter_ == 2 * eval_interval(make)
    assert callback.n_checks == 2
    assert callback.is_torn_down


@pytest.mark.parametrize("device", ["cuda:99", "mps", "meta"])
@each
def test_a_device_that_is_absent_is_an_error_with_the_remedy(make, device):
    estimator = make(device=device)
    with pytest.raises(DeviceUnavailableError, match="device='cpu'"):
        estimator.fit(*data_of(make))
    assert not hasattr(estimator, "classes_")


@each
def test_memory_that_runs_out_is_an_error_with_the_remedy(make, monkeypatch):
    def no_memory(*args):
        raise torch.OutOfMemoryError("Tried to allocate 80 GiB")

    for model in (AlignmentModel, SequenceModel):
        monkeypatch.setattr(model, "descend", no_memory)
    with pytest.raises(torch.OutOfMemoryError, match=r"lower batch_size.*80 GiB"):
        make().fit(*data_of(make))


@each
def test_bfloat16_trains_and_differs(make):
    data = data_of(make)
    half, full = (make(precision=p).fit(*data) for p in ("bfloat16", "float32"))
    assert np.isfinite(outputs(half, data).astype(float)).all()
    assert half.loss_curve_ != full.loss_curve_
    # The first steps, in a type of three digits.
    np.testing.assert_allclose(half.loss_curve_[0], full.loss_curve_[0], rtol=0.1)


def test_auto_takes_bfloat16_where_the_encoder_is_wide(monkeypatch):
    monkeypatch.setattr(_device, "has_bfloat16_units", lambda: True)

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
@each
def test_what_was_trained_on_a_gpu_is_kept_on_the_cpu(make):
    data = data_of(make)
    first, second = (make(device="cuda").fit(*data) for _ in range(2))
    assert first.device_.startswith("cuda")
    assert_same_fit(first, second, data)
    on_gpu = outputs(first, data)
    on_cpu = outputs(first.set_params(device="cpu"), data)
    if on_gpu.dtype.kind == "f":
        np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-3)
